"""The tables of members and types against botocore's own model, and how requests are read."""

from __future__ import annotations

from typing import Any

import botocore.session
import pytest

from ecslab.errors import AwsError
from ecslab.model.task_definition.shape import Enum, MapOf, Structure, read
from ecslab.model.task_definition.task_shapes import REGISTER_TASK_DEFINITION, TASK_OVERRIDE

MODEL = botocore.session.get_session().get_service_model("ecs")
SCALARS = {"string": str, "integer": int, "boolean": bool}


def _same(kind: Any, shape: Any) -> bool:
    if shape.type_name == "list":
        return isinstance(kind, list) and _same(kind[0], shape.member)
    if shape.type_name == "map":
        return isinstance(kind, MapOf) and _same(kind.value, shape.value)
    if shape.type_name == "structure":
        return (
            isinstance(kind, Structure)
            and kind.name == shape.name
            and list(kind.members) == list(shape.members)
            # What AWS answers without a family or containers is a rule with words of its own.
            and (
                kind is REGISTER_TASK_DEFINITION
                or set(kind.required) == set(shape.required_members)
            )
            and all(_same(kind.members[name], one) for name, one in shape.members.items())
        )
    if getattr(shape, "enum", None):
        return isinstance(kind, Enum) and list(kind.values) == shape.enum
    return kind is SCALARS[shape.type_name]


@pytest.mark.parametrize(
    ("table", "name"),
    [(REGISTER_TASK_DEFINITION, "RegisterTaskDefinitionRequest"), (TASK_OVERRIDE, "TaskOverride")],
)
def test_members_and_types_are_botocores(table: Structure, name: str) -> None:
    """Source: the installed botocore; a new version that adds members fails here."""
    assert _same(table, MODEL.shape_for(name))


def test_nulls_and_unknown_members_are_left_out() -> None:
    """AWS JSON 1.1: members that a service does not know are ignored."""
    request = {"family": "web", "cpu": None, "color": "red", "tags": [None, {"key": "a"}]}
    assert read(REGISTER_TASK_DEFINITION, request) == {"family": "web", "tags": [{"key": "a"}]}


@pytest.mark.parametrize(
    ("members", "code", "message"),
    [
        (
            {"family": 5},
            "SerializationException",
            "NUMBER_VALUE can not be converted to a String",
        ),
        (
            {"enableFaultInjection": "yes"},
            "SerializationException",
            "STRING_VALUE can not be converted to a Boolean",
        ),
        (
            {"ephemeralStorage": {"sizeInGiB": True}},
            "SerializationException",
            "TRUE_VALUE can not be converted to an Integer",
        ),
        (
            {"ephemeralStorage": {"sizeInGiB": 2**31}},
            "SerializationException",
            "NUMBER_VALUE can not be converted to an Integer",
        ),
        (
            {"family": ["web"]},
            "SerializationException",
            "Start of list found where not expected",
        ),
        (
            {"family": {}},
            "SerializationException",
            "Start of structure or map found where not expected",
        ),
        (
            {"networkMode": "vpc"},
            "ClientException",
            "vpc is not a valid networkMode. Must be one of [bridge,host,awsvpc,none]",
        ),
        (
            {"ephemeralStorage": {}},
            "ClientException",
            "EphemeralStorage.sizeInGiB should not be null or empty.",
        ),
    ],
)
def test_wrong_type_is_an_answer(members: dict[str, Any], code: str, message: str) -> None:
    with pytest.raises(AwsError) as refused:
        read(REGISTER_TASK_DEFINITION, members)
    assert (refused.value.code, refused.value.message) == (code, message)
