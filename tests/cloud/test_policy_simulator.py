"""IAM's policy simulator.

AWS: botocore iam SimulateCustomPolicy, SimulatePrincipalPolicy (EvalDecision and its three values).
"""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st
from shops import TRUST

from ecslab import Cloud
from ecslab.model.policy import Request, decide

BUCKET = "arn:aws:s3:::books"


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def statement(effect: str, action: str, resource: str = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


def simulated(policy: str, *actions: str, **given: Any) -> list[str]:
    iam: Any = boto3.client("iam")
    answer = iam.simulate_custom_policy(
        PolicyInputList=[policy], ActionNames=list(actions), **given
    )
    return [result["EvalDecision"] for result in answer["EvaluationResults"]]


def test_three_decisions(shop: Any) -> None:
    """AWS: PolicyEvaluationDecisionType: allowed, explicitDeny, implicitDeny."""
    policy = document(statement("Allow", "s3:*"), statement("Deny", "s3:DeleteObject"))
    actions = ("s3:GetObject", "s3:DeleteObject", "sqs:SendMessage")
    assert simulated(policy, *actions) == ["allowed", "explicitDeny", "implicitDeny"]


def test_each_action_is_judged_on_each_resource_with_the_given_keys(shop: Any) -> None:
    """AWS: ResourceArns, ContextEntries."""
    condition = {"StringEquals": {"aws:PrincipalTag/team": "shop"}}
    policy = document(statement("Allow", "s3:GetObject", f"{BUCKET}/*", Condition=condition))
    arns = [f"{BUCKET}/1", "arn:aws:s3:::other/1"]
    entry = {
        "ContextKeyName": "aws:PrincipalTag/team",
        "ContextKeyValues": ["shop"],
        "ContextKeyType": "string",
    }
    assert simulated(policy, "s3:GetObject", ResourceArns=arns) == ["implicitDeny"] * 2
    assert simulated(policy, "s3:GetObject", ResourceArns=arns, ContextEntries=[entry]) == [
        "allowed",
        "implicitDeny",
    ]


def test_a_principals_own_policies_and_boundary_count(shop: Any) -> None:
    """AWS: SimulatePrincipalPolicy: attached and inline policies, the permissions boundary."""
    iam: Any = boto3.client("iam")
    boundary = iam.create_policy(
        PolicyName="b", PolicyDocument=document(statement("Allow", "s3:*"))
    )["Policy"]["Arn"]
    role = iam.create_role(
        RoleName="app", AssumeRolePolicyDocument=TRUST, PermissionsBoundary=boundary
    )["Role"]["Arn"]
    iam.put_role_policy(
        RoleName="app", PolicyName="p", PolicyDocument=document(statement("Allow", "*"))
    )
    answer = iam.simulate_principal_policy(
        PolicySourceArn=role, ActionNames=["s3:GetObject", "sqs:SendMessage"]
    )
    results = answer["EvaluationResults"]
    assert [result["EvalDecision"] for result in results] == ["allowed", "implicitDeny"]
    details = [result["PermissionsBoundaryDecisionDetail"] for result in results]
    assert [each["AllowedByPermissionsBoundary"] for each in details] == [True, False]


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"PolicySourceArn": "arn:aws:iam::123456789012:role/none"}, "NoSuchEntity"),
        ({"PolicySourceArn": "arn:aws:iam::123456789012:user/none"}, "NoSuchEntity"),
    ],
)
def test_unknown_principals_are_refused(shop: Any, asked: dict[str, str], code: str) -> None:
    iam: Any = boto3.client("iam")
    with pytest.raises(ClientError) as caught:
        iam.simulate_principal_policy(ActionNames=["s3:GetObject"], **asked)
    assert caught.value.response["Error"]["Code"] == code


def test_what_is_no_policy_or_no_action_is_refused(shop: Any) -> None:
    """AWS: InvalidInputException."""
    with pytest.raises(ClientError, match="InvalidInput"):
        simulated("{}", "s3:GetObject")
    with pytest.raises(ClientError, match="InvalidInput"):
        simulated(document(statement("Allow", "*")), "GetObject")


_ACTIONS = st.sampled_from(["s3:GetObject", "s3:PutObject", "sqs:SendMessage"])
_PATTERNS = st.sampled_from(["*", "s3:*", "s3:Get*", "sqs:SendMessage"])
_STATEMENTS = st.builds(statement, st.sampled_from(["Allow", "Deny"]), _PATTERNS)


def test_the_simulator_says_what_a_call_would_meet() -> None:
    """It asks the same rules that judge every call."""
    with Cloud():

        @given(st.lists(_STATEMENTS, min_size=1, max_size=3), _ACTIONS)
        def agree(statements: list[dict[str, Any]], action: str) -> None:
            policy = document(*statements)
            decision = decide([policy], Request(action))
            assert (simulated(policy, action) == ["allowed"]) is decision.allowed

        agree()
