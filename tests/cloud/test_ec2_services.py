"""Services on container instances."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from fleets import Fleet, open_fleet
from shops import Shop

from ecslab import Image

Json = dict[str, Any]
UNPLACED = (
    "(service web) was unable to place a task because no container instance met all of its"
    " requirements. "
)


@pytest.fixture
def fleet(shop: Shop) -> Fleet:
    """Return a shop with an instance profile."""
    return open_fleet(shop)


def serve(fleet: Fleet, definition: str, count: int | None = 2, **fields: Any) -> None:
    """Create the service `web` with the launch type EC2."""
    request = {"launchType": "EC2", "desiredCount": count, **fields}
    fleet.ecs.create_service(
        cluster="shop",
        serviceName="web",
        taskDefinition=definition,
        **{key: value for key, value in request.items() if value is not None},
    )


def steady(fleet: Fleet, timeout: float = 600) -> None:
    """Wait until the service has one deployment, with all tasks running."""

    def settled() -> bool:
        found = fleet.shop.service()
        (*others,) = found["deployments"][1:]
        done = found["deployments"][0]["rolloutState"] == "COMPLETED"
        return done and not others and found["runningCount"] == found["desiredCount"]

    fleet.shop.cloud.run_until(settled, timeout)


def places(fleet: Fleet) -> list[str]:
    """Return on which instance each wanted task of the service is."""
    arns = fleet.ecs.list_tasks(cluster="shop", serviceName="web")["taskArns"]
    if not arns:
        return []
    tasks = fleet.ecs.describe_tasks(cluster="shop", tasks=arns)["tasks"]
    return sorted(task["containerInstanceArn"] for task in tasks)


def drain(fleet: Fleet, *arns: str) -> None:
    """Set instances to DRAINING."""
    fleet.ecs.update_container_instances_state(
        cluster="shop", containerInstances=list(arns), status="DRAINING"
    )


def small(fleet: Fleet, family: str = "web", **fields: Any) -> str:
    """Define a small task."""
    return fleet.define(family, container_memory=128, container_cpu=64, **fields)


def test_tasks_are_spread_over_zones(fleet: Fleet) -> None:
    """AWS: task-placement: a service spreads over Availability Zones by default."""
    first, second = fleet.join(2)
    (elsewhere,) = fleet.join(subnet=1)
    serve(fleet, small(fleet), 4)
    steady(fleet)
    assert places(fleet) == sorted([first, second, elsewhere, elsewhere])
    view = fleet.shop.service()
    assert view["launchType"] == "EC2"
    assert "platformVersion" not in view


def test_no_instances_at_all(fleet: Fleet) -> None:
    """AWS: service-event-messages-list; captured: No Container Instances were found."""
    serve(fleet, small(fleet))
    fleet.shop.cloud.advance(minutes=5)
    expected = f"{UNPLACED}Reason: No Container Instances were found in your cluster."
    assert fleet.shop.messages() == [expected]
    fleet.join()
    steady(fleet)
    assert len(places(fleet)) == 2


@pytest.mark.parametrize(
    ("fields", "tail"),
    [
        ({"container_cpu": 4096}, "has insufficient CPU units available."),
        ({"container_memory": 4096}, "has insufficient memory available."),
        (
            {"container_portMappings": [{"containerPort": 1, "hostPort": 22}]},
            "is already using a port required by your task.",
        ),
        (
            {
                "placementConstraints": [
                    {"type": "memberOf", "expression": "attribute:colour == red"}
                ]
            },
            'encountered error "MemberOf placement constraint unsatisfied.".',
        ),
    ],
)
def test_why_a_task_is_not_placed(fleet: Fleet, fields: Json, tail: str) -> None:
    """AWS: service-event-messages-list, "unable to place a task"."""
    (arn,) = fleet.join()
    serve(fleet, fleet.define(**fields), 1)
    fleet.shop.cloud.advance(minutes=2)
    name = arn.rsplit("/", 1)[-1]
    expected = f"{UNPLACED}The closest matching (container-instance {name}) {tail}"
    assert fleet.shop.messages() == [expected]


def test_room_that_comes_free_is_used(fleet: Fleet) -> None:
    """AWS: ecs_services: the scheduler goes on trying to reach the desired count."""
    (arn,) = fleet.join()
    blocker = fleet.start(fleet.define("big", container_memory=3000))
    serve(fleet, fleet.define(container_memory=1000), 1)
    fleet.shop.cloud.advance(minutes=2)
    assert "insufficient memory" in fleet.shop.messages()[0]
    fleet.ecs.stop_task(cluster="shop", task=blocker)
    steady(fleet)
    assert places(fleet) == [arn]


def test_a_rolling_update_needs_room(fleet: Fleet) -> None:
    """AWS: deployment-type-ecs: with fixed ports new tasks start when old ones have stopped."""
    fleet.join()
    port = [{"containerPort": 80, "hostPort": 80}]
    serve(fleet, small(fleet, container_portMappings=port), 1)
    steady(fleet)
    newer = small(fleet, container_portMappings=port, container_environment=[])
    fleet.ecs.update_service(cluster="shop", service="web", taskDefinition=newer)
    fleet.shop.cloud.advance(minutes=5)
    assert "is already using a port" in fleet.shop.messages()[-1]
    fleet.ecs.update_service(
        cluster="shop",
        service="web",
        deploymentConfiguration={"minimumHealthyPercent": 0, "maximumPercent": 100},
        availabilityZoneRebalancing="DISABLED",
    )
    steady(fleet)
    assert fleet.shop.service()["taskDefinition"] == newer


def test_draining_replaces_before_it_stops(fleet: Fleet) -> None:
    """AWS: container-instance-draining: at 100 to 200 percent replacements come first."""
    first, second = fleet.join(2)
    serve(fleet, small(fleet), 4)
    steady(fleet)
    drain(fleet, first)
    fewest = 4

    def gone() -> bool:
        nonlocal fewest
        fewest = min(fewest, fleet.shop.service()["runningCount"])
        return fleet.instance(first)["runningTasksCount"] == 0

    fleet.shop.cloud.run_until(gone, 600)
    assert fewest == 4
    assert places(fleet) == [second] * 4
    assert fleet.instance(first)["status"] == "DRAINING"


def test_draining_below_the_minimum_stops_first(fleet: Fleet) -> None:
    """AWS: container-instance-draining: at 50 to 100 percent half of the tasks stop first."""
    first, second = fleet.join(2)
    limits = {"minimumHealthyPercent": 50, "maximumPercent": 100}
    serve(fleet, small(fleet), 4, deploymentConfiguration=limits)
    steady(fleet)
    drain(fleet, first)
    most, fewest = 0, 4

    def moved() -> bool:
        nonlocal most, fewest
        view = fleet.shop.service()
        most = max(most, view["runningCount"] + view["pendingCount"])
        fewest = min(fewest, view["runningCount"])
        return places(fleet) == [second] * 4 and view["runningCount"] == 4

    fleet.shop.cloud.run_until(moved, 600)
    assert most <= 4
    assert fewest == 2


def test_draining_is_blocked_at_one_hundred_percent(fleet: Fleet) -> None:
    """AWS: container-instance-draining: neither can a task start nor may one stop."""
    first, _ = fleet.join(2)
    limits = {"minimumHealthyPercent": 100, "maximumPercent": 100}
    serve(fleet, small(fleet), 2, deploymentConfiguration=limits)
    steady(fleet)
    drain(fleet, first)
    fleet.shop.cloud.advance(minutes=30)
    assert fleet.instance(first)["runningTasksCount"] == 1


def test_pending_service_tasks_stop_at_once_when_an_instance_drains(fleet: Fleet) -> None:
    """AWS: botocore ecs UpdateContainerInstancesState; standalone tasks are not affected."""
    (arn,) = fleet.join()
    alone = fleet.start(small(fleet, "alone"))
    serve(fleet, small(fleet), 1)
    fleet.shop.cloud.run_until(lambda: len(places(fleet)) == 1)
    (task,) = fleet.ecs.list_tasks(cluster="shop", serviceName="web")["taskArns"]
    assert fleet.shop.task(task)["lastStatus"] == "PENDING"
    drain(fleet, arn)
    assert fleet.shop.task(task)["desiredStatus"] == "STOPPED"
    assert fleet.running(alone)["desiredStatus"] == "RUNNING"


def test_a_lost_instance_is_replaced_elsewhere(fleet: Fleet) -> None:
    """AWS: ecs_services: the scheduler replaces tasks that stop."""
    first, second = fleet.join(2)
    serve(fleet, small(fleet), 2)
    steady(fleet)
    fleet.shop.cloud.fail_instance(first)
    fleet.shop.cloud.run_until(lambda: places(fleet) == [second] * 2, 300)
    steady(fleet)


def test_scale_in_follows_the_strategy(fleet: Fleet) -> None:
    """AWS: task-placement-strategies: spread keeps the balance, the fullest instance loses one."""
    fleet.join(2)
    rule = [{"type": "spread", "field": "instanceId"}]
    serve(fleet, small(fleet), 4, placementStrategy=rule)
    steady(fleet)
    fleet.ecs.update_service(cluster="shop", service="web", desiredCount=2)
    steady(fleet)
    fleet.shop.cloud.run_until(lambda: len(places(fleet)) == 2)
    assert places(fleet) == sorted(fleet.arns())


def test_the_load_balancer_finds_dynamic_ports(fleet: Fleet) -> None:
    """AWS: service-load-balancing: target type instance, one target for each host port."""
    elb: Any = boto3.client("elbv2")
    subnets = fleet.shop.subnets[:2]
    vpc = fleet.ec2.describe_subnets(SubnetIds=subnets)["Subnets"][0]["VpcId"]
    group = fleet.ec2.create_security_group(GroupName="open", Description="-", VpcId=vpc)["GroupId"]
    fleet.ec2.authorize_security_group_ingress(
        GroupId=group, IpProtocol="tcp", FromPort=0, ToPort=65535, CidrIp="0.0.0.0/0"
    )
    balancer = elb.create_load_balancer(Name="lb", Subnets=subnets, SecurityGroups=[group])
    made = balancer["LoadBalancers"][0]
    targets = elb.create_target_group(
        Name="tg", Protocol="HTTP", Port=80, VpcId=vpc, TargetType="instance"
    )["TargetGroups"][0]["TargetGroupArn"]
    elb.create_listener(
        LoadBalancerArn=made["LoadBalancerArn"],
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": targets}],
    )
    (arn,) = fleet.join(SecurityGroupIds=[group])
    image = Image(port=80, body="hello")
    serve(
        fleet,
        small(fleet, image=image, container_portMappings=[{"containerPort": 80}]),
        2,
        loadBalancers=[{"targetGroupArn": targets, "containerName": "app", "containerPort": 80}],
    )
    steady(fleet)
    health = elb.describe_target_health(TargetGroupArn=targets)["TargetHealthDescriptions"]
    assert {each["TargetHealth"]["State"] for each in health} == {"healthy"}
    machine = fleet.instance(arn)["ec2InstanceId"]
    assert {each["Target"]["Id"] for each in health} == {machine}
    assert len({each["Target"]["Port"] for each in health}) == 2
    assert fleet.shop.cloud.http(f"http://{made['DNSName']}/").text == "hello"


def test_target_types_fit_the_network_mode(fleet: Fleet) -> None:
    """AWS: botocore ecs LoadBalancer.targetGroupArn: bridge needs instance, awsvpc needs ip."""
    elb: Any = boto3.client("elbv2")
    subnets = fleet.shop.subnets[:2]
    vpc = fleet.ec2.describe_subnets(SubnetIds=subnets)["Subnets"][0]["VpcId"]
    made = elb.create_load_balancer(Name="lb", Subnets=subnets)["LoadBalancers"][0]
    targets = elb.create_target_group(
        Name="tg", Protocol="HTTP", Port=80, VpcId=vpc, TargetType="ip"
    )["TargetGroups"][0]["TargetGroupArn"]
    elb.create_listener(
        LoadBalancerArn=made["LoadBalancerArn"],
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": targets}],
    )
    balancers = [{"targetGroupArn": targets, "containerName": "app", "containerPort": 80}]
    with pytest.raises(ClientError) as error:
        serve(
            fleet,
            small(fleet, container_portMappings=[{"containerPort": 80}]),
            loadBalancers=balancers,
        )
    assert "incompatible with the bridge network mode" in str(error.value)


def daemon(fleet: Fleet, definition: str, **fields: Any) -> None:
    """Create the service `web` as a daemon."""
    serve(fleet, definition, None, schedulingStrategy="DAEMON", **fields)


def test_a_daemon_is_on_every_matching_instance(fleet: Fleet) -> None:
    """AWS: ecs_services, Daemon: one task on each ACTIVE instance that meets the constraints."""
    first, second = fleet.join(2)
    (other,) = fleet.join(InstanceType="m5.large")
    rule = [{"type": "memberOf", "expression": "attribute:ecs.instance-type =~ t3.*"}]
    daemon(fleet, small(fleet), placementConstraints=rule)
    steady(fleet)
    assert places(fleet) == sorted([first, second])
    view = fleet.shop.service()
    assert view["desiredCount"] == 2
    assert view["deploymentConfiguration"]["maximumPercent"] == 100
    assert view["deploymentConfiguration"]["minimumHealthyPercent"] == 0
    (third,) = fleet.join()
    steady(fleet)
    assert places(fleet) == sorted([first, second, third])
    assert other not in places(fleet)


def test_a_daemon_leaves_a_draining_instance_last(fleet: Fleet) -> None:
    """AWS: managed-instance-draining: daemon tasks stop when the others have."""
    first, second = fleet.join(2)
    daemon(fleet, small(fleet))
    steady(fleet)
    alone = fleet.ecs.start_task(
        cluster="shop", taskDefinition=small(fleet, "alone"), containerInstances=[first]
    )["tasks"][0]["taskArn"]
    fleet.running(alone)
    drain(fleet, first)
    fleet.shop.cloud.advance(minutes=5)
    assert places(fleet) == sorted([first, second])
    fleet.ecs.stop_task(cluster="shop", task=alone)
    fleet.shop.cloud.run_until(lambda: places(fleet) == [second], 300)
    steady(fleet)


def test_a_daemon_is_updated_in_place(fleet: Fleet) -> None:
    """AWS: botocore ecs DeploymentConfiguration: at most one daemon task an instance."""
    fleet.join(2)
    port = [{"containerPort": 80, "hostPort": 80}]
    daemon(fleet, small(fleet, container_portMappings=port))
    steady(fleet)
    newer = small(fleet, container_portMappings=port)
    fleet.ecs.update_service(cluster="shop", service="web", taskDefinition=newer)
    most = 0

    def updated() -> bool:
        nonlocal most
        view = fleet.shop.service()
        most = max(most, view["runningCount"] + view["pendingCount"])
        return view["deployments"][0]["rolloutState"] == "COMPLETED"

    fleet.shop.cloud.advance(seconds=5)
    fleet.shop.cloud.run_until(updated, 600)
    assert most <= 2
    assert places(fleet) == sorted(fleet.arns())


def test_what_a_daemon_cannot_have(fleet: Fleet) -> None:
    """AWS: botocore ecs CreateServiceRequest.schedulingStrategy, .placementStrategy."""
    definition = small(fleet)
    fargate = fleet.shop.define(Image(), family="fargate")
    wrong: list[Json] = [
        {"desiredCount": 2},
        {"placementStrategy": [{"type": "random"}]},
        {"deploymentConfiguration": {"maximumPercent": 200}},
        {
            "launchType": "FARGATE",
            "taskDefinition": fargate,
            "networkConfiguration": fleet.shop.network(),
        },
    ]
    for each in wrong:
        with pytest.raises(ClientError) as error:
            fleet.ecs.create_service(
                cluster="shop",
                serviceName="web",
                schedulingStrategy="DAEMON",
                **{"launchType": "EC2", "taskDefinition": definition, **each},
            )
        assert error.value.response["Error"]["Code"] == "InvalidParameterException"


def test_a_daemon_service_is_deleted_without_force(fleet: Fleet) -> None:
    """AWS: botocore ecs DeleteServiceRequest.force: needed for REPLICA alone."""
    fleet.join()
    daemon(fleet, small(fleet))
    steady(fleet)
    fleet.ecs.delete_service(cluster="shop", service="web")
    fleet.shop.cloud.run_until(lambda: fleet.shop.service()["status"] == "INACTIVE", 300)


def test_cluster_statistics_tell_launch_types_apart(fleet: Fleet) -> None:
    """AWS: botocore ecs Cluster.statistics."""
    fleet.join()
    serve(fleet, small(fleet), 2)
    steady(fleet)
    cluster = fleet.ecs.describe_clusters(clusters=["shop"], include=["STATISTICS"])["clusters"][0]
    counts = {each["name"]: each["value"] for each in cluster["statistics"]}
    assert counts["runningEC2TasksCount"] == "2"
    assert counts["activeEC2ServiceCount"] == "1"
    assert counts["runningFargateTasksCount"] == "0"
