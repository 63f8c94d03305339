"""Logs of containers: the awslogs driver, FireLens, and reading CloudWatch Logs."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from runs import TRUST, Runs, allow, logging
from shops import Shop

from ecslab import Image

Json = dict[str, Any]
ROUTER = "public.ecr.aws/aws-observability/aws-for-fluent-bit:stable"


@pytest.fixture
def runs(shop: Shop) -> Runs:
    return Runs(shop)


def printer(size: int = 1) -> Image:
    """Return a program that answers, and prints lines of some KiB all the time."""
    return Image(port=80, work=lambda: print("x" * 1024 * size), every=1.0)


def cut_off(shop: Shop) -> str:
    """Return a security group whose tasks reach nothing once `close` is called."""
    ec2: Any = boto3.client("ec2")
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    return str(ec2.create_security_group(GroupName="g", Description="g", VpcId=vpc)["GroupId"])


def close(group: str, *, opened: bool = False) -> None:
    """Close a security group to everything outgoing, or open it again."""
    ec2: Any = boto3.client("ec2")
    everything = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    change = ec2.authorize_security_group_egress if opened else ec2.revoke_security_group_egress
    change(GroupId=group, IpPermissions=everything)


def network(shop: Shop, group: str) -> Json:
    found = shop.network()
    found["awsvpcConfiguration"]["securityGroups"] = [group]
    return found


def test_non_blocking_drops_what_its_buffer_does_not_hold(shop: Shop, runs: Runs) -> None:
    """Botocore LogConfiguration.options: mode is non-blocking by default; a full buffer drops."""
    group = cut_off(shop)
    spec = runs.container("app", printer())
    spec["logConfiguration"] = logging("app", **{"max-buffer-size": "10k"})
    runs.start("app", spec, network=network(shop, group))
    runs.until("app", "RUNNING")
    shop.cloud.advance(seconds=10)
    before = len(runs.lines("app"))
    close(group)
    shop.cloud.advance(seconds=60)
    assert len(runs.lines("app")) == before
    close(group, opened=True)
    shop.cloud.advance(seconds=10)
    after = len(runs.lines("app"))
    assert before + 10 <= after <= before + 20, "ten lines of 1 KiB, and those since"
    assert runs.task("app")["lastStatus"] == "RUNNING"


def test_blocking_stops_the_program_until_its_lines_are_taken(shop: Shop, runs: Runs) -> None:
    """ibid.: in the mode blocking a program waits, and can fail its health check meanwhile."""
    group = cut_off(shop)
    spec = runs.container(
        "app",
        printer(8),
        portMappings=[{"containerPort": 80}],
        healthCheck={
            "command": ["CMD-SHELL", "curl -f http://localhost/ || exit 1"],
            "interval": 10,
            "timeout": 2,
            "retries": 2,
        },
    )
    spec["logConfiguration"] = logging("app", mode="blocking")
    runs.start("app", spec, network=network(shop, group))
    runs.until("app", "RUNNING")
    shop.cloud.advance(seconds=20)
    assert runs.task("app")["healthStatus"] == "HEALTHY"
    close(group)
    shop.cloud.advance(seconds=60)
    assert runs.task("app")["healthStatus"] == "UNHEALTHY"
    close(group, opened=True)
    shop.cloud.advance(seconds=40)
    assert runs.task("app")["healthStatus"] == "HEALTHY"
    lines = runs.lines("app")
    assert len(lines) > 20, "nothing is lost"


def test_lines_of_one_event(shop: Shop, runs: Runs) -> None:
    """Botocore LogConfiguration.options: awslogs-multiline-pattern begins an event."""
    image = Image(logs=("ERROR one", "  at a", "  at b", "INFO two"))
    spec = runs.container("app", image)
    spec["logConfiguration"] = logging("app", **{"awslogs-multiline-pattern": "^(ERROR|INFO)"})
    runs.start("app", spec)
    runs.until("app", "RUNNING")
    assert runs.lines("app") == ["ERROR one\n  at a\n  at b", "INFO two"]


def routed(shop: Shop, runs: Runs, role: str, **options: str) -> None:
    """Run an application whose lines go through a log router."""
    app = runs.container("app", Image(logs=("hello",), work=lambda: print("tick"), every=10))
    app["logConfiguration"] = {"logDriver": "awsfirelens", "options": options}
    router = {
        "name": "router",
        "image": ROUTER,
        "essential": True,
        "firelensConfiguration": {"type": "fluentbit"},
        "logConfiguration": logging("router"),
    }
    runs.start("app", app, router, request={"overrides": {}}, taskRoleArn=role)


def test_firelens_to_cloudwatch_logs(shop: Shop, runs: Runs) -> None:
    """using_firelens: the router's task role, the tag, and the metadata of ECS in each record."""
    role = runs.role("writer", "logs:CreateLogStream", "logs:PutLogEvents", "logs:CreateLogGroup")
    routed(
        shop,
        runs,
        role,
        Name="cloudwatch_logs",
        region="us-east-1",
        log_group_name="/routed",
        log_stream_prefix="shop-",
        auto_create_group="true",
    )
    runs.until("app", "RUNNING")
    found = runs.logs.filter_log_events(logGroupName="/routed")["events"]
    identifier = runs.arns["app"].rsplit("/", 1)[-1]
    assert found[0]["logStreamName"] == f"shop-app-firelens-{identifier}"
    record = json.loads(found[0]["message"])
    assert record["log"] == "hello"
    assert record["ecs_task_arn"] == runs.arns["app"]
    assert record["ecs_task_definition"] == "app:1"
    order = [entry.fields["container"] for entry in shop.cloud.journal.of_kind("container.started")]
    assert order == ["router", "app"], "the router starts first"
    shop.ecs.stop_task(cluster="shop", task=runs.arns["app"])
    shop.stopped(runs.arns["app"])
    ended = [entry.fields["container"] for entry in shop.cloud.journal.of_kind("container.stopped")]
    assert ended == ["app", "router"], "and stops last"


