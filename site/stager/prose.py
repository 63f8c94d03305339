"""Markdown cells as Python-Markdown reads them: links, folds, lists and attachments."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

__all__ = ["fence_for", "for_site", "outside_fences"]

FENCE = re.compile(r"^\s*(?:>\s*)*(`{3,}|~{3,})")
LINK = re.compile(r"(\]\()([^)\s]+)((?:\s+\"[^\"]*\")?\))|(^\[[^\]]+\]:\s+)(\S+)", re.MULTILINE)
LIST_ITEM = re.compile(r"^( *)([-*+]|\d{1,9}[.)])( +)(?=\S)")
TABLE_RULE = re.compile(r"^\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)+\|?\s*$")
DETAILS = re.compile(r"<details(?![^>]*\bmarkdown=)([^>]*)>")
SUMMARY = re.compile(r"<summary(?![^>]*\bmarkdown=)([^>]*)>")
NOTE = re.compile(r"^(> )?(\*\*)?On AWS:(\*\*)?", re.MULTILINE)
DIFFERENCES = "../differences.md"
INTERRUPTING = {"-", "*", "+", "1.", "1)"}  # CommonMark: what may follow a paragraph's last line
LIST_STEP = 4  # spaces: Python-Markdown nests a list item only at this indent


def for_site(text: str, attachment: Callable[[str], str]) -> str:
    """Return a Markdown cell's text as the site's Markdown dialect needs it.

    Notebooks follow CommonMark, as Jupyter and GitHub read it; Python-Markdown wants a blank
    line before lists and tables, four spaces for a nested item, and a mark on every element
    whose content is Markdown. A note that begins "On AWS:" links to the page of differences.

    Args:
        text: the cell's source, its mermaid diagrams already drawn.
        attachment: gives the address, from the page, of an attachment by name.
    """
    return _lists(outside_fences(text, lambda part: _dialect(part, attachment)))


def fence_for(code: str) -> str:
    """Return a fence longer than any run of backticks in the code."""
    longest = max((len(run) for run in re.findall(r"`+", code)), default=0)
    return "`" * max(3, longest + 1)


def outside_fences(text: str, change: Callable[[str], str]) -> str:
    """Return the text with every stretch outside fenced code put through a function."""
    parts: list[str] = []
    stretch: list[str] = []
    fence = ""
    for line in text.split("\n"):
        match = FENCE.match(line)
        marker = match.group(1) if match else ""
        if fence:
            parts.append(line)
            if marker.startswith(fence) and not line.strip().strip(">` ~"):
                fence = ""
        elif marker:
            if stretch:
                parts.append(change("\n".join(stretch)))
                stretch = []
            parts.append(line)
            fence = marker
        else:
            stretch.append(line)
    if stretch:
        parts.append(change("\n".join(stretch)))
    return "\n".join(parts)


def _dialect(text: str, attachment: Callable[[str], str]) -> str:
    text = LINK.sub(lambda match: _link(match, attachment), text)
    text = NOTE.sub(rf"\1[\2On AWS:\3]({DIFFERENCES})", text)
    text = DETAILS.sub(r'<details markdown="1"\1>', text)
    text = SUMMARY.sub(r'<summary markdown="span"\1>', text)
    text = re.sub(r"(<summary[^>]*>.*?</summary>)[ \t]*\n(?=\S)", r"\1\n\n", text)
    return _tables(text)


def _link(match: re.Match[str], attachment: Callable[[str], str]) -> str:
    before, target = match.group(1) or match.group(4), match.group(2) or match.group(5)
    return f"{before}{_target(target, attachment)}{match.group(3) or ''}"


def _target(target: str, attachment: Callable[[str], str]) -> str:
    """Return a link's target on the site: pages for notebooks, headings as the site names them."""
    if target.startswith("attachment:"):
        return attachment(target.removeprefix("attachment:"))
    if re.match(r"[a-z][a-z0-9+.-]*:|//", target, re.IGNORECASE):
        return target
    path, hash_mark, fragment = target.partition("#")
    if path.endswith(".ipynb"):
        path = f"{path.removesuffix('.ipynb')}.md"
    # JupyterLab names a heading's anchor "Clean-up", GitHub and the site "clean-up".
    return f"{path}{hash_mark}{fragment.lower()}"


def _tables(text: str) -> str:
    """Return the text with a blank line before each table that follows a paragraph."""
    lines = text.split("\n")
    kept: list[str] = []
    for number, line in enumerate(lines):
        ruled = number + 1 < len(lines) and TABLE_RULE.match(lines[number + 1])
        if ruled and "|" in line and kept and kept[-1].strip():
            kept.append("")
        kept.append(line)
    return "\n".join(kept)


@dataclass
class _ListIndenter:
    """Rewrites lists line by line: set off by blank lines, nested by four spaces."""

    kept: list[str] = field(default_factory=list)
    open_items: list[int] = field(default_factory=list)  # columns where the items' text starts
    fence: str = ""
    in_list: bool = False

    def line(self, line: str) -> None:
        """Take the next line of the source."""
        marker = FENCE.match(line)
        if self.fence:
            self._continue(line)
            if marker and marker.group(1).startswith(self.fence) and line.strip(" `~>") == "":
                self.fence = ""
        elif not line.strip():
            self.kept.append("")
        elif item := LIST_ITEM.match(line):
            self._item(line, item)
        else:
            self._close_left_of(line)
            self._continue(line)
            if marker:
                self.fence = marker.group(1)

    def _item(self, line: str, item: re.Match[str]) -> None:
        indent = len(item.group(1))
        self.open_items = [column for column in self.open_items if column <= indent]
        if not self.open_items and not self.in_list and not self._after_blank():
            if item.group(2) not in INTERRUPTING:
                self.kept.append(line)
                return
            self.kept.append("")
        self.kept.append(" " * (LIST_STEP * len(self.open_items)) + line[indent:])
        self.open_items.append(item.end())
        self.in_list = True

    def _continue(self, line: str) -> None:
        """Keep a line that is no item, as far inside the open item as it was written."""
        indent = len(line) - len(line.lstrip(" "))
        if line.strip() and self.open_items and indent >= self.open_items[-1]:
            shift = LIST_STEP * len(self.open_items) - self.open_items[-1]
            self.kept.append(" " * (indent + shift) + line[indent:])
        else:
            self.kept.append(line)

    def _close_left_of(self, line: str) -> None:
        """End the items that a line after a blank one is no longer inside."""
        if not self._after_blank():
            return
        indent = len(line) - len(line.lstrip(" "))
        self.open_items = [column for column in self.open_items if column <= indent]
        self.in_list = bool(self.open_items)

    def _after_blank(self) -> bool:
        return not self.kept or not self.kept[-1]


def _lists(text: str) -> str:
    indenter = _ListIndenter()
    for line in text.split("\n"):
        indenter.line(line)
    return "\n".join(indenter.kept)
