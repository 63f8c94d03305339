"""A notebook as the course sees it: cells with an id, tags and source, and the steps of a lab."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ecslab.course import storage
from ecslab.errors import CourseError

__all__ = ["Cell", "Step", "cells", "parse", "read", "steps", "without_markers"]

_CHECK = "check-"
_MARKERS = ("### BEGIN SOLUTION", "### END SOLUTION")


@dataclass(frozen=True)
class Cell:
    """One cell.

    Attributes:
        id: as nbformat 4.5 keeps it.
        kind: ``code``, ``markdown`` or ``raw``.
        source: its text.
        tags: its tags, in their order.
    """

    id: str
    kind: str
    source: str
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Step:
    """One check of a lab with the cells that answer it.

    Attributes:
        check_id: the id of the check.
        answers: the ``answer`` cells since the check before.
        check: the check cell.
    """

    check_id: str
    answers: tuple[Cell, ...]
    check: Cell


def parse(text: str, name: str) -> dict[str, Any]:
    """Read the JSON of a notebook.

    Args:
        text: the file's content.
        name: of the notebook, for the error message.
    """
    try:
        data = json.loads(text)
    except ValueError:
        raise CourseError(f"{name} is not a notebook: it is not valid JSON.") from None
    if not isinstance(data, dict) or not isinstance(data.get("cells"), list):
        raise CourseError(f"{name} is not a notebook: it has no cells.")
    return data


def cells(data: dict[str, Any]) -> list[Cell]:
    """List the cells of a notebook.

    Args:
        data: the notebook, as `parse` gives it.
    """
    return [
        Cell(
            id=str(cell.get("id", "")),
            kind=str(cell.get("cell_type", "")),
            source="".join(cell.get("source", "")),
            tags=tuple(cell.get("metadata", {}).get("tags", ())),
        )
        for cell in data["cells"]
    ]


def read(path: Path) -> list[Cell]:
    """List the cells of a notebook file.

    Args:
        path: the ``.ipynb`` file.
    """
    return cells(parse(storage.read(path), path.name))


def steps(of: list[Cell]) -> list[Step]:
    """List the checks of a lab in order, each with its answer cells.

    Args:
        of: the cells of a lab or a solution.
    """
    found: list[Step] = []
    answers: list[Cell] = []
    for cell in of:
        if cell.kind != "code":
            continue
        if "answer" in cell.tags:
            answers.append(cell)
        if "check" in cell.tags:
            found.append(Step(cell.id.removeprefix(_CHECK), tuple(answers), cell))
            answers = []
    return found


def without_markers(source: str) -> str:
    """Give the code of a solved cell without the lines that mark the solution.

    Args:
        source: the cell's text.
    """
    lines = [line for line in source.splitlines() if line.strip() not in _MARKERS]
    return "\n".join(lines).strip("\n")
