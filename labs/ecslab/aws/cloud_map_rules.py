"""What AWS Cloud Map checks in a service and in an instance before it takes them.

Rules: botocore servicediscovery CreateServiceRequest, DnsConfig, RegisterInstanceRequest. AWS does
not publish the words of its refusals.
"""

from __future__ import annotations

import ipaddress
from typing import Any, Final

from moto.core.exceptions import JsonRESTError

__all__ = ["check_attributes", "check_service"]

_COMBINATIONS: Final = ({"A"}, {"AAAA"}, {"A", "AAAA"}, {"SRV"}, {"A", "SRV"}, {"CNAME"})
"""The record types that may stand together. A with SRV is what ECS's service-discovery page
allows; the API reference leaves it out."""

_LONGEST_TTL: Final = 2147483647
_LAST_PORT: Final = 65535


def check_service(
    kind: str, dns: dict[str, Any] | None, settings: dict[str, Any]
) -> tuple[dict[str, Any] | None, dict[str, int] | None]:
    """Return the DNS configuration and the custom health check with their defaults.

    Args:
        kind: the namespace's type.
        dns: the DNS configuration of the request.
        settings: its other parameters, in moto's names.

    Raises:
        JsonRESTError: InvalidInput.
    """
    custom = settings.get("health_check_custom_config")
    checked = settings.get("health_check_config")
    if custom is not None and checked:
        raise _invalid("Specify HealthCheckConfig or HealthCheckCustomConfig, but not both.")
    if checked and kind == "DNS_PRIVATE":
        raise _invalid("HealthCheckConfig isn't supported in a private DNS namespace.")
    if custom is not None:
        custom = {"FailureThreshold": 1}
    if not dns or settings.get("service_type") == "HTTP":
        if dns:
            raise _invalid("DnsConfig can't be used with a service of type HTTP.")
        return None, custom
    if kind == "HTTP":
        raise _invalid("DnsConfig can't be used in an HTTP namespace.")
    return _check_dns(dns, checked), custom


def _check_dns(dns: dict[str, Any], checked: Any) -> dict[str, Any]:
    records = dns.get("DnsRecords") or []
    types = {record["Type"] for record in records}
    policy = dns.get("RoutingPolicy") or ("WEIGHTED" if types == {"CNAME"} else "MULTIVALUE")
    if types not in _COMBINATIONS or len(types) < len(records):
        raise _invalid(f"The record types {sorted(types)} can't be used together.")
    if "CNAME" in types and (policy != "WEIGHTED" or checked):
        raise _invalid("CNAME needs the routing policy WEIGHTED and no HealthCheckConfig.")
    for record in records:
        if not 0 <= int(record["TTL"]) <= _LONGEST_TTL:
            raise _invalid(f"The TTL {record['TTL']} is not from 0 to {_LONGEST_TTL}.")
    return {"RoutingPolicy": policy, "DnsRecords": records}


def check_attributes(dns: dict[str, Any], attributes: dict[str, str]) -> None:
    """Check that an instance has what the records of its service need.

    Raises:
        JsonRESTError: InvalidInput.
    """
    types = {record["Type"] for record in dns.get("DnsRecords") or []}
    address = attributes.get("AWS_INSTANCE_IPV4")
    if "A" in types and not address and "AWS_ALIAS_DNS_NAME" not in attributes:
        raise _invalid("AWS_INSTANCE_IPV4 is required for a service with an A record.")
    if "CNAME" in types and "AWS_INSTANCE_CNAME" not in attributes:
        raise _invalid("AWS_INSTANCE_CNAME is required for a service with a CNAME record.")
    if "SRV" in types and "AWS_INSTANCE_PORT" not in attributes:
        raise _invalid("AWS_INSTANCE_PORT is required for a service with an SRV record.")
    if address is not None and not _is_ipv4(address):
        raise _invalid(f"AWS_INSTANCE_IPV4 is not an IPv4 address: {address}")
    port = attributes.get("AWS_INSTANCE_PORT")
    if port is not None and not (port.isdecimal() and 1 <= int(port) <= _LAST_PORT):
        raise _invalid(f"AWS_INSTANCE_PORT is not a port: {port}")
    if attributes.get("AWS_INIT_HEALTH_STATUS", "HEALTHY") not in ("HEALTHY", "UNHEALTHY"):
        raise _invalid("AWS_INIT_HEALTH_STATUS is HEALTHY or UNHEALTHY.")


def _is_ipv4(text: str) -> bool:
    try:
        ipaddress.IPv4Address(text)
    except ValueError:
        return False
    return True


def _invalid(message: str) -> JsonRESTError:
    return JsonRESTError("InvalidInput", message)
