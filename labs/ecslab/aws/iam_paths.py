"""JMESPath expressions over a call's parameters, compiled once."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import jmespath  # type: ignore[import-untyped]  # botocore brings it along; it has no types


def search(expression: str, params: Mapping[str, Any]) -> Any:
    """Return what an expression finds in the parameters, or None."""
    return _compiled(expression).search(params)


def texts(expression: str, params: Mapping[str, Any]) -> list[str]:
    """Return the strings an expression finds, one or a list of them; empty ones do not count."""
    found = search(expression, params)
    items = found if isinstance(found, list) else [found]
    return [item for item in items if isinstance(item, str) and item]


@cache
def _compiled(expression: str) -> Any:
    return jmespath.compile(expression)
