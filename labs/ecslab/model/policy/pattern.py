"""Wildcards and policy variables, as IAM matches them."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from ecslab.model.policy.context import Context

# A variable with an optional default: ${aws:username} or ${aws:PrincipalTag/team, 'none'}.
_VARIABLE: Final = re.compile(r"\$\{([^{}]*)\}")
_DEFAULT: Final = re.compile(r"(?P<key>[^,]*),\s*'(?P<default>[^']*)'\s*")
# The three characters that mean something in a pattern are written ${*}, ${?} and ${$}.
_ESCAPES: Final = {"*": "*", "?": "?", "$": "$"}

# The colons between an ARN's parts, not those inside a variable's name.
_COLON: Final = re.compile(r":(?![^{}]*\})")
_ARN_PARTS: Final = 6


def matches(pattern: str, value: str, *, ignore_case: bool = False) -> bool:
    """Return whether a value fits a pattern in which * is any text and ? is one character.

    AWS: reference_policies_elements_resource (a wildcard also spans colons and slashes).
    """
    return _compiled(pattern, ignore_case).fullmatch(value) is not None


@lru_cache(maxsize=4096)
def _compiled(pattern: str, ignore_case: bool) -> re.Pattern[str]:  # noqa: FBT001 - a cache key
    return re.compile(_expression(pattern), re.DOTALL | (re.IGNORECASE if ignore_case else 0))


def _expression(pattern: str) -> str:
    return _joined([_literal(part) for part in pattern.split("*")])


def _literal(text: str) -> str:
    return ".".join(re.escape(part) for part in text.split("?"))


def _joined(parts: list[str]) -> str:
    # Each inner part is taken at its first place and never given back (an atomic group), so that
    # a pattern with many stars costs no more than one pass over the value.
    first, *rest = parts
    if not rest:
        return first
    *inner, last = rest
    return first + "".join(f"(?>.*?{part})" for part in inner if part) + ".*" + last


def matches_template(
    template: str, value: str, keys: Context | None, *, ignore_case: bool = False
) -> bool:
    """Return whether a value fits a pattern that may hold policy variables.

    Args:
        template: the pattern as the policy writes it.
        value: the text to judge.
        keys: the request context the variables stand for; ``None`` takes ``${…}`` literally, as
            policies of the version 2008-10-17 do.
        ignore_case: compare without regard to case.

    Returns:
        False too when a variable has neither a value in the context nor a default, because IAM
        then does not apply the statement.

    AWS: reference_policies_variables.
    """
    if keys is None or "${" not in template:
        return matches(template, value, ignore_case=ignore_case)
    expression = _with_variables(template, keys)
    if expression is None:
        return False
    flags = re.DOTALL | (re.IGNORECASE if ignore_case else 0)
    return re.fullmatch(expression, value, flags) is not None


def _with_variables(template: str, keys: Context) -> str | None:
    parts = [""]
    position = 0
    for found in _VARIABLE.finditer(template):
        replacement = _replacement(found.group(1), keys)
        if replacement is None:
            return None
        _extend(parts, template[position : found.start()])
        parts[-1] += re.escape(replacement)
        position = found.end()
    _extend(parts, template[position:])
    return _joined(parts)


def _extend(parts: list[str], text: str) -> None:
    head, *tail = text.split("*")
    parts[-1] += _literal(head)
    parts.extend(_literal(part) for part in tail)


def substituted(template: str, keys: Context | None) -> str | None:
    """Return a text with its policy variables filled in, or None when one has no value."""
    if keys is None or "${" not in template:
        return template
    filled = ""
    position = 0
    for found in _VARIABLE.finditer(template):
        replacement = _replacement(found.group(1), keys)
        if replacement is None:
            return None
        filled += template[position : found.start()] + replacement
        position = found.end()
    return filled + template[position:]


def _replacement(name: str, keys: Context) -> str | None:
    if name in _ESCAPES:
        return _ESCAPES[name]
    with_default = _DEFAULT.fullmatch(name)
    key = with_default["key"] if with_default else name
    values = keys.get(key.strip().lower(), ())
    # A key with several values cannot be put into one text.
    if len(values) == 1:
        return values[0]
    return with_default["default"] if with_default else None


def matches_arn(template: str, value: str, keys: Context | None) -> bool:
    """Return whether an ARN fits an ARN pattern, part by part.

    The six parts between colons are compared one by one, so a star never reaches across a colon
    into the next part; only the last part, the resource, may hold colons itself.

    AWS: reference_policies_elements_condition_operators (ArnLike and ArnEquals do the same).
    """
    wanted = _COLON.split(template, _ARN_PARTS - 1)
    found = value.split(":", _ARN_PARTS - 1)
    return len(wanted) == len(found) == _ARN_PARTS and all(
        matches_template(part, text, keys) for part, text in zip(wanted, found, strict=True)
    )
