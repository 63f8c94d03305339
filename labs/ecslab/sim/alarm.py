"""One Amazon CloudWatch alarm: what it watches, and the state that it is in."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from ecslab.model.cloudwatch.alarm_state import COMPARISONS, MISSING
from ecslab.model.cloudwatch.expression import ExpressionError, calculate
from ecslab.sim.metric_store import Metric

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecslab.model.cloudwatch.alarm_rule import AlarmRule
    from ecslab.sim.metric_store import MetricStore

__all__ = ["Alarm", "HistoryItem", "metric_of", "read_queries", "stamp"]

_UNCHECKED: Final = "Unchecked: Initial alarm creation"
_NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class HistoryItem:
    """Something that happened to an alarm.

    Args:
        at: when.
        kind: ConfigurationUpdate, StateUpdate or Action.
        summary: one sentence.
        data: JSON.
    """

    at: datetime
    kind: str
    summary: str
    data: str


@dataclass(slots=True)
class Alarm:
    """An alarm.

    Args:
        name: its name.
        arn: its ARN.
        settings: what PutMetricAlarm or PutCompositeAlarm said, in the API's shape.
        rule: the rule of a composite alarm.
    """

    name: str
    arn: str
    settings: dict[str, Any]
    rule: AlarmRule | None = None
    state: str = "INSUFFICIENT_DATA"
    reason: str = _UNCHECKED
    reason_data: str = ""
    configured_at: datetime = _NEVER
    updated_at: datetime = _NEVER
    transitioned_at: datetime = _NEVER
    history: list[HistoryItem] = field(default_factory=list)
    latest: tuple[float, ...] = ()
    """The points that decided at the last evaluation, oldest first."""
    latest_at: int = 0
    """Epoch seconds at which the period of the newest of them begins."""
    evaluated_at: int = 0
    """Epoch seconds of the end of the latest period at the last evaluation."""

    @property
    def period(self) -> int:
        """Return the seconds of one point."""
        for query in self.settings.get("Metrics") or []:
            found = query.get("Period") or (query.get("MetricStat") or {}).get("Period")
            if found:
                return int(found)
        return int(self.settings.get("Period") or 60)

    @property
    def periods(self) -> int:
        """Return how many points are looked at."""
        return int(self.settings.get("EvaluationPeriods") or 1)

    @property
    def to_alarm(self) -> int:
        """Return how many of them must be beyond the threshold."""
        return int(self.settings.get("DatapointsToAlarm") or self.periods)

    @property
    def treatment(self) -> str:
        """Return what missing points are taken for."""
        return str(self.settings.get("TreatMissingData") or MISSING[0])

    @property
    def threshold(self) -> float:
        """Return the threshold."""
        return float(self.settings.get("Threshold") or 0.0)

    @property
    def statistic(self) -> str:
        """Return what is read of each period."""
        settings = self.settings
        return str(settings.get("Statistic") or settings.get("ExtendedStatistic") or "Average")

    def breaches(self, point: float) -> bool:
        """Say whether a point is beyond the threshold."""
        compare, _ = COMPARISONS[self.settings["ComparisonOperator"]]
        return compare(point, self.threshold)

    def read(
        self, metrics: MetricStore, start: int, end: int, statistic: str = ""
    ) -> dict[int, float]:
        """Return the points of a span of time.

        Args:
            metrics: where they are kept.
            start: epoch seconds, a whole number of periods before the end.
            end: epoch seconds.
            statistic: another statistic than the alarm's own.
        """
        queries = self.settings.get("Metrics")
        if queries:
            try:
                found = read_queries(metrics, queries, start, end, self.period)
            except ExpressionError:
                return {}
            wanted = next((q["Id"] for q in queries if q.get("ReturnData", True)), "")
            return found.get(str(wanted), {})
        points = metrics.read(metric_of(self.settings), start, end, self.period)
        return _values(points, statistic or self.statistic)

    def shown_state(self) -> dict[str, Any]:
        """Return the state as events show it."""
        shown = {"value": self.state, "reason": self.reason, "timestamp": stamp(self.updated_at)}
        return {**shown, "reasonData": self.reason_data} if self.reason_data else shown

    def history_data(self, kind: str) -> str:
        """Return the data of an item of the history."""
        data: dict[str, Any] = {"version": "1.0", "type": kind}
        if kind == "StateUpdate":
            data["newState"] = {"stateValue": self.state, "stateReason": self.reason}
        return json.dumps(data)


def metric_of(settings: Mapping[str, Any]) -> Metric:
    """Return the metric that a request names by Namespace, MetricName and Dimensions."""
    dimensions = {each["Name"]: each["Value"] for each in settings.get("Dimensions") or []}
    namespace, name = settings.get("Namespace") or "", settings.get("MetricName") or ""
    return Metric.of(str(namespace), str(name), dimensions)


def read_queries(
    metrics: MetricStore, queries: list[dict[str, Any]], start: int, end: int, period: int
) -> dict[str, dict[int, float]]:
    """Return the points of MetricDataQueries, by id.

    Args:
        metrics: where points are kept.
        queries: in botocore's shape, metrics before the expressions over them.
        start: epoch seconds.
        end: epoch seconds.
        period: seconds of one period, for expressions that have none of their own.

    Raises:
        ExpressionError: an expression is wrong.
    """
    found: dict[str, dict[int, float]] = {}
    for query in queries:
        stat = query.get("MetricStat")
        if stat:
            points = metrics.read(metric_of(stat["Metric"]), start, end, int(stat["Period"]))
            unit = stat.get("Unit")
            matches = unit in (None, metrics.unit(metric_of(stat["Metric"])))
            found[query["Id"]] = _values(points, str(stat["Stat"])) if matches else {}
    for query in queries:
        if query.get("Expression"):
            length = int(query.get("Period") or period)
            times = list(range(start, end, length))
            found[query["Id"]] = calculate(query["Expression"], found, times, length)
    return found


def _values(points: Mapping[int, Any], statistic: str) -> dict[int, float]:
    read = {time: found.read(statistic) for time, found in points.items()}
    return {time: value for time, value in read.items() if value is not None}


def stamp(moment: datetime) -> str:
    """Return a moment as CloudWatch writes it in messages."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}+0000"
