"""Requests to a load balancer's name: from the client to the node and listener that take them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ecslab.model.network import Hop
from ecslab.sim.application_balancer import ApplicationBalancer
from ecslab.sim.exchange import Wait
from ecslab.sim.forwarding import Forwarding
from ecslab.sim.listener_rules import groups_of
from ecslab.sim.network_balancer import NetworkBalancer
from ecslab.sim.request import (
    ConnectionRefusedByHostError,
    ConnectionTimedOutError,
    NameNotResolvedError,
    TlsError,
)
from ecslab.sim.target_connections import ArrivedRequest, TargetConnections

if TYPE_CHECKING:
    from collections.abc import Generator

    import simpy

    from ecslab.model.network import NetworkInterface, Path
    from ecslab.sim.balancing import Listener, LoadBalancer, LoadBalancing
    from ecslab.sim.exchange import Way
    from ecslab.sim.hops import Reach
    from ecslab.sim.request import Request
    from ecslab.sim.request_counts import RequestCounts
    from ecslab.sim.targets import Targets

__all__ = ["BalancerRequests"]

_TLS_PROTOCOLS: Final = ("HTTPS", "TLS")


class BalancerRequests:
    """Takes requests from their source through a load balancer.

    Args:
        env: simulated time.
        balancing: what Elastic Load Balancing has been told.
        targets: the targets and their health.
        connections: connects with them.
        counts: where requests are counted.
    """

    def __init__(
        self,
        env: simpy.Environment,
        balancing: LoadBalancing,
        targets: Targets,
        connections: TargetConnections,
        counts: RequestCounts,
    ) -> None:
        self._reach: Reach = connections.reach
        self._balancing = balancing
        self._targets = targets
        forwarding = Forwarding(env, balancing, targets, connections, counts)
        self._application = ApplicationBalancer(forwarding)
        self._network = NetworkBalancer(forwarding)
        self._turns: dict[str, int] = {}

    def way(self, request: Request, balancer: LoadBalancer, source: NetworkInterface | None) -> Way:
        """Return the way of a request to a load balancer.

        Args:
            request: the request.
            balancer: the load balancer.
            source: who sends it; None for a host on the internet.
        """
        node, path = yield from self._connect(request, balancer, source)
        listener = balancer.listener(request.port)
        if listener is None:
            words = f"load balancer {balancer.name} has no listener on port {request.port}"
            evidence = f"elbv2.describe_listeners(LoadBalancerArn='{balancer.arn}')"
            hops = path.refused(words, evidence).hops
            raise ConnectionRefusedByHostError.of(request, hops)
        if request.scheme == "https":
            _check_tls(request, listener, path)
        arrived = ArrivedRequest(request, balancer, listener, node, path)
        kind = self._network if balancer.type == "network" else self._application
        return (yield from kind.way(arrived))

    def _connect(
        self, request: Request, balancer: LoadBalancer, source: NetworkInterface | None
    ) -> Generator[Wait, bool, tuple[NetworkInterface, Path]]:
        """Try the load balancer's addresses in turn, as clients do with a name that has several."""
        nodes = self.answered_nodes(balancer)
        if not nodes:
            message = f"The name {request.host} has no address: its load balancer has no subnets."
            raise NameNotResolvedError(message)
        turn = self._turns.get(balancer.arn, 0) % len(nodes)
        self._turns[balancer.arn] = turn + 1
        hops: tuple[Hop, ...] = ()
        for node in (*nodes[turn:], *nodes[:turn]):
            path = self._path(request, balancer, source, node)
            if path is not None and path.reachable:
                return node, path
            hops = path.hops if path else (_private_address(node),)
            yield Wait(request.connect_timeout)
        raise ConnectionTimedOutError.of(request, hops)

    def answered_nodes(self, balancer: LoadBalancer) -> tuple[NetworkInterface, ...]:
        """Return the nodes whose addresses the load balancer's name resolves to.

        AWS: elasticloadbalancing, "Network Load Balancers", "Cross-zone load balancing" and DNS
        failover: without cross-zone load balancing the nodes of zones that have no healthy target
        are left out, as long as another zone has one.
        """
        nodes = self._reach.nodes(balancer.arn)
        if balancer.cross_zone:
            return nodes
        zones = {
            zone
            for arn in groups_of(balancer)
            for group in [self._balancing.group(arn)]
            if group is not None
            for zone in self._targets.healthy_zones(group, nodes=balancer.zones)
        }
        return tuple(node for node in nodes if self._reach.zone_of(node) in zones) or nodes

    def _path(
        self,
        request: Request,
        balancer: LoadBalancer,
        source: NetworkInterface | None,
        node: NetworkInterface,
    ) -> Path | None:
        """Return the path to a node; None when the internet has no way to a private address."""
        if source is None:
            return None if balancer.internal else self._reach.inbound(node, request.port)
        if balancer.internal:
            return self._reach.inside(source, node, request.port)
        return self._reach.outside(source, node, request.port)


def _check_tls(request: Request, listener: Listener, path: Path) -> None:
    if listener.protocol not in _TLS_PROTOCOLS:
        message = (
            f"{request.host} does not speak HTTPS on port {request.port}:"
            f" its listener's protocol is {listener.protocol}."
        )
        raise TlsError(message, hops=path.hops)
    if request.verify and not any(_covers(name, request.host) for name in listener.names):
        message = f"No certificate of the listener on port {request.port} is valid for"
        message += f" {request.host}."
        if request.host.endswith(".amazonaws.com"):
            message = (
                f"The certificate is not valid for {request.host}: nobody gets one for a name that"
                " belongs to AWS. Use a domain name of your own."
            )
        raise TlsError(message, hops=path.hops)


def _covers(name: str, host: str) -> bool:
    """Say whether a certificate's name covers a host; an asterisk stands for one label."""
    if name.startswith("*."):
        return host.partition(".")[2].lower() == name[2:].lower()
    return host.lower() == name.lower()


def _private_address(node: NetworkInterface) -> Hop:
    words = f"{node.name} has only private addresses, to which the internet has no way"
    return Hop(words, node.shown_by, "timeout")
