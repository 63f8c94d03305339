"""Nothing that a caller sends causes a Python exception or a 500; every error is AWS's.

Requests come from botocore's model: the shapes, words, ranges and required members of every
operation, with the names and ARNs of what is there; and the same with a wrong type put in anywhere,
sent past botocore's own checks. The answers are held against the model by a fixture of all tests:
results have its shapes, errors the codes that it lists for the operation, or common ones.

`python3 tests tests/cloud/test_fuzz.py --fuzz 20` sends twenty times as much.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from agents import open_agents
from botocore.awsrequest import AWSRequest
from botocore.httpsession import URLLib3Session
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from managed import define, open_managed, run
from shops import Shop

from ecslab import Cloud, Image

sys.path.insert(0, str(Path(__file__).parents[1] / "aws"))

from front import Front

Json = dict[str, Any]

MODEL: Any = boto3.session.Session().client("ecs", region_name="us-east-1").meta.service_model
EXAMPLES = 6
NUMBERS = (-(2**31), -1, 0, 1, 2, 5, 10, 11, 80, 100, 101, 256, 512, 65535, 65536, 2**31 - 1)
REALS = (-1.0, 0.0, 0.1, 33.3, 50.0, 100.0, 100.1, 1e300)
TEXTS = (
    *("", "a b", "é", "\ud83d\ude00", "x" * 300, "/", ":", "*", "web:", ":1", "web:0", "$x", "{a}"),
    *("web", "web:1", "app", "shop", "default", "none", "nginx", "256", "512", ".5 vCPU", "1 GB"),
    *("awsvpc", "bridge", "LATEST", "1.4.0", "enabled", "CMD-SHELL", "tcp", "arn:", "arn:aws:ecs"),
    *("PRIMARY", "STOPPED", "containerInsights", "attribute:ecs.os-type == linux", "FARGATE"),
)
WRONG: st.SearchStrategy[Any] = st.sampled_from(
    (None, True, -1, 1.5, 10**30, "text", "", [], ["text"], [None], {}, {"a": 1}, [[1]], [{}])
)


class World:
    """A running account in which most operations find something.

    Args:
        cloud: the account.
        words: names and ARNs of what is there.
        fitting: those that fit a member, by its name; they are sent more often than chance would.
    """

    def __init__(
        self,
        cloud: Cloud,
        words: tuple[str, ...] = (),
        fitting: dict[str, tuple[Any, ...]] | None = None,
    ) -> None:
        self.cloud = cloud
        self.texts = st.sampled_from((*words, *TEXTS))
        self._fitting = fitting or {}

    def requests(self, shape: Any, depth: int = 0) -> st.SearchStrategy[Any]:
        """Return a strategy for a shape of the model, of bounded depth."""
        kind = shape.type_name if shape is not None else "structure"
        if kind == "structure":
            return self._structures(shape, depth)
        if kind == "list":
            return st.lists(self.requests(shape.member, depth + 1), max_size=2)
        if kind == "map":
            inner = self.requests(shape.value, depth + 1)
            return st.dictionaries(self.texts, inner, max_size=2)
        if kind == "string":
            enum = getattr(shape, "enum", None)
            return st.sampled_from((*enum, "BOGUS")) if enum else self.texts
        if kind in ("double", "float"):
            return st.sampled_from(REALS)
        return st.booleans() if kind == "boolean" else st.sampled_from(NUMBERS)

    def _structures(self, shape: Any, depth: int) -> st.SearchStrategy[Any]:
        members = dict(shape.members) if shape is not None else {}
        required = {name: members.pop(name) for name in (shape.required_members if shape else ())}
        most = 0 if depth > 4 else 4
        names = st.sets(st.sampled_from(sorted(members)), max_size=most) if members else st.just(())

        def fill(chosen: Any) -> st.SearchStrategy[Json]:
            wanted = required | {name: members[name] for name in sorted(chosen)}
            return st.fixed_dictionaries(
                {name: self._member(name, each, depth) for name, each in wanted.items()}
            )

        return names.flatmap(fill)

    def _member(self, name: str, shape: Any, depth: int) -> st.SearchStrategy[Any]:
        anything = self.requests(shape, depth + 1)
        if name not in self._fitting:
            return anything
        fitting: st.SearchStrategy[Any] = st.sampled_from(self._fitting[name])
        if shape.type_name == "list":
            fitting = st.lists(fitting, min_size=1, max_size=2)
        return st.one_of(fitting, fitting, fitting, anything)


def _words(answers: list[Any]) -> tuple[str, ...]:
    """Return the ids and ARNs in some answers, in order and once each."""
    found: dict[str, None] = {}

    def look(value: Any, key: str = "") -> None:
        if isinstance(value, dict):
            for name, item in value.items():
                look(item, name)
        elif isinstance(value, list):
            for item in value:
                look(item, key)
        elif isinstance(value, str) and (value.startswith("arn:aws:ecs") or key in ("id", "name")):
            found[value] = None

    look(answers)
    return tuple(found)


def populate(cloud: Cloud) -> World:
    """Fill an account with one of most things."""
    front = Front(cloud)
    front.serve(Image(port=8080), 2)
    ecs = front.ecs
    agents = open_agents(open_managed(Shop(cloud, ecs, front.subnets, front.role)))
    fleet = agents.groups.fleet
    fleet.join(2)
    daemon_definition = agents.register()
    agents.create(daemon_definition, critical=False)
    run(agents.groups, define(agents.groups))
    fleet.start(fleet.define("plain", "nginx"))
    ecs.create_service(
        cluster="shop",
        serviceName="external",
        desiredCount=2,
        deploymentController={"type": "EXTERNAL"},
    )
    ecs.create_task_set(
        cluster="shop",
        service="external",
        taskDefinition="web",
        launchType="FARGATE",
        networkConfiguration=front.network,
    )
    cloud.advance(minutes=2)
    tasks = ecs.list_tasks(cluster="shop")["taskArns"]
    answers = [
        ecs.describe_tasks(cluster="shop", tasks=tasks),
        ecs.describe_services(cluster="shop", services=["web", "external"]),
        ecs.list_container_instances(cluster="shop"),
        ecs.list_service_deployments(cluster="shop", service="web"),
        ecs.list_task_definitions(),
        ecs.describe_clusters(clusters=["shop"]),
        agents.detail(),
    ]
    sets = answers[1]["services"][1]["taskSets"]
    fitting = {
        "cluster": ("shop",),
        "clusterArn": ("shop",),
        "daemonArn": (agents.daemon,),
        "daemonName": ("agent", "audit"),
        "daemonTaskDefinitionArn": (daemon_definition,),
        "daemonTaskDefinition": (daemon_definition,),
        "daemonDeploymentArns": tuple(agents.deployments),
        "daemonRevisionArns": tuple(each["daemonRevisionArn"] for each in agents.revisions()),
        "capacityProviderArns": (agents.provider,),
        "service": ("web", "external"),
        "services": ("web", "external"),
        "taskDefinition": ("web", "plain"),
        "task": tuple(tasks),
        "tasks": tuple(tasks),
        "taskSet": (sets[0]["id"],),
        "primaryTaskSet": (sets[0]["id"],),
        "containerInstances": tuple(answers[2]["containerInstanceArns"]),
        "containerInstance": tuple(answers[2]["containerInstanceArns"]),
        "subnets": tuple(front.subnets),
        "securityGroups": (front.task_group,),
        "targetGroupArn": (front.target_group,),
        "executionRoleArn": (front.role,),
        "infrastructureRoleArn": (front.role,),
        "image": ("nginx",),
        "containerName": ("app",),
        "desiredCount": (0, 1, 2),
        "containerPort": (8080,),
    }
    words = (*_words(answers), *front.subnets, front.target_group, front.role)
    return World(cloud, words, fitting)


@pytest.fixture(scope="module")
def full() -> Iterator[World]:
    """Yield an account that has something for every operation."""
    with Cloud(seed=7) as cloud:
        yield populate(cloud)


def send(operation: str, body: Any) -> int:
    """Send a request past botocore's own checks; return the HTTP status."""
    headers = {
        "X-Amz-Target": f"AmazonEC2ContainerServiceV20141113.{operation}",
        "Content-Type": "application/x-amz-json-1.1",
        "Authorization": "AWS4-HMAC-SHA256 Credential=testing/20260115/us-east-1/ecs/aws4_request",
    }
    url = "https://ecs.us-east-1.amazonaws.com/"
    text = json.dumps(body)
    request = AWSRequest(method="POST", url=url, headers=headers, data=text).prepare()
    return int(URLLib3Session().send(request).status_code)


