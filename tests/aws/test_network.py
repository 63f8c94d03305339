"""The network adapter, seen through plain boto3."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from random import Random
from typing import Any, NamedTuple

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.core.base_backend import BackendDict
from moto.ec2.models import EC2Backend, ec2_backends

from ecslab.aws.network import Network, NetworkInterfaceError, complete_default_vpc, install
from ecslab.errors import AwsError, EcslabError
from ecslab.model.network import between, from_internet, to_internet

ACCOUNT, REGION = "123456789012", "us-east-1"
KEYS = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
ATTACHMENT = f"arn:aws:ecs:{REGION}:{ACCOUNT}:attachment/6f5a1b9c-0000-4000-8000-000000000001"


@pytest.fixture(scope="module")
def clients() -> Iterator[dict[str, Any]]:
    undo = install()
    with mock_aws():
        yield {name: boto3.client(name, REGION, **KEYS) for name in ("ec2", "elbv2")}
    undo()


@pytest.fixture
def ec2(clients: dict[str, Any]) -> Any:
    return clients["ec2"]


@pytest.fixture
def network(clients: dict[str, Any]) -> Network:
    return Network(ACCOUNT, REGION, Random(7))


@pytest.fixture
def vpc(ec2: Any) -> str:
    return str(ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"])


def subnet_in(ec2: Any, vpc: str, block: str = "10.0.1.0/24", zone: str = "us-east-1b") -> str:
    made = ec2.create_subnet(VpcId=vpc, CidrBlock=block, AvailabilityZone=zone)
    return str(made["Subnet"]["SubnetId"])


def group_in(ec2: Any, vpc: str, name: str = "web") -> str:
    made = ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)
    return str(made["GroupId"])


def default_subnets(ec2: Any) -> list[str]:
    filters = [{"Name": "default-for-az", "Values": ["true"]}]
    return [each["SubnetId"] for each in ec2.describe_subnets(Filters=filters)["Subnets"]]


def shown(ec2: Any, interface_id: str) -> Any:
    answer = ec2.describe_network_interfaces(NetworkInterfaceIds=[interface_id])
    return answer["NetworkInterfaces"][0]


def test_ec2_shows_a_tasks_interface(ec2: Any, network: Network, vpc: str) -> None:
    """AWS: eni "Requester-managed network interfaces"; botocore ec2 NetworkInterface."""
    subnet, group = subnet_in(ec2, vpc), group_in(ec2, vpc)
    network.invalidate()
    made = network.allocate(
        subnet, [group], public_ip=True, description=ATTACHMENT, tags={"team": "shop"}
    )
    found = shown(ec2, made.id)
    assert found["Status"] == "in-use"
    assert found["InterfaceType"] == "interface"
    assert found["Description"] == ATTACHMENT
    assert found["RequesterManaged"] is True
    assert found["SubnetId"] == subnet
    assert found["VpcId"] == vpc
    assert found["AvailabilityZone"] == "us-east-1b"
    assert found["MacAddress"] == made.mac_address
    assert found["PrivateIpAddress"] == made.private_ip
    assert [each["GroupId"] for each in found["Groups"]] == [group] == list(made.groups or ())
    assert found["TagSet"] == [{"Key": "team", "Value": "shop"}]
    assert found["Attachment"]["Status"] == "attached"
    assert found["Attachment"]["DeviceIndex"] == 1
    assert "InstanceId" not in found["Attachment"]
    assert found["Association"]["PublicIp"] == made.public_ip
    assert found["Association"]["IpOwnerId"] == "amazon"
    name = f"ec2-{str(made.public_ip).replace('.', '-')}.compute-1.amazonaws.com"
    assert found["Association"]["PublicDnsName"] == name
    assert found["PrivateIpAddresses"][0]["Association"]["PublicIp"] == made.public_ip


def test_an_instance_holds_the_interface_of_a_task_on_ec2(ec2: Any, network: Network) -> None:
    """AWS: task-networking-awsvpc; the instance's own groups do not apply to the task."""
    subnet = default_subnets(ec2)[0]
    made = network.allocate(subnet, instance_id="i-0123456789abcdef0")
    assert shown(ec2, made.id)["Attachment"]["InstanceId"] == "i-0123456789abcdef0"
    assert made.public_ip is None
    assert "Association" not in shown(ec2, made.id)["PrivateIpAddresses"][0]


