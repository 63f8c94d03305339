"""HTTP requests through the simulated network: from the internet or a task to where they lead."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from ecslab.errors import CourseError
from ecslab.model.network import Hop
from ecslab.sim.balancer_requests import BalancerRequests
from ecslab.sim.connect_requests import ConnectRequests
from ecslab.sim.direct_requests import DirectRequests, shown_by
from ecslab.sim.exchange import Wait, add_up, live_through
from ecslab.sim.hosts import interface_of
from ecslab.sim.kept_connections import KeptConnections
from ecslab.sim.load import Load
from ecslab.sim.names import Names
from ecslab.sim.request import (
    CONNECT_TIMEOUT,
    INTERNET_SOURCE,
    ConnectionRefusedByHostError,
    NameNotResolvedError,
    NetworkUnreachableError,
    Request,
    Response,
    TrafficError,
)
from ecslab.sim.request_counts import RequestCounts
from ecslab.sim.target_connections import TargetConnections

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from ecslab.model.image import Curve
    from ecslab.sim.balancing import LoadBalancer, LoadBalancing
    from ecslab.sim.entities import Account, Task
    from ecslab.sim.exchange import Way
    from ecslab.sim.hops import Reach
    from ecslab.sim.hosts import Hosts
    from ecslab.sim.names import Resolved
    from ecslab.sim.service_connect import ServiceConnect
    from ecslab.sim.targets import Targets
    from ecslab.sim.wsgi import Answer

    AgentHandler = Callable[[Task, Request], Answer | None]

__all__ = ["AGENT_ADDRESS", "Traffic"]

AGENT_ADDRESS: Final = "169.254.170.2"
"""Where the container agent answers the containers of its tasks (task-iam-roles)."""
DAEMON_ADDRESS: Final = "169.254.172.2"
"""Where tasks reach the managed daemons of their instance (managed-daemons-task-definitions)."""

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
        self.names = Names(account, reach.topology)
        self._account = account
        self._connect: ServiceConnect | None = None
        self._through_proxies: ConnectRequests | None = None
        self._agents: list[AgentHandler] = []
        env = account.clock.env
        connections = TargetConnections(env, hosts, reach)
        self._direct = DirectRequests(hosts, reach)
        self._through_balancers = BalancerRequests(
            env, balancing, targets, connections, self.counts
        )

    def connect(self, connect: ServiceConnect) -> None:
        """Have tasks with a Service Connect proxy use it for the endpoints that they know."""
        self._connect = connect
        self._through_proxies = ConnectRequests(self._account, connect, self._reach)

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
        kept: KeptConnections[Any] | None = None,
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
            kept: the connections that the client keeps open between its requests.

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
            kept,
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
        keep_alive: bool = False,
    ) -> Load:
        """Begin to send requests at a steady rate; they are sent while time passes.

        Args:
            url: the full URL.
            per_second: requests per second, constant or a function of the seconds since now.
            seconds: for how long to send.
            source: ``internet``, or the ARN of the task that sends them.
            method: the HTTP method.
            timeout: seconds the client waits, for the connection and for the answer.
            keep_alive: whether the client keeps its connections open between requests.

        Returns:
            The load, which counts what becomes of them.
        """
        kept: KeptConnections[Any] | None = KeptConnections() if keep_alive else None
        request = Request(method.upper(), url, {}, b"", source, timeout, timeout, kept=kept)
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
        near = self._near(request, task)
        if near is not None:
            return (yield from near)
        if request.host == AGENT_ADDRESS and task is not None:
            return self._ask_agent(request, task)
        if task is not None and interface_of(task) is None:
            message = f"Task {task.id} has no network: its network mode is none."
            raise NetworkUnreachableError(message, hops=[_no_network(task)])
        if task is not None and self._connect is not None and self._through_proxies is not None:
            endpoint = self._connect.endpoint(task, request.host, request.port)
            if endpoint is not None:
                return (yield from self._through_proxies.way(request, task, endpoint))
            if task.proxy is not None and request.host in task.proxy.names:
                words = f"the Service Connect proxy has no endpoint {request.host}:{request.port}"
                raise ConnectionRefusedByHostError.of(request, [Hop(words, shown_by(task))])
        found = self._resolve(request, task)
        balancer = self._balancing.named(found.name)
        if balancer is not None:
            return (yield from self._to_balancer(request, task, balancer))
        if not found.addresses:
            message = (
                f"There is no host {request.host}: the name cannot be resolved in the simulated"
                " network."
            )
            raise NameNotResolvedError(message, hops=found.hops)
        return (yield from self._direct.way(request, task, found))

    def _near(self, request: Request, task: Task | None) -> Way | None:
        """Return the way to what does not leave the sender's host, None for anything else."""
        if task is not None and _among_daemons(request, task):
            return self._direct.to_daemons(request, task)
        return self._direct.loopback(request, task) if request.host in _LOOPBACK else None

    def _to_balancer(self, request: Request, task: Task | None, balancer: LoadBalancer) -> Way:
        source = interface_of(task) if task else None
        return (yield from self._through_balancers.way(request, balancer, source))

    def _ask_agent(self, request: Request, task: Task) -> Response:
        """Ask the container agent, which every container reaches at a link-local address."""
        known = (agent(task, request) for agent in self._agents)
        answer = next((each for each in known if each is not None), None)
        if answer is None:
            return Response(404, {"Content-Type": "text/plain"}, b"404 page not found\n")
        return Response(answer.status, dict(answer.headers), answer.body, answered_by=AGENT_ADDRESS)

    # --- Names and addresses ----------------------------------------------------------------------

    def _source(self, request: Request) -> Task | None:
        if request.source == INTERNET_SOURCE:
            return None
        task = self._hosts.task(request.source)
        if task is None or not _has_network(task) or task.stopped:
            message = (
                f'No request can come from {request.source!r}: the source is "internet" or the'
                " ARN of a task that has its network interface."
            )
            raise CourseError(message)
        return task

    def _resolve(self, request: Request, task: Task | None) -> Resolved:
        found = self.names.resolve(request.host, task)
        if isinstance(found, Hop):
            message = f"The name {request.host} cannot be resolved: {found.words}."
            raise NameNotResolvedError(message, hops=[found])
        return found


def _timed(outcome: Response | TrafficError, seconds: float) -> Response | TrafficError:
    if isinstance(outcome, TrafficError):
        outcome.seconds = seconds
        return outcome
    return replace(outcome, seconds=seconds)


def _among_daemons(request: Request, task: Task) -> bool:
    """Say whether a request of a task goes to the managed daemons of its instance."""
    if task.daemon is not None and request.host in _LOOPBACK:
        return True
    return request.host == DAEMON_ADDRESS and interface_of(task) is not None


def _has_network(task: Task) -> bool:
    """Say whether a task has begun far enough to have the network that it will have."""
    return interface_of(task) is not None or task.definition.get("networkMode") == "none"


def _no_network(task: Task) -> Hop:
    arn = task.definition.get("taskDefinitionArn")
    words = f"task {task.id} has the network mode none: it has no interface but the loopback device"
    return Hop(words, f"ecs.describe_task_definition(taskDefinition='{arn}')", "timeout")
