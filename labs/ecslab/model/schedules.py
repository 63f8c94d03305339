"""When a schedule is due: rate, cron and at expressions.

AWS: EventBridge user guide, "Setting a schedule pattern for scheduled rules"; EventBridge Scheduler
user guide, "Schedule types".
"""

from __future__ import annotations

import calendar
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_RATE: Final = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_AT: Final = re.compile(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)")
_CRON: Final = re.compile(r"cron\((.*)\)")
_SECONDS: Final = {"minute": 60, "hour": 3600, "day": 86400}
_MONTHS: Final = {name.upper(): number for number, name in enumerate(calendar.month_abbr) if name}
_WEEKDAYS: Final = {
    name: number for number, name in enumerate(("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"), 1)
}
_FIELDS: Final = 6
_LAST_YEAR: Final = 2199
_HORIZON: Final = 40
"""Years after which every combination of days has come up that ever does."""
_SATURDAY: Final = 5


@dataclass(frozen=True, slots=True)
class Schedule:
    """One schedule expression.

    Args:
        expression: as EventBridge takes it.
        zone: the time zone in which `cron` and `at` are meant.
        begin: the moment from which `rate` counts.
    """

    expression: str
    zone: tzinfo
    begin: datetime

    def next_after(self, moment: datetime) -> datetime | None:
        """Return the first time after a moment at which the schedule is due, None for never.

        An expression that EventBridge does not take is never due.
        """
        rate = _RATE.fullmatch(self.expression)
        if rate and int(rate[1]):
            period = int(rate[1]) * _SECONDS[rate[2]]
            passed = max(0.0, (moment - self.begin).total_seconds())
            return self.begin + timedelta(seconds=(passed // period + 1) * period)
        once = _AT.fullmatch(self.expression)
        if once:
            due = datetime.fromisoformat(once[1]).replace(tzinfo=self.zone)
            return due if due > moment else None
        cron = _CRON.fullmatch(self.expression)
        fields = cron[1].split() if cron else []
        with suppress(ValueError):
            if len(fields) == _FIELDS:
                return _next_cron(fields, moment.astimezone(self.zone))
        return None


def _next_cron(fields: list[str], moment: datetime) -> datetime | None:
    minutes, hours = _numbers(fields[0], 0, 59), _numbers(fields[1], 0, 23)
    months = _numbers(fields[3], 1, 12, _MONTHS)
    years = _numbers(fields[5], 1970, _LAST_YEAR)
    fits = _days(fields[2], fields[4])
    day = moment.date()
    while day.year <= min(max(years), moment.year + _HORIZON):
        if day.year not in years:
            day = date(day.year + 1, 1, 1)
            continue
        if day.month not in months:
            day = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
            continue
        if fits(day):
            for hour in hours:
                for minute in minutes:
                    due = datetime(day.year, day.month, day.day, hour, minute, tzinfo=moment.tzinfo)
                    if due > moment:
                        return due
        day += timedelta(days=1)
    return None


def _days(of_month: str, of_week: str) -> Callable[[date], bool]:
    """Return what says whether a day fits; one of the two fields is always a question mark."""
    if of_week not in ("?", "*"):
        return _days_of_week(of_week)
    if of_month == "L":
        return lambda day: day.day == _last(day)
    if of_month.endswith("W"):
        wanted = int(of_month[:-1])
        return lambda day: day.day == _nearest_weekday(day, wanted)
    numbers = _numbers(of_month, 1, 31)
    return lambda day: day.day in numbers


def _days_of_week(field: str) -> Callable[[date], bool]:
    if "#" in field:
        name, _, count = field.partition("#")
        wanted, nth = _number(name, _WEEKDAYS), int(count)
        return lambda day: _weekday(day) == wanted and (day.day - 1) // 7 + 1 == nth
    if field.endswith("L"):
        wanted = _number(field[:-1], _WEEKDAYS) if len(field) > 1 else _WEEKDAYS["SAT"]
        return lambda day: _weekday(day) == wanted and day.day + 7 > _last(day)
    numbers = _numbers(field, 1, 7, _WEEKDAYS)
    return lambda day: _weekday(day) in numbers


def _weekday(day: date) -> int:
    return day.isoweekday() % 7 + 1


def _last(day: date) -> int:
    return calendar.monthrange(day.year, day.month)[1]


def _nearest_weekday(day: date, wanted: int) -> int:
    last = _last(day)
    found = day.replace(day=min(wanted, last))
    if found.weekday() < _SATURDAY:
        return found.day
    saturday = found.weekday() == _SATURDAY
    if saturday:
        return found.day - 1 if found.day > 1 else found.day + 2
    return found.day + 1 if found.day < last else found.day - 2


def _numbers(
    field: str, lowest: int, highest: int, names: dict[str, int] | None = None
) -> list[int]:
    """Return the numbers of a field: `*`, lists, ranges and increments.

    Raises:
        ValueError: it is none of these.
    """
    found: set[int] = set()
    for part in field.split(","):
        whole, _, step = part.partition("/")
        first, dash, second = whole.partition("-")
        if whole in ("*", "?"):
            low, high = lowest, highest
        else:
            low = _number(first, names)
            high = _number(second, names) if dash else highest if step else low
        if not lowest <= low <= high <= highest:
            message = f"{field} is no field of a cron expression"
            raise ValueError(message)
        found.update(range(low, high + 1, max(1, int(step or 1))))
    return sorted(found)


def _number(text: str, names: dict[str, int] | None) -> int:
    return (names or {}).get(text.upper()) or int(text)
