"""The processes that run one notebook: the learner's and, in strict grading, the trusted one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

from ecslab.course.grading.kernel import CourseKernel
from ecslab.course.grading.names import read_by
from ecslab.course.grading.verdict import LEARNERS, Role

__all__ = ["FOLLOW", "WATCH", "Runnable", "Runner", "Start"]

Start = Callable[[], "Runner"]

_LEARNER = "__import__('sys').modules['ecslab.course.strict.learner']"
WATCH = """
from ecslab.course.strict import learner as _ecslab_learner
_ecslab_learner.watch()
"""
"""What the learner's process runs first in strict grading."""

FOLLOW = """
from ecslab.course.strict.trusted import Follower as _EcslabFollower
_ecslab_follower = _EcslabFollower(globals())
del _EcslabFollower
"""
"""What the trusted process runs first."""


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
        ready: whether in both has run what they run first.
    """

    def __init__(
        self,
        kernel: CourseKernel,
        trusted: CourseKernel | None,
        cells: Iterable[Runnable],
        *,
        ready: bool = False,
    ) -> None:
        self.kernel = kernel
        self.trusted = trusted
        course = [cell.source for cell in cells if cell.role not in LEARNERS]
        self._names = sorted(read_by(course))
        self._learners = False
        if trusted is not None and not ready:
            kernel.run(WATCH)
            trusted.run(FOLLOW)

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
        self._begin(learners=learners)
        alive = self.kernel.run(cell.source)
        if self.trusted is None:
            return alive
        self._follow(learners=learners)
        if not learners:
            self.trusted.run(cell.source)
        return alive and self.trusted.is_alive()

    def run_code(self, code: str) -> bool:
        """Run code of the course that stands in no cell.

        Args:
            code: source text.
        """
        self._begin(learners=False)
        alive = self.kernel.run(code)
        return alive and (self.trusted is None or self.trusted.run(code))

    def before(self, cell: Runnable) -> CourseKernel:
        """Do all that must happen before a cell is run and its output compared.

        Args:
            cell: of the notebook.

        Returns:
            The process in which it is to be run.
        """
        self._begin(learners=cell.role in LEARNERS)
        if self.trusted is None or cell.role in LEARNERS:
            return self.kernel
        self.kernel.run(cell.source)
        self._follow(learners=False)
        return self.trusted

    def after(self, cell: Runnable) -> None:
        """Do all that must happen when a cell was run by somebody else, in the learner's process.

        Args:
            cell: of the notebook.
        """
        if self.trusted is not None and cell.role in LEARNERS:
            self._follow(learners=True)

    def forget(self) -> None:
        """Leave out what the learner's process has asked so far."""
        if self.trusted is not None:
            self._tell()

    def _begin(self, *, learners: bool) -> None:
        if self.trusted is not None and learners is not self._learners:
            self._learners = learners
            self.kernel.ask(f"{_LEARNER}.begin({self._names!r}, globals(), learners={learners})")

    def _follow(self, *, learners: bool) -> None:
        assert self.trusted is not None  # noqa: S101 - asked by all who call
        told = self._tell()
        self.trusted.run(f"_ecslab_follower.follow({told!r}, {self._names!r}, learners={learners})")

    def _tell(self) -> str:
        return self.kernel.ask(f"{_LEARNER}.tell({self._names!r}, globals())") or ""
