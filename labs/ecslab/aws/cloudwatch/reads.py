"""PutMetricData, and what reads metrics (AWS: botocore cloudwatch, with the quotas)."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from ecslab.errors import AwsError
from ecslab.model.cloudwatch.expression import ExpressionError
from ecslab.model.cloudwatch.statistic_set import StatisticSet, is_statistic
from ecslab.sim.alarm import metric_of, read_queries

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecslab.sim.entities import Account
    from ecslab.sim.metric_store import Metric

    Params = dict[str, Any]

_PAGE: Final = 500
_MOST_POINTS: Final = 1440
_MINUTE: Final = 60
_SHORT_PERIODS: Final = (1, 5, 10, 20, 30)


def put_metric_data(account: Account, params: Params) -> None:
    """Answer PutMetricData.

    Raises:
        AwsError: InvalidParameterValue, InvalidParameterCombination.
    """
    namespace = str(params["Namespace"])
    if namespace.startswith("AWS/"):
        message = "The value AWS/ for parameter Namespace is invalid."
        raise AwsError("InvalidParameterValue", message)
    data = params.get("MetricData") or []
    for number, datum in enumerate(data, 1):
        _check_datum(datum, f"MetricData.member.{number}")
    for datum in data:
        moment = datum.get("Timestamp")
        start = moment.timestamp() if moment else account.ports.metrics.now()
        account.ports.metrics.put(
            metric_of({**datum, "Namespace": namespace}),
            start,
            _samples(datum),
            unit=str(datum.get("Unit") or "None"),
            period=1 if datum.get("StorageResolution") == 1 else _MINUTE,
        )


def _check_datum(datum: Params, name: str) -> None:
    given = [key for key in ("Value", "Values", "StatisticValues") if datum.get(key) is not None]
    if len(given) > 1:
        message = (
            f"The parameters {name}.{given[0]} and {name}.{given[1]} are mutually exclusive and you"
            " have specified both."
        )
        raise AwsError("InvalidParameterCombination", message)
    if not given:
        message = f"At least one of the parameters must be specified: {name}.Value"
        raise AwsError("InvalidParameterCombination", message)
    values = datum.get("Values") or [datum.get("Value") or 0.0]
    if any(math.isnan(value) or math.isinf(value) for value in values):
        message = f"The value NaN for parameter {name}.Value is invalid."
        raise AwsError("InvalidParameterValue", message)
    counts = datum.get("Counts")
    if counts and len(counts) != len(values):
        message = f"The parameters {name}.Values and {name}.Counts must be of the same size."
        raise AwsError("InvalidParameterValue", message)


def _samples(datum: Params) -> StatisticSet:
    statistics = datum.get("StatisticValues")
    if statistics:
        return StatisticSet(
            float(statistics["SampleCount"]),
            float(statistics["Sum"]),
            float(statistics["Minimum"]),
            float(statistics["Maximum"]),
        )
    if datum.get("Values"):
        counted: dict[float, float] = {}
        counts = datum.get("Counts") or [1.0] * len(datum["Values"])
        for value, count in zip(datum["Values"], counts, strict=True):
            counted[float(value)] = counted.get(float(value), 0.0) + float(count)
        return StatisticSet.counted(counted)
    return StatisticSet.of([float(datum["Value"])])


def get_metric_statistics(account: Account, params: Params) -> Params:
    """Answer GetMetricStatistics.

    Raises:
        AwsError: InvalidParameterValue, InvalidParameterCombination, MissingParameter.
    """
    statistics = params.get("Statistics") or []
    extended = params.get("ExtendedStatistics") or []
    if not statistics and not extended:
        message = "Must specify either Statistics or ExtendedStatistics"
        raise AwsError("InvalidParameterCombination", message)
    for name in extended:
        _check_statistic(name, "ExtendedStatistics")
    period = _period(int(params["Period"]))
    start, end = _span(params["StartTime"], params["EndTime"], period)
    if start >= end:
        message = (
            "The parameter StartTime must be less than the parameter EndTime and must be different."
        )
        raise AwsError("InvalidParameterValue", message)
    if (end - start) / period > _MOST_POINTS:
        message = (
            f"You have requested up to {math.ceil((end - start) / period)} datapoints, which"
            f" exceeds the limit of {_MOST_POINTS}. You may reduce the datapoints requested by"
            " increasing Period, or decreasing the time range."
        )
        raise AwsError("InvalidParameterCombination", message)
    metric = metric_of(params)
    found = account.ports.metrics.read(metric, start, end, period)
    unit = account.ports.metrics.unit(metric)  # a metric may come to be when it is read
    if params.get("Unit") not in (None, unit):
        found = {}
    points = []
    for time, samples in found.items():
        point: Params = {"Timestamp": datetime.fromtimestamp(time, UTC), "Unit": unit}
        point |= {name: samples.read(name) for name in statistics}
        if extended:
            values = {name: samples.read(name) for name in extended}
            point["ExtendedStatistics"] = {k: v for k, v in values.items() if v is not None}
        points.append(point)
    return {"Label": params["MetricName"], "Datapoints": points}


def get_metric_data(account: Account, params: Params) -> Params:
    """Answer GetMetricData.

    Raises:
        AwsError: ValidationError.
    """
    queries = params.get("MetricDataQueries") or []
    _check_queries(queries)
    period = next((int(q["MetricStat"]["Period"]) for q in queries if "MetricStat" in q), _MINUTE)
    start, end = _span(params["StartTime"], params["EndTime"], period)
    if start >= end:
        message = (
            "The parameter StartTime must not equal parameter EndTime."
            if params["StartTime"] == params["EndTime"]
            else "The parameter EndTime must be greater than StartTime."
        )
        raise AwsError("ValidationError", message)
    try:
        found = read_queries(account.ports.metrics, queries, start, end, period)
    except ExpressionError as error:
        raise AwsError("ValidationError", str(error)) from error
    ascending = params.get("ScanBy") == "TimestampAscending"
    results = []
    for query in queries:
        if query.get("ReturnData", True):
            points = sorted(found[query["Id"]].items(), reverse=not ascending)
            results.append(
                {
                    "Id": query["Id"],
                    "Label": query.get("Label") or _label(query),
                    "Timestamps": [datetime.fromtimestamp(time, UTC) for time, _ in points],
                    "Values": [value for _, value in points],
                    "StatusCode": "Complete",
                }
            )
    return {"MetricDataResults": results, "Messages": []}


def _check_queries(queries: list[Params]) -> None:
    seen: set[str] = set()
    for number, query in enumerate(queries, 1):
        stat, expression = query.get("MetricStat"), query.get("Expression")
        name = f"MetricDataQueries.member.{number}"
        if bool(stat) == bool(expression):
            message = f"The parameter {name}.MetricStat is required.\n"
            raise AwsError("ValidationError", message)
        if query["Id"] in seen:
            message = f"The values for parameter id in MetricDataQueries are not unique: {name}."
            raise AwsError("ValidationError", message)
        seen.add(query["Id"])
        if stat:
            _check_statistic(str(stat["Stat"]), f"{name}.MetricStat.Stat")
            _period(int(stat["Period"]))
        elif str(expression).lstrip().upper().startswith(("SELECT", "SEARCH")):
            message = (
                "Metrics Insights queries and SEARCH are not part of this simulation; name the"
                " metrics in MetricStat."
            )
            raise AwsError("ValidationError", message)


def _label(query: Params) -> str:
    stat = query.get("MetricStat")
    return str(stat["Metric"]["MetricName"]) if stat else str(query["Id"])


def list_metrics(account: Account, params: Params) -> Params:
    """Answer ListMetrics: by namespace, name and dimensions, with or without a value."""
    wanted = params.get("Dimensions") or []
    found = [
        metric
        for metric in _matching(account, params)
        if all(_has(metric, each["Name"], each.get("Value")) for each in wanted)
    ]
    found.sort(key=lambda metric: (metric.namespace, metric.name, metric.dimensions))
    begin = _position(params.get("NextToken"), len(found))
    answer: Params = {"Metrics": [_shown(metric) for metric in found[begin : begin + _PAGE]]}
    if begin + _PAGE < len(found):
        answer["NextToken"] = str(begin + _PAGE)
    return answer


def _position(token: str | None, most: int) -> int:
    if token is None:
        return 0
    if not token.isdecimal() or int(token) > most:
        raise AwsError("InvalidParameterValue", "Request parameter NextToken is invalid")
    return int(token)


def _matching(account: Account, params: Params) -> Iterator[Metric]:
    recent = params.get("RecentlyActive") == "PT3H"
    for metric in account.ports.metrics.metrics(params.get("Namespace"), recent=recent):
        if params.get("MetricName") in (None, metric.name):
            yield metric


def _has(metric: Metric, name: str, value: str | None) -> bool:
    return any(key == name and value in (None, each) for key, each in metric.dimensions)


def _shown(metric: Metric) -> Params:
    dimensions = [{"Name": name, "Value": value} for name, value in metric.dimensions]
    return {
        "Namespace": metric.namespace,
        "MetricName": metric.name,
        "Dimensions": dimensions,
    }


def _check_statistic(name: str, parameter: str) -> None:
    if not is_statistic(name):
        message = f"The value {name} for parameter {parameter} is not supported."
        raise AwsError("InvalidParameterValue", message)


def _period(period: int) -> int:
    if period < 1 or (period % _MINUTE and period not in _SHORT_PERIODS):
        message = f"The value {period} for parameter Period is invalid."
        raise AwsError("InvalidParameterValue", message)
    return period


def _span(start: datetime, end: datetime, period: int) -> tuple[int, int]:
    """Return a span in epoch seconds; its start is rounded down to a whole minute or period.

    AWS: botocore GetMetricStatisticsInput.StartTime.
    """
    step = min(period, _MINUTE)
    begins = int(_epoch(start) // step * step)
    return begins, math.ceil(_epoch(end))


def _epoch(moment: datetime) -> float:
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
