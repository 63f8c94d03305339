"""The EventBridge event "ECS Task State Change".

AWS: ecs_task_events; the detail is the task as DescribeTasks shows it.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from ecslab.aws.ecs.task_view import task_view

if TYPE_CHECKING:
    from ecslab.sim.entities import Account, Task

_DETAIL_TYPE = "ECS Task State Change"


class TaskEvents:
    """Reports every change that `Task.version` counts.

    Args:
        account: where the tasks run; its events port sends.
    """

    def __init__(self, account: Account) -> None:
        self._account = account
        self._last: dict[str, int] = {}

    def changed(self, task: Task) -> None:
        """Send the event if the task's version differs from the last event's."""
        if self._last.get(task.arn) == task.version:
            return
        self._last[task.arn] = task.version
        if task.stopped:
            del self._last[task.arn]
        if self._account.ports.events.heard():
            detail = {key: plain(value) for key, value in task_view(task).items()}
            self._account.ports.events.emit(_DETAIL_TYPE, [task.arn], detail)


def plain(value: Any) -> Any:
    """Return a value with times as EventBridge writes them."""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%S.") + f"{value.microsecond // 1000:03d}Z"
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value
