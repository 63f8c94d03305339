"""Cell outputs as HTML blocks: text, tables, drawings, pictures and errors."""

from __future__ import annotations

import base64
import binascii
import hashlib
import html
import re
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from ecslab.errors import CourseError
from stager import ansi, markup

__all__ = ["FOLD_ABOVE", "Picture", "Rendered", "picture", "render"]

FOLD_ABOVE = 24  # lines: what a reader takes in without scrolling the page away
WIDGET = "application/vnd.jupyter.widget-view+json"
WIDGET_SENTENCE = "This is an interactive control: run this notebook in Jupyter to use it."
VERDICTS = {"✔": "passed", "○": "waiting", "✘": "failed"}
PNG_START = b"\x89PNG\r\n\x1a\n"
PNG_SIZE = slice(16, 24)


@dataclass(frozen=True)
class Picture:
    """A raster picture that an output held, to be written beside the pages."""

    name: str
    content: bytes


@dataclass
class Rendered:
    """What the outputs of one cell became: an HTML block or Markdown, and its pictures."""

    blocks: list[str] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)


def render(outputs: list[Any], *, prefix: str, expected_error: bool, alt: str) -> Rendered:
    """Return a cell's outputs as blocks for a Markdown page.

    Args:
        outputs: the cell's outputs in nbformat's shape.
        prefix: put before the ids of every figure, unique on the page.
        expected_error: whether the cell's error is part of the lesson (tag ``raises-exception``).
        alt: the words for a picture that brings none of its own.
    """
    rendered = Rendered()
    for number, output in enumerate(_joined(outputs)):
        kind = output["output_type"]
        if kind == "stream":
            block = _text(output["text"], "stderr" if output["name"] == "stderr" else "stdout")
        elif kind == "error":
            block = _error(output, expected=expected_error)
        else:
            block = _data(output, f"{prefix}{number}-", alt, rendered.pictures)
        if block:
            rendered.blocks.append(block)
    return rendered


def picture(content: bytes, extension: str) -> Picture:
    """Return a picture under a name that follows from its content."""
    return Picture(f"{hashlib.sha256(content).hexdigest()[:16]}.{extension}", content)


def _joined(outputs: list[Any]) -> list[Any]:
    """Return the outputs with neighbouring pieces of one stream put together."""
    joined: list[Any] = []
    for key, group in groupby(outputs, lambda out: (out["output_type"], out.get("name"))):
        members = list(group)
        if key[0] == "stream":
            text = "".join(member["text"] for member in members)
            joined.append({"output_type": "stream", "name": key[1], "text": text})
        else:
            joined.extend(members)
    return joined


def _data(output: Any, prefix: str, alt: str, pictures: list[Picture]) -> str:
    """Return the richest form of a result that a static page can show."""
    data = output["data"]
    if "text/html" in data:
        return _frame(markup.clean(data["text/html"], prefix), "rich")
    if "image/svg+xml" in data:
        return _frame(markup.clean(data["image/svg+xml"], prefix), "figure")
    if "image/png" in data:
        own = output.get("metadata", {}).get("image/png", {}).get("alt") or alt
        return _frame(_picture(data["image/png"], own, pictures), "figure")
    if WIDGET in data:
        return _frame(f"<p>{WIDGET_SENTENCE}</p>", "widget")
    if "text/markdown" in data:
        return (
            '<div class="output output--rich" data-search-exclude markdown="1">\n\n'
            f"{data['text/markdown'].strip()}\n\n</div>"
        )
    return _text(data.get("text/plain", ""), "value")


def _picture(encoded: str, alt: str, pictures: list[Picture]) -> str:
    try:
        content = base64.b64decode(encoded)
    except binascii.Error as error:
        message = "A PNG output is not valid base64; run `python3 labs build` again."
        raise CourseError(message) from error
    kept = picture(content, "png")
    pictures.append(kept)
    size = ""
    if content.startswith(PNG_START):
        both = content[PNG_SIZE]
        width, height = int.from_bytes(both[:4]), int.from_bytes(both[4:])
        size = f' width="{width}" height="{height}"'
    words = html.escape(alt, quote=True)
    return f'<img class="plot" src="../out/{kept.name}" alt="{words}"{size} loading="lazy">'


def _text(text: str, kind: str) -> str:
    """Return plain text, its check lines marked, folded when it is long."""
    lines = ansi.lines_as_html(text.rstrip().strip("\n"))
    if not any(lines):
        return ""
    if any(line[:1] in VERDICTS for line in lines):
        return _frame(_verdicts(lines), "checks")
    body = _pre(lines)
    if len(lines) > FOLD_ABOVE:
        summary = f"<summary>Show all {len(lines)} lines</summary>"
        body = f'<details class="fold">{summary}{body}</details>'
    return _frame(body, kind)


def _verdicts(lines: list[str]) -> str:
    """Return a check's report: each verdict with the indented lines that explain it."""
    parts: list[str] = []
    verdict = ""
    for line in lines:
        found = VERDICTS.get(line[:1])
        if found:
            verdict = found
        elif not line.startswith(" "):
            verdict = ""
        name = f"verdict {verdict}" if found else f"detail {verdict}".strip()
        parts.append(f'<span class="{name}">{line}\n</span>')
    return f'<pre tabindex="0">{"".join(parts)}</pre>'


def _pre(lines: list[str]) -> str:
    """Return preformatted lines that a keyboard can scroll."""
    text = "\n".join(lines)
    return f'<pre tabindex="0">{text}</pre>'


def _error(output: Any, *, expected: bool) -> str:
    """Return an error as a card: its name and message, the traceback folded below."""
    name = html.escape(ansi.plain(output["ename"]))
    message = html.escape(ansi.plain(output["evalue"])).strip()
    trace = ansi.lines_as_html("\n".join(output.get("traceback", [])))
    purpose = '<p class="purpose">This error is part of the lesson.</p>' if expected else ""
    fold = (
        f'<details class="fold"><summary>Traceback</summary>{_pre(trace)}</details>'
        if any(trace)
        else ""
    )
    card = f'<p class="error-name">{name}</p><p class="error-message">{message}</p>{purpose}{fold}'
    return _frame(card, "error")


def _frame(body: str, kind: str) -> str:
    if not re.search(r"\S", body):
        return ""
    block = markup.one_block(body)
    return f'<div class="output output--{kind}" data-search-exclude>{block}</div>'
