"""Rules of Service Connect, and the endpoints that a configuration makes.

AWS: service-connect-concepts, service-connect-concepts-deploy; botocore ecs
ServiceConnectConfiguration, ServiceConnectService, ServiceConnectClientAlias,
TimeoutConfiguration.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ecslab.model import service_connect_answers as answers

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["Endpoint", "TrafficMark", "check", "check_unchanged", "endpoints", "first_wait"]

HTTP_PROTOCOLS: Final = ("http", "http2", "grpc")

_NAME: Final = re.compile(r"[a-z0-9_][a-z0-9_-]{0,63}")
_DNS_NAME: Final = re.compile(r"(?!-)[a-z0-9_-]+(\.[a-z0-9_-]+)*")
_LONGEST_DNS_NAME: Final = 127
_LAST_PORT: Final = 65535
_LAST_SYSTEM_PORT: Final = 1024
_MODES: Final = ("awsvpc", "bridge")
_LOG_LEVELS: Final = ("debug", "info")
_LONGEST_FIRST_WAIT: Final = 480.0

_REQUEST_TIMEOUT: Final = 15.0
_IDLE_TIMEOUT: Final = 300.0
_IDLE_TIMEOUT_TCP: Final = 3600.0
_TEST_HEADER: Final = "x-amzn-ecs-blue-green-test"
"""The header field of test traffic when an alias names none (blue-green deployments for Service
Connect)."""


@dataclass(frozen=True, slots=True)
class TrafficMark:
    """The header field that marks test traffic.

    Args:
        name: its name.
        exact: the value it must have; None for any.
    """

    name: str = _TEST_HEADER
    exact: str | None = None

    def marks(self, value: str) -> bool:
        """Say whether a request with this value of the header field is test traffic.

        Args:
            value: the value; empty when the request does not have the field.
        """
        return bool(value) and self.exact in (None, value)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What a client-server service offers in a namespace.

    Args:
        namespace: the ARN of the Cloud Map namespace.
        namespace_name: its name.
        discovery_name: the name of its Cloud Map service.
        dns_name: the name that clients use.
        port: the port that clients use.
        container: the container that serves it.
        container_port: the port of that container.
        ingress_port: the port on which the server's proxy listens; 0 in bridge mode without an
            override, where it gets a dynamic one.
        protocol: ``http``, ``http2``, ``grpc`` or ``tcp``.
        request_timeout: seconds that a proxy waits for an answer; 0 for ever.
        idle_timeout: seconds that a connection stays open while nothing is sent; 0 for ever.
        test: what marks test traffic.
    """

    namespace: str
    namespace_name: str
    discovery_name: str
    dns_name: str
    port: int
    container: str
    container_port: int
    ingress_port: int
    protocol: str
    request_timeout: float
    idle_timeout: float
    test: TrafficMark = TrafficMark()

    @property
    def key(self) -> tuple[str, str]:
        """Return what identifies it: the namespace and the discovery name."""
        return self.namespace, self.discovery_name

    @property
    def address(self) -> tuple[str, int]:
        """Return what clients connect to."""
        return self.dns_name, self.port

    @property
    def speaks_http(self) -> bool:
        """Return whether the proxies understand its requests."""
        return self.protocol in HTTP_PROTOCOLS


def check(configuration: Mapping[str, Any], definition: Mapping[str, Any], controller: str) -> None:
    """Check a service's configuration against its task definition.

    Args:
        configuration: botocore's ServiceConnectConfiguration, switched on.
        definition: the task definition.
        controller: the type of the deployment controller.

    Raises:
        AwsError: InvalidParameterException.
    """
    if controller != "ECS":
        raise answers.CONTROLLER.error(controller=controller)
    if not configuration.get("namespace"):
        raise answers.NO_NAMESPACE.error()
    mode = definition.get("networkMode") or "bridge"
    if mode not in _MODES:
        raise answers.NETWORK_MODE.error(mode=mode)
    if not definition.get("memory"):
        raise answers.NO_MEMORY.error()
    _check_proxy(configuration)
    for service in configuration.get("services") or []:
        _check_service(service, _mapping(service, definition)[1])
    offered = endpoints(configuration, definition, "", "")
    _check_distinct(offered)


def check_unchanged(before: Iterable[Endpoint], after: Iterable[Endpoint]) -> None:
    """Refuse another application protocol for an endpoint that is there already.

    AWS: botocore ecs PortMapping.appProtocol.

    Raises:
        AwsError: InvalidParameterException.
    """
    known = {each.discovery_name: each.protocol for each in before}
    for each in after:
        if known.get(each.discovery_name, each.protocol) != each.protocol:
            raise answers.PROTOCOL_CHANGED.error(name=each.discovery_name)


