"""Reading a notebook file that somebody else wrote, and what its cells say about themselves."""

from __future__ import annotations

import json
import os
import re
import stat
from pathlib import Path
from typing import Any

from ecslab.errors import CourseError

__all__ = [
    "LARGEST_FILE",
    "Cell",
    "Notebook",
    "cell_names",
    "check_of",
    "is_code",
    "read_notebook",
    "source_of",
    "tags_of",
]

Cell = dict[str, Any]
Notebook = dict[str, Any]

LARGEST_FILE = 20 * 1024 * 1024
"""Bytes; a lab with all its outputs has less than one hundredth of it."""

MOST_CELLS = 2000

_FORMAT = 4
_CHECK_CALL = re.compile(r"""^\s*\w+\s*\.\s*check\(\s*["']([a-z0-9-]+)["']""", re.MULTILINE)


def read_notebook(path: Path) -> Notebook:
    """Read a notebook file without trusting it.

    Args:
        path: an ordinary file; a link, a pipe or a device is refused.

    Returns:
        The notebook as JSON holds it, with a list of cells that are all objects.
    """
    text = _read_text(path)
    _refuse_what_is_none(text, path.name)
    try:
        notebook = json.loads(text)
    except (ValueError, RecursionError):
        raise CourseError(
            f"{path.name} is not a notebook: it does not hold JSON; save it again in Jupyter."
        ) from None
    if isinstance(notebook, dict) and notebook.get("nbformat", _FORMAT) != _FORMAT:
        raise CourseError(
            f"{path.name} is not in notebook format 4; open it in JupyterLab and save it again."
        )
    if not isinstance(notebook, dict) or not _has_cells(notebook):
        raise CourseError(
            f"{path.name} is not a notebook: it has no cells; save it again in Jupyter."
        )
    if notebook.get("nbformat") != _FORMAT:
        raise CourseError(
            f"{path.name} is not in notebook format 4; open it in JupyterLab and save it again."
        )
    if len(notebook["cells"]) > MOST_CELLS:
        raise CourseError(
            f"{path.name} has more than {MOST_CELLS} cells; delete those that you do not need."
        )
    return notebook


def _refuse_what_is_none(text: str, name: str) -> None:
    """Say what else it is: the ways in which handing in goes wrong most often."""
    start = text.lstrip()[:15].lower()
    if not start:
        raise CourseError(f"{name} is empty; save the notebook in Jupyter and hand it in again.")
    if start.startswith(("<!doctype html", "<html", "<?xml")):
        raise CourseError(
            f"{name} is a web page and not a notebook; download the file itself and hand it in."
        )


def source_of(cell: Cell) -> str:
    """Give the source text of a cell.

    Args:
        cell: its source may be one string or a list of lines.

    Returns:
        Text that can be written as UTF-8.
    """
    source = cell.get("source", "")
    if isinstance(source, list):
        source = "".join(line for line in source if isinstance(line, str))
    if not isinstance(source, str):
        return ""
    return source.encode("utf-8", "replace").decode("utf-8")


def tags_of(cell: Cell) -> frozenset[str]:
    """Give the tags of a cell."""
    tags = _metadata(cell).get("tags", [])
    if not isinstance(tags, list):
        return frozenset()
    return frozenset(tag for tag in tags if isinstance(tag, str))


def cell_names(cell: Cell) -> tuple[str | None, str | None]:
    """Give the two names a cell may carry: its own id, and the one in `metadata.ecslab.id`."""
    ours = _metadata(cell).get("ecslab")
    kept = ours.get("id") if isinstance(ours, dict) else None
    name = cell.get("id")
    return (
        name if isinstance(name, str) else None,
        kept if isinstance(kept, str) else None,
    )


def check_of(cell: Cell) -> str | None:
    """Give the id of the check that a cell runs, as its source says it, or None."""
    if not is_code(cell):
        return None
    called = _CHECK_CALL.search(source_of(cell))
    return called.group(1) if called else None


def is_code(cell: Cell) -> bool:
    """Tell whether a cell holds code."""
    return cell.get("cell_type") == "code"


def _metadata(cell: Cell) -> dict[str, Any]:
    metadata = cell.get("metadata")
    return metadata if isinstance(metadata, dict) else {}


def _has_cells(notebook: Notebook) -> bool:
    cells = notebook.get("cells")
    return isinstance(cells, list) and all(isinstance(cell, dict) for cell in cells)


def _read_text(path: Path) -> str:
    """Read at most LARGEST_FILE bytes of an ordinary file, without following a link."""
    if path.is_symlink():
        raise CourseError(f"{path.name} is a link; give the notebook file itself.")
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        descriptor = os.open(path, flags | getattr(os, "O_BINARY", 0))
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise CourseError(
                    f"{path.name} is not a file; give a notebook that ends in .ipynb."
                )
            content = file.read(LARGEST_FILE + 1)
    except FileNotFoundError:
        raise CourseError(f"There is no file {path.name}; check the name and the folder.") from None
    except IsADirectoryError:
        raise CourseError(
            f"{path.name} is a folder; give a notebook that ends in .ipynb."
        ) from None
    except OSError as error:
        raise CourseError(
            f"{path.name} cannot be read ({error.strerror}); check its permissions."
        ) from None
    if len(content) > LARGEST_FILE:
        raise CourseError(
            f"{path.name} is larger than {LARGEST_FILE // 1024**2} MiB;"
            " clear its outputs in Jupyter and save it again."
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise CourseError(
            f"{path.name} is not a notebook: it is not UTF-8 text; save it again in Jupyter."
        ) from None
