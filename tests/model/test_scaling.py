"""The arithmetic of Application Auto Scaling."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecslab.model.scaling.capacity import step_scaled, tracked

STEPS = {
    "AdjustmentType": "PercentChangeInCapacity",
    "StepAdjustments": [
        {"MetricIntervalLowerBound": 0, "MetricIntervalUpperBound": 15, "ScalingAdjustment": 10},
        {"MetricIntervalLowerBound": 15, "ScalingAdjustment": 30},
        {"MetricIntervalUpperBound": 0, "ScalingAdjustment": -10},
    ],
}


@given(st.integers(1, 500), st.floats(0.1, 1000), st.floats(1, 100))
def test_enough_and_not_more(capacity: int, value: float, target: float) -> None:
    """The least capacity at which the metric is at its target (target-tracking: rounds up)."""
    found = tracked(capacity, value, target)
    assert value * capacity <= target * found * (1 + 1e-6) + 1e-6
    assert value * capacity > target * (found - 1) * (1 - 1e-6) - 1e-6


@pytest.mark.parametrize(
    ("value", "expected"), [(60, 11), (64.9, 11), (65, 13), (90, 13), (49, 9), (50, 11)]
)
def test_steps_by_percent(value: float, expected: int) -> None:
    """AWS: step-scaling-policy-overview, threshold 50 and capacity 10; bounds as documented."""
    assert step_scaled(10, value, 50, STEPS) == expected


@pytest.mark.parametrize(
    ("capacity", "percent", "least", "expected"),
    [(4, 25, 2, 6), (3, 10, 0, 4), (3, -10, 0, 2), (10, 15, 0, 11), (10, -15, 0, 9)],
)
def test_percents_are_rounded_toward_zero_but_never_to_it(
    capacity: int, percent: int, least: int, expected: int
) -> None:
    """AWS: botocore StepScalingPolicyConfiguration.MinAdjustmentMagnitude; scaling adjustments."""
    settings = {
        "AdjustmentType": "PercentChangeInCapacity",
        "MinAdjustmentMagnitude": least,
        "StepAdjustments": [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": percent}],
    }
    assert step_scaled(capacity, 60, 50, settings) == expected


def test_exact_and_changed_capacity() -> None:
    """AWS: botocore StepScalingPolicyConfiguration.AdjustmentType."""
    step = [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 3}]
    assert step_scaled(5, 9, 9, {"AdjustmentType": "ExactCapacity", "StepAdjustments": step}) == 3
    change = {"AdjustmentType": "ChangeInCapacity", "StepAdjustments": step}
    assert step_scaled(5, 9, 9, change) == 8
    assert step_scaled(5, 8, 9, change) == 5, "no step applies"
