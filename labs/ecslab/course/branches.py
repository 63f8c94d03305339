"""Three branches of the Bookshop in one account, of which visitors reach one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import boto3

from ecslab.course import bookshop
from ecslab.course.first_shop import IMAGE, NAME, open_shop, prepare
from ecslab.course.first_storefront import FIRST_STOREFRONT
from ecslab.course.front_door import BALANCER
from ecslab.course.night_shift import register_worker

if TYPE_CHECKING:
    from ecslab.cloud import Cloud

__all__ = ["CLOSED", "MISSING_BOOK", "OPEN", "TRIAL", "open_branches"]

CLOSED, OPEN, TRIAL = "harbour", "market", "station"
"""The clusters: closed for the winter, open to visitors, and a trial behind closed doors."""

MISSING_BOOK = "/books/atlantis"
"""The page that somebody asked for in the night."""

_TRIAL_ROLE = "trial-execution"
_PROGRAM_ROLE = "storefront-task"
_FIRST_SIZE = "1024"


def open_branches(cloud: Cloud) -> None:
    """Make the branches, leave a night's visits in the log, and move a tag.

    The family ``storefront`` gets three revisions: the first belongs to the closed branch, the
    second runs where visitors come, the third runs in the trial.

    Args:
        cloud: the running account.
    """
    prepare(cloud)
    ecs = boto3.client("ecs")
    first = _revision(f"{NAME}:1.0", bookshop.execution_role())
    ecs.register_task_definition(**first | {"memory": _FIRST_SIZE})
    open_shop(cloud, OPEN)
    _add_trial_and_closed_branch(cloud, ecs)
    register_worker(cloud)
    _visit(cloud)
    _push_again(cloud)


def _revision(image: str, execution_role: str) -> dict[str, Any]:
    """Give a definition of the storefront that writes no log."""
    return {
        "family": NAME,
        "requiresCompatibilities": ["FARGATE"],
        "networkMode": "awsvpc",
        "cpu": "256",
        "memory": "512",
        "executionRoleArn": execution_role,
        "containerDefinitions": [
            {"name": NAME, "image": f"{IMAGE.partition('/')[0]}/{image}"},
        ],
    }


def _add_trial_and_closed_branch(cloud: Cloud, ecs: Any) -> None:
    """Add what looks like the storefront in two more clusters; no visitor comes there."""
    cloud.push(replace(FIRST_STOREFRONT, memory=140.0), f"{NAME}:1.1")
    program_role = bookshop.task_role(_PROGRAM_ROLE, "s3:GetObject", "*")
    trial = _revision(f"{NAME}:1.1", bookshop.execution_role(_TRIAL_ROLE))
    ecs.register_task_definition(**trial | {"taskRoleArn": program_role})
    for cluster, revision, tasks in ((CLOSED, 1, 0), (TRIAL, 3, 1)):
        ecs.create_cluster(clusterName=cluster)
        ecs.create_service(
            cluster=cluster,
            serviceName=NAME,
            taskDefinition=f"{NAME}:{revision}",
            desiredCount=tasks,
            launchType="FARGATE",
            networkConfiguration=bookshop.network(),
        )
    cloud.advance(minutes=3)


def _visit(cloud: Cloud) -> None:
    """Let visitors come; one of them asks for a book that nobody has."""
    found = boto3.client("elbv2").describe_load_balancers(Names=[BALANCER])
    url = f"http://{found['LoadBalancers'][0]['DNSName']}"
    for path in ("/", "/books/emma", "/", MISSING_BOOK, "/books/walden", "/"):
        cloud.http(url + path)
        cloud.advance(minutes=10)


def _push_again(cloud: Cloud) -> None:
    """Push another image under the tag that runs already."""
    cloud.push(replace(FIRST_STOREFRONT, memory=130.0), f"{NAME}:1.0")
