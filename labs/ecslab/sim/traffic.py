"""HTTP requests through the simulated network: from the internet or a task to where they lead."""

from __future__ import annotations

import ipaddress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from ecslab.errors import CourseError
from ecslab.model.network import Hop, Path
from ecslab.sim.balancer_requests import BalancerRequests
from ecslab.sim.exchange import Wait, add_up, live_through
from ecslab.sim.health_checks import ask
from ecslab.sim.hosts import address_in, interface_of, listener_on
from ecslab.sim.load import Load
from ecslab.sim.request import (
    CONNECT_TIMEOUT,
    INTERNET_SOURCE,
    ConnectionClosedError,
    ConnectionRefusedByHostError,
    ConnectionTimedOutError,
    NameNotResolvedError,
    ReadTimedOutError,
    Request,
    Response,
    TlsError,
    TrafficError,
)
from ecslab.sim.request_counts import RequestCounts
from ecslab.sim.target_connections import TargetConnections

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from ecslab.model.image import Curve
    from ecslab.sim.balancing import LoadBalancing
    from ecslab.sim.entities import Account, Task
    from ecslab.sim.exchange import Way
    from ecslab.sim.hops import Reach
    from ecslab.sim.hosts import Hosts
    from ecslab.sim.targets import Targets
    from ecslab.sim.wsgi import Answer

    AgentHandler = Callable[[Task, Request], Answer | None]
    Resolver = Callable[[str, Task | None], str | None]

__all__ = ["AGENT_ADDRESS", "Traffic"]

AGENT_ADDRESS: Final = "169.254.170.2"
"""Where the container agent answers the containers of its tasks (task-iam-roles)."""

_ROUND_TRIP_INTERNET: Final = 0.02
_ROUND_TRIP_INSIDE: Final = 0.001
_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")


