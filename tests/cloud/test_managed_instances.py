"""Managed Instances: ECS launches, renews and ends instances by itself (ManagedInstances)."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from groups import Groups
from managed import (
    ACCOUNT,
    INFRASTRUCTURE,
    SMALL,
    STRATEGY,
    Json,
    define,
    machines,
    open_managed,
    provide,
    run,
    settings,
)
from shops import Shop


@pytest.fixture
def groups(shop: Shop) -> Groups:
    """Return a shop with the two roles that Managed Instances need."""
    return open_managed(shop)


def test_instances_come_for_tasks_and_go_without(groups: Groups) -> None:
    """AWS: ManagedInstances: launched for tasks that wait; scaleInAfter ends idle ones."""
    made = provide(groups, infrastructureOptimization={"scaleInAfter": 600})
    assert (made["type"], made["cluster"]) == ("MANAGED_INSTANCES", "shop")
    template = made["managedInstancesProvider"]["instanceLaunchTemplate"]
    assert template["storageConfiguration"] == {"storageSizeGiB": 80}
    assert template["capacityOptionType"] == "ON_DEMAND"
    tasks = run(groups, define(groups), 3)
    groups.shop.cloud.advance(minutes=4)
    assert groups.tasks(tasks) == {"RUNNING": 3}
    [machine] = machines(groups)
    assert machine["InstanceType"].endswith(".large")
    found = groups.shop.task(tasks[0])
    assert found["launchType"] == "MANAGED_INSTANCES"
    assert found["capacityProviderName"] == "managed"
    for task in tasks:
        groups.ecs.stop_task(cluster="shop", task=task)
    groups.shop.cloud.advance(minutes=9)
    assert len(machines(groups)) == 1
    groups.shop.cloud.advance(minutes=4)
    assert machines(groups) == []
    assert groups.fleet.arns() == []


def test_the_type_fits_the_requirements(groups: Groups) -> None:
    """AWS: botocore ecs InstanceRequirementsRequest: allowed types, and what tasks need."""
    provide(
        groups,
        template={
            "instanceRequirements": {
                "vCpuCount": {"min": 1},
                "memoryMiB": {"min": 1},
                "allowedInstanceTypes": ["m7g.*", "c6i.2xlarge"],
            }
        },
    )
    run(groups, define(groups, cpu="4096", memory="8192"))
    arm = define(groups, runtimePlatform={"cpuArchitecture": "ARM64"})
    groups.shop.cloud.advance(minutes=1)
    assert [each["InstanceType"] for each in machines(groups)] == ["c6i.2xlarge"]
    run(groups, arm)
    groups.shop.cloud.advance(minutes=3)
    assert sorted(each["InstanceType"] for each in machines(groups)) == [
        "c6i.2xlarge",
        "m7g.medium",
    ]


def test_spot_and_tags(groups: Groups) -> None:
    """AWS: botocore ecs CapacityOptionType, propagateTags."""
    groups.ecs.create_capacity_provider(
        name="managed",
        cluster="shop",
        managedInstancesProvider=settings(
            groups, template={"capacityOptionType": "SPOT"}, propagateTags="CAPACITY_PROVIDER"
        ),
        tags=[{"key": "team", "value": "shop"}],
    )
    run(groups, define(groups))
    groups.shop.cloud.advance(minutes=4)
    [machine] = machines(groups)
    assert machine["InstanceLifecycle"] == "spot"
    assert {"Key": "team", "Value": "shop"} in machine["Tags"]


def test_after_fourteen_days_an_instance_is_renewed(groups: Groups) -> None:
    """AWS: ManagedInstances: draining after 14 days, replaced within a service's limits."""
    provide(groups, infrastructureOptimization={"scaleInAfter": -1})
    definition = define(groups)
    [task] = run(groups, definition)
    groups.shop.cloud.advance(minutes=5)
    groups.ecs.stop_task(cluster="shop", task=task)
    [before] = groups.fleet.arns()
    groups.shop.cloud.advance(days=13, hours=23)
    groups.ecs.create_service(
        cluster="shop",
        serviceName="web",
        taskDefinition=definition,
        desiredCount=1,
        capacityProviderStrategy=STRATEGY,
        networkConfiguration=groups.shop.network(public="DISABLED"),
    )
    groups.shop.cloud.advance(minutes=5)
    assert groups.fleet.arns() == [before]
    assert groups.shop.service()["runningCount"] == 1
    groups.shop.cloud.advance(hours=2)
    [after] = groups.fleet.arns()
    assert after != before
    assert groups.shop.service()["runningCount"] == 1


