"""Fargate Spot: the warning, the stop, and the replacement."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import boto3
import pytest
from shops import Shop

from ecslab import Image
from ecslab.aws.events import Events
from ecslab.errors import CourseError

SPOT = [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]
MIXED = [
    {"capacityProvider": "FARGATE", "base": 1, "weight": 1},
    {"capacityProvider": "FARGATE_SPOT", "weight": 3},
]


def serve(shop: Shop, strategy: list[dict[str, Any]], count: int, **container: Any) -> None:
    """Run a service under a strategy until all its tasks are RUNNING."""
    shop.ecs.put_cluster_capacity_providers(
        cluster="shop",
        capacityProviders=["FARGATE", "FARGATE_SPOT"],
        defaultCapacityProviderStrategy=[],
    )
    image = container.pop("image", Image(stop_after=5.0, stop_exit_code=0))
    more = container.pop("service", {})
    shop.ecs.create_service(
        cluster="shop",
        serviceName="web",
        taskDefinition=shop.define(image, **container),
        desiredCount=count,
        capacityProviderStrategy=strategy,
        networkConfiguration=shop.network(),
        **more,
    )
    shop.cloud.run_until(lambda: shop.service()["runningCount"] == count)


def tasks(shop: Shop) -> list[dict[str, Any]]:
    """Describe the tasks that are wanted RUNNING."""
    arns = shop.ecs.list_tasks(cluster="shop")["taskArns"]
    return list(shop.ecs.describe_tasks(cluster="shop", tasks=arns)["tasks"])


def on(shop: Shop, provider: str) -> list[str]:
    """Return the ARNs of the tasks that are wanted RUNNING on a capacity provider."""
    return [t["taskArn"] for t in tasks(shop) if t.get("capacityProviderName") == provider]


def test_the_signal_comes_at_once_and_the_program_may_end_in_order(shop: Shop) -> None:
    """SIGTERM comes with the warning (AWS: fargate-capacity-providers)."""
    serve(shop, SPOT, 1)
    [arn] = on(shop, "FARGATE_SPOT")
    shop.cloud.interrupt_spot(arn)
    assert shop.task(arn)["desiredStatus"] == "STOPPED"

    task = shop.stopped(arn)
    assert task["stopCode"] == "SpotInterruption"
    assert task["stoppedReason"] == "Your Spot Task was interrupted."
    assert task["containers"][0]["exitCode"] == 0
    assert task["executionStoppedAt"] - task["stoppingAt"] == timedelta(seconds=5)


@pytest.mark.parametrize(("settings", "seconds"), [({}, 30), ({"stopTimeout": 120}, 120)])
def test_sigkill_comes_after_stop_timeout_not_after_two_minutes(
    shop: Shop, settings: dict[str, int], seconds: int
) -> None:
    """AWS: fargate-capacity-providers (stopTimeout); botocore ContainerDefinition.stopTimeout."""
    serve(shop, SPOT, 1, image=Image(stop_after=None), **settings)
    [arn] = on(shop, "FARGATE_SPOT")
    shop.cloud.interrupt_spot(arn)

    task = shop.stopped(arn)
    assert task["containers"][0]["exitCode"] == 137
    assert task["executionStoppedAt"] - task["stoppingAt"] == timedelta(seconds=seconds)


def test_the_warning_is_an_event_about_a_task_that_still_runs(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AWS: fargate-capacity-providers, sample event."""
    sent: list[tuple[str, list[str], dict[str, Any]]] = []
    serve(shop, SPOT, 1)
    [arn] = on(shop, "FARGATE_SPOT")
    monkeypatch.setattr(Events, "heard", lambda _: True)
    monkeypatch.setattr(Events, "emit", lambda _, *event: sent.append(event))
    shop.cloud.interrupt_spot(arn)

    [(detail_type, resources, detail)] = sent
    assert (detail_type, resources) == ("ECS Task State Change", [arn])
    assert (detail["lastStatus"], detail["desiredStatus"]) == ("RUNNING", "STOPPED")
    assert detail["stopCode"] == "SpotInterruption"
    assert detail["stoppedReason"] == "Your Spot Task was interrupted."


def test_the_service_replaces_the_task_on_spot_only(shop: Shop) -> None:
    """No fallback to on-demand capacity (AWS: fargate-capacity-providers)."""
    serve(shop, MIXED, 6)
    before = Counter(task["capacityProviderName"] for task in tasks(shop))
    assert before == {"FARGATE": 3, "FARGATE_SPOT": 3}
    for _ in range(before["FARGATE_SPOT"]):
        shop.cloud.interrupt_spot(on(shop, "FARGATE_SPOT")[0])
        shop.cloud.advance(minutes=3)
        assert Counter(task["capacityProviderName"] for task in tasks(shop)) == before
    assert shop.service()["runningCount"] == 6


