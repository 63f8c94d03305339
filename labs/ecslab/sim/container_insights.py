"""CloudWatch Container Insights: what clusters, services, families, tasks and containers use.

AWS: Container-Insights-metrics-ECS and ...-enhanced-observability-metrics-ECS (names, units,
dimensions), Container-Insights-reference-performance-logs-ECS (the performance events).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ecslab.model.cloudwatch.statistic_set import StatisticSet
from ecslab.sim.insights_records import (
    cluster_record,
    container_records,
    dimension_sets,
    service_record,
    task_record,
)
from ecslab.sim.metric_store import Metric

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from ecslab.sim.entities import Account, Cluster
    from ecslab.sim.insights_records import Record

__all__ = ["NAMESPACE", "ContainerInsights"]

NAMESPACE: Final = "ECS/ContainerInsights"
_MINUTE: Final = 60
_ON: Final = ("enabled", "enhanced")
_ENHANCED: Final = "enhanced"


@dataclass(slots=True)
class _Published:
    """What the last minutes of a cluster came to, which were all alike.

    Args:
        records: what was measured in each of them.
        enhanced: whether the cluster had enhanced observability.
        points: each metric, its unit and what its point of one minute holds.
        until: epoch seconds of the end of the last of these minutes.
        held_back: how many minutes, the last ones, have not been put into the metrics yet.
    """

    records: list[Record]
    enhanced: bool
    points: list[tuple[Metric, str, StatisticSet]]
    until: float
    held_back: int = 1

    def goes_on(self, start: float, records: list[Record], *, enhanced: bool) -> bool:
        """Return whether another minute follows and is like these."""
        return self.until == start and self.enhanced == enhanced and self.records == records


class ContainerInsights:
    """Measures the clusters that have it turned on, once a minute.

    Args:
        account: the account; its logs port keeps the performance events.
    """

    def __init__(self, account: Account) -> None:
        self._account = account
        self._published: dict[str, _Published] = {}
        account.ports.metrics.add_source(self, NAMESPACE)
        account.clock.env.process(self._measure())

    def _measure(self) -> Generator[Any, Any, None]:
        env = self._account.clock.env
        while True:
            yield env.timeout(_MINUTE - float(env.now) % _MINUTE)
            for cluster in self._account.clusters.values():
                if _level(cluster) in _ON and cluster.active:
                    self._publish(cluster)

    def _publish(self, cluster: Cluster) -> None:
        enhanced = _level(cluster) == _ENHANCED
        records = list(self._records(cluster, enhanced=enhanced))
        start = self._account.ports.metrics.now() - _MINUTE
        last = self._published.get(cluster.arn)
        if last is not None and last.goes_on(start, records, enhanced=enhanced):
            last.held_back += 1
            last.until = start + _MINUTE
        else:
            if last is not None:
                self._put(last)
            points = _points(records, enhanced=enhanced)
            last = _Published(records, enhanced, points, start + _MINUTE)
            self._published[cluster.arn] = last
            self._put(last)
        self._log(cluster, records)

    def publish(self) -> None:
        """Put what has been measured of the minutes that are over."""
        for each in self._published.values():
            self._put(each)

    def _put(self, published: _Published) -> None:
        """Put the points that are held back."""
        count, published.held_back = published.held_back, 0
        if count:
            start = published.until - _MINUTE * count
            for metric, unit, statistics in published.points:
                self._account.ports.metrics.put(metric, start, statistics, unit=unit, count=count)

    def _records(self, cluster: Cluster, *, enhanced: bool) -> Iterator[Record]:
        running = [t for t in cluster.tasks.values() if t.last_status == "RUNNING"]
        yield cluster_record(cluster, running)
        for service in cluster.services.values():
            if service.status == "ACTIVE":
                yield service_record(service)
        for task in running:
            yield task_record(task, enhanced=enhanced)
            yield from container_records(task, enhanced=enhanced)

    def _log(self, cluster: Cluster, records: list[Record]) -> None:
        """Write the performance events, as JSON with the metrics embedded in them."""
        logs, region = self._account.ports.logs, self._account.region
        group = f"/aws/ecs/containerinsights/{cluster.name}/performance"
        if not logs.group_exists(group, region):
            logs.create_group(group, region)
        moment = int(self._account.ports.metrics.now() * 1000)
        by_stream: dict[str, list[str]] = {}
        for record in records:
            event = record.event(moment, _level(cluster) == _ENHANCED)
            by_stream.setdefault(record.stream, []).append(json.dumps(event))
        for stream, lines in by_stream.items():
            logs.create_stream(group, region, stream)
            logs.put(group, region, stream, lines)


def _points(records: list[Record], *, enhanced: bool) -> list[tuple[Metric, str, StatisticSet]]:
    """Return each metric of one minute, its unit and what its point holds.

    Args:
        records: what was measured.
        enhanced: whether the cluster has enhanced observability.
    """
    samples: dict[tuple[Metric, str], list[float]] = {}
    for record in records:
        for dimensions in dimension_sets(record, enhanced=enhanced):
            ordered = tuple(sorted(dimensions.items()))
            for name, (value, unit) in record.metrics.items():
                samples.setdefault((Metric(NAMESPACE, name, ordered), unit), []).append(value)
    return [(metric, unit, StatisticSet.of(values)) for (metric, unit), values in samples.items()]


def _level(cluster: Cluster) -> str:
    """Return the cluster's setting: enhanced, enabled or disabled."""
    for setting in cluster.record.get("settings") or []:
        if setting["name"] == "containerInsights":
            return str(setting["value"])
    return "disabled"
