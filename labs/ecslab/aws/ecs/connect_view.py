"""The Service Connect proxy of a task, as DescribeTasks shows it.

The shape follows captured answers of DescribeTasks: an attachment of type ServiceConnect that names
the container, and the container itself, which has no image and no runtime id.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from ecslab.sim.entities import Task

_ENDED: Final = ("DEPROVISIONING", "STOPPED", "DELETED")


def connect_attachments(task: Task) -> list[dict[str, Any]]:
    """Return the attachment of a task's proxy, if it has one."""
    if task.proxy is None:
        return []
    status = "ATTACHED" if task.proxy.started_at else "PRECREATED"
    return [
        {
            "id": task.proxy.attachment,
            "type": "ServiceConnect",
            "status": "DELETED" if task.stopped else status,
            "details": [{"name": "ContainerName", "value": task.proxy.name}],
        }
    ]


def connect_containers(task: Task) -> list[dict[str, Any]]:
    """Return the container of a task's proxy, if it has one."""
    proxy = task.proxy
    if proxy is None:
        return []
    status = "RUNNING" if proxy.started_at else "PENDING"
    view: dict[str, Any] = {
        "containerArn": proxy.arn,
        "taskArn": task.arn,
        "name": proxy.name,
        "lastStatus": "STOPPED" if task.last_status in _ENDED else status,
        "healthStatus": "HEALTHY" if proxy.started_at else "UNKNOWN",
        "networkBindings": proxy.bindings,
        "networkInterfaces": [],
    }
    if task.interface is not None:
        address = task.interface.private_ip
        view["networkInterfaces"] = [
            {"attachmentId": task.attachment_id, "privateIpv4Address": address}
        ]
    return [view]
