"""Schedules as AWS writes them (eb-scheduled-rule-pattern; schedule-types)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecslab.model.schedule import Schedule, ScheduleError

THURSDAY = datetime(2026, 1, 15, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("rate(5 minutes)", "2026-01-15T09:05"),
        ("rate(1 day)", "2026-01-16T09:00"),
        ("at(2026-02-01T00:00:00)", "2026-02-01T00:00"),
        ("cron(0 10 * * ? *)", "2026-01-15T10:00"),
        ("cron(0/15 * * * ? *)", "2026-01-15T09:15"),
        ("cron(0 8 ? * MON-FRI *)", "2026-01-16T08:00"),
        ("cron(0 8 ? * 1 *)", "2026-01-18T08:00"),
        ("cron(0 0 L * ? *)", "2026-01-31T00:00"),
        ("cron(0 0 31W * ? *)", "2026-01-30T00:00"),
        ("cron(0 0 ? * FRI#2 *)", "2026-02-13T00:00"),
        ("cron(0 0 ? * 6L *)", "2026-01-30T00:00"),
        ("cron(30 6 1 JAN,JUL ? 2027)", "2027-01-01T06:30"),
    ],
)
def test_the_next_time(text: str, expected: str) -> None:
    """1 is Sunday; L is the last, W the nearest weekday, # the n-th (eb-scheduled-rule-pattern)."""
    found = Schedule.parse(text).after(THURSDAY, THURSDAY)
    assert found == datetime.fromisoformat(expected).replace(tzinfo=UTC)


def test_a_time_zone() -> None:
    """AWS: scheduled-scaling-timezone."""
    found = Schedule.parse("cron(0 9 * * ? *)", "Europe/Berlin").after(THURSDAY, THURSDAY)
    assert found == datetime(2026, 1, 16, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize("text", ["at(2026-01-01T00:00:00)", "cron(0 0 1 1 ? 2020)"])
def test_what_is_over(text: str) -> None:
    assert Schedule.parse(text).after(THURSDAY, THURSDAY) is None


@pytest.mark.parametrize(
    "text",
    [
        *("", "rate(0 minutes)", "rate(1 minutes)", "rate(5 minute)", "at(tomorrow)"),
        *("cron(* * * * * *)", "cron(0 0 * * ?)", "cron(61 0 * * ? *)", "cron(a 0 * * ? *)"),
        "every day",
    ],
)
def test_what_is_no_schedule(text: str) -> None:
    """AWS: either the day of the month or that of the week must be ?."""
    with pytest.raises(ScheduleError):
        Schedule.parse(text)


def test_there_is_no_such_time_zone() -> None:
    with pytest.raises(ScheduleError):
        Schedule.parse("cron(0 9 * * ? *)", "Mars/Olympus")


@given(st.integers(1, 90), st.integers(0, 10**6))
def test_a_rate_never_skips(minutes: int, passed: int) -> None:
    text = "rate(1 minute)" if minutes == 1 else f"rate({minutes} minutes)"
    moment = THURSDAY + timedelta(seconds=passed)
    found = Schedule.parse(text).after(moment, THURSDAY)
    assert found is not None
    assert timedelta(0) < found - moment <= timedelta(minutes=minutes)
    assert (found - THURSDAY) % timedelta(minutes=minutes) == timedelta(0)
