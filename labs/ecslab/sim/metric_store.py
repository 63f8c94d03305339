"""Amazon CloudWatch's metrics in one account and Region."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from ecslab.model.cloudwatch.statistic_set import StatisticSet
from ecslab.sim.metric_series import Gauge, Series

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ecslab.clock import Clock

__all__ = ["Metric", "MetricSource", "MetricStore"]

_LISTED_FOR = 14 * 86400
"""ListMetrics shows metrics that had a point in the past two weeks (botocore ListMetrics)."""
_HOUR = 3600


@dataclass(frozen=True, slots=True)
class Metric:
    """What identifies a metric.

    Args:
        namespace: such as AWS/ECS.
        name: such as CPUUtilization.
        dimensions: name and value of each, by name.
    """

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, namespace: str, name: str, dimensions: Mapping[str, str]) -> Metric:
        """Return the metric with these dimensions, in whatever order they are given."""
        return cls(namespace, name, tuple(sorted(dimensions.items())))


class MetricSource(Protocol):
    """Who brings its metrics up to date when they are asked for."""

    def publish(self) -> None:
        """Put what it has measured in the periods that have ended."""


class MetricStore:
    """The metrics.

    Args:
        clock: simulated time.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._series: dict[Metric, Series] = {}
        self._gauges: dict[Metric, Gauge] = {}
        self._sources: list[tuple[tuple[str, ...], MetricSource]] = []

    def now(self) -> float:
        """Return the epoch seconds of simulated time."""
        return self._clock.now.timestamp()

    def add_source(self, source: MetricSource, *namespaces: str) -> None:
        """Ask a source before metrics of its namespaces are read."""
        self._sources.append((namespaces, source))

    def put(
        self,
        metric: Metric,
        start: float,
        statistics: StatisticSet,
        *,
        unit: str = "None",
        period: int = 60,
        count: int = 1,
    ) -> None:
        """Keep one point, or equal ones of several periods in a row.

        Args:
            metric: the metric.
            start: epoch seconds; the point belongs to the period that holds them.
            statistics: what it holds.
            unit: the unit.
            period: seconds of one period: 1 for high resolution.
            count: how many periods, the first of which holds the start.
        """
        begins = int(start // period) * period
        self._of(metric, unit).add(begins, period, statistics, count)

    def gauge(self, metric: Metric, unit: str, *, every: int = 20, period: int = 60) -> Gauge:
        """Return the gauge of a metric, which is made when it is missing.

        Args:
            metric: the metric.
            unit: the unit of its values.
            every: seconds between two samples.
            period: seconds that one point stands for.
        """
        found = self._gauges.get(metric)
        if found is None or found.period != period:
            if found is not None:
                found.flush(self.now())
            found = Gauge(self._of(metric, unit), every=every, period=period)
            self._gauges[metric] = found
        return found

    def drop_gauge(self, metric: Metric) -> None:
        """End the sampling of a metric; its points stay."""
        gauge = self._gauges.pop(metric, None)
        if gauge is not None:
            gauge.flush(self.now())

    def unit(self, metric: Metric) -> str:
        """Return the unit of a metric; it is the word None when it has none."""
        series = self._series.get(metric)
        return series.unit if series is not None else "None"

    def read(
        self, metric: Metric, start: float, end: float, period: int
    ) -> dict[int, StatisticSet]:
        """Return the points of a metric in a span of time, added up by period.

        Args:
            metric: the metric.
            start: epoch seconds; the first period begins then.
            end: epoch seconds, not included.
            period: seconds of one period.

        Returns:
            The start of each period that has samples, in order, and what it holds.
        """
        now = self.now()
        self._refresh(metric.namespace)
        gauge = self._gauges.get(metric)
        if gauge is not None:
            gauge.flush(now)
        series = self._series.get(metric)
        found: dict[int, list[StatisticSet]] = {}
        for begins, statistics in series.points(start, end) if series else ():
            bucket = int(start + (begins - start) // period * period)
            found.setdefault(bucket, []).append(statistics)
        return {bucket: StatisticSet.merged(parts) for bucket, parts in found.items()}

    def metrics(self, namespace: str | None = None, *, recent: bool = False) -> Iterator[Metric]:
        """Yield the metrics that have points.

        Args:
            namespace: only those of a namespace.
            recent: only those with a point in the past three hours.
        """
        now = self.now()
        self._refresh(namespace)
        since = now - (3 * _HOUR if recent else _LISTED_FOR)
        for metric, series in self._series.items():
            if namespace in (None, metric.namespace):
                gauge = self._gauges.get(metric)
                if gauge is not None:
                    gauge.flush(now)
                if series.latest > since:
                    yield metric

    def _of(self, metric: Metric, unit: str) -> Series:
        series = self._series.get(metric)
        if series is None:
            series = self._series[metric] = Series(unit)
        return series

    def _refresh(self, namespace: str | None) -> None:
        for namespaces, source in self._sources:
            if namespace is None or namespace in namespaces:
                source.publish()
