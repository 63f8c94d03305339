"""The services of module 06: versions of the storefront, good and bad, and the reviews."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import boto3

from ecslab.course import bookshop
from ecslab.course.first_storefront import PORT
from ecslab.course.front_door import BALANCER, TARGETS, open_front_door
from ecslab.model.image import Image

if TYPE_CHECKING:
    from collections.abc import Callable

    from ecslab.cloud import Cloud

__all__ = [
    "CLUSTER",
    "NAME",
    "definition",
    "front_door",
    "reviews",
    "storefront",
    "task_network",
]

CLUSTER = "bookshop"
"""The name of the cluster."""

NAME = "storefront"
"""The name of the service, of its family and of its container."""


def _page(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    """Answer with the name and the version of the shop, or with its health."""
    version = os.environ["VERSION"]
    status = "200 OK"
    if environ["PATH_INFO"] == "/health":
        status = os.environ["HEALTH"]
    elif environ["PATH_INFO"] != "/":
        status = "404 Not Found"
    start_response(status, [("Content-Type", "text/plain"), ("X-Version", version)])
    return [f"Bookshop {version}\n".encode()]


def storefront(version: str, health: str = "200 OK") -> Image:
    """Give a version of the storefront: a web site on port 8080 that ends well when told to.

    Args:
        version: what its pages and the header ``X-Version`` say.
        health: the status that ``/health`` answers.
    """
    return Image(
        port=PORT,
        app=_page,
        logs=(f"storefront {version} listens on port {PORT}",),
        environment={"VERSION": version, "HEALTH": health},
        ready_after=3.0,
        latency=0.05,
        stop_after=2.0,
        stop_exit_code=0,
        memory=120.0,
    )


def reviews(month: str) -> Image:
    """Give the worker that collects reviews, as it was built in a month; nobody sends it requests.

    Args:
        month: what it prints when it starts.
    """
    return Image(logs=(f"reviews of {month}",), environment={"MONTH": month}, memory=80.0)


def definition(family: str, image: str, **container: Any) -> dict[str, Any]:
    """Give a small definition of one container for Fargate, to be registered.

    Args:
        family: its name, and that of its container.
        image: the image's URI.
        container: further members of the container.
    """
    return {
        "family": family,
        "requiresCompatibilities": ["FARGATE"],
        "networkMode": "awsvpc",
        "cpu": "256",
        "memory": "512",
        "executionRoleArn": bookshop.execution_role(),
        "containerDefinitions": [{"name": family, "image": image, **container}],
    }


def front_door(cloud: Cloud, path: str) -> None:
    """Make cluster and load balancer; nobody is behind it yet.

    Args:
        cloud: the running account.
        path: what the load balancer asks to learn whether a task is well.
    """
    boto3.client("ecs").create_cluster(clusterName=CLUSTER)
    open_front_door(PORT)
    elbv2 = boto3.client("elbv2")
    group = elbv2.describe_target_groups(Names=[TARGETS])["TargetGroups"][0]["TargetGroupArn"]
    elbv2.modify_target_group(TargetGroupArn=group, HealthCheckPath=path)
    cloud.advance(minutes=5)


def task_network() -> dict[str, Any]:
    """Give tasks the subnets of the load balancer, and the security group that lets it in."""
    wanted = {"Name": "group-name", "Values": [TARGETS]}
    groups = boto3.client("ec2").describe_security_groups(Filters=[wanted])["SecurityGroups"]
    balancers = boto3.client("elbv2").describe_load_balancers(Names=[BALANCER])["LoadBalancers"]
    return {
        "awsvpcConfiguration": {
            "subnets": [zone["SubnetId"] for zone in balancers[0]["AvailabilityZones"]],
            "securityGroups": [groups[0]["GroupId"]],
            "assignPublicIp": "ENABLED",
        }
    }
