"""Capacity providers in the shape of botocore's ecs CapacityProvider."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecslab.model.cluster import AUTO_SCALING_KIND

if TYPE_CHECKING:
    from ecslab.sim.capacity_providers import CapacityProvider
    from ecslab.sim.entities import Account


def provider_view(provider: CapacityProvider, *, tags: bool) -> dict[str, Any]:
    """Return a capacity provider as DescribeCapacityProviders shows it.

    Args:
        provider: the capacity provider.
        tags: whether to include its tags.
    """
    grouped = provider.kind == AUTO_SCALING_KIND
    key = "autoScalingGroupProvider" if grouped else "managedInstancesProvider"
    view = {
        "capacityProviderArn": provider.arn,
        "name": provider.name,
        "cluster": provider.cluster,
        "status": provider.status,
        key: provider.settings,
        "updateStatus": provider.update_status,
        "updateStatusReason": provider.update_reason,
        "tags": list(provider.tags) if tags else [],
        "type": provider.kind,
    }
    return {name: value for name, value in view.items() if value is not None}


def fargate_view(account: Account, name: str) -> dict[str, Any]:
    """Return one of Fargate's own capacity providers."""
    return {
        "capacityProviderArn": account.arn(f"capacity-provider/{name}"),
        "name": name,
        "status": "ACTIVE",
        "type": name,
        "tags": [],
    }
