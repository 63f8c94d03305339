"""What the data plane keeps about managed daemons: revisions, deployments, their states.

A managed daemon is not a service with the scheduling strategy DAEMON; those are in
`ecslab.sim.daemons`. AWS: managed-daemons; botocore ecs DaemonDetail, DaemonRevision,
DaemonDeployment.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    import simpy

    from ecslab.sim.container_instances import ContainerInstance
    from ecslab.sim.entities import Cluster, Task

UNFINISHED: Final = ("PENDING", "IN_PROGRESS", "STOP_REQUESTED", "ROLLBACK_IN_PROGRESS")
"""The states that a daemon deployment leaves again (botocore ecs DaemonDeploymentStatus)."""

_LIVING: Final = ("REGISTERING", "ACTIVE", "DRAINING")


@dataclass(slots=True, eq=False)
class DaemonRevision:
    """What the tasks of a daemon are made from; it never changes.

    Args:
        arn: its ARN.
        daemon: its daemon.
        definition: the daemon task definition, as tasks take it.
        definition_arn: the ARN of the daemon task definition.
        created_at: when it was made.
        settings: propagateTags, enableECSManagedTags, enableExecuteCommand and critical.
    """

    arn: str
    daemon: Daemon
    definition: dict[str, Any]
    definition_arn: str
    created_at: datetime
    settings: dict[str, Any]
    digests: dict[str, str] = field(default_factory=dict)
    """Container → the digest of its image, once a task has found it."""
    unresolved: int = 0

    @property
    def critical(self) -> bool:
        """Return whether an instance is no good without its task."""
        return bool(self.settings["critical"])


@dataclass(frozen=True, slots=True)
class DaemonGoal:
    """What a daemon is meant to be: a revision on the instances of capacity providers.

    Args:
        revision: the revision; None for a daemon that is being deleted.
        providers: the names of the capacity providers.
        configuration: the whole deploymentConfiguration.
    """

    revision: DaemonRevision | None
    providers: tuple[str, ...]
    configuration: dict[str, Any]

    def of(self, instance: ContainerInstance) -> DaemonRevision | None:
        """Return the revision that an instance has to have, None when it is to have none."""
        return self.revision if instance.capacity_provider in self.providers else None


@dataclass(slots=True, eq=False)
class DaemonDeployment:
    """One daemon deployment: how instances come from their revisions to a goal.

    Args:
        arn: its ARN.
        goal: what it rolls out.
        sources: the revisions that were there when it began.
        created_at: when it was requested.
        threshold: failed starts that trip the circuit breaker.
    """

    arn: str
    goal: DaemonGoal
    sources: tuple[DaemonRevision, ...]
    created_at: datetime
    threshold: int
    reason: str
    status: str = "PENDING"
    started_at: datetime | None = None
    stopped_at: datetime | None = None
    finished_at: datetime | None = None
    failures: int = 0
    counted: int = 0
    """The failures since it, or its rollback, began."""
    tripped: bool = False
    ignored_alarms: tuple[str, ...] = ()
    """Alarms that were in the ALARM state at the start (managed-daemons-deployments)."""
    triggered_alarms: tuple[str, ...] = ()
    restored: DaemonGoal | None = None
    rollback_reason: str = ""
    rollback_at: datetime | None = None
    baking_since: float | None = None

    @property
    def unfinished(self) -> bool:
        """Return whether it is going to change."""
        return self.status in UNFINISHED

    @property
    def current_goal(self) -> DaemonGoal:
        """Return what it works towards: its goal, or what a rollback restores."""
        return self.restored or self.goal


@dataclass(slots=True, eq=False)
class Daemon:
    """One managed daemon.

    Args:
        arn: its ARN.
        name: its name, unique in the cluster.
        cluster: its cluster.
        goal: what it is meant to be now.
        created_at: when it was created.
    """

    arn: str
    name: str
    cluster: Cluster
    goal: DaemonGoal
    created_at: datetime
    updated_at: datetime
    tags: list[dict[str, str]]
    status: str = "ACTIVE"
    token: tuple[str, str] = ("", "")
    """The client token of its creation, and the request that came with it."""
    proven: DaemonGoal | None = None
    """What the last successful deployment has rolled out."""
    revisions: list[DaemonRevision] = field(default_factory=list)
    deployments: list[DaemonDeployment] = field(default_factory=list)
    wake: simpy.Event | None = None

    @property
    def deployment(self) -> DaemonDeployment:
        """Return the most recent deployment."""
        return self.deployments[-1]

    def tasks(self) -> Iterator[Task]:
        """Yield its tasks that have not stopped."""
        for task in self.cluster.tasks.values():
            if task.daemon is not None and task.daemon.daemon is self and not task.stopped:
                yield task

    def instances(self) -> Iterator[ContainerInstance]:
        """Yield the instances that have a revision of it, or are to have one."""
        for instance in self.cluster.instances.values():
            if instance.status in _LIVING and (
                self.arn in instance.daemons or self.goal.of(instance) is not None
            ):
                yield instance

    def task_on(self, instance: ContainerInstance) -> Task | None:
        """Return its task on an instance, None when there is none that lives."""
        for task in instance.tasks.values():
            if task.daemon is not None and task.daemon.daemon is self:
                return task
        return None

    def poke(self) -> None:
        """Have its deployment looked at soon."""
        if self.wake is not None and not self.wake.triggered:
            self.wake.succeed()


def is_well(task: Task) -> bool:
    """Return whether a daemon task runs and, if it has a health check, has passed it."""
    checked = task.health == "HEALTHY" or not task.has_health_check
    return task.last_status == "RUNNING" and task.wanted and checked


def is_sick(task: Task) -> bool:
    """Return whether a daemon task fails its health check."""
    return task.last_status == "RUNNING" and task.health == "UNHEALTHY"


def revisions_for(cluster: Cluster, provider: str) -> list[DaemonRevision]:
    """Return the revisions that a new instance of a capacity provider gets.

    Args:
        cluster: the cluster.
        provider: the name of the capacity provider.
    """
    goals = [daemon.goal for daemon in cluster.daemons.values()]
    return [goal.revision for goal in goals if goal.revision and provider in goal.providers]
