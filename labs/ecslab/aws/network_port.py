"""Gives the simulated tasks what they need of the network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecslab.aws.network import Network, NetworkInterfaceError
from ecslab.model.network import NetworkInterface, Path, to_internet, to_service
from ecslab.sim.ports import Interface, Route

if TYPE_CHECKING:
    from collections.abc import Sequence

_OUTSIDE = Route(reachable=True, hops=("a server outside of AWS has its own way out",))


class TaskNetwork:
    """Interfaces of tasks, and what they reach.

    Args:
        network: the VPCs of the account.
        region: the Region.
    """

    def __init__(self, network: Network, region: str) -> None:
        self._network = network
        self._region = region

    def attach(
        self,
        subnet: str,
        groups: Sequence[str],
        *,
        public: bool,
        description: str,
        instance: str | None = None,
    ) -> Interface | str:
        """Create an interface, or return the reason why there is none."""
        try:
            made = self._network.allocate(
                subnet, groups, public_ip=public, description=description, instance_id=instance
            )
        except NetworkInterfaceError as error:
            return str(error)
        return Interface(
            id=made.id,
            private_ip=made.private_ip,
            subnet=made.subnet,
            groups=tuple(made.groups or ()),
            mac=made.mac_address,
            zone=self.zone_of(subnet),
            public_ip=made.public_ip,
            dns_name=made.private_dns_name,
            vpc=self._network.vpc_of(subnet),
        )

    def detach(self, interface: Interface) -> None:
        """Delete an interface and give its addresses back."""
        self._network.release(interface.id)

    def to_service(self, interface: Interface, service: str) -> Route:
        """Return whether an AWS service's endpoint can be reached on port 443."""
        if not interface.subnet:
            return _OUTSIDE
        found = self._found(interface)
        if found is None:
            return Route(reachable=False)
        return _route(to_service(self._network.topology(), found, service, self._region))

    def to_internet(self, interface: Interface, port: int) -> Route:
        """Return whether a host on the internet can be reached."""
        if not interface.subnet:
            return _OUTSIDE
        found = self._found(interface)
        if found is None:
            return Route(reachable=False)
        return _route(to_internet(self._network.topology(), found, port))

    def zone_of(self, subnet: str) -> str:
        """Return the Availability Zone of a subnet, empty when the subnet is gone."""
        return self._network.zones_of([subnet]).get(subnet, "")

    def _found(self, interface: Interface) -> NetworkInterface | None:
        return self._network.interface(interface.id)


def _route(path: Path) -> Route:
    return Route(path.reachable, path.failure == "refused", tuple(path.lines()))
