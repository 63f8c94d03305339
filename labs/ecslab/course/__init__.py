"""The course: its catalogue, the learner's folder, sessions, checks and progress."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ecslab.course.checks import Module
    from ecslab.course.expectations import expect, expect_in, one
    from ecslab.course.outcomes import NotAttempted, NotYet, Passed
    from ecslab.course.session import Session, start

__all__ = [
    "Module",
    "NotAttempted",
    "NotYet",
    "Passed",
    "Session",
    "expect",
    "expect_in",
    "one",
    "start",
]

_HOMES = {
    "Module": "checks",
    "NotAttempted": "outcomes",
    "NotYet": "outcomes",
    "Passed": "outcomes",
    "Session": "session",
    "expect": "expectations",
    "expect_in": "expectations",
    "one": "expectations",
    "start": "session",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: a build of the wheel has no boto3 to import."""
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)


def __dir__() -> list[str]:
    """Return the public names."""
    return sorted(__all__)
