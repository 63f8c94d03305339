"""How values are written in the output of a check: on one line, short, and always the same."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

__all__ = ["LONGEST_LINE", "MOST_ITEMS", "render", "text"]

LONGEST_LINE = 240
"""Characters after which a value is cut; an API message of AWS usually fits."""

MOST_ITEMS = 12
"""Items of a collection that are written out before the rest is only counted."""

_DEEPEST = 6
_ADDRESS = re.compile(r" at 0x[0-9A-Fa-f]+")


def text(value: object) -> str:
    """Write prose or a value on one harmless line.

    Strings are shown as they are, except that line breaks, terminal escapes and other characters
    that do not print are written as escapes; anything else is written by `render`.

    Args:
        value: what a check expected or found.
    """
    if not isinstance(value, str):
        return render(value)
    return _shorten(_visible(value)) if value.strip() else repr(str(value))


def render(value: object) -> str:
    """Write a value as Python would, but stable from run to run.

    Sets and mapping keys are sorted, memory addresses left out, times written in ISO 8601, long
    values shortened.

    Args:
        value: anything, also an object whose own `repr` fails.
    """
    return _shorten(_render(value, _DEEPEST))


def _render(value: object, depth: int) -> str:
    for kinds, write in _WRITERS:
        if isinstance(value, kinds):
            try:
                return write(value, depth)
            except Exception:  # noqa: BLE001 - a learner's object may fail in any way when read
                break
    return f"<{type(value).__name__}>"


def _mapping(value: Mapping[object, object], depth: int) -> str:
    if not depth:
        return "…"
    pairs = sorted((_render(key, depth - 1), _render(value[key], depth - 1)) for key in value)
    return _listed([f"{key}: {item}" for key, item in pairs], "{}")


def _set(value: AbstractSet[object], depth: int) -> str:
    items = sorted(_render(item, depth - 1) for item in value)
    return _listed(items, "{}") if items else "set()"


def _sequence(value: Sequence[object], depth: int) -> str:
    if not depth:
        return "…"
    items = [_render(item, depth - 1) for item in value[: MOST_ITEMS + 1]]
    return _listed(items, "()" if isinstance(value, tuple) else "[]", len(value))


def _object(value: object, _depth: int) -> str:
    return _visible(_ADDRESS.sub("", repr(value)))


_WRITERS: tuple[tuple[type | tuple[type, ...], Callable[[Any, int], str]], ...] = (
    (str, lambda value, _: repr(str(value[: LONGEST_LINE + 1]))),
    ((dt.datetime, dt.date), lambda value, _: value.isoformat()),
    (type(...), lambda *_: "..."),
    (Mapping, _mapping),
    (AbstractSet, _set),
    ((list, tuple), _sequence),
    (object, _object),
)


def _listed(items: list[str], brackets: str, count: int | None = None) -> str:
    count = len(items) if count is None else count
    shown = items[:MOST_ITEMS]
    if count > MOST_ITEMS:
        shown.append(f"… {count - MOST_ITEMS} more")
    inner = ", ".join(shown)
    comma = "," if brackets == "()" and count == 1 else ""
    return f"{brackets[0]}{inner}{comma}{brackets[1]}"


def _visible(value: str) -> str:
    return "".join(
        letter if letter.isprintable() else repr(letter)[1:-1]
        for letter in value[: LONGEST_LINE + 1]
    )


def _shorten(line: str) -> str:
    return line if len(line) <= LONGEST_LINE else line[: LONGEST_LINE - 1] + "…"
