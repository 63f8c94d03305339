"""Small assertions from which checks are written."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TypeVar

from ecslab.course.outcomes import NotYet
from ecslab.course.values import render

__all__ = ["expect", "expect_in", "one"]

Item = TypeVar("Item")


def expect(found: object, expected: object, look_at: str) -> None:
    """Go on when a value is the expected one, else end the check with *not yet*.

    Args:
        found: what the account or the answer has.
        expected: what the step asks for.
        look_at: the call and the field that show it.
    """
    # In Python True == 1, but a field of the API is one or the other.
    if isinstance(found, bool) is not isinstance(expected, bool) or found != expected:
        raise NotYet(expected=render(expected), found=render(found), look_at=look_at)


def expect_in(found: object, allowed: Iterable[object], look_at: str) -> None:
    """Go on when a value is one of those allowed, else end the check with *not yet*.

    Args:
        found: what the account or the answer has.
        allowed: the values that the step accepts.
        look_at: the call and the field that show it.
    """
    choices = list(allowed)
    if found not in choices:
        expected = "one of " + ", ".join(sorted(render(choice) for choice in choices))
        raise NotYet(expected=expected, found=render(found), look_at=look_at)


def one(items: Collection[Item], what: str, look_at: str) -> Item:
    """Give the only item, or end the check with *not yet* when there are none or several.

    Args:
        items: what a call of the API listed.
        what: the kind of item in words, such as ``cluster named "web"``.
        look_at: the call and the field that show them.
    """
    if len(items) != 1:
        found = "none" if not items else str(len(items))
        raise NotYet(expected=f"exactly one {what}", found=found, look_at=look_at)
    return next(iter(items))
