"""The teacher's page: a map of checks by learners, and the mistakes that most of them made."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from ecslab.course.classroom.page import KEY, cell, page, shown
from ecslab.course.grading.report import CheckResult, Report

__all__ = ["Mistake", "common_mistakes", "overview"]

_SHOWN_MISTAKES = 15


@dataclass(frozen=True)
class Mistake:
    """Something that several learners got wrong in the same way.

    Attributes:
        module: of the lab.
        check: the title of the check.
        message: what the check told them.
        learners: who they are.
    """

    module: str
    check: str
    message: str
    learners: tuple[str, ...]


def common_mistakes(reports: Sequence[Report]) -> list[Mistake]:
    """Gather equal messages of the same check, those of most learners first.

    Args:
        reports: of a class.
    """
    found: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for report in reports:
        for check in report.checks:
            if check.outcome not in {"passed", "not attempted"}:
                found[report.module, check.title, _said(check)].append(report.learner)
    mistakes = [Mistake(*key, tuple(learners)) for key, learners in found.items()]
    return sorted(mistakes, key=lambda each: (-len(each.learners), each.module, each.check))


def overview(reports: Sequence[Report], pages: Mapping[str, str]) -> str:
    """Write the teacher's page.

    Args:
        reports: of a class.
        pages: the link to the page of each learner.
    """
    return page("Results of the class", _parts(reports, pages))


def _parts(reports: Sequence[Report], pages: Mapping[str, str]) -> Iterator[str]:
    graded = [report for report in reports if report.problem is None]
    refused = [report for report in reports if report.problem is not None]
    yield (
        f"<p>{len(graded)} notebooks graded, {len(refused)} could not be."
        " The same results are in results.csv, results.json and junit.xml.</p>"
    )
    for module in sorted({report.module for report in graded}):
        yield from _map(module, [each for each in graded if each.module == module], pages)
    mistakes = common_mistakes(graded)
    if mistakes:
        yield "<h2>The commonest mistakes</h2>"
        yield from _mistakes(mistakes[:_SHOWN_MISTAKES])
    if refused:
        yield "<h2>Not graded</h2><ul>"
        for report in refused:
            name = f"{report.learner}, {report.file}: {report.problem}"
            yield f'<li class="error">{shown(name)}</li>'
        yield "</ul>"


def _map(module: str, reports: Sequence[Report], pages: Mapping[str, str]) -> Iterator[str]:
    checks = reports[0].checks
    middle = median(report.score for report in reports)
    yield f"<h2>{shown(module)}</h2>"
    possible = reports[0].possible
    yield f"<p>{len(reports)} notebooks, median {middle:g} of {possible} points. {KEY}</p>"
    heads = "".join(f'<th class="check">{shown(check.title)}</th>' for check in checks)
    yield f'<div class="wide"><table><tr><th>Learner</th><th>Points</th>{heads}</tr>'
    for report in sorted(reports, key=lambda each: (each.learner.casefold(), str(each.file))):
        link = f'<a href="{shown(pages[report.learner])}">{shown(report.learner)}</a>'
        marks = "".join(cell(check.outcome) for check in report.checks)
        yield f"<tr><td>{link}</td><td>{report.score}</td>{marks}</tr>"
    shares = "".join(_share(reports, index) for index in range(len(checks)))
    yield f"<tr><th>passed</th><th></th>{shares}</tr></table></div>"


def _share(reports: Sequence[Report], index: int) -> str:
    passed = sum(report.checks[index].outcome == "passed" for report in reports)
    return f"<th>{100 * passed // len(reports)} %</th>"


def _mistakes(mistakes: Sequence[Mistake]) -> Iterator[str]:
    yield '<div class="wide"><table><tr><th>Learners</th><th>Check</th><th>What it said</th></tr>'
    for each in mistakes:
        who = shown(", ".join(sorted(each.learners)))
        yield (
            f'<tr><td title="{who}">{len(each.learners)}</td>'
            f"<td>{shown(each.module)}<br><strong>{shown(each.check)}</strong></td>"
            f"<td><pre>{shown(each.message)}</pre></td></tr>"
        )
    yield "</table></div>"


def _said(check: CheckResult) -> str:
    """Give what a check said, without its first line, which says the outcome only."""
    lines = check.message.strip().splitlines()
    if check.outcome == "not yet" and len(lines) > 1:
        lines = lines[1:]
    return "\n".join(line.strip() for line in lines)
