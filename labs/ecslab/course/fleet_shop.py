"""The Bookshop on its own EC2 instances: a role for them, a launch template, and their programs."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import TYPE_CHECKING, Any

import boto3

from ecslab.course import bookshop, storefronts
from ecslab.course.first_storefront import PORT
from ecslab.model.image import Image

if TYPE_CHECKING:
    from ecslab.cloud import Cloud

__all__ = [
    "BALANCER",
    "CLUSTER",
    "IMAGE_PARAMETER",
    "INDEX_MEMORY",
    "INSTANCE_ROLE",
    "TEMPLATE",
    "prepare_lab",
    "prepare_lesson",
]

CLUSTER = "bookshop"
BALANCER = "bookshop"
"""The name of the load balancer."""

INSTANCE_ROLE = "bookshop-instance"
"""The name of the instances' role, of its instance profile and of their security group."""

TEMPLATE = "bookshop-instance"
"""The name of the launch template."""

INDEX_MEMORY = 2048
"""MiB that the first revision of ``search-index`` reserves."""

IMAGE_PARAMETER = "/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended/image_id"
"""Where AWS publishes the newest ECS-optimized AMI (retrieve-ecs-optimized_AMI)."""

_POLICY = "arn:aws:iam::aws:policy/service-role/AmazonEC2ContainerServiceforEC2Role"
_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "ec2.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}
_USER_DATA = f"#!/bin/bash\necho ECS_CLUSTER={CLUSTER} >> /etc/ecs/ecs.config\n"
_DYNAMIC_PORTS = {"FromPort": 32768, "ToPort": 65535}
"""From which the agent takes host ports (botocore ecs PortMapping.hostPort)."""

_ZONES = 2
_LAB_FLEET = (0, 0, 1)
"""The place of each instance's subnet: two in the first zone, one in the second."""

LABELS = Image(logs=("label-printer waits for labels",), memory=90.0)
INDEX = Image(logs=("search-index reads all books",), memory=1400.0, runs_for=1200.0)


def prepare_lesson(cloud: Cloud) -> None:
    """Give the account a cluster without instances, and what an instance needs to join it.

    Args:
        cloud: the running account.
    """
    boto3.client("ecs").create_cluster(clusterName=CLUSTER)
    _instance_profile()
    _security_group({"IpRanges": []})
    _define("label-printer", cloud.push(LABELS, "label-printer:1.0"), 256, 128)
    _define("search-index", cloud.push(INDEX, "search-index:1.0"), INDEX_MEMORY, 512)
    _define("storefront", cloud.push(storefronts.storefront("1.0"), "storefront:1.0"), 512, 256)


def prepare_lab(cloud: Cloud) -> None:
    """Start three container instances in two zones, and a load balancer with nobody behind it.

    Args:
        cloud: the running account.
    """
    boto3.client("ecs").create_cluster(clusterName=CLUSTER)
    _instance_profile()
    group = _open_door()
    _launch_template(group)
    ec2 = boto3.client("ec2")
    subnets = _subnets()
    for place in _LAB_FLEET:
        ec2.run_instances(
            LaunchTemplate={"LaunchTemplateName": TEMPLATE},
            SubnetId=subnets[place],
            MinCount=1,
            MaxCount=1,
        )
    _define("label-printer", cloud.push(LABELS, "label-printer:1.0"), 256, 128)
    _define("search-index", cloud.push(INDEX, "search-index:1.0"), INDEX_MEMORY, 512)
    image = cloud.push(storefronts.storefront("1.0"), "storefront:1.0")
    _define("storefront", image, 512, 256, portMappings=[{"containerPort": PORT}])
    ecs = boto3.client("ecs")
    cloud.run_until(
        lambda: (
            ecs.describe_clusters(clusters=[CLUSTER])["clusters"][0][
                "registeredContainerInstancesCount"
            ]
            == len(_LAB_FLEET)
        )
    )


