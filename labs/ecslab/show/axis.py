"""The parts that pictures over time share: rows, the axis, and its lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecslab.show.markup import box, percent, span, words

if TYPE_CHECKING:
    from ecslab.show.scale import Scale

LABELS = "6.5em"
"""The width of the column of names at the left."""

_NAME = (
    "flex:0 0 {width};width:{width};overflow:hidden;text-overflow:ellipsis;white-space:nowrap;"
    "padding-right:8px;box-sizing:border-box;{style}"
)
_TIP = "position:absolute;top:0px;width:3.6em;margin-left:-1.8em;text-align:center;opacity:0.85"
_GAP = (
    "position:absolute;top:0px;text-align:center;white-space:nowrap;overflow:hidden;"
    "text-overflow:ellipsis;opacity:0.85"
)
_FIRST = "position:absolute;top:0px;left:0%;opacity:0.85"


def row(name: str, *content: str, height: int, width: str = LABELS, style: str = "") -> str:
    """Return a row: a name at the left, and room that is as long as the axis.

    Args:
        name: markup for the column at the left.
        content: boxes with an absolute position.
        height: in pixels.
        width: of the column at the left.
        style: of the name.
    """
    left = box(name, style=_NAME.format(width=width, style=style).rstrip(";"))
    field = f"flex:1 1 auto;position:relative;height:{height}px;min-width:0"
    return box(left, box(*content, style=field), style="display:flex;align-items:center")


def labels(scale: Scale) -> list[str]:
    """Return the moments written along an axis, and the lengths of what is drawn short."""
    found = []
    for place, label in scale.ticks():
        style = f"{_TIP};left:{percent(place)}" if place else _FIRST
        found.append(box(words(label), style=style))
    for left, width, label in scale.omissions():
        shown = span("…\u00a0" + words(label) + "\u00a0…")
        style = f"{_GAP};left:{percent(left)};width:{percent(width)}"
        found.append(box(shown, style=style, title=f"{label} drawn short"))
    return found


def lines(scale: Scale, height: int) -> list[str]:
    """Return the faint upright lines at an axis's moments."""
    style = (
        f"position:absolute;top:0px;height:{height}px;width:0px;border-left:1px solid;opacity:0.15"
    )
    return [box(style=f"{style};left:{percent(place)}") for place, _ in scale.ticks()]
