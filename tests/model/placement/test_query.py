"""The cluster query language. AWS: cluster-query-language, unless a test names another page."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecslab.model.placement import Candidate, QueryError, query


@pytest.mark.parametrize(
    ("expression", "chosen"),
    [
        ("attribute:ecs.instance-type == t2.small", ["a"]),
        ("attribute:ecs.instance-type equals t2.small", ["a"]),
        ("attribute:ecs.instance-type != t2.small", ["b", "c"]),
        ("attribute:ecs.availability-zone in [us-east-1a, us-east-1b]", ["a", "b"]),
        ("attribute:ecs.availability-zone not_in [us-east-1a, us-east-1b]", ["c"]),
        ("attribute:ecs.availability-zone !in [us-east-1a,us-east-1b]", ["c"]),
        ("attribute:ecs.instance-type =~ g2.*", ["b", "c"]),
        ("attribute:ecs.instance-type matches 'g2.*'", ["b", "c"]),
        ("attribute:ecs.instance-type !~ g2.*", ["a"]),
        ("attribute:ecs.instance-type =~ (g2|t2).(small|2xlarge)", ["a", "b"]),
        (
            "attribute:ecs.instance-type =~ g2.* and attribute:ecs.availability-zone != us-east-1d",
            ["b"],
        ),
        ("task:group == service:production", ["a"]),
        ("not(task:group == database)", ["a", "c"]),
        ("!(task:group == database)", ["a", "c"]),
        ("task:group != database", ["a", "c"]),
        ("runningTasksCount == 1", ["a"]),
        ("runningTasksCount >= 1", ["a", "b"]),
        ("runningTasksCount < 1", ["c"]),
        ("agentVersion < 1.14.5", ["b"]),
        ("agentVersion >= 1.14.5", ["a", "c"]),
        ("agentConnected == true", ["a", "c"]),
        ("agentConnected != true", ["b"]),
        ("registeredAt < 2018-02-13", ["a"]),
        ("registeredAt > 2018-06-18T22:28:28+00:00", ["c"]),
        ("registeredAt >= 2018-06-18T22:28:28Z", ["b", "c"]),
        ("registeredAt > 2018-06-18T22:28:28", ["c"]),
        ("ec2InstanceId in ['i-a', 'i-zzz']", ["a"]),
        ("attribute:stack exists", ["a", "b"]),
        ("attribute:stack !exists", ["c"]),
        ("attribute:stack not_exists", ["c"]),
        ("attribute:size > 9", ["b"]),
        ("attribute:size <= 9", ["a"]),
    ],
)
def test_what_expressions_select(fleet: Any, expression: str, chosen: list[str]) -> None:
    """Each operator and subject of the page, most with the page's own kind of example."""
    instances = [
        fleet.one(
            "a",
            "service:production",
            kind="t2.small",
            attributes={"stack": "prod", "size": "9"},
            registered_at=datetime(2018, 1, 1, tzinfo=UTC),
        ),
        fleet.one(
            "b",
            "database",
            "family:x",
            kind="g2.2xlarge",
            zone="us-east-1b",
            attributes={"stack": None, "size": "10"},
            agent_version="1.14.4",
            connected=False,
            registered_at=datetime(2018, 6, 18, 22, 28, 28, tzinfo=UTC),
        ),
        fleet.one(
            "c",
            kind="g2.8xlarge",
            zone="us-east-1d",
            registered_at=datetime(2019, 1, 1, tzinfo=UTC),
        ),
    ]
    assert [each.id for each in instances if query(expression).selects(each)] == chosen


def test_unequal_needs_the_attribute(fleet: Any) -> None:
    """AWS: task-placement-constraints: stack != prod lists instances that have a stack."""
    has, other, without = (
        fleet.one("a", attributes={"stack": "prod"}),
        fleet.one("b", attributes={"stack": "test"}),
        fleet.one("c"),
    )
    found = [query("attribute:stack != prod").selects(each) for each in (has, other, without)]
    assert found == [False, True, False]


@pytest.mark.parametrize(
    ("expression", "holds"),
    [
        ("attribute:a == 1 or attribute:a == 2 and attribute:b == 3", True),
        ("(attribute:a == 1 or attribute:a == 2) and attribute:b == 3", False),
        ("attribute:a == 1 || attribute:b == 9 && attribute:b == 8", True),
        ("not attribute:a == 2 and attribute:b == 4", True),
        ("not (attribute:a == 1 or attribute:b == 9)", False),
        ("!(attribute:a == 2) && !(attribute:b == 9)", True),
    ],
)
def test_compound_expressions(fleet: Any, expression: str, holds: Any) -> None:
    """Boolean operators; parentheses give the precedence."""
    assert query(expression).selects(fleet.one(attributes={"a": "1", "b": "4"})) is holds


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "attribute:a",
        "attribute:a ==",
        "attribute:a = b",
        "attribute:a == b c",
        "attribute:a in b",
        "attribute:a in []",
        "attribute:a =~ [",
        "(attribute:a == b",
        "attribute:a == b)",
        "colour == red",
        "agentConnected > true",
        "agentVersion =~ 1.*",
        "runningTasksCount == many",
        "registeredAt > yesterday",
        "attribute:a == b and",
        "not",
        "(" * 500,
    ],
)
def test_bad_expressions_are_refused(expression: str) -> None:
    """Neither the syntax, nor the subjects, nor their operators are anything else."""
    with pytest.raises(QueryError):
        query(expression)


_tests = st.sampled_from(
    ["attribute:a == 1", "attribute:b exists", "runningTasksCount > 0", "agentConnected == true"]
)
_expressions = st.recursive(
    _tests,
    lambda inner: st.one_of(
        inner.map("not ({})".format),
        st.tuples(inner, st.sampled_from(["and", "or", "&&", "||"]), inner).map(
            lambda three: f"({three[0]}) {three[1]} ({three[2]})"
        ),
    ),
    max_leaves=12,
)


@given(_expressions, st.booleans(), st.booleans())
def test_an_expression_or_its_opposite_holds(expression: str, given_a: Any, connected: Any) -> None:
    """Invariant: exactly one of an expression and its negation is true of an instance."""
    attributes: dict[str, str | None] = {"a": "1"} if given_a else {"b": None}
    instance = Candidate("i", "arn", attributes=attributes, connected=connected)
    opposite = query(f"not ({expression})").selects(instance)
    assert query(expression).selects(instance) is not opposite


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    """Invariant: no text makes the reader fail in another way than by refusing it."""
    with suppress(QueryError):
        query(text).selects(Candidate("i", "arn"))
