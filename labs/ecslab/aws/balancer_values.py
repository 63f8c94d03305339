"""moto's load balancers, listeners, rules and target groups as the values of `ecslab.sim`."""

from __future__ import annotations

from typing import Any

from ecslab.aws.certificates import certified_names
from ecslab.sim.balancing import HealthCheck, Listener, LoadBalancer, Rule, TargetGroup

__all__ = ["balancer_of", "group_of"]

_DEFAULT_IDLE_TIMEOUT = 60.0
_ENDS_CONNECTIONS = "deregistration_delay.connection_termination.enabled"
_CROSS_ZONE = "load_balancing.cross_zone.enabled"
_HTTP = ("HTTP", "HTTPS")


def balancer_of(found: Any) -> LoadBalancer:
    """Return one of moto's load balancers as a value."""
    return LoadBalancer(
        arn=found.arn,
        name=found.name,
        dns_name=found.dns_name,
        type="network" if found.type == "network" else "application",
        internal=found.scheme == "internal",
        zones=frozenset(each.availability_zone for each in found.subnets),
        idle_timeout=float(found.attrs.get("idle_timeout.timeout_seconds", _DEFAULT_IDLE_TIMEOUT)),
        listeners=tuple(_listener(each) for each in found.listeners.values()),
        cross_zone=found.type != "network" or _is_true(found.attrs.get(_CROSS_ZONE)),
    )


def group_of(found: Any) -> TargetGroup:
    """Return one of moto's target groups as a value."""
    attributes = found.attributes
    return TargetGroup(
        arn=found.arn,
        name=found.name,
        vpc=found.vpc_id or "",
        port=int(found.port or 80),
        protocol=found.protocol or "",
        target_type=found.target_type,
        check=_check(found),
        deregistration_delay=float(attributes["deregistration_delay.timeout_seconds"]),
        algorithm=str(attributes["load_balancing.algorithm.type"]),
        slow_start=float(attributes.get("slow_start.duration_seconds") or 0),
        cross_zone=_setting(attributes.get(_CROSS_ZONE)),
        ends_connections=_is_true(attributes.get(_ENDS_CONNECTIONS)),
        keeps_client_address=_keeps_client_address(found),
    )


def _keeps_client_address(found: Any) -> bool:
    """Return whether targets see the client's address (preserve_client_ip.enabled).

    AWS: elasticloadbalancing, "Client IP preservation": on by default for targets by instance id
    and for UDP, off for targets by address with TCP and TLS; HTTP never keeps it.
    """
    if found.protocol in _HTTP:
        return False
    given = _setting(found.attributes.get("preserve_client_ip.enabled"))
    default = found.target_type == "instance" or found.protocol in ("UDP", "TCP_UDP")
    return default if given is None else given


def _setting(value: Any) -> bool | None:
    """Return a switch, None when it is left to the load balancer or not set."""
    return {"true": True, "false": False}.get(str(value).lower())


def _is_true(value: Any) -> bool:
    return bool(_setting(value))


def _check(found: Any) -> HealthCheck:
    """Return a target group's health check; for what moto leaves empty, AWS's defaults."""
    matcher = (getattr(found, "matcher", None) or {}).get("HttpCode") or "200"
    if matcher == "200" and found.protocol not in _HTTP:
        matcher = "200-399"  # botocore elbv2 Matcher: the default of Network Load Balancers
    return HealthCheck(
        protocol=found.health_check_protocol or "HTTP",
        port=str(found.health_check_port or "traffic-port"),
        path=found.health_check_path or "/",
        interval=float(found.health_check_interval_seconds),
        timeout=float(found.health_check_timeout_seconds),
        healthy=int(found.healthy_threshold_count),
        unhealthy=int(found.unhealthy_threshold_count),
        matcher=str(matcher),
    )


def _listener(found: Any) -> Listener:
    rules = list(found.rules.values())
    ordered = sorted(
        (rule for rule in rules if not rule.is_default), key=lambda rule: int(rule.priority)
    )
    default = [rule for rule in rules if rule.is_default]
    return Listener(
        found.arn,
        int(found.port),
        found.protocol,
        tuple(_rule(rule) for rule in (*ordered, *default)),
        frozenset(name for arn in found.certificates or () for name in certified_names(arn)),
    )


def _rule(found: Any) -> Rule:
    actions = sorted(found.actions, key=lambda action: int(action.data.get("Order", 1)))
    return Rule(
        found.arn,
        tuple(dict(each) for each in found.conditions or ()),
        tuple(dict(action.data) for action in actions),
    )
