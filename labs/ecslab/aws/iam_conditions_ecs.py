"""The condition keys of ECS.

AWS: Service Authorization Reference, condition keys for Amazon ECS.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from moto.core.utils import get_service_model

from ecslab.aws.iam_arns_ecs import ECS
from ecslab.aws.iam_conditions_daemons import daemon_keys
from ecslab.aws.iam_context import CallContext
from ecslab.aws.iam_paths import search

Params = Mapping[str, Any]

_NETWORK: Final = "networkConfiguration.awsvpcConfiguration"
_KEYS: Final = {
    "ecs:account-setting": "name",
    "ecs:auto-assign-public-ip": f"{_NETWORK} && {_NETWORK}.assignPublicIp == 'ENABLED'",
    "ecs:compute-compatibility": "requiresCompatibilities",
    "ecs:container-name": "container",
    "ecs:enable-ecs-managed-tags": "enableECSManagedTags",
    "ecs:enable-service-connect": "serviceConnectConfiguration.enabled",
    "ecs:fargate-ephemeral-storage-kms-key": (
        "configuration.managedStorageConfiguration.fargateEphemeralStorageKmsKeyId"
    ),
    "ecs:namespace": "serviceConnectConfiguration.namespace || namespace",
    "ecs:propagate-tags": "propagateTags",
    "ecs:subnet": f"{_NETWORK}.subnets",
    "ecs:task-cpu": "cpu",
    "ecs:task-memory": "memory",
}
# Keys that hold an ARN: an operation whose resource it is, and the parameters that name it.
_ARNS: Final = (
    ("ecs:cluster", "UpdateCluster", "cluster"),
    ("ecs:service", "UpdateService", "service"),
    ("ecs:task", "StopTask", "task"),
    ("ecs:container-instances", "DescribeContainerInstances", "containerInstances"),
)
_OWNED: Final = (
    "serviceArn",
    "serviceDeploymentArn",
    "serviceDeploymentArns",
    "serviceRevisionArns",
)
_RUNS: Final = {"CreateService", "CreateTaskSet", "RunTask", "StartTask", "UpdateService"}


def ecs_keys(operation: str, params: Params, context: CallContext) -> dict[str, object]:
    """Return the keys that an ECS call carries."""
    keys: dict[str, object] = {key: search(expression, params) for key, expression in _KEYS.items()}
    for key, like, parameter in _ARNS:
        default_cluster = parameter == "cluster" and "cluster" in _members(operation)
        if params.get(parameter) or default_cluster:
            keys[key] = ECS.of(like, params, context.region, context.account)
    service = _service_of(params)
    if service:
        keys["ecs:service"] = service
        keys["ecs:cluster"] = service.rpartition("/")[0].replace(":service/", ":cluster/")
    if operation in _RUNS:
        keys.update(_run_keys(params, context))
    if operation == "RegisterTaskDefinition":
        containers = params.get("containerDefinitions") or []
        keys["ecs:privileged"] = any(item.get("privileged") for item in containers)
    keys.update(daemon_keys(operation, params, context))
    return keys


@cache
def _members(operation: str) -> frozenset[str]:
    model = get_service_model("ecs")
    if operation not in model.operation_names:
        return frozenset()
    shape = model.operation_model(operation).input_shape
    return frozenset(shape.members) if shape else frozenset()


def _service_of(params: Params) -> str:
    # The service of a deployment or revision: …:service-deployment/cluster/service/id
    found = next((params[name] for name in _OWNED if params.get(name)), "")
    arn = found[0] if isinstance(found, list) else found
    if not isinstance(arn, str) or not arn.startswith("arn:"):
        return ""
    head, _, resource = arn.rpartition(":")
    return f"{head}:service/{'/'.join(resource.split('/')[1:3])}"


def _run_keys(params: Params, context: CallContext) -> dict[str, object]:
    keys: dict[str, object] = {
        "ecs:enable-ebs-volumes": bool(params.get("volumeConfigurations")),
        "ecs:enable-execute-command": bool(params.get("enableExecuteCommand")),
        "ecs:enable-vpc-lattice": bool(params.get("vpcLatticeConfigurations")),
    }
    strategy = params.get("capacityProviderStrategy") or []
    providers = [item["capacityProvider"] for item in strategy if item.get("capacityProvider")]
    if providers:
        keys["ecs:capacity-provider"] = ECS.of(
            "DescribeCapacityProviders",
            {"capacityProviders": providers},
            context.region,
            context.account,
        )
    reference = params.get("taskDefinition")
    if isinstance(reference, str) and reference:
        found = context.task_definition(reference) or {}
        given = {"taskDefinition": found.get("taskDefinitionArn", reference)}
        keys["ecs:task-definition"] = ECS.of("RunTask", given, context.region, context.account)
        keys["ecs:task-cpu"] = found.get("cpu")
        keys["ecs:task-memory"] = found.get("memory")
    return keys
