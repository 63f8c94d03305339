"""What fails around the tasks: an Availability Zone, an agent's connection, Spot, quotas."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from botocore.exceptions import ClientError
from fleets import Fleet
from groups import GROUP, PROVIDER, Groups, open_groups
from shops import Shop

from ecslab import Image
from ecslab.errors import CourseError

VCPU_LIMIT = "You've reached the limit on the number of vCPUs you can run concurrently"
NO_CAPACITY = "Capacity is unavailable at this time"
ON_DEMAND = "Fargate On-Demand vCPU resource count"


@pytest.fixture
def groups(shop: Shop) -> Groups:
    """Return a shop whose fleet comes from Auto Scaling groups."""
    return open_groups(shop)


@pytest.fixture
def fleet(groups: Groups) -> Fleet:
    """Return the fleet."""
    return groups.fleet


def zones(shop: Shop) -> Counter[Any]:
    """Count the running tasks by Availability Zone."""
    arns = shop.ecs.list_tasks(cluster="shop")["taskArns"]
    found = shop.ecs.describe_tasks(cluster="shop", tasks=arns)["tasks"]
    return Counter(t["availabilityZone"] for t in found if t["lastStatus"] == "RUNNING")


def test_a_service_on_fargate_moves_to_the_other_zone(shop: Shop) -> None:
    """AWS: task-placement: Fargate spreads over zones as best it can; ecs_services: replacement."""
    shop.serve(shop.define(Image()), 4)
    shop.cloud.advance(minutes=2)
    assert zones(shop) == {"us-east-1a": 2, "us-east-1b": 2}
    shop.cloud.lose_zone("us-east-1a")
    stopped = shop.ecs.list_tasks(cluster="shop", desiredStatus="STOPPED")["taskArns"]
    assert len(stopped) == 2
    reason = shop.task(stopped[0])["stoppedReason"]
    assert "us-east-1a" in reason
    shop.cloud.advance(minutes=2)
    assert zones(shop) == {"us-east-1b": 4}
    shop.cloud.recover_zone("us-east-1a")
    shop.ecs.update_service(cluster="shop", service="web", desiredCount=6)
    shop.cloud.advance(minutes=2)
    assert zones(shop) == {"us-east-1a": 2, "us-east-1b": 4}


def test_without_a_zone_that_works_fargate_has_no_capacity(shop: Shop) -> None:
    """AWS: service-event-messages-list: capacity is unavailable at this time."""
    definition = shop.define(Image())
    for zone in "us-east-1a", "us-east-1b":
        shop.cloud.lose_zone(zone)
    answer = shop.ecs.run_task(
        cluster="shop",
        taskDefinition=definition,
        launchType="FARGATE",
        networkConfiguration=shop.network(),
    )
    assert answer["tasks"] == []
    assert NO_CAPACITY in answer["failures"][0]["reason"]
    shop.serve(definition, 1)
    shop.cloud.advance(seconds=30)
    [message] = shop.messages()
    assert message.startswith(f"(service web) was unable to place a task. Reason: {NO_CAPACITY}")
    shop.cloud.recover_zone("us-east-1b")
    shop.cloud.advance(minutes=2)
    assert zones(shop) == {"us-east-1b": 1}


def test_a_group_launches_elsewhere(groups: Groups) -> None:
    """AWS: auto-scaling-benefits: a group makes up for a zone in the ones that are left."""
    groups.open(size=(4, 4, 4))
    groups.shop.cloud.advance(minutes=3)
    groups.ecs.create_service(
        cluster="shop",
        serviceName="web",
        taskDefinition=groups.fleet.define(),
        desiredCount=4,
        capacityProviderStrategy=[{"capacityProvider": PROVIDER, "weight": 1}],
    )
    groups.shop.cloud.advance(minutes=2)
    assert zones(groups.shop) == {"us-east-1a": 2, "us-east-1b": 2}
    groups.shop.cloud.lose_zone("us-east-1b")
    groups.shop.cloud.advance(minutes=5)
    assert zones(groups.shop) == {"us-east-1a": 4}
    hosts = {each["AvailabilityZone"] for each in groups.group()["Instances"]}
    assert hosts == {"us-east-1a"}
    assert len(groups.group()["Instances"]) == 4


def test_zones_have_names(shop: Shop) -> None:
    """AWS: using-regions-availability-zones."""
    with pytest.raises(CourseError, match="no Availability Zone"):
        shop.cloud.lose_zone("eu-west-1a")


def test_an_agent_that_is_cut_off(fleet: Fleet) -> None:
    """AWS: botocore ecs ContainerInstance.agentConnected: no placement; tasks go on."""
    [arn] = fleet.join()
    task = fleet.start(fleet.define())
    fleet.running(task)
    fleet.shop.cloud.disconnect_agent(arn)
    assert fleet.instance(arn)["agentConnected"] is False
    answer = fleet.run("web")
    assert answer["failures"] == [{"arn": arn, "reason": "AGENT"}]
    fleet.shop.cloud.advance(minutes=30)
    assert fleet.shop.task(task)["lastStatus"] == "RUNNING"
    fleet.ecs.stop_task(cluster="shop", task=task)
    fleet.shop.cloud.advance(minutes=10)
    found = fleet.shop.task(task)
    assert (found["lastStatus"], found["desiredStatus"]) == ("RUNNING", "STOPPED")
    fleet.shop.cloud.reconnect_agent(arn)
    assert fleet.shop.stopped(task)["stopCode"] == "UserInitiated"
    assert fleet.instance(arn)["agentConnected"] is True
    with pytest.raises(CourseError, match="no container instance"):
        fleet.shop.cloud.disconnect_agent("arn:aws:ecs:us-east-1:1:container-instance/shop/x")


def test_a_draining_instance_that_never_empties(fleet: Fleet) -> None:
    """AWS: container-instance-draining: done when no task runs any more."""
    first, _ = fleet.join(2)
    fleet.ecs.create_service(
        cluster="shop",
        serviceName="web",
        taskDefinition=fleet.define(),
        desiredCount=2,
        launchType="EC2",
        placementStrategy=[{"type": "spread", "field": "instanceId"}],
    )
    fleet.shop.cloud.advance(minutes=2)
    fleet.shop.cloud.disconnect_agent(first)
    fleet.ecs.update_container_instances_state(
        cluster="shop", containerInstances=[first], status="DRAINING"
    )
    fleet.shop.cloud.advance(minutes=10)
    assert fleet.instance(first)["runningTasksCount"] == 1
    fleet.shop.cloud.fail_instance(first)
    fleet.shop.cloud.advance(minutes=1)
    assert fleet.instance(first)["runningTasksCount"] == 0
    # It was not connected when its EC2 instance ended, so it stays registered.
    assert first in fleet.arns()


@pytest.mark.parametrize("line", ["", "ECS_ENABLE_SPOT_INSTANCE_DRAINING=true\n"])
def test_a_spot_instance_is_interrupted(fleet: Fleet, line: str) -> None:
    """AWS: amazon-ecs-agent README: ECS_ENABLE_SPOT_INSTANCE_DRAINING is off by default."""
    data = f"#!/bin/bash\ncat <<E >> /etc/ecs/ecs.config\nECS_CLUSTER=shop\n{line}E\n"
    [arn] = fleet.join(UserData=data, InstanceMarketOptions={"MarketType": "spot"})
    [other] = fleet.join()
    with pytest.raises(CourseError, match="not on a Spot Instance"):
        fleet.shop.cloud.interrupt_spot(other)
    fleet.shop.cloud.interrupt_spot(arn)
    assert fleet.instance(arn)["status"] == ("DRAINING" if line else "ACTIVE")
    fleet.shop.cloud.advance(minutes=3)
    assert arn not in fleet.arns()


def test_managed_draining_at_a_spot_interruption(groups: Groups) -> None:
    """AWS: managed-instance-draining: Spot interruptions drain without a setting of the agent."""
    name = groups.template("spot-template", InstanceMarketOptions={"MarketType": "spot"})
    groups.open(size=(2, 2, 4), LaunchTemplate={"LaunchTemplateName": name})
    groups.shop.cloud.advance(minutes=3)
    groups.ecs.create_service(
        cluster="shop",
        serviceName="web",
        taskDefinition=groups.fleet.define(),
        desiredCount=2,
        capacityProviderStrategy=[{"capacityProvider": PROVIDER, "weight": 1}],
    )
    groups.shop.cloud.advance(minutes=2)
    groups.shop.cloud.interrupt_spot(groups.fleet.arns()[0])
    lowest = 2
    for _ in range(60):
        groups.shop.cloud.advance(seconds=5)
        lowest = min(lowest, groups.shop.service()["runningCount"])
    assert lowest == 2
    assert len(groups.group(GROUP)["Instances"]) == 2


def test_the_quota_of_vcpus(shop: Shop) -> None:
    """AWS: Fargate quotas; service-event-messages-list; RunTask answers with a failure."""
    shop.cloud.quotas[ON_DEMAND] = 1
    definition = shop.define(Image())
    answer = shop.ecs.run_task(
        cluster="shop",
        taskDefinition=definition,
        count=6,
        launchType="FARGATE",
        networkConfiguration=shop.network(),
    )
    assert len(answer["tasks"]) == 4
    assert answer["failures"] == [{"reason": VCPU_LIMIT}]
    shop.serve(definition, 2)
    shop.cloud.advance(minutes=1)
    assert shop.messages() == [f"(service web) was unable to place a task. Reason: {VCPU_LIMIT}"]
    for task in answer["tasks"][:2]:
        shop.ecs.stop_task(cluster="shop", task=task["taskArn"])
    shop.cloud.advance(minutes=3)
    assert shop.service()["runningCount"] == 2


def test_quotas_of_clusters_services_and_instances(fleet: Fleet) -> None:
    """AWS: Amazon ECS endpoints and quotas."""
    quotas = fleet.shop.cloud.quotas
    assert quotas["Clusters per account"] == 10000
    quotas["Clusters per account"] = 1
    with pytest.raises(ClientError, match="maximum number of clusters"):
        fleet.ecs.create_cluster(clusterName="second")
    quotas["Services per cluster"] = 1
    definition = fleet.define()
    arguments = {"cluster": "shop", "taskDefinition": definition, "desiredCount": 0}
    fleet.ecs.create_service(serviceName="one", **arguments)
    with pytest.raises(ClientError, match="maximum number of services"):
        fleet.ecs.create_service(serviceName="two", **arguments)
    quotas["Container instances per cluster"] = 2
    fleet.launch(3)
    fleet.shop.cloud.advance(minutes=5)
    assert len(fleet.arns()) == 2
    [entry] = fleet.shop.cloud.journal.of_kind("instance.refused")
    assert "maximum number of container instances" in entry.fields["reason"]
    del quotas["Clusters per account"]
    assert quotas["Clusters per account"] == 10000
    with pytest.raises(CourseError, match="no quota"):
        quotas["Pizzas"] = 1
