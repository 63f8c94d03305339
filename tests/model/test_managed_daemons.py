"""The rules and the arithmetic of managed daemons (managed-daemons-deployments)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecslab.errors import AwsError
from ecslab.model import managed_daemons as rules


@pytest.mark.parametrize(
    ("instances", "percent", "size"),
    [(4, 25.0, 1), (8, 25.0, 2), (9, 33.3, 2), (10, 20.0, 2), (3, 100.0, 3), (3, 0.0, 1)],
)
def test_batches(instances: int, percent: float, size: int) -> None:
    """AWS: managed-daemons-deployments, drainPercent: 20.0 drains 20 percent at a time."""
    assert rules.batch_size(instances, percent) == size


@given(st.integers(1, 5000), st.floats(0, 100))
def test_a_batch_is_never_empty_and_never_too_large(instances: int, percent: float) -> None:
    """AWS: managed-daemons-deployments, drainPercent."""
    assert 1 <= rules.batch_size(instances, percent) <= instances


@pytest.mark.parametrize(
    ("instances", "threshold"), [(0, 10), (3, 10), (20, 10), (21, 11), (1000, 200)]
)
def test_thresholds(instances: int, threshold: int) -> None:
    """Botocore ecs DescribeDaemonDeployments, example: 10 for three instances."""
    assert rules.breaker_threshold(instances) == threshold


def test_pauses_grow_to_two_minutes() -> None:
    """AWS publishes no number; see the row daemon-tried-again."""
    assert [rules.retry_pause(count) for count in range(1, 9)] == [0, 0, 15, 30, 60, 120, 120, 120]


def test_defaults_of_a_deployment() -> None:
    """AWS: managed-daemons-deployments: 25 percent, no bake time; botocore: alarms are off."""
    assert rules.deployment_configuration({}) == {
        "drainPercent": 25.0,
        "alarms": {"alarmNames": [], "enable": False},
        "bakeTimeInMinutes": 0,
    }
    with pytest.raises(AwsError, match="drainPercent"):
        rules.deployment_configuration({"drainPercent": -0.1})
