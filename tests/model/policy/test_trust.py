"""Trust policies: who may become a role."""

from __future__ import annotations

from typing import Any

import pytest

from ecslab.model.policy import Principal, may_assume

TASKS = Principal("Service", "ecs-tasks.amazonaws.com")
GUARD = {
    "ArnLike": {"aws:SourceArn": "arn:aws:ecs:us-east-1:123456789012:*"},
    "StringEquals": {"aws:SourceAccount": "123456789012"},
}


def trust(principal: Any, action: Any = "sts:AssumeRole", **more: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": principal, "Action": action, **more}
    return {"Version": "2012-10-17", "Statement": [statement]}


@pytest.mark.parametrize(
    ("services", "allowed"),
    [
        ("ecs-tasks.amazonaws.com", True),
        (["ec2.amazonaws.com", "ecs-tasks.amazonaws.com"], True),
        ("ecs.amazonaws.com", False),
        ("ec2.amazonaws.com", False),
    ],
)
def test_a_task_role_trusts_ecs_tasks(services: Any, allowed: bool) -> None:  # noqa: FBT001
    """AWS: ECS task-iam-roles: the principal is ecs-tasks.amazonaws.com."""
    assert may_assume(trust({"Service": services}), TASKS).allowed is allowed


@pytest.mark.parametrize(
    ("keys", "allowed"),
    [
        (
            {
                "aws:SourceArn": "arn:aws:ecs:us-east-1:123456789012:task/prod/abc",
                "aws:SourceAccount": "123456789012",
            },
            True,
        ),
        (
            {
                "aws:SourceArn": "arn:aws:ecs:us-east-1:999999999999:task/prod/abc",
                "aws:SourceAccount": "999999999999",
            },
            False,
        ),
        ({"aws:SourceArn": "arn:aws:ecs:us-east-1:123456789012:task/prod/abc"}, False),
        ({}, False),
    ],
)
def test_the_confused_deputy_guard(keys: dict[str, str], allowed: bool) -> None:  # noqa: FBT001
    """AWS: ECS task-iam-roles, aws:SourceArn and aws:SourceAccount."""
    document = trust({"Service": "ecs-tasks.amazonaws.com"}, Condition=GUARD)
    assert may_assume(document, TASKS, keys).allowed is allowed


def test_accounts_roles_and_providers() -> None:
    """AWS: reference_policies_elements_principal."""
    ana = Principal("AWS", "arn:aws:iam::123456789012:user/ana")
    assert may_assume(trust({"AWS": "123456789012"}), ana).allowed
    assert may_assume(trust({"AWS": ana.name}), ana).allowed
    assert not may_assume(trust({"AWS": "arn:aws:iam::123456789012:user/bob"}), ana).allowed
    assert not may_assume(trust({"AWS": "arn:aws:iam::123456789012:user/*"}), ana).allowed
    github = Principal("Federated", "token.actions.githubusercontent.com")
    web = trust({"Federated": github.name}, "sts:AssumeRoleWithWebIdentity")
    assert may_assume(web, github).allowed
    assert not may_assume(web, ana).allowed
    assert not may_assume(trust({"Federated": github.name}), github).allowed


def test_a_deny_in_a_trust_policy_wins() -> None:
    """AWS: reference_policies_evaluation-logic."""
    document = trust({"Service": TASKS.name})
    document["Statement"].append({**document["Statement"][0], "Effect": "Deny"})
    decision = may_assume(document, TASKS)
    assert decision.reason == "explicit deny"
    assert decision.because("sts:AssumeRole") == "with an explicit deny in the role trust policy"


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (trust({"Service": "x"}, Resource="*"), "Has prohibited field Resource"),
        (
            {"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole"}},
            "Missing required field Principal",
        ),
        ("", "Syntax errors in policy."),
        (trust({"Machine": "ecs-tasks.amazonaws.com"}), "Syntax errors in policy."),
    ],
)
def test_a_malformed_trust_policy_trusts_nobody(document: Any, message: str) -> None:
    """AWS: botocore iam MalformedPolicyDocumentException."""
    decision = may_assume(document, TASKS)
    assert not decision.allowed
    assert decision.malformed is not None
    assert decision.malformed.message == message
