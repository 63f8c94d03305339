"""The Bookshop, which all lessons and labs run: its images, its role and its task definitions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import boto3

from ecslab.model.image import Image

if TYPE_CHECKING:
    from ecslab.cloud import Cloud

__all__ = ["EXECUTION_ROLE", "FULFILMENT", "execution_role", "network", "register_fulfilment"]

EXECUTION_ROLE = "bookshop-execution"
"""The name of the role with which ECS pulls the shop's images."""

_EXECUTION_POLICY = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "ecs-tasks.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}

FULFILMENT = Image(logs=("fulfilment waits for orders",), memory=96.0)
"""The worker that packs orders; nothing sends it requests."""


def execution_role() -> str:
    """Give the ARN of the shop's execution role, which is made when it is missing."""
    iam = boto3.client("iam")
    try:
        role = iam.get_role(RoleName=EXECUTION_ROLE)["Role"]
    except iam.exceptions.NoSuchEntityException:
        role = iam.create_role(
            RoleName=EXECUTION_ROLE, AssumeRolePolicyDocument=json.dumps(_TRUST)
        )["Role"]
        iam.attach_role_policy(RoleName=EXECUTION_ROLE, PolicyArn=_EXECUTION_POLICY)
    return str(role["Arn"])


def register_fulfilment(cloud: Cloud) -> None:
    """Push the worker's image and register the family ``fulfilment``, small and for Fargate.

    Args:
        cloud: the running account.
    """
    image = cloud.push(FULFILMENT, "fulfilment:1.0")
    boto3.client("ecs").register_task_definition(
        family="fulfilment",
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="256",
        memory="512",
        executionRoleArn=execution_role(),
        containerDefinitions=[{"name": "fulfilment", "image": image}],
    )


def network() -> dict[str, Any]:
    """Give the ``networkConfiguration`` of tasks in the public subnets of the default VPC."""
    subnets = boto3.client("ec2").describe_subnets()["Subnets"]
    return {
        "awsvpcConfiguration": {
            "subnets": [subnet["SubnetId"] for subnet in subnets],
            "assignPublicIp": "ENABLED",
        }
    }
