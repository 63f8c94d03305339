"""EC2 instances as container instances need them, read from moto."""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import moto
from moto.ec2.models import ec2_backends

from ecslab.aws.iam_directory import profile_roles
from ecslab.aws.instance_shapes import instance_types
from ecslab.sim.machines import PROVIDER_TAG, Machine
from ecslab.sim.ports import Interface

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ecslab.aws.iam_roles import Roles
    from ecslab.aws.network import Network

_EC2: Final = "ec2.amazonaws.com"
_SSM: Final = "ssm.amazonaws.com"
_ASG_TAG: Final = "aws:autoscaling:groupName"
_UNKNOWN_TYPE: Final = 1740
"""MiB of a type that EC2 does not know: those of m1.small, which moto takes by default."""


class Machines:
    """The EC2 instances of an account and Region.

    Args:
        account: the account's id.
        region: the Region.
        network: its VPCs.
        roles: what IAM says about roles.
    """

    def __init__(self, account: str, region: str, network: Network, roles: Roles) -> None:
        self._account = account
        self._region = region
        self._network = network
        self._roles = roles
        self._servers: dict[str, tuple[Machine, str]] = {}

    def add_server(self, machine: Machine, role: str) -> None:
        """Add a server outside of AWS, whose agent has the credentials of a role.

        AWS: ecs-anywhere (Systems Manager gives them, and renews them every 30 minutes).
        """
        self._servers[machine.id] = (machine, role)

    def find(self, instance: str) -> Machine | None:
        """Return a running EC2 instance or server by id."""
        if instance in self._servers:
            return self._servers[instance][0]
        found = self._moto(instance)
        if found is None or found.state != "running" or 0 not in found.nics:
            return None
        interface = self._interface(found)
        images = _optimized_images(self._region)
        facts = instance_types().get(found.instance_type) or {}
        tags = {tag["key"]: tag["value"] for tag in found.get_tags()}
        return Machine(
            id=found.id,
            instance_type=found.instance_type,
            image=str(found.image_id),
            optimized=found.image_id in images,
            agent_version=images.get(str(found.image_id), ""),
            zone=interface.zone,
            subnet=interface.subnet,
            architecture=_architecture(facts),
            vcpus=int(facts.get("VCpuInfo", {}).get("DefaultVCpus", 1)),
            memory=int(facts.get("MemoryInfo", {}).get("SizeInMiB", _UNKNOWN_TYPE)),
            interfaces=int(facts.get("NetworkInfo", {}).get("MaximumNetworkInterfaces", 2)),
            gpus=sum(int(each["Count"]) for each in facts.get("GpuInfo", {}).get("Gpus", ())),
            user_data=_decoded(found.user_data),
            interface=interface,
            group=tags.get(_ASG_TAG, ""),
            spot=found.lifecycle == "spot",
            provider=tags.get(PROVIDER_TAG, ""),
        )

    def role(self, instance: str) -> str | None:
        """Return the ARN of the role that EC2 gives the instance, if it can assume one."""
        if instance in self._servers:
            role = self._servers[instance][1]
            return role if self._roles.assumable(role, _SSM) else None
        associated = self._backend().iam_instance_profile_associations.get(instance)
        if associated is None:
            return None
        roles = profile_roles(str(associated.iam_instance_profile.arn), self._account)
        return next((role for role in roles if self._roles.assumable(role, _EC2)), None)

    def permits(self, role: str, action: str, resource: str) -> bool:
        """Return whether a role may do something."""
        return self._roles.permits(role, action, resource).allowed

    def terminate(self, instances: Sequence[str]) -> None:
        """Terminate EC2 instances, as a failure of their hardware does."""
        instances = [each for each in instances if self._servers.pop(each, None) is None]
        if not instances:
            return
        from moto.autoscaling.models import autoscaling_backends

        groups = autoscaling_backends[self._account][self._region]
        groups.notify_terminate_instances(list(instances))
        self._backend().terminate_instances(list(instances))

    def in_zone(self, zone: str) -> list[str]:
        """Return the ids of the EC2 instances that run in an Availability Zone."""
        return [
            each.id
            for each in self._backend().all_instances()
            if each.state == "running" and each.placement.zone == zone
        ]

    def _moto(self, instance: str) -> Any:
        return self._backend().get_instance_by_id(instance)

    def _backend(self) -> Any:
        return ec2_backends[self._account][self._region]

    def _interface(self, instance: Any) -> Interface:
        made = self._network.instance_interface(instance.id)
        if made is None:
            message = f"The EC2 instance {instance.id} has no network interface."
            raise LookupError(message)
        return Interface(
            id=made.id,
            private_ip=made.private_ip,
            subnet=made.subnet,
            groups=tuple(made.groups or ()),
            mac=made.mac_address,
            zone=self._network.zones_of([made.subnet]).get(made.subnet, ""),
            public_ip=made.public_ip,
            dns_name=made.private_dns_name,
            vpc=self._network.vpc_of(made.subnet),
        )


def _decoded(user_data: Any) -> str:
    if user_data is None:
        return ""
    try:
        return str(user_data.decode())
    except UnicodeDecodeError:
        return ""


def _architecture(facts: dict[str, Any]) -> str:
    supported = facts.get("ProcessorInfo", {}).get("SupportedArchitectures") or ["x86_64"]
    return "arm64" if "arm64" in supported else "x86_64"


@cache
def _optimized_images(region: str) -> dict[str, str]:
    """Return the ECS-optimized AMIs in moto's Parameter Store: id → version of the agent."""
    folder = Path(moto.__file__).parent / "ssm" / "resources" / "ecs" / "optimized_amis"
    file = folder / f"{region}.json.gz"
    if not file.exists():
        return {}
    with gzip.open(file, "rt", encoding="utf-8") as text:
        return dict(_images(json.load(text)))


def _images(tree: Any) -> Iterator[tuple[str, str]]:
    if isinstance(tree, dict):
        if isinstance(tree.get("image_id"), str):
            yield tree["image_id"], str(tree.get("ecs_agent_version", ""))
        for branch in tree.values():
            yield from _images(branch)
