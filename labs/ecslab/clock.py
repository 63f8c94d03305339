"""Simulated time: a SimPy event queue with a calendar."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import simpy
from simpy.events import EventPriority

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

START: Final = datetime(2026, 1, 15, 9, 0, tzinfo=UTC)
"""The moment at which every simulated account begins, whatever the real day is."""

# SimPy runs ordinary events with priority 1; what ends an advance comes after all of them.
_AFTER_EVERYTHING = EventPriority(2)


class Clock:
    """The only source of time in a simulated account.

    Args:
        start: the calendar time of second 0 (timezone-aware).
    """

    def __init__(self, start: datetime = START) -> None:
        self.env = simpy.Environment()
        self._start = start
        self._stepping = False
        self._borrowed = 0.0
        self._listeners: list[Callable[[datetime], None]] = []
        self._watchers: list[Callable[[], None]] = []

    @property
    def seconds(self) -> float:
        """Return the simulated seconds since the account began."""
        return float(self.env.now)

    @property
    def now(self) -> datetime:
        """Return the simulated time as a timezone-aware datetime."""
        return self._start + timedelta(seconds=self.env.now)

    @property
    def stepping(self) -> bool:
        """Return whether an event is being processed right now."""
        return self._stepping

    def at(self, seconds: float) -> datetime:
        """Return the calendar time of a number of seconds since the account began."""
        return self._start + timedelta(seconds=seconds)

    def advance(self, seconds: float) -> None:
        """Let time pass; everything that is due has happened on return.

        Called by code that itself runs inside an event (an application that sleeps while it
        answers a request), it cannot move time for all: the seconds are noted as that
        application's own delay, see `borrow`.

        Args:
            seconds: how long to advance, 0 or more.

        Raises:
            ValueError: the number of seconds is negative or not finite.
        """
        if not 0 <= seconds < float("inf"):
            message = f"Time only moves forward: {seconds!r} is not a number of seconds from 0 up."
            raise ValueError(message)
        if self._stepping:
            self._borrowed += seconds
            return
        self._code_has_run()
        done = self.env.event()
        done._ok = True  # noqa: SLF001 - as simpy.Timeout does; SimPy has no public way
        done._value = None  # noqa: SLF001
        self.env.schedule(done, priority=_AFTER_EVERYTHING, delay=seconds)
        self._stepping = True
        try:
            self.env.run(until=done)
        finally:
            if done.callbacks:  # left early, by an exception: it must not end a later advance
                done.callbacks.clear()
            self._stepping = False
            self.announce()

    def wait(self, event: simpy.Event) -> None:
        """Let time pass until an event happens; not to be called by code inside an event.

        Args:
            event: an event of this clock's queue, such as a process, which ends.
        """
        self._code_has_run()
        self._stepping = True
        try:
            self.env.run(until=event)
        finally:
            self._stepping = False
            self.announce()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold time while application code runs: what it sleeps is borrowed, see `borrow`."""
        before, self._stepping = self._stepping, True
        try:
            yield
        finally:
            self._stepping = before
            self._code_has_run()

    def borrow(self) -> float:
        """Return, and forget, the seconds that code inside an event has slept."""
        seconds, self._borrowed = self._borrowed, 0.0
        return seconds

    def listen(self, listener: Callable[[datetime], None]) -> None:
        """Have `listener` called with the time whenever code outside may look at it."""
        self._listeners.append(listener)

    def watch_code(self, watcher: Callable[[], None]) -> None:
        """Have `watcher` called whenever code has run that is not of the simulation.

        That is code outside, each time before time passes, and code of containers and functions.
        """
        self._watchers.append(watcher)

    def _code_has_run(self) -> None:
        for watcher in self._watchers:
            watcher()

    def announce(self) -> None:
        """Tell the listeners what time it is."""
        now = self.now
        for listener in self._listeners:
            listener(now)
