"""Cluster auto scaling: tasks wait, groups grow and shrink (managed-scaling-behavior)."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from groups import GROUP, PROVIDER, Groups, open_groups
from shops import Shop

from ecslab import Image


@pytest.fixture
def groups(shop: Shop) -> Groups:
    """Return a shop whose fleet comes from Auto Scaling groups."""
    return open_groups(shop)


def advance(groups: Groups, **time: float) -> None:
    """Let time pass."""
    groups.shop.cloud.advance(**time)


def test_the_first_tasks_bring_two_instances(groups: Groups) -> None:
    """AWS: cluster-auto-scaling: from zero the metric is 200, and two instances are launched."""
    groups.open()
    [task] = groups.run(groups.fleet.define())
    assert groups.shop.task(task)["lastStatus"] == "PROVISIONING"
    assert "containerInstanceArn" not in groups.shop.task(task)
    advance(groups, seconds=70)
    assert groups.group()["DesiredCapacity"] == 2
    assert groups.reservation()[-1] == 200
    advance(groups, minutes=3)
    found = groups.shop.task(task)
    assert (found["lastStatus"], found["launchType"]) == ("RUNNING", "EC2")
    assert found["capacityProviderName"] == PROVIDER
    instance = groups.fleet.instance(found["containerInstanceArn"])
    assert instance["capacityProviderName"] == PROVIDER


def test_instances_go_where_the_group_has_the_fewest(groups: Groups) -> None:
    """AWS: auto-scaling-benefits: a group keeps its Availability Zones in balance."""
    groups.make(size=(4, 4, 4), zones=2)
    zones = [each["AvailabilityZone"] for each in groups.group()["Instances"]]
    assert sorted(zones) == ["us-east-1a", "us-east-1a", "us-east-1b", "us-east-1b"]
    advance(groups, minutes=3)
    assert len(groups.fleet.arns()) == 4


def test_as_many_instances_as_the_waiting_tasks_need(groups: Groups) -> None:
    """AWS: managed-scaling-behavior: M/N x 100; three 1,024 MiB tasks fit on 3,768 MiB."""
    groups.open(size=(1, 1, 10), scaling={"instanceWarmupPeriod": 60})
    advance(groups, minutes=3)
    tasks = groups.run(groups.fleet.define(container_memory=1024), 10)
    advance(groups, seconds=60)
    # One instance holds three; seven wait and need three more: (1 + 3) / 1.
    assert groups.reservation()[-1] == 400
    assert groups.group()["DesiredCapacity"] == 4
    advance(groups, minutes=4)
    assert groups.tasks(tasks) == {"RUNNING": 10}
    assert groups.reservation()[-1] == 100


@pytest.mark.parametrize(
    ("scaling", "desired"),
    [
        ({"maximumScalingStepSize": 2}, 3),
        ({"minimumScalingStepSize": 5}, 6),
        ({"targetCapacity": 50}, 8),
    ],
)
def test_steps_and_target(groups: Groups, scaling: dict[str, int], desired: int) -> None:
    """AWS: botocore ecs ManagedScaling: smallest and largest step, target of spare capacity."""
    groups.open(size=(1, 1, 20), scaling={"instanceWarmupPeriod": 60, **scaling})
    advance(groups, minutes=3)
    before = groups.group()["DesiredCapacity"]
    groups.run(groups.fleet.define(container_memory=1024), 10)
    advance(groups, seconds=60)
    assert (before, groups.group()["DesiredCapacity"]) == (1, desired)


def test_the_group_stays_within_its_limits(groups: Groups) -> None:
    """AWS: cluster-auto-scaling: ECS never changes the group's own minimum and maximum."""
    groups.open(size=(0, 0, 3), scaling={"instanceWarmupPeriod": 0})
    tasks = groups.run(groups.fleet.define(container_memory=3000), 8)
    advance(groups, minutes=15)
    group = groups.group()
    assert (group["MinSize"], group["MaxSize"], group["DesiredCapacity"]) == (0, 3, 3)
    assert groups.tasks(tasks) == {"RUNNING": 3, "PROVISIONING": 5}


