"""A lab as every grader sees it: what is given, what is asked, and how it is judged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ecslab.course.files import CourseFiles
from ecslab.course.grading.notebook import Cell, check_of, read_notebook, source_of, tags_of
from ecslab.course.grading.report import steps_of
from ecslab.errors import CourseError

__all__ = ["LabCell", "read_cells"]

Kind = Literal["text", "given", "answer", "check"]


@dataclass(frozen=True)
class LabCell:
    """One cell of a lab.

    Attributes:
        id: unique in the lab.
        kind: ``text``, ``given`` code, an ``answer`` of the learner, or a ``check``.
        source: the text; of an answer, its solution.
        check: the id of the check that a check cell runs, else nothing.
        points: of that check.
        said: what the check prints when it passes.
    """

    id: str
    kind: Kind
    source: str
    check: str = ""
    points: int = 0
    said: str = ""


def read_cells(name: str, files: CourseFiles) -> list[LabCell]:
    """Read a lab with its solution.

    Args:
        name: of the module, such as ``02-clusters``.
        files: the course.

    Raises:
        CourseError: the course has no such lab, or its solution does not pass.
    """
    path = files.solution(name)
    if not path.is_file():
        raise CourseError(f"The course has no lab {name}; `list` says which there are.")
    notebook = read_notebook(path)
    points = {step.id: step.points for step in steps_of(notebook, {})}
    return [_cell(cell, points) for cell in notebook["cells"] if "solution" not in tags_of(cell)]


def _cell(cell: Cell, points: dict[str, int]) -> LabCell:
    source = source_of(cell)
    if cell["cell_type"] != "code":
        return LabCell(cell["id"], "text", source)
    check = check_of(cell)
    if check is not None:
        said = "".join("".join(output.get("text", "")) for output in cell["outputs"])
        return LabCell(cell["id"], "check", source, check, points[check], said)
    return LabCell(cell["id"], "answer" if "answer" in tags_of(cell) else "given", source)
