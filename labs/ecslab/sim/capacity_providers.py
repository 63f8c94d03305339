"""What the data plane keeps about capacity providers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ecslab.model.capacity_providers import ON
from ecslab.model.cluster import AUTO_SCALING_KIND, MANAGED_INSTANCES_KIND

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecslab.sim.entities import Account


@dataclass(slots=True)
class CapacityProvider:
    """A capacity provider that somebody has created.

    Args:
        name: its name.
        arn: its ARN.
        kind: EC2_AUTOSCALING or MANAGED_INSTANCES (botocore ecs CapacityProviderType).
        settings: botocore's AutoScalingGroupProvider or ManagedInstancesProvider.
        cluster: the name of the only cluster that a Managed Instances provider belongs to.
    """

    name: str
    arn: str
    kind: str
    settings: dict[str, Any]
    cluster: str | None = None
    tags: list[dict[str, str]] = field(default_factory=list)
    status: str = "ACTIVE"
    update_status: str | None = None
    update_reason: str | None = None

    @property
    def group(self) -> str:
        """Return the name of its Auto Scaling group; empty for Managed Instances."""
        return str(self.settings.get("autoScalingGroupArn", "")).rpartition("/")[2]

    @property
    def scaling(self) -> Mapping[str, Any]:
        """Return botocore's ManagedScaling."""
        found: Mapping[str, Any] = self.settings.get("managedScaling") or {}
        return found

    @property
    def scales(self) -> bool:
        """Return whether capacity is added for tasks that find none."""
        return self.kind == MANAGED_INSTANCES_KIND or self.scaling.get("status") == ON

    @property
    def protects(self) -> bool:
        """Return whether instances with tasks are kept from scale-in."""
        return self.settings.get("managedTerminationProtection") == ON

    @property
    def drains(self) -> bool:
        """Return whether instances are drained before they are terminated."""
        return self.settings.get("managedDraining") == ON


def kinds(account: Account) -> dict[str, str]:
    """Return the kind of each capacity provider that can be used, by name."""
    return {each.name: each.kind for each in account.providers.values() if each.status == "ACTIVE"}


def of_group(account: Account, group: str) -> CapacityProvider | None:
    """Return the capacity provider of an Auto Scaling group, given its name."""
    if not group:
        return None
    return next(
        (
            each
            for each in account.providers.values()
            if each.kind == AUTO_SCALING_KIND and each.group == group and each.status == "ACTIVE"
        ),
        None,
    )
