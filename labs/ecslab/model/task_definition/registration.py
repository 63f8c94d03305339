"""Registering a task definition: all rules in their order, then what ECS stores."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ecslab.errors import AwsError
from ecslab.model.task_definition import (
    accelerators,
    environment,
    host,
    identity,
    lifecycle,
    logs,
    network,
    ports,
    shape,
    size,
    tags,
    volumes,
)
from ecslab.model.task_definition.attributes import requires_attributes
from ecslab.model.task_definition.draft import AWSVPC, BRIDGE, HOST, Definition, Draft
from ecslab.model.task_definition.rule import EC2, PLATFORMS, Rule
from ecslab.model.task_definition.task_shapes import REGISTER_TASK_DEFINITION

RULES: tuple[Rule, ...] = (
    *identity.RULES,
    *size.CONTAINER_RULES,
    *ports.RULES,
    *lifecycle.RULES,
    *logs.RULES,
    *environment.RULES,
    *volumes.RULES,
    *network.RULES,
    *accelerators.RULES,
    *host.RULES,
    *size.PLATFORM_RULES,
)
"""Every rule of RegisterTaskDefinition; of two that are broken, the earlier one answers."""

_CONTAINER_DEFAULTS: Mapping[str, Any] = {
    "name": "",
    "image": "",
    "cpu": 0,
    "portMappings": [],
    "essential": True,
    "environment": [],
    "mountPoints": [],
    "volumesFrom": [],
    "systemControls": [],
}


def register(
    request: Mapping[str, Any],
    *,
    revision: int,
    account: str,
    region: str,
    registered_at: datetime,
    registered_by: str,
) -> Definition:
    """Check a RegisterTaskDefinition request, and return the task definition that ECS stores.

    Args:
        request: the request in botocore's shape.
        revision: the number that the family gives to this definition.
        account: the AWS account id.
        region: the Region.
        registered_at: when it is registered.
        registered_by: the ARN of the principal that registers it.

    Returns:
        The definition in the shape of botocore's TaskDefinition, with the defaults written out.

    Raises:
        AwsError: the first rule that the request breaks, in AWS's words.
    """
    draft = read(request, account=account, region=region)
    given_tags(request)
    compatibilities = check(draft)
    family = draft.request["family"]
    return _definition(draft) | {
        "taskDefinitionArn": arn(family, revision, account=account, region=region),
        "revision": revision,
        "status": "ACTIVE",
        "requiresAttributes": requires_attributes(draft),
        "compatibilities": compatibilities,
        "registeredAt": registered_at,
        "registeredBy": registered_by,
    }


def given_tags(request: Mapping[str, Any]) -> tags.Tags:
    """Return the tags of a RegisterTaskDefinition request.

    Raises:
        AwsError: they break a rule about tags.
    """
    only_tags = {"tags": request.get("tags")}
    return tags.merged([], shape.read(REGISTER_TASK_DEFINITION, only_tags).get("tags", []))


def read(request: Mapping[str, Any], *, account: str, region: str) -> Draft:
    """Return a request as the rules look at it.

    Raises:
        AwsError: a value has the wrong type, or is none of those that its shape allows.
    """
    return Draft(shape.read(REGISTER_TASK_DEFINITION, request), account, region)


def check(draft: Draft) -> list[str]:
    """Return the platforms on which a task definition can run.

    Raises:
        AwsError: it breaks a rule that holds everywhere, or one of a platform that it requires, or
            no platform is left; then what stands in the way of EC2 is the answer.
    """
    excluded: dict[str, AwsError] = {}
    for rule in RULES:
        violation = rule.violation(draft)
        if violation is None:
            continue
        if not rule.only or set(rule.only) & set(draft.requires):
            raise violation
        for platform in rule.only:
            excluded.setdefault(platform, violation)
    if len(excluded) == len(PLATFORMS):
        raise excluded[EC2]
    return [platform for platform in PLATFORMS if platform not in excluded]


def arn(family: str, revision: int, *, account: str, region: str) -> str:
    """Return the ARN of a task definition."""
    return f"arn:{partition(region)}:ecs:{region}:{account}:task-definition/{family}:{revision}"


def partition(region: str) -> str:
    """Return the part of AWS in which a Region lies, as ARNs name it."""
    for prefix in ("cn", "us-gov"):
        if region.startswith(f"{prefix}-"):
            return f"aws-{prefix}"
    return "aws"


def network_mode(definition: Mapping[str, Any]) -> str:
    """Return the network mode in force in a stored task definition; bridge when none is written.

    AWS: botocore ecs RegisterTaskDefinitionRequest.networkMode.
    """
    return definition.get("networkMode") or BRIDGE


def _definition(draft: Draft) -> Definition:
    stored: Definition = {"volumes": [], "placementConstraints": [], "enableFaultInjection": False}
    stored |= {key: value for key, value in draft.request.items() if key != "tags"}
    stored["containerDefinitions"] = [
        _container(container, draft.network_mode) for container in draft.containers
    ]
    stored["volumes"] = [_volume(volume) for volume in draft.volumes]
    for member, value in (("cpu", draft.cpu), ("memory", draft.memory)):
        if value is not None:
            stored[member] = str(value)
    return stored


def _container(container: Definition, mode: str) -> Definition:
    stored = {
        key: [] if isinstance(default, list) else default
        for key, default in _CONTAINER_DEFAULTS.items()
    } | container
    stored["portMappings"] = [_port_mapping(item, mode) for item in stored["portMappings"]]
    if "healthCheck" in stored:
        stored["healthCheck"] = {**lifecycle.HEALTH_CHECK_DEFAULTS, **stored["healthCheck"]}
    return stored


def _port_mapping(mapping: Definition, mode: str) -> Definition:
    stored = mapping | {"protocol": ports.protocol(mapping)}
    if "containerPort" in stored:
        fixed = stored["containerPort"] if mode in (AWSVPC, HOST) else 0
        stored.setdefault("hostPort", fixed)
    return stored


def _volume(volume: Definition) -> Definition:
    if volume.get("configuredAtLaunch") or any(kind in volume for kind in volumes.KINDS):
        stored = dict(volume)
    else:
        stored = {"host": {}} | volume
    if "efsVolumeConfiguration" in stored:
        efs = {"rootDirectory": "/"} | stored["efsVolumeConfiguration"]
        stored["efsVolumeConfiguration"] = efs
    return stored
