"""Trust policies: who may become a role."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ecslab.model.policy.context import context
from ecslab.model.policy.decision import Decision, Request
from ecslab.model.policy.document import Malformed, Statement, parse
from ecslab.model.policy.principal import Grant, Kind, Principal

_ACTION: Final[dict[Kind, str]] = {
    "AWS": "sts:AssumeRole",
    "Service": "sts:AssumeRole",
    "Federated": "sts:AssumeRoleWithWebIdentity",
}


def may_assume(
    trust_policy: object,
    principal: Principal,
    keys: Mapping[str, object] | None = None,
    *,
    action: str = "",
) -> Decision:
    """Decide whether a role's trust policy lets a principal assume the role.

    This is the trust policy's half only. A user or role of the same account that is trusted
    through its account, not by its own ARN, also needs ``sts:AssumeRole`` in an identity-based
    policy; `ecslab.model.policy.decide` takes both into account.

    Args:
        trust_policy: the role's AssumeRolePolicyDocument.
        principal: who asks.
        keys: condition keys, such as ``aws:SourceArn`` and ``aws:SourceAccount``, which a service
            sends so that a role can tell for whom the service acts (the confused deputy guard).
        action: the STS action; by default the one that fits the kind of principal.

    AWS: confused-deputy and ECS task-iam-roles.
    """
    policy = parse(trust_policy, "trust")
    if isinstance(policy, Malformed):
        return Decision(False, "role trust policy", explicit=True, malformed=policy)
    request = Request(action or _ACTION[principal.kind], context=context(keys or {}))
    about = [
        statement
        for statement in policy.statements
        if statement.applies(request.action, request.resource, request.context)
        and statement.grant_to(principal) is not Grant.NONE
    ]
    denied = _first(about, "Deny")
    if denied:
        return Decision(False, "role trust policy", explicit=True, statement=denied)
    allowed = _first(about, "Allow")
    return Decision(
        allowed is not None, "role trust policy", explicit=allowed is not None, statement=allowed
    )


def _first(statements: list[Statement], effect: str) -> Statement | None:
    return next((statement for statement in statements if statement.effect == effect), None)
