"""The Bookshop on Fargate: three services that reserve far more than they use, and a queue."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import boto3

from ecslab.course import bookshop
from ecslab.model.image import Image

if TYPE_CHECKING:
    from ecslab.cloud import Cloud

__all__ = [
    "CLUSTER",
    "COUNTS",
    "CPU_PRICE",
    "HOURS_A_MONTH",
    "LOG_GROUP",
    "MEMORY_PRICE",
    "PACKING_SECONDS",
    "QUEUE",
    "WORKER_ROLE",
    "monthly",
    "prepare_lab",
    "prepare_lesson",
]

CLUSTER = "bookshop"
LOG_GROUP = "/bookshop/fulfilment"
QUEUE = "orders"
WORKER_ROLE = "bookshop-fulfilment"
PACKING_SECONDS = 40
"""How long the worker packs one order."""

CPU_PRICE, MEMORY_PRICE = 0.04048, 0.004445
"""USD for a vCPU-hour and a GB-hour (AWS Fargate, Linux/X86 in us-east-1; September 2026)."""

HOURS_A_MONTH = 730
COUNTS = {"storefront": 2, "catalog": 2, "fulfilment": 1}
"""The services of the lab, each with its number of tasks."""

_SIZE: dict[str, Any] = {"cpu": "1024", "memory": "4096"}
_MINUTE = 60.0
_UNITS, _MEBIBYTES = 1024, 1024


def _rush(quiet: float, busy: float, *, every: int) -> Callable[[float], float]:
    """Give a curve that is quiet, and busy in one minute and a half of every few minutes."""

    def curve(age: float) -> float:
        return busy if age % (every * _MINUTE) > (every - 1.5) * _MINUTE else quiet

    return curve


def _pack_orders() -> Iterator[float]:
    """Pack one order; the first version deletes the message before it packs."""
    sqs = boto3.client("sqs")
    queue = os.environ["QUEUE_URL"]
    for message in sqs.receive_message(QueueUrl=queue).get("Messages", []):
        sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        print(f"begins {message['Body']}")  # noqa: T201 - its log
        yield PACKING_SECONDS
        print(f"packed {message['Body']}")  # noqa: T201 - its log


STOREFRONT = replace(
    bookshop.STOREFRONT,
    required_environment=(),
    cpu=_rush(64.0, 192.0, every=10),
    memory=_rush(310.0, 370.0, every=10),
)
CATALOG = replace(
    bookshop.CATALOG,
    cpu=_rush(150.0, 358.0, every=12),
    memory=_rush(1200.0, 1331.0, every=12),
)
FULFILMENT = Image(
    logs=("fulfilment waits for orders",),
    work=_pack_orders,
    every=60.0,
    cpu=_rush(40.0, 102.0, every=8),
    memory=717.0,
)
REPORT = Image(
    logs=("sales-report: adds up the day",), runs_for=10.0, architecture=("X86_64", "ARM64")
)
COVERS = Image(logs=("cover-server: ready",), port=8080)

# Two workers that differ in what they do with SIGTERM.
HEEDLESS = Image(logs=("packer: waits for orders",), stop_after=None)
CAREFUL = Image(logs=("packer: waits for orders",), stop_after=45.0, stop_exit_code=0)


def monthly(cpu: float, memory: float) -> float:
    """Give the USD that one task costs in a month of 730 hours, on demand.

    Args:
        cpu: CPU units.
        memory: MiB.
    """
    hourly = cpu / _UNITS * CPU_PRICE + memory / _MEBIBYTES * MEMORY_PRICE
    return hourly * HOURS_A_MONTH


def prepare_lesson(cloud: Cloud) -> None:
    """Run an hour of the storefront, and register what else the lesson runs.

    Args:
        cloud: the running account.
    """
    _open_cluster()
    _define("storefront", cloud.push(STOREFRONT, "storefront:3.0"), **_SIZE)
    small: dict[str, Any] = {"cpu": "256", "memory": "512"}
    _define("sales-report", cloud.push(REPORT, "sales-report:1.0"), **small)
    _define("cover-server", cloud.push(COVERS, "cover-server:1.0"), **small)
    _define("packer", cloud.push(HEEDLESS, "packer:1.0"), **small)
    _define("packer-careful", cloud.push(CAREFUL, "packer:2.0"), **small)
    _serve("storefront", 2)
    cloud.advance(hours=1)


def prepare_lab(cloud: Cloud) -> None:
    """Let the three services run for an hour at a size that somebody guessed.

    Args:
        cloud: the running account.
    """
    _open_cluster()
    queue = boto3.client("sqs").create_queue(QueueName=QUEUE)["QueueUrl"]
    role = _worker_role()
    for name, image in (
        ("storefront", STOREFRONT),
        ("catalog", CATALOG),
        ("fulfilment", FULFILMENT),
    ):
        extra: dict[str, Any] = {"taskRoleArn": role} if name == "fulfilment" else {}
        environment = [{"name": "QUEUE_URL", "value": queue}] if name == "fulfilment" else []
        uri = cloud.push(image, f"{name}:1.0")
        _define(name, uri, environment=environment, **_SIZE, **extra)
        _serve(name, COUNTS[name])
    cloud.advance(hours=1)


def _open_cluster() -> None:
    logs = boto3.client("logs")
    logs.create_log_group(logGroupName=LOG_GROUP)
    logs.put_retention_policy(logGroupName=LOG_GROUP, retentionInDays=7)
    boto3.client("ecs").create_cluster(
        clusterName=CLUSTER, capacityProviders=["FARGATE", "FARGATE_SPOT"]
    )


def _worker_role() -> str:
    arn = f"arn:aws:sqs:us-east-1:*:{QUEUE}"
    role = bookshop.task_role(WORKER_ROLE, "sqs:ReceiveMessage", arn)
    for action in ("sqs:DeleteMessage", "sqs:ChangeMessageVisibility"):
        bookshop.allow(WORKER_ROLE, action, arn)
    return role


def _define(
    family: str, image: str, *, environment: list[dict[str, str]] | None = None, **settings: Any
) -> None:
    options = {
        "awslogs-group": LOG_GROUP,
        "awslogs-region": "us-east-1",
        "awslogs-stream-prefix": family,
    }
    container = {
        "name": family,
        "image": image,
        "environment": environment or [],
        "logConfiguration": {"logDriver": "awslogs", "options": options},
    }
    boto3.client("ecs").register_task_definition(
        family=family,
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        executionRoleArn=bookshop.execution_role(),
        containerDefinitions=[container],
        **settings,
    )


def _serve(name: str, count: int) -> None:
    boto3.client("ecs").create_service(
        cluster=CLUSTER,
        serviceName=name,
        taskDefinition=name,
        desiredCount=count,
        launchType="FARGATE",
        networkConfiguration=bookshop.network(),
    )
