from __future__ import annotations

import shutil
import xml.etree.ElementTree as ET
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ecslab.course import catalogue
from ecslab.course.grading import CheckResult, Report
from ecslab.course.progress import Store

if TYPE_CHECKING:
    from tests.cli.conftest import Answer

Command = Callable[..., "Answer"]

FIRST = catalogue.load().ready[0]


def report_on(path: Path, outcome: Any) -> Report:
    """A report with one check that ended so."""
    earned = 2 if outcome == "passed" else 0
    check = CheckResult("one", "The step", 2, earned, outcome, f"{outcome}, it says", 0.1)
    return Report(path, FIRST.name, (check,))


@pytest.fixture
def grader(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Replace the grader by one that judges by the file's name; gives what it was asked."""
    asked: list[Path] = []

    def grade_files(paths: Sequence[Path], **_: object) -> list[Report]:
        asked.extend(paths)
        outcomes = {"good": "passed", "bad": "not yet"}
        return [
            report_on(path, outcomes.get(path.stem, "not attempted"))
            if path.stem != "odd"
            else Report(path, problem="This is no notebook.")
            for path in paths
        ]

    def grade(_: object, path: Path) -> Report:
        return grade_files([path])[0]

    monkeypatch.setattr("ecslab.course.grading.grade_files", grade_files)
    monkeypatch.setattr("ecslab.course.grading.grader.Grader.start", lambda grader: grader)
    monkeypatch.setattr("ecslab.course.grading.grader.Grader.grade", grade)
    return asked


@pytest.fixture
def handed_in(tmp_path: Path) -> Path:
    """A folder of notebooks that a class handed in."""
    folder = tmp_path / "class"
    (folder / "ana" / ".ipynb_checkpoints").mkdir(parents=True)
    for name in ("ana/good.ipynb", "bad.ipynb", "ana/.ipynb_checkpoints/good-checkpoint.ipynb"):
        (folder / name).touch()
    return folder


def test_a_folder_is_graded_with_all_its_notebooks(
    command: Command, grader: list[Path], handed_in: Path
) -> None:
    answer = command("grade", str(handed_in), "--json")
    assert answer.status == 0, answer.err
    assert {Path(row["file"]).name: row["score"] for row in answer.data} == {
        "good.ipynb": 2,
        "bad.ipynb": 0,
    }


def test_the_results_are_also_written_to_files(
    command: Command, grader: list[Path], handed_in: Path, tmp_path: Path
) -> None:
    junit, csv = tmp_path / "out.xml", tmp_path / "out.csv"
    answer = command("grade", str(handed_in), "--junit", str(junit), "--csv", str(csv))
    assert answer.status == 0, answer.err
    assert "ana" in answer.out
    assert len(list(ET.parse(junit).getroot())) == 2
    assert len(csv.read_text(encoding="utf-8").splitlines()) == 3


def test_a_class_leaves_pages_beside_it(
    command: Command, grader: list[Path], handed_in: Path
) -> None:
    answer = command("grade", str(handed_in))
    results = handed_in.with_name("class-graded")
    assert f"The teacher's page: {results / 'index.html'}" in answer.err
    assert sorted(path.name for path in (results / "learners").iterdir()) == [
        *("ana.html", "bad.html")
    ]
    assert len(grader) == 2

    command("grade", str(handed_in))
    assert len(grader) == 2, "nothing is graded twice"
    (handed_in / "bad.ipynb").write_text("better now")
    command("grade", str(handed_in))
    assert len(grader) == 3, "a new version is graded"
    command("grade", str(handed_in), "--again")
    assert len(grader) == 5


def test_a_single_notebook_leaves_nothing(
    command: Command, grader: list[Path], handed_in: Path
) -> None:
    command("grade", str(handed_in / "bad.ipynb"))
    assert [path.name for path in handed_in.parent.iterdir() if "graded" in path.name] == []


def test_a_cluster_that_is_not_there_is_said(command: Command, handed_in: Path) -> None:
    answer = command("grade", str(handed_in), "--scheduler", "nowhere")
    assert "No Dask scheduler answers at nowhere" in answer.sentence


def test_a_file_that_cannot_be_graded_is_a_failure(
    command: Command, grader: list[Path], tmp_path: Path
) -> None:
    (tmp_path / "odd.ipynb").touch()
    answer = command("grade", str(tmp_path / "odd.ipynb"))
    assert answer.status == 1
    assert "This is no notebook." in answer.out


def test_an_empty_folder_is_said(command: Command, grader: list[Path], tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "There is no notebook in" in command("grade", str(empty)).sentence


def test_check_judges_the_next_lab(command: Command, grader: list[Path], course: Path) -> None:
    answer = command("check")
    assert grader == [course / "work" / f"{FIRST.name}.ipynb"]
    assert answer.status == 1, "not everything passes"
    assert "The step" in answer.out


def test_check_answers_in_json(command: Command, grader: list[Path]) -> None:
    found = command("check", FIRST.name, "--json").data
    assert (found["module"], found["score"], found["possible"]) == (FIRST.name, 0, 2)


def test_check_runs_the_lab_and_keeps_what_passes(command: Command, course: Path) -> None:
    """The whole way, with the real grader: a solved lab passes, and the progress knows it."""
    command("next")
    shutil.copy(course / "solutions" / f"{FIRST.name}.ipynb", course / "work")
    answer = command("check", FIRST.name, "--json")
    assert answer.status == 0, answer.out + answer.err
    assert answer.data["score"] == answer.data["possible"] > 0
    progress = Store(course / "work" / "progress.json").load().module(FIRST.name)
    assert progress.passed == len(answer.data["checks"])
    row = command("list", "--json").data[0]
    assert row["done"] is True
