"""Services with an external deployment controller: their task sets, as a deployer uses them.

AWS: deployment-type-external; botocore ecs CreateTaskSet, UpdateTaskSet, DeleteTaskSet,
DescribeTaskSets, UpdateServicePrimaryTaskSet, TaskSet.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from inboxes import Inbox
from shops import Shop

from ecslab import Cloud, Image

sys.path.insert(0, str(Path(__file__).parents[1] / "aws"))

from front import Front

Json = dict[str, Any]


class External:
    """A service `web` that others deploy, with a desired count of 3."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.ecs = shop.ecs
        self.definition = shop.define(Image(port=80))
        self.ecs.create_service(
            cluster="shop",
            serviceName="web",
            desiredCount=3,
            deploymentController={"type": "EXTERNAL"},
        )

    def create(self, scale: float | None = None, **arguments: Any) -> Json:
        """Create a task set."""
        if scale is not None:
            arguments["scale"] = {"value": scale, "unit": "PERCENT"}
        answer = self.ecs.create_task_set(
            cluster="shop",
            service="web",
            taskDefinition=self.definition,
            networkConfiguration=self.shop.network(),
            **{"launchType": "FARGATE", **arguments},
        )
        return dict(answer["taskSet"])

    def call(self, name: str, task_set: str, **arguments: Any) -> Json:
        """Call an operation about one task set."""
        member = "primaryTaskSet" if name == "update_service_primary_task_set" else "taskSet"
        method = getattr(self.ecs, name)
        arguments[member] = task_set
        return dict(method(cluster="shop", service="web", **arguments)["taskSet"])

    def sets(self, *references: str, **arguments: Any) -> list[Json]:
        """Describe task sets; all that the service shows when none is named."""
        (service,) = self.ecs.describe_services(cluster="shop", services=["web"])["services"]
        named = list(references) or [each["id"] for each in service["taskSets"]]
        if not named:
            return []
        answer = self.ecs.describe_task_sets(
            cluster="shop", service="web", taskSets=named, **arguments
        )
        return list(answer["taskSets"])

    def stable(self) -> list[Json]:
        """Let time pass until every task set is in a steady state."""
        self.shop.cloud.run_until(
            lambda: all(each["stabilityStatus"] == "STEADY_STATE" for each in self.sets())
        )
        return self.sets()


@pytest.fixture
def external(shop: Shop) -> External:
    return External(shop)


def test_a_service_without_task_sets_runs_nothing(external: External) -> None:
    """Botocore ecs CreateService: the only required parameter is the service name."""
    external.ecs.create_service(
        cluster="shop", serviceName="bare", deploymentController={"type": "EXTERNAL"}
    )
    external.shop.cloud.advance(minutes=2)
    found = external.ecs.describe_services(cluster="shop", services=["web", "bare"])["services"]
    assert [each["desiredCount"] for each in found] == [3, 0]
    for each in found:
        assert (each["deployments"], each["taskSets"], each["runningCount"]) == ([], [], 0)
        assert each["deploymentController"] == {"type": "EXTERNAL"}
        assert "taskDefinition" not in each
    assert external.ecs.list_services(cluster="shop")["serviceArns"]
    assert (
        external.ecs.list_service_deployments(cluster="shop", service="web")["serviceDeployments"]
        == []
    )


@pytest.mark.parametrize(
    ("scale", "count"), [(None, 3), (100, 3), (40, 2), (33.4, 2), (33.3, 1), (0.1, 1), (0, 0)]
)
def test_the_scale_is_a_percentage_rounded_up(
    external: External, scale: float | None, count: int
) -> None:
    """Botocore ecs TaskSet.computedDesiredCount: always rounded up."""
    made = external.create(scale)
    assert made["computedDesiredCount"] == count
    assert (made["status"], made["stabilityStatus"]) == ("ACTIVE", "STABILIZING")
    (found,) = external.stable()
    assert (found["runningCount"], found["pendingCount"]) == (count, 0)
    external.ecs.update_service(cluster="shop", service="web", desiredCount=0)
    external.shop.cloud.advance(minutes=1)
    assert external.sets()[0]["computedDesiredCount"] == 0


