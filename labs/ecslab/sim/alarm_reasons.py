"""Why an alarm is in its state, in CloudWatch's words.

AWS: captured alarm notifications (StateReason, StateReasonData).
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ecslab.model.cloudwatch.alarm_state import COMPARISONS
from ecslab.sim.alarm import stamp

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecslab.model.cloudwatch.alarm_state import Verdict
    from ecslab.sim.alarm import Alarm

__all__ = ["reason_of"]

_TREATED = {"breaching": "Breaching", "notBreaching": "NonBreaching"}


def reason_of(
    alarm: Alarm, verdict: Verdict, points: Mapping[int, float], now: datetime
) -> tuple[str, str]:
    """Return the reason of a state, and its data as JSON.

    Args:
        alarm: the alarm, still in the state before.
        verdict: what the evaluation found.
        points: the points of the evaluation range, by epoch seconds.
        now: the time.
    """
    times = sorted(points)[-len(verdict.used) :] if verdict.used else []
    data = {
        "version": "1.0",
        "queryDate": stamp(now),
        **({"startDate": stamp(datetime.fromtimestamp(times[0], UTC))} if times else {}),
        "statistic": alarm.statistic,
        "period": alarm.period,
        "recentDatapoints": list(verdict.used),
        "threshold": alarm.threshold,
    }
    return _text(alarm, verdict, points, times), json.dumps(data)


def _text(alarm: Alarm, verdict: Verdict, points: Mapping[int, float], times: list[int]) -> str:
    if verdict.state == "INSUFFICIENT_DATA":
        return f"Insufficient Data: {_several(alarm.periods, 'datapoint')} unknown."
    if not verdict.used:
        filled = _several(verdict.filled, "missing datapoint")
        treated = _TREATED.get(alarm.treatment, "Missing")
        spans = f"{alarm.periods} period{'s' if alarm.periods > 1 else ''}"
        return (
            f"Threshold Crossed: no datapoints were received for {spans} and {filled} treated as"
            f" [{treated}]."
        )
    breaching = verdict.state == "ALARM"
    shown = [
        f"{points[time]} ({datetime.fromtimestamp(time, UTC):%d/%m/%y %H:%M:%S})"
        for time in reversed(times)
        if alarm.breaches(points[time]) == breaching
    ]
    count = len(shown)
    _, words = COMPARISONS[alarm.settings["ComparisonOperator"]]
    verb = ("was" if count == 1 else "were") + ("" if breaching else " not")
    needed = alarm.to_alarm if breaching else alarm.periods - alarm.to_alarm + 1
    return (
        f"Threshold Crossed: {count} out of the last {alarm.periods} datapoints"
        f" [{', '.join(shown)}] {verb} {words} the threshold ({alarm.threshold}) (minimum"
        f" {needed} datapoint{'s' if needed > 1 else ''} for {_transition(verdict)}"
        " transition)."
    )


def _transition(verdict: Verdict) -> str:
    """Return the change as the reason names it: one from unknown reads like one from OK."""
    return "OK -> ALARM" if verdict.state == "ALARM" else "ALARM -> OK"


def _several(count: int, noun: str) -> str:
    return f"{count} {noun} was" if count == 1 else f"{count} {noun}s were"
