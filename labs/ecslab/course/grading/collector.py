"""nbval's collector of a notebook, made safe for notebooks that learners wrote."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4.rwbase import rejoin_lines
from nbval.plugin import IPyNbFile, find_metadata_tags

from ecslab.course.grading.cells import CourseCell
from ecslab.course.grading.chain import Chain
from ecslab.course.grading.kernel import CourseKernel
from ecslab.course.grading.merge import notes_of
from ecslab.course.grading.place import Place
from ecslab.course.grading.records import write_record
from ecslab.course.grading.runner import FOLLOW, WATCH, Runner
from ecslab.course.grading.second_look import LookAlone, LookBehind
from ecslab.course.grading.subject import Subject
from ecslab.course.grading.verdict import LEARNERS, Verdict

__all__ = ["CELL_LIMIT", "CourseFile"]

CELL_LIMIT = 60.0
"""Wall-clock seconds that a cell may take when nobody asks for another limit."""

_NBVAL_LIMIT = 2000  # nbval's own default: nobody asked for it


class CourseFile(IPyNbFile):  # type: ignore[misc]  # nbval is published without types
    """A notebook of the course: one item for each code cell of what is really to be run.

    Args:
        subject: the notebook to run, and what it is.
        place: where to run it; a plain one of its own by default.
        trusted: in strict grading, where the checks run.
    """

    def __init__(
        self,
        *,
        subject: Subject,
        place: Place | None = None,
        trusted: Place | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.kernel: CourseKernel | None = None
        self.subject = subject
        self.cells: list[CourseCell] = []
        self.verdicts: dict[str, Verdict] = {}
        self._place = place
        self._trusted = trusted
        self._own_place: Place | None = None
        self._prepared: list[Place] = []
        asked = self.config.option.nbval_cell_timeout
        self.limit = CELL_LIMIT if asked == _NBVAL_LIMIT else float(asked)

    def collect(self) -> Iterator[CourseCell]:
        """Make one item for each code cell, named by the cell's id."""
        # A file holds text as lists of lines, nbval compares whole texts.
        read = nbformat.from_dict(self.subject.notebook)  # type: ignore[no-untyped-call]
        self.nb = rejoin_lines(read)  # type: ignore[no-untyped-call]
        code = [cell for cell in self.nb.cells if cell.cell_type == "code"]
        self.cells = [self._item(cell, number) for number, cell in enumerate(code)]
        yield from self.cells

    def setup(self) -> None:
        """Find a place; the first cell starts the process."""
        if self._place is None:
            self._place = self._own_place = Place.plain()
        self.chain = Chain(self.cells, self._start)
        self.alone = LookAlone(self.cells, self._start, self._start_prepared)
        self.behind = LookBehind(self.cells, self._start)
        self.setup_sanitize_files()

    def teardown(self) -> None:
        """End the processes and delete their folder."""
        self.chain.stop()
        self.alone.stop()
        self.behind.stop()
        self._close_prepared()
        if self._own_place is not None:
            self._own_place.close()

    def note(self, verdict: Verdict) -> None:
        """Keep a verdict, also in the file that the grader reads.

        Args:
            verdict: about one cell; a later one about the same cell replaces it.
        """
        self.verdicts[verdict.cell] = verdict
        records = self.config.getoption("ecslab_records")
        if records:
            write_record(Path(records), asdict(verdict))

    def missed_before(self, number: int) -> bool:
        """Tell whether a check in front of a cell has not passed."""
        checks = (cell.name for cell in self.cells[:number] if cell.role == "check")
        return any(self.verdicts[name].what != "passed" for name in checks if name in self.verdicts)

    def _start(self) -> Runner:
        assert self._place is not None  # noqa: S101 - pytest calls setup first
        kernel = CourseKernel(self._place, self.limit)
        trusted = CourseKernel(self._trusted, self.limit) if self._trusted else None
        return Runner(kernel, trusted, self.cells)

    def _start_prepared(self, steps: Sequence[Sequence[str]]) -> Runner | None:
        """Start processes in which the code of the course's steps has run."""
        self._close_prepared()
        strict = self._trusted is not None
        for place, first in ((self._place, WATCH), (self._trusted, FOLLOW)):
            if place is not None:
                prepared = place.after([[first], *steps] if strict else steps)
                if prepared is None:
                    return None
                self._prepared.append(prepared)
        kernels = [CourseKernel(place, self.limit) for place in self._prepared]
        return Runner(kernels[0], kernels[1] if strict else None, self.cells, ready=True)

    def _close_prepared(self) -> None:
        while self._prepared:
            self._prepared.pop().close()

    def _item(self, cell: Any, number: int) -> CourseCell:
        options: dict[str, bool] = defaultdict(bool, find_metadata_tags(cell.metadata))
        role = notes_of(cell)["role"]
        compared = self.compare_outputs and self.subject.kind != "lab"
        options["check"] = role == "check" or options.get("check", compared)
        if role in LEARNERS and self.subject.kind == "lab":
            options["check"] = False
            options["skip"] = False
            options["check_exception"] = options["check_exception"] or role == "extra"
        made: CourseCell = CourseCell.from_parent(
            self, name=cell.id, cell_num=number, cell=cell, options=options
        )
        return made
