"""Which of several attempts counts: the latest of a learner at a lab."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from ecslab.course.classroom.submissions import Submission
from ecslab.course.grading.report import Report

__all__ = ["latest"]

_DIGITS = re.compile(r"(\d+)")


def latest(submissions: Sequence[Submission], reports: Sequence[Report]) -> list[Report]:
    """Mark the attempts that a later one of the same learner at the same lab replaces.

    Files are attempts where a platform says whose they are, or where only the mark of a copy, as
    in ``lab (1).ipynb``, tells their names apart. Of other files nobody knows: each counts.

    Args:
        submissions: of a class.
        reports: one for each, in the same order.
    """
    attempts: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for index, (submission, report) in enumerate(zip(submissions, reports, strict=True)):
        if report.problem is None:
            attempts[submission.learner, report.module, submission.series].append(index)
    marked = list(reports)
    for indices in attempts.values():
        *earlier, last = sorted(indices, key=lambda index: _order(submissions[index]))
        for index in earlier:
            marked[index] = replace(marked[index], superseded_by=submissions[last].name)
    return marked


def _order(submission: Submission) -> tuple[str, list[str | int]]:
    stem = PurePosixPath(submission.name).stem
    words = _DIGITS.split(stem)  # text and numbers in turns
    return submission.when, [int(word) if index % 2 else word for index, word in enumerate(words)]
