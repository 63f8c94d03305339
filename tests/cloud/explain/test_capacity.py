"""Tasks that wait for capacity, capacity providers, and instances that stay."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import boto3
import pytest
from chains import explained
from groups import GROUP, PROVIDER, Groups, open_groups
from managed import INFRASTRUCTURE, define, open_managed, provide, run
from shops import Shop

from ecslab import Image

Json = dict[str, Any]


@pytest.fixture
def groups(shop: Shop) -> Groups:
    """Return a shop whose fleet comes from Auto Scaling groups."""
    return open_groups(shop)


def provider_arn(name: str = PROVIDER) -> str:
    return f"arn:aws:ecs:us-east-1:123456789012:capacity-provider/{name}"


# --- 21: tasks stuck in PROVISIONING --------------------------------------------------------------


def test_the_group_is_at_its_maximum(groups: Groups) -> None:
    """AWS: cluster-auto-scaling: ECS never changes the group's own maximum."""
    groups.open(size=(0, 0, 1), scaling={"instanceWarmupPeriod": 0})
    tasks = groups.run(groups.fleet.define(container_memory=3000), 2)
    groups.shop.cloud.advance(minutes=15)
    found = explained(groups.shop.cloud, tasks[-1], "has 1 instances, and may not have more")
    assert found.cause.evidence.value == 1
    assert found.steps[1].evidence.value == PROVIDER
    explained(groups.shop.cloud, provider_arn(), "may not have more")
    explained(groups.shop.cloud, tasks[0], "nothing is wrong")


def test_a_launch_template_that_names_a_missing_security_group(groups: Groups) -> None:
    """AWS: botocore autoscaling Activity.StatusMessage; the template is the cause."""
    name = groups.template("bad", SecurityGroupIds=["sg-0123456789abcdef0"])
    groups.open(LaunchTemplate={"LaunchTemplateName": name, "Version": "$Latest"})
    [task] = groups.run(groups.fleet.define())
    groups.shop.cloud.advance(minutes=5)
    found = explained(groups.shop.cloud, task, "what the launch template asks for")
    assert "sg-0123456789abcdef0" in str(found.steps[-2].evidence.value)
    assert found.cause.evidence.value["SecurityGroupIds"] == ["sg-0123456789abcdef0"]


def test_a_zone_without_capacity(groups: Groups) -> None:
    """AWS: a launch fails with InsufficientInstanceCapacity, and the group has no other zone."""
    groups.open(zones=1)
    groups.shop.cloud.lose_zone("us-east-1a")
    [task] = groups.run(groups.fleet.define())
    groups.shop.cloud.advance(minutes=5)
    found = explained(groups.shop.cloud, task, "only Availability Zones in which the group may")
    assert found.cause.evidence.value == ["us-east-1a"]


def test_instances_that_never_register(groups: Groups) -> None:
    """AWS: knowledge center, capacity provider scaling: instances that are unable to join."""
    lost = "#!/bin/bash\necho ECS_CLUSTER=shpo >> /etc/ecs/ecs.config\n"
    name = groups.template("lost", UserData=b64encode(lost.encode()).decode())
    groups.open(
        size=(0, 0, 2),
        scaling={"instanceWarmupPeriod": 60},
        LaunchTemplate={"LaunchTemplateName": name, "Version": "$Latest"},
    )
    [task] = groups.run(groups.fleet.define())
    groups.shop.cloud.advance(minutes=20)
    found = explained(groups.shop.cloud, task, "These are the clusters")
    assert any("2 of which are not in the cluster shop" in step.words for step in found.steps)
    assert any("names the cluster shpo, which does not exist" in s.words for s in found.steps)


def test_a_task_larger_than_the_smallest_type(groups: Groups) -> None:
    """AWS: managed-scaling-behavior: it is left out."""
    groups.open()
    [task] = groups.run(groups.fleet.define(container_memory=6000))
    groups.shop.cloud.advance(minutes=10)
    explained(groups.shop.cloud, task, "takes 6000 MiB of memory, and the smallest .* leaves such")


def test_a_constraint_that_no_instance_fulfils(groups: Groups) -> None:
    """AWS: task-placement-constraints: more instances of the same kind change nothing."""
    groups.open(size=(1, 1, 2))
    groups.shop.cloud.advance(minutes=3)
    constraint = {"type": "memberOf", "expression": "attribute:ecs.instance-type == c5.large"}
    definition = groups.fleet.define(placementConstraints=[constraint])
    [task] = groups.run(definition)
    groups.shop.cloud.advance(minutes=10)
    found = explained(groups.shop.cloud, task, "the attributes of one of them")
    assert found.steps[-2].evidence.value == [constraint]


