"""The frame of the pages of a graded class: no script, nothing loaded, light and dark."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from ecslab.course.grading.report import Outcome
from ecslab.course.grading.text import clean

__all__ = ["KEY", "MARKS", "cell", "page", "shown"]

MARKS: dict[Outcome, str] = {
    "passed": "✔",
    "not yet": "✘",
    "not attempted": "○",
    "error": "!",
    "timeout": "…",
}
"""A mark for each outcome, so that no page depends on colours."""

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --good: #1a7f37; --bad: #b35900; --none: #6e7781;
  --broken: #cf222e; }
@media (prefers-color-scheme: dark) { :root { --good: #3fb950; --bad: #d29922; --none: #8b949e;
  --broken: #f85149; } }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; } td, th { border: 1px solid var(--line); padding: .3rem .6rem;
  text-align: left; vertical-align: top; }
.wide { overflow-x: auto; } th.check { writing-mode: vertical-rl; font-weight: normal; }
td.mark { text-align: center; font-weight: bold;
  background: color-mix(in srgb, currentColor 16%, transparent); }
.passed { color: var(--good); } .not-yet { color: var(--bad); }
.not-attempted { color: var(--none); }
.error, .timeout { color: var(--broken); }
pre { white-space: pre-wrap; margin: .2rem 0; font: 14px/1.5 ui-monospace, monospace; }
.bar { background: linear-gradient(to right, var(--good) var(--part), #8883 var(--part));
  height: .6rem; width: 14rem; border-radius: .3rem; margin: 0 0 1rem; }
"""

KEY = " · ".join(f"{mark} {outcome}" for outcome, mark in MARKS.items())
"""What the marks say."""


def shown(text: str) -> str:
    """Make text from anywhere safe to stand in a page."""
    return escape(clean(text))


def cell(outcome: Outcome) -> str:
    """Give the table cell of an outcome."""
    name = outcome.replace(" ", "-")
    return f'<td class="mark {name}" title="{outcome}">{MARKS[outcome]}</td>'


def page(title: str, parts: Iterable[str]) -> str:
    """Put a page together.

    Args:
        title: text.
        parts: HTML, already safe.
    """
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
            f"<title>{shown(title)}</title><style>{_STYLE}</style></head><body>",
            f"<h1>{shown(title)}</h1>",
            *parts,
            "</body></html>",
            "",
        ]
    )
