"""The shop of module 12 in three tiers, each waiting for the next: storefront, catalog, prices."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import boto3
import requests

from ecslab.course import bookshop
from ecslab.course.front_door import BALANCER, TARGETS, open_front_door
from ecslab.model.image import Image

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ecslab.cloud import Cloud

__all__ = [
    "BUSY_MINUTES",
    "CALM_MINUTES",
    "CLUSTER",
    "INSIDE",
    "TIERS",
    "dimensions",
    "open_shop",
    "send_visitors",
    "shop_url",
    "task_network",
    "visitors",
]

CLUSTER = "bookshop"
"""The name of the cluster."""

TIERS = ("storefront", "catalog", "prices")
"""The tiers, from the visitors inward; each is a service, a family and a target group."""

INSIDE = "bookshop-inside"
"""The name of the load balancer between the tiers."""

CALM_MINUTES = 5
BUSY_MINUTES = 10
"""For how long few visitors come, and then many, before a learner looks."""

PORT = 8080
_ZONES = 2
_GROUP = {"storefront": TARGETS, "catalog": "catalog", "prices": "prices"}
_PATH = {"catalog": "/books", "prices": "/prices"}
_BOOKS = '{"title": "The Slow Tier", "price": 12}\n'


def _answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer a request, after asking the next tier if there is one; log how long that took."""
    start_response("200 OK", [("Content-Type", "application/json")])
    if environ["PATH_INFO"].endswith("/health"):
        return [b"ok\n"]
    tier, behind = os.environ["TIER"], os.environ.get("NEXT_URL")
    line: dict[str, Any] = {"level": "INFO", "tier": tier, "path": environ["PATH_INFO"]}
    body = _BOOKS.encode()
    if behind:
        found = requests.get(behind, timeout=20)
        body = found.content
        waited = round(found.elapsed.total_seconds() * 1000)
        line |= {"waited_for": os.environ["NEXT"], "waited_ms": waited}
    if tier == "catalog":
        line |= {"level": "WARN", "note": "cache is cold"}
    print(json.dumps(line))  # noqa: T201 - this is its log
    return [body]


def _image(tier: str) -> Image:
    """Give the program of a tier: the prices are worked out anew for each request."""
    return Image(
        port=PORT,
        app=_answer,
        ready_after=3.0,
        latency=0.03,
        cpu=16.0,
        cpu_seconds=0.3 if tier == "prices" else 0.004,
        memory=410.0 if tier == "catalog" else 130.0,
        stop_exit_code=0,
        environment={"TIER": tier},
        logs=(json.dumps({"level": "INFO", "tier": tier, "note": "ready"}),),
    )


def open_shop(cloud: Cloud) -> None:
    """Run the shop: two load balancers, a log group for each tier, and a service for each.

    Args:
        cloud: the running account.
    """
    boto3.client("ecs").create_cluster(clusterName=CLUSTER)
    open_front_door(PORT)
    groups = {"storefront": _door(TARGETS)} | _inner_doors()
    for tier in reversed(TIERS):
        boto3.client("logs").create_log_group(logGroupName=f"/{CLUSTER}/{tier}")
        _register(cloud, tier)
        _serve(tier, groups[tier])
        cloud.advance(minutes=2)


def _register(cloud: Cloud, tier: str) -> None:
    """Push a tier's image, and register its definition."""
    behind = {"storefront": "catalog", "catalog": "prices"}.get(tier)
    environment = []
    if behind:
        url = f"http://{_address(INSIDE)}{_PATH[behind]}"
        environment = [{"name": "NEXT", "value": behind}, {"name": "NEXT_URL", "value": url}]
    options = {
        "awslogs-group": f"/{CLUSTER}/{tier}",
        "awslogs-region": "us-east-1",
        "awslogs-stream-prefix": "shop",
    }
    boto3.client("ecs").register_task_definition(
        family=tier,
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="256",
        memory="512",
        executionRoleArn=bookshop.execution_role(),
        containerDefinitions=[
            {
                "name": tier,
                "image": cloud.push(_image(tier), f"{tier}:1.0"),
                "portMappings": [{"containerPort": PORT}],
                "environment": environment,
                "logConfiguration": {"logDriver": "awslogs", "options": options},
            }
        ],
    )


def visitors(age: float) -> float:
    """Give the visitors a second at some second of the busy time: they come in waves."""
    return 0.8 if age % 60 < 26 else 0.25  # noqa: PLR2004 - the shape of the load


