"""What AWS answers to wrong requests about managed daemons, and the words of their states."""

from __future__ import annotations

from typing import Final

from ecslab.model.failures import Failure
from ecslab.model.task_definition.answer import CLIENT, INVALID_PARAMETER, Answer

_CREATE: Final = "botocore ecs CreateDaemonRequest"
_DEPLOY: Final = "botocore ecs DaemonDeploymentConfiguration"
_GUIDE: Final = "AWS: managed-daemons-deployments"
_REPAIR: Final = "AWS: managed-daemons-auto-repair"


def _answer(message: str, source: str, code: str = INVALID_PARAMETER) -> Answer:
    return Answer(message=message, source=source, code=code, verified=False)


BAD_NAME = _answer(
    "The daemon name must have 1 to 255 letters, numbers, underscores, and hyphens.",
    f"{_CREATE}.daemonName",
)
NO_PROVIDERS = _answer(
    "At least one capacity provider is required.", f"{_CREATE}.capacityProviderArns"
)
REPEATED_PROVIDER = _answer(
    "A capacity provider can be specified only once.", f"{_CREATE}.capacityProviderArns"
)
UNKNOWN_PROVIDER = _answer(
    "The specified capacity provider {arn} was not found in the cluster.",
    f"{_CREATE}.capacityProviderArns",
)
OTHER_KIND = _answer(
    "The capacity provider {arn} is not of Amazon ECS Managed Instances. Managed daemons are"
    " supported for these only.",
    "botocore ecs CreateDaemon (note)",
)
NAME_TAKEN = _answer(
    "The cluster already has a daemon named {name}. Use UpdateDaemon to change it.",
    f"{_CREATE}.daemonName",
)
TOKEN_TAKEN = _answer(
    "The clientToken is already in use with a different CreateDaemon request.",
    f"{_CREATE}.clientToken",
)
BAD_PERCENT = _answer("drainPercent must be between 0.0 and 100.0.", f"{_DEPLOY}.drainPercent")
BAD_BAKE = _answer("bakeTimeInMinutes must be between 0 and {most}.", _GUIDE)
NO_ALARMS = _answer(
    "alarmNames can't be empty when alarms are enabled.", "botocore ecs DaemonAlarmConfiguration"
)
BAD_ARN = _answer(
    "The specified daemon ARN is invalid: {arn}", "botocore ecs DescribeDaemonRequest.daemonArn"
)
NOT_FOUND = _answer(
    "Daemon not found.", "botocore ecs DaemonNotFoundException", "DaemonNotFoundException"
)
NOT_LISTED = _answer("Daemon not found.", "botocore ecs ListDaemonDeployments, errors", CLIENT)
NOT_ACTIVE = _answer(
    "Daemon was not ACTIVE.", "botocore ecs DaemonNotActiveException", "DaemonNotActiveException"
)

DONE = Failure(
    "Deployment completed successfully.",
    "botocore ecs DescribeDaemonDeployments, example",
)
PENDING = Failure("The deployment is about to begin.", _GUIDE, verified=False)
IN_PROGRESS = Failure("Deployment in progress.", _GUIDE, verified=False)
SUPERSEDED = Failure("The deployment was replaced by a new deployment.", _GUIDE, verified=False)
BREAKER = Failure(
    "The deployment circuit breaker was triggered: too many daemon tasks failed to start.",
    "botocore ecs DaemonRollback.reason",
    verified=False,
)
ALARM = Failure(
    "CloudWatch alarms were triggered: {names}.",
    "botocore ecs DaemonDeploymentAlarms",
    verified=False,
)
STARTS_NOT = Failure(
    "Task failed to reach RUNNING status: {reason}",
    "AWS: managed-daemons-events, example of TASK_FAILED_TO_RUN",
)
NOT_CREATED = Failure(
    "{code} - Unable to place daemon task on container instance: insufficient {what}",
    "AWS: managed-daemons-events, example of TASK_CREATION_FAILED",
)
NOT_PLACED = Failure(
    "{code} - Unable to place daemon task on container instance",
    "AWS: managed-daemons-events",
    verified=False,
)
DRAINED = Failure(
    "The container instance has drained, and its daemon tasks stop last.",
    "AWS: managed-daemons",
    verified=False,
)
IMPAIRED = Failure(
    "The critical daemon {name} of the container instance failed.", _REPAIR, verified=False
)
ANSWERS = tuple(value for value in list(globals().values()) if isinstance(value, Answer))
"""Every refusal of this module."""
