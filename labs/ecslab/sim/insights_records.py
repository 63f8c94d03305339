"""What Container Insights finds out about one thing in one minute.

AWS: Container-Insights-metrics-ECS (units are written as there: megabytes are MiB, really).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from ecslab.sim.usage import containers, measured, reserved

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecslab.sim.entities import Cluster, Container, Task
    from ecslab.sim.service import Service
    from ecslab.sim.usage import ContainerUsage

__all__ = [
    "Record",
    "cluster_record",
    "container_records",
    "dimension_sets",
    "service_record",
    "task_record",
]

_MINUTE: Final = 60.0
_PERCENT: Final = 100.0
_GIB: Final = 1024.0
_UNPACKED: Final = 3.0
_DEFAULT_STORAGE: Final = 20.0
_WITHOUT: Final = ("none", "host")
"""Network modes without network metrics (only awsvpc and bridge have them)."""


@dataclass(slots=True)
class Record:
    """One performance event.

    Args:
        kind: Cluster, Service, Task or Container.
        stream: the log stream of its event.
        names: what it is about: ClusterName and so on.
        metrics: value and unit of each.
        more: what its event tells besides.
    """

    kind: str
    stream: str
    names: dict[str, str]
    metrics: dict[str, tuple[float, str]]
    more: dict[str, Any] = field(default_factory=dict)

    def event(self, moment: int, enhanced: bool) -> dict[str, Any]:  # noqa: FBT001 - as found
        """Return the event in the embedded metric format.

        Args:
            moment: epoch milliseconds.
            enhanced: whether the cluster has enhanced observability.
        """
        defined = [{"Name": name, "Unit": unit} for name, (_, unit) in self.metrics.items()]
        sets = [sorted(names) for names in dimension_sets(self, enhanced=enhanced)]
        return {
            "Version": "0",
            "Type": self.kind,
            "Timestamp": moment,
            **self.names,
            **self.more,
            **{name: value for name, (value, _) in self.metrics.items()},
            "CloudWatchMetrics": [
                {"Namespace": "ECS/ContainerInsights", "Metrics": defined, "Dimensions": sets}
            ],
        }


def dimension_sets(record: Record, *, enhanced: bool) -> list[dict[str, str]]:
    """Return the dimensions under which a record's metrics are published."""
    names = record.names
    wanted: list[tuple[str, ...]] = [("ClusterName",)]
    if record.kind == "Service":
        wanted = [("ClusterName", "ServiceName")]
    elif record.kind == "Task":
        wanted += [("ClusterName", "ServiceName"), ("ClusterName", "TaskDefinitionFamily")]
        if enhanced:
            wanted += [
                ("ClusterName", "ServiceName", "TaskId"),
                ("ClusterName", "TaskDefinitionFamily", "TaskId"),
            ]
    elif record.kind == "Container":
        wanted += [("ClusterName", "ServiceName"), ("ClusterName", "TaskDefinitionFamily")]
        wanted += [
            ("ClusterName", "ServiceName", "ContainerName"),
            ("ClusterName", "TaskDefinitionFamily", "ContainerName"),
            ("ClusterName", "ServiceName", "TaskId", "ContainerName"),
            ("ClusterName", "TaskDefinitionFamily", "TaskId", "ContainerName"),
        ]
    return [
        {name: names[name] for name in each}
        for each in wanted
        if all(name in names for name in each)
    ]


def cluster_record(cluster: Cluster, running: list[Task]) -> Record:
    """Return the counts of a cluster."""
    hosts = [i for i in cluster.instances.values() if i.status != "INACTIVE" and i.tasks]
    active = sum(service.status == "ACTIVE" for service in cluster.services.values())
    metrics = {
        "TaskCount": (float(len(running)), "Count"),
        "ServiceCount": (float(active), "Count"),
        "ContainerInstanceCount": (float(len(hosts)), "Count"),
    }
    return Record(
        "Cluster", f"ClusterTelemetry-{cluster.name}", {"ClusterName": cluster.name}, metrics
    )


def service_record(service: Service) -> Record:
    """Return the counts of a service."""
    tasks = service.tasks()
    running = sum(task.last_status == "RUNNING" for task in tasks)
    pending = sum(task.started_at is None and task.wanted for task in tasks)
    numbers = {
        "DesiredTaskCount": service.desired,
        "RunningTaskCount": running,
        "PendingTaskCount": pending,
        "DeploymentCount": len(service.deployments),
        "TaskSetCount": len(service.task_sets),
    }
    names = {"ClusterName": service.cluster.name, "ServiceName": service.name}
    metrics = {name: (float(number), "Count") for name, number in numbers.items()}
    return Record("Service", f"ServiceTelemetry-{service.name}", names, metrics)


