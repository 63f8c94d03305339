"""What clusters of container instances use and reserve: the namespace AWS/ECS.

AWS: available-metrics and cloudwatch-metrics: of the instances that are ACTIVE or DRAINING, and of
EC2 only; a soft memory limit counts before a hard one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ecslab.sim.metric_store import Metric
from ecslab.sim.telemetry import SAMPLE
from ecslab.sim.usage import measured

if TYPE_CHECKING:
    from collections.abc import Generator

    from ecslab.sim.container_instances import ContainerInstance
    from ecslab.sim.entities import Account, Cluster

__all__ = ["ClusterTelemetry"]

_COUNTED: Final = ("ACTIVE", "DRAINING")
_PERCENT: Final = 100.0
_NAMES: Final = ("CPUUtilization", "MemoryUtilization", "CPUReservation", "MemoryReservation")


class ClusterTelemetry:
    """Measures the clusters that have container instances.

    Args:
        account: the account; its metrics port keeps the points.
    """

    def __init__(self, account: Account) -> None:
        self._account = account
        self._measuring = False

    def changed(self, _instance: ContainerInstance) -> None:
        """Begin to measure when there is a container instance."""
        if not self._measuring:
            self._measuring = True
            self._account.clock.env.process(self._measure())

    def _measure(self) -> Generator[Any, Any, None]:
        env = self._account.clock.env
        while True:
            yield env.timeout(SAMPLE - (float(env.now) - SAMPLE / 2) % SAMPLE)
            shown = [self._show(cluster) for cluster in self._account.clusters.values()]
            if not any(shown):
                self._measuring = False
                return

    def _show(self, cluster: Cluster) -> bool:
        """Take a sample of a cluster; return whether it has container instances."""
        hosts = [item for item in cluster.instances.values() if item.status in _COUNTED]
        values: list[float | None] = [None] * len(_NAMES)
        # Only emitted while something runs (available-metrics).
        if any(task.last_status == "RUNNING" for host in hosts for task in host.tasks.values()):
            values = list(_shares(hosts))
        for name, value in zip(_NAMES, values, strict=True):
            metric = Metric.of("AWS/ECS", name, {"ClusterName": cluster.name})
            if value is not None or hosts:
                gauge = self._account.ports.metrics.gauge(metric, "Percent", every=SAMPLE)
                gauge.set(self._account.ports.metrics.now(), value)
        return bool(hosts)


def _shares(hosts: list[ContainerInstance]) -> tuple[float, float, float, float]:
    cpu, memory = sum(host.cpu for host in hosts), sum(host.memory for host in hosts)
    left = [host.left() for host in hosts]
    tasks = [task for host in hosts for task in host.tasks.values()]
    used = [measured(task, SAMPLE) for task in tasks if task.last_status == "RUNNING"]
    return (
        _share(sum(each.cpu for each in used), cpu),
        _share(sum(each.memory for each in used), memory),
        _share(cpu - sum(each.cpu for each in left), cpu),
        _share(memory - sum(each.memory for each in left), memory),
    )


def _share(part: float, whole: float) -> float:
    return part / whole * _PERCENT if whole else 0.0
