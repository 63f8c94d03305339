"""Reports as a table on the screen, in words, and as JSON, JUnit and CSV for programs."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from statistics import median
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from ecslab.course.grading.report import CheckResult, Report
from ecslab.course.grading.text import clean, for_spreadsheet

if TYPE_CHECKING:
    from rich.console import RenderableType

__all__ = ["in_words", "protected", "to_csv", "to_json", "to_junit", "to_table"]

MOST_ROWS = 200
"""Lines of a table on the screen; of larger classes it shows a line for each lab."""

MARKS = {"passed": "✔", "not yet": "✘", "not attempted": "○", "error": "✘", "timeout": "✘"}
_STYLES = {"passed": "green", "not yet": "yellow", "error": "red", "timeout": "red"}
_COLUMNS = (
    *("learner", "file", "module", "score", "possible", "check", "title", "points", "earned"),
    *("outcome", "message", "seconds", "problem", "superseded_by"),
)


def in_words(report: Report) -> str:
    """Tell a learner what a notebook earned and what comes next.

    Args:
        report: of one file.

    Returns:
        A headline, and a paragraph for each check that did not pass.
    """
    name = clean(report.file.name)
    if report.problem is not None:
        return clean(report.problem)
    head = f"{name}: {report.score} of {report.possible} points."
    if report.passed:
        return f"{head} Every check passed."
    waiting = [check for check in report.checks if check.outcome == "not attempted"]
    if len(waiting) == len(report.checks):
        return f"{head} Nothing is attempted yet; begin with “{clean(waiting[0].title)}”."
    missed = [check for check in report.checks if check.outcome not in {"passed", "not attempted"}]
    paragraphs = [head, *(_paragraph(check) for check in missed)]
    if waiting:
        titles = ", ".join(f"“{clean(check.title)}”" for check in waiting)
        paragraphs.append(f"○ Still to do: {titles}.")
    return "\n".join(paragraphs)


def to_table(reports: Sequence[Report]) -> RenderableType:
    """Lay reports out for a terminal: every check of one file, or one line for each of several.

    Args:
        reports: as `grade_files` gives them.

    Returns:
        Something that a rich console prints.
    """
    return _checks(reports[0]) if len(reports) == 1 else _overview(reports)


def protected(reports: Iterable[Report]) -> str:
    """Say what protected this machine from the notebooks that ran, and what did not.

    Args:
        reports: as `grade_files` gives them.
    """
    ran = [report.protections for report in reports if report.protections]
    if not ran:
        return "No notebook was run."
    names = list(ran[0])
    off = [name for name in names if not all(each.get(name) for each in ran)]
    on = [name for name in names if name not in off]
    text = f"Protections: {', '.join(on)}."
    return f"{text}\nNot on this machine: {', '.join(off)}." if off else text


def to_json(reports: Iterable[Report]) -> str:
    """Write reports as a JSON list.

    Args:
        reports: as `grade_files` gives them.
    """
    return json.dumps([_plain(report) for report in reports], indent=2, ensure_ascii=False)


def to_junit(reports: Iterable[Report]) -> str:
    """Write reports as JUnit XML: a suite for each file, a case for each check.

    A check that is not attempted is *skipped*, one that hung or could not run is an *error*.

    Args:
        reports: as `grade_files` gives them.
    """
    suites = ET.Element("testsuites", name="ecslab")
    for report in reports:
        count = dict.fromkeys(MARKS, 0)
        for check in report.checks:
            count[check.outcome] += 1
        broken = count["error"] + count["timeout"] + (report.problem is not None)
        suite = ET.SubElement(
            suites,
            "testsuite",
            name=clean(report.file.name),
            tests=str(len(report.checks) + (report.problem is not None)),
            failures=str(count["not yet"]),
            errors=str(broken),
            skipped=str(count["not attempted"]),
            time=f"{report.seconds:.3f}",
        )
        if report.problem is not None:
            case = ET.SubElement(suite, "testcase", classname="submission", name="readable")
            ET.SubElement(case, "error", message=clean(report.problem))
        for check in report.checks:
            _case(suite, report, check)
    ET.indent(suites)
    return ET.tostring(suites, encoding="unicode", xml_declaration=True) + "\n"


def to_csv(reports: Iterable[Report]) -> str:
    """Write reports as CSV: a line for each check, safe to open in a spreadsheet.

    Args:
        reports: as `grade_files` gives them.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for report in reports:
        plain = _plain(report)
        for check in plain["checks"] or [{}]:
            row = {**plain, **check}
            values = ("" if row.get(name) is None else row[name] for name in _COLUMNS)
            writer.writerow(
                [for_spreadsheet(item) if isinstance(item, str) else item for item in values]
            )
    return text.getvalue()


