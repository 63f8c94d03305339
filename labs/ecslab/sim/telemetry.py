"""What services and managed daemons use of what they have reserved: the namespace AWS/ECS.

AWS: available-metrics and cloudwatch-metrics; the agent takes a sample every 20 seconds
(amazon-ecs-agent, config.go), CloudWatch keeps one point a minute, or of 20 seconds where the
service's monitoring says so (target-tracking-faster-auto-scaling). A managed daemon is a service
named `daemon:` and its name (managed-daemons-metrics).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ecslab.sim.metric_store import Metric
from ecslab.sim.usage import TaskUsage, measured, usage

if TYPE_CHECKING:
    from collections.abc import Generator

    from ecslab.sim.entities import Account, Task
    from ecslab.sim.metric_series import Gauge
    from ecslab.sim.service import Service

__all__ = ["SAMPLE", "Telemetry"]

SAMPLE: Final = 20
"""Seconds between two samples."""

_MINUTE: Final = 60
_PERCENT: Final = 100.0
_LIVE: Final = ("ACTIVATING", "RUNNING", "DEACTIVATING")
_UTILIZATION: Final = ("CPUUtilization", "MemoryUtilization")


class Telemetry:
    """Measures the services and the managed daemons of an account.

    A sample is taken of a service when one of its tasks has changed; every 20 seconds only of
    those whose programs use more at one time than at another.

    Args:
        account: the account; its metrics port keeps the points.
    """

    def __init__(self, account: Account) -> None:
        self._account = account
        self._measured: dict[str, _TasksTelemetry] = {}
        self._measuring = False

    def changed(self, task: Task) -> None:
        """Take notice that a task has changed.

        Args:
            task: the task.
        """
        owner = task.service if task.daemon is None else task.daemon.daemon
        if owner is None:
            return
        found = self._measured.get(owner.arn)
        if found is None:
            name = owner.name if task.service is not None else f"daemon:{owner.name}"
            names = {"ClusterName": task.cluster.name, "ServiceName": name}
            found = _TasksTelemetry(self._account, names, task.service)
            self._measured[owner.arn] = found
        found.changed(task)
        if found.varying and not self._measuring:
            self._measuring = True
            self._account.clock.env.process(self._measure())

    def _measure(self) -> Generator[Any, Any, None]:
        """Take samples while a program uses more at one time than at another."""
        env = self._account.clock.env
        while True:
            yield env.timeout(SAMPLE - (float(env.now) - SAMPLE / 2) % SAMPLE)
            varying = [each for each in self._measured.values() if each.varying]
            if not varying:
                self._measuring = False
                return
            for each in varying:
                each.sample()


class _TasksTelemetry:
    """Measures the tasks of one service or managed daemon.

    Args:
        account: the account.
        names: the dimensions of the metrics.
        service: the service, None for a managed daemon.
    """

    def __init__(self, account: Account, names: dict[str, str], service: Service | None) -> None:
        self._account = account
        self._names = names
        self._service = service
        self._used: dict[str, TaskUsage] = {}
        self._live: set[str] = set()
        self.varying: dict[str, Task] = {}
        """The running tasks whose use changes by itself."""

    def changed(self, task: Task) -> None:
        """Take notice of a task's state, and of what it uses now."""
        if task.service is not None and task.service.status == "ACTIVE":
            self._service = task.service  # it may have taken the name of one that is deleted
        live = task.last_status in _LIVE
        if live != (task.id in self._live):
            (self._live.add if live else self._live.discard)(task.id)
            if self._service is not None:
                self._set("LiveTaskCount", "Count", float(len(self._live)) or None)
        before = self._used.get(task.id)
        self.varying.pop(task.id, None)
        if task.last_status != "RUNNING":
            self._used.pop(task.id, None)
        else:
            self._used[task.id] = found = usage(task)
            if found.varies:
                self.varying[task.id] = task
        if self._used.get(task.id) != before:
            self._show()

    def sample(self) -> None:
        """Measure again what changes by itself."""
        for task in self.varying.values():
            self._used[task.id] = measured(task, SAMPLE)
        self._show()

    def _show(self) -> None:
        used = self._used.values()
        pairs = (
            (sum(each.cpu for each in used), sum(each.reserved_cpu for each in used)),
            (sum(each.memory for each in used), sum(each.reserved_memory for each in used)),
        )
        for name, (amount, whole) in zip(_UTILIZATION, pairs, strict=True):
            share = (amount / whole * _PERCENT if whole else 0.0) if used else None
            self._set(name, "Percent", share)

    def _set(self, name: str, unit: str, value: float | None) -> None:
        self._gauge(name, unit).set(self._account.ports.metrics.now(), value)

    def _gauge(self, name: str, unit: str) -> Gauge:
        period = self._resolution(name)
        metric = Metric.of("AWS/ECS", name, self._names)
        return self._account.ports.metrics.gauge(metric, unit, every=SAMPLE, period=period)

    def _resolution(self, name: str) -> int:
        """Return the seconds that one point of a metric stands for (botocore MetricConfiguration).

        A service that has come to its end has no revision any more, and nothing to measure.
        """
        current = self._service.current if self._service is not None else None
        monitoring = current.settings.get("monitoring") if current is not None else None
        for each in (monitoring or {}).get("metricConfigurations") or []:
            if name in each["metricNames"]:
                return int(each["resolutionSeconds"])
        return _MINUTE
