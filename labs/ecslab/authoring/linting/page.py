"""A source as the rules look at it: headings, paragraphs and Markdown tokens, with lines."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from markdown_it import MarkdownIt
from markdown_it.token import Token

from ecslab.authoring.problem import Problem
from ecslab.authoring.source import Source
from ecslab.authoring.tree import Tree
from ecslab.course.catalogue import Entry

__all__ = ["Heading", "Page", "Paragraph", "headings", "tokens"]

_SENTENCE = re.compile(r"[^.!?]*(?:[.!?]+(?!\s)[^.!?]*)*[.!?]*\s*")
_TAG = re.compile(r"<[^>]*>")


@dataclass(frozen=True)
class Heading:
    """One heading.

    Attributes:
        level: 1 to 6.
        text: without marks.
        line: in the file, from 1.
    """

    level: int
    text: str
    line: int


@dataclass(frozen=True)
class Paragraph:
    """One paragraph, list item, heading or table row.

    Attributes:
        text: its words on one line, without marks.
        plain: the same without what is written as code.
        targets: the targets of its links.
        starts: offsets in `text` and in `plain` at which a new line of the file begins.
        lines: the lines that begin there.
    """

    text: str
    plain: str
    targets: tuple[str, ...]
    starts: tuple[tuple[int, int], ...]
    lines: tuple[int, ...]

    @property
    def line(self) -> int:
        """The line of its first word."""
        return self.lines[0]

    def line_of(self, offset: int, *, plain: bool = False) -> int:
        """Give the line of the file for an offset.

        Args:
            offset: in the text.
            plain: whether it counts in `plain`.
        """
        starts = [start[plain] for start in self.starts]
        return self.lines[max(bisect_right(starts, offset) - 1, 0)]

    def sentences(self) -> Iterator[tuple[int, str]]:
        """Go through the sentences of `text`, each with its offset."""
        for found in _SENTENCE.finditer(self.text):
            if found[0].strip():
                yield found.start(), found[0]


@dataclass(frozen=True)
class Page:
    """One source with the module it belongs to.

    Attributes:
        tree: the checkout.
        entry: the module in the catalogue.
        source: the cells.
    """

    tree: Tree
    entry: Entry
    source: Source

    def problem(self, line: int, message: str, fix: str) -> Problem:
        """Make a problem of this source.

        Args:
            line: in the file, from 1.
            message: what is wrong.
            fix: what mends it.
        """
        return Problem(self.source.path, line, message, fix)

    @cached_property
    def prose(self) -> list[tuple[Token, int]]:
        """The Markdown tokens of all prose, each with its line in the file."""
        return [
            pair
            for cell in self.source.cells
            if not cell.is_code
            for pair in tokens(cell.text, cell.text_line)
        ]

    @cached_property
    def headings(self) -> list[Heading]:
        """All headings in order."""
        return headings(self.prose)

    @cached_property
    def paragraphs(self) -> list[Paragraph]:
        """All paragraphs in order."""
        return list(_paragraphs(self.prose))


_PARSER = MarkdownIt("commonmark").enable("table")


def tokens(text: str, first: int) -> list[tuple[Token, int]]:
    """Parse Markdown.

    Args:
        text: of one cell or file.
        first: the line of the file on which it begins, from 1.

    Returns:
        Its tokens with their lines; a token without a place has that of the one before.
    """
    found = []
    line = first
    for token in _PARSER.parse(text):
        line = first + token.map[0] if token.map else line
        found.append((token, line))
    return found


def headings(prose: list[tuple[Token, int]]) -> list[Heading]:
    """List the headings among tokens.

    Args:
        prose: as `tokens` gives them.
    """
    return [
        Heading(int(token.tag[1:]), _words(prose[index + 1][0]), line)
        for index, (token, line) in enumerate(prose)
        if token.type == "heading_open"
    ]


def _words(token: Token) -> str:
    return "".join(child.content for child in token.children or [] if not child.nesting)


def _paragraphs(prose: list[tuple[Token, int]]) -> Iterator[Paragraph]:
    row: list[tuple[Token, int]] | None = None
    for token, line in prose:
        if token.type == "tr_open":
            row = []
        elif token.type == "tr_close" and row:
            yield _paragraph(row)
            row = None
        elif token.type == "inline" and row is not None:
            row.append((token, line))
        elif token.type == "inline":
            yield _paragraph([(token, line)])
        elif token.type == "html_block":
            yield from _html(token.content, line)


def _paragraph(parts: list[tuple[Token, int]]) -> Paragraph:
    text = plain = ""
    starts: list[tuple[int, int]] = []
    lines: list[int] = []
    targets: list[str] = []
    for token, first in parts:
        starts.append((len(text), len(plain)))
        lines.append(first)
        for child in token.children or []:
            if child.type in {"softbreak", "hardbreak"}:
                text, plain = f"{text} ", f"{plain} "
                starts.append((len(text), len(plain)))
                lines.append(lines[-1] + 1)
            elif child.type == "code_inline":
                text, plain = text + child.content, f"{plain}…"
            elif child.type == "link_open":
                targets.append(str(child.attrs["href"]))
            elif child.type in {"text", "image"}:
                text, plain = text + child.content, plain + child.content
        text, plain = f"{text} ", f"{plain} "
    return Paragraph(text, plain, tuple(targets), tuple(starts), tuple(lines))


def _html(content: str, first: int) -> Iterator[Paragraph]:
    for number, line in enumerate(content.splitlines()):
        text = _TAG.sub("", line).strip()
        if text and not line.lstrip().startswith("<!--"):
            yield Paragraph(text, text, (), ((0, 0),), (first + number,))
