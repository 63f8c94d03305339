"""The catalog's README, as the checks of module 03 hold a task definition against it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ecslab.course import bookshop
from ecslab.course.expectations import expect
from ecslab.course.outcomes import NotYet

__all__ = [
    "BUCKET",
    "IMAGE",
    "LOG_GROUP",
    "PORT",
    "TASK_ROLE",
    "expect_readme",
    "expect_role",
]

IMAGE = "catalog:1.4"
PORT = 8080
BUCKET = "bookshop-books"
LOG_GROUP = "/ecs/catalog"
TASK_ROLE = "catalog-task"

_SECRET = "bookshop/catalog"  # noqa: S105 - its name, not its value

_SHORTEST_STOP = 50
"""Seconds that the catalog needs to stop."""

_HEALTH = {"interval": 10, "startPeriod": 30}
"""Seconds between two checks of health, and at the start in which failures do not count."""

_WHERE = "describe_task_definition → taskDefinition"
_FAIL_OPTION = re.compile(r"\s(-[a-zA-Z]*f|--fail)")

Definition = dict[str, Any]
Difference = tuple[str, str, str]
"""What the README asks for, what the definition says, and the member that says it."""


def expect_role(definition: Definition, member: str, role: str) -> None:
    """End the check with *not yet* unless a definition has a role in a member.

    Args:
        definition: as DescribeTaskDefinition answers it.
        member: ``executionRoleArn`` or ``taskRoleArn``.
        role: the role's name.
    """
    found = str(definition.get(member, "")).rsplit("/", 1)[-1]
    if found != role:
        raise NotYet(
            expected=f"{member} is the ARN of the role {role}",
            found=f"the role {found}" if found else f"no {member}",
            look_at=f"{_WHERE}.{member}",
        )


def expect_readme(definition: Definition, memory: str) -> None:
    """End the check with *not yet* at the first thing that a definition says unlike the README.

    Args:
        definition: as DescribeTaskDefinition answers it.
        memory: the task's memory in MiB, as the API writes it.
    """
    expect(definition["cpu"], "512", f"{_WHERE}.cpu")
    expect(definition["memory"], memory, f"{_WHERE}.memory")
    expect_role(definition, "executionRoleArn", bookshop.EXECUTION_ROLE)
    expect_role(definition, "taskRoleArn", TASK_ROLE)
    containers = definition["containerDefinitions"]
    names = [container["name"] for container in containers]
    expect(names, ["catalog"], f"{_WHERE}.containerDefinitions[].name")
    for expected, found, member in _differences(containers[0]):
        where = f"{_WHERE}.containerDefinitions[0].{member}"
        raise NotYet(expected=expected, found=found, look_at=where)


def _differences(container: Definition) -> Iterator[Difference]:
    """Go through what a container does not do as its README says: expected, found, member."""
    registry, _, image = container["image"].rpartition("/")
    if image != IMAGE or ".dkr.ecr." not in registry:
        yield f"the image {IMAGE} in your own registry", container["image"], "image"
    ports = [mapping["containerPort"] for mapping in container["portMappings"]]
    if ports != [PORT]:
        yield f"containerPort {PORT}", f"container ports {ports}", "portMappings"
    yield from _variables(container)
    yield from _logs(container.get("logConfiguration"))
    yield from _health(container.get("healthCheck"))
    stop = container.get("stopTimeout")
    if stop is None or stop < _SHORTEST_STOP:
        found = f"{stop} seconds" if stop else "no stopTimeout, so it gets 30 seconds"
        yield f"at least {_SHORTEST_STOP} seconds to stop", found, "stopTimeout"


def _variables(container: Definition) -> Iterator[Difference]:
    plain = {item["name"]: item.get("value") for item in container["environment"]}
    if "DB_PASSWORD" in plain:
        found = "environment holds it in plain text, for everybody who may describe the definition"
        yield "DB_PASSWORD comes from the secret, by reference", found, "environment"
    for name, value in (("BOOKS_BUCKET", BUCKET), ("LOG_LEVEL", "info")):
        if plain.get(name) != value:
            found = f"it is {plain[name]!r}" if name in plain else "no such variable"
            yield f"the variable {name} is {value!r}", found, "environment"
    secrets = {item["name"]: item["valueFrom"] for item in container.get("secrets", [])}
    if "DB_PASSWORD" not in secrets:
        found = f"secrets for {sorted(secrets)}" if secrets else "no secrets"
        yield "a secret for DB_PASSWORD", found, "secrets"
    else:
        yield from _reference(secrets["DB_PASSWORD"])


def _reference(value_from: str) -> Iterator[Difference]:
    """Read the valueFrom of the password: ARN, then json-key, version-stage and version-id."""
    parts = value_from.split(":")
    expected = f"the key password of the secret {_SECRET}"
    if parts[2:3] != ["secretsmanager"]:
        found = f"{value_from}: a name that is no ARN is looked up in Parameter Store"
        yield expected, found, "secrets[0].valueFrom"
        return
    name, key, rest = parts[6], parts[7:8], parts[8:]
    if not name.startswith(_SECRET):
        yield expected, f"the secret {name}", "secrets[0].valueFrom"
    elif key in ([], [""]):
        yield expected, "the whole JSON document of the secret", "secrets[0].valueFrom"
    elif key != ["password"]:
        yield expected, f"its key {key[0]}", "secrets[0].valueFrom"
    elif rest != ["", ""]:
        found = f"{len(parts) - 7} of the three parts behind the ARN; empty ones keep their colon"
        yield expected, found, "secrets[0].valueFrom"


def _logs(log: Definition | None) -> Iterator[Difference]:
    if log is None:
        yield f"lines go to the log group {LOG_GROUP}", "no logConfiguration", "logConfiguration"
        return
    wanted = {
        "awslogs-group": LOG_GROUP,
        "awslogs-region": "us-east-1",
        "awslogs-stream-prefix": "catalog",
    }
    if log["logDriver"] != "awslogs":
        yield "the log driver awslogs", log["logDriver"], "logConfiguration.logDriver"
    for option, value in wanted.items():
        found = log.get("options", {}).get(option)
        if found != value:
            yield f"{option} is {value}", f"it is {found}", "logConfiguration.options"


def _health(check: Definition | None) -> Iterator[Difference]:
    if check is None:
        found = "no healthCheck; ECS does not read the Dockerfile's HEALTHCHECK"
        yield "a health check of the container", found, "healthCheck"
        return
    command = " ".join(check["command"])
    if "/health" not in command or str(PORT) not in command:
        yield f"a command that asks port {PORT} for /health", command, "healthCheck.command"
    elif "curl" in command and not _FAIL_OPTION.search(command):
        found = f"{command}: without -f curl is content with any answer, also with a 503"
        yield "a command that fails when /health answers 503", found, "healthCheck.command"
    for member, seconds in _HEALTH.items():
        if check.get(member, 0) != seconds:
            yield f"{member} {seconds}", f"{member} {check.get(member, 0)}", f"healthCheck.{member}"
