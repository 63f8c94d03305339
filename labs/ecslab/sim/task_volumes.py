"""The EBS volume of a task: made with it, and gone with it.

AWS: ebs-volumes (task lifecycle); botocore ecs Attachment.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from ecslab.model.managed_volumes import CREATED, MANAGED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecslab.sim.entities import Account, Task

__all__ = ["NotMade", "TaskVolume", "VolumesPort", "attach_volume", "new_volume", "release_volume"]


@dataclass(frozen=True, slots=True)
class NotMade:
    """Why a volume could not be made, in AWS's words."""

    text: str


@dataclass(slots=True)
class TaskVolume:
    """The volume that ECS manages for one task.

    Args:
        name: its name in the task definition.
        settings: `managedEBSVolume` in the API's shape.
        attachment_id: the id of the attachment in the task.
        tags: the tags that the volume gets besides those of ECS.
    """

    name: str
    settings: Mapping[str, Any]
    attachment_id: str
    tags: dict[str, str] = field(default_factory=dict)
    status: str = "CREATED"
    id: str = ""
    reason: str = ""

    @property
    def role(self) -> str:
        """Return the infrastructure role with which it is made."""
        return str(self.settings["roleArn"])

    @property
    def deleted_with_task(self) -> bool:
        """Return whether it goes with its task; that is so unless the request says otherwise."""
        policy = self.settings.get("terminationPolicy") or {}
        return bool(policy.get("deleteOnTermination", True))


class VolumesPort(Protocol):
    """Amazon EBS, as ECS uses it with an infrastructure role."""

    def make(
        self,
        settings: Mapping[str, Any],
        zone: str,
        tags: Mapping[str, str],
        instance: str | None,
    ) -> str | NotMade:
        """Make a volume and attach it; return its id, or why that can't be.

        Args:
            settings: `managedEBSVolume` in the API's shape.
            zone: the Availability Zone of the task.
            tags: the volume's tags.
            instance: the EC2 instance to attach it to, None on Fargate.
        """

    def release(self, volume: str, *, delete: bool) -> None:
        """Detach a volume, and delete it if that is wanted."""


def new_volume(
    account: Account,
    configurations: list[dict[str, Any]],
    *,
    definition: str,
    service_tags: list[dict[str, str]] | None = None,
) -> TaskVolume | None:
    """Return the volume that a new task will get, None without one.

    Args:
        account: where the task runs.
        configurations: `volumeConfigurations` of the task or of its service.
        definition: the ARN of the task definition, whose tags can be passed on.
        service_tags: the tags of the task's service, None for a standalone task.
    """
    for each in configurations:
        settings = each["managedEBSVolume"]
        tags: dict[str, str] = {}
        for wanted in settings.get("tagSpecifications") or ():
            source = wanted.get("propagateTags")
            if source == "TASK_DEFINITION":
                tags |= {t["key"]: t["value"] for t in account.definitions.tags_of(definition)}
            if source == "SERVICE":
                tags |= {t["key"]: t["value"] for t in service_tags or ()}
            tags |= {t["key"]: t.get("value", "") for t in wanted.get("tags") or ()}
        return TaskVolume(each["name"], settings, account.identifiers.uuid(), tags)
    return None


def attach_volume(account: Account, task: Task) -> str | None:
    """Make and attach the volume of a task; return the reason why it can't be."""
    volume, port = task.volume, account.ports.volumes
    if volume is None or port is None:
        return None
    tags = {**volume.tags, CREATED: task.arn, MANAGED: "true"}
    instance = task.instance.machine.id if task.instance is not None else None
    made = port.make(volume.settings, str(task.zone), tags, instance)
    if isinstance(made, NotMade):
        volume.status, volume.reason = "FAILED", made.text
        return made.text
    volume.status, volume.id = "ATTACHED", made
    account.journal.record("task.volume", task.arn, volume=made)
    return None


def release_volume(account: Account, task: Task) -> None:
    """Detach the volume of a task that has ended, and delete it unless it is to stay."""
    volume, port = task.volume, account.ports.volumes
    if volume is None or port is None:
        return
    if volume.id:
        port.release(volume.id, delete=volume.deleted_with_task)
    volume.status = "DELETED"
