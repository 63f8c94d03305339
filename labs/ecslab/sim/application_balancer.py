"""What an Application Load Balancer makes of a request.

AWS: elasticloadbalancing, "Troubleshoot your Application Load Balancers" (the causes of 502, 503
and 504) and "HTTP headers and Application Load Balancers".
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from ecslab.sim import listener_rules
from ecslab.sim.balancer_failures import BalancerFailure
from ecslab.sim.exchange import Wait
from ecslab.sim.forwarding import listener_hop
from ecslab.sim.request import ReadTimedOutError, Response

if TYPE_CHECKING:
    from ecslab.model.network import Hop
    from ecslab.sim.balancing import TargetGroup
    from ecslab.sim.exchange import Way
    from ecslab.sim.forwarding import Forwarding
    from ecslab.sim.target_connections import ArrivedRequest

__all__ = ["ApplicationBalancer"]

_CONNECT_TO_TARGET: Final = 10.0
"""Seconds it tries to connect to a target before it answers 504 (AWS: "HTTP 504")."""

_LAST_ACTIONS: Final = ("forward", "redirect", "fixed-response")
_REPLACED: Final = ("x-forwarded-for", "x-forwarded-proto", "x-forwarded-port", "host")
_TITLES: Final = {
    HTTPStatus.SERVICE_UNAVAILABLE: "Service Temporarily Unavailable",
    HTTPStatus.GATEWAY_TIMEOUT: "Gateway Time-out",
}
_UNAVAILABLE: Final = HTTPStatus.SERVICE_UNAVAILABLE
_STATUSES: Final = {
    "no target": _UNAVAILABLE,
    "unreachable": HTTPStatus.GATEWAY_TIMEOUT,
    "refused": HTTPStatus.BAD_GATEWAY,
    "closed": HTTPStatus.BAD_GATEWAY,
    "timeout": HTTPStatus.GATEWAY_TIMEOUT,
}
"""What it answers when a target has not (AWS: "HTTP 502", "HTTP 503", "HTTP 504")."""


class ApplicationBalancer:
    """Answers what arrives at Application Load Balancers.

    Args:
        forwarding: passes requests on to targets.
    """

    def __init__(self, forwarding: Forwarding) -> None:
        self._forwarding = forwarding

    def way(self, arrived: ArrivedRequest) -> Way:
        """Return the way of a request from the load balancer on."""
        request = arrived.request
        hops = (*arrived.path.hops, listener_hop(arrived.balancer, arrived.listener))
        if request.scheme == "http" and arrived.listener.protocol == "HTTPS":
            return self._itself(HTTPStatus.BAD_REQUEST, arrived, "", hops)
        rule = listener_rules.choose(arrived.listener, request, arrived.path.source_ip)
        last = (each for each in rule.actions if each["Type"] in _LAST_ACTIONS)
        action = next(last, None)
        if action is None:  # AWS refuses such a rule; moto keeps it
            return self._itself(HTTPStatus.INTERNAL_SERVER_ERROR, arrived, "", hops)
        if action["Type"] == "forward":
            group = self._forwarding.group(rule.arn, action)
            if group is None:
                failure = BalancerFailure(self._forwarding.now, _UNAVAILABLE, "no target group")
                self._forwarding.counts.failures.note(arrived.balancer.arn, failure)
                return self._itself(_UNAVAILABLE, arrived, "", hops)
            return (yield from self._forward(arrived, group))
        if action["Type"] == "redirect":
            made = listener_rules.redirect(action, request)
        else:
            made = listener_rules.fixed_response(action)
        counts, now = self._forwarding.counts, self._forwarding.now
        counts.by_balancer((arrived.balancer.arn,), now, made.status)
        return Response(made.status, made.headers, made.body, hops=hops)

    def _forward(self, arrived: ArrivedRequest, group: TargetGroup) -> Way:
        request, patience = arrived.request, arrived.balancer.idle_timeout
        sent = yield from self._forwarding.send(arrived, group, _forwarded(arrived), patience)
        if sent.response is not None:
            return sent.response
        if sent.ending == "unreachable":
            yield Wait(_CONNECT_TO_TARGET)
        if sent.ending == "timeout" and (request.read_timeout or patience) < patience:
            raise ReadTimedOutError.of(request, sent.hops)
        status, chosen = _STATUSES[sent.ending], sent.target is not None
        self._forwarding.note(arrived, group, sent, status)
        return self._itself(status, arrived, group.arn, sent.hops, chosen=chosen)

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
        self._forwarding.counts.by_balancer(arns, self._forwarding.now, status, chosen=chosen)
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
