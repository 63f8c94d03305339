"""The text twin of a timeline."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

from ecslab.show.moments import duration, moment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecslab.show.timeline import TaskLine, Timeline

WIDTH = 79


def text(timeline: Timeline) -> str:
    """Return a table of states over time for each task, and what its containers did."""
    lines = [f"0:00 is {timeline.start:%Y-%m-%d %H:%M:%S} UTC"]
    for task in timeline.tasks:
        lines += _task(task)
    return "\n".join([*lines, timeline.omission] if timeline.omission else lines)


def _task(task: TaskLine) -> Iterator[str]:
    yield f"task {task.title}"[:WIDTH]
    yield f"  {'state':<14}  {'entered':>8}  {'lasted':>15}"
    for span in task.spans:
        lasted = duration(span.lasted) if span.over else f"{duration(span.lasted)} so far"
        if span.state == "STOPPED":
            lasted = ""
        yield f"  {span.state:<14}  {moment(span.begin):>8}  {lasted:>15}".rstrip()
    for at, told in sorted(_notes(task), key=lambda note: note[0]):
        yield from _folded(f"  {moment(at):>7}  {told}", 11)


def _notes(task: TaskLine) -> Iterator[tuple[float, str]]:
    for mark in task.marks:
        yield mark.at, f"{mark.container}: {mark.words}"
    if task.stop_at is not None:
        yield task.stop_at, f"stop: {task.stop}"


def _folded(line: str, indent: int) -> list[str]:
    return wrap(
        line, WIDTH, subsequent_indent=" " * indent, drop_whitespace=True, break_on_hyphens=False
    ) or [line]
