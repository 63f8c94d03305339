"""Reading policy documents: JSON in, statements or a malformed answer out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

from ecslab.model.policy.conditions import Condition, read_operator
from ecslab.model.policy.context import Context
from ecslab.model.policy.pattern import matches, matches_template
from ecslab.model.policy.principal import Grant, Principal

Effect = Literal["Allow", "Deny"]
Purpose = Literal["any", "identity", "trust"]

_SYNTAX: Final = "Syntax errors in policy."
_VERSIONS: Final = {"2008-10-17", "2012-10-17"}
_WITH_VARIABLES: Final = "2012-10-17"
_ELEMENTS: Final = {
    *("Sid", "Effect", "Action", "NotAction", "Resource", "NotResource"),
    *("Principal", "NotPrincipal", "Condition"),
}
# Python refuses to write out very long integers, and IAM has no use for them.
_TOO_LARGE: Final = 10**30
_PRINCIPALS: Final = {"AWS", "Service", "Federated", "CanonicalUser"}


@dataclass(frozen=True, slots=True)
class Malformed:
    """A document that IAM would refuse.

    Args:
        message: why, in IAM's words where they are known.
    """

    message: str
    code: str = "MalformedPolicyDocument"


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a policy, with lists where the document may hold a single value."""

    effect: Effect
    sid: str = ""
    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    not_resources: tuple[str, ...] = ()
    principals: tuple[tuple[str, str], ...] = ()
    not_principals: tuple[tuple[str, str], ...] = ()
    conditions: tuple[Condition, ...] = ()
    variables: bool = True

    def applies(self, action: str, resource: str, keys: Context) -> bool:
        """Return whether the statement is about this action, this resource and this request.

        Actions are compared without regard to case, resources with it. A statement that names no
        resource at all, as in a trust policy, is about the one it is attached to.
        """
        return (
            self._has_action(action)
            and self._has_resource(resource, keys)
            and all(condition.holds(keys, self._variables(keys)) for condition in self.conditions)
        )

    def grant_to(self, principal: Principal) -> Grant:
        """Return how directly the statement names a principal.

        NotPrincipal is about everybody whom it does not name.
        """
        if self.not_principals:
            named = any(principal.granted_by(*value) for value in self.not_principals)
            return Grant.NONE if named else Grant.PRINCIPAL
        return max((principal.granted_by(*value) for value in self.principals), default=Grant.NONE)

    def _variables(self, keys: Context) -> Context | None:
        return keys if self.variables else None

    def _has_action(self, action: str) -> bool:
        if self.not_actions:
            return not any(matches(name, action, ignore_case=True) for name in self.not_actions)
        return any(matches(name, action, ignore_case=True) for name in self.actions)

    def _has_resource(self, resource: str, keys: Context) -> bool:
        variables = self._variables(keys)
        if self.not_resources:
            return not any(
                matches_template(pattern, resource, variables) for pattern in self.not_resources
            )
        if not self.resources:
            return True
        return any(matches_template(pattern, resource, variables) for pattern in self.resources)


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy document that was read."""

    statements: tuple[Statement, ...]


class _NotAPolicyError(Exception):
    """Reading stops here; the message is IAM's."""


def parse(document: object, purpose: Purpose = "any") -> Policy | Malformed:
    """Read a policy document.

    Args:
        document: JSON text (str or bytes), the same as Python data, or a policy already read.
        purpose: what the document is for: ``identity`` must name resources and no principal,
            ``trust`` the other way round, ``any`` may do both.

    Returns:
        The policy, or a `Malformed` with what IAM answers to such a document; never an exception.

    AWS: reference_policies_grammar; botocore iam MalformedPolicyDocumentException.
    """
    if isinstance(document, Policy | Malformed):
        return document
    if isinstance(document, bytes):
        document = document.decode("utf-8", errors="replace")
    if isinstance(document, str):
        return _parse_text(document, purpose)
    return _parse_data(document, purpose)


@lru_cache(maxsize=1024)
def _parse_text(text: str, purpose: Purpose) -> Policy | Malformed:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return Malformed(_SYNTAX)
    return _parse_data(data, purpose)


def _parse_data(data: object, purpose: Purpose) -> Policy | Malformed:
    try:
        policy = _policy(data)
        for statement in policy.statements:
            _check_purpose(statement, purpose)
    except _NotAPolicyError as stop:
        return Malformed(str(stop))
    return policy


