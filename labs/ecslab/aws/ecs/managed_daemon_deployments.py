"""Deployments and revisions of managed daemons. AWS: managed-daemons-deployments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ecslab.aws.ecs.clusters import with_token
from ecslab.aws.ecs.lookup import check_references, missing
from ecslab.aws.ecs.managed_daemon_view import (
    deployment_summary,
    deployment_view,
    revision_view,
)
from ecslab.aws.ecs.managed_daemons import known_daemon
from ecslab.aws.ecs.operation import Call, Params, operation
from ecslab.aws.ecs.service_deployments import within
from ecslab.model import managed_daemon_answers as answers
from ecslab.model.task_definition.paging import page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecslab.sim.managed_daemon import Daemon

_LISTED_BY_DEFAULT: Final = 20
_DESCRIBED_AT_MOST: Final = 20


@operation("ListDaemonDeployments")
def list_deployments(call: Call, params: Params) -> dict[str, Any]:
    """Answer ListDaemonDeployments, newest first."""
    daemon = known_daemon(call, params["daemonArn"])
    if daemon is None:
        raise answers.NOT_LISTED.error()
    wanted, created = params.get("status") or [], params.get("createdAt") or {}
    found = {
        each.arn: each
        for each in reversed(daemon.deployments)
        if (not wanted or each.status in wanted) and within(each.created_at, created)
    }
    answer = page(
        list(found),
        query=("daemon-deployments", daemon.arn, *wanted, *sorted(created.items())),
        max_results=params.get("maxResults"),
        next_token=params.get("nextToken"),
        default=_LISTED_BY_DEFAULT,
    )
    rows = [deployment_summary(daemon, found[arn]) for arn in answer.items]
    return with_token({"daemonDeployments": rows}, answer.next_token)


@operation("DescribeDaemonDeployments")
def describe_deployments(call: Call, params: Params) -> dict[str, Any]:
    """Answer DescribeDaemonDeployments."""
    arns = list(params["daemonDeploymentArns"])
    check_references(arns, _DESCRIBED_AT_MOST, "Daemon deployments")
    known = {each.arn: (daemon, each) for daemon in _daemons(call) for each in daemon.deployments}
    return {
        "daemonDeployments": [
            deployment_view(call.account, *known[arn]) for arn in arns if arn in known
        ],
        "failures": [missing(arn) for arn in arns if arn not in known],
    }


@operation("DescribeDaemonRevisions")
def describe_revisions(call: Call, params: Params) -> dict[str, Any]:
    """Answer DescribeDaemonRevisions."""
    arns = list(params["daemonRevisionArns"])
    check_references(arns, _DESCRIBED_AT_MOST, "Daemon revisions")
    known = {each.arn: each for daemon in _daemons(call) for each in daemon.revisions}
    return {
        "daemonRevisions": [revision_view(known[arn]) for arn in arns if arn in known],
        "failures": [missing(arn) for arn in arns if arn not in known],
    }


def _daemons(call: Call) -> Iterator[Daemon]:
    for cluster in call.account.clusters.values():
        yield from cluster.daemons.values()
        yield from cluster.past_daemons
