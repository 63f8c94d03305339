"""Rules of services with an external deployment controller, and of their task sets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ecslab.model import client_tokens
from ecslab.model.task_definition.answer import INVALID_PARAMETER, Answer

if TYPE_CHECKING:
    from collections.abc import Mapping

_EXTERNAL: Final = "AWS: deployment-type-external"
_LONGEST_TOKEN: Final = 36
_MOST: Final = 5
_WHOLE: Final = 100.0
# What a task set fixes (botocore ecs CreateTaskSetRequest).
_OF_TASK_SETS: Final = (
    "taskDefinition",
    "launchType",
    "capacityProviderStrategy",
    "networkConfiguration",
    "loadBalancers",
    "serviceRegistries",
    "platformVersion",
)
# What UpdateService can change (botocore ecs UpdateService, services with an external controller).
_UPDATABLE: Final = (
    *("cluster", "service", "desiredCount", "placementConstraints", "placementStrategy"),
    *("healthCheckGracePeriodSeconds", "enableECSManagedTags", "propagateTags"),
)


def _invalid(message: str, source: str) -> Answer:
    return Answer(message=message, source=source, code=INVALID_PARAMETER, verified=False)


NOT_OF_SERVICE: Final = _invalid(
    "The {member} parameter is not supported with the EXTERNAL deployment controller; specify it"
    " with CreateTaskSet.",
    "botocore ecs CreateService (only what task sets do not control)",
)
NOT_UPDATABLE: Final = _invalid(
    "The {member} of a service with the EXTERNAL deployment controller can't be updated; create a"
    " new task set.",
    "botocore ecs UpdateService",
)
NO_TASK_SETS: Final = Answer(
    message="Amazon ECS only supports task set management on services configured to use external"
    " deployment controllers.",
    source="AWS: captured InvalidParameterException of CreateTaskSet and DescribeTaskSets",
    code=INVALID_PARAMETER,
)
TOO_MANY: Final = Answer(
    message="{count} deployments exist on the service. Unable to create new TaskSet since this"
    " exceeds the maximum limit.",
    source="AWS: captured InvalidParameterException of CreateTaskSet",
    code=INVALID_PARAMETER,
)
BAD_REFERENCE: Final = Answer(
    message="Task Set Identifier is invalid",
    source="AWS: captured InvalidParameterException of DescribeTaskSets, for the ARN of a task",
    code=INVALID_PARAMETER,
)
BAD_SCALE: Final = _invalid("The scale value must be between 0 and 100.", "botocore ecs Scale")
BAD_UNIT: Final = _invalid(
    "{unit} is not a valid unit. Must be one of [PERCENT]", "botocore ecs Scale.unit"
)
ONE_TARGET_GROUP: Final = _invalid(
    "Multiple target groups are not supported for external deployments.",
    "botocore ecs UpdateServiceRequest.loadBalancers",
)
SCALED: Final = _invalid(
    "The task set can't be deleted while it is scaled above 0; use force.",
    "botocore ecs DeleteTaskSetRequest.force",
)
NOT_FOUND: Final = Answer(
    message="The specified task set does not exist.",
    source="botocore ecs TaskSetNotFoundException",
    code="TaskSetNotFoundException",
    verified=False,
)
DEPLOYMENTS_ACTIVE: Final = Answer(
    message="The service cannot be stopped while deployments are active.",
    source=_EXTERNAL,
    code=INVALID_PARAMETER,
)


def check_new_service(params: Mapping[str, Any]) -> None:
    """Refuse what belongs to a task set in a new service with an external controller.

    Raises:
        AwsError: InvalidParameterException.
    """
    for member in _OF_TASK_SETS:
        if params.get(member):
            raise NOT_OF_SERVICE.error(member=member)


def check_update(params: Mapping[str, Any]) -> None:
    """Refuse a change of what a task set fixes.

    Raises:
        AwsError: InvalidParameterException.
    """
    for member, value in params.items():
        if member not in _UPDATABLE and value not in (None, False, [], {}):
            raise NOT_UPDATABLE.error(member=member)


def check_new_task_set(params: Mapping[str, Any]) -> None:
    """Refuse a new task set for what the request says by itself.

    Raises:
        AwsError: InvalidParameterException.
    """
    client_tokens.check(params.get("clientToken"), _LONGEST_TOKEN)
    if len(params.get("loadBalancers") or []) > 1:
        raise ONE_TARGET_GROUP.error()


def check_count(count: int) -> None:
    """Refuse another task set for a service that has all it can have.

    Args:
        count: how many there are, those that are on their way out among them.

    Raises:
        AwsError: InvalidParameterException.
    """
    if count >= _MOST:
        raise TOO_MANY.error(count=count)


def check_reference(reference: str) -> None:
    """Refuse the ARN of something else where a task set is meant.

    Raises:
        AwsError: InvalidParameterException.
    """
    if reference.startswith("arn:") and ":task-set/" not in reference:
        raise BAD_REFERENCE.error()


def scale_of(params: Mapping[str, Any]) -> float:
    """Return the percentage of a request; all of the service's desired count when it has none.

    Raises:
        AwsError: InvalidParameterException.
    """
    scale = params.get("scale") or {}
    unit, value = scale.get("unit", "PERCENT"), scale.get("value")
    if unit != "PERCENT":
        raise BAD_UNIT.error(unit=unit)
    if value is None:
        return _WHOLE
    if not 0 <= value <= _WHOLE:
        raise BAD_SCALE.error()
    return float(value)
