"""Rules about the settings of a Managed Instances capacity provider, and their defaults.

AWS: botocore ecs CreateManagedInstancesProviderConfiguration, UpdateManagedInstancesProvider-
Configuration, InstanceLaunchTemplate; infrastructure_IAM_role; ManagedInstances.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ecslab.model import capacity_provider_answers as answers
from ecslab.model.instance_requirements import conflicting_ranges

if TYPE_CHECKING:
    from ecslab.aws.ecs.operation import Call, Params

_CHOICES: Final = {
    "capacityOptionType": ("ON_DEMAND", "SPOT", "RESERVED"),
    "monitoring": ("BASIC", "DETAILED"),
    "propagateTags": ("CAPACITY_PROVIDER", "NONE"),
    "actionsStatus": ("ENABLED", "DISABLED"),
}
_STORAGE: Final = (30, 16384)
_DEFAULT_STORAGE: Final = 80
_SCALE_IN_AFTER: Final = (-1, 3600)


def managed_settings(call: Call, given: Params, before: dict[str, Any]) -> dict[str, Any]:
    """Return all settings of a provider, defaults filled in.

    Args:
        call: the call.
        given: what the request says.
        before: the settings so far; empty for a new provider.

    Raises:
        AwsError: what AWS refuses.
    """
    old = before.get("instanceLaunchTemplate") or {}
    template = {
        "monitoring": "BASIC",
        "capacityOptionType": "ON_DEMAND",
        "storageConfiguration": {"storageSizeGiB": _DEFAULT_STORAGE},
        **old,
        **given["instanceLaunchTemplate"],
    }
    settings = {"propagateTags": "NONE", **before, **given, "instanceLaunchTemplate": template}
    _check_values(settings, template)
    _check_outside(call, str(settings["infrastructureRoleArn"]), template)
    wanted = template.get("instanceRequirements") or {}
    conflict = conflicting_ranges(wanted)
    if conflict is not None:
        raise answers.BAD_RANGE.error(name=conflict)
    if wanted.get("allowedInstanceTypes") and wanted.get("excludedInstanceTypes"):
        raise answers.TWO_TYPE_LISTS.error()
    if not call.engine.managed.market.offers(wanted):
        raise answers.NO_TYPE.error()
    return settings


def _check_values(settings: dict[str, Any], template: dict[str, Any]) -> None:
    repair = settings.get("autoRepairConfiguration") or {}
    for name, values in _CHOICES.items():
        for place in (settings, template, repair):
            value = place.get(name)
            if value is not None and value not in values:
                raise answers.BAD_VALUE.error(value=value, name=name, values=",".join(values))
    optimization = settings.get("infrastructureOptimization") or {}
    storage = template["storageConfiguration"] or {}
    for name, value, (least, most) in (
        ("scaleInAfter", optimization.get("scaleInAfter"), _SCALE_IN_AFTER),
        ("storageSizeGiB", storage.get("storageSizeGiB"), _STORAGE),
    ):
        if value is not None and not least <= value <= most:
            raise answers.OUT_OF_RANGE.error(name=name, least=least, most=most)
    local = (template.get("localStorageConfiguration") or {}).get("useLocalStorage")
    if template.get("nitroEnclavesEnabled") and local:
        raise answers.SANDBOX_STORAGE.error()


def _check_outside(call: Call, role: str, template: dict[str, Any]) -> None:
    market = call.engine.managed.market
    if not market.assumable(role):
        raise answers.BAD_ROLE.error(role=role)
    profile = str(template["ec2InstanceProfileArn"])
    if not market.has_profile(profile):
        raise answers.BAD_PROFILE.error(profile=profile)
    network = template.get("networkConfiguration") or {}
    subnets = list(network.get("subnets") or ())
    if not subnets:
        raise answers.NO_SUBNETS.error()
    call.network.validate(subnets, list(network.get("securityGroups") or ()))
    if len({call.network.vpc_of(subnet) for subnet in subnets}) > 1:
        raise answers.SEVERAL_VPCS.error()
