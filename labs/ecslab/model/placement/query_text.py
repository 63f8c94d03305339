"""Reads expressions of the cluster query language into a tree.

AWS: cluster-query-language (subjects, operators, argument lists, compound expressions).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

__all__ = ["And", "Expression", "Not", "Or", "QueryError", "Test", "parse"]


class QueryError(ValueError):
    """An expression that is not of the cluster query language; the text says where it stops."""


@dataclass(frozen=True, slots=True)
class Test:
    """One subject, operator and, for most operators, an argument.

    Args:
        subject: such as `attribute:ecs.instance-type`.
        operator: in its word form, such as `equals`.
        arguments: none for `exists`, several for `in`.
    """

    subject: str
    operator: str
    arguments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite of an expression."""

    inner: Expression


@dataclass(frozen=True, slots=True)
class And:
    """Both of two expressions."""

    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Or:
    """One of two expressions, or both."""

    left: Expression
    right: Expression


Expression = Test | Not | And | Or

_OPERATORS: Final = {
    "==": "equals",
    "!=": "not_equals",
    ">=": "greater_than_equal",
    "<=": "less_than_equal",
    ">": "greater_than",
    "<": "less_than",
    "=~": "matches",
    "!~": "not_matches",
    "!in": "not_in",
    "!exists": "not_exists",
}
_WORDS: Final = frozenset(_OPERATORS.values()) | {"in", "exists"}
_WITHOUT_ARGUMENT: Final = ("exists", "not_exists")
_WITH_LIST: Final = ("in", "not_in")
_SUBJECT: Final = re.compile(r"[A-Za-z][A-Za-z0-9]*(?::[A-Za-z0-9._/\\-]+)?")
_OPERATOR: Final = re.compile(r"==|!=|>=|<=|=~|!~|!in\b|!exists\b|>|<|[a-z_]+\b")
_QUOTED: Final = re.compile(r"'([^']*)'|\"([^\"]*)\"")
_LIST_ITEM: Final = re.compile(r"[^\s,\[\]()'\"]+")
_DEEPEST: Final = 100


def parse(text: str) -> Expression:
    """Return the tree of an expression.

    Raises:
        QueryError: the text is not an expression.
    """
    reader = _Reader(text)
    found = reader.either(0)
    reader.skip()
    if not reader.done:
        raise reader.error()
    return found


class _Reader:
    """A recursive descent through the text: or binds weaker than and, and weaker than not."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    @property
    def done(self) -> bool:
        return self._at >= len(self._text)

    def error(self) -> QueryError:
        return QueryError(f"cannot read the expression from character {self._at + 1} on")

    def skip(self) -> None:
        while not self.done and self._text[self._at].isspace():
            self._at += 1

    def either(self, depth: int) -> Expression:
        left = self._both(depth)
        while self._takes(r"\|\|") or self._takes(r"or\b"):
            left = Or(left, self._both(depth))
        return left

    def _both(self, depth: int) -> Expression:
        left = self._single(depth)
        while self._takes(r"&&") or self._takes(r"and\b"):
            left = And(left, self._single(depth))
        return left

    def _single(self, depth: int) -> Expression:
        if depth > _DEEPEST:
            raise self.error()
        if self._takes(r"not\b") or self._takes(r"!"):
            return Not(self._single(depth + 1))
        if self._takes(r"\("):
            inner = self.either(depth + 1)
            if not self._takes(r"\)"):
                raise self.error()
            return inner
        return self._test()

    def _test(self) -> Test:
        subject = self._match(_SUBJECT)
        symbol = self._match(_OPERATOR)
        operator = _OPERATORS.get(symbol, symbol)
        if operator not in _WORDS:
            raise self.error()
        if operator in _WITHOUT_ARGUMENT:
            return Test(subject, operator)
        if operator in _WITH_LIST:
            return Test(subject, operator, self._list())
        return Test(subject, operator, (self._literal(),))

    def _list(self) -> tuple[str, ...]:
        if not self._takes(r"\["):
            raise self.error()
        items = [self._item()]
        while self._takes(","):
            items.append(self._item())
        if not self._takes(r"\]"):
            raise self.error()
        return tuple(items)

    def _item(self) -> str:
        quoted = self._quoted()
        return quoted if quoted is not None else self._match(_LIST_ITEM)

    def _literal(self) -> str:
        """Return an argument: quoted, or up to a blank or a parenthesis that it did not open."""
        quoted = self._quoted()
        if quoted is not None:
            return quoted
        start, open_ones = self._at, 0
        while not self.done:
            letter = self._text[self._at]
            if letter.isspace() or (letter == ")" and not open_ones):
                break
            open_ones += (letter == "(") - (letter == ")")
            self._at += 1
        if start == self._at:
            raise self.error()
        return self._text[start : self._at]

    def _quoted(self) -> str | None:
        self.skip()
        found = _QUOTED.match(self._text, self._at)
        if found is None:
            return None
        self._at = found.end()
        return found.group(1) if found.group(1) is not None else found.group(2)

    def _takes(self, pattern: str) -> bool:
        self.skip()
        found = re.compile(pattern).match(self._text, self._at)
        if found is None:
            return False
        self._at = found.end()
        return True

    def _match(self, pattern: re.Pattern[str]) -> str:
        self.skip()
        found = pattern.match(self._text, self._at)
        if found is None:
            raise self.error()
        self._at = found.end()
        return found.group(0)
