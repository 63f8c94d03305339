"""AWS's own managed policies, there without being loaded at the start."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy

from ecslab.aws.iam_managed_policies import install_managed_policies
from ecslab.aws.identity import ACCOUNT
from ecslab.model.policy import Policy, parse

EXECUTION = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"


@pytest.fixture
def iam() -> Iterator[Any]:
    with mock_aws():
        install_managed_policies(ACCOUNT)
        yield boto3.client("iam", "us-east-1")


def test_the_execution_role_policy_is_awss(iam: Any) -> None:
    """AWS: managed policy AmazonECSTaskExecutionRolePolicy, v1 of 2017-11-16."""
    policy = iam.get_policy(PolicyArn=EXECUTION)["Policy"]
    assert policy["PolicyName"] == "AmazonECSTaskExecutionRolePolicy"
    assert policy["CreateDate"].date().isoformat() == "2017-11-16"
    version = iam.get_policy_version(PolicyArn=EXECUTION, VersionId=policy["DefaultVersionId"])
    (statement,) = version["PolicyVersion"]["Document"]["Statement"]
    assert set(statement["Action"]) == {
        "ecr:GetAuthorizationToken",
        "ecr:BatchCheckLayerAvailability",
        "ecr:GetDownloadUrlForLayer",
        "ecr:BatchGetImage",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
    }


def test_attaching_and_detaching_count(iam: Any) -> None:
    """AWS: IAM AttachRolePolicy, Policy.AttachmentCount."""
    iam.create_role(RoleName="r", AssumeRolePolicyDocument="{}")
    iam.attach_role_policy(RoleName="r", PolicyArn=EXECUTION)
    (attached,) = iam.list_attached_role_policies(RoleName="r")["AttachedPolicies"]
    assert attached["PolicyArn"] == EXECUTION
    assert iam.get_policy(PolicyArn=EXECUTION)["Policy"]["AttachmentCount"] == 1
    iam.detach_role_policy(RoleName="r", PolicyArn=EXECUTION)
    assert iam.get_policy(PolicyArn=EXECUTION)["Policy"]["AttachmentCount"] == 0


def test_own_policies_stand_beside_awss(iam: Any) -> None:
    """AWS: IAM ListPolicies.Scope."""
    text = json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "ecs:*", "Resource": "*"}
    ]})  # fmt: skip
    iam.create_policy(PolicyName="own", PolicyDocument=text)
    assert [p["PolicyName"] for p in iam.list_policies(Scope="Local")["Policies"]] == ["own"]
    pages = iam.get_paginator("list_policies").paginate(Scope="AWS")
    names = [policy["PolicyName"] for page in pages for policy in page["Policies"]]
    assert len(names) == len(json.loads(aws_managed_policies_data))


def test_a_new_account_starts_with_none_attached_and_the_same_ids() -> None:
    """The same program gives the same bytes, so ids do not come from the account's chance."""
    ids = set()
    for _ in range(2):
        with mock_aws():
            install_managed_policies(ACCOUNT)
            iam = boto3.client("iam", "us-east-1")
            policy = iam.get_policy(PolicyArn=EXECUTION)["Policy"]
            assert policy["AttachmentCount"] == 0
            ids.add(policy["PolicyId"])
            iam.create_role(RoleName="r", AssumeRolePolicyDocument="{}")
            iam.attach_role_policy(RoleName="r", PolicyArn=EXECUTION)
    assert len(ids) == 1


def test_installing_builds_no_policy(iam: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """An account that never looks at a policy does not pay for 1,582 of them."""

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("moto's own loading was used")

    monkeypatch.setattr(AWSManagedPolicy, "__init__", refuse)
    install_managed_policies(ACCOUNT)
    iam.create_role(RoleName="r", AssumeRolePolicyDocument="{}")
    iam.attach_role_policy(RoleName="r", PolicyArn=EXECUTION)


def test_we_can_read_every_policy_that_aws_publishes() -> None:
    """AWS: reference_policies_grammar, held against AWS's own documents."""
    documents = json.loads(aws_managed_policies_data)
    unreadable = {
        name: read
        for name, facts in documents.items()
        if not isinstance(read := parse(facts["Document"], "identity"), Policy)
    }
    assert unreadable == {}