def send_visitors(cloud: Cloud) -> None:
    """Let the shop be visited: calm at first, then busy."""
    calm = CALM_MINUTES * 60
    cloud.load(
        shop_url(),
        per_second=lambda age: 0.15 if age < calm else visitors(age - calm),
        seconds=calm + BUSY_MINUTES * 60,
    )
    cloud.advance(minutes=CALM_MINUTES + BUSY_MINUTES)


def dimensions(tier: str) -> list[dict[str, str]]:
    """Give the dimensions of a tier's target group in the metrics of load balancers."""
    group = boto3.client("elbv2").describe_target_groups(Names=[_GROUP[tier]])["TargetGroups"][0]
    balancer = group["LoadBalancerArns"][0].partition(":loadbalancer/")[2]
    return [
        {"Name": "LoadBalancer", "Value": balancer},
        {"Name": "TargetGroup", "Value": group["TargetGroupArn"].rpartition(":")[2]},
    ]


def shop_url() -> str:
    """Give the address of the shop for its visitors."""
    return f"http://{_address(BALANCER)}"


def _door(name: str) -> str:
    """Give the ARN of a target group."""
    found = boto3.client("elbv2").describe_target_groups(Names=[name])["TargetGroups"]
    return str(found[0]["TargetGroupArn"])


def _address(balancer: str) -> str:
    found = boto3.client("elbv2").describe_load_balancers(Names=[balancer])["LoadBalancers"]
    return str(found[0]["DNSName"])


def _security_group() -> str:
    """Give the security group of all tasks, which may now also ask each other."""
    wanted = [{"Name": "group-name", "Values": [TARGETS]}]
    found = boto3.client("ec2").describe_security_groups(Filters=wanted)["SecurityGroups"]
    return str(found[0]["GroupId"])


def _inner_doors() -> dict[str, str]:
    """Make the load balancer between the tiers; return the target group of each inner tier."""
    ec2, elbv2 = boto3.client("ec2"), boto3.client("elbv2")
    tasks = _security_group()
    for port in (80, PORT):
        rule = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port}
        pair = {**rule, "UserIdGroupPairs": [{"GroupId": tasks}]}
        ec2.authorize_security_group_ingress(GroupId=tasks, IpPermissions=[pair])
    outer = elbv2.describe_load_balancers(Names=[BALANCER])["LoadBalancers"][0]
    subnets = [zone["SubnetId"] for zone in outer["AvailabilityZones"]][:_ZONES]
    balancer = elbv2.create_load_balancer(
        Name=INSIDE, Scheme="internal", Subnets=subnets, SecurityGroups=[tasks]
    )["LoadBalancers"][0]
    groups = {tier: _target_group(tier, outer["VpcId"]) for tier in _PATH}
    listener = elbv2.create_listener(
        LoadBalancerArn=balancer["LoadBalancerArn"],
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": groups["catalog"]}],
    )["Listeners"][0]["ListenerArn"]
    elbv2.create_rule(
        ListenerArn=listener,
        Priority=1,
        Conditions=[{"Field": "path-pattern", "Values": [f"{_PATH['prices']}*"]}],
        Actions=[{"Type": "forward", "TargetGroupArn": groups["prices"]}],
    )
    return groups


def _target_group(tier: str, vpc: str) -> str:
    made = boto3.client("elbv2").create_target_group(
        Name=_GROUP[tier],
        Protocol="HTTP",
        Port=PORT,
        VpcId=vpc,
        TargetType="ip",
        HealthCheckPath="/health",
        HealthCheckIntervalSeconds=30,
        HealthyThresholdCount=2,
    )
    return str(made["TargetGroups"][0]["TargetGroupArn"])


def task_network() -> dict[str, Any]:
    """Give tasks the subnets of the load balancer, and the security group of the shop."""
    outer = boto3.client("elbv2").describe_load_balancers(Names=[BALANCER])["LoadBalancers"][0]
    return {
        "awsvpcConfiguration": {
            "subnets": [zone["SubnetId"] for zone in outer["AvailabilityZones"]],
            "securityGroups": [_security_group()],
            "assignPublicIp": "ENABLED",
        }
    }


def _serve(tier: str, group: str) -> None:
    boto3.client("ecs").create_service(
        cluster=CLUSTER,
        serviceName=tier,
        taskDefinition=tier,
        desiredCount=1,
        launchType="FARGATE",
        networkConfiguration=task_network(),
        loadBalancers=[{"targetGroupArn": group, "containerName": tier, "containerPort": PORT}],
    )
