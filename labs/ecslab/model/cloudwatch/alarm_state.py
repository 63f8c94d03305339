"""The state of an alarm, from the latest points of its metric.

AWS: alarm-evaluation and alarms-and-missing-data (M out of N, missing data, premature alarms).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["COMPARISONS", "EXTRA_PERIODS", "MISSING", "Verdict", "evaluate"]

EXTRA_PERIODS: Final = 2
"""How many points more than the evaluation periods are fetched, as in AWS's own examples."""

MISSING: Final = ("missing", "ignore", "breaching", "notBreaching")
"""How missing points can be treated; the first is the default."""

COMPARISONS: Final[dict[str, tuple[Callable[[float, float], bool], str]]] = {
    "GreaterThanOrEqualToThreshold": (lambda a, b: a >= b, "greater than or equal to"),
    "GreaterThanThreshold": (lambda a, b: a > b, "greater than"),
    "LessThanThreshold": (lambda a, b: a < b, "less than"),
    "LessThanOrEqualToThreshold": (lambda a, b: a <= b, "less than or equal to"),
}
"""What compares a point with the threshold, and its words in the reason of a state."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an evaluation finds.

    Args:
        state: OK, ALARM or INSUFFICIENT_DATA; None keeps the state that the alarm has.
        used: the points that decided, oldest first.
        breaching: how many of them breach.
        filled: how many missing points were filled in.
    """

    state: str | None
    used: tuple[float, ...]
    breaching: int
    filled: int


def evaluate(
    points: Sequence[float | None],
    *,
    periods: int,
    to_alarm: int,
    treatment: str,
    breaches: Callable[[float], bool],
) -> Verdict:
    """Judge the latest points of a metric.

    Args:
        points: the evaluation range, oldest first; None where there is none.
        periods: EvaluationPeriods.
        to_alarm: DatapointsToAlarm.
        treatment: TreatMissingData.
        breaches: whether a point is beyond the threshold.
    """
    real = [point for point in points if point is not None]
    used = tuple(real[-periods:])
    breaching = sum(breaches(point) for point in used)
    filled = max(0, periods - len(real))
    if not filled:
        return Verdict("ALARM" if breaching >= to_alarm else "OK", used, breaching, 0)
    if treatment == "breaching":
        state: str | None = "ALARM" if breaching + filled >= to_alarm else "OK"
    elif treatment == "notBreaching":
        state = "ALARM" if breaching >= to_alarm else "OK"
    elif not real:
        state = None if treatment == "ignore" else "INSUFFICIENT_DATA"
    elif breaching >= to_alarm:
        state = "ALARM"
    elif _premature(points, to_alarm, breaches):
        state = None if treatment == "ignore" else "ALARM"
    elif breaching == len(real):
        # Nothing but breaching points, and too few of them to be sure: no change of mind yet.
        state = None
    else:
        state = "OK"
    return Verdict(state, used, breaching, filled)


def _premature(
    points: Sequence[float | None], to_alarm: int, breaches: Callable[[float], bool]
) -> bool:
    """Say whether the oldest point is old enough, and it and all newer ones breach."""
    real = [number for number, point in enumerate(points) if point is not None]
    if not all(breaches(point) for point in points if point is not None):
        return False
    return len(points) - real[0] >= to_alarm
