"""An account in which every operation of ECS has something to answer about."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore import xform_name
from fleets import open_fleet
from groups import Groups
from shops import TRUST, Shop

from ecslab import Image
from ecslab.aws.ecs.operation import OPERATIONS

Json = dict[str, Any]

MODEL: Any = boto3.session.Session().client("ecs", region_name="us-east-1").meta.service_model
OWN = "arn:aws:ecs:us-east-1:123456789012"
NOBODY = "0" * 32
"""An id that a task or a container instance could have."""

BASICS: Json = {
    "attributes": [{"name": "rack", "value": "1", "targetId": NOBODY}],
    "attachments": [{"attachmentArn": f"{OWN}:attachment/{NOBODY}", "status": "ATTACHED"}],
    "autoScalingGroupProvider": {"autoScalingGroupArn": "fleet"},
    "capacityProviders": [],
    "command": "id",
    "containerInstance": NOBODY,
    "containerInstances": [NOBODY],
    "defaultCapacityProviderStrategy": [],
    "gateway": "front",
    "interactive": True,
    "launchType": "FARGATE",
    "desiredCount": 0,
    "service": "web",
    "services": ["web"],
    "settings": [{"name": "containerInsights", "value": "enabled"}],
    "status": "ACTIVE",
    "targetType": "container-instance",
    "task": NOBODY,
    "taskDefinition": "web",
    "taskSet": "ecs-svc/1",
    "primaryTaskSet": "ecs-svc/1",
    "tasks": [NOBODY],
    "protectionEnabled": True,
    "scale": {"unit": "PERCENT", "value": 50.0},
    "serviceName": "new",
}
"""A value for each member that some operation about a cluster requires."""


def operations(*members: str) -> list[str]:
    """Return the simulated operations whose input has all of some members.

    Managed daemons have their own tests.
    """
    found = []
    for name in sorted(set(OPERATIONS) & set(MODEL.operation_names)):
        shape = MODEL.operation_model(name).input_shape
        if "Daemon" not in name and shape is not None and set(members) <= set(shape.members):
            found.append(name)
    return found


def basic(name: str, /, **changes: Any) -> Json:
    """Return a request of an operation with what it requires, and with other members."""
    required = MODEL.operation_model(name).input_shape.required_members
    return {member: BASICS.get(member, "web") for member in required} | changes


def method(ecs: Any, name: str) -> Any:
    """Return the client's method for an operation."""
    return getattr(ecs, xform_name(name))


@dataclass
class Full:
    """The account: where to look, and what is there."""

    shop: Shop
    ecs: Any
    instances: list[str] = field(default_factory=list)
    task: str = ""
    task_set: str = ""


def open_full(shop: Shop) -> Full:
    """Put clusters, services, tasks, instances, gateways and providers into the shop."""
    fleet = open_fleet(shop)
    full = Full(shop, fleet.ecs)
    shop.define(Image(port=80))
    shop.ecs.register_task_definition(
        family="bridged", containerDefinitions=[{"name": "app", "image": "nginx", "memory": 64}]
    )
    for number in range(4):
        shop.define("nginx", family=f"family{number}")
        shop.ecs.create_cluster(clusterName=f"c{number}")
    shop.ecs.create_cluster(clusterName="closed")
    shop.ecs.delete_cluster(cluster="closed")
    shop.serve("web", 1)
    _serve(full, *(f"s{number:02}" for number in range(11)))
    shop.ecs.create_service(
        cluster="shop",
        serviceName="outside",
        desiredCount=0,
        deploymentController={"type": "EXTERNAL"},
    )
    full.task_set = shop.ecs.create_task_set(
        cluster="shop",
        service="outside",
        taskDefinition="web",
        launchType="FARGATE",
        networkConfiguration=shop.network(),
    )["taskSet"]["taskSetArn"]
    full.task = shop.run("web", count=3)
    for _ in range(3):
        shop.ecs.update_service(cluster="shop", service="s00", forceNewDeployment=True)
        shop.cloud.advance(seconds=1)
    _gateways(full)
    _providers(Groups(fleet, boto3.client("autoscaling")))
    full.instances = fleet.join(3)
    return full


def _serve(full: Full, *names: str) -> None:
    """Make services without tasks that are in a Cloud Map namespace."""
    directory: Any = boto3.client("servicediscovery")
    directory.create_http_namespace(Name="inside")
    full.shop.cloud.advance(seconds=60)
    for name in names:
        full.shop.ecs.create_service(
            cluster="shop",
            serviceName=name,
            taskDefinition="web",
            desiredCount=0,
            launchType="FARGATE",
            networkConfiguration=full.shop.network(),
            serviceConnectConfiguration={"enabled": True, "namespace": "inside"},
        )


def _gateways(full: Full) -> None:
    iam: Any = boto3.client("iam")
    trust = TRUST.replace("ecs-tasks.", "ecs.")
    role = iam.create_role(RoleName="gates", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    for name in ("front", "back", "side"):
        full.ecs.create_gateway(
            name=name, infrastructureRoleArn=role, configuration={"hostSharedAlb": {}}
        )
        full.ecs.associate_gateway_with_cluster(gateway=name, cluster="shop")


def _providers(groups: Groups) -> None:
    for name in ("fleet", "other"):
        groups.make(name)
        groups.provide(f"{name}-provider", name)
    groups.make("spare")
