"""Whose a submission is, as learning platforms write it into the names of files and folders."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import PurePosixPath

from ecslab.course.grading.text import clean

__all__ = ["Origin", "origin_of", "safe_file_name", "without_copy_mark"]

_LONGEST = 100
_UNNAMED = "(no name)"


@dataclass(frozen=True)
class Origin:
    """Where a submission came from, as its name tells it.

    Attributes:
        learner: whose it is, for people to read.
        identity: what the platform tells two learners of the same name apart by, or nothing.
        handed_in: when, as text that sorts by time, or nothing where the name does not say it.
        depth: how many folders lie above what the platform named, or None where it named nothing.
    """

    learner: str
    identity: str = ""
    handed_in: str = ""
    depth: int | None = None


# "Ada Lovelace_12345_assignsubmission_file" or "..._file_", a folder of Moodle's; or, all in one
# folder, "Ada Lovelace_12345_assignsubmission_file_06-services.ipynb" (mod/assign, download all).
_MOODLE = re.compile(r"^(?P<learner>.+?)_(?P<id>\d+)_assignsubmission_(?:file|onlinetext)(?:_.*)?$")

# "lovelaceada_LATE_4711_8888_06-services.ipynb", a file of Canvas's: the learner, whether it was
# late, the learner's number, the file's; "anon_a1B2c_8888_…" where names are hidden
# (canvas-lms, lib/content_zipper.rb).
_CANVAS = re.compile(
    r"^(?P<learner>\w+?)_(?:LATE_)?(?P<id>\d+)_(?:\d{3,}_.+|text\.html|link\.html)$"
)
_CANVAS_HIDDEN = re.compile(
    r"^(?:LATE_)?anon_(?P<learner>[0-9A-Za-z]+)_(?:\d{3,}_.+|text\.html|link\.html)$"
)

# "Lab 2_s1234567_attempt_2026-11-20-10-00-00_06-services.ipynb", a file of Blackboard's.
_BLACKBOARD = re.compile(
    r"^(?P<before>.+?_)(?P<learner>[^_]+)_attempt_(?P<when>\d{4}(?:-\d\d){5})(?:_.+|\.txt)?$"
)

# "1234-5678 - Ada Lovelace - Nov 20, 2026 1000 AM - 06-services.ipynb", a file of Brightspace's,
# or a folder without the last part.
_BRIGHTSPACE = re.compile(
    r"^(?P<id>\d+)-\d+ - (?P<learner>.+?)"
    r" - (?P<when>\w+\.? \d{1,2}, \d{4} [\d:]+ [AP]M)(?: - .+)?$"
)

# "Lovelace_Ada_lovelace_4711", a folder of ILIAS's: family name, first name, login, number.
_ILIAS = re.compile(r"^(?P<last>[^_\d]+)_(?P<first>[^_\d]+)_(?P<id>[^_]+)_\d+$")

# "Ada Lovelace - 06-services.ipynb", a learner's copy in Google Classroom.
_GOOGLE = re.compile(r"^(?P<learner>.+?) - \d\d-[a-z].*$")

_COPY_MARK = re.compile(r"(?:-\d{1,2}| ?\(\d{1,2}\)| - Copy)$")
_NOT_IN_A_NAME = re.compile(r"[^\w.-]+")


def origin_of(parts: Sequence[str]) -> Origin:
    """Tell whose a file is, and from when, from where it lay among the submissions.

    Args:
        parts: the folders below the class's own, and the name of the file.

    Returns:
        What the platform wrote, else the first folder, else the name of the file without its
        ending.
    """
    for depth, part in reversed(list(enumerate(parts))):
        found = _of_platform(part, is_folder=depth < len(parts) - 1)
        if found is not None:
            return replace(found, learner=_shown(found.learner), depth=depth)
    if len(parts) > 1:
        return Origin(_shown(parts[0]))
    google = _GOOGLE.match(parts[0])
    return Origin(_shown(google["learner"] if google else PurePosixPath(parts[0]).stem))


def without_copy_mark(stem: str) -> str:
    """Take away what browsers and platforms put behind the name of a second file, as in ``(1)``."""
    return _COPY_MARK.sub("", stem)


def safe_file_name(name: str) -> str:
    """Give a file name that any system takes, and that leads nowhere else.

    Args:
        name: of a submission, from anywhere.
    """
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    kept = _NOT_IN_A_NAME.sub("_", clean(last)).strip("._")
    return kept[-_LONGEST:] or "submission"


def _of_platform(part: str, *, is_folder: bool) -> Origin | None:
    if found := _MOODLE.match(part):
        return Origin(found["learner"], found["id"])
    if found := _BRIGHTSPACE.match(part):
        return Origin(found["learner"], found["id"], _brightspace_time(found["when"]))
    if is_folder:
        found = _ILIAS.match(part)
        return Origin(f"{found['first']} {found['last']}", found["id"]) if found else None
    return _of_file(part)


def _of_file(part: str) -> Origin | None:
    if found := _BLACKBOARD.match(part):
        return Origin(found["learner"], found["before"] + found["learner"], found["when"])
    if found := _CANVAS_HIDDEN.match(part):
        return Origin(found["learner"], found["learner"])
    if found := _CANVAS.match(part):
        return Origin(found["learner"], found["id"])
    return None


def _brightspace_time(words: str) -> str:
    """Give a time as text that sorts, or nothing where its month is of another language."""
    digits = words.replace(":", "").replace(".", "")
    for form in ("%b %d, %Y %I%M %p", "%B %d, %Y %I%M %p"):
        with suppress(ValueError):
            return datetime.strptime(digits, form).strftime("%Y-%m-%d-%H-%M-%S")  # noqa: DTZ007
    return ""


def _shown(name: str) -> str:
    # macOS writes ü as u and two dots: the same name must not be two.
    return unicodedata.normalize("NFC", clean(name))[:_LONGEST] or _UNNAMED