def endpoints(
    configuration: Mapping[str, Any],
    definition: Mapping[str, Any],
    namespace: str,
    namespace_name: str,
) -> tuple[Endpoint, ...]:
    """Return the endpoints that a configuration offers.

    Args:
        configuration: botocore's ServiceConnectConfiguration.
        definition: the task definition.
        namespace: the ARN of the namespace.
        namespace_name: its name, which ends the default names of endpoints.
    """
    made = []
    for service in configuration.get("services") or []:
        container, mapping = _mapping(service, definition)
        port = int(mapping["containerPort"])
        discovery = service.get("discoveryName") or service["portName"]
        alias: Mapping[str, Any] = next(iter(service.get("clientAliases") or []), {})
        protocol = mapping.get("appProtocol") or "tcp"
        timeout = service.get("timeout") or {}
        bridge = (definition.get("networkMode") or "bridge") == "bridge"
        made.append(
            Endpoint(
                namespace,
                namespace_name,
                discovery,
                alias.get("dnsName") or f"{discovery}.{namespace_name}",
                int(alias.get("port") or port),
                container,
                port,
                int(service.get("ingressPortOverride") or (0 if bridge else port)),
                protocol,
                _seconds(timeout, "perRequestTimeoutSeconds", _REQUEST_TIMEOUT)
                if protocol in HTTP_PROTOCOLS
                else 0.0,
                _seconds(
                    timeout,
                    "idleTimeoutSeconds",
                    _IDLE_TIMEOUT if protocol in HTTP_PROTOCOLS else _IDLE_TIMEOUT_TCP,
                ),
                _test_header(alias),
            )
        )
    return tuple(made)


def first_wait(definition: Mapping[str, Any]) -> float:
    """Return for how long a task of unknown health gets no traffic yet, in seconds.

    AWS: service-connect-concepts, "Initial Health Check configuration": a time-out that follows
    from the health checks of the essential containers, up to 8 minutes. How is not published; here
    it is the time in which the last of a check's retries has failed.
    """
    longest = 0.0
    for container in definition["containerDefinitions"]:
        check_of = container.get("healthCheck")
        if check_of and container.get("essential", True):
            rounds = float(check_of.get("retries") or 3)
            each = float(check_of.get("interval") or 30) + float(check_of.get("timeout") or 5)
            longest = max(longest, float(check_of.get("startPeriod") or 0) + rounds * each)
    return min(longest, _LONGEST_FIRST_WAIT)


def _seconds(timeout: Mapping[str, Any], name: str, default: float) -> float:
    value = timeout.get(name)
    return default if value is None else float(value)


def _test_header(alias: Mapping[str, Any]) -> TrafficMark:
    header = (alias.get("testTrafficRules") or {}).get("header") or {}
    return TrafficMark(header.get("name") or _TEST_HEADER, (header.get("value") or {}).get("exact"))


def _mapping(
    service: Mapping[str, Any], definition: Mapping[str, Any]
) -> tuple[str, Mapping[str, Any]]:
    """Return the container and the port mapping that a Service Connect service names."""
    for container in definition["containerDefinitions"]:
        for mapping in container.get("portMappings") or []:
            if mapping.get("name") == service["portName"]:
                return str(container["name"]), mapping
    raise answers.NO_PORT.error(name=service["portName"])


def _check_proxy(configuration: Mapping[str, Any]) -> None:
    """Check the settings of the proxy itself."""
    access = configuration.get("accessLogConfiguration")
    if access and not configuration.get("logConfiguration"):
        raise answers.ACCESS_LOG.error()
    settings = configuration.get("containerConfigurations") or []
    names = [name for each in settings for name in each]
    if any(len(each) != 1 for each in settings) or len(set(names)) < len(names):
        raise answers.CONTAINER_SETTINGS.error()
    for each in settings:
        if each.get("logLevel", "info") not in _LOG_LEVELS:
            raise answers.LOG_LEVEL.error(level=each["logLevel"])


def _check_service(service: Mapping[str, Any], mapping: Mapping[str, Any]) -> None:
    name = service.get("discoveryName")
    if name is not None and not _NAME.fullmatch(name):
        raise answers.DISCOVERY_NAME.error(name=name)
    aliases = service.get("clientAliases") or []
    if len(aliases) > 1:
        raise answers.TOO_MANY_ALIASES.error(count=len(aliases))
    for alias in aliases:
        dns_name = alias.get("dnsName")
        if dns_name is not None and not _is_dns_name(dns_name):
            raise answers.DNS_NAME.error()
        _check_port(alias["port"])
    override = service.get("ingressPortOverride")
    if override is not None:
        if override <= _LAST_SYSTEM_PORT:
            raise answers.INGRESS_PORT.error()
        _check_port(override)
    timeout = service.get("timeout") or {}
    if any(value is not None and value < 0 for value in timeout.values()):
        raise answers.TIMEOUT.error()
    if timeout.get("perRequestTimeoutSeconds") is not None and (
        (mapping.get("appProtocol") or "tcp") not in HTTP_PROTOCOLS
    ):
        raise answers.TCP_TIMEOUT.error()


def _check_port(port: int) -> None:
    if not 1 <= port <= _LAST_PORT:
        raise answers.PORT.error(port=port)


def _is_dns_name(text: str) -> bool:
    return len(text) <= _LONGEST_DNS_NAME and _DNS_NAME.fullmatch(text) is not None


def _check_distinct(offered: Iterable[Endpoint]) -> None:
    names: set[str] = set()
    addresses: set[tuple[str, int]] = set()
    for each in offered:
        if each.discovery_name in names:
            raise answers.REPEATED_NAME.error(name=each.discovery_name)
        if each.address in addresses:
            raise answers.REPEATED_ALIAS.error(name=each.dns_name, port=each.port)
        names.add(each.discovery_name)
        addresses.add(each.address)
