"""Where the course's notebooks are: in a checkout, or inside the installed package."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from ecslab.course import storage
from ecslab.errors import CourseError

__all__ = ["CourseFiles", "locate", "write_out"]

_PACKAGE = Path(__file__).resolve().parents[1]

_PATTERNS = ("lessons/*.ipynb", "labs/*.ipynb", "labs/incidents/**/*", "solutions/*.ipynb")


@dataclass(frozen=True)
class CourseFiles:
    """A folder that holds ``lessons``, ``labs`` and ``solutions``.

    Attributes:
        root: that folder.
    """

    root: Path

    def lesson(self, name: str) -> Path:
        """Give the path of a lesson.

        Args:
            name: of the module, such as ``02-clusters``.
        """
        return self.root / "lessons" / f"{name}.ipynb"

    def lab(self, name: str) -> Path:
        """Give the path of a lab as the learner starts it.

        Args:
            name: of the module.
        """
        return self.root / "labs" / f"{name}.ipynb"

    def solution(self, name: str) -> Path:
        """Give the path of a solved lab.

        Args:
            name: of the module.
        """
        return self.root / "solutions" / f"{name}.ipynb"

    def notebook(self, name: str, part: str) -> Path:
        """Give the path of a module's lesson, lab or solution.

        Args:
            name: of the module.
            part: ``lesson``, ``lab`` or ``solution``.
        """
        return {"lesson": self.lesson, "lab": self.lab, "solution": self.solution}[part](name)

    def all(self) -> list[Path]:
        """List every file of the course that a learner needs, as paths under the root."""
        found = {path for pattern in _PATTERNS for path in self.root.glob(pattern)}
        return sorted(path.relative_to(self.root) for path in found if path.is_file())


def locate(package: Path = _PACKAGE) -> CourseFiles:
    """Find the course that belongs to this package.

    Args:
        package: the folder of the package `ecslab`.
    """
    checkout = package.parents[1]
    if package.parent.name == "labs" and (checkout / "lessons").is_dir():
        return CourseFiles(checkout)
    if (package / "_course").is_dir():
        return CourseFiles(package / "_course")
    raise CourseError(
        "The course's notebooks are not beside the package; install ecslab again, or clone the "
        "repository."
    )


def write_out(folder: Path, files: CourseFiles | None = None) -> list[Path]:
    """Copy the course into a folder; files that exist there are left as they are.

    Args:
        folder: made when it is missing.
        files: the course to copy; the one of this package by default.

    Returns:
        The files that were written.
    """
    files = files or locate()
    written: list[Path] = []
    for name in files.all():
        target = folder / name
        if target.exists():
            continue
        storage.make_folder(target.parent)
        with storage.explained("write", target):
            # A copy that breaks off must not look like the file, or the next run would keep it.
            draft = target.with_name(f".{target.name}.part")
            try:
                shutil.copyfile(files.root / name, draft)
                draft.replace(target)
            finally:
                draft.unlink(missing_ok=True)
        written.append(target)
    return written
