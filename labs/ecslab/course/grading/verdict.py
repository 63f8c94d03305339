"""What happened to one cell while a notebook was judged."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Literal

__all__ = ["LONGEST_TEXT", "Role", "Verdict", "What"]

Role = Literal["given", "answer", "check", "extra"]
What = Literal["passed", "failed", "timeout", "died", "skipped"]

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
    """

    cell: str
    role: Role
    check: str | None
    changed: bool
    what: What
    error: str = ""
    text: str = ""
    seconds: float = 0.0

    @property
    def learners(self) -> bool:
        """Whether the learner wrote the cell."""
        return self.role in {"answer", "extra"}

    def to_json(self) -> str:
        """Write the verdict on one line."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, line: str) -> Verdict:
        """Read what `to_json` wrote.

        Args:
            line: one line.
        """
        return cls(**json.loads(line))
