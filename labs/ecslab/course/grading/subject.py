"""Which notebook of the course a file is, and what is to be run for it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ecslab.course import catalogue
from ecslab.course.catalogue import Catalogue
from ecslab.course.files import CourseFiles
from ecslab.course.grading.merge import merge, pristine
from ecslab.course.grading.notebook import (
    Cell,
    Notebook,
    cell_names,
    is_code,
    read_notebook,
    source_of,
)
from ecslab.errors import CourseError

__all__ = ["Subject", "find_subject", "read_lab"]

Kind = Literal["lab", "course", "copy"]

_START = re.compile(r"""\bstart\(\s*(?:name\s*=\s*)?["']([\w-]+)["']([^)]*)""")
_LESSON = re.compile(r"""["']lesson["']""")
_FOLDERS = {"lessons": "lesson", "solutions": "solution"}


@dataclass(frozen=True)
class Subject:
    """What is run when a file of the course is given to nbval.

    Attributes:
        module: its name, such as ``02-clusters``.
        kind: ``lab`` is a learner's, merged into the reference; ``course`` is a lesson or solution
            of the course itself; ``copy`` is a learner's lesson, which is run and not compared.
        notebook: what is run.
    """

    module: str
    kind: Kind
    notebook: Notebook


def find_subject(path: Path, files: CourseFiles) -> Subject | None:
    """Tell what to run for a notebook file, or None when it is none of the course's.

    Args:
        path: any notebook.
        files: the course.

    Raises:
        CourseError: it is a file of the course, and cannot be judged.
    """
    modules = catalogue.load()
    place = _place(path, files)
    if place is not None:
        return Subject(place, "course", pristine(read_notebook(path)))
    try:
        notebook = read_notebook(path)
    except CourseError:
        if _named(path.stem, modules) is None:
            return None
        raise
    found = _identify(path, notebook, files, modules)
    if found is None:
        return None
    module, part = found
    if part == "lesson":
        return Subject(module, "copy", pristine(notebook))
    return _merged(module, notebook, files)


def read_lab(path: Path, files: CourseFiles) -> Subject:
    """Read a submission and merge it into the reference of its lab.

    Args:
        path: the learner's notebook.
        files: the course.
    """
    notebook = read_notebook(path)
    found = _identify(path, notebook, files, catalogue.load())
    if found is None:
        raise CourseError(
            f"{path.name} is not a lab of this course; give a notebook that was made from labs/."
        )
    module, part = found
    if part == "lesson":
        raise CourseError(f"{path.name} is a lesson, which has no points; give the lab {module}.")
    return _merged(module, notebook, files)


def _merged(module: str, notebook: Notebook, files: CourseFiles) -> Subject:
    solution, starter = files.solution(module), files.lab(module)
    if not solution.is_file():
        raise CourseError(f"The course has no solution of {module} to judge by; install it again.")
    reference = read_notebook(solution)
    stub = read_notebook(starter) if starter.is_file() else None
    return Subject(module, "lab", merge(reference, notebook, stub))


def _place(path: Path, files: CourseFiles) -> str | None:
    """Give the module of a lesson or solution that lies in the course itself."""
    folder = path.resolve().parent
    lies = any(folder == (files.root / name).resolve() for name in _FOLDERS)
    return path.stem if lies else None


def _identify(
    path: Path, notebook: Notebook, files: CourseFiles, modules: Catalogue
) -> tuple[str, str] | None:
    """Give module and part (``lesson`` or ``lab``) by content, else by the name of the file."""
    code = [cell for cell in notebook["cells"] if is_code(cell)]
    found = _by_metadata(notebook, modules) or _by_start(code, modules)
    by_ids = None if found else _by_ids(code, files, modules)
    if by_ids is not None:
        found = (by_ids, "lab")
    named = _named(path.stem, modules)
    if found is None:
        return None if named is None or "lesson" in path.stem else (named, "lab")
    if named == path.stem and named != found[0]:
        raise CourseError(f"{path.name} holds {found[0]}, not {named}; rename it and try again.")
    return found


def _by_metadata(notebook: Notebook, modules: Catalogue) -> tuple[str, str] | None:
    metadata = notebook.get("metadata")
    ours = metadata.get("ecslab") if isinstance(metadata, dict) else None
    name = ours.get("module") if isinstance(ours, dict) else None
    return (name, "lab") if name in {entry.name for entry in modules} else None


def _by_start(code: Iterable[Cell], modules: Catalogue) -> tuple[str, str] | None:
    for cell in code:
        for name, rest in _START.findall(source_of(cell)):
            try:
                entry = modules.find(name)
            except CourseError:
                continue
            return entry.name, "lesson" if _LESSON.search(rest) else "lab"
    return None


def _by_ids(code: Iterable[Cell], files: CourseFiles, modules: Catalogue) -> str | None:
    """Find the lab that has most of its own cell ids in a notebook, at least half of them."""
    theirs = {name for cell in code for name in cell_names(cell) if name}
    best: tuple[float, str] | None = None
    for entry in modules:
        path = files.solution(entry.name)
        if path.is_file():
            cells = [cell for cell in read_notebook(path)["cells"] if is_code(cell)]
            ours = {name for cell in cells for name in cell_names(cell) if name}
            share = len(ours & theirs) / max(1, len(ours))
            if best is None or share > best[0]:
                best = (share, entry.name)
    return best[1] if best and best[0] >= 0.5 else None  # noqa: PLR2004 - half, as said above


def _named(stem: str, modules: Catalogue) -> str | None:
    return next((entry.name for entry in modules if entry.name in stem), None)
