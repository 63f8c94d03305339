"""What an Application Load Balancer makes of a request.

AWS: elasticloadbalancing, "Troubleshoot your Application Load Balancers" (the causes of 502, 503
and 504) and "HTTP headers and Application Load Balancers".
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from ecslab.model.network import Hop
from ecslab.sim import listener_rules
from ecslab.sim.exchange import Wait
from ecslab.sim.request import ReadTimedOutError, Response
from ecslab.sim.weighted_turns import WeightedTurns

if TYPE_CHECKING:
    import simpy

    from ecslab.sim.balancing import LoadBalancing, TargetGroup
    from ecslab.sim.exchange import Way
    from ecslab.sim.request_counts import RequestCounts
    from ecslab.sim.target_connections import ArrivedRequest, TargetConnections
    from ecslab.sim.targets import Targets

__all__ = ["ApplicationBalancer"]

_CONNECT_TO_TARGET: Final = 10.0
"""Seconds it tries to connect to a target before it answers 504 (AWS: "HTTP 504")."""

_LAST_ACTIONS: Final = ("forward", "redirect", "fixed-response")
_REPLACED: Final = ("x-forwarded-for", "x-forwarded-proto", "x-forwarded-port", "host")
_TITLES: Final = {
    HTTPStatus.SERVICE_UNAVAILABLE: "Service Temporarily Unavailable",
    HTTPStatus.GATEWAY_TIMEOUT: "Gateway Time-out",
}


class ApplicationBalancer:
    """Answers what arrives at Application Load Balancers.

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
        if request.scheme == "http" and arrived.listener.protocol == "HTTPS":
            return self._itself(HTTPStatus.BAD_REQUEST, arrived, "", hops)
        rule = listener_rules.choose(arrived.listener, request, arrived.path.source_ip)
        last = (each for each in rule.actions if each["Type"] in _LAST_ACTIONS)
        action = next(last, None)
        if action is None:  # AWS refuses such a rule; moto keeps it
            return self._itself(HTTPStatus.INTERNAL_SERVER_ERROR, arrived, "", hops)
        if action["Type"] == "forward":
            arn = self._turns.next(rule.arn, listener_rules.weights(action))
            group = self._balancing.group(arn) if arn else None
            if group is None:
                return self._itself(HTTPStatus.SERVICE_UNAVAILABLE, arrived, "", hops)
            return (yield from self._forward(arrived, group))
        if action["Type"] == "redirect":
            made = listener_rules.redirect(action, request)
        else:
            made = listener_rules.fixed_response(action)
        self._counts.by_balancer((arrived.balancer.arn,), self._env.now, made.status)
        return Response(made.status, made.headers, made.body, hops=hops)

    def _forward(self, arrived: ArrivedRequest, group: TargetGroup) -> Way:
        hops = arrived.path.hops
        health = f"elbv2.describe_target_health(TargetGroupArn='{group.arn}')"
        target = self._targets.choose(group)
        if target is None:
            words = f"target group {group.name} has no target that can take a request"
            hops = (*hops, Hop(words, health, "refused"))
            return self._itself(HTTPStatus.SERVICE_UNAVAILABLE, arrived, group.arn, hops)
        connection = self._connections.connect(arrived.node, group, target)
        hops = (*hops, *connection.path.hops)
        if connection.path.failure == "timeout":
            yield Wait(_CONNECT_TO_TARGET)
            return self._itself(HTTPStatus.GATEWAY_TIMEOUT, arrived, group.arn, hops, chosen=True)
        if connection.process is None:
            return self._itself(HTTPStatus.BAD_GATEWAY, arrived, group.arn, hops, chosen=True)
        request, patience = arrived.request, arrived.balancer.idle_timeout
        answer, end = yield from self._connections.exchange(
            connection, request, _forwarded(arrived), patience
        )
        if end == "closed":
            words = f"the connection to {connection.name} was closed before it had answered"
            hops = (*hops, Hop(words, health, "refused"))
            return self._itself(HTTPStatus.BAD_GATEWAY, arrived, group.arn, hops, chosen=True)
        if end == "timeout" and (request.read_timeout or patience) < patience:
            raise ReadTimedOutError.of(request, hops)
        if end == "timeout":
            words = f"{connection.name} sent nothing for {patience:g} seconds"
            hops = (*hops, Hop(words, health, "timeout"))
            return self._itself(HTTPStatus.GATEWAY_TIMEOUT, arrived, group.arn, hops, chosen=True)
        arns = (arrived.balancer.arn, group.arn)
        self._counts.by_target(arns, self._env.now, answer.status, answer.seconds)
        by = f"{target.ip}:{target.port}"
        return Response(answer.status, dict(answer.headers), answer.body, 0.0, hops, by)

    def _itself(
        self,
        status: HTTPStatus,
        arrived: ArrivedRequest,
        group: str,
        hops: tuple[Hop, ...],
        *,
        chosen: bool = False,
    ) -> Response:
        """Return the page that the load balancer sends by itself."""
        arns = (arrived.balancer.arn, group) if group else (arrived.balancer.arn,)
        self._counts.by_balancer(arns, self._env.now, status, chosen=chosen)
        title = f"{status.value} {_TITLES.get(status, status.phrase)}"
        page = (
            f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n"
            f"<center><h1>{title}</h1></center>\r\n</body>\r\n</html>\r\n"
        ).encode()
        headers = {
            "Server": "awselb/2.0",
            "Content-Type": "text/html",
            "Content-Length": str(len(page)),
        }
        return Response(status.value, headers, page, hops=hops)


def _forwarded(arrived: ArrivedRequest) -> dict[str, str]:
    """Return the header fields that the target sees; AWS: x-forwarded-headers."""
    request, listener, client = arrived.request, arrived.listener, arrived.path.source_ip
    kept = {key: text for key, text in request.headers.items() if key.lower() not in _REPLACED}
    before = request.header("X-Forwarded-For")
    return {
        **kept,
        "Host": request.authority,
        "X-Forwarded-For": f"{before}, {client}" if before else client,
        "X-Forwarded-Proto": listener.protocol.lower(),
        "X-Forwarded-Port": str(listener.port),
    }
