"""The page that a learner gets back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ecslab.course.classroom.page import MARKS, page, shown
from ecslab.course.grading.report import CheckResult, Report

__all__ = ["feedback"]


def feedback(learner: str, reports: Sequence[Report]) -> str:
    """Write the page of one learner.

    Args:
        learner: the name, for people to read.
        reports: on all that this learner handed in.

    Returns:
        HTML: what each notebook earned, check by check, and in words what is missing.
    """
    return page(f"Feedback for {learner}", _parts(reports))


def _parts(reports: Sequence[Report]) -> Iterator[str]:
    for report in reports:
        yield f"<h2>{shown(report.file.name)}</h2>"
        if report.problem is not None:
            yield f'<p class="error">{shown(report.problem)}</p>'
            continue
        share = 100 * report.score // max(1, report.possible)
        yield (
            f"<p>{shown(report.module)}: <strong>{report.score} of {report.possible}"
            f' points</strong></p><div class="bar" style="--part: {share}%"></div>'
        )
        yield from _checks(report.checks)


def _checks(checks: Iterable[CheckResult]) -> Iterator[str]:
    yield '<div class="wide"><table><tr><th></th><th>Check</th><th>Points</th>'
    yield "<th>What it says</th></tr>"
    for check in checks:
        name = check.outcome.replace(" ", "-")
        words = "" if check.outcome == "passed" else f"<pre>{shown(check.message)}</pre>"
        yield (
            f'<tr><td class="mark {name}">{MARKS[check.outcome]}</td>'
            f"<td><strong>{shown(check.title)}</strong><br>{check.outcome}</td>"
            f"<td>{check.earned} of {check.points}</td><td>{words}</td></tr>"
        )
    yield "</table></div>"
