"""The decision: which policies win, and how the answer is worded."""

from __future__ import annotations

from typing import Any

import pytest

from ecslab.model.policy import Malformed, Principal, Request, context, decide, parse

CLUSTER = "arn:aws:ecs:us-east-1:123456789012:cluster/prod"
USER = Principal("AWS", "arn:aws:iam::123456789012:user/ana")
SESSION = Principal(
    "AWS",
    "arn:aws:sts::123456789012:assumed-role/app/task",
    role_arn="arn:aws:iam::123456789012:role/app",
    account="123456789012",
)
REQUEST = Request("ecs:DeleteCluster", CLUSTER, principal=USER)


def policy(effect: str = "Allow", action: Any = "ecs:*", resource: Any = "*", **more: Any) -> Any:
    statement = {"Effect": effect, "Action": action, "Resource": resource, **more}
    return {"Version": "2012-10-17", "Statement": statement}


def test_nothing_is_allowed_by_default() -> None:
    """AWS: reference_policies_evaluation-logic, the default deny."""
    decision = decide([], REQUEST)
    assert (decision.allowed, decision.explicit) == (False, False)
    assert decision.reason == "no identity-based policy allows"
    assert decision.because("ecs:DeleteCluster") == (
        "because no identity-based policy allows the ecs:DeleteCluster action"
    )


def test_an_allow_names_its_statement() -> None:
    decision = decide([policy(Sid="Clusters")], REQUEST)
    assert decision.allowed
    assert decision.statement is not None
    assert decision.statement.sid == "Clusters"
    assert decision.reason == "allowed by an identity-based policy"


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ("identity", "with an explicit deny in an identity-based policy"),
        ("boundary", "with an explicit deny in a permissions boundary"),
        ("session", "with an explicit deny in a session policy"),
        ("resource", "with an explicit deny in a resource-based policy"),
    ],
)
def test_a_deny_wins_wherever_it_stands(where: str, words: str) -> None:
    """AWS: reference_policies_evaluation-logic; troubleshoot_access-denied."""
    no = policy("Deny")
    denied_by_owner = policy("Deny", Principal={"AWS": "*"})
    decision = decide(
        [policy(), *([no] if where == "identity" else [])],
        REQUEST,
        boundary=no if where == "boundary" else policy(),
        session_policies=[policy(), *([no] if where == "session" else [])],
        resource_policies=[denied_by_owner] if where == "resource" else [],
    )
    assert not decision.allowed
    assert decision.reason == "explicit deny"
    assert decision.because(REQUEST.action) == words


@pytest.mark.parametrize(
    ("resource", "request_resource", "allowed"),
    [
        (CLUSTER, CLUSTER, True),
        (CLUSTER, CLUSTER.upper(), False),
        ("arn:aws:ecs:*:123456789012:cluster/*", CLUSTER, True),
        ("arn:aws:ecs:us-east-?:*:cluster/pro?", CLUSTER, True),
        ("arn:aws:ecs:us-east-1:123456789012:cluster/pro", CLUSTER, False),
        (CLUSTER, "*", False),
        ("*", "*", True),
    ],
)
def test_resources_are_matched_with_case(
    resource: str,
    request_resource: str,
    allowed: bool,  # noqa: FBT001
) -> None:
    """AWS: reference_policies_elements_resource."""
    request = Request("ecs:DeleteCluster", request_resource)
    assert decide([policy(resource=resource)], request).allowed is allowed


@pytest.mark.parametrize("action", ["ECS:deletecluster", "ecs:Delete*", "*", "ecs:D?leteCluster"])
def test_actions_are_matched_without_case(action: str) -> None:
    """AWS: reference_policies_elements_action."""
    assert decide([policy(action=action)], REQUEST).allowed


def test_not_action_and_not_resource_mean_all_others() -> None:
    """AWS: reference_policies_elements_notaction and _notresource."""
    others = {"Statement": {"Effect": "Allow", "NotAction": "iam:*", "NotResource": "*/test"}}
    assert decide([others], REQUEST).allowed
    assert not decide([others], Request("iam:CreateRole", CLUSTER)).allowed
    assert not decide([others], Request("ecs:DeleteCluster", "arn:…:cluster/test")).allowed


def test_a_boundary_and_a_session_policy_only_narrow() -> None:
    """AWS: access_policies_boundaries; access_policies, session policies."""
    other = policy(action="logs:*")
    assert decide([policy()], REQUEST, boundary=other).reason == "no permissions boundary allows"
    assert decide([policy()], REQUEST, session_policies=[other]).reason == (
        "no session policy allows"
    )
    assert decide([policy()], REQUEST, boundary=policy(), session_policies=[policy()]).allowed
    assert not decide([], REQUEST, boundary=policy(), session_policies=[policy()]).allowed


