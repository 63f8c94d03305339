from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ecslab.course import catalogue
from ecslab.course.progress import CheckProgress, Progress, Store

if TYPE_CHECKING:
    from tests.cli.conftest import Answer

Command = Callable[..., "Answer"]

FIRST = catalogue.load().ready[0].name
ONE = Progress().with_check(FIRST, "one", CheckProgress(passed=True, tries=2))
TWO = Progress().with_check(FIRST, "two", CheckProgress(tries=1)).with_lesson(FIRST)


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """The files of two computers."""
    paths = [tmp_path / "laptop.json", tmp_path / "desk.json"]
    for path, reached in zip(paths, (ONE, TWO), strict=True):
        path.write_text(reached.as_text(), encoding="utf-8")
    return [str(path) for path in paths]


def test_what_is_exported_is_imported_elsewhere(
    command: Command, course: Path, files: list[str], tmp_path: Path
) -> None:
    assert command("progress", "import", *files).status == 0
    own = Store(course / "work" / "progress.json").load()
    assert own == ONE.merged(TWO)
    assert command("progress", "export", str(tmp_path / "mine.json")).status == 0
    assert Store(tmp_path / "mine.json").load() == own


def test_merging_leaves_the_own_progress_alone(
    command: Command, course: Path, files: list[str], tmp_path: Path
) -> None:
    target = tmp_path / "both.json"
    assert command("progress", "merge", *files, str(target)).status == 0
    assert Store(target).load() == ONE.merged(TWO)
    assert not (course / "work" / "progress.json").exists()


def test_a_damaged_file_changes_nothing(
    command: Command, course: Path, files: list[str], tmp_path: Path
) -> None:
    (tmp_path / "odd.json").write_text("{")
    answer = command("progress", "import", files[0], str(tmp_path / "odd.json"))
    assert "not a progress file" in answer.sentence
    assert Store(course / "work" / "progress.json").load() == Progress()
    assert "Name the files to merge" in command("progress", "merge", files[0]).sentence
    assert "Name one file" in command("progress", "export", *files).sentence


def test_a_zip_file_and_a_folder_of_many_are_taken_in(
    command: Command, course: Path, files: list[str], tmp_path: Path
) -> None:
    with zipfile.ZipFile(tmp_path / "many.zip", "w") as many:
        many.write(files[0], "laptop/progress.json")
        many.writestr("laptop/notes.txt", "no progress")
    (tmp_path / "desk").mkdir()
    (tmp_path / "desk" / "progress.json").write_text("\ufeff" + TWO.as_text(), encoding="utf-8")
    answer = command("progress", "import", str(tmp_path / "many.zip"), str(tmp_path / "desk"))
    assert "2 files taken into your progress; checks passed: 1, of them new: 1." in answer.out
    assert Store(course / "work" / "progress.json").load() == ONE.merged(TWO)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'{"schema": 99, "modules": {}}', "written by a newer ecslab; install"),
        (b"", "not a progress file of ecslab, or it is damaged"),
        (b"\xff\xfe", "not UTF-8 text"),
    ],
)
@pytest.mark.parametrize("packed", ["alone", "zipped"])
def test_the_file_that_cannot_be_taken_in_is_named(
    command: Command, tmp_path: Path, content: bytes, words: str, packed: str
) -> None:
    path = tmp_path / "odd.json"
    path.write_bytes(content)
    if packed == "zipped":
        path = tmp_path / "all.zip"
        with zipfile.ZipFile(path, "w") as many:
            many.writestr("odd.json", content)
    answer = command("progress", "merge", str(path), str(tmp_path / "out.json"))
    assert words in answer.sentence
    assert "odd.json" in answer.sentence
    assert not (tmp_path / "out.json").exists()


def test_a_file_that_is_not_merged_is_not_overwritten(command: Command, files: list[str]) -> None:
    answer = command("progress", "merge", *files)
    assert "exists, and would be lost; name it twice" in answer.sentence
    assert Store(Path(files[1])).load() == TWO
    assert command("progress", "merge", *files, files[1]).status == 0
    assert Store(Path(files[1])).load() == ONE.merged(TWO)


def test_a_folder_without_progress_is_said(command: Command, tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    answer = command("progress", "import", str(tmp_path / "none"))
    assert "There is no progress file in" in answer.sentence
