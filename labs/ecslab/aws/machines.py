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
from ecslab.sim.machines import Machine
from ecslab.sim.ports import Interface

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecslab.aws.iam_roles import Roles
    from ecslab.aws.network import Network

_EC2: Final = "ec2.amazonaws.com"
_ASG_TAG: Final = "aws:autoscaling:groupName"
_GROUP_MADE_FOR: Final = ("m1.small", 1, 1740, 2)


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

    def find(self, instance: str) -> Machine | None:
        """Return a running EC2 instance by id."""
        found = self._moto(instance)
        if found is None or found.state != "running" or 0 not in found.nics:
            return None
        interface = self._interface(found)
        facts = _instance_types().get(found.instance_type) or {}
        tags = {tag["key"]: tag["value"] for tag in found.get_tags()}
        return Machine(
            id=found.id,
            instance_type=found.instance_type,
            image=str(found.image_id),
            optimized=found.image_id in _optimized_images(self._region),
            zone=interface.zone,
            subnet=interface.subnet,
            architecture=_architecture(facts),
            vcpus=int(facts.get("VCpuInfo", {}).get("DefaultVCpus", 1)),
            memory=int(facts.get("MemoryInfo", {}).get("SizeInMiB", _GROUP_MADE_FOR[2])),
            interfaces=int(facts.get("NetworkInfo", {}).get("MaximumNetworkInterfaces", 2)),
            gpus=sum(int(each["Count"]) for each in facts.get("GpuInfo", {}).get("Gpus", ())),
            user_data=_decoded(found.user_data),
            interface=interface,
            group=tags.get(_ASG_TAG, ""),
            spot=found.lifecycle == "spot",
        )

    def role(self, instance: str) -> str | None:
        """Return the ARN of the role that EC2 gives the instance, if it can assume one."""
        found = self._moto(instance)
        if found is None:
            return None
        associated = self._backend().iam_instance_profile_associations.get(instance)
        profile = found.iam_instance_profile or {}
        reference = (
            associated.iam_instance_profile.arn
            if associated
            else profile.get("Arn") or profile.get("Name") or profile.get("arn")
        )
        if not reference:
            return None
        roles = profile_roles(str(reference), self._account)
        return next((role for role in roles if self._roles.assumable(role, _EC2)), None)

    def permits(self, role: str, action: str, resource: str) -> bool:
        """Return whether a role may do something."""
        return self._roles.permits(role, action, resource).allowed

    def terminate(self, instances: Sequence[str]) -> None:
        """Terminate EC2 instances, as a failure of their hardware does."""
        from moto.autoscaling.models import autoscaling_backends  # noqa: PLC0415 - costly, rare

        groups = autoscaling_backends[self._account][self._region]
        groups.notify_terminate_instances(list(instances))
        self._backend().terminate_instances(list(instances))

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
def _instance_types() -> dict[str, Any]:
    from moto.ec2.models.instance_types import INSTANCE_TYPES  # noqa: PLC0415 - loaded when needed

    return INSTANCE_TYPES


@cache
def _optimized_images(region: str) -> frozenset[str]:
    """Return the ids of the ECS-optimized AMIs that moto's Parameter Store lists for a Region."""
    folder = Path(moto.__file__).parent / "ssm" / "resources" / "ecs" / "optimized_amis"
    file = folder / f"{region}.json.gz"
    if not file.exists():
        return frozenset()
    with gzip.open(file, "rt", encoding="utf-8") as text:
        return frozenset(_image_ids(json.load(text)))


def _image_ids(tree: Any) -> list[str]:
    if not isinstance(tree, dict):
        return []
    found = [str(tree["image_id"])] if isinstance(tree.get("image_id"), str) else []
    return found + [image for branch in tree.values() for image in _image_ids(branch)]
