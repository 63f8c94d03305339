"""From where the code that runs right now sends its requests: the notebook, or a task."""

from __future__ import annotations

import contextlib
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator

    from ecslab.sim.entities import Task

_CURRENT: ContextVar[Task | None] = ContextVar("task", default=None)


def current_task() -> Task | None:
    """Return the task whose code runs, None in the notebook."""
    return _CURRENT.get()


@contextlib.contextmanager
def calling_from(task: Task | None) -> Generator[None, None, None]:
    """Run code as a task's; None for what runs outside of tasks, such as their agent."""
    token = _CURRENT.set(task)
    try:
        yield
    finally:
        _CURRENT.reset(token)
