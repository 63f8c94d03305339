"""A container instance as placement decisions see it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

ZONE = "ecs.availability-zone"


@dataclass(frozen=True, slots=True)
class Occupant:
    """A task that holds resources of an instance.

    Args:
        group: its task group, such as `service:web`.
        running: whether it is RUNNING, as `runningTasksCount` counts.
    """

    group: str
    running: bool = True


@dataclass(frozen=True, slots=True)
class Candidate:
    """One container instance at the moment of a decision.

    Args:
        id: the last part of its ARN.
        arn: its ARN.
        cpu: CPU units that are left.
        memory: MiB that are left.
        tcp: TCP ports of the host that are taken.
        udp: UDP ports of the host that are taken.
        gpus: GPUs that are left.
        interfaces: network interfaces that tasks may still be given.
        attributes: names and values; the value may be missing.
        occupants: the tasks on it.
        connected: whether its agent is connected.
        ec2_instance: the id of the EC2 instance.
        agent_version: the version of its agent.
        registered_at: when it registered (timezone-aware).
    """

    id: str
    arn: str
    cpu: int = 0
    memory: int = 0
    tcp: frozenset[int] = frozenset()
    udp: frozenset[int] = frozenset()
    gpus: int = 0
    interfaces: int = 0
    attributes: Mapping[str, str | None] = field(default_factory=dict)
    occupants: tuple[Occupant, ...] = ()
    connected: bool = True
    ec2_instance: str = ""
    agent_version: str = ""
    registered_at: datetime | None = None

    @property
    def zone(self) -> str | None:
        """Return its Availability Zone."""
        return self.attributes.get(ZONE)

    def hosts(self, group: str) -> int:
        """Return how many tasks of a task group are on it."""
        return sum(1 for each in self.occupants if each.group == group)
