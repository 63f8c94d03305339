"""The points of one CloudWatch metric, and values that are sampled as time passes.

A value that does not change costs nothing while time passes: its points are made when somebody
reads them, and a run of equal points is kept as one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecslab.model.cloudwatch.statistic_set import StatisticSet

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Gauge", "Series"]

MINUTE = 60


@dataclass(slots=True)
class _Run:
    """Equal points, one after the other.

    Args:
        start: epoch seconds at which the first period begins.
        step: seconds of one period.
        count: how many periods.
        statistics: what each of them holds.
    """

    start: int
    step: int
    count: int
    statistics: StatisticSet

    @property
    def end(self) -> int:
        return self.start + self.step * self.count


class Series:
    """The points of one metric.

    Args:
        unit: the unit of its values.
    """

    def __init__(self, unit: str) -> None:
        self.unit = unit
        self.latest = 0.0
        """Epoch seconds of the end of its newest point."""
        self._runs: list[_Run] = []
        self._sorted = True

    def add(self, start: int, step: int, statistics: StatisticSet, count: int = 1) -> None:
        """Keep equal points, one after the other.

        Args:
            start: epoch seconds at which the first period begins.
            step: seconds of one period.
            statistics: what each of them holds.
            count: how many there are.
        """
        self.latest = max(self.latest, start + step * count)
        last = self._runs[-1] if self._runs else None
        if last is not None and last.end == start and last.step == step:
            if last.statistics == statistics:
                last.count += count
                return
        elif last is not None and start < last.end:
            self._sorted = False
        self._runs.append(_Run(start, step, count, statistics))

    def points(self, start: float, end: float) -> Iterator[tuple[int, StatisticSet]]:
        """Yield start and contents of the points that begin in a span of time, in order.

        Args:
            start: epoch seconds, included.
            end: epoch seconds, not included.
        """
        if not self._sorted:
            self._runs.sort(key=lambda run: run.start)
            self._sorted = True
        for run in self._from(start):
            if run.start >= end:
                return
            first = max(0, -int((run.start - start) // run.step)) if run.start < start else 0
            for number in range(first, run.count):
                begins = run.start + number * run.step
                if begins >= end:
                    break
                yield begins, run.statistics

    def _from(self, start: float) -> Iterator[_Run]:
        """Yield the runs that may reach beyond a moment; most reads are about the latest."""
        index = len(self._runs)
        while index > 0 and self._runs[index - 1].end > start - MINUTE:
            index -= 1
        yield from (run for run in self._runs[index:] if run.end > start)


class Gauge:
    """A value that is sampled at fixed moments, and makes points of its samples.

    Args:
        series: where the points go.
        every: seconds between two samples; the first is half as many after each full period.
        period: seconds that one point stands for.
    """

    def __init__(self, series: Series, *, every: int = 20, period: int = MINUTE) -> None:
        self._series = series
        self._every = every
        self.period = period
        self._value: float | None = None
        self._next = 0.0
        self._samples: list[float] = []
        self._begun = 0

    @property
    def value(self) -> float | None:
        """Return the value that holds now, None when there is none."""
        return self._value

    def set(self, now: float, value: float | None) -> None:
        """Let another value hold from now on.

        Args:
            now: epoch seconds.
            value: the value; None for no samples.
        """
        if value != self._value:
            self.flush(now)
            self._value = value

    def points(self, now: float, start: float, end: float) -> list[StatisticSet]:
        """Return its points in a span of time that is over, in epoch seconds."""
        self.flush(now)
        return [statistics for _, statistics in self._series.points(start, end)]

    def flush(self, now: float) -> None:
        """Take all samples that were due before a moment."""
        value, every, period = self._value, self._every, self.period
        if value is None:
            self._next = max(self._next, self._instant_from(now))
            self._close(now)
            return
        while self._next < now:
            begins = int(self._next // period) * period
            self._close(begins)
            whole = int((now - begins) // period)
            if not self._samples and whole and self._next - begins < every:
                samples = [value] * (period // every)
                self._series.add(begins, period, StatisticSet.of(samples), whole)
                self._next = begins + whole * period + every / 2
                continue
            self._samples.append(value)
            self._begun = begins
            self._next += every
        self._close(now)

    def _close(self, now: float) -> None:
        """Make a point of the samples of a period that has ended."""
        if self._samples and self._begun + self.period <= now:
            self._series.add(self._begun, self.period, StatisticSet.of(self._samples))
            self._samples = []

    def _instant_from(self, now: float) -> float:
        """Return the first moment of a sample that is not before another moment."""
        half = self._every / 2
        return -((half - now) // self._every) * self._every + half
