"""CloudTrail: who called what, with which role, and what was denied.

AWS: botocore cloudtrail LookupEvents; cloudtrail-event-reference; logging-data-events; facts:
security, section 4 (task-role calls carry the task in their session).
"""

from __future__ import annotations

import gzip
import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from runs import Json, Runs

from ecslab import Image


def lookup(**attribute: str) -> list[Json]:
    """Return CloudTrail's records with one attribute, the most recent first."""
    trail: Any = boto3.client("cloudtrail")
    asked = [{"AttributeKey": k, "AttributeValue": v} for k, v in attribute.items()]
    found = trail.lookup_events(**({"LookupAttributes": asked} if asked else {}))["Events"]
    return [json.loads(event["CloudTrailEvent"]) for event in found]


def _reads_a_bucket() -> None:
    try:
        boto3.client("s3").list_buckets()
        boto3.client("s3").get_object(Bucket="covers", Key="1.jpg")
    except ClientError as error:
        print(error.response["Error"]["Code"])


def test_calls_come_back_with_their_answers_newest_first(shop: Any) -> None:
    """AWS: botocore cloudtrail LookupEvents: the most recent event is listed first."""
    shop.ecs.create_cluster(clusterName="second")
    with pytest.raises(ClientError):
        shop.ecs.describe_services(cluster="none", services=["x"])
    failed, made = lookup(EventSource="ecs.amazonaws.com")[:2]
    assert (failed["eventName"], failed["errorCode"]) == (
        "DescribeServices",
        "ClusterNotFoundException",
    )
    assert (failed["readOnly"], made["readOnly"]) == (True, False)
    assert made["requestParameters"] == {"clusterName": "second"}
    assert made["responseElements"]["cluster"]["clusterName"] == "second"
    assert made["userIdentity"]["type"] == "IAMUser"


def test_what_a_task_calls_carries_its_role_and_its_id(shop: Any) -> None:
    """AWS: task-iam-roles, auditing; cloudtrail-event-reference-user-identity."""
    runs = Runs(shop)
    arn = runs.start(
        "app",
        runs.container("app", Image(work=_reads_a_bucket, every=600)),
        taskRoleArn=runs.role("app", "ecs:ListTasks"),
    )
    runs.until("app", "RUNNING")
    shop.cloud.advance(seconds=10)
    (record,) = lookup(Username=arn.rsplit("/", 1)[-1])[:1]
    assert record["eventName"] == "ListBuckets"
    assert record["errorCode"] == "AccessDenied"
    identity = record["userIdentity"]
    assert identity["type"] == "AssumedRole"
    assert identity["arn"].endswith(f":assumed-role/app/{arn.rsplit('/', 1)[-1]}")
    assert identity["sessionContext"]["sessionIssuer"]["arn"].endswith(":role/app")


def test_what_ecs_does_with_the_execution_role_is_there(shop: Any) -> None:
    """AWS: task_execution_IAM_role: pulls and secrets are called with the execution role."""
    runs = Runs(shop)
    role = runs.role("few", "ecr:GetAuthorizationToken")
    runs.start("app", runs.container("app", Image()), executionRoleArn=role)
    runs.until("app", "STOPPED")
    records = [
        record
        for record in lookup(EventSource="ecr.amazonaws.com")
        if record["userIdentity"].get("sessionContext", {}).get("sessionIssuer", {}).get("userName")
        == "few"
    ]
    logs = lookup(EventName="CreateLogStream")
    assert [record["eventName"] for record in records] == ["GetAuthorizationToken"]
    assert logs[0]["errorCode"] == "AccessDenied"
    assert "logs:CreateLogStream" in logs[0]["errorMessage"]


