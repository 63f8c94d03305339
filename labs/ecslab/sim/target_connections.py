"""From a load balancer's node to a target: who takes the connection, and how the answer comes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from ecslab.model.network import Hop, Path
from ecslab.sim.exchange import wait_for_answer
from ecslab.sim.health_checks import ask
from ecslab.sim.hosts import interface_of, listener_on

if TYPE_CHECKING:
    from collections.abc import Generator

    import simpy

    from ecslab.model.network import NetworkInterface
    from ecslab.sim.balancing import Listener, LoadBalancer, TargetGroup
    from ecslab.sim.connect_proxy import Acceptor
    from ecslab.sim.exchange import Wait
    from ecslab.sim.hops import Reach
    from ecslab.sim.hosts import Hosts
    from ecslab.sim.request import Request
    from ecslab.sim.targets import RegisteredTarget
    from ecslab.sim.wsgi import Answer

__all__ = ["ArrivedRequest", "Connection", "TargetConnections"]

_FOREVER: Final = float("inf")
End: TypeAlias = Literal["answered", "closed", "timeout"]


@dataclass(frozen=True, slots=True)
class ArrivedRequest:
    """A request that has arrived at a load balancer.

    Args:
        request: the request.
        balancer: the load balancer.
        listener: the listener that took it.
        node: the node that took it.
        path: how it came there.
    """

    request: Request
    balancer: LoadBalancer
    listener: Listener
    node: NetworkInterface
    path: Path


@dataclass(frozen=True, slots=True)
class Connection:
    """A try to connect to a target.

    Args:
        target: the target.
        path: the path to it; not reachable when the try failed.
        process: who took the connection, None when it failed.
    """

    target: RegisteredTarget
    path: Path
    process: Acceptor | None

    @property
    def is_open(self) -> bool:
        """Return whether a client can send another request over it."""
        closed = self.target.closed.triggered
        return self.process is not None and self.process.alive and not closed


class TargetConnections:
    """Connects the nodes of load balancers with targets.

    Args:
        env: simulated time.
        hosts: who has which address.
        reach: who reaches whom.
    """

    def __init__(self, env: simpy.Environment, hosts: Hosts, reach: Reach) -> None:
        self._env = env
        self._hosts = hosts
        self.reach = reach

    def connect(
        self, arrived: ArrivedRequest, group: TargetGroup, target: RegisteredTarget
    ) -> Connection:
        """Return what becomes of a connection from a node to a target."""
        node = arrived.node
        if group.keeps_client_address:
            client = arrived.path.source_ip
            node = replace(node, id=f"{node.id}/{client}", private_ip=client, groups=None)
        task = self._hosts.private(group.vpc, target.ip, target.port)
        interface = interface_of(task) if task else None
        if task is None or interface is None:
            words = f"no task has the address {target.ip} in {group.vpc}"
            evidence = f"ec2.describe_network_interfaces()  # none with {target.ip}"
            return Connection(target, Path((Hop(words, evidence, "timeout"),), "timeout"), None)
        path = self.reach.inside(node, interface, target.port)
        process = listener_on(task, target.port) if path.reachable else None
        if path.reachable and process is None:
            words = f"nothing in task {task.id} listens on port {target.port}"
            evidence = f"ecs.describe_tasks(cluster='{task.cluster.name}', tasks=['{task.id}'])"
            path = path.refused(words, evidence)
        return Connection(target, path, process)

    def exchange(
        self,
        connection: Connection,
        request: Request,
        headers: dict[str, str],
        patience: float = _FOREVER,
    ) -> Generator[Wait, bool, tuple[Answer, End]]:
        """Have a target answer over a connection.

        Args:
            connection: one that somebody took.
            request: the request.
            headers: the header fields that the target sees.
            patience: seconds that the load balancer waits.

        Returns:
            The answer, and whether it came: not when the connection was closed, nor when nobody
            waited for it any longer.
        """
        process, target = connection.process, connection.target
        assert process is not None  # noqa: S101 - said above
        answer = ask(process, request.method, request.url, headers, request.body)
        limit = min(patience, request.read_timeout or _FOREVER)
        cut_short = yield from wait_for_answer(
            answer.seconds, limit, process, target, self._env.now
        )
        if cut_short:
            return answer, "closed"
        return answer, "timeout" if answer.seconds > limit else "answered"