def test_no_scale_out_while_instances_warm_up(groups: Groups) -> None:
    """AWS: managed-scaling-behavior: instanceWarmupPeriod, 300 seconds by default."""
    groups.open(scaling={"instanceWarmupPeriod": 600})
    groups.run(groups.fleet.define(container_memory=3000), 6)
    advance(groups, minutes=10)
    assert groups.group()["DesiredCapacity"] == 2
    advance(groups, minutes=2)
    assert groups.group()["DesiredCapacity"] == 6


def test_a_task_larger_than_the_smallest_type_stays(groups: Groups) -> None:
    """AWS: managed-scaling-behavior: it is left out, and the metric stays on its target."""
    name = groups.template("mixed-template")
    overrides = [{"InstanceType": "m5.large"}, {"InstanceType": "t3.medium"}]
    specification = {"LaunchTemplateName": name, "Version": "$Latest"}
    policy = {
        "LaunchTemplate": {"LaunchTemplateSpecification": specification, "Overrides": overrides}
    }
    groups.open(MixedInstancesPolicy=policy)
    [large] = groups.run(groups.fleet.define("large", container_memory=6000))
    advance(groups, minutes=30)
    assert groups.shop.task(large)["lastStatus"] == "PROVISIONING"
    assert groups.group()["DesiredCapacity"] == 0
    assert groups.reservation()[-1] == 100
    [small] = groups.run(groups.fleet.define("small"))
    advance(groups, minutes=5)
    assert groups.tasks([small, large]) == {"RUNNING": 2}
    assert groups.fleet.instance(groups.fleet.arns()[0])["attributes"]


def test_fifteen_minutes_below_the_target_end_idle_instances(groups: Groups) -> None:
    """AWS: managed-scaling-behavior: 15 points; then at most half of the group each minute."""
    groups.open()
    tasks = groups.run(groups.fleet.define(container_memory=3000), 2)
    advance(groups, minutes=6)
    assert groups.tasks(tasks) == {"RUNNING": 2}
    groups.ecs.stop_task(cluster="shop", task=tasks[0])
    advance(groups, seconds=40)
    assert groups.tasks(tasks) == {"RUNNING": 1, "STOPPED": 1}
    advance(groups, minutes=13)
    assert groups.group()["DesiredCapacity"] == 2
    assert groups.reservation()[-1] == 50
    advance(groups, minutes=3)
    assert groups.group()["DesiredCapacity"] == 1


def test_daemons_do_not_keep_an_instance(groups: Groups) -> None:
    """AWS: managed-scaling-behavior: an instance with daemon tasks only counts as empty."""
    groups.open(size=(0, 2, 4))
    groups.ecs.create_service(
        cluster="shop",
        serviceName="monitor",
        taskDefinition=groups.fleet.define("monitor"),
        launchType="EC2",
        schedulingStrategy="DAEMON",
    )
    advance(groups, minutes=5)
    assert groups.reservation()[-1] == 0
    advance(groups, minutes=20)
    assert groups.group()["Instances"] == []
    assert groups.fleet.arns() == []


def test_the_launch_type_never_scales(groups: Groups) -> None:
    """AWS: managed-scaling-behavior: a task that sets a launch type is ignored."""
    groups.open(size=(1, 1, 4))
    advance(groups, minutes=3)
    definition = groups.fleet.define(container_memory=3000)
    first = groups.fleet.run(definition, count=2)
    assert len(first["tasks"]) == 1
    assert first["failures"][0]["reason"] == "RESOURCE:MEMORY"
    groups.ecs.create_service(
        cluster="shop",
        serviceName="web",
        taskDefinition=definition,
        desiredCount=3,
        launchType="EC2",
    )
    advance(groups, minutes=10)
    assert groups.group()["DesiredCapacity"] == 1
    assert "insufficient memory available" in groups.shop.messages()[-1]


def test_without_its_tag_a_group_is_left_alone(groups: Groups) -> None:
    """AWS: cluster-auto-scaling: without the tag AmazonECSManaged ECS can't manage the group."""
    groups.open()
    assert {"AmazonECSManaged": ""}.items() <= {
        tag["Key"]: tag["Value"] for tag in groups.group()["Tags"]
    }.items()
    groups.asg.delete_tags(
        Tags=[
            {
                "ResourceId": GROUP,
                "ResourceType": "auto-scaling-group",
                "Key": "AmazonECSManaged",
            }
        ]
    )
    groups.run(groups.fleet.define())
    advance(groups, minutes=5)
    assert groups.group()["DesiredCapacity"] == 0
    assert groups.reservation()[-1] == 200


