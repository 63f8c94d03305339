"""The mistakes that people make with tasks and services, and AWS's words for each.

Facts: task-definitions, section 11, row by row; those of RegisterTaskDefinition are in
tests/model/task_definition/broken.toml.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ecslab import Cloud, Image

sys.path.insert(0, str(Path(__file__).parents[1] / "aws"))

from front import Front

Json = dict[str, Any]
INVALID = "InvalidParameterException"


class Mistakes:
    """A cluster with a load balancer, a definition that listens, and ways to do it wrong."""

    def __init__(self, front: Front) -> None:
        self.front = front
        self.ecs = front.ecs
        self.instances = front.elb.create_target_group(
            Name="instances", Protocol="HTTP", Port=80, VpcId=front.vpc, TargetType="instance"
        )["TargetGroups"][0]["TargetGroupArn"]
        front.listen(self.instances, port=8082)
        self.lonely = front.targets("lonely")
        self.role = front.role
        self.register("web")
        self.register("old")
        self.ecs.deregister_task_definition(taskDefinition="old:1")
        self.create("kept")
        self.create("ended")
        self.ecs.delete_service(cluster="shop", service="ended", force=True)

    def register(self, family: str, **members: Any) -> None:
        """Register a family for Fargate."""
        mapping = [{"containerPort": 8080}]
        image = self.front.cloud.push(Image(port=8080), f"{family}:1")
        self.ecs.register_task_definition(
            family=family,
            networkMode="awsvpc",
            requiresCompatibilities=["FARGATE"],
            cpu="256",
            memory="512",
            containerDefinitions=[{"name": "app", "image": image, "portMappings": mapping}],
            **{"executionRoleArn": self.role, **members},
        )

    def create(self, name: str, **arguments: Any) -> None:
        """Create a service."""
        request: Json = {
            "cluster": "shop",
            "serviceName": name,
            "taskDefinition": "web",
            "desiredCount": 1,
            "launchType": "FARGATE",
            "networkConfiguration": self.front.network,
            **arguments,
        }
        given = {key: value for key, value in request.items() if value is not None}
        self.ecs.create_service(**given)

    def run(self, **arguments: Any) -> None:
        """Run a task."""
        request: Json = {
            "cluster": "shop",
            "taskDefinition": "web",
            "launchType": "FARGATE",
            "networkConfiguration": self.front.network,
            **arguments,
        }
        given = {key: value for key, value in request.items() if value is not None}
        self.ecs.run_task(**given)

    def balanced(self, group: str, container: str = "app", port: int = 8080) -> list[Json]:
        """Return loadBalancers of one target group."""
        return [{"targetGroupArn": group, "containerName": container, "containerPort": port}]


@pytest.fixture(scope="module")
def mistakes() -> Iterator[Mistakes]:
    """Yield one account; everything in it that is tried is refused."""
    with Cloud(seed=7) as cloud:
        yield Mistakes(Front(cloud))


ROLE = "arn:aws:iam::123456789012:role/nobody"
ROWS: dict[str, tuple[Callable[[Mistakes], Any], str, str]] = {
    "awsvpc without a network": (
        lambda m: m.run(networkConfiguration=None),
        INVALID,
        "Network Configuration must be provided when networkMode 'awsvpc' is specified.",
    ),
    "a service without a network": (
        lambda m: m.create("new", networkConfiguration=None),
        INVALID,
        "Network Configuration must be provided when networkMode 'awsvpc' is specified.",
    ),
    "launch type and strategy": (
        lambda m: m.run(capacityProviderStrategy=[{"capacityProvider": "FARGATE"}]),
        INVALID,
        "Specify either Launch Type or Capacity Provider Strategy, but not both.",
    ),
    "an instance target group": (
        lambda m: m.create("new", loadBalancers=m.balanced(m.instances)),
        INVALID,
        (
            "The provided target group {instances} has target type instance, which is incompatible"
            " with the awsvpc network mode specified in the task definition."
        ),
    ),
    "a target group without a listener": (
        lambda m: m.create("new", loadBalancers=m.balanced(m.lonely)),
        INVALID,
        "The target group with targetGroupArn {lonely} does not have an associated load balancer.",
    ),
    "another container": (
        lambda m: m.create("new", loadBalancers=m.balanced(m.front.target_group, "db")),
        INVALID,
        "The container db does not exist in the task definition.",
    ),
    "another port": (
        lambda m: m.create("new", loadBalancers=m.balanced(m.front.target_group, port=9)),
        INVALID,
        "The container app did not have a container port 9 defined.",
    ),
    "a name twice": (
        lambda m: m.create("kept", desiredCount=2),
        INVALID,
        "Creation of service was not idempotent.",
    ),
    "a name that drains": (
        lambda m: m.create("ended"),
        INVALID,
        "Unable to Start a service that is still Draining.",
    ),
    "delete without force": (
        lambda m: m.ecs.delete_service(cluster="shop", service="kept"),
        INVALID,
        "The service cannot be stopped while it is scaled above 0.",
    ),
    "an inactive revision": (
        lambda m: m.run(taskDefinition="old:1"),
        "ClientException",
        "TaskDefinition is inactive",
    ),
    "an update to an inactive revision": (
        lambda m: m.ecs.update_service(cluster="shop", service="kept", taskDefinition="old:1"),
        "ClientException",
        "TaskDefinition is inactive",
    ),
    "describe an unknown definition": (
        lambda m: m.ecs.describe_task_definition(taskDefinition="none"),
        "ClientException",
        "Unable to describe task definition.",
    ),
    "an unknown cluster": (
        lambda m: m.run(cluster="none"),
        "ClusterNotFoundException",
        "Cluster not found.",
    ),
    "an unknown service": (
        lambda m: m.ecs.update_service(cluster="shop", service="none"),
        "ServiceNotFoundException",
        "Service not found.",
    ),
    "a service that drains": (
        lambda m: m.ecs.update_service(cluster="shop", service="ended", desiredCount=2),
        "ServiceNotActiveException",
        "Service was not ACTIVE.",
    ),
    "a role that nobody may assume": (
        lambda m: m.run(overrides={"taskRoleArn": ROLE}),
        "ClientException",
        (
            f"ECS was unable to assume the role '{ROLE}' that was provided for this task. Please"
            " verify that the role being passed has the proper trust relationship and permissions"
            " and that your IAM user has permissions to pass this role."
        ),
    ),
}


@pytest.mark.parametrize("what", ROWS)
def test_the_code_and_the_words(mistakes: Mistakes, what: str) -> None:
    """Each mistake has the documented code and the documented text, word for word."""
    attempt, code, text = ROWS[what]
    with pytest.raises(ClientError) as refused:
        attempt(mistakes)
    error = refused.value.response["Error"]
    names = {"instances": mistakes.instances, "lonely": mistakes.lonely}
    assert (error["Code"], error["Message"]) == (code, text.format(**names))
