"""One notebook as the body of one page."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from typing import Any

from stager import outputs, prose
from stager.drawings import Drawings
from stager.outputs import Picture

__all__ = ["Body", "body_of"]

FOLDED = {"setup": "Setup", "hide-input": "Show the code"}
TITLES = {"answer": "Your turn", "check": "Check", "solution": "About the solution"}
SOLVED = "One solution"
SOLUTION_MARK = re.compile(r"^[ \t]*### (?:BEGIN|END) SOLUTION[ \t]*\n?", re.MULTILINE)
HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$", re.MULTILINE)
PICTURE_TYPES = {"image/png": "png", "image/svg+xml": "svg", "image/jpeg": "jpg"}


@dataclass
class Body:
    """The body of a page and the pictures that belong to it."""

    title: str = ""
    opening: str = ""
    parts: list[str] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)

    def markdown(self) -> str:
        """Return all that follows the page's title."""
        return "\n\n".join(filter(None, self.parts))


def body_of(notebook: Any, drawings: Drawings) -> Body:
    """Return a notebook as Markdown: prose, code and outputs in their order.

    Args:
        notebook: the notebook in nbformat's shape, executed or not.
        drawings: draws the mermaid diagrams.
    """
    body = Body()
    heading = ""
    for number, cell in enumerate(notebook["cells"], start=1):
        tags = set(cell["metadata"].get("tags", ()))
        if "remove-cell" in tags:
            continue
        if cell["cell_type"] == "markdown":
            text = _markdown(cell, f"d{number}-", drawings, body)
            headings = HEADING.findall(cell["source"])
            heading = headings[-1] if headings else heading
            body.parts.append(_without_title(text, body))
        elif cell["cell_type"] == "code":
            _code(cell, tags, body, number=number, heading=heading)
    return body


def _markdown(cell: Any, prefix: str, drawings: Drawings, body: Body) -> str:
    attached: dict[str, Any] = cell.get("attachments", {})

    def address(name: str) -> str:
        for kind, extension in PICTURE_TYPES.items():
            if kind in attached.get(name, {}):
                content = base64.b64decode(attached[name][kind])
                picture = outputs.picture(content, extension)
                body.pictures.append(picture)
                return f"../out/{picture.name}"
        return f"attachment:{name}"

    drawn = drawings.replace_fences(cell["source"], prefix)
    return prose.for_site(drawn, address).strip()


def _without_title(text: str, body: Body) -> str:
    """Return the text, its level-one heading taken out when it is the page's first."""
    match = re.match(r"#[ \t]+(.+?)[ \t]*#*(?:\n|$)", text)
    if body.title or not match:
        return text
    body.title = match.group(1)
    return text[match.end() :].strip()


def _code(cell: Any, tags: set[str], body: Body, *, number: int, heading: str) -> None:
    source, marks = SOLUTION_MARK.subn("", cell["source"])
    if source.strip():
        body.parts.append(_input(source.strip("\n"), tags, solved=marks > 0))
    rendered = outputs.render(
        cell.get("outputs", []),
        prefix=f"o{number}-",
        expected_error="raises-exception" in tags,
        alt=f"Picture drawn by the code above, in the section {heading}"
        if heading
        else "Picture drawn by the code above",
    )
    body.parts.extend(rendered.blocks)
    body.pictures.extend(rendered.pictures)


def _input(source: str, tags: set[str], *, solved: bool) -> str:
    """Return a cell's code as a fence: folded when it is set-up, titled when it is a task."""
    fence = prose.fence_for(source)
    kind = next((tag for tag in TITLES if tag in tags), "")
    title = SOLVED if solved else TITLES.get(kind, "")
    options = f'.cell-{kind} title="{title}" ' if kind else ""
    block = f"{fence} {{ .python .cell {options}}}\n{source}\n{fence}"
    summary = next((text for tag, text in FOLDED.items() if tag in tags), "")
    if summary:
        head = f'<details class="fold" markdown="1"><summary>{summary}</summary>'
        return f"{head}\n\n{block}\n\n</details>"
    return block
