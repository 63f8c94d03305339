"""All parts of an account's network in one value, and the look-ups that decisions need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace

from ecslab.model.network.cidr import contains, prefix_length
from ecslab.model.network.values import (
    Endpoint,
    InternetGateway,
    NatGateway,
    NetworkAcl,
    PrefixList,
    Route,
    RouteTable,
    SecurityGroup,
    Subnet,
    Vpc,
)

__all__ = ["Part", "Topology"]

_KINDS = {
    "vpcs": Vpc,
    "subnets": Subnet,
    "route_tables": RouteTable,
    "security_groups": SecurityGroup,
    "internet_gateways": InternetGateway,
    "nat_gateways": NatGateway,
    "endpoints": Endpoint,
    "prefix_lists": PrefixList,
    "network_acls": NetworkAcl,
}

Part = (
    Vpc
    | Subnet
    | RouteTable
    | SecurityGroup
    | InternetGateway
    | NatGateway
    | Endpoint
    | PrefixList
    | NetworkAcl
)


@dataclass(frozen=True, slots=True)
class Topology:
    """A snapshot of the network: each kind of part by id.

    Network interfaces are not in it: there are thousands, and a question names the ones it means.
    """

    vpcs: Mapping[str, Vpc] = field(default_factory=dict)
    subnets: Mapping[str, Subnet] = field(default_factory=dict)
    route_tables: Mapping[str, RouteTable] = field(default_factory=dict)
    security_groups: Mapping[str, SecurityGroup] = field(default_factory=dict)
    internet_gateways: Mapping[str, InternetGateway] = field(default_factory=dict)
    nat_gateways: Mapping[str, NatGateway] = field(default_factory=dict)
    endpoints: Mapping[str, Endpoint] = field(default_factory=dict)
    prefix_lists: Mapping[str, PrefixList] = field(default_factory=dict)
    network_acls: Mapping[str, NetworkAcl] = field(default_factory=dict)

    @classmethod
    def of(cls, *parts: Part) -> Topology:
        """Make a topology of loose parts; a later part replaces an earlier one with the same id."""
        return cls().plus(*parts)

    def plus(self, *parts: Part) -> Topology:
        """Return a copy with parts added, or replaced where the id is taken."""
        changed: dict[str, dict[str, Part]] = {}
        for part in parts:
            name = next(name for name, kind in _KINDS.items() if isinstance(part, kind))
            changed.setdefault(name, dict(getattr(self, name)))[part.id] = part
        return replace(self, **changed)  # type: ignore[arg-type]

    def without(self, *ids: str) -> Topology:
        """Return a copy without the parts of these ids."""
        kept = {
            each.name: {
                key: part for key, part in getattr(self, each.name).items() if key not in ids
            }
            for each in fields(self)
        }
        return replace(self, **kept)

    def vpc_of(self, subnet: str) -> str:
        """Return the id of a subnet's VPC, or an empty text when the subnet is gone."""
        found = self.subnets.get(subnet)
        return found.vpc if found else ""

    def route_table_of(self, subnet: str) -> RouteTable | None:
        """Return the table that routes for a subnet: its own, else its VPC's main table.

        AWS: VPC_Route_Tables, "Subnet route table associations".
        """
        found = self.subnets.get(subnet)
        if found is None:
            return None
        if found.route_table is not None:
            return self.route_tables.get(found.route_table)
        tables = self.route_tables.values()
        return next((table for table in tables if table.main and table.vpc == found.vpc), None)

    def route_for(self, table: RouteTable, address: str) -> Route | None:
        """Return the most specific route for an address; of equals, a block wins over a list.

        AWS: VPC_Route_Tables, "Route priority": longest prefix, static routes before prefix lists.
        """
        best: tuple[int, bool] | None = None
        chosen: Route | None = None
        for route in table.routes:
            listed = route.destination.startswith("pl-")
            for cidr in self._blocks(route.destination):
                rank = (prefix_length(cidr), not listed)
                if contains(cidr, address) and (best is None or rank > best):
                    best, chosen = rank, route
        return chosen

    def peer_covers(self, peer: str, address: str) -> bool:
        """Say whether a block or a prefix list holds an address."""
        return any(contains(cidr, address) for cidr in self._blocks(peer))

    def acl_of(self, subnet: str) -> NetworkAcl | None:
        """Return the network ACL in front of a subnet, or None when nothing filters there."""
        found = self.subnets.get(subnet)
        return self.network_acls.get(found.network_acl or "") if found else None

    def prefix_list_of(self, service: str) -> PrefixList | None:
        """Return the AWS-managed list of a service's addresses, by the service's full name."""
        return next((each for each in self.prefix_lists.values() if each.name == service), None)

    def endpoints_for(self, vpc: str, service: str, kind: str) -> list[Endpoint]:
        """Return a VPC's working endpoints of one kind for a service, given its full name."""
        return [
            endpoint
            for endpoint in self.endpoints.values()
            if endpoint.service == service
            and endpoint.vpc == vpc
            and endpoint.kind == kind
            and endpoint.state == "available"
        ]

    def _blocks(self, peer: str) -> tuple[str, ...]:
        if peer.startswith("pl-"):
            listed = self.prefix_lists.get(peer)
            return listed.cidrs if listed else ()
        return (peer,) if "." in peer else ()
