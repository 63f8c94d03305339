from __future__ import annotations

import concurrent.futures
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecslab.course import catalogue
from ecslab.course.progress import (
    EMPTY_FILE,
    CheckProgress,
    ModuleProgress,
    Progress,
    Store,
    default_path,
)
from ecslab.errors import CourseError

checks = st.builds(CheckProgress, st.booleans(), st.integers(0, 9), st.integers(0, 3))
modules = st.builds(
    ModuleProgress, st.booleans(), st.dictionaries(st.sampled_from("abc"), checks, max_size=3)
)
progresses = st.builds(
    Progress, st.dictionaries(st.sampled_from(["00-x", "01-y"]), modules, max_size=2)
)


def with_pass(name: str, check_id: str) -> Any:
    return Progress().with_check(name, check_id, CheckProgress(passed=True, tries=1))


@given(progresses)
def test_text_comes_back(progress: Progress) -> None:
    assert Progress.from_text(progress.as_text()) == progress


@given(progresses, progresses, progresses)
def test_merge_is_best_of_each_in_any_order(
    first: Progress, second: Progress, third: Progress
) -> None:
    assert first.merged(second) == second.merged(first)
    assert first.merged(second).merged(third) == first.merged(second.merged(third))
    assert first.merged(first).as_text() == first.as_text()
    for name, module in first.modules.items():
        for check_id, check in module.checks.items():
            best = first.merged(second).check(name, check_id)
            assert best.passed >= check.passed
            assert best.tries >= check.tries


def test_empty_file_is_the_text_of_no_progress() -> None:
    assert Progress().as_text() == EMPTY_FILE


def test_file_is_plain_and_versioned() -> None:
    data = json.loads(with_pass("02-clusters", "one").as_text())
    assert data == {
        "schema": 1,
        "modules": {
            "02-clusters": {
                "lesson": False,
                "checks": {"one": {"passed": True, "tries": 1, "hints": 0}},
            }
        },
    }


def test_store_adds(tmp_path: Path) -> None:
    store = Store(tmp_path / "work" / "progress.json")
    assert store.load() == Progress()
    store.add(with_pass("02-clusters", "one"))
    store.add(with_pass("02-clusters", "two"))
    assert store.load().module("02-clusters").passed == 2


def test_two_notebooks_at_once_lose_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path / "progress.json")
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: store.add(with_pass("02-clusters", f"check-{n}")), range(40)))
    assert store.load().module("02-clusters").passed == 40


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", '{"modules": {}}', '{"schema": 1, "modules": []}',
     '{"schema": 1, "modules": {"a": 1}}', '{"schema": "1", "modules": {}}',
     '{"schema": 1, "modules": {"a": {"lesson": true, "checks": {"b": {"passed": true}}}}}',
     "[" * 100_000],
)  # fmt: skip
def test_damaged_file_is_put_aside(tmp_path: Path, text: str) -> None:
    store = Store(tmp_path / "progress.json")
    for number in (1, 2):
        store.path.write_text(text)
        progress, said = store.open()
        assert progress == Progress()
        assert said is not None
        assert f"kept as progress.damaged-{number}.json" in said
        assert (tmp_path / f"progress.damaged-{number}.json").read_text() == text
    store.add(with_pass("02-clusters", "one"))
    assert store.load().module("02-clusters").passed == 1


def test_newer_file_is_left_alone(tmp_path: Path) -> None:
    store = Store(tmp_path / "progress.json")
    store.path.write_text('{"schema": 2, "modules": {}}')
    with pytest.raises(CourseError, match="newer ecslab"):
        store.open()
    with pytest.raises(CourseError, match="newer ecslab"):
        store.add(Progress())
    assert store.path.read_text() == '{"schema": 2, "modules": {}}'


def test_export_and_import(tmp_path: Path) -> None:
    here, there = Store(tmp_path / "a.json"), Store(tmp_path / "b.json")
    here.add(with_pass("02-clusters", "one"))
    there.add(with_pass("02-clusters", "two"))
    here.export_to(tmp_path / "mail.json")
    merged = there.import_from(tmp_path / "mail.json")
    assert merged.module("02-clusters").passed == 2
    assert there.load() == merged
    (tmp_path / "other.json").write_text("hello")
    with pytest.raises(CourseError, match="not a progress file"):
        there.import_from(tmp_path / "other.json")
    assert there.load() == merged


def test_next_is_the_first_unfinished_notebook() -> Any:
    course = catalogue.load()
    first, second, *_ = names = [entry.name for entry in course.ready]
    counts = dict.fromkeys(names, 1) | {second: 2}

    def step(progress: Progress) -> Any:
        found = progress.next(course, counts)
        return found and (found[0].name, found[1])

    progress = Progress()
    assert step(progress) == (first, "lesson")
    progress = progress.with_lesson(first)
    assert step(progress) == (first, "lab")
    progress = progress.merged(with_pass(first, "a"))
    assert step(progress) == (second, "lesson")
    progress = progress.merged(with_pass(second, "a"))
    assert step(progress) == (second, "lab")
    for name in counts:
        progress = progress.merged(with_pass(name, "a")).merged(with_pass(name, "b"))
    assert step(progress) is None


def test_default_place_is_the_nearest_work_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ECSLAB_PROGRESS")
    lessons = tmp_path / "work" / "lessons"
    lessons.mkdir(parents=True)
    assert default_path(lessons) is None
    (tmp_path / "work" / "progress.json").write_text(EMPTY_FILE)
    assert default_path(lessons) == tmp_path / "work" / "progress.json"
    assert default_path(tmp_path / "work") == tmp_path / "work" / "progress.json"
    assert default_path(tmp_path) is None
    monkeypatch.chdir(lessons)
    assert default_path() == tmp_path / "work" / "progress.json"


def test_environment_decides_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "progress.json").write_text(EMPTY_FILE)
    monkeypatch.setenv("ECSLAB_PROGRESS", "OFF")
    assert default_path(tmp_path / "work") is None
    monkeypatch.setenv("ECSLAB_PROGRESS", str(tmp_path / "mine.json"))
    assert default_path(tmp_path / "work") == tmp_path / "mine.json"
