"""What services send to EventBridge, and say of themselves, about capacity, roles and health.

AWS: ecs_service_events ("ECS Service Action"); service-event-messages-list.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import boto3
import pytest
from fleets import Fleet, open_fleet
from groups import PROVIDER, open_groups
from inboxes import Inbox
from runs import TRUST
from shops import Shop
from test_service_discovery import Registry

from ecslab import Image

Json = dict[str, Any]
WEB = Image(port=80)


@pytest.fixture
def inbox(shop: Shop) -> Inbox:
    """Return a queue that gets every service action."""
    made = Inbox()
    made.listen("actions", {"detail-type": ["ECS Service Action"]})
    return made


def named(inbox: Inbox, name: str) -> list[Json]:
    """Take all events, and return the details of those with a name."""
    found = [event for event in inbox.take() if event["detail"]["eventName"] == name]
    assert all(event["source"] == "aws.ecs" for event in found)
    assert all(event["resources"] == [SERVICE] for event in found)
    return [event["detail"] for event in found]


SERVICE = "arn:aws:ecs:us-east-1:123456789012:service/shop/web"


def serve(fleet: Fleet, definition: str, count: int = 1, **fields: Any) -> None:
    """Create the service `web` on container instances, and let two minutes pass."""
    fleet.ecs.create_service(
        cluster="shop",
        serviceName="web",
        taskDefinition=definition,
        desiredCount=count,
        **{"launchType": "EC2", **fields},
    )
    fleet.shop.cloud.advance(minutes=2)


# --- Placement ------------------------------------------------------------------------------------


def test_an_instance_without_room(shop: Shop, inbox: Inbox) -> None:
    """The example of the page: the closest instance, and what it lacks."""
    fleet = open_fleet(shop)
    (arn,) = fleet.join()
    serve(fleet, fleet.define(container_cpu=4096))
    (detail,) = named(inbox, "SERVICE_TASK_PLACEMENT_FAILURE")
    assert detail.pop("createdAt")
    assert detail == {
        "eventType": "ERROR",
        "eventName": "SERVICE_TASK_PLACEMENT_FAILURE",
        "clusterArn": "arn:aws:ecs:us-east-1:123456789012:cluster/shop",
        "containerInstanceArns": [arn],
        "reason": "RESOURCE:CPU",
    }


def test_no_instance_and_an_agent_that_is_cut_off(shop: Shop, inbox: Inbox) -> None:
    """The page's other causes: no instance is available, or its agent is disconnected."""
    fleet = open_fleet(shop)
    serve(fleet, fleet.define())
    (detail,) = named(inbox, "SERVICE_TASK_PLACEMENT_FAILURE")
    assert detail["reason"] == "No Container Instances were found in your cluster."
    assert "containerInstanceArns" not in detail
    (arn,) = fleet.join()
    shop.cloud.advance(minutes=2)
    shop.cloud.disconnect_agent(arn)
    shop.cloud.advance(minutes=2)
    shop.ecs.update_service(cluster="shop", service="web", desiredCount=2)
    shop.cloud.advance(minutes=1)
    (detail,) = named(inbox, "SERVICE_TASK_PLACEMENT_FAILURE")
    assert (detail["reason"], detail["containerInstanceArns"]) == ("AGENT", [arn])


def test_no_fargate_spot_capacity(shop: Shop, inbox: Inbox) -> None:
    """The example of the page: RESOURCE:FARGATE, with the capacity provider."""
    shop.ecs.put_cluster_capacity_providers(
        cluster="shop", capacityProviders=["FARGATE_SPOT"], defaultCapacityProviderStrategy=[]
    )
    shop.cloud.quotas["Fargate Spot vCPU resource count"] = 0
    shop.ecs.create_service(
        cluster="shop",
        serviceName="web",
        taskDefinition=shop.define(WEB),
        desiredCount=1,
        capacityProviderStrategy=[{"capacityProvider": "FARGATE_SPOT", "weight": 1}],
        networkConfiguration=shop.network(),
    )
    shop.cloud.advance(minutes=2)
    (detail,) = named(inbox, "SERVICE_TASK_PLACEMENT_FAILURE")
    assert detail["reason"] == "RESOURCE:FARGATE"
    assert detail["capacityProviderArns"] == [
        "arn:aws:ecs:us-east-1:123456789012:capacity-provider/FARGATE_SPOT"
    ]
    shop.cloud.advance(hours=7)
    assert len(named(inbox, "SERVICE_TASK_PLACEMENT_FAILURE")) == 1, "again after six hours"


