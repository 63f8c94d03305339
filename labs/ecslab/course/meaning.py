"""What a learner means by an answer, however it is written: a text, a word of a list, a number."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import Any

__all__ = ["bare", "number", "word"]

_QUOTES = "\"'`"
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
_BETWEEN = re.compile(r"[\s_-]+")


def bare(answer: Any) -> Any:
    """Give a text without the spaces and quotes around it, also where it stands in a collection.

    Args:
        answer: a text, a list, a tuple or a dictionary; anything else is given back as it is.
    """
    if isinstance(answer, str):
        return _unquoted(str(answer))
    if type(answer) in {list, tuple}:
        return type(answer)(_unquoted(each) if isinstance(each, str) else each for each in answer)
    if type(answer) is dict:
        return {
            key: _unquoted(value) if isinstance(value, str) else value
            for key, value in answer.items()
        }
    return answer


def number(value: object, *units: str) -> float | None:
    """Give the number that a value means, or None.

    Args:
        value: a number of any kind, or a text such as ``"4"``, ``"71.18 USD"`` or ``"1,884"``.
        units: words that may stand before or behind the number in a text.
    """
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, str):
        value = _without(units, value.strip().rstrip("."))
        if _THOUSANDS.fullmatch(value):
            value = value.replace(",", "")
    try:
        found = float(value)  # type: ignore[arg-type]  # numpy's and Decimal's numbers, too
    except (TypeError, ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def word(value: object, choices: Iterable[str]) -> str | None:
    """Give the choice that a text means, or None.

    Capitals, quotes, a full stop, and what joins two words do not count.

    Args:
        value: the text.
        choices: the words to choose from, as the course writes them.
    """
    if not isinstance(value, str):
        return None
    meant = _plain(value)
    return next((choice for choice in choices if _plain(choice) == meant), None)


def _unquoted(text: str) -> str:
    text = text.strip()
    while len(text) > 1 and text[0] == text[-1] and text[0] in _QUOTES:
        text = text[1:-1].strip()
    return text


def _without(units: Iterable[str], text: str) -> str:
    for unit in units:
        if text.lower().endswith(unit.lower()):
            return text[: -len(unit)].strip()
        if text.lower().startswith(unit.lower()):
            return text[len(unit) :].strip()
    return text


def _plain(text: str) -> str:
    return _BETWEEN.sub("", _unquoted(_unquoted(text).rstrip(".,;!"))).casefold()
