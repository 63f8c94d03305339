"""What both kinds of load balancer do with a request that goes to a target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from ecslab.model.network import Hop
from ecslab.sim import listener_rules
from ecslab.sim.balancer_failures import BalancerFailure
from ecslab.sim.request import Response
from ecslab.sim.weighted_turns import WeightedTurns

if TYPE_CHECKING:
    from collections.abc import Generator

    import simpy

    from ecslab.sim.balancing import Listener, LoadBalancer, LoadBalancing, TargetGroup
    from ecslab.sim.exchange import Wait
    from ecslab.sim.request_counts import RequestCounts
    from ecslab.sim.target_connections import ArrivedRequest, Connection, TargetConnections
    from ecslab.sim.targets import RegisteredTarget, Targets

__all__ = ["Forwarded", "Forwarding", "chosen_hop", "health_call", "listener_hop"]

Ending: TypeAlias = Literal["answered", "no target", "unreachable", "refused", "closed", "timeout"]
_FOREVER = float("inf")


@dataclass(frozen=True, slots=True)
class Forwarded:
    """What became of a request that a load balancer passed on.

    Args:
        ending: how it ended.
        hops: its whole way.
        response: the target's answer, when there is one.
        target: the target that was meant, when there was one.
    """

    ending: Ending
    hops: tuple[Hop, ...]
    response: Response | None = None
    target: RegisteredTarget | None = None


class Forwarding:
    """Passes requests on to targets.

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
        self._env = env
        self._balancing = balancing
        self._targets = targets
        self._connections = connections
        self.counts = counts
        self._turns = WeightedTurns()

    @property
    def now(self) -> float:
        """Return the time, in simulated seconds."""
        return float(self._env.now)

    def group(self, who: str, action: dict[str, Any]) -> TargetGroup | None:
        """Return the target group whose turn it is.

        Args:
            who: the ARN of the rule or listener that forwards.
            action: its forward action.
        """
        arn = self._turns.next(who, listener_rules.weights(action))
        return self._balancing.group(arn) if arn else None

    def send(
        self,
        arrived: ArrivedRequest,
        group: TargetGroup,
        headers: dict[str, str],
        patience: float = _FOREVER,
    ) -> Generator[Wait, bool, Forwarded]:
        """Send a request to a target of a group.

        Args:
            arrived: the request.
            group: the target group.
            headers: the header fields that the target sees.
            patience: seconds that the load balancer waits for an answer.
        """
        hops = (*arrived.path.hops, listener_hop(arrived.balancer, arrived.listener))
        connection = self._kept(arrived)
        if connection is None:
            target = self._targets.choose(group, self._zone(arrived, group))
            if target is None:
                words = f"target group {group.name} has no target that can take a request"
                return Forwarded("no target", (*hops, Hop(words, health_call(group), "refused")))
            connection = self._connections.connect(arrived, group, target)
        target = connection.target
        hops = (*hops, chosen_hop(group, target), *connection.path.hops)
        if connection.path.failure == "timeout":
            return Forwarded("unreachable", hops, target=target)
        if connection.process is None:
            return Forwarded("refused", hops, target=target)
        answer, end = yield from self._connections.exchange(
            connection, arrived.request, headers, patience
        )
        if end != "answered":
            return Forwarded(end, (*hops, _broken(connection, group, end, patience)), None, target)
        self._keep(arrived, connection)
        arns = (arrived.balancer.arn, group.arn)
        self.counts.by_target(arns, self.now, answer.status, answer.seconds)
        by = f"{target.ip}:{target.port}"
        response = Response(answer.status, dict(answer.headers), answer.body, 0.0, hops, by)
        return Forwarded("answered", hops, response, target)

    def note(
        self, arrived: ArrivedRequest, group: TargetGroup, sent: Forwarded, status: int
    ) -> None:
        """Keep why a load balancer answers a request itself.

        Args:
            arrived: the request.
            group: the target group.
            sent: what became of it.
            status: what the load balancer answers.
        """
        target = sent.target
        place = (target.ip, target.port, target.state) if target is not None else ("", 0, "")
        dropped = target is not None and target.closed.triggered
        failure = BalancerFailure(self.now, status, sent.ending, group.arn, *place, dropped)
        self.counts.failures.note(arrived.balancer.arn, failure)

    def _zone(self, arrived: ArrivedRequest, group: TargetGroup) -> str | None:
        """Return the Availability Zone whose targets a node uses; None for those of all zones.

        AWS: elasticloadbalancing, "Cross-zone load balancing": the target group's setting wins.
        """
        cross_zone = arrived.balancer.cross_zone if group.cross_zone is None else group.cross_zone
        return None if cross_zone else self._connections.reach.zone_of(arrived.node)

    def _kept(self, arrived: ArrivedRequest) -> Connection | None:
        """Return the connection that a Network Load Balancer's client has kept open, if any.

        It ends at the target; with an Application Load Balancer it ends at the load balancer.
        """
        kept = arrived.request.kept
        if kept is None or arrived.balancer.type != "network":
            return None
        return kept.take(arrived.request.authority)

    def _keep(self, arrived: ArrivedRequest, connection: Connection) -> None:
        if arrived.request.kept is not None and arrived.balancer.type == "network":
            arrived.request.kept.give(arrived.request.authority, connection)


def _broken(connection: Connection, group: TargetGroup, end: str, patience: float) -> Hop:
    name = f"target {connection.target.ip}:{connection.target.port}"
    if end == "timeout":
        return Hop(f"{name} sent nothing for {patience:g} seconds", health_call(group), "timeout")
    words = f"the connection to {name} was closed before it had answered"
    return Hop(words, health_call(group), "refused")


def listener_hop(balancer: LoadBalancer, listener: Listener) -> Hop:
    """Return the hop through a load balancer's listener."""
    words = f"the {listener.protocol} listener on port {listener.port} of {balancer.name} takes it"
    return Hop(words, f"elbv2.describe_listeners(LoadBalancerArn='{balancer.arn}')")


def chosen_hop(group: TargetGroup, target: RegisteredTarget) -> Hop:
    """Return the hop from a listener to the target that it chose."""
    words = f"target group {group.name} sends it to {target.ip}:{target.port}, {target.state}"
    return Hop(words, health_call(group))


def health_call(group: TargetGroup) -> str:
    """Return the call that shows the targets of a group."""
    return f"elbv2.describe_target_health(TargetGroupArn='{group.arn}')"
