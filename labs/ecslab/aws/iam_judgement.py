"""One permission judged by all the policies that have a say."""

from __future__ import annotations

from typing import Final

from ecslab.aws.iam_directory import account_of
from ecslab.aws.iam_documents import Documents
from ecslab.aws.iam_resource_policies import resource_policies, trust_policy
from ecslab.aws.identity import Caller
from ecslab.model.policy import Context, Decision, Policy, Request, decide

_TRUSTS_NOBODY: Final = Policy(())


def judge(
    caller: Caller,
    documents: Documents,
    action: str,
    forms: tuple[str, ...],
    keys: Context,
    *,
    endpoint_policy: str | None = None,
) -> Decision:
    """Decide about an action on one resource.

    Args:
        caller: who asks.
        documents: the policies of the caller.
        action: the IAM action.
        forms: how the resource may be written. An explicit deny of any form counts; otherwise one
            form that is allowed is enough.
        keys: the request context.
        endpoint_policy: the policy of the VPC endpoint that the call goes through.
    """
    requests = [Request(action, form, keys, caller.principal) for form in forms]
    decisions = [_judge_form(caller, documents, each, endpoint_policy) for each in requests]
    for decision in decisions:
        if decision.explicit and not decision.allowed:
            return decision
    return next((decision for decision in decisions if decision.allowed), decisions[0])


def _judge_form(
    caller: Caller, documents: Documents, request: Request, endpoint_policy: str | None
) -> Decision:
    resource = request.resource
    if request.action == "sts:AssumeRole":
        # A role that does not exist trusts nobody; AWS does not tell the one from the other.
        return decide(
            documents.identity,
            request,
            boundary=documents.boundary,
            session_policies=caller.session_policies,
            resource_policies=[trust_policy(resource) or _TRUSTS_NOBODY],
            resource_policy_type="role trust policy",
            resource_policy_required=True,
            endpoint_policy=endpoint_policy,
        )
    return decide(
        documents.identity,
        request,
        boundary=documents.boundary,
        session_policies=caller.session_policies,
        resource_policies=resource_policies(resource),
        resource_policy_required=_is_key(resource),
        endpoint_policy=endpoint_policy,
    )


def _is_key(resource: str) -> bool:
    # A KMS key is governed by its own policy, which usually passes the decision on to IAM.
    return (
        resource.startswith("arn:aws:kms:") and ":key/" in resource and bool(account_of(resource))
    )
