"""moto's Elastic Load Balancing, mended where AWS behaves differently and a learner would notice.

Each method says what moto does instead; ``tests/aws/test_balancers_contract.py`` fails when a new
moto changes that.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any, Protocol

from moto.elbv2 import urls
from moto.elbv2.exceptions import (
    DuplicateListenerError,
    ELBClientError,
    TargetGroupNotFoundError,
)
from moto.elbv2.models import ELBv2Backend, elbv2_backends
from moto.moto_api._internal import mock_random

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["BalancerBackend", "TargetKeeper", "attach", "install"]

_MIN_ZONES = 2
_FREE_ADDRESSES = 8
"""AWS: application-load-balancers, "Subnets for your load balancer"."""
_TRAFFIC_PORT = "traffic-port"
_LAST_PORT = 65535


class TargetKeeper(Protocol):
    """Who keeps the targets of target groups of type ``ip``, and their health."""

    def add(self, group: str, ip: str, port: int, zone: str | None) -> None:
        """Register a target.

        Raises:
            AwsError: the target group can't have it.
        """

    def remove(self, group: str, ip: str, port: int) -> None:
        """Deregister a target; nothing happens when it is not registered."""

    def descriptions(self, group: str, asked: list[tuple[str, int]]) -> list[dict[str, Any]]:
        """Return TargetHealthDescriptions of some targets, or of all when none is named."""

    def drop(self, group: str) -> None:
        """Forget the targets of a target group that has been deleted."""


_KEEPERS: dict[tuple[str, str], TargetKeeper] = {}


class BalancerBackend(ELBv2Backend):
    """moto's ELBv2 backend with real targets; see `install` and `attach`."""

    @property
    def _url_module(self) -> Any:
        """The addresses of the API; moto derives them from the name of the class's module."""
        return urls

    # --- Load balancers -----------------------------------------------------------------------

    def create_load_balancer(  # type: ignore[override] # all callers name the other arguments
        self, name: str, security_groups: list[str], subnet_ids: list[str], **kwargs: Any
    ) -> Any:
        """Make a load balancer.

        moto takes any subnets and a second load balancer of the same name, and gives all the same
        kind of ARN and a DNS name without digits.
        """
        kind = kwargs.get("loadbalancer_type") or "application"
        kwargs["scheme"] = scheme = kwargs.get("scheme") or "internet-facing"
        mapped = [each["SubnetId"] for each in kwargs.get("subnet_mappings") or []]
        wanted = [*(subnet_ids or []), *mapped]
        found = self._same_name(name, kind, scheme, security_groups, wanted)
        if found is not None:
            return found
        if wanted:
            self._check_subnets(kind, scheme, [self.ec2_backend.get_subnet(i) for i in wanted])
        made = super().create_load_balancer(name, security_groups, subnet_ids, **kwargs)
        self._rename(made, kind, scheme)
        return made

    def _same_name(
        self, name: str, kind: str, scheme: str, groups: Iterable[str], subnets: Iterable[str]
    ) -> Any:
        """Return the load balancer of that name, if it has the same settings.

        AWS: botocore elbv2 CreateLoadBalancer: it is idempotent.
        """
        for each in self.load_balancers.values():
            if each.name != name:
                continue
            before = (each.type, each.scheme, sorted(s.id for s in each.subnets))
            same_groups = sorted(each.security_groups or []) == sorted(groups or [])
            if same_groups and before == (kind, scheme, sorted(subnets)):
                return each
            raise ELBClientError(
                "DuplicateLoadBalancerName",
                f"A load balancer with the same name '{name}' exists, but with different settings",
            )
        return None

    def _check_subnets(self, kind: str, scheme: str, subnets: list[Any]) -> None:
        zones = [each.availability_zone for each in subnets]
        if len(set(zones)) < len(zones):
            raise ELBClientError(
                "InvalidConfigurationRequest",
                "A load balancer cannot be attached to multiple subnets in the same"
                " Availability Zone",
            )
        if kind == "application" and len(zones) < _MIN_ZONES:
            raise ELBClientError(
                "ValidationError",
                "At least two subnets in two different Availability Zones must be specified",
            )
        for each in subnets:
            if each.available_ip_address_count < _FREE_ADDRESSES:
                raise ELBClientError(
                    "InvalidSubnet",
                    f"Not enough IP space available in {each.id}. ELB requires at least "
                    f"{_FREE_ADDRESSES} free IP addresses in each subnet.",
                )
        vpc = subnets[0].vpc_id
        gateways: Iterable[Any] = self.ec2_backend.internet_gateways.values()
        if scheme != "internal" and not any(g.vpc and g.vpc.id == vpc for g in gateways):
            raise ELBClientError("InvalidSubnet", f"VPC {vpc} has no internet gateway")

    def _rename(self, made: Any, kind: str, scheme: str) -> None:
        prefix = "internal-" if scheme == "internal" and kind == "application" else ""
        if kind == "network":
            arn = made.arn.replace(":loadbalancer/app/", ":loadbalancer/net/")
            self.tagging_service.copy_tags(made.arn, arn)
            self.load_balancers[arn] = self.load_balancers.pop(made.arn)
            made.arn = arn
            own = f"{made.name}-{arn.rsplit('/', 1)[-1]}.elb.{self.region_name}"
        else:
            number = mock_random.randrange(10**8, 2 * 10**9)
            own = f"{prefix}{made.name}-{number}.{self.region_name}.elb"
        made.dns_name = f"{own}.amazonaws.com"

    def create_listener(self, load_balancer_arn: str, *args: Any, **kwargs: Any) -> Any:
        """Make a listener.

        moto takes two on one port, and names the default rule after its place in memory.
        """
        port = kwargs.get("port", args[1] if len(args) > 1 else None)
        balancer = self.load_balancers.get(load_balancer_arn)
        listeners = balancer.listeners.values() if balancer else ()
        if any(str(each.port) == str(port) for each in listeners):
            raise DuplicateListenerError
        made = super().create_listener(load_balancer_arn, *args, **kwargs)
        rule = made.arn.replace(":listener/", ":listener-rule/")
        made._default_rule[0].arn = f"{rule}/{mock_random.get_random_hex(16)}"  # noqa: SLF001
        return made

    def create_target_group(self, name: str, **kwargs: Any) -> Any:
        """Make a target group; moto takes any text as the port of its health check."""
        _check_port(kwargs.get("healthcheck_port"))
        return super().create_target_group(name, **kwargs)

    def modify_target_group(self, arn: str, *args: Any, **kwargs: Any) -> Any:
        """Change a target group; moto takes any text as the port of its health check."""
        _check_port(kwargs.get("health_check_port", args[1] if len(args) > 1 else None))
        return super().modify_target_group(arn, *args, **kwargs)

    # --- Targets ------------------------------------------------------------------------------

    def register_targets(self, target_group_arn: str, instances: list[Any]) -> None:
        """Register targets; moto knows one port of an address, and never checks any."""
        keeper = self._keeper(target_group_arn)
        self._check_instances(target_group_arn, instances)
        if keeper is None:
            super().register_targets(target_group_arn, instances)
            return
        if self.target_groups[target_group_arn].target_type == "ip":
            for target in instances:
                _check_address(target["Id"])
        for target in instances:
            keeper.add(*self._key(target_group_arn, target), target.get("AvailabilityZone"))

    def deregister_targets(self, target_group_arn: str, instances: list[dict[str, Any]]) -> None:
        """Deregister targets; moto fails when one is not registered, and never drains."""
        keeper = self._keeper(target_group_arn)
        if keeper is None:
            super().deregister_targets(target_group_arn, instances)
            return
        for target in instances:
            keeper.remove(*self._key(target_group_arn, target))

    def describe_target_health(
        self, target_group_arn: str, targets: list[dict[str, Any]]
    ) -> list[Any]:
        """Return the health of targets; moto says that all are healthy."""
        keeper = self._keeper(target_group_arn)
        if keeper is None:
            return super().describe_target_health(target_group_arn, targets)
        asked = [self._key(target_group_arn, target)[1:] for target in targets or []]
        return keeper.descriptions(target_group_arn, asked)

    def delete_target_group(self, target_group_arn: str) -> Any:
        """Delete a target group and what is known about its targets."""
        keeper = self._keeper(target_group_arn)
        deleted = super().delete_target_group(target_group_arn)
        if keeper is not None:
            keeper.drop(target_group_arn)
        return deleted

    def _keeper(self, group: str) -> TargetKeeper | None:
        found = self.target_groups.get(group)
        if found is None:
            raise TargetGroupNotFoundError
        if found.target_type not in ("ip", "instance"):
            return None
        return _KEEPERS.get((self.account_id, self.region_name))

    def _key(self, group: str, target: dict[str, Any]) -> tuple[str, str, int]:
        port = target.get("Port") or self.target_groups[group].port
        return group, str(target["Id"]), int(port)

    def _check_instances(self, group: str, targets: list[Any]) -> None:
        if self.target_groups[group].target_type != "instance":
            return
        for target in targets:
            if not str(target["Id"]).startswith("i-"):
                raise ELBClientError(
                    "ValidationError", f"Instance ID '{target['Id']}' is not valid"
                )


