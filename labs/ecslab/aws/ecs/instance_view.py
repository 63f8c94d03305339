"""Container instances in the shape of botocore's ecs ContainerInstance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecslab.model.managed_daemon_answers import IMPAIRED
from ecslab.sim.container_instances import counts
from ecslab.sim.instance_attributes import AGENT_HASH
from ecslab.sim.managed_daemon import is_well

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ecslab.sim.container_instances import ContainerInstance


def instance_view(
    instance: ContainerInstance, *, tags: bool = False, health: bool = False
) -> dict[str, Any]:
    """Return a container instance as DescribeContainerInstances shows it.

    Args:
        instance: the container instance.
        tags: whether to include its tags.
        health: whether to include its health status.
    """
    left = instance.left()
    running, pending = counts(instance.tasks.values())
    view: dict[str, Any] = {
        "containerInstanceArn": instance.arn,
        "ec2InstanceId": instance.machine.id,
        "capacityProviderName": instance.capacity_provider,
        "version": instance.version,
        "versionInfo": {
            "agentVersion": instance.agent_version,
            "agentHash": AGENT_HASH,
            "dockerVersion": instance.docker_version,
        },
        "remainingResources": _resources(left.cpu, left.memory, left.tcp, left.udp),
        "registeredResources": _resources(instance.cpu, instance.memory, instance.reserved, ()),
        "status": instance.status,
        "statusReason": _registration_failure(instance),
        "agentConnected": instance.connected,
        "runningTasksCount": running,
        "pendingTasksCount": pending,
        "agentUpdateStatus": instance.agent_update,
        "attributes": [attribute(name, value) for name, value in instance.attributes.items()],
        "registeredAt": instance.registered_at,
        "attachments": [],
        "tags": list(instance.tags) if tags else [],
    }
    if health:
        state = "OK" if instance.connected else "INSUFFICIENT_DATA"
        details = [{"type": "CONTAINER_RUNTIME", "status": state}]
        daemons = _daemon_health(instance)
        if daemons is not None:
            details.append({"type": "DAEMON", "status": daemons})
        overall = state if daemons in (None, "OK") else daemons
        view["healthStatus"] = {"overallStatus": overall, "details": details}
    return {key: value for key, value in view.items() if value is not None}


def _registration_failure(instance: ContainerInstance) -> str | None:
    """Return why an instance could not register (botocore ecs ContainerInstance.status)."""
    names = [
        revision.daemon.name
        for arn, revision in instance.daemons.items()
        if arn in instance.impaired and instance.status == "REGISTRATION_FAILED"
    ]
    return IMPAIRED(name=names[0]) if names else None


def _daemon_health(instance: ContainerInstance) -> str | None:
    """Return what its critical managed daemons say, None without any.

    AWS: managed-daemons-auto-repair; botocore ecs InstanceHealthCheckResult.
    """
    critical = [each.daemon for each in instance.daemons.values() if each.critical]
    if not critical:
        return None
    if instance.impaired:
        return "IMPAIRED"
    tasks = [daemon.task_on(instance) for daemon in critical]
    well = all(task is not None and is_well(task) for task in tasks)
    return "OK" if well else "INITIALIZING"


def attribute(name: str, value: str | None, target: str | None = None) -> dict[str, str]:
    """Return an attribute in botocore's shape."""
    found = {"name": name, "value": value, "targetId": target}
    return {key: text for key, text in found.items() if text is not None}


def _resources(
    cpu: int, memory: int, tcp: Iterable[int], udp: Iterable[int]
) -> list[dict[str, Any]]:
    none = {"doubleValue": 0.0, "longValue": 0}
    return [
        {"name": "CPU", "type": "INTEGER", **none, "integerValue": cpu},
        {"name": "MEMORY", "type": "INTEGER", **none, "integerValue": memory},
        _ports("PORTS", tcp),
        _ports("PORTS_UDP", udp),
    ]


def _ports(name: str, ports: Iterable[int]) -> dict[str, Any]:
    none = {"doubleValue": 0.0, "longValue": 0, "integerValue": 0}
    return {
        "name": name,
        "type": "STRINGSET",
        **none,
        "stringSetValue": [str(port) for port in sorted(ports)],
    }
