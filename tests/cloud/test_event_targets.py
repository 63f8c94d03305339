"""Who gets an event of EventBridge, and what becomes of one that can't be delivered."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta
from typing import Any

import boto3
from fleets import open_fleet
from inboxes import LET_EVENTS_IN, Inbox
from runs import TRUST, allow
from shops import Shop

from ecslab import Image

STOPPED = {"detail-type": ["ECS Task State Change"], "detail": {"lastStatus": ["STOPPED"]}}


def count(shop: Shop, name: str, rule: str) -> float:
    """Return how often something has happened to a rule."""
    answer = boto3.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/Events",
        MetricName=name,
        Dimensions=[{"Name": "RuleName", "Value": rule}],
        StartTime=shop.cloud.now - timedelta(hours=2),
        EndTime=shop.cloud.now + timedelta(minutes=1),
        Period=60,
        Statistics=["Sum"],
    )
    return float(sum(point["Sum"] for point in answer["Datapoints"]))


def test_a_queue_lets_eventbridge_in_by_its_own_policy(shop: Shop) -> None:
    """AWS: eb-use-resource-based: without it the event is lost, and FailedInvocations counts it."""
    closed, opened, dead = Inbox("closed", ""), Inbox("opened"), Inbox("dead")
    closed.listen("lost", STOPPED)
    closed.listen("kept", STOPPED, DeadLetterConfig={"Arn": dead.arn})
    opened.listen("heard", STOPPED)
    shop.stopped(shop.run(shop.define(Image(runs_for=5, exit_code=3))))
    assert closed.take() == []
    assert [event["detail"]["stopCode"] for event in opened.take()] == ["EssentialContainerExited"]
    (letter,) = dead.take()
    assert letter["detail"]["containers"][0]["exitCode"] == 3
    assert letter["attributes"]["ERROR_CODE"]["StringValue"] == "NO_PERMISSIONS"
    assert count(shop, "FailedInvocations", "lost") == 1
    assert count(shop, "FailedInvocations", "heard") == 0
    assert count(shop, "Invocations", "heard") == count(shop, "TriggeredRules", "heard") == 1


def test_the_policy_may_name_the_rule(shop: Shop) -> None:
    """AWS: eb-use-resource-based (aws:SourceArn is the rule)."""
    policy = json.loads(LET_EVENTS_IN)
    rule = "arn:aws:events:us-east-1:123456789012:rule/mine"
    policy["Statement"][0]["Condition"] = {"ArnEquals": {"aws:SourceArn": rule}}
    inbox = Inbox("inbox", json.dumps(policy))
    inbox.listen("mine", STOPPED)
    inbox.listen("other", STOPPED)
    shop.stopped(shop.run(shop.define(Image(runs_for=5))))
    assert len(inbox.take()) == 1


def test_a_topic_as_target(shop: Shop) -> None:
    """AWS: eb-use-resource-based: the topic's policy must let EventBridge publish."""
    inbox = Inbox()
    sns: Any = boto3.client("sns")
    topic = sns.create_topic(Name="stopped")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=inbox.arn)
    events: Any = boto3.client("events")
    events.put_rule(Name="stopped", EventPattern=json.dumps(STOPPED))
    events.put_targets(Rule="stopped", Targets=[{"Id": "t", "Arn": topic}])
    definition = shop.define(Image(runs_for=5))
    shop.stopped(shop.run(definition))
    assert inbox.take() == []
    policy = LET_EVENTS_IN.replace("sqs:SendMessage", "sns:Publish")
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy)
    shop.stopped(shop.run(definition))
    (notification,) = inbox.take()
    assert json.loads(notification["Message"])["detail"]["lastStatus"] == "STOPPED"


def test_container_instances_report_themselves(shop: Shop) -> None:
    """AWS: ecs_container_instance_events: registration, status, and what tasks leave of it."""
    inbox = Inbox()
    inbox.listen("hosts", {"detail-type": ["ECS Container Instance State Change"]})
    fleet = open_fleet(shop)
    (arn,) = fleet.join()
    first = inbox.take()
    assert first[-1]["resources"] == [arn]
    assert first[-1]["detail"]["agentConnected"] is True
    versions = [event["detail"]["version"] for event in first]
    assert versions == sorted(versions)
    shop.ecs.update_container_instances_state(
        cluster="shop", containerInstances=[arn], status="DRAINING"
    )
    assert inbox.take()[-1]["detail"]["status"] == "DRAINING"


def test_a_function_as_target(shop: Shop) -> None:
    """AWS: eb-use-resource-based: the function's policy must let EventBridge invoke it."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("note.py", "def handler(event, _):\n    print(event['detail-type'])\n")
    trust = TRUST.replace("ecs-tasks", "lambda")
    iam: Any = boto3.client("iam")
    role = iam.create_role(RoleName="note", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    iam.put_role_policy(RoleName="note", PolicyName="p", PolicyDocument=allow("logs:*"))
    function: Any = boto3.client("lambda")
    arn = function.create_function(
        FunctionName="note",
        Runtime="python3.13",
        Role=role,
        Handler="note.handler",
        Code={"ZipFile": content.getvalue()},
    )["FunctionArn"]
    events: Any = boto3.client("events")
    events.put_rule(Name="stopped", EventPattern=json.dumps(STOPPED))
    events.put_targets(Rule="stopped", Targets=[{"Id": "f", "Arn": arn}])
    definition = shop.define(Image(runs_for=5))
    shop.stopped(shop.run(definition))
    assert count(shop, "FailedInvocations", "stopped") == 1
    function.add_permission(
        FunctionName="note",
        StatementId="events",
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
        SourceArn="arn:aws:events:us-east-1:123456789012:rule/stopped",
    )
    shop.stopped(shop.run(definition))
    found = boto3.client("logs").filter_log_events(logGroupName="/aws/lambda/note")["events"]
    assert "ECS Task State Change" in [event["message"] for event in found]
