"""The picture of a way through the network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecslab.cloud.route import mark, short
from ecslab.show.markup import GREEN, GREY, RED, box, faint, picture, span, words

if TYPE_CHECKING:
    from ecslab.cloud.route import Route
    from ecslab.model.network import Hop

_ROW = "display:flex;padding:3px 6px;margin:2px 0 0 0;border-radius:4px"
_SIGN = "flex:0 0 44px;font-weight:bold;white-space:nowrap"
_CALL = "font-family:monospace;font-size:12px;opacity:0.85;overflow-wrap:anywhere"
_TITLE = f"margin:8px 0 0 0;padding:0 0 2px 0;border-bottom:1px solid {GREY}"


def html(route: Route) -> str:
    """Return the hops as rows, green where they pass and red where the way ends."""
    head = box(
        box(words(f"{short(route.source)} → {short(route.destination)}"), tag="b"),
        style="overflow-wrap:anywhere",
    )
    rows = []
    number = 0
    for leg in route.legs:
        if leg.title:
            rows.append(box(words(leg.title), style=_TITLE))
        for hop in leg.hops:
            number += 1
            rows.append(_row(number, hop))
    last = box(words(route.verdict), style="margin:6px 0 0 0")
    return picture(head, *rows, last, alt=_description(route), text=str(route))


def _row(number: int, hop: Hop) -> str:
    color = RED if hop.failure else GREEN
    sign = span(words(f"{number} {mark(hop.failure)}"), style=f"{_SIGN};color:{color}")
    said = box(
        box(words(hop.words), style="overflow-wrap:anywhere"),
        box(words(hop.evidence), style=_CALL),
        style="min-width:0",
    )
    return box(sign, said, style=f"{_ROW};background-color:{faint(color, 0.12)}")


def _description(route: Route) -> str:
    way = f"The way from {short(route.source)} to {short(route.destination)}"
    obstacle = route.obstacle
    if obstacle is None:
        return f"{way}: {len(route.hops)} hops, all of them pass."
    return f"{way}: it ends at hop {len(route.hops)}, where {obstacle.words}."
