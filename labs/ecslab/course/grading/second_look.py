"""Further looks at a step that failed behind a failed one: on the solution's own account."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Protocol

from ecslab.course.grading.names import bound_by, kept, read_by, restored
from ecslab.course.grading.runner import Runnable, Runner, Start
from ecslab.course.grading.verdict import LEARNERS

__all__ = ["NOTE", "Look", "LookAlone", "LookBehind", "LookedAt", "StartPrepared"]

StartPrepared = Callable[[Sequence[Sequence[str]]], "Runner | None"]

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


class Look(ABC):
    """Runs the solution up to a step, and then the learner's own cells of that step.

    An error is to cost its own points, and not those of the steps that build upon it. All of it
    happens in a process of its own, so that the learner's own run goes on undisturbed.

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
        self._runs_culprits = False

    @abstractmethod
    def meanings(self, number: int) -> list[set[str]]:
        """Give, for each run that may tell something new, the names that stay the learner's.

        Args:
            number: the check's place among the code cells.
        """

    def prepare(self, number: int, culprits: set[int], names: set[str]) -> Runner | None:
        """Bring processes to the point where a check can run.

        Args:
            number: the check's place among the code cells.
            culprits: places of cells that hang or end their process.
            names: one of its `meanings`.

        Returns:
            What runs it, or None when this look would show nothing new.
        """
        self.errors = {}
        first = self._first_of_step(number)
        guilty = any(cell.number in culprits for cell in self._cells[first:number])
        if not self._is_changed(first, number) or (guilty and not self._runs_culprits):
            return None
        runner = self._before(first, number, culprits, names)
        if runner is None:
            return None
        if self._runs(runner, self._cells[first:number]):
            return runner
        self._runs_culprits = self._runs_culprits and not runner.kernel.timed_out
        return None

    def stop(self) -> None:
        """End the processes."""
        if self._runner is not None:
            self._runner.stop()

    @abstractmethod
    def _before(
        self, first: int, number: int, culprits: set[int], names: set[str]
    ) -> Runner | None:
        """Give processes in which all has run that is to run in front of a step."""

    def _first_of_step(self, number: int) -> int:
        """Give the place behind the check before."""
        checks = [cell.number for cell in self._cells[:number] if cell.role == "check"]
        return checks[-1] + 1 if checks else 0

    def _is_changed(self, first: int, number: int) -> bool:
        """Tell whether the learner wrote something into cells from one place up to another."""
        return any(cell.changed for cell in self._cells[first:number])

    def _solves(self, runner: Runner, first: int) -> bool:
        """Run the solution's steps in front of a place."""
        return all(
            runner.run_code(cell.reference)
            for cell in self._cells[:first]
            if cell.role in {"given", "answer"} and not cell.left_out
        )

    def _runs(self, runner: Runner, step: Sequence[LookedAt]) -> bool:
        """Run the cells of a step, and keep the errors of the learner's."""
        runner.forget()
        for cell in step:
            if not runner.run(cell):
                return False
            if cell.role in LEARNERS:
                self.errors[cell.number] = runner.kernel.error
        return True


