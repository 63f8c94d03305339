"""The text of a source, cut into blocks of prose and of code."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from typing import Any, NoReturn

from ecslab.authoring.imports import light_imports
from ecslab.authoring.problem import Problem, SourceError

__all__ = ["Block", "blocks"]

_OPENING = re.compile(r"\s*(?P<fence>`{3,}|~{3,})\s*\{(code-cell|raw-cell)\}(?P<language>.*)")
_LINE_OF_ERROR = re.compile(r"at line (\d+)")
_FRONT_MATTER = {"jupyter", "jupytext", "kernelspec"}
_TAGS = re.compile(r"\s*:tags:\s*(.*?)\s*")
_FENCE = "```{code-cell} python"


@dataclass(frozen=True)
class Block:
    """One cell as the source has it.

    Attributes:
        kind: ``code`` or ``markdown``.
        text: without the fences and the options.
        options: what the option lines, or the JSON after ``+++``, say.
        line: the line of the fence, or the first line of prose, from 1.
        text_line: the line on which the text starts, from 1.
    """

    kind: str
    text: str
    options: dict[str, Any]
    line: int
    text_line: int


def blocks(text: str, path: str) -> list[Block]:
    """Read MyST Markdown as jupytext does, and refuse what jupytext would pass over in silence.

    Args:
        text: the source.
        path: how messages name it.
    """
    with light_imports(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of two languages; `_code` refuses all but one
        from jupytext.myst import MystMetadataParsingError, myst_to_notebook
        from nbformat import ValidationError

        try:
            notebook = myst_to_notebook(text, add_source_map=True)
        except MystMetadataParsingError as error:
            found = _LINE_OF_ERROR.search(str(error))
            _refuse(path, int(found[1]) if found else 1, "the options of a cell are not valid YAML")
        except ValidationError as error:
            _refuse(path, *_invalid(text, error.message))
    lines = text.splitlines()
    starts: list[int] = notebook.metadata.pop("source_map")
    unknown = sorted(set(notebook.metadata) - _FRONT_MATTER)
    if unknown:
        _refuse(
            path,
            1,
            f"the front matter has the unknown key {unknown[0]!r}",
            "keep titles and minutes in course.toml and delete it",
        )
    found_blocks = []
    for cell, start in zip(notebook.cells, starts, strict=True):
        options = dict(cell.metadata)
        if cell.cell_type == "markdown":
            found_blocks.append(_prose(cell.source, options, start, lines, path))
        else:
            found_blocks.append(_code(cell.source, options, start, lines, path))
    return found_blocks


def _prose(text: str, options: dict[str, Any], start: int, lines: list[str], path: str) -> Block:
    while not lines[start]:
        start += 1
    for number, line in enumerate(text.splitlines(), start + 1):
        if _OPENING.match(line):
            _refuse(
                path,
                number,
                "this cell is inside a list, a quotation or another fence, where it never runs",
                f"start {_FENCE} in the first column, outside of any other block",
            )
    return Block("markdown", text, options, start + 1, start + 1)


def _code(text: str, options: dict[str, Any], line: int, lines: list[str], path: str) -> Block:
    opening = _OPENING.match(lines[line - 1])
    if opening is None or opening[2] != "code-cell" or opening["language"].strip() != "python":
        _refuse(path, line, "this fence is not a Python cell", f"write {_FENCE}")
    body = lines[line:]
    closing = re.compile(rf" {{0,3}}{re.escape(opening['fence'])}+\s*")
    length = next((n for n, each in enumerate(body) if closing.fullmatch(each)), None)
    if length is None or any(_OPENING.match(each) for each in body[:length]):
        _refuse(path, line, "this cell is not closed", f"end it with {opening['fence']}")
    if body[0].startswith("---"):
        _refuse(
            path, line + 1, "the options are a YAML block", "write lines such as `:label: name`"
        )
    first = 0
    while body[first].lstrip().startswith(":"):
        first += 1
    if first < length and not body[first].strip():
        first += 1
    return Block("code", text, options, line, line + 1 + first)


def _invalid(text: str, message: str) -> tuple[int, str, str]:
    """Find the tags that nbformat does not take; else the front matter is wrong."""
    for number, line in enumerate(text.splitlines(), 1):
        tags = _TAGS.fullmatch(line)
        if tags is None:
            continue
        listed = re.fullmatch(r"\[(.*)\]", tags[1])
        if listed is None:
            return number, "the tags are not a list", "write `:tags: [answer]`"
        words = [word.strip() for word in listed[1].split(",")]
        if len(set(words)) < len(words):
            return number, "a tag stands twice", "name each tag once"
    return 1, f"front matter or tags do not fit a notebook: {message}", "correct them"


def _refuse(path: str, line: int, message: str, fix: str = "correct them") -> NoReturn:
    raise SourceError(Problem(path, line, message, fix))
