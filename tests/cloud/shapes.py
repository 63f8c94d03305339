"""Holds every answer of a client against botocore's model of the service."""

from __future__ import annotations

import json
from typing import Any

from botocore.model import Shape

COMMON_ERRORS = frozenset(
    (
        *("AccessDeniedException", "SerializationException", "UnknownOperationException"),
        *("UnsupportedFeatureException", "InvalidParameterException", "ClientException"),
    )
)
"""Errors that any operation of ECS may answer (ECS API reference, Common Errors and Actions)."""

_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "structure": (dict,),
    "map": (dict,),
    "list": (list,),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "double": (int, float),
    "float": (int, float),
    "timestamp": (int, float),
}


def checked(client: Any) -> Any:
    """Make a client raise an AssertionError for every answer that breaks the service's model."""
    service = client.meta.service_model.service_id.hyphenize()
    client.meta.events.register(f"before-parse.{service}", _check)
    return client


def _check(operation_model: Any, response_dict: Any, **_: Any) -> None:
    body = json.loads(response_dict["body"])
    if response_dict["status_code"] >= 300:
        known = {shape.name for shape in operation_model.error_shapes} | COMMON_ERRORS
        assert response_dict["status_code"] < 500, body
        assert body["__type"] in known, (operation_model.name, body)
        assert isinstance(body["message"], str)
        assert body["message"]
        return
    found = mismatches(operation_model.output_shape, body, operation_model.name)
    assert not found, "\n".join(found)


def mismatches(shape: Shape, value: Any, path: str) -> list[str]:
    """Return what is wrong with a value of raw JSON: unknown members, wrong types, wrong words."""
    kind = shape.type_name
    right = isinstance(value, _TYPES[kind]) and (kind == "boolean" or not isinstance(value, bool))
    if not right:
        return [f"{path} is not a {kind}: {value!r}"]
    if kind == "structure":
        return _of_structure(shape, value, path)
    inner: list[tuple[Shape, Any, Any]] = []
    if kind == "list":
        inner = [(shape.member, index, item) for index, item in enumerate(value)]
    elif kind == "map":
        inner = [(shape.value, key, item) for key, item in value.items()]
    elif value not in (getattr(shape, "enum", None) or [value]):
        return [f"{path} is no word of the model: {value!r}"]
    return [t for member, key, item in inner for t in mismatches(member, item, f"{path}[{key}]")]


def _of_structure(shape: Shape, value: Any, path: str) -> list[str]:
    unknown = [f"{path}.{name} is not in the model" for name in value if name not in shape.members]
    absent = [f"{path}.{name} is required" for name in shape.required_members if name not in value]
    known = [name for name in shape.members if name in value]
    inner = [mismatches(shape.members[name], value[name], f"{path}.{name}") for name in known]
    return [*unknown, *absent, *(text for texts in inner for text in texts)]
