"""Managed Instances, for the tests of what runs on them."""

from __future__ import annotations

from typing import Any

import boto3
from fleets import TRUST, open_fleet
from groups import Groups
from shops import Shop

from ecslab import Image

Json = dict[str, Any]
ACCOUNT = "123456789012"
POLICIES = "arn:aws:iam::aws:policy/"
INFRASTRUCTURE = f"{POLICIES}AmazonECSInfrastructureRolePolicyForManagedInstances"
INSTANCE = f"{POLICIES}AmazonECSInstanceRolePolicyForManagedInstances"
STRATEGY = [{"capacityProvider": "managed", "weight": 1}]
SMALL = {"vCpuCount": {"min": 2, "max": 4}, "memoryMiB": {"min": 4096, "max": 16384}}


def open_managed(shop: Shop) -> Groups:
    """Give the shop the two roles that Managed Instances need."""
    fleet = open_fleet(shop)
    iam: Any = boto3.client("iam")
    trust = TRUST.replace("ec2.amazonaws", "ecs.amazonaws")
    iam.create_role(RoleName="infrastructure", AssumeRolePolicyDocument=trust)
    iam.attach_role_policy(RoleName="infrastructure", PolicyArn=INFRASTRUCTURE)
    iam.create_role(RoleName="ecsInstanceRoleManaged", AssumeRolePolicyDocument=TRUST)
    iam.attach_role_policy(RoleName="ecsInstanceRoleManaged", PolicyArn=INSTANCE)
    iam.create_instance_profile(InstanceProfileName="managed")
    iam.add_role_to_instance_profile(
        InstanceProfileName="managed", RoleName="ecsInstanceRoleManaged"
    )
    return Groups(fleet, boto3.client("autoscaling"))


def settings(groups: Groups, *, template: Json | None = None, **more: Any) -> Json:
    """Return the settings of a Managed Instances provider."""
    network = {"subnets": groups.shop.subnets[:2], "securityGroups": []}
    return {
        "infrastructureRoleArn": f"arn:aws:iam::{ACCOUNT}:role/infrastructure",
        "instanceLaunchTemplate": {
            "ec2InstanceProfileArn": f"arn:aws:iam::{ACCOUNT}:instance-profile/managed",
            "networkConfiguration": network,
            "instanceRequirements": SMALL,
            **(template or {}),
        },
        **more,
    }


def provide(groups: Groups, name: str = "managed", **given: Any) -> Json:
    """Create the provider; return it."""
    answer = groups.ecs.create_capacity_provider(
        name=name, cluster="shop", managedInstancesProvider=settings(groups, **given)
    )
    return dict(answer["capacityProvider"])


def define(groups: Groups, **more: Any) -> str:
    """Register a definition for Managed Instances."""
    uri = groups.shop.cloud.push(Image(), "managed:1")
    answer = groups.ecs.register_task_definition(
        family="managed",
        requiresCompatibilities=["MANAGED_INSTANCES"],
        networkMode="awsvpc",
        executionRoleArn=groups.shop.role,
        **{"cpu": "512", "memory": "1024", **more},
        containerDefinitions=[{"name": "app", "image": uri}],
    )
    return str(answer["taskDefinition"]["taskDefinitionArn"])


def run(groups: Groups, definition: str, count: int = 1, **more: Any) -> list[str]:
    """Run tasks on the provider; return their ARNs."""
    answer = groups.ecs.run_task(
        cluster="shop",
        taskDefinition=definition,
        count=count,
        capacityProviderStrategy=STRATEGY,
        networkConfiguration=groups.shop.network(public="DISABLED"),
        **more,
    )
    assert answer["failures"] == []
    return [str(task["taskArn"]) for task in answer["tasks"]]


def machines(groups: Groups) -> list[Json]:
    """Describe the EC2 instances that run."""
    found = groups.fleet.ec2.describe_instances(
        Filters=[{"Name": "instance-state-name", "Values": ["running"]}]
    )
    return [each for item in found["Reservations"] for each in item["Instances"]]