def test_a_group_without_managed_scaling_stays_as_it_is(groups: Groups) -> None:
    """AWS: api_failures_messages (DescribeTasks): TaskFailedToStart: EMPTY CAPACITY PROVIDER."""
    groups.open(scaling={"status": "DISABLED"})
    definition = groups.fleet.define()
    [task] = groups.run(definition)
    stopped = groups.shop.stopped(task)
    assert stopped["stopCode"] == "TaskFailedToStart"
    assert stopped["stoppedReason"] == "TaskFailedToStart: EMPTY CAPACITY PROVIDER"
    assert groups.group()["DesiredCapacity"] == 0
    assert groups.asg.describe_policies(AutoScalingGroupName=GROUP)["ScalingPolicies"] == []
    groups.ecs.create_service(
        cluster="shop",
        serviceName="web",
        taskDefinition=definition,
        desiredCount=1,
        capacityProviderStrategy=[{"capacityProvider": PROVIDER, "weight": 1}],
    )
    advance(groups, seconds=20)
    assert groups.shop.messages()[0] == (
        "(service web) was unable to reach steady state. Reason: No Container Instances were found"
        " in your capacity provider."
    )
    groups.asg.set_desired_capacity(AutoScalingGroupName=GROUP, DesiredCapacity=1)
    advance(groups, minutes=3)
    assert groups.shop.service()["runningCount"] == 1


def test_a_service_scales_the_group(groups: Groups) -> None:
    """AWS: cluster-auto-scaling: tasks of services wait in PROVISIONING like all others."""
    groups.open()
    groups.ecs.create_service(
        cluster="shop",
        serviceName="web",
        taskDefinition=groups.fleet.define(container_memory=1024),
        desiredCount=9,
        capacityProviderStrategy=[{"capacityProvider": PROVIDER, "weight": 1}],
    )
    advance(groups, seconds=30)
    assert groups.shop.service()["pendingCount"] == 9
    advance(groups, minutes=15)
    assert groups.shop.service()["runningCount"] == 9
    assert groups.group()["DesiredCapacity"] == 3


def test_too_many_waiting_tasks(groups: Groups) -> None:
    """AWS: quotas: tasks in PROVISIONING; the event of service-event-messages-list."""
    cloud = groups.shop.cloud
    assert cloud.quotas["Tasks in the PROVISIONING state per cluster"] == 500
    cloud.quotas["Tasks in the PROVISIONING state per cluster"] = 3
    groups.open()
    definition = groups.fleet.define()
    groups.ecs.create_service(
        cluster="shop",
        serviceName="web",
        taskDefinition=definition,
        desiredCount=5,
        capacityProviderStrategy=[{"capacityProvider": PROVIDER, "weight": 1}],
    )
    advance(groups, seconds=5)
    assert groups.shop.service()["pendingCount"] == 3
    expected = (
        "(service web) was unable to place tasks in your cluster because the tasks provisioning"
        " capacity limit was exceeded."
    )
    assert expected in groups.shop.messages()
    answer = groups.ecs.run_task(
        cluster="shop",
        taskDefinition=definition,
        capacityProviderStrategy=[{"capacityProvider": PROVIDER, "weight": 1}],
    )
    assert (answer["tasks"], len(answer["failures"])) == ([], 1)
    advance(groups, minutes=5)
    assert groups.shop.service()["runningCount"] == 5


def test_a_waiting_task_can_be_stopped(groups: Groups) -> None:
    """AWS: task-lifecycle-explanation: StopTask ends PROVISIONING, and nothing is launched."""
    groups.open()
    [task] = groups.run(groups.fleet.define())
    groups.ecs.stop_task(cluster="shop", task=task)
    advance(groups, minutes=5)
    assert groups.shop.task(task)["lastStatus"] == "STOPPED"
    assert groups.group()["DesiredCapacity"] == 0


