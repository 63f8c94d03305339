"""Rules about capacity providers with an Auto Scaling group: names, settings, defaults.

AWS: botocore ecs CreateCapacityProvider, UpdateCapacityProvider, AutoScalingGroupProvider,
ManagedScaling; cluster-auto-scaling.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from ecslab.model import capacity_provider_answers as answers

if TYPE_CHECKING:
    from collections.abc import Mapping

ON: Final = "ENABLED"
OFF: Final = "DISABLED"
ONE_OF: Final = (ON, OFF)

MANAGED_TAG: Final = "AmazonECSManaged"
"""The tag on an Auto Scaling group without which ECS does not scale it (cluster-auto-scaling)."""

SCALING_DEFAULTS: Final[Mapping[str, Any]] = {
    "status": OFF,
    "targetCapacity": 100,
    "minimumScalingStepSize": 1,
    "maximumScalingStepSize": 10000,
    "instanceWarmupPeriod": 300,
}
"""AWS shows these also without managed scaling (botocore ecs ManagedScaling)."""

_RANGES: Final = {
    "targetCapacity": (1, 100),
    "minimumScalingStepSize": (1, 10000),
    "maximumScalingStepSize": (1, 10000),
    "instanceWarmupPeriod": (0, 10000),
}
_SWITCHES: Final = ("managedTerminationProtection", "managedDraining")
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,255}")
_RESERVED: Final = ("aws", "ecs", "fargate")


def check_name(name: str) -> None:
    """Check the name of a capacity provider to create.

    Raises:
        AwsError: other characters, too long, or beginning with aws, ecs or fargate.
    """
    if not _NAME.fullmatch(name) or name.lower().startswith(_RESERVED):
        raise answers.BAD_NAME.error()


def group_provider(given: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of a provider with an Auto Scaling group, defaults filled in.

    A request that names managed scaling without a status turns it on; AWS does not say so.

    Args:
        given: botocore's AutoScalingGroupProvider or AutoScalingGroupProviderUpdate.
        before: the settings so far; empty for a new provider.

    Raises:
        AwsError: a value that is not allowed.
    """
    scaling = {**SCALING_DEFAULTS, **(before.get("managedScaling") or {})}
    if given.get("managedScaling") is not None:
        new = {} if before else {"status": ON}
        scaling |= new | dict(given["managedScaling"])
    _check_choice("status", scaling["status"])
    for name, (least, most) in _RANGES.items():
        if not least <= scaling[name] <= most:
            raise answers.OUT_OF_RANGE.error(name=name, least=least, most=most)
    if scaling["minimumScalingStepSize"] > scaling["maximumScalingStepSize"]:
        raise answers.STEPS.error()
    settings = {
        "managedTerminationProtection": OFF,
        "managedDraining": ON,
        **before,
        **{key: given[key] for key in ("autoScalingGroupArn", *_SWITCHES) if given.get(key)},
        "managedScaling": scaling,
    }
    for name in _SWITCHES:
        _check_choice(name, settings[name])
    return settings


def _check_choice(name: str, value: str) -> None:
    if value not in ONE_OF:
        raise answers.BAD_VALUE.error(value=value, name=name, values=",".join(ONE_OF))
