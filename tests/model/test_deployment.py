"""The arithmetic of deployments: limits, circuit breaker threshold, start throttle."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecslab.model.deployment import Bounds, bounds, breaker_threshold, is_stuck, start_delay


@pytest.mark.parametrize(
    ("desired", "minimum", "maximum", "lower", "upper", "stuck"),
    [
        (4, 100, 200, 4, 8, False),
        (4, 50, 100, 2, 4, False),
        (2, 75, 100, 2, 2, True),
        (3, 100, 125, 3, 3, True),
        (1, 100, 100, 1, 1, True),
        (1, 0, 100, 0, 1, False),
        (1, 100, 200, 1, 2, False),
        (3, 50, 150, 2, 4, False),
        (0, 100, 200, 0, 0, False),
        (5000, 100, 200, 5000, 10000, False),
    ],
)
def test_the_limits(
    desired: int, minimum: int, maximum: int, lower: int, upper: int, *, stuck: bool
) -> None:
    """AWS: deployment-type-ecs; botocore ecs DeploymentConfiguration (up below, down above)."""
    found = bounds(desired, minimum, maximum)
    assert found == Bounds(lower, upper)
    assert is_stuck(desired, found) is stuck


@given(desired=st.integers(0, 5000), minimum=st.integers(0, 100), maximum=st.integers(100, 400))
def test_the_limits_are_the_exact_shares_rounded(desired: int, minimum: int, maximum: int) -> None:
    """AWS: botocore ecs DeploymentConfiguration: ceil(desired x min), floor(desired x max)."""
    found = bounds(desired, minimum, maximum)
    assert 0 <= found.lower - Fraction(desired * minimum, 100) < 1
    assert 0 <= Fraction(desired * maximum, 100) - found.upper < 1
    assert found.lower <= desired <= found.upper
    moves = found.lower < desired or found.upper > desired
    assert is_stuck(desired, found) is (desired > 0 and not moves)


@pytest.mark.parametrize(
    ("desired", "configuration", "threshold"),
    [
        (1, None, 3),
        (6, None, 3),
        (7, None, 4),
        (25, None, 13),
        (400, None, 200),
        (800, None, 200),
        (0, None, 3),
        (25, {"type": "BOUNDED_PERCENT", "value": 10}, 3),
        (800, {"type": "UNBOUNDED_PERCENT", "value": 50}, 400),
        (2, {"type": "UNBOUNDED_PERCENT", "value": 50}, 1),
        (25, {"type": "COUNT", "value": 1}, 1),
        (1, {"type": "COUNT", "value": 500}, 500),
    ],
)
def test_the_circuit_breakers_threshold(
    desired: int, configuration: dict[str, object] | None, threshold: int
) -> None:
    """AWS: deployment-circuit-breaker (2026); botocore ecs ThresholdType."""
    assert breaker_threshold(desired, configuration) == threshold


def test_the_throttle_grows_to_27_minutes() -> None:
    """AWS: service-throttle-logic: the delay grows, up to 27 minutes; the steps are ours."""
    delays = [start_delay(failures) for failures in range(40)]
    assert delays == sorted(delays)
    assert delays[:3] == [0, 0, 0]
    assert 0 < delays[3] < 60
    assert delays[-1] == 27 * 60
