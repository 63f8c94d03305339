"""One run through a notebook: a process in which its cells run one after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from ecslab.course.grading.kernel import CourseKernel
from ecslab.course.grading.verdict import LEARNERS, Role

__all__ = ["Chain", "Runnable"]


class Runnable(Protocol):
    """A code cell, as a chain needs it."""

    @property
    def number(self) -> int:
        """The place among the code cells, from 0."""

    @property
    def role(self) -> Role:
        """What the cell is for."""

    @property
    def source(self) -> str:
        """The code."""

    @property
    def left_out(self) -> bool:
        """Whether the cell is never run."""


class Chain:
    """Runs cells in order, and starts again behind those that hung or ended the process.

    Args:
        cells: all code cells of the notebook.
        start: starts a process.
    """

    def __init__(self, cells: Sequence[Runnable], start: Callable[[], CourseKernel]) -> None:
        self.kernel: CourseKernel | None = None
        self.culprits: set[int] = set()
        """Places of the cells that hung or ended their process."""
        self._cells = cells
        self._start = start
        self._done: list[int] = []

    def prepare(self, number: int) -> CourseKernel:
        """Bring a living process to the point where a cell can run.

        All cells in front of it have then run in this process, except those that hung or ended
        it. So a cell can also be run alone, after a crash, or in another worker of pytest-xdist.

        Args:
            number: the cell's place among the code cells.

        Returns:
            That process.
        """
        while True:
            kernel = self._living()
            if self._caught_up(kernel, number):
                self._done.append(number)
                return kernel

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
        """End the process."""
        if self.kernel is not None:
            self.kernel.stop()
            self.kernel = None

    def _living(self) -> CourseKernel:
        if self.kernel is not None and not self.kernel.is_alive():
            self.stop()
        if self.kernel is None:
            self.kernel = self._start()
            self._done = []
        return self.kernel

    def _caught_up(self, kernel: CourseKernel, number: int) -> bool:
        """Run what is missing in front of a cell; false when that ended the process."""
        for cell in self._cells[:number]:
            missing = cell.number not in self._done and cell.number not in self.culprits
            if missing and not cell.left_out:
                self._done.append(cell.number)
                if not kernel.run(cell.source):
                    self.culprits.add(cell.number)
                    return False
        return True
