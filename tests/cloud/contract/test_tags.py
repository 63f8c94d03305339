"""Tags: of whatever has an ARN, within the limits, whoever gives them.

AWS: ecs-using-tags (restrictions); botocore ecs Tag, TagResource, UntagResource,
ListTagsForResource; captured InvalidParameterException ("Long arn format must be used").
"""

from __future__ import annotations

from typing import Any

import pytest
from accounts import OWN, Full, Json, basic, method, operations
from botocore.exceptions import ClientError

TAG = {"key": "team", "value": "orders"}
KINDS = (
    "cluster",
    "service",
    "task",
    "container-instance",
    "task-definition",
    "task-set",
    "gateway",
    "capacity-provider",
)
WRONG: dict[str, list[Json]] = {
    "51 tags": [{"key": f"k{number}", "value": ""} for number in range(51)],
    "a key twice": [TAG, {**TAG, "value": "other"}],
    "the prefix aws:": [{"key": "aws:owner", "value": "x"}],
    "the prefix AWS:": [{"key": "AWS:owner", "value": "x"}],
    "a value with the prefix": [{"key": "owner", "value": "aws:x"}],
    "a long key": [{"key": "k" * 129, "value": "x"}],
    "a long value": [{"key": "k", "value": "x" * 257}],
    "a strange key": [{"key": "a#b", "value": "x"}],
    "a strange value": [{"key": "k", "value": "a<b"}],
}


def arns(full: Full) -> Json:
    """Return the ARN of one resource of each kind."""
    return {
        "cluster": f"{OWN}:cluster/shop",
        "service": f"{OWN}:service/shop/web",
        "task": full.task,
        "container-instance": full.instances[0],
        "task-definition": f"{OWN}:task-definition/web:1",
        "task-set": full.task_set,
        "gateway": f"{OWN}:gateway/front",
        "capacity-provider": f"{OWN}:capacity-provider/fleet-provider",
    }


def tags(full: Full, kind: str) -> Json:
    """Return the tags of a resource by key."""
    found = full.ecs.list_tags_for_resource(resourceArn=arns(full)[kind])["tags"]
    return {each["key"]: each["value"] for each in found}


@pytest.mark.parametrize("kind", KINDS)
def test_tags_come_change_and_go(full: Full, kind: str) -> None:
    arn, before = arns(full)[kind], tags(full, kind)
    full.ecs.tag_resource(resourceArn=arn, tags=[TAG, {"key": "a b.:/=+-@_", "value": ""}])
    full.ecs.tag_resource(resourceArn=arn, tags=[{**TAG, "value": "billing"}])
    assert tags(full, kind) == {**before, "team": "billing", "a b.:/=+-@_": ""}
    full.ecs.untag_resource(resourceArn=arn, tagKeys=["team", "a b.:/=+-@_", "unknown"])
    assert tags(full, kind) == before


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("wrong", WRONG)
def test_tags_that_are_refused(full: Full, kind: str, wrong: str) -> None:
    """Nothing is changed by a request that is refused."""
    before = tags(full, kind)
    with pytest.raises(ClientError, match="InvalidParameterException"):
        full.ecs.tag_resource(resourceArn=arns(full)[kind], tags=WRONG[wrong])
    assert tags(full, kind) == before


@pytest.mark.parametrize("kind", KINDS)
def test_fifty_are_counted_with_those_that_are_there(full: Full, kind: str) -> None:
    arn, before = arns(full)[kind], tags(full, kind)
    full.ecs.tag_resource(resourceArn=arn, tags=[TAG])
    more = [{"key": f"k{number}", "value": ""} for number in range(50 - len(before))]
    with pytest.raises(ClientError, match="InvalidParameterException"):
        full.ecs.tag_resource(resourceArn=arn, tags=more)
    full.ecs.tag_resource(resourceArn=arn, tags=more[1:])
    full.ecs.untag_resource(resourceArn=arn, tagKeys=["team", *(each["key"] for each in more)])
    assert tags(full, kind) == before


OPERATIONS = ("tag_resource", "untag_resource", "list_tags_for_resource")
ARGUMENTS: dict[str, Json] = {"tag_resource": {"tags": [TAG]}, "untag_resource": {"tagKeys": ["k"]}}


@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("where", ["Region", "account"])
def test_what_lies_elsewhere_is_not_ours(full: Full, name: str, kind: str, where: str) -> None:
    """An ARN of another Region or account is never taken for the one of here."""
    elsewhere = {"Region": ("us-east-1", "eu-west-1"), "account": ("123456789012", "210987654321")}
    arn = arns(full)[kind].replace(*elsewhere[where])
    with pytest.raises(ClientError, match="InvalidParameterException"):
        getattr(full.ecs, name)(resourceArn=arn, **ARGUMENTS.get(name, {}))
    assert "team" not in tags(full, kind)


