"""What the simulated ECS agent asks about roles."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import boto3
import pytest

from ecslab.aws.iam_roles import Roles

TASK = "arn:aws:ecs:us-east-1:123456789012:task/prod/abc"
EXECUTION_POLICY = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"


@pytest.fixture
def roles() -> Roles:
    return Roles(lambda: datetime(2026, 1, 15, 9, 0, tzinfo=UTC))


def test_an_execution_role_needs_each_of_its_permissions(account: Any, roles: Roles) -> None:
    """AWS: ECS task_execution_IAM_role; AmazonECSTaskExecutionRolePolicy has no secrets in it."""
    arn = account.role(name="execution")
    group = "arn:aws:logs:us-east-1:123456789012:log-group:/ecs/web:log-stream:web/web/abc"
    assert (
        roles.permits(arn, "logs:PutLogEvents", group).reason == "no identity-based policy allows"
    )
    account.iam.attach_role_policy(RoleName="execution", PolicyArn=EXECUTION_POLICY)
    assert roles.permits(arn, "logs:PutLogEvents", group).allowed
    assert roles.permits(arn, "ecr:GetAuthorizationToken", "*").allowed
    for action in ("logs:CreateLogGroup", "secretsmanager:GetSecretValue", "ssm:GetParameters"):
        assert not roles.permits(arn, action, "*").allowed


def test_conditions_and_resource_policies_count(account: Any, roles: Roles) -> None:
    """AWS: ECS task_execution_IAM_role, aws:SourceVpce on ECR; repository policies."""
    image = "arn:aws:ecr:us-east-1:123456789012:repository/web"
    pull = account.allow("ecr:BatchGetImage", image, StringEquals={"aws:SourceVpce": "vpce-1"})
    arn = account.role(pull)
    boto3.client("ecr", "us-east-1").create_repository(repositoryName="web")
    assert not roles.permits(arn, "ecr:BatchGetImage", image).allowed
    inside = {"aws:SourceVpce": "vpce-1"}
    assert roles.permits(arn, "ecr:BatchGetImage", image, context=inside).allowed
    no = {"Sid": "no", "Effect": "Deny", "Principal": "*", "Action": "ecr:BatchGetImage"}
    boto3.client("ecr", "us-east-1").set_repository_policy(
        repositoryName="web", policyText=account.document(no)
    )
    denied = roles.permits(arn, "ecr:BatchGetImage", image, context=inside)
    assert denied.because("ecr:BatchGetImage") == "with an explicit deny in a resource-based policy"


def test_a_role_that_is_not_there(account: Any, roles: Roles) -> None:
    arn = "arn:aws:iam::123456789012:role/gone"
    for name in (arn, "gone", "", "arn:aws:iam::123456789012:user/ana"):
        assert not roles.exists(name)
        assert not roles.assumable(name)
        assert not roles.permits(name, "ecs:Poll", "*").allowed


def test_who_may_assume_a_task_role(account: Any, roles: Roles) -> None:
    """AWS: ECS task-iam-roles: ecs-tasks.amazonaws.com, guarded by aws:SourceArn."""
    arn = account.role()
    assert roles.exists(arn)
    assert roles.assumable(arn)
    assert not roles.assumable(arn, "ecs.amazonaws.com")
    guard = {
        "Effect": "Allow",
        "Principal": {"Service": "ecs-tasks.amazonaws.com"},
        "Action": "sts:AssumeRole",
        "Condition": {
            "ArnLike": {"aws:SourceArn": "arn:aws:ecs:us-east-1:123456789012:*"},
            "StringEquals": {"aws:SourceAccount": "123456789012"},
        },
    }
    account.iam.update_assume_role_policy(RoleName="app", PolicyDocument=account.document(guard))
    assert roles.assumable(arn, source_arn=TASK)
    assert not roles.assumable(arn)
    assert not roles.assumable(arn, source_arn=TASK, source_account="999999999999")
    guard["Condition"]["ArnLike"]["aws:SourceArn"] = "arn:aws:ecs:eu-west-1:123456789012:*"
    account.iam.update_assume_role_policy(RoleName="app", PolicyDocument=account.document(guard))
    assert not roles.assumable(arn, source_arn=TASK)
