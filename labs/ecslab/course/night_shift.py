"""The worker of the night: it packs orders, and it has a fault that ends it after a while."""

from __future__ import annotations

from typing import TYPE_CHECKING

import boto3

from ecslab.course import bookshop
from ecslab.model.image import Image

if TYPE_CHECKING:
    from ecslab.cloud import Cloud

__all__ = ["LOG", "NAME", "WORKER", "register_worker"]

NAME = "fulfilment"
"""The name of the family and of its container."""

LOG = "/bookshop/fulfilment"
"""The log group of the worker."""

_MINUTES = 40

WORKER = Image(
    logs=("fulfilment waits for orders",),
    memory=96.0,
    runs_for=_MINUTES * 60.0,
    exit_code=1,
)
"""A worker that ends with exit code 1 after forty minutes, every time."""


def register_worker(cloud: Cloud) -> None:
    """Push the worker's image, make its log group, and register the family ``fulfilment``.

    The definition fits Fargate and EC2 instances alike.

    Args:
        cloud: the running account.
    """
    image = cloud.push(WORKER, f"{NAME}:0.9")
    logs = boto3.client("logs")
    logs.create_log_group(logGroupName=LOG)
    logs.put_retention_policy(logGroupName=LOG, retentionInDays=30)
    options = {
        "awslogs-group": LOG,
        "awslogs-region": "us-east-1",
        "awslogs-stream-prefix": "night",
    }
    boto3.client("ecs").register_task_definition(
        family=NAME,
        requiresCompatibilities=["FARGATE", "EC2"],
        networkMode="awsvpc",
        cpu="256",
        memory="512",
        executionRoleArn=bookshop.execution_role(),
        containerDefinitions=[
            {
                "name": NAME,
                "image": image,
                "logConfiguration": {"logDriver": "awslogs", "options": options},
            }
        ],
    )
