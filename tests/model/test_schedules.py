"""When schedules are due.

AWS: EventBridge user guide, "Setting a schedule pattern for scheduled rules" (the examples and the
wildcards of cron expressions); EventBridge Scheduler user guide, "Schedule types".
"""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecslab.model.schedules import Schedule

START = datetime(2026, 1, 15, 9, 0, tzinfo=UTC)  # a Thursday


@pytest.mark.parametrize(
    ("expression", "dues"),
    [
        ("rate(5 minutes)", ["01-15 09:05", "01-15 09:10"]),
        ("rate(1 hour)", ["01-15 10:00", "01-15 11:00"]),
        ("rate(7 days)", ["01-22 09:00", "01-29 09:00"]),
        ("at(2026-01-15T09:30:00)", ["01-15 09:30", None]),
        ("at(2026-01-15T08:30:00)", [None]),
        ("cron(15 10 * * ? *)", ["01-15 10:15", "01-16 10:15"]),
        ("cron(0 10 * * ? *)", ["01-15 10:00", "01-16 10:00"]),
        ("cron(0 18 ? * MON-FRI *)", ["01-15 18:00", "01-16 18:00", "01-19 18:00"]),
        ("cron(0 8 1 * ? *)", ["02-01 08:00", "03-01 08:00"]),
        ("cron(0/15 * * * ? *)", ["01-15 09:15", "01-15 09:30"]),
        ("cron(0/10 * ? * MON-FRI *)", ["01-15 09:10"]),
        ("cron(0/30 20-2 ? * MON-FRI *)", [None]),
        ("cron(0 12 L * ? *)", ["01-31 12:00", "02-28 12:00"]),
        ("cron(0 12 ? * 6L *)", ["01-30 12:00", "02-27 12:00"]),
        ("cron(0 12 ? * 3#2 *)", ["02-10 12:00", "03-10 12:00"]),
        ("cron(0 12 17W * ? *)", ["01-16 12:00", "02-17 12:00"]),
        ("cron(0 12 1W FEB,MAR ? *)", ["02-02 12:00", "03-02 12:00"]),
        ("cron(0 0 1 1 ? 2027)", ["01-01 00:00", None]),
        ("cron(0 0 1 1 ? 2025)", [None]),
        ("cron(0 0 30 2 ? *)", [None]),
        ("cron(61 0 1 1 ? *)", [None]),
        ("cron(* * *)", [None]),
        ("rate(0 minutes)", [None]),
        ("every day", [None]),
    ],
)
def test_when_it_is_due(expression: str, dues: list[str | None]) -> None:
    schedule = Schedule(expression, UTC, START)
    moment: datetime = START
    for due in dues:
        found = schedule.next_after(moment)
        assert (found and found.strftime("%m-%d %H:%M")) == due
        moment = found or moment


def test_cron_and_at_are_in_the_schedules_time_zone() -> None:
    """AWS: EventBridge Scheduler, time zones; New York is five hours behind in January."""
    zone = ZoneInfo("America/New_York")
    due = Schedule("cron(0 9 * * ? *)", zone, START).next_after(START)
    assert due == datetime(2026, 1, 15, 14, 0, tzinfo=UTC)
    due = Schedule("at(2026-01-15T09:00:00)", zone, START).next_after(START)
    assert due == datetime(2026, 1, 15, 14, 0, tzinfo=UTC)


@given(minute=st.integers(0, 59), hour=st.integers(0, 23), seconds=st.integers(0, 10**8))
def test_a_daily_schedule_is_due_within_a_day(minute: int, hour: int, seconds: int) -> None:
    moment = datetime.fromtimestamp(START.timestamp() + seconds, tz=UTC)
    due = Schedule(f"cron({minute} {hour} * * ? *)", UTC, START).next_after(moment)
    assert due is not None
    assert 0 < (due - moment).total_seconds() <= 86400
    assert (due.hour, due.minute, due.second) == (hour, minute, 0)
