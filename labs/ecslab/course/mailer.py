"""The worker of module 12 that sends the shop's mail, and dies of it without leaving a word."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import boto3

from ecslab.course import bookshop
from ecslab.course.tiers import CLUSTER, task_network
from ecslab.model.image import Image

if TYPE_CHECKING:
    from collections.abc import Generator

    from ecslab.cloud import Cloud

__all__ = ["EXIT_CODE", "NAME", "REASON", "run_mailer"]

NAME = "mailer"
"""The name of the service, of its family and of its container."""

EXIT_CODE = 3
REASON = "421 too many connections from one address"
"""What the mail server answers before the worker gives up."""


def _send() -> Generator[float, None, None]:
    """Send mail for two minutes, then give up."""
    print(json.dumps({"level": "INFO", "note": "mail sent"}))  # noqa: T201 - its log
    yield 120.0
    print(json.dumps({"level": "ERROR", "note": "mail server refuses", "reply": REASON}))  # noqa: T201
    sys.exit(EXIT_CODE)


def run_mailer(cloud: Cloud) -> None:
    """Run the worker as a service whose task definition says nothing about logs.

    Args:
        cloud: the running account.
    """
    ecs = boto3.client("ecs")
    ecs.register_task_definition(
        family=NAME,
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="256",
        memory="512",
        executionRoleArn=bookshop.execution_role(),
        containerDefinitions=[
            {"name": NAME, "image": cloud.push(Image(work=_send, every=1.0), f"{NAME}:1.0")}
        ],
    )
    ecs.create_service(
        cluster=CLUSTER,
        serviceName=NAME,
        taskDefinition=NAME,
        desiredCount=1,
        launchType="FARGATE",
        networkConfiguration=task_network(),
    )
