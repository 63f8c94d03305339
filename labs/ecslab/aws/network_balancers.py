"""Load balancers as the network sees them: one node with an interface in each of their subnets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.elbv2.models import elbv2_backends

from ecslab.aws.network_addresses import NetworkInterfaceError
from ecslab.model.network import NetworkInterface

if TYPE_CHECKING:  # the two modules need each other's names, but only one needs the other to run
    from ecslab.aws.network import Network

__all__ = ["LoadBalancerNodes"]


class LoadBalancerNodes:
    """The nodes of moto's load balancers, which moto itself does not place in the network.

    EC2 shows their interfaces from the first time they are asked for until the load balancer is
    deleted. An internal load balancer's nodes have no public address; a Network Load Balancer
    without security groups filters nothing. AWS: elasticloadbalancing, "Load balancer scheme",
    "Security groups for your Network Load Balancer".

    Args:
        network: where the interfaces are made.
        account: the account's id.
        region: the Region.
    """

    def __init__(self, network: Network, account: str, region: str) -> None:
        self._network = network
        self._account = account
        self._region = region
        self._ids: dict[tuple[str, str], str] = {}

    def forget(self) -> None:
        """Forget all nodes, because EC2 was started anew."""
        self._ids.clear()

    def of(self, balancer: Any) -> tuple[NetworkInterface, ...]:
        """Return the nodes of a load balancer; a subnet without a free address has none.

        Args:
            balancer: its ARN, or moto's load balancer.
        """
        self.release_gone()
        known = elbv2_backends[self._account][self._region].load_balancers
        arn = balancer if isinstance(balancer, str) else balancer.arn
        if arn not in known:
            return ()
        nodes = (self._node(known[arn], each.id) for each in known[arn].subnets)
        return tuple(node for node in nodes if node is not None)

    def release_gone(self) -> None:
        """Delete the nodes of load balancers and subnets that are gone."""
        if not self._ids:
            return
        known = elbv2_backends[self._account][self._region].load_balancers
        for node_arn, subnet in list(self._ids):
            subnets = [each.id for each in known[node_arn].subnets] if node_arn in known else []
            if subnet not in subnets:
                self._network.release(self._ids.pop((node_arn, subnet)))

    def _node(self, balancer: Any, subnet: str) -> NetworkInterface | None:
        key = (balancer.arn, subnet)
        # moto keeps None for a scheme that was left out; AWS takes internet-facing.
        internal = balancer.scheme == "internal"
        groups = self._groups_of(balancer)
        interface = self._network.interface(self._ids.get(key, ""))
        if interface is None:
            try:
                interface = self._network.make(
                    subnet,
                    groups or (),
                    public_ip=not internal,
                    description=f"ELB {balancer.arn.partition(':loadbalancer/')[2]}",
                    requester="amazon-elb",
                    kind="network_load_balancer" if balancer.type == "network" else "interface",
                )
            except NetworkInterfaceError:
                return None
            self._ids[key] = interface.id
        return NetworkInterface(
            interface.id,
            interface.private_ip,
            interface.public_ip,
            subnet,
            groups,
            interface.mac_address,
            label=f"{'internal ' if internal else ''}load balancer {balancer.name}",
            evidence=f"elbv2.describe_load_balancers(Names=['{balancer.name}'])",
        )

    def _groups_of(self, balancer: Any) -> tuple[str, ...] | None:
        if balancer.security_groups:
            return tuple(balancer.security_groups)
        if balancer.type == "network":
            return None
        # AWS gives an Application Load Balancer the default group; moto leaves it without any.
        default = self._network.default_security_group(balancer.vpc_id)
        return (default,) if default else ()