def _check_port(port: Any) -> None:
    """Refuse what is no health check port; botocore elbv2 HealthCheckPort."""
    text = str(port or _TRAFFIC_PORT)
    if text != _TRAFFIC_PORT and not (text.isdecimal() and 1 <= int(text) <= _LAST_PORT):
        raise ELBClientError(
            "ValidationError",
            f"Health check port '{text}' must be 'traffic-port' or a number from 1 to 65535",
        )


def _check_address(text: str) -> None:
    try:
        ipaddress.IPv4Address(text)
    except ValueError:
        message = f"The IP address '{text}' is not a valid IPv4 address"
        raise ELBClientError("ValidationError", message) from None


def install() -> Callable[[], None]:
    """Make moto use `BalancerBackend` from now on, dropping load balancers made before.

    Returns:
        A function that puts moto's own backend back.
    """
    before = elbv2_backends.backend
    _use(BalancerBackend)
    return lambda: _use(before)


def attach(account: str, region: str, keeper: TargetKeeper | None) -> None:
    """Let someone keep the targets of an account and Region; None lets moto do it again."""
    if keeper is None:
        _KEEPERS.pop((account, region), None)
    else:
        _KEEPERS[account, region] = keeper


def _use(backend: type[ELBv2Backend]) -> None:
    if elbv2_backends.backend is not backend:
        elbv2_backends.backend = backend
        elbv2_backends.clear()