@pytest.mark.parametrize(
    ("names", "alone", "under_boundary"),
    [
        (SESSION.name, True, True),
        (SESSION.role_arn, True, False),
        ("arn:aws:iam::123456789012:root", False, False),
        ("123456789012", False, False),
        ("arn:aws:iam::999999999999:root", False, False),
        ("arn:aws:iam::123456789012:role/*", False, False),
        ("*", True, True),
    ],
)
def test_what_a_resource_based_policy_grants_depends_on_whom_it_names(
    names: str,
    alone: bool,  # noqa: FBT001
    under_boundary: bool,  # noqa: FBT001
) -> None:
    """AWS: reference_policies_evaluation-logic_policy-eval-basics, resource-based policies."""
    request = Request("s3:GetObject", "arn:aws:s3:::photos/a", principal=SESSION)
    granted = [policy(action="s3:*", Principal={"AWS": names})]
    assert decide([], request, resource_policies=granted).allowed is alone
    bounded = decide([], request, resource_policies=granted, boundary=policy())
    assert bounded.allowed is under_boundary


def test_a_required_resource_policy_has_to_take_part() -> None:
    """AWS: KMS key-policies."""
    request = Request("kms:Decrypt", "arn:aws:kms:us-east-1:123456789012:key/k", principal=USER)
    mine = [policy(action="kms:*")]
    root = policy(action="kms:*", Principal={"AWS": "arn:aws:iam::123456789012:root"})
    silent = decide(mine, request, resource_policy_required=True)
    assert silent.reason == "no resource-based policy allows"
    passed_on = {"resource_policies": [root], "resource_policy_required": True}
    assert decide(mine, request, **passed_on).allowed
    assert not decide([], request, **passed_on).allowed


def test_not_principal_is_everybody_else() -> None:
    """AWS: reference_policies_elements_notprincipal."""
    others = policy("Deny", NotPrincipal={"AWS": USER.name})
    mine = [policy()]
    assert decide(mine, REQUEST, resource_policies=[others]).allowed
    request = Request(REQUEST.action, REQUEST.resource, principal=SESSION)
    assert decide(mine, request, resource_policies=[others]).reason == "explicit deny"


def test_variables_stand_for_the_request() -> None:
    """AWS: reference_policies_variables; they exist since the version 2012-10-17."""
    own = policy(action="s3:*", resource="arn:aws:s3:::home/${aws:username}/*")
    ana = context({"aws:username": "ana"})
    assert decide([own], Request("s3:GetObject", "arn:aws:s3:::home/ana/a", ana)).allowed
    assert not decide([own], Request("s3:GetObject", "arn:aws:s3:::home/bob/a", ana)).allowed
    assert not decide([own], Request("s3:GetObject", "arn:aws:s3:::home/ana/a")).allowed
    # A star in the value is a star, not a wildcard.
    star = context({"aws:username": "*"})
    assert not decide([own], Request("s3:GetObject", "arn:aws:s3:::home/bob/a", star)).allowed
    old = {**own, "Version": "2008-10-17"}
    literal = Request("s3:GetObject", "arn:aws:s3:::home/${aws:username}/a", ana)
    assert decide([old], literal).allowed
    assert not decide([old], Request("s3:GetObject", "arn:aws:s3:::home/ana/a", ana)).allowed


@pytest.mark.parametrize(
    ("pattern", "value", "allowed"),
    [
        ("${aws:PrincipalTag/team, 'none'}", "none", True),
        ("a${*}b", "a*b", True),
        ("a${*}b", "axb", False),
        ("a${?}b", "a?b", True),
        ("a${$}b", "a$b", True),
    ],
)
def test_variables_have_defaults_and_escapes(
    pattern: str,
    value: str,
    allowed: bool,  # noqa: FBT001
) -> None:
    """AWS: reference_policies_variables, default values and special characters."""
    assert decide([policy(resource=pattern)], Request("ecs:X", value)).allowed is allowed


def test_a_malformed_policy_denies_and_says_so() -> None:
    decision = decide([policy(), "{not json"], REQUEST)
    assert not decision.allowed
    assert decision.reason == "MalformedPolicyDocument"
    assert decision.malformed == Malformed("Syntax errors in policy.")


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("", "Syntax errors in policy."),
        ("[]", "Syntax errors in policy."),
        ({"Version": "2020-01-01", "Statement": []}, "Syntax errors in policy."),
        ({"Statement": [], "Comment": "x"}, "Syntax errors in policy."),
        (policy("allow"), "Syntax errors in policy."),
        (policy(action=[]), "Syntax errors in policy."),
        (policy(action=7), "Syntax errors in policy."),
        (policy(Condition={"StringLikes": {"a:b": "c"}}), "Invalid Condition type : StringLikes."),
        (
            policy(action="RunTask"),
            "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
        ),
        (
            {"Statement": {"Effect": "Allow", "Resource": "*"}},
            "Policy statement must contain actions.",
        ),
        (
            {"Statement": {"Effect": "Allow", "Action": "ecs:*"}},
            "Policy statement must contain resources.",
        ),
        (policy(Principal="*"), "Policy document should not specify a principal."),
        (
            {"Statement": [{**policy(Sid="A")["Statement"]}] * 2},
            "Statement IDs (SID) in a single policy must be unique.",
        ),
    ],
)
def test_iam_refuses_malformed_documents(document: Any, message: str) -> None:
    """AWS: botocore iam MalformedPolicyDocumentException; reference_policies_grammar."""
    read = parse(document, "identity")
    assert read == Malformed(message)
    assert isinstance(read, Malformed)
    assert read.code == "MalformedPolicyDocument"
