"""Which roles a call hands to a service, each of which needs iam:PassRole.

AWS: id_roles_use_passrole; the dependent actions in the Service Authorization Reference; ECS
task-iam-roles and infrastructure_IAM_role.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from ecslab.aws.iam_check import Check
from ecslab.aws.iam_conditions_daemons import DEPLOYS
from ecslab.aws.iam_context import CallContext
from ecslab.aws.iam_directory import profile_roles, role_arn_of
from ecslab.aws.iam_paths import texts

_TASKS: Final = "ecs-tasks.amazonaws.com"
_ECS: Final = "ecs.amazonaws.com"
_EC2: Final = "ec2.amazonaws.com"

# Service and operations, the JMESPath of the roles, and who gets them.
_PASSED: Final = (
    (
        "ecs",
        "RegisterTaskDefinition RegisterDaemonTaskDefinition",
        "[taskRoleArn, executionRoleArn]",
        _TASKS,
    ),
    (
        "ecs",
        "CreateExpressGatewayService UpdateExpressGatewayService",
        "[taskRoleArn, executionRoleArn]",
        _TASKS,
    ),
    (
        "ecs",
        "CreateExpressGatewayService CreateGateway UpdateGateway",
        "infrastructureRoleArn",
        _ECS,
    ),
    (
        "ecs",
        "CreateCapacityProvider UpdateCapacityProvider",
        "managedInstancesProvider.infrastructureRoleArn",
        _ECS,
    ),
    (
        "ecs",
        "RunTask StartTask CreateService UpdateService",
        "volumeConfigurations[].managedEBSVolume.roleArn",
        _ECS,
    ),
    ("ecs", "CreateService", "role", _ECS),
    ("ecs", "CreateService UpdateService", "loadBalancers[].advancedConfiguration.roleArn", _ECS),
    (
        "ecs",
        "CreateService UpdateService",
        "serviceConnectConfiguration.services[].tls.roleArn",
        _ECS,
    ),
    ("ecs", "CreateService UpdateService", "vpcLatticeConfigurations[].roleArn", _ECS),
    (
        "ecs",
        "CreateService UpdateService",
        "deploymentConfiguration.lifecycleHooks[].roleArn",
        _ECS,
    ),
    ("events", "PutTargets", "Targets[].RoleArn", "events.amazonaws.com"),
    ("events", "PutRule", "RoleArn", "events.amazonaws.com"),
    ("scheduler", "CreateSchedule UpdateSchedule", "Target.RoleArn", "scheduler.amazonaws.com"),
    (
        "application-autoscaling",
        "RegisterScalableTarget",
        "RoleARN",
        "application-autoscaling.amazonaws.com",
    ),
    ("iam", "AddRoleToInstanceProfile", "RoleName", _EC2),
    ("ssm", "CreateActivation", "IamRole", "ssm.amazonaws.com"),
    ("lambda", "CreateFunction UpdateFunctionConfiguration", "Role", "lambda.amazonaws.com"),
    ("logs", "PutDestination PutSubscriptionFilter", "roleArn", "logs.amazonaws.com"),
    ("ec2", "CreateFlowLogs", "DeliverLogsPermissionArn", "vpc-flow-logs.amazonaws.com"),
    ("eks", "CreateCluster", "roleArn", "eks.amazonaws.com"),
    ("eks", "CreateNodegroup", "nodeRole", _EC2),
    ("eks", "CreateFargateProfile", "podExecutionRoleArn", "eks-fargate-pods.amazonaws.com"),
    (
        "eks",
        "CreatePodIdentityAssociation UpdatePodIdentityAssociation",
        "roleArn",
        "pods.eks.amazonaws.com",
    ),
    ("stepfunctions", "CreateStateMachine UpdateStateMachine", "roleArn", "states.amazonaws.com"),
)
# The same for instance profiles, whose roles go to EC2.
_IN_PROFILES: Final = (
    (
        "ec2",
        "RunInstances AssociateIamInstanceProfile ReplaceIamInstanceProfileAssociation",
        "IamInstanceProfile.[Arn, Name]",
        _EC2,
    ),
    (
        "ec2",
        "CreateLaunchTemplate CreateLaunchTemplateVersion",
        "LaunchTemplateData.IamInstanceProfile.[Arn, Name]",
        _EC2,
    ),
    ("autoscaling", "CreateLaunchConfiguration", "IamInstanceProfile", _EC2),
    (
        "ecs",
        "CreateCapacityProvider UpdateCapacityProvider",
        "managedInstancesProvider.instanceLaunchTemplate.ec2InstanceProfileArn",
        _EC2,
    ),
)
_ROLE_FIELDS: Final = ("taskRoleArn", "executionRoleArn")
_RUNS: Final = {"CreateService", "CreateTaskSet", "RunTask", "StartTask", "UpdateService"}

_Rows = tuple[tuple[str, str, str, str], ...]
_Rules = dict[tuple[str, str], list[tuple[str, str]]]


def _by_operation(rows: _Rows) -> _Rules:
    rules: _Rules = {}
    for service, operations, expression, receiver in rows:
        for operation in operations.split():
            rules.setdefault((service, operation), []).append((expression, receiver))
    return rules


_ROLES: Final = _by_operation(_PASSED)
_PROFILES: Final = _by_operation(_IN_PROFILES)


def passed_roles(
    service: str, operation: str, params: Mapping[str, Any], context: CallContext
) -> list[Check]:
    """Return the iam:PassRole permissions that a call needs.

    To run a task takes the permission to pass the roles of its task definition, or those that the
    call puts in their place, although they were checked when the definition was registered.
    """
    found = dict.fromkeys(_all(service, operation, params, context))
    return [
        Check.on("iam:PassRole", arn, **{"iam:PassedToService": receiver})
        for arn, receiver in found
    ]


def _all(
    service: str, operation: str, params: Mapping[str, Any], context: CallContext
) -> Iterator[tuple[str, str]]:
    for expression, receiver in _ROLES.get((service, operation), ()):
        for role in texts(expression, params):
            yield role_arn_of(role, context.account), receiver
    for expression, receiver in _PROFILES.get((service, operation), ()):
        for profile in texts(expression, params):
            for arn in profile_roles(profile, context.account):
                yield arn, receiver
    if service == "ecs" and operation in (*_RUNS, *DEPLOYS):
        for role in _task_roles(operation, params, context):
            yield role_arn_of(role, context.account), _TASKS


def _task_roles(operation: str, params: Mapping[str, Any], context: CallContext) -> list[str]:
    of_daemon = operation in DEPLOYS
    reference = params.get("daemonTaskDefinitionArn" if of_daemon else "taskDefinition")
    if not isinstance(reference, str):
        return []
    find = context.daemon_task_definition if of_daemon else context.task_definition
    registered = find(reference) or {}
    overrides = params.get("overrides") or {}
    roles = [overrides.get(name) or registered.get(name) for name in _ROLE_FIELDS]
    return [role for role in roles if isinstance(role, str) and role]
