"""Rules of service discovery: how a service's tasks are registered in AWS Cloud Map.

AWS: service-discovery (considerations); botocore ecs ServiceRegistry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecslab.model import service_connect_answers as answers

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["check_registry"]


def check_registry(
    registry: Mapping[str, Any], records: Iterable[str], definition: Mapping[str, Any]
) -> None:
    """Check a service registry against its Cloud Map service and the task definition.

    Args:
        registry: botocore's ServiceRegistry.
        records: the types of the DNS records of the Cloud Map service; none in an HTTP namespace.
        definition: the task definition.

    Raises:
        AwsError: InvalidParameterException.
    """
    arn = registry["registryArn"]
    records = set(records)
    mode = definition.get("networkMode") or "bridge"
    named = {key for key in ("containerName", "containerPort") if registry.get(key) is not None}
    if mode == "none":
        raise answers.REGISTRY_NO_NETWORK.error(registry=arn)
    if mode == "awsvpc":
        _check_own_address(registry, records, named)
    elif len(named) < 2:  # noqa: PLR2004 - both of them
        raise answers.REGISTRY_HOST_MODE.error(registry=arn)
    elif records and records != {"SRV"}:
        raise answers.REGISTRY_ONLY_SRV.error(registry=arn)
    if named:
        _check_container(registry, definition)


def _check_own_address(registry: Mapping[str, Any], records: set[str], named: set[str]) -> None:
    """Check the ports of a registry of tasks that have addresses of their own."""
    arn = registry["registryArn"]
    if registry.get("port") is not None and named:
        raise answers.REGISTRY_COMBINATION.error(registry=arn)
    if records and "SRV" not in records:
        for key in ("containerName", "containerPort", "port"):
            if registry.get(key) is not None:
                raise answers.REGISTRY_NO_VALUE.error(name=key, registry=arn)
    elif "SRV" in records and registry.get("port") is None and len(named) < 2:  # noqa: PLR2004
        raise answers.REGISTRY_NO_PORT.error(registry=arn)


def _check_container(registry: Mapping[str, Any], definition: Mapping[str, Any]) -> None:
    arn, name = registry["registryArn"], registry.get("containerName")
    found = [each for each in definition["containerDefinitions"] if each["name"] == name]
    if not found:
        raise answers.REGISTRY_CONTAINER.error(name=name, registry=arn)
    port = registry.get("containerPort")
    mappings = found[0].get("portMappings") or []
    if not any(mapping.get("containerPort") == port for mapping in mappings):
        raise answers.REGISTRY_CONTAINER_PORT.error(port=port, registry=arn)
