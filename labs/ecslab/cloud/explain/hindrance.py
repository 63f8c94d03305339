"""What keeps a deployment of a service from its end: its tasks, their places, its arithmetic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ecslab.cloud.explain import findings, permission, placement, protection, tasks
from ecslab.model import service_messages as messages
from ecslab.model.deployment import is_stuck
from ecslab.sim.service import in_grace_period, is_healthy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ecslab.cloud.explain.case import Case
    from ecslab.cloud.explain.explanation import Step
    from ecslab.sim.entities import Task
    from ecslab.sim.service import Deployment, Service

_FAILED: Final = ("TaskFailedToStart", "EssentialContainerExited", "SpotInterruption")


def of_deployment(case: Case, service: Service, deployment: Deployment) -> Iterator[Step]:
    """Yield what keeps a deployment's tasks from being there and healthy."""
    answer = case.describe_service(service.cluster.name, service.name)
    for key in ("executionRoleArn", "taskRoleArn"):
        role = str(deployment.definition.get(key) or "")
        if role and not case.account.ports.roles.assumable(role):
            event = case.event_step("permission", "ECS can start no task.", answer, role)
            if event is not None:
                yield event
            yield from permission.trust(case, role, "ecs-tasks.amazonaws.com")
            return
    if _lacks(service, deployment) and any(map(_complains(service), placement.UNPLACED)):
        yield from placement.causes(case, service)
        return
    failed = newest_failed(service, deployment)
    if failed is not None:
        throttled = case.event_step(
            "deployment",
            "Because starts fail, ECS waits longer and longer between them.",
            answer,
            messages.inconsistent(service.name),
        )
        if throttled is not None:
            yield throttled
        yield from tasks.stopped(case, failed)
        return
    for task in service.tasks_of(deployment):
        if not is_healthy(case.account, task):
            yield from _not_healthy(case, service, task)
            return
    yield from leaving(case, service, deployment)


def _not_healthy(case: Case, service: Service, task: Task) -> Iterator[Step]:
    if task.last_status != "RUNNING" or not task.wanted:
        words = f"Task {task.id[:8]} is on its way."
        yield case.task_step("start", words, task, "lastStatus")
        yield from tasks.steps(case, task)
        return
    found = list(findings.problems(case, task))
    grace = " (the grace period goes on)" if in_grace_period(case.account, service, task) else ""
    words = f"Task {task.id[:8]} runs, but does not count as healthy yet{grace}."
    yield case.task_step("health", words, task, "healthStatus")
    yield from found


def leaving(case: Case, service: Service, deployment: Deployment) -> Iterator[Step]:
    """Yield what keeps the tasks of other deployments than one from being gone."""
    held = list(protection.of_service(case, service))
    if held:
        yield from held
        return
    for task in service.tasks():
        if task.deployment != deployment.id:
            words = f"Task {task.id[:8]} of an earlier deployment is not gone yet."
            yield case.task_step("deployment", words, task, "lastStatus")
            return


def stuck(case: Case, service: Service) -> Iterator[Step]:
    """Yield the arithmetic of a rolling update that can neither start nor stop a task."""
    replacing = len(service.deployments) > 1 and not [
        task for task in service.tasks_of(service.primary) if task.wanted
    ]
    if not replacing or not is_stuck(service.desired, service.limits):
        return
    answer = case.describe_service(service.cluster.name, service.name)
    event = case.event_step(
        "deployment", "ECS can neither start nor stop a task.", answer, messages.stuck(service.name)
    )
    if event is not None:
        yield event
    limits, configuration = service.limits, service.record["deploymentConfiguration"]
    words = (
        f"Of {service.desired} tasks at least {limits.lower} must stay healthy and at most"
        f" {limits.upper} may be there: {configuration['minimumHealthyPercent']} % are rounded up,"
        f" {configuration['maximumPercent']} % down, and the percentages leave no room."
    )
    yield case.step("deployment", words, answer, "services", 0, "deploymentConfiguration")


def newest_failed(service: Service, deployment: Deployment) -> Task | None:
    """Return the newest task of a deployment that did not stop because it was told to."""
    failed = [
        task
        for task in service.cluster.tasks.values()
        if task.deployment == deployment.id
        and not task.wanted
        and (task.stop_code in _FAILED or "failed" in (task.stopped_reason or ""))
    ]
    return failed[-1] if failed else None


def _lacks(service: Service, deployment: Deployment) -> bool:
    return len([t for t in service.tasks_of(deployment) if t.wanted]) < deployment.desired


def _complains(service: Service) -> Callable[[str], bool]:
    """Return what says whether a service complains of something whose cause lasts."""
    every = [text for texts in service.complaints.values() for text in texts]
    return lambda wanted: any(wanted in text for text in every)
