"""The Bookshop before module 05: its repositories, what somebody pushed there, and what runs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import boto3

from ecslab.course import bookshop
from ecslab.course.bookshop_jobs import CLUSTER, container, define, open_shop
from ecslab.model.image import Image

if TYPE_CHECKING:
    from ecslab.cloud import Cloud

__all__ = [
    "CLUSTER",
    "COVERS",
    "PORT",
    "PULL_ROLE",
    "REPORT",
    "STAFF",
    "make_pull_role",
    "open_port",
    "prepare_lab",
]

PORT = 8080
"""The port of the storefront."""

PULL_ROLE = "labels-pull"
"""The execution role that may do nothing yet; the same name in lesson and lab."""

COVERS = "covers"
"""The repository that nobody cleans."""

STAFF = "day-shift"
"""Who started the tasks that are there before the learner comes (startedBy)."""

REPORT = "reports: 1240 books in stock"
"""What the reports print when they run."""

_CENTS = Image(port=PORT, body="Emma 1250 EUR\n", memory=110.0)
_HALF_FIXED = Image(port=PORT, body="Emma 12.5 EUR\n", memory=112.0)
_LABELS = Image(logs=("labels: 80 labels to print",), runs_for=15.0, memory=40.0)
_LAPTOP = Image(logs=(REPORT,), runs_for=20.0, architecture="ARM64")

# Days of simulated time that pass after each push, and the tag. A tag that comes twice moves on.
_PUSHES = (
    (1, "release-1"),
    (2, "build-1"),
    (1, "candidate"),
    (2, "build-2"),
    (2, "candidate"),
    (3, "build-3"),
    (1, "release-2"),
    (6, "build-4"),
    (1, "candidate"),
    (4, "build-5"),
    (2, "candidate"),
    (1, "build-6"),
    (1, "candidate"),
)


def open_port() -> None:
    """Let the internet reach the storefront's port in the default VPC."""
    ec2 = boto3.client("ec2")
    default = [{"Name": "group-name", "Values": ["default"]}]
    [group] = ec2.describe_security_groups(Filters=default)["SecurityGroups"]
    anybody = {"IpProtocol": "tcp", "FromPort": PORT, "ToPort": PORT}
    ec2.authorize_security_group_ingress(
        GroupId=group["GroupId"], IpPermissions=[anybody | {"IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    )


def make_pull_role() -> str:
    """Make the execution role that has no policy; give its ARN."""
    iam = boto3.client("iam")
    trust = iam.get_role(RoleName=_shop_role())["Role"]["AssumeRolePolicyDocument"]
    role = iam.create_role(RoleName=PULL_ROLE, AssumeRolePolicyDocument=json.dumps(trust))
    return str(role["Role"]["Arn"])


def prepare_lab(cloud: Cloud) -> None:
    """Leave a tag that was moved, an image for the wrong CPU, and a repository full of old images.

    Args:
        cloud: the running account.
    """
    for number, (days, tag) in enumerate(_PUSHES):
        cloud.push(Image(logs=(f"covers, push {number}",)), f"{COVERS}:{tag}")
        cloud.advance(hours=24 * days)
    open_shop()
    open_port()
    role = make_pull_role()
    reports = cloud.push(_LAPTOP, "reports:1.0")
    define("reports", container("reports", reports))
    labels = cloud.push(_LABELS, "labels:1.0")
    _define_labels(role, labels)
    _open_storefront(cloud)
    _run("reports")
    cloud.advance(minutes=2)


def _open_storefront(cloud: Cloud) -> None:
    """Run two tasks of the tag 2.4, move the tag, and run a third."""
    image = cloud.push(_CENTS, "storefront:2.4")
    ports: list[dict[str, Any]] = [{"containerPort": PORT}]
    define("storefront", container("storefront", image, portMappings=ports))
    _run("storefront", count=2)
    cloud.advance(minutes=5)
    cloud.push(_HALF_FIXED, "storefront:2.4")
    _run("storefront")
    cloud.advance(minutes=2)


def _define_labels(role: str, image: str) -> None:
    """Register the definition that pulls with the role of its own; it writes no log."""
    boto3.client("ecs").register_task_definition(
        family="labels",
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="256",
        memory="512",
        executionRoleArn=role,
        containerDefinitions=[{"name": "labels", "image": image}],
    )


def _run(family: str, count: int = 1) -> None:
    boto3.client("ecs").run_task(
        cluster=CLUSTER,
        taskDefinition=family,
        count=count,
        launchType="FARGATE",
        networkConfiguration=bookshop.network(),
        startedBy=STAFF,
    )


def _shop_role() -> str:
    return bookshop.execution_role().rsplit("/", 1)[-1]
