"""Rules of CreateService and UpdateService, and the defaults that AWS fills in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecslab.aws.ecs.deployment_rules import deployment_configuration, rebalancing
from ecslab.errors import AwsError
from ecslab.model import platform_versions
from ecslab.model.placement.request import DAEMON_STRATEGY
from ecslab.sim.service import EXTERNAL

if TYPE_CHECKING:
    from ecslab.aws.ecs.operation import Call, Params
    from ecslab.aws.ecs.placement import Placement

_INVALID = "InvalidParameterException"
DAEMON = "DAEMON"
_MOST_TASKS = 5000
_MOST_TARGET_GROUPS = 5
_LONGEST_GRACE = 2_147_483_647
SERVICE_ROLE = "arn:aws:iam::{account}:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS"
"""The service-linked role of ECS (using-service-linked-roles)."""

REVISION_KEYS = (
    "launchType",
    "capacityProviderStrategy",
    "networkConfiguration",
    "loadBalancers",
    "serviceRegistries",
    "platformVersion",
    "serviceConnectConfiguration",
    "volumeConfigurations",
    "monitoring",
)
"""Parameters that a service revision fixes; changing one starts a deployment
(botocore ecs UpdateServiceRequest)."""

_RECORDED = (
    "healthCheckGracePeriodSeconds",
    "placementConstraints",
    "placementStrategy",
    "propagateTags",
    "enableECSManagedTags",
    "enableExecuteCommand",
    "availabilityZoneRebalancing",
)


def desired_count(params: Params) -> int:
    """Return the desired count of a request.

    Raises:
        AwsError: it is missing, negative or above the quota of 5,000 (ECS quotas), or given for
            a DAEMON, whose container instances decide.
    """
    count = params.get("desiredCount")
    if params.get("schedulingStrategy") == DAEMON:
        if count is not None:
            message = "The desired count can't be specified for the DAEMON scheduling strategy."
            raise AwsError(_INVALID, message)
        return 0
    if count is None and is_external(params):
        return 0
    if count is None:
        message = "The desired count is required for the REPLICA scheduling strategy."
        raise AwsError(_INVALID, message)
    if count > _MOST_TASKS:
        # AWS: captured InvalidParameterException (containers-roadmap issue 768).
        message = "Desired count exceeds limit."
        raise AwsError(_INVALID, message)
    if count < 0:
        message = "Invalid desiredCount. It can't be below 0."
        raise AwsError(_INVALID, message)
    return int(count)


def check_request(params: Params) -> None:
    """Refuse what a CreateService or UpdateService request says by itself.

    Raises:
        AwsError: InvalidParameterException, or UnsupportedFeatureException for VPC Lattice.
    """
    if params.get("vpcLatticeConfigurations"):
        message = "vpcLatticeConfigurations are not part of this simulation of Amazon ECS."
        raise AwsError("UnsupportedFeatureException", message)
    if not 0 <= params.get("healthCheckGracePeriodSeconds", 0) <= _LONGEST_GRACE:
        message = f"healthCheckGracePeriodSeconds must be between 0 and {_LONGEST_GRACE}."
        raise AwsError(_INVALID, message)


def service_role(params: Params, definition: dict[str, Any], account: str) -> str | None:
    """Return the role with which ECS calls load balancers for a service, None without any.

    AWS: botocore ecs CreateServiceRequest.role; captured answers of CreateService.

    Raises:
        AwsError: InvalidParameterException, when a role is given that can't be.
    """
    own, balancers = params.get("role"), params.get("loadBalancers") or []
    linked = (
        definition.get("networkMode") == "awsvpc"
        or bool(params.get("serviceRegistries"))
        or len(balancers) > 1
    )
    if own and linked:
        message = "You cannot specify an IAM role for services that require a service linked role."
        raise AwsError(_INVALID, message)
    if own and not balancers:
        message = "A role can only be specified for a service with a load balancer."
        raise AwsError(_INVALID, message)
    if own:
        name = str(own)
        return (
            name if name.startswith("arn:") else f"arn:aws:iam::{account}:role/{name.lstrip('/')}"
        )
    return SERVICE_ROLE.format(account=account) if linked or balancers else None


def is_external(params: Params) -> bool:
    """Return whether a new service is to be deployed by others, through task sets."""
    return (params.get("deploymentController") or {}).get("type") == EXTERNAL


def check_capacity_change(params: Params, before: dict[str, Any]) -> None:
    """Refuse another capacity provider strategy without a forced deployment.

    AWS: botocore ecs UpdateServiceRequest.capacityProviderStrategy (it starts no deployment);
    captured InvalidParameterException text.

    Raises:
        AwsError: InvalidParameterException.
    """
    wanted = params.get("capacityProviderStrategy")
    if not wanted or params.get("forceNewDeployment"):
        return
    if wanted != before.get("capacityProviderStrategy"):
        message = (
            "When switching from launch type to capacity provider strategy on an existing service,"
            " or making a change to a capacity provider strategy on a service that is already using"
            " one, you must force a new deployment."
        )
        raise AwsError(_INVALID, message)


def check_daemon(params: Params, launch_type: str) -> None:
    """Check the scheduling strategy, and what a DAEMON can't have.

    AWS: botocore ecs CreateServiceRequest.schedulingStrategy; ecs_services.

    Raises:
        AwsError: InvalidParameterException.
    """
    strategy = params.get("schedulingStrategy") or "REPLICA"
    if strategy not in ("REPLICA", DAEMON):
        message = f"{strategy} is not a valid schedulingStrategy. Must be one of [REPLICA,DAEMON]"
        raise AwsError(_INVALID, message)
    if strategy != DAEMON:
        return
    if launch_type == "FARGATE":
        message = "The DAEMON scheduling strategy is not supported with FARGATE launch type."
        raise AwsError(_INVALID, message)
    if params.get("placementStrategy"):
        raise DAEMON_STRATEGY.error()


def check_exec(
    params: Params, definition: dict[str, Any], platform: str, *, updated: bool = False
) -> None:
    """Refuse ECS Exec without a task role, or on a platform version that lacks it.

    AWS: ecs-exec-considerations; captured InvalidParameterException of CreateService and
    UpdateService.

    Args:
        params: what the request and the service say.
        definition: the task definition.
        platform: the platform version, empty where there is none.
        updated: whether the service is there already.

    Raises:
        AwsError: InvalidParameterException.
    """
    wanted = bool(params.get("enableExecuteCommand"))
    if platform:
        platform_versions.check(platform, definition, exec_wanted=wanted)
    if wanted and not definition.get("taskRoleArn"):
        message = (
            f"The service couldn't be {'updated' if updated else 'created'} because a valid"
            " taskRoleArn is not being used. Specify a valid task role in your task definition and"
            " try again."
        )
        raise AwsError(_INVALID, message)


def check_load_balancers(
    call: Call, balancers: list[dict[str, Any]], definition: dict[str, Any]
) -> None:
    """Check every load balancer of a service against the target groups and the task definition.

    AWS: captured InvalidParameterException texts; botocore ecs LoadBalancer.

    Raises:
        AwsError: InvalidParameterException.
    """
    if len(balancers) > _MOST_TARGET_GROUPS:
        message = "load balancers can have at most 5 items."
        raise AwsError(_INVALID, message)
    groups = call.account.ports.extra["target_groups"]
    for balancer in balancers:
        arn = balancer.get("targetGroupArn")
        if not arn:
            message = "Classic Load Balancers can't be used with the awsvpc network mode."
            raise AwsError(_INVALID, message)
        group = groups.describe(arn)
        if group is None:
            message = "The specified target group does not exist."
            raise AwsError(_INVALID, message)
        if not group["attached"]:
            message = (
                f"The target group with targetGroupArn {arn} does not have an associated load"
                " balancer."
            )
            raise AwsError(_INVALID, message)
        mode = definition.get("networkMode") or "bridge"
        if (group["type"] == "ip") != (mode == "awsvpc"):
            message = (
                f"The provided target group {arn} has target type {group['type']}, which is"
                f" incompatible with the {mode} network mode specified in the task definition."
            )
            raise AwsError(_INVALID, message)
        _check_container(balancer, definition)


def _check_container(balancer: dict[str, Any], definition: dict[str, Any]) -> None:
    name, port = balancer.get("containerName"), balancer.get("containerPort")
    container = next((c for c in definition["containerDefinitions"] if c["name"] == name), None)
    if container is None:
        message = f"The container {name} does not exist in the task definition."
        raise AwsError(_INVALID, message)
    mappings = container.get("portMappings") or []
    if not any(mapping.get("containerPort") == port for mapping in mappings):
        message = f"The container {name} did not have a container port {port} defined."
        raise AwsError(_INVALID, message)


def new_record(params: Params, caller: str) -> dict[str, Any]:
    """Return the parameters of a new service that are not part of a revision."""
    record: dict[str, Any] = {
        "deploymentConfiguration": deployment_configuration(
            params.get("deploymentConfiguration") or {},
            {},
            daemon=params.get("schedulingStrategy") == DAEMON,
        ),
        "deploymentController": params.get("deploymentController") or {"type": "ECS"},
        "schedulingStrategy": params.get("schedulingStrategy") or "REPLICA",
        "placementConstraints": [],
        "placementStrategy": [],
        "propagateTags": "NONE",
        "enableECSManagedTags": False,
        "enableExecuteCommand": False,
        "loadBalancers": params.get("loadBalancers") or [],
        "serviceRegistries": params.get("serviceRegistries") or [],
        "createdBy": caller,
    }
    if record["loadBalancers"]:
        record["healthCheckGracePeriodSeconds"] = 0
    update_record(record, {key: value for key, value in params.items() if key in _RECORDED})
    wanted = params.get("availabilityZoneRebalancing")
    record["availabilityZoneRebalancing"] = rebalancing(record, wanted)
    return record


def updated_record(record: dict[str, Any], params: Params) -> dict[str, Any]:
    """Return a service's parameters with what a request changes that a revision does not fix.

    Raises:
        AwsError: the parameters exclude each other.
    """
    result = dict(record)
    update_record(result, params)
    rebalancing(result, result.get("availabilityZoneRebalancing"))
    return result


def update_record(record: dict[str, Any], params: Params) -> None:
    """Change what a request names and a revision does not fix."""
    for key in _RECORDED:
        if params.get(key) is not None:
            record[key] = params[key]
    for key in ("loadBalancers", "serviceRegistries"):
        if params.get(key) is not None:
            record[key] = params[key]
    if params.get("deploymentConfiguration"):
        record["deploymentConfiguration"] = deployment_configuration(
            params["deploymentConfiguration"],
            record["deploymentConfiguration"],
            daemon=record.get("schedulingStrategy") == DAEMON,
        )


def revision_settings(params: Params, placement: Placement) -> dict[str, Any]:
    """Return what a service revision fixes, with the placement decided."""
    settings = {key: params[key] for key in REVISION_KEYS if params.get(key)}
    settings.pop("launchType", None)
    settings.pop("capacityProviderStrategy", None)
    if placement.strategy:
        settings["capacityProviderStrategy"] = placement.strategy
    else:
        settings["launchType"] = placement.launch_type
    if placement.network is not None:
        settings["networkConfiguration"] = {"awsvpcConfiguration": placement.network}
    return settings
