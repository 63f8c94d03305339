"""Mermaid diagrams, drawn to SVG when the site is built and kept by the hash of their source."""

from __future__ import annotations

import hashlib
import html
import re
from dataclasses import dataclass, field
from pathlib import Path

from ecslab.errors import CourseError
from stager import markup

__all__ = ["Drawings"]

EDITION = "1"  # part of every hash: raise it when `LAYOUT`, `_slim` or the pinned mermaidx changes
LAYOUT = {  # pixels
    "flowchart": {"nodeSpacing": 28, "rankSpacing": 34, "padding": 10},
    "sequence": {"width": 120, "height": 44, "actorMargin": 70, "mirrorActors": False},
}
READABLE_WIDTH = 520  # pixels: a wider drawing shrinks to this on a phone, and then scrolls
FENCE = re.compile(
    r"^([ ]*)(`{3,}|~{3,})[ ]*mermaid[ ]*\n(.*?)^\1\2[ ]*$", re.MULTILINE | re.DOTALL
)
TITLE = re.compile(r"^\s*accTitle:\s*(.+?)\s*$", re.MULTILINE)
DESCRIPTION = re.compile(r"^\s*accDescr:\s*(.+?)\s*$", re.MULTILINE)
DEFINITION = re.compile(r'<(marker|symbol|filter)\b[^>]*\bid="([^"]+)"[^>]*>.*?</\1>', re.DOTALL)
UNUSED_DATA = re.compile(r'\s(?:data-(?!look)[a-z-]+|aria-roledescription|name)="[^"]*"')


@dataclass
class Drawings:
    """The drawings of one course, kept in a folder so that only a new diagram is drawn.

    Args:
        folder: where the drawings are kept, one SVG file per diagram.
    """

    folder: Path
    used: set[str] = field(default_factory=set)

    def replace_fences(self, text: str, prefix: str) -> str:
        """Return Markdown with each mermaid fence replaced by its drawing.

        Args:
            text: Markdown of one cell.
            prefix: made part of the drawing's ids, unique on the page.
        """
        count = 0

        def draw(match: re.Match[str]) -> str:
            nonlocal count
            count += 1
            return "\n" + self._figure(match.group(3), f"{prefix}{count}-") + "\n"

        return FENCE.sub(draw, text)

    def prune(self) -> None:
        """Delete drawings that no page used, after a build of the whole course."""
        for path in self.folder.glob("*.svg"):
            if path.name not in self.used:
                path.unlink()

    def _figure(self, source: str, prefix: str) -> str:
        title, description = _found(TITLE, source), _found(DESCRIPTION, source)
        label = html.escape(". ".join(filter(None, (title, description))) or "Diagram", quote=True)
        svg = markup.one_block(markup.prefix_ids(self._svg(source), prefix))
        return (
            f'<div class="drawing" data-search-exclude tabindex="0" role="img" '
            f'aria-label="{label}">{svg}</div>'
        )

    def _svg(self, source: str) -> str:
        digest = hashlib.sha256(f"{EDITION}\n{source.strip()}".encode()).hexdigest()[:20]
        path = self.folder / f"{digest}.svg"
        self.used.add(path.name)
        if not path.is_file():
            self.folder.mkdir(parents=True, exist_ok=True)
            path.write_text(_slim(_draw(source)) + "\n", encoding="utf-8")
        return path.read_text(encoding="utf-8").strip()


def _draw(source: str) -> str:
    # Here, because a build whose drawings are all kept needs no drawing engine.
    import mermaidx  # type: ignore[import-untyped]  # published without types

    try:
        return str(mermaidx.render(source, config=LAYOUT).svg())
    except Exception as error:
        first = source.strip().splitlines()[0]
        message = f"The diagram that begins with '{first}' is not valid mermaid: {error}"
        raise CourseError(message) from error


def _found(pattern: re.Pattern[str], source: str) -> str:
    match = pattern.search(source)
    return match.group(1).rstrip(".") if match else ""


def _slim(svg: str) -> str:
    """Return a drawing without its own style sheet and what nothing refers to.

    The site's style sheet colours drawings, so that they follow the light and the dark scheme.
    """
    text = re.sub(r"<style>.*?</style>", "", svg, flags=re.DOTALL)
    text = UNUSED_DATA.sub("", text)
    text = re.sub(r"<(title|desc)\b[^>]*>.*?</\1>", "", text, flags=re.DOTALL)
    text = re.sub(r'\s(?:aria-labelledby|aria-describedby|role)="[^"]*"', "", text)
    text = DEFINITION.sub(
        lambda match: match.group() if f"#{match.group(2)}" in text else "",
        text,
    )
    text = re.sub(r"<defs>\s*</defs>|<defs/>", "", text)
    text = re.sub(r' style="max-width: [^"]*"', _size(text), text, count=1)
    return text.replace("my-svg", "drawing").strip()


def _size(svg: str) -> str:
    """Return the style that lets a drawing shrink, though not beyond reading."""
    box = re.search(r'viewBox="[-.\d]+ [-.\d]+ ([.\d]+) ', svg)
    width = round(float(box.group(1))) if box else READABLE_WIDTH
    return f' style="max-width: {width}px; min-width: {min(width, READABLE_WIDTH)}px"'
