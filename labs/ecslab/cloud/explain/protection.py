"""Why tasks stay although their service wants fewer: task scale-in protection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecslab.cloud.explain.evidence import value_at
from ecslab.sim.task_protection import is_protected, protected

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecslab.cloud.explain.case import Case
    from ecslab.cloud.explain.explanation import Step
    from ecslab.sim.entities import Task
    from ecslab.sim.service import Deployment, Service

_EVENT = "was unable to scale in due to"


def of_task(case: Case, task: Task) -> Iterator[Step]:
    """Yield until when scale-in and deployments leave a task alone, if they do."""
    if task.protected_until is None or not is_protected(case.account, task):
        return
    answer = case.ask("ecs", "get_task_protection", cluster=task.cluster.name, tasks=[task.id])
    words = (
        f"Task {task.id[:8]} is protected: neither scale-in nor a deployment stops it before"
        f" {task.protected_until:%H:%M:%S}, unless it or somebody takes the protection away."
    )
    yield case.step("scaling", words, answer, "protectedTasks", 0, "expirationDate")


def missing(case: Case, task: Task) -> Iterator[Step]:
    """Yield that nothing protected a task that scale-in has stopped."""
    answer = case.ask("ecs", "get_task_protection", cluster=task.cluster.name, tasks=[task.id])
    if value_at(answer, "protectedTasks", 0, "protectionEnabled") is False:
        words = (
            "It was not protected from scale-in: a worker that must not be interrupted calls"
            " UpdateTaskProtection before it begins."
        )
        yield case.step("scaling", words, answer, "protectedTasks", 0, "protectionEnabled")


def of_service(case: Case, service: Service) -> Iterator[Step]:
    """Yield that a service runs more tasks than it wants, because they are protected.

    AWS: task-scale-in-protection.
    """
    for deployment in service.deployments:
        held = _held(case, service, deployment)
        if not held:
            continue
        answer = case.describe_service(service.cluster.name, service.name)
        wanted = service.wanted_of(deployment)
        words = (
            f"{len(wanted)} tasks of the deployment {deployment.id} are there, and"
            f" {deployment.desired} shall be: {len(held)} of them are protected from scale-in."
        )
        yield case.step("scaling", words, answer, "services", 0, "desiredCount")
        event = case.event_step("scaling", "ECS says that it waits for them.", answer, _EVENT)
        if event is not None:
            yield event
        latest = max(held, key=lambda task: task.protected_until or case.account.clock.now)
        yield from of_task(case, latest)
        yield from _who(case, latest)
        return


def _held(case: Case, service: Service, deployment: Deployment) -> list[Task]:
    """Return the tasks that would go if they were not protected."""
    wanted = service.wanted_of(deployment)
    shown = protected(case.account, wanted)
    leaving = deployment is not service.primary and not service.shifts
    surplus = len(wanted) if leaving else len(wanted) - deployment.desired - service.extra
    spare = len(wanted) - len(shown)
    return shown if shown and surplus > spare else []


def _who(case: Case, task: Task) -> Iterator[Step]:
    """Yield who protected a task, as far as CloudTrail has it."""
    words = "CloudTrail has who protected it."
    found = case.caller_step("scaling", words, "UpdateTaskProtection", task.id)
    if found is not None:
        yield found
