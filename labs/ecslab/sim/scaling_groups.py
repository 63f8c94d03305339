"""Auto Scaling groups as capacity providers need them; `ecslab.aws` provides them from moto."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from ecslab.model.managed_scaling import Shape

HOOK = "ecs-managed-draining-termination-hook"
"""The lifecycle hook of managed draining (managed-instance-draining)."""

_POLICY = "ECSManagedAutoScalingPolicy-"


def policy_name(identifier: str) -> str:
    """Return the name of the scaling policy of a capacity provider, for a fresh UUID."""
    return f"{_POLICY}{identifier}"


def alarm_name(group: str, policy: str, side: str) -> str:
    """Return the name of one of the two alarms of a scaling policy.

    Args:
        group: the name of the Auto Scaling group.
        policy: the name of the policy.
        side: High or Low.
    """
    return f"TargetTracking-{group}-Alarm{side}-{policy.removeprefix(_POLICY)}"


@dataclass(frozen=True, slots=True)
class ScalingGroup:
    """One Auto Scaling group.

    Args:
        name: its name.
        arn: its ARN.
        least: the minimum capacity.
        most: the maximum capacity.
        desired: the desired capacity.
        instances: the EC2 instances that are in service, with the seconds of their launch.
        protects_new: whether new instances are protected from scale-in.
        managed: whether it has the tag without which ECS leaves it alone.
        weighted: whether its instance types have weights.
        shapes: what its instance types offer to tasks.
    """

    name: str
    arn: str
    least: int
    most: int
    desired: int
    instances: Mapping[str, float]
    protects_new: bool
    managed: bool
    weighted: bool
    shapes: tuple[Shape, ...]


class ScalingGroupsPort(Protocol):
    """Amazon EC2 Auto Scaling, as far as capacity providers go."""

    def find(self, reference: str) -> ScalingGroup | None:
        """Return a group by name or ARN."""

    def resize(self, group: str, desired: int, cause: str) -> None:
        """Set the desired capacity of a group."""

    def protect(self, group: str, instances: Sequence[str], *, on: bool) -> None:
        """Protect instances from scale-in, or no longer."""

    def tag(self, group: str) -> None:
        """Put the tag of managed capacity on a group and its instances."""

    def put_policy(
        self, group: str, policy: str, provider: str, cluster: str, settings: Mapping[str, Any]
    ) -> str:
        """Make the target tracking policy of managed scaling; return its ARN."""

    def delete_policy(self, policy: str) -> None:
        """Delete the policy."""

    def put_hook(self, group: str) -> None:
        """Make the lifecycle hook of managed draining."""

    def delete_hook(self, group: str) -> None:
        """Delete that hook."""

    def complete(self, group: str, instance: str) -> None:
        """Let a termination go on that waits for managed draining."""

    def listen(self, listener: Callable[[str, str], None]) -> None:
        """Have `listener` called with group and instance when a termination begins to wait."""

    def lose_zone(self, zone: str) -> None:
        """Launch nothing in an Availability Zone from now on."""

    def recover_zone(self, zone: str) -> None:
        """Launch there again."""


class NoScalingGroups:
    """An account without Auto Scaling, for tests of what needs none."""

    def find(self, reference: str) -> ScalingGroup | None:  # noqa: ARG002 - the protocol's
        """Return None: there is no group."""
        return None

    def resize(self, group: str, desired: int, cause: str) -> None:
        """Do nothing: there is no group."""

    def protect(self, group: str, instances: Sequence[str], *, on: bool) -> None:
        """Do nothing: there is no group."""

    def tag(self, group: str) -> None:
        """Do nothing: there is no group."""

    def put_policy(
        self,
        group: str,  # noqa: ARG002 - the protocol's
        policy: str,
        provider: str,  # noqa: ARG002 - the protocol's
        cluster: str,  # noqa: ARG002 - the protocol's
        settings: Mapping[str, Any],  # noqa: ARG002 - the protocol's
    ) -> str:
        """Return the policy's name: there is no group."""
        return policy

    def delete_policy(self, policy: str) -> None:
        """Do nothing: there is no group."""

    def put_hook(self, group: str) -> None:
        """Do nothing: there is no group."""

    def delete_hook(self, group: str) -> None:
        """Do nothing: there is no group."""

    def complete(self, group: str, instance: str) -> None:
        """Do nothing: there is no group."""

    def listen(self, listener: Callable[[str, str], None]) -> None:
        """Do nothing: no group ever changes."""

    def lose_zone(self, zone: str) -> None:
        """Do nothing: there is no group."""

    def recover_zone(self, zone: str) -> None:
        """Do nothing: there is no group."""
