"""What happened to one cell while a notebook was judged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["LEARNERS", "LONGEST_ERROR", "LONGEST_TEXT", "Role", "Verdict", "What"]

Role = Literal["given", "answer", "check", "extra"]
What = Literal["passed", "failed", "timeout", "died", "skipped"]

LEARNERS: frozenset[Role] = frozenset({"answer", "extra"})
"""Roles of the cells that a learner wrote."""

LONGEST_ERROR = 400
"""Characters that are kept of an error; AWS's longest sentences have some three hundred."""

LONGEST_TEXT = 4000
"""Characters that are kept of what a cell printed."""


@dataclass(frozen=True)
class Verdict:
    """The outcome of one cell.

    Attributes:
        cell: the cell's id.
        role: what the cell is for.
        check: the id of the check that it is or leads to, or None behind the last one.
        changed: whether the learner wrote something into it.
        what: ``passed``, ``failed``, ``timeout``, ``died`` (it ended the process) or ``skipped``.
        error: the exception in one line, or nothing.
        text: what it printed, shortened.
        seconds: wall-clock seconds.
        note: how it was judged when that was not the ordinary way, or why an answer did not run.
    """

    cell: str
    role: Role
    check: str | None
    changed: bool
    what: What
    error: str = ""
    text: str = ""
    seconds: float = 0.0
    note: str = ""

    @property
    def learners(self) -> bool:
        """Whether the learner wrote the cell."""
        return self.role in LEARNERS
