"""Requests through Service Connect: from an application to its own proxy, and on to a server's.

AWS: service-connect-concepts-deploy, "Service Connect proxy" (round robin, outlier detection,
retries, time-outs) and "Networking" (which port a security group must open).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ecslab.model.network import Hop
from ecslab.sim.connect_proxy import IngressListener, itself
from ecslab.sim.exchange import Wait
from ecslab.sim.health_checks import ask
from ecslab.sim.hosts import interface_of, listener_on
from ecslab.sim.request import ConnectionClosedError, ReadTimedOutError, Response
from ecslab.sim.service_connect import Exchange

if TYPE_CHECKING:
    from collections.abc import Generator

    from ecslab.model.network import NetworkInterface
    from ecslab.model.service_connect import Endpoint
    from ecslab.sim.entities import Account, Task
    from ecslab.sim.exchange import Way
    from ecslab.sim.hops import Reach
    from ecslab.sim.request import Request
    from ecslab.sim.service_connect import ServiceConnect
    from ecslab.sim.wsgi import Answer

__all__ = ["ConnectRequests", "connect_hop", "ingress_port", "server_hop"]

_ATTEMPTS: Final = 3
"""One and two retries."""

_CONNECT: Final = 5.0
"""Seconds that a proxy tries to connect: Envoy's default; AWS publishes none."""

_FOREVER: Final = float("inf")
_TIMED_OUT: Final = "connection timeout"
_REFUSED: Final = "remote connection failure, transport failure reason: delayed connect error: 111"
_RESET: Final = "connection termination"
_NOBODY: Final = "no healthy upstream"


class ConnectRequests:
    """Takes requests through the proxies of Service Connect.

    Args:
        account: the account.
        connect: the endpoints and the tasks that serve them.
        reach: who reaches whom.
    """

    def __init__(self, account: Account, connect: ServiceConnect, reach: Reach) -> None:
        self._clock = account.clock
        self._connect = connect
        self._reach = reach

    def way(self, request: Request, task: Task, endpoint: Endpoint) -> Way:
        """Return the way of a request to an endpoint.

        Args:
            request: the request.
            task: the task whose application sends it.
            endpoint: the endpoint.
        """
        source = interface_of(task)
        assert source is not None  # noqa: S101 - it can send
        trip = _Trip(self, request, task, endpoint, source)
        return (yield from trip.way())


