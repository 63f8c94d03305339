"""The arithmetic of rolling deployments and of the circuit breaker."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

HEALTHY_AFTER: Final = 40.0
"""Seconds in RUNNING after which a task without any health check counts as healthy
(botocore ecs DeploymentConfiguration.minimumHealthyPercent)."""

THROTTLE_LIMIT: Final = 27 * 60.0
"""Longest delay in seconds between start attempts of a failing service (service-throttle-logic)."""

UNRESOLVED_LIMIT: Final = 3
"""Failed attempts to resolve the tags of images after which a deployment goes on without digests
(deployment-type-ecs, container image resolution)."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How far a deployment may go.

    Args:
        lower: healthy tasks that must stay.
        upper: tasks, running and pending, that may be there at once.
    """

    lower: int
    upper: int


def bounds(desired: int, minimum_percent: int, maximum_percent: int) -> Bounds:
    """Return the limits of a deployment: the lower rounded up, the upper rounded down.

    Args:
        desired: the service's desired count.
        minimum_percent: minimumHealthyPercent.
        maximum_percent: maximumPercent.

    Source: deployment-type-ecs; botocore ecs DeploymentConfiguration.
    """
    lower = -(-desired * minimum_percent // 100)
    return Bounds(lower, desired * maximum_percent // 100)


def task_set_bounds(counts: Sequence[int]) -> Bounds:
    """Return the limits of a service whose task sets say how many tasks there are.

    Args:
        counts: the computed desired counts of the task sets.

    Each task set is kept at its own count; while its unhealthy tasks are replaced there may be
    twice as many (ecs_services).
    """
    return Bounds(sum(counts), 2 * sum(counts))


def computed_count(desired: int, percent: float) -> int:
    """Return the desired count of a task set.

    Args:
        desired: the service's desired count.
        percent: the task set's scale.

    Source: botocore ecs TaskSet.computedDesiredCount (always rounded up).
    """
    return math.ceil(Fraction(str(percent)) * desired / 100)


def is_stuck(desired: int, limits: Bounds) -> bool:
    """Return whether a rolling update can neither stop an old task nor start a new one."""
    return desired > 0 and limits.lower >= desired and limits.upper <= desired


def breaker_threshold(desired: int, configuration: Mapping[str, Any] | None = None) -> int:
    """Return how many failures make the circuit breaker trip.

    Args:
        desired: the service's desired count.
        configuration: thresholdConfiguration (type, value); default BOUNDED_PERCENT of 50.

    Source: deployment-circuit-breaker (2026): half of the desired count, at least 3, at most 200.
    """
    configuration = configuration or {}
    kind = configuration.get("type", "BOUNDED_PERCENT")
    value = int(configuration.get("value", 50))
    if kind == "COUNT":
        return value
    threshold = max(1, math.ceil(desired * value / 100))
    return threshold if kind == "UNBOUNDED_PERCENT" else min(200, max(3, threshold))


def early_goal(desired: int, criteria: Mapping[str, Any]) -> int:
    """Return how many healthy tasks complete a rolling deployment early.

    Args:
        desired: the service's desired count.
        criteria: its earlySuccessCriteria.

    Source: early-success-criteria; botocore ecs DeploymentEarlySuccessCriteria (rounded up).
    """
    return -(-desired * int(criteria.get("healthyPercent", 100)) // 100)


def start_delay(failures: int) -> float:
    """Return the seconds a service waits before it tries to start tasks again.

    Args:
        failures: tasks in a row that stopped without ever having run.

    AWS documents that the delay grows, and its limit, but not the steps (service-throttle-logic);
    here it doubles from 15 s once three tasks have failed.
    """
    if failures < 3:  # noqa: PLR2004 - the first tries come at once
        return 0.0
    return min(THROTTLE_LIMIT, 15.0 * 2.0 ** (failures - 3))
