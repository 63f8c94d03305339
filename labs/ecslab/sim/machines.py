"""EC2 instances as the ECS agents on them need them; `ecslab.aws` provides them from moto."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecslab.sim.ports import Interface


PROVIDER_TAG = "aws:ecs:capacity-provider"
"""The tag with the provider's name on instances that ECS manages; AWS does not publish its name."""


@dataclass(frozen=True, slots=True)
class Machine:
    """One EC2 instance.

    Args:
        id: the EC2 instance id.
        instance_type: such as `t3.medium`.
        image: the AMI id.
        optimized: whether the AMI is known to be an ECS-optimized one, with an agent that starts
            without any user data.
        zone: the Availability Zone.
        subnet: the subnet of its primary interface.
        architecture: `x86_64` or `arm64`.
        vcpus: virtual CPUs.
        memory: the type's memory in MiB.
        interfaces: the most network interfaces that the type can have.
        gpus: GPUs.
        user_data: the decoded user data.
        interface: the primary network interface.
        agent_version: the version of the agent in the AMI, when it is known.
        group: the name of the Auto Scaling group that launched it; empty without one.
        spot: whether it is a Spot Instance.
        provider: the name of the Managed Instances provider that launched it; empty without one.
        external: whether it is a server outside of AWS (ECS Anywhere).
    """

    id: str
    instance_type: str
    image: str
    optimized: bool
    zone: str
    subnet: str
    architecture: str
    vcpus: int
    memory: int
    interfaces: int
    gpus: int
    user_data: str
    interface: Interface
    agent_version: str = ""
    group: str = ""
    spot: bool = False
    provider: str = ""
    external: bool = False


class MachinesPort(Protocol):
    """Amazon EC2, as far as container instances go."""

    def find(self, instance: str) -> Machine | None:
        """Return a running EC2 instance by id."""

    def role(self, instance: str) -> str | None:
        """Return the ARN of the role that EC2 gives the instance, if it can assume one."""

    def permits(self, role: str, action: str, resource: str) -> bool:
        """Return whether a role may do something."""

    def terminate(self, instances: Sequence[str]) -> None:
        """Terminate EC2 instances, as a failure of their hardware does."""

    def in_zone(self, zone: str) -> Sequence[str]:
        """Return the ids of the EC2 instances that run in an Availability Zone."""

    def add_server(self, machine: Machine, role: str) -> None:
        """Add a server outside of AWS, whose agent has the credentials of a role."""


class NoMachines:
    """An account without EC2, for tests of what needs none."""

    def find(self, instance: str) -> Machine | None:
        """Return None: there is no instance."""

    def role(self, instance: str) -> str | None:
        """Return None: there is no instance."""

    def permits(self, role: str, action: str, resource: str) -> bool:  # noqa: ARG002 - the protocol's
        """Return False: there is nobody to ask."""
        return False

    def terminate(self, instances: Sequence[str]) -> None:
        """Do nothing: there is no instance."""

    def in_zone(self, zone: str) -> Sequence[str]:  # noqa: ARG002 - the protocol's
        """Return nothing: there is no instance."""
        return ()

    def add_server(self, machine: Machine, role: str) -> None:
        """Do nothing: nobody asks for it."""