def _plain(report: Report) -> dict[str, Any]:
    return {
        "learner": clean(report.learner),
        "file": clean(str(report.file)),
        "module": report.module,
        "score": report.score,
        "possible": report.possible,
        "problem": None if report.problem is None else clean(report.problem),
        "superseded_by": clean(report.superseded_by),
        "seconds": report.seconds,
        "protections": dict(report.protections),
        "checks": [
            {
                "check": check.id,
                "title": clean(check.title),
                "points": check.points,
                "earned": check.earned,
                "outcome": check.outcome,
                "message": clean(check.message),
                "seconds": check.seconds,
            }
            for check in report.checks
        ],
    }


def _case(suite: ET.Element, report: Report, check: CheckResult) -> None:
    case = ET.SubElement(
        suite, "testcase", classname=report.module, name=check.id, time=f"{check.seconds:.3f}"
    )
    kind = {"not yet": "failure", "not attempted": "skipped"}.get(check.outcome, "error")
    if check.outcome != "passed":
        message = clean(check.message)
        first = message.splitlines()[0] if message else check.outcome
        ET.SubElement(case, kind, message=first).text = message


def _paragraph(check: CheckResult) -> str:
    """Say what a check found: its own block, or the reason that there is none."""
    message = clean(check.message)
    if check.outcome == "not yet":
        return message
    head = f"{MARKS[check.outcome]} {check.id}: {check.outcome} (0 of {check.points} points)"
    return f"{head}\n  {message}"


def _checks(report: Report) -> RenderableType:
    from rich.table import Table
    from rich.text import Text

    if report.problem is not None:
        return Text(clean(report.problem), style="red")
    table = Table(title=Text(f"{clean(report.file.name)} · {report.module}"), title_justify="left")
    table.add_column("")
    table.add_column("check")
    table.add_column("points", justify="right")
    table.add_column("what it says", ratio=1)
    for check in report.checks:
        words = Text(clean(check.title), style="bold")
        words.append(f" · {check.outcome}", style=_STYLES.get(check.outcome, "dim"))
        if check.outcome not in {"passed", "not attempted"}:
            detail = clean(check.message)
            if check.outcome == "not yet":  # its first line says what this table says already
                detail = "\n".join(line.strip() for line in detail.splitlines()[1:])
            words.append(f"\n{detail}", style="not bold")
        mark = Text(MARKS[check.outcome], style=_STYLES.get(check.outcome, "dim"))
        table.add_row(mark, Text(check.id), f"{check.earned} of {check.points}", words)
    table.add_section()
    table.add_row("", "total", f"{report.score} of {report.possible}", "")
    return table


def _overview(reports: Sequence[Report]) -> RenderableType:
    from rich.console import Group
    from rich.text import Text

    graded = [report for report in reports if report.problem is None]
    refused = [report for report in reports if report.problem is not None]
    told = [f"{each.learner or each.file}: {each.problem}" for each in refused[:MOST_ROWS]]
    if len(refused) > MOST_ROWS:
        told.append(f"{len(refused) - MOST_ROWS} more; results.csv has them all.")
    lines = [Text(f"Not graded: {clean(line)}") for line in told]
    if not graded:
        return Group(*lines)
    whole = len(graded) <= MOST_ROWS
    return Group(_learners(graded) if whole else _labs(graded), *lines)


def _learners(reports: Sequence[Report]) -> RenderableType:
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    table = Table()
    table.add_column("who", overflow="fold")
    table.add_column("lab", no_wrap=True)
    for column in ("points", "✔", "✘", "○", "!"):
        table.add_column(column, justify="right", no_wrap=True)
    for report in sorted(reports, key=lambda each: (each.learner.casefold(), each.module)):
        outcomes = [check.outcome for check in report.checks]
        errors = outcomes.count("error") + outcomes.count("timeout")
        who = Text(clean(report.learner or report.file.name))
        if report.superseded_by:
            who.append(" (earlier attempt)")
        table.add_row(
            who,
            report.module,
            f"{report.score} of {report.possible}",
            *(str(outcomes.count(each)) for each in ("passed", "not yet", "not attempted")),
            str(errors),
            style="dim" if report.superseded_by else None,
        )
    return Group(table, "✔ passed · ✘ not yet · ○ not attempted · ! error or timeout")


def _labs(reports: Sequence[Report]) -> RenderableType:
    """Say of each lab how it went; nobody reads a line for each of thousands."""
    from rich.console import Group
    from rich.table import Table

    labs: dict[str, list[Report]] = {}
    for report in reports:
        if not report.superseded_by:
            labs.setdefault(report.module, []).append(report)
    table = Table()
    table.add_column("lab", no_wrap=True)
    for column in ("notebooks", "median points", "all points", "no points"):
        table.add_column(column, justify="right")
    for module, own in sorted(labs.items()):
        middle = median(report.score for report in own)
        table.add_row(
            module,
            str(len(own)),
            f"{middle:g} of {own[0].possible}",
            str(sum(report.passed for report in own)),
            str(sum(report.score == 0 for report in own)),
        )
    return Group(table, "Learner by learner: see the teacher's page, or results.csv.")
