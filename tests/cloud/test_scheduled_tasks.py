"""Tasks that EventBridge runs: on a schedule of a rule, of the Scheduler, and for an event.

AWS: ECS tasks-scheduled-eventbridge-scheduler; EventBridge user guide (scheduled rules, targets,
dead-letter queues); botocore events EcsParameters, scheduler EcsParameters.
"""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from runs import allow
from shops import Shop

from ecslab import Image

Json = dict[str, Any]

CLUSTER = "arn:aws:ecs:us-east-1:123456789012:cluster/shop"


class Plan:
    """A task definition `job`, whose container runs for ten seconds, and roles to run it with."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.definition = shop.define(Image(runs_for=10), family="job")
        self.events: Any = boto3.client("events")
        self.scheduler: Any = boto3.client("scheduler")
        self.sqs: Any = boto3.client("sqs")

    def role(self, service: str, *actions: str, name: str = "runner") -> str:
        """Make a role that a service may assume; return its ARN."""
        principal = {"Service": f"{service}.amazonaws.com"}
        statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
        trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam: Any = boto3.client("iam")
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        policy = allow(*(actions or ("ecs:RunTask", "iam:PassRole")))
        iam.put_role_policy(RoleName=name, PolicyName="run", PolicyDocument=policy)
        return str(arn)

    def target(self, role: str, **more: Any) -> Json:
        """Return the cluster as a target that runs the task definition."""
        network = {"Subnets": self.shop.subnets[:2], "AssignPublicIp": "ENABLED"}
        ecs = {
            "TaskDefinitionArn": self.definition,
            "LaunchType": "FARGATE",
            "NetworkConfiguration": {"awsvpcConfiguration": network},
        }
        return {"Arn": CLUSTER, "RoleArn": role, "EcsParameters": ecs, **more}

    def rule(self, expression: str, role: str, **more: Any) -> None:
        """Put the target on a scheduled rule named nightly."""
        self.events.put_rule(Name="nightly", ScheduleExpression=expression)
        target = {"Id": "t", **self.target(role, **more)}
        self.events.put_targets(Rule="nightly", Targets=[target])

    def schedule(self, expression: str, role: str, **more: Any) -> None:
        """Create a schedule named nightly."""
        target = self.target(role, **more.pop("target", {}))
        self.scheduler.create_schedule(
            Name="nightly",
            ScheduleExpression=expression,
            Target=target,
            **{"FlexibleTimeWindow": {"Mode": "OFF"}, **more},
        )

    def tasks(self) -> list[Json]:
        """Describe all tasks of the cluster, oldest first."""
        ecs = self.shop.ecs
        arns = [
            arn
            for status in ("RUNNING", "STOPPED")
            for arn in ecs.list_tasks(cluster="shop", desiredStatus=status)["taskArns"]
        ]
        if not arns:
            return []
        found = ecs.describe_tasks(cluster="shop", tasks=arns)["tasks"]
        return sorted(found, key=lambda task: task["createdAt"])

    def queue(self) -> str:
        """Make a queue for what fails; return its URL."""
        return str(self.sqs.create_queue(QueueName="dead")["QueueUrl"])

    def errors(self, url: str) -> list[str]:
        """Return the error codes in the queue."""
        got = self.sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        )
        return [each["MessageAttributes"]["ERROR_CODE"]["StringValue"] for each in got["Messages"]]


DEAD = {"DeadLetterConfig": {"Arn": "arn:aws:sqs:us-east-1:123456789012:dead"}}


@pytest.fixture
def plan(shop: Shop) -> Plan:
    return Plan(shop)


def test_a_rule_runs_its_task_at_its_rate(plan: Plan) -> None:
    """The role of the target runs the task; startedBy names the rule."""
    plan.rule("rate(5 minutes)", plan.role("events"))
    plan.shop.cloud.advance(minutes=4)
    assert plan.tasks() == []
    plan.shop.cloud.advance(minutes=12)
    tasks = plan.tasks()
    assert [task["createdAt"].strftime("%M:%S") for task in tasks] == ["05:00", "10:00", "15:00"]
    assert {task["startedBy"] for task in tasks} == {"events-rule/nightly"}
    assert tasks[0]["stopCode"] == "EssentialContainerExited"
    plan.events.disable_rule(Name="nightly")
    plan.shop.cloud.advance(minutes=12)
    assert len(plan.tasks()) == 3
    plan.events.enable_rule(Name="nightly")
    plan.shop.cloud.advance(minutes=6)
    assert len(plan.tasks()) == 4


def test_a_cron_rule_passes_overrides(plan: Plan) -> None:
    """Botocore events Target.Input: the overrides of RunTask; TaskCount."""
    override = {"containerOverrides": [{"name": "app", "command": ["report"]}]}
    plan.rule("cron(30 9 * * ? *)", plan.role("events"), Input=json.dumps(override))
    plan.shop.cloud.advance(minutes=31)
    (task,) = plan.tasks()
    assert task["createdAt"].strftime("%M:%S") == "30:00"
    assert task["overrides"]["containerOverrides"][0]["command"] == ["report"]
    plan.events.remove_targets(Rule="nightly", Ids=["t"])
    plan.shop.cloud.advance(days=1)
    assert plan.tasks() == []  # stopped tasks are gone after an hour


def test_a_rule_runs_a_task_for_an_event(plan: Plan) -> None:
    """A task that stops starts another one: the pattern matches the event of ECS itself."""
    pattern = {"detail-type": ["ECS Task State Change"], "detail": {"lastStatus": ["STOPPED"]}}
    pattern["detail"]["group"] = ["first"]  # type: ignore[index]
    plan.events.put_rule(Name="then", EventPattern=json.dumps(pattern))
    target = {"Id": "t", "Input": "{}", **plan.target(plan.role("events"))}
    plan.events.put_targets(Rule="then", Targets=[target])
    plan.shop.run(plan.definition, group="first")
    plan.shop.cloud.advance(minutes=3)
    assert [task.get("startedBy") for task in plan.tasks()] == [None, "events-rule/then"]


def test_the_scheduler_runs_once_and_cleans_up(plan: Plan) -> None:
    """Botocore scheduler ActionAfterCompletion; at() in the schedule's time zone."""
    plan.schedule(
        "at(2026-01-15T10:30:00)",
        plan.role("scheduler"),
        ScheduleExpressionTimezone="Europe/Berlin",
        ActionAfterCompletion="DELETE",
    )
    plan.shop.cloud.advance(minutes=40)
    (task,) = plan.tasks()
    assert (task["createdAt"] - plan.shop.cloud.now).total_seconds() == -600
    assert task["startedBy"] == "chronos-schedule/nightly"
    assert plan.scheduler.list_schedules()["Schedules"] == []


