"""Grading files, several at the same time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from ecslab.course.grading.grader import Grader
from ecslab.course.grading.report import Report
from ecslab.errors import CourseError

__all__ = ["grade_files"]


def grade_files(
    paths: Sequence[Path],
    *,
    jobs: int = 1,
    on_report: Callable[[Report], None] | None = None,
    **options: Any,
) -> list[Report]:
    """Grade notebooks.

    Args:
        paths: the learners' files.
        jobs: how many notebooks run at the same time.
        on_report: called with each report as it is ready, from any thread.
        options: of `Grader`.

    Returns:
        One report for each path, in their order. A file that cannot be graded has a `problem`.
    """
    if jobs < 1:
        raise CourseError("The number of jobs must be at least 1.")
    with Grader(**options) as grader:

        def grade(path: Path) -> Report:
            report = grader.grade(path)
            if on_report is not None:
                on_report(report)
            return report

        if jobs == 1 or len(paths) < 2:  # noqa: PLR2004 - one file needs no pool
            return [grade(path) for path in paths]
        pool = ThreadPoolExecutor(jobs)
        try:
            return list(pool.map(grade, paths))
        finally:  # after Ctrl-C too: whatever waits is dropped, whatever runs is ended
            pool.shutdown(wait=False, cancel_futures=True)
            grader.stop()
            pool.shutdown()
