"""Task set operations, with which an external deployment controller deploys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecslab.aws.ecs import service_rules
from ecslab.aws.ecs.discovery import check_registries
from ecslab.aws.ecs.lookup import (
    active_cluster,
    active_service,
    as_arn,
    check_references,
    included,
    missing,
)
from ecslab.aws.ecs.operation import Call, Params, operation
from ecslab.aws.ecs.placement import decide
from ecslab.aws.ecs.service_view import task_set_view
from ecslab.model import client_tokens
from ecslab.model import task_sets as rules
from ecslab.model.task_definition.tags import merged
from ecslab.sim.task_sets import DRAINING, TaskSet

if TYPE_CHECKING:
    from ecslab.sim.service import Service


def find_task_set(service: Service, reference: str) -> TaskSet | None:
    """Return a task set of a service by id or ARN.

    Raises:
        AwsError: the ARN is of something else.
    """
    rules.check_reference(reference)
    for each in service.task_sets.values():
        if reference in (each.id, each.arn):
            return each
    return None


@operation("CreateTaskSet")
def create(call: Call, params: Params) -> dict[str, Any]:
    """Answer CreateTaskSet."""
    service = _external_service(call, params)
    rules.check_new_task_set(params)
    token = params.get("clientToken")
    for each in service.task_sets.values():
        if token and each.client_token == token:
            if each.request != client_tokens.fingerprint(params):
                raise client_tokens.TASK_SET_DIFFERS.error()
            return {"taskSet": task_set_view(service, each, tags=True)}
    rules.check_count(len(service.task_sets))
    scale = rules.scale_of(params)
    definition = call.account.definitions.runnable(params["taskDefinition"])
    placement = decide(call, service.cluster, params, definition)
    service_rules.check_load_balancers(call, params.get("loadBalancers") or [], definition)
    check_registries(call, params.get("serviceRegistries") or [], definition)
    tags = merged([], params.get("tags") or [])
    settings = service_rules.revision_settings(params, placement)
    deployment = call.engine.new_deployment(service, definition, settings)
    deployment.status = "ACTIVE"
    path = f"{service.cluster.name}/{service.name}/{deployment.id}"
    task_set = TaskSet(
        call.account.arn(f"task-set/{path}"),
        deployment,
        scale,
        call.account.clock.now,
        external_id=params.get("externalId"),
        client_token=token,
        request=client_tokens.fingerprint(params),
        tags=tags,
    )
    task_set.rescale(service.desired, call.account.clock.now)
    service.task_sets[task_set.id] = task_set
    service.deployments.append(deployment)
    service.history.append(deployment)
    call.account.journal.record("task-set.created", task_set.arn, scale=scale)
    _look_at(call, service)
    return {"taskSet": task_set_view(service, task_set, tags=True)}


@operation("UpdateTaskSet")
def update(call: Call, params: Params) -> dict[str, Any]:
    """Answer UpdateTaskSet: another percentage of the service's desired count."""
    service = _external_service(call, params)
    task_set = _active_task_set(service, params["taskSet"])
    task_set.scale = rules.scale_of(params)
    task_set.rescale(service.desired, call.account.clock.now)
    task_set.deployment.updated_at = call.account.clock.now
    call.account.journal.record("task-set.updated", task_set.arn, scale=task_set.scale)
    _look_at(call, service)
    return {"taskSet": task_set_view(service, task_set)}


@operation("UpdateServicePrimaryTaskSet")
def update_primary(call: Call, params: Params) -> dict[str, Any]:
    """Answer UpdateServicePrimaryTaskSet: the others become ACTIVE."""
    service = _external_service(call, params)
    task_set = _active_task_set(service, params["primaryTaskSet"])
    for each in service.task_sets.values():
        if each.deployment.status == "PRIMARY":
            each.deployment.status = "ACTIVE"
            each.deployment.updated_at = call.account.clock.now
    deployment = task_set.deployment
    deployment.status = "PRIMARY"
    deployment.updated_at = call.account.clock.now
    service.record["loadBalancers"] = deployment.settings.get("loadBalancers") or []
    service.record["serviceRegistries"] = deployment.settings.get("serviceRegistries") or []
    call.account.journal.record("task-set.primary", task_set.arn)
    return {"taskSet": task_set_view(service, task_set)}


@operation("DeleteTaskSet")
def delete(call: Call, params: Params) -> dict[str, Any]:
    """Answer DeleteTaskSet: its tasks are stopped, then it is gone."""
    service = _external_service(call, params)
    task_set = _active_task_set(service, params["taskSet"])
    deployment = task_set.deployment
    if deployment.desired > 0 and not params.get("force"):
        raise rules.SCALED.error()
    deployment.status = DRAINING
    task_set.rescale(service.desired, call.account.clock.now)
    deployment.updated_at = call.account.clock.now
    call.account.journal.record("task-set.draining", task_set.arn)
    _look_at(call, service)
    return {"taskSet": task_set_view(service, task_set)}


@operation("DescribeTaskSets")
def describe(call: Call, params: Params) -> dict[str, Any]:
    """Answer DescribeTaskSets; it needs their names, which DescribeServices shows.

    AWS: captured InvalidParameterException, for a request without them.
    """
    references = params.get("taskSets") or []
    check_references(references, max(len(references), 1), "TaskSets")
    tags = "TAGS" in included(params, "TAGS")
    service = _external_service(call, params)
    views, failures = [], []
    for reference in references:
        found = find_task_set(service, reference)
        if found is not None:
            views.append(task_set_view(service, found, tags=tags))
        else:
            path = f"{service.cluster.name}/{service.name}"
            failures.append(missing(as_arn(call.account, "task-set", path, reference)))
    return {"taskSets": views, "failures": failures}


def _external_service(call: Call, params: Params) -> Service:
    """Return the service of a request.

    Raises:
        AwsError: there is none, or its deployment controller is another one.
    """
    cluster = active_cluster(call.account, params["cluster"], service=params["service"])
    service = active_service(cluster, params["service"])
    if not service.external:
        raise rules.NO_TASK_SETS.error()
    return service


def _active_task_set(service: Service, reference: str) -> TaskSet:
    """Return a task set that is not on its way out.

    Raises:
        AwsError: TaskSetNotFoundException.
    """
    found = find_task_set(service, reference)
    if found is None or found.deployment.status == DRAINING:
        raise rules.NOT_FOUND.error()
    return found


def _look_at(call: Call, service: Service) -> None:
    service.steady = False
    call.engine.scheduler.poke(service)
