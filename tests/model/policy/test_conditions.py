"""Condition operators, one by one."""

from __future__ import annotations

from typing import Any

import pytest

from ecslab.model.policy import Request, context, decide

ABSENT: dict[str, Any] = {}


def holds(operator: str, values: Any, keys: dict[str, Any], key: str = "aws:Key") -> bool:
    statement = {
        "Effect": "Allow",
        "Action": "ecs:*",
        "Resource": "*",
        "Condition": {operator: {key: values}},
    }
    document = {"Version": "2012-10-17", "Statement": statement}
    return decide([document], Request("ecs:RunTask", "*", context(keys))).allowed


ARN = "arn:aws:ecs:us-east-1:123456789012:task/prod/abc"


@pytest.mark.parametrize(
    ("operator", "wanted", "found", "expected"),
    [
        ("StringEquals", "a", "a", True),
        ("StringEquals", "a", "A", False),
        ("StringEquals", ["a", "b"], "b", True),
        ("StringEquals", "a*", "ab", False),
        ("StringNotEquals", ["a", "b"], "b", False),
        ("StringNotEquals", ["a", "b"], "c", True),
        ("StringEqualsIgnoreCase", "a", "A", True),
        ("StringNotEqualsIgnoreCase", "a", "A", False),
        ("StringLike", "a*c?", "abbcd", True),
        ("StringLike", "A*", "abc", False),
        ("StringNotLike", "a*", "abc", False),
        ("ArnLike", "arn:aws:ecs:us-east-1:123456789012:*", ARN, True),
        ("ArnEquals", "arn:aws:ecs:*:123456789012:task/prod/*", ARN, True),
        ("ArnLike", "arn:aws:ecs:*:task/prod/*", ARN, False),
        ("ArnLike", "arn:aws:*", ARN, False),
        ("ArnLike", "not an arn", ARN, False),
        ("ArnNotLike", "arn:aws:ecs:us-east-1:123456789012:*", ARN, False),
        ("ArnNotEquals", "arn:aws:ecs:us-east-1:123456789012:task/test/*", ARN, True),
        ("Bool", "true", True, True),
        ("Bool", "True", "true", True),
        ("Bool", "false", "true", False),
        ("Bool", "maybe", "maybe", False),
        ("NumericEquals", "10", "10.0", True),
        ("NumericNotEquals", "10", 11, True),
        ("NumericLessThan", "10", 9, True),
        ("NumericLessThanEquals", 10, 10, True),
        ("NumericGreaterThan", "10", 10, False),
        ("NumericGreaterThanEquals", "10", 10, True),
        ("NumericEquals", "ten", 10, False),
        ("DateGreaterThan", "2026-01-01T00:00:00Z", "2026-01-15T09:00:00Z", True),
        ("DateLessThan", "2026-01-01", "2026-01-15T09:00:00Z", False),
        ("DateEquals", "2026-01-15T10:00:00+01:00", "2026-01-15T09:00:00Z", True),
        ("DateLessThanEquals", "1768467600", "2026-01-15T09:00:00Z", True),
        ("DateEquals", "yesterday", "2026-01-15T09:00:00Z", False),
        ("IpAddress", "10.0.0.0/16", "10.0.3.4", True),
        ("IpAddress", "10.0.0.0/16", "10.1.3.4", False),
        ("IpAddress", "203.0.113.10", "203.0.113.10", True),
        ("IpAddress", "2001:db8::/32", "2001:db8::1", True),
        ("IpAddress", "2001:db8::/32", "10.0.0.1", False),
        ("IpAddress", "nonsense", "10.0.0.1", False),
        ("NotIpAddress", "10.0.0.0/16", "10.0.3.4", False),
        ("NotIpAddress", "10.0.0.0/16", "10.1.3.4", True),
        ("BinaryEquals", "QmluYXJ5", "QmluYXJ5", True),
        ("BinaryEquals", "QmluYXJ5", "!!", False),
        ("stringequals", "a", "a", True),
    ],
)
def test_each_operator(operator: str, wanted: Any, found: Any, expected: bool) -> None:  # noqa: FBT001
    """AWS: reference_policies_elements_condition_operators."""
    assert holds(operator, wanted, {"aws:Key": found}) is expected


