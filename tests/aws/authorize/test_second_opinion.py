"""Our actions and ARNs against the tables that cfn-lint ships, which come from AWS's own."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from typing import Any, Final

import pytest
from botocore.session import get_session

from ecslab.aws.iam_context import CallContext
from ecslab.aws.identity import Caller
from ecslab.aws.resources import action_prefix, checks

KNOWN: Final[dict[str, Any]] = json.loads(
    files("cfnlint").joinpath("data/AdditionalSpecs/Policies.json").read_text()
)
SERVICES: Final = (
    *("application-autoscaling", "autoscaling", "cloudwatch", "dynamodb", "ec2", "ecr", "ecs"),
    *("eks", "elbv2", "events", "iam", "kms", "lambda", "logs", "s3", "secretsmanager"),
    *("servicediscovery", "sns", "sqs", "ssm", "sts"),
)
# Operations of this botocore that need no permission of their own name, or that the table, which
# is older, does not know yet. A name that drops out of here is noticed, because the sets are equal.
UNKNOWN: Final[dict[str, set[str]]] = {}
GIVEN: Final = "arn:given:by:the:caller:x"
CALLER: Final = Caller("user", "arn:aws:iam::123456789012:user/ana", name="ana")


def sample(shape: Any, name: str = "", depth: int = 0) -> Any:
    """Parameters that fill every string of a shape; those that want an ARN get `GIVEN`."""
    if shape is None or depth > 6:
        return None
    if shape.type_name == "structure":
        return {name: sample(member, name, depth + 1) for name, member in shape.members.items()}
    if shape.type_name == "list":
        return [sample(shape.member, name, depth + 1)]
    if shape.type_name == "map":
        return {"x": sample(shape.value, name, depth + 1)}
    if shape.type_name == "string":
        return GIVEN if name.lower().removesuffix("s").endswith("arn") else "x"
    return None


def calls(service: str) -> list[tuple[str, Any]]:
    model = get_session().get_service_model(service)
    return [
        (name, sample(model.operation_model(name).input_shape)) for name in model.operation_names
    ]


@pytest.mark.parametrize("service", SERVICES)
def test_every_operation_asks_for_actions_that_iam_has(service: str) -> None:
    """AWS: Service Authorization Reference, one page for each service."""
    known = set(KNOWN[action_prefix(service)]["Actions"])
    unknown = set()
    for operation, params in calls(service):
        for check in checks(service, operation, params, CALLER, CallContext()):
            prefix, _, action = check.action.partition(":")
            if prefix == action_prefix(service) and action.lower() not in known:
                unknown.add(operation)
    assert unknown == UNKNOWN.get(service, set())


@pytest.mark.parametrize("service", SERVICES)
def test_every_arn_has_a_form_that_its_action_takes(service: str) -> None:
    """AWS: Service Authorization Reference, resource types of each action."""
    wrong = []
    for operation, params in calls(service):
        check = next(iter(checks(service, operation, params, CALLER, CallContext())), None)
        if check is None:
            continue
        prefix, _, action = check.action.partition(":")
        types = KNOWN[prefix]["Actions"].get(action.lower(), {}).get("Resources", [])
        resources = {kind.lower(): found for kind, found in KNOWN[prefix]["Resources"].items()}
        forms = [
            re.sub(r"\$\{[^}]*\}", "[^:]*", form)
            for kind in types
            for form in resources.get(kind.lower(), {}).get("ARNFormats", [])
        ]
        for arn, *_ in check.resources:
            if types and arn not in {"*", GIVEN} and not any(re.fullmatch(form, arn) for form in forms):
                wrong.append((operation, arn, types))
    assert wrong == []


def test_all_of_ecs_knows_its_resources() -> None:
    """An ECS action is judged for every resource type that AWS requires of it."""
    table = KNOWN["ecs"]["Actions"]
    missing = {}
    for operation, params in calls("ecs"):
        types = table.get(operation.lower(), {}).get("Resources", [])
        own = next(iter(checks("ecs", operation, params, CALLER, CallContext())))
        found = {
            forms[0].rpartition(":")[2].partition("/")[0] if "/" in forms[0] else "*"
            for forms in own.resources
        }
        if types and found == {"*"}:
            missing[operation] = types
    assert missing == {}
