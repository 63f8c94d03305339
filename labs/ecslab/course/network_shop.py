"""The Bookshop of module 07: a network of its own, and the programs that meet in it."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import boto3
import requests

from ecslab.course import bookshop
from ecslab.model.image import Image

if TYPE_CHECKING:
    from collections.abc import Callable

    from ecslab.cloud import Cloud

__all__ = [
    "BOOKS",
    "CLUSTER",
    "GROUPS",
    "NAME",
    "PORT",
    "group_ids",
    "page",
    "prepare",
    "run_stranger",
    "subnet_ids",
    "vpc_id",
]

NAME = "bookshop"
"""The name of the VPC, and of what else there is once."""

CLUSTER = "bookshop"
PORT = 8080
"""The port on which storefront and catalog listen."""

BOOKS = [{"title": "Sea Tales"}, {"title": "Night Trains"}]
GROUPS = ("door", "storefront", "catalog", "stranger")
"""The security groups; nobody may come in until the learner says so."""

_BUCKET = "bookshop-books"
_LOG_GROUP = "/bookshop"
_BLOCK = "10.0.0.0/16"
_SUBNETS = {
    "public-a": ("10.0.0.0/24", "us-east-1a"),
    "public-b": ("10.0.1.0/24", "us-east-1b"),
    "private-a": ("10.0.10.0/24", "us-east-1a"),
    "private-b": ("10.0.11.0/24", "us-east-1b"),
}


def page(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    """Answer with the titles that the catalog knows; without it, with 503 and why."""
    plain = [("Content-Type", "text/plain")]
    if environ["PATH_INFO"] == "/health":
        start_response("200 OK", plain)
        return [b"ok\n"]
    try:
        answer = requests.get(os.environ["CATALOG_URL"], timeout=3)
        answer.raise_for_status()
    except requests.RequestException as error:
        start_response("503 Service Unavailable", plain)
        return [f"no books today: {type(error).__name__}\n".encode()]
    start_response("200 OK", plain)
    titles = ", ".join(book["title"] for book in answer.json())
    return [f"Bookshop: {titles}\n".encode()]


STOREFRONT = replace(
    bookshop.STOREFRONT, app=page, required_environment=("CATALOG_URL",), stop_after=5.0
)
PROBE = Image(logs=("the way out is open",), runs_for=2.0, memory=32.0)
STRANGER = Image(logs=("somebody else's task",), memory=32.0)


def vpc_id() -> str:
    """Give the id of the Bookshop's VPC."""
    named = [{"Name": "tag:Name", "Values": [NAME]}]
    return str(boto3.client("ec2").describe_vpcs(Filters=named)["Vpcs"][0]["VpcId"])


def subnet_ids(kind: str) -> list[str]:
    """Give the ids of the Bookshop's subnets.

    Args:
        kind: ``public`` or ``private``.
    """
    named = [{"Name": "tag:Name", "Values": [f"{kind}-*"]}]
    found = boto3.client("ec2").describe_subnets(Filters=named)["Subnets"]
    return [each["SubnetId"] for each in sorted(found, key=lambda each: each["CidrBlock"])]


def group_ids() -> dict[str, str]:
    """Give the ids of the Bookshop's security groups, by name."""
    here = [{"Name": "vpc-id", "Values": [vpc_id()]}]
    found = boto3.client("ec2").describe_security_groups(Filters=here)["SecurityGroups"]
    return {each["GroupName"]: each["GroupId"] for each in found}


def prepare(cloud: Cloud, *, ready_after: float) -> None:
    """Make the network, the images, the roles and the task definitions; nothing runs yet.

    Args:
        cloud: the running account.
        ready_after: seconds that the storefront takes until it listens.
    """
    _network()
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=_BUCKET)
    s3.put_object(Bucket=_BUCKET, Key="books.json", Body=json.dumps(BOOKS))
    logs = boto3.client("logs")
    logs.create_log_group(logGroupName=_LOG_GROUP)
    logs.put_retention_policy(logGroupName=_LOG_GROUP, retentionInDays=7)
    role = bookshop.task_role(
        "bookshop-catalog", "s3:GetObject", f"arn:aws:s3:::{_BUCKET}/books.json"
    )
    boto3.client("ecs").create_cluster(clusterName=CLUSTER)
    storefront = replace(STOREFRONT, ready_after=ready_after)
    ports: dict[str, Any] = {"portMappings": [{"containerPort": PORT}]}
    _define(
        "storefront",
        cloud.push(storefront, "storefront:4.0"),
        **ports,
        environment=[{"name": "CATALOG_URL", "value": f"http://catalog:{PORT}/"}],
    )
    _define(
        "catalog",
        cloud.push(bookshop.CATALOG, "catalog:2.0"),
        role,
        **ports,
        environment=[
            {"name": "BOOKS_BUCKET", "value": _BUCKET},
            {"name": "DB_PASSWORD", "value": "example"},
        ],
    )
    _define("probe", cloud.push(PROBE, "probe:1.0"))
    _define("stranger", cloud.push(STRANGER, "stranger:1.0"))


def run_stranger(cloud: Cloud) -> None:
    """Run a task in a public subnet of the VPC that has no business with the shop.

    Args:
        cloud: the running account.
    """
    network = {
        "subnets": subnet_ids("public")[:1],
        "securityGroups": [group_ids()["stranger"]],
        "assignPublicIp": "ENABLED",
    }
    boto3.client("ecs").run_task(
        cluster=CLUSTER,
        taskDefinition="stranger",
        launchType="FARGATE",
        networkConfiguration={"awsvpcConfiguration": network},
    )
    cloud.advance(minutes=1)


def _network() -> None:
    """Make a VPC with two public and two private subnets; the private ones have no way out."""
    ec2 = boto3.client("ec2")
    vpc = ec2.create_vpc(CidrBlock=_BLOCK)["Vpc"]["VpcId"]
    for attribute in ("EnableDnsSupport", "EnableDnsHostnames"):
        ec2.modify_vpc_attribute(VpcId=vpc, **{attribute: {"Value": True}})
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    tables = {
        kind: ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
        for kind in ("public", "private")
    }
    ec2.create_route(
        RouteTableId=tables["public"], DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway
    )
    names = {vpc: NAME, **{table: kind for kind, table in tables.items()}}
    for name, (block, zone) in _SUBNETS.items():
        made = ec2.create_subnet(VpcId=vpc, CidrBlock=block, AvailabilityZone=zone)
        subnet = made["Subnet"]["SubnetId"]
        table = tables[name.partition("-")[0]]
        ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
        names[subnet] = name
    for resource, name in names.items():
        ec2.create_tags(Resources=[resource], Tags=[{"Key": "Name", "Value": name}])
    for name in GROUPS:
        ec2.create_security_group(GroupName=name, Description=f"Who reaches {name}", VpcId=vpc)


def _define(family: str, image: str, role: str = "", **container: Any) -> None:
    """Register a small definition of one container for Fargate, which logs."""
    options = {
        "awslogs-group": _LOG_GROUP,
        "awslogs-region": "us-east-1",
        "awslogs-stream-prefix": family,
    }
    logging = {"logDriver": "awslogs", "options": options}
    boto3.client("ecs").register_task_definition(
        family=family,
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="256",
        memory="1024" if family == "catalog" else "512",
        executionRoleArn=bookshop.execution_role(),
        **({"taskRoleArn": role} if role else {}),
        containerDefinitions=[
            {"name": family, "image": image, "logConfiguration": logging, **container}
        ],
    )
