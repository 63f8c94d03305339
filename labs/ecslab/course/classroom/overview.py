"""The teacher's page: a map of checks by learners, and the mistakes that most of them made."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ecslab.course.classroom.heatmap import LabMap
from ecslab.course.classroom.page import page, scrolled, shown
from ecslab.course.grading.report import CheckResult, Report

__all__ = ["Mistake", "common_mistakes", "overview"]

_FILES = ("results.csv", "results.json", "junit.xml")
_SHOWN_MISTAKES = 15
_SHOWN_LEARNERS = 50
_SHOWN_LINES = 200


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
        for check in () if report.superseded_by else report.checks:
            if check.outcome not in {"passed", "not attempted"}:
                found[report.module, check.title, _said(check)].append(report.learner)
    mistakes = [Mistake(*key, tuple(learners)) for key, learners in found.items()]
    return sorted(mistakes, key=lambda each: (-len(each.learners), each.module, each.check))


def overview(
    reports: Sequence[Report], maps: Sequence[LabMap], left_out: Sequence[str] = ()
) -> str:
    """Write the teacher's page.

    Args:
        reports: of a class.
        maps: of its labs.
        left_out: names of files that are no notebooks.
    """
    return page("Results of the class", _parts(reports, maps, left_out))


def _parts(
    reports: Sequence[Report], maps: Sequence[LabMap], left_out: Sequence[str]
) -> Iterator[str]:
    graded = [report for report in reports if report.problem is None]
    earlier = [report for report in graded if report.superseded_by]
    refused = [report for report in reports if report.problem is not None]
    files = [f'<a href="{name}">{name}</a>' for name in _FILES]
    yield (
        f"<p>{len(graded)} notebooks graded, {len(refused)} could not be."
        f" The same results are in {files[0]}, {files[1]} and {files[2]}.</p>"
    )
    for each in maps:
        yield from each.parts()
    mistakes = common_mistakes(graded)
    if mistakes:
        yield "<h2>The commonest mistakes</h2>"
        yield scrolled("The commonest mistakes", _mistakes(mistakes[:_SHOWN_MISTAKES]))
    if refused:
        yield "<h2>Not graded</h2>"
        yield from _list(f"{report.learner}: {report.problem}" for report in refused)
    if earlier:
        yield "<h2>Earlier attempts, which do not count</h2>"
        yield from _list(
            f"{report.learner}, {report.file}: {report.score} of {report.possible} points;"
            f" {report.superseded_by} counts"
            for report in earlier
        )
    if left_out:
        yield "<h2>Other files, left out</h2>"
        yield from _list(left_out)


def _list(lines: Iterable[str]) -> Iterator[str]:
    every = list(lines)
    yield "<ul>"
    for line in every[:_SHOWN_LINES]:
        yield f'<li dir="auto">{shown(line)}</li>'
    yield "</ul>"
    if len(every) > _SHOWN_LINES:
        yield f"<p>And {len(every) - _SHOWN_LINES} more.</p>"


def _mistakes(mistakes: Sequence[Mistake]) -> Iterator[str]:
    yield '<table class="stack"><thead><tr><th scope="col">Learners</th><th scope="col">Check</th>'
    yield '<th scope="col">What it said</th></tr></thead><tbody>'
    for each in mistakes:
        names = sorted(each.learners)
        who = ", ".join(f"<bdi>{shown(name)}</bdi>" for name in names[:_SHOWN_LEARNERS])
        more = f" and {len(names) - _SHOWN_LEARNERS} more" if len(names) > _SHOWN_LEARNERS else ""
        yield (
            f"<tr><td><details><summary>{len(names)}</summary>{who}{more}</details></td>"
            f"<td>{shown(each.module)}<br><strong>{shown(each.check)}</strong></td>"
            f"<td><pre>{shown(each.message)}</pre></td></tr>"
        )
    yield "</tbody></table>"


def _said(check: CheckResult) -> str:
    """Give what a check said, without its first line, which says the outcome only."""
    lines = check.message.strip().splitlines()
    if check.outcome == "not yet" and len(lines) > 1:
        lines = lines[1:]
    return "\n".join(line.strip() for line in lines)
