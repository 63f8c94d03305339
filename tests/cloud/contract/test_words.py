"""Words: every member of the API that can be one of a few words refuses all others.

AWS: botocore ecs, the enum values of each input shape. A client does not check them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from accounts import MODEL, NOBODY, Full, Json, basic, method, operations
from botocore.exceptions import ClientError

BOGUS = "BOGUS"
PLACES: dict[str, Json] = {
    "CreateGateway": {"configuration": {"hostSharedAlb": {}}},
    "DescribeTaskSets": {"taskSets": ["ecs-svc/1"]},
    "RunTask": {"cluster": "shop", "taskDefinition": "bridged", "launchType": "EC2"},
    "StartTask": {"cluster": "shop", "taskDefinition": "bridged"},
    "UpdateContainerInstancesState": {"cluster": "shop"},
}
"""What some operations need before they look at their words."""
ELSEWHERE = ("RegisterTaskDefinition",)
"""Operations whose words have tests of their own: tests/model/task_definition."""


def places(shape: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the path of every member below a shape that has words."""
    if shape.type_name == "list":
        yield from places(shape.member, (*path, "[]"))
    elif shape.type_name == "structure" and len(path) < 8:
        for name, member in shape.members.items():
            yield from places(member, (*path, name))
    elif shape.type_name == "string" and shape.metadata.get("enum"):
        yield path


def filled(shape: Any) -> Any:
    """Return a value of a shape with what it requires."""
    if shape.type_name == "structure":
        union = shape.is_tagged_union
        names = list(shape.members)[:1] if union else shape.required_members
        return {name: filled(shape.members[name]) for name in names}
    if shape.type_name == "list":
        return [filled(shape.member)]
    words = shape.metadata.get("enum")
    simple = {"boolean": True, "integer": 1, "long": 1, "double": 1.0, "float": 1.0}
    return words[0] if words else simple.get(shape.type_name, NOBODY)


def with_bogus(shape: Any, path: tuple[str, ...]) -> Any:
    """Return a value of a shape whose member at the end of a path is no word of it."""
    if not path:
        return BOGUS
    if path[0] == "[]":
        return [with_bogus(shape.member, path[1:])]
    value = {} if shape.is_tagged_union else filled(shape)
    return {**value, path[0]: with_bogus(shape.members[path[0]], path[1:])}


def rows() -> list[tuple[str, tuple[str, ...]]]:
    """Return every operation with each place of it that has words."""
    return [
        (name, path)
        for name in operations()
        if name not in ELSEWHERE
        for path in places(MODEL.operation_model(name).input_shape)
    ]


@pytest.mark.parametrize(
    ("name", "path"), rows(), ids=lambda value: value if isinstance(value, str) else ".".join(value)
)
def test_a_word_that_is_none_is_refused(full: Full, name: str, path: tuple[str, ...]) -> None:
    """Refused before anything is changed; overrides are looked at with their task definition."""
    shape = MODEL.operation_model(name).input_shape
    bogus = with_bogus(shape.members[path[0]], path[1:])
    request: Json = {**basic(name), **PLACES.get(name, {}), path[0]: bogus}
    with pytest.raises(ClientError) as refused:
        method(full.ecs, name)(**request)
    error = refused.value.response["Error"]
    assert error["Code"] in ("InvalidParameterException", "ClientException")
    assert "should be one of" in error["Message"] or "Must be one of" in error["Message"]
