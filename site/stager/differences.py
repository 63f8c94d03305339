"""The table of known differences from AWS, as a page."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ecslab.model.differences import DIFFERENCES, WORDS, Area, Difference

__all__ = ["tables"]


def tables() -> str:
    """Return all differences as Markdown, a section for each area."""
    return "\n\n".join(part for area in Area for part in _section(area))


def _section(area: Area) -> Iterator[str]:
    rows = [row for row in DIFFERENCES if row.area is area]
    words = [row for row in WORDS if row.area is area]
    if not rows and not words:
        return
    yield f"## {area}"
    if rows:
        yield _table(("On AWS", "Here", "Why, and what proves it"), [_row(row) for row in rows])
    if words:
        yield (
            "<details markdown='1' data-search-exclude>\n"
            f"<summary>{len(words)} texts in words of ours</summary>"
        )
        yield "AWS documents the rule behind each, but not what it answers."
        yield _table(("The words here", "Where the rule stands"), [_words(row) for row in words])
        yield "</details>"


def _row(row: Difference) -> tuple[str, str, str]:
    proof = f"<small data-search-exclude>`{row.test.removeprefix('tests/')}`</small>"
    return f'<span id="{row.id}"></span>{row.aws}', row.here, f"{row.why}<br>{proof}"


def _words(row: Difference) -> tuple[str, str]:
    rule = row.aws.partition(": ")[2].removesuffix(".")
    return f'<span id="{row.id}"></span>{_code(row.here)}', rule


def _code(text: str) -> str:
    fence = "`" * (max((len(run) for run in re.findall(r"`+", text)), default=0) + 1)
    space = " " if len(fence) > 1 else ""
    return f"{fence}{space}{text}{space}{fence}"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *([_cell(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _cell(text: str) -> str:
    return text.replace("|", r"\|").replace("\n", " ")
