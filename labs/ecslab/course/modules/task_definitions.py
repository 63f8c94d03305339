"""Scenarios and checks of module 03-task-definitions."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import boto3

from ecslab.course import Module, NotAttempted, NotYet, Session, bookshop, expect
from ecslab.course.answers import registered, task_of
from ecslab.course.catalog_readme import (
    BUCKET,
    IMAGE,
    LOG_GROUP,
    PORT,
    TASK_ROLE,
    expect_readme,
    expect_role,
)

if TYPE_CHECKING:
    from ecslab.cloud import Cloud

MODULE = Module("03-task-definitions")

CLUSTER = "bookshop"
ARCHIVE_GIB = 60
"""What the archive needs of disk, all in all."""

_WHERE = "describe_task_definition → taskDefinition"

Definition = dict[str, Any]


@MODULE.scenario(
    "lesson",
    goal="Write, register, run and replace the storefront's task definition.",
    given="The Bookshop's cluster, the storefront's image, two roles, a secret and a log group.",
)
def lesson(cloud: Cloud) -> None:
    """Prepare what the storefront's definition points at."""
    cloud.push(bookshop.STOREFRONT, "storefront:2.1")
    bookshop.task_role("storefront-task", "s3:GetObject", f"arn:aws:s3:::{BUCKET}/*")
    _shop("storefront", {"session-key": "kept-in-secrets-manager"})


@MODULE.scenario(
    "lab",
    goal="Write the catalog's definition, run it, mend six refused ones, and replace a revision.",
    given="The Bookshop's cluster, the catalog's image, two roles, a secret, a bucket, log groups.",
)
def lab(cloud: Cloud) -> None:
    """Prepare what the catalog's definition points at."""
    cloud.push(replace(bookshop.CATALOG, stop_after=45.0), IMAGE)
    bookshop.task_role(TASK_ROLE, "s3:GetObject", f"arn:aws:s3:::{BUCKET}/*")
    _shop("catalog", {"username": "catalog", "password": "kept-in-secrets-manager"})
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="books.json", Body=b'["Emma", "Middlemarch"]\n')


def _shop(service: str, secret: dict[str, str]) -> None:
    """Make the cluster, the execution role, and a secret and a log group of one service."""
    bookshop.execution_role()
    pattern = "arn:aws:secretsmanager:*:*:secret:bookshop/*"
    bookshop.allow(bookshop.EXECUTION_ROLE, "secretsmanager:GetSecretValue", pattern)
    boto3.client("secretsmanager").create_secret(
        Name=f"bookshop/{service}", SecretString=json.dumps(secret)
    )
    boto3.client("logs").create_log_group(logGroupName=f"/ecs/{service}")
    boto3.client("ecs").create_cluster(clusterName=CLUSTER)


@MODULE.check(
    "catalog-definition",
    points=3,
    title="The catalog's definition says what its README says",
    hints=(
        "Go through the README line by line: which line has no field in your definition yet?",
        (
            "The size, the roles and the network mode belong to the task; image, port, variables, "
            "secrets, logs, health and stopTimeout to the container."
        ),
        (
            "A secret's valueFrom is the secret's ARN followed by :KEY:: when you want one key of "
            "its JSON document; a check that asks curl needs its option -f."
        ),
    ),
)
def catalog_definition(lab: Session, answer: object) -> None:
    """Compare the registered definition with the README."""
    definition = _fargate(lab, answer, "catalog")
    expect_readme(definition, "1024")


@MODULE.check(
    "catalog-healthy",
    points=2,
    title="A task of the catalog runs, is healthy and writes its log",
    hints=(
        "RunTask wants the cluster, the definition, a launch type and a network configuration.",
        "A health state needs time: wait a minute of simulated time and describe the task again.",
        (
            "The log lines above the check say what the catalog misses: the password comes from "
            "secrets, the right to read the bucket from taskRoleArn."
        ),
    ),
)
def catalog_healthy(lab: Session, answer: object) -> None:
    """Judge the task by what DescribeTasks and its log group answer."""
    task = task_of(lab, answer, CLUSTER)
    where = "describe_tasks → tasks[0]"
    family = task["taskDefinitionArn"].rsplit("/", 1)[-1].split(":")[0]
    expect(family, "catalog", f"{where}.taskDefinitionArn")
    expect(task.get("launchType"), "FARGATE", f"{where}.launchType")
    _expect_healthy(task, where)
    stream = f"catalog/catalog/{task['taskArn'].rsplit('/', 1)[-1]}"
    events = lab.client("logs").filter_log_events(logGroupName=LOG_GROUP)["events"]
    if not any(event["logStreamName"] == stream for event in events):
        raise NotYet(
            expected=f"lines of this task in the log group {LOG_GROUP}",
            found="none in a stream named catalog/catalog/TASK-ID",
            look_at=f"{_WHERE}.containerDefinitions[0].logConfiguration",
        )