def test_a_steady_state_takes_healthy_tasks(external: External) -> None:
    """Botocore ecs TaskSet.stabilityStatus; without a check a task is healthy after 40 s."""
    external.create()
    cloud = external.shop.cloud
    cloud.run_until(lambda: external.sets()[0]["runningCount"] == 3)
    running = cloud.now
    (found,) = external.stable()
    assert 38 <= (cloud.now - running).total_seconds() <= 50
    assert found["stabilityStatusAt"] > found["createdAt"]
    (task, *_) = external.ecs.list_tasks(cluster="shop")["taskArns"]
    described = external.shop.task(task)
    assert described["startedBy"] == found["id"]
    assert described["group"] == "service:web"
    external.ecs.stop_task(cluster="shop", task=task)
    cloud.advance(seconds=20)
    assert external.sets()[0]["stabilityStatus"] == "STABILIZING"
    assert external.stable()[0]["runningCount"] == 3


def test_a_deployment_by_hand(external: External) -> None:
    """AWS: deployment-type-external: create, shift, make it the primary one, delete the old one."""
    blue = external.create(externalId="blue")["id"]
    external.call("update_service_primary_task_set", blue)
    external.stable()
    green = external.create(50, externalId="green", tags=[{"key": "c", "value": "g"}])
    assert [each["computedDesiredCount"] for each in external.sets()] == [3, 2]
    external.stable()
    external.call("update_task_set", green["taskSetArn"], scale={"value": 100, "unit": "PERCENT"})
    external.stable()
    service = external.shop.service()
    assert service["taskDefinition"] == external.definition
    assert (service["runningCount"], len(service["taskSets"])) == (6, 2)
    assert external.call("update_service_primary_task_set", green["id"])["status"] == "PRIMARY"
    assert [each["status"] for each in external.sets()] == ["ACTIVE", "PRIMARY"]
    with pytest.raises(ClientError, match="InvalidParameterException"):
        external.call("delete_task_set", blue)
    assert external.call("delete_task_set", blue, force=True)["status"] == "DRAINING"
    external.shop.cloud.run_until(lambda: len(external.sets()) == 1)
    (left,) = external.stable()
    assert (left["externalId"], left["runningCount"]) == ("green", 3)
    (shown,) = external.sets(green["id"], include=["TAGS"])
    assert shown["tags"] == [{"key": "c", "value": "g"}]
    tags = external.ecs.list_tags_for_resource(resourceArn=green["taskSetArn"])["tags"]
    assert tags == shown["tags"]


def test_what_is_named_is_described_or_missing(external: External) -> None:
    """Botocore ecs DescribeTaskSetsRequest.taskSets (ids or ARNs); api_failures_messages."""
    made = external.create(0)
    answer = external.ecs.describe_task_sets(
        cluster="shop", service="web", taskSets=[made["taskSetArn"], made["id"], "ecs-svc/1"]
    )
    assert [each["id"] for each in answer["taskSets"]] == [made["id"]] * 2
    assert [each["reason"] for each in answer["failures"]] == ["MISSING"]
    assert answer["failures"][0]["arn"].endswith(":task-set/shop/web/ecs-svc/1")


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({}, "TaskSets cannot be empty."),
        ({"taskSets": []}, "TaskSets cannot be empty."),
        (
            {"taskSets": [f"arn:aws:ecs:us-east-1:123456789012:task/shop/{'0' * 32}"]},
            "Task Set Identifier is invalid",
        ),
    ],
)
def test_task_sets_are_to_be_named(external: External, arguments: Json, text: str) -> None:
    """AWS: captured InvalidParameterExceptions of DescribeTaskSets."""
    external.create(0)
    with pytest.raises(ClientError, match=f"InvalidParameterException.*{text}$"):
        external.ecs.describe_task_sets(cluster="shop", service="web", **arguments)


def test_a_service_has_five_task_sets_at_most(external: External) -> None:
    """AWS: captured InvalidParameterException of CreateTaskSet; one that is gone makes room."""
    made = [external.create(0)["id"] for _ in range(5)]
    with pytest.raises(ClientError, match="5 deployments exist on the service"):
        external.create(0)
    external.call("delete_task_set", made[0])
    external.shop.cloud.run_until(lambda: len(external.sets()) == 4)
    assert external.create(0)["status"] == "ACTIVE"


