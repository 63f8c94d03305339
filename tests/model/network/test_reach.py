"""Who can reach whom, and why: one small VPC, one change at a time."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ecslab.model.network import (
    InternetGateway,
    NatGateway,
    NetworkAcl,
    NetworkAclEntry,
    NetworkInterface,
    Path,
    PrefixList,
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
)

LOCAL = Route("10.0.0.0/16", "local")
ANYWHERE = SecurityGroupRule("-1", None, None, "0.0.0.0/0")
PUBLIC_TABLE = RouteTable("rtb-public", "vpc-1", (LOCAL, Route("0.0.0.0/0", "igw-1")))
PRIVATE_TABLE = RouteTable("rtb-main", "vpc-1", (LOCAL,), main=True)
NAT_TABLE = RouteTable("rtb-nat", "vpc-1", (LOCAL, Route("0.0.0.0/0", "nat-1")))
WORLD = Topology.of(
    Vpc("vpc-1", ("10.0.0.0/16",)),
    Vpc("vpc-2", ("10.9.0.0/16",)),
    Subnet("subnet-public", "vpc-1", "10.0.0.0/24", "us-east-1a", "rtb-public"),
    Subnet("subnet-private", "vpc-1", "10.0.1.0/24", "us-east-1a"),
    Subnet("subnet-nat", "vpc-1", "10.0.2.0/24", "us-east-1b", "rtb-nat"),
    Subnet("subnet-other", "vpc-2", "10.9.0.0/24", "us-east-1a", "rtb-other"),
    RouteTable("rtb-other", "vpc-2", (Route("10.9.0.0/16", "local"),), main=True),
    PUBLIC_TABLE,
    PRIVATE_TABLE,
    NAT_TABLE,
    InternetGateway("igw-1", "vpc-1"),
    NatGateway("nat-1", "subnet-public", "10.0.0.200", "203.0.113.9"),
    SecurityGroup("sg-web", "vpc-1", (SecurityGroupRule("tcp", 80, 80, "0.0.0.0/0"),), (ANYWHERE,)),
    SecurityGroup("sg-app", "vpc-1", (SecurityGroupRule("tcp", 80, 90, "sg-web"),), (ANYWHERE,)),
    SecurityGroup("sg-shut", "vpc-1"),
    PrefixList("pl-office", "office", ("198.51.100.0/24",)),
)
WEB = NetworkInterface("eni-web", "10.0.0.5", "203.0.113.5", "subnet-public", ("sg-web",))
APP = NetworkInterface("eni-app", "10.0.1.5", None, "subnet-private", ("sg-app",))
NATTED = NetworkInterface("eni-nat", "10.0.2.5", None, "subnet-nat", ("sg-app",))


def words(path: Path) -> str:
    assert path.obstacle is not None
    return f"{path.obstacle.words} → {path.obstacle.evidence}"


def test_a_public_address_and_a_route_reach_the_internet() -> None:
    """AWS: VPC_Internet_Gateway; the far side sees the public address."""
    path = to_internet(WORLD, WEB)
    assert (path.reachable, path.via, path.source_ip) == (True, "internet-gateway", "203.0.113.5")
    assert path.obstacle is None


def test_a_nat_gateway_lends_its_address() -> None:
    """AWS: vpc-nat-gateway."""
    path = to_internet(WORLD, NATTED)
    assert (path.reachable, path.via, path.source_ip) == (True, "nat-gateway", "203.0.113.9")


OUTWARD = [
    (
        "no route in the main route table",
        WORLD,
        APP,
        (
            "route table rtb-main of subnet subnet-private has no route for 0.0.0.0/0 → "
            "ec2.describe_route_tables(RouteTableIds=['rtb-main'])"
        ),
    ),
    (
        "a public address does not help without a route",
        WORLD,
        replace(APP, public_ip="203.0.113.7"),
        "has no route for 0.0.0.0/0",
    ),
    (
        "a public subnet without a public address",
        WORLD,
        replace(WEB, public_ip=None),
        (
            "network interface eni-web has no public IP address, so the internet gateway "
            "drops what it "
            "sends → ec2.describe_network_interfaces(NetworkInterfaceIds=['eni-web'])"
        ),
    ),
    (
        "no outbound rule",
        WORLD,
        replace(WEB, groups=("sg-shut",)),
        (
            "no outbound rule of security group sg-shut of network interface eni-web allows "
            "tcp 443 to "
            "the internet: the packets are dropped → "
            "ec2.describe_security_groups(GroupIds=['sg-shut'])"
        ),
    ),
    (
        "a gateway attached to another VPC",
        WORLD.plus(InternetGateway("igw-1", "vpc-2")),
        WEB,
        "not attached to this VPC (the route is a blackhole)",
    ),
    ("a gateway that is gone", WORLD.without("igw-1"), WEB, "ec2.describe_internet_gateways"),
    (
        "a deleted NAT gateway",
        WORLD.plus(NatGateway("nat-1", "subnet-public", "10.0.0.200", "203.0.113.9", "deleted")),
        NATTED,
        (
            "NAT gateway nat-1 is deleted: the packets are dropped → "
            "ec2.describe_nat_gateways(NatGatewayIds=['nat-1'])"
        ),
    ),
    ("a NAT gateway that is gone", WORLD.without("nat-1"), NATTED, "NAT gateway nat-1 is gone"),
    (
        "a private NAT gateway",
        WORLD.plus(NatGateway("nat-1", "subnet-public", "10.0.0.200", None)),
        NATTED,
        "NAT gateway nat-1 is private",
    ),
    (
        "a NAT gateway in a private subnet",
        WORLD.plus(NatGateway("nat-1", "subnet-private", "10.0.1.200", "203.0.113.9")),
        NATTED,
        "route table rtb-main of subnet subnet-private has no route for 0.0.0.0/0",
    ),
    (
        "a NAT gateway behind itself",
        WORLD.plus(NatGateway("nat-1", "subnet-nat", "10.0.2.200", "203.0.113.9")),
        NATTED,
        "sends 0.0.0.0/0 to nat-1, which leads nowhere",
    ),
    (
        "a route to something that is not simulated",
        WORLD.plus(replace(PRIVATE_TABLE, routes=(LOCAL, Route("0.0.0.0/0", "tgw-1")))),
        APP,
        "sends 0.0.0.0/0 to tgw-1, which leads nowhere in this simulation",
    ),
    ("a subnet that is gone", WORLD.without("subnet-public"), WEB, "ec2.describe_subnets"),
]


@pytest.mark.parametrize(
    ("topology", "interface", "reason"),
    [row[1:] for row in OUTWARD],
    ids=[row[0] for row in OUTWARD],
)
def test_what_keeps_an_interface_from_the_internet(
    topology: Topology, interface: NetworkInterface, reason: str
) -> None:
    """AWS: VPC_Route_Tables, VPC_Internet_Gateway, vpc-nat-gateway, security-group-rules."""
    path = to_internet(topology, interface)
    assert not path.reachable
    assert path.failure == "timeout"
    assert reason in words(path)


def test_the_longest_prefix_decides() -> None:
    """AWS: VPC_Route_Tables, "Route priority"."""
    detour = replace(PUBLIC_TABLE, routes=(*PUBLIC_TABLE.routes, Route("198.51.100.0/24", "tgw-1")))
    assert not to_internet(WORLD.plus(detour), WEB).reachable
    assert to_internet(WORLD.plus(detour), WEB, address="192.0.2.1").reachable


def test_of_equal_routes_a_block_wins_over_a_prefix_list() -> None:
    """AWS: VPC_Route_Tables, "Route priority for prefix lists"."""
    table = replace(
        PUBLIC_TABLE,
        routes=(LOCAL, Route("pl-office", "tgw-1"), Route("198.51.100.0/24", "igw-1")),
    )
    assert to_internet(WORLD.plus(table), WEB).via == "internet-gateway"


def test_an_explicit_association_replaces_the_main_table() -> None:
    """AWS: VPC_Route_Tables, "Subnet route table associations"."""
    associated = replace(WORLD.subnets["subnet-private"], route_table="rtb-nat")
    assert to_internet(WORLD.plus(associated), APP).via == "nat-gateway"


INWARD = [
    ("an open port", WORLD, WEB, 80, None),
    ("a closed port", WORLD, WEB, 443, "no inbound rule of security group sg-web"),
    ("no public address", WORLD, APP, 80, "so the internet cannot address it"),
    (
        "answers that leave through a NAT gateway",
        WORLD,
        replace(WEB, subnet="subnet-nat"),
        80,
        "answers leave through the NAT gateway",
    ),
    (
        "answers without a route",
        WORLD,
        replace(WEB, subnet="subnet-private"),
        80,
        "has no route for 0.0.0.0/0",
    ),
    (
        "a rule that names a group never matches the internet",
        WORLD,
        replace(WEB, groups=("sg-app",)),
        80,
        "no inbound rule of security group sg-app",
    ),
    ("a second group adds its rules", WORLD, replace(WEB, groups=("sg-shut", "sg-web")), 80, None),
    ("nothing filters", WORLD, replace(WEB, groups=None), 9999, None),
]


@pytest.mark.parametrize(
    ("topology", "interface", "port", "reason"),
    [row[1:] for row in INWARD],
    ids=[row[0] for row in INWARD],
)
def test_who_is_reached_from_the_internet(
    topology: Topology, interface: NetworkInterface, port: int, reason: str | None
) -> None:
    """AWS: VPC_Internet_Gateway, security-group-rules."""
    path = from_internet(topology, interface, port)
    assert path.reachable == (reason is None)
    assert reason is None or reason in words(path)


def test_answers_need_no_outbound_rule() -> None:
    """AWS: vpc-security-groups: security groups are stateful."""
    answering = replace(WORLD.security_groups["sg-web"], egress=())
    assert from_internet(WORLD.plus(answering), WEB, 80).reachable


INSIDE = [
    ("by group", WORLD, WEB, APP, 85, None),
    ("the group of the caller counts", WORLD, NATTED, APP, 80, "no inbound rule of security"),
    ("outside the port range", WORLD, WEB, APP, 91, "allows tcp 91 from 10.0.0.5"),
    ("by block", WORLD, APP, WEB, 80, None),
    (
        "the caller may not send",
        WORLD,
        replace(WEB, groups=("sg-shut",)),
        APP,
        80,
        "no outbound rule of security group sg-shut",
    ),
    (
        "another VPC",
        WORLD,
        WEB,
        NetworkInterface("eni-far", "10.9.0.5", None, "subnet-other", ("sg-web",)),
        80,
        "eni-far is in vpc-2, which no local route joins with vpc-1",
    ),
    ("itself, whatever its groups", WORLD, replace(APP, groups=("sg-shut",)), APP, 80, None),
]


@pytest.mark.parametrize(
    ("topology", "source", "destination", "port", "reason"),
    [row[1:] for row in INSIDE],
    ids=[row[0] for row in INSIDE],
)
def test_who_reaches_whom_inside_a_vpc(
    topology: Topology,
    source: NetworkInterface,
    destination: NetworkInterface,
    port: int,
    reason: str | None,
) -> None:
    """AWS: security-group-rules, VPC_Route_Tables "Local route"."""
    path = between(topology, source, destination, port)
    assert path.reachable == (reason is None)
    assert reason is None or reason in words(path)


def test_a_default_group_joins_its_own_members_only() -> None:
    """AWS: default-security-group: it allows all traffic from itself."""
    default = SecurityGroup(
        "sg-default", "vpc-1", (SecurityGroupRule("-1", None, None, "sg-default"),), (ANYWHERE,)
    )
    world = WORLD.plus(default)
    member = replace(APP, groups=("sg-default",))
    assert between(world, replace(NATTED, groups=("sg-default",)), member, 5432).reachable
    assert not between(world, NATTED, member, 5432).reachable


def test_protocols_are_told_apart() -> None:
    """AWS: security-group-rules: protocol names and numbers mean the same."""
    numbered = SecurityGroup("sg-dns", "vpc-1", (SecurityGroupRule("17", 53, 53, "10.0.0.0/8"),))
    world, server = WORLD.plus(numbered), replace(APP, groups=("sg-dns",))
    assert between(world, WEB, server, 53, "udp").reachable
    assert not between(world, WEB, server, 53, "tcp").reachable


def test_a_rule_may_name_a_prefix_list() -> None:
    """AWS: security-group-rules: a prefix list stands for its blocks."""
    office = SecurityGroup(
        "sg-office", "vpc-1", (SecurityGroupRule("tcp", 22, 22, "pl-office"),), ()
    )
    world, server = WORLD.plus(office), replace(WEB, groups=("sg-office",))
    assert from_internet(world, server, 22).reachable
    assert not from_internet(world, server, 22, address="192.0.2.1").reachable


def entry(
    number: int, cidr: str, *, egress: bool, allow: bool, ports: tuple[int, int] | None = None
) -> NetworkAclEntry:
    low, high = ports or (None, None)
    return NetworkAclEntry(number, egress, "tcp" if ports else "-1", allow, cidr, low, high)


ACL_OPEN = (
    entry(100, "0.0.0.0/0", egress=True, allow=True),
    entry(100, "0.0.0.0/0", egress=False, allow=True),
)
ACLS = [
    ("everything", ACL_OPEN, None),
    ("nothing by default", (), "the default of acl-1"),
    (
        "the lowest number decides",
        (*ACL_OPEN, entry(50, "10.0.0.0/24", egress=False, allow=False)),
        (
            "entry 50 of acl-1, the network ACL of subnet subnet-private, denies inbound tcp "
            "80 from "
            "10.0.0.5"
        ),
    ),
    (
        "answers need their own entry",
        (ACL_OPEN[1], entry(100, "0.0.0.0/0", egress=True, allow=True, ports=(443, 443))),
        "denies outbound tcp 32768 to 10.0.0.5",
    ),
]


@pytest.mark.parametrize(
    ("entries", "reason"), [row[1:] for row in ACLS], ids=[row[0] for row in ACLS]
)
def test_network_acls_are_stateless(
    entries: tuple[NetworkAclEntry, ...], reason: str | None
) -> None:
    """AWS: vpc-network-acls, nacl-ephemeral-ports."""
    guarded = replace(WORLD.subnets["subnet-private"], network_acl="acl-1")
    path = between(WORLD.plus(guarded, NetworkAcl("acl-1", "vpc-1", entries)), WEB, APP, 80)
    assert path.reachable == (reason is None)
    assert reason is None or reason in words(path)


def test_a_network_acl_is_not_asked_inside_its_subnet() -> None:
    """AWS: vpc-network-acls: it acts on traffic that enters or leaves the subnet."""
    guarded = replace(WORLD.subnets["subnet-private"], network_acl="acl-1")
    world = WORLD.plus(guarded, NetworkAcl("acl-1", "vpc-1"))
    neighbour = replace(APP, id="eni-neighbour", private_ip="10.0.1.6", groups=("sg-web",))
    assert between(world, APP, neighbour, 80).reachable
    assert not to_internet(
        world.plus(replace(PRIVATE_TABLE, routes=(LOCAL, Route("0.0.0.0/0", "igw-1")))),
        replace(APP, public_ip="203.0.113.8"),
    ).reachable


def test_a_path_may_end_in_a_refused_connection() -> None:
    """A closed port answers at once; a closed security group never answers."""
    open_path = between(WORLD, WEB, APP, 80)
    refused = open_path.refused("nothing listens on port 80", "ecs.describe_tasks(tasks=['t'])")
    assert (refused.failure, refused.reachable, refused.via) == ("refused", False, "")
    assert refused.hops[:-1] == open_path.hops
    dropped = between(WORLD, NATTED, APP, 80)
    assert dropped.refused("nothing listens", "x") is dropped


def test_lines_show_every_hop_with_its_evidence() -> None:
    shows_group = "ec2.describe_security_groups(GroupIds=['{}'])".format
    out, local, into = between(WORLD, WEB, APP, 80).lines()
    assert out == (
        "✔ security group sg-web of network interface eni-web allows outbound tcp 80 to 10.0.1.5 "
        f"→ {shows_group('sg-web')}"
    )
    assert local == (
        "✔ rtb-public routes 10.0.0.0/16 locally, inside the VPC → "
        "ec2.describe_route_tables(RouteTableIds=['rtb-public'])"
    )
    assert into == (
        "✔ security group sg-app of network interface eni-app allows inbound tcp 80 from 10.0.0.5 "
        f"→ {shows_group('sg-app')}"
    )
    assert to_internet(WORLD, APP).lines()[-1].startswith("✘ route table rtb-main")
