"""The page that a learner gets back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ecslab.course.classroom.page import MARKS, page, scrolled, shown
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
    for number, report in enumerate(reports, start=1):
        yield f'<h2 dir="auto">{shown(report.file.name)}</h2>'
        if report.problem is not None:
            yield f'<p class="error">{shown(report.problem)}</p>'
            continue
        if report.superseded_by:
            later = report.superseded_by.rsplit("/", 1)[-1]
            yield f"<p>An earlier attempt, which does not count: {shown(later)} does.</p>"
        share = 100 * report.score // max(1, report.possible)
        yield (
            f"<p>{shown(report.module)}: <strong>{report.score} of {report.possible}"
            f' points</strong></p><div class="bar" style="--part: {share}%"></div>'
        )
        yield scrolled(f"Checks of notebook {number}", _checks(report.checks))


def _checks(checks: Iterable[CheckResult]) -> Iterator[str]:
    yield '<table class="stack"><thead><tr><th scope="col">Outcome</th><th scope="col">Check</th>'
    yield '<th scope="col">Points</th><th scope="col">What it says</th></tr></thead><tbody>'
    for check in checks:
        name = check.outcome.replace(" ", "-")
        words = "" if check.outcome == "passed" else f"<pre>{shown(check.message)}</pre>"
        yield (
            f'<tr><td class="mark {name}">{MARKS[check.outcome]} {check.outcome}</td>'
            f"<td><strong>{shown(check.title)}</strong></td>"
            f'<td class="number">{check.earned} of {check.points}</td><td>{words}</td></tr>'
        )
    yield "</tbody></table>"