def test_a_daemon_without_room(shop: Shop, inbox: Inbox) -> None:
    """A daemon's instance is the one that lacks room."""
    fleet = open_fleet(shop)
    (arn,) = fleet.join()
    fleet.ecs.create_service(
        cluster="shop",
        serviceName="web",
        taskDefinition=fleet.define(container_memory=60000),
        schedulingStrategy="DAEMON",
    )
    shop.cloud.advance(minutes=1)
    (detail,) = named(inbox, "SERVICE_TASK_PLACEMENT_FAILURE")
    assert (detail["reason"], detail["containerInstanceArns"]) == ("RESOURCE:MEMORY", [arn])


def test_a_daemon_on_an_instance_that_no_longer_matches(shop: Shop, inbox: Inbox) -> None:
    """ecs_services, Daemon: its task is stopped when the instance violates the constraints."""
    fleet = open_fleet(shop)
    (arn,) = fleet.join()
    attribute = {"name": "stack", "value": "prod", "targetId": arn}
    fleet.ecs.put_attributes(cluster="shop", attributes=[attribute])
    constraint = {"type": "memberOf", "expression": "attribute:stack == prod"}
    fleet.ecs.create_service(
        cluster="shop",
        serviceName="web",
        taskDefinition=fleet.define(),
        schedulingStrategy="DAEMON",
        placementConstraints=[constraint],
    )
    shop.cloud.advance(minutes=2)
    (task,) = shop.ecs.list_tasks(cluster="shop")["taskArns"]
    fleet.ecs.delete_attributes(cluster="shop", attributes=[{"name": "stack", "targetId": arn}])
    shop.cloud.advance(minutes=7)
    (detail,) = named(inbox, "SERVICE_DAEMON_PLACEMENT_CONSTRAINT_VIOLATED")
    assert detail["eventType"] == "ERROR"
    assert (detail["containerInstanceArns"], detail["taskArns"]) == ([arn], [task])
    assert shop.task(task)["lastStatus"] == "STOPPED"


def test_a_deployment_that_launches_some_of_its_tasks(shop: Shop, inbox: Inbox) -> None:
    """service-event-messages-list: some tasks are started, the rest lacks capacity."""
    fleet = open_fleet(shop)
    fleet.join()
    breaker = {"deploymentCircuitBreaker": {"enable": True, "rollback": False}}
    serve(fleet, fleet.define(container_memory=1500), 4, deploymentConfiguration=breaker)
    deployment = shop.service()["deployments"][0]["id"]
    text = f"(service web) could not launch 2 tasks for deployment {deployment}."
    said = [message for message in shop.messages() if "could not launch" in message]
    assert said == [f"{text} Reason: RESOURCE:MEMORY"]
    assert len(named(inbox, "SERVICE_TASK_PLACEMENT_FAILURE")) == 1


def test_without_a_circuit_breaker_nothing_is_said_of_the_rest(shop: Shop) -> None:
    """service-event-messages-list: typically with the circuit breaker; here only with it."""
    fleet = open_fleet(shop)
    fleet.join()
    serve(fleet, fleet.define(container_memory=1500), 4)
    assert not [message for message in shop.messages() if "could not launch" in message]


# --- Roles, health, tasks, capacity providers -----------------------------------------------------


def test_a_role_that_can_not_be_assumed(shop: Shop, inbox: Inbox) -> None:
    """The page: another common cause is a task role that Amazon ECS can not assume."""
    iam: Any = boto3.client("iam")
    iam.create_role(RoleName="app", AssumeRolePolicyDocument=TRUST)
    definition = shop.ecs.register_task_definition(
        family="roles",
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        cpu="256",
        memory="512",
        taskRoleArn="arn:aws:iam::123456789012:role/app",
        containerDefinitions=[{"name": "app", "image": "nginx"}],
    )["taskDefinition"]["taskDefinitionArn"]
    wrong = TRUST.replace("ecs-tasks", "lambda")
    shop.serve(definition, 1)
    iam.update_assume_role_policy(RoleName="app", PolicyDocument=wrong)
    shop.cloud.advance(minutes=5)
    (detail,) = named(inbox, "SERVICE_TASK_CONFIGURATION_FAILURE")
    assert detail["eventType"] == "ERROR"
    assert "role/app" in detail["reason"]
    said = [message for message in shop.messages() if "role/app" in message]
    assert len(said) == 1