def test_a_group_that_ecs_may_not_touch(groups: Groups) -> None:
    """AWS: cluster-auto-scaling: without the tag AmazonECSManaged it is left alone."""
    groups.open()
    tag = {"ResourceId": GROUP, "ResourceType": "auto-scaling-group", "Key": "AmazonECSManaged"}
    groups.asg.delete_tags(Tags=[tag])
    [task] = groups.run(groups.fleet.define())
    groups.shop.cloud.advance(minutes=5)
    explained(groups.shop.cloud, task, "lacks the tag AmazonECSManaged")
    groups.asg.create_or_update_tags(Tags=[{**tag, "Value": "", "PropagateAtLaunch": True}])
    groups.asg.suspend_processes(AutoScalingGroupName=GROUP, ScalingProcesses=["Launch"])
    groups.shop.cloud.advance(minutes=2)
    explained(groups.shop.cloud, task, "has its process Launch suspended")
    groups.asg.delete_auto_scaling_group(AutoScalingGroupName=GROUP)
    explained(groups.shop.cloud, task, f"group {GROUP} of {PROVIDER} does not exist any more")


def test_instances_on_their_way(groups: Groups) -> None:
    """AWS: managed-scaling-behavior: the metric, the start, the warm-up."""
    groups.open(scaling={"instanceWarmupPeriod": 600})
    tasks = groups.run(groups.fleet.define(container_memory=3000), 6)
    groups.shop.cloud.advance(seconds=5)
    explained(groups.shop.cloud, tasks[0], "adds instances as soon as this alarm on it goes off")
    groups.shop.cloud.advance(seconds=60)
    explained(groups.shop.cloud, tasks[0], "has been launched; its agent will register soon")
    groups.shop.cloud.advance(minutes=4)
    found = explained(groups.shop.cloud, tasks[-1], "adds no further ones until 600 s have passed")
    assert found.cause.evidence.value == 600


def test_managed_scaling_that_is_off(groups: Groups) -> None:
    """AWS: api_failures_messages: TaskFailedToStart: EMPTY CAPACITY PROVIDER."""
    groups.open(scaling={"status": "DISABLED"})
    definition = groups.fleet.define()
    [task] = groups.run(definition)
    groups.shop.stopped(task)
    found = explained(groups.shop.cloud, task, f"group {GROUP} has this desired capacity")
    assert found.steps[0].evidence.value.endswith("EMPTY CAPACITY PROVIDER")
    assert [step.evidence.value for step in found.steps[-2:]] == ["DISABLED", 0]
    arn = groups.ecs.create_service(
        cluster="shop",
        serviceName="web",
        taskDefinition=definition,
        desiredCount=1,
        capacityProviderStrategy=[{"capacityProvider": PROVIDER, "weight": 1}],
    )["service"]["serviceArn"]
    groups.shop.cloud.advance(seconds=20)
    explained(groups.shop.cloud, arn, f"group {GROUP} has this desired capacity")


def test_too_many_that_wait(groups: Groups) -> None:
    """AWS: quotas: tasks in the PROVISIONING state; the service event names no reason."""
    groups.shop.cloud.quotas["Tasks in the PROVISIONING state per cluster"] = 1
    groups.open(size=(0, 0, 0))
    arn = groups.ecs.create_service(
        cluster="shop",
        serviceName="web",
        taskDefinition=groups.fleet.define(),
        desiredCount=2,
        capacityProviderStrategy=[{"capacityProvider": PROVIDER, "weight": 1}],
    )["service"]["serviceArn"]
    groups.shop.cloud.advance(minutes=2)
    found = explained(groups.shop.cloud, arn, "has 0 instances, and may not have more")
    assert any("At most 1 tasks of a cluster may wait" in step.words for step in found.steps)


# --- Managed Instances ----------------------------------------------------------------------------


@pytest.fixture
def managed(shop: Shop) -> Groups:
    """Return a shop with the roles of Managed Instances."""
    return open_managed(shop)


def waits(managed: Groups, cause: str, **definition: Any) -> Any:
    """Run a task on Managed Instances that waits; explain it and its provider."""
    [task] = run(managed, define(managed, **definition))
    managed.shop.cloud.advance(minutes=5)
    explained(managed.shop.cloud, provider_arn("managed"), cause)
    return explained(managed.shop.cloud, task, cause)


def test_the_infrastructure_role_may_not_launch(managed: Groups) -> None:
    """AWS: AmazonECSInfrastructureRolePolicyForManagedInstances."""
    iam: Any = boto3.client("iam")
    iam.detach_role_policy(RoleName="infrastructure", PolicyArn=INFRASTRUCTURE)
    provide(managed)
    waits(managed, "No policy of the role infrastructure allows ec2:CreateFleet")


