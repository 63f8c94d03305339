"""The request context: condition keys and their values, looked up without regard to case."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

Context = Mapping[str, tuple[str, ...]]
"""Condition keys in lower case, each with its values; an absent key is absent."""


def context(*sources: Mapping[str, object]) -> Context:
    """Make a request context from ordinary dicts; later ones win over earlier ones.

    A value may be a string, a number, a bool or a collection of these. ``None`` and an empty
    collection leave the key out, because IAM treats a key without a value as absent.

    AWS: reference_policies_elements_condition (key names are not case-sensitive).
    """
    made: dict[str, tuple[str, ...]] = {}
    for source in sources:
        for key, value in source.items():
            values = _texts(value)
            if values:
                made[key.lower()] = values
            else:
                made.pop(key.lower(), None)
    return made


def _texts(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    if isinstance(value, bool):
        return ("true" if value else "false",)
    if isinstance(value, str):
        return (value,)
    if isinstance(value, Iterable):
        return tuple(text for item in value for text in _texts(item))
    return (str(value),)
