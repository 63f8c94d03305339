"""What CloudWatch keeps of the samples of one metric in one period.

AWS: Statistics-definitions (Average, percentiles, trimmed mean); botocore cloudwatch StatisticSet.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["StatisticSet", "is_statistic"]

_PERCENT = re.compile(r"(?P<kind>p|tm)(?P<number>\d{1,2}(?:\.\d{1,10})?|100)")
_PLAIN = ("SampleCount", "Sum", "Average", "Minimum", "Maximum")


def is_statistic(name: str) -> bool:
    """Return whether a statistic can be read: Average and its kind, p0 to p100, tm0 to tm100."""
    return name in _PLAIN or _PERCENT.fullmatch(name) is not None


@dataclass(frozen=True, slots=True)
class StatisticSet:
    """The samples of one metric in one period.

    Args:
        count: how many.
        total: their sum.
        minimum: the least of them.
        maximum: the greatest of them.
        values: each value and how often it came, in order; empty when only the sums are known.
    """

    count: float
    total: float
    minimum: float
    maximum: float
    values: tuple[tuple[float, float], ...] = ()

    @classmethod
    def of(cls, samples: Sequence[float]) -> StatisticSet:
        """Return the summary of samples, of which there is one at least."""
        if len(samples) == 1:  # most metrics have one sample in a period
            (sample,) = samples
            return cls(1.0, sample * 1.0, sample, sample, ((sample, 1.0),))
        counts: dict[float, float] = {}
        for sample in samples:
            counts[sample] = counts.get(sample, 0.0) + 1
        return cls.counted(counts)

    @classmethod
    def counted(cls, counts: dict[float, float]) -> StatisticSet:
        """Return the summary of values and how often each came; there is one at least."""
        values = tuple(sorted(counts.items()))
        total = sum(value * number for value, number in values)
        number = sum(number for _, number in values)
        return cls(float(number), total, values[0][0], values[-1][0], values)

    @classmethod
    def merged(cls, parts: Iterable[StatisticSet]) -> StatisticSet:
        """Return the summary of all samples of several periods, of which there is one at least."""
        found = list(parts)
        if len(found) == 1:
            return found[0]
        counts: dict[float, float] = {}
        known = all(part.values for part in found)
        for part in found if known else ():
            for value, number in part.values:
                counts[value] = counts.get(value, 0.0) + number
        return cls(
            sum(part.count for part in found),
            sum(part.total for part in found),
            min(part.minimum for part in found),
            max(part.maximum for part in found),
            tuple(sorted(counts.items())),
        )

    def read(self, statistic: str) -> float | None:
        """Return a statistic.

        A percentile needs the samples themselves, or that all of them are equal.

        Args:
            statistic: its name, such as Average or p99.

        Returns:
            The value; None when the samples do not tell.
        """
        if statistic in _PLAIN:
            average = self.total / self.count if self.count else 0.0
            values = (self.count, self.total, average, self.minimum, self.maximum)
            return values[_PLAIN.index(statistic)]
        match = _PERCENT.fullmatch(statistic)
        if match is None:
            return None
        share = float(match["number"]) / 100
        if self.minimum == self.maximum:
            return self.minimum
        if not self.values:
            return None
        return self._percentile(share) if match["kind"] == "p" else self._trimmed(share)

    def _percentile(self, share: float) -> float:
        """Return the least value that so large a share of the samples does not exceed."""
        wanted, seen = share * self.count, 0.0
        for value, number in self.values:
            seen += number
            if seen >= wanted:
                return value
        return self.maximum

    def _trimmed(self, share: float) -> float:
        """Return the mean of the lowest samples, so large a share of all."""
        left = whole = max(share * self.count, 1.0)
        total = 0.0
        for value, number in self.values:
            taken = min(number, left)
            total += value * taken
            left -= taken
        return total / whole
