"""What a Network Load Balancer makes of a connection.

It joins the client's connection with one to a target, so it never answers by itself.
AWS: elasticloadbalancing, "Target groups for your Network Load Balancers".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecslab.sim.exchange import Wait
from ecslab.sim.forwarding import listener_hop
from ecslab.sim.request import (
    ConnectionClosedError,
    ConnectionRefusedByHostError,
    ConnectionTimedOutError,
    ReadTimedOutError,
)

if TYPE_CHECKING:
    from ecslab.sim.exchange import Way
    from ecslab.sim.forwarding import Forwarding
    from ecslab.sim.target_connections import ArrivedRequest

__all__ = ["NetworkBalancer"]


class NetworkBalancer:
    """Passes on what arrives at Network Load Balancers.

    Args:
        forwarding: passes requests on to targets.
    """

    def __init__(self, forwarding: Forwarding) -> None:
        self._forwarding = forwarding

    def way(self, arrived: ArrivedRequest) -> Way:
        """Return the way of a request from the load balancer on."""
        request, listener = arrived.request, arrived.listener
        group = self._forwarding.group(listener.arn, listener.rules[-1].actions[-1])
        if group is None:
            yield Wait(request.connect_timeout)
            hops = (*arrived.path.hops, listener_hop(arrived.balancer, listener))
            raise ConnectionTimedOutError.of(request, hops)
        headers = {**request.headers, "Host": request.authority}
        sent = yield from self._forwarding.send(arrived, group, headers)
        if sent.response is not None:
            return sent.response
        if sent.ending in ("no target", "unreachable"):
            yield Wait(request.connect_timeout)
            raise ConnectionTimedOutError.of(request, sent.hops)
        if sent.ending == "refused":
            raise ConnectionRefusedByHostError.of(request, sent.hops)
        if sent.ending == "closed":
            raise ConnectionClosedError.of(request, sent.hops)
        raise ReadTimedOutError.of(request, sent.hops)
