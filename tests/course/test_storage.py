from __future__ import annotations

import errno
from pathlib import Path

import pytest

from ecslab.course import storage
from ecslab.errors import CourseError


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOSPC, "the disk is full; free some space"),
        (errno.EDQUOT, "the disk is full"),
        (errno.EACCES, "you have no permission"),
        (errno.EROFS, "you have no permission"),
        (errno.EIO, "Input/output error"),
    ],
)
def test_each_cause_has_its_sentence(tmp_path: Path, number: int, said: str) -> None:
    with (
        pytest.raises(CourseError, match=f"^Cannot write .*: {said}"),
        storage.explained("write", tmp_path),
    ):
        raise OSError(number, "Input/output error")


def test_text_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    storage.write(path, "erste\nzweite ✔\n")
    storage.write(path, "neu\n")
    assert storage.read(path) == "neu\n"
    assert path.read_bytes() == b"neu\n"
    assert list(tmp_path.iterdir()) == [path]


def test_broken_write_keeps_the_old_text_and_no_litter(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    storage.write(path, "old")
    with pytest.raises(UnicodeEncodeError):
        storage.write(path, "half \ud800")
    assert storage.read(path) == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_folder_in_the_way_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.txt").mkdir()
    with pytest.raises(CourseError, match="in each other's way"):
        storage.write(tmp_path / "a.txt", "text")
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]
    (tmp_path / "file").write_text("")
    with pytest.raises(CourseError, match=r"Cannot make the folder .*in each other's way"):
        storage.make_folder(tmp_path / "file")


def test_missing_and_unreadable_files_are_said(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match=r"Cannot read .*a.txt: it does not exist"):
        storage.read(tmp_path / "a.txt")
    (tmp_path / "b.txt").write_bytes(b"\xff")
    with pytest.raises(CourseError, match="not UTF-8"):
        storage.read(tmp_path / "b.txt")
    with pytest.raises(CourseError, match=r"Cannot move"):
        storage.move(tmp_path / "a.txt", tmp_path / "c.txt")
