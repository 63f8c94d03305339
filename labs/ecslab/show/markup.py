"""HTML that looks the same in JupyterLab, trusted or not, on the site, in the dark, on a phone.

JupyterLab removes SVG, `role` and `aria-label` from the stored outputs of a notebook that it does
not trust, and a learner opens every lesson for the first time untrusted. So a picture is made of
boxes with inline styles, which it keeps. Text has the colour of its surroundings; each colour of
ours has a contrast of at least 3 to 1 with white and with the dark themes' backgrounds
(WCAG 2.2, 1.4.11).
"""

from __future__ import annotations

from html import escape
from typing import Final

ORANGE: Final = "#b86414"
GOLD: Final = "#9c7a0c"
OLIVE: Final = "#74851c"
GREEN: Final = "#2e8f4e"
TEAL: Final = "#22889a"
BLUE: Final = "#3f7fc8"
VIOLET: Final = "#8a6ccf"
GREY: Final = "#808080"
RED: Final = "#d64545"

PALETTE: Final = (BLUE, ORANGE, GREEN, VIOLET, TEAL, GOLD)
"""For things that are only told apart, such as the revisions of a service, in this order."""

STATUS: Final = {
    "PROVISIONING": ORANGE,
    "PENDING": GOLD,
    "ACTIVATING": OLIVE,
    "RUNNING": GREEN,
    "DEACTIVATING": TEAL,
    "STOPPING": BLUE,
    "DEPROVISIONING": VIOLET,
    "STOPPED": GREY,
}
"""The colours of a task's states: warm on the way up, green, cold on the way down."""

_FRAME = "max-width:760px;font-size:13px;line-height:1.5"
_DETAILS = (
    "margin:6px 0 0 0;padding:0 0 0 0;border:0;box-shadow:none;font-size:12px;"
    "background-color:transparent"
)
_PRE = "margin:4px 0 0 0;font-size:12px;line-height:1.4;overflow-x:auto;white-space:pre"


def words(text: object) -> str:
    """Return text so that it stands for itself in markup."""
    return escape(str(text), quote=False)


def box(*content: str, style: str = "", tag: str = "div", **attributes: str) -> str:
    """Return an element.

    Args:
        content: markup to put into it.
        style: its inline style.
        tag: its name.
        attributes: further attributes; `_` in a name stands for `-`.
    """
    named = {"style": style, **attributes}
    shown = "".join(
        f' {name.replace("_", "-")}="{escape(value, quote=True)}"'
        for name, value in named.items()
        if value
    )
    return f"<{tag}{shown}>{''.join(content)}</{tag}>"


def span(*content: str, style: str = "", **attributes: str) -> str:
    """Return an inline element; the arguments are those of `box`."""
    return box(*content, style=style, tag="span", **attributes)


def picture(*content: str, alt: str, text: str) -> str:
    """Return a whole picture: what is seen, its description, and a fold with its text twin.

    Args:
        content: the markup of the picture.
        alt: one or two sentences for those who can't see it.
        text: the same content as lines of text.
    """
    lines = "\n".join(line if line.strip() else "\u00a0" for line in text.split("\n"))
    fold = box(
        box("As text", tag="summary", style="font-weight:normal"),
        box(words(lines), tag="pre", style=_PRE, tabindex="0"),
        tag="details",
        style=_DETAILS,
        **{"class": "fold"},
    )
    seen = box(*content, role="img", aria_label=alt)
    return box(seen, fold, style=_FRAME)


def swatch(color: str, style: str = "") -> str:
    """Return a small square of a colour, for a legend."""
    base = "display:inline-block;width:10px;height:10px;margin-right:5px;border-radius:2px"
    return span(style=f"{base};background-color:{color};{style}".rstrip(";"))


def chip(mark: str, *content: str) -> str:
    """Return an entry of a legend; entries flow side by side and wrap."""
    return span(mark, *content, style="display:inline-block;margin-right:16px;white-space:nowrap")


def faint(color: str, alpha: float) -> str:
    """Return a colour of ours, given as #rrggbb, as a translucent one."""
    red, green, blue = (int(color[index : index + 2], 16) for index in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha:g})"


def percent(fraction: float) -> str:
    """Return a fraction of the width, short and the same on every machine."""
    return f"{100 * fraction:.2f}".rstrip("0").rstrip(".") + "%"