def test_a_whole_fleet_that_is_interrupted_at_once_comes_back_on_spot(shop: Shop) -> None:
    """AWS: fargate-capacity-providers."""
    serve(shop, MIXED, 6)
    before = Counter(task["capacityProviderName"] for task in tasks(shop))
    assert before == {"FARGATE": 3, "FARGATE_SPOT": 3}
    for arn in on(shop, "FARGATE_SPOT"):
        shop.cloud.interrupt_spot(arn)
    shop.cloud.advance(minutes=3)
    assert Counter(task["capacityProviderName"] for task in tasks(shop)) == before


def test_the_task_leaves_its_target_group(shop: Shop) -> None:
    """The target is deregistered, and its draining does not hold up the signal."""
    elb: Any = boto3.client("elbv2")
    vpc = boto3.client("ec2").describe_vpcs()["Vpcs"][0]["VpcId"]
    group = elb.create_target_group(
        Name="web", Protocol="HTTP", Port=8080, VpcId=vpc, TargetType="ip"
    )["TargetGroups"][0]["TargetGroupArn"]
    balancer = elb.create_load_balancer(Name="web", Subnets=shop.subnets[:2])["LoadBalancers"][0]
    elb.create_listener(
        LoadBalancerArn=balancer["LoadBalancerArn"],
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": group}],
    )
    entry = {"targetGroupArn": group, "containerName": "app", "containerPort": 8080}
    image = Image(port=8080, stop_after=5.0, stop_exit_code=0)
    ports = [{"containerPort": 8080}]
    serve(shop, SPOT, 1, image=image, portMappings=ports, service={"loadBalancers": [entry]})
    [arn] = on(shop, "FARGATE_SPOT")
    address = shop.task(arn)["containers"][0]["networkInterfaces"][0]["privateIpv4Address"]

    def states() -> dict[str, str]:
        answer = elb.describe_target_health(TargetGroupArn=group)
        return {
            item["Target"]["Id"]: item["TargetHealth"]["State"]
            for item in answer["TargetHealthDescriptions"]
        }

    assert address in states()
    shop.cloud.interrupt_spot(arn)
    shop.cloud.advance(seconds=1)
    assert states().get(address, "gone") in {"draining", "gone", "unused"}
    task = shop.stopped(arn)
    assert task["executionStoppedAt"] - task["stoppingAt"] == timedelta(seconds=5)


def test_a_task_that_does_not_run_yet_is_taken_as_well(shop: Shop) -> None:
    """AWS: fargate-capacity-providers (Spot capacity can be reclaimed at any time)."""
    shop.ecs.put_cluster_capacity_providers(
        cluster="shop", capacityProviders=["FARGATE_SPOT"], defaultCapacityProviderStrategy=SPOT
    )
    answer = shop.ecs.run_task(
        cluster="shop", taskDefinition=shop.define(Image()), networkConfiguration=shop.network()
    )
    arn = answer["tasks"][0]["taskArn"]
    shop.cloud.interrupt_spot(arn)
    task = shop.stopped(arn)
    assert task["stopCode"] == "SpotInterruption"
    assert "exitCode" not in task["containers"][0]


def test_only_a_live_spot_task_can_be_interrupted(shop: Shop) -> None:
    """FARGATE capacity is not reclaimed (AWS: fargate-capacity-providers)."""
    on_demand = shop.run(shop.define(Image()))
    with pytest.raises(CourseError, match=r"does not run on FARGATE_SPOT"):
        shop.cloud.interrupt_spot(on_demand)
    with pytest.raises(CourseError, match=r"no task"):
        shop.cloud.interrupt_spot("arn:aws:ecs:us-east-1:123456789012:task/shop/none")
    serve(shop, SPOT, 1)
    [arn] = on(shop, "FARGATE_SPOT")
    shop.cloud.interrupt_spot(arn)
    with pytest.raises(CourseError, match=r"already being stopped"):
        shop.cloud.interrupt_spot(arn)


def test_a_service_fills_the_base_first_and_then_goes_by_weight(shop: Shop) -> None:
    """AWS: botocore ecs CapacityProviderStrategyItem (base, weight; the weight defaults to 0)."""
    strategy: list[dict[str, Any]] = [
        {"capacityProvider": "FARGATE", "base": 1},
        {"capacityProvider": "FARGATE_SPOT", "weight": 1},
    ]
    serve(shop, strategy, 4)
    wanted = {"FARGATE": 1, "FARGATE_SPOT": 3}
    assert Counter(task["capacityProviderName"] for task in tasks(shop)) == wanted

    shop.ecs.update_service(cluster="shop", service="web", forceNewDeployment=True)
    shop.cloud.advance(minutes=5)
    assert shop.service()["deployments"][0]["rolloutState"] == "COMPLETED"
    assert Counter(task["capacityProviderName"] for task in tasks(shop)) == wanted