class _Trip:
    """One request on its way: what it has met so far."""

    def __init__(
        self,
        requests: ConnectRequests,
        request: Request,
        client: Task,
        endpoint: Endpoint,
        source: NetworkInterface,
    ) -> None:
        self._clock = requests._clock  # noqa: SLF001 - its own part
        self._connect = requests._connect  # noqa: SLF001
        self._reach = requests._reach  # noqa: SLF001
        self._request = request
        self._client = client
        self._endpoint = endpoint
        self._source = source
        self._left = request.read_timeout or _FOREVER
        self._hops: tuple[Hop, ...] = (connect_hop(client, endpoint),)
        self._reason = _NOBODY

    def way(self) -> Way:
        """Try up to three times, each time with another task where there is one."""
        proxy = self._client.proxy
        assert proxy is not None  # noqa: S101 - it knows the endpoint
        tasks = self._connect.candidates(self._endpoint, self._request)
        server: Task | None = None
        for _ in range(_ATTEMPTS):
            server = self._connect.choose(proxy, self._endpoint, tasks, server)
            if server is None:
                break
            answered = yield from self._attempt(server)
            if answered is not None:
                return answered
            proxy.note_failure(server.id, self._clock.seconds)
        return self._by_proxy(itself(503, self._reason), None)

    def _attempt(self, server: Task) -> Generator[Wait, bool, Response | None]:
        """Connect to a server's proxy and have it answer; return None when that failed."""
        destination = interface_of(server)
        port = ingress_port(server, self._endpoint)
        assert destination is not None  # noqa: S101 - it has joined
        path = self._reach.inside(self._source, destination, port)
        self._hops += (server_hop(server, self._endpoint, port), *path.hops)
        if not path.reachable:
            self._reason = _TIMED_OUT
            yield from self._wait(_CONNECT)
            return None
        listener = listener_on(server, port)
        if listener is None or (isinstance(listener, IngressListener) and not listener.process):
            self._reason = _REFUSED
            words = f"nothing in task {server.id} listens on port {self._endpoint.container_port}"
            self._hops += (Hop(words, _shows(server), "refused"),)
            return None
        request = self._request
        headers = {**request.headers, "Host": request.authority}
        answer = ask(listener, request.method, request.url, headers, request.body)
        limit = min(
            self._endpoint.request_timeout or _FOREVER, self._endpoint.idle_timeout or _FOREVER
        )
        if (yield Wait(min(answer.seconds, limit, self._left), listener)):
            self._reason = _RESET
            proxy = self._client.proxy
            assert proxy is not None  # noqa: S101
            proxy.note_failure(server.id, self._clock.seconds)
            return self._by_proxy(itself(503, _RESET), server)
        if answer.seconds > self._left:
            raise ReadTimedOutError.of(request, self._hops)
        if answer.seconds > limit:
            return self._by_proxy(itself(504, ""), server)
        address = f"{destination.private_ip}:{port}"
        return self._finish(answer, server, address)

    def _wait(self, seconds: float) -> Generator[Wait, bool, None]:
        """Let time pass, at most as long as the client waits for its answer."""
        yield Wait(min(seconds, self._left))
        if seconds >= self._left:
            raise ReadTimedOutError.of(self._request, self._hops)
        self._left -= seconds

    def _by_proxy(self, answer: Answer, server: Task | None) -> Response:
        """Return what the client gets when its proxy has no answer to pass on."""
        if not self._endpoint.speaks_http:
            self._report(server, 0, answer)
            raise ConnectionClosedError.of(self._request, self._hops)
        return self._finish(answer, server, "")

    def _finish(self, answer: Answer, server: Task | None, address: str) -> Response:
        self._report(server, answer.status, answer)
        return Response(answer.status, dict(answer.headers), answer.body, 0.0, self._hops, address)

    def _report(self, server: Task | None, status: int, answer: Answer) -> None:
        exchange = Exchange(
            self._client,
            server,
            self._endpoint,
            status,
            answer.seconds,
            len(self._request.body),
            len(answer.body),
        )
        self._connect.report(exchange)


def ingress_port(server: Task, endpoint: Endpoint) -> int:
    """Return the port on which a server's proxy takes connections to an endpoint."""
    ingress = server.proxy.ingress if server.proxy else {}
    return next((port for port, each in ingress.items() if each.key == endpoint.key), 0)


def connect_hop(client: Task, endpoint: Endpoint) -> Hop:
    """Return the hop from an application to the proxy of its own task."""
    words = (
        f"{endpoint.dns_name}:{endpoint.port} leads to the Service Connect proxy in task"
        f" {client.id}"
    )
    name = client.service.name if client.service else ""
    call = f"ecs.describe_services(cluster='{client.cluster.name}', services=['{name}'])"
    return Hop(words, call)


def server_hop(server: Task, endpoint: Endpoint, port: int) -> Hop:
    """Return the hop from a client's proxy to the task that it chose."""
    words = (
        f"the proxy chooses task {server.id}, whose proxy listens on port {port} for"
        f" {endpoint.discovery_name}"
    )
    call = (
        f"servicediscovery.discover_instances(NamespaceName='{endpoint.namespace_name}',"
        f" ServiceName='{endpoint.discovery_name}')"
    )
    return Hop(words, call)


def _shows(task: Task) -> str:
    return f"ecs.describe_tasks(cluster='{task.cluster.name}', tasks=['{task.id}'])"
