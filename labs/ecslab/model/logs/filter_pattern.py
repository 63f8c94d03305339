"""Filter patterns: which log events match.

AWS: FilterAndPatternSyntax: terms, "phrases", -without, ?either, %regular expressions%, and
`{ $.field = value }` for events that are JSON. Patterns for columns in brackets are refused.
"""

from __future__ import annotations

import fnmatch
import json
import re
from collections.abc import Callable
from typing import Any, Final, TypeAlias

__all__ = ["PatternError", "matcher"]

_Test: TypeAlias = Callable[[Any], bool]

_TERM: Final = re.compile(r'(?P<sign>[-?]?)(?:"(?P<phrase>(?:[^"\\]|\\.)*)"|(?P<word>\S+))')
_TOKEN: Final = re.compile(
    r"""\s*(?:(?P<open>\()|(?P<close>\))|(?P<join>&&|\|\|)
        |(?P<path>\$\.[\w.\[\]*-]+)\s*(?P<sign>!=|>=|<=|=|<|>|\s(?:IS|NOT|EXISTS)\b)
         \s*(?P<value>"[^"]*"|[^\s()&|]+(?:\s+EXISTS)?)?)""",
    re.VERBOSE,
)
_STEP: Final = re.compile(r"([\w-]+)|\[(\d+)\]")


class PatternError(ValueError):
    """A pattern that can't be read; its text says why."""


def matcher(pattern: str | None) -> Callable[[str], bool]:
    """Return what says whether a message matches a pattern; an empty one matches all.

    Raises:
        PatternError: the pattern is wrong, or of a kind that is not simulated.
    """
    text = (pattern or "").strip()
    if not text:
        return lambda _message: True
    if text.startswith("{"):
        return _json_matcher(text)
    if text.startswith("["):
        message = "Patterns for columns ([...]) are not part of this simulation; use terms or JSON."
        raise PatternError(message)
    if len(text) > 1 and text[0] == text[-1] == "%":
        try:
            expression = re.compile(text[1:-1])
        except re.error as error:
            raise PatternError(f"Invalid filter pattern: {text}") from error
        return lambda message: expression.search(message) is not None
    return _terms(text)


def _terms(text: str) -> Callable[[str], bool]:
    wanted: list[str] = []
    unwanted: list[str] = []
    either: list[str] = []
    for match in _TERM.finditer(text):
        term = match["word"] if match["phrase"] is None else match["phrase"].replace('\\"', '"')
        {"": wanted, "-": unwanted, "?": either}[match["sign"]].append(term)
    return lambda message: (
        all(term in message for term in wanted)
        and not any(term in message for term in unwanted)
        and (not either or bool(wanted) or any(term in message for term in either))
    )


def _json_matcher(text: str) -> Callable[[str], bool]:
    if not text.endswith("}"):
        raise PatternError(f"Invalid filter pattern: {text}")
    parser = _Conditions(text[1:-1].strip(), text)
    test = parser.either()
    parser.finish()

    def matches(message: str) -> bool:
        try:
            event = json.loads(message)
        except ValueError:
            return False
        return test(event)

    return matches


class _Conditions:
    """Reads the conditions of a JSON pattern."""

    def __init__(self, text: str, whole: str) -> None:
        self._text = text
        self._whole = whole
        self._at = 0

    def either(self) -> _Test:
        found = [self._both()]
        while self._joined("||"):
            found.append(self._both())
        return lambda event: any(test(event) for test in found)

    def finish(self) -> None:
        if self._text[self._at :].strip():
            raise self._wrong()

    def _both(self) -> _Test:
        found = [self._one()]
        while self._joined("&&"):
            found.append(self._one())
        return lambda event: all(test(event) for test in found)

    def _joined(self, word: str) -> bool:
        match = _TOKEN.match(self._text, self._at)
        if match is None or match["join"] != word:
            return False
        self._at = match.end()
        return True

    def _one(self) -> _Test:
        match = _TOKEN.match(self._text, self._at)
        if match is None:
            raise self._wrong()
        self._at = match.end()
        if match["open"]:
            test = self.either()
            closing = _TOKEN.match(self._text, self._at)
            if closing is None or not closing["close"]:
                raise self._wrong()
            self._at = closing.end()
            return test
        if match["path"] is None or match["value"] is None:
            raise self._wrong()
        return _condition(match["path"], match["sign"].strip(), match["value"])

    def _wrong(self) -> PatternError:
        return PatternError(f"Invalid filter pattern: {self._whole}")


def _condition(path: str, sign: str, value: str) -> _Test:
    if sign in ("IS", "NOT", "EXISTS"):
        absent = sign == "NOT"
        if sign == "IS":
            wanted = {"TRUE": True, "FALSE": False, "NULL": None}.get(value.upper(), value)
            return lambda event: _at(path, event) == (True, wanted)
        return lambda event: _at(path, event)[0] is not absent
    if not value.startswith('"') and _number(value) is not None:
        return _compare(path, sign, float(value))
    text = value.strip('"')
    if sign not in ("=", "!="):
        raise PatternError(f"Invalid filter pattern: {path} {sign} {value}")

    def test(event: Any) -> bool:
        there, found = _at(path, event)
        if not there:
            return False
        equal = isinstance(found, str | int | float) and fnmatch.fnmatchcase(str(found), text)
        return equal if sign == "=" else not equal

    return test


def _compare(path: str, sign: str, wanted: float) -> _Test:
    def test(event: Any) -> bool:
        there, found = _at(path, event)
        number = _number(found) if there and not isinstance(found, bool) else None
        if number is None:
            return False
        return {
            "=": number == wanted,
            "!=": number != wanted,
            "<": number < wanted,
            ">": number > wanted,
            "<=": number <= wanted,
            ">=": number >= wanted,
        }[sign]

    return test


def _at(path: str, event: Any) -> tuple[bool, Any]:
    """Return whether there is a value at a path, and the value."""
    found = event
    for name, index in _STEP.findall(path.removeprefix("$.")):
        if name and isinstance(found, dict) and name in found:
            found = found[name]
        elif index and isinstance(found, list) and int(index) < len(found):
            found = found[int(index)]
        else:
            return False, None
    return True, found


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None
