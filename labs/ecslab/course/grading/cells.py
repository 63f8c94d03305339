"""nbval's collector and item, made safe for notebooks that learners wrote."""

from __future__ import annotations

import re
import shutil
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import nbformat
import pytest
from nbformat.v4.rwbase import rejoin_lines
from nbval.plugin import IPyNbCell, IPyNbFile, NbCellError, find_metadata_tags

from ecslab.course.grading.kernel import CourseKernel, KernelDied
from ecslab.course.grading.merge import notes_of
from ecslab.course.grading.subject import Subject
from ecslab.course.grading.text import clean
from ecslab.course.grading.verdict import LONGEST_TEXT, Role, Verdict, What
from ecslab.errors import CourseError

__all__ = ["CELL_LIMIT", "CourseCell", "CourseFile"]

CELL_LIMIT = 60.0
"""Wall-clock seconds that a cell may take when nobody asks for another limit."""

_NBVAL_LIMIT = 2000  # nbval's own default: nobody asked for it
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_LEARNERS = {"answer", "extra"}


class CourseFile(IPyNbFile):  # type: ignore[misc]  # nbval is published without types
    """A notebook of the course: one item for each code cell of what is really to be run.

    Args:
        subject: the notebook to run, and what it is.
    """

    def __init__(self, *, subject: Subject, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.kernel: CourseKernel | None = None
        self.subject = subject
        self.cells: list[CourseCell] = []
        self.verdicts: dict[str, Verdict] = {}
        self.culprits: set[int] = set()
        self._done: list[int] = []
        self._folder: Path | None = None
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
        """Make the folder that the notebook runs in; the first cell starts the process."""
        self._folder = Path(tempfile.mkdtemp(prefix="ecslab-"))
        self.setup_sanitize_files()

    def teardown(self) -> None:
        """End the process and delete its folder."""
        if self.kernel is not None:
            self.kernel.stop()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

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

    def blame(self, number: int) -> CourseCell | None:
        """Find the learner's cell that a crash in somebody else's cell comes from.

        Args:
            number: the place of the cell that was running.

        Returns:
            The last one in front of it that is not yet known as a culprit; it is, from now on.
        """
        for place in range(number - 1, -1, -1):
            if place not in self.culprits and self.cells[place].role in _LEARNERS:
                self.culprits.add(place)
                return self.cells[place]
        return None

    def note(self, verdict: Verdict) -> None:
        """Keep a verdict, also in the file that the grader reads.

        Args:
            verdict: about one cell; a later one about the same cell replaces it.
        """
        self.verdicts[verdict.cell] = verdict
        records = self.config.getoption("ecslab_records")
        if records:
            with Path(records).open("a", encoding="utf-8") as file:
                file.write(verdict.to_json() + "\n")

    def _living(self) -> CourseKernel:
        if self.kernel is not None and not self.kernel.is_alive():
            self.kernel.stop()
            self.kernel = None
        if self.kernel is None:
            assert self._folder is not None  # noqa: S101 - pytest calls setup first
            self.kernel = CourseKernel(self._folder, self.limit)
            self._done = []
        return self.kernel

    def _caught_up(self, kernel: CourseKernel, number: int) -> bool:
        """Run what is missing in front of a cell; false when that ended the process."""
        for cell in self.cells[:number]:
            missing = cell.number not in self._done and cell.number not in self.culprits
            if missing and not cell.options["skip"]:
                self._done.append(cell.number)
                if not kernel.run(cell.cell.source):
                    self.culprits.add(cell.number)
                    return False
        return True

    def _item(self, cell: Any, number: int) -> CourseCell:
        options: dict[str, bool] = defaultdict(bool, find_metadata_tags(cell.metadata))
        role = notes_of(cell)["role"]
        compared = self.compare_outputs and self.subject.kind != "lab"
        options["check"] = role == "check" or options.get("check", compared)
        if role in _LEARNERS and self.subject.kind == "lab":
            options["check"] = False
            options["skip"] = False
            options["check_exception"] = options["check_exception"] or role == "extra"
        made: CourseCell = CourseCell.from_parent(
            self, name=cell.id, cell_num=number, cell=cell, options=options
        )
        return made


class CourseCell(IPyNbCell):  # type: ignore[misc]  # nbval is published without types
    """One code cell, run and compared by nbval, with its traps closed.

    A cell that hangs or ends the process fails alone. An error that only the reply tells of counts,
    and so does one that the cell's own code swallowed together with the interruption.
    """

    @property
    def number(self) -> int:
        """The place among the code cells, from 0."""
        return cast("int", self.cell_num)

    @property
    def role(self) -> Role:
        """What the cell is for."""
        return cast("Role", notes_of(self.cell)["role"])

    @property
    def file(self) -> CourseFile:
        """The notebook."""
        return cast("CourseFile", self.parent)

    def setup(self) -> None:
        """Do nothing: nbval would expect every cell behind a hanging one to fail."""

    def runtest(self) -> None:
        """Run the cell, and note what happened."""
        started = time.monotonic()
        what: What = "failed"
        error = ""
        try:
            self._run()
            what = "passed"
        except pytest.skip.Exception:
            what = "skipped"
            raise
        except KernelDied:
            what = "died"
            error = "the cell ended its Python process, by itself or by taking too much memory"
            self.file.culprits.add(self.number)
            self.raise_cell_error("The cell ended Python, or used more memory than it may.")
        except NbCellError as failure:
            what, error = self._explain(str(failure))
            raise
        except CourseError as failure:
            error = str(failure)
            raise
        finally:
            self._note(what, error, time.monotonic() - started)

    def compare_outputs(self, test: Any, ref: Any, skip_compare: Any = None) -> bool:
        """Compare as nbval does; what a check's surroundings log or warn is not its answer.

        Args:
            test: the outputs of this run.
            ref: the stored outputs.
            skip_compare: keys that are left out.
        """
        if self.role == "check" and not any(output.get("name") == "stderr" for output in ref):
            test = [output for output in test if output.get("name") != "stderr"]
        return bool(super().compare_outputs(test, ref, skip_compare))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException]) -> str:
        """Show a failed check in its own words, anything else as nbval does.

        Args:
            excinfo: what was raised.
        """
        verdict = self.file.verdicts.get(self.name)
        if verdict and self.role == "check" and self.file.subject.kind == "lab":
            return clean(verdict.text) or verdict.error
        return str(super().repr_failure(excinfo))

    def reportinfo(self) -> tuple[Path, int, str]:
        """Name the cell as reports show it."""
        return self.path, 0, self.name

    def _run(self) -> None:
        try:
            self._once()
        except KernelDied:
            culprit = None if self.role in _LEARNERS else self.file.blame(self.number)
            if culprit is None:
                raise
            culprit.blamed()
            self._once()

    def _once(self) -> None:
        kernel = self.file.prepare(self.number)
        try:
            super().runtest()
        finally:
            if kernel.timed_out or not kernel.is_alive():
                self.file.culprits.add(self.number)
        if kernel.timed_out:
            self.raise_cell_error("The cell did not end in time.")
        if kernel.flooded:
            self.raise_cell_error("The cell printed more than anybody can read.")
        if kernel.reply.get("status") == "error" and not self.options["check_exception"]:
            self.raise_cell_error("Cell execution caused an exception")

    def blamed(self) -> None:
        """Change the verdict: this cell's code ended the process later."""
        before = self.file.verdicts.get(self.name)
        if before is not None:
            self.file.note(
                replace(
                    before,
                    what="died",
                    error="code of this cell ended the Python process when the check ran it",
                )
            )

    def _explain(self, message: str) -> tuple[What, str]:
        kernel = self.file.kernel
        if kernel is None:
            return "failed", message
        if kernel.timed_out:
            return "timeout", f"took longer than {self.file.limit:g} seconds"
        errors = [out for out in self.test_outputs or () if out.output_type == "error"]
        if errors:
            return "failed", _one_line(f"{errors[-1].ename}: {errors[-1].evalue}")
        if kernel.reply.get("status") == "error":
            return "failed", _one_line(f"{kernel.reply['ename']}: {kernel.reply['evalue']}")
        return "failed", "" if self.role == "check" and not kernel.flooded else _one_line(message)

    def _note(self, what: What, error: str, seconds: float) -> None:
        noted = notes_of(self.cell)
        text = "".join(out.text for out in self.test_outputs or () if out.get("name") == "stdout")
        self.file.note(
            Verdict(
                cell=self.name,
                role=noted["role"],
                check=noted["check"],
                changed=noted.get("changed", False),
                what=what,
                error=error,
                text=text[:LONGEST_TEXT],
                seconds=round(seconds, 3),
            )
        )


def _one_line(text: str) -> str:
    lines = _COLOUR.sub("", text).strip().splitlines()
    return lines[0][:LONGEST_TEXT].rstrip(": ") if lines else ""
