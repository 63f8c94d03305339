"""The notebook that is judged: the pristine one, with the learner's answers in it."""

from __future__ import annotations

import ast
import copy
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from ecslab.course.grading.matching import match_cells
from ecslab.course.grading.names import bound_by
from ecslab.course.grading.notebook import (
    Cell,
    Notebook,
    cell_names,
    is_code,
    source_of,
    tags_of,
)
from ecslab.course.grading.separate import separated

__all__ = ["KERNEL", "check_id", "merge", "notes_of", "pristine", "role_of"]

KERNEL = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
"""The only kernel that grading starts, whatever a submission names."""

_CHECK = "check-"
_NO_CODE = ("markdown", "raw")
_MARKERS = {
    "NBVAL_CHECK_OUTPUT",
    "NBVAL_IGNORE_OUTPUT",
    "NBVAL_RAISES_EXCEPTION",
    "NBVAL_SKIP",
    "PYTEST_VALIDATE_IGNORE_OUTPUT",
}


def merge(reference: Notebook, submission: Notebook, starter: Notebook | None = None) -> Notebook:
    """Put the learner's answers into the reference notebook.

    Only the source of ``answer`` cells and the learner's additional code cells come from the
    submission. Given and check cells, all stored outputs and the kernel come from the reference,
    so that nothing else in the submission can count. Cells tagged ``solution`` are left out.

    Args:
        reference: the solution notebook with its outputs.
        submission: the learner's notebook, as `read_notebook` gives it.
        starter: the lab as it is handed out; its stub stands for an answer that was deleted.

    Returns:
        A new notebook. `metadata.ecslab` of each code cell says its role (``given``, ``answer``,
        ``check`` or ``extra``), the check it belongs to, whether the learner changed it, how the
        solution answers, and how the lab began it.
    """
    kept = [cell for cell in pristine(reference)["cells"] if "solution" not in tags_of(cell)]
    theirs = separated(submission["cells"])
    matches = match_cells(kept, theirs)
    stubs = _stubs(starter)
    extras = _extras(kept, theirs, matches, stubs)
    written = _written(kept, theirs, matches, extras, stubs)
    astray = _astray(theirs)
    merged = [_extra(cell, number) for number, cell in enumerate(extras.pop(-1, []), 1)]
    for place, cell in enumerate(kept):
        if role_of(cell) == "answer":
            name = cell_names(cell)[0] or ""
            stub = stubs.get(name)
            if place in matches:
                source = source_of(theirs[matches[place]])
                noted: dict[str, Any] = {"changed": stub is None or source != stub}
            else:
                source = _missing_of(stub or "", bound_by(written[place]))
                noted = {"changed": False, "note": astray.get(name, "")}
            merged.append(_answer(cell, source, {**noted, "stub": stub or ""}))
        else:
            merged.append(cell)
        start = len(merged)
        merged += [_extra(added, start + number) for number, added in enumerate(extras[place], 1)]
    _note_checks(merged)
    return {"cells": merged, "metadata": KERNEL, "nbformat": 4, "nbformat_minor": 5}


def pristine(reference: Notebook) -> Notebook:
    """Copy a notebook of the course, with every code cell noted as run.

    The course stores no execution counts, and nbval takes a cell without one for a cell whose
    output need not be compared.

    Args:
        reference: a lesson or a solution, with its outputs.
    """
    notebook = copy.deepcopy(reference)
    notebook["metadata"] = KERNEL
    for number, cell in enumerate(notebook["cells"], 1):
        if is_code(cell):
            cell["source"] = source_of(cell)
            cell["execution_count"] = number
            cell["metadata"] = {**cell.get("metadata", {}), "ecslab": {"role": role_of(cell)}}
    _note_checks(notebook["cells"])
    return notebook


def notes_of(cell: Cell) -> dict[str, Any]:
    """Give what `merge` and `pristine` noted about a cell."""
    noted = cell.get("metadata", {}).get("ecslab", {})
    return dict(noted)


def role_of(cell: Cell) -> str:
    """Give the role of a cell of the reference notebook: ``given``, ``answer`` or ``check``."""
    tags = tags_of(cell)
    return next((role for role in ("check", "answer") if role in tags), "given")


def check_id(cell: Cell) -> str | None:
    """Give the id of the check that a check cell of the reference runs, from its cell id."""
    name = cell_names(cell)[0] or ""
    if role_of(cell) != "check" or not name.startswith(_CHECK):
        return None
    return name.removeprefix(_CHECK)


