"""Amazon EFS as tasks mount it: reached over the network, shared by all who mount it.

AWS: efs-volumes; tutorial-efs-volumes; resource-initialization-error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from ecslab.model import file_system_failures as failures

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecslab.sim.entities import Account, Task
    from ecslab.sim.ports import Interface, Route

__all__ = ["FileSystemsPort", "mount_failure", "share_files"]

_MOUNT = "elasticfilesystem:ClientMount"


class FileSystemsPort(Protocol):
    """Amazon EFS."""

    def arn(self, file_system: str) -> str | None:
        """Return the ARN of a file system, None when there is none with that id."""

    def route(self, file_system: str, interface: Interface) -> Route | None:
        """Return the way from an interface to the mount target of its Availability Zone.

        Args:
            file_system: the id of the file system.
            interface: the interface of the task.

        Returns:
            None when the VPC has no mount target in that zone: its name is not resolved then.
        """


def _volumes(task: Task) -> Iterator[tuple[str, dict[str, Any]]]:
    for volume in task.definition.get("volumes") or ():
        if "efsVolumeConfiguration" in volume:
            yield str(volume["name"]), volume["efsVolumeConfiguration"]


def share_files(account: Account, task: Task) -> None:
    """Let the containers of a task see what others have written to the same file systems."""
    for name, settings in _volumes(task):
        access = (settings.get("authorizationConfig") or {}).get("accessPointId", "")
        place = f"{settings['fileSystemId']} {access} {settings.get('rootDirectory') or '/'}"
        task.volume_files[name] = account.shared_files.setdefault(place, {})


def mount_failure(account: Account, task: Task) -> str | None:
    """Return why a task on Fargate can't mount a file system, None when it can mount all."""
    port, interface = account.ports.file_systems, task.interface
    if port is None or interface is None or task.instance is not None:
        return None
    for _, settings in _volumes(task):
        file_system = str(settings["fileSystemId"])
        arn = port.arn(file_system)
        route = port.route(file_system, interface) if arn is not None else None
        if arn is None or route is None:
            return failures.NOT_RESOLVED(file_system=file_system, region=account.region)
        if not route.reachable:
            return failures.TIMED_OUT()
        authorization = settings.get("authorizationConfig") or {}
        role = str(task.definition.get("taskRoleArn") or "")
        if authorization.get("iam") == "ENABLED" and (
            not role or account.ports.roles.denied(role, _MOUNT, arn, task.arn)
        ):
            return failures.ACCESS_DENIED(path=settings.get("rootDirectory") or "/")
    return None
