"""What a task may change of its definition: the `overrides` of RunTask and StartTask."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ecslab.errors import AwsError
from ecslab.model.task_definition import accelerators, environment, identity, shape, size, volumes
from ecslab.model.task_definition.answer import INVALID_PARAMETER, Answer
from ecslab.model.task_definition.draft import Definition, Draft
from ecslab.model.task_definition.rule import Rule
from ecslab.model.task_definition.task_shapes import TASK_OVERRIDE

LONGEST = 8192
"""Characters that all overrides may have as JSON, its own characters included."""

_TASK_MEMBERS = ("cpu", "memory", "taskRoleArn", "executionRoleArn", "ephemeralStorage")
_REPLACED = (
    "command",
    "environmentFiles",
    "cpu",
    "memory",
    "memoryReservation",
    "resourceRequirements",
)

TOO_LONG = Answer(
    message="Container Overrides length must be at most 8192",
    source="botocore ecs RunTaskRequest.overrides",
    code=INVALID_PARAMETER,
)
UNKNOWN_CONTAINER = Answer(
    message="Override for container named {name} is not a container in the TaskDefinition.",
    source="botocore ecs ContainerOverride.name",
    code=INVALID_PARAMETER,
)
NO_NAME = Answer(
    message="Container override name should not be null or empty.",
    source="botocore ecs ContainerOverride.name",
    code=INVALID_PARAMETER,
    verified=False,
)
NO_ACCELERATORS = Answer(
    message="Unsupported field 'inferenceAcceleratorOverrides'.",
    source="botocore ecs TaskOverride.inferenceAcceleratorOverrides",
    code=INVALID_PARAMETER,
    verified=False,
)
ANSWERS = (TOO_LONG, UNKNOWN_CONTAINER, NO_NAME, NO_ACCELERATORS)

RULES: tuple[Rule, ...] = (
    identity.role_syntax,
    *size.CONTAINER_RULES,
    *environment.RULES,
    *accelerators.RULES,
    *volumes.RULES,
    *size.PLATFORM_RULES,
)
"""The rules that overrides can break, checked again on the definition as it is overridden."""


def apply(
    definition: Mapping[str, Any],
    overrides: Mapping[str, Any],
    *,
    launch_type: str,
    account: str,
    region: str,
) -> Definition:
    """Return a task definition as one task sees it.

    A container's variables are added to those of the definition; everything else that is overridden
    takes the place of the definition's. Images and secrets can't be overridden.

    Args:
        definition: a stored task definition.
        overrides: the members of botocore's TaskOverride.
        launch_type: where the task runs: EC2, FARGATE, EXTERNAL or MANAGED_INSTANCES.
        account: the AWS account id.
        region: the Region.

    Returns:
        A task definition of the same shape; the one that was given is not changed.

    Raises:
        AwsError: overrides that are too long, a container that the definition doesn't have, or a
            rule that the overridden definition breaks.
    """
    changes = shape.read(TASK_OVERRIDE, overrides)
    if not changes:
        return dict(definition)
    _check(definition, changes)
    effective = dict(definition)
    effective |= {member: changes[member] for member in _TASK_MEMBERS if member in changes}
    by_name = _merged(changes.get("containerOverrides", []))
    effective["containerDefinitions"] = [
        _container(container, by_name.get(container["name"], {}))
        for container in definition["containerDefinitions"]
    ]
    draft = Draft(effective, account, region)
    _check_rules(draft, launch_type)
    for member, value in (("cpu", draft.cpu), ("memory", draft.memory)):
        if value is not None:
            effective[member] = str(value)
    return effective


def _check(definition: Mapping[str, Any], changes: Definition) -> None:
    text = json.dumps(changes, ensure_ascii=False, separators=(",", ":"))
    if len(text) > LONGEST:
        raise TOO_LONG.error()
    if changes.get("inferenceAcceleratorOverrides"):
        raise NO_ACCELERATORS.error()
    names = {container["name"] for container in definition["containerDefinitions"]}
    for override in changes.get("containerOverrides", []):
        name = override.get("name")
        if not name:
            if override:
                raise NO_NAME.error()
        elif name not in names:
            raise UNKNOWN_CONTAINER.error(name=name)


def _merged(overrides: Iterable[Definition]) -> dict[str, Definition]:
    merged: dict[str, Definition] = {}
    for override in overrides:
        if override:
            merged.setdefault(override["name"], {}).update(override)
    return merged


def _container(container: Definition, override: Definition) -> Definition:
    effective = dict(container)
    effective |= {member: override[member] for member in _REPLACED if member in override}
    if "environment" in override:
        variables = container.get("environment", [])
        effective["environment"] = _environment(variables, override["environment"])
    return effective


def _environment(
    variables: Sequence[Definition], changes: Sequence[Definition]
) -> list[Definition]:
    values = {variable.get("name", ""): variable for variable in variables}
    values |= {change.get("name", ""): change for change in changes}
    return list(values.values())


def _check_rules(draft: Draft, launch_type: str) -> None:
    for rule in RULES:
        if rule.only and launch_type not in rule.only:
            continue
        violation = rule.violation(draft)
        if violation is not None:
            raise AwsError(INVALID_PARAMETER, violation.message)