class Traffic:
    """All requests of an account and Region.

    Args:
        account: the account.
        balancing: what Elastic Load Balancing has been told.
        hosts: who has which address.
        reach: who reaches whom.
        targets: the targets of load balancers.
    """

    def __init__(
        self,
        account: Account,
        balancing: LoadBalancing,
        hosts: Hosts,
        reach: Reach,
        targets: Targets,
    ) -> None:
        self.counts = RequestCounts()
        self._clock = account.clock
        self._journal = account.journal
        self._balancing = balancing
        self._hosts = hosts
        self._reach = reach
        self._resolvers: list[Resolver] = []
        self._agents: list[AgentHandler] = []
        env = account.clock.env
        connections = TargetConnections(env, hosts, reach)
        self._through_balancers = BalancerRequests(
            env, balancing, targets, connections, self.counts
        )

    def add_resolver(self, resolver: Resolver) -> None:
        """Have host names asked of `resolver` that are neither addresses nor load balancers.

        Args:
            resolver: returns the address of a name for a task (None for the internet), or None.
        """
        self._resolvers.append(resolver)

    def add_agent(self, agent: AgentHandler) -> None:
        """Have requests of tasks to their container agent answered by `agent`.

        Args:
            agent: returns the answer to a task's request, None for a path that it does not know.
        """
        self._agents.append(agent)

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        source: str = INTERNET_SOURCE,
        *,
        connect_timeout: float | None = None,
        read_timeout: float | None = None,
        verify: bool = True,
    ) -> Response:
        """Send one request and return its answer; simulated time passes meanwhile.

        Args:
            method: the HTTP method.
            url: the full URL.
            headers: the header fields.
            body: the body.
            source: ``internet``, or the ARN of the task that sends it.
            connect_timeout: seconds the client waits for a connection; None for Linux's 127.
            read_timeout: seconds the client waits for the answer; None for ever.
            verify: whether the client checks TLS certificates.

        Returns:
            The answer, with the seconds it took and its way.

        Raises:
            TrafficError: there was no HTTP answer; the subclass says why.
            CourseError: the URL or the source makes no sense.
        """
        request = Request(
            method.upper(),
            url,
            dict(headers or {}),
            body,
            source,
            CONNECT_TIMEOUT if connect_timeout is None else connect_timeout,
            read_timeout,
            verify,
        )
        outcome = self._go(request)
        self._record(request, outcome)
        if isinstance(outcome, TrafficError):
            raise outcome
        return outcome

    def load(
        self,
        url: str,
        *,
        per_second: Curve,
        seconds: float,
        source: str = INTERNET_SOURCE,
        method: str = "GET",
        timeout: float = 30.0,
    ) -> Load:
        """Begin to send requests at a steady rate; they are sent while time passes.

        Args:
            url: the full URL.
            per_second: requests per second, constant or a function of the seconds since now.
            seconds: for how long to send.
            source: ``internet``, or the ARN of the task that sends them.
            method: the HTTP method.
            timeout: seconds the client waits, for the connection and for the answer.

        Returns:
            The load, which counts what becomes of them.
        """
        request = Request(method.upper(), url, {}, b"", source, timeout, timeout)
        self._source(request)
        load = Load(url, self._clock.now, seconds)
        env = self._clock.env
        env.process(load.run(env, lambda: self._live(request), per_second))
        return load

    # --- Time -----------------------------------------------------------------------------------

    def _go(self, request: Request) -> Response | TrafficError:
        if self._clock.stepping:
            outcome, seconds = add_up(self._way(request))
            self._clock.advance(seconds)
            return _timed(outcome, seconds)
        self._source(request)
        env = self._clock.env
        life = env.process(self._live(request))
        self._clock.wait(life)
        ended: Response | TrafficError = life.value  # type: ignore[assignment] # it has ended
        return ended

    def _live(self, request: Request) -> Generator[Any, Any, Response | TrafficError]:
        began = self._clock.env.now
        outcome = yield from live_through(self._clock.env, self._way(request))
        return _timed(outcome, self._clock.env.now - began)

    def _record(self, request: Request, outcome: Response | TrafficError) -> None:
        fields: dict[str, Any] = {
            "method": request.method,
            "source": request.source,
            "seconds": round(outcome.seconds, 6),
            "hops": [hop.words for hop in outcome.hops],
        }
        if isinstance(outcome, TrafficError):
            self._journal.record("request.failed", request.url, failure=outcome.kind, **fields)
        else:
            fields["answered_by"] = outcome.answered_by
            self._journal.record("request.answered", request.url, status=outcome.status, **fields)

    # --- Ways -----------------------------------------------------------------------------------

    def _way(self, request: Request) -> Way:
        task = self._source(request)
        yield Wait(_ROUND_TRIP_INSIDE if task else _ROUND_TRIP_INTERNET)
        if request.host in _LOOPBACK:
            return (yield from self._loopback(request, task))
        if request.host == AGENT_ADDRESS and task is not None:
            return self._ask_agent(request, task)
        balancer = self._balancing.named(request.host)
        if balancer is not None:
            source = interface_of(task) if task else None
            return (yield from self._through_balancers.way(request, balancer, source))
        address = self._resolve(request.host, task)
        found = self._find(address, request.port, task)
        if found is None:
            yield Wait(request.connect_timeout)
            raise ConnectionTimedOutError.of(request, [_nobody(address, task)])
        path = self._path(request, found, address, task)
        if not path.reachable:
            yield Wait(request.connect_timeout)
            raise ConnectionTimedOutError.of(request, path.hops)
        return (yield from self._converse(request, found, path))

    def _loopback(self, request: Request, task: Task | None) -> Way:
        if task is None:
            message = (
                f"{request.host} is the computer that runs this notebook, and nothing of the"
                " simulated account listens there; use a load balancer's name or a task's address."
            )
            raise ConnectionRefusedByHostError(message)
        path = Path((Hop(f"task {task.id} calls itself", _shown_by(task)),))
        return (yield from self._converse(request, task, path))

    def _ask_agent(self, request: Request, task: Task) -> Response:
        """Ask the container agent, which every container reaches at a link-local address."""
        known = (agent(task, request) for agent in self._agents)
        answer = next((each for each in known if each is not None), None)
        if answer is None:
            return Response(404, {"Content-Type": "text/plain"}, b"404 page not found\n")
        return Response(answer.status, dict(answer.headers), answer.body, answered_by=AGENT_ADDRESS)

    def _converse(self, request: Request, task: Task, path: Path) -> Way:
        """Talk to the process of a task that listens on the request's port."""
        process = listener_on(task, request.port)
        if process is None:
            words = f"nothing in task {task.id} listens on port {request.port}"
            hops = path.refused(words, _shown_by(task)).hops
            raise ConnectionRefusedByHostError.of(request, hops)
        if request.scheme == "https":
            message = f"{request.host} does not speak HTTPS on port {request.port}."
            raise TlsError(message, hops=path.hops)
        headers = {**request.headers, "Host": request.authority}
        answer = ask(process, request.method, request.url, headers, request.body)
        patience = request.read_timeout or float("inf")
        if (yield Wait(min(answer.seconds, patience), process)):
            raise ConnectionClosedError.of(request, path.hops)
        if answer.seconds > patience:
            raise ReadTimedOutError.of(request, path.hops)
        address = task.interface.private_ip if task.interface else request.host
        by = f"{address}:{request.port}"
        return Response(answer.status, dict(answer.headers), answer.body, 0.0, path.hops, by)

    # --- Names and addresses ----------------------------------------------------------------------

    def _source(self, request: Request) -> Task | None:
        if request.source == INTERNET_SOURCE:
            return None
        task = self._hosts.task(request.source)
        if task is None or interface_of(task) is None or task.stopped:
            message = (
                f'No request can come from {request.source!r}: the source is "internet" or the'
                " ARN of a task that has its network interface."
            )
            raise CourseError(message)
        return task

    def _resolve(self, host: str, task: Task | None) -> str:
        if _is_address(host):
            return host
        address = address_in(host, inside=task is not None)
        if address:
            return address
        for resolver in self._resolvers:
            found = resolver(host, task)
            if found is not None:
                return found
        message = f"There is no host {host}: the name cannot be resolved in the simulated network."
        raise NameNotResolvedError(message)

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


def _timed(outcome: Response | TrafficError, seconds: float) -> Response | TrafficError:
    if isinstance(outcome, TrafficError):
        outcome.seconds = seconds
        return outcome
    return replace(outcome, seconds=seconds)


def _shown_by(task: Task) -> str:
    return f"ecs.describe_tasks(cluster='{task.cluster.name}', tasks=['{task.id}'])"


def _nobody(address: str, source: Task | None) -> Hop:
    if source is None and ipaddress.ip_address(address).is_private:
        words = f"{address} is a private address, to which the internet has no way"
    else:
        words = f"no task has the address {address}"
    return Hop(words, f"ec2.describe_network_interfaces()  # {address}", "timeout")


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