def test_no_type_can_run_the_task(managed: Groups) -> None:
    """AWS: botocore ecs InstanceRequirementsRequest."""
    provide(managed)
    found = waits(managed, "No instance type that managed may launch", cpu="8192", memory="16384")
    assert found.cause.evidence.value["vCpuCount"] == {"min": 2, "max": 4}


def test_no_capacity_for_managed_instances(managed: Groups) -> None:
    """AWS: InsufficientInstanceCapacity in all zones of the provider."""
    provide(managed)
    for zone in ("us-east-1a", "us-east-1b"):
        managed.shop.cloud.lose_zone(zone)
    waits(managed, "EC2 has no capacity in the Availability Zones of managed")


def test_a_managed_instance_on_its_way(managed: Groups) -> None:
    """AWS: ManagedInstances: launched for what waits."""
    provide(managed)
    [task] = run(managed, define(managed))
    managed.shop.cloud.advance(seconds=8)
    explained(managed.shop.cloud, task, "launches an instance of managed that holds what waits")


# --- 22: Fargate capacity and quota ---------------------------------------------------------------


def test_the_vcpu_quota(shop: Shop) -> None:
    """AWS: service-event-messages-list: the limit on the number of vCPUs."""
    shop.cloud.quotas["Fargate On-Demand vCPU resource count"] = 0.5
    arn = shop.serve(shop.define(Image(port=80)), 3)
    shop.cloud.advance(minutes=3)
    found = explained(shop.cloud, arn, r"tasks of Fargate use 0\.5 of 0\.5 vCPUs")
    assert "limit on the number of vCPUs" in str(found.steps[-2].evidence.value)
    assert len(found.cause.evidence.value) == 2


def test_zones_without_fargate_capacity(shop: Shop) -> None:
    """AWS: service-event-messages-list: Capacity is unavailable at this time."""
    definition = shop.define(Image(port=80))
    shop.cloud.lose_zone("us-east-1a")
    network = {"awsvpcConfiguration": {"subnets": shop.subnets[:1]}}
    arn = shop.ecs.create_service(
        cluster="shop",
        serviceName="web",
        taskDefinition=definition,
        desiredCount=1,
        launchType="FARGATE",
        networkConfiguration=network,
    )["service"]["serviceArn"]
    shop.cloud.advance(minutes=1)
    explained(shop.cloud, arn, "Its subnets are only in us-east-1a")


# --- Base and weight, and who uses a provider -----------------------------------------------------


def test_base_and_weight(groups: Groups) -> None:
    """AWS: botocore ecs CapacityProviderStrategyItem: base first, then by weight."""
    groups.make("steady", size=(4, 4, 10))
    groups.make("spot", size=(4, 4, 10))
    groups.provide("steady", "steady")
    groups.provide("spot", "spot")
    groups.associate("steady", "spot")
    groups.shop.cloud.advance(minutes=3)
    groups.ecs.create_service(
        cluster="shop",
        serviceName="web",
        taskDefinition=groups.fleet.define(),
        desiredCount=10,
        capacityProviderStrategy=[
            {"capacityProvider": "steady", "base": 2, "weight": 1},
            {"capacityProvider": "spot", "weight": 3},
        ],
    )
    groups.shop.cloud.advance(minutes=4)
    for name, words in (
        ("steady", "base of 2 and its weight of 1 of 4 give it 4 of 10 tasks; it has 4"),
        ("spot", "base of 0 and its weight of 3 of 4 give it 6 of 10 tasks; it has 6"),
    ):
        found = groups.shop.cloud.explain(provider_arn(name))
        assert any(words in step.words for step in found.steps), str(found)


def test_a_provider_without_cluster_and_one_that_is_deleted(groups: Groups) -> None:
    """Drill 19: what a provider is waiting for."""
    groups.make()
    groups.provide()
    explained(groups.shop.cloud, provider_arn(), "No cluster is associated with it")
    groups.ecs.delete_capacity_provider(capacityProvider=PROVIDER)
    groups.shop.cloud.advance(minutes=1)
    found = groups.shop.cloud.explain(provider_arn())
    assert [step.evidence.value for step in found.steps[:2]] == ["INACTIVE", "DELETE_COMPLETE"]


# --- What can not be scaled in --------------------------------------------------------------------


