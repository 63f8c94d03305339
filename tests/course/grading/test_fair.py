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


@pytest.fixture
def lost(tmp_path: Path, parent: Any) -> Any:
    """Grade a lab's solution with other sources in some cells; gives what failed checks say."""

    def grade(name: str, sources: dict[str, str]) -> dict[str, str]:
        files = locate()
        solved = notebook.read(files.solution(name))
        sources = {cell.id: notebook.without_markers(cell.source) for cell in solved} | sources
        lab = json.loads(files.lab(name).read_text(encoding="utf-8"))
        for cell in lab["cells"]:
            if "answer" in cell["metadata"].get("tags", []):
                cell["source"] = sources[cell["id"]]
        path = tmp_path / f"{name}.ipynb"
        path.write_text(json.dumps(lab), encoding="utf-8")
        (report,) = grade_files([path], parent=parent)
        assert report.problem is None
        return {check.id: check.message for check in report.checks if not check.earned}

    return grade


@pytest.mark.parametrize("name", LABS)
def test_steps_that_nobody_has_solved_cost_their_own_points_only(name: str, lost: Any) -> None:
    """Every second step is left as it was handed out, the first one, too: nearly all build on it.

    A run of each step by itself would take ten times as long.
    """
    left = notebook.steps(notebook.read(locate().solution(name)))[::2]
    stubs = {cell.id: cell.source for cell in notebook.read(locate().lab(name))}
    untouched = {cell.id: stubs[cell.id] for step in left for cell in step.answers}

    found = lost(name, untouched)

    assert set(found) == {step.check_id for step in left}, found


@pytest.mark.parametrize("name", LABS)
def test_a_step_that_empties_the_account_costs_its_own_points_only(name: str, lost: Any) -> None:
    steps = notebook.steps(notebook.read(locate().solution(name)))
    step = steps[len(steps) // 2]
    emptied = dict.fromkeys((cell.id for cell in step.answers), "lab.cloud.reset()")

    found = lost(name, emptied)

    assert set(found) == {step.check_id}, found
