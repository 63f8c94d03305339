"""What a task may change of its definition, and what stays checked."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import botocore.session
import botocore.validate
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecslab.errors import AwsError
from ecslab.model.task_definition import apply_overrides

Apply = Callable[..., dict[str, Any]]

MODEL = botocore.session.get_session().get_service_model("ecs")
ROLE = "arn:aws:iam::123456789012:role/other"


@pytest.fixture(scope="module")
def definition(valid: Any, registered: Any) -> dict[str, Any]:
    request = valid(
        "fargate",
        container={
            "command": ["serve"],
            "environment": [{"name": "COLOR", "value": "blue"}, {"name": "SIZE", "value": "1"}],
            "secrets": [{"name": "PASSWORD", "valueFrom": "password"}],
        },
        executionRoleArn="arn:aws:iam::123456789012:role/execution",
    )
    request["containerDefinitions"].append({"name": "log", "image": "fluent-bit"})
    stored: dict[str, Any] = registered(request)
    return stored


@pytest.fixture(scope="module")
def applied(definition: dict[str, Any]) -> Apply:
    def call(launch_type: str = "FARGATE", **overrides: Any) -> dict[str, Any]:
        before = copy.deepcopy(definition)
        try:
            return apply_overrides(
                definition,
                overrides,
                launch_type=launch_type,
                account="123456789012",
                region="us-east-1",
            )
        finally:
            assert definition == before

    return call


def _web(applied: Apply, **override: Any) -> dict[str, Any]:
    effective = applied(containerOverrides=[{"name": "web", **override}])
    web: dict[str, Any] = effective["containerDefinitions"][0]
    return web


def test_nothing_changed(applied: Apply, definition: dict[str, Any]) -> None:
    assert applied() == definition


def test_variables_are_added_or_replaced(applied: Apply) -> None:
    """AWS: botocore ecs ContainerOverride.environment."""
    web = _web(applied, environment=[{"name": "COLOR", "value": "red"}, {"name": "NEW"}])
    assert web["environment"] == [
        {"name": "COLOR", "value": "red"},
        {"name": "SIZE", "value": "1"},
        {"name": "NEW"},
    ]


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("command", ["migrate", "--now"]),
        ("cpu", 128),
        ("memory", 256),
        ("memoryReservation", 64),
        ("environmentFiles", [{"type": "s3", "value": "arn:aws:s3:::bucket/task.env"}]),
    ],
)
def test_member_takes_the_place_of_the_definitions(
    member: str, value: object, applied: Apply
) -> None:
    """AWS: botocore ecs ContainerOverride."""
    assert _web(applied, **{member: value})[member] == value


def test_only_the_named_container_changes(applied: Apply, definition: dict[str, Any]) -> None:
    effective = applied(containerOverrides=[{"name": "log", "command": ["x"]}])
    assert effective["containerDefinitions"][0] == definition["containerDefinitions"][0]


@pytest.mark.parametrize("member", ["image", "secrets", "essential"])
def test_member_cannot_be_overridden(
    member: str, applied: Apply, definition: dict[str, Any]
) -> None:
    """AWS: botocore ecs ContainerOverride has no such member; an unknown one is ignored."""
    web = _web(applied, **{member: "other"})
    assert web == definition["containerDefinitions"][0]


def test_task_members_take_the_place_of_the_definitions(applied: Apply) -> None:
    """AWS: botocore ecs TaskOverride."""
    effective = applied(
        cpu="1 vCPU",
        memory="2 GB",
        taskRoleArn=ROLE,
        executionRoleArn=ROLE,
        ephemeralStorage={"sizeInGiB": 50},
    )
    assert (effective["cpu"], effective["memory"]) == ("1024", "2048")
    assert effective["taskRoleArn"] == effective["executionRoleArn"] == ROLE
    assert effective["ephemeralStorage"] == {"sizeInGiB": 50}


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (
            {"containerOverrides": [{"name": "nope", "command": ["x"]}]},
            "Override for container named nope is not a container in the TaskDefinition.",
        ),
        (
            {"containerOverrides": [{"command": ["x"]}]},
            "Container override name should not be null or empty.",
        ),
        (
            {"containerOverrides": [{"name": "web", "command": ["x" * 8192]}]},
            "Container Overrides length must be at most 8192",
        ),
        (
            {"cpu": "512"},
            (
                "No Fargate configuration exists for given values: 512 CPU, 512 memory."
                " See the Amazon ECS documentation for the valid values."
            ),
        ),
        ({"cpu": "abc"}, "Invalid 'cpu' setting for task."),
        (
            {"containerOverrides": [{"name": "web", "cpu": 512}]},
            (
                "The sum of all container 'cpu' values cannot be greater than the value of the task"
                " 'cpu'."
            ),
        ),
        (
            {"containerOverrides": [{"name": "web", "memory": 1024}]},
            "The 'memory' setting for container 'web' is greater than for the task.",
        ),
        (
            {
                "containerOverrides": [
                    {"name": "web", "environment": [{"name": "PASSWORD", "value": "1234"}]}
                ]
            },
            (
                "The secret name must be unique and not shared with any new or existing environment"
                " variables set on the container, such as 'PASSWORD'."
            ),
        ),
        ({"ephemeralStorage": {"sizeInGiB": 20}}, "EphemeralStorage size should be at least 21"),
        ({"taskRoleArn": "not a role"}, "Role is not valid"),
        (
            {"inferenceAcceleratorOverrides": [{"deviceName": "device"}]},
            "Unsupported field 'inferenceAcceleratorOverrides'.",
        ),
    ],
)
def test_refused_override(overrides: dict[str, Any], message: str, applied: Apply) -> None:
    """AWS: botocore ecs RunTaskRequest.overrides, TaskOverride, ContainerOverride."""
    with pytest.raises(AwsError) as refused:
        applied(**overrides)
    assert str(refused.value) == f"InvalidParameterException: {message}"


def test_ephemeral_storage_is_fargates(applied: Apply) -> None:
    """AWS: botocore ecs TaskOverride.ephemeralStorage."""
    with pytest.raises(AwsError, match="EC2 launch type do not support EphemeralStorage"):
        applied("EC2", ephemeralStorage={"sizeInGiB": 50})


def test_fargate_sizes_bind_fargate_only(applied: Apply) -> None:
    """AWS: botocore ecs RegisterTaskDefinitionRequest.cpu."""
    assert applied("EC2", cpu="200")["cpu"] == "200"


def test_exactly_8192_characters_fit(applied: Apply) -> None:
    """AWS: botocore ecs RunTaskRequest.overrides: the limit counts JSON's own characters."""
    override = {"containerOverrides": [{"name": "web", "command": [""]}]}
    room = 8192 - len(json.dumps(override, separators=(",", ":")))
    assert _web(applied, command=["x" * room])
    with pytest.raises(AwsError, match="at most 8192"):
        _web(applied, command=["x" * (room + 1)])


