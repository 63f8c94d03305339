"""Reading requests of every protocol, and surviving those that nobody should send."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest
from botocore.compat import HTTPHeaders
from botocore.session import get_session
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws

from ecslab.aws.authorize import authorize
from ecslab.aws.iam_call import ApiCall, parse
from ecslab.aws.iam_errors import error_response
from ecslab.aws.identity import Caller
from ecslab.errors import AwsError

REGION = "eu-west-1"
ECS = get_session().get_service_model("ecs")
NOBODY = Caller("user", "arn:aws:iam::123456789012:user/ana", name="ana")


@pytest.fixture(autouse=True, scope="module")
def _aws() -> Iterator[None]:
    with mock_aws():
        yield


def sent(service: str, operation: str, **params: Any) -> AWSPreparedRequest:
    """The request that boto3 would send."""
    client = boto3.client(service, REGION)
    requests: list[AWSPreparedRequest] = []
    client.meta.events.register("before-send", lambda request, **_: requests.append(request))
    with contextlib.suppress(client.exceptions.ClientError):
        getattr(client, operation)(**params)
    return requests[-1]


@pytest.mark.parametrize(
    ("service", "operation", "params", "expected"),
    [
        ("ecs", "describe_tasks", {"cluster": "c", "tasks": ["t"]}, "DescribeTasks"),
        ("iam", "get_role", {"RoleName": "r"}, "GetRole"),
        ("sts", "assume_role", {"RoleArn": "r" * 20, "RoleSessionName": "s1"}, "AssumeRole"),
        ("ec2", "terminate_instances", {"InstanceIds": ["i-1", "i-2"]}, "TerminateInstances"),
        (
            "elbv2",
            "describe_load_balancers",
            {"Names": ["a", "b"]},
            "DescribeLoadBalancers",
        ),
        ("sqs", "get_queue_url", {"QueueName": "q"}, "GetQueueUrl"),
        ("cloudwatch", "describe_alarms", {"AlarmNames": ["a"]}, "DescribeAlarms"),
        ("lambda", "get_function", {"FunctionName": "f"}, "GetFunction"),
        ("eks", "describe_cluster", {"name": "k"}, "DescribeCluster"),
        ("s3", "get_object", {"Bucket": "b1x", "Key": "folder/a b"}, "GetObject"),
        ("s3", "list_objects_v2", {"Bucket": "b1x", "Prefix": "p/"}, "ListObjectsV2"),
        ("s3", "head_bucket", {"Bucket": "with.dots"}, "HeadBucket"),
        (
            "s3",
            "delete_objects",
            {"Bucket": "b1x", "Delete": {"Objects": [{"Key": "a"}]}},
            "DeleteObjects",
        ),
    ],
)
def test_each_protocol_is_read(
    service: str, operation: str, params: dict[str, Any], expected: str
) -> None:
    """AWS: the json, query, ec2, rest-json and rest-xml protocols of botocore's models."""
    call = parse(sent(service, operation, **params))
    region = "us-east-1" if service == "iam" else REGION
    assert (call.service, call.operation, call.region) == (service, expected, region)
    assert {name: call.params.get(name) for name in params} == params


def test_classic_and_application_load_balancers_are_told_apart() -> None:
    """Both sign for elasticloadbalancing; the version of the API is different."""
    assert parse(sent("elb", "describe_load_balancers")).service == "elb"
    assert parse(sent("elbv2", "describe_load_balancers")).service == "elbv2"


def test_a_presigned_url_is_read() -> None:
    """AWS: S3 presigned URLs carry the credential in the query."""
    client = boto3.client("s3", REGION)
    url = client.generate_presigned_url("get_object", Params={"Bucket": "b1x", "Key": "a/b"})
    call = parse(request("GET", url, {}, b""))
    assert (call.service, call.operation) == ("s3", "GetObject")
    assert (call.params["Bucket"], call.params["Key"]) == ("b1x", "a/b")


def test_a_stream_is_left_for_the_service() -> None:
    """Reading an upload here would take it from S3."""

    class Upload:
        def read(self) -> bytes:
            raise AssertionError("the upload was read")

    url = f"https://b1x.s3.{REGION}.amazonaws.com/a"
    call = parse(request("PUT", url, signed("s3"), Upload()))
    assert (call.operation, call.params["Key"]) == ("PutObject", "a")


def request(method: str, url: str, headers: dict[str, str], body: Any) -> AWSPreparedRequest:
    made = HTTPHeaders()
    for name, value in headers.items():
        made[name] = value
    return AWSPreparedRequest(method, url, made, body, stream_output=False)


def signed(service: str) -> dict[str, str]:
    scope = f"AKIAX/20260115/{REGION}/{service}/aws4_request"
    return {"Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, Signature=0"}


def ecs_request(operation: str, body: bytes) -> AWSPreparedRequest:
    headers = {
        **signed("ecs"),
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": f"AmazonEC2ContainerServiceV20141113.{operation}",
    }
    return request("POST", f"https://ecs.{REGION}.amazonaws.com/", headers, body)


def test_a_request_that_fits_no_operation_needs_all_permissions() -> None:
    call = parse(ecs_request("MakeCoffee", b"{}"))
    assert call == ApiCall("ecs", "", region=REGION)
    refusal = authorize(call.service, call.operation, call.params, NOBODY)
    assert refusal is not None
    assert refusal.code == "AccessDeniedException"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text("a:/*", max_size=4),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["key", "value", "name", "targetId"]), inner, max_size=2)
    ),
    max_leaves=4,
)


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_no_ecs_request_causes_an_exception(data: st.DataObject) -> None:
    """Whatever is in the body, the answer is a refusal, because the caller has no policies."""
    operation = data.draw(st.sampled_from(ECS.operation_names))
    shape = ECS.operation_model(operation).input_shape
    members = st.sampled_from(sorted(shape.members) or ["x"])
    body = data.draw(st.dictionaries(members, json_values, max_size=5))
    call = parse(ecs_request(operation, json.dumps(body).encode()))
    assert call.operation == operation
    refusal = authorize(call.service, call.operation, call.params, NOBODY)
    assert refusal is not None
    assert refusal.code == "AccessDeniedException"


@given(st.binary(max_size=30))
def test_no_body_causes_an_exception(body: bytes) -> None:
    assert parse(ecs_request("RunTask", body)).operation == "RunTask"


def test_xml_is_escaped() -> None:
    status, headers, body = error_response("iam", AwsError("AccessDenied", "a < b & c", 403))
    assert status == 403
    assert headers["Content-Type"] == "text/xml"
    assert b"<Message>a &lt; b &amp; c</Message>" in body


def test_the_aws_cli_of_old_gets_xml_from_cloudwatch() -> None:
    """A service with several protocols answers in the one that it was asked in."""
    error = AwsError("AccessDenied", "no", 403)
    form = "application/x-www-form-urlencoded; charset=utf-8"
    assert error_response("cloudwatch", error, content_type=form)[2].startswith(b"<ErrorResponse>")
    assert json.loads(error_response("cloudwatch", error)[2])["__type"] == "AccessDenied"
