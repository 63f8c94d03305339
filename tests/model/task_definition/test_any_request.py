"""Whatever the API lets through is registered or refused in AWS's way, never a Python error."""

from __future__ import annotations

import json
from typing import Any

import botocore.session
import botocore.validate
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from ecslab.errors import AwsError

MODEL = botocore.session.get_session().get_service_model("ecs")
REQUEST = MODEL.shape_for("RegisterTaskDefinitionRequest")
STORED = MODEL.shape_for("TaskDefinition")

# Values that mean something to some rule, so that random requests get past the first ones.
TEXTS = (
    *("", "web", "db", "nope", "data", "my web", "a" * 256, "é", "\ud800", "{name}", "web:1"),
    *("nginx:1.27", "123456789012.dkr.ecr.us-east-1.amazonaws.com/web:1", "nginx@sha256:0"),
    *("256", "512", "1024", "2048", "0", "-1", "abc", "1 vCPU", ".5 vcpu", "2 GB", "1e3", "٣"),
    *("80-90", "90-80", "80", "/", "/data", "CMD", "CMD-SHELL", "exit 0", "ALL", "SYS_PTRACE"),
    "arn:aws:iam::123456789012:role/execution",
    "arn:aws:ssm:us-east-1:123456789012:parameter/password",
    "arn:aws:secretsmanager:us-east-1:123456789012:secret:db-AbCdEf:password::",
    "arn:aws:s3:::bucket/web.env",
    *("net.core.somaxconn", "kernel.sem", "true", "awslogs", "json-file", "blocking", "1:2:3"),
)
KEYS = ("awslogs-group", "awslogs-region", "awslogs-stream-prefix", "mode", "config-file-type", "a")
NUMBERS = (-1, 0, 1, 2, 5, 6, 20, 21, 30, 53, 60, 80, 120, 200, 256, 300, 512, 8080, 65535, 65536)

texts = st.one_of(st.sampled_from(TEXTS), st.text(max_size=20))
numbers = st.one_of(st.sampled_from(NUMBERS), st.integers(-(2**31), 2**31 - 1))


def requests(shape: Any) -> st.SearchStrategy[Any]:
    """Return a strategy for values that botocore sends for a shape."""
    if shape.type_name == "structure":
        members = {name: requests(one) for name, one in shape.members.items()}
        required = {name: members.pop(name) for name in shape.required_members}
        if len(members) > 3:
            few = st.sets(st.sampled_from(sorted(members)), max_size=4)
            some = few.flatmap(lambda names: st.fixed_dictionaries({n: members[n] for n in names}))
        else:
            some = st.fixed_dictionaries({}, optional=members)
        return st.tuples(st.fixed_dictionaries(required), some).map(lambda two: two[0] | two[1])
    if shape.type_name == "list":
        return st.lists(requests(shape.member), max_size=3)
    if shape.type_name == "map":
        return st.dictionaries(st.sampled_from(KEYS), requests(shape.value), max_size=4)
    if shape.type_name == "string":
        enum = getattr(shape, "enum", None)
        return st.one_of(st.sampled_from(enum), st.sampled_from(enum), texts) if enum else texts
    return {"integer": numbers, "boolean": st.booleans()}[shape.type_name]


CONTAINER = MODEL.shape_for("ContainerDefinition")
CODES = ("ClientException", "InvalidParameterException", "SerializationException")
KEPT = ("family", "containerDefinitions", "name", "image")
BASES = st.sampled_from(["ec2", "external", "fargate", "managed"])
anything = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
quick = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


def _problems(definition: dict[str, Any]) -> str:
    report: str = botocore.validate.ParamValidator().validate(definition, STORED).generate_report()
    return report


def _register(registered: Any, request: dict[str, Any]) -> dict[str, Any] | None:
    before = json.dumps(request)
    definition: dict[str, Any] | None = None
    outcome = "registered"
    try:
        definition = registered(request)
    except AwsError as refused:
        outcome = refused.code
    event(outcome)
    assert outcome in ("registered", *CODES)
    assert json.dumps(request) == before
    assert definition is None or _problems(definition) == ""
    return definition


@quick
@given(request_=requests(REQUEST))
def test_any_request_that_botocore_sends(request_: dict[str, Any], registered: Any) -> None:
    """Source: botocore ecs RegisterTaskDefinitionRequest, TaskDefinition."""
    _register(registered, request_)


@quick
@given(base=BASES, task=requests(REQUEST), container=requests(CONTAINER))
def test_valid_request_with_anything_put_into_it(
    base: str, task: dict[str, Any], container: dict[str, Any], valid: Any, registered: Any
) -> None:
    """Source: as above; here most requests get past the rules about names."""
    task = {name: value for name, value in task.items() if name not in KEPT}
    container = {name: value for name, value in container.items() if name not in KEPT}
    definition = _register(registered, valid(base, container=container, **task))
    if definition:
        required = set(definition.get("requiresCompatibilities", []))
        assert required <= set(definition["compatibilities"])
        assert _described_again(registered, definition) == definition


def _described_again(registered: Any, definition: dict[str, Any]) -> dict[str, Any]:
    """Register what was described, as deployment tools do; what ECS adds is ignored."""
    again: dict[str, Any] = registered(definition)
    return again


@quick
@given(member=st.sampled_from(sorted(REQUEST.members)), value=anything)
def test_request_of_another_program_with_a_wrong_type(
    member: str, value: Any, valid: Any, registered: Any
) -> None:
    """A program without botocore's checks sends what it likes; the answer is AWS's even so."""
    outcome = "registered"
    try:
        registered(valid() | {member: value})
    except AwsError as refused:
        outcome = refused.code
    assert outcome in ("registered", *CODES)


@pytest.mark.parametrize("value", [float("nan"), 1.5, b"web", object()])
def test_value_that_is_no_json(value: object, valid: Any, registered: Any) -> None:
    with pytest.raises(AwsError, match="SerializationException"):
        registered(valid() | {"family": value})
