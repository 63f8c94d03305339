"""The decision whether a principal may do something to a resource."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Literal

from ecslab.model.policy.context import Context
from ecslab.model.policy.document import Effect, Malformed, Policy, Purpose, Statement, parse
from ecslab.model.policy.principal import Grant, Principal

PolicyType = Literal[
    "identity-based policy",
    "permissions boundary",
    "session policy",
    "resource-based policy",
    "role trust policy",
    "VPC endpoint policy",
]

_EFFECTS: Final[tuple[Effect, ...]] = ("Deny", "Allow")
_ARTICLE: Final[dict[PolicyType, str]] = {
    "identity-based policy": "an",
    "permissions boundary": "a",
    "session policy": "a",
    "resource-based policy": "a",
    "role trust policy": "the",
    "VPC endpoint policy": "a",
}


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for.

    Args:
        action: such as ``ecs:RunTask``.
        resource: an ARN, or ``*`` for actions without resource-level permissions.
        context: the condition keys, made by `ecslab.model.policy.context`.
        principal: who asks; needed only where a policy has a Principal element.
    """

    action: str
    resource: str = "*"
    context: Context = field(default_factory=dict)
    principal: Principal | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """The outcome of an evaluation.

    Args:
        allowed: whether the request may go ahead.
        policy_type: which kind of policy decided.
        explicit: whether a statement decided, rather than the absence of one.
        statement: the statement that decided, if one did.
        malformed: the document that could not be read, if that is why.
    """

    allowed: bool
    policy_type: PolicyType
    explicit: bool
    statement: Statement | None = None
    malformed: Malformed | None = None

    @property
    def reason(self) -> str:
        """Why, in a few words such as ``no identity-based policy allows``."""
        if self.malformed:
            return self.malformed.code
        if self.allowed:
            return f"allowed by {_ARTICLE[self.policy_type]} {self.policy_type}"
        return "explicit deny" if self.explicit else f"no {self.policy_type} allows"

    def because(self, action: str) -> str:
        """Return the end of AWS's denial message, from "because" or "with" on.

        AWS: troubleshoot_access-denied.
        """
        if self.explicit:
            return f"with an explicit deny in {_ARTICLE[self.policy_type]} {self.policy_type}"
        return f"because no {self.policy_type} allows the {action} action"


def decide(
    identity_policies: Iterable[object],
    request: Request,
    *,
    boundary: object | None = None,
    resource_policies: Iterable[object] = (),
    session_policies: Iterable[object] = (),
    resource_policy_type: PolicyType = "resource-based policy",
    resource_policy_required: bool = False,
    endpoint_policy: object | None = None,
) -> Decision:
    """Decide a request within one account.

    Documents may be JSON text, Python data or policies already read. One that cannot be read
    denies the request: AWS would never have stored it.

    Args:
        identity_policies: the policies of the user or role, its groups included.
        request: what is asked for.
        boundary: the permissions boundary, if there is one.
        resource_policies: the policies attached to the resource.
        session_policies: the policies passed when the session began; none means no limit.
        resource_policy_type: what AWS calls the resource's policy in messages.
        resource_policy_required: whether the resource's own policy has to take part, as a KMS key's
            and a role's trust policy do.
        endpoint_policy: the policy of the VPC endpoint through which the request comes, if it does.

    Returns:
        The decision, with the statement behind it.

    AWS: reference_policies_evaluation-logic_policy-eval-basics and
    reference_policies_evaluation-logic_AccessPolicyLanguage_Interplay.
    """
    groups = _Groups.read(identity_policies, boundary, resource_policies, session_policies)
    if groups.malformed:
        return Decision(
            allowed=False,
            policy_type="identity-based policy",
            explicit=True,
            malformed=groups.malformed,
        )
    denied = groups.explicit_deny(request, resource_policy_type) or _at_endpoint(
        endpoint_policy, request
    )
    if denied:
        return denied
    grant, statement = _resource_grant(groups.resource, request)
    if grant is Grant.PRINCIPAL:
        return Decision(True, resource_policy_type, explicit=True, statement=statement)
    if resource_policy_required and grant is Grant.NONE:
        return Decision(False, resource_policy_type, explicit=False)
    return groups.implicit(request, statement if grant is Grant.ROLE else None)


