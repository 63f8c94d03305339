"""Cells that a learner has merged: a check, and code that stands in one cell with it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ecslab.course.grading.notebook import Cell, cell_names, is_code, source_of

__all__ = ["separated"]

_CALL = re.compile(r"\w+\s*\.\s*check\(\s*[\"'][a-z0-9-]+[\"'].*\)\s*;?\s*(#.*)?")
_CHECK = "check-"


def separated(cells: Iterable[Cell]) -> list[Cell]:
    """Give a submission's cells, each check in a cell of its own.

    Many editors merge cells with one key, and such a cell keeps one of two ids.

    Args:
        cells: the cells of the learner's notebook.

    Returns:
        The same cells; one that runs a check and more is several cells, with its own id on the
        part to which the id belongs.
    """
    return [part for cell in cells for part in _parts(cell)]


def _parts(cell: Cell) -> list[Cell]:
    if not is_code(cell):
        return [cell]
    parts: list[tuple[bool, list[str]]] = []
    for line in source_of(cell).splitlines():
        call = bool(_CALL.fullmatch(line.rstrip()))
        if call or not parts or parts[-1][0]:
            parts.append((call, []))
        parts[-1][1].append(line)
    names = [name for name in cell_names(cell) if name]
    of_check = any(name.startswith(_CHECK) for name in names)
    of_answer = bool(names) and not of_check
    own = [(call, lines) for call, lines in parts if call or of_answer or _is_more(lines)]
    if len(own) == 1 or not any(call for call, _ in own):
        return [cell]
    made: list[Cell] = []
    for call, lines in own:
        part: Cell = {"cell_type": "code", "metadata": {}, "source": "\n".join(lines).strip("\n")}
        if call == of_check and not any("id" in each for each in made):
            part = {**cell, "source": part["source"]}
        made.append(part)
    return made


def _is_more(lines: Iterable[str]) -> bool:
    """Tell whether lines hold more than comments."""
    return any(line.strip() and not line.strip().startswith("#") for line in lines)
