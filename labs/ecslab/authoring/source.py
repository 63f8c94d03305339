"""A source read strictly: cells with an id, tags and code, or the first thing that is wrong."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from ecslab.authoring.myst import Block, blocks
from ecslab.authoring.problem import Problem, SourceError
from ecslab.authoring.tree import LAB, LESSON

__all__ = ["LONGEST_ID", "TAGS", "Source", "SourceCell", "read", "slug"]

TAGS = (
    "setup",
    "answer",
    "check",
    "solution",
    "remove-cell",
    "raises-exception",
    "nbval-check-output",
    "nbval-ignore-output",
    "nbval-skip",
)
"""All tags there are; the last four are nbval's own."""

LONGEST_ID = 48

_MARKDOWN_TAGS = ("solution", "remove-cell")
_LAB_TAGS = {"answer", "check", "solution"}
_ID = re.compile(rf"[a-z0-9-]{{1,{LONGEST_ID}}}")
_HEADING = re.compile(r"#{1,6}\s+(.+?)\s*#*")
_ROOM_FOR_NUMBER = 4


@dataclass(frozen=True)
class SourceCell:
    """One cell of a source.

    Attributes:
        id: the label, or for prose the section and a number.
        kind: ``code`` or ``markdown``.
        tags: in the order of the source.
        text: as written.
        line: where the cell starts in the source, from 1.
        text_line: where its text starts.
    """

    id: str
    kind: str
    tags: tuple[str, ...]
    text: str
    line: int
    text_line: int

    @property
    def is_code(self) -> bool:
        """Whether the cell holds Python."""
        return self.kind == "code"


@dataclass(frozen=True)
class Source:
    """One source file.

    Attributes:
        path: relative to the root of the course, as messages name it.
        name: number and slug of the module.
        part: ``lesson`` or ``lab``.
        text: the whole file.
        cells: in order.
    """

    path: str
    name: str
    part: str
    text: str
    cells: tuple[SourceCell, ...]

    def error(self, line: int, message: str, fix: str) -> SourceError:
        """Make the exception for a mistake in this source.

        Args:
            line: in the file, from 1.
            message: what is wrong.
            fix: what mends it.
        """
        return SourceError(Problem(self.path, line, message, fix))


def read(text: str, *, path: str, name: str, part: str) -> Source:
    """Read a source; the first mistake in it ends the reading with one sentence.

    Args:
        text: MyST Markdown.
        path: of the file, as messages name it.
        name: number and slug of the module.
        part: ``lesson`` or ``lab``.
    """
    found = blocks(text, path)
    empty = Source(path, name, part, text, ())
    labels = {id_: block for block in found if (id_ := _label(empty, block)) is not None}
    if len(labels) < sum(block.kind == "code" for block in found):
        _refuse_duplicate(empty, found)
    cells = []
    section = "top"
    numbers: Counter[str] = Counter()
    for block in found:
        if block.kind == "code":
            id_ = str(block.options["label"])
        else:
            headings = _headings(block.text)
            if headings and block.text.startswith("#"):
                section = slug(headings[0])
            id_ = _number(section, numbers, labels)
            if headings:
                section = slug(headings[-1])
        tags = _tags(empty, block)
        cells.append(SourceCell(id_, block.kind, tags, block.text, block.line, block.text_line))
    return Source(path, name, part, text, tuple(cells))


def slug(heading: str) -> str:
    """Give a heading as an id has it: lower-case words with hyphens, with room for a number."""
    words = re.findall(r"[a-z0-9]+", heading.lower())
    text = "-".join(words) or "section"
    if len(text) > LONGEST_ID - _ROOM_FOR_NUMBER:
        text = text[: LONGEST_ID - _ROOM_FOR_NUMBER].rpartition("-")[0] or text[:40]
    return text


def _headings(text: str) -> list[str]:
    """List the headings of a Markdown text; a line that starts with # in a fence is none."""
    found = []
    fence = ""
    for line in text.splitlines():
        mark = re.match(r"\s{0,3}(`{3,}|~{3,})", line)
        if mark and not fence:
            fence = mark[1]
        elif mark and line.strip().startswith(fence):
            fence = ""
        elif not fence and (heading := _HEADING.fullmatch(line)):
            found.append(heading[1])
    return found


def _number(section: str, numbers: Counter[str], labels: dict[str, Block]) -> str:
    while True:
        numbers[section] += 1
        id_ = f"{section}-{numbers[section]}"
        if id_ not in labels:
            return id_


def _label(source: Source, block: Block) -> str | None:
    known = {"label", "tags"} if block.kind == "code" else {"tags"}
    unknown = sorted(str(key) for key in set(block.options) - known)
    if unknown:
        message = f"{unknown[0]!r} is not an option of a {block.kind} cell"
        raise source.error(block.line, message, f"use only {' and '.join(sorted(known))}")
    if block.kind != "code":
        return None
    label = block.options.get("label")
    if label is None:
        fix = "add a line such as `:label: create-cluster` under the fence"
        raise source.error(block.line, "this cell has no label", fix)
    if not isinstance(label, str) or not _ID.fullmatch(label):
        message = f"the label {label!r} cannot be the id of a cell"
        fix = f"use 1 to {LONGEST_ID} lower-case letters, digits and hyphens"
        raise source.error(block.line, message, fix)
    return label


def _refuse_duplicate(source: Source, found: list[Block]) -> None:
    seen: dict[str, int] = {}
    for block in found:
        label = block.options.get("label")
        if label in seen:
            message = f"the label {label} is already used on line {seen[label]}"
            raise source.error(block.line, message, "give each cell its own label")
        if label is not None:
            seen[label] = block.line


def _tags(source: Source, block: Block) -> tuple[str, ...]:
    tags = block.options.get("tags", [])
    known = TAGS if block.kind == "code" else _MARKDOWN_TAGS
    for tag in tags:
        if tag not in known:
            message = f"{tag!r} is not a tag of a {block.kind} cell"
            raise source.error(block.line, message, f"use one of {', '.join(known)}")
    roles = sorted(_LAB_TAGS & set(tags))
    if len(roles) > 1:
        message = f"a cell cannot be {' and '.join(roles)}"
        raise source.error(block.line, message, "keep one of these tags")
    if roles and source.part == LESSON:
        message = f"a lesson has no {roles[0]} cells"
        raise source.error(block.line, message, "remove the tag, or move the cell to the lab")
    if source.part == LAB and block.kind == "code":
        _agree_on_check(source, block, tags)
    return tuple(tags)


def _agree_on_check(source: Source, block: Block, tags: list[str]) -> None:
    labelled = str(block.options["label"]).startswith("check-")
    if labelled != ("check" in tags):
        message = f"the label {block.options['label']} and the tags {tags} disagree on a check"
        fix = "label a check cell `check-ID` and tag it `check`, and no other cell"
        raise source.error(block.line, message, fix)
