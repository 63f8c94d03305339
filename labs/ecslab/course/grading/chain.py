"""One run through a notebook: its cells, one after the other."""

from __future__ import annotations

from collections.abc import Sequence

from ecslab.course.grading.runner import Runnable, Runner, Start
from ecslab.course.grading.verdict import LEARNERS

__all__ = ["Chain"]


class Chain:
    """Runs cells in order, and starts again behind those that hung or ended the process.

    Args:
        cells: all code cells of the notebook.
        start: starts processes.
    """

    def __init__(self, cells: Sequence[Runnable], start: Start) -> None:
        self.runner: Runner | None = None
        self.culprits: set[int] = set()
        """Places of the cells that hung or ended their process."""
        self._cells = cells
        self._start = start
        self._done: list[int] = []

    def prepare(self, number: int) -> Runner:
        """Bring living processes to the point where a cell can run.

        All cells in front of it have then run there, except those that hung or ended
        it. So a cell can also be run alone, after a crash, or in another worker of pytest-xdist.

        Args:
            number: the cell's place among the code cells.

        Returns:
            What runs it.
        """
        while True:
            runner = self._living()
            if self._caught_up(runner, number):
                self._done.append(number)
                return runner

    def blame(self, number: int) -> int | None:
        """Find the learner's cell that a crash in somebody else's cell comes from.

        Args:
            number: the place of the cell that was running.

        Returns:
            The last one in front of it that is not yet known as a culprit; it is, from now on.
        """
        for place in range(number - 1, -1, -1):
            if place not in self.culprits and self._cells[place].role in LEARNERS:
                self.culprits.add(place)
                return place
        return None

    def stop(self) -> None:
        """End the processes."""
        if self.runner is not None:
            self.runner.stop()
            self.runner = None

    def _living(self) -> Runner:
        if self.runner is not None and not self.runner.is_alive():
            self.stop()
        if self.runner is None:
            self.runner = self._start()
            self._done = []
        return self.runner

    def _caught_up(self, runner: Runner, number: int) -> bool:
        """Run what is missing in front of a cell; false when that ended the process."""
        for cell in self._cells[:number]:
            missing = cell.number not in self._done and cell.number not in self.culprits
            if missing and not cell.left_out:
                self._done.append(cell.number)
                if not runner.run(cell):
                    self.culprits.add(cell.number)
                    return False
        return True
