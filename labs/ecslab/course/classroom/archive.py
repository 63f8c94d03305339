"""Reading the files of a zip file without unpacking it: no name in it becomes a path."""

from __future__ import annotations

import io
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from ecslab.course.grading.notebook import LARGEST_FILE
from ecslab.errors import CourseError

__all__ = ["Member", "is_archive", "is_hidden", "is_notebook", "members", "read_member"]

_MOST_MEMBERS = 100_000
_LARGEST_INNER = 64 * 1024**2

_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError)


@dataclass(frozen=True)
class Member:
    """A file in a zip file.

    Attributes:
        path: names of the member, the outermost first; two when a zip file lies in the zip file.
        when: the time that the zip file gives it, as text that sorts.
        problem: why it cannot be read, or nothing.
    """

    path: tuple[str, ...]
    when: str = ""
    problem: str = ""

    @property
    def parts(self) -> tuple[str, ...]:
        """The folders and the file of the member, without anything that leads upward."""
        names = "/".join(map(_repaired, self.path)).replace("\\", "/").split("/")
        return tuple(name for name in names if name not in ("", ".", ".."))


def is_archive(path: Path) -> bool:
    """Tell whether a file calls itself a zip file."""
    return path.suffix.lower() == ".zip" and path.is_file()


def is_notebook(name: str) -> bool:
    """Tell whether a file calls itself a notebook."""
    return name.lower().endswith(".ipynb")


def is_hidden(parts: tuple[str, ...]) -> bool:
    """Tell whether a file is one that systems and editors leave behind, and nobody handed in."""
    return any(part.startswith(".") or part in _LEFT_BEHIND for part in parts)


_LEFT_BEHIND = {"__MACOSX", "Thumbs.db", "desktop.ini"}


def members(path: Path) -> Iterator[Member]:
    """List the files of a zip file, and those of the zip files in it instead of these.

    Args:
        path: the zip file.

    Raises:
        CourseError: it is damaged, or has too many members.
    """
    for info in _listed(_opened(path), path.name):
        if info.filename.lower().endswith(".zip"):
            yield from _inner(path, info)
        else:
            yield _member(info, ())


def read_member(path: Path, member: Member) -> bytes:
    """Read a file of a zip file.

    Args:
        path: the zip file.
        member: as `members` gives it.

    Raises:
        CourseError: it is damaged, too large or protected by a password.
    """
    if member.problem:
        raise CourseError(member.problem)
    archive = _opened(path)
    if len(member.path) > 1:
        archive = _opened_inner(path, member.path[0])
    return _content(archive, member.path[-1], LARGEST_FILE)


def _opened(path: Path) -> zipfile.ZipFile:
    try:
        state = path.stat()
        return _kept(path, state.st_mtime_ns, state.st_size)
    except (OSError, *_DAMAGED):
        message = f"{path.name} is damaged or is no zip file; download it again."
        raise CourseError(message) from None


def _opened_inner(path: Path, name: str) -> zipfile.ZipFile:
    outer = _opened(path)
    try:
        return _kept_inner(outer, name)
    except (OSError, *_DAMAGED):
        message = f"{name} is damaged or is no zip file; download it again."
        raise CourseError(message) from None


# The list of a zip file's members is read once, not once for each of ten thousand.
@lru_cache(maxsize=4)
def _kept(path: Path, _changed: int, _size: int) -> zipfile.ZipFile:
    return zipfile.ZipFile(path)


@lru_cache(maxsize=2)
def _kept_inner(outer: zipfile.ZipFile, name: str) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(_content(outer, name, _LARGEST_INNER)))


def _listed(archive: zipfile.ZipFile, name: str) -> list[zipfile.ZipInfo]:
    found = [info for info in archive.infolist() if not info.is_dir()]
    if len(found) > _MOST_MEMBERS:
        raise CourseError(f"{name} has more than {_MOST_MEMBERS} members; give it in parts.")
    shown = [info for info in found if not is_hidden(_member(info, ()).parts)]
    return sorted(shown, key=lambda info: info.filename)


def _inner(path: Path, info: zipfile.ZipInfo) -> Iterator[Member]:
    try:
        for each in _listed(_opened_inner(path, info.filename), info.filename):
            yield _member(each, (info.filename,))
    except CourseError as error:
        yield Member((info.filename,), problem=str(error))


def _member(info: zipfile.ZipInfo, outer: tuple[str, ...]) -> Member:
    path = (*outer, info.filename)
    when = "-".join(f"{number:02}" for number in info.date_time)
    if stat.S_ISLNK(info.external_attr >> 16):
        return Member(path, when, f"{info.filename} is a link; give the notebook file itself.")
    return Member(path, when)


def _repaired(name: str) -> str:
    """Undo what happens to letters beyond ASCII when a zip file does not say that it is UTF-8."""
    with suppress(UnicodeError):
        return name.encode("cp437").decode("utf-8")
    return name


def _content(archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    """Read a member, but not more than it may have: what it says of its size is not believed."""
    try:
        with archive.open(name) as file:
            content = file.read(most + 1)
    except (KeyError, OSError, *_DAMAGED):
        message = f"{name} cannot be read from the zip file: it is damaged or has a password."
        raise CourseError(message) from None
    if len(content) > most:
        raise CourseError(f"{name} is larger than {most // 1024**2} MiB; clear its outputs first.")
    return content
