"""A steady stream of requests, and what became of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ecslab.sim.request import TrafficError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from datetime import datetime

    import simpy

    from ecslab.model.image import Curve
    from ecslab.sim.request import Response

__all__ = ["Load", "LostRequest"]

_SERVER_ERROR = 500
_ROUNDING = 1e-6
_PAUSE_WITHOUT_LOAD = 1.0


@dataclass(frozen=True, slots=True)
class LostRequest:
    """A request that got no answer of an application, or a server error.

    Args:
        sent: when it was sent, in simulated seconds since the load began.
        outcome: the HTTP status, or the kind of the failure.
    """

    sent: float
    outcome: int | str


@dataclass(slots=True)
class Load:
    """What became of a stream of requests so far.

    Args:
        url: where they go.
        began: the simulated time at which the first was due.
        seconds: for how long they are sent.
        sent: how many have been sent.
        counts: how many ended how, by HTTP status or kind of failure.
        failures: the lost ones, in the order in which they ended.
        finished: whether all have been sent and have ended.
    """

    url: str
    began: datetime
    seconds: float
    sent: int = 0
    counts: Counter[int | str] = field(default_factory=Counter)
    failures: list[LostRequest] = field(default_factory=list)
    finished: bool = False

    @property
    def in_flight(self) -> int:
        """Return how many have not ended yet."""
        return self.sent - self.counts.total()

    def run(
        self,
        env: simpy.Environment,
        send: Callable[[], Generator[Any, Any, Response | TrafficError]],
        per_second: Curve,
    ) -> Generator[Any, Any, None]:
        """Send the requests: a SimPy process.

        Args:
            env: simulated time.
            send: returns the life of one request.
            per_second: requests per second, constant or a function of the seconds since the start.
        """
        began = env.now
        flights = []
        while env.now - began < self.seconds - _ROUNDING:
            age = round(env.now - began, 6)
            rate = per_second(age) if callable(per_second) else per_second
            if rate > 0:
                self.sent += 1
                flights.append(env.process(self._one(send(), age)))
            yield env.timeout(1 / rate if rate > 0 else _PAUSE_WITHOUT_LOAD)
            flights = [flight for flight in flights if flight.is_alive]
        yield env.all_of(flights)
        self.finished = True

    def _one(
        self, life: Generator[Any, Any, Response | TrafficError], sent: float
    ) -> Generator[Any, Any, None]:
        outcome = yield from life
        if isinstance(outcome, TrafficError):
            self.counts[outcome.kind] += 1
            self.failures.append(LostRequest(sent, outcome.kind))
            return
        self.counts[outcome.status] += 1
        if outcome.status >= _SERVER_ERROR:
            self.failures.append(LostRequest(sent, outcome.status))
