"""The grading commands: `check` for one's own lab, `grade` for files and whole classes."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Self

import typer

from ecslab.cli.output import AsJson, console, errors, print_json, program
from ecslab.cli.place import course_root, progress_file, workspace

if TYPE_CHECKING:
    from ecslab.course.classroom.submissions import Submission
    from ecslab.course.grading import Report

__all__ = ["check", "grade"]

Timeout = Annotated[float, typer.Option(min=1, help="Seconds that one cell may take.")]

CELL_SECONDS = 60.0

#: A notebook takes about one core and half a GB of memory while it runs.
MOST_JOBS = 4


def check(
    module: Annotated[
        str | None, typer.Argument(help="A module (02, clusters); the next one when left out.")
    ] = None,
    *,
    timeout: Timeout = CELL_SECONDS,
    as_json: AsJson = False,
) -> None:
    """Run your lab from top to bottom and judge it; the exit status is 0 when all checks pass."""
    from ecslab.cli.standing import next_notebook
    from ecslab.course.catalogue import load
    from ecslab.course.grading import grade_files, in_words, to_json

    catalogue, own = load(), workspace()
    own.prepare()
    if module is None:
        found = next_notebook(catalogue)
        entry = found[0] if found else catalogue.ready[-1]
    else:
        entry = catalogue.find_ready(module)
    path = own.notebook(entry.name, "lab")
    with errors.status(f"Running your lab {entry.heading} …"):
        (report,) = grade_files([path], timeout=timeout, course=own.files)
    _record(report)
    if as_json:
        print_json(json.loads(to_json([report]))[0])
    else:
        console.print(in_words(report), markup=False, soft_wrap=True)
    if report.passed and not as_json:
        console.print(f"Go on with: {program()}", markup=False)
    if not report.passed:
        raise typer.Exit(1)


def _record(report: Report) -> None:
    """Keep the checks that pass now; what was reached before stays."""
    from ecslab.course.record import Record

    record = Record(report.module, progress_file())
    for each in report.checks:
        if each.outcome == "passed":
            record.tried(each.id, passed=True)


def grade(
    files: Annotated[
        list[Path], typer.Argument(help="Notebooks, or folders and zip files of them: a class.")
    ],
    *,
    timeout: Timeout = CELL_SECONDS,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="How many at the same time; left out: one a core.")
    ] = None,
    require_sandbox: Annotated[
        bool,
        typer.Option(
            help="Refuse to run notebooks where they could reach the network or other files."
        ),
    ] = False,
    results: Annotated[
        Path | None,
        typer.Option(help="The folder for a class's results; left out: beside what was handed in."),
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Grade also what has been graded before.")
    ] = False,
    scheduler: Annotated[
        str | None, typer.Option(help="A Dask cluster to grade on, such as tcp://HOST:8786.")
    ] = None,
    strict: Annotated[
        bool,
        typer.Option(
            help="Run the checks in another process, out of reach of the notebook's code."
        ),
    ] = False,
    as_json: AsJson = False,
    junit: Annotated[Path | None, typer.Option(help="Also write a JUnit file.")] = None,
    csv: Annotated[Path | None, typer.Option(help="Also write a table for a spreadsheet.")] = None,
) -> None:
    """Grade notebooks; the exit status is 0 when every one could be graded, whatever it earned.

    A class (a folder or a zip file) leaves its results in a folder: a page for the teacher, one
    for each learner, tables. Stopped at any moment, it goes on where it was.
    """
    from ecslab.course import storage
    from ecslab.course.classroom.submissions import look_through
    from ecslab.course.grading import protected, to_csv, to_json, to_junit, to_table

    found = look_through(files)
    folder = results or _results_folder(files)
    reports = _grade_all(
        found.submissions,
        folder,
        again=again,
        scheduler=scheduler,
        jobs=jobs or min(os.cpu_count() or 1, MOST_JOBS),
        timeout=timeout,
        require_sandbox=require_sandbox,
        strict=strict,
    )
    if junit:
        storage.write(junit, to_junit(reports))
    if csv:
        storage.write(csv, to_csv(reports))
    if as_json:
        print_json(json.loads(to_json(reports)))
    else:
        console.print(to_table(reports))
        console.print(protected(reports), markup=False, soft_wrap=True)
    if folder is not None:
        from ecslab.course.classroom.results import write_results

        with errors.status("Writing the results …"):
            index = write_results(folder, reports, found.left_out)
        errors.print(f"The teacher's page: {index}", markup=False, soft_wrap=True)
    if found.left_out:
        _tell_left_out(found.left_out)
    if any(report.problem for report in reports):
        raise typer.Exit(1)


def _tell_left_out(names: Sequence[str]) -> None:
    from ecslab.course.grading.text import first_of

    what = "1 file that is" if len(names) == 1 else f"{len(names)} files that are"
    line = f"Left out {what} nobody's lab: {first_of(names)}."
    errors.print(line, markup=False, soft_wrap=True)


def _results_folder(files: Sequence[Path]) -> Path | None:
    """Give the folder for the results of a class, or None for single notebooks."""
    for path in files:
        if path.is_dir() or path.suffix.lower() == ".zip":
            whole = path.resolve()
            return whole.with_name(f"{whole.stem if path.is_file() else whole.name}-graded")
    return None


def _grade_all(
    handed_in: Sequence[Submission],
    folder: Path | None,
    *,
    again: bool,
    scheduler: str | None,
    jobs: int,
    **grader: Any,
) -> list[Report]:
    """Grade, with a bar on the screen or a line for each notebook where there is none."""
    from contextlib import ExitStack
    from tempfile import TemporaryDirectory

    from ecslab.course import storage
    from ecslab.course.classroom.ledger import LEDGER, Ledger
    from ecslab.course.classroom.results import rules_of
    from ecslab.course.classroom.run import grade_class, on_this_machine
    from ecslab.course.files import CourseFiles
    from ecslab.course.grading import Grader

    course = CourseFiles(course_root())
    with TemporaryDirectory(prefix="ecslab-") as scratch:
        place = folder or Path(scratch)
        storage.make_folder(place)
        with (
            Ledger(place / LEDGER) as ledger,
            _Telling(len(handed_in)) as telling,
            ExitStack() as running,
        ):
            if again:
                ledger.forget()
            if scheduler:
                from ecslab.course.classroom.dask import on_cluster

                judge = on_cluster(scheduler, **grader)
            else:
                own = running.enter_context(Grader(course=course, **grader))
                judge = on_this_machine(own, jobs)
            # Of single notebooks nothing is kept that other rules could make stale.
            rules = rules_of(course, **grader) if folder else ""
            return grade_class(handed_in, ledger, judge, rules=rules, on_report=telling.report)


class _Telling:
    """Shows how far the grading is: a bar in a terminal, else a line for each notebook."""

    def __init__(self, count: int) -> None:
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
        )

        self._count = count
        self._done = 0
        self._bar = Progress(
            TextColumn("Grading"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=errors,
            transient=True,
            disable=not errors.is_terminal,
        )
        self._task = self._bar.add_task("", total=count)

    def report(self, report: Report) -> None:
        """Count a report."""
        from ecslab.course.grading.text import clean

        self._done += 1
        self._bar.advance(self._task)
        if not errors.is_terminal:
            points = report.problem or f"{report.score} of {report.possible} points"
            line = f"{self._done} of {self._count}: {report.file}: {points}"
            errors.print(clean(line), markup=False, soft_wrap=True)

    def __enter__(self) -> Self:
        """Show the bar."""
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Take the bar away."""
        self._bar.stop()
