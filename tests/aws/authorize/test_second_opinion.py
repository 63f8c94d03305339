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
# Operations that are newer than the table, or have no action in it for another reason. All of EC2's
# are called like their operations, so that its many new ones need not stand here.
UNKNOWN: Final[dict[str, set[str]]] = {
    "cloudwatch": {
        *("AssociateDatasetKmsKey", "DescribeAlarmContributors", "DisassociateDatasetKmsKey"),
        *("DeleteMetricDataQueryDefinition", "GetMetricDataQueryDefinition"),
        *("ListMetricDataQueryDefinitions", "PutMetricDataQueryDefinition"),
    },
    "dynamodb": {
        *("CancelBulkOperation", "DescribeBulkOperation", "ListBulkOperations"),
        "StartBulkPutItems",
    },
    "ecr": {
        *("DescribeReplicationBackfillResults", "ListImageReferrers", "ListReplicationBackfills"),
        *("StartReplicationBackfill", "StopReplicationBackfill"),
    },
    "iam": {"AcquireRole", "UpdateDelegationRequest"},
    "kms": {"Decapsulate", "Encapsulate"},
    "lambda": {"DeleteDurableExecution", "PauseDurableExecution", "ResumeDurableExecution"},
    # Directory buckets and Object Lambda have prefixes of their own.
    "s3": {"CreateSession", "ListDirectoryBuckets", "RenameObject", "WriteGetObjectResponse"},
    "secretsmanager": {
        *("AssociateCrossAccountReplica", "DisassociateCrossAccountReplica"),
        "ListResourcePolicies",
    },
    "ssm": {
        "DeregisterDefaultHostManagementConfiguration",
        "RegisterDefaultHostManagementConfiguration",
    },
}
# Values that a parameter needs to be one, where the sample cannot be any text.
FORMS: Final = {"Path": "/", "AliasName": "alias/x"}
# These are about whichever of their resources the caller names.
EITHER: Final = {"ListGatewayClusterAssociations", "ListGatewayRoutes"}
GIVEN: Final = "arn:given:by:the:caller:x"
CALLER: Final = Caller("user", "arn:aws:iam::123456789012:user/ana", name="ana")


def sample(shape: Any, name: str = "", depth: int = 0) -> Any:  # noqa: PLR0911 - one a type
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
        if name in FORMS:
            return FORMS[name]
        return GIVEN if name == "Resource" or name.lower().rstrip("s").endswith("arn") else "x"
    return None


def calls(service: str) -> list[tuple[str, Any]]:
    model = get_session().get_service_model(service)
    return [
        (name, sample(model.operation_model(name).input_shape) or {})
        for name in model.operation_names
    ]


@pytest.mark.parametrize("service", SERVICES)
def test_every_operation_asks_for_actions_that_iam_has(service: str) -> None:
    """AWS: Service Authorization Reference, one page for each service."""
    known = set(KNOWN[action_prefix(service)]["Actions"])
    unknown = set()
    for operation, params in calls(service):
        for check in checks(service, operation, params, CALLER, CallContext()):
            prefix, _, action = check.action.partition(":")
            own = prefix == action_prefix(service) and (service, action) != ("ec2", operation)
            if own and action.lower() not in known:
                unknown.add(operation)
    assert unknown - UNKNOWN.get(service, set()) == set()


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
        for arns in check.resources:
            known = any(re.fullmatch(form, arn) for form in forms for arn in arns)
            if types and not known and not {"*", GIVEN} & set(arns):
                wrong.append((operation, arns, types))
    assert wrong == []


def test_all_of_ecs_knows_its_resources() -> None:
    """An ECS action is judged for every resource type that AWS requires of it."""
    table = KNOWN["ecs"]["Actions"]
    missing = {}
    for operation, params in calls("ecs"):
        types = table.get(operation.lower(), {}).get("Resources", [])
        own = next(iter(checks("ecs", operation, params, CALLER, CallContext())))
        found = {forms[0].split(":", 5)[-1].partition("/")[0] for forms in own.resources}
        enough = found & set(types) if operation in EITHER else found >= set(types)
        if types and not enough and (GIVEN,) not in own.resources:
            missing[operation] = set(types) - found
    assert missing == {}