def test_private_dns_names_follow_the_vpc(ec2: Any, network: Network, vpc: str) -> None:
    """AWS: vpc-dns: private DNS host names need enableDnsHostnames."""
    subnet = subnet_in(ec2, vpc)
    network.invalidate()
    assert network.allocate(subnet).private_dns_name is None
    named = network.allocate(default_subnets(ec2)[0])
    assert named.private_dns_name == f"ip-{named.private_ip.replace('.', '-')}.ec2.internal"


def test_without_groups_the_default_group_is_taken(ec2: Any, network: Network, vpc: str) -> None:
    """Botocore ecs AwsVpcConfiguration.securityGroups."""
    subnet = subnet_in(ec2, vpc)
    network.invalidate()
    assert network.allocate(subnet).groups == (network.default_security_group(vpc),)


def test_addresses_are_distinct_and_inside_the_subnet(ec2: Any, network: Network, vpc: str) -> None:
    """AWS: subnet-sizing: the first four addresses and the last one are AWS's."""
    subnet = subnet_in(ec2, vpc, "10.0.9.0/28")
    network.invalidate()
    own = ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]
    network.invalidate()
    made = [network.allocate(subnet, public_ip=True) for _ in range(10)]
    block = list(ipaddress.IPv4Network("10.0.9.0/28"))
    found = {*(each.private_ip for each in made), own["PrivateIpAddress"]}
    assert found == {str(each) for each in block[4:-1]}
    assert len({each.public_ip for each in made}) == 10


@pytest.mark.parametrize(("public_ip", "word"), [(True, "enabled"), (False, "disabled")])
def test_a_full_subnet_gives_the_documented_reason(
    ec2: Any,
    network: Network,
    vpc: str,
    public_ip: bool,  # noqa: FBT001 - a column of the table
    word: str,
) -> None:
    """AWS: failed-to-start-error."""
    subnet = subnet_in(ec2, vpc, "10.0.9.0/28")
    network.invalidate()
    made = [network.allocate(subnet) for _ in range(11)]
    with pytest.raises(NetworkInterfaceError) as failure:
        network.allocate(subnet, public_ip=public_ip)
    assert str(failure.value) == (
        "Unexpected EC2 error while attempting to Create Network Interface with public IP "
        f"assignment {word} in subnet '{subnet}'"
    )
    network.release(made[3].id)
    assert network.allocate(subnet).private_ip == made[3].private_ip


def test_a_full_subnet_also_refuses_the_api(ec2: Any, network: Network, vpc: str) -> None:
    """AWS: errors-overview InsufficientFreeAddressesInSubnet."""
    subnet = subnet_in(ec2, vpc, "10.0.9.0/28")
    network.invalidate()
    for _ in range(11):
        network.allocate(subnet)
    with pytest.raises(ClientError) as refusal:
        ec2.create_network_interface(SubnetId=subnet)
    assert refusal.value.response["Error"]["Code"] == "InsufficientFreeAddressesInSubnet"


def test_reserved_ranges_are_left_alone(ec2: Any, network: Network, vpc: str) -> None:
    """AWS: subnet-cidr-reservation: EC2 assigns no address from one by itself."""
    subnet = subnet_in(ec2, vpc, "10.0.9.0/28")
    ec2.create_subnet_cidr_reservation(
        SubnetId=subnet, Cidr="10.0.9.8/29", ReservationType="explicit"
    )
    network.invalidate()
    found = {network.allocate(subnet).private_ip for _ in range(4)}
    assert found == {f"10.0.9.{number}" for number in range(4, 8)}


def test_a_subnet_or_group_that_went_away_is_a_reason_too(ec2: Any, network: Network) -> None:
    with pytest.raises(NetworkInterfaceError, match=r"subnet-gone'.*InvalidSubnetID\.NotFound"):
        network.allocate("subnet-gone")
    with pytest.raises(NetworkInterfaceError, match=r"InvalidGroup\.NotFound"):
        network.allocate(default_subnets(ec2)[0], ["sg-gone"])


def test_release_takes_the_interface_out_of_ec2(ec2: Any, network: Network) -> None:
    subnet = default_subnets(ec2)[0]

    def free() -> int:
        answer = ec2.describe_subnets(SubnetIds=[subnet])
        return int(answer["Subnets"][0]["AvailableIpAddressCount"])

    before = free()
    made = network.allocate(subnet, tags={"a": "b"})
    assert free() == before - 1
    network.release(made.id)
    network.release(made.id)
    assert free() == before
    assert network.interface(made.id) is None
    with pytest.raises(ClientError) as refusal:
        shown(ec2, made.id)
    assert refusal.value.response["Error"]["Code"] == "InvalidNetworkInterfaceID.NotFound"


