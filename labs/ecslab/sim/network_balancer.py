"""What a Network Load Balancer makes of a connection.

It joins the client's connection with one to a target, so it never answers by itself.
AWS: elasticloadbalancing, "Target groups for your Network Load Balancers".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecslab.model.network import Hop
from ecslab.sim import listener_rules
from ecslab.sim.exchange import Wait
from ecslab.sim.request import (
    ConnectionClosedError,
    ConnectionRefusedByHostError,
    ConnectionTimedOutError,
    ReadTimedOutError,
    Response,
)
from ecslab.sim.weighted_turns import WeightedTurns

if TYPE_CHECKING:
    import simpy

    from ecslab.sim.balancing import LoadBalancing
    from ecslab.sim.exchange import Way
    from ecslab.sim.request_counts import RequestCounts
    from ecslab.sim.target_connections import ArrivedRequest, TargetConnections
    from ecslab.sim.targets import Targets

__all__ = ["NetworkBalancer"]


class NetworkBalancer:
    """Passes on what arrives at Network Load Balancers.

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
        self._counts = counts
        self._turns = WeightedTurns()

    def way(self, arrived: ArrivedRequest) -> Way:
        """Return the way of a request from the load balancer on."""
        request, hops = arrived.request, arrived.path.hops
        weights = listener_rules.weights(arrived.listener.rules[-1].actions[-1])
        arn = self._turns.next(arrived.listener.arn, weights)
        group = self._balancing.group(arn) if arn else None
        target = self._targets.choose(group) if group else None
        if group is None or target is None:
            yield Wait(request.connect_timeout)
            words = f"load balancer {arrived.balancer.name} has no target to connect to"
            evidence = f"elbv2.describe_target_health(TargetGroupArn='{arn}')"
            raise ConnectionTimedOutError.of(request, (*hops, Hop(words, evidence, "timeout")))
        connection = self._connections.connect(arrived.node, group, target)
        hops = (*hops, *connection.path.hops)
        if connection.path.failure == "timeout":
            yield Wait(request.connect_timeout)
            raise ConnectionTimedOutError.of(request, hops)
        if connection.process is None:
            raise ConnectionRefusedByHostError.of(request, hops)
        headers = {**request.headers, "Host": request.authority}
        answer, end = yield from self._connections.exchange(connection, request, headers)
        if end == "closed":
            raise ConnectionClosedError.of(request, hops)
        if end == "timeout":
            raise ReadTimedOutError.of(request, hops)
        arns = (arrived.balancer.arn, group.arn)
        self._counts.by_target(arns, self._env.now, answer.status, answer.seconds)
        by = f"{target.ip}:{target.port}"
        return Response(answer.status, dict(answer.headers), answer.body, 0.0, hops, by)