def broken(draw: st.DataObject, value: Any) -> Any:
    """Return a request with something of a wrong type in one place."""
    if isinstance(value, dict) and value and draw.draw(st.integers(0, 3)):
        name = draw.draw(st.sampled_from(sorted(value)))
        return {**value, name: broken(draw, value[name])}
    if isinstance(value, list) and value and draw.draw(st.integers(0, 3)):
        return [broken(draw, value[0]), *value[1:]]
    return draw.draw(WRONG)


def answered(world: World, operation: str, data: st.DataObject) -> None:
    """Send one request as the model has it, and one with a mistake in it."""
    request = data.draw(world.requests(MODEL.operation_model(operation).input_shape))
    if data.draw(st.booleans()):
        request = broken(data, request)
    assert send(operation, request) < 500
    world.cloud.advance(seconds=data.draw(st.sampled_from((0, 0, 1, 30))))


@pytest.mark.parametrize("operation", MODEL.operation_names)
def test_anything_sent_to_a_full_account(
    full: World, operation: str, pytestconfig: pytest.Config
) -> None:
    """Botocore ecs service model: inputs, outputs and errors of every operation."""

    @settings(
        max_examples=EXAMPLES * pytestconfig.getoption("--fuzz"),
        suppress_health_check=list(HealthCheck),
    )
    @given(data=st.data())
    def one(data: st.DataObject) -> None:
        answered(full, operation, data)

    one()


def test_time_goes_on_after_all_that(full: World) -> None:
    """Whatever was accepted above can be carried out: nothing raises while time passes."""
    full.cloud.advance(hours=2)
    assert boto3.client("ecs").list_clusters()["clusterArns"]


def test_anything_sent_to_an_empty_account(pytestconfig: pytest.Config) -> None:
    """As above; there is no cluster, no task definition, nothing."""

    @settings(
        max_examples=EXAMPLES * pytestconfig.getoption("--fuzz"),
        suppress_health_check=list(HealthCheck),
    )
    @given(data=st.data())
    def program(data: st.DataObject) -> None:
        with Cloud(seed=7) as cloud:
            world = World(cloud)
            for operation in data.draw(st.permutations(MODEL.operation_names))[:30]:
                answered(world, operation, data)

    program()
