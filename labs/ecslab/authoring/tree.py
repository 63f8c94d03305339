"""Where the sources of the course are, and where the notebooks made from them go."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from ecslab.course import catalogue
from ecslab.course.catalogue import Catalogue, Entry
from ecslab.errors import CourseError

__all__ = ["LAB", "LESSON", "PARTS", "SOURCE_NAME", "Tree", "locate"]

LESSON = "lesson"
LAB = "lab"
PARTS = (LESSON, LAB)
"""The two sources of a module; that of the lab holds the solution as well."""

SOURCE_NAME = re.compile(r"\d\d-[a-z0-9]+(-[a-z0-9]+)*")

_PACKAGE = Path(__file__).resolve().parents[1]
_SOURCES = {LESSON: "lessons/src", LAB: "solutions/src"}


@dataclass(frozen=True)
class Tree:
    """A checkout of the course.

    Attributes:
        root: the folder that holds ``lessons``, ``labs`` and ``solutions``.
        catalogue: the modules of the course, in order.
    """

    root: Path
    catalogue: Catalogue

    @property
    def package(self) -> Path:
        """The folder of the package `ecslab` that the notebooks of this course import."""
        own = self.root / "labs" / "ecslab"
        return own if (own / "__init__.py").is_file() else _PACKAGE

    @property
    def cache(self) -> Path:
        """The folder that remembers executions; git ignores it."""
        return self.root / ".cache" / "build"

    def source(self, part: str, name: str) -> Path:
        """Give the path of a source.

        Args:
            part: ``lesson`` or ``lab``.
            name: number and slug of the module.
        """
        return self.root / _SOURCES[part] / f"{name}.md"

    def sources(self, part: str) -> list[Path]:
        """List the sources of a part that exist, by name.

        Args:
            part: ``lesson`` or ``lab``.
        """
        return sorted((self.root / _SOURCES[part]).glob("*.md"))

    def declaration(self, name: str) -> Path:
        """Give the path of the file that declares a module's scenarios and checks.

        Args:
            name: number and slug of the module.
        """
        return self.root / "labs/ecslab/course/modules" / f"{slug_of(name)}.py"

    def wrong_answers(self, name: str) -> Path:
        """Give the path of the catalogued wrong answers of a lab.

        Args:
            name: number and slug of the module.
        """
        return self.root / "tests" / "course" / "wrong" / f"{name}.toml"

    def shown(self, path: Path) -> str:
        """Give a path as messages show it: relative to the root, with forward slashes."""
        return path.relative_to(self.root).as_posix()

    def wanted(self, names: list[str]) -> tuple[Entry, ...]:
        """Give the modules that a person asks for, in the order of the course.

        Args:
            names: numbers, slugs or names; none of them means all modules.
        """
        if not names:
            return self.catalogue.entries
        asked = {self.catalogue.find(name).name for name in names}
        return tuple(entry for entry in self.catalogue if entry.name in asked)


def slug_of(name: str) -> str:
    """Give the Python name of a module: ``03-task-definitions`` is ``task_definitions``."""
    return name.split("-", 1)[-1].replace("-", "_")


def locate(root: Path | None = None) -> Tree:
    """Find the checkout to work on.

    Args:
        root: its folder; the one this package is in by default.
    """
    if root is None:
        root = _PACKAGE.parents[1]
        if not (root / "lessons" / "src").is_dir():
            raise CourseError(
                "The sources of the course are not beside this package; clone the repository and "
                "run `python3 labs build` there."
            )
        return Tree(root, catalogue.load())
    return Tree(root, catalogue.load(root / "labs" / "ecslab" / "course" / "course.toml"))
