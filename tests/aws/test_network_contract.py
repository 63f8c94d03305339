"""What moto does that we mend, and the mend: each pair fails loudly when a new moto changes it.

When the first half of a test fails, moto has been mended: take our method out.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.ec2.models import EC2Backend, ec2_backends
from moto.ec2.models.amis import AmiBackend
from moto.ec2.models.elastic_network_interfaces import NetworkInterface

from ecslab.aws.network_backend import NetworkBackend, install
from ecslab.aws.network_interface import ServiceInterface

ACCOUNT, REGION = "123456789012", "us-east-1"


@pytest.fixture(scope="module")
def ec2() -> Iterator[Any]:
    with mock_aws():
        yield boto3.client(
            "ec2", REGION, aws_access_key_id="testing", aws_secret_access_key="testing"
        )


@pytest.fixture
def moto(ec2: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    return started_with(EC2Backend, ec2, monkeypatch)


@pytest.fixture
def ours(ec2: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    return started_with(NetworkBackend, ec2, monkeypatch)


def started_with(backend: type[EC2Backend], ec2: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(AmiBackend, "_load_amis", lambda _: None)  # 1,301 images, not needed here
    monkeypatch.setattr(ec2_backends, "backend", backend)
    ec2_backends.clear()
    return ec2


def error(call: Callable[..., Any], **arguments: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as refusal:
        call(**arguments)
    found = refusal.value.response["Error"]
    return found["Code"], found["Message"]


def default_vpc(ec2: Any) -> str:
    found = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])
    return str(found["Vpcs"][0]["VpcId"])


def default_subnet(ec2: Any) -> dict[str, Any]:
    subnets: list[dict[str, Any]] = ec2.describe_subnets()["Subnets"]
    return subnets[0]


def main_table(ec2: Any, vpc: str) -> dict[str, Any]:
    filters = [
        {"Name": "vpc-id", "Values": [vpc]},
        {"Name": "association.main", "Values": ["true"]},
    ]
    tables: list[dict[str, Any]] = ec2.describe_route_tables(Filters=filters)["RouteTables"]
    return tables[0]


def nat_interface(ec2: Any) -> dict[str, Any]:
    subnet = default_subnet(ec2)["SubnetId"]
    address = ec2.allocate_address(Domain="vpc")
    made = ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address["AllocationId"])
    interface = made["NatGateway"]["NatGatewayAddresses"][0]
    found: dict[str, Any] = ec2.describe_network_interfaces(
        NetworkInterfaceIds=[interface["NetworkInterfaceId"]]
    )["NetworkInterfaces"][0]
    found["NatGatewayId"] = made["NatGateway"]["NatGatewayId"]
    assert interface["PrivateIp"] == found["PrivateIpAddress"]
    return found


def endpoint(ec2: Any, service: str, **extra: Any) -> dict[str, Any]:
    name = f"com.amazonaws.{REGION}.{service}"
    arguments = {"VpcId": default_vpc(ec2), "ServiceName": name, **extra}
    made: dict[str, Any] = ec2.create_vpc_endpoint(**arguments)["VpcEndpoint"]
    return made


def is_inside(address: str, block: str) -> bool:
    hosts = list(ipaddress.IPv4Network(block))
    return ipaddress.IPv4Address(address) in hosts[4:-1]


def interfaces_are_inside(ec2: Any, count: int = 20) -> bool:
    vpc = default_vpc(ec2)
    ec2.modify_subnet_attribute(
        SubnetId=default_subnet(ec2)["SubnetId"], MapPublicIpOnLaunch={"Value": True}
    )
    block = "172.31.240.0/28"
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock=block)["Subnet"]["SubnetId"]
    found = [
        ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["PrivateIpAddress"]
        for _ in range(count)
    ]
    return all(is_inside(each, block) for each in found) and len(set(found)) == count


def test_moto_default_vpc_has_no_internet_gateway(moto: Any) -> None:
    assert moto.describe_internet_gateways()["InternetGateways"] == []
    assert len(main_table(moto, default_vpc(moto))["Routes"]) == 1


def test_our_default_vpc_has_an_internet_gateway(ours: Any) -> None:
    """AWS: default-vpc."""
    gateway = ours.describe_internet_gateways()["InternetGateways"][0]
    assert gateway["Attachments"][0]["VpcId"] == default_vpc(ours)
    route = main_table(ours, default_vpc(ours))["Routes"][1]
    assert route["DestinationCidrBlock"] == "0.0.0.0/0"
    assert route["GatewayId"] == gateway["InternetGatewayId"]


def test_moto_default_groups_are_closed(moto: Any) -> None:
    groups = moto.describe_security_groups()["SecurityGroups"]
    assert [group["IpPermissions"] for group in groups] == [[]]


def test_our_default_groups_let_their_members_in(ours: Any) -> None:
    """AWS: default-security-group."""
    ours.create_vpc(CidrBlock="10.0.0.0/16")
    groups = ours.describe_security_groups()["SecurityGroups"]
    assert len(groups) == 2
    for group in groups:
        (rule,) = group["IpPermissions"]
        assert rule["IpProtocol"] == "-1"
        assert [pair["GroupId"] for pair in rule["UserIdGroupPairs"]] == [group["GroupId"]]


def test_moto_draws_reserved_and_used_addresses(moto: Any) -> None:
    assert not interfaces_are_inside(moto)


def test_our_addresses_are_free_ones(ours: Any) -> None:
    """AWS: subnet-sizing."""
    assert interfaces_are_inside(ours, 11)


def test_moto_takes_an_address_outside_the_subnet(moto: Any) -> None:
    subnet = default_subnet(moto)["SubnetId"]
    moto.create_network_interface(SubnetId=subnet, PrivateIpAddress="10.250.0.1")


def test_we_refuse_an_address_outside_the_subnet(ours: Any) -> None:
    """AWS: EC2 CreateNetworkInterface."""
    subnet = default_subnet(ours)
    found = error(
        ours.create_network_interface, SubnetId=subnet["SubnetId"], PrivateIpAddress="10.250.0.1"
    )
    assert found == (
        "InvalidParameterValue",
        "Address does not fall within the subnet's address range",
    )
    inside = str(ipaddress.IPv4Network(subnet["CidrBlock"])[77])
    made = ours.create_network_interface(SubnetId=subnet["SubnetId"], PrivateIpAddress=inside)
    assert made["NetworkInterface"]["PrivateIpAddress"] == inside


def test_moto_deletes_a_subnet_in_use(moto: Any) -> None:
    subnet = default_subnet(moto)["SubnetId"]
    moto.create_network_interface(SubnetId=subnet)
    moto.delete_subnet(SubnetId=subnet)


def test_moto_deletes_a_group_in_use(moto: Any) -> None:
    group = moto.create_security_group(GroupName="a", Description="a")["GroupId"]
    moto.create_network_interface(SubnetId=default_subnet(moto)["SubnetId"], Groups=[group])
    moto.delete_security_group(GroupId=group)


def test_we_keep_what_is_in_use(ours: Any) -> None:
    """AWS: EC2 error codes, DependencyViolation."""
    subnet = default_subnet(ours)["SubnetId"]
    used = ours.create_security_group(GroupName="a", Description="a")["GroupId"]
    named = ours.create_security_group(GroupName="b", Description="b")["GroupId"]
    pair = [{"GroupId": named}]
    rule = {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 2, "UserIdGroupPairs": pair}
    ours.authorize_security_group_ingress(GroupId=used, IpPermissions=[rule])
    ours.create_network_interface(SubnetId=subnet, Groups=[used])
    assert error(ours.delete_subnet, SubnetId=subnet) == (
        "DependencyViolation",
        f"The subnet '{subnet}' has dependencies and cannot be deleted.",
    )
    for group in (used, named):
        assert error(ours.delete_security_group, GroupId=group) == (
            "DependencyViolation",
            f"resource {group} has a dependent object",
        )


def routes_to_nowhere(ec2: Any) -> list[Callable[[], Any]]:
    table = main_table(ec2, default_vpc(ec2))["RouteTableId"]
    loose = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    to = {"RouteTableId": table}
    return [
        lambda: ec2.create_route(DestinationCidrBlock="9.0.0.0/8", NatGatewayId="nat-0", **to),
        lambda: ec2.create_route(DestinationCidrBlock="8.0.0.0/8", GatewayId=loose, **to),
    ]


def test_moto_routes_to_nowhere(moto: Any) -> None:
    for create in routes_to_nowhere(moto):
        create()


def test_we_refuse_routes_to_nowhere(ours: Any) -> None:
    """AWS: EC2 CreateRoute."""
    codes = [error(create)[0] for create in routes_to_nowhere(ours)]
    assert codes == ["InvalidNatGatewayID.NotFound", "InvalidParameterValue"]


def test_moto_elastic_addresses_are_loopback(moto: Any) -> None:
    assert moto.allocate_address(Domain="vpc")["PublicIp"].startswith("127.")


def test_our_elastic_addresses_are_public(ours: Any) -> None:
    assert ipaddress.IPv4Address(ours.allocate_address(Domain="vpc")["PublicIp"]).is_global


def test_moto_nat_gateways_are_outside_their_subnet(moto: Any) -> None:
    found = nat_interface(moto)
    assert not is_inside(found["PrivateIpAddress"], default_subnet(moto)["CidrBlock"])
    assert found["Status"] == "available"
    moto.delete_nat_gateway(NatGatewayId=found["NatGatewayId"])
    assert moto.describe_network_interfaces()["NetworkInterfaces"]


def test_our_nat_gateways_are_inside_their_subnet(ours: Any) -> None:
    """AWS: vpc-nat-gateway: its interface is shown, and goes with it."""
    found = nat_interface(ours)
    assert is_inside(found["PrivateIpAddress"], default_subnet(ours)["CidrBlock"])
    assert (found["Status"], found["InterfaceType"]) == ("in-use", "nat_gateway")
    assert found["Groups"] == []
    ours.delete_nat_gateway(NatGatewayId=found["NatGatewayId"])
    assert ours.describe_network_interfaces()["NetworkInterfaces"] == []
    assert "AssociationId" not in ours.describe_addresses()["Addresses"][0]
    assert error(ours.delete_nat_gateway, NatGatewayId="nat-0")[0] == "NatGatewayNotFound"


def test_moto_trips_over_an_unknown_nat_gateway(moto: Any) -> None:
    with pytest.raises(AttributeError):
        moto.delete_nat_gateway(NatGatewayId="nat-0")


def interface_endpoint(ec2: Any, **extra: Any) -> dict[str, Any]:
    subnet = default_subnet(ec2)["SubnetId"]
    return endpoint(ec2, "logs", VpcEndpointType="Interface", SubnetIds=[subnet], **extra)


def test_moto_interface_endpoints_have_neither_group_nor_address(moto: Any) -> None:
    made = interface_endpoint(moto)
    assert made["Groups"] == []
    (found,) = moto.describe_network_interfaces()["NetworkInterfaces"]
    assert not is_inside(found["PrivateIpAddress"], default_subnet(moto)["CidrBlock"])
    moto.delete_vpc_endpoints(VpcEndpointIds=[made["VpcEndpointId"]])
    assert moto.describe_vpc_endpoints()["VpcEndpoints"][0]["State"] == "deleted"


def test_our_interface_endpoints_have_a_group_and_an_address(ours: Any) -> None:
    """AWS: privatelink, "Create an interface endpoint"."""
    made = interface_endpoint(ours)
    assert [group["GroupName"] for group in made["Groups"]] == ["default"]
    (found,) = ours.describe_network_interfaces()["NetworkInterfaces"]
    assert is_inside(found["PrivateIpAddress"], default_subnet(ours)["CidrBlock"])
    assert (found["Status"], found["InterfaceType"]) == ("in-use", "vpc_endpoint")
    ours.delete_vpc_endpoints(VpcEndpointIds=[made["VpcEndpointId"]])
    assert ours.describe_vpc_endpoints()["VpcEndpoints"] == []
    assert ours.describe_network_interfaces()["NetworkInterfaces"] == []


def test_moto_checks_no_endpoint(moto: Any) -> None:
    assert endpoint(moto, "ecr.api").get("VpcEndpointType") is None
    endpoint(moto, "ecr.api", VpcEndpointType="Gateway")
    plain = moto.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    interface = endpoint(moto, "logs", VpcId=plain, VpcEndpointType="Interface")
    assert interface["PrivateDnsEnabled"] is True


def test_we_check_endpoints(ours: Any) -> None:
    """Botocore ec2 CreateVpcEndpoint; AWS: privatelink, "Private DNS"."""
    assert endpoint(ours, "s3")["VpcEndpointType"] == "Gateway"
    assert error(endpoint, ec2=ours, service="ecr.api") == (
        "InvalidParameter",
        "Endpoint type (Gateway) does not match available service types ([Interface]).",
    )
    plain = ours.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    arguments = {"ec2": ours, "service": "logs", "VpcId": plain, "VpcEndpointType": "Interface"}
    code, message = error(endpoint, **arguments)
    assert code == "InvalidParameter"
    assert message.startswith("Enabling private DNS requires both enableDnsSupport and")
    endpoint(**arguments, PrivateDnsEnabled=False)


def default_table(ec2: Any) -> str:
    return str(main_table(ec2, default_vpc(ec2))["RouteTableId"])


def twice(ec2: Any, service: str, **extra: Any) -> dict[str, Any]:
    endpoint(ec2, service, **extra)
    return endpoint(ec2, service, **extra)


def test_moto_makes_the_same_endpoint_twice(moto: Any) -> None:
    twice(moto, "s3", VpcEndpointType="Gateway", RouteTableIds=[default_table(moto)])
    twice(moto, "logs", VpcEndpointType="Interface")


def test_we_make_it_once(ours: Any) -> None:
    """AWS: one route to a service's prefix list in a route table; one private name in a VPC.

    The words are those of real deployments, in issues of eksctl (2510) and of Terraform's
    provider for AWS (17535).
    """
    table = default_table(ours)
    code, message = error(
        twice, ec2=ours, service="s3", VpcEndpointType="Gateway", RouteTableIds=[table]
    )
    assert code == "RouteAlreadyExists"
    assert message.startswith(
        f"route table {table} already has a route with destination-prefix-list-id pl-"
    )
    code, message = error(twice, ec2=ours, service="ecr.api", VpcEndpointType="Interface")
    assert code == "InvalidParameter"
    assert message.startswith("private-dns-enabled cannot be set because there is already a ")
    assert message.endswith(f"for api.ecr.{REGION}.amazonaws.com in the VPC {default_vpc(ours)}")
    endpoint(ours, "ecr.api", VpcEndpointType="Interface", PrivateDnsEnabled=False)


def changed_tables(ec2: Any) -> tuple[list[int], list[int]]:
    """Return how many routes two tables have after an endpoint moved from one to the other."""
    vpc = default_vpc(ec2)
    old, new = (ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"] for _ in "ab")
    made = endpoint(ec2, "s3", VpcEndpointType="Gateway", RouteTableIds=[old])

    def routes() -> list[int]:
        answer = ec2.describe_route_tables(RouteTableIds=[old, new])["RouteTables"]
        return [len(table["Routes"]) for table in answer]

    before = routes()
    ec2.modify_vpc_endpoint(
        VpcEndpointId=made["VpcEndpointId"], AddRouteTableIds=[new], RemoveRouteTableIds=[old]
    )
    return before, routes()


def test_moto_leaves_an_endpoints_routes(moto: Any) -> None:
    assert changed_tables(moto) == ([2, 1], [2, 1])


def test_our_endpoints_routes_follow(ours: Any) -> None:
    """AWS: gateway endpoints, "Associate route tables"."""
    assert changed_tables(ours) == ([2, 1], [1, 2])


def moved_endpoint(ec2: Any) -> tuple[set[str], set[str]]:
    """Return the subnets an endpoint should be in, and those it has interfaces in."""
    first, second, third = (each["SubnetId"] for each in ec2.describe_subnets()["Subnets"][:3])
    made = endpoint(ec2, "logs", VpcEndpointType="Interface", SubnetIds=[first, second])
    ec2.modify_vpc_endpoint(
        VpcEndpointId=made["VpcEndpointId"], AddSubnetIds=[third], RemoveSubnetIds=[first]
    )
    found = ec2.describe_network_interfaces()["NetworkInterfaces"]
    return {second, third}, {each["SubnetId"] for each in found}


def test_moto_leaves_an_endpoints_interfaces(moto: Any) -> None:
    wanted, found = moved_endpoint(moto)
    assert wanted != found


def test_our_endpoints_interfaces_follow(ours: Any) -> None:
    """AWS: privatelink, "Add or remove subnets"."""
    wanted, found = moved_endpoint(ours)
    assert wanted == found


def test_moto_instances_share_no_address_with_their_subnet(moto: Any) -> None:
    image = moto.register_image(Name="plain")["ImageId"]
    made = moto.run_instances(ImageId=image, MinCount=1, MaxCount=1)["Instances"][0]
    assert not made["PrivateIpAddress"].startswith("172.31.")


def test_moto_keeps_every_interface_ever_made(moto: Any) -> None:
    """So ours leave that list out: a simulated day makes a hundred thousand of them."""
    subnet = default_subnet(moto)["SubnetId"]
    before = len(NetworkInterface.instances_tracked)
    made = moto.create_network_interface(SubnetId=subnet)["NetworkInterface"]
    moto.delete_network_interface(NetworkInterfaceId=made["NetworkInterfaceId"])
    assert len(NetworkInterface.instances_tracked) == before + 1


def test_our_interfaces_are_let_go(ours: Any) -> None:
    backend: Any = ec2_backends[ACCOUNT][REGION]
    subnet = backend.get_subnet(default_subnet(ours)["SubnetId"])
    tracked = len(ServiceInterface.instances_tracked)
    made = ServiceInterface(
        backend,
        subnet,
        "172.31.0.9",
        group_ids=[],
        public_ip=None,
        description="",
        requester="amazon-ecs",
    )
    assert len(ServiceInterface.instances_tracked) == tracked
    backend.add_service_interface(made)
    backend.remove_service_interface(made.id)
    assert made.id not in backend.enis
    assert made.id not in backend.tags


def test_the_installed_backend_answers_requests_and_can_be_taken_out(moto: Any) -> None:
    before = ec2_backends.backend
    undo = install()
    assert type(ec2_backends[ACCOUNT][REGION]) is NetworkBackend
    assert moto.describe_vpcs()["Vpcs"]
    undo()
    assert ec2_backends.backend is before
    assert type(ec2_backends[ACCOUNT][REGION]) is EC2Backend
