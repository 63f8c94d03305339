"""Terminal colours in text outputs, as HTML."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

__all__ = ["lines_as_html", "plain"]

# CSI and OSC sequences of ECMA-48; of these only SGR (the ones that end in "m") colour text.
ESCAPE = re.compile(r"\x1b\[([0-9;:]*)([@-~])|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[@-Z\\-_]")
COLOURS = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
EXTENDED_LENGTHS = {5: 2, 2: 4}  # "38;5;n" and "38;2;r;g;b": how many numbers follow the 38
# What each SGR number sets; colours apart.
CHANGES: dict[int, dict[str, bool | str]] = {
    1: {"bold": True},
    2: {"faint": True},
    3: {"italic": True},
    4: {"underline": True},
    22: {"bold": False, "faint": False},
    23: {"italic": False},
    24: {"underline": False},
    39: {"colour": ""},
    49: {"background": ""},
}


@dataclass
class Style:
    """How the text from here on looks."""

    bold: bool = False
    faint: bool = False
    italic: bool = False
    underline: bool = False
    colour: str = ""
    background: str = ""

    def classes(self) -> str:
        """Return the CSS classes of this style, empty for ordinary text."""
        flags = ("bold", "faint", "italic", "underline")
        names = [f"ansi-{flag}" for flag in flags if getattr(self, flag)]
        if self.colour:
            names.append(f"ansi-{self.colour}")
        if self.background:
            names.append(f"ansi-on-{self.background}")
        return " ".join(names)

    def apply(self, numbers: list[int]) -> None:
        """Change the style as one SGR sequence says."""
        position = 0
        while position < len(numbers):
            number = numbers[position]
            if number in {38, 48}:
                kind = numbers[position + 1] if position + 1 < len(numbers) else 0
                position += EXTENDED_LENGTHS.get(kind, 0)
            else:
                self._apply_one(number)
            position += 1

    def _apply_one(self, number: int) -> None:
        if number == 0:
            vars(self).update(vars(Style()))
        elif number in CHANGES:
            vars(self).update(CHANGES[number])
        else:
            self._apply_colour(number)

    def _apply_colour(self, number: int) -> None:
        tens, ones = divmod(number, 10)
        if ones >= len(COLOURS):
            return
        if tens in {3, 9}:
            self.colour = COLOURS[ones]
        elif tens in {4, 10}:
            self.background = COLOURS[ones]


def plain(text: str) -> str:
    """Return the text without any escape sequence."""
    return ESCAPE.sub("", text)


def lines_as_html(text: str) -> list[str]:
    """Return each line of a terminal's text as HTML that stands alone.

    A style that runs over a line's end is closed there and opened again on the next line. A
    carriage return wipes what the line held, as a terminal shows a progress bar.
    """
    style = Style()
    return [_line(line.rstrip("\r").rsplit("\r", 1)[-1], style) for line in text.split("\n")]


def _line(line: str, style: Style) -> str:
    pieces: list[str] = []
    start = 0
    for match in ESCAPE.finditer(line):
        pieces.append(_span(line[start : match.start()], style))
        if match.group(2) == "m":
            numbers = [int(part or 0) for part in re.split("[;:]", match.group(1))]
            style.apply(numbers)
        start = match.end()
    pieces.append(_span(line[start:], style))
    return "".join(pieces)


def _span(text: str, style: Style) -> str:
    if not text:
        return ""
    classes = style.classes()
    escaped = html.escape(text, quote=False)
    return f'<span class="{classes}">{escaped}</span>' if classes else escaped