def test_the_scheduler_keeps_to_its_window_and_end(plan: Plan) -> None:
    """Botocore scheduler FlexibleTimeWindow.MaximumWindowInMinutes, EndDate."""
    plan.schedule(
        "rate(10 minutes)",
        plan.role("scheduler"),
        EndDate=plan.shop.cloud.now.timestamp() + 25 * 60,
        FlexibleTimeWindow={"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 3},
    )
    plan.shop.cloud.advance(minutes=50)
    begin = plan.shop.cloud.now.timestamp() - 50 * 60
    minutes = [(task["createdAt"].timestamp() - begin) / 60 for task in plan.tasks()]
    assert len(minutes) == 2
    assert 10 <= minutes[0] <= 13
    assert 20 <= minutes[1] <= 23


@pytest.mark.parametrize("kind", ["rule", "schedule"])
def test_what_fails_is_in_the_dead_letter_queue(plan: Plan, kind: str) -> None:
    """A role without ecs:RunTask; a role that the service may not assume."""
    url = plan.queue()
    service = "events" if kind == "rule" else "scheduler"
    wrong = plan.role("ec2", name="other")
    denied = plan.role(service, "ecs:ListTasks", name="denied")
    for role in (denied, wrong):
        if kind == "rule":
            plan.rule("rate(1 minute)", role, **DEAD)
        elif role == denied:
            plan.schedule("rate(1 minute)", role, target=DEAD)
        else:
            plan.scheduler.update_schedule(
                Name="nightly",
                ScheduleExpression="rate(1 minute)",
                FlexibleTimeWindow={"Mode": "OFF"},
                Target=plan.target(role, **DEAD),
            )
        plan.shop.cloud.advance(seconds=61)
    assert plan.errors(url) == ["AccessDeniedException", "NO_PERMISSIONS"]
    assert plan.tasks() == []


def test_without_pass_role_the_task_is_not_run(plan: Plan) -> None:
    """AWS: CWE_IAM_role (the role needs iam:PassRole for the task's roles)."""
    url = plan.queue()
    plan.rule("rate(1 minute)", plan.role("events", "ecs:RunTask"), **DEAD)
    plan.shop.cloud.advance(seconds=61)
    assert plan.errors(url) == ["AccessDeniedException"]
    assert plan.tasks() == []


def test_a_task_definition_that_is_gone(plan: Plan) -> None:
    """AWS: RunTask refuses what there is not, whoever asks; the rule goes on being due."""
    url = plan.queue()
    plan.rule("rate(1 minute)", plan.role("events"), **DEAD)
    plan.shop.ecs.deregister_task_definition(taskDefinition=plan.definition)
    plan.shop.ecs.delete_task_definitions(taskDefinitions=[plan.definition])
    plan.shop.cloud.advance(hours=1)
    errors = plan.errors(url)
    assert set(errors) <= {"InvalidParameterException", "ClientException"}
    assert errors
