"""EC2 capacity for Managed Instances, launched with the infrastructure role on moto's EC2."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from moto.core.exceptions import ServiceException
from moto.core.types import Base64EncodedString
from moto.ec2.models import ec2_backends

from ecslab.aws.iam_directory import profile_roles
from ecslab.aws.instance_shapes import instance_types, shape_of
from ecslab.model.instance_requirements import fulfils
from ecslab.sim.instance_market import Offer
from ecslab.sim.machines import PROVIDER_TAG

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from ecslab.aws.iam_roles import Roles
    from ecslab.sim.instance_market import Order

_ECS: Final = "ecs.amazonaws.com"
_EC2: Final = "ec2.amazonaws.com"
_DEFAULT: Final[Mapping[str, Any]] = {
    "vCpuCount": {"min": 2, "max": 32},
    "memoryMiB": {"min": 4096},
}
"""What is bought without requirements: AWS chooses cost-optimized general types by itself."""
_GENERAL: Final = ("c", "m", "r")
_IMAGE: Final = "ami-0b0771e50c4e70ec5"
"""The Bottlerocket AMI that ECS chooses; nobody else can."""


class InstanceMarket:
    """Buys instances in an account and Region.

    Args:
        account: the account's id.
        region: the Region.
        roles: what IAM says about roles.
        lost: the Availability Zones that have nothing to sell.
    """

    def __init__(
        self, account: str, region: str, roles: Roles, lost: Callable[[], Collection[str]]
    ) -> None:
        self._account = account
        self._region = region
        self._roles = roles
        self._lost = lost

    def assumable(self, role: str) -> bool:
        """Return whether ECS may assume an infrastructure role."""
        return self._roles.assumable(role, _ECS)

    def has_profile(self, profile: str) -> bool:
        """Return whether an instance profile exists and has a role."""
        return bool(profile_roles(profile, self._account))

    def offers(self, requirements: Mapping[str, Any]) -> Sequence[Offer]:
        """Return the instance types that fulfil requirements, the smallest first."""
        found = []
        for name, facts in instance_types().items():
            if not requirements and not name.startswith(_GENERAL):
                continue
            shape = shape_of(name, trunking=True)
            if shape is not None and fulfils(name, facts, requirements or _DEFAULT):
                kinds = facts.get("ProcessorInfo", {}).get("SupportedArchitectures") or ()
                architecture = "arm64" if "arm64" in kinds else "x86_64"
                size = (shape.cpu, shape.memory, not facts.get("CurrentGeneration"), name)
                found.append((size, Offer(name, shape, architecture)))
        return [offer for _, offer in sorted(found, key=lambda each: each[0])]

    def launch(self, order: Order) -> str | None:
        """Launch an instance; return the reason when that is refused."""
        template = order.settings["instanceLaunchTemplate"]
        profile = str(template["ec2InstanceProfileArn"])
        refused = self._refused(str(order.settings["infrastructureRoleArn"]), profile)
        if refused is not None:
            return refused
        backend: Any = ec2_backends[self._account][self._region]
        lost = self._lost()
        subnet = next(
            (s for s in order.subnets if backend.get_subnet(s).availability_zone not in lost), None
        )
        if subnet is None:
            return "InsufficientInstanceCapacity"
        text = f"#!/bin/bash\necho ECS_CLUSTER={order.cluster} >> /etc/ecs/ecs.config\n"
        tags = {"AmazonECSManaged": "true", PROVIDER_TAG: order.provider, **order.tags}
        spot = template.get("capacityOptionType") == "SPOT"
        try:
            made = backend.run_instances(
                _IMAGE,
                1,
                Base64EncodedString.from_raw_string(text),
                [],
                instance_type=order.instance_type,
                security_group_ids=list(template["networkConfiguration"].get("securityGroups", ())),
                subnet_id=subnet,
                associate_public_ip=None,
                is_instance_type_default=False,
                region_name=self._region,
                tags={"instance": tags},
                lifecycle="spot" if spot else None,
                iam_instance_profile_arn=profile,
            )
            backend.associate_iam_instance_profile(
                made.instances[0].id, iam_instance_profile_arn=profile
            )
        except ServiceException as error:
            return str(error.message)
        return None

    def _refused(self, role: str, profile: str) -> str | None:
        """Return what the infrastructure role may not do.

        MP: AmazonECSInfrastructureRolePolicyForManagedInstances (CreateFleet with the tag
        AmazonECSManaged, PassRole to EC2 for roles named ecsInstanceRole*).
        """
        place = f"arn:aws:ec2:{self._region}:{self._account}"
        checks = [
            ("ec2:CreateFleet", f"{place}:instance/*", {"aws:RequestTag/AmazonECSManaged": "true"})
        ]
        checks += [
            ("iam:PassRole", passed, {"iam:PassedToService": _EC2})
            for passed in profile_roles(profile, self._account)
        ]
        for action, resource, context in checks:
            if not self._roles.permits(role, action, resource, context=context).allowed:
                return (
                    f"The infrastructure role {role} is not authorized to perform: {action} on"
                    f" resource: {resource}"
                )
        return None
