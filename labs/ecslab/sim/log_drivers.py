"""Log drivers: where the lines go that a container prints, and what happens when they can't.

AWS: botocore ecs LogConfiguration.options (mode and max-buffer-size, multiline patterns);
using_awslogs; using_firelens. Docker's ring buffer drops what comes when it is full.
"""

from __future__ import annotations

import re
from collections import deque
from typing import TYPE_CHECKING, Any, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

    from ecslab.sim.entities import Account, Container, Task

__all__ = ["LogDriver", "driver_for"]

_PIPE: Final = 65536
"""Bytes that a program can write before it must wait for the driver (Linux, pipe(7))."""

_TRY_AGAIN: Final = 5.0
_UNITS: Final = {"": 1, "b": 1, "k": 1024, "m": 1024**2, "g": 1024**3}
_DEFAULT_BUFFER: Final = "10m"


class LogDriver(Protocol):
    """Takes the lines of one container."""

    @property
    def blocked(self) -> bool:
        """Return whether the program has to wait before it can write on."""

    def write(self, lines: Iterable[str]) -> None:
        """Take lines."""


def driver_for(account: Account, task: Task, container: Container) -> LogDriver:
    """Return the log driver of a container that is about to start.

    Args:
        account: where it runs.
        task: its task.
        container: the container, prepared.
    """
    logging = container.spec.get("logConfiguration") or {}
    if logging.get("logDriver") == "awslogs" and container.log_stream is not None:
        return _Awslogs(account, task, container.log_stream, logging.get("options") or {})
    if logging.get("logDriver") == "awsfirelens":
        return _Firelens(account, task, container, logging.get("options") or {})
    return _Nowhere()


class _Nowhere:
    """Loses what it gets."""

    blocked = False

    def write(self, lines: Iterable[str]) -> None:
        """Take lines."""


class _Awslogs:
    """Sends lines to CloudWatch Logs."""

    def __init__(self, account: Account, task: Task, stream: str, options: dict[str, str]) -> None:
        self._account = account
        self._task = task
        self._stream = stream
        self._group, self._region = options["awslogs-group"], options["awslogs-region"]
        mode = options.get("mode") or account.settings.get("defaultLogDriverMode")
        self._blocking = mode == "blocking"
        self._room = _PIPE if self._blocking else _bytes(options.get("max-buffer-size"))
        self._begins = _start_of_event(options)
        self._waiting: deque[str] = deque()
        self._size = 0

    @property
    def blocked(self) -> bool:
        """Return whether the program has to wait before it can write on."""
        return self._blocking and self._size >= self._room

    def write(self, lines: Iterable[str]) -> None:
        """Take lines; keep those that can't be sent, as far as there is room for them."""
        events = self._events(lines)
        if not self._waiting and self._reachable():
            self._put(events)
            return
        for event in events:
            size = len(event.encode())
            if self._size + size <= self._room or self._blocking:
                if not self._waiting:
                    self._account.clock.env.process(self._send_later())
                self._waiting.append(event)
                self._size += size

    def _events(self, lines: Iterable[str]) -> list[str]:
        """Join the lines that belong to one event (awslogs-multiline-pattern)."""
        if self._begins is None:
            return list(lines)
        events: list[str] = []
        for line in lines:
            if events and not self._begins.search(line):
                events[-1] += f"\n{line}"
            else:
                events.append(line)
        return events

    def _send_later(self) -> Generator[Any, Any, None]:
        while self._waiting:
            yield self._account.clock.env.timeout(_TRY_AGAIN)
            if self._reachable():
                self._put(list(self._waiting))
                self._waiting.clear()
                self._size = 0

    def _put(self, events: list[str]) -> None:
        self._account.clock.announce()
        self._account.ports.logs.put(self._group, self._region, self._stream, events)

    def _reachable(self) -> bool:
        interface = self._task.agent_interface
        network = self._account.ports.network
        return interface is None or network.to_service(interface, "logs").reachable


class _Firelens:
    """Hands lines to the task's log router, which sends them on with the task role."""

    blocked = False

    def __init__(
        self, account: Account, task: Task, container: Container, options: dict[str, str]
    ) -> None:
        self._account = account
        self._task = task
        self._container = container
        self._options = options

    def write(self, lines: Iterable[str]) -> None:
        """Take lines; without a router that lives they are lost."""
        router = next(
            (c for c in self._task.containers if c.spec.get("firelensConfiguration")), None
        )
        if router is None or router.process is None or not router.process.alive:
            return
        settings = router.spec["firelensConfiguration"].get("options") or {}
        records = [self._record(line, settings) for line in lines]
        self._account.clock.announce()
        trouble = self._account.ports.log_routes.send(self._task, self._tag, self._options, records)
        if trouble is not None:
            router.process.print([trouble])

    @property
    def _tag(self) -> str:
        return f"{self._container.name}-firelens-{self._task.id}"

    def _record(self, line: str, settings: dict[str, str]) -> dict[str, str]:
        record = {
            "source": "stdout",
            "log": line,
            "container_id": str(self._container.runtime_id),
            "container_name": self._container.name,
        }
        if settings.get("enable-ecs-log-metadata", "true") == "true":
            definition = self._task.definition
            record |= {
                "ecs_cluster": self._task.cluster.name,
                "ecs_task_arn": self._task.arn,
                "ecs_task_definition": f"{definition['family']}:{definition['revision']}",
            }
        return record


def _bytes(text: str | None) -> int:
    match = re.fullmatch(r"(\d+)([bkmg]?)", (text or _DEFAULT_BUFFER).lower())
    return int(match[1]) * _UNITS[match[2]] if match else _UNITS["m"]


def _start_of_event(options: dict[str, str]) -> re.Pattern[str] | None:
    """Return what the first line of an event matches; an expression that is none joins nothing."""
    pattern = options.get("awslogs-multiline-pattern")
    if pattern is None and "awslogs-datetime-format" in options:
        pattern = re.sub(r"%[A-Za-z]", r"\\w+", re.escape(options["awslogs-datetime-format"]))
    try:
        return re.compile(pattern) if pattern else None
    except re.error:
        return None
