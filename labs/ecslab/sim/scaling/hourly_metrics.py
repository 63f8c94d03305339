"""The metrics of predictive scaling, hour by hour: load, scaling metric, capacity.

AWS: botocore application-autoscaling PredictiveScalingMetricSpecification;
predictive-scaling-create-policy (what the predefined metrics mean).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ecslab.model.cloudwatch.expression import ExpressionError
from ecslab.model.scaling.forecast import HOUR
from ecslab.sim.alarm import read_queries
from ecslab.sim.metric_store import Metric

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecslab.model.cloudwatch.statistic_set import StatisticSet
    from ecslab.sim.metric_store import MetricStore

__all__ = ["HISTORY", "LOADS", "ON_REQUESTS", "PAIRS", "SCALINGS", "Hourly", "read"]

Hours = dict[int, float]

HISTORY: Final = 14 * 86400
"""Seconds of the past that a forecast looks at."""

_CPU: Final = "CPUUtilization"
_MEMORY: Final = "MemoryUtilization"
_REQUESTS: Final = "RequestCount"
PAIRS: Final = {
    "ECSServiceCPUUtilization": _CPU,
    "ECSServiceMemoryUtilization": _MEMORY,
    "ALBRequestCount": _REQUESTS,
}
LOADS: Final = {
    "ECSServiceTotalCPUUtilization": _CPU,
    "ECSServiceTotalMemoryUtilization": _MEMORY,
    "TotalALBRequestCount": _REQUESTS,
}
SCALINGS: Final = {
    "ECSServiceAverageCPUUtilization": _CPU,
    "ECSServiceAverageMemoryUtilization": _MEMORY,
    "ALBRequestCountPerTarget": _REQUESTS,
}
"""The predefined metrics, and what they are about."""

ON_REQUESTS: Final = ("ALBRequestCount", "TotalALBRequestCount", "ALBRequestCountPerTarget")
"""Those that name a target group."""


@dataclass(frozen=True, slots=True)
class Hourly:
    """What is known of the past hours.

    Args:
        load: the load of all tasks.
        scaling: the scaling metric, an average over the tasks.
        capacity: how many tasks there were, on average.
    """

    load: Hours
    scaling: Hours
    capacity: Hours


class _Reader:
    """Reads hourly values of one service.

    Args:
        metrics: where points are kept.
        resource: the resource id of the service.
        end: epoch seconds, the beginning of an hour.
    """

    def __init__(self, metrics: MetricStore, resource: str, end: int) -> None:
        self._metrics = metrics
        _, cluster, service = resource.split("/")
        self._service = {"ClusterName": cluster, "ServiceName": service}
        self._start, self._end = end - HISTORY, end

    def average(self, name: str) -> Hours:
        """Return a metric of the service."""
        points = self._points("AWS/ECS", name, self._service)
        return {hour: found.total / found.count for hour, found in points.items()}

    def tasks(self) -> Hours:
        """Return how many tasks there were."""
        return self.average("LiveTaskCount")

    def requests(self, label: str) -> Hours:
        """Return how many requests a target group got in each hour."""
        balancer, _, group = label.partition("/targetgroup/")
        dimensions = {"LoadBalancer": balancer, "TargetGroup": f"targetgroup/{group}"}
        points = self._points("AWS/ApplicationELB", _REQUESTS, dimensions)
        return {hour: found.total for hour, found in points.items()}

    def customized(self, specification: Mapping[str, Any]) -> Hours:
        """Return what queries give; a query without a period has hours."""
        queries = [_by_hour(query) for query in specification["MetricDataQueries"]]
        try:
            found = read_queries(self._metrics, queries, self._start, self._end, HOUR)
        except ExpressionError:
            return {}
        wanted = next((each["Id"] for each in queries if each.get("ReturnData", True)), "")
        return dict(found.get(str(wanted), {}))

    def total(self, about: str, label: str) -> Hours:
        """Return the load of all tasks: percent added up, or requests."""
        if about == _REQUESTS:
            return self.requests(label)
        each, tasks = self.average(about), self.tasks()
        return {hour: each[hour] * tasks[hour] for hour in each if hour in tasks}

    def per_task(self, about: str, label: str) -> Hours:
        """Return the average over the tasks: percent, or requests a minute."""
        if about != _REQUESTS:
            return self.average(about)
        requests, tasks = self.requests(label), self.tasks()
        return {hour: requests[hour] / 60 / tasks[hour] for hour in requests if tasks.get(hour)}

    def _points(
        self, namespace: str, name: str, dimensions: Mapping[str, str]
    ) -> dict[int, StatisticSet]:
        metric = Metric.of(namespace, name, dimensions)
        return self._metrics.read(metric, self._start, self._end, HOUR)


def read(metrics: MetricStore, resource: str, specification: Mapping[str, Any], end: int) -> Hourly:
    """Return what a metric specification says of the past two weeks.

    Args:
        metrics: where points are kept.
        resource: the resource id of the service.
        specification: botocore's PredictiveScalingMetricSpecification.
        end: epoch seconds, the beginning of the hour that is not over yet.
    """
    reader = _Reader(metrics, resource, end)
    pair = specification.get("PredefinedMetricPairSpecification")
    load = pair or specification.get("PredefinedLoadMetricSpecification")
    scaling = pair or specification.get("PredefinedScalingMetricSpecification")
    capacity = specification.get("CustomizedCapacityMetricSpecification")
    loads = (
        reader.total(*_about(load))
        if load
        else reader.customized(specification["CustomizedLoadMetricSpecification"])
    )
    scalings = (
        reader.per_task(*_about(scaling))
        if scaling
        else reader.customized(specification["CustomizedScalingMetricSpecification"])
    )
    return Hourly(
        _without_gaps(loads, end),
        scalings,
        reader.customized(capacity) if capacity else reader.tasks(),
    )


def _about(predefined: Mapping[str, Any]) -> tuple[str, str]:
    kind = str(predefined["PredefinedMetricType"])
    about = {**PAIRS, **LOADS, **SCALINGS}[kind]
    return about, str(predefined.get("ResourceLabel") or "")


def _without_gaps(load: Hours, end: int) -> Hours:
    """Return a load in which an hour without points has none."""
    if not load:
        return {}
    return {hour: load.get(hour, 0.0) for hour in range(min(load), end, HOUR)}


def _by_hour(query: Mapping[str, Any]) -> dict[str, Any]:
    if "MetricStat" not in query:
        return dict(query)
    return {**query, "MetricStat": {**query["MetricStat"], "Period": HOUR}}
