"""EC2 capacity as ECS itself buys it for Managed Instances; `ecslab.aws` provides it from moto."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ecslab.model.managed_scaling import Shape


@dataclass(frozen=True, slots=True)
class Offer:
    """An instance type that fulfils requirements.

    Args:
        instance_type: its name.
        shape: what it offers to tasks.
        architecture: `x86_64` or `arm64`.
    """

    instance_type: str
    shape: Shape
    architecture: str


@dataclass(frozen=True, slots=True)
class Order:
    """One instance to launch.

    Args:
        instance_type: its type.
        subnets: where it may be, the preferred one first.
        settings: botocore's ManagedInstancesProvider.
        cluster: the cluster that it joins.
        provider: the name of the capacity provider.
        tags: tags of the provider that the instance gets.
    """

    instance_type: str
    subnets: Sequence[str]
    settings: Mapping[str, Any]
    cluster: str
    provider: str
    tags: Mapping[str, str]


class MarketPort(Protocol):
    """What ECS does in EC2 with the infrastructure role."""

    def assumable(self, role: str) -> bool:
        """Return whether ECS may assume an infrastructure role."""

    def has_profile(self, profile: str) -> bool:
        """Return whether an instance profile exists and has a role."""

    def offers(self, requirements: Mapping[str, Any]) -> Sequence[Offer]:
        """Return the instance types that fulfil requirements, the smallest first.

        Of equals the current generation comes first.
        """

    def launch(self, order: Order) -> str | None:
        """Launch an instance; return the reason when that is refused."""


class NoMarket:
    """An account without EC2, for tests of what needs none."""

    def assumable(self, role: str) -> bool:  # noqa: ARG002 - the protocol's
        """Return False: there is no role."""
        return False

    def has_profile(self, profile: str) -> bool:  # noqa: ARG002 - the protocol's
        """Return False: there is no profile."""
        return False

    def offers(self, requirements: Mapping[str, Any]) -> Sequence[Offer]:  # noqa: ARG002 - the protocol's
        """Return nothing: nobody sells instances."""
        return ()

    def launch(self, order: Order) -> str | None:  # noqa: ARG002 - the protocol's
        """Return the reason: nobody sells instances."""
        return "There is no EC2 capacity."
