"""Importing Jupyter's libraries without a part that takes longer than all the rest."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator

__all__ = ["light_imports"]

_SLOW = "rfc3987_syntax"


@contextlib.contextmanager
def light_imports() -> Iterator[None]:
    """Import nbformat and what needs it about a second faster.

    jsonschema imports rfc3987_syntax, when it is there, to judge the format ``iri`` of a string,
    and that module builds a grammar while it is imported. No notebook has such a string. Inside
    this context its import fails, which jsonschema expects; afterwards it can be imported as ever.
    """
    if _SLOW in sys.modules:
        yield
        return
    # None is Python's own way to say that a module is not there.
    sys.modules[_SLOW] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[_SLOW]