def test_instances_that_can_not_register_never_stop_coming(groups: Groups) -> None:
    """AWS: knowledge center, capacity provider scaling: instances that are unable to join."""
    name = groups.template("lost-template", UserData=b64encode(b"#!/bin/bash").decode())
    groups.open(
        size=(0, 0, 4),
        scaling={"instanceWarmupPeriod": 60},
        LaunchTemplate={"LaunchTemplateName": name},
    )
    [task] = groups.run(groups.fleet.define())
    advance(groups, minutes=20)
    assert groups.group()["DesiredCapacity"] == 4
    assert groups.shop.task(task)["lastStatus"] == "PROVISIONING"
    assert groups.fleet.arns() == []


def test_managed_termination_protection_spares_busy_instances(groups: Groups) -> None:
    """AWS: cluster-auto-scaling: only instances without tasks lose their scale-in protection."""
    groups.open(
        provider={"managedTerminationProtection": "ENABLED"},
        NewInstancesProtectedFromScaleIn=True,
    )
    tasks = groups.run(groups.fleet.define(container_memory=3000), 2)
    advance(groups, minutes=6)
    host = groups.shop.task(tasks[0])["containerInstanceArn"]
    oldest = groups.group()["Instances"][0]["InstanceId"]
    busy, idle = tasks
    if groups.fleet.instance(host)["ec2InstanceId"] != oldest:
        busy, idle = idle, busy
    # The default termination policy would take the oldest instance, which is busy.
    groups.ecs.stop_task(cluster="shop", task=idle)
    advance(groups, minutes=20)
    [left] = groups.group()["Instances"]
    assert left["InstanceId"] == oldest
    assert left["ProtectedFromScaleIn"] is True
    assert groups.shop.task(busy)["lastStatus"] == "RUNNING"


def test_managed_draining_moves_the_tasks_first(groups: Groups) -> None:
    """AWS: managed-instance-draining: the lifecycle hook holds the instance until it is empty."""
    groups.open(size=(2, 2, 4))
    advance(groups, minutes=3)
    image = Image(stop_after=20.0, stop_exit_code=0)
    groups.ecs.create_service(
        cluster="shop",
        serviceName="web",
        taskDefinition=groups.fleet.define(image=image),
        desiredCount=2,
        capacityProviderStrategy=[{"capacityProvider": PROVIDER, "weight": 1}],
    )
    advance(groups, minutes=3)
    hooks = groups.asg.describe_lifecycle_hooks(AutoScalingGroupName=GROUP)["LifecycleHooks"]
    assert [hook["LifecycleHookName"] for hook in hooks] == [
        "ecs-managed-draining-termination-hook"
    ]
    machine = groups.group()["Instances"][0]["InstanceId"]
    groups.asg.terminate_instance_in_auto_scaling_group(
        InstanceId=machine, ShouldDecrementDesiredCapacity=False
    )
    assert groups.states() == {"Terminating:Wait": 1, "InService": 2}
    assert len(groups.fleet.arns(status="DRAINING")) == 1
    lowest = groups.shop.service()["runningCount"]
    for _ in range(120):
        advance(groups, seconds=5)
        lowest = min(lowest, groups.shop.service()["runningCount"])
    assert lowest == 2
    assert groups.states() == {"InService": 2}
    assert groups.fleet.arns(status="DRAINING") == []


def test_a_standalone_task_holds_a_draining_instance(groups: Groups) -> None:
    """AWS: managed-instance-draining: up to 48 hours; tasks without a service are not moved."""
    groups.open(size=(0, 1, 4))
    advance(groups, minutes=3)
    [task] = groups.run(groups.fleet.define())
    advance(groups, minutes=2)
    groups.asg.set_desired_capacity(AutoScalingGroupName=GROUP, DesiredCapacity=0)
    advance(groups, hours=47)
    assert groups.states() == {"Terminating:Wait": 1}
    assert groups.shop.task(task)["lastStatus"] == "RUNNING"
    advance(groups, hours=2)
    assert groups.states() == {}
    assert groups.fleet.arns() == []


def test_a_lifecycle_action_can_be_completed_by_hand(groups: Groups) -> None:
    """AWS: botocore autoscaling CompleteLifecycleAction."""
    groups.open(size=(0, 1, 4))
    advance(groups, minutes=3)
    groups.run(groups.fleet.define())
    advance(groups, minutes=2)
    machine = groups.group()["Instances"][0]["InstanceId"]
    groups.asg.set_desired_capacity(AutoScalingGroupName=GROUP, DesiredCapacity=0)
    groups.asg.complete_lifecycle_action(
        AutoScalingGroupName=GROUP,
        LifecycleHookName="ecs-managed-draining-termination-hook",
        InstanceId=machine,
        LifecycleActionResult="CONTINUE",
    )
    assert groups.states() == {}


