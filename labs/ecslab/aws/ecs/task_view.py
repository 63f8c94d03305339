"""Tasks in the shape of botocore's ecs Task."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecslab.aws.ecs.connect_view import connect_attachments, connect_containers
from ecslab.model import platform_versions
from ecslab.model.placement import needs_of
from ecslab.sim.entities import FARGATE

if TYPE_CHECKING:
    from ecslab.sim.entities import Container, Task
    from ecslab.sim.task_volumes import TaskVolume

_REASON = 1024
"""The characters of a container's reason that are shown (botocore ecs Container.reason)."""


def task_view(task: Task, *, tags: bool = False) -> dict[str, Any]:
    """Return a task as DescribeTasks shows it.

    Args:
        task: the task.
        tags: whether to include its tags (`include=["TAGS"]`).
    """
    definition = task.definition
    view: dict[str, Any] = {
        "attachments": [
            *connect_attachments(task),
            *([_attachment(task)] if task.subnets else []),
            *([_volume(task.volume)] if task.volume is not None else []),
        ],
        "attributes": [{"name": "ecs.cpu-architecture", "value": _architecture(task).lower()}],
        "availabilityZone": task.zone,
        "capacityProviderName": task.capacity_provider,
        "clusterArn": task.cluster.arn,
        "containerInstanceArn": task.instance.arn if task.instance else None,
        "connectivity": task.connectivity,
        "connectivityAt": task.connectivity_at,
        "containers": [
            *connect_containers(task),
            *(_container(task, container) for container in task.containers),
        ],
        "cpu": definition.get("cpu"),
        "createdAt": task.created_at,
        "desiredStatus": task.desired_status,
        "enableExecuteCommand": task.enable_execute_command,
        "executionStoppedAt": task.execution_stopped_at,
        "group": task.group,
        "healthStatus": task.health,
        "lastStatus": task.last_status,
        "launchType": task.launch_type,
        "memory": definition.get("memory"),
        "overrides": _overrides(task),
        "pullStartedAt": task.pull_started_at,
        "pullStoppedAt": task.pull_stopped_at,
        "startedAt": task.started_at,
        "startedBy": task.started_by,
        "stopCode": task.stop_code,
        "stoppedAt": task.stopped_at,
        "stoppedReason": task.stopped_reason,
        "stoppingAt": task.stopping_at,
        "tags": list(task.tags) if tags else [],
        "taskArn": task.arn,
        "taskDefinitionArn": definition["taskDefinitionArn"],
        "version": task.version,
    }
    if task.launch_type == FARGATE:
        storage = (definition.get("ephemeralStorage") or {}).get("sizeInGiB", 20)
        view["platformVersion"] = task.platform_version
        view["platformFamily"] = platform_versions.family(definition)
        view["ephemeralStorage"] = view["fargateEphemeralStorage"] = {"sizeInGiB": storage}
    else:
        needs = needs_of(definition)
        view["cpu"], view["memory"] = str(needs.cpu), str(needs.memory)
    return {key: value for key, value in view.items() if value is not None}


def _architecture(task: Task) -> str:
    return str((task.definition.get("runtimePlatform") or {}).get("cpuArchitecture", "X86_64"))


def _overrides(task: Task) -> dict[str, Any]:
    given = dict(task.overrides)
    known = {entry["name"]: entry for entry in given.get("containerOverrides") or []}
    names = [*([task.proxy.name] if task.proxy else []), *(c.name for c in task.containers)]
    given["containerOverrides"] = [known.get(name, {"name": name}) for name in names]
    given.setdefault("inferenceAcceleratorOverrides", [])
    return given


def _attachment(task: Task) -> dict[str, Any]:
    details = []
    interface = task.interface
    if interface is not None:
        pairs = [
            ("subnetId", interface.subnet),
            ("networkInterfaceId", interface.id),
            ("macAddress", interface.mac),
            ("privateDnsName", interface.dns_name),
            ("privateIPv4Address", interface.private_ip),
        ]
        details = [{"name": name, "value": value} for name, value in pairs if value]
    elif task.subnets:
        details = [{"name": "subnetId", "value": task.subnets[0]}]
    return {
        "id": task.attachment_id,
        "type": "ElasticNetworkInterface",
        "status": task.attachment_status,
        "details": details,
    }


def _volume(volume: TaskVolume) -> dict[str, Any]:
    pairs = [
        ("roleArn", volume.role),
        ("volumeName", volume.name),
        ("deleteOnTermination", str(volume.deleted_with_task).lower()),
        ("volumeId", volume.id),
        ("statusReason", volume.reason),
    ]
    return {
        "id": volume.attachment_id,
        "type": "AmazonElasticBlockStorage",
        "status": volume.status,
        "details": [{"name": name, "value": value} for name, value in pairs if value],
    }


def _container(task: Task, container: Container) -> dict[str, Any]:
    spec = container.spec
    interfaces = []
    if task.interface is not None:
        interfaces = [
            {"attachmentId": task.attachment_id, "privateIpv4Address": task.interface.private_ip}
        ]
    view: dict[str, Any] = {
        "containerArn": container.arn,
        "taskArn": task.arn,
        "name": container.name,
        "image": spec["image"],
        "imageDigest": container.found.digest if container.found else None,
        "runtimeId": container.runtime_id,
        "lastStatus": container.status,
        "exitCode": container.exit_code,
        "reason": container.reason[:_REASON] if container.reason else None,
        "networkBindings": container.bindings if container.started_at else [],
        "networkInterfaces": interfaces,
        "healthStatus": container.health,
        "managedAgents": _managed_agents(task, container) or None,
        "cpu": str(spec.get("cpu") or 0),
        "memory": str(spec["memory"]) if spec.get("memory") else None,
        "memoryReservation": str(spec["memoryReservation"])
        if spec.get("memoryReservation")
        else None,
    }
    return {key: value for key, value in view.items() if value is not None}


def _managed_agents(task: Task, container: Container) -> list[dict[str, Any]]:
    if not task.enable_execute_command:
        return []
    found = container.exec_agent
    agent: dict[str, Any] = {
        "name": "ExecuteCommandAgent",
        "lastStatus": found.status if found else "PENDING",
        "reason": found.reason if found else None,
        "lastStartedAt": found.started_at if found else None,
    }
    return [{key: value for key, value in agent.items() if value is not None}]
