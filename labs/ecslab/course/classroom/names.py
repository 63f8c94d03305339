"""Whose a submission is, as learning platforms write it into the names of files and folders."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

from ecslab.course.grading.text import clean

__all__ = ["learner_of", "safe_file_name"]

_LONGEST = 100
_UNNAMED = "(no name)"

# "Ada Lovelace_12345_assignsubmission_file" or "..._file_", a folder of Moodle's.
_MOODLE = re.compile(r"^(?P<learner>.+?)_\d+_assignsubmission_(?:file|onlinetext)_?$")

# "lovelaceada_LATE_4711_8888_06-services.ipynb", a file of Canvas's.
_CANVAS = re.compile(r"^(?P<learner>[^_]+)_(?:LATE_)?\d+_\d+_(?P<file>.+)$")

# "Assignment_s1234567_attempt_2026-11-20-10-00-00_06-services.ipynb", a file of Blackboard's.
_BLACKBOARD = re.compile(r"^.+?_(?P<learner>[^_]+)_attempt_[\d-]+(?:_(?P<file>.+))?$")

_NOT_IN_A_NAME = re.compile(r"[^\w.-]+")


def learner_of(parts: Sequence[str]) -> str:
    """Tell whose a file is from where it lay among the submissions.

    Args:
        parts: the folders below the class's own, and the name of the file.

    Returns:
        The learner's name for people to read: what the platform wrote, else the first folder,
        else the name of the file without its ending.
    """
    for part in parts[:-1]:
        found = _MOODLE.match(part)
        if found:
            return _shown(found["learner"])
    file = parts[-1]
    for pattern in (_BLACKBOARD, _CANVAS):
        found = pattern.match(file)
        if found:
            return _shown(found["learner"])
    return _shown(parts[0] if len(parts) > 1 else PurePosixPath(file).stem)


def safe_file_name(name: str) -> str:
    """Give a file name that any system takes, and that leads nowhere else.

    Args:
        name: of a submission, from anywhere.
    """
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    kept = _NOT_IN_A_NAME.sub("_", clean(last)).strip("._")
    return kept[-_LONGEST:] or "submission"


def _shown(name: str) -> str:
    return clean(name)[:_LONGEST] or _UNNAMED
