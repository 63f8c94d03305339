"""Threads take turns at an account, whose time and state are one thing."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from threading import RLock

__all__ = ["turn"]

_turns: list[RLock] = []


def turn() -> RLock:
    """Give the lock of this process; there is one, so that nobody waits for another's."""
    from threading import RLock  # a browser has no threads until somebody asks for them

    if not _turns:
        _turns.append(RLock())
    return _turns[0]
