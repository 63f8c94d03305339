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


@dataclass(frozen=True, slots=True)
class _Published:
    """What a cluster's last minute came to; a minute with the same records comes to the same.

    Args:
        records: what was measured.
        enhanced: whether the cluster had enhanced observability.
        points: each metric, its unit and what its point holds.
    """

    records: list[Record]
    enhanced: bool
    points: list[tuple[Metric, str, StatisticSet]]


class ContainerInsights:
    """Measures the clusters that have it turned on, once a minute.

    Args:
        account: the account; its logs port keeps the performance events.
    """

    def __init__(self, account: Account) -> None:
        self._account = account
        self._published: dict[str, _Published] = {}
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
        before = self._published.get(cluster.arn)
        if before is None or before.enhanced != enhanced or before.records != records:
            before = _Published(records, enhanced, _points(records, enhanced=enhanced))
            self._published[cluster.arn] = before
        start = self._account.ports.metrics.now() - _MINUTE
        for metric, unit, statistics in before.points:
            self._account.ports.metrics.put(metric, start, statistics, unit=unit)
        self._log(cluster, records)

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
