"""The cluster query language: which container instances an expression selects.

AWS: cluster-query-language; task-placement-constraints (examples of filters by attribute).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from ecslab.model.placement.query_text import (
    And,
    Expression,
    Not,
    Or,
    QueryError,
    Test,
    parse,
)

if TYPE_CHECKING:
    from ecslab.model.placement.candidate import Candidate

__all__ = ["Query", "QueryError", "query"]

_TEXT: Final = frozenset(("equals", "not_equals", "in", "not_in", "matches", "not_matches"))
_ORDER: Final = frozenset(
    ("equals", "not_equals", "greater_than", "greater_than_equal", "less_than", "less_than_equal")
)
_ALL: Final = _TEXT | _ORDER | {"exists", "not_exists"}
_ATTRIBUTE: Final = "attribute:"
_SUBJECTS: Final = {
    "agentConnected": _TEXT,
    "agentVersion": _ORDER,
    "ec2InstanceId": _TEXT,
    "registeredAt": _ORDER,
    "runningTasksCount": _ORDER,
    "task:group": _ALL,
}
"""The subjects besides attributes, and the operators that each of them takes."""

_OPPOSITES: Final = {
    "not_equals": "equals",
    "not_in": "in",
    "not_matches": "matches",
    "not_exists": "exists",
}
_COMPARISONS: Final[dict[str, Callable[[int], bool]]] = {
    "equals": lambda sign: sign == 0,
    "greater_than": lambda sign: sign > 0,
    "greater_than_equal": lambda sign: sign >= 0,
    "less_than": lambda sign: sign < 0,
    "less_than_equal": lambda sign: sign <= 0,
}
_NUMBER: Final = re.compile(r"-?\d+(?:\.\d+)?")


class Query:
    """An expression that has been read and checked.

    Args:
        text: the expression.

    Raises:
        QueryError: it is not of the cluster query language.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._tree = parse(text)
        _check(self._tree)

    def selects(self, instance: Candidate) -> bool:
        """Return whether the expression is true of a container instance."""
        return _holds(self._tree, instance)


@lru_cache(maxsize=512)
def query(text: str) -> Query:
    """Return an expression, read once.

    Raises:
        QueryError: it is not of the cluster query language.
    """
    return Query(text)


def _check(tree: Expression) -> None:
    if isinstance(tree, And | Or):
        _check(tree.left)
        _check(tree.right)
    elif isinstance(tree, Not):
        _check(tree.inner)
    else:
        _check_test(tree)


def _check_test(test: Test) -> None:
    attribute = test.subject.startswith(_ATTRIBUTE)
    operators = _ALL if attribute else _SUBJECTS.get(test.subject)
    if operators is None:
        message = f"there is no subject {test.subject}"
        raise QueryError(message)
    if test.operator not in operators:
        message = f"{test.subject} does not take the operator {test.operator}"
        raise QueryError(message)
    if test.operator in ("matches", "not_matches"):
        _pattern(test.arguments[0])
    if test.subject == "registeredAt":
        _moment(test.arguments[0])
    if test.subject == "runningTasksCount" and not test.arguments[0].isdigit():
        message = f"{test.arguments[0]} is not a number of tasks"
        raise QueryError(message)


def _pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error:
        message = f"{text} is not a regular expression"
        raise QueryError(message) from None


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        message = f"{text} is not a date"
        raise QueryError(message) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _holds(tree: Expression, instance: Candidate) -> bool:
    if isinstance(tree, And):
        return _holds(tree.left, instance) and _holds(tree.right, instance)
    if isinstance(tree, Or):
        return _holds(tree.left, instance) or _holds(tree.right, instance)
    if isinstance(tree, Not):
        return not _holds(tree.inner, instance)
    return _true_of(tree, instance)


def _true_of(test: Test, instance: Candidate) -> bool:
    if test.subject == "task:group":
        return _group_test(test, {each.group for each in instance.occupants})
    if test.subject.startswith(_ATTRIBUTE):
        name = test.subject.removeprefix(_ATTRIBUTE)
        present = name in instance.attributes
        if test.operator in ("exists", "not_exists"):
            return present == (test.operator == "exists")
        # "the instances with the custom attribute, unless its value is ...": an instance without
        # the attribute fulfils no test of its value, != included (task-placement-constraints).
        return present and _compare(test, instance.attributes[name] or "", _by_value)
    if test.subject == "registeredAt":
        registered = instance.registered_at
        return registered is not None and _compare(test, registered.isoformat(), _by_moment)
    values = {
        "agentConnected": (str(instance.connected).lower(), _by_value),
        "agentVersion": (instance.agent_version, _by_version),
        "ec2InstanceId": (instance.ec2_instance, _by_value),
        "runningTasksCount": (str(sum(o.running for o in instance.occupants)), _by_value),
    }
    return _compare(test, *values[test.subject])


def _group_test(test: Test, groups: set[str]) -> bool:
    """Say whether a task on the instance is of the group; the negations say that none is."""
    positive = _OPPOSITES.get(test.operator)
    if positive is not None:
        return not _group_test(Test(test.subject, positive, test.arguments), groups)
    if test.operator == "exists":
        return bool(groups)
    return any(_compare(test, group, _by_value) for group in groups)


def _compare(test: Test, value: str, by: Callable[[str, str], int]) -> bool:
    positive = _OPPOSITES.get(test.operator)
    if positive is not None:
        return not _compare(Test(test.subject, positive, test.arguments), value, by)
    if test.operator == "in":
        return value in test.arguments
    if test.operator == "matches":
        return _pattern(test.arguments[0]).fullmatch(value) is not None
    if test.operator == "equals" and by is _by_value:
        return value == test.arguments[0]
    return _COMPARISONS[test.operator](by(value, test.arguments[0]))


def _by_value(left: str, right: str) -> int:
    if _NUMBER.fullmatch(left) and _NUMBER.fullmatch(right):
        return _sign(float(left), float(right))
    return _sign(left, right)


def _by_version(left: str, right: str) -> int:
    return _sign(_version(left), _version(right))


def _version(text: str) -> tuple[int, ...]:
    numbers = [int(part) for part in re.findall(r"\d+", text)]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def _by_moment(left: str, right: str) -> int:
    return _sign(_moment(left), _moment(right))


def _sign(left: Any, right: Any) -> int:
    return int(left > right) - int(left < right)