def test_firelens_acts_with_the_task_role(shop: Shop, runs: Runs) -> None:
    """ibid.: what the role may not do is lost, and the router says so in its own log."""
    routed(
        shop,
        runs,
        runs.role("nobody"),
        Name="firehose",
        region="us-east-1",
        delivery_stream="shop",
    )
    runs.until("app", "RUNNING")
    (line, *_) = runs.lines("app", "router")[1:]
    assert "[error] [output:kinesis_firehose:kinesis_firehose.1]" in line
    assert "firehose:PutRecordBatch" in line


def test_firelens_to_a_bucket_and_a_firehose(shop: Shop, runs: Runs) -> None:
    """firelens-taskdef: the destinations s3 and firehose."""
    s3: Any = boto3.client("s3")
    s3.create_bucket(Bucket="kept")
    iam: Any = boto3.client("iam")
    trust = TRUST.replace("ecs-tasks", "firehose")
    writer = iam.create_role(RoleName="firehose", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    iam.put_role_policy(RoleName="firehose", PolicyName="p", PolicyDocument=allow("s3:*"))
    boto3.client("firehose").create_delivery_stream(
        DeliveryStreamName="shop",
        S3DestinationConfiguration={"RoleARN": writer, "BucketARN": "arn:aws:s3:::kept"},
    )
    role = runs.role("writer", "s3:PutObject", "firehose:PutRecordBatch")
    routed(shop, runs, role, Name="s3", region="us-east-1", bucket="kept", log_key="log")
    runs.until("app", "RUNNING")
    (key, *_) = [each["Key"] for each in s3.list_objects_v2(Bucket="kept")["Contents"]]
    assert key.startswith("fluent-bit-logs/app-firelens-")
    assert s3.get_object(Bucket="kept", Key=key)["Body"].read() == b"hello\n"
    before = s3.list_objects_v2(Bucket="kept")["KeyCount"]
    app = runs.container("other", Image(logs=("to firehose",)))
    app["logConfiguration"] = {
        "logDriver": "awsfirelens",
        "options": {"Name": "firehose", "region": "us-east-1", "delivery_stream": "shop"},
    }
    router = {"name": "r", "image": ROUTER, "firelensConfiguration": {"type": "fluentbit"}}
    runs.start("other", app, router, taskRoleArn=role)
    runs.until("other", "RUNNING")
    assert s3.list_objects_v2(Bucket="kept")["KeyCount"] > before


def test_streams_by_prefix_and_patterns(shop: Shop, runs: Runs) -> None:
    """Botocore FilterLogEventsRequest: logStreamNamePrefix and filterPattern."""
    for name in ("web", "api"):
        runs.start(name, runs.container(name, Image(logs=(f"INFO {name}", f"ERROR {name}"))))
        runs.until(name, "RUNNING")

    def found(**arguments: Any) -> list[str]:
        events = runs.logs.filter_log_events(logGroupName="/runs", **arguments)["events"]
        return [event["message"] for event in events]

    assert found(logStreamNamePrefix="web/web/") == ["INFO web", "ERROR web"]
    assert found(logStreamNamePrefix="none") == []
    assert sorted(found(filterPattern="ERROR")) == ["ERROR api", "ERROR web"]
    assert found(logStreamNamePrefix="api", filterPattern="-ERROR") == ["INFO api"]
    with pytest.raises(ClientError, match="not part of this simulation"):
        found(filterPattern="[a, b]")
    with pytest.raises(ClientError, match="logStreamNamePrefix"):
        found(logStreamNamePrefix="w", logStreamNames=["web"])


def test_events_of_several_streams_come_in_the_order_of_time(shop: Shop, runs: Runs) -> None:
    """Botocore FilterLogEvents: streams are always interleaved, whatever interleaved says."""
    for name in ("old", "new"):
        image = Image(logs=(f"{name} starts",), work=lambda: print("tick"), every=100.0)
        runs.start(name, runs.container(name, image))
        runs.until(name, "RUNNING")
    shop.cloud.advance(seconds=110)
    for interleaved in (True, False):
        found = runs.logs.filter_log_events(logGroupName="/runs", interleaved=interleaved)["events"]
        times = [event["timestamp"] for event in found]
        streams = [event["logStreamName"].partition("/")[0] for event in found]
        assert times == sorted(times)
        assert streams[0] == "old"
        assert streams.index("new") < len(streams) - 1 - streams[::-1].index("old")


def test_insights(shop: Shop, runs: Runs) -> None:
    """Botocore logs StartQuery and GetQueryResults; moto ignores filters and statistics."""
    lines = [json.dumps({"path": path, "ms": ms}) for path, ms in (("/", 5), ("/books", 900))]
    runs.start("web", runs.container("web", Image(logs=tuple(lines))))
    runs.until("web", "RUNNING")

    def ask(query: str) -> list[Json]:
        now = int(shop.cloud.now.timestamp())
        started = runs.logs.start_query(
            logGroupName="/runs", startTime=now - 3600, endTime=now, queryString=query
        )
        answer = runs.logs.get_query_results(queryId=started["queryId"])
        assert answer["status"] == "Complete"
        return [{each["field"]: each["value"] for each in row} for row in answer["results"]]

    assert ask("fields path | filter ms > 100") == [{"path": "/books"}]
    assert ask("stats max(ms) as slowest by path | sort slowest desc | limit 1") == [
        {"path": "/books", "slowest": "900"}
    ]
    with pytest.raises(ClientError, match="dedup") as refused:
        ask("fields path | dedup path")
    assert refused.value.response["Error"]["Code"] == "MalformedQueryException"


def test_events_expire(shop: Shop, runs: Runs) -> None:
    """Botocore PutRetentionPolicy: events are deleted after that many days."""
    runs.start("web", runs.container("web", Image(logs=("old",), runs_for=5)))
    runs.until("web", "STOPPED")
    shop.cloud.advance(days=2)
    assert len(runs.logs.filter_log_events(logGroupName="/runs")["events"]) == 1
    runs.logs.put_retention_policy(logGroupName="/runs", retentionInDays=1)
    assert runs.logs.filter_log_events(logGroupName="/runs")["events"] == []
