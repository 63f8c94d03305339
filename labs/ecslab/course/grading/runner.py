"""The processes that run one notebook: the learner's and, in strict grading, the trusted one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

from ecslab.course.grading.kernel import CourseKernel
from ecslab.course.grading.names import bound_by, read_by
from ecslab.course.grading.verdict import LEARNERS, Role

__all__ = ["Runnable", "Runner", "Start"]

Start = Callable[[], "Runner"]

_WATCH = """
from ecslab.course.strict import learner as _ecslab_learner
_ecslab_learner.watch()
"""
_FOLLOW = """
from ecslab.course.strict.trusted import Follower as _EcslabFollower
_ecslab_follower = _EcslabFollower(globals())
del _EcslabFollower
"""


class Runnable(Protocol):
    """A code cell, as a runner needs it."""

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


class Runner:
    """Runs cells in the learner's process, and follows in the trusted one when there is one.

    Args:
        kernel: runs everything, also the learner's code.
        trusted: runs the course's own cells, and repeats of the learner's what they asked.
        cells: all code cells of the notebook.
    """

    def __init__(
        self, kernel: CourseKernel, trusted: CourseKernel | None, cells: Iterable[Runnable]
    ) -> None:
        self.kernel = kernel
        self.trusted = trusted
        cells = list(cells)
        learners = [cell.source for cell in cells if cell.role in LEARNERS]
        course = [cell.source for cell in cells if cell.role not in LEARNERS]
        self._own = sorted(bound_by(learners))
        self._names = sorted(read_by(course))
        self._roles = [cell.role in LEARNERS for cell in cells]
        if trusted is not None:
            kernel.run(_WATCH)
            trusted.run(_FOLLOW)

    def is_alive(self) -> bool:
        """Tell whether all processes are."""
        return self.kernel.is_alive() and (self.trusted is None or self.trusted.is_alive())

    def stop(self) -> None:
        """End all processes."""
        self.kernel.stop()
        if self.trusted is not None:
            self.trusted.stop()

    def run(self, cell: Runnable) -> bool:
        """Run a cell whose output nobody compares.

        Args:
            cell: of the notebook.

        Returns:
            Whether it ended and left the processes alive.
        """
        learners = cell.role in LEARNERS
        alive = self.kernel.run(cell.source)
        if self.trusted is None:
            return alive
        self._follow(cell, learners=learners)
        if not learners:
            self.trusted.run(cell.source)
        return alive and self.trusted.is_alive()

    def run_code(self, code: str) -> bool:
        """Run code of the course that stands in no cell.

        Args:
            code: source text.
        """
        alive = self.kernel.run(code)
        return alive and (self.trusted is None or self.trusted.run(code))

    def before(self, cell: Runnable) -> CourseKernel:
        """Do all that must happen before a cell is run and its output compared.

        Args:
            cell: of the notebook.

        Returns:
            The process in which it is to be run.
        """
        if self.trusted is None or cell.role in LEARNERS:
            return self.kernel
        self.kernel.run(cell.source)
        self._follow(cell, learners=False)
        return self.trusted

    def after(self, cell: Runnable) -> None:
        """Do all that must happen when a cell was run by somebody else, in the learner's process.

        Args:
            cell: of the notebook.
        """
        if self.trusted is not None and cell.role in LEARNERS:
            self._follow(cell, learners=True)

    def forget(self, cell: Runnable) -> None:
        """Leave out what the learner's process has asked so far, before a cell.

        Args:
            cell: of the notebook, the next that runs.
        """
        if self.trusted is not None:
            self._tell(next_is_learners=cell.role in LEARNERS)

    def _follow(self, cell: Runnable, *, learners: bool) -> None:
        assert self.trusted is not None  # noqa: S101 - asked by all who call
        following = self._roles[cell.number + 1 : cell.number + 2]
        told = self._tell(next_is_learners=following == [True])
        self.trusted.run(f"_ecslab_follower.follow({told!r}, {self._names!r}, learners={learners})")

    def _tell(self, *, next_is_learners: bool) -> str:
        tell = "__import__('sys').modules['ecslab.course.strict.learner'].tell"
        next_one = f"next_is_learners={next_is_learners}"
        return (
            self.kernel.ask(f"{tell}({self._names!r}, {self._own!r}, globals(), {next_one})") or ""
        )
