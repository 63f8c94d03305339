"""What is wrong in a file of the course, where, and how to mend it."""

from __future__ import annotations

from dataclasses import dataclass

from ecslab.errors import CourseError

__all__ = ["Problem", "SourceError"]


@dataclass(frozen=True, order=True)
class Problem:
    """One thing to mend.

    Attributes:
        path: the file, relative to the root of the course, with forward slashes.
        line: the line in it, from 1; 0 means the file as a whole.
        message: what is wrong, without a full stop.
        fix: the command or the edit that mends it, without a full stop.
    """

    path: str
    line: int
    message: str
    fix: str

    def __str__(self) -> str:
        """Return one sentence that begins with the place, as editors and terminals link it."""
        place = f"{self.path}:{self.line}" if self.line else self.path
        return f"{place}: {self.message}; {self.fix}."


class SourceError(CourseError):
    """A source text that cannot be turned into notebooks.

    Args:
        problem: what is wrong with it.
    """

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem
