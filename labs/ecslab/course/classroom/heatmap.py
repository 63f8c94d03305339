"""The map of checks by learners: whole for a class, in pages for thousands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import quantiles

from ecslab.course.classroom.page import KEY, cell, page, scrolled, shown
from ecslab.course.grading.report import Outcome, Report

__all__ = ["MOST_ROWS", "LabMap", "lab_maps"]

MOST_ROWS = 300
"""Learners on one page: about 300 KB, which a telephone still shows at once."""

_SPREAD = 8
"""Notebooks from which on the middle half of them says something."""

_OUTCOMES: tuple[Outcome, ...] = ("passed", "not yet", "not attempted", "error", "timeout")


@dataclass(frozen=True)
class LabMap:
    """The results of one lab.

    Attributes:
        module: its name.
        reports: of all who handed it in, by learner.
        pages: the link to the page of each learner.
    """

    module: str
    reports: Sequence[Report]
    pages: Mapping[str, str]

    def parts(self) -> Iterator[str]:
        """Give the HTML for the teacher's page."""
        yield f"<h2>{shown(self.module)}</h2><p>{self._summary()}</p>"
        if len(self.reports) <= MOST_ROWS:
            yield f"<p>{KEY}</p>"
            yield scrolled(f"Map of {self.module}", self._rows(self.reports))
            return
        yield scrolled(f"Checks of {self.module}", self._shares())
        yield "<p>Learner by learner:</p><ul>"
        for name, part in self._split():
            first, last = shown(part[0].learner), shown(part[-1].learner)
            yield f'<li><a href="{shown(name)}"><bdi>{first}</bdi> to <bdi>{last}</bdi></a></li>'
        yield "</ul>"

    def files(self) -> Iterator[tuple[str, str]]:
        """Give the name and the HTML of each further page."""
        if len(self.reports) > MOST_ROWS:
            for name, part in self._split():
                rows = scrolled(f"Map of {self.module}", self._rows(part))
                back = '<p><a href="index.html">The whole class</a></p>'
                yield (
                    name,
                    page(f"{self.module}, learner by learner", [back, f"<p>{KEY}</p>", rows]),
                )

    def _summary(self) -> str:
        scores = sorted(report.score for report in self.reports)
        possible = self.reports[0].possible
        if len(scores) == 1:
            return f"1 notebook, {scores[0]} of {possible} points."
        low, middle, high = quantiles(scores, n=4, method="inclusive")
        spread = f"; half of them have {low:g} to {high:g}" if len(scores) >= _SPREAD else ""
        return f"{len(scores)} notebooks, median {middle:g} of {possible} points{spread}."

    def _split(self) -> Iterator[tuple[str, Sequence[Report]]]:
        for number, first in enumerate(range(0, len(self.reports), MOST_ROWS), start=1):
            yield f"{self.module}-{number}.html", self.reports[first : first + MOST_ROWS]

    def _rows(self, reports: Sequence[Report]) -> Iterator[str]:
        checks = reports[0].checks
        heads = "".join(
            f'<th scope="col" class="check">{shown(each.title)}</th>' for each in checks
        )
        yield '<table class="map"><thead><tr><th scope="col">Learner</th>'
        yield f'<th scope="col">Points</th>{heads}</tr></thead><tbody>'
        for report in reports:
            link = f'<a href="{shown(self.pages[report.learner])}">'
            marks = "".join(cell(check.outcome) for check in report.checks)
            yield (
                f'<tr><th scope="row">{link}<bdi>{shown(report.learner)}</bdi></a></th>'
                f"<td>{report.score}</td>{marks}</tr>"
            )
        shares = "".join(f"<td>{_percent(reports, i, 'passed')}</td>" for i in range(len(checks)))
        yield f'<tr><th scope="row">passed</th><td></td>{shares}</tr></tbody></table>'

    def _shares(self) -> Iterator[str]:
        heads = "".join(f'<th scope="col">{outcome}</th>' for outcome in _OUTCOMES)
        yield f'<table><thead><tr><th scope="col">Check</th>{heads}</tr></thead><tbody>'
        for index, check in enumerate(self.reports[0].checks):
            shares = "".join(
                f'<td class="number">{_percent(self.reports, index, outcome)}</td>'
                for outcome in _OUTCOMES
            )
            yield f'<tr><th scope="row">{shown(check.title)}</th>{shares}</tr>'
        yield "</tbody></table>"


def lab_maps(reports: Sequence[Report], pages: Mapping[str, str]) -> list[LabMap]:
    """Give the map of each lab.

    Args:
        reports: of a class; those that could not be graded or do not count are left out.
        pages: the link to the page of each learner.
    """
    labs: dict[str, list[Report]] = {}
    for report in reports:
        if report.problem is None and not report.superseded_by:
            labs.setdefault(report.module, []).append(report)
    for each in labs.values():
        each.sort(key=lambda report: (report.learner.casefold(), str(report.file)))
    return [LabMap(module, labs[module], pages) for module in sorted(labs)]


def _percent(reports: Sequence[Report], index: int, outcome: Outcome) -> str:
    count = sum(report.checks[index].outcome == outcome for report in reports)
    return f"{100 * count // len(reports)} %"
