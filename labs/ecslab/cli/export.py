"""`export`: a lab for another grader."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ecslab.cli.output import console
from ecslab.cli.place import course_root

__all__ = ["Grader", "export"]


class Grader(StrEnum):
    """The graders that a lab can be exported to."""

    nbgrader = "nbgrader"
    otter = "otter"


def export(
    module: Annotated[str, typer.Argument(help="A module (02, clusters).")],
    folder: Annotated[Path, typer.Argument(help="Where to write it.")],
    *,
    to: Annotated[Grader, typer.Option(help="Whose form it gets.")],
) -> None:
    """Write a lab as an assignment of nbgrader or of Otter-Grader; both then need ecslab.

    They judge each step on what the steps before it left, so that there a step that is left out
    may cost points of later ones too; `grade` takes its own points only.
    """
    from ecslab.course.catalogue import load
    from ecslab.course.files import CourseFiles
    from ecslab.course.interchange.lab import read_cells
    from ecslab.course.interchange.nbgrader import write_nbgrader
    from ecslab.course.interchange.otter import write_otter

    name = load().find_ready(module).name
    cells = read_cells(name, CourseFiles(course_root()))
    if to is Grader.nbgrader:
        path = write_nbgrader(name, cells, folder)
        then = f"nbgrader generate_assignment {name}"
    else:
        path = write_otter(name, cells, folder)
        then = f"otter assign {path.name} dist"
    console.print(f"Written to {path}.", markup=False, soft_wrap=True)
    console.print(f"Go on there with: {then}", markup=False, soft_wrap=True)
