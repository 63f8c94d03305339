"""Load balancers in subnets that have few addresses left, or none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from ecslab import Cloud

USABLE = 11
"""Addresses of a /28: sixteen, of which AWS keeps five (AWS: subnet-sizing)."""


class Small:
    """Two subnets of sixteen addresses in two zones of the default VPC."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.ec2: Any = boto3.client("ec2")
        self.elb: Any = boto3.client("elbv2")
        self.vpc = vpc = self.ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
        self.subnets = [
            self.ec2.create_subnet(
                VpcId=vpc, CidrBlock=f"172.31.200.{16 * number}/28", AvailabilityZone=zone
            )["Subnet"]["SubnetId"]
            for number, zone in enumerate(("us-east-1a", "us-east-1b"))
        ]

    def fill(self, subnet: str, count: int) -> None:
        for _ in range(count):
            self.ec2.create_network_interface(SubnetId=subnet)

    def balance(self) -> Any:
        group = self.ec2.create_security_group(GroupName="web", Description="web", VpcId=self.vpc)
        self.ec2.authorize_security_group_ingress(
            GroupId=group["GroupId"], IpProtocol="tcp", FromPort=80, ToPort=80, CidrIp="0.0.0.0/0"
        )
        made = self.elb.create_load_balancer(
            Name="web", Subnets=self.subnets, SecurityGroups=[group["GroupId"]]
        )
        return made["LoadBalancers"][0]


@pytest.fixture
def small() -> Iterator[Small]:
    with Cloud(seed=7) as cloud:
        yield Small(cloud)


def test_a_load_balancer_wants_eight_free_addresses_in_each_subnet(small: Small) -> None:
    """AWS: application-load-balancers, "Subnets for your load balancer"."""
    small.fill(small.subnets[1], USABLE - 7)
    with pytest.raises(ClientError) as refused:
        small.balance()
    assert refused.value.response["Error"] == {
        "Code": "InvalidSubnet",
        "Message": (
            f"Not enough IP space available in {small.subnets[1]}. "
            "ELB requires at least 8 free IP addresses in each subnet."
        ),
        "Type": "Sender",
    }


def test_a_load_balancer_goes_on_in_the_subnet_that_has_room(small: Small) -> None:
    """A node that gets no address is missing; time and requests go on."""
    balancer = small.balance()
    small.elb.create_listener(
        LoadBalancerArn=balancer["LoadBalancerArn"],
        Protocol="HTTP",
        Port=80,
        DefaultActions=[
            {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "204"}},
        ],
    )
    small.fill(small.subnets[0], USABLE)
    small.cloud.advance(minutes=5)
    url = f"http://{balancer['DNSName']}/"
    assert small.cloud.http(url).status == 204

    free = small.ec2.describe_subnets(SubnetIds=[small.subnets[1]])["Subnets"][0]
    small.fill(small.subnets[1], free["AvailableIpAddressCount"])
    small.cloud.advance(minutes=5)
    assert small.cloud.http(url).status == 204
