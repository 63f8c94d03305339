"""What labs become for other graders; `python3 tests bench interchange` runs these graders."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ecslab.course import catalogue
from ecslab.course.files import locate
from ecslab.course.interchange.lab import read_cells
from ecslab.errors import CourseError

READY = catalogue.load().ready


@pytest.fixture
def exported(tmp_path: Path) -> Callable[[str, str], list[dict[str, Any]]]:
    """Export a lab through the command line and give its cells."""
    from ecslab.cli.app import run

    def export(name: str, to: str) -> list[dict[str, Any]]:
        assert run(["export", name, str(tmp_path), "--to", to]) == 0
        (path,) = tmp_path.rglob(f"{name}.ipynb")
        cells: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["cells"]
        return cells

    return export


@pytest.mark.parametrize("entry", READY, ids=lambda entry: entry.name)
def test_nbgrader_gets_every_answer_and_every_point(entry: Any, exported: Any) -> None:
    cells = exported(entry.name, "nbgrader")
    marks = [cell["metadata"]["nbgrader"] for cell in cells if cell["cell_type"] == "code"]
    assert sum(mark.get("points", 0) for mark in marks) == entry.points
    assert len({mark["grade_id"] for mark in marks}) == len(marks)
    for cell in cells:
        mark = cell["metadata"].get("nbgrader")
        if mark and mark["solution"]:
            assert cell["source"].startswith("### BEGIN SOLUTION\n")
            assert cell["source"].endswith("\n### END SOLUTION")
        elif mark and mark["grade"]:
            assert mark["locked"]
            assert '.passed, "read what the check says"' in cell["source"]


@pytest.mark.parametrize("entry", READY, ids=lambda entry: entry.name)
def test_otter_gets_questions_with_a_solution_and_a_test(entry: Any, exported: Any) -> None:
    cells = exported(entry.name, "otter")
    raw = [cell["source"].splitlines() for cell in cells if cell["cell_type"] == "raw"]
    begun = [lines for lines in raw if lines[0] == "# BEGIN QUESTION"]
    assert sum(int(lines[2].removeprefix("points: ")) for lines in begun) == entry.points
    for kind in ("QUESTION", "SOLUTION", "TESTS"):
        marks = [lines[0] for lines in raw if lines[0].endswith(kind)]
        assert marks == [f"# BEGIN {kind}", f"# END {kind}"] * len(begun)
    tests = [cell for cell in cells if cell.get("outputs")]
    assert len(tests) == len(begun)
    for test in tests:
        assert test["outputs"][0]["text"].startswith("✔ ")


def test_a_lab_that_is_not_there_is_said() -> None:
    with pytest.raises(CourseError, match="The course has no lab 99-nothing"):
        read_cells("99-nothing", locate())


def test_a_configuration_that_is_there_is_left_alone(exported: Any, tmp_path: Path) -> None:
    (tmp_path / "nbgrader_config.py").write_text("mine", encoding="utf-8")
    exported(READY[0].name, "nbgrader")
    assert (tmp_path / "nbgrader_config.py").read_text(encoding="utf-8") == "mine"
