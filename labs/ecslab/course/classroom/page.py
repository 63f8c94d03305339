"""The frame of the pages of a graded class: no script, nothing loaded, light and dark."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from ecslab.course.grading.report import Outcome
from ecslab.course.grading.text import clean

__all__ = ["KEY", "MARKS", "cell", "page", "scrolled", "shown"]

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
:root { color-scheme: light dark; --back: #fff; --text: #1f2328; --line: #8886;
  --link: #0550ae; --good: #116329; --bad: #7d4e00; --none: #59636e; --broken: #a40e26; }
@media (prefers-color-scheme: dark) { :root { --back: #0d1117; --text: #e6edf3;
  --link: #79c0ff; --good: #56d364; --bad: #e3b341; --none: #9ea7b3; --broken: #ff938a; } }
* { box-sizing: border-box; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 76rem; margin: 2rem auto; padding: 0 1rem;
  color: var(--text); background: var(--back); overflow-wrap: break-word; }
a { color: var(--link); } h1 { line-height: 1.2; } h2 { margin-top: 2.5rem; }
table { border-collapse: collapse; margin: .5rem 0; }
td, th { border: 1px solid var(--line); padding: .3rem .6rem; text-align: left;
  vertical-align: top; }
th { font-weight: 600; } tbody th { font-weight: normal; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.wide { overflow-x: auto; }
.map thead th { vertical-align: bottom; }
.map th.check { writing-mode: vertical-rl; transform: rotate(180deg); font-weight: normal;
  max-height: 16rem; }
.map th[scope=row] { min-width: 8rem; max-width: 18rem; position: sticky; left: 0;
  background: var(--back); }
.map td { min-width: 2.6rem; text-align: center; white-space: nowrap; }
.mark { font-weight: bold; background: color-mix(in srgb, currentColor 14%, transparent); }
.passed { color: var(--good); } .not-yet { color: var(--bad); }
.not-attempted { color: var(--none); } .error, .timeout { color: var(--broken); }
pre { white-space: pre-wrap; margin: .2rem 0; font: 14px/1.5 ui-monospace, monospace; }
.bar { width: 14rem; max-width: 100%;
  background: linear-gradient(to right, var(--good) var(--part), var(--line) var(--part));
  height: .6rem; border-radius: .3rem; margin: 0 0 1rem; }
@media (max-width: 40rem) {
  body { margin: 1rem auto; } td, th { padding: .25rem .4rem; }
  .stack thead { display: none; } .stack, .stack tbody, .stack tr, .stack td { display: block; }
  .stack tr { border: 1px solid var(--line); margin: .6rem 0; }
  .stack td { border: 0; text-align: left; }
}
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


def scrolled(label: str, table: Iterable[str]) -> str:
    """Let a table that is wider than the screen be moved, also with the keyboard.

    Args:
        label: text that says what the table is.
        table: HTML, already safe.
    """
    inner = "\n".join(table)
    return f'<div class="wide" role="region" tabindex="0" aria-label="{shown(label)}">{inner}</div>'


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
            f"<title>{shown(title)}</title><style>{_STYLE}</style></head><body><main>",
            f'<h1 dir="auto">{shown(title)}</h1>',
            *parts,
            "</main></body></html>",
            "",
        ]
    )