def test_a_client_token_creates_once(external: External) -> None:
    """Botocore ecs CreateTaskSetRequest.clientToken."""
    first = external.create(0, clientToken="one")
    assert external.create(0, clientToken="one")["id"] == first["id"]
    assert len(external.sets()) == 1


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"scale": 101}, "InvalidParameterException"),
        ({"scale": -1}, "InvalidParameterException"),
        ({"clientToken": "x" * 37}, "InvalidParameterException"),
        ({"loadBalancers": [{}, {}]}, "InvalidParameterException"),
        ({"launchType": "EC2"}, "InvalidParameterException"),
        ({"platformVersion": "9.9.9"}, "PlatformUnknownException"),
    ],
)
def test_wrong_task_sets_are_refused(external: External, arguments: Json, code: str) -> None:
    """Botocore ecs CreateTaskSet."""
    with pytest.raises(ClientError, match=code):
        external.create(**arguments)
    assert external.sets() == []


def test_what_task_sets_fix_is_not_the_services(external: External) -> None:
    """Botocore ecs CreateService, UpdateService (services with an external controller)."""
    ecs = external.ecs
    given = {"cluster": "shop", "deploymentController": {"type": "EXTERNAL"}}
    with pytest.raises(ClientError, match=r"InvalidParameterException.*taskDefinition"):
        ecs.create_service(**given, serviceName="b", taskDefinition="web")
    with pytest.raises(ClientError, match=r"InvalidParameterException.*taskDefinition"):
        ecs.update_service(cluster="shop", service="web", taskDefinition="web")
    updated = ecs.update_service(
        cluster="shop", service="web", desiredCount=1, healthCheckGracePeriodSeconds=5
    )["service"]
    assert (updated["desiredCount"], updated["healthCheckGracePeriodSeconds"]) == (1, 5)
    external.shop.define("nginx", family="plain")
    ecs.create_service(
        cluster="shop",
        serviceName="plain",
        taskDefinition="plain",
        desiredCount=0,
        launchType="FARGATE",
        networkConfiguration=external.shop.network(),
    )
    with pytest.raises(ClientError, match=r"InvalidParam.*only supports task set management on"):
        ecs.describe_task_sets(cluster="shop", service="plain", taskSets=["ecs-svc/1"])
    with pytest.raises(ClientError, match="TaskSetNotFoundException"):
        external.call("update_service_primary_task_set", "ecs-svc/1")


def test_deleting_the_service_needs_force_while_task_sets_are_there(external: External) -> None:
    """Captured InvalidParameterException: the service can't be stopped while deployments run."""
    external.create(0)
    ecs = external.ecs
    ecs.update_service(cluster="shop", service="web", desiredCount=0)
    with pytest.raises(ClientError, match="cannot be stopped while deployments are active"):
        ecs.delete_service(cluster="shop", service="web")
    ecs.delete_service(cluster="shop", service="web", force=True)
    external.shop.cloud.advance(minutes=3)
    assert external.shop.service()["status"] == "INACTIVE"


def test_the_steady_state_is_an_event(external: External) -> None:
    """AWS: ecs_cwe_events: TASKSET_STEADY_STATE."""
    inbox = Inbox()
    inbox.listen("r", {"detail-type": ["ECS Service Action"]})
    external.create()
    external.stable()
    assert "TASKSET_STEADY_STATE" in [event["detail"]["eventName"] for event in inbox.take()]


def test_its_tasks_stand_behind_its_own_target_group() -> None:
    """Botocore ecs CreateTaskSetRequest.loadBalancers: two sets, two target groups, one service."""
    with Cloud(seed=7) as cloud:
        front = Front(cloud)
        definition = front.define(Image(port=8080))
        front.ecs.create_service(
            cluster="shop",
            serviceName="web",
            desiredCount=2,
            deploymentController={"type": "EXTERNAL"},
        )
        second = front.targets("green")
        front.listen(second, port=8081)
        for group in (front.target_group, second):
            link = {"targetGroupArn": group, "containerName": "app", "containerPort": 8080}
            front.ecs.create_task_set(
                cluster="shop",
                service="web",
                taskDefinition=definition,
                launchType="FARGATE",
                networkConfiguration=front.network,
                loadBalancers=[link],
            )
        cloud.advance(minutes=3)
        for group in (front.target_group, second):
            assert [each["State"] for each in front.health(group)] == ["healthy"] * 2
        assert cloud.http(front.url).status == 200
