"""Why a service is as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecslab.cloud.explain import findings, gateway_errors, hindrance, protection, rollouts, scaling
from ecslab.cloud.explain.evidence import value_at
from ecslab.sim.service import is_healthy
from ecslab.sim.service_deployment import ROLLING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecslab.cloud.explain.case import Case
    from ecslab.cloud.explain.explanation import Step
    from ecslab.sim.service import Deployment, Service


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
    failed = primary.rollout_state == "FAILED" or primary.rollback_of is not None
    shifting = service.rollout is not None and service.rollout.strategy != ROLLING
    if failed or shifting:
        yield from rollouts.of_deployment(case, service, primary.rollback_of or primary)
        return
    stuck = list(hindrance.stuck(case, service))
    if stuck:
        yield from stuck
        return
    if primary.rollout_state == "IN_PROGRESS" or not _complete(case, service):
        words = "The deployment is not complete."
        if primary.rollout_state == "COMPLETED":
            words = "The deployment is complete, but the service lacks healthy tasks."
        yield case.step("deployment", words, answer, *place, "deployments", 0, "rolloutState")
        yield from rollouts.unfinished(case, service, primary)
        return
    undone = _undone(service)
    if undone is not None:
        yield from rollouts.of_deployment(case, service, undone)
        return
    held = list(protection.of_service(case, service))
    if held:
        yield from held
        return
    if not service.desired:
        words = "Its desired count is 0: it shall have no tasks."
        yield case.step("scaling", words, answer, *place, "desiredCount")
        yield from scaling.steps(case, service)
        return
    words = "All of them are healthy, and the newest deployment is complete."
    yield case.step("state", words, answer, *place, "deployments", 0, "rolloutState")
    yield from scaling.steps(case, service)
    yield from _worries(case, service)


def _worries(case: Case, service: Service) -> Iterator[Step]:
    """Yield what may be wrong with a service that is steady."""
    running = [task for task in service.tasks() if task.last_status == "RUNNING"]
    for task in running:
        found = list(findings.problems(case, task))
        if found:
            yield from found
            return
    errors = list(_errors(case, service))
    if errors:
        yield from errors
        return
    zones = sorted({task.zone or "" for task in running})
    if len(running) > 1 and len(zones) == 1:
        yield from _one_zone(case, service, zones[0])


def _errors(case: Case, service: Service) -> Iterator[Step]:
    """Yield why requests to the service have failed within the last hour, if any have."""
    balancers = case.runtime.load_balancers(case.region)
    for link in service.primary.settings.get("loadBalancers") or []:
        group = service.primary.target_group(link)
        balancer = balancers.user_of(group) if group else None
        if group and balancer is not None:
            found = list(gateway_errors.steps(case, balancer, group))
            if found:
                yield from found
                return


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


def _complete(case: Case, service: Service) -> bool:
    healthy = [task for task in service.tasks() if is_healthy(case.account, task)]
    return len(healthy) >= service.desired
