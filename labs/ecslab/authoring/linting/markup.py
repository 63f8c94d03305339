"""Rules for call-outs and folds: only what JupyterLab, GitHub and the site all show."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ecslab.authoring.linting.page import Page
from ecslab.authoring.problem import Problem

__all__ = ["ALERTS", "problems"]

ALERTS = ("NOTE", "TIP", "IMPORTANT", "WARNING", "CAUTION")
"""The call-outs that GitHub knows."""

_RAW_IN_JUPYTER = re.compile(r"\s{0,3}(!!!|\?\?\?\+?|:::+)(\s|\{)")
_ALERT = re.compile(r"\s*>\s*\[!(?P<kind>\w+)\](?P<rest>.*)")
_FENCE = re.compile(r"\s{0,3}(?P<fence>`{3,}|~{3,})(?P<info>.*)")


def problems(page: Page) -> Iterator[Problem]:
    """Go through the prose of a page, line by line, outside of its fences.

    Args:
        page: a lesson, or the source of a lab and its solution.
    """
    for cell in page.source.cells:
        if cell.is_code:
            continue
        fence = ""
        for line, text in enumerate(cell.text.splitlines(), cell.text_line):
            mark = _FENCE.fullmatch(text)
            if fence:
                if mark and mark["fence"].startswith(fence) and not mark["info"].strip():
                    fence = ""
                continue
            if mark:
                fence = mark["fence"]
                if mark["info"].strip().startswith("{"):
                    message = f"{mark['info'].strip()} is a directive, raw text in JupyterLab"
                    fix = "use a GitHub alert (`> [!NOTE]`), or <details> for a fold"
                    yield page.problem(line, message, fix)
                continue
            yield from _line(page, line, text)
        yield from _folds(page, cell.text, cell.text_line)


def _line(page: Page, line: int, text: str) -> Iterator[Problem]:
    raw = _RAW_IN_JUPYTER.match(text)
    if raw:
        fix = "use a GitHub alert (`> [!NOTE]`), or <details> for a fold"
        yield page.problem(line, f"{raw[1]} is raw text in JupyterLab and on GitHub", fix)
    alert = _ALERT.fullmatch(text)
    if alert and alert["kind"] not in ALERTS:
        message = f"[!{alert['kind']}] is no call-out that GitHub knows"
        yield page.problem(line, message, f"use one of {', '.join(ALERTS)}")
    elif alert and alert["rest"].strip():
        message = f"GitHub shows no call-out when anything follows [!{alert['kind']}]"
        yield page.problem(line, message, "put the text on the next line; for a fold use <details>")


def _folds(page: Page, text: str, first: int) -> Iterator[Problem]:
    lowered = text.lower()
    for place in re.finditer(r"<details\b", lowered):
        line = first + lowered.count("\n", 0, place.start())
        end = lowered.find("</details>", place.start())
        if end < 0:
            message = "this fold is not closed in its cell"
            yield page.problem(line, message, "end it with </details> before the next code cell")
        elif "<summary>" not in lowered[place.start() : end]:
            fix = "say in <summary>…</summary> what is inside"
            yield page.problem(line, "this fold has no summary", fix)
