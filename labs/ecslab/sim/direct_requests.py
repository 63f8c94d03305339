"""HTTP requests to the addresses of tasks, without a load balancer in between."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecslab.model.network import Hop, Path
from ecslab.sim.exchange import Wait
from ecslab.sim.health_checks import ask
from ecslab.sim.hosts import interface_of, listener_on
from ecslab.sim.request import (
    ConnectionClosedError,
    ConnectionRefusedByHostError,
    ConnectionTimedOutError,
    ReadTimedOutError,
    Response,
    TlsError,
)

if TYPE_CHECKING:
    from ecslab.sim.connect_proxy import Acceptor
    from ecslab.sim.entities import Task
    from ecslab.sim.exchange import Way
    from ecslab.sim.hops import Reach
    from ecslab.sim.hosts import Hosts
    from ecslab.sim.names import Resolved
    from ecslab.sim.request import Request, TrafficError

__all__ = ["DirectRequests", "shown_by"]


@dataclass(frozen=True, slots=True)
class _Direct:
    """A connection to a task's address that a client may keep."""

    task: Task
    listener: Acceptor
    path: Path

    @property
    def is_open(self) -> bool:
        return self.listener.alive and not self.task.stopped


class DirectRequests:
    """Takes requests to the addresses of tasks.

    Args:
        hosts: who has which address.
        reach: who reaches whom.
    """

    def __init__(self, hosts: Hosts, reach: Reach) -> None:
        self._hosts = hosts
        self._reach = reach

    def way(self, request: Request, task: Task | None, found: Resolved) -> Way:
        """Try the addresses of a name in turn, as clients do with a name that has several.

        Args:
            request: the request.
            task: who sends it; None for a host on the internet.
            found: the addresses.
        """
        kept = request.kept.take(request.authority) if request.kept else None
        if kept is not None:
            return (yield from self._exchange(request, kept))
        failure: TrafficError | None = None
        for address in found.addresses:
            target = self._find(address, request.port, task)
            if target is None:
                hops: tuple[Hop, ...] = (*found.hops, _nobody(address, task))
            else:
                path = self._path(request, target, address, task)
                path = Path((*found.hops, *path.hops), path.failure, path.arrival)
                hops = path.hops
                if path.reachable:
                    try:
                        return (yield from self._converse(request, target, path))
                    except ConnectionRefusedByHostError as error:
                        failure = error
                        continue
            yield Wait(request.connect_timeout)
            failure = ConnectionTimedOutError.of(request, hops)
        assert failure is not None  # noqa: S101 - there is an address at least
        raise failure

    def to_daemons(self, request: Request, task: Task) -> Way:
        """Return the way of a request to the managed daemons of the sender's instance.

        They share one network namespace, and with it one address
        (managed-daemons-task-definitions, "Network mode").
        """
        daemons = task.instance.daemon_tasks if task.instance is not None else []
        if not daemons:
            words = f"there is no managed daemon on the instance of task {task.id}"
            yield Wait(request.connect_timeout)
            raise ConnectionTimedOutError.of(request, [Hop(words, shown_by(task), "timeout")])
        listening = (each for each in daemons if listener_on(each, request.port) is not None)
        target = next(listening, daemons[0])
        words = f"task {task.id} calls the managed daemons of its instance"
        path = Path((Hop(words, shown_by(target)),))
        return (yield from self._converse(request, target, path))

    def loopback(self, request: Request, task: Task | None) -> Way:
        """Return the way of a request from a task to itself."""
        if task is None:
            message = (
                f"{request.host} is the computer that runs this notebook, and nothing of the"
                " simulated account listens there; use a load balancer's name or a task's address."
            )
            raise ConnectionRefusedByHostError(message)
        path = Path((Hop(f"task {task.id} calls itself", shown_by(task)),))
        return (yield from self._converse(request, task, path))

    def _converse(self, request: Request, task: Task, path: Path) -> Way:
        """Talk to the process of a task that listens on the request's port."""
        process = listener_on(task, request.port)
        if process is None:
            words = f"nothing in task {task.id} listens on port {request.port}"
            hops = path.refused(words, shown_by(task)).hops
            raise ConnectionRefusedByHostError.of(request, hops)
        if request.scheme == "https":
            message = f"{request.host} does not speak HTTPS on port {request.port}."
            raise TlsError(message, hops=path.hops)
        return (yield from self._exchange(request, _Direct(task, process, path)))

    def _exchange(self, request: Request, connection: _Direct) -> Way:
        """Have a task answer over a connection, which the client may keep afterwards."""
        task, process, path = connection.task, connection.listener, connection.path
        headers = {**request.headers, "Host": request.authority}
        answer = ask(process, request.method, request.url, headers, request.body)
        patience = request.read_timeout or float("inf")
        if (yield Wait(min(answer.seconds, patience), process)):
            raise ConnectionClosedError.of(request, path.hops)
        if answer.seconds > patience:
            raise ReadTimedOutError.of(request, path.hops)
        if request.kept is not None:
            request.kept.give(request.authority, connection)
        address = task.interface.private_ip if task.interface else request.host
        by = f"{address}:{request.port}"
        return Response(answer.status, dict(answer.headers), answer.body, 0.0, path.hops, by)

    def _find(self, address: str, port: int, source: Task | None) -> Task | None:
        found = self._hosts.public(address, port)
        if found is not None or source is None or source.agent_interface is None:
            return found
        return self._hosts.private(source.agent_interface.vpc, address, port)

    def _path(self, request: Request, target: Task, address: str, source: Task | None) -> Path:
        destination = interface_of(target)
        assert destination is not None  # noqa: S101 - found by its address
        if source is None:
            return self._reach.inbound(destination, request.port)
        sender = interface_of(source)
        assert sender is not None  # noqa: S101 - checked by _source
        if address == destination.private_ip:
            return self._reach.inside(sender, destination, request.port)
        return self._reach.outside(sender, destination, request.port)


def shown_by(task: Task) -> str:
    """Return the call that shows a task."""
    return f"ecs.describe_tasks(cluster='{task.cluster.name}', tasks=['{task.id}'])"


def _nobody(address: str, source: Task | None) -> Hop:
    if source is None and ipaddress.ip_address(address).is_private:
        words = f"{address} is a private address, to which the internet has no way"
    else:
        words = f"no task has the address {address}"
    return Hop(words, f"ec2.describe_network_interfaces()  # {address}", "timeout")
