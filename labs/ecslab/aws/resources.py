"""What permissions a call needs: actions, and the resources they are needed for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from moto.backends import get_backend

from ecslab.aws.iam_arns_ec2 import EC2
from ecslab.aws.iam_arns_ecs import ECS, with_owners
from ecslab.aws.iam_arns_other import OTHERS
from ecslab.aws.iam_check import Check
from ecslab.aws.iam_conditions import request_tags
from ecslab.aws.iam_context import CallContext
from ecslab.aws.iam_pass_role import passed_roles
from ecslab.aws.iam_paths import texts
from ecslab.aws.iam_resources_data import dynamodb_checks, parameter_keys, secrets_checks
from ecslab.aws.iam_resources_identity import iam_resources, sts_resources
from ecslab.aws.iam_resources_kms import kms_checks
from ecslab.aws.iam_resources_s3 import s3_checks
from ecslab.aws.identity import Caller

Params = Mapping[str, Any]

# Where IAM's prefix of the actions is not botocore's name of the service.
_PREFIXES: Final = {
    "efs": "elasticfilesystem",
    "elb": "elasticloadbalancing",
    "elbv2": "elasticloadbalancing",
    "resourcegroupstaggingapi": "tag",
    "stepfunctions": "states",
}
# Operations that ask for another action than the one of their own name.
_ACTIONS: Final = {
    ("lambda", "GetLayerVersionByArn"): "GetLayerVersion",
    ("lambda", "Invoke"): "InvokeFunction",
    ("lambda", "InvokeWithResponseStream"): "InvokeFunction",
    ("sns", "PublishBatch"): "Publish",
    ("sqs", "ChangeMessageVisibilityBatch"): "ChangeMessageVisibility",
    ("sqs", "DeleteMessageBatch"): "DeleteMessage",
    ("sqs", "SendMessageBatch"): "SendMessage",
    ("logs", "GetLogObject"): "GetLogRecord",
}
# AWS answers these whatever the policies say.
_FREE: Final = {("sts", "GetCallerIdentity")}
# To make something with tags takes the permission to tag it; the key tells what is being made.
_TAGGING: Final = {
    "dynamodb": ("dynamodb:TagResource", ""),
    "ec2": ("ec2:CreateTags", "ec2:CreateAction"),
    "ecr": ("ecr:TagResource", ""),
    "ecs": ("ecs:TagResource", "ecs:CreateAction"),
    "elbv2": ("elasticloadbalancing:AddTags", "elasticloadbalancing:CreateAction"),
    "logs": ("logs:TagResource", ""),
    "secretsmanager": ("secretsmanager:TagResource", ""),
    "sqs": ("sqs:TagQueue", ""),
}
_MAKES: Final = ("Allocate", "Create", "Register", "Run", "Start")


def action_prefix(service: str) -> str:
    """Return the prefix of a service's IAM actions, such as elasticloadbalancing for elbv2."""
    return _PREFIXES.get(service, service)


def checks(
    service: str, operation: str, params: Params, caller: Caller, context: CallContext
) -> list[Check]:
    """Return every permission that a call needs.

    Args:
        service: botocore's name of the service.
        operation: the operation; an empty one stands for a request that fits none.
        params: its parameters in botocore's shapes.
        caller: who calls.
        context: where and when.

    Returns:
        The operation's own permission first, then those to tag what it makes and to pass the roles
        it hands over. Nothing for the few operations that everybody may call.
    """
    if (service, operation) in _FREE:
        return []
    own = _own(service, operation, params, caller, context)
    return [
        *own,
        *_tagging(service, operation, params, own, context),
        *passed_roles(service, operation, params, context),
    ]


