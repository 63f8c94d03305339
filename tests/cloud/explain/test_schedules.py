"""Drill 24: the scheduled task that silently does not run."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from chains import explained
from fleets import open_fleet
from shops import Shop
from test_scheduled_tasks import CLUSTER, Plan

Json = dict[str, Any]
RULE = "arn:aws:events:us-east-1:123456789012:rule/nightly"
SCHEDULE = "arn:aws:scheduler:us-east-1:123456789012:schedule/default/nightly"


@pytest.fixture
def plan(shop: Shop) -> Plan:
    return Plan(shop)


def both(plan: Plan, role: str, cause: str, **more: Any) -> None:
    """Put the same target on a rule and on a schedule, let both be due, and explain both."""
    plan.rule("rate(1 minute)", role, **more)
    plan.schedule("rate(1 minute)", role, target=more)
    plan.shop.cloud.advance(seconds=70)
    explained(plan.shop.cloud, RULE, cause)
    explained(plan.shop.cloud, SCHEDULE, cause)


def trusted(plan: Plan, *actions: str) -> str:
    """Return a role that both services may assume."""
    arn = plan.role("events", *actions)
    services = ["events.amazonaws.com", "scheduler.amazonaws.com"]
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": services},
        "Action": "sts:AssumeRole",
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam: Any = boto3.client("iam")
    iam.update_assume_role_policy(RoleName="runner", PolicyDocument=document)
    return arn


def test_it_runs(plan: Plan) -> None:
    """What a schedule that works says: its last task."""
    both(plan, trusted(plan), "looking for capacity|Images are|agent|It runs|is essential")
    plan.shop.cloud.advance(minutes=2)
    plan.events.disable_rule(Name="nightly")
    explained(plan.shop.cloud, RULE, "It is disabled: nothing happens")


def test_the_role_is_not_for_eventbridge(plan: Plan) -> None:
    """AWS: CWE_IAM_role: the trust policy names the service."""
    both(plan, plan.role("ec2"), "trust policy of runner does not let (events|scheduler)")


def test_the_role_may_not_run_tasks(plan: Plan) -> None:
    """AWS: CWE_IAM_role: ecs:RunTask."""
    both(plan, trusted(plan, "ecs:ListTasks"), "No policy of the role runner allows ecs:RunTask")


def test_the_role_may_not_pass_the_tasks_roles(plan: Plan) -> None:
    """AWS: CWE_IAM_role: iam:PassRole for the task's roles."""
    both(plan, trusted(plan, "ecs:RunTask"), "No policy of the role runner allows iam:PassRole")


def test_before_it_has_ever_been_due(plan: Plan) -> None:
    """The policies say what will happen."""
    plan.rule("cron(0 3 * * ? *)", trusted(plan, "ecs:RunTask"))
    found = explained(plan.shop.cloud, RULE, "No policy of the role runner allows iam:PassRole")
    assert "due next at 2026-01-16 03:00 UTC" in found.steps[0].words


def test_the_task_definition_is_gone(plan: Plan) -> None:
    """AWS: task-definition deregistration: no new tasks from an INACTIVE revision."""
    role = trusted(plan)
    plan.shop.ecs.deregister_task_definition(taskDefinition=plan.definition)
    both(plan, role, "has been deregistered: no new task")
    plan.shop.ecs.delete_task_definitions(taskDefinitions=[plan.definition])
    plan.shop.cloud.advance(hours=1)
    explained(plan.shop.cloud, RULE, "Amazon ECS has no such task definition")


def test_the_cluster_is_gone(plan: Plan) -> None:
    role = trusted(plan)
    plan.shop.ecs.delete_cluster(cluster="shop")
    both(plan, role, "There is no cluster shop in which its task could run")


def test_a_request_that_run_task_refuses(plan: Plan) -> None:
    """AWS: botocore ecs RunTask: awsvpc needs a network configuration."""
    ecs = {"TaskDefinitionArn": plan.definition, "LaunchType": "FARGATE"}
    found_words = "This is what it asks for: .*[Nn]etwork"
    both(plan, trusted(plan), found_words, EcsParameters=ecs)


def test_no_room_on_the_instances(plan: Plan) -> None:
    """AWS: api_failures_messages: a failure in an answer with HTTP status 200."""
    fleet = open_fleet(plan.shop)
    fleet.join()
    ecs = {
        "TaskDefinitionArn": fleet.define(container_memory=60000),
        "LaunchType": "EC2",
    }
    both(plan, trusted(plan), "what the instance that RunTask names has left", EcsParameters=ecs)


def test_no_target_no_cluster_no_rule(plan: Plan) -> None:
    plan.events.put_rule(Name="nightly", ScheduleExpression="rate(5 minutes)")
    explained(plan.shop.cloud, RULE, "It has no target")
    queue = "arn:aws:sqs:us-east-1:123456789012:inbox"
    plan.events.put_targets(Rule="nightly", Targets=[{"Id": "q", "Arn": queue}])
    explained(plan.shop.cloud, RULE, "None of its targets is a cluster")
    plan.events.put_targets(Rule="nightly", Targets=[{"Id": "c", "Arn": CLUSTER}])
    explained(plan.shop.cloud, RULE, "has no role: EventBridge may not call")
    explained(plan.shop.cloud, RULE.replace("nightly", "none"), "EventBridge has no such rule")
    pattern = json.dumps({"source": ["aws.ecs"]})
    plan.events.put_rule(Name="then", EventPattern=pattern)
    found = explained(plan.shop.cloud, RULE.replace("nightly", "then"), "It has no target")
    assert found.steps[0].evidence.value == pattern


def test_schedules_that_are_over(plan: Plan) -> None:
    """AWS: EventBridge Scheduler: one-time schedules, end dates, states."""
    role = trusted(plan)
    plan.schedule("at(2026-01-15T09:05:00)", role)
    plan.shop.cloud.advance(hours=2)
    found = explained(plan.shop.cloud, SCHEDULE, "it has started no task within the last hour")
    assert "was due once" in found.steps[0].words
    settings: Json = {"Name": "nightly", "FlexibleTimeWindow": {"Mode": "OFF"}}
    settings |= {"Target": plan.target(role)}
    plan.scheduler.update_schedule(
        **settings,
        ScheduleExpression="rate(5 minutes)",
        EndDate=plan.shop.cloud.now.timestamp() - 60,
    )
    explained(plan.shop.cloud, SCHEDULE, "Its end has passed")
    plan.scheduler.update_schedule(
        **settings, ScheduleExpression="rate(5 minutes)", State="DISABLED"
    )
    explained(plan.shop.cloud, SCHEDULE, "It is disabled: it is never due")
    plan.scheduler.delete_schedule(Name="nightly")
    explained(plan.shop.cloud, SCHEDULE, "has no such schedule")


def test_an_expression_that_no_time_fulfils(plan: Plan) -> None:
    """AWS: EventBridge user guide, cron: the thirtieth of February."""
    plan.rule("cron(0 3 30 2 ? *)", trusted(plan))
    explained(plan.shop.cloud, RULE, "No time ever fulfils this expression")
