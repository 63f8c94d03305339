"""How values of a request are read: as AWS's JSON reader does, before any rule looks at them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ecslab.errors import AwsError
from ecslab.model.task_definition.answer import CLIENT, Answer

_SOURCE = "AWS: JSON 1.1 protocol; botocore ecs input shapes"
_SERIALIZATION = "SerializationException"

WRONG_SCALAR = Answer(
    message="{found} can not be converted to {wanted}",
    source=_SOURCE,
    code=_SERIALIZATION,
    verified=False,
)
WRONG_COLLECTION = Answer(
    message="Start of {found} found where not expected",
    source=_SOURCE,
    code=_SERIALIZATION,
    verified=False,
)
MISSING = Answer(
    message="{structure}.{member} should not be null or empty.",
    source="botocore ecs input shapes, required members",
    verified=False,
)
NOT_ONE_OF = Answer(
    message="{value} is not a valid {member}. Must be one of [{values}]",
    source="botocore ecs input shapes, enum values",
    code=CLIENT,
    verified=False,
)
ANSWERS = (WRONG_SCALAR, WRONG_COLLECTION, MISSING, NOT_ONE_OF)

_INTEGERS = range(-(2**31), 2**31)


@dataclass(frozen=True)
class Enum:
    """A string that must be one of a few.

    Args:
        values: the strings, in botocore's order.
        strict: False when AWS takes any other string too, and gives it a meaning.
    """

    values: tuple[str, ...]
    strict: bool = True


@dataclass(frozen=True)
class MapOf:
    """An object with keys of the caller's choice and values of one kind."""

    value: Any


@dataclass(frozen=True)
class Structure:
    """An object with known members.

    Args:
        name: botocore's name of the shape.
        members: each member's kind: `str`, `int`, `bool`, an `Enum`, a `MapOf`, another
            `Structure`, or a list that holds the kind of its items.
        required: the members without which the object is refused.
    """

    name: str
    members: Mapping[str, Any] = field(default_factory=dict)
    required: tuple[str, ...] = ()


def read(structure: Structure, value: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of a request with its known members, each of the right type.

    Members that the shape does not have, and nulls, are left out, as AWS leaves them out.

    Args:
        structure: what the request is made of.
        value: the request.

    Raises:
        AwsError: a value of another type, a missing required member, or a string that is none of
            the shape's values.
    """
    copy: dict[str, Any] = {}
    for member, kind in structure.members.items():
        given = value.get(member)
        if given is not None:
            copy[member] = _read(kind, given, member)
    for member in structure.required:
        if member not in copy:
            raise MISSING.error(structure=structure.name, member=member)
    return copy


def _read(kind: Any, value: Any, member: str) -> Any:
    if isinstance(kind, list):
        if not isinstance(value, list | tuple):
            raise _wrong_type(value, "a list")
        return [_read(kind[0], item, member) for item in value if item is not None]
    if isinstance(kind, Structure | MapOf):
        return _read_object(kind, value, member)
    if isinstance(kind, Enum):
        return _read_choice(kind, value, member)
    return _read_scalar(kind, value)


def _read_object(kind: Structure | MapOf, value: Any, member: str) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise _wrong_type(value, "an object")
    if isinstance(kind, Structure):
        return read(kind, value)
    return {
        str(key): _read(kind.value, item, member) for key, item in value.items() if item is not None
    }


def _read_choice(kind: Enum, value: Any, member: str) -> str:
    text: str = _read_scalar(str, value)
    if kind.strict and text not in kind.values:
        raise NOT_ONE_OF.error(value=text, member=member, values=",".join(kind.values))
    return text


def _read_scalar(kind: type, value: Any) -> Any:
    names = {str: "a String", int: "an Integer", bool: "a Boolean"}
    if type(value) is not kind:
        raise _wrong_type(value, names[kind])
    if isinstance(value, int) and not _INTEGERS.start <= value < _INTEGERS.stop:
        raise WRONG_SCALAR.error(found="NUMBER_VALUE", wanted="an Integer")
    return value


def _wrong_type(value: Any, wanted: str) -> AwsError:
    if isinstance(value, list | tuple):
        return WRONG_COLLECTION.error(found="list")
    if isinstance(value, Mapping):
        return WRONG_COLLECTION.error(found="structure or map")
    if isinstance(value, bool):
        return WRONG_SCALAR.error(found=f"{value}_VALUE".upper(), wanted=wanted)
    found = "STRING_VALUE" if isinstance(value, str) else "NUMBER_VALUE"
    return WRONG_SCALAR.error(found=found, wanted=wanted)
