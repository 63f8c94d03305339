"""A time axis on which long quiet stretches are drawn short."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from ecslab.show.moments import duration, moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_QUIET: Final = 90.0
"""Seconds without any event after which a stretch may be shortened."""

_STEPS: Final = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 86400)
_SHORTENED: Final = 30.0
"""Seconds' worth of room that a shortened stretch gets at least."""

_BREAK: Final = 0.014
"""The gap that is left in what is drawn across a shortened stretch, as a share of the width."""

_TICK_SHARE: Final = 0.13
"""The least distance between two labels of the axis, as a share of its width."""


@dataclass(frozen=True)
class Stretch:
    """A part of the axis on which time runs evenly.

    Args:
        begin: seconds at its left end.
        end: seconds at its right end.
        left: where it begins, as a share of the width.
        right: where it ends.
        shortened: whether it takes less room than its length deserves.
    """

    begin: float
    end: float
    left: float
    right: float
    shortened: bool

    def place(self, seconds: float) -> float:
        """Return where a moment lies."""
        if self.end <= self.begin:
            return self.left
        share = (seconds - self.begin) / (self.end - self.begin)
        return self.left + share * (self.right - self.left)


class Scale:
    """Says where a moment lies on an axis from 0 to 1.

    A stretch of more than 90 s in which nothing happens takes at most half the room of all the
    others together, so that a task that ran for an hour still shows how it started. What is drawn
    across such a stretch has a gap in its middle, as on any broken axis.

    Args:
        moments: seconds at which something happens, the axis's two ends included.
    """

    def __init__(self, moments: Iterable[float]) -> None:
        times = sorted(set(moments))
        gaps = [(a, b, b - a) for a, b in pairwise(times)]
        busy = sum(gap for _, _, gap in gaps if gap <= _QUIET)
        limit = max(_SHORTENED, busy / 2)
        drawn = [limit if gap > max(_QUIET, limit) else gap for _, _, gap in gaps]
        total = sum(drawn) or 1.0
        self.stretches: list[Stretch] = []
        left = 0.0
        for (begin, end, gap), room in zip(gaps, drawn, strict=True):
            right = left + room / total
            self._add(Stretch(begin, end, left, right, shortened=room < gap))
            left = right
        self.begin, self.end = times[0], times[-1]

    def _add(self, stretch: Stretch) -> None:
        last = self.stretches[-1] if self.stretches else None
        if last is not None and not last.shortened and not stretch.shortened:
            self.stretches[-1] = Stretch(last.begin, stretch.end, last.left, stretch.right, False)
        else:
            self.stretches.append(stretch)

    def place(self, seconds: float) -> float:
        """Return where a moment lies, as a share of the width; what is outside lies at an end."""
        for stretch in self.stretches:
            if seconds <= stretch.end:
                return max(0.0, stretch.place(seconds))
        return 1.0 if self.stretches else 0.0

    def pieces(self, begin: float, end: float) -> Iterator[tuple[float, float]]:
        """Yield what is to be drawn for a span of time, as (left, width)."""
        left = self.place(begin)
        for stretch in self.stretches:
            if stretch.shortened and begin <= stretch.begin and stretch.end <= end:
                middle = (stretch.left + stretch.right) / 2
                yield left, middle - _BREAK / 2 - left
                left = middle + _BREAK / 2
        if self.place(end) > left:
            yield left, self.place(end) - left

    def ticks(self) -> list[tuple[float, str]]:
        """Return the labels of the axis: where, and the moment after its begin."""
        return [tick for stretch in self.stretches for tick in self._ticks_of(stretch)]

    def omissions(self) -> list[tuple[float, float, str]]:
        """Return the shortened stretches as (left, width, how long it really is)."""
        return [
            (part.left, part.right - part.left, duration(part.end - part.begin))
            for part in self.stretches
            if part.shortened
        ]

    def _ticks_of(self, stretch: Stretch) -> Iterator[tuple[float, str]]:
        if stretch.shortened or stretch.end <= stretch.begin:
            return
        rate = (stretch.right - stretch.left) / (stretch.end - stretch.begin)
        step = next((s for s in _STEPS if s * rate >= _TICK_SHARE), _STEPS[-1])
        number = -int((self.begin - stretch.begin) // step)
        while (at := self.begin + number * step) <= stretch.end:
            place = stretch.place(at)
            if at >= stretch.begin and self._has_room(stretch, place):
                yield place, moment(at - self.begin)
            number += 1

    def _has_room(self, stretch: Stretch, place: float) -> bool:
        """Return whether a label stays clear of a shortened stretch's label and of the end."""
        after_break = stretch.left > 0 and place - stretch.left < _TICK_SHARE / 2
        before_break = stretch.right < 1 and stretch.right - place < _TICK_SHARE / 2
        return not after_break and not before_break and place <= 1 - _TICK_SHARE / 2
