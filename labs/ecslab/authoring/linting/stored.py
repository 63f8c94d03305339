"""Rules for the outputs that are stored in lessons and solutions."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from ecslab.authoring.linting.page import Page
from ecslab.authoring.outputs import ADDRESS, texts
from ecslab.authoring.problem import Problem
from ecslab.authoring.tree import LESSON
from ecslab.clock import START

__all__ = ["LARGEST_PICTURE", "problems"]

LARGEST_PICTURE = 50 * 1024
"""Bytes of a picture made of pixels."""

_SHOWN = ("text/plain", "text/html", "text/markdown", "image/svg+xml")
_LAST_DAY = (START + timedelta(days=90)).date()
"""No lesson lets more simulated time pass; a later moment was read from a real clock."""

_MOMENT = re.compile(r"\b(\d{4})-(\d\d)-(\d\d)[T ]\d\d:\d\d")
_LOCAL = re.compile(
    r"(?:/home/|/Users/|[A-Z]:\\Users\\)[\w.-]+|[\w./-]*/site-packages/|/tmp/(?:ipykernel_|tmp)\w+"
)


def problems(page: Page) -> Iterator[Problem]:
    """Look through the outputs of the notebook made from a page.

    Args:
        page: a lesson, or the source of a lab and its solution.
    """
    folder = "lessons" if page.source.part == LESSON else "solutions"
    path = page.tree.root / folder / f"{page.entry.name}.ipynb"
    build = f"run `python3 labs build {page.entry.name}`"
    cells = _cells(path)
    if cells is None:
        yield page.problem(1, f"{page.tree.shown(path)} is missing or unreadable", build)
        return
    lines = {cell.id: cell.line for cell in page.source.cells}
    for cell in cells:
        line = lines.get(cell.get("id", ""))
        if line is None:
            continue  # a cell of an older source; `build --check` says so
        for message, fix in _objections(cell.get("outputs", [])):
            where = f"the output of cell {cell['id']} in {page.tree.shown(path)}"
            yield page.problem(line, f"{where} {message}", f"{fix}, then {build}")


def _cells(path: Path) -> list[dict[str, Any]] | None:
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return cells if isinstance(cells, list) else None


def _objections(outputs: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    for output in outputs:
        for mime, value in output.get("data", {}).items():
            yield from _picture(mime, value)
        if output.get("name") == "stderr":
            yield "is a warning on stderr", "remove its cause"
    text = texts(outputs)
    local = _LOCAL.search(text)
    if local:
        yield f"names {local[0]}, a path of one computer", "do not print it"
    address = ADDRESS.search(text)
    if address:
        yield f"shows a memory address ({address[0]})", "print a field of the object instead"
    for moment in _MOMENT.finditer(text):
        if _is_real(*(int(part) for part in moment.groups())):
            yield f"shows {moment[0]}, the time of a real clock", "show simulated time"
            return


def _picture(mime: str, value: Any) -> Iterator[tuple[str, str]]:
    if mime in _SHOWN:
        return
    if not mime.startswith("image/"):
        yield f"has the type {mime}, which not every reader shows", f"show {', '.join(_SHOWN)}"
        return
    coded = "".join(value) if isinstance(value, list) else str(value)
    try:
        size = len(base64.b64decode(coded))
    except binascii.Error:
        size = len(coded)
    if size > LARGEST_PICTURE:
        message = f"is a picture of {size // 1024} KB, more than {LARGEST_PICTURE // 1024}"
        yield message, "draw it as SVG, or make it smaller"


def _is_real(year: int, month: int, day: int) -> bool:
    try:
        return date(year, month, day) > _LAST_DAY
    except ValueError:
        return False
