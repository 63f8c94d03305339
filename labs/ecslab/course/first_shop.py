"""The Bookshop of the first module: what is prepared, and the whole shop at work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3

from ecslab.course import bookshop
from ecslab.course.first_storefront import FIRST_STOREFRONT, PORT
from ecslab.course.front_door import BALANCER, TARGETS, open_front_door

if TYPE_CHECKING:
    from ecslab.cloud import Cloud

__all__ = ["CLUSTER", "IMAGE", "LOG", "NAME", "TASKS", "open_shop", "prepare"]

CLUSTER = "bookshop"
"""The name of the cluster."""

NAME = "storefront"
"""The name of the service, of its family and of its container."""

LOG = "/bookshop/storefront"
"""The log group of the storefront."""

IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/storefront:1.0"
"""The image's URI."""

TASKS = 2
"""How many tasks the service keeps."""


def prepare(cloud: Cloud) -> None:
    """Make all of the shop that is not ECS: image, role, log group and load balancer.

    Args:
        cloud: the running account.
    """
    cloud.push(FIRST_STOREFRONT, f"{NAME}:1.0")
    bookshop.execution_role()
    logs = boto3.client("logs")
    logs.create_log_group(logGroupName=LOG)
    logs.put_retention_policy(logGroupName=LOG, retentionInDays=30)
    open_front_door(PORT)
    cloud.advance(minutes=5)


def open_shop(cloud: Cloud, cluster: str = CLUSTER) -> None:
    """Make the rest: cluster, task definition, and a service whose tasks are in use on return.

    Args:
        cloud: the running account, prepared.
        cluster: the name of the cluster that is made for it.
    """
    ecs = boto3.client("ecs")
    ecs.create_cluster(clusterName=cluster)
    ecs.register_task_definition(**_definition())
    ecs.create_service(
        cluster=cluster,
        serviceName=NAME,
        taskDefinition=NAME,
        desiredCount=TASKS,
        launchType="FARGATE",
        networkConfiguration=_network(),
        loadBalancers=[
            {"targetGroupArn": _target_group(), "containerName": NAME, "containerPort": PORT}
        ],
    )
    cloud.advance(minutes=3)


def _definition() -> dict[str, Any]:
    """Give the finished plan, the same that a learner completes in the lab."""
    options = {
        "awslogs-group": LOG,
        "awslogs-region": "us-east-1",
        "awslogs-stream-prefix": "shop",
    }
    return {
        "family": NAME,
        "requiresCompatibilities": ["FARGATE"],
        "networkMode": "awsvpc",
        "cpu": "256",
        "memory": "512",
        "executionRoleArn": bookshop.execution_role(),
        "containerDefinitions": [
            {
                "name": NAME,
                "image": IMAGE,
                "portMappings": [{"containerPort": PORT}],
                "logConfiguration": {"logDriver": "awslogs", "options": options},
            }
        ],
    }


def _network() -> dict[str, Any]:
    """Give tasks the subnets of the load balancer, and the group that lets it in."""
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


def _target_group() -> str:
    found = boto3.client("elbv2").describe_target_groups(Names=[TARGETS])["TargetGroups"]
    return str(found[0]["TargetGroupArn"])
