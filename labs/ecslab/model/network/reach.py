"""Who reaches whom inside a VPC and across its internet gateway, decided as AWS decides it."""

from __future__ import annotations

from ecslab.model.network.filters import (
    INTERNET,
    Flow,
    Peer,
    check_acls,
    egress_hop,
    ingress_hop,
)
from ecslab.model.network.path import Arrival, Hop, ObstacleError, Path, Steps, walk
from ecslab.model.network.topology import Topology
from ecslab.model.network.values import NetworkInterface, Route, RouteTable

__all__ = ["INTERNET", "between", "from_internet", "steps_between", "steps_out", "to_internet"]


def to_internet(
    topology: Topology,
    interface: NetworkInterface,
    port: int = 443,
    protocol: str = "tcp",
    address: str = INTERNET,
) -> Path:
    """Decide whether an interface can open a connection to a host on the internet.

    It needs an outbound security group rule, and either a public IP address and a route to an
    internet gateway, or a route to a working NAT gateway.
    AWS: VPC_Internet_Gateway, vpc-nat-gateway, fargate-task-networking.

    Args:
        topology: the account's network.
        interface: who calls.
        port: the port called.
        protocol: ``tcp`` or ``udp``.
        address: the host's public address, for rules and routes that name it.
    """
    return walk(steps_out(topology, interface, Flow(protocol, port), Peer(address)))


def from_internet(
    topology: Topology,
    interface: NetworkInterface,
    port: int,
    protocol: str = "tcp",
    address: str = INTERNET,
) -> Path:
    """Decide whether a host on the internet can open a connection to an interface.

    It needs a public IP address, a route to an internet gateway for the answers, and an inbound
    security group rule. AWS: VPC_Internet_Gateway.

    Args:
        topology: the account's network.
        interface: who is called.
        port: the port called.
        protocol: ``tcp`` or ``udp``.
        address: the caller's public address, for rules that name it.
    """
    return walk(_steps_in(topology, interface, Flow(protocol, port), Peer(address)))


def between(
    topology: Topology,
    source: NetworkInterface,
    destination: NetworkInterface,
    port: int,
    protocol: str = "tcp",
) -> Path:
    """Decide whether one interface can open a connection to another one's private address.

    Both must be in one VPC, whose local route joins all its subnets; the source's groups must let
    it out and the destination's groups must let it in. AWS: VPC_Route_Tables, security-group-rules.

    Args:
        topology: the account's network.
        source: who calls.
        destination: who is called.
        port: the port called.
        protocol: ``tcp`` or ``udp``.
    """
    return walk(steps_between(topology, source, destination, Flow(protocol, port)))


def steps_between(
    topology: Topology, source: NetworkInterface, destination: NetworkInterface, flow: Flow
) -> Steps:
    """Yield the hops from one interface to another."""
    if source.id == destination.id:
        yield Hop(f"{source.name} calls itself, over the loopback device", source.shown_by)
        return Arrival("self", source.private_ip)
    yield egress_hop(topology, source, flow, Peer.of(destination))
    route, table = _route(topology, source, destination.private_ip)
    vpc, other = topology.vpc_of(source.subnet), topology.vpc_of(destination.subnet)
    if vpc != other:
        words = f"{destination.name} is in {other}, which no local route joins with {vpc}"
        raise ObstacleError(words, _shows(table))
    if route.target != "local":
        raise _lost(route, table)
    yield Hop(f"{table.id} routes {route.destination} locally, inside the VPC", _shows(table))
    check_acls(
        topology,
        flow,
        (source.subnet, source.private_ip),
        (destination.subnet, destination.private_ip),
    )
    yield ingress_hop(topology, destination, flow, Peer.of(source))
    return Arrival("local", source.private_ip)


def steps_out(topology: Topology, interface: NetworkInterface, flow: Flow, peer: Peer) -> Steps:
    """Yield the hops from an interface to a public address."""
    yield egress_hop(topology, interface, flow, peer)
    route, table = _route(topology, interface, peer.address)
    if route.target.startswith("nat-"):
        yield Hop(f"{table.id} sends {route.destination} to {route.target}", _shows(table))
        return (yield from _steps_through_nat(topology, interface, flow, peer, route.target))
    yield _gateway_hop(topology, interface.subnet, route, table)
    public_ip = _public_ip(interface, "so the internet gateway drops what it sends")
    source = (interface.subnet, interface.private_ip)
    check_acls(topology, flow, source, ("", peer.address))
    yield Hop(f"{interface.name} is seen as {public_ip}", interface.shown_by)
    return Arrival("internet-gateway", public_ip)