def _own(
    service: str, operation: str, params: Params, caller: Caller, context: CallContext
) -> list[Check]:
    region, account = context.region, context.account
    if service == "s3":
        return s3_checks(operation, params)
    if service == "kms":
        return kms_checks(operation, params, region, account)
    if service == "secretsmanager":
        return secrets_checks(operation, params, region, account)
    if service == "dynamodb":
        compound = dynamodb_checks(operation, params, region, account)
        if compound is not None:
            return compound
    name = _ACTIONS.get((service, operation), operation) or "UnknownOperation"
    action = f"{action_prefix(service)}:{name}"
    found = [Check(action, _resources(service, operation, params, caller, context))]
    if service == "ssm":
        found += parameter_keys(operation, params, region, account)
    return found


def _resources(
    service: str, operation: str, params: Params, caller: Caller, context: CallContext
) -> tuple[tuple[str, ...], ...]:
    if service == "iam":
        arns = iam_resources(operation, params, caller)
    elif service == "sts":
        arns = sts_resources(params, context.account)
    else:
        prepared = _prepared(service, operation, params, context)
        arns = _by_table(service, operation, prepared, context)
    if service == "logs":
        return tuple(_log_forms(arn) for arn in arns)
    return tuple((arn,) for arn in arns)


def _by_table(service: str, operation: str, params: Params, context: CallContext) -> list[str]:
    place = (context.region, context.account)
    if service == "ecs":
        return with_owners(ECS.of(operation, params, *place))
    if service == "ec2":
        return EC2.of(operation, params, *place)
    table = OTHERS.get(service)
    arns = table.of(operation, params, *place) if table else ["*"]
    return [_group(arn, *place) for arn in arns] if service == "autoscaling" else arns


def _prepared(service: str, operation: str, params: Params, context: CallContext) -> Params:
    if service == "ecs" and operation in {"RunTask", "StartTask"}:
        # A family alone means its latest revision, and that is what the permission is about.
        found = context.task_definition(str(params.get("taskDefinition", "")))
        arn = found.get("taskDefinitionArn") if found else None
        return {**params, "taskDefinition": arn} if arn else params
    if service == "events":
        bus = str(params.get("EventBusName") or "").rpartition("/")[2]
        return {**params, "EventBusName": bus if bus != "default" else ""} if bus else params
    return params


def _group(arn: str, region: str, account: str) -> str:
    # The ARN of an Auto Scaling group holds an id that no call names.
    groups = get_backend("autoscaling")[account][region].autoscaling_groups
    group = groups.get(arn.rpartition("/")[2])
    return str(group.arn) if group is not None else arn


def _log_forms(arn: str) -> tuple[str, ...]:
    # A log group's permissions are written with and without the :* that ListLogGroups shows.
    if ":log-group:" in arn and ":log-stream:" not in arn:
        return (arn, f"{arn}:*")
    return (arn,)


def _tagging(
    service: str, operation: str, params: Params, own: list[Check], context: CallContext
) -> list[Check]:
    if service not in _TAGGING or not operation.startswith(_MAKES):
        return []
    if not request_tags(operation, params):
        return []
    action, key = _TAGGING[service]
    arns = _made(service, operation, params, context)
    resources = tuple((arn,) for arn in arns) or (own[0].resources if own else (("*",),))
    return [Check(action, resources, {key: operation} if key else {})]


def _made(service: str, operation: str, params: Params, context: CallContext) -> list[str]:
    # What a call makes, where that is not the resource the call itself is about; it has no id yet.
    if service == "ecs" and operation in {"RunTask", "StartTask"}:
        tasks = {"cluster": params.get("cluster"), "task": "*"}
        return ECS.of("StopTask", tasks, context.region, context.account)
    if service == "ec2":
        kinds = texts("TagSpecifications[].ResourceType", params)
        return [f"arn:aws:ec2:{context.region}:{context.account}:{kind}/*" for kind in kinds]
    if service == "elbv2" and operation == "CreateListener":
        return [f"{params.get('LoadBalancerArn', '')}/*".replace(":loadbalancer/", ":listener/")]
    if service == "elbv2" and operation == "CreateRule":
        return [f"{params.get('ListenerArn', '')}/*".replace(":listener/", ":listener-rule/")]
    return []
