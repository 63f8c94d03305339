"""nbval's item for one code cell, made safe for cells that learners wrote."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest
from nbval.plugin import IPyNbCell, NbCellError

from ecslab.course.grading.kernel import CourseKernel, KernelDied
from ecslab.course.grading.merge import notes_of
from ecslab.course.grading.second_look import NOTE, Look
from ecslab.course.grading.text import clean
from ecslab.course.grading.verdict import LEARNERS, LONGEST_ERROR, LONGEST_TEXT, Role, Verdict, What
from ecslab.errors import CourseError

if TYPE_CHECKING:
    from ecslab.course.grading.collector import CourseFile

__all__ = ["CourseCell"]

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class CourseCell(IPyNbCell):  # type: ignore[misc]  # nbval is published without types
    """One code cell, run and compared by nbval, with its traps closed.

    A cell that hangs or ends the process fails alone. An error that only the reply tells of counts,
    and so does one that the cell's own code swallowed together with the interruption.
    """

    test_outputs: Any  # nbval sets it when the cell has run

    @property
    def number(self) -> int:
        """The place among the code cells, from 0."""
        return cast("int", self.cell_num)

    @property
    def role(self) -> Role:
        """What the cell is for."""
        return cast("Role", notes_of(self.cell)["role"])

    @property
    def source(self) -> str:
        """The code."""
        return str(self.cell.source)

    @property
    def reference(self) -> str:
        """The solution's code of an answer, or the code of a cell that is given."""
        return str(notes_of(self.cell).get("reference", self.source))

    @property
    def stub(self) -> str:
        """An answer as the lab begins it."""
        return str(notes_of(self.cell).get("stub", ""))

    @property
    def changed(self) -> bool:
        """Whether the learner wrote something into it."""
        return bool(notes_of(self.cell).get("changed", False))

    @property
    def left_out(self) -> bool:
        """Whether the cell is never run."""
        return bool(self.options["skip"])

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
        error = note = ""
        try:
            self._run()
            what = "passed"
        except pytest.skip.Exception:
            what = "skipped"
            raise
        except KernelDied:
            what = "died"
            error = "the cell ended its Python process, by itself or by taking too much memory"
            self.file.chain.culprits.add(self.number)
            self.raise_cell_error("The cell ended Python, or used more memory than it may.")
        except NbCellError as failure:
            what, error = self._explain(str(failure))
            if not self._passes_at_second_look():
                raise
            what, error, note = "passed", "", NOTE
        except CourseError as failure:
            error = str(failure)
            raise
        except Exception as failure:
            error = _one_line(f"this cell could not be judged: {type(failure).__name__}: {failure}")
            raise
        finally:
            self._note(what, error, note, time.monotonic() - started)

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
            culprit = None if self.role in LEARNERS else self.file.chain.blame(self.number)
            if culprit is None:
                raise
            self.file.cells[culprit].blamed()
            self._once()

    def _once(self) -> None:
        runner = self.file.chain.prepare(self.number)
        kernel = runner.before(self)
        try:
            self._judge(kernel)
        finally:
            if kernel.timed_out or not kernel.is_alive():
                self.file.chain.culprits.add(self.number)
            runner.after(self)

    def _judge(self, kernel: CourseKernel) -> None:
        """Have nbval run and compare the cell in a process."""
        self.file.kernel = kernel
        super().runtest()
        if kernel.timed_out:
            self.raise_cell_error("The cell did not end in time.")
        if kernel.flooded:
            self.raise_cell_error("The cell printed more than anybody can read.")
        if kernel.reply.get("status") == "error" and not self.options["check_exception"]:
            self.raise_cell_error("Cell execution caused an exception")

    def _passes_at_second_look(self) -> bool:
        """Judge a check again that failed behind another: maybe only because of that one."""
        file = self.file
        if self.role != "check" or file.subject.kind != "lab":
            return False
        if not file.missed_before(self.number):
            return False
        before = {verdict.cell: verdict.error for verdict in file.verdicts.values()}
        if self._passes_at(file.alone):
            return True
        errors = [(file.cells[at].name, error) for at, error in file.alone.errors.items()]
        misses = any(error and _one_line(error) != before.get(cell) for cell, error in errors)
        return (misses or file.behind.may_differ(self.number)) and self._passes_at(file.behind)

    def _passes_at(self, look: Look) -> bool:
        """Judge the check with each meaning that a look knows of."""
        first = self.test_outputs
        return any(self._passes_when(look, names, first) for names in look.meanings(self.number))

    def _passes_when(self, look: Look, names: set[str], first: Any) -> bool:
        """Judge the check once more, with these names as the learner has bound them."""
        try:
            runner = look.prepare(self.number, self.file.chain.culprits, names)
            if runner is None:
                return False
            self._judge(runner.before(self))
        except (NbCellError, KernelDied, CourseError):
            if not any(str(out.get("text", "")).startswith("✘") for out in self.test_outputs or ()):
                self.test_outputs = first
                return False
            self._note_errors(look)
            return False
        self._note_errors(look)
        return True

    def _note_errors(self, look: Look) -> None:
        """Let only those errors of the learner's cells stand that a further look shows too."""
        for number, error in look.errors.items():
            before = self.file.verdicts.get(self.file.cells[number].name)  # none if not selected
            if before is not None and before.what in {"failed", "timeout", "died"}:
                what: What = "failed" if error else "passed"
                self.file.note(replace(before, what=what, error=_one_line(error)))

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
            return "timeout", kernel.error
        errors = [out for out in self.test_outputs or () if out.output_type == "error"]
        if errors:
            return "failed", _one_line(f"{errors[-1].ename}: {errors[-1].evalue}")
        if kernel.error:
            return "failed", _one_line(kernel.error)
        return "failed", "" if self.role == "check" and not kernel.flooded else _one_line(message)

    def _note(self, what: What, error: str, note: str, seconds: float) -> None:
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
                note=note or noted.get("note", ""),
            )
        )


def _one_line(text: str) -> str:
    """Give an error on one line, and no more of it than anybody reads."""
    line = " ".join(_COLOUR.sub("", text).split()).rstrip(": ")
    return line if len(line) <= LONGEST_ERROR else f"{line[: LONGEST_ERROR - 1]}…"
