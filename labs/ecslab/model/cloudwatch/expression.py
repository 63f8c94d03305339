"""Metric math: arithmetic over the points of several metrics.

AWS: using-metric-math (operators, and the functions below); what else it has is refused by name.
"""

from __future__ import annotations

import ast
import itertools
import math
import operator
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

__all__ = ["ExpressionError", "Points", "calculate"]

Points: TypeAlias = Mapping[int, float]
"""The points of one metric: epoch seconds → value."""

_Value: TypeAlias = "float | dict[int, float] | list[dict[int, float]]"

_OPERATORS: Final[dict[type[ast.AST], Callable[[float, float], float]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.BitXor: operator.pow,
    ast.Gt: lambda a, b: float(a > b),
    ast.GtE: lambda a, b: float(a >= b),
    ast.Lt: lambda a, b: float(a < b),
    ast.LtE: lambda a, b: float(a <= b),
    ast.Eq: lambda a, b: float(a == b),
    ast.NotEq: lambda a, b: float(a != b),
}
_EACH: Final[dict[str, Callable[[float], float]]] = {
    "ABS": abs,
    "CEIL": lambda value: float(math.ceil(value)),
    "FLOOR": lambda value: float(math.floor(value)),
}
_OVER: Final[dict[str, Callable[[list[float]], float]]] = {
    "SUM": sum,
    "MIN": min,
    "MAX": max,
    "AVG": lambda values: sum(values) / len(values),
}


class ExpressionError(ValueError):
    """An expression that can't be calculated; its text says why."""


def calculate(
    text: str, metrics: Mapping[str, Points], times: list[int], period: int
) -> dict[int, float]:
    """Return the points of an expression.

    Args:
        text: the expression.
        metrics: the points of each metric, by its id.
        times: the starts of all periods that were asked for, in order.
        period: their length in seconds.

    Raises:
        ExpressionError: the expression is wrong, or uses what is not part of the simulation.
    """
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError) as error:
        message = f"Error in expression '{text}': it can't be read."
        raise ExpressionError(message) from error
    found = _Calculation(text, metrics, times, period).of(tree)
    if isinstance(found, list):
        message = f"Error in expression '{text}': it gives several time series."
        raise ExpressionError(message)
    return dict.fromkeys(times, found) if isinstance(found, float) else found


