from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ecslab.course import catalogue, modules
from ecslab.course.progress import CheckProgress, Progress, Store

if TYPE_CHECKING:
    from tests.cli.conftest import Answer

Command = Callable[..., "Answer"]

FIRST = catalogue.load().ready[0]


def pass_everything(course: Path, name: str) -> None:
    """Record that a learner has worked through a module."""
    progress = Progress().with_lesson(name)
    for check in modules.load(name).checks:
        progress = progress.with_check(name, check, CheckProgress(passed=True, tries=1))
    Store(course / "work" / "progress.json").add(progress)


def test_the_list_names_every_module(command: Command) -> None:
    rows = command("list", "--json").data
    assert [row["name"] for row in rows] == [entry.name for entry in catalogue.load()]
    ready = [row for row in rows if row["ready"]]
    assert all(row["earned"] == 0 < row["possible"] for row in ready)
    shown = command("list").out
    assert all(entry.title in shown for entry in catalogue.load())


def test_the_list_shows_what_was_reached(command: Command, course: Path) -> None:
    command("next")
    pass_everything(course, FIRST.name)
    row = command("list", "--json").data[0]
    assert (row["lesson"], row["done"], row["earned"]) == (True, True, row["possible"])
    assert "✔" in command("list").out


def test_next_is_the_first_lesson_and_then_the_next_module(command: Command, course: Path) -> None:
    found = command("next", "--json").data
    assert (found["name"], found["part"]) == (FIRST.name, "lesson")
    assert Path(found["path"]).is_file()
    assert f"open {FIRST.name}" in command("next").out
    pass_everything(course, FIRST.name)
    assert command("next", "--json").data["name"] == catalogue.load().ready[1].name


def test_after_the_last_module_there_is_no_next(command: Command, course: Path) -> None:
    command("next")
    for entry in catalogue.load().ready:
        pass_everything(course, entry.name)
    assert command("next", "--json").data is None
    assert "finished every module" in command("next").out


def test_hints_come_one_after_the_other(command: Command) -> None:
    check = next(iter(modules.load(FIRST.name).checks.values()))
    command("next")
    number = FIRST.name[:2]
    for place, text in enumerate(check.hints, start=1):
        answer = command("hint", number, check.id)
        assert answer.out.replace("\n", " ").startswith(f"Hint {place} of {len(check.hints)}:")
        assert text.split()[0] in answer.out
    assert command("hint", number, check.id, "1").out.startswith("Hint 1 of")
    assert check.title in command("hint", number).out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["hint", "clustres"], "did you mean 02-clusters?"),
        (["hint", FIRST.name, "no-such-check"], "There is no check 'no-such-check'"),
        (["check", "99"], "There is no module '99'"),
        (["open", "99"], "There is no module '99'"),
        (["reset", "99"], "There is no module '99'"),
        (["grade", "no-such-file.ipynb"], "There is no file no-such-file.ipynb"),
    ],
)
def test_a_name_that_is_not_there_is_said_in_one_sentence(
    command: Command, arguments: list[str], words: str
) -> None:
    assert words in command(*arguments).sentence


def test_reset_brings_the_lab_back_and_keeps_a_copy(command: Command, course: Path) -> None:
    command("next")
    lab = course / "work" / f"{FIRST.name}.ipynb"
    fresh = lab.read_text(encoding="utf-8")
    mine = json.dumps({"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    lab.write_text(mine, encoding="utf-8")
    answer = command("reset", FIRST.name, "--yes")
    assert answer.status == 0, answer.err
    assert lab.read_text(encoding="utf-8") == fresh
    (backup,) = (course / "work" / "backups").iterdir()
    assert backup.read_text(encoding="utf-8") == mine


def test_reset_asks_before_it_does_anything(
    command: Command, course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command("next")
    lab = course / "work" / f"{FIRST.name}.ipynb"
    lab.write_text("mine", encoding="utf-8")
    monkeypatch.setattr("typer.confirm", _no)
    assert command("reset", FIRST.name).status == 1
    assert lab.read_text(encoding="utf-8") == "mine"


def _no(*_: object, abort: bool) -> None:
    import typer

    assert abort
    raise typer.Abort


def test_without_a_course_the_sentence_says_how_to_get_one(
    command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    monkeypatch.delenv("ECSLAB_ROOT")
    monkeypatch.setattr("ecslab.cli.place.CHECKOUT", elsewhere)
    for part in ("lessons", "labs", "solutions"):
        (tmp_path / part).unlink()
    assert "ecslab init FOLDER" in command("list").sentence


def test_init_writes_the_course_out(command: Command, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    answer = command("init", str(folder))
    assert answer.status == 0, answer.err
    for part in ("lessons", "labs", "solutions"):
        assert (folder / part / f"{FIRST.name}.ipynb").is_file()
    mine = folder / "labs" / f"{FIRST.name}.ipynb"
    mine.write_text("mine", encoding="utf-8")
    assert command("init", str(folder)).out.startswith("0 files written")
    assert mine.read_text(encoding="utf-8") == "mine"
