"""Why a task is as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ecslab.cloud.explain import (
    daemon_hosts,
    ending,
    findings,
    health,
    preparation,
    protection,
    scaling_history,
    waiting,
)
from ecslab.cloud.explain.evidence import Absent
from ecslab.model.managed_daemon_answers import IMPAIRED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ecslab.cloud.explain.case import Case
    from ecslab.cloud.explain.explanation import Step
    from ecslab.sim.entities import Task

_SCALING: Final = "Scaling activity initiated by"
_FAILED_CONTAINER: Final = "Task failed container health checks"


def state(task: Task) -> str:
    """Return the state of a task in a few words."""
    part = f" of the service {task.service.name}" if task.service is not None else ""
    if task.daemon is not None:
        part = f" of the managed daemon {task.daemon.daemon.name}"
    definition = str(task.definition["taskDefinitionArn"]).rsplit("/", 1)[-1]
    wanted = "" if task.stopped or task.wanted else ", and is to stop"
    return f"Task {task.id[:8]} ({definition}){part} is {task.last_status}{wanted}."


def steps(case: Case, task: Task) -> Iterator[Step]:
    """Yield the chain behind the state of a task."""
    if not task.wanted:
        yield from stopped(case, task)
    elif task.last_status == "RUNNING":
        yield from findings.of_running(case, task)
    else:
        yield from _starting(case, task)


def stopped(case: Case, task: Task) -> Iterator[Step]:
    """Yield why a task stopped, or is to stop."""
    reason = task.stopped_reason or ""
    code = task.stop_code or "no stopCode"
    words = f"It was stopped, or stopped by itself, with {code}: this is the reason ECS gives."
    layer = "initialise" if "Initialization" in reason else _LAYERS.get(code, "state")
    yield case.task_step(layer, words, task, Absent("stoppedReason"))
    behind = _BEHIND.get(code)
    if behind is not None:
        yield from behind(case, task, reason)
    elif task.instance is not None and IMPAIRED.find(reason) is not None:
        yield from daemon_hosts.behind_draining(case, task.instance)
    elif task.instance is not None:
        yield from _host(case, task, reason)


def _not_started(case: Case, task: Task, reason: str) -> Iterator[Step]:
    return preparation.causes(case, task, reason)


def _exited(case: Case, task: Task, _reason: str) -> Iterator[Step]:
    return ending.of_essential_container(case, task)


def _by_scheduler(case: Case, task: Task, reason: str) -> Iterator[Step]:
    group = health.group_in(reason)
    if group:
        yield from health.of_target(case, task, group)
        return
    if reason == _FAILED_CONTAINER:
        failing = [c for c in task.containers if c.health == "UNHEALTHY"]
        for container in failing[:1]:
            yield from health.of_container(case, task, container)
        return
    yield from ending.killed_late(case, task)
    if task.daemon is not None and task.instance is not None:
        words = "Its container instance drained: daemon tasks go when no others are left."
        answer = daemon_hosts.describe_host(case, task.instance)
        yield case.step("capacity", words, answer, "containerInstances", 0, "status")
        yield from daemon_hosts.behind_draining(case, task.instance)
    if reason.startswith(_SCALING):
        yield from _no_longer_wanted(case, task)


def _no_longer_wanted(case: Case, task: Task) -> Iterator[Step]:
    service = task.service
    if service is None:
        return
    if task.instance is not None and task.instance.status == "DRAINING":
        answer = case.describe_instance(task.cluster.name, task.instance.id)
        words = "Its container instance is being drained, so the service moved it elsewhere."
        yield case.step("capacity", words, answer, "containerInstances", 0, "status")
    elif service.status != "ACTIVE":
        words = f"The service {service.name} was deleted."
        yield case.service_step("deployment", words, task, "status")
    elif service.deployments and service.primary.id != task.deployment:
        words = "A newer deployment of the service took its place."
        yield case.service_step("deployment", words, task, "deployments", 0, "id")
    else:
        yield from protection.missing(case, task)
        words = f"The service {service.name} shall have {service.desired} tasks, fewer than before."
        yield case.service_step("scaling", words, task, "desiredCount")
        yield from scaling_history.by_auto_scaling(case, service)


def _by_user(case: Case, task: Task, _reason: str) -> Iterator[Step]:
    yield case.task_step("state", "Somebody called StopTask.", task, "stopCode")
    yield from ending.killed_late(case, task)


def _interrupted(case: Case, task: Task, _reason: str) -> Iterator[Step]:
    words = "AWS took its Spot capacity back; that may happen at any time, with little notice."
    yield case.task_step("capacity", words, task, Absent("capacityProviderName"))
    yield from ending.killed_late(case, task)


def _host(case: Case, task: Task, _reason: str) -> Iterator[Step]:
    assert task.instance is not None  # noqa: S101 - asked before
    machine = task.instance.machine.id
    answer = case.ask("ec2", "describe_instances", InstanceIds=[machine])
    words = f"The EC2 instance {machine} under it has this state."
    place = ("Reservations", 0, "Instances", 0, "State", "Name")
    yield case.step("capacity", words, answer, *place)


def _starting(case: Case, task: Task) -> Iterator[Step]:
    if waiting.is_waiting(task):
        words = "ECS is looking for capacity."
        yield case.task_step("start", words, task, "lastStatus")
        yield from waiting.causes(case, task)
        return
    words = _STARTING.get(task.last_status, "It is on its way.")
    yield case.task_step("start", words, task, "lastStatus")
    for container in task.containers:
        for entry in container.spec.get("dependsOn") or []:
            other = task.container(entry["containerName"])
            if other is None or container.started_at is not None or task.pull_stopped_at is None:
                continue
            condition = entry["condition"]
            words = f"{container.name} waits until {other.name} fulfils the condition {condition}."
            yield case.spec_step("start", words, task, container.name, "dependsOn")
            words = f"So far {other.name} is {other.status}, its health {other.health}."
            yield case.container_step("start", words, task, other.name, "lastStatus")
            return


_STARTING: Final = {
    "PROVISIONING": "ECS is looking for capacity, or making its network interface.",
    "PENDING": "ECS waits for the agent; secrets and the log configuration come now.",
    "ACTIVATING": "Images are pulled, containers created, targets registered.",
}
_LAYERS: Final = {
    "TaskFailedToStart": "start",
    "EssentialContainerExited": "application",
    "SpotInterruption": "capacity",
}
_BEHIND: Final[dict[str, Callable[[Case, Task, str], Iterator[Step]]]] = {
    "TaskFailedToStart": _not_started,
    "EssentialContainerExited": _exited,
    "ServiceSchedulerInitiated": _by_scheduler,
    "UserInitiated": _by_user,
    "SpotInterruption": _interrupted,
}
