"""A VPC of the Bookshop's own: public and private subnets, and a security group for each tier."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import boto3

__all__ = ["PRIVATE", "PUBLIC", "Place", "groups", "make", "subnets", "vpc"]

NAME = "bookshop"
PUBLIC, PRIVATE = ("public-a", "public-b"), ("private-a", "private-b")
"""The names of the subnets, one of each kind in two Availability Zones."""

_BLOCKS = {
    "public-a": ("10.11.0.0/24", "us-east-1a"),
    "public-b": ("10.11.1.0/24", "us-east-1b"),
    "private-a": ("10.11.10.0/24", "us-east-1a"),
    "private-b": ("10.11.11.0/24", "us-east-1b"),
}


@dataclass(frozen=True)
class Place:
    """Where things of the shop are.

    Attributes:
        vpc: the VPC's id.
        subnets: ids by name.
        groups: ids of the security groups by name.
    """

    vpc: str
    subnets: dict[str, str]
    groups: dict[str, str]


def make(*names: str) -> Place:
    """Make the VPC, its subnets and route tables, and security groups.

    The private subnets have a route table with no way out; the public ones an internet gateway.

    Args:
        names: of the security groups; they let nothing in.
    """
    ec2 = boto3.client("ec2")
    made = ec2.create_vpc(CidrBlock="10.11.0.0/16", TagSpecifications=_named("vpc", NAME))
    own = made["Vpc"]["VpcId"]
    ec2.modify_vpc_attribute(VpcId=own, EnableDnsHostnames={"Value": True})
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=own)
    found = {name: _subnet(own, name) for name in (*PUBLIC, *PRIVATE)}
    for kind in ("public", "private"):
        made = ec2.create_route_table(VpcId=own, TagSpecifications=_named("route-table", kind))
        table = made["RouteTable"]["RouteTableId"]
        if kind == "public":
            ec2.create_route(
                RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway
            )
        for name in (name for name in found if name.startswith(kind)):
            ec2.associate_route_table(RouteTableId=table, SubnetId=found[name])
    return Place(own, found, {name: _group(own, name) for name in names})


def vpc() -> str:
    """Give the id of the shop's VPC."""
    wanted = [{"Name": "tag:Name", "Values": [NAME]}]
    return str(boto3.client("ec2").describe_vpcs(Filters=wanted)["Vpcs"][0]["VpcId"])


def subnets(ec2: Any) -> dict[str, str]:
    """Give the ids of the shop's subnets by name.

    Args:
        ec2: a boto3 client.
    """
    found = ec2.describe_subnets(Filters=[{"Name": "tag:Name", "Values": list(_BLOCKS)}])
    return {each["Tags"][0]["Value"]: each["SubnetId"] for each in found["Subnets"]}


def groups(ec2: Any) -> dict[str, dict[str, Any]]:
    """Give the security groups of the shop's VPC by name, as EC2 describes them.

    Args:
        ec2: a boto3 client.
    """
    wanted = [{"Name": "vpc-id", "Values": [vpc()]}]
    found = ec2.describe_security_groups(Filters=wanted)["SecurityGroups"]
    return {each["GroupName"]: each for each in found}


def _subnet(own: str, name: str) -> str:
    block, zone = _BLOCKS[name]
    made = boto3.client("ec2").create_subnet(
        VpcId=own,
        CidrBlock=block,
        AvailabilityZone=zone,
        TagSpecifications=_named("subnet", name),
    )
    return str(made["Subnet"]["SubnetId"])


def _group(own: str, name: str) -> str:
    made = boto3.client("ec2").create_security_group(
        GroupName=name, Description=f"The tier {name} of the Bookshop", VpcId=own
    )
    return str(made["GroupId"])


def _named(kind: str, name: str) -> list[dict[str, Any]]:
    return [{"ResourceType": kind, "Tags": [{"Key": "Name", "Value": name}]}]
