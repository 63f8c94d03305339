"""What requests cost a process: CPU time, for which they wait for each other, and bytes."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecslab.sim.entities import Account, Container, Task
    from ecslab.sim.wsgi import Answer

__all__ = ["ProcessLoad"]

_UNITS: Final = 1024.0
"""CPU units of one vCPU (botocore ecs TaskDefinition.cpu)."""

_REMEMBERED: Final = 300.0
"""Seconds for which work that was done is remembered, more than any sample takes."""

_LINE: Final = 4
"""Bytes around the name and the value of a header field: `: ` and the end of the line."""


class ProcessLoad:
    """The work of one process, done in the order in which it came.

    Args:
        account: where it runs.
        task: the task it belongs to.
        container: its container.
    """

    def __init__(self, account: Account, task: Task, container: Container) -> None:
        self._clock = account.clock
        self._units = max(_units(task, container), 1.0)
        self._spans: deque[tuple[float, float]] = deque()
        self._exchanges: deque[tuple[float, int, int]] = deque()
        self.received = self.sent = 0
        """All bytes of requests and of answers."""

    def work(self, cpu_seconds: float) -> float:
        """Add the work of one request.

        Args:
            cpu_seconds: the seconds that it takes one vCPU.

        Returns:
            The seconds until it is done: the wait for the work before it, and its own; one request
            never uses more than one vCPU.
        """
        if not cpu_seconds:
            return 0.0
        now, cores = self._clock.seconds, self._units / _UNITS
        begins = max(now, self._spans[-1][1] if self._spans else now)
        ends = begins + cpu_seconds / cores
        if self._spans and self._spans[-1][1] == begins:
            begins = self._spans.pop()[0]
        self._spans.append((begins, ends))
        while self._spans[0][1] < now - _REMEMBERED:
            self._spans.popleft()
        alone = cpu_seconds / min(cores, 1.0)
        return ends - now - cpu_seconds / cores + alone

    def exchange(self, url: str, headers: Mapping[str, str], body: bytes, answer: Answer) -> Answer:
        """Count the bytes of a request and its answer; return the answer."""
        received = len(url) + len(body) + _size(headers)
        sent = len(answer.body) + _size(answer.headers)
        self.received += received
        self.sent += sent
        now = self._clock.seconds
        self._exchanges.append((now, received, sent))
        while self._exchanges[0][0] < now - _REMEMBERED:
            self._exchanges.popleft()
        return answer

    def cpu(self, seconds: float) -> float:
        """Return the CPU units that requests took over the last seconds, on average."""
        now = self._clock.seconds
        since = now - seconds
        busy = sum(
            max(0.0, min(ends, now) - max(begins, since))
            for begins, ends in self._spans
            if ends > since
        )
        return busy / seconds * self._units

    def bytes(self, seconds: float) -> tuple[int, int]:
        """Return the bytes received and sent over the last seconds."""
        since = self._clock.seconds - seconds
        recent = [each for each in self._exchanges if each[0] >= since]
        return sum(each[1] for each in recent), sum(each[2] for each in recent)


def _units(task: Task, container: Container) -> float:
    """Return the CPU units that a container may use.

    The task's size is the limit; without one, the whole instance is (task_definition_parameters).
    """
    size = task.definition.get("cpu")
    if size:
        return float(size)
    return float(task.instance.cpu if task.instance else container.spec.get("cpu") or 0)


def _size(headers: Mapping[str, str]) -> int:
    return sum(len(name) + len(text) + _LINE for name, text in headers.items())
