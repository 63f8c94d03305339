"""Who may assume a role, and what it permits, read through IAM's API."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ecslab.course.outcomes import NotYet
from ecslab.model.policy import Principal, Request, decide, may_assume

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ecslab.course.session import Session

__all__ = ["judge_permission", "judge_trust"]


def judge_trust(lab: Session, role: str, service: str, actions: Sequence[str]) -> None:
    """Go on when a service may do something with a role, else end the check with *not yet*.

    Args:
        lab: the session whose account is judged.
        role: the role's ARN.
        service: the principal, such as ``pods.eks.amazonaws.com``.
        actions: such as ``sts:AssumeRole``.
    """
    name = role.rsplit("/", 1)[-1]
    document = lab.client("iam").get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]
    for action in actions:
        if not may_assume(document, Principal("Service", service), action=action).allowed:
            raise NotYet(
                expected=f"{service} may {action} on the role {name}",
                found=f"a trust policy for {', '.join(_principals(document)) or 'nobody'}",
                look_at="get_role → Role.AssumeRolePolicyDocument",
            )


def judge_permission(lab: Session, role: str, action: str, resource: str) -> None:
    """Go on when a role's own policies permit something, else end the check with *not yet*.

    Args:
        lab: the session whose account is judged.
        role: the role's ARN.
        action: such as ``s3:GetObject``.
        resource: the ARN.
    """
    name = role.rsplit("/", 1)[-1]
    documents = list(_documents(lab.client("iam"), name))
    if not decide(documents, Request(action, resource)).allowed:
        raise NotYet(
            expected=f"a role that may {action} on {resource}",
            found=f"the role {name}, which may not",
            look_at="list_role_policies, list_attached_role_policies",
        )


def _documents(iam: Any, name: str) -> Iterator[object]:
    for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
        yield iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
    for policy in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
        arn = policy["PolicyArn"]
        version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        found = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]
        yield found["Document"]


def _principals(document: Any) -> list[str]:
    text = json.dumps(document)
    return sorted({part for part in text.split('"') if part.endswith(".amazonaws.com")})
