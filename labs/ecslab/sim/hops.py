"""Paths through the network, decided once and remembered until something changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from ecslab.model.network import (
    INTERNET,
    NetworkInterface,
    Path,
    Topology,
    between,
    from_internet,
    to_internet,
)

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Reach", "Roads"]

_MOST_PATHS = 100_000
"""How many decisions are kept; those about tasks that are gone are never asked for again."""


class Roads(Protocol):
    """The network as the traffic needs it; `ecslab.aws.network.Network` is one."""

    def topology(self) -> Topology:
        """Return the network as it is now; the same object as long as nothing changed."""

    def load_balancer_interfaces(self, balancer: Any) -> tuple[NetworkInterface, ...]:
        """Return a load balancer's nodes, given its ARN."""


class Reach:
    """Answers who reaches whom.

    Args:
        roads: the network.
    """

    def __init__(self, roads: Roads) -> None:
        self._roads = roads
        self._topology: Topology | None = None
        self._paths: dict[tuple[str, ...], Path] = {}
        self._nodes: dict[str, tuple[NetworkInterface, ...]] = {}

    def topology(self) -> Topology:
        """Return the network as it is now."""
        return self._roads.topology()

    def forget(self) -> None:
        """Forget what was decided, because load balancers or the network have changed."""
        self._paths.clear()
        self._nodes.clear()

    def nodes(self, balancer: str) -> tuple[NetworkInterface, ...]:
        """Return a load balancer's nodes, given its ARN."""
        if balancer not in self._nodes:
            self._nodes[balancer] = self._roads.load_balancer_interfaces(balancer)
        return self._nodes[balancer]

    def node_in(self, balancer: str, zone: str) -> NetworkInterface | None:
        """Return a load balancer's node in an Availability Zone, else its first node."""
        nodes = self.nodes(balancer)
        subnets = self._roads.topology().subnets
        in_zone = (n for n in nodes if n.subnet in subnets and subnets[n.subnet].zone == zone)
        return next(in_zone, nodes[0] if nodes else None)

    def zone_of(self, interface: NetworkInterface) -> str:
        """Return the Availability Zone of an interface; empty when its subnet is gone."""
        found = self._roads.topology().subnets.get(interface.subnet)
        return found.zone if found else ""

    def vpc_of(self, interface: NetworkInterface) -> str:
        """Return the id of an interface's VPC."""
        return self._roads.topology().vpc_of(interface.subnet)

    def inside(self, source: NetworkInterface, destination: NetworkInterface, port: int) -> Path:
        """Return the path to another interface's private address."""
        key = ("inside", source.id, destination.id, str(port))
        return self._path(key, lambda now: between(now, source, destination, port))

    def inbound(self, destination: NetworkInterface, port: int, address: str = INTERNET) -> Path:
        """Return the path from a host on the internet to an interface's public address."""
        key = ("inbound", destination.id, str(port), address)
        return self._path(key, lambda now: from_internet(now, destination, port, address=address))

    def outbound(self, source: NetworkInterface, port: int, address: str) -> Path:
        """Return the path from an interface to a public address."""
        key = ("outbound", source.id, str(port), address)
        return self._path(key, lambda now: to_internet(now, source, port, address=address))

    def outside(self, source: NetworkInterface, destination: NetworkInterface, port: int) -> Path:
        """Return the path from an interface to another one's public address.

        It leaves the VPC, so rules that name security groups do not match; AWS:
        security-group-rules.
        """
        address = destination.public_ip or ""
        out = self.outbound(source, port, address)
        if not out.reachable:
            return out
        into = self.inbound(destination, port, out.source_ip)
        return Path((*out.hops, *into.hops), into.failure, into.arrival)

    def _path(self, key: tuple[str, ...], decide: Callable[[Topology], Path]) -> Path:
        topology = self._roads.topology()
        if topology is not self._topology or len(self._paths) > _MOST_PATHS:
            self._topology = topology
            self._paths.clear()
        if key not in self._paths:
            self._paths[key] = decide(topology)
        return self._paths[key]
