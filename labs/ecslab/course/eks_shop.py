"""The Bookshop that shall run on Kubernetes too: three services on Fargate."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import boto3

from ecslab.course import bookshop

if TYPE_CHECKING:
    from ecslab.cloud import Cloud
    from ecslab.model.image import Image

__all__ = ["CLUSTER", "REVIEWS", "REVIEWS_SERVICE", "SERVICES", "prepare", "register"]

CLUSTER = "bookshop"
SERVICES = ("storefront", "catalog", "fulfilment")

Json = dict[str, Any]
_COUNTS: dict[str, tuple[int, int, int]] = {
    "storefront": (3, 100, 200),
    "catalog": (3, 50, 150),
    "fulfilment": (1, 0, 100),
}
"""Desired count, minimum and maximum healthy percent."""

REVIEWS: Json = {
    "family": "reviews",
    "cpu": "1024",
    "memory": "2048",
    "taskRoleArn": "arn:aws:iam::123456789012:role/bookshop-reviews",
    "containerDefinitions": [
        {
            "name": "reviews",
            "image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/reviews:4.2",
            "cpu": 384,
            "memory": 1536,
            "memoryReservation": 768,
            "portMappings": [{"containerPort": 9000, "hostPort": 9000, "protocol": "tcp"}],
            "environment": [{"name": "STARS", "value": "5"}],
            "secrets": [
                {
                    "name": "TOKEN",
                    "valueFrom": "arn:aws:ssm:us-east-1:123456789012:parameter/reviews/token",
                }
            ],
            "healthCheck": {
                "command": ["CMD-SHELL", "wget -q -O- http://localhost:9000/up"],
                "interval": 20,
                "timeout": 3,
                "retries": 5,
            },
            "stopTimeout": 75,
            "essential": True,
        }
    ],
}
"""A task definition that nobody has seen: who wrote a rule has no trouble with it."""
REVIEWS_SERVICE: Json = {
    "serviceName": "reviews",
    "desiredCount": 5,
    "deploymentConfiguration": {"minimumHealthyPercent": 50, "maximumPercent": 130},
}
"""The service that runs it."""


def prepare(cloud: Cloud) -> None:
    """Run the three services until they are steady.

    Args:
        cloud: the running account.
    """
    register(cloud)
    for name in SERVICES:
        _run(name)
    waiter = boto3.client("ecs").get_waiter("services_stable")
    waiter.wait(cluster=CLUSTER, services=list(SERVICES))


def register(cloud: Cloud) -> None:
    """Make the cluster, the roles and subnets, and register the definitions; nothing runs.

    Args:
        cloud: the running account.
    """
    secrets = {"shop/session": "s3cr3t-of-the-cookies", "shop/db": '{"password": "c0rrect-horse"}'}
    manager: Any = boto3.client("secretsmanager")
    arns = {
        name: str(manager.create_secret(Name=name, SecretString=value)["ARN"])
        for name, value in secrets.items()
    }
    _permissions()
    _private_subnets()
    ecs: Any = boto3.client("ecs")
    ecs.create_cluster(clusterName=CLUSTER)
    for name, definition in _definitions(cloud, arns).items():
        ecs.register_task_definition(
            family=name,
            networkMode="awsvpc",
            requiresCompatibilities=["FARGATE"],
            executionRoleArn=bookshop.execution_role(),
            **definition,
        )


def _permissions() -> None:
    s3: Any = boto3.client("s3")
    s3.create_bucket(Bucket="bookshop-books")
    s3.put_object(Bucket="bookshop-books", Key="books.json", Body=json.dumps(["Moby-Dick"]))
    boto3.client("sqs").create_queue(QueueName="orders")
    iam: Any = boto3.client("iam")
    for name, service in (("eks-cluster", "eks"), ("eks-node", "ec2")):
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": f"{service}.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
        trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)
    bookshop.execution_role()
    bookshop.allow(bookshop.EXECUTION_ROLE, "secretsmanager:GetSecretValue", "*")
    bookshop.task_role("bookshop-catalog", "s3:GetObject", "arn:aws:s3:::bookshop-books/*")
    queue = "arn:aws:sqs:us-east-1:123456789012:orders"
    bookshop.task_role("bookshop-fulfilment", "sqs:ReceiveMessage", queue)


def _public_network() -> Json:
    """Give the network configuration of tasks in the VPC's public subnets."""
    found = boto3.client("ec2").describe_subnets()["Subnets"]
    subnets = [each["SubnetId"] for each in found if each["MapPublicIpOnLaunch"]]
    return {"awsvpcConfiguration": {"subnets": subnets, "assignPublicIp": "ENABLED"}}


