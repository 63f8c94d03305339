"""Why a service or one of its deployments is as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ecslab.cloud.explain import findings, permission, placement, protection, tasks
from ecslab.cloud.explain.evidence import value_at
from ecslab.model import service_messages as messages
from ecslab.model.deployment import is_stuck
from ecslab.sim.service import in_grace_period, is_healthy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecslab.cloud.explain.case import Case
    from ecslab.cloud.explain.explanation import Step
    from ecslab.sim.entities import Task
    from ecslab.sim.service import Deployment, Service

_FAILED: Final = ("TaskFailedToStart", "EssentialContainerExited", "SpotInterruption")


def state(service: Service) -> str:
    """Return the state of a service in a few words."""
    running = sum(task.last_status == "RUNNING" for task in service.tasks())
    return (
        f"Service {service.name} is {service.status}, {running} of {service.desired} tasks running."
    )


def steps(case: Case, service: Service) -> Iterator[Step]:
    """Yield the chain behind the state of a service."""
    answer = case.describe_service(service.cluster.name, service.name)
    place = ("services", 0)
    if service.status != "ACTIVE" or not service.deployments:
        words = "It has been deleted; its tasks are stopped, and its name is kept for a while."
        yield case.step("state", words, answer, *place, "status")
        return
    words = f"Of {service.desired} tasks so many run."
    yield case.step("state", words, answer, *place, "runningCount")
    yield from _behind(case, service)


def _behind(case: Case, service: Service) -> Iterator[Step]:
    answer = case.describe_service(service.cluster.name, service.name)
    place = ("services", 0)
    primary = service.primary
    if primary.rollout_state == "FAILED" or primary.rollback_of is not None:
        yield from of_deployment(case, service, primary.rollback_of or primary)
        return
    stuck = list(_stuck(case, service))
    if stuck:
        yield from stuck
        return
    if primary.rollout_state == "IN_PROGRESS" or not _complete(case, service):
        words = "The deployment is not complete."
        yield case.step("deployment", words, answer, *place, "deployments", 0, "rolloutState")
        yield from _hindrance(case, service, primary)
        return
    undone = _undone(service)
    if undone is not None:
        yield from of_deployment(case, service, undone)
        return
    held = list(protection.of_service(case, service))
    if held:
        yield from held
        return
    if not service.desired:
        words = "Its desired count is 0: it shall have no tasks."
        yield case.step("scaling", words, answer, *place, "desiredCount")
        return
    words = "All of them are healthy, and the newest deployment is complete."
    yield case.step("state", words, answer, *place, "deployments", 0, "rolloutState")
    yield from _worries(case, service)


def deployment_state(service: Service, deployment: Deployment) -> str:
    """Return the state of a deployment in a few words."""
    definition = str(deployment.definition["taskDefinitionArn"]).rsplit("/", 1)[-1]
    return (
        f"Deployment {deployment.id} of the service {service.name} ({definition}) is"
        f" {deployment.rollout_state}."
    )


def of_deployment(case: Case, service: Service, deployment: Deployment) -> Iterator[Step]:
    """Yield the chain behind the state of one deployment."""
    arn = deployment.deployment_arn
    answer = case.ask("ecs", "describe_service_deployments", serviceDeploymentArns=[arn])
    place = ("serviceDeployments", 0)
    words = f"The deployment of {_definition_of(deployment)} has this status."
    yield case.step("deployment", words, answer, *place, "status")
    if deployment.rollout_state == "FAILED":
        yield case.step(
            "deployment",
            "The circuit breaker counted so many failed tasks, and its threshold was reached.",
            answer,
            *place,
            "deploymentCircuitBreaker",
            "failureCount",
        )
    if deployment.rollout_state == "COMPLETED":
        return
    if not service.deployments:
        service_answer = case.describe_service(service.cluster.name, service.name)
        words = "Its service has been deleted."
        yield case.step("deployment", words, service_answer, "services", 0, "status")
        return
    if deployment is service.primary:
        stuck = list(_stuck(case, service))
        yield from stuck
        if stuck:
            return
    yield from _hindrance(case, service, deployment)


def _hindrance(case: Case, service: Service, deployment: Deployment) -> Iterator[Step]:
    """Yield what keeps a deployment from its end."""
    answer = case.describe_service(service.cluster.name, service.name)
    for key in ("executionRoleArn", "taskRoleArn"):
        role = str(deployment.definition.get(key) or "")
        if role and not case.account.ports.roles.assumable(role):
            event = case.event_step("permission", "ECS can start no task.", answer, role)
            if event is not None:
                yield event
            yield from permission.trust(case, role, "ecs-tasks.amazonaws.com")
            return
    if _lacks(service, deployment) and _complains(service, placement.UNPLACED):
        yield from placement.causes(case, service)
        return
    failed = _newest_failed(service, deployment)
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
    yield from _leaving(case, service, deployment)


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


def _leaving(case: Case, service: Service, deployment: Deployment) -> Iterator[Step]:
    held = list(protection.of_service(case, service))
    if held:
        yield from held
        return
    for task in service.tasks():
        if task.deployment != deployment.id:
            words = f"Task {task.id[:8]} of an earlier deployment is not gone yet."
            yield case.task_step("deployment", words, task, "lastStatus")
            return


def _stuck(case: Case, service: Service) -> Iterator[Step]:
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
    limits = service.limits
    words = (
        f"Of {service.desired} tasks at least {limits.lower} must stay healthy and at most"
        f" {limits.upper} may be there: the percentages leave no room."
    )
    yield case.step("deployment", words, answer, "services", 0, "deploymentConfiguration")


def _worries(case: Case, service: Service) -> Iterator[Step]:
    """Yield what may be wrong with a service that is steady."""
    running = [task for task in service.tasks() if task.last_status == "RUNNING"]
    for task in running:
        found = list(findings.problems(case, task))
        if found:
            yield from found
            return
    zones = sorted({task.zone or "" for task in running})
    if len(running) > 1 and len(zones) == 1:
        yield from _one_zone(case, service, zones[0])


def _one_zone(case: Case, service: Service, zone: str) -> Iterator[Step]:
    answer = case.describe_service(service.cluster.name, service.name)
    place = ("networkConfiguration", "awsvpcConfiguration", "subnets")
    subnets = value_at(answer, "services", 0, *place)
    words = f"All its tasks are in {zone}: what takes this zone takes the service."
    if subnets:
        yield case.step("capacity", words, answer, "services", 0, *place)
        known = case.ask("ec2", "describe_subnets", SubnetIds=list(subnets))
        zones = {each["AvailabilityZone"] for each in value_at(known, "Subnets") or []}
        if zones == {zone}:
            words = f"Its subnets are all in {zone}, so its tasks can be nowhere else."
            yield case.step("capacity", words, known, "Subnets", 0, "AvailabilityZone")
        return
    instances = case.ask("ecs", "list_container_instances", cluster=service.cluster.name)
    yield case.step("capacity", words, instances, "containerInstanceArns")


def _undone(service: Service) -> Deployment | None:
    """Return the newest deployment if it failed and another one runs instead."""
    newest = max(service.history, key=lambda each: each.created_at, default=None)
    if newest is None or newest is service.primary or newest.rollout_state != "FAILED":
        return None
    return newest


def _newest_failed(service: Service, deployment: Deployment) -> Task | None:
    """Return the newest task of a deployment that did not stop because it was told to."""
    failed = [
        task
        for task in service.cluster.tasks.values()
        if task.deployment == deployment.id
        and not task.wanted
        and (task.stop_code in _FAILED or "failed" in (task.stopped_reason or ""))
    ]
    return failed[-1] if failed else None


def _complete(case: Case, service: Service) -> bool:
    healthy = [task for task in service.tasks() if is_healthy(case.account, task)]
    return len(healthy) >= service.desired


def _lacks(service: Service, deployment: Deployment) -> bool:
    return len([t for t in service.tasks_of(deployment) if t.wanted]) < deployment.desired


def _complains(service: Service, text: str) -> bool:
    """Return whether a service complains of something whose cause lasts."""
    return any(text in said for texts in service.complaints.values() for said in texts)


def _definition_of(deployment: Deployment) -> str:
    return str(deployment.definition["taskDefinitionArn"]).rsplit("/", 1)[-1]
