"""The text twin of a rollout."""

from __future__ import annotations

from itertools import groupby
from textwrap import wrap
from typing import TYPE_CHECKING

from ecslab.show.moments import moment
from ecslab.show.rollout import PHASES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecslab.show.rollout import Rollout, Step

WIDTH = 79
_FIRST_ROWS, _LAST_ROWS = 40, 20


def text(rollout: Rollout) -> str:
    """Return the counts and what happened, one row for each change."""
    names = " + ".join(revision.title for revision in rollout.revisions)
    goal = rollout.goals[0]
    head = [
        *wrap(f"service {rollout.service}: {names}", WIDTH, subsequent_indent="  "),
        f"0:00 is {rollout.start:%Y-%m-%d %H:%M:%S} UTC; {goal.words}",
    ]
    rows = list(_rows(rollout))
    hidden = len(rows) - _FIRST_ROWS - _LAST_ROWS
    if hidden > 1:
        rows[_FIRST_ROWS:-_LAST_ROWS] = [f"       … {hidden} more lines …"]
    return "\n".join(line.rstrip() for line in [*head, *rows])


def _rows(rollout: Rollout) -> Iterator[str]:
    cells = {id(step): [_cell(step, phase) for phase in PHASES] for step in rollout.steps}
    widths = [
        max(len(name), *(len(row[column]) for row in cells.values()))
        for column, name in enumerate(PHASES)
    ]
    yield f"{'time':>7}  {_joined(list(PHASES), widths)}  what happened"
    indent = 7 + 2 + sum(widths) + 2 * len(widths)
    shown: list[str] | None = None
    for at, step, told in _merged(rollout):
        row = cells[id(step)]
        counts = _joined(row if row != shown else ["", "", ""], widths)
        shown = row
        yield from wrap(
            f"{moment(at):>7}  {counts}  {told}",
            WIDTH,
            subsequent_indent=" " * (indent + 1),
            drop_whitespace=True,
            break_on_hyphens=False,
        )


def _merged(rollout: Rollout) -> Iterator[tuple[float, Step, str]]:
    """Yield the changes in the order of time; those of the same second share a row."""
    moments = [step.at for step in rollout.steps] + [item.at for item in rollout.happenings]
    for second, group in groupby(sorted(moments), key=moment):
        at = list(group)
        step = [item for item in rollout.steps if item.at <= at[-1]][-1]
        told = [item.words for item in rollout.happenings if moment(item.at) == second]
        yield at[0], step, "; ".join(dict.fromkeys(told))


def _cell(step: Step, phase: str) -> str:
    return " + ".join(str(getattr(counts, phase)) for counts in step.counts)


def _joined(row: list[str], widths: list[int]) -> str:
    return "  ".join(f"{cell:>{width}}" for cell, width in zip(row, widths, strict=True))