def test_what_a_task_uses_cannot_be_deleted(ec2: Any, network: Network, vpc: str) -> None:
    """AWS: eni "Requester-managed"; EC2 error codes DependencyViolation."""
    subnet, group = subnet_in(ec2, vpc), group_in(ec2, vpc)
    network.invalidate()
    made = network.allocate(subnet, [group])
    refusals = []
    for operation, arguments in (
        ("delete_network_interface", {"NetworkInterfaceId": made.id}),
        ("delete_security_group", {"GroupId": group}),
        ("delete_subnet", {"SubnetId": subnet}),
    ):
        with pytest.raises(ClientError) as refusal:
            getattr(ec2, operation)(**arguments)
        refusals.append(refusal.value.response["Error"]["Code"])
    assert refusals == ["InvalidParameterValue", "DependencyViolation", "DependencyViolation"]
    network.release(made.id)
    ec2.delete_security_group(GroupId=group)
    ec2.delete_subnet(SubnetId=subnet)


def test_changed_groups_count_at_once(ec2: Any, network: Network, vpc: str) -> None:
    """AWS: changing-security-group: a change applies to existing interfaces."""
    subnet, first, second = subnet_in(ec2, vpc), group_in(ec2, vpc), group_in(ec2, vpc, "other")
    network.invalidate()
    made = network.allocate(subnet, [first])
    ec2.modify_network_interface_attribute(NetworkInterfaceId=made.id, Groups=[second])
    network.invalidate()
    changed = network.interface(made.id)
    assert changed is not None
    assert changed.groups == (second,)


def test_the_topology_is_kept_until_it_is_invalidated(ec2: Any, network: Network, vpc: str) -> None:
    first = network.topology()
    subnet = subnet_in(ec2, vpc)
    assert network.topology() is first
    network.invalidate()
    assert network.vpc_of(subnet) == vpc
    assert network.vpc_of("subnet-none") == ""
    assert network.zones_of([subnet, "subnet-none"]) == {subnet: "us-east-1b"}


def test_the_default_vpc_is_public(ec2: Any, network: Network) -> None:
    """AWS: default-vpc: an internet gateway, a default route, public addresses on launch."""
    for subnet in default_subnets(ec2):
        task = network.allocate(subnet, public_ip=True)
        assert to_internet(network.topology(), task).reachable
    gateways = ec2.describe_internet_gateways()["InternetGateways"]
    complete_default_vpc(ec2_backends[ACCOUNT][REGION])
    assert ec2.describe_internet_gateways()["InternetGateways"] == gateways


def test_members_of_a_default_group_reach_each_other(ec2: Any, network: Network, vpc: str) -> None:
    """AWS: default-security-group."""
    subnet, other = subnet_in(ec2, vpc), group_in(ec2, vpc)
    network.invalidate()
    one, two, stranger = (network.allocate(subnet, groups) for groups in ([], [], [other]))
    assert between(network.topology(), one, two, 5432).reachable
    assert not between(network.topology(), stranger, two, 5432).reachable
    default = network.default_security_group(vpc)
    answer = ec2.describe_security_groups(GroupIds=[default])["SecurityGroups"][0]
    pairs = [
        pair["GroupId"] for rule in answer["IpPermissions"] for pair in rule["UserIdGroupPairs"]
    ]
    assert pairs == [default]


def test_a_network_acl_of_the_account_counts(ec2: Any, network: Network, vpc: str) -> None:
    """AWS: vpc-network-acls: the default one allows everything, a new one nothing."""
    near, far = subnet_in(ec2, vpc), subnet_in(ec2, vpc, "10.0.2.0/24")
    network.invalidate()
    one, two = network.allocate(near), network.allocate(far)
    assert between(network.topology(), one, two, 80).reachable
    mine = ec2.create_network_acl(VpcId=vpc)["NetworkAcl"]["NetworkAclId"]
    here = [{"Name": "association.subnet-id", "Values": [far]}]
    for each in ec2.describe_network_acls(Filters=here)["NetworkAcls"][0]["Associations"]:
        if each["SubnetId"] == far:
            ec2.replace_network_acl_association(
                AssociationId=each["NetworkAclAssociationId"], NetworkAclId=mine
            )
    network.invalidate()
    assert not between(network.topology(), one, two, 80).reachable
    for egress in (True, False):
        ec2.create_network_acl_entry(
            NetworkAclId=mine,
            RuleNumber=10,
            Protocol="6",
            RuleAction="allow",
            Egress=egress,
            CidrBlock="10.0.0.0/16",
            PortRange={"From": 1024 if egress else 80, "To": 65535 if egress else 80},
        )
    network.invalidate()
    assert between(network.topology(), one, two, 80).reachable
    assert not between(network.topology(), one, two, 81).reachable


