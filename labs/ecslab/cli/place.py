"""Where the course and the learner's folder are, seen from where the command was typed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from ecslab.errors import CourseError

if TYPE_CHECKING:
    from ecslab.course.workspace import Workspace

__all__ = ["course_root", "progress_file", "workspace"]

#: The checkout that this package is part of, unless it was installed from a wheel.
CHECKOUT = Path(__file__).resolve().parents[3]


def course_root() -> Path:
    """Find the folder that holds lessons, labs and solutions.

    `python3 labs` says which one it belongs to. Else it is the nearest one at or above the
    current folder, else the checkout that this package is part of.
    """
    named = os.environ.get("ECSLAB_ROOT")
    if named:
        return Path(named)
    here = Path.cwd()
    for folder in (here, *here.parents, CHECKOUT):
        if all((folder / part).is_dir() for part in ("lessons", "labs", "solutions")):
            return folder
    raise CourseError(
        "There is no course in this folder: make one with `ecslab init FOLDER`, and go there."
    )


def workspace() -> Workspace:
    """The learner's own folder, `work` beside the course."""
    from ecslab.course.files import CourseFiles
    from ecslab.course.workspace import Workspace

    root = course_root()
    return Workspace(root / "work", CourseFiles(root))


def progress_file() -> Path | None:
    """The learner's progress file; None before there is one, or when it is switched off."""
    from ecslab.course.progress import default_path

    return default_path(workspace().folder)
