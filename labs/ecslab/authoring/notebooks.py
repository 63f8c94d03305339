"""The bytes of a notebook: nbformat 4.5 with no more metadata than its schema asks for."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ecslab.authoring.cells import Cell

__all__ = ["text"]

_METADATA = {
    "kernelspec": {"display_name": "Python 3", "name": "python3"},
    "language_info": {"name": "python"},
}


def text(cells: Sequence[Cell], outputs: Mapping[str, list[dict[str, Any]]] | None = None) -> str:
    """Give the text of a notebook file.

    Args:
        cells: in order.
        outputs: of the code cells by id, in their stored form; None leaves them empty.
    """
    notebook = {
        "cells": [_cell(cell, (outputs or {}).get(cell.id, [])) for cell in cells],
        "metadata": _METADATA,
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def _cell(cell: Cell, outputs: list[dict[str, Any]]) -> dict[str, Any]:
    written: dict[str, Any] = {
        "cell_type": cell.kind,
        "id": cell.id,
        "metadata": {"tags": list(cell.tags)} if cell.tags else {},
        "source": _lines(cell.text),
    }
    if cell.is_code:
        written |= {"execution_count": None, "outputs": [_output(output) for output in outputs]}
    return written


def _output(output: dict[str, Any]) -> dict[str, Any]:
    """Write texts as lists of lines, as Jupyter does, so that a diff shows single lines."""
    if "text" in output:
        return output | {"text": _lines(output["text"])}
    if "data" in output:
        data = {
            mime: _lines(value) if isinstance(value, str) else value
            for mime, value in output["data"].items()
        }
        return output | {"data": data}
    return output


def _lines(value: str) -> list[str]:
    parts = value.split("\n")
    return [line for line in [*(part + "\n" for part in parts[:-1]), parts[-1]] if line]
