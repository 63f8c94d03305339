"""Progress files that others sent: alone, in a folder, or in a zip file."""

from __future__ import annotations

from pathlib import Path

from ecslab.course import storage
from ecslab.course.classroom.archive import is_archive, members, read_member
from ecslab.course.progress import Progress
from ecslab.errors import CourseError

__all__ = ["read_progress"]


def read_progress(path: Path) -> list[Progress]:
    """Read progress files.

    Args:
        path: a progress file, or a folder or zip file of them, in which other files are left alone.

    Raises:
        CourseError: one of them cannot be read; it is named.
    """
    if path.is_dir():
        texts = [(each.name, storage.read(each)) for each in sorted(path.glob("*.json"))]
    elif is_archive(path):
        texts = [
            ("/".join(each.parts), _text(read_member(path, each), each.parts[-1]))
            for each in members(path)
            if each.parts and each.parts[-1].lower().endswith(".json")
        ]
    else:
        texts = [(path.name, storage.read(path))]
    if not texts:
        raise CourseError(f"There is no progress file in {path}; they end in .json.")
    return [_progress(name, text) for name, text in texts]


def _text(content: bytes, name: str) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise CourseError(f"Cannot read {name}: it is not UTF-8 text.") from None


def _progress(name: str, text: str) -> Progress:
    try:
        return Progress.from_text(text.removeprefix("\ufeff"))  # Windows' editor puts it there
    except CourseError as error:
        raise CourseError(f"{name}: {error}") from None