def test_an_instance_has_an_address_of_its_subnet(ec2: Any, network: Network) -> None:
    image = ec2.register_image(Name="plain")["ImageId"]
    instance = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1)["Instances"][0]
    network.invalidate()
    found = network.instance_interface(instance["InstanceId"])
    assert found is not None
    assert found.private_ip == instance["PrivateIpAddress"]
    block = network.topology().subnets[found.subnet].cidr
    assert ipaddress.IPv4Address(found.private_ip) in ipaddress.IPv4Network(block)
    assert network.instance_interface("i-none") is None


class Case(NamedTuple):
    subnets: list[str]
    groups: list[str]
    message: str


INVALID = [
    Case([], [], "subnets can not be empty."),
    Case([f"subnet-{n}" for n in range(17)], [], "subnets can have at most 16 items."),
    Case(["a"], [f"sg-{n}" for n in range(6)], "securityGroups can have at most 5 items."),
    Case(
        ["a", "subnet-none"],
        [],
        (
            "Error retrieving subnet information for [{a}, subnet-none]: The subnet ID "
            "'subnet-none' does not exist (ErrorCode: InvalidSubnetID.NotFound)"
        ),
    ),
    Case(
        ["a"],
        ["sg-x", "sg-y"],
        (
            "Error retrieving security group information for [sg-x, sg-y]: The security groups "
            "'sg-x, sg-y' do not exist (ErrorCode: InvalidGroup.NotFound)"
        ),
    ),
    Case(["a", "b"], [], "All specified subnets must be from the same VPC."),
    Case(
        ["a"],
        ["g"],
        "Security group {g} does not appear to belong to the same VPC as the input subnets.",
    ),
]


@pytest.mark.parametrize("case", INVALID, ids=[each.message[:40] for each in INVALID])
def test_wrong_configurations_are_refused(ec2: Any, network: Network, vpc: str, case: Case) -> None:
    """Botocore ecs AwsVpcConfiguration; check_awsvpc_configuration names the unverified words."""
    ids = {"a": default_subnets(ec2)[0], "b": subnet_in(ec2, vpc), "g": group_in(ec2, vpc)}
    network.invalidate()
    with pytest.raises(AwsError) as refusal:
        network.validate(
            [ids.get(each, each) for each in case.subnets],
            [ids.get(each, each) for each in case.groups],
        )
    assert refusal.value.code == "InvalidParameterException"
    assert refusal.value.message == case.message.format(**ids)


def test_a_right_configuration_passes(ec2: Any, network: Network, vpc: str) -> None:
    subnets = [subnet_in(ec2, vpc), subnet_in(ec2, vpc, "10.0.2.0/24")]
    group = group_in(ec2, vpc)
    network.invalidate()
    network.validate(subnets, [group])
    network.validate(default_subnets(ec2))


def balancer_in(clients: dict[str, Any], subnets: list[str], **extra: Any) -> str:
    name = f"lb-{len(clients['elbv2'].describe_load_balancers()['LoadBalancers'])}"
    made = clients["elbv2"].create_load_balancer(Name=name, Subnets=subnets, **extra)
    return str(made["LoadBalancers"][0]["LoadBalancerArn"])


def open_port(ec2: Any, group: str, port: int, **source: Any) -> None:
    rule = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, **source}
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])


