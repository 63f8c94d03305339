"""The grading commands: `check` for one's own lab, `grade` for files and whole classes."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import Progress

from ecslab.cli.output import AsJson, console, errors, print_json, program
from ecslab.cli.place import course_root, progress_file, workspace
from ecslab.errors import CourseError

if TYPE_CHECKING:
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
        list[Path], typer.Argument(help="Notebooks, or folders of them: a whole class.")
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
    as_json: AsJson = False,
    junit: Annotated[Path | None, typer.Option(help="Also write a JUnit file.")] = None,
    csv: Annotated[Path | None, typer.Option(help="Also write a table for a spreadsheet.")] = None,
) -> None:
    """Grade notebooks; the exit status is 0 when every one could be graded, whatever it earned."""
    from ecslab.course import storage
    from ecslab.course.files import CourseFiles
    from ecslab.course.grading import (
        grade_files,
        protected,
        to_csv,
        to_json,
        to_junit,
        to_table,
    )

    paths = _notebooks(files)
    with Progress(console=errors, transient=True) as progress:
        task = progress.add_task("Grading", total=len(paths))
        reports = grade_files(
            paths,
            timeout=timeout,
            jobs=jobs or min(os.cpu_count() or 1, MOST_JOBS),
            require_sandbox=require_sandbox,
            course=CourseFiles(course_root()),
            on_report=lambda _: progress.advance(task),
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
    if any(report.problem for report in reports):
        raise typer.Exit(1)


def _notebooks(paths: list[Path]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(path.rglob("*.ipynb"))
            found += [each for each in inside if ".ipynb_checkpoints" not in each.parts]
        elif path.exists():
            found.append(path)
        else:
            raise CourseError(f"There is no file {path}; name a notebook, or a folder of them.")
    if not found:
        raise CourseError(f"There is no notebook in {', '.join(map(str, paths))}.")
    return found
