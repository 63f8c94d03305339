"""What a class handed in: notebooks in folders and zip files, as learning platforms export them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from ecslab.course.classroom.archive import Member, is_archive, members, read_member
from ecslab.course.classroom.names import learner_of
from ecslab.course.grading.notebook import LARGEST_FILE
from ecslab.course.grading.text import clean
from ecslab.errors import CourseError

__all__ = ["Submission", "find"]


@dataclass(frozen=True)
class Submission:
    """One notebook that somebody handed in.

    Attributes:
        learner: whose it is, for people to read.
        name: what it is called among all of them; no other has this name.
        path: the notebook, or the zip file that holds it.
        member: the place in the zip file, or None.
        problem: why it cannot be graded, or nothing.
    """

    learner: str
    name: str
    path: Path
    member: Member | None = None
    problem: str = ""

    def content(self) -> bytes:
        """Read it, without following a link.

        Raises:
            CourseError: it cannot be read, or is too large.
        """
        if self.problem:
            raise CourseError(self.problem)
        if self.member is not None:
            return read_member(self.path, self.member)
        if self.path.is_symlink():
            raise CourseError(f"{self.path.name} is a link; give the notebook file itself.")
        if not self.path.is_file():
            raise CourseError(f"{self.path.name} is not a file; give a notebook.")
        try:
            with self.path.open("rb") as file:
                content = file.read(LARGEST_FILE + 1)
        except OSError as error:
            raise CourseError(
                f"{self.path.name} cannot be read ({error.strerror}); check its permissions."
            ) from None
        if len(content) > LARGEST_FILE:
            raise CourseError(
                f"{self.path.name} is larger than {LARGEST_FILE // 1024**2} MiB;"
                " clear its outputs in Jupyter and save it again."
            )
        return content

    def key(self, judge: str) -> str:
        """Give what tells this submission, in this version, from every other.

        Args:
            judge: what tells the judge from one with other rules.
        """
        try:
            content = self.content()
        except CourseError as error:
            content = str(error).encode()
        text = f"{judge}\0{self.name}\0".encode("utf-8", "replace")
        return hashlib.sha256(text + content).hexdigest()


def find(paths: Iterable[Path]) -> list[Submission]:
    """List the notebooks at some paths.

    Args:
        paths: notebooks, zip files, and folders of both.

    Returns:
        The submissions, by name. A zip file that cannot be read is one with a `problem`.

    Raises:
        CourseError: a path does not exist, or nothing is there.
    """
    asked = list(paths)
    found: list[Submission] = []
    for path in asked:
        if not path.exists() and not path.is_symlink():
            raise CourseError(f"There is no file {path}; name a notebook, or a folder of them.")
        if path.is_dir():
            found += _in_folder(path)
        elif is_archive(path):
            found += _in_archive(path, ())
        else:
            found.append(_submission((path.name,), path))
    if not found:
        raise CourseError(f"There is no notebook in {', '.join(map(str, asked))}.")
    return _named_apart(found)


def _in_folder(folder: Path) -> Iterator[Submission]:
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if ".ipynb_checkpoints" in parts or "__MACOSX" in parts:
            continue
        if path.suffix.lower() == ".ipynb" and not path.is_dir():
            yield _submission(parts, path)
        elif is_archive(path):
            yield from _in_archive(path, (*parts[:-1], path.stem))


def _in_archive(path: Path, above: tuple[str, ...]) -> Iterator[Submission]:
    try:
        found = list(members(path))
    except CourseError as error:
        yield Submission(learner_of((*above, path.name)), path.name, path, problem=str(error))
        return
    # The zip file of a whole class holds a folder, or a file, for each learner.
    whole_class = len({member.parts[:1] for member in found}) > 1
    for member in found:
        own = () if whole_class else above
        parts = (*own, *(member.parts or (path.name,)))
        yield replace(_submission(parts, path), member=member)


def _submission(parts: tuple[str, ...], path: Path) -> Submission:
    return Submission(learner_of(parts), clean("/".join(parts)), path)


def _named_apart(found: list[Submission]) -> list[Submission]:
    """Number submissions that would have the same name."""
    seen: dict[str, int] = {}
    apart = []
    for each in found:
        count = seen[each.name] = seen.get(each.name, 0) + 1
        apart.append(replace(each, name=f"{each.name} ({count})") if count > 1 else each)
    return apart
