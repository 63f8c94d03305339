"""The picture of a chain of causes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ecslab.cloud.explain.explanation import shown
from ecslab.show.markup import (
    BLUE,
    GOLD,
    GREY,
    OLIVE,
    ORANGE,
    RED,
    TEAL,
    VIOLET,
    box,
    faint,
    picture,
    span,
    words,
)

if TYPE_CHECKING:
    from ecslab.cloud.explain import Explanation, Step

_LAYERS: Final = {
    "place": ORANGE,
    "capacity": ORANGE,
    "pull": GOLD,
    "initialise": GOLD,
    "start": OLIVE,
    "application": TEAL,
    "health": RED,
    "network": VIOLET,
    "permission": RED,
    "deployment": BLUE,
    "scaling": BLUE,
    "state": GREY,
}
_CODE: Final = "font-family:monospace;font-size:12px;white-space:pre-wrap"
_LAYER: Final = "font-size:12px;font-weight:bold;padding:0 6px 0 6px;border-radius:4px"


def html(explanation: Explanation) -> str:
    """Return the chain as boxes, one under the other, the cause marked."""
    last = len(explanation.steps) - 1
    steps = [_step(step, number == last) for number, step in enumerate(explanation.steps)]
    head = box(span(words(explanation.state), style="font-weight:bold"))
    at = box(words(f"{explanation.at:%Y-%m-%d %H:%M:%S} UTC"), style="font-size:12px;opacity:0.85")
    return picture(head, at, *steps, alt=_description(explanation), text=str(explanation))


def _description(explanation: Explanation) -> str:
    if not explanation.steps:
        return f"{explanation.state} Nothing more is known."
    return f"{explanation.state} In the end: {explanation.cause.words}"


def _step(step: Step, is_cause: bool) -> str:  # noqa: FBT001 - the last one
    color = _LAYERS.get(step.layer, GREY)
    layer = span(words(step.layer), style=f"{_LAYER};background-color:{faint(color, 0.2)}")
    weight = "font-weight:bold" if is_cause else ""
    call = "\n".join(step.evidence.lines())
    width = 6 if is_cause else 4
    return box(
        box(layer, words("\u2002"), span(words(step.words), style=weight)),
        box(words(call), style=f"{_CODE};margin-top:2px;opacity:0.85"),
        box(words(f"→ {shown(step.evidence.value)}"), style=f"{_CODE};margin-left:14px"),
        style=f"margin-top:8px;padding:2px 0 2px 10px;border-left:{width}px solid {color}",
    )
