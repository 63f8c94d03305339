"""The CPU time that requests take: they wait for each other when there is not enough of it."""

from __future__ import annotations

from collections import deque

__all__ = ["UNITS", "CpuQueue"]

UNITS = 1024.0
"""CPU units of one vCPU (botocore ecs TaskDefinition.cpu)."""

_REMEMBERED = 300.0
"""Seconds for which work that was done is remembered, more than any sample takes."""


class CpuQueue:
    """Work for one process, done in the order in which it came.

    Args:
        units: the CPU units that the process may use.
    """

    def __init__(self, units: float) -> None:
        self._units = max(units, 1.0)
        self._spans: deque[tuple[float, float]] = deque()

    def add(self, now: float, cpu_seconds: float) -> float:
        """Add the work of one request.

        Args:
            now: simulated seconds.
            cpu_seconds: the seconds that it takes one vCPU.

        Returns:
            The seconds until it is done: the wait for the work before it, and its own; one request
            never uses more than one vCPU.
        """
        cores = self._units / UNITS
        begins = max(now, self._spans[-1][1] if self._spans else now)
        ends = begins + cpu_seconds / cores
        if self._spans and self._spans[-1][1] == begins:
            begins = self._spans.pop()[0]
        self._spans.append((begins, ends))
        while self._spans[0][1] < now - _REMEMBERED:
            self._spans.popleft()
        return max(ends - now, ends - now - cpu_seconds / cores + cpu_seconds / min(cores, 1.0))

    def used(self, now: float, seconds: float) -> float:
        """Return the CPU units that were in use over the last seconds, on average."""
        since = now - seconds
        busy = sum(
            max(0.0, min(ends, now) - max(begins, since))
            for begins, ends in self._spans
            if ends > since
        )
        return busy / seconds * self._units if seconds else 0.0
