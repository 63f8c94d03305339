"""What Application Auto Scaling refuses of predictive scaling policies, and of their forecasts.

AWS: botocore application-autoscaling PredictiveScalingPolicyConfiguration and the shapes in it,
GetPredictiveScalingForecastRequest.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from ecslab.errors import AwsError
from ecslab.sim.scaling.hourly_metrics import LOADS, ON_REQUESTS, PAIRS, SCALINGS

__all__ = ["check_predictive", "time_range"]

Params = dict[str, Any]

_MODES: Final = ("ForecastOnly", "ForecastAndScale")
_BREACHES: Final = ("HonorMaxCapacity", "IncreaseMaxCapacity")
_INTERVAL: Final = 3600
_MOST_BUFFER: Final = 100
_LONGEST: Final = timedelta(days=30)
_OLDEST: Final = timedelta(days=366)


def _invalid(message: str) -> AwsError:
    return AwsError("ValidationException", message)


def check_predictive(settings: Params) -> None:
    """Refuse a configuration that no predictive scaling policy can have.

    Raises:
        AwsError: ValidationException.
    """
    specifications = settings.get("MetricSpecifications") or []
    if len(specifications) != 1:
        raise _invalid("Exactly one metric specification must be given")
    _check_specification(specifications[0])
    if settings.get("Mode", _MODES[0]) not in _MODES:
        raise _invalid(f"Mode must be one of {', '.join(_MODES)}")
    if not 0 <= int(settings.get("SchedulingBufferTime") or 0) < _INTERVAL:
        raise _invalid("SchedulingBufferTime must be at least 0 and less than 3600")
    behavior = settings.get("MaxCapacityBreachBehavior", _BREACHES[0])
    if behavior not in _BREACHES:
        raise _invalid(f"MaxCapacityBreachBehavior must be one of {', '.join(_BREACHES)}")
    buffer = settings.get("MaxCapacityBuffer")
    if (buffer is None) == (behavior == "IncreaseMaxCapacity"):
        raise _invalid(
            "MaxCapacityBuffer is required with IncreaseMaxCapacity, and can't be used otherwise"
        )
    if buffer is not None and not 0 <= buffer <= _MOST_BUFFER:
        raise _invalid("MaxCapacityBuffer must be between 0 and 100")


def time_range(params: Params, now: datetime) -> tuple[datetime, datetime]:
    """Return the span of time for which a forecast is asked for.

    Args:
        params: the GetPredictiveScalingForecast request.
        now: the simulated time.

    Raises:
        AwsError: ValidationException.
    """
    start, end = (_moment(params[key]) for key in ("StartTime", "EndTime"))
    if end <= start:
        raise _invalid("EndTime must be after StartTime")
    if end - start > _LONGEST:
        raise _invalid("The time between StartTime and EndTime must not be more than 30 days")
    if now - start > _OLDEST:
        raise _invalid("StartTime must not be more than one year ago")
    return start, end


def _moment(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value
    return datetime.fromtimestamp(float(value), UTC)


def _check_specification(specification: Params) -> None:
    if not float(specification.get("TargetValue") or 0) > 0:
        raise _invalid("TargetValue must be greater than 0")
    pair = specification.get("PredefinedMetricPairSpecification")
    loads = _given(specification, "LoadMetricSpecification")
    scalings = _given(specification, "ScalingMetricSpecification")
    if not ((pair and not loads and not scalings) or (not pair and loads == scalings == 1)):
        raise _invalid(
            "Either a metric pair or one load metric and one scaling metric must be specified"
        )
    for key, known in (
        ("PredefinedMetricPairSpecification", PAIRS),
        ("PredefinedLoadMetricSpecification", LOADS),
        ("PredefinedScalingMetricSpecification", SCALINGS),
    ):
        if specification.get(key):
            _check_predefined(specification[key], known)


def _given(specification: Params, what: str) -> int:
    """Return how many specifications of a metric there are, predefined or customized."""
    return sum(bool(specification.get(kind + what)) for kind in ("Predefined", "Customized"))


def _check_predefined(metric: Params, known: dict[str, str]) -> None:
    kind, label = metric.get("PredefinedMetricType"), metric.get("ResourceLabel")
    if kind not in known:
        raise _invalid(f"Unsupported predefined metric type for ECS services: {kind}")
    if (kind in ON_REQUESTS) != bool(label):
        raise _invalid("ResourceLabel is required for load balancer requests, and nothing else")
    if label and not (label.startswith("app/") and "/targetgroup/" in label):
        raise _invalid(f"Resource label is not valid: {label}")