def test_managed_termination_protection(groups: Groups) -> None:
    """AWS: cluster-auto-scaling: instances with tasks stay; drill 20: it never scales in."""
    groups.open(
        provider={"managedTerminationProtection": "ENABLED"},
        NewInstancesProtectedFromScaleIn=True,
        size=(0, 3, 4),
        scaling={"targetCapacity": 50},
    )
    groups.shop.cloud.advance(minutes=3)
    [task] = groups.run(groups.fleet.define(container_memory=3000))
    groups.shop.cloud.advance(minutes=3)
    host = groups.shop.task(task)["containerInstanceArn"]
    found = explained(groups.shop.cloud, host, f"Task {task[-32:-24]} .* is on it")
    assert any("termination protection of on-demand is on" in step.words for step in found.steps)
    idle = next(arn for arn in groups.fleet.arns() if arn != host)
    explained(groups.shop.cloud, idle, "ECS unprotects it when it scales in")
    explained(groups.shop.cloud, provider_arn(), "takes instances away after 15 minutes")


def test_a_protected_task_keeps_its_instance(groups: Groups) -> None:
    """AWS: task-scale-in-protection: the task stays, and with it the instance."""
    groups.open(
        provider={"managedTerminationProtection": "ENABLED"},
        NewInstancesProtectedFromScaleIn=True,
    )
    arn = groups.ecs.create_service(
        cluster="shop",
        serviceName="web",
        taskDefinition=groups.fleet.define(container_memory=3000),
        desiredCount=2,
        capacityProviderStrategy=[{"capacityProvider": PROVIDER, "weight": 1}],
    )["service"]["serviceArn"]
    groups.shop.cloud.advance(minutes=6)
    task, other = groups.ecs.list_tasks(cluster="shop")["taskArns"]
    groups.ecs.update_task_protection(cluster="shop", tasks=[task], protectionEnabled=True)
    groups.ecs.update_service(cluster="shop", service="web", desiredCount=0)
    groups.shop.cloud.advance(minutes=20)
    host = groups.shop.task(task)["containerInstanceArn"]
    explained(groups.shop.cloud, host, "is protected: neither scale-in nor a deployment|CloudTrail")
    found = explained(groups.shop.cloud, arn, "CloudTrail has who protected it|is protected:")
    assert any("was unable to scale in" in str(step.evidence.value) for step in found.steps)
    explained(groups.shop.cloud, other, "shall have 0 tasks, fewer than before")


def test_a_group_at_its_minimum_and_one_that_nobody_unprotects(groups: Groups) -> None:
    """AWS: cluster-auto-scaling: ECS never changes the group's own minimum."""
    groups.open(size=(2, 2, 4), NewInstancesProtectedFromScaleIn=True)
    groups.shop.cloud.advance(minutes=3)
    groups.run(groups.fleet.define())
    groups.shop.cloud.advance(minutes=25)
    found = explained(groups.shop.cloud, provider_arn(), "may not have fewer instances")
    assert found.cause.evidence.value == 2
    explained(groups.shop.cloud, groups.fleet.arns()[0], "Nobody takes that protection away")
    groups.asg.update_auto_scaling_group(AutoScalingGroupName=GROUP, MinSize=0)
    groups.shop.cloud.advance(minutes=2)
    explained(groups.shop.cloud, provider_arn(), "Nobody takes that protection away")


# --- 29: task scale-in protection -----------------------------------------------------------------


def test_a_service_that_can_not_scale_in(shop: Shop) -> None:
    """AWS: task-scale-in-protection; drill 29, the other way round."""
    arn = shop.serve(shop.define(Image(port=80)), 2)
    shop.cloud.advance(minutes=3)
    tasks = shop.ecs.list_tasks(cluster="shop")["taskArns"]
    shop.ecs.update_task_protection(
        cluster="shop", tasks=tasks, protectionEnabled=True, expiresInMinutes=600
    )
    shop.ecs.update_service(cluster="shop", service="web", desiredCount=1)
    shop.cloud.advance(minutes=30)
    found = explained(shop.cloud, arn, "CloudTrail has who protected it")
    assert found.steps[-2].evidence.call.startswith('boto3.client("ecs").get_task_protection')


def test_a_rollout_that_waits_for_protected_tasks(shop: Shop) -> None:
    """AWS: task-scale-in-protection, deployment considerations."""
    arn = shop.serve(shop.define(Image(port=80)), 2)
    shop.cloud.advance(minutes=3)
    old = shop.ecs.list_tasks(cluster="shop")["taskArns"]
    shop.ecs.update_task_protection(cluster="shop", tasks=old[:1], protectionEnabled=True)
    shop.ecs.update_service(cluster="shop", service="web", forceNewDeployment=True)
    shop.cloud.advance(minutes=10)
    found = shop.cloud.explain(arn)
    assert any(f"Task {old[0][-32:-24]} is protected" in step.words for step in found.steps)
    shop.ecs.update_task_protection(cluster="shop", tasks=old[:1], protectionEnabled=False)
    shop.cloud.advance(minutes=10)
    explained(shop.cloud, arn, "All of them are healthy")
