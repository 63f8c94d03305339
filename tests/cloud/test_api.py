"""The ECS API as a whole: every operation answers, every answer has the shape of botocore's model.

AWS: botocore's ecs service model is the contract; a member that it does not know is a defect too.
"""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import boto3
import pytest
from botocore import xform_name
from botocore.awsrequest import AWSRequest
from botocore.exceptions import ClientError, ParamValidationError
from botocore.httpsession import URLLib3Session
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from runs import Json, Runs
from shapes import checked, mismatches
from shops import Shop

from ecslab import Cloud, Image
from ecslab.aws.ecs.operation import OPERATIONS

MODEL: Any = boto3.session.Session().client("ecs", region_name="us-east-1").meta.service_model
METHODS = {name: xform_name(name) for name in MODEL.operation_names}
UNSUPPORTED = "UnsupportedFeatureException"
ACCOUNT = "arn:aws:ecs:us-east-1:123456789012"


@pytest.fixture
def ecs(shop: Shop) -> Any:
    """Return a client whose every answer is held against the model."""
    return checked(boto3.client("ecs"))


# --- All operations -------------------------------------------------------------------------------


def minimal(shape: Any, depth: int = 0) -> Any:
    """Return the least value that botocore sends for an input shape."""
    if shape is None:
        return {}
    if shape.type_name == "structure":
        union = getattr(shape, "is_tagged_union", False)
        names = list(shape.members)[:1] if union else shape.required_members
        return {name: minimal(shape.members[name], depth + 1) for name in names}
    if shape.type_name == "list":
        return [] if depth > 2 else [minimal(shape.member, depth + 1)]
    if shape.type_name == "string":
        return (getattr(shape, "enum", None) or ["web"])[0]
    return {"map": {}, "boolean": True, "integer": 1, "long": 1, "double": 1.0, "float": 1.0}.get(
        shape.type_name, 0
    )


def test_every_operation_of_the_model_works(ecs: Any) -> None:
    """Botocore ecs service model: its operations, and none that it does not have."""
    assert set(OPERATIONS) == set(MODEL.operation_names)
    for name in MODEL.operation_names:
        arguments = minimal(MODEL.operation_model(name).input_shape)
        assert code_of(getattr(ecs, METHODS[name]), arguments) != UNSUPPORTED, name


