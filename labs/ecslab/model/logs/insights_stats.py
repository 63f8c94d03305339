"""The command `stats` of Logs Insights (AWS: CWL_QuerySyntax-Stats)."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from ecslab.model.logs.insights_expressions import QueryError, number

__all__ = ["Stats"]

_FUNCTION: Final = re.compile(
    r"(?P<name>\w+)\s*\(\s*(?P<field>[@\w.*`-]*)\s*(?:,\s*(?P<number>[\d.]+)\s*)?\)"
    r"(?:\s+as\s+(?P<shown>[\w.`]+))?",
    re.IGNORECASE,
)
_BIN: Final = re.compile(r"bin\(\s*(\d+)\s*(s|m|h|d|min|minutes?|hours?)\s*\)", re.IGNORECASE)
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_FUNCTIONS: Final = ("count", "count_distinct", "sum", "avg", "min", "max", "pct", "median")


@dataclass(frozen=True, slots=True)
class _Function:
    name: str
    field: str
    amount: float
    shown: str

    def of(self, rows: list[dict[str, Any]]) -> float | int | None:
        values = [row[self.field] for row in rows if row.get(self.field) is not None]
        if self.name == "count":
            return len(rows) if self.field in ("", "*") else len(values)
        if self.name == "count_distinct":
            return len({str(value) for value in values})
        numbers = sorted(found for value in values if (found := number(value)) is not None)
        if not numbers:
            return None
        if self.name in ("pct", "median"):
            share = 50.0 if self.name == "median" else self.amount
            return numbers[max(0, math.ceil(share / 100 * len(numbers)) - 1)]
        simple = {"sum": sum(numbers), "avg": sum(numbers) / len(numbers)}
        return simple.get(self.name, numbers[0] if self.name == "min" else numbers[-1])


@dataclass(frozen=True, slots=True)
class Stats:
    """What is counted, and by what.

    Args:
        functions: what is calculated of each group.
        groups: the fields that make groups; `bin(...)` stands for a span of time.
    """

    functions: tuple[_Function, ...]
    groups: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Stats:
        """Read what follows the command.

        Raises:
            QueryError: it can't be read.
        """
        what, _, by = re.sub(r"\s+", " ", text).partition(" by ")
        functions, position = [], 0
        for match in _FUNCTION.finditer(what):
            if what[position : match.start()].strip(" ,"):
                break
            name = match["name"].lower()
            if name not in _FUNCTIONS:
                raise QueryError(f"the function {match['name']} is not part of this simulation")
            shown = (match["shown"] or match.group().strip()).strip("`")
            field = match["field"].strip("`")
            functions.append(_Function(name, field, float(match["number"] or 0), shown))
            position = match.end()
        if not functions or what[position:].strip(" ,"):
            raise QueryError(f"stats can't be read: {text[:40]!r}")
        groups = tuple(each.strip().strip("`") for each in by.split(",") if each.strip())
        return cls(tuple(functions), groups)

    def run(self, rows: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[str]]:
        """Return a row for each group, and the names to show."""
        found: dict[tuple[str, ...], list[dict[str, Any]]] = {} if self.groups else {(): []}
        for row in rows:
            key = tuple(_value(row, group) for group in self.groups)
            if "" not in key:
                found.setdefault(key, []).append(row)
        shown = [*self.groups, *(function.shown for function in self.functions)]
        result = []
        for key, members in found.items():
            made: dict[str, Any] = dict(zip(self.groups, key, strict=True))
            for function in self.functions:
                value = function.of(members)
                if value is not None:
                    made[function.shown] = value
            result.append(made)
        return result, shown


def _value(row: dict[str, Any], group: str) -> str:
    span = _BIN.fullmatch(group)
    if span is None:
        return str(row.get(group, ""))
    seconds = int(span[1]) * _SECONDS[span[2][0].lower()]
    moment = datetime.fromisoformat(str(row["@timestamp"])).replace(tzinfo=UTC).timestamp()
    begins = datetime.fromtimestamp(moment // seconds * seconds, UTC)
    return begins.strftime("%Y-%m-%d %H:%M:%S.000")
