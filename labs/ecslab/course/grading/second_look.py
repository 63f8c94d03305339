"""A second look at a step that failed behind another failed step: on the solution's own account."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ecslab.course.grading.names import bound_by, kept, read_by, restored
from ecslab.course.grading.runner import Runnable, Runner, Start
from ecslab.course.grading.verdict import LEARNERS

__all__ = ["NOTE", "LookedAt", "SecondLook"]

NOTE = "judged on the account as the solution leaves it, because an earlier step is missing"


class LookedAt(Runnable, Protocol):
    """A code cell with what a second look needs to know."""

    @property
    def reference(self) -> str:
        """The solution's code of an answer, or the code of a cell that is given."""

    @property
    def stub(self) -> str:
        """An answer as the lab begins it."""

    @property
    def changed(self) -> bool:
        """Whether the learner wrote something into it."""


class SecondLook:
    """Runs the solution up to a step, and then the learner's own cells of that step.

    An error is to cost its own points, and not those of the steps that build upon it. All of it
    happens in a process of its own, so that the learner's own run goes on undisturbed. There the
    learner's earlier cells have run too, because a later one may use what they define.

    Args:
        cells: all code cells of the notebook.
        start: starts processes.
    """

    def __init__(self, cells: Sequence[LookedAt], start: Start) -> None:
        self.errors: dict[int, str] = {}
        """By the place of each of the learner's cells of the latest step: its error, or nothing."""
        self._cells = cells
        self._start = start
        self._runner: Runner | None = None
        self._seen = 0
        self._lent: set[str] = set()
        self._without_earlier = False

    @property
    def is_spoilt(self) -> bool:
        """Whether an earlier step has ended the last look, so that one without it can tell more."""
        return not self._without_earlier and self._has_ended()

    def meanings(self, number: int) -> list[set[str]]:
        """Give, for each look that may tell something new, the names that stay the learner's.

        What the course reads must be the solution's, as its account is. All other names are the
        learner's own. But those that the lab itself hands from step to step, in the stubs of its
        answers, may be wrong because of an earlier step: when this step uses one, there are two
        looks, with the learner's and with the solution's.

        Args:
            number: the check's place among the code cells.
        """
        first = self._first_of_step(number)
        private = self._private_names(first)
        handed = bound_by(cell.stub for cell in self._cells[:first] if cell.role == "answer")
        helpers = [cell for cell in self._cells[:first] if cell.role == "extra"]
        used = read_by(cell.source for cell in (*helpers, *self._cells[first:number]))
        contested = private & handed & used
        return [private, private - contested] if contested else [private]

    def prepare(self, number: int, culprits: set[int], names: set[str]) -> Runner | None:
        """Bring processes to the point where a check can run.

        Args:
            number: the check's place among the code cells.
            culprits: places of cells that hang or end their process.
            names: one of its `meanings`.

        Returns:
            What runs it, or None when a second look would show nothing new.
        """
        first = self._first_of_step(number)
        step = self._cells[first:number]
        if not any(cell.changed for cell in step) or any(c.number in culprits for c in step):
            return None
        runner = self._living()
        earlier = [
            cell.source
            for cell in self._cells[self._seen : first]
            if cell.role != "check" and cell.number not in culprits and not cell.left_out
        ]
        if self._without_earlier:
            earlier = []
        private = self._private_names(first)
        known = self._seen > first  # this step's first look has kept what the learner means
        solution = [
            cell.reference
            for cell in self._cells[:first]
            if cell.role in {"given", "answer"} and not cell.left_out
        ]
        # The trusted process needs none of the learner's: there, what was asked is repeated.
        for code in () if known else (restored(self._lent), *earlier, kept(private)):
            if not runner.kernel.run(code):
                return None
        for code in solution:
            if not runner.run_code(code):
                return None
        if not runner.kernel.run(restored(names)):
            return None
        self._seen, self._lent = number, private - names
        return runner if self._runs(runner, step) else None

    def _runs(self, runner: Runner, step: Sequence[LookedAt]) -> bool:
        """Run the cells of a step, and keep the errors of the learner's."""
        self.errors = {}
        runner.forget()
        for cell in step:
            if not runner.run(cell):
                return False
            if cell.role in LEARNERS:
                self.errors[cell.number] = runner.kernel.error
        return True

    def stop(self) -> None:
        """End the processes."""
        if self._runner is not None:
            self._runner.stop()

    def _has_ended(self) -> bool:
        return self._runner is not None and not self._runner.is_alive()

    def _living(self) -> Runner:
        """Give a living process: what has ended one behind its own step is not run in the next."""
        if self._has_ended():
            self.stop()
            self._runner, self._seen, self._lent = None, 0, set()
            self._without_earlier = True
        if self._runner is None:
            self._runner = self._start()
        return self._runner

    def _first_of_step(self, number: int) -> int:
        """Give the place behind the check before."""
        checks = [cell.number for cell in self._cells[:number] if cell.role == "check"]
        return checks[-1] + 1 if checks else 0

    def _private_names(self, first: int) -> set[str]:
        """Give the names that the learner has bound, and that no cell of the course reads."""
        own = [cell.source for cell in self._cells[:first] if cell.role in LEARNERS]
        course = [cell.source for cell in self._cells if cell.role not in LEARNERS]
        return bound_by(own) - read_by(course) - bound_by(course)
