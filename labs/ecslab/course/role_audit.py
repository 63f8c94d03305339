"""A program that finds out what a role may do: it tries, as a task of that role."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final

import boto3
from botocore import xform_name
from botocore.exceptions import ClientError

from ecslab.course.outcomes import NotYet
from ecslab.model.image import Image

if TYPE_CHECKING:
    from ecslab.cloud import Cloud
    from ecslab.course.session import Session

__all__ = ["START_POLICY", "allowed", "expect_only", "nameless", "prepare", "stopped"]

FAMILY = "auditor"
START_POLICY = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
"""The policy with which the auditor itself starts; its role is none of those it is about."""

_CLUSTER, _LOG_GROUP = "bookshop", "/bookshop/shop"
_DENIED: Final = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation")
_SHOWN = 3
_ID: Final = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

Params = dict[str, Any]


def _calls() -> Iterator[tuple[str, str, Params]]:
    """Yield service and action, the resource in a word, and the parameters of each call.

    None of them changes anything that matters when it is allowed: what is deleted is not there,
    what is written lies in a file of its own or was so before, and what is sent is not valid.
    """
    for bucket, key in (
        ("bookshop-books", "books.json"),
        ("bookshop-customers", "customers.csv"),
        ("bookshop-letters", "audit.txt"),
    ):
        yield "s3:GetObject", bucket, {"Bucket": bucket, "Key": key}
        yield "s3:PutObject", bucket, {"Bucket": bucket, "Key": "audit.txt", "Body": b""}
        yield "s3:DeleteObject", bucket, {"Bucket": bucket, "Key": "no-such-file"}
        yield "s3:GetObjectAcl", bucket, {"Bucket": bucket, "Key": key}
    yield "s3:GetBucketPolicy", "bookshop-books", {"Bucket": "bookshop-books"}
    for name in ("orders", "returns"):
        url = os.environ[f"{name.upper()}_URL"]
        yield "sqs:ReceiveMessage", name, {"QueueUrl": url, "VisibilityTimeout": 0}
        yield "sqs:DeleteMessage", name, {"QueueUrl": url, "ReceiptHandle": "none"}
        yield "sqs:SendMessage", name, {"QueueUrl": url, "MessageBody": ""}
        same = {"DelaySeconds": "0"}
        yield "sqs:SetQueueAttributes", name, {"QueueUrl": url, "Attributes": same}
    for name in ("bookshop/catalog", "bookshop/payments"):
        yield "secretsmanager:GetSecretValue", name, {"SecretId": name}
    for action in (
        "secretsmanager:ListSecrets",
        "ecr:GetAuthorizationToken",
        "ecs:ListClusters",
        "iam:ListRoles",
        "logs:DescribeLogGroups",
    ):
        yield action, "*", {}


def _audit() -> None:
    """Try every call once, and print a line for each."""
    clients: dict[str, Any] = {}
    for action, resource, params in _calls():
        service, _, operation = action.partition(":")
        if service not in clients:
            clients[service] = boto3.client(service)
        verdict = "ALLOWED"
        try:
            getattr(clients[service], xform_name(operation))(**params)
        except ClientError as error:
            if error.response["Error"]["Code"] in _DENIED:
                verdict = "denied"
        print(f"{verdict} {action} {resource}")  # noqa: T201 - its log


AUDITOR = Image(work=_audit, every=600.0, runs_for=20.0)


def prepare(cloud: Cloud, execution: str) -> None:
    """Push the auditor and register its definition.

    Args:
        cloud: the running account, with the queues.
        execution: the ARN of its execution role.
    """
    sqs = boto3.client("sqs")
    environment = [
        {"name": f"{name.upper()}_URL", "value": sqs.get_queue_url(QueueName=name)["QueueUrl"]}
        for name in ("orders", "returns")
    ]
    options = {
        "awslogs-group": _LOG_GROUP,
        "awslogs-region": "us-east-1",
        "awslogs-stream-prefix": FAMILY,
    }
    container = {
        "name": FAMILY,
        "image": cloud.push(AUDITOR, f"{FAMILY}:1.0"),
        "environment": environment,
        "logConfiguration": {"logDriver": "awslogs", "options": options},
    }
    boto3.client("ecs").register_task_definition(
        family=FAMILY,
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="256",
        memory="512",
        executionRoleArn=execution,
        containerDefinitions=[container],
    )


def allowed(lab: Session, role: str) -> list[str]:
    """Give what a role may do, of all that the auditor tries as a task of that role.

    Args:
        lab: the session whose account is judged.
        role: the role's ARN.

    Returns:
        Actions and resources, such as ``s3:GetObject bookshop-books``, in a fixed order.
    """
    ecs = lab.client("ecs")
    subnets = lab.client("ec2").describe_subnets()["Subnets"]
    settings = {"subnets": [each["SubnetId"] for each in subnets], "assignPublicIp": "ENABLED"}
    try:
        answer = ecs.run_task(
            cluster=_CLUSTER,
            taskDefinition=f"{FAMILY}:1",
            launchType="FARGATE",
            networkConfiguration={"awsvpcConfiguration": settings},
            overrides={"taskRoleArn": role},
            startedBy="check",
        )
    except ClientError as error:
        raise NotYet(
            expected=f"a task that runs with the role {_name(role)}",
            found=nameless(error.response["Error"]["Message"]),
            look_at="get_role → Role.AssumeRolePolicyDocument",
        ) from None
    task = answer["tasks"][0]["taskArn"]
    stopped(lab, task)
    stream = f"{FAMILY}/{FAMILY}/{task.rsplit('/', 1)[-1]}"
    try:
        found = lab.client("logs").get_log_events(
            logGroupName=_LOG_GROUP, logStreamName=stream, startFromHead=True
        )
    except ClientError:
        raise NotYet(
            expected="the task auditor:1 starts and writes its lines",
            found="no log of it; its definition, its role or the log group has changed",
            look_at="lab.reset(), which gives you a fresh account",
        ) from None
    lines = [event["message"] for event in found["events"]]
    return [line.partition(" ")[2] for line in lines if line.startswith("ALLOWED")]


def expect_only(lab: Session, role: str, permitted: Callable[[str], bool], what: str) -> None:
    """Go on when a role may do nothing but what it needs, else end the check with *not yet*.

    Args:
        lab: the session whose account is judged.
        role: the role's ARN.
        permitted: tells whether the role needs an action on a resource.
        what: the needed permissions in words.
    """
    more = [each for each in allowed(lab, role) if not permitted(each)]
    if more:
        rest = f", and {len(more) - _SHOWN} more" if len(more) > _SHOWN else ""
        raise NotYet(
            expected=f"{_name(role)} may do what it needs and no more: {what}",
            found=f"it may also do: {', '.join(more[:_SHOWN])}{rest}",
            look_at=f'audit("{_name(role)}")',
        )


def stopped(lab: Session, task: str) -> dict[str, Any]:
    """Wait until a task has stopped, and describe it.

    Args:
        lab: the session whose account is judged.
        task: the task's ARN.
    """
    ecs = lab.client("ecs")
    while True:
        found: dict[str, Any] = ecs.describe_tasks(cluster=_CLUSTER, tasks=[task])["tasks"][0]
        if found["lastStatus"] == "STOPPED":
            return found
        time.sleep(5)


def nameless(message: str) -> str:
    """Shorten what AWS says to one line without ids, which differ from task to task.

    Args:
        message: a reason or the message of an error.
    """
    return _ID.sub("…", " ".join(message.split()))


def _name(role: str) -> str:
    return role.rsplit("/", 1)[-1]