class _Calculation:
    def __init__(
        self, text: str, metrics: Mapping[str, Points], times: list[int], period: int
    ) -> None:
        self._text = text
        self._metrics = metrics
        self._times = times
        self._period = period

    def of(self, node: ast.AST) -> _Value:
        match node:
            case ast.Constant(value=int() | float() as number):
                found: _Value = float(number)
            case ast.Name(id=name):
                found = self._metric(name)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                found = self._join(operator.mul, -1.0, self.of(operand))
            case ast.BinOp(left=left, op=sign, right=right) if type(sign) in _OPERATORS:
                found = self._join(_OPERATORS[type(sign)], self.of(left), self.of(right))
            case ast.Compare(left=left, ops=[sign], comparators=[right]) if (
                type(sign) in _OPERATORS
            ):
                found = self._join(_OPERATORS[type(sign)], self.of(left), self.of(right))
            case ast.List(elts=items):
                series = [self.of(item) for item in items]
                found = [each for each in series if isinstance(each, dict)]
            case ast.Call(func=ast.Name(id=name), args=args):
                found = self._call(name.upper(), args)
            case _:
                raise self._wrong("it can't be read")
        return found

    def _metric(self, name: str) -> _Value:
        if name not in self._metrics:
            raise self._wrong(f"there is no metric with the id {name}")
        return dict(self._metrics[name])

    def _call(self, name: str, nodes: list[ast.expr]) -> _Value:
        match name, nodes:
            case "METRICS", []:
                return [dict(points) for points in self._metrics.values()]
            case "METRICS", [ast.Constant(value=str() as wanted)]:
                return [dict(points) for key, points in self._metrics.items() if wanted in key]
            case "FILL", [series, value]:
                return self._fill(self.of(series), value)
        args = [self.of(node) for node in nodes]
        match name, args:
            case "PERIOD", [_]:
                found: _Value = float(self._period)
            case "IF", [_, _] | [_, _, _]:
                found = self._choose(args)
            case "RATE" | "DIFF", [one]:
                found = self._change(one, by_seconds=name == "RATE")
            case _, [one] if name in _EACH:
                found = self._each(_EACH[name], one)
            case _, [one] if name in _OVER:
                found = self._over(_OVER[name], one)
            case _:
                given = f"{name} with {len(nodes)} arguments"
                raise self._wrong(f"{given} is not part of this simulation")
        return found

    def _join(self, join: Callable[[float, float], float], left: _Value, right: _Value) -> _Value:
        if isinstance(left, list) or isinstance(right, list):
            raise self._wrong("an array needs a function such as SUM")
        if isinstance(left, float) and isinstance(right, float):
            safe = self._safe(join, left, right)
            return 0.0 if safe is None else safe
        left_points, right_points = self._series(left), self._series(right)
        found = {
            time: self._safe(join, left_points[time], right_points[time])
            for time in self._times
            if time in left_points and time in right_points
        }
        return {time: value for time, value in found.items() if value is not None}

    def _series(self, value: float | dict[int, float]) -> dict[int, float]:
        return dict.fromkeys(self._times, value) if isinstance(value, float) else value

    def _safe(
        self, join: Callable[[float, float], float], left: float, right: float
    ) -> float | None:
        """Return a result; AWS: dividing by zero gives no point."""
        try:
            found = join(left, right)
        except (ZeroDivisionError, OverflowError):
            return None
        return found if not isinstance(found, complex) and math.isfinite(found) else None

    def _each(self, function: Callable[[float], float], value: _Value) -> _Value:
        if isinstance(value, list):
            return [{time: function(v) for time, v in points.items()} for points in value]
        if isinstance(value, float):
            return function(value)
        return {time: function(v) for time, v in value.items()}

    def _over(self, function: Callable[[list[float]], float], value: _Value) -> _Value:
        """Return one number over a series, or one series over an array of them."""
        if isinstance(value, list):
            columns = {
                time: [points[time] for points in value if time in points] for time in self._times
            }
            return {time: function(column) for time, column in columns.items() if column}
        if isinstance(value, float):
            return value
        return function(list(value.values())) if value else {}

    def _fill(self, value: _Value, node: ast.expr) -> _Value:
        series = value if isinstance(value, list) else [self._series(value)]
        repeat = isinstance(node, ast.Name) and node.id.upper() == "REPEAT"
        given = None if repeat else self.of(node)
        if not repeat and not isinstance(given, float):
            raise self._wrong("FILL takes a number or REPEAT here")
        filled = []
        for points in series:
            last = given if isinstance(given, float) else None
            result: dict[int, float] = {}
            for time in self._times:
                found = points.get(time, last)
                if found is not None:
                    result[time] = found
                if repeat:
                    last = found
            filled.append(result)
        return filled if isinstance(value, list) else filled[0]

    def _choose(self, args: list[_Value]) -> _Value:
        if any(isinstance(arg, list) for arg in args):
            raise self._wrong("IF takes no arrays here")
        series = [self._series(arg) for arg in args if not isinstance(arg, list)]
        condition, then = series[0], series[1]
        otherwise = series[2] if len(series) == 3 else {}  # noqa: PLR2004 - the third argument
        found: dict[int, float] = {}
        for time in self._times:
            if time in condition:
                chosen = then if condition[time] else otherwise
                if time in chosen:
                    found[time] = chosen[time]
        return found

    def _change(self, value: _Value, *, by_seconds: bool) -> _Value:
        if isinstance(value, list):
            raise self._wrong("RATE and DIFF take one metric here")
        points = sorted(self._series(value).items())
        pairs = itertools.pairwise(points)
        return {
            later: (new - old) / ((later - time) if by_seconds else 1)
            for (time, old), (later, new) in pairs
        }

    def _wrong(self, why: str) -> ExpressionError:
        return ExpressionError(f"Error in expression '{self._text}': {why}.")
