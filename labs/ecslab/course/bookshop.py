"""The Bookshop, which all lessons and labs run: its images, its role and its task definitions."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import boto3

from ecslab.model.image import Image

if TYPE_CHECKING:
    from collections.abc import Callable

    from ecslab.cloud import Cloud

__all__ = [
    "CATALOG",
    "EXECUTION_ROLE",
    "FULFILMENT",
    "STOREFRONT",
    "allow",
    "execution_role",
    "network",
    "register_fulfilment",
    "task_role",
]

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


def _storefront(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    """Answer with the shop's front page, or with its health."""
    start_response("200 OK", [("Content-Type", "text/plain")])
    if environ["PATH_INFO"] == "/health":
        return [b"ok\n"]
    return [f"Welcome to the {os.environ.get('SHOP_NAME', 'shop')}\n".encode()]


def _catalog(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    """Answer with the books of the bucket; without them or the password, with 503 and why."""
    try:
        _log_in(os.environ["DB_PASSWORD"])
        books = _books(os.environ["BOOKS_BUCKET"])
    except Exception as error:  # noqa: BLE001 - a server answers whatever happens, and logs it
        print(f"catalog is not ready: {type(error).__name__}: {error}")  # noqa: T201 - its log
        start_response("503 Service Unavailable", [("Content-Type", "text/plain")])
        return [b"not ready\n"]
    start_response("200 OK", [("Content-Type", "application/json")])
    return [b'"ok"\n' if environ["PATH_INFO"] == "/health" else books]


def _log_in(password: str) -> None:
    if password.startswith("{"):
        raise PermissionError("the database refuses DB_PASSWORD, which begins with a {")


def _books(bucket: str) -> bytes:
    found = boto3.client("s3").get_object(Bucket=bucket, Key="books.json")
    books: bytes = found["Body"].read()
    return books


STOREFRONT = Image(
    port=8080,
    app=_storefront,
    logs=("storefront listens on port 8080",),
    ready_after=3.0,
    required_environment=("SESSION_KEY",),
    memory=120.0,
)
"""The shop's public web site; it signs its cookies with SESSION_KEY and is healthy at /health."""

CATALOG = Image(
    port=8080,
    app=_catalog,
    logs=("catalog listens on port 8080",),
    ready_after=12.0,
    stop_after=20.0,
    stop_exit_code=0,
    memory=400.0,
)
"""The service that knows the books: it needs DB_PASSWORD, and books.json in BOOKS_BUCKET.

Its /health tells whether both are there.
"""


def execution_role(name: str = EXECUTION_ROLE) -> str:
    """Give the ARN of an execution role, which is made when it is missing.

    Args:
        name: of the role; the shop's by default.
    """
    iam = boto3.client("iam")
    try:
        role = iam.get_role(RoleName=name)["Role"]
    except iam.exceptions.NoSuchEntityException:
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(_TRUST))["Role"]
        iam.attach_role_policy(RoleName=name, PolicyArn=_EXECUTION_POLICY)
    return str(role["Arn"])


def task_role(name: str, action: str, resource: str) -> str:
    """Make a role for the programs of a task, with one permission.

    Args:
        name: of the role.
        action: what it allows, such as ``s3:GetObject``.
        resource: the ARN, or a pattern of ARNs, on which it allows that.

    Returns:
        The role's ARN.
    """
    iam = boto3.client("iam")
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(_TRUST))["Role"]
    allow(name, action, resource)
    return str(role["Arn"])


def allow(role: str, action: str, resource: str) -> None:
    """Give a role one more permission, as an inline policy named after the action.

    Args:
        role: its name.
        action: such as ``secretsmanager:GetSecretValue``.
        resource: the ARN, or a pattern of ARNs, on which it allows that.
    """
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    boto3.client("iam").put_role_policy(
        RoleName=role,
        PolicyName=action.replace(":", "-"),
        PolicyDocument=json.dumps(document),
    )


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