@MODULE.check(
    "report-size",
    points=1,
    title="The report has a size that Fargate sells",
    hints=(
        "AWS names two numbers. Which row of the size table has that CPU?",
        "Half a vCPU comes with 1, 2, 3 or 4 GB, written in MiB.",
    ),
)
def report_size(lab: Session, answer: object) -> None:
    """Half a vCPU stays, the memory fits to it."""
    definition = _mended(lab, answer, "report")
    if definition["cpu"] != "512":
        raise NotYet(
            expected="cpu 512: the report needs its half vCPU",
            found=f"cpu {definition['cpu']}",
            look_at=f"{_WHERE}.cpu",
        )


@MODULE.check(
    "gallery-network",
    points=1,
    title="The gallery has the network mode of Fargate",
    hints=(
        "One field of the task says how its containers reach the network.",
        "In Fargate every task has a network interface of its own; the mode's name says so.",
    ),
)
def gallery_network(lab: Session, answer: object) -> None:
    """The mode is awsvpc, the port still there."""
    definition = _mended(lab, answer, "gallery")
    ports = _ports(definition)
    if ports != [80]:
        raise NotYet(
            expected="containerPort 80, as before",
            found=f"container ports {ports}" if ports else "no port, so nobody reaches the gallery",
            look_at=f"{_WHERE}.containerDefinitions[0].portMappings",
        )


@MODULE.check(
    "newsletter-logs",
    points=1,
    title="The newsletter may write its log",
    hints=(
        "Who writes the log lines to CloudWatch: your program, or Fargate for it?",
        "Fargate uses the execution role. Give its ARN in the task's own field.",
    ),
)
def newsletter_logs(lab: Session, answer: object) -> None:
    """The execution role is there, the log configuration still is."""
    definition = _mended(lab, answer, "newsletter")
    container = definition["containerDefinitions"][0]
    if "logConfiguration" not in container:
        raise NotYet(
            expected="the newsletter still sends its lines to CloudWatch Logs",
            found="no logConfiguration: AWS accepts that, and nobody will ever see a line",
            look_at=f"{_WHERE}.containerDefinitions[0].logConfiguration",
        )
    expect_role(definition, "executionRoleArn", bookshop.EXECUTION_ROLE)


@MODULE.check(
    "search-port",
    points=1,
    title="The search page has one port",
    hints=(
        "With awsvpc the task has its own address: is there a host whose port you could choose?",
        "The program listens on 8080. Leave the other number out, or make it the same.",
    ),
)
def search_port(lab: Session, answer: object) -> None:
    """The container port is the one the program listens on."""
    definition = _mended(lab, answer, "search")
    ports = _ports(definition)
    if ports != [PORT]:
        raise NotYet(
            expected=f"containerPort {PORT}, on which the program listens",
            found=f"container ports {ports}",
            look_at=f"{_WHERE}.containerDefinitions[0].portMappings",
        )


@MODULE.check(
    "basket-order",
    points=1,
    title="The basket waits until its cache is healthy",
    hints=(
        "The basket waits for the health of another container. How does ECS learn that health?",
        "Give the container named cache a healthCheck; its command is redis-cli ping.",
    ),
)
def basket_order(lab: Session, answer: object) -> None:
    """The order is kept, and the cache has a health check that asks the cache."""
    definition = _mended(lab, answer, "basket")
    where = f"{_WHERE}.containerDefinitions"
    containers = {item["name"]: item for item in definition["containerDefinitions"]}
    expect(sorted(containers), ["basket", "cache"], f"{where}[].name")
    waits = containers["basket"].get("dependsOn", [])
    wanted = [{"containerName": "cache", "condition": "HEALTHY"}]
    if waits != wanted:
        raise NotYet(
            expected="basket starts when cache is HEALTHY, as before",
            found=f"dependsOn {json.dumps(waits)}",
            look_at=f"{where}[] → basket → dependsOn",
        )
    command = " ".join(containers["cache"]["healthCheck"]["command"])
    if "redis-cli" not in command or "ping" not in command:
        raise NotYet(
            expected="a health command that asks the cache: redis-cli ping",
            found=command,
            look_at=f"{where}[] → cache → healthCheck.command",
        )