def test_the_internet_reaches_a_task_through_its_load_balancer(
    clients: dict[str, Any], ec2: Any, network: Network
) -> None:
    """AWS: elasticloadbalancing "Load balancer scheme", "Security groups"."""
    subnets = default_subnets(ec2)[:2]
    home = network.vpc_of(subnets[0])
    front, back = group_in(ec2, home, "front"), group_in(ec2, home, "back")
    open_port(ec2, front, 80, IpRanges=[{"CidrIp": "0.0.0.0/0"}])
    open_port(ec2, back, 8080, UserIdGroupPairs=[{"GroupId": front}])
    arn = balancer_in(clients, subnets, SecurityGroups=[front])
    network.invalidate()
    nodes = network.load_balancer_interfaces(arn)
    assert [node.subnet for node in nodes] == subnets
    task = network.allocate(subnets[0], [back])
    topology = network.topology()
    for node in nodes:
        assert from_internet(topology, node, 80).reachable
        assert not from_internet(topology, node, 443).reachable
        assert between(topology, node, task, 8080).reachable
    node = network.load_balancer_interface(arn)
    assert node is not None
    obstacle = from_internet(topology, node, 443).obstacle
    assert obstacle is not None
    assert "of load balancer lb-" in obstacle.words
    found = shown(ec2, node.id)
    assert found["Description"] == "ELB " + arn.partition(":loadbalancer/")[2]
    assert found["Attachment"]["InstanceOwnerId"] == found["RequesterId"] == "amazon-elb"
    assert network.load_balancer_interfaces(arn) == nodes
    clients["elbv2"].set_security_groups(LoadBalancerArn=arn, SecurityGroups=[back])
    changed = network.load_balancer_interface(arn)
    assert changed is not None
    assert changed.groups == (back,)
    clients["elbv2"].delete_load_balancer(LoadBalancerArn=arn)
    assert network.load_balancer_interfaces(arn) == ()
    assert network.load_balancer_interface(arn) is None
    assert network.interface(node.id) is None


def test_an_internal_load_balancer_is_not_on_the_internet(
    clients: dict[str, Any], ec2: Any, network: Network
) -> None:
    """AWS: elasticloadbalancing "Load balancer scheme"; ALBs get the default group."""
    arn = balancer_in(clients, default_subnets(ec2)[:2], Scheme="internal")
    node = network.load_balancer_interface(arn)
    assert node is not None
    assert node.groups == (network.default_security_group(network.vpc_of(node.subnet)),)
    obstacle = from_internet(network.topology(), node, 80).obstacle
    assert obstacle is not None
    assert obstacle.words.startswith("internal load balancer lb-")
    assert "has no public IP address" in obstacle.words
    assert obstacle.evidence.startswith("elbv2.describe_load_balancers(Names=['lb-")


def test_a_node_in_a_private_subnet_is_not_reached(
    clients: dict[str, Any], ec2: Any, network: Network, vpc: str
) -> None:
    """AWS: elasticloadbalancing: an internet-facing one needs public subnets."""
    private = subnet_in(ec2, vpc)
    public = subnet_in(ec2, vpc, "10.0.2.0/24", "us-east-1a")
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.associate_route_table(RouteTableId=table, SubnetId=public)
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    arn = balancer_in(clients, [private, public], Type="network")
    network.invalidate()
    nodes = network.load_balancer_interfaces(arn)
    assert [node.groups for node in nodes] == [None, None]
    reached = {node.subnet: from_internet(network.topology(), node, 80).reachable for node in nodes}
    assert reached == {private: False, public: True}
    best = network.load_balancer_interface(arn)
    assert best is not None
    assert best.subnet == public
    other = subnet_in(ec2, vpc, "10.0.3.0/24")
    clients["elbv2"].set_subnets(LoadBalancerArn=arn, Subnets=[public, other])
    network.invalidate()
    assert [node.subnet for node in network.load_balancer_interfaces(arn)] == [public, other]
    gone = next(node for node in nodes if node.subnet == private)
    assert network.interface(gone.id) is None


def test_the_same_seed_gives_the_same_addresses(ec2: Any) -> None:
    subnet = default_subnets(ec2)[1]

    def draw() -> list[tuple[str, str | None]]:
        network = Network(ACCOUNT, REGION, Random(11))
        made = [network.allocate(subnet, public_ip=True) for _ in range(5)]
        for each in made:
            network.release(each.id)
        return [(each.private_ip, each.public_ip) for each in made]

    assert draw() == draw()


def test_a_reset_of_moto_is_noticed(clients: dict[str, Any], network: Network) -> None:
    before = network.topology()
    BackendDict.reset()
    after = network.topology()
    assert set(before.vpcs) & set(after.vpcs) == set()
    assert len(after.vpcs) == 1


def test_forgetting_to_install_is_said_at_once(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ec2_backends, "backend", EC2Backend)
    forgetful = Network("210987654321", REGION, Random(7))
    with pytest.raises(EcslabError, match="install"):
        forgetful.topology()
