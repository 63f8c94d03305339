"""How the files of a class lie: which folder is a learner's, and which only holds the class."""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ecslab.course import catalogue
from ecslab.course.classroom.archive import (
    Member,
    is_archive,
    is_hidden,
    is_notebook,
    members,
)
from ecslab.course.classroom.ledger import LEDGER
from ecslab.course.classroom.names import origin_of, without_copy_mark
from ecslab.errors import CourseError

__all__ = ["Found", "look_at"]

_COURSE = {"labs", "lessons", "solutions", "work"}

_CLONES = "-submissions"
"""How GitHub Classroom ends the name of the folder with everybody's repositories."""


@dataclass(frozen=True)
class Found:
    """A file that was handed in, or lies among those that were.

    Attributes:
        parts: the folders below the path that was given, and the name of the file.
        below: the same without the folders that hold the whole class.
        path: the file, or the zip file that holds it.
        member: the place in the zip file, or None.
        problem: why it cannot be read, or nothing.
        when: the time of its last change, as text that sorts.
        learner: whose it is, where no name in `below` says so.
        alone: whether it was named by itself, so that it counts whatever else there is.
        given: whether it is a file of the course, in a learner's copy of the whole of it.
    """

    parts: tuple[str, ...]
    below: tuple[str, ...]
    path: Path
    member: Member | None = None
    problem: str = ""
    when: str = ""
    learner: str = ""
    alone: bool = False
    given: bool = False


def look_at(path: Path) -> list[Found]:
    """List the files of a class, or of a part of it.

    Args:
        path: a notebook, a zip file or a folder.

    Raises:
        CourseError: it does not exist.
    """
    if not path.exists() and not path.is_symlink():
        raise CourseError(f"There is no file {path}; name a notebook, or a folder of them.")
    labs = {entry.name for entry in catalogue.load()}
    above = path.resolve()
    if path.is_dir():
        return _owned(list(_in_folder(_handed_in(path), labs)), above.name, labs)
    if is_archive(path):
        return _owned(list(_in_archive(path, (), labs)), above.stem, labs)
    (found,) = _owned([_file((path.name,), path)], above.parent.name, labs)
    return [replace(found, alone=True)]


def _handed_in(folder: Path) -> Path:
    """Give the folder with the submissions of an nbgrader course, or the folder itself."""
    inner = folder / "submitted"
    return inner if inner.is_dir() and (folder / "source").is_dir() else folder


def _in_folder(folder: Path, labs: Collection[str]) -> Iterator[Found]:
    unread: list[OSError] = []
    for place, folders, files in os.walk(folder, onerror=unread.append):
        if LEDGER in files and Path(place) != folder:  # the results of a grading
            folders.clear()
            continue
        folders[:] = sorted(name for name in folders if not is_hidden((name,)))
        links = [name for name in folders if is_notebook(name) or (Path(place) / name).is_symlink()]
        for name in sorted([*files, *filter(is_notebook, links)]):
            path = Path(place) / name
            parts = path.relative_to(folder).parts
            if is_hidden((name,)):
                continue
            if is_archive(path):
                yield from _in_archive(path, (*parts[:-1], path.stem), labs)
            elif not path.is_dir():
                yield _file(parts, path)
    for error in unread:
        path = Path(str(error.filename))
        parts = path.relative_to(folder).parts or (path.name,)
        problem = f"The folder {path.name} cannot be read ({error.strerror})."
        yield Found(parts, parts, path, problem=problem)


def _in_archive(path: Path, above: tuple[str, ...], labs: Collection[str]) -> Iterator[Found]:
    try:
        found = list(members(path))
    except CourseError as error:
        parts = (*above[:-1], path.name)
        yield Found(parts, parts, path, problem=str(error))
        return
    # The zip file of a whole class holds a folder, or a file, for each learner.
    inside = [each.parts or (path.name,) for each in found]
    learners_own = len(above) > 1 or (above and origin_of((*above, "")).depth is not None)
    own = above if learners_own or not _are_learners(_notebooks(inside), labs) else ()
    for member, names in zip(found, inside, strict=True):
        parts = (*own, *names)
        asked = parts[-1].lower().endswith((".ipynb", ".zip"))
        problem = member.problem if asked else ""
        yield Found(parts, parts, path, member, problem, member.when)


def _file(parts: tuple[str, ...], path: Path) -> Found:
    try:
        changed = time.localtime(path.lstat().st_mtime)
    except (OSError, OverflowError, ValueError):
        return Found(parts, parts, path)
    return Found(parts, parts, path, when=time.strftime("%Y-%m-%d-%H-%M-%S", changed))


def _owned(found: list[Found], above: str, labs: Collection[str]) -> list[Found]:
    """Take away the folders that hold the whole class, and name who no name says.

    Args:
        found: all files of a path.
        above: the name of the folder or zip file that they lie in.
        labs: the names of all labs.
    """
    while True:
        below = _notebooks([each.below for each in found])
        tops = {parts[0] for parts in below if len(parts) > 1}
        if len(tops) != 1 or not all(len(parts) > 1 for parts in below):
            break
        (top,) = tops
        if origin_of((top, "")).depth is not None:
            break
        if not _are_learners([parts[1:] for parts in below], labs):
            break
        above = top
        found = [
            replace(each, below=each.below[1:])
            if len(each.below) > 1 and each.below[0] == top
            else each
            for each in found
        ]
    owned = [_with_learner(each, above, labs) for each in found]
    courses = _courses(owned)
    return [replace(each, given=_is_given(each.parts, courses)) for each in owned]


def _courses(found: list[Found]) -> dict[tuple[str, ...], bool]:
    """Give the folders that are copies of the whole course, and whether each has a `work` folder.

    A learner who works in a copy of the course hands in its lessons and solutions too.
    """
    folders: dict[tuple[str, ...], set[str]] = {}
    for each in found:
        for depth, name in enumerate(each.parts[:-1]):
            if name in _COURSE and is_notebook(each.parts[-1]):
                folders.setdefault(each.parts[:depth], set()).add(name)
    return {place: "work" in names for place, names in folders.items() if len(names - {"work"}) > 1}


def _is_given(parts: tuple[str, ...], courses: Mapping[tuple[str, ...], bool]) -> bool:
    for depth, name in enumerate(parts[:-1]):
        if parts[:depth] in courses:
            return name != "work" if courses[parts[:depth]] else name != "labs"
    return False


def _with_learner(found: Found, above: str, labs: Collection[str]) -> Found:
    if origin_of(found.below).depth is not None:
        return found
    first = found.below[0]
    if len(found.below) == 1:
        return replace(found, learner=above) if Path(first).stem in labs else found
    prefix = above.removesuffix(_CLONES) + "-"
    if above.endswith(_CLONES) and first.startswith(prefix) and first != prefix:
        return replace(found, below=(first.removeprefix(prefix), *found.below[1:]))
    return found


def _notebooks(files: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Give those that are notebooks, or all when none is."""
    return [parts for parts in files if is_notebook(parts[-1])] or list(files)


def _are_learners(files: Sequence[tuple[str, ...]], labs: Collection[str]) -> bool:
    """Tell whether the outermost names are those of learners, and not of one learner's labs."""
    tops = {parts[0] if len(parts) > 1 else Path(parts[0]).stem for parts in files}
    names = {without_copy_mark(top) for top in tops}
    return len(names) > 1 and names.isdisjoint(labs)
