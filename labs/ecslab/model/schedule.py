"""When a schedule is due: `rate(...)`, `cron(...)` and `at(...)` as AWS writes them.

AWS: eb-scheduled-rule-pattern (EventBridge rules), schedule-types (EventBridge Scheduler) and
scheduled-scaling-using-cron-expressions (Application Auto Scaling) describe one notation. Python's
libraries for cron know neither its sixth field nor that 1 is Sunday.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

__all__ = ["Schedule", "ScheduleError"]

_RATE: Final = re.compile(r"rate\((\d+) (minute|minutes|hour|hours|day|days)\)")
_CRON: Final = re.compile(r"cron\((.+)\)")
_AT: Final = re.compile(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)")
_SECONDS: Final = {"minute": 60, "hour": 3600, "day": 86400}
_MONTHS: Final = {name.upper(): i for i, name in enumerate(calendar.month_abbr) if name}
_DAYS: Final = {
    name: number for number, name in enumerate(("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"), 1)
}
_FIELDS: Final = 6
_LAST_YEAR: Final = 2199
_WEEK: Final = 7
_SEARCHED_DAYS: Final = 366 * 30


class ScheduleError(ValueError):
    """An expression that is no schedule."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """A schedule.

    Args:
        text: as it was written.
        every: seconds between two times, of a rate.
        once: the only time, of `at`.
        cron: the six fields of `cron`.
        zone: the time zone in which `cron` and `at` are meant.
    """

    text: str
    every: int = 0
    once: datetime | None = None
    cron: tuple[str, ...] = ()
    zone: tzinfo = UTC

    @classmethod
    def parse(cls, text: str, timezone: str | None = None) -> Schedule:
        """Read an expression.

        Args:
            text: such as `rate(5 minutes)`, `cron(0 3 * * ? *)`, `at(2026-01-15T10:00:00)`.
            timezone: an IANA name; UTC when it is left out.

        Raises:
            ScheduleError: it is none, or there is no such time zone.
        """
        zone = _zone(timezone)
        rate, cron, at = (each.fullmatch(text) for each in (_RATE, _CRON, _AT))
        if rate is not None:
            number, unit = int(rate[1]), rate[2]
            if not number or (number == 1) == unit.endswith("s"):
                raise ScheduleError(text)
            return cls(text, every=number * _SECONDS[unit.removesuffix("s")])
        if at is not None:
            try:
                moment = datetime.fromisoformat(at[1]).replace(tzinfo=zone)
            except ValueError as error:
                raise ScheduleError(text) from error
            return cls(text, once=moment.astimezone(UTC), zone=zone)
        fields = tuple(cron[1].upper().split()) if cron is not None else ()
        if len(fields) != _FIELDS or (fields[2] == "?") == (fields[4] == "?"):
            raise ScheduleError(text)
        schedule = cls(text, cron=fields, zone=zone)
        schedule._check()
        return schedule

    def after(self, moment: datetime, began: datetime) -> datetime | None:
        """Return the first time after a moment, None when there is none any more.

        Args:
            moment: timezone-aware.
            began: when the schedule was made, from which a rate counts.
        """
        if self.every:
            passed = max(0, int((moment - began).total_seconds() // self.every))
            found = began + timedelta(seconds=passed * self.every)
            step = timedelta(seconds=self.every)
            return found if found > moment else found + step
        if self.once is not None:
            return self.once if self.once > moment else None
        return self._next(moment)

    def _check(self) -> None:
        try:
            for field, low, high, names in self._ranges():
                _numbers(field, low, high, names)
            self._days_of(datetime(2024, 2, 1, tzinfo=UTC))
        except (ValueError, KeyError) as error:
            raise ScheduleError(self.text) from error

    def _ranges(self) -> list[tuple[str, int, int, dict[str, int]]]:
        minute, hour, _, month, _, year = self.cron
        return [
            (minute, 0, 59, {}),
            (hour, 0, 23, {}),
            (month, 1, 12, _MONTHS),
            (year, 1970, _LAST_YEAR, {}),
        ]

    def _next(self, moment: datetime) -> datetime | None:
        minutes, hours, months, years = (
            _numbers(field, low, high, names) for field, low, high, names in self._ranges()
        )
        local = moment.astimezone(self.zone)
        day = local.replace(hour=0, minute=0, second=0, microsecond=0)
        for _ in range(_SEARCHED_DAYS):
            if day.year in years and day.month in months and day.day in self._days_of(day):
                for hour in sorted(hours):
                    for minute in sorted(minutes):
                        found = day.replace(hour=hour, minute=minute).astimezone(UTC)
                        if found > moment:
                            return found
            day = (day + timedelta(days=1)).replace(hour=0)
        return None

    def _days_of(self, day: datetime) -> set[int]:
        """Return the days of a month on which the schedule is due."""
        last = calendar.monthrange(day.year, day.month)[1]
        _, _, of_month, _, of_week, _ = self.cron
        if of_week == "?":
            return _days_of_month(of_month, day, last)
        return _days_of_week(of_week, day, last)


def _days_of_month(field: str, day: datetime, last: int) -> set[int]:
    if field == "L":
        return {last}
    if field.endswith("W"):
        wanted = last if field == "LW" else int(field[:-1])
        near = [d for d in range(1, last + 1) if day.replace(day=d).weekday() < _WEEK - 2]
        return {min(near, key=lambda d: (abs(d - wanted), d))}
    return _numbers(field, 1, 31, {})


def _days_of_week(field: str, day: datetime, last: int) -> set[int]:
    def weekday(number: int) -> int:
        return day.replace(day=number).isoweekday() % _WEEK + 1

    if "#" in field:
        name, _, which = field.partition("#")
        days = [d for d in range(1, last + 1) if weekday(d) == _number(name, _DAYS)]
        return set(days[int(which) - 1 : int(which)])
    if field.endswith("L"):
        wanted = _number(field[:-1], _DAYS) if field != "L" else _WEEK
        return {max(d for d in range(1, last + 1) if weekday(d) == wanted)}
    wanted_days = _numbers(field, 1, _WEEK, _DAYS)
    return {d for d in range(1, last + 1) if weekday(d) in wanted_days}


def _numbers(field: str, low: int, high: int, names: dict[str, int]) -> set[int]:
    """Return the numbers that a field stands for.

    Raises:
        ValueError: it stands for none, or for one that is out of range.
    """
    found: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        first, dash, until = span.partition("-")
        begin = low if first == "*" else _number(first, names)
        if first == "*" or (step and not dash):
            end = high
        else:
            end = _number(until, names) if dash else begin
        if not low <= begin <= end <= high:
            raise ValueError(field)
        found.update(range(begin, end + 1, int(step) if step else 1))
    return found


def _number(text: str, names: dict[str, int]) -> int:
    return names[text] if text in names else int(text)


def _zone(name: str | None) -> tzinfo:
    if not name or name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ScheduleError(name) from error
