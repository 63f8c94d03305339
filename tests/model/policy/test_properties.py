"""What holds for every policy: generated documents and requests."""

from __future__ import annotations

import fnmatch
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ecslab.model.policy import (
    Decision,
    Malformed,
    Policy,
    Principal,
    Request,
    context,
    decide,
    may_assume,
    parse,
)
from ecslab.model.policy.pattern import matches

ACTIONS = ["ecs:RunTask", "ecs:StopTask", "logs:PutLogEvents", "iam:PassRole"]
ARNS = [f"arn:aws:ecs:us-east-1:123456789012:{name}" for name in ("task/a/1", "task/b/2")]
KEYS = ["aws:username", "ecs:cluster", "aws:SecureTransport"]
patterns = st.sampled_from([*ACTIONS, "ecs:*", "*", "ecs:?unTask", "logs:Put*"])
resources = st.sampled_from([*ARNS, "*", "arn:aws:ecs:*:task/a/*", "arn:*/?", "${aws:username}"])
operators = st.sampled_from(
    [
        *("StringEquals", "StringNotLike", "Bool", "Null", "ForAllValues:StringLike"),
        *("ForAnyValue:StringNotEquals", "StringEqualsIfExists", "ArnLike"),
    ]
)
values = st.sampled_from(["a", "b", "true", "false", "a*"])


def one_or_more(items: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    return items | st.lists(items, min_size=1, max_size=3)


conditions = st.dictionaries(
    operators, st.dictionaries(st.sampled_from(KEYS), one_or_more(values), min_size=1), max_size=2
)


@st.composite
def statements(draw: st.DrawFn, effect: str | None = None) -> dict[str, Any]:
    made = {
        "Effect": effect or draw(st.sampled_from(["Allow", "Deny"])),
        draw(st.sampled_from(["Action", "NotAction"])): draw(one_or_more(patterns)),
        draw(st.sampled_from(["Resource", "NotResource"])): draw(one_or_more(resources)),
    }
    condition = draw(conditions)
    return made | ({"Condition": condition} if condition else {})


def documents(effect: str | None = None) -> st.SearchStrategy[dict[str, Any]]:
    several = st.lists(statements(effect), min_size=1, max_size=3)
    return several.map(lambda items: {"Version": "2012-10-17", "Statement": items})


requests = st.builds(
    Request,
    st.sampled_from(ACTIONS),
    st.sampled_from([*ARNS, "*"]),
    st.dictionaries(st.sampled_from(KEYS), one_or_more(values)).map(context),
)
policies = st.lists(documents(), max_size=3)
everything = {"Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}


@given(policies, requests)
def test_an_explicit_deny_always_wins(given_policies: list[Any], request: Request) -> None:
    """AWS: reference_policies_evaluation-logic."""
    allow = {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
    decision = decide([*given_policies, allow, everything], request, boundary=allow)
    assert not decision.allowed
    assert decision.reason == "explicit deny"


@given(policies, requests, documents("Deny"))
def test_another_deny_never_allows_more(
    given_policies: list[Any], request: Request, more: dict[str, Any]
) -> None:
    """AWS: reference_policies_evaluation-logic."""
    if decide([*given_policies, more], request).allowed:
        assert decide(given_policies, request).allowed


@given(policies, requests, documents("Allow"))
def test_another_allow_never_allows_less(
    given_policies: list[Any], request: Request, more: dict[str, Any]
) -> None:
    """AWS: reference_policies_evaluation-logic."""
    if decide(given_policies, request).allowed:
        assert decide([*given_policies, more], request).allowed


@given(policies, requests, documents())
def test_a_boundary_or_session_policy_never_allows_more(
    given_policies: list[Any], request: Request, limit: dict[str, Any]
) -> None:
    """AWS: access_policies_boundaries."""
    before = decide(given_policies, request).allowed
    assert decide(given_policies, request, boundary=limit).allowed <= before
    assert decide(given_policies, request, session_policies=[limit]).allowed <= before


@given(st.data(), st.lists(statements(), min_size=1, max_size=5), requests)
def test_the_order_of_statements_does_not_matter(
    data: st.DataObject, items: list[Any], request: Request
) -> None:
    """AWS: reference_policies_evaluation-logic."""
    shuffled = data.draw(st.permutations(items))

    def outcome(ordered: list[Any]) -> tuple[bool, str]:
        decision = decide([{"Version": "2012-10-17", "Statement": ordered}], request)
        return decision.allowed, decision.reason

    assert outcome(items) == outcome(shuffled)
    assert outcome(items)[0] == (
        decide([{"Version": "2012-10-17", "Statement": [item]} for item in items], request).allowed
    )


@given(policies, requests)
def test_json_text_and_data_mean_the_same(given_policies: list[Any], request: Request) -> None:
    texts = [json.dumps(document) for document in given_policies]
    assert decide(texts, request) == decide(given_policies, request)


letters = st.text("ab*?:/[.$", max_size=12)


@given(letters, st.text("ab:/[.$", max_size=12))
def test_wildcards_agree_with_fnmatch(pattern: str, value: str) -> None:
    """AWS: reference_policies_elements_resource; brackets mean nothing to IAM."""
    reference = pattern.replace("[", "[[]")
    assert matches(pattern, value) == fnmatch.fnmatchcase(value, reference)


@given(st.integers(1, 40))
def test_many_stars_cost_no_more_than_few(stars: int) -> None:
    assert not matches("*a" * stars + "b", "a" * 2_000)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=12,
)
near_policies = st.fixed_dictionaries(
    {"Statement": st.lists(
        st.dictionaries(
            st.sampled_from([
                "Effect", "Action", "NotAction", "Resource", "NotResource", "Principal",
                "NotPrincipal", "Condition", "Sid",
            ]),
            st.sampled_from(["Allow", "*", "ecs:*", {"StringEquals": {"a:b": "c"}}]) | anything,
        ),
        max_size=2,
    ) | anything},
    optional={"Version": st.sampled_from(["2012-10-17", "2008-10-17"]) | anything},
)  # fmt: skip


@given(anything | near_policies | st.binary(max_size=20), requests)
def test_no_document_causes_an_exception(document: Any, request: Request) -> None:
    """AWS: botocore iam MalformedPolicyDocumentException is the only answer to a bad document."""
    assert isinstance(parse(document), Policy | Malformed)
    read = parse(document, "identity")
    decision = decide([document], request, boundary=document, session_policies=[document])
    assert isinstance(decision, Decision)
    assert (decision.reason == "MalformedPolicyDocument") == isinstance(read, Malformed)
    assert isinstance(may_assume(document, Principal("Service", "x")), Decision)
    try:
        text = json.dumps(document)
    except (TypeError, ValueError):
        return
    assert isinstance(parse(text), Policy | Malformed)
