"""Where a task or service shall run: launch type, capacity provider strategy, network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecslab.errors import AwsError
from ecslab.model import cluster as rules
from ecslab.model import managed_volumes, platform_versions
from ecslab.model.placement.request import (
    MANAGED_STRATEGY,
    check_constraints,
    check_fargate,
    check_strategy,
)
from ecslab.sim.capacity_providers import kinds
from ecslab.sim.engine import launch_type_of

if TYPE_CHECKING:
    from ecslab.aws.ecs.operation import Call, Params
    from ecslab.sim.entities import Cluster

_INVALID = "InvalidParameterException"


@dataclass(frozen=True, slots=True)
class Placement:
    """The decision where to run.

    Args:
        launch_type: FARGATE, EC2 or EXTERNAL.
        strategy: the capacity provider strategy; empty when a launch type was given.
        network: the awsvpcConfiguration, None for other network modes.
        platform: the Fargate platform version, empty elsewhere.
    """

    launch_type: str
    strategy: list[dict[str, Any]]
    network: dict[str, Any] | None
    platform: str = ""


def decide(call: Call, cluster: Cluster, params: Params, definition: dict[str, Any]) -> Placement:
    """Return where the request wants its tasks, with the cluster's defaults filled in.

    AWS: botocore ecs RunTaskRequest.launchType, .capacityProviderStrategy, .networkConfiguration.

    Raises:
        AwsError: what AWS refuses.
    """
    strategy = list(params.get("capacityProviderStrategy") or [])
    launch_type = params.get("launchType")
    if strategy and launch_type:
        message = "Specify either Launch Type or Capacity Provider Strategy, but not both."
        raise AwsError(_INVALID, message)
    if launch_type == "MANAGED_INSTANCES":
        message = "The MANAGED_INSTANCES launch type is chosen by a capacity provider strategy."
        raise AwsError(_INVALID, message)
    by_default = not strategy and not launch_type
    if by_default:
        strategy = list(cluster.record["defaultCapacityProviderStrategy"])
    if strategy:
        strategy = rules.check_strategy(
            strategy,
            associated=cluster.record["capacityProviders"],
            kinds=kinds(call.account),
        )
        rules.check_usable(strategy, default=by_default)
        launch_type = launch_type_of(call.account, strategy[0]["capacityProvider"])
    launch_type = str(launch_type or "EC2")
    reached = params.get("loadBalancers") or params.get("serviceRegistries")
    if launch_type == "EXTERNAL" and reached:
        message = (
            "Load balancers and service discovery are not supported with EXTERNAL launch type."
        )
        raise AwsError(_INVALID, message)
    if launch_type not in definition["compatibilities"]:
        message = f"Task definition does not support launch_type {launch_type}."
        raise AwsError(_INVALID, message)
    platform = _platform(params, definition, launch_type)
    check_placement(params, definition, launch_type)
    managed_volumes.check(
        params.get("volumeConfigurations") or [],
        definition,
        fargate=launch_type == "FARGATE",
        daemon=params.get("schedulingStrategy") == "DAEMON",
    )
    network = awsvpc_configuration(call, params, definition, launch_type)
    return Placement(launch_type, strategy, network, platform)


def check_placement(params: Params, definition: dict[str, Any], launch_type: str) -> None:
    """Check the placement constraints and the placement strategy of a request.

    Raises:
        AwsError: InvalidParameterException.
    """
    constraints = params.get("placementConstraints") or []
    strategy = params.get("placementStrategy") or []
    if launch_type == "FARGATE":
        check_fargate(constraints, strategy)
    if launch_type == "MANAGED_INSTANCES" and strategy:
        raise MANAGED_STRATEGY.error()
    inherited = len(definition.get("placementConstraints") or ())
    check_constraints(constraints, inherited=inherited)
    check_strategy(strategy)


def _platform(params: Params, definition: dict[str, Any], launch_type: str) -> str:
    """Return the platform version of a request, empty off Fargate.

    AWS: botocore ecs RunTaskRequest.platformVersion.

    Raises:
        AwsError: there is no such version, it lacks what the definition needs, or it is given off
            Fargate.
    """
    version = params.get("platformVersion")
    if launch_type == "FARGATE":
        found = platform_versions.resolved(version, definition)
        platform_versions.check(found, definition, exec_wanted=False)
        return found
    if version is not None:
        message = f"The platform version must be null when specifying an {launch_type} launch type."
        raise AwsError(_INVALID, message)
    return ""


def awsvpc_configuration(
    call: Call, params: Params, definition: dict[str, Any], launch_type: str
) -> dict[str, Any] | None:
    """Return the awsvpcConfiguration of a request with its defaults, None in other modes.

    Raises:
        AwsError: InvalidParameterException.
    """
    network = (params.get("networkConfiguration") or {}).get("awsvpcConfiguration")
    if definition.get("networkMode") != "awsvpc":
        if network:
            message = (
                "Network Configuration is not valid for the given networkMode of this task"
                " definition."
            )
            raise AwsError(_INVALID, message)
        return None
    if not network:
        message = "Network Configuration must be provided when networkMode 'awsvpc' is specified."
        raise AwsError(_INVALID, message)
    if launch_type != "FARGATE" and network.get("assignPublicIp") == "ENABLED":
        message = "Assign public IP is not supported for this launch type."
        raise AwsError(_INVALID, message)
    subnets = list(network.get("subnets") or [])
    groups = list(network.get("securityGroups") or [])
    call.network.validate(subnets, groups)
    return {
        "subnets": subnets,
        "securityGroups": groups,
        "assignPublicIp": network.get("assignPublicIp") or "DISABLED",
    }
