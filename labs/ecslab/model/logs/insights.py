"""Queries of CloudWatch Logs Insights.

AWS: CWL_QuerySyntax: fields, display, filter, parse, stats, sort and limit; JSON fields are found
by themselves (CWL_AnalyzeLogData-discoverable-fields). Any other command is refused by name.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Final

from ecslab.model.logs.insights_expressions import Condition, QueryError, condition
from ecslab.model.logs.insights_stats import Stats

__all__ = ["Query", "QueryError", "event_fields"]

_DEFAULT_LIMIT: Final = 10000
_COMMAND: Final = re.compile(r"(\w+)\b\s*(.*)", re.DOTALL)
_PARSE: Final = re.compile(
    r"""(?:(?P<field>@?[\w.]+)\s+)?(?:"(?P<glob>[^"]*)"|'(?P<glob2>[^']*)'|/(?P<regex>.*)/)
        (?:\s+as\s+(?P<names>.+))?""",
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
_KNOWN: Final = ("fields", "display", "filter", "parse", "stats", "sort", "limit")
_SHOWN: Final = ("@timestamp", "@message")


def event_fields(message: str, **own: Any) -> dict[str, Any]:
    """Return the fields of an event: its own, and those of its message when that is JSON.

    Args:
        message: the message.
        own: @timestamp and so on, without the sign.
    """
    fields: dict[str, Any] = {f"@{name}": value for name, value in own.items()}
    fields["@message"] = message
    try:
        found = json.loads(message)
    except ValueError:
        return fields
    _flatten(found if isinstance(found, dict) else {}, "", fields)
    return fields


def _flatten(found: dict[str, Any], prefix: str, fields: dict[str, Any]) -> None:
    for name, value in found.items():
        if isinstance(value, dict):
            _flatten(value, f"{prefix}{name}.", fields)
        elif isinstance(value, list):
            fields.update({f"{prefix}{name}.{i}": item for i, item in enumerate(value)})
        else:
            fields[f"{prefix}{name}"] = value


@dataclass(frozen=True, slots=True)
class Query:
    """A query.

    Args:
        text: as it was written.
        steps: its commands and what follows each, in order.
    """

    text: str
    steps: tuple[tuple[str, Any], ...]

    @classmethod
    def parse(cls, text: str) -> Query:
        """Read a query.

        Raises:
            QueryError: it can't be read, or uses what is not part of the simulation.
        """
        steps: list[tuple[str, Any]] = []
        for part in _split(text, "|"):
            line = "\n".join(row for row in part.splitlines() if not row.lstrip().startswith("#"))
            match = _COMMAND.fullmatch(line.strip())
            if match is None:
                raise QueryError(f"unexpected symbol found {part.strip()[:20]!r}")
            name = match[1].lower()
            if name not in _KNOWN:
                message = f"the command {match[1]} is not part of this simulation"
                raise QueryError(f"{message}; it has {', '.join(_KNOWN)}")
            steps.append((name, _read(name, match[2].strip())))
        if not steps:
            message = "the query is empty"
            raise QueryError(message)
        return cls(text, tuple(steps))

    def run(self, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return the rows that the query finds.

        Args:
            events: the fields of each event, newest first.
        """
        rows = [dict(event) for event in events]
        shown: list[str] = []
        limit = _DEFAULT_LIMIT
        for name, given in self.steps:
            if name in ("fields", "display"):
                shown = given if name == "display" else [*shown, *given]
            elif name == "filter":
                test: Condition = given
                rows = [row for row in rows if test(row)]
            elif name == "parse":
                rows = [row | _parsed(row, given) for row in rows]
            elif name == "stats":
                rows, shown = given.run(rows)
            elif name == "sort":
                for field, descending in reversed(given):
                    keys = [_order(row.get(field)) for row in rows]
                    order = sorted(range(len(rows)), key=keys.__getitem__, reverse=descending)
                    rows = [rows[index] for index in order]
            elif name == "limit":
                limit = given
        shown = shown or list(_SHOWN)
        return [{name: row[name] for name in shown if name in row} for row in rows[:limit]]


def _read(name: str, text: str) -> Any:
    if name in ("fields", "display"):
        return [_field(each) for each in _split(text, ",")]
    if name == "filter":
        return condition(text)
    if name == "stats":
        return Stats.parse(text)
    if name == "limit":
        if not text.isdecimal():
            raise QueryError(f"limit takes a number, not {text!r}")
        return int(text)
    if name == "sort":
        return [_sort(each.strip()) for each in _split(text, ",")]
    match = _PARSE.fullmatch(text)
    if match is None:
        raise QueryError(f"parse can't be read: {text[:40]!r}")
    return _parse_rule(match)


def _field(text: str) -> str:
    name = text.strip().strip("`")
    if not re.fullmatch(r"[@\w.-]+", name):
        raise QueryError(f"functions in fields are not part of this simulation: {text.strip()!r}")
    return name


def _sort(text: str) -> tuple[str, bool]:
    name, _, order = text.partition(" ")
    return name.strip("`"), order.strip().lower() != "asc"


def _parse_rule(match: re.Match[str]) -> tuple[str, re.Pattern[str], list[str]]:
    names = [name.strip() for name in (match["names"] or "").split(",") if name.strip()]
    glob = match["glob"] if match["glob"] is not None else match["glob2"]
    if glob is None:
        pattern = re.sub(r"\(\?<(?![=!])", "(?P<", match["regex"])
    else:
        parts = [re.escape(part) for part in glob.split("*")]
        pattern = "(.*?)".join(parts) + ("$" if glob.endswith("*") else "")
    try:
        compiled = re.compile(pattern, re.DOTALL)
    except re.error as error:
        raise QueryError(f"the expression can't be read: {match['regex']}") from error
    names = names or list(compiled.groupindex)
    if len(names) != compiled.groups:
        raise QueryError(f"parse finds {compiled.groups} values and names {len(names)}")
    return match["field"] or "@message", compiled, names


def _parsed(row: dict[str, Any], rule: tuple[str, re.Pattern[str], list[str]]) -> dict[str, Any]:
    field, pattern, names = rule
    match = pattern.search(str(row.get(field, "")))
    return dict(zip(names, match.groups(), strict=True)) if match else {}


def _order(value: Any) -> tuple[int, float, str]:
    """Order nothing before numbers, numbers before text."""
    if value is None:
        return 0, 0.0, ""
    try:
        return 1, float(value), ""
    except (TypeError, ValueError):
        return 2, 0.0, str(value)


def _split(text: str, sign: str) -> list[str]:
    """Split a text at a sign that is not in quotes, slashes or parentheses."""
    parts, depth, quote = [""], 0, ""
    for letter in text:
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "\"'/`":
            quote = letter
        elif letter in "([":
            depth += 1
        elif letter in ")]":
            depth -= 1
        elif letter == sign and depth == 0:
            parts.append("")
            continue
        parts[-1] += letter
    return [part for part in parts if part.strip()]
