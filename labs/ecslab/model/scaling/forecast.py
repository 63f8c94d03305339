"""A plain forecast of an hourly load, and the capacity that it needs.

AWS: Application Auto Scaling, how predictive scaling works: up to 14 days of hourly data go in, 48
hours come out; how the daily and weekly patterns are found is not published. Here an hour is
expected to be as the same hour of the same weekday has been on average, and before there is one, as
the same hour of the days that there are.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final

__all__ = ["HOUR", "forecast", "load_per_unit", "needed"]

HOUR: Final = 3600
_DAY: Final = 24 * HOUR
_WEEK: Final = 7 * _DAY
_ALMOST: Final = 1e-9
_MOST: Final = 2**31 - 1
"""The largest capacity that the API can write (botocore application-autoscaling)."""


def forecast(history: Mapping[int, float], hours: Sequence[int]) -> dict[int, float]:
    """Return the load that is expected in each of some hours.

    Args:
        history: the load of past hours, by the epoch seconds at which each begins.
        hours: the epoch seconds at which the hours begin that are asked for.
    """
    if not history:
        return {}
    overall = _mean(list(history.values()))
    found = {}
    for hour in hours:
        alike = _alike(history, hour, _WEEK) or _alike(history, hour, _DAY)
        found[hour] = _mean(alike) if alike else overall
    return found


def load_per_unit(
    load: Mapping[int, float], scaling: Mapping[int, float], capacity: Mapping[int, float]
) -> float | None:
    """Return how much load one task has had for each unit of the scaling metric.

    Args:
        load: the load of past hours.
        scaling: the scaling metric, which is an average over the tasks.
        capacity: how many tasks there were.

    Returns:
        The load, None when there is nothing to learn it from.
    """
    known = [hour for hour in load if hour in scaling and hour in capacity]
    units = sum(scaling[hour] * capacity[hour] for hour in known)
    carried = sum(load[hour] for hour in known)
    return carried / units if units > 0 and carried > 0 else None


def needed(load: float, per_unit: float, target: float) -> int:
    """Return the least capacity at which the scaling metric is at its target, rounded up.

    However small the target is, it is a number that the API can write.

    Args:
        load: the load.
        per_unit: what one task has of it for each unit of the scaling metric.
        target: the target of the scaling metric.
    """
    carried = per_unit * target
    if load > 0 and load >= carried * _MOST:
        return _MOST
    return max(0, math.ceil(load / carried - _ALMOST)) if carried > 0 else 0


def _alike(history: Mapping[int, float], hour: int, every: int) -> list[float]:
    """Return the loads of the hours that lie a whole number of periods before an hour."""
    return [value for begins, value in history.items() if (hour - begins) % every == 0]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
