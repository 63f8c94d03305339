"""Pulling an image from Amazon ECR out of subnets built with plain boto3."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import boto3
import pytest
from moto import mock_aws

from ecslab.aws.network import Network, install
from ecslab.model.network import Path, to_internet, to_service

ACCOUNT, REGION = "123456789012", "us-east-1"
ISOLATED = ("ecr.api", "ecr.dkr")


class Site:
    """A VPC with a public and a private subnet, and its parts to be added one by one."""

    def __init__(self, ec2: Any) -> None:
        self.ec2 = ec2
        self.network = Network(ACCOUNT, REGION, Random(7))
        self.vpc = self.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        self.ec2.modify_vpc_attribute(VpcId=self.vpc, EnableDnsHostnames={"Value": True})
        self.public = self.subnet("10.0.0.0/24")
        self.private = self.subnet("10.0.1.0/24")
        gateway = self.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        self.ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=self.vpc)
        self.table = self.table_of(self.public)
        self.route(self.table, GatewayId=gateway)
        self.private_table = self.table_of(self.private)
        self.task_group = self.group("task")

    def subnet(self, block: str) -> str:
        made = self.ec2.create_subnet(VpcId=self.vpc, CidrBlock=block)
        return str(made["Subnet"]["SubnetId"])

    def table_of(self, subnet: str) -> str:
        made = self.ec2.create_route_table(VpcId=self.vpc)["RouteTable"]["RouteTableId"]
        self.ec2.associate_route_table(RouteTableId=made, SubnetId=subnet)
        return str(made)

    def route(self, table: str, **target: str) -> None:
        self.ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", **target)

    def group(self, name: str) -> str:
        made = self.ec2.create_security_group(GroupName=name, Description=name, VpcId=self.vpc)
        return str(made["GroupId"])

    def open(self, group: str, port: int, source: str) -> None:
        pair = [{"GroupId": source}]
        rule = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "UserIdGroupPairs": pair}
        self.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])

    def nat(self, subnet: str) -> str:
        address = self.ec2.allocate_address(Domain="vpc")["AllocationId"]
        made = self.ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address)
        return str(made["NatGateway"]["NatGatewayId"])

    def interface_endpoint(self, service: str, group: str, **extra: Any) -> str:
        made = self.ec2.create_vpc_endpoint(
            VpcId=self.vpc,
            ServiceName=f"com.amazonaws.{REGION}.{service}",
            VpcEndpointType="Interface",
            SubnetIds=[self.private],
            SecurityGroupIds=[group],
            **extra,
        )
        return str(made["VpcEndpoint"]["VpcEndpointId"])

    def gateway_endpoint(self, *tables: str) -> str:
        made = self.ec2.create_vpc_endpoint(
            VpcId=self.vpc,
            ServiceName=f"com.amazonaws.{REGION}.s3",
            RouteTableIds=list(tables),
        )
        return str(made["VpcEndpoint"]["VpcEndpointId"])

    def ways(self, subnet: str, *, public_ip: bool = False) -> dict[str, str]:
        """Return how each service that a pull needs is reached, or why it is not."""
        self.network.invalidate()
        task = self.network.allocate(subnet, [self.task_group], public_ip=public_ip)
        services = ("ecr.api", "ecr.dkr", "s3")
        paths = {each: to_service(self.network.topology(), task, each) for each in services}
        self.network.release(task.id)
        return {each: path.via or reason(path) for each, path in paths.items()}


def reason(path: Path) -> str:
    assert path.obstacle is not None
    for words in ("has no route", "no inbound rule", "no public IP address", "is deleted"):
        if words in path.obstacle.words:
            return words
    return path.obstacle.words


@pytest.fixture(scope="module")
def ec2() -> Iterator[Any]:
    undo = install()
    with mock_aws():
        yield boto3.client(
            "ec2", REGION, aws_access_key_id="testing", aws_secret_access_key="testing"
        )
    undo()


@pytest.fixture
def site(ec2: Any) -> Site:
    return Site(ec2)


def nothing(_: Site) -> None:
    """A private subnet as it is made."""


def nat_gateway(site: Site) -> None:
    site.route(site.private_table, NatGatewayId=site.nat(site.public))


def nat_gateway_in_the_private_subnet(site: Site) -> None:
    site.route(site.private_table, NatGatewayId=site.nat(site.private))


def deleted_nat_gateway(site: Site) -> None:
    nat = site.nat(site.public)
    site.route(site.private_table, NatGatewayId=nat)
    site.ec2.delete_nat_gateway(NatGatewayId=nat)


def endpoints_without_the_gateway_for_s3(site: Site) -> None:
    group = site.group("endpoints")
    site.open(group, 443, site.task_group)
    for service in ISOLATED:
        site.interface_endpoint(service, group)


def all_endpoints(site: Site) -> None:
    endpoints_without_the_gateway_for_s3(site)
    site.gateway_endpoint(site.private_table)


def gateway_for_s3_in_another_route_table(site: Site) -> None:
    endpoints_without_the_gateway_for_s3(site)
    site.gateway_endpoint(site.table)


def gateway_for_s3_added_to_the_table_later(site: Site) -> None:
    endpoints_without_the_gateway_for_s3(site)
    endpoint = site.gateway_endpoint(site.table)
    site.ec2.modify_vpc_endpoint(VpcEndpointId=endpoint, AddRouteTableIds=[site.private_table])


def deleted_gateway_for_s3(site: Site) -> None:
    endpoints_without_the_gateway_for_s3(site)
    endpoint = site.gateway_endpoint(site.private_table)
    site.ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint])


def endpoints_whose_group_is_closed(site: Site) -> None:
    group = site.group("endpoints")
    for service in ISOLATED:
        site.interface_endpoint(service, group)
    site.gateway_endpoint(site.private_table)


def closed_endpoints_and_a_nat_gateway(site: Site) -> None:
    endpoints_whose_group_is_closed(site)
    nat_gateway(site)


def endpoints_without_private_dns_and_a_nat_gateway(site: Site) -> None:
    group = site.group("endpoints")
    for service in ISOLATED:
        site.interface_endpoint(service, group, PrivateDnsEnabled=False)
    nat_gateway(site)


def ways(api: str, dkr: str, s3: str) -> dict[str, str]:
    return {"ecr.api": api, "ecr.dkr": dkr, "s3": s3}


NO_ROUTE, CLOSED = "has no route", "no inbound rule"
ENDPOINT, GATEWAY, NAT = "interface-endpoint", "gateway-endpoint", "nat-gateway"
PRIVATE: list[tuple[Callable[[Site], None], dict[str, str]]] = [
    (nothing, ways(NO_ROUTE, NO_ROUTE, NO_ROUTE)),
    (nat_gateway, ways(NAT, NAT, NAT)),
    (nat_gateway_in_the_private_subnet, dict.fromkeys(ways("", "", ""), "leads nowhere")),
    (deleted_nat_gateway, ways("is deleted", "is deleted", "is deleted")),
    (endpoints_without_the_gateway_for_s3, ways(ENDPOINT, ENDPOINT, NO_ROUTE)),
    (all_endpoints, ways(ENDPOINT, ENDPOINT, GATEWAY)),
    (gateway_for_s3_in_another_route_table, ways(ENDPOINT, ENDPOINT, NO_ROUTE)),
    (gateway_for_s3_added_to_the_table_later, ways(ENDPOINT, ENDPOINT, GATEWAY)),
    (deleted_gateway_for_s3, ways(ENDPOINT, ENDPOINT, NO_ROUTE)),
    (endpoints_whose_group_is_closed, ways(CLOSED, CLOSED, GATEWAY)),
    (closed_endpoints_and_a_nat_gateway, ways(CLOSED, CLOSED, GATEWAY)),
    (endpoints_without_private_dns_and_a_nat_gateway, ways(NAT, NAT, NAT)),
]


@pytest.mark.parametrize(("build", "expected"), PRIVATE, ids=[row[0].__name__ for row in PRIVATE])
def test_a_pull_from_a_private_subnet(
    site: Site, build: Callable[[Site], None], expected: dict[str, str]
) -> None:
    """AWS: Amazon ECR "interface VPC endpoints"; VPC "NAT gateways", "Gateway endpoints"."""
    build(site)
    found = site.ways(site.private)
    assert found.keys() == expected.keys()
    assert all(expected[each] in found[each] for each in expected), found


@pytest.mark.parametrize(
    ("public_ip", "way"), [(True, "internet-gateway"), (False, "no public IP address")]
)
def test_a_pull_from_a_public_subnet(
    site: Site,
    public_ip: bool,  # noqa: FBT001 - a column of the table
    way: str,
) -> None:
    """AWS: fargate-task-networking: assignPublicIp decides in a public subnet."""
    assert site.ways(site.public, public_ip=public_ip) == ways(way, way, way)


def test_a_public_registry_needs_the_internet(site: Site) -> None:
    """AWS: Amazon ECR "interface VPC endpoints", "Considerations"."""
    all_endpoints(site)
    site.network.invalidate()
    task = site.network.allocate(site.private, [site.task_group])
    assert not to_internet(site.network.topology(), task, 443).reachable


def test_a_task_in_the_default_vpc_reaches_services_with_a_public_ip(site: Site) -> None:
    """AWS: default-vpc: it has an internet gateway and a route to it."""
    site.network.invalidate()
    default = site.ec2.describe_subnets(Filters=[{"Name": "default-for-az", "Values": ["true"]}])
    subnet = default["Subnets"][0]["SubnetId"]
    task = site.network.allocate(subnet, public_ip=True)
    path = to_service(site.network.topology(), task, "ecr.api")
    assert (path.via, path.source_ip) == ("internet-gateway", task.public_ip)
    private = site.network.allocate(subnet)
    assert not to_service(site.network.topology(), private, "ecr.api").reachable


def test_evidence_can_be_run(site: Site) -> None:
    """Each hop names a call that works as it stands."""
    all_endpoints(site)
    nat_gateway(site)
    site.network.invalidate()
    topology = site.network.topology()
    task = site.network.allocate(site.private, [site.task_group])
    paths = [to_service(topology, task, each) for each in ("ecr.api", "s3", "logs")]
    calls = [hop.evidence for path in paths for hop in path.hops]
    assert {call.split("(")[0] for call in calls} == {
        "ec2.describe_nat_gateways",
        "ec2.describe_route_tables",
        "ec2.describe_security_groups",
        "ec2.describe_vpc_endpoints",
    }
    for call in calls:
        answer = eval(call, {"ec2": site.ec2})
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
