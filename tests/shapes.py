"""Holds every answer of ECS against botocore's model of the service."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import Any

from botocore.model import OperationModel, Shape

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


@contextlib.contextmanager
def watched() -> Iterator[list[str]]:
    """Look at each answer that ECS gives in this process.

    Yields:
        What is wrong with the answers so far.
    """
    from ecslab.aws.ecs.service import EcsService

    found: list[str] = []
    plain = EcsService.answer

    def answer(self: EcsService, request: Any, url: str, headers: Any) -> Any:
        status, fields, body = plain(self, request, url, headers)
        name = str(headers.get("X-Amz-Target", "")).rsplit(".", 1)[-1]
        known = name in self._model.operation_names
        operation = self._model.operation_model(name) if known else None
        found.extend(faults(operation, status, json.loads(body)))
        return status, fields, body

    with contextlib.ExitStack() as stack:
        EcsService.answer = answer  # type: ignore[method-assign]
        stack.callback(setattr, EcsService, "answer", plain)
        yield found


def checked(client: Any) -> Any:
    """Make a client raise an AssertionError for every answer that breaks the service's model."""
    service = client.meta.service_model.service_id.hyphenize()
    client.meta.events.register(f"before-parse.{service}", _check)
    return client


def _check(operation_model: Any, response_dict: Any, **_: Any) -> None:
    body = json.loads(response_dict["body"])
    found = faults(operation_model, response_dict["status_code"], body)
    assert not found, "\n".join(found)


def faults(operation: OperationModel | None, status: int, body: Any) -> list[str]:
    """Return what is wrong with one answer.

    Args:
        operation: the operation, None for a name that ECS does not know.
        status: the HTTP status.
        body: the raw JSON.
    """
    if status == 200 and operation is not None:
        return mismatches(operation.output_shape, body, operation.name)
    listed = {shape.name for shape in operation.error_shapes} if operation else set()
    code, message = body.get("__type"), body.get("message")
    right = 400 <= status < 500 and code in listed | COMMON_ERRORS and message
    name = operation.name if operation else "an unknown operation"
    return [] if right and isinstance(message, str) else [f"{name} answers {status}: {body}"]


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
