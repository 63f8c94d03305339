"""The text of a view."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecslab.cloud.view import InstanceView, ServiceView, TaskView, View, ZoneView

_WIDTH = 79
_STOPPED = 10
"""As many stopped tasks are listed; of more, the newest."""


def text(view: View) -> str:
    """Return a view as lines of at most 79 characters."""
    return "\n".join(line[:_WIDTH].rstrip() for line in _lines(view))


def newest(tasks: tuple[TaskView, ...]) -> tuple[str, tuple[TaskView, ...]]:
    """Return the heading of stopped tasks, and those of them that are listed."""
    listed = tasks[-_STOPPED:]
    more = f", the newest {_STOPPED} of {len(tasks)}" if len(tasks) > _STOPPED else ""
    return f"stopped within the last hour{more}", listed


def _lines(view: View) -> Iterator[str]:
    yield f"{view.region} at {view.at:%Y-%m-%d %H:%M:%S} UTC"
    if not view.clusters:
        yield "no clusters"
    for cluster in view.clusters:
        yield f"cluster {_cut(cluster.name, 40)}: {cluster.counts}"
        for service in cluster.services:
            yield from _service(service)
        for daemon in cluster.daemons:
            yield f"  daemon {_cut(daemon.name, 40)} ({daemon.status}): {daemon.counts}"
            yield f"    {_fit(daemon.definition, 20)} {daemon.deployment}"
        for zone in cluster.zones:
            yield from _zone(zone)
        if cluster.stopped:
            heading, listed = newest(cluster.stopped)
            yield f"  {heading}"
            for task in listed:
                yield f"    {task.short_id}  {_fit(task.name, 16)}  {task.stopped_reason}"


def _service(service: ServiceView) -> Iterator[str]:
    counts = f"{service.running} of {service.desired} running"
    pending = f", {service.pending} pending" if service.pending else ""
    yield f"  service {_cut(service.name, 40)} ({service.status}): {counts}{pending}"
    for item in service.deployments:
        counts = f"{item.running} of {item.desired} running, {item.pending} pending"
        yield f"    {item.status:<8} {_fit(item.definition, 20)} {item.rollout:<11} {counts}"


def _zone(zone: ZoneView) -> Iterator[str]:
    yield f"  {zone.title}"
    yield from (_task(task, 4) for task in zone.tasks)
    for instance in zone.instances:
        yield from _instance(instance)


def _instance(instance: InstanceView) -> Iterator[str]:
    yield f"    instance {instance.short_id} ({instance.kind}): {instance.state}"
    yield f"      {instance.room}"
    yield from (_task(task, 6) for task in instance.tasks)


def _task(task: TaskView, indent: int) -> str:
    health = "" if task.health == "UNKNOWN" else task.health
    name, definition = _fit(task.name, 16), _fit(task.definition, 20)
    return f"{' ' * indent}{task.short_id}  {name}  {definition}  {task.status:<14}{health}"


def _fit(text: str, width: int) -> str:
    return f"{_cut(text, width):<{width}}"


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"
