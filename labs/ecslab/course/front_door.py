"""What stands in front of the storefront: two security groups and a public load balancer."""

from __future__ import annotations

from typing import Any

import boto3

__all__ = ["BALANCER", "TARGETS", "open_front_door"]

BALANCER = "bookshop"
"""The name of the load balancer."""

TARGETS = "storefront"
"""The name of the target group, and of the security group of the tasks behind it."""

_ZONES = 2
"""An Application Load Balancer needs subnets in at least two zones (botocore elbv2 Subnets)."""

_HTTP = 80


def open_front_door(port: int) -> None:
    """Make a load balancer in the default VPC that sends visitors to tasks; it has none yet.

    It listens on port 80 for everybody. The tasks' security group lets in the load balancer only.

    Args:
        port: the TCP port on which the tasks listen.
    """
    ec2, elbv2 = boto3.client("ec2"), boto3.client("elbv2")
    subnets = sorted(ec2.describe_subnets()["Subnets"], key=lambda each: each["AvailabilityZone"])
    vpc = subnets[0]["VpcId"]
    door = _group(ec2, vpc, "bookshop-door", "Everybody may ask for web pages")
    _allow(ec2, door, _HTTP, {"IpRanges": [{"CidrIp": "0.0.0.0/0"}]})
    tasks = _group(ec2, vpc, TARGETS, "The load balancer may ask the storefront")
    _allow(ec2, tasks, port, {"UserIdGroupPairs": [{"GroupId": door}]})
    balancer = elbv2.create_load_balancer(
        Name=BALANCER,
        Subnets=[each["SubnetId"] for each in subnets[:_ZONES]],
        SecurityGroups=[door],
    )["LoadBalancers"][0]
    elbv2.create_listener(
        LoadBalancerArn=balancer["LoadBalancerArn"],
        Protocol="HTTP",
        Port=_HTTP,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": _targets(elbv2, vpc, port)}],
    )


def _targets(elbv2: Any, vpc: str, port: int) -> str:
    """Make a target group that notices within seconds who is well, and lets go as fast."""
    group = elbv2.create_target_group(
        Name=TARGETS,
        Protocol="HTTP",
        Port=port,
        VpcId=vpc,
        TargetType="ip",
        HealthCheckPath="/health",
        HealthCheckIntervalSeconds=10,
        HealthyThresholdCount=2,
    )["TargetGroups"][0]
    elbv2.modify_target_group_attributes(
        TargetGroupArn=group["TargetGroupArn"],
        Attributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": "10"}],
    )
    return str(group["TargetGroupArn"])


def _group(ec2: Any, vpc: str, name: str, description: str) -> str:
    made = ec2.create_security_group(GroupName=name, Description=description, VpcId=vpc)
    return str(made["GroupId"])


def _allow(ec2: Any, group: str, port: int, source: dict[str, Any]) -> None:
    rule = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, **source}
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])
