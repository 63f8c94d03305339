"""Why a service deployment is as it is: how far it has come, what it waits for, how it ended."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from ecslab.cloud.explain import hindrance, hooks, rollout_failures
from ecslab.model.deployment import early_goal
from ecslab.sim import circuit_breaker, deployment_alarms
from ecslab.sim.service import is_healthy
from ecslab.sim.service_deployment import ROLLING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecslab.aws.reader import Answer
    from ecslab.cloud.explain.case import Case
    from ecslab.cloud.explain.explanation import Step
    from ecslab.sim.service import Deployment, Service
    from ecslab.sim.service_deployment import ServiceDeployment

_PLACE: Final = ("serviceDeployments", 0)
_STAGES: Final = {
    "RECONCILE_SERVICE": "tasks that an earlier deployment has left are let go",
    "PRE_SCALE_UP": "the new revision has no tasks yet",
    "SCALE_UP": "the new revision gets all its tasks, and all must become healthy",
    "POST_SCALE_UP": "the new revision is up and has no traffic",
    "TEST_TRAFFIC_SHIFT": "the test traffic goes to the new revision",
    "POST_TEST_TRAFFIC_SHIFT": "the new revision has the test traffic",
    "PRE_PRODUCTION_TRAFFIC_SHIFT": "the next step of the production traffic has not begun",
    "PRODUCTION_TRAFFIC_SHIFT": "production traffic goes to the new revision",
    "POST_PRODUCTION_TRAFFIC_SHIFT": "the new revision has all of the traffic",
    "BAKE_TIME": "both revisions run, so that a rollback would be instant",
    "CLEAN_UP": "the tasks of the old revision are let go",
}


def state(service: Service, deployment: Deployment) -> str:
    """Return the state of a deployment in a few words."""
    return (
        f"Deployment {deployment.id} of the service {service.name} ({definition_of(deployment)}) is"
        f" {deployment.rollout_state}."
    )


def definition_of(deployment: Deployment) -> str:
    """Return family and revision of what a deployment rolls out."""
    return str(deployment.definition["taskDefinitionArn"]).rsplit("/", 1)[-1]


def of_deployment(case: Case, service: Service, deployment: Deployment) -> Iterator[Step]:
    """Yield the chain behind the state of a deployment that is one of a service's."""
    rollout = next((each for each in service.rollouts if each.target is deployment), None)
    if rollout is None:
        yield from _of_task_set(case, service, deployment)
        return
    answer = case.ask("ecs", "describe_service_deployments", serviceDeploymentArns=[rollout.arn])
    words = f"The deployment of {definition_of(deployment)} has this status."
    yield case.step("deployment", words, answer, *_PLACE, "status")
    if rollout.status == "SUCCESSFUL":
        yield from _successful(case, service, rollout, answer)
        return
    if rollout.finished_at is not None or rollout.status.startswith("ROLLBACK"):
        yield from rollout_failures.causes(case, service, rollout, answer)
    if rollout.finished_at is not None:
        return
    if not service.deployments:
        described = case.describe_service(service.cluster.name, service.name)
        words = "Its service has been deleted."
        yield case.step("deployment", words, described, "services", 0, "status")
    elif rollout.restored is None:
        yield from _in_progress(case, service, rollout, answer)


def unfinished(case: Case, service: Service, deployment: Deployment) -> Iterator[Step]:
    """Yield what a rolling deployment, or a service that lacks tasks, waits for."""
    rollout = service.rollout
    if rollout is None:
        yield from hindrance.of_deployment(case, service, deployment)
        return
    answer = case.ask("ecs", "describe_service_deployments", serviceDeploymentArns=[rollout.arn])
    yield from _rolling(case, service, rollout, answer)


def _of_task_set(case: Case, service: Service, deployment: Deployment) -> Iterator[Step]:
    answer = case.describe_service(service.cluster.name, service.name)
    words = "Somebody else deploys this service, through task sets."
    yield case.step("deployment", words, answer, "services", 0, "deploymentController", "type")
    if service.deployments:
        yield from hindrance.of_deployment(case, service, deployment)


# --- In progress ----------------------------------------------------------------------------------


def _in_progress(
    case: Case, service: Service, rollout: ServiceDeployment, answer: Answer
) -> Iterator[Step]:
    if rollout.strategy == ROLLING:
        yield from _rolling(case, service, rollout, answer)
        return
    if rollout.stage is None:
        words = "It has just been requested, and begins in a moment."
        yield case.step("deployment", words, answer, *_PLACE, "createdAt")
        return
    words = f"It is at this lifecycle stage: {_STAGES[rollout.stage]}."
    yield case.step("deployment", words, answer, *_PLACE, "lifecycleStage")
    waiting = list(hooks.waiting(case, service, rollout, answer))
    if waiting:
        yield from waiting
    elif rollout.stage == "SCALE_UP":
        yield from _counted(case, service, rollout, answer)
        yield from hindrance.of_deployment(case, service, rollout.target)
    elif rollout.stage == "PRODUCTION_TRAFFIC_SHIFT":
        yield from _step_bakes(rollout, answer, case)
    elif rollout.stage == "BAKE_TIME":
        yield _bakes(case, service, rollout, answer)
    elif rollout.stage in ("CLEAN_UP", "RECONCILE_SERVICE"):
        yield from hindrance.leaving(case, service, rollout.target)