def _define(family: str, image: str, memory: int, cpu: int, **container: Any) -> None:
    """Register a family of one container for instances, in the network mode bridge."""
    boto3.client("ecs").register_task_definition(
        family=family,
        requiresCompatibilities=["EC2"],
        networkMode="bridge",
        executionRoleArn=bookshop.execution_role(),
        containerDefinitions=[
            {"name": family, "image": image, "memory": memory, "cpu": cpu, **container}
        ],
    )


def _instance_profile() -> None:
    iam = boto3.client("iam")
    iam.create_role(RoleName=INSTANCE_ROLE, AssumeRolePolicyDocument=json.dumps(_TRUST))
    iam.attach_role_policy(RoleName=INSTANCE_ROLE, PolicyArn=_POLICY)
    iam.create_instance_profile(InstanceProfileName=INSTANCE_ROLE)
    iam.add_role_to_instance_profile(InstanceProfileName=INSTANCE_ROLE, RoleName=INSTANCE_ROLE)


def _security_group(source: dict[str, Any]) -> str:
    """Make the instances' security group; the source may ask their dynamic host ports."""
    ec2 = boto3.client("ec2")
    vpc = ec2.describe_subnets()["Subnets"][0]["VpcId"]
    group = ec2.create_security_group(
        GroupName=INSTANCE_ROLE, Description="Container instances of the Bookshop", VpcId=vpc
    )["GroupId"]
    if any(source.values()):
        rule = {"IpProtocol": "tcp", **_DYNAMIC_PORTS, **source}
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])
    return str(group)


def _open_door() -> str:
    """Make a public load balancer for targets that are instances; give their security group."""
    ec2, elbv2 = boto3.client("ec2"), boto3.client("elbv2")
    vpc = ec2.describe_subnets()["Subnets"][0]["VpcId"]
    door = ec2.create_security_group(
        GroupName="bookshop-door", Description="Everybody may ask for web pages", VpcId=vpc
    )["GroupId"]
    everybody = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80}
    everybody_ranges = [{"CidrIp": "0.0.0.0/0"}]
    ec2.authorize_security_group_ingress(
        GroupId=door, IpPermissions=[{**everybody, "IpRanges": everybody_ranges}]
    )
    balancer = elbv2.create_load_balancer(
        Name=BALANCER, Subnets=_subnets()[:_ZONES], SecurityGroups=[door]
    )["LoadBalancers"][0]
    targets = elbv2.create_target_group(
        Name="storefront",
        Protocol="HTTP",
        Port=PORT,
        VpcId=vpc,
        TargetType="instance",
        HealthCheckPath="/health",
        HealthCheckIntervalSeconds=10,
        HealthyThresholdCount=2,
    )["TargetGroups"][0]["TargetGroupArn"]
    elbv2.modify_target_group_attributes(
        TargetGroupArn=targets,
        Attributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": "10"}],
    )
    elbv2.create_listener(
        LoadBalancerArn=balancer["LoadBalancerArn"],
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": targets}],
    )
    return _security_group({"UserIdGroupPairs": [{"GroupId": door}]})


def _launch_template(group: str) -> None:
    image = boto3.client("ssm").get_parameter(Name=IMAGE_PARAMETER)["Parameter"]["Value"]
    boto3.client("ec2").create_launch_template(
        LaunchTemplateName=TEMPLATE,
        LaunchTemplateData={
            "ImageId": image,
            "InstanceType": "t3.medium",
            "UserData": b64encode(_USER_DATA.encode()).decode(),
            "IamInstanceProfile": {"Name": INSTANCE_ROLE},
            "SecurityGroupIds": [group],
        },
    )


def _subnets() -> list[str]:
    """Give the subnets of the default VPC, in order of their zones."""
    found = boto3.client("ec2").describe_subnets()["Subnets"]
    return [each["SubnetId"] for each in sorted(found, key=lambda each: each["AvailabilityZone"])]