@pytest.mark.parametrize(
    ("operator", "expected"),
    [
        ("StringEquals", False),
        ("StringNotEquals", True),
        ("StringLike", False),
        ("StringNotLike", True),
        ("ArnNotLike", True),
        ("Bool", False),
        ("NumericLessThan", False),
        ("NotIpAddress", True),
        ("StringEqualsIfExists", True),
        ("BoolIfExists", True),
        ("ForAllValues:StringEquals", True),
        ("ForAnyValue:StringEquals", False),
    ],
)
def test_a_key_that_the_request_lacks(operator: str, expected: bool) -> None:  # noqa: FBT001
    """AWS: reference_policies_elements_condition_operators, IfExists and negated operators."""
    assert holds(operator, "true", ABSENT) is expected


def test_if_exists_still_judges_a_key_that_is_there() -> None:
    """AWS: reference_policies_elements_condition_operators, IfExists."""
    assert not holds("StringEqualsIfExists", "a", {"aws:Key": "b"})


@pytest.mark.parametrize(("wanted", "present", "expected"), [
    ("true", False, True),
    ("true", True, False),
    ("false", True, True),
    ("false", False, False),
])  # fmt: skip
def test_null_asks_whether_the_key_is_there(
    wanted: str,
    present: bool,  # noqa: FBT001
    expected: bool,  # noqa: FBT001
) -> None:
    """AWS: reference_policies_elements_condition_operators, Null."""
    assert holds("Null", wanted, {"aws:Key": "x"} if present else ABSENT) is expected


@pytest.mark.parametrize(
    ("operator", "found", "expected"),
    [
        ("ForAllValues:StringEquals", ["a", "b"], True),
        ("ForAllValues:StringEquals", ["a", "c"], False),
        ("ForAnyValue:StringEquals", ["c", "a"], True),
        ("ForAnyValue:StringEquals", ["c", "d"], False),
        ("ForAllValues:StringNotEquals", ["c", "d"], True),
        ("ForAllValues:StringNotEquals", ["a", "d"], False),
        ("ForAnyValue:StringNotEquals", ["a", "d"], True),
        ("ForAnyValue:StringNotEquals", ["a", "b"], False),
        ("ForAllValues:StringLike", ["aa", "b"], False),
        ("StringNotEquals", ["a", "c"], False),
        ("StringEquals", ["a", "c"], True),
    ],
)
def test_keys_with_several_values(operator: str, found: list[str], expected: bool) -> None:  # noqa: FBT001
    """AWS: reference_policies_condition-single-vs-multi-valued-context-keys."""
    assert holds(operator, ["a", "b"], {"aws:Key": found}) is expected


def test_all_operators_and_all_keys_have_to_hold() -> None:
    """AWS: reference_policies_elements_condition, logical AND of operators and of keys."""
    statement = {
        "Effect": "Allow",
        "Action": "*",
        "Resource": "*",
        "Condition": {
            "StringEquals": {"aws:A": "1", "aws:B": "2"},
            "Bool": {"aws:SecureTransport": "true"},
        },
    }
    every = {"aws:A": "1", "aws:B": "2", "aws:SecureTransport": True}
    for missing in (None, *every):
        keys = {key: value for key, value in every.items() if key != missing}
        decision = decide([{"Statement": statement}], Request("ecs:X", "*", context(keys)))
        assert decision.allowed is (missing is None)


def test_key_names_have_no_case() -> None:
    """AWS: reference_policies_elements_condition: condition key names are not case-sensitive."""
    assert holds("StringEquals", "a", {"AWS:KEY": "a"}, key="aws:key")


def test_variables_are_filled_into_values() -> None:
    """AWS: reference_policies_variables."""
    keys = {"aws:username": "ana", "aws:PrincipalTag/team": "ana"}
    assert holds("StringEquals", "${aws:username}", keys, key="aws:PrincipalTag/team")
    keys |= {"aws:SourceArn": "arn:aws:iam::123456789012:user/ana"}
    own = "arn:aws:iam::123456789012:user/${aws:username}"
    assert holds("ArnEquals", own, keys, key="aws:SourceArn")
    assert not holds("StringEquals", "${aws:nothing}", keys, key="aws:PrincipalTag/team")


def test_an_empty_value_counts_as_a_value_and_an_empty_list_as_none() -> None:
    """AWS: Null is true for a key without values."""
    assert holds("Null", "false", {"aws:Key": ""})
    assert holds("Null", "true", {"aws:Key": []})
