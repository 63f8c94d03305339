"""`View`: an account at one moment, as plain values with a plain text form.

The picture of a view is drawn by `ecslab.show`, which lies above this package; it gives its drawing
to `draw_with` when it is imported, so that nothing here imports upward.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from ecslab.sim import entities
    from ecslab.sim import service as services

_WIDTH = 79
_SHORT = 8
_drawings: list[Callable[[View], str]] = []


@dataclass(frozen=True)
class TaskView:
    """One task.

    Args:
        id: its id, 32 digits.
        definition: `family:revision`.
        group: `service:name` or `family:name`.
        status: its last status.
        health: its health status.
        zone: its Availability Zone; empty until it has a network interface.
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
class ZoneView:
    """The tasks of a cluster in one Availability Zone.

    Args:
        name: the zone; empty for tasks that have no network interface yet.
        tasks: the tasks, oldest first.
    """

    name: str
    tasks: tuple[TaskView, ...]

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
        zones: its tasks that have not stopped, by Availability Zone.
        stopped: the tasks that stopped within the last hour, oldest first.
    """

    name: str
    services: tuple[ServiceView, ...]
    zones: tuple[ZoneView, ...]
    stopped: tuple[TaskView, ...]

    def tasks(self) -> list[TaskView]:
        """Return the tasks that have not stopped."""
        return [task for zone in self.zones for task in zone.tasks]

    @property
    def running(self) -> int:
        """Return how many tasks run."""
        return sum(task.status == "RUNNING" for task in self.tasks())

    @property
    def counts(self) -> str:
        """Return what the cluster holds, as a phrase."""
        others = len(self.tasks()) - self.running
        parts = [
            _plural(len(self.services), "service"),
            _plural(self.running, "running task"),
            f"{others} starting or stopping" if others else "",
            f"{len(self.stopped)} stopped" if self.stopped else "",
        ]
        return ", ".join(part for part in parts if part)


@dataclass(frozen=True)
class View:
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
        return "\n".join(line[:_WIDTH].rstrip() for line in self._lines())

    def _repr_pretty_(self, printer: object, cycle: bool) -> None:  # noqa: FBT001 - IPython's
        """Show the text wherever IPython shows no picture."""
        printer.text("…" if cycle else str(self))  # type: ignore[attr-defined]

    def _repr_html_(self) -> str | None:
        """Return the picture, if `ecslab.show` is there to draw it."""
        return _drawings[-1](self) if _drawings else None

    def _lines(self) -> Iterator[str]:
        yield f"{self.region} at {self.at:%Y-%m-%d %H:%M:%S} UTC"
        if not self.clusters:
            yield "no clusters"
        for cluster in self.clusters:
            yield f"cluster {cluster.name}: {cluster.counts}"
            for service in cluster.services:
                yield from _service_lines(service)
            for zone in cluster.zones:
                yield f"  {zone.title}"
                yield from (_task_line(task) for task in zone.tasks)
            if cluster.stopped:
                yield "  stopped within the last hour"
                for task in cluster.stopped:
                    yield f"    {task.short_id}  {_fit(task.name, 16)}  {task.stopped_reason}"


def look(account: entities.Account) -> View:
    """Return what is in an account now; looking changes nothing.

    Args:
        account: the data plane's state.
    """
    active = [cluster for cluster in account.clusters.values() if cluster.active]
    active.sort(key=lambda cluster: cluster.name)
    return View(account.clock.now, account.region, tuple(_cluster(item) for item in active))


def draw_with(drawing: Callable[[View], str]) -> None:
    """Have views show themselves as the HTML that `drawing` returns."""
    _drawings[:] = [drawing]


def _cluster(cluster: entities.Cluster) -> ClusterView:
    tasks = [_task(task) for task in cluster.tasks.values()]
    alive = [task for task in tasks if task.status != "STOPPED"]
    names = sorted({task.zone for task in alive}, key=lambda zone: (not zone, zone))
    zones = (ZoneView(name, tuple(t for t in alive if t.zone == name)) for name in names)
    kept = [item for item in cluster.services.values() if item.status != "INACTIVE"]
    return ClusterView(
        cluster.name,
        tuple(_service(item) for item in kept),
        tuple(zones),
        tuple(task for task in tasks if task.status == "STOPPED"),
    )


def _service(service: services.Service) -> ServiceView:
    tasks = service.tasks()
    deployments = tuple(_deployment(service, item) for item in service.deployments)
    counts = _running(tasks), _pending(tasks)
    return ServiceView(service.name, service.status, service.desired, *counts, deployments)


def _deployment(service: services.Service, deployment: services.Deployment) -> DeploymentView:
    tasks = service.tasks_of(deployment)
    return DeploymentView(
        deployment.status,
        _short(deployment.definition["taskDefinitionArn"]),
        deployment.rollout_state,
        deployment.desired,
        _running(tasks),
        _pending(tasks),
    )


def _task(task: entities.Task) -> TaskView:
    return TaskView(
        task.id,
        _short(task.definition["taskDefinitionArn"]),
        task.group,
        task.last_status,
        task.health,
        task.interface.zone if task.interface else "",
        task.stop_code or "",
        task.stopped_reason or "",
    )


def _running(tasks: list[entities.Task]) -> int:
    return sum(task.last_status == "RUNNING" for task in tasks)


def _pending(tasks: list[entities.Task]) -> int:
    return sum(task.started_at is None and task.wanted for task in tasks)


def _service_lines(service: ServiceView) -> Iterator[str]:
    counts = f"{service.running} of {service.desired} running"
    pending = f", {service.pending} pending" if service.pending else ""
    yield f"  service {service.name} ({service.status}): {counts}{pending}"
    for item in service.deployments:
        counts = f"{item.running} of {item.desired} running, {item.pending} pending"
        yield f"    {item.status:<8} {_fit(item.definition, 20)} {item.rollout:<11} {counts}"


def _task_line(task: TaskView) -> str:
    status = f"{task.status:<14}"
    health = "" if task.health == "UNKNOWN" else task.health
    return (
        f"    {task.short_id}  {_fit(task.name, 16)}  {_fit(task.definition, 20)}  {status}{health}"
    )


def _fit(text: str, width: int) -> str:
    return f"{text:<{width}}" if len(text) <= width else text[: width - 1] + "…"


def _short(arn: str) -> str:
    return arn.rsplit("/", 1)[-1]


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