def _check_purpose(statement: Statement, purpose: Purpose) -> None:
    has_resource = bool(statement.resources or statement.not_resources)
    has_principal = bool(statement.principals or statement.not_principals)
    if purpose == "identity":
        if has_principal:
            raise _NotAPolicyError("Policy document should not specify a principal.")
        if not has_resource:
            raise _NotAPolicyError("Policy statement must contain resources.")
    if purpose == "trust":
        if has_resource:
            raise _NotAPolicyError("Has prohibited field Resource")
        if not has_principal:
            raise _NotAPolicyError("Missing required field Principal")


def _policy(data: object) -> Policy:
    if not isinstance(data, dict) or not set(data) <= {"Version", "Id", "Statement"}:
        raise _NotAPolicyError(_SYNTAX)
    version = data.get("Version", "2008-10-17")
    if not isinstance(version, str) or version not in _VERSIONS:
        raise _NotAPolicyError(_SYNTAX)
    found = data.get("Statement")
    statements = found if isinstance(found, list) else [found]
    if not statements:
        raise _NotAPolicyError(_SYNTAX)
    read = tuple(_statement(item, variables=version == _WITH_VARIABLES) for item in statements)
    sids = [statement.sid for statement in read if statement.sid]
    if len(sids) != len(set(sids)):
        raise _NotAPolicyError("Statement IDs (SID) in a single policy must be unique.")
    return Policy(read)


def _statement(data: object, *, variables: bool) -> Statement:
    if not isinstance(data, dict) or not set(data) <= _ELEMENTS:
        raise _NotAPolicyError(_SYNTAX)
    effect, sid = data.get("Effect"), data.get("Sid", "")
    if effect not in ("Allow", "Deny") or not isinstance(sid, str):
        raise _NotAPolicyError(_SYNTAX)
    if "Action" not in data and "NotAction" not in data:
        raise _NotAPolicyError("Policy statement must contain actions.")
    for name in ("Action", "Resource", "Principal"):
        if name in data and f"Not{name}" in data:
            raise _NotAPolicyError(_SYNTAX)
    return Statement(
        effect=effect,
        sid=sid,
        actions=_actions(data, "Action"),
        not_actions=_actions(data, "NotAction"),
        resources=_texts(data, "Resource"),
        not_resources=_texts(data, "NotResource"),
        principals=_principals(data, "Principal"),
        not_principals=_principals(data, "NotPrincipal"),
        conditions=_conditions(data.get("Condition", {})),
        variables=variables,
    )


def _texts(data: dict[object, object], name: str) -> tuple[str, ...]:
    if name not in data:
        return ()
    found = data[name]
    values = found if isinstance(found, list) else [found]
    texts = tuple(value for value in values if isinstance(value, str) and value)
    if not texts or len(texts) != len(values):
        raise _NotAPolicyError(_SYNTAX)
    return texts


def _actions(data: dict[object, object], name: str) -> tuple[str, ...]:
    actions = _texts(data, name)
    if any(action != "*" and ":" not in action for action in actions):
        raise _NotAPolicyError(
            "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
        )
    return actions


def _principals(data: dict[object, object], name: str) -> tuple[tuple[str, str], ...]:
    if name not in data:
        return ()
    found = data[name]
    if found == "*":
        return (("*", "*"),)
    if not isinstance(found, dict) or not found or not set(found) <= _PRINCIPALS:
        raise _NotAPolicyError(_SYNTAX)
    return tuple((kind, value) for kind in found for value in _texts(found, kind))


def _conditions(data: object) -> tuple[Condition, ...]:
    if not isinstance(data, dict):
        raise _NotAPolicyError(_SYNTAX)
    return tuple(
        _condition(operator, key, values)
        for operator, keys in data.items()
        for key, values in _block(keys)
    )


def _block(keys: object) -> list[tuple[object, object]]:
    if not isinstance(keys, dict):
        raise _NotAPolicyError(_SYNTAX)
    return list(keys.items())


def _condition(operator: object, key: object, values: object) -> Condition:
    read = read_operator(operator) if isinstance(operator, str) else None
    if read is None:
        raise _NotAPolicyError(f"Invalid Condition type : {operator}.")
    if not isinstance(key, str):
        raise _NotAPolicyError(_SYNTAX)
    if ":" not in key:
        raise _NotAPolicyError(
            "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
        )
    plain, qualifier, if_exists = read
    return Condition(plain, key, _values(values), qualifier, if_exists)


def _values(found: object) -> tuple[str, ...]:
    values = found if isinstance(found, list) else [found]
    return tuple(_value(value) for value in values)


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | float):
        return str(value)
    if isinstance(value, int) and abs(value) < _TOO_LARGE:
        return str(value)
    raise _NotAPolicyError(_SYNTAX)
