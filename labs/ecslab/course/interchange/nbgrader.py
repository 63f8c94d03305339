"""A lab as the source of an assignment of nbgrader's.

nbgrader judges by exceptions, so that each check cell also says whether its check passed
(nbgrader, "Developing assignments with the assignment toolbar"; its metadata schema 3).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ecslab.course import storage
from ecslab.course.interchange.lab import LabCell

__all__ = ["write_nbgrader"]

_CONFIGURATION = """\
c = get_config()
c.CourseDirectory.course_id = "ecs"
c.ClearSolutions.code_stub = {"python": "# your code here"}
"""


def write_nbgrader(name: str, cells: list[LabCell], folder: Path) -> Path:
    """Write the source of an assignment into a course folder of nbgrader's.

    Args:
        name: of the module; the assignment gets it too.
        cells: of the lab.
        folder: of the course; made when it is missing. Its configuration is left alone if it has
            one.

    Returns:
        The notebook, for `nbgrader generate_assignment`.
    """
    place = folder / "source" / name
    storage.make_folder(place)
    configuration = folder / "nbgrader_config.py"
    if not configuration.exists():
        storage.write(configuration, _CONFIGURATION)
    notebook = {
        "cells": [_cell(cell) for cell in cells],
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    path = place / f"{name}.ipynb"
    storage.write(path, json.dumps(notebook, indent=1, ensure_ascii=False) + "\n")
    return path


def _cell(cell: LabCell) -> dict[str, Any]:
    source, points = cell.source, None
    if cell.kind == "text":
        return {"cell_type": "markdown", "id": cell.id, "metadata": {}, "source": source}
    if cell.kind == "answer":
        source = f"### BEGIN SOLUTION\n{source}\n### END SOLUTION"
    elif cell.kind == "check":
        source = f'{source}\nassert lab.results["{cell.check}"].passed, "read what the check says"'
        points = cell.points
    ours: dict[str, Any] = {
        "schema_version": 3,
        "grade_id": cell.id,
        "grade": cell.kind == "check",
        "solution": cell.kind == "answer",
        "locked": cell.kind != "answer",
        "task": False,
    }
    if points is not None:
        ours["points"] = points
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": cell.id,
        "metadata": {"nbgrader": ours},
        "outputs": [],
        "source": source,
    }
