"""Filter patterns and Logs Insights queries."""

from __future__ import annotations

from typing import Any

import pytest

from ecslab.model.logs.filter_pattern import PatternError, matcher
from ecslab.model.logs.insights import Query, QueryError, event_fields

JSON = '{"level": "ERROR", "status": 502, "request": {"path": "/books", "ms": 950.5}, "ok": true}'


@pytest.mark.parametrize(
    ("pattern", "message", "expected"),
    [
        ("", "anything", True),
        ("ERROR", "an ERROR here", True),
        ("ERROR", "an error here", False),
        ("ERROR timeout", "timeout: ERROR", True),
        ("ERROR -timeout", "timeout: ERROR", False),
        ("?ERROR ?WARN", "a WARN", True),
        ("?ERROR ?WARN", "fine", False),
        ('"slow query"', "a slow query", True),
        ('"slow query"', "a slow big query", False),
        ("%50[0-9]%", "status 503", True),
        ('{ $.level = "ERROR" }', JSON, True),
        ('{ $.level = "E*" && $.status >= 500 }', JSON, True),
        ("{ $.status = 500 || $.request.ms > 900 }", JSON, True),
        ("{ $.request.path = /books }", JSON, True),
        ("{ $.ok IS TRUE }", JSON, True),
        ("{ $.missing NOT EXISTS }", JSON, True),
        ('{ $.level = "ERROR" }', "no JSON", False),
        ("{ ($.status = 1 || $.status = 502) && $.level != OK }", JSON, True),
    ],
)
def test_filter_patterns(pattern: str, message: str, expected: bool) -> None:  # noqa: FBT001
    """AWS: FilterAndPatternSyntax."""
    assert matcher(pattern)(message) is expected


@pytest.mark.parametrize("pattern", ["[ip, user]", "{ $.a }", "{ a = 1 }", "{ $.a = 1", "%(%"])
def test_patterns_that_are_refused(pattern: str) -> None:
    with pytest.raises(PatternError):
        matcher(pattern)


def rows(query: str) -> list[dict[str, Any]]:
    """Run a query over five events, newest first."""
    made = [
        ("web", 10, '{"path": "/", "ms": 12}'),
        ("web", 70, '{"path": "/books", "ms": 950}'),
        ("api", 80, '{"path": "/books", "ms": 900}'),
        ("api", 130, "GET /health took 3 ms"),
        ("api", 140, "GET /books took 800 ms"),
    ]
    events = [
        event_fields(
            message,
            timestamp=f"2026-01-15 09:{seconds // 60:02d}:{seconds % 60:02d}.000",
            logStream=stream,
        )
        for stream, seconds, message in reversed(made)
    ]
    return Query.parse(query).run(events)


def test_fields_filter_sort_limit() -> None:
    """AWS: CWL_QuerySyntax; JSON fields are found by themselves."""
    found = rows("fields path, ms | filter ms > 100 and path like /boo/ | sort ms asc | limit 1")
    assert found == [{"path": "/books", "ms": 900}]
    assert len(rows("fields @message")) == 5
    assert rows('filter @logStream = "web" and not (path = "/")')[0]["@message"].endswith("950}")
    assert len(rows("filter path in ['/', '/none'] or ispresent(nothing)")) == 1


def test_stats() -> None:
    """AWS: CWL_QuerySyntax-Stats."""
    found = rows("stats count(*) as n, avg(ms) as mean, max(ms) by path | sort n desc")
    assert found == [
        {"path": "/books", "n": 2, "mean": 925.0, "max(ms)": 950.0},
        {"path": "/", "n": 1, "mean": 12.0, "max(ms)": 12.0},
    ]
    assert rows("stats pct(ms, 50) as p50") == [{"p50": 900.0}]
    spans = rows("stats count(*) by bin(1m) | sort bin(1m) asc")
    assert [row["count(*)"] for row in spans] == [1, 2, 2]


def test_parse() -> None:
    """AWS: CWL_QuerySyntax-Parse: globs and regular expressions."""
    found = rows(
        'parse @message "GET * took * ms" as route, took | filter took > 100 | display route'
    )
    assert found == [{"route": "/books"}]
    named = rows("parse /took (?<took>[0-9]+)/ | stats sum(took) as total")
    assert named == [{"total": 803.0}]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("", "empty"),
        ("dedup path", "the command dedup is not part of this simulation"),
        ("stats stddev(ms)", "the function stddev"),
        ("filter ms ~ 3", "unexpected symbol"),
        ("fields strlen(path)", "functions in fields"),
        ("filter a =", "ends too early"),
        ("limit all", "limit takes a number"),
    ],
)
def test_queries_that_are_refused(query: str, words: str) -> None:
    with pytest.raises(QueryError, match=words):
        rows(query)