def test_a_task_that_stays_is_lost_after_three_weeks(groups: Groups) -> None:
    """AWS: ManagedInstances: a hard deadline about seven days after draining has begun."""
    provide(groups)
    [task] = run(groups, define(groups))
    groups.shop.cloud.advance(days=14, hours=1)
    assert len(groups.fleet.arns(status="DRAINING")) == 1
    assert groups.shop.task(task)["lastStatus"] == "RUNNING"
    groups.shop.cloud.advance(days=7)
    assert groups.fleet.arns() == []
    assert machines(groups) == []


def test_never_scaling_in(groups: Groups) -> None:
    """AWS: botocore ecs InfrastructureOptimization.scaleInAfter: -1 turns it off."""
    provide(groups, infrastructureOptimization={"scaleInAfter": -1})
    [task] = run(groups, define(groups))
    groups.shop.cloud.advance(minutes=5)
    groups.ecs.stop_task(cluster="shop", task=task)
    groups.shop.cloud.advance(hours=5)
    assert len(groups.fleet.arns()) == 1


def test_constraints_but_no_strategies(groups: Groups) -> None:
    """AWS: task-placement: Managed Instances take constraints, not strategies."""
    provide(groups)
    definition = define(groups)
    with pytest.raises(ClientError, match="strategies are not supported"):
        run(groups, definition, placementStrategy=[{"type": "spread", "field": "host"}])
    tasks = run(groups, definition, 2, placementConstraints=[{"type": "distinctInstance"}])
    groups.shop.cloud.advance(minutes=5)
    hosts = {groups.shop.task(task)["containerInstanceArn"] for task in tasks}
    assert len(hosts) == 2
    zones = {groups.shop.task(task)["availabilityZone"] for task in tasks}
    assert zones == {"us-east-1a", "us-east-1b"}


def test_other_tasks_stay_off(groups: Groups) -> None:
    """AWS: ManagedInstances: only a capacity provider strategy leads there."""
    provide(groups)
    run(groups, define(groups))
    groups.shop.cloud.advance(minutes=4)
    with pytest.raises(ClientError, match="No Container Instances were found"):
        groups.fleet.run(groups.fleet.define())
    with pytest.raises(ClientError, match="capacity provider strategy"):
        groups.fleet.run(groups.fleet.define(), launchType="MANAGED_INSTANCES")


@pytest.mark.parametrize(
    ("policy", "action"), [("none", "ec2:CreateFleet"), ("fleet", "iam:PassRole")]
)
def test_the_infrastructure_role_needs_permissions(
    groups: Groups, policy: str, action: str
) -> None:
    """MP: AmazonECSInfrastructureRolePolicyForManagedInstances (CreateFleet, PassRole)."""
    iam: Any = boto3.client("iam")
    iam.detach_role_policy(RoleName="infrastructure", PolicyArn=INFRASTRUCTURE)
    if policy == "fleet":
        statement = {"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.put_role_policy(RoleName="infrastructure", PolicyName="inline", PolicyDocument=document)
    provide(groups)
    [task] = run(groups, define(groups))
    groups.shop.cloud.advance(minutes=5)
    assert groups.shop.task(task)["lastStatus"] == "PROVISIONING"
    [entry] = groups.shop.cloud.journal.of_kind("provider.refused")
    assert action in entry.fields["reason"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"infrastructureRoleArn": f"arn:aws:iam::{ACCOUNT}:role/execution"}, "unable to assume"),
        ({"template": {"ec2InstanceProfileArn": "none"}}, "instance profile none"),
        ({"template": {"networkConfiguration": {"subnets": []}}}, "At least one subnet"),
        ({"template": {"networkConfiguration": {"subnets": ["subnet-0"]}}}, "subnet-0"),
        ({"template": {"storageConfiguration": {"storageSizeGiB": 29}}}, "between 30 and 16384"),
        ({"template": {"capacityOptionType": "CHEAP"}}, "not a valid capacityOptionType"),
        ({"infrastructureOptimization": {"scaleInAfter": 3601}}, "between -1 and 3600"),
        (
            {"template": {"instanceRequirements": {**SMALL, "vCpuCount": {"min": 4, "max": 2}}}},
            "minimum of vCpuCount",
        ),
        (
            {"template": {"instanceRequirements": {**SMALL, "allowedInstanceTypes": ["x9.nano"]}}},
            "No instance types satisfy",
        ),
        (
            {
                "template": {
                    "instanceRequirements": {
                        **SMALL,
                        "allowedInstanceTypes": ["m6i.*"],
                        "excludedInstanceTypes": ["m6a.*"],
                    }
                }
            },
            "but not both",
        ),
        (
            {
                "template": {
                    "nitroEnclavesEnabled": True,
                    "localStorageConfiguration": {"useLocalStorage": True},
                }
            },
            "together with local storage",
        ),
    ],
)
def test_settings_that_are_refused(groups: Groups, change: Json, words: str) -> None:
    """AWS: botocore ecs InstanceLaunchTemplate, InfrastructureOptimization."""
    groups.ecs.meta.config.parameter_validation = False
    with pytest.raises(ClientError, match=words):
        provide(groups, **change)


