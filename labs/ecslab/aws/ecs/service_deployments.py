"""Service deployments and service revisions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecslab.aws.ecs.clusters import with_token
from ecslab.aws.ecs.lookup import active_cluster, find_service, missing
from ecslab.aws.ecs.operation import Call, Params, operation
from ecslab.aws.ecs.service_view import (
    deployment_status,
    revision_view,
    service_deployment_view,
)
from ecslab.errors import AwsError
from ecslab.model.task_definition.paging import page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecslab.sim.service import Deployment, Service


_LISTED_BY_DEFAULT = 20


def _all(call: Call) -> Iterator[tuple[Service, Deployment]]:
    for cluster in call.account.clusters.values():
        for service in cluster.services.values():
            for deployment in () if service.external else service.history:
                yield service, deployment


@operation("ListServiceDeployments")
def list_deployments(call: Call, params: Params) -> dict[str, Any]:
    """Answer ListServiceDeployments, newest first."""
    cluster = active_cluster(call.account, params.get("cluster"))
    service = find_service(cluster, params["service"])
    if service is None:
        message = "Service not found."
        raise AwsError("ServiceNotFoundException", message)
    wanted = params.get("status") or []
    found = {
        item.deployment_arn: item
        for item in ([] if service.external else reversed(service.history))
        if not wanted or deployment_status(service, item) in wanted
    }
    answer = page(
        list(found),
        query=("deployments", service.arn, *wanted),
        max_results=params.get("maxResults"),
        next_token=params.get("nextToken"),
        default=_LISTED_BY_DEFAULT,
    )
    rows = []
    for arn in answer.items:
        item = found[arn]
        row = {
            "serviceDeploymentArn": arn,
            "serviceArn": service.arn,
            "clusterArn": cluster.arn,
            "createdAt": item.created_at,
            "startedAt": item.created_at,
            "targetServiceRevisionArn": item.revision_arn,
            "status": deployment_status(service, item),
            "statusReason": item.rollout_reason,
        }
        if item.finished_at is not None:
            row["finishedAt"] = item.finished_at
        rows.append(row)
    return with_token({"serviceDeployments": rows}, answer.next_token)


@operation("DescribeServiceDeployments")
def describe_deployments(call: Call, params: Params) -> dict[str, Any]:
    """Answer DescribeServiceDeployments."""
    known = {item.deployment_arn: (service, item) for service, item in _all(call)}
    arns = list(params["serviceDeploymentArns"])
    return {
        "serviceDeployments": [
            service_deployment_view(*known[arn]) for arn in arns if arn in known
        ],
        "failures": [missing(arn) for arn in arns if arn not in known],
    }


@operation("DescribeServiceRevisions")
def describe_revisions(call: Call, params: Params) -> dict[str, Any]:
    """Answer DescribeServiceRevisions."""
    known = {item.revision_arn: (service, item) for service, item in _all(call)}
    arns = list(params["serviceRevisionArns"])
    return {
        "serviceRevisions": [revision_view(*known[arn]) for arn in arns if arn in known],
        "failures": [missing(arn) for arn in arns if arn not in known],
    }