def _at_endpoint(policy: object | None, request: Request) -> Decision | None:
    """Return the refusal of a VPC endpoint's policy, None when it lets the request through.

    AWS: privatelink vpc-endpoints-access: the policy limits what the endpoint can be used for, and
    grants nothing by itself.
    """
    if policy is None:
        return None
    document = parse(policy, "any")
    if isinstance(document, Malformed):
        return Decision(False, "VPC endpoint policy", explicit=True, malformed=document)
    for effect in _EFFECTS:
        for statement in _about([document], effect, request):
            if request.principal and statement.grant_to(request.principal) is not Grant.NONE:
                refused = effect == "Deny"
                return (
                    Decision(False, "VPC endpoint policy", explicit=True, statement=statement)
                    if refused
                    else None
                )
    return Decision(False, "VPC endpoint policy", explicit=False)


@dataclass(frozen=True, slots=True)
class _Groups:
    """The policies that take part, by kind."""

    identity: tuple[Policy, ...]
    boundary: tuple[Policy, ...]
    resource: tuple[Policy, ...]
    session: tuple[Policy, ...]
    has_boundary: bool
    malformed: Malformed | None

    @classmethod
    def read(
        cls,
        identity: Iterable[object],
        boundary: object | None,
        resource: Iterable[object],
        session: Iterable[object],
    ) -> _Groups:
        bad: list[Malformed] = []

        def read(documents: Iterable[object], purpose: Purpose = "identity") -> tuple[Policy, ...]:
            parsed = [parse(document, purpose) for document in documents]
            bad.extend(item for item in parsed if isinstance(item, Malformed))
            return tuple(item for item in parsed if isinstance(item, Policy))

        return cls(
            identity=read(identity),
            boundary=read([] if boundary is None else [boundary]),
            resource=read(resource, "any"),
            session=read(session),
            has_boundary=boundary is not None,
            malformed=bad[0] if bad else None,
        )

    def explicit_deny(self, request: Request, resource_type: PolicyType) -> Decision | None:
        kinds: tuple[tuple[PolicyType, tuple[Policy, ...]], ...] = (
            ("identity-based policy", self.identity),
            ("permissions boundary", self.boundary),
            ("session policy", self.session),
        )
        for policy_type, policies in kinds:
            found = _first(policies, "Deny", request)
            if found:
                return Decision(False, policy_type, explicit=True, statement=found)
        for statement in _about(self.resource, "Deny", request):
            if request.principal and statement.grant_to(request.principal):
                return Decision(False, resource_type, explicit=True, statement=statement)
        return None

    def implicit(self, request: Request, granted: Statement | None) -> Decision:
        # `granted` is a resource-based policy's statement that names the role itself: it stands in
        # for the identity-based policy, but not for a boundary or a session policy.
        statement = granted or _first(self.identity, "Allow", request)
        if statement is None:
            return Decision(False, "identity-based policy", explicit=False)
        if self.has_boundary and not _first(self.boundary, "Allow", request):
            return Decision(False, "permissions boundary", explicit=False)
        if self.session and not _first(self.session, "Allow", request):
            return Decision(False, "session policy", explicit=False)
        return Decision(True, "identity-based policy", explicit=True, statement=statement)


def _about(policies: Iterable[Policy], effect: Effect, request: Request) -> Iterable[Statement]:
    return (
        statement
        for policy in policies
        for statement in policy.statements
        if statement.effect == effect
        and statement.applies(request.action, request.resource, request.context)
    )


def _first(policies: Iterable[Policy], effect: Effect, request: Request) -> Statement | None:
    return next(iter(_about(policies, effect, request)), None)


def _resource_grant(policies: Iterable[Policy], request: Request) -> tuple[Grant, Statement | None]:
    best: tuple[Grant, Statement | None] = (Grant.NONE, None)
    if request.principal is None:
        return best
    for statement in _about(policies, "Allow", request):
        grant = statement.grant_to(request.principal)
        if grant > best[0]:
            best = (grant, statement)
    return best
