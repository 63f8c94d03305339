"""The JSON body of a request, held against the input shape of its operation.

Clients of AWS check this themselves; other callers get the errors of AWS's JSON protocol.
AWS: AWS JSON 1.1 protocol (null is as good as absent, unknown members are passed over), botocore's
ecs service model.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, Final

from ecslab.errors import AwsError
from ecslab.model.word_answers import NOT_ONE_OF

if TYPE_CHECKING:
    from collections.abc import Callable

_WORDS: Final = 31
_LONGS: Final = 63
_APART: Final = frozenset(("include", "overrides"))
_LAST_SECOND: Final = 253402300799
"""The end of the year 9999, as a Unix timestamp."""


def parameters(body: bytes | str | None, shape: Any) -> dict[str, Any]:
    """Return the parameters of a request, of the types that the model says.

    Args:
        body: the request's body.
        shape: the operation's input shape, None when it takes nothing.

    Raises:
        AwsError: SerializationException for what is no JSON object or has a wrong type,
            InvalidParameterException for a required member that is missing.
    """
    try:
        params = json.loads(body or b"{}", parse_constant=_refuse)
    except (ValueError, RecursionError):
        params = None
    if not isinstance(params, dict):
        message = "The request body is not a JSON object."
        raise AwsError("SerializationException", message)
    given: dict[str, Any] = _without_nulls(params)
    if shape is not None:
        _check(given, shape, "")
    return given


def check_words(params: dict[str, Any], shape: Any, *, apart: frozenset[str] = _APART) -> None:
    """Refuse a word that is none of those that a member of the input shape can have.

    Args:
        params: the parameters of a request, or part of them.
        shape: the structure that they are of.
        apart: the members whose words are looked at by the operation itself.

    Raises:
        AwsError: InvalidParameterException.
    """
    for name, value in params.items():
        if name in shape.members and name not in apart:
            _check_word(name, value, shape.members[name])


def _check_word(name: str, value: Any, shape: Any) -> None:
    if shape.type_name == "structure":
        check_words(value, shape)
    elif shape.type_name == "list":
        for item in value:
            _check_word(name, item, shape.member)
    elif shape.type_name == "string":
        words = shape.metadata.get("enum")
        if words and value not in words:
            raise NOT_ONE_OF.error(value=value, member=name, values=",".join(words))


def _refuse(constant: str) -> None:
    message = f"{constant} is no JSON"
    raise ValueError(message)


def _without_nulls(value: Any) -> Any:
    """Return JSON without members that are null: AWS takes them as absent."""
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value


def _check(value: Any, shape: Any, path: str) -> None:
    kind = shape.type_name
    if not _IS[kind](value):
        message = f"The value of {path or 'the request'} is not of the type that it must be."
        raise AwsError("SerializationException", message)
    if kind == "structure":
        _check_structure(value, shape, path)
    elif kind == "list":
        for index, item in enumerate(value):
            _check(item, shape.member, f"{path}[{index}]")
    elif kind == "map":
        for key, item in value.items():
            _check(item, shape.value, f"{path}.{key}")


def _check_structure(value: dict[str, Any], shape: Any, path: str) -> None:
    known = [name for name in value if name in shape.members]
    if shape.is_tagged_union and len(known) != 1:
        message = f"{path} must have exactly one of {', '.join(shape.members)}."
        raise AwsError("SerializationException", message)
    for name in shape.required_members:
        if name not in value:
            member = f"{path}.{name}" if path else name
            message = f"Invalid parameter: {member} is required."
            raise AwsError("InvalidParameterException", message)
    for name in known:
        _check(value[name], shape.members[name], f"{path}.{name}" if path else name)


def _whole(value: Any, bits: int) -> bool:
    return type(value) is int and -(2**bits) <= value < 2**bits


def _real(value: Any) -> bool:
    if type(value) is int:
        return _whole(value, 1000)
    return type(value) is float and math.isfinite(value)


_IS: Final[dict[str, Callable[[Any], bool]]] = {
    "structure": lambda value: isinstance(value, dict),
    "map": lambda value: isinstance(value, dict),
    "list": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: _whole(value, _WORDS),
    "long": lambda value: _whole(value, _LONGS),
    "float": _real,
    "double": _real,
    "timestamp": lambda value: _real(value) and 0 <= value <= _LAST_SECOND,
}
