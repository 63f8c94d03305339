"""`View`: an account at one moment, as plain values with a plain text form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecslab.cloud.drawn import Drawn

if TYPE_CHECKING:
    from datetime import datetime

_SHORT = 8


@dataclass(frozen=True)
class TaskView:
    """One task.

    Args:
        id: its id, 32 digits.
        definition: `family:revision`.
        group: `service:name` or `family:name`.
        status: its last status.
        health: its health status.
        zone: its Availability Zone; empty until it has a network interface or an instance.
        stop_code: why it stopped or stops, as a code; empty while it is to run.
        stopped_reason: the same in AWS's words.
    """

    id: str
    definition: str
    group: str
    status: str
    health: str
    zone: str
    stop_code: str = ""
    stopped_reason: str = ""

    @property
    def short_id(self) -> str:
        """Return the first 8 digits of the id."""
        return self.id[:_SHORT]

    @property
    def name(self) -> str:
        """Return the name of the service, or of the family for a task on its own."""
        return self.group.partition(":")[2] or self.group


@dataclass(frozen=True)
class DeploymentView:
    """One deployment of a service.

    Args:
        status: PRIMARY or ACTIVE.
        definition: `family:revision`.
        rollout: its rollout state.
        desired: how many tasks it shall have.
        running: how many of them run.
        pending: how many are on their way.
    """

    status: str
    definition: str
    rollout: str
    desired: int
    running: int
    pending: int


@dataclass(frozen=True)
class ServiceView:
    """One service.

    Args:
        name: its name.
        status: ACTIVE or DRAINING.
        desired: its desired count.
        running: how many of its tasks run.
        pending: how many are on their way.
        deployments: its deployments, the newest first.
    """

    name: str
    status: str
    desired: int
    running: int
    pending: int
    deployments: tuple[DeploymentView, ...]


@dataclass(frozen=True)
class DaemonView:
    """One managed daemon.

    Args:
        name: its name.
        status: ACTIVE or DELETE_IN_PROGRESS.
        definition: `family:revision` that it is meant to run; empty when it is being deleted.
        deployment: the status of its newest deployment.
        instances: how many instances its capacity providers have.
        running: how many of its tasks run.
    """

    name: str
    status: str
    definition: str
    deployment: str
    instances: int
    running: int

    @property
    def counts(self) -> str:
        """Return on how much of its capacity it runs, as a phrase."""
        return f"{self.running} running, {plural(self.instances, 'instance')}"


@dataclass(frozen=True)
class InstanceView:
    """One container instance.

    Args:
        id: its id, 32 digits.
        kind: the type of the EC2 instance.
        status: its status.
        connected: whether its agent is connected.
        cpu: CPU units that it has.
        cpu_left: CPU units that no task holds.
        memory: MiB that it has.
        memory_left: MiB that no task holds.
        tasks: the tasks on it, oldest first.
    """

    id: str
    kind: str
    status: str
    connected: bool
    cpu: int
    cpu_left: int
    memory: int
    memory_left: int
    tasks: tuple[TaskView, ...]

    @property
    def short_id(self) -> str:
        """Return the first 8 digits of the id."""
        return self.id[:_SHORT]

    @property
    def state(self) -> str:
        """Return its status, and whether its agent has gone silent."""
        return self.status if self.connected else f"{self.status}, agent disconnected"

    @property
    def room(self) -> str:
        """Return what is left on it, as a phrase."""
        return (
            f"{self.cpu_left} of {self.cpu} CPU units and"
            f" {self.memory_left} of {self.memory} MiB left"
        )


@dataclass(frozen=True)
class ZoneView:
    """What a cluster has in one Availability Zone.

    Args:
        name: the zone; empty for tasks that have none yet.
        tasks: the tasks on Fargate, oldest first.
        instances: the container instances, in the order in which they registered.
    """

    name: str
    tasks: tuple[TaskView, ...]
    instances: tuple[InstanceView, ...] = ()

    def all_tasks(self) -> list[TaskView]:
        """Return the tasks on Fargate and those on instances."""
        return [*self.tasks, *(task for item in self.instances for task in item.tasks)]

    @property
    def title(self) -> str:
        """Return what stands over the tasks."""
        return self.name or "no zone yet"


@dataclass(frozen=True)
class ClusterView:
    """One cluster.

    Args:
        name: its name.
        services: its services that have not been deleted.
        zones: its tasks that have not stopped and its instances, by Availability Zone.
        stopped: the tasks that stopped within the last hour, oldest first.
        daemons: its managed daemons.
    """

    name: str
    services: tuple[ServiceView, ...]
    zones: tuple[ZoneView, ...]
    stopped: tuple[TaskView, ...]
    daemons: tuple[DaemonView, ...] = ()

    def tasks(self) -> list[TaskView]:
        """Return the tasks that have not stopped."""
        return [task for zone in self.zones for task in zone.all_tasks()]

    @property
    def running(self) -> int:
        """Return how many tasks run."""
        return sum(task.status == "RUNNING" for task in self.tasks())

    @property
    def counts(self) -> str:
        """Return what the cluster holds, as a phrase."""
        others = len(self.tasks()) - self.running
        instances = sum(len(zone.instances) for zone in self.zones)
        parts = [
            plural(len(self.services), "service"),
            plural(len(self.daemons), "daemon") if self.daemons else "",
            plural(instances, "container instance") if instances else "",
            plural(self.running, "running task"),
            f"{others} starting or stopping" if others else "",
            f"{len(self.stopped)} stopped" if self.stopped else "",
        ]
        return ", ".join(part for part in parts if part)


@dataclass(frozen=True, repr=False)
class View(Drawn):
    """An account at one moment; it stays as it is when time goes on.

    `str()` is its text; a notebook shows its picture.

    Args:
        at: the simulated time.
        region: the Region.
        clusters: the active clusters, by name.
    """

    at: datetime
    region: str
    clusters: tuple[ClusterView, ...]

    def __str__(self) -> str:
        """Return the view as lines of at most 79 characters."""
        from ecslab.cloud.view_text import text

        return text(self)


def plural(count: int, noun: str) -> str:
    """Return a number of things in words."""
    return f"{count} {noun}{'' if count == 1 else 's'}"