def _rolling(
    case: Case, service: Service, rollout: ServiceDeployment, answer: Answer
) -> Iterator[Step]:
    stuck = list(hindrance.stuck(case, service))
    if stuck:
        yield from stuck
        return
    yield from _counted(case, service, rollout, answer)
    yield from hindrance.of_deployment(case, service, rollout.target)
    if rollout.baking_since is None:
        return
    seconds = deployment_alarms.bake_seconds(rollout, case.account.ports.alarms)
    left = rollout.baking_since + seconds - case.account.clock.seconds
    if left > 0:
        words = (
            "All tasks have been replaced; its alarms are watched for another"
            f" {left:.0f} s before it is complete."
        )
        yield case.step("deployment", words, answer, *_PLACE, "alarms", "alarmNames")


def _counted(
    case: Case, service: Service, rollout: ServiceDeployment, answer: Answer
) -> Iterator[Step]:
    """Yield how far the circuit breaker has counted, if it counts and anything has failed."""
    failed = rollout.target.failed_tasks
    if failed and circuit_breaker.settings(service).get("enable"):
        words = (
            f"The circuit breaker has counted {failed} failed tasks; with"
            f" {circuit_breaker.threshold(service)} the deployment fails."
        )
        place = ("deploymentCircuitBreaker", "failureCount")
        yield case.step("deployment", words, answer, *_PLACE, *place)


def _step_bakes(rollout: ServiceDeployment, answer: Answer, case: Case) -> Iterator[Step]:
    """Yield how much traffic has moved, and how long each step is watched."""
    percent = rollout.production.get(rollout.target.revision_arn, 0.0)
    words = f"{percent:g} % of the production traffic goes to the new revision."
    place = ("targetServiceRevision", "requestedProductionTrafficWeight")
    yield case.step("deployment", words, answer, *_PLACE, *place)
    kind = rollout.strategy.lower()
    if kind in ("canary", "linear"):
        words = f"The next step comes when this one has been watched as long as {kind} says."
        configuration = ("deploymentConfiguration", f"{kind}Configuration")
        yield case.step("deployment", words, answer, *_PLACE, *configuration)


def _bakes(case: Case, service: Service, rollout: ServiceDeployment, answer: Answer) -> Step:
    minutes = float(rollout.configuration.get("bakeTimeInMinutes") or 0)
    begun = next(
        (
            entry.at
            for entry in reversed(case.journal.about(service.arn))
            if entry.kind == "deployment.stage" and entry.fields["stage"] == "BAKE_TIME"
        ),
        rollout.updated_at,
    )
    words = (
        f"It bakes for {minutes:g} minutes, until {begun + timedelta(minutes=minutes):%H:%M:%S}."
    )
    place = ("deploymentConfiguration", "bakeTimeInMinutes")
    return case.step("deployment", words, answer, *_PLACE, *place)


# --- Successful -----------------------------------------------------------------------------------


def _successful(
    case: Case, service: Service, rollout: ServiceDeployment, answer: Answer
) -> Iterator[Step]:
    """Yield why a deployment counts as complete although tasks still come or go."""
    target = rollout.target
    if service.status != "ACTIVE" or not service.deployments or service.primary is not target:
        return
    healthy = sum(is_healthy(case.account, task) for task in service.tasks_of(target))
    criteria = rollout.configuration.get("earlySuccessCriteria") or {}
    others = [task for task in service.tasks() if task.deployment != target.id]
    if healthy >= service.desired and not others:
        return
    if criteria.get("enable"):
        goal = early_goal(service.desired, criteria)
        words = (
            f"{goal} of {service.desired} healthy tasks are enough for its early success criteria."
        )
        place = ("deploymentConfiguration", "earlySuccessCriteria")
        yield case.step("deployment", words, answer, *_PLACE, *place)
    described = case.describe_service(service.cluster.name, service.name)
    if healthy < service.desired:
        words = (
            f"{healthy} of {service.desired} tasks are healthy: a deployment that is complete stays"
            " so while tasks are added or replaced."
        )
        yield case.step("scaling", words, described, "services", 0, "desiredCount")
        yield from hindrance.of_deployment(case, service, target)
    else:
        yield from hindrance.leaving(case, service, target)
