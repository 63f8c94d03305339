"""The folder of results of a class: pages for people, tables for programs."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ecslab.course import storage
from ecslab.course.classroom.feedback import feedback
from ecslab.course.classroom.names import safe_file_name
from ecslab.course.classroom.overview import overview
from ecslab.course.files import CourseFiles
from ecslab.course.grading.render import to_csv, to_json, to_junit
from ecslab.course.grading.report import Report

__all__ = ["LEDGER", "rules_of", "write_results"]

LEDGER = "reports.jsonl"
"""The name of the ledger in the folder."""

_LEARNERS = "learners"


def rules_of(course: CourseFiles, **options: Any) -> str:
    """Give what tells this course and these options from others that may judge otherwise.

    Args:
        course: the course to judge by.
        options: of the grader.
    """
    whole = hashlib.sha256(repr(sorted(options.items())).encode())
    for path in course.all():
        whole.update((course.root / path).read_bytes())
    return whole.hexdigest()


def write_results(folder: Path, reports: Sequence[Report]) -> Path:
    """Write all that there is to know of a class.

    Args:
        folder: made when it is missing; files of earlier results are replaced.
        reports: of the class.

    Returns:
        The teacher's page.
    """
    storage.make_folder(folder / _LEARNERS)
    pages: dict[str, str] = {}
    for learner in sorted({report.learner for report in reports}):
        file = f"{_LEARNERS}/{_page_name(learner, set(pages.values()))}"
        pages[learner] = file
        own = [report for report in reports if report.learner == learner]
        storage.write(folder / file, feedback(learner, own))
    storage.write(folder / "results.json", to_json(reports) + "\n")
    storage.write(folder / "results.csv", to_csv(reports))
    storage.write(folder / "junit.xml", to_junit(reports))
    index = folder / "index.html"
    storage.write(index, overview(reports, pages))
    return index


def _page_name(learner: str, taken: set[str]) -> str:
    name = f"{safe_file_name(learner)}.html"
    if f"{_LEARNERS}/{name}" not in taken:
        return name
    digest = hashlib.sha256(learner.encode("utf-8", "replace")).hexdigest()[:8]
    return f"{safe_file_name(learner)}-{digest}.html"
