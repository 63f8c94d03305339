"""The EventBridge event "ECS Container Instance State Change".

AWS: ecs_container_instance_events; the detail is the container instance as
DescribeContainerInstances shows it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ecslab.aws.ecs.instance_view import instance_view
from ecslab.aws.ecs.task_events import plain

if TYPE_CHECKING:
    from ecslab.sim.container_instances import ContainerInstance
    from ecslab.sim.entities import Account, Task

__all__ = ["InstanceEvents"]

_DETAIL_TYPE: Final = "ECS Container Instance State Change"


class InstanceEvents:
    """Reports container instances: their agents, their status, and what is left of them.

    Args:
        account: where they are; its events port sends.
    """

    def __init__(self, account: Account) -> None:
        self._account = account
        self._last: dict[str, tuple[object, ...]] = {}

    def changed(self, instance: ContainerInstance) -> None:
        """Send the event if anything that it shows differs from the last event's."""
        events = self._account.ports.events
        if not events.heard():
            return
        state = (instance.version, instance.status, instance.connected)
        if self._last.get(instance.arn) == state:
            return
        self._last[instance.arn] = state
        view = {
            **instance_view(instance),
            "clusterArn": instance.cluster.arn,
            "updatedAt": self._account.clock.now,
        }
        events.emit(_DETAIL_TYPE, [instance.arn], plain(view))

    def task_changed(self, task: Task) -> None:
        """Look at the container instance of a task that has changed."""
        if task.instance is not None:
            self.changed(task.instance)