def task_record(task: Task, *, enhanced: bool) -> Record:
    """Return what a task uses of what it has reserved."""
    used = measured(task, _MINUTE)
    cpu, memory = reserved(task.definition)
    metrics = {
        "CpuUtilized": (used.cpu, "None"),
        "CpuReserved": (cpu, "None"),
        "MemoryUtilized": (used.memory, "Megabytes"),
        "MemoryReserved": (memory, "Megabytes"),
    }
    if task.definition.get("networkMode", "bridge") not in _WITHOUT:
        received, sent = _traffic(task.containers)
        metrics["NetworkRxBytes"] = (received, "Bytes/Second")
        metrics["NetworkTxBytes"] = (sent, "Bytes/Second")
    if task.instance is None:
        size = (task.definition.get("ephemeralStorage") or {}).get("sizeInGiB", _DEFAULT_STORAGE)
        images = sum(c.found.image.size for c in task.containers if c.found) * _UNPACKED / _GIB
        metrics["EphemeralStorageReserved"] = (float(size), "Gigabytes")
        metrics["EphemeralStorageUtilized"] = (round(images, 3), "Gigabytes")
        if enhanced:
            share = images / float(size) * _PERCENT
            metrics["TaskEphemeralStorageUtilization"] = (round(share, 3), "Percent")
    if enhanced:
        metrics["TaskCpuUtilization"] = (_share(used.cpu, cpu), "Percent")
        metrics["TaskMemoryUtilization"] = (_share(used.memory, memory), "Percent")
    more = {
        "TaskDefinitionRevision": str(task.definition["revision"]),
        "LaunchType": task.launch_type,
        "KnownStatus": task.last_status,
    }
    return Record("Task", _stream(task), _names(task), metrics, more)


def container_records(task: Task, *, enhanced: bool) -> Iterator[Record]:
    """Yield what is found out about each container of a task."""
    used = {each.name: each for each in containers(task, _MINUTE)}
    for container in task.containers:
        metrics: dict[str, tuple[float, str]] = {}
        if (container.spec.get("restartPolicy") or {}).get("enabled"):
            metrics["RestartCount"] = (float(container.restarts), "Count")
        if enhanced and container.name in used:
            metrics |= _container(task, container, used[container.name])
        names = {**_names(task), "ContainerName": container.name}
        if metrics:
            more = {"Image": container.spec["image"], "ContainerKnownStatus": container.status}
            yield Record("Container", _stream(task), names, metrics, more)


def _container(
    task: Task, container: Container, used: ContainerUsage
) -> dict[str, tuple[float, str]]:
    cpu, memory = reserved(task.definition)
    received, sent = _traffic([container])
    metrics = {
        "ContainerCpuUtilized": (used.cpu, "None"),
        "ContainerCpuReserved": (used.reserved_cpu, "None"),
        "ContainerCpuUtilization": (_share(used.cpu, used.reserved_cpu or cpu), "Percent"),
        "ContainerMemoryUtilized": (used.memory, "Megabytes"),
        "ContainerMemoryReserved": (used.reserved_memory, "Megabytes"),
        "ContainerMemoryUtilization": (
            _share(used.memory, used.reserved_memory or memory),
            "Percent",
        ),
        "ContainerNetworkRxBytes": (received, "Bytes/Second"),
        "ContainerNetworkTxBytes": (sent, "Bytes/Second"),
    }
    if container.spec.get("healthCheck") and container.health != "UNKNOWN":
        unhealthy = float(container.health == "UNHEALTHY")
        metrics["UnHealthyContainerHealthStatus"] = (unhealthy, "None")
    return metrics


def _traffic(found: list[Container]) -> tuple[float, float]:
    """Return the bytes that containers received and sent, per second over the last minute."""
    pairs = [c.process.load.bytes(_MINUTE) for c in found if c.process is not None]
    return sum(pair[0] for pair in pairs) / _MINUTE, sum(pair[1] for pair in pairs) / _MINUTE


def _names(task: Task) -> dict[str, str]:
    names = {
        "ClusterName": task.cluster.name,
        "TaskDefinitionFamily": str(task.definition["family"]),
        "TaskId": task.id,
    }
    return {**names, **({"ServiceName": task.service.name} if task.service else {})}


def _stream(task: Task) -> str:
    return f"FargateTelemetry-{task.id[-4:]}" if task.instance is None else "AgentTelemetry"


def _share(used: float, whole: float) -> float:
    return used / whole * _PERCENT if whole else 0.0
