"""Network interfaces that an AWS service makes and holds, inside moto."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from moto.core.utils import utcnow
from moto.ec2.models.elastic_network_interfaces import NetworkInterface
from moto.ec2.utils import random_eni_attach_id

__all__ = ["ServiceInterface", "public_dns_name"]


@dataclass(frozen=True, slots=True)
class ServiceAttachment:
    """How the interface is attached, in the attributes that moto's answers read."""

    attach_time: datetime
    attachment_id: str
    device_index: int
    instance_id: str | None
    instance_owner_id: str
    delete_on_termination: bool = False
    network_card_index: int = 0
    status: str = "attached"


class ServiceInterface(NetworkInterface):
    """A network interface that belongs to a task or to a load balancer.

    EC2 shows it to the customer, who cannot change or delete it; AWS: eni, "Requester-managed
    network interfaces".

    Args:
        backend: moto's EC2 backend.
        subnet: moto's subnet.
        private_ip: the private address.
        group_ids: its security groups; empty takes the VPC's default group.
        public_ip: the public address, or None.
        description: the text that EC2 shows.
        requester: who made it: an alias such as ``amazon-elb``.
        kind: EC2's interface type.
        tags: its tags.
        instance_id: the instance that holds it; None when it is none of the customer's.
    """

    def __new__(cls, *_args: Any, **_kwargs: Any) -> Self:
        """Make one without moto's list of all instances ever made, which would never shrink."""
        return object.__new__(cls)

    def __init__(
        self,
        backend: Any,
        subnet: Any,
        private_ip: str,
        *,
        group_ids: Sequence[str],
        public_ip: str | None,
        description: str,
        requester: str,
        kind: str = "interface",
        tags: Mapping[str, str] | None = None,
        instance_id: str | None = None,
    ) -> None:
        super().__init__(
            backend,
            subnet,
            private_ip,
            device_index=1,
            group_ids=list(group_ids),
            description=description,
            tags=dict(tags or {}),
        )
        self.public_ip = public_ip
        self.status = "in-use"
        self.requester_id = requester
        self.requester_managed = True
        self.interface_type = kind
        self.attachment_id = random_eni_attach_id()
        self.attach_time = utcnow()
        self._attachment = ServiceAttachment(
            attach_time=self.attach_time,
            attachment_id=self.attachment_id,
            device_index=1,
            instance_id=instance_id,
            instance_owner_id=backend.account_id if instance_id else requester,
        )
        if public_ip:
            self.private_ip_addresses[0]["Association"] = self.association

    @property
    def attachment(self) -> Any:
        """The attachment; moto's own one exists only for interfaces of its instances."""
        return self._attachment

    @property
    def association(self) -> dict[str, Any]:
        """The public address, which belongs to Amazon's pool; moto names the customer as owner."""
        if self.public_ip is None:
            return {}
        return {
            "ipOwnerId": "amazon",
            "publicDnsName": public_dns_name(self.public_ip, self.ec2_backend.region_name),
            "publicIp": self.public_ip,
        }


def public_dns_name(address: str, region: str) -> str:
    """Return the name that EC2 gives a public address; AWS: vpc-dns, "DNS hostnames"."""
    domain = "compute-1" if region == "us-east-1" else f"{region}.compute"
    return f"ec2-{address.replace('.', '-')}.{domain}.amazonaws.com"