class LookAlone(Look):
    """Looks at a step in new processes, in which nothing of the learner's has run before.

    Where processes are forked, they begin where the solution's steps have run already.

    Code of an earlier step can go on in a thread, swallow what others print, or change a library.
    So a cell that hung or ended its process is run here, too: an earlier one may have done it.
    That costs its time limit a second time, but only until the first that hangs here as well.

    Args:
        cells: all code cells of the notebook.
        start: starts processes.
        start_prepared: starts them where the code of steps has run, or gives None where it cannot.
    """

    def __init__(
        self, cells: Sequence[LookedAt], start: Start, start_prepared: StartPrepared
    ) -> None:
        super().__init__(cells, start)
        self._start_prepared: StartPrepared | None = start_prepared
        self._runs_culprits = True

    def meanings(self, number: int) -> list[set[str]]:
        """Give the one run without any name of the learner's.

        Args:
            number: the check's place among the code cells.
        """
        del number
        return [set()]

    def _before(
        self, first: int, number: int, culprits: set[int], names: set[str]
    ) -> Runner | None:
        del number, culprits, names  # nothing of an earlier step runs
        self.stop()
        if self._start_prepared is not None:
            self._runner = self._start_prepared(self._solution(first))
            if self._runner is not None:
                return self._runner
            self._start_prepared = None  # it will not work behind more steps either
        self._runner = self._start()
        return self._runner if self._solves(self._runner, first) else None

    def _solution(self, first: int) -> list[list[str]]:
        """Give the code of the solution's steps in front of a place."""
        steps: list[list[str]] = [[]]
        for cell in self._cells[:first]:
            if cell.role == "check":
                steps.append([])
            elif cell.role in {"given", "answer"} and not cell.left_out:
                steps[-1].append(cell.reference)
        return [step for step in steps if step]


class LookBehind(Look):
    """Looks at a step behind all that the learner's earlier cells define, as it may use them."""

    def __init__(self, cells: Sequence[LookedAt], start: Start) -> None:
        super().__init__(cells, start)
        self._seen = 0
        self._lent: set[str] = set()

    def meanings(self, number: int) -> list[set[str]]:
        """Give, for each run that may tell something new, the names that stay the learner's.

        What the course reads must be the solution's, as its account is. All other names are the
        learner's own. But those that the lab itself hands from step to step, in the stubs of its
        answers, may be wrong because of an earlier step: when this step uses one, there are two
        runs, with the learner's and with the solution's.

        Args:
            number: the check's place among the code cells.
        """
        first = self._first_of_step(number)
        private = self._private_names(first)
        handed = self._handed(first)
        helpers = [cell for cell in self._cells[:first] if cell.role == "extra"]
        used = read_by(cell.source for cell in (*helpers, *self._cells[first:number]))
        contested = private & handed & used
        return [private, private - contested] if contested else [private]

    def may_differ(self, number: int) -> bool:
        """Tell whether names in a step may mean other things to the learner and to the solution.

        Those that the lab itself hands from step to step mean the same to both.

        Args:
            number: the check's place among the code cells.
        """
        first = self._first_of_step(number)
        solution = bound_by(cell.reference for cell in self._cells[:first])
        used = read_by(cell.source for cell in self._cells[first:number])
        return bool((self._private_names(first) & solution & used) - self._handed(first))

    def _before(
        self, first: int, number: int, culprits: set[int], names: set[str]
    ) -> Runner | None:
        if self._runner is None:
            self._runner = self._start()
        runner = self._runner
        if not runner.is_alive():
            return None  # what has ended it would end the next one, too
        earlier = [
            cell.source
            for cell in self._cells[self._seen : first]
            if cell.role != "check" and cell.number not in culprits and not cell.left_out
        ]
        private = self._private_names(first)
        known = self._seen > first  # this step's first run has kept what the learner means
        # The trusted process needs none of the learner's: there, what was asked is repeated.
        for code in () if known else (restored(self._lent), *earlier, kept(private)):
            if not runner.kernel.run(code):
                return None
        if not (self._solves(runner, first) and runner.kernel.run(restored(names))):
            return None
        self._seen, self._lent = number, private - names
        return runner

    def _handed(self, first: int) -> set[str]:
        """Give the names that the lab hands from step to step, in the stubs of its answers."""
        return bound_by(cell.stub for cell in self._cells[:first] if cell.role == "answer")

    def _private_names(self, first: int) -> set[str]:
        """Give the names that the learner has bound, and that no cell of the course reads."""
        own = [cell.source for cell in self._cells[:first] if cell.role in LEARNERS]
        course = [cell.source for cell in self._cells if cell.role not in LEARNERS]
        return bound_by(own) - read_by(course) - bound_by(course)
