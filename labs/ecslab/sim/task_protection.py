"""Scale-in protection of service tasks.

AWS: botocore ecs UpdateTaskProtection; task-scale-in-protection.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ecslab.sim.entities import Account, Task
    from ecslab.sim.service import Service

__all__ = [
    "DEFAULT_MINUTES",
    "MOST_MINUTES",
    "is_protected",
    "may_protect",
    "protect",
    "protected",
    "unprotected",
]

DEFAULT_MINUTES: Final = 120
"""How long a task is protected when nobody says how long (UpdateTaskProtection)."""

MOST_MINUTES: Final = 2880
"""The longest that a task can be protected: 48 hours (ibid.)."""


def protect(account: Account, task: Task, minutes: int | None) -> None:
    """Set a task's protection anew, or take it away.

    Args:
        account: where it runs.
        task: a task of a service.
        minutes: how long from now; None takes the protection away.
    """
    now = account.clock.now
    task.protected_until = None if minutes is None else now + timedelta(minutes=minutes)
    account.journal.record("task.protected", task.arn, minutes=minutes or 0)


def is_protected(account: Account, task: Task) -> bool:
    """Return whether scale-in and deployments must leave a task alone now."""
    return task.protected_until is not None and account.clock.now < task.protected_until


def protected(account: Account, tasks: Iterable[Task]) -> list[Task]:
    """Return the tasks that are protected, in their order."""
    return [task for task in tasks if is_protected(account, task)]


def unprotected(account: Account, tasks: Iterable[Task]) -> list[Task]:
    """Return the tasks that scale-in and deployments may stop, in their order.

    Health checks, Spot interruptions and StopTask stop protected tasks all the same: AWS names
    scale-in and deployments only (ibid.).
    """
    return [task for task in tasks if not is_protected(account, task)]


def may_protect(account: Account, service: Service, task: Task) -> bool:
    """Return whether one more task of a service can be protected.

    Not when more tasks would be protected than the service wants: DEPLOYMENT_BLOCKED
    (task-scale-in-protection, considerations).
    """
    others = [each for each in protected(account, service.tasks()) if each is not task]
    return len(others) < service.desired
