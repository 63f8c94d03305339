"""Files written whole or not at all, with a clear sentence when they cannot be."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path

from ecslab.errors import CourseError

__all__ = ["explained", "make_folder", "move", "read", "write"]

_FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}


@contextlib.contextmanager
def explained(action: str, path: Path) -> Iterator[None]:
    """Turn an error of the operating system into one sentence for a person.

    Args:
        action: what is being done, such as ``write``.
        path: the file or folder it is done to.
    """
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            reason = "the disk is full; free some space and try again"
        elif error.errno in _FORBIDDEN:
            reason = "you have no permission; check who owns it, or choose another folder"
        elif isinstance(error, FileNotFoundError):
            reason = "it does not exist"
        elif isinstance(error, FileExistsError | NotADirectoryError | IsADirectoryError):
            reason = "a file and a folder of that name are in each other's way; move one away"
        else:
            reason = error.strerror or type(error).__name__
        raise CourseError(f"Cannot {action} {path}: {reason}.") from None


def read(path: Path) -> str:
    """Give the text of a UTF-8 file.

    Args:
        path: the file.
    """
    with explained("read", path):
        try:
            return path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            raise CourseError(f"Cannot read {path}: it is not UTF-8 text.") from None


def write(path: Path, text: str) -> None:
    """Write a file so that a reader, or a crash, sees the old text or the new, never a part.

    Args:
        path: the file, whose folder exists.
        text: its whole content.
    """
    # Another process may write the same file at the same time, so the draft carries our number.
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    with explained("write", path):
        try:
            draft.write_text(text, encoding="utf-8", newline="\n")
            draft.replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                draft.unlink()
            raise


def move(path: Path, target: Path) -> None:
    """Rename a file.

    Args:
        path: the file.
        target: its new place, on the same disk.
    """
    with explained("move", path):
        path.replace(target)


def make_folder(path: Path) -> None:
    """Make a folder and those above it, unless they exist.

    Args:
        path: the folder.
    """
    with explained("make the folder", path):
        path.mkdir(parents=True, exist_ok=True)
