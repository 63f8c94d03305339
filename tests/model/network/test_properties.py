"""Invariants of reachability over generated networks."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from ecslab.model.network import (
    Endpoint,
    InternetGateway,
    NatGateway,
    NetworkInterface,
    Path,
    Route,
    RouteTable,
    SecurityGroup,
    SecurityGroupRule,
    Subnet,
    Topology,
    Vpc,
    between,
    from_internet,
    to_internet,
    to_service,
)

BLOCKS = ["0.0.0.0/0", "10.0.0.0/16", "10.0.1.0/24", "10.0.2.5/32", "198.51.100.0/24"]
PEERS = [*BLOCKS, "sg-a", "sg-b"]
PORTS = st.integers(1, 65535)
LOCAL = Route("10.0.0.0/16", "local")
ANY = SecurityGroupRule("-1", None, None, "0.0.0.0/0")


@st.composite
def rules(draw: st.DrawFn) -> SecurityGroupRule:
    low, high = sorted(draw(st.tuples(PORTS, PORTS)))
    peer = draw(st.sampled_from(PEERS))
    return SecurityGroupRule(draw(st.sampled_from(["tcp", "udp", "-1"])), low, high, peer)


RULE_LISTS = st.lists(rules(), max_size=3).map(tuple)


@st.composite
def networks(draw: st.DrawFn) -> Topology:
    target = draw(st.sampled_from(["igw-1", "nat-1", "tgw-1", None]))
    routes = (LOCAL,) if target is None else (LOCAL, Route("0.0.0.0/0", target))
    groups = [
        SecurityGroup(name, "vpc-1", draw(RULE_LISTS), draw(RULE_LISTS))
        for name in ("sg-a", "sg-b")
    ]
    endpoint = Endpoint(
        "vpce-1",
        "vpc-1",
        "com.amazonaws.us-east-1.logs",
        "interface",
        addresses=(("subnet-1", "10.0.1.9"),),
        groups=(draw(st.sampled_from(["sg-a", "sg-b"])),),
        private_dns=draw(st.booleans()),
    )
    world = Topology.of(
        Vpc("vpc-1", ("10.0.0.0/16",)),
        Subnet("subnet-0", "vpc-1", "10.0.0.0/24", "us-east-1a", "rtb-public"),
        Subnet("subnet-1", "vpc-1", "10.0.1.0/24", "us-east-1a"),
        Subnet("subnet-2", "vpc-1", "10.0.2.0/24", "us-east-1b"),
        RouteTable("rtb-public", "vpc-1", (LOCAL, Route("0.0.0.0/0", "igw-1"))),
        RouteTable("rtb-main", "vpc-1", routes, main=True),
        InternetGateway("igw-1", draw(st.sampled_from(["vpc-1", None]))),
        NatGateway("nat-1", "subnet-0", "10.0.0.9", "203.0.113.9"),
        *groups,
    )
    return world.plus(endpoint) if draw(st.booleans()) else world


@st.composite
def interfaces(draw: st.DrawFn, number: int) -> NetworkInterface:
    public_ip = draw(st.sampled_from([None, f"203.0.113.{number}"]))
    groups = draw(st.sampled_from([("sg-a",), ("sg-b",), ("sg-a", "sg-b"), ()]))
    return NetworkInterface(
        f"eni-{number}", f"10.0.{number}.5", public_ip, f"subnet-{number}", groups
    )


def questions(
    world: Topology, one: NetworkInterface, two: NetworkInterface, port: int
) -> list[Path]:
    return [
        to_internet(world, one, port),
        from_internet(world, one, port),
        between(world, one, two, port),
        between(world, two, one, port),
        to_service(world, one, "logs"),
    ]


@given(networks(), interfaces(1), interfaces(2), PORTS)
def test_every_answer_gives_its_reasons(
    world: Topology, one: NetworkInterface, two: NetworkInterface, port: int
) -> None:
    """Only the last hop of an unreachable path fails, and each hop names a call that shows it."""
    for path in questions(world, one, two, port):
        failures = [hop.failure for hop in path.hops]
        assert failures[:-1] == [None] * (len(failures) - 1)
        assert failures[-1] == path.failure
        assert path.reachable == bool(path.via)
        assert all(hop.evidence.startswith("ec2.describe_") for hop in path.hops)


@given(
    networks(),
    interfaces(1),
    interfaces(2),
    PORTS,
    st.tuples(rules(), st.sampled_from(["sg-a", "sg-b"]), st.booleans()),
)
@settings(max_examples=200)
def test_another_rule_never_takes_reachability_away(
    world: Topology,
    one: NetworkInterface,
    two: NetworkInterface,
    port: int,
    addition: tuple[SecurityGroupRule, str, bool],
) -> None:
    """AWS: security-group-rules: there are only allow rules."""
    rule, group_id, egress = addition
    group = world.security_groups[group_id]
    wider = (
        replace(group, egress=(*group.egress, rule))
        if egress
        else replace(group, ingress=(*group.ingress, rule))
    )
    before = questions(world, one, two, port)
    after = questions(world.plus(wider), one, two, port)
    assert all(now.reachable for then, now in zip(before, after, strict=True) if then.reachable)


@given(networks(), interfaces(1), PORTS)
def test_without_its_only_route_an_interface_reaches_no_internet(
    world: Topology, one: NetworkInterface, port: int
) -> None:
    """AWS: VPC_Route_Tables: without a matching route packets are dropped."""
    cut = world.plus(RouteTable("rtb-main", "vpc-1", (LOCAL,), main=True))
    assert not to_internet(cut, one, port).reachable
    assert not from_internet(cut, one, port).reachable


@given(networks(), interfaces(1), interfaces(2), PORTS)
def test_open_groups_make_a_vpc_symmetric(
    world: Topology, one: NetworkInterface, two: NetworkInterface, port: int
) -> None:
    """AWS: VPC_Route_Tables: the local route joins all subnets both ways."""
    opened = world.plus(SecurityGroup("sg-open", "vpc-1", (ANY,), (ANY,)))
    left, right = replace(one, groups=("sg-open",)), replace(two, groups=("sg-open",))
    assert between(opened, left, right, port).reachable
    assert between(opened, right, left, port).reachable


@given(networks(), interfaces(1), interfaces(2), PORTS)
def test_the_order_of_parts_and_groups_does_not_matter(
    world: Topology, one: NetworkInterface, two: NetworkInterface, port: int
) -> None:
    shuffled = Topology.of(
        *[
            part
            for name in reversed(world.__dataclass_fields__)
            for part in reversed(list(getattr(world, name).values()))
        ]
    )
    turned = replace(one, groups=tuple(reversed(one.groups or ())))
    before = [path.reachable for path in questions(world, one, two, port)]
    assert before == [path.reachable for path in questions(shuffled, turned, two, port)]