@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_not_there(full: Full, name: str, kind: str) -> None:
    """ClusterNotFoundException where the cluster is unknown; else an error of the model."""
    head, _, last = arns(full)[kind].rpartition("/")
    changed = last[:-4] + "none" if kind != "task-definition" else "web:99"
    with pytest.raises(ClientError) as refused:
        getattr(full.ecs, name)(resourceArn=f"{head}/{changed}", **ARGUMENTS.get(name, {}))
    codes = ("ClusterNotFoundException", "InvalidParameterException", "ClientException")
    assert refused.value.response["Error"]["Code"] in codes


@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize("kind", ["service", "task", "container-instance"])
def test_the_arn_has_the_cluster_in_it(full: Full, name: str, kind: str) -> None:
    """AWS: captured: Long arn format must be used for tagging operations."""
    arn = arns(full)[kind].replace("/shop/", "/")
    with pytest.raises(ClientError, match="Long arn format must be used for tagging operations"):
        getattr(full.ecs, name)(resourceArn=arn, **ARGUMENTS.get(name, {}))


@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize("arn", ["web", "arn:aws:ecs", f"{OWN}:poem/1", "arn:aws:s3:::bucket"])
def test_what_has_no_tags(full: Full, name: str, arn: str) -> None:
    with pytest.raises(ClientError, match="InvalidParameterException"):
        getattr(full.ecs, name)(resourceArn=arn, **ARGUMENTS.get(name, {}))


# --- Tags of what is made -------------------------------------------------------------------------

NEW: dict[str, Json] = {
    "CreateCapacityProvider": {
        "name": "new",
        "autoScalingGroupProvider": {"autoScalingGroupArn": "spare"},
    },
    "CreateCluster": {"clusterName": "new"},
    "CreateGateway": {"name": "new", "configuration": {"hostSharedAlb": {}}},
    "CreateService": {
        "cluster": "shop",
        "serviceName": "new",
        "desiredCount": 0,
        "deploymentController": {"type": "EXTERNAL"},
    },
    "CreateTaskSet": {"cluster": "shop", "service": "outside", "launchType": "FARGATE"},
    "RegisterTaskDefinition": {
        "family": "new",
        "containerDefinitions": [{"name": "app", "image": "nginx", "memory": 64}],
    },
    "RunTask": {"cluster": "shop", "launchType": "FARGATE"},
    "StartTask": {"cluster": "shop", "taskDefinition": "bridged"},
}
APART = ("TagResource", "CreateExpressGatewayService", "RegisterContainerInstance")
"""Operations with other ways of being called: see above, test_express.py, test_ec2_instances.py."""


def new(full: Full, name: str) -> Json:
    """Return a request that makes something."""
    request = basic(name, **NEW[name])
    if name in ("CreateTaskSet", "RunTask"):
        request["networkConfiguration"] = full.shop.network()
    if name == "CreateGateway":
        request["infrastructureRoleArn"] = "arn:aws:iam::123456789012:role/gates"
    if name == "StartTask":
        request["containerInstances"] = full.instances[:1]
    return request


def test_every_operation_that_gives_tags_is_here() -> None:
    assert sorted({*NEW, *APART}) == operations("tags")


@pytest.mark.parametrize("name", [each for each in NEW if each not in APART])
@pytest.mark.parametrize("wrong", WRONG)
def test_nothing_is_made_with_wrong_tags(full: Full, name: str, wrong: str) -> None:
    with pytest.raises(ClientError, match="InvalidParameterException"):
        method(full.ecs, name)(**new(full, name), tags=WRONG[wrong])


def first_arn(answer: Any) -> str:
    """Return the ARN of what an answer says was made: the shortest one that it is about."""
    if isinstance(answer, list):
        return first_arn(answer[0])
    own = ("clusterArn", "serviceArn", "taskArn", "taskSetArn", "gatewayArn", "taskDefinitionArn")
    for member in (*own[3:], "capacityProviderArn", *own[1:3], own[0]):
        if member in answer and not (member == "taskDefinitionArn" and "taskArn" in answer):
            return str(answer[member])
    return first_arn(next(v for k, v in answer.items() if isinstance(v, dict | list) and v))


@pytest.mark.parametrize("name", [each for each in NEW if each not in APART])
def test_what_is_made_has_its_tags(full: Full, name: str) -> None:
    """Made once: each operation is called with its tags, which are then listed."""
    answer = method(full.ecs, name)(**new(full, name), tags=[TAG])
    answer.pop("ResponseMetadata")
    found = full.ecs.list_tags_for_resource(resourceArn=first_arn(answer))["tags"]
    assert found == [TAG]