NAMES = st.one_of(st.sampled_from(["web", "log", "nope", ""]), st.none())
CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "name": NAMES,
        "command": st.lists(st.text(max_size=5), max_size=2),
        "environment": st.lists(
            st.fixed_dictionaries(
                {},
                optional={"name": st.sampled_from(["COLOR", "PASSWORD", "é"]), "value": st.text()},
            ),
            max_size=3,
        ),
        "cpu": st.integers(-1, 600),
        "memory": st.integers(-1, 600),
        "memoryReservation": st.integers(-1, 600),
    },
)
OVERRIDES = st.fixed_dictionaries(
    {},
    optional={
        "containerOverrides": st.lists(CHANGES, max_size=3),
        "cpu": st.sampled_from(["256", "512", ".5 vCPU", "abc", ""]),
        "memory": st.sampled_from(["512", "1024", "1GB", "abc", ""]),
        "ephemeralStorage": st.fixed_dictionaries({"sizeInGiB": st.integers(19, 202)}),
        "taskRoleArn": st.sampled_from([ROLE, "", "role"]),
    },
)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(overrides=OVERRIDES, launch_type=st.sampled_from(["EC2", "FARGATE"]))
def test_any_override_is_applied_or_refused(
    overrides: dict[str, Any], launch_type: str, applied: Apply, definition: dict[str, Any]
) -> None:
    """Source: botocore ecs TaskOverride, TaskDefinition."""
    try:
        effective = applied(launch_type, **overrides)
    except AwsError:
        return
    shape = MODEL.shape_for("TaskDefinition")
    report = botocore.validate.ParamValidator().validate(effective, shape)
    assert report.generate_report() == ""
    for member in ("taskDefinitionArn", "networkMode", "compatibilities", "requiresAttributes"):
        assert effective[member] == definition[member]
    before, after = definition["containerDefinitions"], effective["containerDefinitions"]
    assert [one["image"] for one in after] == [one["image"] for one in before]
