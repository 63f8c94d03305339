"""The words in which AWS refuses a Service Connect configuration or a service registry."""

from __future__ import annotations

from typing import Final

from ecslab.model.task_definition.answer import INVALID_PARAMETER, Answer

_SERVICE: Final = "botocore ecs ServiceConnectService"
_CONFIGURATION: Final = "botocore ecs ServiceConnectConfiguration"
_CONCEPTS: Final = "service-connect-concepts-deploy"
_REGISTRY: Final = "botocore ecs ServiceRegistry"


def _seen(message: str, source: str) -> Answer:
    return Answer(message=message, source=source, code=INVALID_PARAMETER)


def _ours(message: str, source: str) -> Answer:
    return Answer(message=message, source=source, code=INVALID_PARAMETER, verified=False)


NO_NAMESPACE: Final = _seen("Namespace is missing", f"{_CONFIGURATION}.namespace")
NO_PORT: Final = _seen(
    "portName({name}) does not refer to any named PortMapping in the container definitions",
    f"{_SERVICE}.portName",
)
TOO_MANY_ALIASES: Final = _seen(
    "{count} clientAliases exceeds the max limit of 1", f"{_SERVICE}.clientAliases"
)
DNS_NAME: Final = _seen(
    "The DNS name that you provided is invalid", "botocore ecs ServiceConnectClientAlias.dnsName"
)
INGRESS_PORT: Final = _seen(
    "IngressPortOverride cannot use ports <= 1024.", f"{_SERVICE}.ingressPortOverride"
)
NAME_TAKEN: Final = _seen("SC service is already used by {namespace}", f"{_SERVICE}.discoveryName")

ALIAS_TAKEN: Final = _ours(
    "The client alias {name}:{port} is already used in {namespace}",
    f"{_SERVICE}.clientAliases",
)
REPEATED_NAME: Final = _ours(
    "The discoveryName {name} is used more than once", f"{_SERVICE}.discoveryName"
)
REPEATED_ALIAS: Final = _ours(
    "The client alias {name}:{port} is used more than once", f"{_SERVICE}.clientAliases"
)
DISCOVERY_NAME: Final = _ours(
    "The discoveryName '{name}' must match ^[a-z0-9_]{{1}}[a-z0-9_-]{{0,63}}$",
    f"{_SERVICE}.discoveryName",
)
PORT: Final = _ours("The port {port} is not from 1 to 65535", f"{_SERVICE}.clientAliases")
TIMEOUT: Final = _ours("A timeout can't be negative", "botocore ecs TimeoutConfiguration")
TCP_TIMEOUT: Final = _ours(
    "perRequestTimeoutSeconds can't be set when the appProtocol is TCP",
    "botocore ecs TimeoutConfiguration.perRequestTimeoutSeconds",
)
ACCESS_LOG: Final = _ours(
    "accessLogConfiguration needs a logConfiguration in the serviceConnectConfiguration",
    f"{_CONFIGURATION}.accessLogConfiguration",
)
CONTAINER_SETTINGS: Final = _ours(
    "Each containerConfiguration sets exactly one setting, and each setting appears only once",
    f"{_CONFIGURATION}.containerConfigurations",
)
LOG_LEVEL: Final = _ours(
    "The logLevel {level} is not one of [debug,info]",
    "botocore ecs ServiceConnectContainerLogLevel",
)
NETWORK_MODE: Final = _ours(
    "Service Connect does not support the {mode} network mode", f"{_CONCEPTS}, Considerations"
)
NO_MEMORY: Final = _ours(
    "Service Connect requires a task definition with a task memory limit",
    f"{_CONCEPTS}, Considerations",
)
CONTROLLER: Final = _ours(
    "Service Connect does not support the {controller} deployment controller",
    f"{_CONCEPTS}, Considerations",
)
PROTOCOL_CHANGED: Final = _ours(
    "The appProtocol of {name} can't be changed while Service Connect uses it",
    "botocore ecs PortMapping.appProtocol",
)

REGISTRY_COMBINATION: Final = _seen(
    "Specify a value for either 'port' or the 'containerName' and 'containerPort' combination,"
    " but not both. Registry: {registry}",
    f"{_REGISTRY}.containerName",
)
REGISTRY_HOST_MODE: Final = _seen(
    "When specifying 'host' or 'bridge' for networkMode, values for 'containerName' and"
    " 'containerPort' must be specified from the task definition. Registry: {registry}",
    f"{_REGISTRY}.containerName",
)
REGISTRY_NO_VALUE: Final = _seen(
    "The values specified for serviceRegistries do not require a value for '{name}'. Remove the"
    " value and retry. Registry: {registry}",
    "service-discovery, considerations",
)
REGISTRY_CONTAINER: Final = _seen(
    "The container {name} is not valid. The value for 'containerName' must already be specified in"
    " the task definition. Registry: {registry}",
    f"{_REGISTRY}.containerName",
)

REGISTRY_CONTAINER_PORT: Final = _ours(
    "The container port {port} is not valid. The value for 'containerPort' must already be"
    " specified in the task definition. Registry: {registry}",
    f"{_REGISTRY}.containerPort",
)
REGISTRY_NO_PORT: Final = _ours(
    "The SRV record needs a value for 'port', or the 'containerName' and 'containerPort'"
    " combination. Registry: {registry}",
    f"{_REGISTRY}.port",
)
REGISTRY_ONLY_SRV: Final = _ours(
    "When specifying 'host' or 'bridge' for networkMode, SRV is the only supported DNS record"
    " type. Registry: {registry}",
    "service-discovery, considerations",
)
REGISTRY_NO_NETWORK: Final = _ours(
    "Service discovery does not support the none network mode. Registry: {registry}",
    "service-discovery, considerations",
)
REGISTRY_UNKNOWN: Final = _ours(
    "The service registry {registry} does not exist.", f"{_REGISTRY}.registryArn"
)
REGISTRY_SEVERAL: Final = _ours(
    "serviceRegistries can have at most 1 item.", "botocore ecs CreateServiceRequest"
)
TOO_MANY_TASKS: Final = _ours(
    "Invalid desiredCount. With service discovery or Service Connect it must be between 0 and"
    " 1000.",
    "Amazon ECS quotas, Tasks per service",
)
