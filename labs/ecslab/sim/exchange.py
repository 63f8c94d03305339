"""How a request's way through time is written down, and how it is lived through.

A way is a generator that yields a `Wait` for each stretch of time. Inside simulated time a SimPy
process lives through it, and notices when a wait is cut short. Application code that makes a
request while it answers another one can't let time pass: there the waits are added up.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from ecslab.sim.request import Response, TrafficError

if TYPE_CHECKING:
    import simpy

    from ecslab.sim.connect_proxy import Acceptor
    from ecslab.sim.targets import RegisteredTarget

__all__ = ["Wait", "Way", "live_through", "wait_for_answer"]


@dataclass(frozen=True, slots=True)
class Wait:
    """A stretch of time.

    Args:
        seconds: how long it is.
        process: whose end cuts it short.
        target: whose load balancer may cut it short.
    """

    seconds: float
    process: Acceptor | None = None
    target: RegisteredTarget | None = None


Way: TypeAlias = Generator[Wait, bool, Response]
"""Yields waits, is sent whether each was cut short, returns the response or raises."""


def live_through(
    env: simpy.Environment, way: Way
) -> Generator[simpy.Event, Any, Response | TrafficError]:
    """Live through a way as a SimPy process.

    Args:
        env: simulated time.
        way: the way.

    Returns:
        The response, or the error that the way ended with.
    """
    cut_short = False
    started = False
    try:
        while True:
            wait = way.send(cut_short) if started else next(way)
            started = True
            timeout = env.timeout(wait.seconds)
            cuts: list[simpy.Event] = []
            if wait.process is not None:
                cuts.append(wait.process.ended)
            if wait.target is not None:
                cuts.append(wait.target.closed)
            yield env.any_of([timeout, *cuts]) if cuts else timeout
            cut_short = any(event.triggered for event in cuts) and not timeout.processed
    except StopIteration as end:
        response: Response = end.value
        return response
    except TrafficError as error:
        return error


def add_up(way: Way) -> tuple[Response | TrafficError, float]:
    """Go a way without letting time pass; nothing cuts its waits short.

    Args:
        way: the way.

    Returns:
        The response or the error, and the sum of the seconds.
    """
    seconds = 0.0
    try:
        wait = next(way)
        while True:
            seconds += wait.seconds
            wait = way.send(False)
    except StopIteration as end:
        return end.value, seconds
    except TrafficError as error:
        return error, seconds


def wait_for_answer(
    seconds: float, limit: float, process: Acceptor, target: RegisteredTarget, now: float
) -> Generator[Wait, bool, bool]:
    """Wait while a target works on a request, which counts as in flight meanwhile.

    Args:
        seconds: how long the application takes.
        limit: how long anybody waits for it.
        process: the application's process.
        target: the target.
        now: the time, in simulated seconds.

    Returns:
        Whether the wait was cut short.
    """
    flight = object()
    length = min(seconds, limit)
    target.in_flight[flight] = now + length
    try:
        return (yield Wait(length, process, target))
    finally:
        target.in_flight.pop(flight, None)
