"""Conditions of Logs Insights (AWS: CWL_QuerySyntax-Filter)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final, TypeAlias

__all__ = ["Condition", "QueryError", "condition", "number"]

Condition: TypeAlias = Callable[[dict[str, Any]], bool]

_TOKEN: Final = re.compile(
    r"""\s*(?:(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?P<regex>/(?:[^/\\]|\\.)*/i?)
        |(?P<sign><=|>=|!=|=~|=|<|>|\(|\)|\[|\]|,)|(?P<word>[@`\w.$-]+`?))""",
    re.VERBOSE,
)


class QueryError(ValueError):
    """A query that can't be run; its text says why."""


def condition(text: str) -> Condition:
    """Return a condition.

    Raises:
        QueryError: it can't be read.
    """
    parser = _Parser(text)
    found = parser.either()
    parser.finish()
    return found


def number(value: Any) -> float | None:
    """Return a value as a number, None when it is none."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


class _Parser:
    """Reads a condition, from left to right."""

    def __init__(self, text: str) -> None:
        self._tokens = self._split(text)
        self._at = 0

    def either(self) -> Condition:
        found = [self._both()]
        while self._take("or"):
            found.append(self._both())
        return lambda row: any(test(row) for test in found)

    def finish(self) -> None:
        if self._at < len(self._tokens):
            raise QueryError(f"unexpected symbol found {self._tokens[self._at]!r}")

    def _both(self) -> Condition:
        found = [self._one()]
        while self._take("and"):
            found.append(self._one())
        return lambda row: all(test(row) for test in found)

    def _one(self) -> Condition:
        if self._take("not"):
            inner = self._one()
            return lambda row: not inner(row)
        if self._take("("):
            inner = self.either()
            self._expect(")")
            return inner
        name = self._next()
        if name.lower() == "ispresent" and self._take("("):
            field = self._next().strip("`")
            self._expect(")")
            return lambda row: row.get(field) is not None
        return self._comparison(name.strip("`"))

    def _comparison(self, field: str) -> Condition:
        negated = self._take("not")
        sign = self._next().lower()
        if sign in ("like", "=~"):
            test = _like(field, self._next())
        elif sign == "in":
            test = self._in(field)
        elif sign in ("=", "!=", "<", ">", "<=", ">="):
            test = _compare(field, sign, _plain(self._next()))
        else:
            raise QueryError(f"unexpected symbol found {sign!r}")
        return (lambda row: not test(row)) if negated else test

    def _in(self, field: str) -> Condition:
        self._expect("[")
        values = [_plain(self._next())]
        while self._take(","):
            values.append(_plain(self._next()))
        self._expect("]")
        return lambda row: any(_compare(field, "=", value)(row) for value in values)

    def _take(self, word: str) -> bool:
        if self._at < len(self._tokens) and self._tokens[self._at].lower() == word:
            self._at += 1
            return True
        return False

    def _expect(self, word: str) -> None:
        if not self._take(word):
            found = self._tokens[self._at] if self._at < len(self._tokens) else "the end"
            raise QueryError(f"{word!r} expected, found {found!r}")

    def _next(self) -> str:
        if self._at >= len(self._tokens):
            message = "the condition ends too early"
            raise QueryError(message)
        self._at += 1
        return self._tokens[self._at - 1]

    def _split(self, text: str) -> list[str]:
        found, position = [], 0
        while text[position:].strip():
            match = _TOKEN.match(text, position)
            if match is None:
                raise QueryError(f"unexpected symbol found {text[position:].strip()[:10]!r}")
            found.append(match.group().strip())
            position = match.end()
        return found


def _plain(token: str) -> Any:
    if token[0] in "\"'":
        return token[1:-1]
    found = number(token)
    return token if found is None else found


def _like(field: str, token: str) -> Condition:
    if token.startswith("/"):
        body, _, flags = token[1:].rpartition("/")
        try:
            pattern = re.compile(body, re.IGNORECASE if flags else 0)
        except re.error as error:
            raise QueryError(f"the expression can't be read: {token}") from error
        return lambda row: pattern.search(str(row.get(field, ""))) is not None
    text = str(_plain(token))
    return lambda row: field in row and text in str(row[field])


def _compare(field: str, sign: str, wanted: Any) -> Condition:
    def test(row: dict[str, Any]) -> bool:
        found = row.get(field)
        left, right = number(found), number(wanted)
        if sign in ("=", "!="):
            same = left == right if left is not None and right is not None else found == wanted
            return same if sign == "=" else not same
        if left is None or right is None:
            return False
        return {"<": left < right, ">": left > right, "<=": left <= right, ">=": left >= right}[
            sign
        ]

    return test
