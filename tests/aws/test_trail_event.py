"""Which calls are data events: told at a glance, and told from the whole request.

AWS: logging-data-events-with-cloudtrail.
"""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest

from ecslab import Cloud
from ecslab.aws.identity import Caller
from ecslab.aws.trail_event import RequestCall, TrailEvent, may_be_data

BUCKET = {"Bucket": "covers"}
KEY = {"Bucket": "covers", "Key": "a/1.jpg"}
QUEUE = "https://sqs.us-east-1.amazonaws.com/123456789012/q"
ITEM = {"TableName": "none", "Key": {"id": {"S": "1"}}}
CALLS: list[tuple[str, str, dict[str, Any], bool]] = [
    ("s3", "put_object", KEY, True),
    ("s3", "get_object", KEY, True),
    ("s3", "list_objects_v2", BUCKET, False),
    ("s3", "get_bucket_location", BUCKET, False),
    ("s3", "list_buckets", {}, False),
    ("sqs", "receive_message", {"QueueUrl": QUEUE}, True),
    ("sqs", "get_queue_url", {"QueueName": "q"}, False),
    ("dynamodb", "list_tables", {}, False),
    ("dynamodb", "get_item", ITEM, True),
    ("logs", "describe_log_groups", {}, False),
    ("logs", "filter_log_events", {"logGroupName": "none"}, True),
    ("secretsmanager", "get_secret_value", {"SecretId": "none"}, False),
    ("ssm", "get_parameters", {"Names": ["none"]}, False),
    ("ecs", "list_clusters", {}, False),
    ("ecr", "get_authorization_token", {}, False),
]


@pytest.fixture
def cloud() -> Any:
    with Cloud() as running:
        boto3.client("s3").create_bucket(Bucket="covers")
        boto3.client("sqs").create_queue(QueueName="q")
        yield running


@pytest.mark.parametrize(
    ("service", "operation", "arguments", "data"),
    [pytest.param(*each, id=f"{each[0]}.{each[1]}") for each in CALLS],
)
def test_a_glance_and_a_look_agree(
    cloud: Any, service: str, operation: str, arguments: dict[str, Any], *, data: bool
) -> None:
    """A program's data events are not kept unless a trail wants them, so the glance must be right.

    AWS: LookupEvents gives management events only.
    """
    seen: list[Any] = []
    client = boto3.client(service)
    client.meta.events.register("before-send", lambda request, **_: seen.append(request))
    with contextlib.suppress(client.exceptions.ClientError):
        getattr(client, operation)(**arguments)
    request = seen[-1]
    event = TrailEvent("", datetime.now(UTC), RequestCall(request, Caller("user"), 200, b""))
    assert (may_be_data(request), event.is_data) == (data, data)
