"""The picture of a timeline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecslab.show.axis import labels, lines, row
from ecslab.show.markup import (
    BLUE,
    GREEN,
    GREY,
    RED,
    STATUS,
    box,
    chip,
    percent,
    picture,
    span,
    swatch,
    words,
)
from ecslab.show.moments import duration, moment
from ecslab.show.scale import Scale

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecslab.show.timeline import Mark, StateSpan, TaskLine, Timeline

_BAR = 18
_THIN = 16
_MONO = "font-family:monospace"
_SMALL = "font-size:12px"
_QUIET = "font-size:12px;opacity:0.85"
_DETAILED = 3
"""As many tasks have the seconds of each state written under them; more share one legend."""


def html(timeline: Timeline) -> str:
    """Return a bar through the states for each task, its containers under it."""
    moments = [0.0, timeline.length, *(at for task in timeline.tasks for at in task.moments())]
    scale = Scale(moments)
    few = len(timeline.tasks) <= _DETAILED
    tasks = [_task(task, scale, few=few) for task in timeline.tasks]
    seen = [
        box(words(f"0:00 is {timeline.start:%Y-%m-%d %H:%M:%S} UTC"), style=_QUIET),
        row("", *labels(scale), height=18, style=_SMALL),
        *tasks,
        "" if few else _states(timeline),
        box(words(timeline.omission), style=_SMALL) if timeline.omission else "",
    ]
    return picture(*seen, alt=_description(timeline), text=str(timeline))


def _description(timeline: Timeline) -> str:
    parts = []
    for task in timeline.tasks:
        states = ", ".join(f"{item.state} for {duration(item.lasted)}" for item in task.spans[:-1])
        last = task.spans[-1]
        end = "STOPPED" if last.state == "STOPPED" else f"{last.state} until now"
        reason = f" because of {task.stop_code or task.stop_reason}" if task.stop else ""
        parts.append(f"Task {task.title}: {states + ', ' if states else ''}{end}{reason}.")
    return " ".join(["Timeline of states.", *parts])


def _task(task: TaskLine, scale: Scale, *, few: bool) -> str:
    title = box(
        span(task.id[:8], style=f"{_MONO};font-weight:bold"),
        span("\u2002" + words(task.title.partition(" ")[2].strip("()"))),
        style="margin-top:8px",
    )
    bar = [part for item in task.spans for part in _state(item, scale)]
    rows = [row("task", *lines(scale, _BAR), *bar, height=_BAR, style=_SMALL)]
    for name in task.containers():
        marks = [mark for mark in task.marks if mark.container == name]
        content = [*lines(scale, _THIN), *_container(marks, task, scale)]
        rows.append(row(words(name), *content, height=_THIN, style=_SMALL))
    return box(title, *rows, _legend(task) if few else "", *_notes(task, few=few))


def _state(item: StateSpan, scale: Scale) -> Iterator[str]:
    color = STATUS[item.state]
    tip = f"{item.state} from {moment(item.begin)}"
    if not item.lasted:
        place = percent(scale.place(item.begin))
        style = f"position:absolute;left:{place};top:1px;height:{_BAR - 2}px;width:4px"
        yield box(style=f"{style};margin-left:-2px;background-color:{color}", title=tip)
        return
    for left, width in scale.pieces(item.begin, item.end):
        yield box(
            style=(
                f"position:absolute;left:{percent(left)};width:{percent(width)};top:3px;"
                f"height:{_BAR - 6}px;min-width:3px;box-sizing:border-box;background-color:{color};"
                "background-clip:padding-box;border-right:2px solid rgba(0,0,0,0)"
            ),
            title=f"{tip}, {duration(item.lasted)}",
        )


def _container(marks: list[Mark], task: TaskLine, scale: Scale) -> Iterator[str]:
    begun: float | None = None
    for mark in marks:
        if mark.kind == "started":
            begun = mark.at
        elif mark.kind in ("restarting", "stopped") and begun is not None:
            yield from _life(begun, mark.at, scale)
            begun = None
    if begun is not None:
        yield from _life(begun, task.spans[-1].end, scale)
    yield from (_point(mark, scale) for mark in marks if mark.kind != "started")


def _life(begin: float, end: float, scale: Scale) -> Iterator[str]:
    for left, width in scale.pieces(begin, end):
        yield box(
            style=(
                f"position:absolute;left:{percent(left)};width:{percent(width)};"
                f"top:{_THIN // 2 - 2}px;height:4px;background-color:{BLUE}"
            )
        )


def _point(mark: Mark, scale: Scale) -> str:
    good = mark.words in ("HEALTHY", "exit code 0")
    color = GREEN if good else GREY if mark.words in ("UNKNOWN", "never started") else RED
    if mark.words == "exit code 143":
        color = GREY
    size = "width:8px;height:8px;margin-left:-4px;border-radius:4px"
    return box(
        style=(
            f"position:absolute;left:{percent(scale.place(mark.at))};top:{_THIN // 2 - 4}px;{size};"
            f"background-color:{color}"
        ),
        title=f"{mark.container}: {mark.words} at {moment(mark.at)}",
    )


def _legend(task: TaskLine) -> str:
    chips = []
    for item in task.spans:
        lasted = f"\u00a0{duration(item.lasted)}" if item.state != "STOPPED" else ""
        so_far = "" if item.over else " so far"
        at = f"\u00a0at {moment(item.begin)}" if item.state == "STOPPED" else ""
        chips.append(chip(swatch(STATUS[item.state]), words(f"{item.state}{lasted}{so_far}{at}")))
    return box(" ".join(chips), style=f"{_SMALL};margin-top:2px")


def _states(timeline: Timeline) -> str:
    present = {item.state for task in timeline.tasks for item in task.spans}
    chips = [chip(swatch(color), state) for state, color in STATUS.items() if state in present]
    return box(" ".join(chips), style=f"{_SMALL};margin-top:8px")


def _notes(task: TaskLine, *, few: bool) -> Iterator[str]:
    for name in task.containers() if few else ():
        told = [f"{m.words} at {moment(m.at)}" for m in task.marks if m.container == name]
        yield box(span(words(name), style=_MONO), words(": " + ", ".join(told)), style=_SMALL)
    if task.stop:
        yield box(
            span("Stop reason", style="font-weight:bold"), words(f" {task.stop}"), style=_SMALL
        )
