"""Scheduled rules of EventBridge and schedules of EventBridge Scheduler, as they come due.

AWS: EventBridge user guide (scheduled rules); EventBridge Scheduler user guide (schedule types,
flexible time windows, ActionAfterCompletion).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from moto.events.models import events_backends
from moto.scheduler.models import scheduler_backends

from ecslab.aws.event_tasks import SCHEDULER
from ecslab.model.schedules import Schedule

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping

    from ecslab.sim.entities import Account

_DETAIL_TYPE: Final = "Scheduled Event"


@dataclass(frozen=True, slots=True)
class _Entry:
    """What is on a schedule.

    Args:
        key: what it is and how it is set; another setting is another entry.
        schedule: when it is due.
        fire: called when it is.
        ends: no longer due after this moment.
        window: the seconds within which it may come late.
        completed: called when it will never be due again.
    """

    key: str
    schedule: Schedule
    fire: Callable[[], None]
    ends: datetime | None = None
    window: float = 0.0
    completed: Callable[[], None] | None = None


class EventSchedules:
    """Watches what moto stores of schedules, and lets them fire in simulated time.

    Args:
        account: the account.
        deliver: gives a target of a rule its event; called with rule name, target and event.
        run: runs the tasks of a schedule's target (`EventTasks.run`).
    """

    def __init__(
        self,
        account: Account,
        deliver: Callable[[str, Mapping[str, Any], dict[str, Any]], None],
        run: Callable[[Mapping[str, Any], Any, str, str], bool],
    ) -> None:
        self._account = account
        self._deliver = deliver
        self._run = run
        self._watched: set[str] = set()
        self._begins: dict[str, datetime] = {}

    def look_again(self) -> None:
        """Take notice of new schedules; to be called after requests that may have made some."""
        for entry in self._entries():
            if entry.key not in self._watched:
                self._watched.add(entry.key)
                self._account.clock.env.process(self._watch(entry))

    def _watch(self, entry: _Entry) -> Generator[Any, Any, None]:
        clock = self._account.clock
        while True:
            due = entry.schedule.next_after(clock.now)
            if due is None or (entry.ends is not None and due > entry.ends):
                if entry.completed is not None:
                    entry.completed()
                break
            late = self._account.random.uniform(0.0, entry.window) if entry.window else 0.0
            yield clock.env.timeout((due - clock.now).total_seconds() + late)
            current = {each.key: each for each in self._entries()}
            if entry.key not in current:
                break
            current[entry.key].fire()
        self._watched.discard(entry.key)

    def _entries(self) -> Iterator[_Entry]:
        yield from self._rules()
        yield from self._schedules()

    def _rules(self) -> Iterator[_Entry]:
        backend: Any = events_backends[self._account.id][self._account.region]
        bus = backend.event_buses.get("default")
        for rule in bus.rules.values() if bus is not None else ():
            if rule.scheduled_expression and rule.state == "ENABLED":
                key = f"{rule.arn} {rule.scheduled_expression}"
                schedule = Schedule(rule.scheduled_expression, UTC, self._begin(key))
                yield _Entry(key, schedule, partial(self._fire_rule, rule))

    def _fire_rule(self, rule: Any) -> None:
        event = {
            "version": "0",
            "id": self._account.identifiers.uuid(),
            "detail-type": _DETAIL_TYPE,
            "source": "aws.events",
            "account": self._account.id,
            "time": self._account.clock.now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "region": self._account.region,
            "resources": [rule.arn],
            "detail": {},
        }
        for target in list(rule.targets):
            self._deliver(rule.name, target, event)

    def _schedules(self) -> Iterator[_Entry]:
        backend: Any = scheduler_backends[self._account.id][self._account.region]
        for group in backend.schedule_groups.values():
            for each in group.schedules.values():
                if each.state != "DISABLED":  # moto forgets the default when it updates
                    yield self._schedule(group, each)

    def _schedule(self, group: Any, each: Any) -> _Entry:
        from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

        try:
            zone: Any = ZoneInfo(each.schedule_expression_timezone)
        except (ZoneInfoNotFoundError, ValueError):
            zone = UTC
        key = f"{each.arn} {each.schedule_expression} {each.schedule_expression_timezone}"
        begin = _moment(each.start_date) or self._begin(key)
        window = each.flexible_time_window or {}
        minutes = window.get("MaximumWindowInMinutes") or 0

        def fire() -> None:
            text = each.target.get("Input") or ""
            self._run(each.target, _json_or_text(text), SCHEDULER, each.name)

        def completed() -> None:
            if each.action_after_completion == "DELETE":
                group.schedules.pop(each.name, None)

        return _Entry(
            key,
            Schedule(each.schedule_expression, zone, begin),
            fire,
            ends=_moment(each.end_date),
            window=60.0 * float(minutes) if window.get("Mode") == "FLEXIBLE" else 0.0,
            completed=completed,
        )

    def _begin(self, key: str) -> datetime:
        """Return since when an entry is there: from then on a rate counts."""
        return self._begins.setdefault(key, self._account.clock.now)


def _moment(value: Any) -> datetime | None:
    """Return a date of a schedule as moto keeps it: seconds, or their text."""
    try:
        return datetime.fromtimestamp(float(value), tz=UTC) if value else None
    except (ValueError, OverflowError, OSError):
        return None


def _json_or_text(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
