"""Holds every answer of a client against botocore's model of the service."""

from __future__ import annotations

import json
from typing import Any

from botocore.model import Shape

COMMON_ERRORS = frozenset(
    ("AccessDeniedException", "SerializationException", "UnknownOperationException")
    + ("UnsupportedFeatureException", "InvalidParameterException", "ClientException")
)
"""Errors that any operation of ECS may answer (API reference, Common Errors; ECS actions' Errors)."""


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
    if kind == "structure":
        if not isinstance(value, dict):
            return [f"{path} is not an object: {value!r}"]
        unknown = [
            f"{path}.{name} is not in the model" for name in value if name not in shape.members
        ]
        absent = [
            f"{path}.{name} is required" for name in shape.required_members if name not in value
        ]
        inner = [
            text
            for name, member in shape.members.items()
            if name in value
            for text in mismatches(member, value[name], f"{path}.{name}")
        ]
        return [*unknown, *absent, *inner]
    if kind == "list":
        if not isinstance(value, list):
            return [f"{path} is not a list: {value!r}"]
        return [
            text
            for index, item in enumerate(value)
            for text in mismatches(shape.member, item, f"{path}[{index}]")
        ]
    if kind == "map":
        if not isinstance(value, dict):
            return [f"{path} is not a map: {value!r}"]
        return [t for k, v in value.items() for t in mismatches(shape.value, v, f"{path}[{k}]")]
    if kind == "string":
        if not isinstance(value, str):
            return [f"{path} is not a string: {value!r}"]
        allowed = getattr(shape, "enum", None)
        return (
            [f"{path} is none of {allowed}: {value!r}"] if allowed and value not in allowed else []
        )
    kinds: dict[str, tuple[type, ...]] = {
        "boolean": (bool,),
        "integer": (int,),
        "long": (int,),
        "double": (int, float),
        "float": (int, float),
        "timestamp": (int, float),
    }
    right = isinstance(value, kinds[kind]) and (kind == "boolean" or not isinstance(value, bool))
    return [] if right else [f"{path} is not a {kind}: {value!r}"]
