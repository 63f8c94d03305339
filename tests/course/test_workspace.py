from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from ecslab.course import catalogue, notebook, storage
from ecslab.course.files import CourseFiles
from ecslab.course.progress import Store
from ecslab.course.workspace import Workspace
from ecslab.errors import CourseError

FAKE = Path(__file__).parent / "fake"
COURSE = catalogue.load(FAKE / "course.toml")
SHELF = COURSE.find("shelf")
NOW = dt.datetime(2026, 3, 1, 12, 30, 5, tzinfo=dt.UTC)


@pytest.fixture
def work(tmp_path: Path) -> Any:
    return Workspace(tmp_path / "work", CourseFiles(FAKE))


def names(work: Workspace) -> Any:
    return sorted(
        path.relative_to(work.folder).as_posix()
        for path in work.folder.rglob("*")
        if path.is_file()
    )


def test_prepare_copies_ready_modules(work: Workspace) -> None:
    done = work.prepare(COURSE)
    assert names(work) == ["00-shelf.ipynb", "lessons/00-shelf.ipynb", "progress.json"]
    assert sorted(done.copied) == [
        work.notebook("00-shelf", "lab"),
        work.notebook("00-shelf", "lesson"),
    ]
    assert done.kept == ()
    assert Store(work.progress).load().modules == {}


def test_prepare_again_overwrites_nothing(work: Workspace) -> None:
    work.prepare(COURSE)
    work.notebook("00-shelf", "lab").write_text("mine")
    work.progress.write_text("mine too")
    work.notebook("00-shelf", "lesson").unlink()

    done = work.prepare(COURSE)

    assert work.notebook("00-shelf", "lab").read_text() == "mine"
    assert work.progress.read_text() == "mine too"
    assert done.copied == (work.notebook("00-shelf", "lesson"),)
    assert done.kept == (work.notebook("00-shelf", "lab"),)


def test_links_lead_to_the_learners_own_copies(work: Workspace) -> None:
    work.prepare(COURSE)
    lab = notebook.read(work.notebook("00-shelf", "lab"))[0].source
    assert "[the lesson](lessons/00-shelf.ipynb#goal)" in lab
    assert "[the solution](../solutions/00-shelf.ipynb)" in lab
    assert 'href="https://example.org/x"' in lab
    lesson = notebook.read(work.notebook("00-shelf", "lesson"))[0].source
    assert "[the lab](../00-shelf.ipynb)" in lesson
    assert "[on](01-attic.ipynb)" in lesson
    assert "[contents](../../lessons/README.md)" in lesson
    assert '![plan](../../lessons/plan.svg "Plan")' in lesson


def test_stored_outputs_do_not_give_predictions_away(work: Workspace) -> None:
    work.prepare(COURSE)
    text = work.notebook("00-shelf", "lesson").read_text(encoding="utf-8")
    assert "given away" not in text
    assert json.loads(text)["nbformat_minor"] == 5


def test_reset_keeps_a_dated_backup(work: Workspace) -> None:
    work.prepare(COURSE)
    lab = work.notebook("00-shelf", "lab")
    fresh = lab.read_text(encoding="utf-8")
    lab.write_text("mine")

    backup = work.reset(SHELF, now=NOW)

    assert backup == work.folder / "backups" / "00-shelf-lab-2026-03-01-123005.ipynb"
    assert backup.read_text() == "mine"
    assert lab.read_text(encoding="utf-8") == fresh


def test_reset_twice_in_a_second_keeps_both(work: Workspace) -> None:
    work.prepare(COURSE)
    first, second = work.reset(SHELF, now=NOW), work.reset(SHELF, now=NOW)
    assert first != second
    assert first.exists()
    assert second.exists()


def test_reset_of_a_missing_notebook_brings_it(work: Workspace) -> None:
    assert work.reset(SHELF, "lesson", now=NOW) is None
    assert work.notebook("00-shelf", "lesson").is_file()


def test_reset_without_a_source_loses_nothing(tmp_path: Path) -> None:
    work = Workspace(tmp_path, CourseFiles(tmp_path / "nowhere"))
    work.notebook("00-shelf", "lab").write_text("mine")
    with pytest.raises(CourseError, match="is missing"):
        work.reset(SHELF, now=NOW)
    assert work.notebook("00-shelf", "lab").read_text() == "mine"


def test_reset_on_a_full_disk_leaves_the_notebook(
    work: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, text: str) -> None:
        raise CourseError("Cannot write: the disk is full.")

    work.prepare(COURSE)
    work.notebook("00-shelf", "lab").write_text("mine")
    monkeypatch.setattr(storage, "write", full)
    with pytest.raises(CourseError, match="disk is full"):
        work.reset(SHELF, now=NOW)
    assert work.notebook("00-shelf", "lab").read_text() == "mine"


def test_file_in_place_of_the_folder_is_said(tmp_path: Path) -> None:
    (tmp_path / "work").write_text("a file")
    with pytest.raises(CourseError, match="in each other's way"):
        Workspace(tmp_path / "work", CourseFiles(FAKE)).prepare(COURSE)


def test_solutions_are_not_copied(work: Workspace) -> None:
    with pytest.raises(CourseError, match="lessons and labs"):
        work.notebook("00-shelf", "solution")
