"""Load balancers, listeners, rules and target groups as plain values, and where they come from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, Literal, Protocol

__all__ = [
    "HealthCheck",
    "Listener",
    "LoadBalancer",
    "LoadBalancing",
    "Rule",
    "TargetGroup",
]

TRAFFIC_PORT: Final = "traffic-port"
"""The health check port that means each target's own port (botocore elbv2 HealthCheckPort)."""


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """How a target group checks its targets; botocore elbv2 CreateTargetGroupInput.

    Args:
        protocol: ``HTTP``, ``HTTPS`` or ``TCP``.
        port: a port number, or ``traffic-port`` for each target's own.
        path: what HTTP checks ask for.
        interval: seconds from one check to the next.
        timeout: seconds without an answer that make a check fail.
        healthy: successes in a row that make an unhealthy target healthy.
        unhealthy: failures in a row that make a target unhealthy.
        matcher: the HTTP codes of success: ``200``, ``200,202`` or ``200-299``.
    """

    protocol: str = "HTTP"
    port: str = TRAFFIC_PORT
    path: str = "/"
    interval: float = 30
    timeout: float = 5
    healthy: int = 5
    unhealthy: int = 2
    matcher: str = "200"

    def port_of(self, target_port: int) -> int:
        """Return the port to check of a target that listens on `target_port`."""
        return target_port if self.port == TRAFFIC_PORT else int(self.port)

    def accepts(self, status: int) -> bool:
        """Say whether an HTTP status is a success (botocore elbv2 Matcher.HttpCode)."""
        for part in self.matcher.split(","):
            low, _, high = part.strip().partition("-")
            if int(low) <= status <= int(high or low):
                return True
        return False


@dataclass(frozen=True, slots=True)
class TargetGroup:
    """A target group.

    Args:
        arn: its ARN.
        name: its name.
        vpc: the VPC of its targets.
        port: the port of targets that are registered without one.
        protocol: ``HTTP``, ``HTTPS``, ``TCP``, …
        target_type: ``ip``, ``instance``, ``lambda`` or ``alb``.
        check: how targets are checked.
        deregistration_delay: seconds that requests may still take after deregistration.
        algorithm: ``round_robin``, ``least_outstanding_requests`` or ``weighted_random``.
        slow_start: seconds in which the share of a new target grows; 0 for none.
        cross_zone: whether nodes use targets of all zones; None as the load balancer does.
        ends_connections: whether a Network Load Balancer ends connections after the delay.
        keeps_client_address: whether targets see the client's address and not the node's.
    """

    arn: str
    name: str
    vpc: str
    port: int = 80
    protocol: str = "HTTP"
    target_type: str = "ip"
    check: HealthCheck = field(default_factory=HealthCheck)
    deregistration_delay: float = 300
    algorithm: str = "round_robin"
    slow_start: float = 0.0
    cross_zone: bool | None = None
    ends_connections: bool = False
    keeps_client_address: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of a listener; conditions and actions in the API's shape.

    Args:
        arn: its ARN.
        conditions: all must hold (botocore elbv2 RuleCondition); none always holds.
        actions: what is done then (botocore elbv2 Action).
    """

    arn: str
    conditions: tuple[dict[str, Any], ...]
    actions: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Listener:
    """A listener.

    Args:
        arn: its ARN.
        port: its port.
        protocol: its protocol.
        rules: its rules in order of priority, the default rule last.
        names: the names for which its certificates are good.
    """

    arn: str
    port: int
    protocol: str
    rules: tuple[Rule, ...]
    names: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class LoadBalancer:
    """A load balancer.

    Args:
        arn: its ARN.
        name: its name.
        dns_name: the name its clients use.
        type: ``application`` or ``network``.
        internal: whether only its VPC reaches it.
        zones: the Availability Zones enabled for it.
        idle_timeout: seconds it waits for a target's answer.
        listeners: its listeners.
        cross_zone: whether its nodes use targets of all zones.
    """

    arn: str
    name: str
    dns_name: str
    type: Literal["application", "network"] = "application"
    internal: bool = False
    zones: frozenset[str] = frozenset()
    idle_timeout: float = 60
    listeners: tuple[Listener, ...] = ()
    cross_zone: bool = True

    def listener(self, port: int) -> Listener | None:
        """Return the listener on a port."""
        return next((each for each in self.listeners if each.port == port), None)


class LoadBalancing(Protocol):
    """What Elastic Load Balancing has been told; `ecslab.aws` reads it from moto."""

    def group(self, arn: str) -> TargetGroup | None:
        """Return a target group, None when there is none."""

    def named(self, dns_name: str) -> LoadBalancer | None:
        """Return the load balancer with a DNS name, which is compared without case."""

    def user_of(self, group: str) -> LoadBalancer | None:
        """Return the load balancer whose listeners use a target group, None when none does."""
