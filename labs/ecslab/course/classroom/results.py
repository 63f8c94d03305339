"""The folder of results of a class: pages for people, tables for programs."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ecslab
from ecslab.course import storage
from ecslab.course.classroom.feedback import feedback
from ecslab.course.classroom.heatmap import lab_maps
from ecslab.course.classroom.names import safe_file_name
from ecslab.course.classroom.overview import overview
from ecslab.course.files import CourseFiles
from ecslab.course.grading.render import to_csv, to_json, to_junit
from ecslab.course.grading.report import Report

__all__ = ["rules_of", "write_results"]

_LEARNERS = "learners"

_PACKAGE = Path(ecslab.__file__).parent

_RESERVED = {
    "con",
    "prn",
    "aux",
    "nul",
    *(f"{port}{n}" for port in ("com", "lpt") for n in range(10)),
}
"""What Windows takes for a device, whatever the ending."""


def rules_of(course: CourseFiles, **options: Any) -> str:
    """Give what tells this version, course and options from others that may judge otherwise.

    Args:
        course: the course to judge by.
        options: of the grader.
    """
    whole = hashlib.sha256(repr(sorted(options.items())).encode())
    for path in (*(course.root / each for each in course.all()), *sorted(_PACKAGE.rglob("*.py"))):
        whole.update(path.read_bytes())
    return whole.hexdigest()


def write_results(folder: Path, reports: Sequence[Report], left_out: Sequence[str] = ()) -> Path:
    """Write all that there is to know of a class.

    Args:
        folder: made when it is missing; files of earlier results are replaced.
        reports: of the class.
        left_out: names of files that were handed in and are no notebooks.

    Returns:
        The teacher's page.
    """
    storage.make_folder(folder / _LEARNERS)
    own: dict[str, list[Report]] = {}
    for report in reports:
        own.setdefault(report.learner, []).append(report)
    pages = _pages(sorted(own))
    _forget_pages(folder, {*pages.values()})
    for learner, file in pages.items():
        storage.write(folder / file, feedback(learner, own[learner]))
    storage.write(folder / "results.json", to_json(reports) + "\n")
    storage.write(folder / "results.csv", to_csv(reports))
    storage.write(folder / "junit.xml", to_junit(reports))
    maps = lab_maps(reports, pages)
    for each in maps:
        for name, text in each.files():
            storage.write(folder / name, text)
    index = folder / "index.html"
    storage.write(index, overview(reports, maps, left_out))
    return index


def _pages(learners: Sequence[str]) -> dict[str, str]:
    """Give each learner a file; some systems take names of other letter case for the same."""
    pages: dict[str, str] = {}
    taken: set[str] = set()
    for learner in learners:
        name = safe_file_name(learner)
        if name.casefold() in taken or name.casefold() in _RESERVED:
            digest = hashlib.sha256(learner.encode("utf-8", "replace")).hexdigest()[:8]
            name = f"{name}-{digest}"
        taken.add(name.casefold())
        pages[learner] = f"{_LEARNERS}/{name}.html"
    return pages


def _forget_pages(folder: Path, kept: set[str]) -> None:
    """Delete the pages of learners who are no longer in the class, or are called otherwise now."""
    with storage.explained("tidy", folder / _LEARNERS):
        for path in (folder / _LEARNERS).glob("*.html"):
            if f"{_LEARNERS}/{path.name}" not in kept:
                path.unlink()
