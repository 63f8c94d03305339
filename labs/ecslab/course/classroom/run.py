"""Grading a class: what has a report already is left alone, the rest is shared out."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace
from pathlib import Path

from ecslab.course.classroom.attempts import latest
from ecslab.course.classroom.ledger import Ledger
from ecslab.course.classroom.names import safe_file_name
from ecslab.course.classroom.submissions import Submission
from ecslab.course.grading.grader import Grader
from ecslab.course.grading.report import Report
from ecslab.errors import CourseError

__all__ = ["Judge", "grade_class", "grade_content", "grade_submission", "on_this_machine"]

Judge = Callable[[Sequence[Submission]], Iterator[tuple[Submission, Report]]]
"""Grades submissions and gives each with its report as soon as it is ready, in any order."""


def grade_class(
    submissions: Sequence[Submission],
    ledger: Ledger,
    judge: Judge,
    *,
    rules: str,
    on_report: Callable[[Report], None],
) -> list[Report]:
    """Grade the submissions that have no report yet.

    Args:
        submissions: of the whole class.
        ledger: keeps each report as soon as it is ready.
        judge: grades.
        rules: what tells this judge from one with other rules; a report by other rules is none.
        on_report: called with each report, also with those that were there before.

    Returns:
        The reports of all of them, in their order; the attempts that do not count are marked.
    """
    keys = {each.name: each.key(rules) for each in submissions}
    done = {name: ledger.reports[key] for name, key in keys.items() if key in ledger.reports}
    for report in done.values():
        on_report(report)
    for submission, report in judge([each for each in submissions if each.name not in done]):
        if report.problem is None:  # what could not be graded now is tried again next time
            ledger.add(keys[submission.name], report)
        done[submission.name] = report
        on_report(report)
    found = [replace(done[each.name], learner=each.learner) for each in submissions]
    return latest(submissions, found)


def on_this_machine(grader: Grader, jobs: int) -> Judge:
    """Make a judge of a grader.

    Args:
        grader: started.
        jobs: how many notebooks it runs at the same time.
    """

    def judge(waiting: Sequence[Submission]) -> Iterator[tuple[Submission, Report]]:
        def one(submission: Submission) -> tuple[Submission, Report]:
            return submission, grade_submission(submission, grader)

        pool = ThreadPoolExecutor(jobs)
        try:
            for done in as_completed([pool.submit(one, each) for each in waiting]):
                yield done.result()
        finally:  # after Ctrl-C too: whatever waits is dropped, whatever runs is ended
            pool.shutdown(wait=False, cancel_futures=True)
            grader.stop()
            pool.shutdown()

    return judge


def grade_submission(submission: Submission, grader: Grader) -> Report:
    """Grade a submission from wherever it lies.

    Args:
        submission: one of a class.
        grader: started.

    Returns:
        Its report, with the submission's own name and learner.
    """
    try:
        content = submission.content()
    except CourseError as error:
        report = Report(Path(submission.name), problem=str(error))
    else:
        report = grade_content(submission.name, content, grader)
    return replace(report, learner=submission.learner)


def grade_content(name: str, content: bytes, grader: Grader) -> Report:
    """Grade a notebook that is at hand as bytes.

    Args:
        name: of the submission.
        content: of its file.
        grader: started.
    """
    with tempfile.TemporaryDirectory(prefix="ecslab-", ignore_cleanup_errors=True) as folder:
        path = Path(folder) / safe_file_name(name)
        path.write_bytes(content)
        return replace(grader.grade(path), file=Path(name))
