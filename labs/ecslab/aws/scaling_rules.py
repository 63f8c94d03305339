"""What Application Auto Scaling refuses (AWS: botocore application-autoscaling, field by field)."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ecslab.aws.predictive_rules import check_predictive
from ecslab.errors import AwsError
from ecslab.model.schedules import Schedule
from ecslab.sim.scaling.targets import ScalableTarget
from ecslab.sim.scaling.tracking_alarms import ON_REQUESTS, PREDEFINED

__all__ = ["check_limits", "check_policy", "check_schedule", "invalid", "policy_settings"]

Params = dict[str, Any]

_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TRACKING: Final = "TargetTrackingScaling"
_STEP: Final = "StepScaling"
_PREDICTIVE: Final = "PredictiveScaling"
_ADJUSTMENTS: Final = ("ChangeInCapacity", "PercentChangeInCapacity", "ExactCapacity")


def invalid(message: str) -> AwsError:
    """Return a ValidationException."""
    return AwsError("ValidationException", message)


def check_limits(params: Params, target: ScalableTarget | None) -> tuple[int, int]:
    """Return the limits of a scalable target after a request.

    Raises:
        AwsError: ValidationException.
    """
    low, high = params.get("MinCapacity"), params.get("MaxCapacity")
    if target is None and (low is None or high is None):
        missing = "MinCapacity" if low is None else "MaxCapacity"
        raise invalid(f"{missing} is required when a new scalable target is registered")
    low = target.low if low is None and target is not None else int(low or 0)
    high = target.high if high is None and target is not None else int(high or 0)
    if low < 0 or high < 0:
        raise invalid("Minimum and maximum capacity must not be negative")
    if low > high:
        raise invalid("Maximum capacity cannot be less than minimum capacity")
    return low, high


def policy_settings(params: Params, kind: str) -> Params:
    """Return the configuration that belongs to a policy's type.

    Raises:
        AwsError: ValidationException.
    """
    if kind not in (_TRACKING, _STEP, _PREDICTIVE):
        raise invalid(f"Unsupported policy type: {kind}")
    key = f"{kind}PolicyConfiguration"
    settings = params.get(key)
    if not settings:
        raise invalid(f"{key} is required for the policy type {kind}")
    return dict(settings)


def check_policy(kind: str, settings: Params) -> None:
    """Refuse a configuration that no policy can have.

    Raises:
        AwsError: ValidationException.
    """
    if kind == _TRACKING:
        _check_tracking(settings)
    elif kind == _STEP:
        _check_steps(settings)
    else:
        check_predictive(settings)


def check_schedule(settings: Params, now: datetime) -> Schedule:
    """Return the schedule of a scheduled action that is made now.

    Raises:
        AwsError: ValidationException.
    """
    text = settings.get("Schedule")
    limits = settings.get("ScalableTargetAction") or {}
    if not text or not limits:
        raise invalid("Schedule and ScalableTargetAction are required for a new scheduled action")
    low, high = limits.get("MinCapacity"), limits.get("MaxCapacity")
    if low is not None and high is not None and low > high:
        raise invalid("Maximum capacity cannot be less than minimum capacity")
    try:
        zone = ZoneInfo(settings.get("Timezone") or "UTC")
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise invalid(f"Timezone is not valid: {settings['Timezone']}") from error
    schedule = Schedule(str(text), zone, now)
    if schedule.next_after(_LONG_AGO) is None:
        raise invalid(f"Schedule expression is not valid: {text}")
    return schedule


def _check_tracking(settings: Params) -> None:
    predefined: Params = settings.get("PredefinedMetricSpecification") or {}
    customized: Params = settings.get("CustomizedMetricSpecification") or {}
    if bool(predefined) == bool(customized):
        message = "Specify exactly one of a predefined and a customized metric specification"
        raise invalid(message)
    if not float(settings["TargetValue"]) > 0:
        raise invalid("TargetValue must be greater than 0")
    if predefined:
        kind = predefined.get("PredefinedMetricType")
        if kind not in PREDEFINED:
            raise invalid(f"Unsupported predefined metric type for ECS services: {kind}")
        label = predefined.get("ResourceLabel")
        if (kind == ON_REQUESTS) != bool(label):
            message = "ResourceLabel is required for ALBRequestCountPerTarget, and for nothing else"
            raise invalid(message)
        if label and not (label.startswith("app/") and "/targetgroup/" in label):
            raise invalid(f"Resource label is not valid: {label}")
    elif not customized.get("Metrics"):
        for key in ("Namespace", "MetricName", "Statistic"):
            if not customized.get(key):
                raise invalid(f"{key} is required in a customized metric specification")


def _check_steps(settings: Params) -> None:
    if settings.get("AdjustmentType") not in _ADJUSTMENTS:
        raise invalid("AdjustmentType is required, and must be one of " + ", ".join(_ADJUSTMENTS))
    steps = settings.get("StepAdjustments") or []
    if not steps:
        raise invalid("At least one step adjustment must be specified")
    spans = []
    for step in steps:
        low, high = step.get("MetricIntervalLowerBound"), step.get("MetricIntervalUpperBound")
        if low is None and high is None and len(steps) > 1:
            raise invalid("A step adjustment must have at least one bound")
        bottom = float("-inf") if low is None else float(low)
        top = float("inf") if high is None else float(high)
        if bottom >= top:
            raise invalid("The upper bound of a step adjustment must be above its lower bound")
        spans.append((bottom, top))
    spans.sort()
    for (_, before), (after, _) in pairwise(spans):
        if before != after:
            raise invalid("Step adjustment intervals must neither overlap nor leave a gap")
