"""The condition keys that come from a call's parameters.

AWS: each service's page of the Service Authorization Reference.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ecslab.aws.iam_conditions_ecs import ecs_keys
from ecslab.aws.iam_context import CallContext
from ecslab.aws.iam_paths import search

Params = Mapping[str, Any]

_TAGS_OF_WHAT_IS_MADE: Final = ("acm", "application-autoscaling", "elbv2")


def request_keys(
    service: str, operation: str, params: Params, context: CallContext
) -> dict[str, object]:
    """Return the keys that come from the parameters of the call."""
    keys: dict[str, object] = {}
    tags = request_tags(operation, params)
    keys.update((f"aws:RequestTag/{key}", value) for key, value in tags.items())
    removed = _first(params, "tagKeys", "TagKeys") if operation.startswith("Untag") else None
    keys["aws:TagKeys"] = [*tags, *(removed or [])]
    for key, expression in _KEYS.get(service, {}).items():
        keys[key] = search(expression, params)
    if service == "ecs":
        keys.update(ecs_keys(operation, params, context))
    return keys


def made_keys(service: str, operation: str, params: Params) -> dict[str, object]:
    """Return the tags that a call gives to what it makes, as tags of that resource.

    These services judge aws:ResourceTag so when the resource is only being made, and AWS's managed
    policies for the infrastructure roles of ECS rest on it
    (AmazonECSInfrastructureRoleforExpressGatewayServices).
    """
    if service not in _TAGS_OF_WHAT_IS_MADE:
        return {}
    tags = request_tags(operation, params)
    return {f"aws:ResourceTag/{key}": value for key, value in tags.items()}


def request_tags(operation: str, params: Params) -> dict[str, str]:
    """Return the tags that a call brings along."""
    found = _first(params, "tags", "Tags", "TagList")
    if isinstance(found, dict):
        return {str(key): str(value) for key, value in found.items()}
    pairs = list(found or [])
    for specification in params.get("TagSpecifications") or []:
        pairs.extend(specification.get("Tags") or [])
    if operation.startswith(("Untag", "Delete", "Remove")):
        return {}
    return {
        str(_first(pair, "key", "Key")): str(_first(pair, "value", "Value") or "")
        for pair in pairs
        if isinstance(pair, dict)
    }


def _first(params: Params, *names: str) -> Any:
    return next((params[name] for name in names if params.get(name)), None)


# Keys of the services, each with the JMESPath expression that finds it in the parameters.
_KEYS: Final[dict[str, dict[str, str]]] = {
    "application-autoscaling": {
        "application-autoscaling:service-namespace": "ServiceNamespace",
        "application-autoscaling:scalable-dimension": "ScalableDimension",
    },
    "cloudwatch": {
        "cloudwatch:namespace": "Namespace",
        "cloudwatch:AlarmActions": "AlarmActions",
    },
    "dynamodb": {
        "dynamodb:Select": "Select",
        "dynamodb:ReturnValues": "ReturnValues",
    },
    "ec2": {
        "ec2:InstanceType": "InstanceType",
        "ec2:Region": "Region",
    },
    "elbv2": {
        "elasticloadbalancing:Scheme": "Scheme",
        "elasticloadbalancing:SecurityGroup": "SecurityGroups",
        "elasticloadbalancing:Subnet": "Subnets",
    },
    "events": {
        "events:TargetArn": "Targets[].Arn",
        "events:source": "Entries[].Source",
        "events:detail-type": "Entries[].DetailType",
    },
    "iam": {
        "iam:AWSServiceName": "AWSServiceName",
        "iam:PermissionsBoundary": "PermissionsBoundary",
        "iam:PolicyARN": "PolicyArn",
    },
    "s3": {
        "s3:prefix": "Prefix",
        "s3:delimiter": "Delimiter",
        "s3:max-keys": "MaxKeys",
        "s3:VersionId": "VersionId",
        "s3:x-amz-acl": "ACL",
        "s3:x-amz-server-side-encryption": "ServerSideEncryption",
    },
    "secretsmanager": {
        "secretsmanager:Name": "Name",
        "secretsmanager:SecretId": "SecretId",
        "secretsmanager:VersionId": "VersionId",
        "secretsmanager:VersionStage": "VersionStage",
        "secretsmanager:RecoveryWindowInDays": "RecoveryWindowInDays",
        "secretsmanager:ForceDeleteWithoutRecovery": "ForceDeleteWithoutRecovery",
    },
    "servicediscovery": {
        "servicediscovery:NamespaceName": "NamespaceName",
        "servicediscovery:ServiceName": "ServiceName",
    },
    "sns": {"sns:Endpoint": "Endpoint", "sns:Protocol": "Protocol"},
    "ssm": {"ssm:Overwrite": "Overwrite", "ssm:Recursive": "Recursive"},
    "sts": {
        "sts:ExternalId": "ExternalId",
        "sts:RoleSessionName": "RoleSessionName",
        "sts:SourceIdentity": "SourceIdentity",
    },
}
