"""Which containers of its task a process reaches by itself: over the loopback device, and by links.

AWS: task-networking-awsvpc (the containers of a task share an interface); task-networking-bridge;
botocore ecs ContainerDefinition.links (only with the bridge network mode).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecslab.sim.entities import Container, Task
    from ecslab.sim.process import Process

__all__ = ["LOOPBACK", "is_near", "linked", "neighbours"]

LOOPBACK: Final = ("localhost", "127.0.0.1", "0.0.0.0", "::1")  # noqa: S104 - not a bind
_SHARED: Final = ("awsvpc", "host")


def linked(task: Task, container: Container) -> Iterator[tuple[str, Container]]:
    """Yield the names by which a container knows others of its task, and those containers."""
    for link in container.spec.get("links") or ():
        name, _, alias = str(link).partition(":")
        other = task.container(name)
        if other is not None:
            yield from {alias or name: other, name: other}.items()


def is_near(process: Process, host: str | None) -> bool:
    """Return whether a host is one that a process reaches within its task."""
    names = [name for name, _ in linked(process.task, process.container)]
    return host in (*LOOPBACK, *names)


def neighbours(process: Process, host: str | None) -> list[Process]:
    """Return the processes that a process reaches under a host name within its task.

    Args:
        process: who asks.
        host: a name of the loopback device, or that of a linked container.
    """
    task, own = process.task, process.container
    if host not in LOOPBACK:
        found = [other for name, other in linked(task, own) if name == host]
    elif str(task.definition.get("networkMode") or "bridge") in _SHARED:
        found = task.containers
    else:
        found = [own]
    return [each.process for each in found if each.process is not None]
