from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ecslab.course import catalogue, modules
from ecslab.course.catalogue import Entry
from ecslab.errors import CourseError

COURSE = catalogue.load()

GOOD = """
title = "Course"
[[module]]
slug = "one"
title = "One"
summary = "First."
minutes = { lesson = 5, lab = 5 }
prerequisites = []
ready = true
points = 4
[[module]]
slug = "two"
title = "Two"
summary = "Second."
minutes = { lesson = 5, lab = 5 }
prerequisites = ["one"]
ready = false
[concepts]
word = "two"
"""


def load(tmp_path: Path, text: str) -> Any:
    path = tmp_path / "course.toml"
    path.write_text(text, encoding="utf-8")
    return catalogue.load(path)


def test_course_has_its_modules() -> None:
    assert [entry.number for entry in COURSE] == list(range(18))
    ready = [entry.name for entry in COURSE.ready]
    assert ready == sorted(ready)
    assert {"00-first-flight", "02-clusters", "03-task-definitions", "04-tasks"} <= set(ready)


@pytest.mark.parametrize("entry", COURSE.entries, ids=lambda entry: entry.name)
def test_lesson_and_lab_take_25_to_45_minutes(entry: Entry) -> None:
    assert 25 <= entry.minutes <= 45
    assert entry.summary.endswith(".")


@pytest.mark.parametrize(
    "wanted",
    ["2", "02", "clusters", "02-clusters", "02-Clusters.ipynb", "labs/02-clusters.ipynb",
     "solutions\\src\\02-clusters.md", " work/lessons/02-clusters.ipynb "],
)  # fmt: skip
def test_find_what_a_person_means(wanted: str) -> None:
    assert COURSE.find(wanted).name == "02-clusters"


@pytest.mark.parametrize(
    ("wanted", "said"),
    [("cluster", "did you mean 02-clusters"), ("18", "the modules are 00-first-flight"),
     ("", "the modules are"), ("02-services", "did you mean 06-services")],
)  # fmt: skip
def test_find_says_what_there_is(wanted: str, said: str) -> None:
    with pytest.raises(CourseError, match=said):
        COURSE.find(wanted)


def test_find_ready_says_what_is_to_come() -> None:
    assert COURSE.find_ready("04").title == "Tasks"
    with pytest.raises(CourseError, match="17-capstone is still to come; ready are: 00-first"):
        COURSE.find_ready("capstone")


def test_good_file_loads(tmp_path: Path) -> None:
    course = load(tmp_path, GOOD)
    assert course.title == "Course"
    assert course.find("two").prerequisites == ("00-one",)
    assert course.find("one").heading == "00 · One"
    assert course.concepts == {"word": 1}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('title = "Course"', "", "the course: title must be"),
        ('slug = "two"', 'slug = "Two"', "module 01: slug 'Two'"),
        ('slug = "two"', 'slug = "one"', "'one' is already used"),
        ('title = "Two"', 'title = ""', "module 01-two: title"),
        ("lesson = 5, lab = 5", "lesson = 5", "minutes must give lesson and lab"),
        ("lesson = 5, lab = 5", "lesson = 0, lab = 5", "lesson must be a whole number from 1"),
        ('["one"]', '["three"]', "prerequisite 'three' is not an earlier module"),
        ('["one"]', '["two"]', "prerequisite 'two' is not an earlier module"),
        ('["one"]', '"one"', "prerequisites must be a list"),
        ("ready = false", 'ready = "no"', "ready must be true or false"),
        ("points = 4", "", "points must be a whole number"),
        ("points = 4", "points = 4\nhours = 1", "'hours' is not a known key"),
        ('word = "two"', 'word = "six"', "names 'six', which is not a module"),
        (GOOD, 'title = "Course"', "there is no \\[\\[module\\]\\]"),
        (GOOD, "module = [1]\ntitle = 'Course'", "module 0 is not a table"),
        (GOOD, "title = ", "not valid TOML"),
    ],
)
def test_bad_file_says_where(tmp_path: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(CourseError, match=f"^course.toml.*{said}"):
        load(tmp_path, GOOD.replace(old, new))


def test_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match="cannot be read"):
        catalogue.load(tmp_path / "course.toml")


def test_planned_module_has_no_checks_yet() -> None:
    with pytest.raises(CourseError, match=r"course/modules/no_such\.py is missing"):
        modules.load("05-no-such")