def _steps_in(topology: Topology, interface: NetworkInterface, flow: Flow, peer: Peer) -> Steps:
    public_ip = _public_ip(interface, "so the internet cannot address it")
    yield Hop(f"{interface.name} has the public IP address {public_ip}", interface.shown_by)
    route, table = _route(topology, interface, peer.address)
    if route.target.startswith("nat-"):
        raise ObstacleError(
            f"{table.id} sends {route.destination} to {route.target}, so answers leave through the "
            "NAT gateway and never match the connection",
            _shows(table),
        )
    yield _gateway_hop(topology, interface.subnet, route, table)
    destination = (interface.subnet, interface.private_ip)
    check_acls(topology, flow, ("", peer.address), destination)
    yield ingress_hop(topology, interface, flow, peer)
    return Arrival("internet-gateway", peer.address)


def _steps_through_nat(
    topology: Topology, interface: NetworkInterface, flow: Flow, peer: Peer, nat_id: str
) -> Steps:
    shown = f"ec2.describe_nat_gateways(NatGatewayIds=['{nat_id}'])"
    nat = topology.nat_gateways.get(nat_id)
    if nat is None or nat.state != "available":
        state = nat.state if nat else "gone"
        raise ObstacleError(f"NAT gateway {nat_id} is {state}: the packets are dropped", shown)
    if nat.public_ip is None:
        raise ObstacleError(f"NAT gateway {nat_id} is private: it has no public IP address", shown)
    inside = (nat.subnet, nat.private_ip)
    check_acls(topology, flow, (interface.subnet, interface.private_ip), inside)
    yield Hop(f"NAT gateway {nat_id} is available in subnet {nat.subnet}", shown)
    onward = NetworkInterface(
        nat_id, nat.private_ip, nat.public_ip, nat.subnet, None, label=f"NAT gateway {nat_id}"
    )
    route, table = _route(topology, onward, peer.address)
    yield _gateway_hop(topology, nat.subnet, route, table)
    check_acls(topology, flow, inside, ("", peer.address))
    yield Hop(f"{interface.name} is seen as {nat.public_ip}, the NAT gateway's address", shown)
    return Arrival("nat-gateway", nat.public_ip)


def _route(
    topology: Topology, interface: NetworkInterface, address: str
) -> tuple[Route, RouteTable]:
    table = topology.route_table_of(interface.subnet)
    if table is None:
        raise ObstacleError(
            f"subnet {interface.subnet} of {interface.name} has no route table",
            f"ec2.describe_subnets(SubnetIds=['{interface.subnet}'])",
        )
    route = topology.route_for(table, address)
    if route is None:
        wanted = "0.0.0.0/0" if address == INTERNET else address
        raise ObstacleError(
            f"route table {table.id} of subnet {interface.subnet} has no route for {wanted}",
            _shows(table),
        )
    return route, table


def _gateway_hop(topology: Topology, subnet: str, route: Route, table: RouteTable) -> Hop:
    """Return the hop through the internet gateway a route names, which must be this VPC's."""
    if not route.target.startswith("igw-"):
        raise _lost(route, table)
    gateway = topology.internet_gateways.get(route.target)
    if gateway is None or gateway.vpc != topology.vpc_of(subnet):
        raise ObstacleError(
            f"{table.id} sends {route.destination} to {route.target}, which is not attached to "
            "this VPC (the route is a blackhole)",
            f"ec2.describe_internet_gateways(InternetGatewayIds=['{route.target}'])",
        )
    words = f"{table.id} sends {route.destination} to internet gateway {route.target}"
    return Hop(words, _shows(table))


def _public_ip(interface: NetworkInterface, consequence: str) -> str:
    if interface.public_ip is None:
        raise ObstacleError(
            f"{interface.name} has no public IP address, {consequence}", interface.shown_by
        )
    return interface.public_ip


def _lost(route: Route, table: RouteTable) -> ObstacleError:
    """Return the obstacle of a target that leads elsewhere, or that is not simulated."""
    target = route.target or "a target that does not exist"
    return ObstacleError(
        f"{table.id} sends {route.destination} to {target}, which leads nowhere in this simulation",
        _shows(table),
    )


def _shows(table: RouteTable) -> str:
    return f"ec2.describe_route_tables(RouteTableIds=['{table.id}'])"
