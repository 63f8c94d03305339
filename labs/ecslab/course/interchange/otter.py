"""A lab as a source notebook of Otter-Grader's `otter assign`.

A check prints the same line whenever it passes, so that it is a test of Otter's by its output
(Otter-Grader, "Notebook format": raw cells begin and end questions, solutions and tests).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ecslab.course import storage
from ecslab.course.interchange.lab import LabCell

__all__ = ["write_otter"]

_ASSIGNMENT = """\
# ASSIGNMENT CONFIG
name: {name}
init_cell: true
check_all_cell: false
export_cell: false
tests:
  ok_format: true"""


def write_otter(name: str, cells: list[LabCell], folder: Path) -> Path:
    """Write a source notebook for `otter assign`.

    Args:
        name: of the module.
        cells: of the lab.
        folder: made when it is missing.

    Returns:
        The notebook.
    """
    storage.make_folder(folder)
    notebook = {
        "cells": list(_numbered(_cells(name, cells))),
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    path = folder / f"{name}.ipynb"
    storage.write(path, json.dumps(notebook, indent=1, ensure_ascii=False) + "\n")
    return path


def _cells(name: str, cells: list[LabCell]) -> Iterator[dict[str, Any]]:
    yield _raw(_ASSIGNMENT.format(name=name))
    begun = False
    for number, cell in enumerate(cells):
        if cell.kind == "answer" and not begun:
            check = next(each for each in cells[number:] if each.kind == "check")
            yield _raw(f"# BEGIN QUESTION\nname: {check.check}\npoints: {check.points}")
            yield _raw("# BEGIN SOLUTION")
            begun = True
        if cell.kind == "text":
            text = {"cell_type": "markdown", "metadata": {}, "source": cell.source}
            yield {"id": cell.id, **text}
        elif cell.kind == "answer":
            yield {"id": cell.id, **_code(f"# BEGIN SOLUTION\n{cell.source}\n# END SOLUTION")}
        elif cell.kind == "given":
            yield {"id": cell.id, **_code(cell.source)}
        else:
            yield _raw("# END SOLUTION")
            yield _raw("# BEGIN TESTS")
            yield _code(cell.source, cell.said)
            yield _raw("# END TESTS")
            yield _raw("# END QUESTION")
            begun = False


def _numbered(cells: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for number, cell in enumerate(cells):
        yield {"id": f"otter-{number}", **cell}


def _raw(source: str) -> dict[str, Any]:
    return {"cell_type": "raw", "metadata": {}, "source": source}


def _code(source: str, said: str = "") -> dict[str, Any]:
    output = {"output_type": "stream", "name": "stdout", "text": said}
    return {
        "cell_type": "code",
        "execution_count": None,
        "metadata": {},
        "outputs": [output] if said else [],
        "source": source,
    }
