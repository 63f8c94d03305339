"""Rules and defaults of gateways, which share load balancers among services.

AWS: botocore ecs CreateGateway, UpdateGateway, DeleteGateway, AssociateGatewayWithCluster,
GatewayConnector.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from ecslab.model.task_definition.answer import CLIENT, INVALID_PARAMETER, Answer

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_OF_A_CLUSTER: Final = 5
"""Gateways of one cluster (botocore ecs AssociateGatewayWithCluster)."""

MOST_NAMES: Final = 10
"""Names in a ListGateways request (botocore ecs ListGatewaysRequest.names)."""

_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,255}")
_HTTPS: Final = 443
_PORTS: Final = 65535
_LONGEST_DELAY: Final = 3600
_DEFAULTS: Final[dict[str, Any]] = {
    "scheme": "internet-facing",
    "port": _HTTPS,
    "protocol": "HTTPS",
    "maxAlbCount": 10,
    "httpDesync": "defensive",
}
_WORDS: Final = {
    "scheme": ("internet-facing", "internal"),
    "httpDesync": ("monitor", "defensive", "strictest"),
}
_CONFIGURATION: Final = "botocore ecs HostSharedAlbConfiguration"


def _answer(message: str, source: str, code: str = INVALID_PARAMETER) -> Answer:
    return Answer(message=message, source=source, code=code, verified=False)


BAD_NAME: Final = _answer(
    "A gateway name must have 1 to 255 letters, numbers, underscores and hyphens.",
    "botocore ecs CreateGatewayRequest.name",
)
NAME_TAKEN: Final = _answer(
    "A gateway with the name {name} already exists.", "botocore ecs CreateGatewayRequest.name"
)
ONLY_HTTPS: Final = _answer(
    "A gateway supports only the protocol HTTPS on port 443.", f"{_CONFIGURATION}.protocol"
)
BAD_WORD: Final = _answer(
    "{value} is not a valid {member}. Must be one of [{words}]", _CONFIGURATION
)
BAD_COUNT: Final = _answer("maxAlbCount must be at least 1.", f"{_CONFIGURATION}.maxAlbCount")
ROLE: Final = _answer(
    "Amazon ECS can't assume the infrastructure role {role}. Check its trust policy.",
    "botocore ecs CreateGatewayRequest.infrastructureRoleArn",
)
PROTECTED: Final = _answer(
    "The gateway can't be deleted while deletion protection is enabled.",
    "botocore ecs DeleteGateway",
    CLIENT,
)
ASSOCIATED: Final = _answer(
    "The gateway can't be deleted while it is associated with clusters.",
    "botocore ecs DeleteGateway",
    CLIENT,
)
NOT_FOUND: Final = _answer(
    "The specified gateway was not found.",
    "botocore ecs GatewayNotFoundException",
    "GatewayNotFoundException",
)
TOO_MANY: Final = _answer(
    "A cluster can be associated with at most 5 gateways.",
    "botocore ecs AssociateGatewayWithCluster",
    CLIENT,
)
NO_ASSOCIATION: Final = _answer(
    "The gateway is not associated with the cluster.",
    "botocore ecs DisassociateGatewayFromCluster",
    "ResourceNotFoundException",
)
NO_ROUTE: Final = _answer(
    "The specified gateway route was not found.",
    "botocore ecs DescribeGatewayRoute",
    "ResourceNotFoundException",
)
TOO_MANY_NAMES: Final = _answer(
    "names can have at most 10 items.", "botocore ecs ListGatewaysRequest.names"
)
NO_GATEWAY: Final = _answer(
    "No gateway that is associated with the cluster fits the gateway connector.",
    "botocore ecs GatewayConnector.filters",
)
NO_PORT: Final = _answer(
    "The task definition has no port mapping with the name {name}.",
    "botocore ecs GatewayConnector.portName",
)
ONE_CONNECTOR: Final = _answer(
    "A service can have at most one gateway connector.", "botocore ecs GatewayConnector"
)
BAD_DELAY: Final = _answer(
    "The deregistration delay must be between 0 and 3600 seconds.",
    "botocore ecs GatewayConnectorDeregistrationDelay",
)
NO_CAPACITY: Final = _answer(
    "The gateway has no room for another service.", f"{_CONFIGURATION}.maxAlbCount", CLIENT
)


def check_name(name: str) -> None:
    """Refuse a name that a gateway can't have.

    Raises:
        AwsError: InvalidParameterException.
    """
    if not _NAME.fullmatch(name):
        raise BAD_NAME.error()


def configuration(given: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """Return the configuration of a gateway with its defaults.

    Args:
        given: what a request says.
        before: what it changes; empty for a new gateway.

    Raises:
        AwsError: InvalidParameterException.
    """
    result = {**_DEFAULTS, **before, **given}
    network = {**(before.get("networkConfiguration") or {})}
    result["networkConfiguration"] = {
        "ipAddressType": "dualstack",
        **network,
        **(given.get("networkConfiguration") or {}),
    }
    if (result["port"], result["protocol"]) != (_HTTPS, "HTTPS"):
        raise ONLY_HTTPS.error()
    for member, words in _WORDS.items():
        if result[member] not in words:
            raise BAD_WORD.error(value=result[member], member=member, words=",".join(words))
    if result["maxAlbCount"] < 1:
        raise BAD_COUNT.error()
    return result


def access_type(settings: Mapping[str, Any]) -> str:
    """Return whether a gateway is PUBLIC or PRIVATE (botocore ecs Gateway.accessType)."""
    return "PRIVATE" if settings["scheme"] == "internal" else "PUBLIC"


def check_connectors(connectors: list[dict[str, Any]]) -> None:
    """Refuse gateway connectors that break a rule.

    Raises:
        AwsError: InvalidParameterException.
    """
    if len(connectors) > 1:
        raise ONE_CONNECTOR.error()
    for connector in connectors:
        delay = (connector.get("deregistrationDelay") or {}).get("timeoutSeconds", 0)
        if not 0 <= delay <= _LONGEST_DELAY:
            raise BAD_DELAY.error()


def container_port(definition: Mapping[str, Any], name: str) -> tuple[str, int]:
    """Return the container and the port behind the name of a port mapping.

    Raises:
        AwsError: there is none.
    """
    for container in definition["containerDefinitions"]:
        for mapping in container.get("portMappings") or ():
            if mapping.get("name") == name and 0 < int(mapping["containerPort"]) <= _PORTS:
                return str(container["name"]), int(mapping["containerPort"])
    raise NO_PORT.error(name=name)
