"""Drill 11: ECS Exec, TargetNotConnectedException, and the other ways in which it is refused."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from chains import explained
from runs import Runs
from shops import Shop
from test_exec import SSM, WEB, refusal, start

from ecslab import Image


@pytest.fixture
def runs(shop: Shop) -> Runs:
    return Runs(shop)


def test_it_works(runs: Runs) -> None:
    """AWS: ecs-exec: with the four actions and a way to ssmmessages."""
    arn = start(runs)
    explained(runs.shop.cloud, arn, "nothing is wrong")


def test_it_was_not_enabled(runs: Runs) -> None:
    """AWS: ecs-exec: what counts is the moment at which the task was started."""
    role = runs.role("app", SSM)
    arn = runs.start("web", runs.container("web", WEB), taskRoleArn=role)
    runs.until("web", "RUNNING")
    explained(runs.shop.cloud, arn, "nothing is wrong")
    assert refusal(runs, arn)[0] == "InvalidParameterException"
    found = explained(runs.shop.cloud, arn, "was not enabled when this task was started")
    assert found.cause.evidence.value is False
    assert "execute command was not enabled" in found.steps[1].evidence.value


def test_a_service_that_enables_it_later(shop: Shop) -> None:
    """AWS: botocore ecs UpdateServiceRequest.enableExecuteCommand: new tasks get it."""
    runs = Runs(shop)
    definition = shop.ecs.register_task_definition(
        family="web",
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        cpu="256",
        memory="512",
        executionRoleArn=shop.role,
        taskRoleArn=runs.role("app", SSM),
        containerDefinitions=[runs.container("web", WEB)],
    )["taskDefinition"]["taskDefinitionArn"]
    shop.serve(definition, 1)
    shop.cloud.advance(minutes=2)
    (old,) = shop.ecs.list_tasks(cluster="shop")["taskArns"]
    refusal(runs, old)
    explained(shop.cloud, old, "does not enable it for new tasks either")
    shop.ecs.update_service(cluster="shop", service="web", enableExecuteCommand=True)
    explained(shop.cloud, old, "enabled by now; only new tasks get it")


def test_an_agent_that_has_not_started(runs: Runs) -> None:
    """AWS: ecs-exec, troubleshooting: the agent comes after its container."""
    arn = runs.start(
        "web",
        runs.container("web", WEB),
        taskRoleArn=runs.role("app", SSM),
        request={"enableExecuteCommand": True},
    )
    runs.until("web", "RUNNING")
    assert refusal(runs, arn)[0] == "InvalidParameterException"
    found = explained(runs.shop.cloud, arn, "has not started yet")
    assert found.cause.evidence.value == "PENDING"
    runs.shop.cloud.advance(seconds=10)
    explained(runs.shop.cloud, arn, "nothing is wrong")


def test_the_role_lacks_the_channels(runs: Runs) -> None:
    """AWS: task-iam-roles, ECS Exec permissions: all four actions of ssmmessages."""
    arn = start(runs, actions=("s3:GetObject",))
    words = "No policy of the role web-app allows ssmmessages:CreateControlChannel"
    explained(runs.shop.cloud, arn, words)
    assert refusal(runs, arn)[0] == "TargetNotConnectedException"
    found = explained(runs.shop.cloud, arn, words)
    assert any("refused with TargetNotConnectedException" in step.words for step in found.steps)
    assert any(step.evidence.value == "RUNNING" for step in found.steps[2:])


def test_keys_in_the_environment(runs: Runs) -> None:
    """AWS: task-iam-roles (order of credentials): they hide the task role."""
    keys = [
        {"name": "AWS_ACCESS_KEY_ID", "value": "AKIAABCDEFGHIJKLMNOP"},
        {"name": "AWS_SECRET_ACCESS_KEY", "value": "x"},
    ]
    arn = start(runs, environment=keys)
    explained(runs.shop.cloud, arn, "has access keys in its environment")


def test_no_way_to_systems_manager(runs: Runs) -> None:
    """AWS: ecs-exec, vpc-endpoints: the interface endpoint ssmmessages, or a way out."""
    arn = start(runs)
    ec2: Any = boto3.client("ec2")
    subnet = runs.task("web")["attachments"][0]["details"][0]["value"]
    vpc = ec2.describe_subnets(SubnetIds=[subnet])["Subnets"][0]["VpcId"]
    tables = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc]}])
    table = tables["RouteTables"][0]["RouteTableId"]
    ec2.delete_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0")
    found = explained(runs.shop.cloud, arn, r"has no route for 0\.0\.0\.0/0")
    assert any("ssmmessages" in step.words for step in found.steps)


def test_a_read_only_root(runs: Runs) -> None:
    """AWS: ecs-exec, considerations: the agent has to write."""
    arn = start(runs, readonlyRootFilesystem=True)
    found = explained(runs.shop.cloud, arn, "root file system of web is read-only")
    assert found.cause.evidence.value is True


def test_one_agent_in_a_shared_namespace(runs: Runs) -> None:
    """AWS: ecs-exec, considerations: one session per PID namespace."""
    runs.start(
        "pair",
        runs.container("web", WEB),
        runs.container("side", Image(command=("python", "side.py"))),
        taskRoleArn=runs.role("app", SSM),
        pidMode="task",
        request={"enableExecuteCommand": True},
    )
    runs.until("pair", "RUNNING")
    runs.shop.cloud.advance(seconds=10)
    explained(runs.shop.cloud, runs.arns["pair"], "one PID namespace, in which one agent can run")


def test_the_caller_is_denied(runs: Runs) -> None:
    """AWS: ecs-exec: ecs:ExecuteCommand is the caller's own permission."""
    arn = start(runs)
    iam: Any = boto3.client("iam")
    iam.create_user(UserName="eve")
    key = iam.create_access_key(UserName="eve")["AccessKey"]
    eve: Any = boto3.client(
        "ecs",
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
    )
    with pytest.raises(eve.exceptions.ClientError):
        eve.execute_command(cluster="shop", task=arn, command="ls", interactive=True)
    found = explained(runs.shop.cloud, arn, "refused with AccessDenied")
    assert "user/eve" in found.cause.evidence.value
