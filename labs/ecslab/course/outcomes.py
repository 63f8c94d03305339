"""What a check can say about the learner's work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecslab.course.values import text

if TYPE_CHECKING:
    from ecslab.course.checks import Check

__all__ = ["NotAttempted", "NotYet", "Outcome", "Passed", "Result"]


class NotAttempted(Exception):  # noqa: N818 - an outcome, raised to end the check; not an error
    """There is nothing to judge yet: the learner has not started this step."""


class NotYet(Exception):  # noqa: N818 - an outcome, raised to end the check; not an error
    """The work differs from what the step asks for.

    Strings are shown as prose; any other value is written as `ecslab.course.values.render` does.

    Args:
        expected: what the step asks for.
        found: the first thing that differs, as the account or the answer has it.
        look_at: the call and the field that show it, such as
            ``describe_clusters → clusters[0].status``.
    """

    def __init__(self, *, expected: object, found: object, look_at: str | None = None) -> None:
        self.expected = text(expected)
        self.found = text(found)
        self.look_at = None if look_at is None else text(look_at)
        super().__init__(f"expected: {self.expected}; found: {self.found}")


@dataclass(frozen=True)
class Passed:
    """The work is what the step asks for."""


Outcome = Passed | NotYet | NotAttempted


@dataclass(frozen=True)
class Result:
    """One check, its outcome, and the exception behind it when the check did not foresee it.

    Attributes:
        check: the check that was run.
        outcome: what it said.
        unforeseen: the exception that became a *not yet*, or None.
    """

    check: Check
    outcome: Outcome
    unforeseen: Exception | None = None

    @property
    def passed(self) -> bool:
        """Whether the check passed."""
        return isinstance(self.outcome, Passed)

    @property
    def attempted(self) -> bool:
        """Whether there was something to judge."""
        return not isinstance(self.outcome, NotAttempted)

    @property
    def points(self) -> int:
        """The points earned: all of the check's, or none."""
        return self.check.points if self.passed else 0

    @property
    def mark(self) -> str:
        """One sign for the outcome, as tables show it."""
        return mark(passed=self.passed, attempted=self.attempted)

    @property
    def block(self) -> str:
        """The text that a check cell prints."""
        words = {"✔": "passed", "○": "not attempted", "✘": "not yet"}[self.mark]
        check = self.check
        lines = [f"{self.mark} {check.id}: {words} ({self.points} of {check.points} points)"]
        if isinstance(self.outcome, NotYet):
            lines += [f"  expected: {self.outcome.expected}", f"  found: {self.outcome.found}"]
            if self.outcome.look_at is not None:
                lines.append(f"  look at: {self.outcome.look_at}")
            lines.append(f'  next: lab.hint("{check.id}")')
        return "\n".join(lines)


def mark(*, passed: bool, attempted: bool) -> str:
    """Give the sign for an outcome.

    Args:
        passed: whether the check passed.
        attempted: whether there was something to judge.
    """
    if passed:
        return "✔"
    return "✘" if attempted else "○"
