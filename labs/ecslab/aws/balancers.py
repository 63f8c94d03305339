"""Elastic Load Balancing of one account and Region: what moto stores, and what the traffic does."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any

from moto.elbv2.exceptions import ELBClientError
from moto.elbv2.models import elbv2_backends

from ecslab.aws.balancer_backend import attach
from ecslab.aws.balancer_values import balancer_of, group_of
from ecslab.sim.balancer_metrics import BalancerMetrics
from ecslab.sim.balancer_tracing import BalancerTracer
from ecslab.sim.hops import Reach
from ecslab.sim.hosts import Hosts
from ecslab.sim.listener_rules import groups_of, weights
from ecslab.sim.ports import Target
from ecslab.sim.targets import RegisteredTarget, Targets
from ecslab.sim.tracing import Tracer
from ecslab.sim.traffic import Traffic

if TYPE_CHECKING:
    from ecslab.aws.network import Network
    from ecslab.sim.balancing import LoadBalancer, TargetGroup
    from ecslab.sim.entities import Account
    from ecslab.sim.service_connect import ServiceConnect

__all__ = ["LoadBalancers"]


class LoadBalancers:
    """Reads what moto has been told, and keeps targets, their health, and the traffic.

    It is what the controllers need of Elastic Load Balancing (`sim.balancing.LoadBalancing`) and
    what moto needs of the data plane (`balancer_backend.TargetKeeper`).

    Args:
        account: the account.
        network: its network.
    """

    def __init__(self, account: Account, network: Network) -> None:
        self._account = account
        self._network = network
        self._named: dict[str, LoadBalancer] | None = None
        self._users: dict[str, LoadBalancer] = {}
        self._aliases: dict[str, str] = {}
        self._groups: dict[str, TargetGroup] = {}
        self.hosts = Hosts(account)
        self._reach = Reach(network)
        self.targets = Targets(account, self, self.hosts, self._reach, ecs_waits_for="delay")
        self.traffic = Traffic(account, self, self.hosts, self._reach, self.targets)
        BalancerMetrics(account, self, self.targets, self.traffic.counts)
        attach(account.id, account.region, self)

    def tracer(self, connect: ServiceConnect) -> Tracer:
        """Return what explains ways through the network.

        Args:
            connect: the endpoints of Service Connect.
        """
        balancers = BalancerTracer(self, self.hosts, self._reach, self.targets)
        return Tracer(
            self._account,
            balancing=self,
            names=self.traffic.names,
            balancers=balancers,
            connect=connect,
        )

    def close(self) -> None:
        """Let go of moto."""
        attach(self._account.id, self._account.region, None)

    def look_again(self) -> None:
        """Take notice of changes; to be called after each request that changed EC2 or ELB."""
        self._forget()
        self._reach.forget()
        self.targets.look_again()

    # --- What the controllers ask (LoadBalancing) -------------------------------------------------

    def group(self, arn: str) -> TargetGroup | None:
        """Return a target group, None when there is none."""
        if arn not in self._groups:
            found = self._backend().target_groups.get(arn)
            if found is None:
                return None
            self._groups[arn] = group_of(found)
        return self._groups[arn]

    def named(self, dns_name: str) -> LoadBalancer | None:
        """Return the load balancer with a DNS name."""
        name = dns_name.lower()
        return self._all().get(self._aliases.get(name, name))

    def alias(self, name: str, dns_name: str | None) -> None:
        """Let a further name of AWS's lead to a load balancer; None ends that.

        Args:
            name: a name below `on.aws`, which AWS gives to what it manages.
            dns_name: the load balancer's own name.
        """
        if dns_name is None:
            self._aliases.pop(name.lower(), None)
        else:
            self._aliases[name.lower()] = dns_name.lower()

    def user_of(self, group: str) -> LoadBalancer | None:
        """Return the load balancer whose listeners use a target group."""
        self._all()
        return self._users.get(group)

    def groups_of(self, balancer: LoadBalancer) -> list[str]:
        """Return the ARNs of the target groups that a load balancer sends requests to, each once.

        Those of weight 0 get none.
        """
        actions = [
            action
            for listener in balancer.listeners
            for rule in listener.rules
            for action in rule.actions
            if action["Type"] == "forward"
        ]
        found = (pair for action in actions for pair in weights(action))
        return list(dict.fromkeys(arn for arn, weight in found if weight))

    def describe(self, arn: str) -> dict[str, Any] | None:
        """Return what CreateService checks of a target group.

        Returns:
            Its target type, its protocol, and whether a listener of a load balancer uses it; None
            when there is no such target group.
        """
        group = self.group(arn)
        if group is None:
            return None
        attached = self.user_of(arn) is not None
        return {"type": group.target_type, "attached": attached, "protocol": group.protocol}

    def has_rule(self, arn: str) -> bool:
        """Return whether there is a listener rule, or a listener, with this ARN."""
        for balancer in self._all().values():
            for listener in balancer.listeners:
                if arn == listener.arn or any(arn == rule.arn for rule in listener.rules):
                    return True
        return False

    def forwarded_by(self, arn: str) -> frozenset[str]:
        """Return the target groups that a listener rule, or a listener's default rule, uses."""
        for balancer in self._all().values():
            for listener in balancer.listeners:
                for rule in listener.rules:
                    if arn == rule.arn or (arn == listener.arn and rule is listener.rules[-1]):
                        forwards = [each for each in rule.actions if each["Type"] == "forward"]
                        return frozenset(group for each in forwards for group, _ in weights(each))
        return frozenset()

    # --- What moto asks (TargetKeeper) ------------------------------------------------------------

    def add(self, group: str, ip: str, port: int, zone: str | None) -> None:
        """Register a target that the API was asked to register."""
        own_zone = self._zone(group, ip)
        if own_zone is None and ip.startswith("i-"):
            raise ELBClientError("InvalidTarget", f"The following targets are not valid: '{ip}'")
        if own_zone is None and not _may_be_outside(ip, zone):
            found = self.group(group)
            message = (
                "The following targets are not in the target group VPC"
                f" '{found.vpc if found else ''}': '{ip}'"
            )
            raise ELBClientError("InvalidTarget", message)
        self.targets.register(Target(group, ip, port, own_zone or "all"))

    def remove(self, group: str, ip: str, port: int) -> None:
        """Deregister a target that the API was asked to deregister."""
        self.targets.deregister(Target(group, ip, port, ""))

    def descriptions(self, group: str, asked: list[tuple[str, int]]) -> list[dict[str, Any]]:
        """Return TargetHealthDescriptions; those of all targets when none is named."""
        found = self.group(group)
        if found is None:
            return []
        if not asked:
            return [_description(found, target) for target in self.targets.of(group)]
        return [
            _description(found, target) if target else _not_registered(ip, port)
            for ip, port in asked
            for target in [self.targets.find(group, ip, port)]
        ]

    def drop(self, group: str) -> None:
        """Forget the targets of a target group that has been deleted."""
        self._forget()
        self.targets.forget_group(group)

    # --- Reading moto -----------------------------------------------------------------------------

    def _all(self) -> dict[str, LoadBalancer]:
        """Return the load balancers by DNS name, read once after each change."""
        if self._named is None:
            balancers = [balancer_of(each) for each in self._backend().load_balancers.values()]
            self._named = {each.dns_name.lower(): each for each in balancers}
            self._users = {arn: each for each in balancers for arn in groups_of(each)}
        return self._named

    def _forget(self) -> None:
        self._named = None
        self._users = {}
        self._groups = {}

    def _zone(self, group: str, ip: str) -> str | None:
        """Return the Availability Zone of an address or EC2 instance, None outside the VPC."""
        found = self.group(group)
        if ip.startswith("i-"):
            host = self._network.instance_interface(ip)
            subnet = self._network.topology().subnets.get(host.subnet) if host else None
            return subnet.zone if found and subnet and subnet.vpc == found.vpc else None
        address = ipaddress.IPv4Address(ip)
        for subnet in self._network.topology().subnets.values():
            if found and subnet.vpc == found.vpc and address in ipaddress.IPv4Network(subnet.cidr):
                return subnet.zone
        return None

    def _backend(self) -> Any:
        return elbv2_backends[self._account.id][self._account.region]


def _may_be_outside(ip: str, zone: str | None) -> bool:
    """Say whether a target may lie outside the VPC; botocore elbv2 TargetDescription.

    A private address may, if the request names an Availability Zone.
    """
    return zone is not None and ipaddress.IPv4Address(ip).is_private


def _description(group: TargetGroup, target: RegisteredTarget) -> dict[str, Any]:
    health: dict[str, str] = {"State": target.state}
    if target.reason:
        health |= {"Reason": target.reason, "Description": target.description}
    return {
        "Target": {"Id": target.ip, "Port": target.port, "AvailabilityZone": target.zone},
        "HealthCheckPort": str(group.check.port_of(target.port)),
        "TargetHealth": health,
    }


def _not_registered(ip: str, port: int) -> dict[str, Any]:
    return {
        "Target": {"Id": ip, "Port": port},
        "TargetHealth": {
            "State": "unused",
            "Reason": "Target.NotRegistered",
            "Description": "Target is not registered to the target group",
        },
    }