@MODULE.check(
    "archive-disk",
    points=1,
    title="The archive has 60 GiB of disk",
    hints=(
        "sizeInGiB is the whole disk of the task, not what comes on top.",
        "20 GiB are included. The archive packs 60 GiB: which number is the whole?",
    ),
)
def archive_disk(lab: Session, answer: object) -> None:
    """The size counts the whole disk."""
    definition = _mended(lab, answer, "archive")
    size = definition.get("ephemeralStorage", {}).get("sizeInGiB")
    if size is None:
        raise NotYet(
            expected=f"{ARCHIVE_GIB} GiB of disk",
            found="no ephemeralStorage, so the task gets the 20 GiB that are included",
            look_at=f"{_WHERE}.ephemeralStorage",
        )
    if size != ARCHIVE_GIB:
        raise NotYet(
            expected=f"{ARCHIVE_GIB} GiB all in all",
            found=f"sizeInGiB {size}, which is the whole disk, the included 20 GiB among them",
            look_at=f"{_WHERE}.ephemeralStorage.sizeInGiB",
        )


@MODULE.check(
    "catalog-bigger",
    points=1,
    title="A second revision of the catalog with 2 GB",
    hints=(
        "A revision never changes. What does registering the same family again give you?",
        "Change the memory in the dictionary named catalog and register it once more.",
    ),
)
def catalog_bigger(lab: Session, answer: object) -> None:
    """A later revision of the family, equal but for its memory."""
    definition = _fargate(lab, answer, "catalog")
    if definition["memory"] == "1024":
        raise NotYet(
            expected="a revision with memory 2048",
            found=f"memory 1024 in catalog:{definition['revision']}",
            look_at=f"{_WHERE}.memory of the new revision",
        )
    expect_readme(definition, "2048")


@MODULE.check(
    "catalog-retired",
    points=1,
    title="The old revision is retired, the new one is the family's latest",
    hints=(
        "Which operation takes a revision out of use without touching the tasks it started?",
        "DeregisterTaskDefinition wants family and revision, or the ARN, of the old one.",
    ),
)
def catalog_retired(lab: Session, answer: object) -> None:
    """The revision with 1 GB is INACTIVE and the family's name means the one with 2 GB."""
    ecs = lab.client("ecs")
    pages = ecs.list_task_definitions(familyPrefix="catalog", status="INACTIVE")
    inactive = pages["taskDefinitionArns"]
    if not inactive:
        raise NotAttempted
    old = registered(lab, answer, "catalog")
    if not ecs.list_task_definitions(familyPrefix="catalog")["taskDefinitionArns"]:
        raise NotYet(
            expected="one ACTIVE revision, with 2 GB",
            found="every revision of catalog is INACTIVE, so nobody can start the catalog",
            look_at='list_task_definitions(familyPrefix="catalog", status="ACTIVE")',
        )
    latest = ecs.describe_task_definition(taskDefinition="catalog")["taskDefinition"]
    where = 'describe_task_definition(taskDefinition="catalog") → taskDefinition'
    expect(latest["memory"], "2048", f"{where}.memory: did you retire the new revision?")
    expect(old["status"], "INACTIVE", f"{_WHERE}.status of catalog_arn")


def _expect_healthy(task: dict[str, Any], where: str) -> None:
    status, health = task["lastStatus"], task.get("healthStatus")
    if status == "STOPPED":
        raise NotYet(
            expected="a task that is RUNNING",
            found=f"it stopped: {task.get('stoppedReason', 'no reason given')}",
            look_at=f"{where}.stoppedReason",
        )
    expect(status, "RUNNING", f"{where}.lastStatus; give it time and try again")
    if health == "UNKNOWN":
        raise NotYet(
            expected="healthStatus HEALTHY",
            found="UNKNOWN: no health check of the definition has passed or failed so far",
            look_at=f"{where}.healthStatus, a minute later",
        )
    if health != "HEALTHY":
        raise NotYet(
            expected="healthStatus HEALTHY",
            found=f"{health}: the catalog runs, and its health command fails",
            look_at=f"the lines in the log group {LOG_GROUP}, which say why",
        )


def _fargate(lab: Session, answer: object, family: str) -> Definition:
    """Give the definition that the answer names, which AWS has checked for Fargate."""
    definition = registered(lab, answer, family)
    requires = definition.get("requiresCompatibilities", [])
    if "FARGATE" not in requires:
        raise NotYet(
            expected='requiresCompatibilities ["FARGATE"], so that AWS checks Fargate\'s rules',
            found=f"requiresCompatibilities {json.dumps(requires)}",
            look_at=f"{_WHERE}.requiresCompatibilities",
        )
    return definition


def _mended(lab: Session, answer: object, family: str) -> Definition:
    """Give a mended definition that is ACTIVE; a sentence of AWS as the answer is *not yet*."""
    definition = _fargate(lab, answer, family)
    expect(definition["status"], "ACTIVE", f"{_WHERE}.status")
    return definition


def _ports(definition: Definition) -> list[int]:
    return [
        mapping.get("containerPort")
        for container in definition["containerDefinitions"]
        for mapping in container["portMappings"]
    ]