def test_an_unhealthy_task_in_a_registry(shop: Shop, inbox: Inbox) -> None:
    """SERVICE_DISCOVERY_INSTANCE_UNHEALTHY: the scheduler finds an unhealthy task in a registry."""
    registry = Registry(shop)
    check = {"command": ["CMD-SHELL", "curl -f http://localhost:81/"], "interval": 10}
    ports = [{"containerPort": 8080}]
    definition = shop.define(Image(port=8080), portMappings=ports, healthCheck=check)
    shop.serve(definition, 1, serviceRegistries=[{"registryArn": registry.arn}])
    shop.cloud.advance(seconds=90)
    (detail, *_) = named(inbox, "SERVICE_DISCOVERY_INSTANCE_UNHEALTHY")
    assert detail["eventType"] == "WARN"
    assert detail["serviceRegistryArns"] == [registry.arn]
    (arn,) = detail["taskArns"]
    assert shop.task(arn)["healthStatus"] == "UNHEALTHY"


def test_tasks_that_the_service_stops(shop: Shop, inbox: Inbox) -> None:
    """TASKS_STOPPED: the service has stopped running tasks; not those that others stop."""
    shop.serve(shop.define(WEB), 3)
    shop.cloud.advance(minutes=2)
    before = set(shop.ecs.list_tasks(cluster="shop")["taskArns"])
    shop.ecs.stop_task(cluster="shop", task=min(before))
    shop.cloud.advance(minutes=2)
    assert named(inbox, "TASKS_STOPPED") == []
    before = set(shop.ecs.list_tasks(cluster="shop")["taskArns"])
    shop.ecs.update_service(cluster="shop", service="web", desiredCount=1)
    shop.cloud.advance(minutes=2)
    after = set(shop.ecs.list_tasks(cluster="shop")["taskArns"])
    (detail,) = named(inbox, "TASKS_STOPPED")
    assert detail["eventType"] == "INFO"
    assert set(detail["taskArns"]) == before - after


def test_capacity_providers_are_steady_with_their_service(shop: Shop, inbox: Inbox) -> None:
    """CAPACITY_PROVIDER_STEADY_STATE: the example of the page."""
    groups = open_groups(shop)
    groups.open(size=(1, 1, 2))
    shop.cloud.advance(minutes=3)
    strategy = [{"capacityProvider": PROVIDER, "weight": 1}]
    groups.ecs.create_service(
        cluster="shop",
        serviceName="web",
        taskDefinition=groups.fleet.define(),
        desiredCount=1,
        capacityProviderStrategy=strategy,
    )
    shop.cloud.advance(minutes=3)
    events = inbox.take()
    names = [event["detail"]["eventName"] for event in events]
    assert names.count("SERVICE_STEADY_STATE") == names.count("CAPACITY_PROVIDER_STEADY_STATE") == 1
    (found,) = (
        event["detail"]
        for event in events
        if event["detail"]["eventName"] == "CAPACITY_PROVIDER_STEADY_STATE"
    )
    assert found["capacityProviderArns"] == [
        f"arn:aws:ecs:us-east-1:123456789012:capacity-provider/{PROVIDER}"
    ]


def test_nothing_is_throttled(shop: Shop, inbox: Inbox) -> None:
    """ECS_OPERATION_THROTTLED has no cause here: no API has a limit on its rate."""
    shop.serve(shop.define(WEB), 60)
    shop.cloud.advance(minutes=3)
    assert shop.service()["runningCount"] == 60
    assert not [message for message in shop.messages() if "throttled" in message]
    assert named(inbox, "ECS_OPERATION_THROTTLED") == []


# --- Rules whose targets are clusters -------------------------------------------------------------


def test_a_task_that_a_rule_can_not_run_is_a_failed_invocation(shop: Shop) -> None:
    """AWS: eb-monitoring: FailedInvocations; the role may not run tasks."""
    iam: Any = boto3.client("iam")
    trust = json.loads(TRUST.replace("ecs-tasks", "events"))
    role = iam.create_role(RoleName="rule", AssumeRolePolicyDocument=json.dumps(trust))["Role"]
    events: Any = boto3.client("events")
    events.put_rule(Name="nightly", ScheduleExpression="rate(1 minute)")
    target = {
        "Id": "t",
        "Arn": "arn:aws:ecs:us-east-1:123456789012:cluster/shop",
        "RoleArn": role["Arn"],
        "EcsParameters": {"TaskDefinitionArn": shop.define(WEB)},
    }
    events.put_targets(Rule="nightly", Targets=[target])
    shop.cloud.advance(minutes=3)
    answer = boto3.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/Events",
        MetricName="FailedInvocations",
        Dimensions=[{"Name": "RuleName", "Value": "nightly"}],
        StartTime=shop.cloud.now - timedelta(minutes=5),
        EndTime=shop.cloud.now + timedelta(minutes=1),
        Period=3600,
        Statistics=["Sum"],
    )
    assert sum(point["Sum"] for point in answer["Datapoints"]) == 3
