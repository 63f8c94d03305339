"""Rules and defaults of Express Mode services.

AWS: express-service-work; botocore ecs CreateExpressGatewayServiceRequest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ecslab.model.task_definition.answer import INVALID_PARAMETER, Answer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

CONTAINER: Final = "Main"
GRACE_SECONDS: Final = 300
DEFAULT_PORT: Final = 80
DEFAULT_PATH: Final = "/ping"
# The guide says 1024 and 2048, the API's own documentation 256 and 512; the API is newer.
DEFAULT_CPU: Final = "256"
DEFAULT_MEMORY: Final = "512"
CANARY_PERCENT: Final = 5.0
BAKE_MINUTES: Final = 3
ERROR_PERCENT: Final = 1.0
"""The canary, its bake time and that of the whole, and the errors that roll it back
(express-service-update-full)."""
_LAST_PORT: Final = 65535
_LONGEST_PATH: Final = 1024
_METRICS: Final = {
    "AVERAGE_CPU": "ECSServiceAverageCPUUtilization",
    "AVERAGE_MEMORY": "ECSServiceAverageMemoryUtilization",
    "REQUEST_COUNT_PER_TARGET": "ALBRequestCountPerTarget",
}
_COUNTS: Final = {
    "r": "RequestCount",
    "c": "HTTPCode_Target_4XX_Count",
    "s": "HTTPCode_Target_5XX_Count",
}
_SCALING: Final[dict[str, Any]] = {
    "minTaskCount": 1,
    "maxTaskCount": 20,
    "autoScalingMetric": "AVERAGE_CPU",
    "autoScalingTargetValue": 60,
}
_REQUEST: Final = "botocore ecs CreateExpressGatewayServiceRequest"


def _invalid(message: str, source: str) -> Answer:
    return Answer(message=message, source=source, code=INVALID_PARAMETER, verified=False)


NEEDS_EXECUTION_ROLE: Final = _invalid(
    "An executionRoleArn is required for an Express service.", f"{_REQUEST}.executionRoleArn"
)
NEEDS_CONTAINER: Final = _invalid(
    "A primaryContainer with an image is required for an Express service.",
    f"{_REQUEST}.primaryContainer",
)
BOTH_DEFINITIONS: Final = _invalid(
    "{member} can't be specified together with taskDefinitionArn.",
    f"{_REQUEST}.taskDefinitionArn",
)
UNFIT_DEFINITION: Final = _invalid(
    "The task definition must have a container named Main with a single TCP port mapping that has a"
    " container port and a name.",
    f"{_REQUEST}.taskDefinitionArn",
)
BAD_PATH: Final = _invalid(
    "The healthCheckPath must start with a forward slash.", f"{_REQUEST}.healthCheckPath"
)
BAD_PORT: Final = _invalid(
    "The containerPort must be between 1 and 65535.",
    "botocore ecs ExpressGatewayContainer.containerPort",
)
BAD_COUNTS: Final = _invalid(
    "minTaskCount and maxTaskCount must be at least 0, and minTaskCount not above maxTaskCount.",
    "botocore ecs ExpressGatewayScalingTarget",
)
BAD_METRIC: Final = _invalid(
    "{value} is not a valid autoScalingMetric. Must be one of"
    " [AVERAGE_CPU,AVERAGE_MEMORY,REQUEST_COUNT_PER_TARGET]",
    "botocore ecs ExpressGatewayServiceScalingMetric",
)
BAD_TARGET_VALUE: Final = _invalid(
    "The autoScalingTargetValue must be above 0.",
    "botocore ecs ExpressGatewayScalingTarget.autoScalingTargetValue",
)
ROLE: Final = _invalid(
    "Amazon ECS can't assume the infrastructure role {role}. Check its trust policy.",
    f"{_REQUEST}.infrastructureRoleArn",
)
NOT_EXPRESS: Final = _invalid(
    "The service is not an Express service.", "botocore ecs DescribeExpressGatewayServiceRequest"
)
NOT_FOUND: Final = Answer(
    message="The specified Express service was not found.",
    source="botocore ecs DescribeExpressGatewayService",
    code="ResourceNotFoundException",
    verified=False,
)
# What a task definition of one's own takes the place of (…taskDefinitionArn).
_OF_DEFINITION: Final = (
    "primaryContainer",
    "executionRoleArn",
    "taskRoleArn",
    "cpu",
    "memory",
    "cpuArchitecture",
)


def configuration(params: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """Return the configuration that a request asks for.

    Args:
        params: the request.
        before: the configuration that it changes; empty for a new service.

    Raises:
        AwsError: InvalidParameterException.
    """
    wanted = {**before}
    if params.get("taskDefinitionArn"):
        for member in _OF_DEFINITION:
            if params.get(member):
                raise BOTH_DEFINITIONS.error(member=member)
            wanted.pop(member, None)
        wanted["taskDefinitionArn"] = params["taskDefinitionArn"]
    else:
        given = {name: params[name] for name in _OF_DEFINITION if params.get(name)}
        if given:
            wanted.pop("taskDefinitionArn", None)
        wanted = {**wanted, **given}
        if "taskDefinitionArn" not in wanted:
            _fill(wanted)
    path = params.get("healthCheckPath") or wanted.get("healthCheckPath") or DEFAULT_PATH
    if not path.startswith("/") or len(path) > _LONGEST_PATH:
        raise BAD_PATH.error()
    wanted["healthCheckPath"] = path
    wanted["scalingTarget"] = scaling(
        {**(before.get("scalingTarget") or _SCALING), **(params.get("scalingTarget") or {})}
    )
    return wanted


def _fill(wanted: dict[str, Any]) -> None:
    if not wanted.get("executionRoleArn"):
        raise NEEDS_EXECUTION_ROLE.error()
    container = dict(wanted.get("primaryContainer") or {})
    if not container.get("image"):
        raise NEEDS_CONTAINER.error()
    port = container.setdefault("containerPort", DEFAULT_PORT)
    if not 1 <= port <= _LAST_PORT:
        raise BAD_PORT.error()
    wanted["primaryContainer"] = container
    wanted.setdefault("cpu", DEFAULT_CPU)
    wanted.setdefault("memory", DEFAULT_MEMORY)
    wanted.setdefault("cpuArchitecture", "X86_64")


def scaling(target: dict[str, Any]) -> dict[str, Any]:
    """Return a scaling target, checked.

    Raises:
        AwsError: InvalidParameterException.
    """
    if not 0 <= target["minTaskCount"] <= target["maxTaskCount"]:
        raise BAD_COUNTS.error()
    if target["autoScalingMetric"] not in _METRICS:
        raise BAD_METRIC.error(value=target["autoScalingMetric"])
    if target["autoScalingTargetValue"] <= 0:
        raise BAD_TARGET_VALUE.error()
    return target


def predefined_metric(target: Mapping[str, Any]) -> str:
    """Return the metric of Application Auto Scaling behind a scaling target."""
    return _METRICS[target["autoScalingMetric"]]


def task_definition(family: str, wanted: Mapping[str, Any], region: str) -> dict[str, Any]:
    """Return the RegisterTaskDefinition request of a configuration.

    Args:
        family: the family's name.
        wanted: the configuration, with its container's log group.
        region: the Region of the log group.
    """
    given = wanted["primaryContainer"]
    port = given["containerPort"]
    logs = given["awsLogsConfiguration"]
    container: dict[str, Any] = {
        "name": CONTAINER,
        "image": given["image"],
        "essential": True,
        "portMappings": [
            {
                "name": f"{CONTAINER.lower()}-{port}-tcp",
                "containerPort": port,
                "protocol": "tcp",
                "appProtocol": "http",
            }
        ],
        "logConfiguration": {
            "logDriver": "awslogs",
            "options": {
                "awslogs-group": logs["logGroup"],
                "awslogs-region": region,
                "awslogs-stream-prefix": logs["logStreamPrefix"],
            },
        },
    }
    for member in ("command", "environment", "secrets", "repositoryCredentials"):
        if given.get(member):
            container[member] = given[member]
    request: dict[str, Any] = {
        "family": family,
        "networkMode": "awsvpc",
        "requiresCompatibilities": ["FARGATE"],
        "cpu": wanted["cpu"],
        "memory": wanted["memory"],
        "executionRoleArn": wanted["executionRoleArn"],
        "runtimePlatform": {
            "operatingSystemFamily": "LINUX",
            "cpuArchitecture": wanted["cpuArchitecture"],
        },
        "containerDefinitions": [container],
    }
    if wanted.get("taskRoleArn"):
        request["taskRoleArn"] = wanted["taskRoleArn"]
    return request


def deployment_configuration(alarm: str) -> dict[str, Any]:
    """Return how Express services deploy (express-service-update-full).

    The circuit breaker is not described; captured deployments of Express services were rolled back
    by it.

    Args:
        alarm: the name of the alarm that watches their deployments.
    """
    return {
        "strategy": "CANARY",
        "canaryConfiguration": {
            "canaryPercent": CANARY_PERCENT,
            "canaryBakeTimeInMinutes": BAKE_MINUTES,
        },
        "bakeTimeInMinutes": BAKE_MINUTES,
        "alarms": {"alarmNames": [alarm], "enable": True, "rollback": True},
        "deploymentCircuitBreaker": {"enable": True, "rollback": True},
    }


def rollback_alarm(balancer: str, groups: Sequence[str]) -> dict[str, Any]:
    """Return the alarm on the share of 4xx and 5xx answers: 2 of 3 minutes above 1 percent.

    Args:
        balancer: the load balancer, as the dimension has it.
        groups: the target groups, as the dimension has them.

    AWS: express-service-update-full; how the share is computed is not described.
    """
    queries: list[dict[str, Any]] = []
    errors: list[str] = []
    requests: list[str] = []
    for number, group in enumerate(groups):
        for key, metric in _COUNTS.items():
            name = f"{key}{number}"
            (requests if key == "r" else errors).append(f"FILL({name}, 0)")
            dimensions = {"LoadBalancer": balancer, "TargetGroup": group}
            queries.append(
                {
                    "Id": name,
                    "MetricStat": {
                        "Metric": {
                            "Namespace": "AWS/ApplicationELB",
                            "MetricName": metric,
                            "Dimensions": [
                                {"Name": each, "Value": value} for each, value in dimensions.items()
                            ],
                        },
                        "Period": 60,
                        "Stat": "Sum",
                    },
                    "ReturnData": False,
                }
            )
    share = f"100 * ({' + '.join(errors)}) / ({' + '.join(requests)})"
    queries.append({"Id": "share", "Expression": share, "ReturnData": True})
    return {
        "Metrics": queries,
        "Threshold": ERROR_PERCENT,
        "ComparisonOperator": "GreaterThanThreshold",
        "EvaluationPeriods": 3,
        "DatapointsToAlarm": 2,
        "TreatMissingData": "notBreaching",
    }


def port_of(definition: Mapping[str, Any]) -> int:
    """Return the port of the container named Main.

    Raises:
        AwsError: the task definition does not fit.
    """
    for container in definition["containerDefinitions"]:
        mappings = container.get("portMappings") or []
        if container["name"] == CONTAINER and len(mappings) == 1:
            (mapping,) = mappings
            if mapping.get("protocol", "tcp") == "tcp" and mapping.get("name"):
                return int(mapping["containerPort"])
    raise UNFIT_DEFINITION.error()
