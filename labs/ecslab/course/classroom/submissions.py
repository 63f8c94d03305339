"""What a class handed in: notebooks in folders and zip files, as learning platforms export them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from ecslab.course.classroom.archive import Member, is_notebook, read_member
from ecslab.course.classroom.layout import Found, look_at
from ecslab.course.classroom.names import Origin, origin_of, without_copy_mark
from ecslab.course.grading.notebook import LARGEST_FILE
from ecslab.course.grading.text import clean, first_of
from ecslab.errors import CourseError

__all__ = ["HandedIn", "Submission", "look_through"]


@dataclass(frozen=True)
class Submission:
    """One notebook that somebody handed in.

    Attributes:
        learner: whose it is, for people to read.
        name: what it is called among all of them; no other has this name.
        path: the notebook, or the zip file that holds it.
        member: the place in the zip file, or None.
        problem: why it cannot be graded, or nothing.
        when: when it was handed in, as text that sorts, as well as that is known.
        series: the same for what may be attempts of one learner at one lab.
    """

    learner: str
    name: str
    path: Path
    member: Member | None = None
    problem: str = ""
    when: str = ""
    series: str = ""

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


@dataclass(frozen=True)
class HandedIn:
    """What was found.

    Attributes:
        submissions: the notebooks, by learner; also one with a `problem` for each learner who
            handed in something else only.
        left_out: the names of the other files, of learners with a notebook and of nobody; also
            the lessons and solutions in a learner's copy of the whole course.
    """

    submissions: list[Submission]
    left_out: tuple[str, ...] = ()


def look_through(paths: Iterable[Path]) -> HandedIn:
    """Find what was handed in.

    Args:
        paths: notebooks, zip files, and folders of both.

    Returns:
        The submissions, by learner, and what else lay there. A zip file that cannot be read is a
        submission with a `problem`.

    Raises:
        CourseError: a path does not exist, or nothing was handed in there.
    """
    asked = list(paths)
    files = [each for path in asked for each in look_at(path)]
    origins = _told_apart([(each, _origin(each)) for each in files])
    submissions, others = [], []
    for each, origin in origins:
        if each.problem or (is_notebook(each.parts[-1]) and not each.given):
            submissions.append(_submission(each, origin))
        else:
            others.append((each, origin))
    have = {each.learner for each in submissions}
    submissions += _without_notebook(others, have)
    if not submissions:
        raise CourseError(f"There is no notebook in {', '.join(map(str, asked))}.")
    submissions.sort(key=lambda each: (each.learner.casefold(), each.name))
    told = {each.learner for each in submissions} - have
    left_out = sorted(_name(each) for each, origin in others if origin.learner not in told)
    return HandedIn(_named_apart(submissions), tuple(left_out))


def _origin(found: Found) -> Origin:
    """Tell whose it is; a file that is only named like its lab is that of the folder it lies in."""
    if found.learner:
        return Origin(found.learner)
    return origin_of(found.below)


def _told_apart(found: list[tuple[Found, Origin]]) -> list[tuple[Found, Origin]]:
    """Add to the name of learners who share it in one export what the platform knows them by."""
    shared: dict[tuple[object, ...], set[str]] = {}
    for each, origin in found:
        if origin.depth is not None:
            place = (each.path if each.member else None, each.below[: origin.depth])
            shared.setdefault((*place, origin.learner), set()).add(origin.identity)
    double = {place[-1] for place, identities in shared.items() if len(identities) > 1}
    return [
        (
            each,
            replace(origin, learner=f"{origin.learner} ({clean(origin.identity)})")
            if origin.identity and origin.learner in double
            else origin,
        )
        for each, origin in found
    ]


def _submission(found: Found, origin: Origin) -> Submission:
    stem = without_copy_mark(found.parts[-1].rsplit(".", 1)[0])
    series = "" if origin.depth is not None else "/".join((*found.parts[:-1], stem))
    return Submission(
        origin.learner,
        _name(found),
        found.path,
        found.member,
        found.problem,
        origin.handed_in or found.when,
        str(found.path) if found.alone else series,
    )


def _without_notebook(others: list[tuple[Found, Origin]], have: set[str]) -> list[Submission]:
    """Give a submission with a problem for each learner of whom there is no notebook."""
    files: dict[str, list[Found]] = {}
    for each, origin in others:
        if origin.learner not in have and (origin.depth is not None or len(each.below) > 1):
            files.setdefault(origin.learner, []).append(each)
    found = []
    for learner, own in files.items():
        names = [clean(each.parts[-1]) for each in own]
        problem = f"There is no notebook, only {first_of(names)}; ask for the .ipynb file."
        found.append(Submission(learner, _name(own[0]), own[0].path, problem=problem))
    return found


def _name(found: Found) -> str:
    return clean("/".join(found.parts))


def _named_apart(found: list[Submission]) -> list[Submission]:
    """Number submissions that would have the same name."""
    seen: dict[str, int] = {}
    apart = []
    for each in found:
        count = seen[each.name] = seen.get(each.name, 0) + 1
        apart.append(replace(each, name=f"{each.name} ({count})") if count > 1 else each)
    return apart
