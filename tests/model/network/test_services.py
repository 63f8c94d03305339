"""Which way an interface reaches AWS services."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ecslab.model.network import (
    Endpoint,
    InternetGateway,
    NatGateway,
    NetworkInterface,
    PrefixList,
    Route,
    RouteTable,
    SecurityGroup,
    SecurityGroupRule,
    Subnet,
    Topology,
    Vpc,
    to_service,
)

LOCAL = Route("10.0.0.0/16", "local")
ISOLATED = RouteTable("rtb-private", "vpc-1", (LOCAL,), main=True)
NATTED = replace(ISOLATED, routes=(LOCAL, Route("0.0.0.0/0", "nat-1")))
WORLD = Topology.of(
    Vpc("vpc-1", ("10.0.0.0/16",)),
    Subnet("subnet-public", "vpc-1", "10.0.0.0/24", "us-east-1a", "rtb-public"),
    Subnet("subnet-a", "vpc-1", "10.0.1.0/24", "us-east-1a"),
    Subnet("subnet-b", "vpc-1", "10.0.2.0/24", "us-east-1b"),
    RouteTable("rtb-public", "vpc-1", (LOCAL, Route("0.0.0.0/0", "igw-1"))),
    ISOLATED,
    InternetGateway("igw-1", "vpc-1"),
    NatGateway("nat-1", "subnet-public", "10.0.0.9", "203.0.113.9"),
    SecurityGroup("sg-task", "vpc-1", (), (SecurityGroupRule("-1", None, None, "0.0.0.0/0"),)),
    SecurityGroup("sg-open", "vpc-1", (SecurityGroupRule("tcp", 443, 443, "sg-task"),)),
    SecurityGroup("sg-shut", "vpc-1", (SecurityGroupRule("tcp", 80, 80, "0.0.0.0/0"),)),
    PrefixList("pl-s3", "com.amazonaws.us-east-1.s3", ("52.216.0.0/15",)),
)
TASK = NetworkInterface("eni-task", "10.0.2.5", None, "subnet-b", ("sg-task",))
ECR = Endpoint(
    "vpce-ecr",
    "vpc-1",
    "com.amazonaws.us-east-1.ecr.api",
    "interface",
    addresses=(("subnet-a", "10.0.1.7"), ("subnet-b", "10.0.2.7")),
    groups=("sg-open",),
)
S3 = Endpoint(
    "vpce-s3",
    "vpc-1",
    "com.amazonaws.us-east-1.s3",
    "gateway",
    route_tables=("rtb-private",),
)

CASES = [
    ("nothing", WORLD, "ecr.api", "", "has no route for 0.0.0.0/0"),
    ("a NAT gateway", WORLD.plus(NATTED), "ecr.api", "nat-gateway", ""),
    ("an interface endpoint", WORLD.plus(ECR), "ecr.api", "interface-endpoint", ""),
    ("an endpoint for another service", WORLD.plus(ECR), "ecr.dkr", "", "has no route"),
    (
        "an endpoint whose group refuses, although a NAT gateway would do",
        WORLD.plus(NATTED, replace(ECR, groups=("sg-shut",))),
        "ecr.api",
        "",
        (
            "no inbound rule of security group sg-shut of endpoint vpce-ecr allows tcp 443 from "
            "10.0.2.5: the packets are dropped"
        ),
    ),
    (
        "an endpoint without private DNS leaves the usual name alone",
        WORLD.plus(NATTED, replace(ECR, groups=("sg-shut",), private_dns=False)),
        "ecr.api",
        "nat-gateway",
        "",
    ),
    (
        "private DNS needs DNS hostnames in the VPC",
        WORLD.plus(ECR, Vpc("vpc-1", ("10.0.0.0/16",), dns_hostnames=False)),
        "ecr.api",
        "",
        "has no route for 0.0.0.0/0",
    ),
    (
        "no DNS at all",
        WORLD.plus(ECR, Vpc("vpc-1", ("10.0.0.0/16",), dns_support=False)),
        "ecr.api",
        "",
        "vpc-1 has DNS support off",
    ),
    (
        "an endpoint that is being deleted",
        WORLD.plus(NATTED, replace(ECR, state="deleting")),
        "ecr.api",
        "nat-gateway",
        "",
    ),
    (
        "an endpoint in another VPC",
        WORLD.plus(NATTED, replace(ECR, vpc="vpc-2")),
        "ecr.api",
        "nat-gateway",
        "",
    ),
    (
        "an endpoint without interfaces",
        WORLD.plus(replace(ECR, addresses=())),
        "ecr.api",
        "",
        "has no network interface in any subnet",
    ),
    ("a gateway endpoint", WORLD.plus(S3), "s3", "gateway-endpoint", ""),
    (
        "a gateway endpoint in another route table",
        WORLD.plus(replace(S3, route_tables=("rtb-public",))),
        "s3",
        "",
        "has no route for 52.216.0.1",
    ),
    (
        "a gateway endpoint in another route table, with a NAT gateway",
        WORLD.plus(NATTED, replace(S3, route_tables=("rtb-public",))),
        "s3",
        "nat-gateway",
        "",
    ),
    (
        "a gateway endpoint before an interface endpoint",
        WORLD.plus(S3, replace(ECR, id="vpce-s3i", service="com.amazonaws.us-east-1.s3")),
        "s3",
        "gateway-endpoint",
        "",
    ),
]


@pytest.mark.parametrize(
    ("topology", "service", "via", "reason"),
    [row[1:] for row in CASES],
    ids=[row[0] for row in CASES],
)
def test_the_way_to_a_service(topology: Topology, service: str, via: str, reason: str) -> None:
    """AWS: privatelink, "Access an AWS service using an interface VPC endpoint"; ECR endpoints."""
    path = to_service(topology, TASK, service)
    assert path.via == via
    assert path.reachable == (not reason)
    assert reason in (path.obstacle.words if path.obstacle else "")


def test_the_failure_of_a_name_is_told_apart_from_a_timeout() -> None:
    """AWS: vpc-dns."""
    no_dns = WORLD.plus(Vpc("vpc-1", ("10.0.0.0/16",), dns_support=False))
    assert to_service(no_dns, TASK, "logs").failure == "dns"
    assert to_service(WORLD, TASK, "logs").failure == "timeout"


def test_the_endpoint_answers_from_the_callers_own_zone() -> None:
    first = to_service(WORLD.plus(ECR), TASK, "ecr.api").hops[0]
    assert "resolves to 10.0.2.7" in first.words
    assert first.evidence == "ec2.describe_vpc_endpoints(VpcEndpointIds=['vpce-ecr'])"


def test_another_region_has_other_endpoints() -> None:
    """AWS: VPC endpoints serve the services of their own Region."""
    assert not to_service(WORLD.plus(ECR), TASK, "ecr.api", "eu-west-1").reachable


RULES = [
    ("pl-s3", "s3", True),
    ("10.0.0.0/16", "s3", False),
    ("52.216.0.0/15", "s3", True),
    ("10.0.0.0/16", "ecr.api", True),
    ("sg-open", "ecr.api", True),
    ("pl-s3", "ecr.api", False),
]


@pytest.mark.parametrize(("peer", "service", "reachable"), RULES)
def test_outbound_rules_may_name_endpoints_only(
    peer: str,
    service: str,
    reachable: bool,  # noqa: FBT001 - a column of the table
) -> None:
    """AWS: vpc-endpoints-s3, "Security groups": outbound rules may name the prefix list."""
    strict = SecurityGroup("sg-task", "vpc-1", (), (SecurityGroupRule("tcp", 443, 443, peer),))
    assert to_service(WORLD.plus(strict, ECR, S3), TASK, service).reachable is reachable


def test_a_subnet_that_is_gone_reaches_nothing() -> None:
    path = to_service(WORLD.without("subnet-b"), TASK, "logs")
    assert not path.reachable
    assert "subnet subnet-b of network interface eni-task is gone" in path.hops[-1].words
