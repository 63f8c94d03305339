"""The Condition element: operators, qualifiers and how several values combine."""

from __future__ import annotations

import base64
import binascii
import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

from ecslab.model.policy.context import Context
from ecslab.model.policy.pattern import matches_arn, matches_template, substituted

Qualifier = Literal["", "ForAllValues", "ForAnyValue"]
_Test = Callable[[str, str, "Context | None"], bool]

_IF_EXISTS: Final = "IfExists"


@dataclass(frozen=True, slots=True)
class Condition:
    """One key of a Condition element.

    Args:
        operator: the operator's plain name, such as ``StringLike``.
        key: the condition key as the policy writes it.
        values: what the policy compares with; one of them has to fit.
        qualifier: ``ForAllValues``, ``ForAnyValue`` or nothing.
        if_exists: whether a request without the key passes.
    """

    operator: str
    key: str
    values: tuple[str, ...]
    qualifier: Qualifier = ""
    if_exists: bool = False

    def holds(self, keys: Context, variables: Context | None) -> bool:
        """Return whether a request fulfils this condition.

        Args:
            keys: the request context.
            variables: the context that policy variables stand for, or None where the policy's
                version has no variables.

        AWS: reference_policies_elements_condition_operators and
        reference_policies_condition-single-vs-multi-valued-context-keys.
        """
        found = keys.get(self.key.lower(), ())
        if self.operator == "Null":
            return any(_bool(value) == (not found) for value in self.values)
        if not found:
            return self._without_key()
        test, negated = _OPERATORS[self.operator]

        def fits(value: str) -> bool:
            return any(test(wanted, value, variables) for wanted in self.values) != negated

        if self.qualifier == "ForAnyValue":
            return any(fits(value) for value in found)
        if self.qualifier == "ForAllValues" or negated:
            return all(fits(value) for value in found)
        return any(fits(value) for value in found)

    def _without_key(self) -> bool:
        if self.qualifier == "ForAllValues":
            return True
        if self.qualifier == "ForAnyValue":
            return False
        return self.if_exists or _OPERATORS[self.operator][1]


def read_operator(name: str) -> tuple[str, Qualifier, bool] | None:
    """Return an operator's plain name, its qualifier and whether it ends in IfExists.

    Returns None for an operator that IAM does not have. Operator names are not case-sensitive.
    """
    qualifier: Qualifier = ""
    plain = name
    head, colon, tail = name.partition(":")
    if colon:
        known: dict[str, Qualifier] = {
            "forallvalues": "ForAllValues",
            "foranyvalue": "ForAnyValue",
        }
        if head.lower() not in known:
            return None
        qualifier, plain = known[head.lower()], tail
    if_exists = plain.lower().endswith(_IF_EXISTS.lower())
    if if_exists:
        plain = plain[: -len(_IF_EXISTS)]
    operator = _NAMES.get(plain.lower())
    if operator is None or (operator == "Null" and (qualifier or if_exists)):
        return None
    return operator, qualifier, if_exists


def _equals(wanted: str, value: str, variables: Context | None) -> bool:
    return substituted(wanted, variables) == value


def _equals_ignoring_case(wanted: str, value: str, variables: Context | None) -> bool:
    filled = substituted(wanted, variables)
    return filled is not None and filled.casefold() == value.casefold()


def _bool_equals(wanted: str, value: str, variables: Context | None) -> bool:
    filled = substituted(wanted, variables)
    return filled is not None and _bool(filled) is not None and _bool(filled) == _bool(value)


def _bool(text: str) -> bool | None:
    return {"true": True, "false": False}.get(text.lower())


def _binary_equals(wanted: str, value: str, _variables: Context | None) -> bool:
    try:
        return base64.b64decode(wanted, validate=True) == base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return False


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _moment(text: str) -> float | None:
    # Seconds since 1970 or an ISO 8601 time; one without a zone means UTC.
    seconds = _number(text)
    if seconds is not None:
        return seconds
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _compared(
    read: Callable[[str], float | None], verdict: Callable[[float, float], bool]
) -> _Test:
    def test(wanted: str, value: str, _variables: Context | None) -> bool:
        limit, actual = read(wanted), read(value)
        return limit is not None and actual is not None and verdict(actual, limit)

    return test


def _in_network(wanted: str, value: str, _variables: Context | None) -> bool:
    try:
        network = ipaddress.ip_network(wanted, strict=False)
        address = ipaddress.ip_address(value)
    except ValueError:
        return False
    return address.version == network.version and address in network


def _ordered(prefix: str, read: Callable[[str], float | None]) -> dict[str, tuple[_Test, bool]]:
    same = _compared(read, lambda actual, limit: actual == limit)
    return {
        f"{prefix}Equals": (same, False),
        f"{prefix}NotEquals": (same, True),
        f"{prefix}LessThan": (_compared(read, lambda actual, limit: actual < limit), False),
        f"{prefix}LessThanEquals": (_compared(read, lambda actual, limit: actual <= limit), False),
        f"{prefix}GreaterThan": (_compared(read, lambda actual, limit: actual > limit), False),
        f"{prefix}GreaterThanEquals": (
            _compared(read, lambda actual, limit: actual >= limit),
            False,
        ),
    }


# Each operator with its test, and whether its name says "not".
_OPERATORS: Final[dict[str, tuple[_Test, bool]]] = {
    "StringEquals": (_equals, False),
    "StringNotEquals": (_equals, True),
    "StringEqualsIgnoreCase": (_equals_ignoring_case, False),
    "StringNotEqualsIgnoreCase": (_equals_ignoring_case, True),
    "StringLike": (matches_template, False),
    "StringNotLike": (matches_template, True),
    "ArnEquals": (matches_arn, False),
    "ArnLike": (matches_arn, False),
    "ArnNotEquals": (matches_arn, True),
    "ArnNotLike": (matches_arn, True),
    "Bool": (_bool_equals, False),
    "BinaryEquals": (_binary_equals, False),
    "IpAddress": (_in_network, False),
    "NotIpAddress": (_in_network, True),
    **_ordered("Numeric", _number),
    **_ordered("Date", _moment),
}
_NAMES: Final = {name.lower(): name for name in (*_OPERATORS, "Null")}
