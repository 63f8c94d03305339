"""The picture of a rollout."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from ecslab.show.axis import labels, lines
from ecslab.show.markup import (
    GREY,
    PALETTE,
    box,
    chip,
    faint,
    percent,
    picture,
    span,
    swatch,
    words,
)
from ecslab.show.moments import moment
from ecslab.show.rollout import PHASES
from ecslab.show.scale import Scale

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ecslab.show.rollout import Goal, Happening, Rollout, Step

_HEIGHT = 156
_SMALL = "font-size:12px"
_LEFT, _RIGHT = "2em", "6em"
_TOGETHER = 0.045
"""Happenings that are nearer than this share of the width get one number."""
_LISTED = 14
_SORTS = 6
_ONE_TASK = re.compile(r"^task [0-9a-f]+ stops")
_COLUMNS = 160
"""As many changes are drawn; of more, only the last in each of so many columns."""
_LOOK = {"running": (1.0, ""), "pending": (0.38, "solid"), "stopping": (0.14, "dotted")}


def html(rollout: Rollout) -> str:
    """Return the counts as areas, stacked: all running tasks, then pending, then stopping ones."""
    at = [item.at for group in (rollout.steps, rollout.goals, rollout.happenings) for item in group]
    scale = Scale([0.0, rollout.length, *(min(seconds, rollout.length) for seconds in at)])
    drawn = _thinned(rollout, scale)
    top = _top(rollout)
    groups = _groups(rollout.happenings, scale)
    field = [
        *_floors(top),
        *lines(scale, _HEIGHT),
        *_areas(drawn, scale, top),
        *_limits(rollout, scale, top),
    ]
    chart = _row(_numbers(top), field, _limit_names(rollout.goals[-1], top), _HEIGHT)
    seen = [
        box(span(words(rollout.service), style="font-weight:bold"), words(_start(rollout))),
        _row([], list(_mark_numbers(groups)), [], 18),
        chart,
        _row([], labels(scale), [], 18),
        _legend(rollout),
        "" if drawn is rollout else box("Too many changes to draw them all: some are left out."),
        *_list(groups),
    ]
    return picture(box(*seen, style=_SMALL), alt=_description(rollout), text=str(rollout))


def _thinned(rollout: Rollout, scale: Scale) -> Rollout:
    """Return a rollout with so few changes that a page can hold their picture."""
    if len(rollout.steps) <= _COLUMNS:
        return rollout
    columns = {int(scale.place(step.at) * _COLUMNS): step for step in rollout.steps}
    return replace(rollout, steps=(rollout.steps[0], *list(columns.values())[1:]))


def _start(rollout: Rollout) -> str:
    return f"\u20020:00 is {rollout.start:%H:%M:%S} UTC\u2002{rollout.goals[-1].words}"


def _description(rollout: Rollout) -> str:
    step = rollout.steps[-1]
    now = ", ".join(f"{step.total(phase)} {phase}" for phase in PHASES)
    names = ", then ".join(revision.title for revision in rollout.revisions)
    low = min(item.total("running") for item in rollout.steps)
    high = max(item.total("running") + item.total("pending") for item in rollout.steps)
    return (
        f"Tasks of service {rollout.service} over time: {names}. There were at least {low} running,"
        f" and at most {high} running and pending tasks. At the end: {now}."
        f" Wanted: {rollout.goals[-1].words}."
    )


def _top(rollout: Rollout) -> int:
    stacks = [sum(step.total(phase) for phase in PHASES) for step in rollout.steps]
    return max(1, *stacks, *(goal.upper for goal in rollout.goals))


def _row(left: Sequence[str], field: Sequence[str], right: Sequence[str], height: int) -> str:
    side = "flex:0 0 {0};width:{0};position:relative;height:{1}px"
    middle = f"flex:1 1 auto;min-width:0;position:relative;height:{height}px"
    return box(
        box(*left, style=side.format(_LEFT, height)),
        box(*field, style=middle),
        box(*right, style=side.format(_RIGHT, height)),
        style="display:flex",
    )


def _ticks(top: int) -> list[int]:
    step = next(s for s in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000) if top / s <= 7)  # noqa: PLR2004 - as many labels as fit
    return list(range(0, top + 1, step))


def _numbers(top: int) -> list[str]:
    style = "position:absolute;right:6px;line-height:16px;margin-bottom:-8px;opacity:0.85"
    return [box(str(n), style=f"{style};bottom:{percent(n / top)}") for n in _ticks(top)]


def _floors(top: int) -> list[str]:
    base = "position:absolute;left:0%;width:100%;height:0px;border-top:1px solid"
    return [
        box(style=f"{base};bottom:{percent(n / top)};opacity:{0.12 if n else 0.6:g}")
        for n in _ticks(top)
    ]


def _areas(rollout: Rollout, scale: Scale, top: int) -> Iterator[str]:
    for phase in PHASES:
        alpha, edge = _LOOK[phase]
        for index, revision in enumerate(rollout.revisions):
            color = PALETTE[(revision.number - 1) % len(PALETTE)]
            for begin, end, below, count in _flat(rollout, phase, index):
                tip = f"{count} {phase}, {revision.title}"
                for left, width in scale.pieces(begin, end):
                    style = (
                        f"position:absolute;left:{percent(left)};width:{percent(width)};"
                        f"bottom:{percent(below / top)};height:{percent(count / top)};"
                        f"background-color:{faint(color, alpha)};box-sizing:border-box"
                    )
                    line = f";border-top:2px {edge} {color}" if edge else ""
                    yield box(style=style + line, title=tip)


def _flat(rollout: Rollout, phase: str, index: int) -> Iterator[tuple[float, float, int, int]]:
    """Yield the rectangles of one area as (begin, end, tasks below it, its tasks)."""
    steps, length = rollout.steps, rollout.length
    ends = [*(step.at for step in steps[1:]), length]
    last: tuple[float, float, int, int] | None = None
    for step, end in zip(steps, ends, strict=True):
        below = _below(step, phase, index)
        count = getattr(step.counts[index], phase)
        if last is not None and last[2:] == (below, count):
            last = (last[0], end, below, count)
            continue
        if last is not None and last[3]:
            yield last
        last = (step.at, end, below, count)
    if last is not None and last[3]:
        yield last


def _below(step: Step, phase: str, index: int) -> int:
    phases = PHASES[: PHASES.index(phase)]
    earlier: int = sum(getattr(counts, phase) for counts in step.counts[:index])
    return sum(step.total(other) for other in phases) + earlier


def _limits(rollout: Rollout, scale: Scale, top: int) -> Iterator[str]:
    """Yield the two limits as dashed lines."""
    ends = [*(goal.at for goal in rollout.goals[1:]), rollout.length]
    for goal, end in zip(rollout.goals, ends, strict=True):
        left, right = scale.place(goal.at), scale.place(end)
        for value, name in ((goal.lower, "lower limit"), (goal.upper, "upper limit")):
            style = (
                f"position:absolute;left:{percent(left)};width:{percent(right - left)};height:0px;"
                f"bottom:{percent(value / top)};margin-bottom:-1px;border-top:2px dashed"
            )
            yield box(style=style, title=f"{name} {value}")


def _limit_names(goal: Goal, top: int) -> list[str]:
    style = "position:absolute;left:6px;line-height:16px;margin-bottom:-8px;white-space:nowrap"
    if goal.lower == goal.upper:
        return [box(f"exactly {goal.lower}", style=f"{style};bottom:{percent(goal.lower / top)}")]
    apart = 16 / _HEIGHT
    lower = goal.lower / top
    upper = max(goal.upper / top, lower + apart)
    return [
        box(f"at most {goal.upper}", style=f"{style};bottom:{percent(upper)}"),
        box(f"at least {goal.lower}", style=f"{style};bottom:{percent(lower)}"),
    ]


def _groups(told: Sequence[Happening], scale: Scale) -> list[tuple[float, list[Happening]]]:
    """Return the happenings, those together that would be drawn over each other."""
    groups: list[tuple[float, list[Happening]]] = []
    for happening in told:
        place = scale.place(happening.at)
        if groups and place - groups[-1][0] < _TOGETHER:
            groups[-1][1].append(happening)
        else:
            groups.append((place, [happening]))
    return groups


def _mark_numbers(groups: list[tuple[float, list[Happening]]]) -> Iterator[str]:
    style = "position:absolute;top:0px;width:2em;margin-left:-1em;text-align:center"
    stem = f"position:absolute;top:18px;height:{_HEIGHT}px;width:0px;border-left:1px dotted"
    for number, (place, happened) in enumerate(groups, start=1):
        left = percent(place)
        tip = "; ".join(_runs(happened))
        yield box(str(number), style=f"{style};left:{left};font-weight:bold", title=tip)
        yield box(style=f"{stem};left:{left};opacity:0.5")


def _legend(rollout: Rollout) -> str:
    chips = [
        chip(swatch(PALETTE[(item.number - 1) % len(PALETTE)]), words(item.title))
        for item in rollout.revisions
    ]
    for phase in PHASES:
        alpha, edge = _LOOK[phase]
        line = f"box-sizing:border-box;border-top:2px {edge} {GREY}" if edge else ""
        chips.append(chip(swatch(faint(GREY, alpha), line), phase))
    return box(" ".join(chips), style="margin-top:4px")


def _list(groups: list[tuple[float, list[Happening]]]) -> Iterator[str]:
    entries = list(enumerate(groups, start=1))
    hidden = len(entries) - _LISTED
    if hidden > 1:
        entries[_LISTED - 5 : -5] = []
    previous = 0
    for number, (_, happened) in entries:
        if number != previous + 1:
            yield box(words(f"… {number - previous - 1} more, see the text"))
        previous = number
        told = "; ".join(_runs(happened))
        yield box(
            box(str(number), style="flex:0 0 2em;font-weight:bold"),
            box(moment(happened[0].at), style="flex:0 0 4em"),
            box(words(told), style="flex:1 1 auto;min-width:0"),
            style="display:flex",
        )


def _runs(happened: list[Happening]) -> list[str]:
    """Return the words of happenings, those of one sort once with their number."""
    sorts: dict[str, list[str]] = {}
    for item in happened:
        sorts.setdefault(_ONE_TASK.sub("a task stops", item.words), []).append(item.words)
    told = [
        f"{sort} ({len(all_words)} times)" if len(all_words) > 1 else all_words[0]
        for sort, all_words in sorts.items()
    ]
    return told if len(told) <= _SORTS else [*told[: _SORTS - 1], "…"]
