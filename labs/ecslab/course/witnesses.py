"""What the lesson of module 12 listens to: programs that write, and that know themselves."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import boto3
import requests

from ecslab.course import bookshop
from ecslab.model.image import Image

if TYPE_CHECKING:
    from collections.abc import Generator

    from ecslab.cloud import Cloud

__all__ = ["CLUSTER", "GROUP", "ROUTER_ROLE", "prepare"]

CLUSTER = "bookshop"
GROUP = "/bookshop/reader"
"""The log group of everything in the lesson."""

ROUTER_ROLE = "bookshop-router"
"""The task role of the task with a log router; it may do nothing yet."""

_TALK = 1024
_ROUTER = "public.ecr.aws/aws-observability/aws-for-fluent-bit:stable"
_EXEC = "ssmmessages:*"
_TIMES = (12, 14, 11, 830, 13, 12, 15, 11)


def _read() -> Generator[float, None, None]:
    """Write one line for each reader, every few seconds; one of eight waits long."""
    for number, milliseconds in enumerate(_TIMES):
        line = {"level": "INFO", "path": f"/books/{number}", "ms": milliseconds}
        if milliseconds > 100:  # noqa: PLR2004 - what the program itself finds slow
            line |= {"level": "WARN", "note": "slow"}
        print(json.dumps(line))  # noqa: T201 - its log
        yield 5.0


def _talk() -> None:
    """Write much more than anybody reads."""
    print("x" * _TALK)  # noqa: T201 - its log


def _look_in_the_mirror() -> None:
    """Ask the metadata endpoint who this task is."""
    base = os.environ["ECS_CONTAINER_METADATA_URI_V4"]
    task = requests.get(f"{base}/task", timeout=2).json()
    shown = {key: task[key] for key in ("Family", "Revision", "AvailabilityZone", "Limits")}
    print(json.dumps(shown))  # noqa: T201 - its log


def prepare(cloud: Cloud) -> None:
    """Make the cluster, the log group, the task definitions, and the service ``reader``.

    Args:
        cloud: the running account.
    """
    ecs = boto3.client("ecs")
    ecs.create_cluster(clusterName=CLUSTER)
    boto3.client("logs").create_log_group(logGroupName=GROUP)
    execution = bookshop.execution_role()
    bookshop.task_role(ROUTER_ROLE, "logs:DescribeLogGroups", "*")
    mirror = bookshop.task_role("bookshop-mirror", _EXEC, "*")
    _define("reader", [_container(cloud, "reader", Image(work=_read, every=1.0, memory=150.0))])
    talker = Image(port=8080, work=_talk, every=0.1, memory=60.0)
    for mode in ("blocking", "non-blocking"):
        spec = _container(cloud, f"talker-{mode}", talker, mode=mode)
        _define(f"talker-{mode}", [_checked(spec)])
    image = Image(work=_look_in_the_mirror, every=600.0)
    _define("mirror", [_container(cloud, "mirror", image)], taskRoleArn=mirror)
    _route(cloud, execution)
    ecs.create_service(
        cluster=CLUSTER,
        serviceName="reader",
        taskDefinition="reader",
        desiredCount=2,
        launchType="FARGATE",
        networkConfiguration=bookshop.network(),
    )
    cloud.advance(minutes=10)


def _route(cloud: Cloud, execution: str) -> None:
    """Register the definition of a task whose lines go through a log router."""
    role = boto3.client("iam").get_role(RoleName=ROUTER_ROLE)["Role"]["Arn"]
    app = _container(cloud, "app", Image(work=_read, every=1.0))
    app["logConfiguration"] = {
        "logDriver": "awsfirelens",
        "options": {
            "Name": "cloudwatch_logs",
            "region": "us-east-1",
            "log_group_name": "/bookshop/routed",
            "log_stream_prefix": "shop-",
            "auto_create_group": "true",
        },
    }
    router = {
        "name": "router",
        "image": _ROUTER,
        "firelensConfiguration": {"type": "fluentbit"},
        "logConfiguration": _logging("router"),
    }
    _define("routed", [app, router], taskRoleArn=role, executionRoleArn=execution)


def _checked(spec: dict[str, Any]) -> dict[str, Any]:
    """Give a container a health check that asks its own port."""
    command = ["CMD-SHELL", "curl -f http://localhost:8080/ || exit 1"]
    check = {"command": command, "interval": 10, "timeout": 2, "retries": 2}
    return {**spec, "portMappings": [{"containerPort": 8080}], "healthCheck": check}


def _container(cloud: Cloud, name: str, image: Image, **options: str) -> dict[str, Any]:
    uri = cloud.push(image, f"{name}:1.0")
    return {"name": name, "image": uri, "logConfiguration": _logging(name, **options)}


def _logging(name: str, **options: str) -> dict[str, Any]:
    settings = {
        "awslogs-group": GROUP,
        "awslogs-region": "us-east-1",
        "awslogs-stream-prefix": name,
    }
    return {"logDriver": "awslogs", "options": settings | options}


def _define(family: str, containers: list[dict[str, Any]], **settings: Any) -> None:
    boto3.client("ecs").register_task_definition(
        family=family,
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="256",
        memory="512",
        containerDefinitions=containers,
        **{"executionRoleArn": bookshop.execution_role(), **settings},
    )