def _stubs(starter: Notebook | None) -> dict[str, str]:
    cells = starter["cells"] if starter else []
    named = ((cell_names(cell)[0], source_of(cell)) for cell in cells if is_code(cell))
    return {name: source for name, source in named if name}


def _extras(
    kept: Sequence[Cell], theirs: Sequence[Cell], matches: dict[int, int], stubs: dict[str, str]
) -> dict[int, list[Cell]]:
    """Find the learner's own code cells, by the place of the reference cell in front of them.

    A mere copy of a cell that runs anyway is left out, so that an account is not started anew, or
    something created twice, by a slip of the hand; and so is a copy of an answer's beginning.
    """
    known = {source_of(cell).strip() for cell in kept if role_of(cell) != "answer"}
    known |= {source_of(theirs[place]).strip() for place in matches.values()}
    known |= {stub.strip() for stub in stubs.values()}
    anchors = sorted((theirs_at, place) for place, theirs_at in matches.items())
    starts = [start for start, _ in anchors]
    extras: dict[int, list[Cell]] = defaultdict(list)
    for place, cell in enumerate(theirs):
        if is_code(cell) and place not in starts and source_of(cell).strip() not in known | {""}:
            before = bisect_right(starts, place) - 1
            extras[anchors[before][1] if before >= 0 else -1].append(cell)
    return extras


def _written(
    kept: Sequence[Cell],
    theirs: Sequence[Cell],
    matches: dict[int, int],
    extras: dict[int, list[Cell]],
    stubs: dict[str, str],
) -> dict[int, list[str]]:
    """Give for each place in the reference what the learner has written for its step."""
    steps: list[list[str]] = [[source_of(cell) for cell in extras.get(-1, [])]]
    found = {}
    for place, cell in enumerate(kept):
        found[place] = steps[-1]
        if role_of(cell) == "check":
            steps.append([])
        if role_of(cell) == "answer" and place in matches:
            source = source_of(theirs[matches[place]])
            steps[-1] += [source] if source != stubs.get(cell_names(cell)[0] or "") else []
        steps[-1] += [source_of(added) for added in extras.get(place, [])]
    return found


def _missing_of(stub: str, bound: set[str]) -> str:
    """Give the part of a deleted answer's stub that binds what nothing else of the step binds.

    Who writes a whole step into one cell and deletes the others has attempted all of it.
    """
    try:
        parts = [ast.get_source_segment(stub, node) or "" for node in ast.parse(stub).body]
    except (SyntaxError, ValueError):
        return stub
    missing = [part for part in parts if not bound_by([part]) or bound_by([part]) - bound]
    return stub if missing == parts else "\n".join(missing)


def _astray(theirs: Sequence[Cell]) -> dict[str, str]:
    """Say of each cell that is no code cell why it counts for nothing, by its names."""
    return {
        name: f"the cell of your answer is a {cell['cell_type']} cell, which does not run:"
        " change its type to Code"
        for cell in theirs
        if cell.get("cell_type") in _NO_CODE and source_of(cell).strip()
        for name in cell_names(cell)
        if name
    }


def _answer(cell: Cell, source: str, more: dict[str, Any]) -> Cell:
    noted = {"role": "answer", "reference": source_of(cell), **more}
    return {
        **cell,
        "source": _defused(source),
        "outputs": [],
        "execution_count": None,
        "metadata": {**cell["metadata"], "ecslab": noted},
    }


def _extra(cell: Cell, number: int) -> Cell:
    return {
        "cell_type": "code",
        "id": f"learner-{number}",
        "source": _defused(source_of(cell)),
        "outputs": [],
        "execution_count": None,
        "metadata": {"ecslab": {"role": "extra", "changed": True}},
    }


def _defused(source: str) -> str:
    """Take the meaning from comments that would tell nbval not to compare or not to run a cell."""
    lines = source.splitlines(keepends=True)
    return "".join(_without_marker(line) for line in lines)


def _without_marker(line: str) -> str:
    text = line.strip()
    if not text.startswith("#") or text.lstrip("#").strip() not in _MARKERS:
        return line
    return line.replace(text, f"{text} counts for nothing in a lab")


def _note_checks(cells: list[Cell]) -> None:
    """Note for each code cell the check that comes next, to which it leads."""
    current: str | None = None
    for cell in reversed(cells):
        if is_code(cell):
            current = check_id(cell) or current
            cell["metadata"]["ecslab"]["check"] = current
