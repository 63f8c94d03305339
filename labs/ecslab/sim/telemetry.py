"""What services use of what they have reserved, minute by minute.

AWS: available-metrics and cloudwatch-metrics; the agent takes a sample every 20 seconds
(amazon-ecs-agent, config.go), CloudWatch keeps one point a minute.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecslab.sim.ports import Usage

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

    from ecslab.sim.entities import Account, Task
    from ecslab.sim.service import Service

__all__ = ["Telemetry", "reserved"]

_SAMPLE = 20.0
_POINT = 60.0
_PERCENT = 100.0

Sample = tuple[float, float]
"""CPUUtilization and MemoryUtilization, in percent."""


class Telemetry:
    """Measures the services of an account while one of them has a RUNNING task.

    Args:
        account: the account; its metrics port keeps the points.
    """

    def __init__(self, account: Account) -> None:
        self._account = account
        self._samples: dict[tuple[str, str], list[Sample]] = {}
        self._measuring = False

    def changed(self, task: Task) -> None:
        """Begin to measure when a task of a service has come to RUNNING.

        Args:
            task: a task that has changed.
        """
        if not self._measuring and task.service is not None and task.last_status == "RUNNING":
            self._measuring = True
            self._account.clock.env.process(self._measure())

    def _measure(self) -> Generator[Any, Any, None]:
        env = self._account.clock.env
        while True:
            # The samples of a minute are taken inside it, at seconds 10, 30 and 50.
            yield env.timeout(_until(float(env.now), _SAMPLE, _SAMPLE / 2))
            running = self._sample()
            left = _until(float(env.now), _POINT, 0.0)
            if left <= _SAMPLE:
                yield env.timeout(left)
                self._publish()
                if not running:
                    self._measuring = False
                    return

    def _sample(self) -> bool:
        """Take one sample of each service; return whether any has a RUNNING task."""
        found = False
        for cluster in self._account.clusters.values():
            for service in cluster.services.values():
                running = _running(service)
                if running:
                    found = True
                    key = (cluster.name, service.name)
                    self._samples.setdefault(key, []).append(utilization(running))
        return found

    def _publish(self) -> None:
        """Make one point of the samples of the minute that ends now."""
        minute = self._account.clock.at(self._account.clock.seconds - _POINT)
        for (cluster, service), samples in self._samples.items():
            cpu, memory = (Usage.of(values) for values in zip(*samples, strict=True))
            dimensions = {"ClusterName": cluster, "ServiceName": service}
            self._account.ports.metrics.put("CPUUtilization", dimensions, minute, cpu)
            self._account.ports.metrics.put("MemoryUtilization", dimensions, minute, memory)
        self._samples.clear()


def utilization(tasks: Iterable[Task]) -> Sample:
    """Return what tasks use of the CPU and the memory that they have reserved, in percent.

    Args:
        tasks: RUNNING tasks of one service.
    """
    used_cpu = used_memory = all_cpu = all_memory = 0.0
    for task in tasks:
        cpu, memory = reserved(task.definition)
        processes = [c.process for c in task.containers if c.process and c.process.alive]
        wanted = sum(process.cpu for process in processes)
        # A task-level size is a cap; without one a container may use what its instance has left.
        used_cpu += min(wanted, cpu) if task.definition.get("cpu") else wanted
        used_memory += sum(process.memory for process in processes)
        all_cpu, all_memory = all_cpu + cpu, all_memory + memory
    return _share(used_cpu, all_cpu), _share(used_memory, all_memory)


def reserved(definition: dict[str, Any]) -> Sample:
    """Return the CPU units and the MiB that a task reserves.

    AWS: cloudwatch-metrics: the task's size; without one its containers', of which
    memoryReservation counts before memory.

    Args:
        definition: a task definition in the API's shape.
    """
    containers = definition["containerDefinitions"]
    cpu = definition.get("cpu") or sum(spec.get("cpu") or 0 for spec in containers)
    memory = definition.get("memory") or sum(
        spec.get("memoryReservation") or spec.get("memory") or 0 for spec in containers
    )
    return float(cpu), float(memory)


def _running(service: Service) -> list[Task]:
    return [task for task in service.members.values() if task.last_status == "RUNNING"]


def _share(used: float, whole: float) -> float:
    return used / whole * _PERCENT if whole else 0.0


def _until(now: float, period: float, offset: float) -> float:
    """Return the seconds until the next moment that lies `offset` after a multiple of `period`."""
    return period - (now - offset) % period
