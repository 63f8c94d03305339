"""The learner's own folder `work`: copies of the notebooks that the course never overwrites."""

from __future__ import annotations

import json
import posixpath
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

from ecslab.course import catalogue, notebook, storage
from ecslab.course.catalogue import Catalogue, Entry
from ecslab.course.files import CourseFiles
from ecslab.course.progress import EMPTY_FILE
from ecslab.errors import CourseError

__all__ = ["Prepared", "Workspace"]

# A Markdown link or picture, [text](target "title"), or the address in an HTML tag.
_LINK = re.compile(r"(\]\(\s*<?|\b(?:href|src)=[\"'])([^\s\"'<>()]+)")
_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:|//|/|#")


@dataclass(frozen=True)
class Prepared:
    """What was done to a learner's folder.

    Attributes:
        copied: the notebooks that were missing and are there now.
        kept: the notebooks that were there already.
    """

    copied: tuple[Path, ...]
    kept: tuple[Path, ...]


@dataclass(frozen=True)
class Workspace:
    """A learner's folder: labs at the top, lessons in ``lessons``, progress in ``progress.json``.

    Attributes:
        folder: usually ``work`` in the checkout.
        files: the course whose notebooks are copied.
    """

    folder: Path
    files: CourseFiles

    @property
    def progress(self) -> Path:
        """Where the learner's progress is kept."""
        return self.folder / "progress.json"

    def notebook(self, name: str, part: str) -> Path:
        """Give the path of the learner's copy.

        Args:
            name: of the module, such as ``02-clusters``.
            part: ``lesson`` or ``lab``.
        """
        return self.folder / _place(name, part)

    def prepare(self, course: Catalogue | None = None) -> Prepared:
        """Copy every notebook that is missing, and begin the progress file; overwrite nothing.

        Args:
            course: the modules to copy; all that are ready by default.
        """
        storage.make_folder(self.folder / "lessons")
        if not self.progress.exists():
            storage.write(self.progress, EMPTY_FILE)
        copied: list[Path] = []
        kept: list[Path] = []
        for entry in (course or catalogue.load()).ready:
            for part in ("lesson", "lab"):
                target = self.notebook(entry.name, part)
                if target.exists():
                    kept.append(target)
                else:
                    storage.write(target, self._fresh(entry.name, part))
                    copied.append(target)
        return Prepared(tuple(copied), tuple(kept))

    def reset(self, entry: Entry, part: str = "lab", *, now: datetime | None = None) -> Path | None:
        """Bring one notebook back to its start; what the learner wrote is kept as a backup.

        Args:
            entry: the module.
            part: ``lesson`` or ``lab``.
            now: the date of the backup; the computer's own by default.

        Returns:
            The backup, or None when there was nothing to keep.
        """
        target = self.notebook(entry.name, part)
        fresh = self._fresh(entry.name, part)
        backup: Path | None = None
        if target.exists():
            moment = now or datetime.now().astimezone()
            backup = self._backup(f"{entry.name}-{part}", moment)
            storage.make_folder(backup.parent)
            storage.move(target, backup)
        try:
            storage.make_folder(target.parent)
            storage.write(target, fresh)
        except CourseError:
            if backup is not None:
                storage.move(backup, target)
            raise
        return backup

    def _backup(self, stem: str, moment: datetime) -> Path:
        folder = self.folder / "backups"
        base = f"{stem}-{moment:%Y-%m-%d-%H%M%S}"
        path = folder / f"{base}.ipynb"
        number = 2
        while path.exists():
            path = folder / f"{base}-{number}.ipynb"
            number += 1
        return path

    def _fresh(self, name: str, part: str) -> str:
        source = self.files.notebook(name, part)
        if not source.is_file():
            raise CourseError(f"The course has no {part} for {name}: {source} is missing.")
        data = notebook.parse(storage.read(source), source.name)
        for cell in data["cells"]:
            _make_personal(cell, f"{part}s", str(PurePosixPath(_place(name, part)).parent))
        return json.dumps(data, indent=1, ensure_ascii=False) + "\n"


def _place(name: str, part: str) -> str:
    if part not in {"lesson", "lab"}:
        raise CourseError(f"A learner's folder holds lessons and labs, not a {part!r}.")
    return f"lessons/{name}.ipynb" if part == "lesson" else f"{name}.ipynb"


def _make_personal(cell: dict[str, Any], source_folder: str, work_folder: str) -> None:
    """Adapt a cell to its place in the learner's folder.

    Stored outputs are left out: a lesson asks for predictions that its outputs would give away.
    """
    if cell.get("cell_type") == "code":
        cell["outputs"] = []
        cell["execution_count"] = None
        return
    written = cell.get("source", "")
    moved = _LINK.sub(
        lambda link: link[1] + _moved(link[2], source_folder, work_folder), "".join(written)
    )
    cell["source"] = moved.splitlines(keepends=True) if isinstance(written, list) else moved


def _moved(target: str, source_folder: str, work_folder: str) -> str:
    """Give the target of a link as it reads from the learner's copy.

    The learner's folder stands in the root of the course, so a link to anything but a lesson or a
    lab leads out of it.
    """
    if _SCHEME.match(target):
        return target
    path, mark, fragment = target.partition("#")
    course_path = posixpath.normpath(posixpath.join(source_folder, path))
    folder, _, file = course_path.rpartition("/")
    if file.endswith(".ipynb") and folder in {"lessons", "labs"}:
        place = _place(file.removesuffix(".ipynb"), folder.removesuffix("s"))
    else:
        place = posixpath.join("..", course_path)
    return posixpath.relpath(place, work_folder) + mark + fragment