def test_a_failed_instance_is_replaced_by_its_group(groups: Groups) -> None:
    """AWS: ec2-auto-scaling-health-checks: the group keeps its desired capacity."""
    groups.open(size=(2, 2, 2))
    advance(groups, minutes=3)
    first, second = groups.fleet.arns()
    groups.shop.cloud.fail_instance(first)
    advance(groups, minutes=4)
    arns = groups.fleet.arns()
    assert len(arns) == 2
    assert second in arns
    assert first not in arns


def test_two_providers_with_base_and_weight(groups: Groups) -> None:
    """AWS: botocore ecs CapacityProviderStrategyItem: base first, then 1 to 3 by weight."""
    groups.make("steady", size=(4, 4, 10))
    groups.make("spot", size=(4, 4, 10))
    groups.provide("steady", "steady")
    groups.provide("spot", "spot")
    groups.associate("steady", "spot")
    advance(groups, minutes=3)
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
    advance(groups, minutes=4)
    arns = groups.ecs.list_tasks(cluster="shop")["taskArns"]
    tasks = groups.ecs.describe_tasks(cluster="shop", tasks=arns)["tasks"]
    used: dict[Any, int] = {}
    for task in tasks:
        used[task["capacityProviderName"]] = used.get(task["capacityProviderName"], 0) + 1
        host = groups.fleet.instance(task["containerInstanceArn"])
        assert host["capacityProviderName"] == task["capacityProviderName"]
    assert used == {"steady": 4, "spot": 6}


def test_the_scaling_policy_and_its_alarms_can_be_seen(groups: Groups) -> None:
    """AWS: cluster-auto-scaling: a target tracking policy, a high alarm and a low alarm."""
    groups.open(scaling={"targetCapacity": 80})
    [policy] = groups.asg.describe_policies(AutoScalingGroupName=GROUP)["ScalingPolicies"]
    tracking = policy["TargetTrackingConfiguration"]
    assert policy["PolicyName"].startswith("ECSManagedAutoScalingPolicy-")
    assert tracking["TargetValue"] == 80
    assert tracking["CustomizedMetricSpecification"]["Namespace"] == "AWS/ECS/ManagedScaling"
    alarms = boto3.client("cloudwatch").describe_alarms()["MetricAlarms"]
    shown = {alarm["EvaluationPeriods"]: alarm["ComparisonOperator"] for alarm in alarms}
    assert shown == {1: "GreaterThanThreshold", 15: "LessThanThreshold"}
    [attachment] = [
        each
        for each in groups.ecs.describe_clusters(clusters=["shop"], include=["ATTACHMENTS"])[
            "clusters"
        ][0]["attachments"]
        if each["type"] == "as_policy"
    ]
    assert {"name": "scalingPolicyName", "value": policy["PolicyName"]} in attachment["details"]
    groups.associate()
    assert groups.asg.describe_policies(AutoScalingGroupName=GROUP)["ScalingPolicies"] == []
    assert groups.asg.describe_lifecycle_hooks(AutoScalingGroupName=GROUP)["LifecycleHooks"] == []
    assert boto3.client("cloudwatch").describe_alarms()["MetricAlarms"] == []


def test_groups_that_there_are_not(groups: Groups) -> None:
    """Botocore autoscaling ValidationError, whatever is asked of such a group."""
    name = {"AutoScalingGroupName": "none"}
    tag = {"ResourceId": "none", "ResourceType": "auto-scaling-group", "Key": "team"}
    asked: dict[str, dict[str, Any]] = {
        "suspend_processes": name,
        "resume_processes": name,
        "set_desired_capacity": {**name, "DesiredCapacity": 1},
        "update_auto_scaling_group": {**name, "MaxSize": 1},
        "delete_auto_scaling_group": name,
        "delete_tags": {"Tags": [tag]},
        "describe_scaling_activities": name,
        "attach_instances": name,
    }
    for operation, parameters in asked.items():
        with pytest.raises(ClientError, match=r"ValidationError.*AutoScalingGroup name not found"):
            getattr(groups.asg, operation)(**parameters)
