"""Service deployments and service revisions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecslab.aws.ecs.clusters import with_token
from ecslab.aws.ecs.lookup import (
    active_cluster,
    check_references,
    find_service,
    missing,
)
from ecslab.aws.ecs.operation import Call, Params, operation
from ecslab.aws.ecs.service_deployment_view import (
    brief_view,
    revision_view,
    service_deployment_view,
)
from ecslab.errors import AwsError
from ecslab.model.task_definition.paging import page

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from ecslab.sim.service import Service
    from ecslab.sim.service_deployment import ServiceDeployment

_INVALID = "InvalidParameterException"
_LISTED_BY_DEFAULT = 20
_DESCRIBED_AT_MOST = 20


def _services(call: Call) -> Iterator[Service]:
    for cluster in call.account.clusters.values():
        for service in cluster.services.values():
            if not service.external:
                yield service


def _known(call: Call) -> dict[str, tuple[Service, ServiceDeployment]]:
    return {
        rollout.arn: (service, rollout)
        for service in _services(call)
        for rollout in service.rollouts
    }


@operation("ListServiceDeployments")
def list_deployments(call: Call, params: Params) -> dict[str, Any]:
    """Answer ListServiceDeployments, newest first."""
    cluster = active_cluster(call.account, params.get("cluster"), service=params["service"])
    service = find_service(cluster, params["service"])
    if service is None:
        message = "Service not found."
        raise AwsError("ServiceNotFoundException", message)
    wanted = params.get("status") or []
    created = params.get("createdAt") or {}
    found = {
        item.arn: item
        for item in ([] if service.external else reversed(service.rollouts))
        if (not wanted or item.status in wanted) and within(item.created_at, created)
    }
    answer = page(
        list(found),
        query=("deployments", service.arn, *wanted, *sorted(created.items())),
        max_results=params.get("maxResults"),
        next_token=params.get("nextToken"),
        default=_LISTED_BY_DEFAULT,
    )
    rows = [brief_view(service, found[arn]) for arn in answer.items]
    return with_token({"serviceDeployments": rows}, answer.next_token)


def within(created_at: datetime, created: dict[str, Any]) -> bool:
    """Return whether a deployment was created in a span of time.

    Args:
        created_at: when it was created.
        created: the span, as botocore's ecs CreatedAt.
    """
    seconds = created_at.timestamp()
    after, before = created.get("after"), created.get("before")
    return (after is None or seconds > float(after)) and (before is None or seconds < float(before))


@operation("DescribeServiceDeployments")
def describe_deployments(call: Call, params: Params) -> dict[str, Any]:
    """Answer DescribeServiceDeployments."""
    arns = list(params["serviceDeploymentArns"])
    check_references(arns, _DESCRIBED_AT_MOST, "Service deployments")
    known = _known(call)
    return {
        "serviceDeployments": [
            service_deployment_view(*known[arn]) for arn in arns if arn in known
        ],
        "failures": [missing(arn) for arn in arns if arn not in known],
    }


@operation("DescribeServiceRevisions")
def describe_revisions(call: Call, params: Params) -> dict[str, Any]:
    """Answer DescribeServiceRevisions."""
    arns = list(params["serviceRevisionArns"])
    check_references(arns, _DESCRIBED_AT_MOST, "Service revisions")
    known = {
        item.revision_arn: (service, item)
        for service in _services(call)
        for item in service.history
    }
    return {
        "serviceRevisions": [revision_view(*known[arn]) for arn in arns if arn in known],
        "failures": [missing(arn) for arn in arns if arn not in known],
    }


def _find(call: Call, arn: str) -> tuple[Service, ServiceDeployment]:
    found = _known(call).get(arn)
    if found is None:
        message = "Service deployment not found."
        raise AwsError("ServiceDeploymentNotFoundException", message)
    return found


@operation("StopServiceDeployment")
def stop_deployment(call: Call, params: Params) -> dict[str, Any]:
    """Answer StopServiceDeployment; the scheduler rolls back, or leaves everything as it is.

    AWS: stop-service-deployment (the states in which it can be stopped); botocore ecs
    StopServiceDeployment.
    """
    stop_type = params.get("stopType") or "ROLLBACK"
    if stop_type not in ("ROLLBACK", "ABORT"):
        message = f"{stop_type} is not a valid stopType. Must be one of [ABORT,ROLLBACK]"
        raise AwsError(_INVALID, message)
    service, rollout = _find(call, params["serviceDeploymentArn"])
    if not rollout.unfinished:
        message = f"The service deployment can't be stopped because it is {rollout.status}."
        raise AwsError("ConflictException", message)
    if stop_type == "ABORT":
        rollout.status = "STOP_REQUESTED"
    elif rollout.status in ("PENDING", "IN_PROGRESS"):
        rollout.status = "ROLLBACK_REQUESTED"
    rollout.updated_at = call.account.clock.now
    call.account.journal.record("deployment.stop", service.arn, how=stop_type)
    call.engine.scheduler.poke(service)
    rollout.hurry()
    return {"serviceDeploymentArn": rollout.arn}


@operation("ContinueServiceDeployment")
def continue_deployment(call: Call, params: Params) -> dict[str, Any]:
    """Answer ContinueServiceDeployment: a pause hook that waits gets its answer.

    AWS: continue-service-deployment.
    """
    action = params.get("action") or "CONTINUE"
    if action not in ("CONTINUE", "ROLLBACK"):
        message = f"{action} is not a valid action. Must be one of [ROLLBACK,CONTINUE]"
        raise AwsError(_INVALID, message)
    _, rollout = _find(call, params["serviceDeploymentArn"])
    waiting = [run for run in rollout.hooks if run.id == params["hookId"]]
    if not waiting or waiting[0].status != "AWAITING_ACTION" or waiting[0].action is not None:
        message = "The lifecycle hook was not found, or is not awaiting an action."
        raise AwsError(_INVALID, message)
    waiting[0].action = action
    rollout.hurry()
    return {"serviceDeploymentArn": rollout.arn}
