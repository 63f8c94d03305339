"""Reading the notebooks of a zip file without unpacking it: no name in it becomes a path."""

from __future__ import annotations

import io
import stat
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ecslab.course.grading.notebook import LARGEST_FILE
from ecslab.errors import CourseError

__all__ = ["Member", "is_archive", "members", "read_member"]

_MOST_MEMBERS = 100_000
_LARGEST_INNER = 64 * 1024**2
_INSIDE = "!"
"""Between the name of a zip file in a zip file and the name of a member of it."""

_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError)


@dataclass(frozen=True)
class Member:
    """A notebook in a zip file.

    Attributes:
        path: names of the member, the outermost first; two when a zip file lies in the zip file.
        problem: why it cannot be read, or nothing.
    """

    path: tuple[str, ...]
    problem: str = ""

    @property
    def parts(self) -> tuple[str, ...]:
        """The folders and the file of the member, without anything that leads upward."""
        names = "/".join(self.path).replace("\\", "/").split("/")
        return tuple(name for name in names if name not in ("", ".", ".."))


def is_archive(path: Path) -> bool:
    """Tell whether a file calls itself a zip file."""
    return path.suffix.lower() == ".zip" and path.is_file()


def members(path: Path) -> Iterator[Member]:
    """List the notebooks of a zip file, and of the zip files in it.

    Args:
        path: the zip file.

    Raises:
        CourseError: it is damaged, or has too many members.
    """
    with _opened(path, path.name) as archive:
        for info in _listed(archive, path.name):
            if _is_notebook(info):
                yield _member(info, ())
            elif info.filename.lower().endswith(".zip"):
                yield from _inner(archive, info)


def read_member(path: Path, member: Member) -> bytes:
    """Read a notebook of a zip file.

    Args:
        path: the zip file.
        member: as `members` gives it.

    Raises:
        CourseError: it is damaged, too large or protected by a password.
    """
    if member.problem:
        raise CourseError(member.problem)
    with _opened(path, path.name) as archive:
        if len(member.path) == 1:
            return _content(archive, member.path[0], LARGEST_FILE)
        inner = io.BytesIO(_content(archive, member.path[0], _LARGEST_INNER))
    with _opened(inner, member.path[0]) as archive:
        return _content(archive, member.path[1], LARGEST_FILE)


def _opened(file: Path | io.BytesIO, name: str) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(file)
    except (OSError, *_DAMAGED):
        message = f"{name} is damaged or is no zip file; download it again."
        raise CourseError(message) from None


def _listed(archive: zipfile.ZipFile, name: str) -> list[zipfile.ZipInfo]:
    found = archive.infolist()
    if len(found) > _MOST_MEMBERS:
        raise CourseError(f"{name} has more than {_MOST_MEMBERS} members; give it in parts.")
    return sorted(found, key=lambda info: info.filename)


def _inner(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[Member]:
    try:
        content = io.BytesIO(_content(archive, info.filename, _LARGEST_INNER))
        with _opened(content, info.filename) as inner:
            for each in _listed(inner, info.filename):
                if _is_notebook(each):
                    yield _member(each, (info.filename,))
    except CourseError as error:
        yield Member((info.filename,), str(error))


def _is_notebook(info: zipfile.ZipInfo) -> bool:
    name = info.filename
    hidden = ".ipynb_checkpoints/" in name or "__MACOSX/" in name
    return name.lower().endswith(".ipynb") and not info.is_dir() and not hidden


def _member(info: zipfile.ZipInfo, outer: tuple[str, ...]) -> Member:
    path = (*outer, info.filename)
    if stat.S_ISLNK(info.external_attr >> 16):
        return Member(path, f"{info.filename} is a link; give the notebook file itself.")
    return Member(path)


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
