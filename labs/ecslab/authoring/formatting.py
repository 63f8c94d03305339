"""Code cells in ruff's format, at the width that a notebook on a phone and on the site can show."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from ecslab.authoring.source import Source
from ecslab.errors import CourseError

__all__ = ["WIDTH", "Formatted", "Snippet", "run"]

WIDTH = 79
"""Columns."""

Formatted = Iterator[str]

# ruff names a cell by its number, from 1, as in cells.ipynb:3:1:5.
_PLACE = re.compile(r"cells\.ipynb:(?:cell )?(\d+):(\d+):\d+: (.*)")
_SECONDS = 60


@dataclass(frozen=True)
class Snippet:
    """The code of one cell.

    Attributes:
        text: as written.
        source: the file it comes from, for messages.
        cell: the id of its cell.
        line: of the cell in the file.
    """

    text: str
    source: Source
    cell: str
    line: int


def run(snippets: Sequence[Snippet]) -> list[str]:
    """Format code cells, all of them with one start of ruff.

    Args:
        snippets: the code of any number of cells.

    Returns:
        Their text in the same order, without a line end at the end.
    """
    if not snippets:
        return []
    with tempfile.TemporaryDirectory(prefix="ecslab-format-") as folder:
        file = Path(folder) / "cells.ipynb"
        file.write_text(_notebook(snippets), encoding="utf-8")
        command = [_ruff(), "format", "--isolated", "--no-cache", "--quiet"]
        command += ["--line-length", str(WIDTH), "--target-version", "py311", file.name]
        ended = subprocess.run(
            command,
            cwd=folder,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=_SECONDS,
            check=False,
        )
        if ended.returncode != 0:
            _explain(ended.stderr, snippets)
        done = json.loads(file.read_text(encoding="utf-8"))
    return ["".join(cell["source"]) for cell in done["cells"]]


def _notebook(snippets: Sequence[Snippet]) -> str:
    cells: list[dict[str, Any]] = [
        {
            "cell_type": "code",
            "id": f"cell-{number}",
            "metadata": {},
            "execution_count": None,
            "outputs": [],
            "source": snippet.text,
        }
        for number, snippet in enumerate(snippets)
    ]
    metadata = {"language_info": {"name": "python"}}
    return json.dumps({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5})


def _ruff() -> str:
    folders = [sysconfig.get_path("scripts"), str(Path(sys.executable).parent)]
    found = next((path for each in folders if (path := shutil.which("ruff", path=each))), None)
    found = found or shutil.which("ruff")
    if found is None:
        raise CourseError(
            "ruff, which formats the code cells, is not installed; run `python3 tests` once, which "
            "installs the tools of contributors."
        )
    return found


def _explain(message: str, snippets: Sequence[Snippet]) -> NoReturn:
    place = _PLACE.search(message)
    if place is None:
        words = " ".join(message.split())
        raise CourseError(f"ruff could not format the code cells: {words or 'it said nothing'}.")
    snippet = snippets[int(place[1]) - 1]
    wrong = f"cell {snippet.cell} cannot be formatted, line {place[2]} of it: {place[3]}"
    raise snippet.source.error(snippet.line, wrong, "correct the code")
