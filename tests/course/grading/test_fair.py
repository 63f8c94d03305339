"""Every lab of the course: a wrong step costs its own points, and no other's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ecslab.course import catalogue, notebook
from ecslab.course.files import locate
from ecslab.course.grading import grade_files

LABS = [entry.name for entry in catalogue.load().ready]


@pytest.mark.parametrize("name", LABS)
def test_steps_that_nobody_has_solved_cost_their_own_points_only(
    name: str, tmp_path: Path, parent: Any
) -> None:
    """Every second step is left as it was handed out, the first one, too: nearly all build on it.

    A run of each step by itself would take ten times as long.
    """
    files = locate()
    solved = notebook.read(files.solution(name))
    left = notebook.steps(solved)[::2]
    untouched = {cell.id for step in left for cell in step.answers}
    answers = {cell.id: notebook.without_markers(cell.source) for cell in solved}
    lab = json.loads(files.lab(name).read_text(encoding="utf-8"))
    for cell in lab["cells"]:
        if "answer" in cell["metadata"].get("tags", []) and cell["id"] not in untouched:
            cell["source"] = answers[cell["id"]]
    path = tmp_path / f"{name}.ipynb"
    path.write_text(json.dumps(lab), encoding="utf-8")

    (report,) = grade_files([path], parent=parent)

    assert report.problem is None
    lost = {check.id: check.message for check in report.checks if not check.earned}
    assert set(lost) == {step.check_id for step in left}, lost
