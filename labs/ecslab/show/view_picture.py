"""The picture of an account at one moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecslab.cloud.view import plural
from ecslab.cloud.view_text import newest
from ecslab.show.markup import (
    BLUE,
    GREEN,
    GREY,
    RED,
    STATUS,
    box,
    faint,
    percent,
    picture,
    span,
    swatch,
    words,
)

if TYPE_CHECKING:
    from ecslab.cloud.view import (
        ClusterView,
        DaemonView,
        InstanceView,
        ServiceView,
        TaskView,
        View,
        ZoneView,
    )

_MONO = "font-family:monospace"
_SMALL = "font-size:12px"
_FRAME = f"border:1px solid {GREY};border-radius:6px"
_ZONE = "flex:1 1 200px;margin:4px;padding:6px 8px 8px 8px;border-radius:4px"
_HEALTH = {"HEALTHY": GREEN, "UNHEALTHY": RED}


def html(view: View) -> str:
    """Return the clusters as boxes, with the zones in them side by side."""
    clusters = [_cluster(cluster) for cluster in view.clusters] or [box("No clusters.")]
    head = box(words(f"{view.region}, {view.at:%Y-%m-%d %H:%M:%S} UTC"), style="opacity:0.85")
    return picture(head, *clusters, alt=_description(view), text=str(view))


def _description(view: View) -> str:
    if not view.clusters:
        return "An account without clusters."
    parts = []
    for cluster in view.clusters:
        parts.append(f"Cluster {cluster.name}: {cluster.counts}.")
        parts += [
            f"Service {item.name}: {item.running} of {item.desired} tasks running."
            for item in cluster.services
        ]
        parts += [f"Daemon {item.name}: {item.counts}." for item in cluster.daemons]
        parts += [
            f"{zone.title}: {plural(len(zone.all_tasks()), 'task')}." for zone in cluster.zones
        ]
    return " ".join(parts)


def _cluster(cluster: ClusterView) -> str:
    title = box(
        span("cluster ", style="opacity:0.85"),
        span(words(cluster.name), style="font-weight:bold"),
        span(words(f"\u2002{cluster.counts}"), style=_SMALL),
    )
    zones = [_zone(zone) for zone in cluster.zones]
    parts = [title, *(_service(item) for item in cluster.services)]
    parts += [_daemon(item) for item in cluster.daemons]
    if zones:
        parts.append(box(*zones, style="display:flex;flex-wrap:wrap;margin:6px -4px 0 -4px"))
    if cluster.stopped:
        heading, listed = newest(cluster.stopped)
        parts.append(box(words(heading.capitalize()), style="margin-top:8px;opacity:0.85"))
        parts += [_stopped(task) for task in listed]
    return box(*parts, style=f"{_FRAME};padding:8px 12px 10px 12px;margin-top:6px")


def _service(service: ServiceView) -> str:
    state = "" if service.status == "ACTIVE" else f" ({service.status})"
    pending = f", {service.pending} pending" if service.pending else ""
    counts = f"{service.running} of {service.desired} running{pending}"
    head = box(
        span("service ", style="opacity:0.85"),
        span(words(service.name), style="font-weight:bold"),
        words(f"{state}\u2002{counts}"),
        style="margin-top:6px",
    )
    deployments = [
        box(
            words(
                f"{item.status} {item.definition}\u2002{item.rollout}\u2002"
                f"{item.running} of {item.desired} running, {item.pending} pending"
            ),
            style=f"{_SMALL};margin-left:14px",
        )
        for item in service.deployments
    ]
    return box(head, *deployments)


def _daemon(daemon: DaemonView) -> str:
    state = "" if daemon.status == "ACTIVE" else f" ({daemon.status})"
    head = box(
        span("daemon ", style="opacity:0.85"),
        span(words(daemon.name), style="font-weight:bold"),
        words(f"{state}\u2002{daemon.counts}"),
        style="margin-top:6px",
    )
    line = words(f"{daemon.definition}\u2002{daemon.deployment}")
    return box(head, box(line, style=f"{_SMALL};margin-left:14px"))


def _zone(zone: ZoneView) -> str:
    tasks = [_task(task) for task in zone.tasks]
    return box(
        box(words(zone.title), style=f"{_SMALL};opacity:0.85"),
        *tasks,
        *(_instance(item) for item in zone.instances),
        style=f"{_ZONE};background-color:{faint(GREY, 0.12)}",
    )


def _instance(instance: InstanceView) -> str:
    name = span(instance.short_id, style=f"{_MONO};font-weight:bold")
    return box(
        box("instance ", name, words(f" {instance.kind}\u2002{instance.state}")),
        _gauge("CPU", instance.cpu_left, instance.cpu, "units"),
        _gauge("Memory", instance.memory_left, instance.memory, "MiB"),
        *(_task(task) for task in instance.tasks),
        style=f"{_FRAME};{_SMALL};margin-top:6px;padding:4px 8px 6px 8px",
    )


def _gauge(name: str, left: int, total: int, unit: str) -> str:
    """Return a bar of what is taken, with the numbers over it."""
    taken = percent((total - left) / total) if total else "0%"
    bar = "width:{0};height:6px;border-radius:3px;background-color:{1}"
    return box(
        box(words(f"{name}: {left} of {total} {unit} left")),
        box(box(style=bar.format(taken, BLUE)), style=bar.format("100%", faint(GREY, 0.3))),
    )


def _task(task: TaskView) -> str:
    color = STATUS.get(task.status, GREY)
    health = ""
    if task.health in _HEALTH:
        mark = swatch(_HEALTH[task.health], "border-radius:5px;margin-left:8px")
        health = mark + words(task.health)
    return box(
        box(
            span(task.short_id, style=f"{_MONO};font-weight:bold"),
            words(f" {_name(task)}"),
        ),
        box(swatch(color), words(task.status), health, style=_SMALL),
        style=f"margin-top:6px;padding:2px 0 2px 8px;border-left:4px solid {color}",
    )


def _name(task: TaskView) -> str:
    """Return the service and the task definition; one of them if they share the name."""
    alone = task.definition.partition(":")[0] == task.name
    return task.definition if alone else f"{task.name} · {task.definition}"


def _stopped(task: TaskView) -> str:
    reason = task.stopped_reason or "no reason given"
    return box(
        box(swatch(GREY), span(task.short_id, style=_MONO), style="flex:0 0 auto"),
        box(words(f"{task.name}: {reason}"), style="flex:1 1 auto;min-width:0;margin-left:8px"),
        style=f"{_SMALL};display:flex",
    )