def test_what_a_provider_needs(groups: Groups) -> None:
    """AWS: botocore ecs CreateCapacityProviderRequest.cluster, UpdateCapacityProvider."""
    create, update = groups.ecs.create_capacity_provider, groups.ecs.update_capacity_provider
    with pytest.raises(ClientError, match="A cluster is required"):
        create(name="managed", managedInstancesProvider=settings(groups))
    vpc = groups.fleet.ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    other = groups.fleet.ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.1.0/24")["Subnet"]["SubnetId"]
    network = {"subnets": [groups.shop.subnets[0], other]}
    with pytest.raises(ClientError, match="same VPC"):
        provide(groups, template={"networkConfiguration": network})
    provide(groups)
    with pytest.raises(ClientError, match="another type"):
        update(name="managed", cluster="shop", autoScalingGroupProvider={})
    with pytest.raises(ClientError, match="A cluster is required"):
        update(name="managed", managedInstancesProvider=settings(groups))
    answer = update(
        name="managed",
        cluster="shop",
        managedInstancesProvider=settings(groups, template={"monitoring": "DETAILED"}),
    )
    assert answer["capacityProvider"]["updateStatus"] == "UPDATE_IN_PROGRESS"
    groups.shop.cloud.advance(seconds=10)
    found = groups.ecs.describe_capacity_providers(cluster="shop")["capacityProviders"][0]
    template = found["managedInstancesProvider"]["instanceLaunchTemplate"]
    assert (template["monitoring"], template["capacityOptionType"]) == ("DETAILED", "ON_DEMAND")


def test_the_provider_belongs_to_its_cluster(groups: Groups) -> None:
    """AWS: botocore ecs PutClusterCapacityProviders, DeleteCluster, DeleteCapacityProvider."""
    provide(groups)
    found = groups.ecs.describe_clusters(clusters=["shop"])["clusters"][0]
    assert found["capacityProviders"] == ["managed"]
    put = groups.ecs.put_cluster_capacity_providers
    with pytest.raises(ClientError, match="Managed Instances"):
        put(cluster="shop", capacityProviders=["managed"], defaultCapacityProviderStrategy=[])
    put(
        cluster="shop",
        capacityProviders=["FARGATE"],
        defaultCapacityProviderStrategy=STRATEGY,
    )
    with pytest.raises(ClientError) as error:
        groups.ecs.delete_cluster(cluster="shop")
    code = error.value.response["Error"]["Code"]
    assert code == "ClusterContainsCapacityProviderException"
    [task] = run(groups, define(groups))
    groups.shop.cloud.advance(minutes=4)
    delete = groups.ecs.delete_capacity_provider
    answer = delete(capacityProvider="managed", cluster="shop")["capacityProvider"]
    assert answer["updateStatus"] == "DELETE_FAILED"
    groups.ecs.stop_task(cluster="shop", task=task)
    groups.shop.stopped(task)
    answer = delete(capacityProvider="managed", cluster="shop")["capacityProvider"]
    assert answer["updateStatus"] == "DELETE_IN_PROGRESS"
    groups.shop.cloud.advance(minutes=1)
    assert machines(groups) == []
    assert groups.ecs.delete_cluster(cluster="shop")["cluster"]["status"] == "INACTIVE"
