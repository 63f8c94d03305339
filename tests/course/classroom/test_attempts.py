from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ecslab.course.classroom.ledger import Ledger
from ecslab.course.classroom.overview import common_mistakes
from ecslab.course.classroom.results import write_results
from ecslab.course.classroom.run import grade_class
from ecslab.course.classroom.submissions import Submission, look_through
from ecslab.course.grading.report import Report

Make = Callable[..., Report]
LAB = "02-clusters"
MOODLE = "Ada_1_assignsubmission_file"
ATTEMPT = "Lab_ada_attempt_2026-11-20-{}-00-00_lab.ipynb"


@pytest.fixture
def graded(tmp_path: Path, report: Make) -> Callable[[dict[str, str]], list[Report]]:
    """Hand files in, each with the content that is its lab, and grade them."""

    def judge(waiting: Sequence[Submission]) -> Iterator[tuple[Submission, Report]]:
        for each in waiting:
            lab = each.content().decode()
            found = replace(report(each.learner, "not yet"), module=lab, file=Path(each.name))
            yield each, found

    def grade(files: dict[str, str]) -> list[Report]:
        for minute, (name, lab) in enumerate(files.items()):
            path = tmp_path / "class" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(lab)
            os.utime(path, (1_800_000_000 + 60 * minute,) * 2)
        with Ledger(tmp_path / "reports.jsonl") as ledger:
            found = look_through([tmp_path / "class"]).submissions
            return grade_class(found, ledger, judge, rules="", on_report=lambda _: None)

    return grade


def counting(reports: list[Report]) -> list[str]:
    return sorted(str(each.file) for each in reports if not each.superseded_by)


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        (f"{MOODLE}/draft.ipynb", f"{MOODLE}/final.ipynb"),
        (f"{MOODLE}/z.ipynb", f"{MOODLE}/a.ipynb"),
        ("ada/lab.ipynb", "ada/lab (1).ipynb"),
        ("ada/lab-2.ipynb", "ada/lab-10.ipynb"),
        ("ada_4711_888_lab.ipynb", "ada_4711_999_lab-1.ipynb"),
    ],
)
def test_the_latest_attempt_counts(earlier: str, later: str, graded: Any) -> None:
    reports = graded({earlier: LAB, later: LAB})
    assert counting(reports) == [later]
    assert {each.superseded_by for each in reports} == {"", later}


def test_what_a_platform_says_of_the_time_is_believed_more_than_the_files(graded: Any) -> None:
    later, earlier = ATTEMPT.format("11"), ATTEMPT.format("10")
    assert counting(graded({later: LAB, earlier: LAB})) == [later]


@pytest.mark.parametrize(
    "files",
    [
        {f"{MOODLE}/a.ipynb": LAB, f"{MOODLE}/b.ipynb": "04-tasks"},
        {"group/ada.ipynb": LAB, "group/alan.ipynb": LAB, "other/eve.ipynb": LAB},
        {"Ada_1_assignsubmission_file/a.ipynb": LAB, "Ada_2_assignsubmission_file/a.ipynb": LAB},
    ],
)
def test_other_labs_and_other_people_count_too(files: dict[str, str], graded: Any) -> None:
    assert counting(graded(files)) == sorted(files)


def test_an_earlier_attempt_is_shown_and_not_counted(graded: Any, tmp_path: Path) -> None:
    files = {f"{MOODLE}/a.ipynb": LAB, f"{MOODLE}/b.ipynb": LAB}
    reports = graded(files)
    index = write_results(tmp_path / "results", reports).read_text(encoding="utf-8")
    assert "Earlier attempts, which do not count" in index
    assert "1 notebook, 0 of 2 points" in index
    assert [len(each.learners) for each in common_mistakes(reports)] == [1]
    page = (tmp_path / "results" / "learners" / "Ada.html").read_text(encoding="utf-8")
    assert "An earlier attempt, which does not count: b.ipynb does." in page
    assert f"{MOODLE}/b.ipynb" in (tmp_path / "results" / "results.csv").read_text(encoding="utf-8")