def test_secrets_are_hidden_and_data_events_left_out(shop: Any) -> None:
    """AWS: logging-data-events-with-cloudtrail: the event history has management events only."""
    boto3.client("secretsmanager").create_secret(Name="s", SecretString="geheim")
    s3: Any = boto3.client("s3")
    s3.create_bucket(Bucket="covers")
    s3.put_object(Bucket="covers", Key="1.jpg", Body=b"x")
    s3.list_objects_v2(Bucket="covers")
    assert [record["eventName"] for record in lookup(EventSource="s3.amazonaws.com")] == [
        "ListObjectsV2",
        "CreateBucket",
    ]
    assert "geheim" not in json.dumps(lookup())
    (made,) = lookup(EventName="CreateSecret")
    assert made["requestParameters"]["secretString"].startswith("HIDDEN")


def test_pages_times_and_wrong_questions(shop: Any) -> None:
    """AWS: botocore cloudtrail LookupEventsRequest: MaxResults to 50, one attribute, a range."""
    trail: Any = boto3.client("cloudtrail")
    for number in range(5):
        shop.ecs.create_cluster(clusterName=f"c{number}")
    shop.cloud.advance(minutes=10)
    later = shop.cloud.now
    shop.ecs.create_cluster(clusterName="late")
    first = trail.lookup_events(MaxResults=2)
    second = trail.lookup_events(MaxResults=2, NextToken=first["NextToken"])
    assert len(first["Events"]) == len(second["Events"]) == 2
    recent = trail.lookup_events(StartTime=later)["Events"]
    assert "late" in recent[-1]["CloudTrailEvent"]
    for code, asked in (
        ("InvalidMaxResultsException", {"MaxResults": 51}),
        ("InvalidNextTokenException", {"NextToken": "9999"}),
        ("InvalidTimeRangeException", {"StartTime": later, "EndTime": later.replace(year=2020)}),
        (
            "InvalidLookupAttributesException",
            {"LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": "x"}] * 2},
        ),
    ):
        with pytest.raises(ClientError, match=code):
            trail.lookup_events(**asked)


def test_events_are_kept_for_ninety_days(shop: Any) -> None:
    """AWS: view-cloudtrail-events: the event history covers the last 90 days."""
    shop.cloud.advance(days=91)
    shop.ecs.create_cluster(clusterName="new")
    assert [record["eventName"] for record in lookup()] == ["CreateCluster"]


def test_a_trail_delivers_the_data_events_that_it_selects(shop: Any) -> None:
    """AWS: get-and-view-cloudtrail-log-files; put_event_selectors."""
    s3: Any = boto3.client("s3")
    trail: Any = boto3.client("cloudtrail")
    for bucket in ("covers", "trail-files"):
        s3.create_bucket(Bucket=bucket)
    trail.create_trail(Name="audit", S3BucketName="trail-files", S3KeyPrefix="shop")
    selector = {
        "ReadWriteType": "ReadOnly",
        "IncludeManagementEvents": False,
        "DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]}],
    }
    trail.put_event_selectors(TrailName="audit", EventSelectors=[selector])
    s3.put_object(Bucket="covers", Key="before", Body=b"x")
    trail.start_logging(Name="audit")
    s3.put_object(Bucket="covers", Key="1.jpg", Body=b"x")
    s3.get_object(Bucket="covers", Key="1.jpg")
    shop.cloud.advance(minutes=6)
    (stored,) = s3.list_objects_v2(Bucket="trail-files")["Contents"]
    prefix = "shop/AWSLogs/123456789012/CloudTrail/us-east-1/2026/01/15/123456789012_CloudTrail_"
    assert stored["Key"].startswith(prefix)
    body = s3.get_object(Bucket="trail-files", Key=stored["Key"])["Body"].read()
    (record,) = json.loads(gzip.decompress(body))["Records"]
    assert (record["eventName"], record["eventCategory"]) == ("GetObject", "Data")
    asked = record["requestParameters"]
    assert (asked["bucket"], asked["key"]) == ("covers", "1.jpg")
    trail.stop_logging(Name="audit")
    s3.get_object(Bucket="covers", Key="1.jpg")
    shop.cloud.advance(minutes=20)
    assert len(s3.list_objects_v2(Bucket="trail-files")["Contents"]) == 1
