"""Measure two ways of doing the same, in turns, so that a busy machine slows both alike."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Ratio:
    """Our time, or memory, against another's for the same work, measured in one run.

    Attributes:
        name: the work.
        ours: median of our times, in seconds, or another amount.
        theirs: median of the other's times, in seconds.
        pairs: how many times each was measured.
        against: what the other is.
        key: under which the ratio stands in JSON by itself too.
        unit: of the two amounts.
    """

    name: str
    ours: float
    theirs: float
    pairs: int
    against: str
    key: str = ""
    unit: str = "s"

    @property
    def ratio(self) -> float:
        """How many times the other's amount we need."""
        return self.ours / self.theirs


def interleaved(
    name: str,
    ours: Callable[[], float],
    theirs: Callable[[], float],
    *,
    against: str,
    pairs: int = 5,
) -> Ratio:
    """Measure both in turns, each first as often as second.

    Args:
        name: the work.
        ours: does the work once and returns the seconds it took.
        theirs: does the same work the other way.
        against: what the other way is.
        pairs: how many times each is measured.
    """
    times: dict[str, list[float]] = {"ours": [], "theirs": []}
    for number in range(pairs):
        order = [("ours", ours), ("theirs", theirs)]
        for side, work in order if number % 2 == 0 else reversed(order):
            times[side].append(work())
    return Ratio(
        name, statistics.median(times["ours"]), statistics.median(times["theirs"]), pairs, against
    )
