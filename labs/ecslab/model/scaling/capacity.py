"""How many tasks a scaling policy wants.

AWS: target-tracking-scaling-policy-overview, step-scaling-policy-overview (Application Auto
Scaling user guide); botocore application-autoscaling StepAdjustment.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

__all__ = ["clamped", "step_scaled", "tracked"]

_ALMOST: Final = 1e-9
_PERCENT: Final = 100.0


def tracked(capacity: int, value: float, target: float) -> int:
    """Return the capacity at which a metric comes to its target, rounded up.

    The metric is taken to fall in the proportion in which capacity is added.

    Args:
        capacity: the capacity at which the metric has its value.
        value: the metric's value.
        target: its target.
    """
    if capacity == 0:
        return 1 if value > target else 0
    return math.ceil(capacity * value / target - _ALMOST)


def step_scaled(
    capacity: int, value: float, threshold: float, configuration: Mapping[str, Any]
) -> int:
    """Return the capacity that the step for an alarm's breach asks for.

    Args:
        capacity: the capacity that is there.
        value: the metric's value.
        threshold: the alarm's threshold.
        configuration: a StepScalingPolicyConfiguration.
    """
    steps: Sequence[Mapping[str, Any]] = configuration.get("StepAdjustments") or []
    step = next((each for each in steps if _applies(each, value - threshold)), None)
    if step is None:
        return capacity
    amount = int(step["ScalingAdjustment"])
    kind = configuration.get("AdjustmentType")
    if kind == "ExactCapacity":
        return amount
    if kind == "ChangeInCapacity":
        return max(0, capacity + amount)
    change = _rounded(capacity * amount / _PERCENT)
    least = int(configuration.get("MinAdjustmentMagnitude") or 0)
    if change and abs(change) < least:
        change = least if change > 0 else -least
    return max(0, capacity + change)


def clamped(capacity: int, low: int, high: int) -> int:
    """Return a capacity within the limits of its scalable target."""
    return max(low, min(capacity, high))


def _applies(step: Mapping[str, Any], above: float) -> bool:
    """Say whether a step is for a breach of that size.

    Above the threshold the lower bound belongs to the step, below it the upper one.
    """
    low = step.get("MetricIntervalLowerBound")
    high = step.get("MetricIntervalUpperBound")
    bottom = -math.inf if low is None else float(low)
    top = math.inf if high is None else float(high)
    if above >= 0 and bottom >= 0:
        return bottom <= above < top
    return bottom < above <= top


def _rounded(change: float) -> int:
    """Return a change by percent as a whole number: toward zero, but never to zero."""
    if 0 < abs(change) < 1:
        return 1 if change > 0 else -1
    return math.trunc(change)
