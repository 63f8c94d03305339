from __future__ import annotations

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