def _private_subnets() -> None:
    """Add a subnet without a way to the internet gateway in each of two Availability Zones."""
    ec2: Any = boto3.client("ec2")
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    for number, zone in enumerate(("us-east-1a", "us-east-1b")):
        made = ec2.create_subnet(
            VpcId=vpc, CidrBlock=f"172.31.{200 + number}.0/24", AvailabilityZone=zone
        )
        subnet = made["Subnet"]["SubnetId"]
        ec2.create_tags(Resources=[subnet], Tags=[{"Key": "Name", "Value": "private"}])
        ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)


def _definitions(cloud: Cloud, secrets: dict[str, str]) -> dict[str, Json]:
    def container(name: str, image: Image, **more: Any) -> Json:
        return {"name": name, "image": cloud.push(image, f"{name}:1.0"), "essential": True, **more}

    both = ("X86_64", "ARM64")
    port = [{"containerPort": 8080, "protocol": "tcp"}]
    role = "arn:aws:iam::123456789012:role/bookshop-{}"
    return {
        "storefront": {
            "cpu": "256",
            "memory": "512",
            "containerDefinitions": [
                container(
                    "storefront",
                    replace(bookshop.STOREFRONT, architecture=both),
                    portMappings=port,
                    environment=[{"name": "SHOP_NAME", "value": "Bookshop"}],
                    secrets=[{"name": "SESSION_KEY", "valueFrom": secrets["shop/session"]}],
                    healthCheck=_health(interval=15, timeout=4, retries=2, startPeriod=30),
                    stopTimeout=40,
                )
            ],
        },
        "catalog": {
            "cpu": "512",
            "memory": "1024",
            "taskRoleArn": role.format("catalog"),
            "runtimePlatform": {"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"},
            "containerDefinitions": [
                container(
                    "catalog",
                    replace(bookshop.CATALOG, architecture=both),
                    cpu=512,
                    memory=1024,
                    memoryReservation=600,
                    portMappings=port,
                    environment=[{"name": "BOOKS_BUCKET", "value": "bookshop-books"}],
                    secrets=[
                        {
                            "name": "DB_PASSWORD",
                            "valueFrom": f"{secrets['shop/db']}:password::",
                        }
                    ],
                    healthCheck=_health(interval=10, timeout=5, retries=3, startPeriod=60),
                )
            ],
        },
        "fulfilment": {
            "cpu": "256",
            "memory": "512",
            "taskRoleArn": role.format("fulfilment"),
            "containerDefinitions": [
                container(
                    "fulfilment",
                    replace(bookshop.FULFILMENT, architecture=both),
                    memory=400,
                    environment=[{"name": "QUEUE", "value": "orders"}],
                    stopTimeout=90,
                )
            ],
        },
    }


def _health(**numbers: int) -> Json:
    command = ["CMD-SHELL", "curl -f http://localhost:8080/health || exit 1"]
    return {"command": command, **numbers}


def _run(name: str) -> None:
    count, least, most = _COUNTS[name]
    percents = {"minimumHealthyPercent": least, "maximumPercent": most}
    boto3.client("ecs").create_service(
        cluster=CLUSTER,
        serviceName=name,
        taskDefinition=name,
        desiredCount=count,
        launchType="FARGATE",
        networkConfiguration=_public_network(),
        deploymentConfiguration=percents,
        availabilityZoneRebalancing="DISABLED",
    )
