"""The parts of an answer cell that are the solution: found, taken out, and replaced by a stub."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

from ecslab.authoring.source import Source, SourceCell
from ecslab.authoring.stubs import Stub, parse_region

__all__ = ["BEGIN", "END", "blanked", "solved"]

BEGIN = "### BEGIN SOLUTION"
END = "### END SOLUTION"

_NEARLY = re.compile(r"\s*#+\s*(begin|end)[\s_-]*solutions?\b.*", re.IGNORECASE)
_NOTHING_LEFT = "# your code here"


@dataclass(frozen=True)
class _Region:
    """Index of the BEGIN line and of the END line in the cell's lines, from 0."""

    begin: int
    end: int


def solved(source: Source, cell: SourceCell) -> str:
    """Give the code of a cell without the lines that mark a solution.

    Args:
        source: the file, for messages.
        cell: a code cell of it.
    """
    regions = _regions(source, cell)
    marks = {line for region in regions for line in (region.begin, region.end)}
    lines = cell.text.splitlines()
    return "\n".join(line for number, line in enumerate(lines) if number not in marks)


def blanked(source: Source, cell: SourceCell, stub: Stub) -> str:
    """Give the code of an answer cell as the learner finds it.

    Args:
        source: the file, for messages.
        cell: an answer cell of it.
        stub: makes the stubs of one lab, cell after cell.
    """
    regions = _regions(source, cell)
    lines = cell.text.splitlines()
    found = [(region, *_statements(source, cell, lines, region)) for region in regions]
    stubs = [(region, indent, stub.of(statements)) for region, indent, statements in found]
    # From the end, so that the places of the regions above stay as they are.
    for region, indent, assignments in reversed(stubs):
        above, below = lines[: region.begin], lines[region.end + 1 :]
        if assignments:
            lines = [*above, *(indent + line for line in assignments), *below]
            continue
        lines = [*above, indent + _NOTHING_LEFT, *below]
        if not _is_python(lines):  # a comment alone is no body of a with, for or def
            lines = [*above, f"{indent}pass  {_NOTHING_LEFT}", *below]
    return "\n".join(lines)


def _regions(source: Source, cell: SourceCell) -> list[_Region]:
    found: list[_Region] = []
    begin: int | None = None
    for number, line in enumerate(cell.text.splitlines()):
        mark = line.strip()
        at = cell.text_line + number
        if mark not in {BEGIN, END}:
            if _NEARLY.fullmatch(line):
                fix = f"write exactly `{BEGIN}` or `{END}` on a line of its own"
                raise source.error(at, f"{mark!r} looks like the mark of a solution", fix)
            continue
        if "answer" not in cell.tags:
            fix = "tag the cell `answer`, or delete the marks"
            raise source.error(at, "a solution is marked outside of an answer cell", fix)
        if mark == BEGIN:
            if begin is not None:
                fix = f"end the one from line {cell.text_line + begin} with `{END}` before it"
                raise source.error(at, "a solution begins inside a solution", fix)
            begin = number
        elif begin is None:
            raise source.error(at, "a solution ends that never began", f"add `{BEGIN}` above it")
        else:
            found.append(_Region(begin, number))
            begin = None
    if begin is not None:
        fix = f"add `{END}` below its last line"
        raise source.error(cell.text_line + begin, "a solution begins and never ends", fix)
    return found


def _statements(
    source: Source, cell: SourceCell, lines: list[str], region: _Region
) -> tuple[str, list[ast.stmt]]:
    inside = lines[region.begin + 1 : region.end]
    first = next((line for line in inside if line.strip() and line.lstrip()[0] != "#"), None)
    at = cell.text_line + region.begin
    if first is None:
        fix = f"put the code that solves the step between `{BEGIN}` and `{END}`"
        raise source.error(at, "a solution is empty", fix)
    indent = first[: len(first) - len(first.lstrip())]
    cut = source.error(
        at,
        "the marks of a solution cut a statement in two",
        "move them so that whole statements are inside",
    )
    try:
        statements = parse_region(inside, indent)
    except SyntaxError:
        raise cut from None
    # Lines inside a call or a text may look like statements of their own, too.
    starts = {
        (node.lineno, node.col_offset)
        for node in ast.walk(ast.parse(cell.text))
        if isinstance(node, ast.stmt)
    }
    if any((each.lineno + region.begin + 1, each.col_offset) not in starts for each in statements):
        raise cut
    return indent, statements


def _is_python(lines: list[str]) -> bool:
    try:
        ast.parse("\n".join(lines))
    except SyntaxError:
        return False
    return True