def test_an_operation_of_a_newer_model_names_itself(
    ecs: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """UnsupportedFeatureException: "The specified task isn't supported in this Region" family."""
    monkeypatch.delitem(OPERATIONS, "ListClusters")
    with pytest.raises(ClientError, match=rf"{UNSUPPORTED}.*\bListClusters\b"):
        ecs.list_clusters()


def code_of(method: Any, arguments: Json) -> str:
    """Return the error code of a call, empty when it succeeds."""
    try:
        method(**arguments)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return ""


def test_an_operation_that_is_none(shop: Shop) -> None:
    """AWS JSON 1.1: UnknownOperationException."""
    status, body = raw("MakeCoffee", {})
    assert (status, body["__type"]) == (400, "UnknownOperationException")


def test_a_long_program_of_valid_answers(shop: Shop) -> None:
    """Every implemented operation, with what a full account answers."""
    ecs = checked(shop.ecs)
    runs = Runs(shop)
    shop.define(Image(port=80))
    tags = [{"key": "team", "value": "orders"}]
    ecs.create_cluster(
        clusterName="full",
        tags=tags,
        settings=[{"name": "containerInsights", "value": "enhanced"}],
        configuration={"executeCommandConfiguration": {"logging": "DEFAULT"}},
        capacityProviders=["FARGATE", "FARGATE_SPOT"],
        defaultCapacityProviderStrategy=[{"capacityProvider": "FARGATE", "weight": 1, "base": 1}],
    )
    everything = ["ATTACHMENTS", "CONFIGURATIONS", "SETTINGS", "STATISTICS", "TAGS"]
    ecs.put_cluster_capacity_providers(
        cluster="full", capacityProviders=["FARGATE"], defaultCapacityProviderStrategy=[]
    )
    ecs.describe_clusters(clusters=["full", "shop", "none"], include=everything)
    ecs.update_cluster(cluster="full", configuration={})
    ecs.update_cluster_settings(
        cluster="full", settings=[{"name": "containerInsights", "value": "disabled"}]
    )
    shop.serve("web", 2)
    runs.start(
        "job",
        runs.container("job", Image(runs_for=30), healthCheck={"command": ["CMD-SHELL", "exit 0"]}),
        taskRoleArn=runs.role("t"),
        request={"enableExecuteCommand": True, "tags": tags, "startedBy": "me"},
    )
    for _ in range(30):
        shop.cloud.advance(seconds=5)
        arns = ecs.list_tasks(cluster="shop")["taskArns"]
        arns += ecs.list_tasks(cluster="shop", desiredStatus="STOPPED")["taskArns"]
        ecs.describe_tasks(cluster="shop", tasks=arns, include=["TAGS"])
        ecs.describe_services(cluster="shop", services=["web", "none"], include=["TAGS"])
    ecs.update_service(cluster="shop", service="web", desiredCount=1, forceNewDeployment=True)
    shop.cloud.advance(seconds=30)
    deployments = ecs.list_service_deployments(cluster="shop", service="web")["serviceDeployments"]
    arns = [item["serviceDeploymentArn"] for item in deployments]
    found = ecs.describe_service_deployments(serviceDeploymentArns=arns)["serviceDeployments"]
    revisions = [item["targetServiceRevision"]["arn"] for item in found]
    ecs.describe_service_revisions(serviceRevisionArns=revisions)
    ecs.describe_task_definition(taskDefinition="web", include=["TAGS"])
    ecs.list_task_definitions()
    ecs.list_task_definition_families()
    ecs.list_services(cluster="shop")
    ecs.list_clusters()
    ecs.put_account_setting(name="containerInsights", value="enabled")
    ecs.put_account_setting_default(name="taskLongArnFormat", value="enabled")
    ecs.list_account_settings()
    ecs.list_account_settings(effectiveSettings=True)
    ecs.delete_account_setting(name="containerInsights")
    ecs.describe_capacity_providers()
    ecs.tag_resource(resourceArn=f"{ACCOUNT}:service/shop/web", tags=tags)
    ecs.list_tags_for_resource(resourceArn=f"{ACCOUNT}:service/shop/web")
    ecs.untag_resource(resourceArn=f"{ACCOUNT}:service/shop/web", tagKeys=["team"])
    ecs.stop_task(cluster="shop", task=ecs.list_tasks(cluster="shop")["taskArns"][0])
    ecs.delete_service(cluster="shop", service="web", force=True)
    ecs.describe_services(cluster="shop", services=["web"])
    shop.cloud.advance(minutes=3)
    ecs.describe_services(cluster="shop", services=["web"])
    ecs.deregister_task_definition(taskDefinition="web:1")
    ecs.delete_task_definitions(taskDefinitions=["web:1", "none:1"])
    ecs.delete_cluster(cluster="full")
    ecs.describe_clusters(clusters=["full"])


# --- Requests that no client would send -----------------------------------------------------------


def raw(operation: str, body: Any) -> tuple[int, Json]:
    """Send a request past botocore's own checks; return status and answer."""
    text = body if isinstance(body, str) else json.dumps(body)
    headers = {
        "X-Amz-Target": f"AmazonEC2ContainerServiceV20141113.{operation}",
        "Content-Type": "application/x-amz-json-1.1",
        "Authorization": "AWS4-HMAC-SHA256 Credential=testing/20260115/us-east-1/ecs/aws4_request",
    }
    url = "https://ecs.us-east-1.amazonaws.com/"
    request = AWSRequest(method="POST", url=url, headers=headers, data=text).prepare()
    response = URLLib3Session().send(request)
    return response.status_code, json.loads(response.content)


@pytest.mark.parametrize("body", ["", "{", "[]", "null", "3", '"text"'])
def test_a_body_that_is_no_object(shop: Shop, body: str) -> None:
    """AWS JSON 1.1: SerializationException; an empty body is an empty request."""
    status, answer = raw("ListClusters", body)
    assert status == (200 if not body else 400)
    assert not body or answer["__type"] == "SerializationException"


def test_missing_and_mistyped_members(shop: Shop) -> None:
    """AWS JSON 1.1; null is as good as absent, unknown members are passed over."""
    assert raw("DescribeTasks", {"cluster": "shop"})[1]["__type"] == "InvalidParameterException"
    for body in ({"tasks": "x"}, {"tasks": [3]}, {"tasks": ["x"], "cluster": {"a": 1}}):
        assert raw("DescribeTasks", body)[1]["__type"] == "SerializationException"
    assert (
        raw("RunTask", {"taskDefinition": "x", "count": "two"})[1]["__type"]
        == "SerializationException"
    )
    assert raw("ListClusters", {"maxResults": None, "future": True})[0] == 200
    for wrong in (10**30, True, 1.5, "1"):
        answer = raw("ListClusters", {"maxResults": wrong})[1]
        assert answer["__type"] == "SerializationException"
    for moment in (10**30, -1, "yesterday", True):
        body = {"service": "web", "createdAt": {"after": moment}}
        assert raw("ListServiceDeployments", body)[1]["__type"] == "SerializationException"
    assert raw("ListClusters", '{"maxResults": NaN}')[1]["__type"] == "SerializationException"
    assert raw("ListClusters", "[" * 100_000)[1]["__type"] == "SerializationException"
    assert raw("TagResource", {})[1]["__type"] == "InvalidParameterException"


# --- Anything that botocore lets through ----------------------------------------------------------

WORDS = (
    *(
        "shop",
        "default",
        "web",
        "web:1",
        "web:9",
        "none",
        "app",
        "nginx",
        "busybox:1",
        "",
        "a b",
        "é",
    ),
    *("256", "512", "0.5 vCPU", "FARGATE", "EC2", "awsvpc", "bridge", "LATEST", "1.4.0", "enabled"),
    *("x" * 300, "CMD-SHELL", "exit 0", "TAGS", "RUNNING", "STOPPED", "tcp", "containerInsights"),
    *(f"{ACCOUNT}:cluster/shop", f"{ACCOUNT}:service/shop/web", f"{ACCOUNT}:task/shop/{'0' * 32}"),
    *(
        f"{ACCOUNT}:task-definition/web:1",
        "arn:",
        "arn:aws:ecs",
        "arn:aws:iam::123456789012:role/x",
    ),
    *("subnet-0", "sg-0", f"{ACCOUNT}:cluster/", "/", ":", "web:", ":1", "web:0", "web:-1", "$x"),
)
NUMBERS = (-1, 0, 1, 2, 10, 11, 80, 100, 101, 256, 512, 65535, 65536, 2**31 - 1)


def values(shape: Any, depth: int = 0) -> st.SearchStrategy[Any]:
    """Return a strategy for a shape of the model, of bounded depth."""
    if shape is None:
        return st.just({})
    kind = shape.type_name
    if kind == "structure":
        return structures(shape, depth)
    if kind == "list":
        return st.lists(values(shape.member, depth + 1), max_size=2 if depth else 4)
    if kind == "map":
        keys = st.sampled_from(WORDS[:20])
        return st.dictionaries(keys, values(shape.value, depth + 1), max_size=2)
    enum = getattr(shape, "enum", None)
    simple: dict[str, st.SearchStrategy[Any]] = {
        "string": st.sampled_from((*enum, "BOGUS") if enum else WORDS),
        "boolean": st.booleans(),
        "integer": st.sampled_from(NUMBERS),
        "long": st.sampled_from(NUMBERS),
    }
    return simple.get(kind, st.sampled_from([0.0, 1.5, -1.0, 50.0]))


def structures(shape: Any, depth: int) -> st.SearchStrategy[Any]:
    """Return a strategy for a structure: all that is required, and some of the rest."""
    required = {n: values(shape.members[n], depth + 1) for n in shape.required_members}
    others = [n for n in shape.members if n not in required]
    if depth > 4 or not others:
        return st.fixed_dictionaries(required)
    chosen = st.sets(st.sampled_from(others), max_size=4 if depth else 7)
    return chosen.flatmap(
        lambda names: st.fixed_dictionaries(
            required | {n: values(shape.members[n], depth + 1) for n in sorted(names)}
        )
    )


IMPLEMENTED = sorted(OPERATIONS)
CALLS = st.lists(
    st.sampled_from(IMPLEMENTED).flatmap(
        lambda name: st.tuples(
            st.just(name), values(MODEL.operation_model(name).input_shape), st.integers(0, 20)
        )
    ),
    min_size=5,
    max_size=20,
)


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(calls=CALLS)
def test_whatever_botocore_lets_through_is_answered(calls: list[tuple[str, Json, int]]) -> None:
    """Any program of calls gets results or errors of the model; never a Python exception."""
    with Cloud(seed=7) as cloud:
        ecs = checked(boto3.client("ecs"))
        ecs.create_cluster(clusterName="shop")
        subnet = boto3.client("ec2").describe_subnets()["Subnets"][0]["SubnetId"]
        network = {"awsvpcConfiguration": {"subnets": [subnet], "assignPublicIp": "ENABLED"}}
        ecs.register_task_definition(
            family="web",
            networkMode="awsvpc",
            requiresCompatibilities=["FARGATE"],
            cpu="256",
            memory="512",
            containerDefinitions=[{"name": "app", "image": "nginx"}],
        )
        ecs.create_service(
            cluster="shop",
            serviceName="web",
            taskDefinition="web",
            desiredCount=1,
            launchType="FARGATE",
            networkConfiguration=network,
        )
        for name, arguments, pause in calls:
            sent = repaired(name, arguments, subnet)
            with suppress(ClientError, ParamValidationError):
                getattr(ecs, METHODS[name])(**sent)
            cloud.advance(seconds=pause)
        cloud.advance(minutes=2)
        for cluster in ecs.list_clusters()["clusterArns"]:
            arns = ecs.list_tasks(cluster=cluster)["taskArns"]
            if arns:
                ecs.describe_tasks(cluster=cluster, tasks=arns)


def repaired(name: str, arguments: Json, subnet: str) -> Json:
    """Make some requests right where chance hardly ever is: network and cluster."""
    sent = dict(arguments)
    if name in ("RunTask", "CreateService"):
        sent["cluster"] = "shop"
        sent["taskDefinition"] = "web"
        sent["networkConfiguration"] = {"awsvpcConfiguration": {"subnets": [subnet]}}
        sent.setdefault("launchType", "FARGATE")
    return sent


JSON = st.recursive(
    st.none() | st.booleans() | st.sampled_from(NUMBERS) | st.sampled_from(WORDS),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["name", "value", "image", "cluster", "key"]), inner, max_size=3
        )
    ),
    max_leaves=6,
)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_whatever_json_is_sent_is_answered(data: st.DataObject) -> None:
    """Any JSON at all under the names of the model: an answer or an error below 500."""
    with Cloud(seed=7):
        for name in data.draw(st.lists(st.sampled_from(IMPLEMENTED), min_size=5, max_size=15)):
            shape = MODEL.operation_model(name).input_shape
            members = sorted(shape.members) if shape is not None else []
            names = data.draw(st.sets(st.sampled_from(members or ["x"]), max_size=5))
            status, body = raw(name, {key: data.draw(JSON) for key in sorted(names)})
            assert status < 500
            assert status == 200 or body["__type"]


def test_the_judge_itself() -> None:
    """The check that every answer goes through finds what it must find."""
    shape = MODEL.operation_model("ListClusters").output_shape
    assert mismatches(shape, {"clusterArns": ["a"]}, "x") == []
    assert mismatches(shape, {"clusterArns": [1]}, "x")
    assert mismatches(shape, {"clusters": []}, "x") == ["x.clusters is not in the model"]
    task = MODEL.shape_for("Task")
    assert mismatches(task, {"version": True, "stopCode": "Bored", "createdAt": "now"}, "x")
