"""Service Connect: the endpoints of namespaces, who knows them, and which tasks serve them.

AWS: service-connect-concepts, service-connect-concepts-deploy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ecslab.model.service_connect import Endpoint, TrafficMark, endpoints, first_wait
from ecslab.sim.connect_proxy import ConnectProxy
from ecslab.sim.hosts import interface_of
from ecslab.sim.weighted_turns import WeightedTurns

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Mapping

    from ecslab.sim.entities import Account, Task
    from ecslab.sim.request import Request
    from ecslab.sim.service import Deployment, Service

__all__ = ["Connection", "Exchange", "ServiceConnect", "Shares"]

_START_PROXY: Final = (3.0, 1.0)


@dataclass(frozen=True, slots=True)
class Connection:
    """What a deployment has to do with Service Connect, fixed when it began.

    Args:
        namespace: the ARN of its namespace.
        offered: the endpoints that its tasks serve.
        clients: the endpoints that its tasks can connect to: those that there were.
        resources: the ARN of the Cloud Map service of each endpoint it serves, by discovery name.
    """

    namespace: str
    offered: tuple[Endpoint, ...]
    clients: Mapping[tuple[str, int], Endpoint]
    resources: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Shares:
    """How traffic to a service is shared out among its deployments.

    Args:
        weights: the share of each deployment, by id; one that is not named gets nothing.
        test: the id of the deployment that gets requests marked as test traffic, if one does.
    """

    weights: Mapping[str, int]
    test: str | None = None


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request that went through a client's proxy, for whoever keeps metrics.

    Args:
        client: the task that sent it.
        server: the task that it reached; None when it reached none.
        endpoint: the endpoint.
        status: the HTTP status; 0 when the client got no answer.
        seconds: how long the server took.
        sent: bytes of the request's body.
        received: bytes of the answer's body.
    """

    client: Task
    server: Task | None
    endpoint: Endpoint
    status: int
    seconds: float
    sent: int
    received: int


class ServiceConnect:
    """Service Connect of one account and Region.

    Args:
        account: the account.
    """

    def __init__(self, account: Account) -> None:
        self._account = account
        self._members: dict[tuple[str, str], dict[str, Task]] = {}
        self._shares: dict[str, Shares] = {}
        self._turns = WeightedTurns()
        self._listeners: list[Callable[[Exchange], None]] = []

    def listen(self, listener: Callable[[Exchange], None]) -> None:
        """Have `listener` called with every request that went through a client's proxy."""
        self._listeners.append(listener)

    def report(self, exchange: Exchange) -> None:
        """Tell the listeners of a request."""
        for listener in self._listeners:
            listener(exchange)

    # --- Services -------------------------------------------------------------------------------

    def begin(self, deployment: Deployment) -> None:
        """Make the endpoints of a new deployment, and fix what its tasks can connect to.

        Its clients know the endpoints that are there now, its own included; later ones only after
        the next deployment (service-connect-concepts-deploy).
        """
        configuration = deployment.settings.get("serviceConnectConfiguration")
        if not configuration or deployment.connection is not None:
            return
        directory = self._account.ports.directory
        namespace = directory.namespace(configuration["namespace"])
        if namespace is None:
            return
        offered = endpoints(configuration, deployment.definition, namespace.arn, namespace.name)
        resources = {}
        for each in offered:
            found = directory.find(namespace.arn, each.discovery_name)
            resources[each.discovery_name] = found or directory.make(
                namespace.arn, each.discovery_name
            )
        known = {each.address: each for each in self.offered_in(namespace.arn)}
        known.update({each.address: each for each in offered})
        deployment.connection = Connection(namespace.arn, offered, known, resources)

    def end(self, service: Service) -> None:
        """Remove the endpoints of a service that is gone."""
        self._shares.pop(service.arn, None)
        for deployment in service.history:
            if deployment.connection is not None:
                for arn in deployment.connection.resources.values():
                    self._account.ports.directory.remove(arn)

    def offered_in(self, namespace: str) -> Iterator[Endpoint]:
        """Yield the endpoints of a namespace, as the newest deployment of each service has them."""
        for _, connection in self.services_in(namespace):
            yield from connection.offered

    def services_in(self, namespace: str) -> Iterator[tuple[Service, Connection]]:
        """Yield the active services of a namespace, in all clusters."""
        for cluster in self._account.clusters.values():
            for service in cluster.services.values():
                if service.status == "ACTIVE" and service.deployments:
                    connection = service.primary.connection
                    if connection is not None and connection.namespace == namespace:
                        yield service, connection

    def share(self, service: Service, shares: Shares | None) -> None:
        """Decide which deployments of a service get its traffic.

        Args:
            service: the service.
            shares: the shares; None lets all its tasks take turns, as in a rolling update.
        """
        if shares is None:
            self._shares.pop(service.arn, None)
        else:
            self._shares[service.arn] = shares

    # --- Tasks ----------------------------------------------------------------------------------

    def start(self, task: Task) -> Generator[Any, Any, None]:
        """Add the proxy to a task whose deployment has Service Connect, and let it start."""
        deployment = task.service.deployment(task.deployment) if task.service else None
        connection = deployment.connection if deployment else None
        if connection is None:
            return
        identifiers = self._account.identifiers
        base = f"container/{task.cluster.name}/{task.id}"
        proxy = ConnectProxy(
            self._account,
            f"ecs-service-connect-{identifiers.letters(5)}",
            self._account.arn(f"{base}/{identifiers.uuid()}"),
            identifiers.uuid(),
            connection.clients,
        )
        task.proxy = proxy
        yield self._account.clock.env.timeout(identifiers.jitter(*_START_PROXY))
        for endpoint in connection.offered:
            proxy.ingress[_ingress_port(task, proxy, endpoint)] = endpoint
        proxy.started_at = self._account.clock.now

    def join(self, task: Task) -> None:
        """Register a task in the endpoints that it serves."""
        if task.proxy is None or task.service is None:
            return
        deployment = task.service.deployment(task.deployment)
        connection = deployment.connection if deployment else None
        interface = interface_of(task)
        if connection is None or interface is None:
            return
        for port, endpoint in task.proxy.ingress.items():
            attributes = {
                "AWS_INSTANCE_IPV4": interface.private_ip,
                "AWS_INSTANCE_PORT": str(port),
                "AvailabilityZone": task.zone or "",
                "DeploymentId": str(task.deployment).rsplit("/", 1)[-1],
            }
            self._account.ports.directory.register(
                connection.resources[endpoint.discovery_name], task.id, attributes
            )
            self._members.setdefault(endpoint.key, {})[task.id] = task

    def leave(self, task: Task) -> None:
        """Take a task out of the endpoints that it serves; no new connections come from now on."""
        if task.proxy is None:
            return
        for endpoint in task.proxy.ingress.values():
            if self._members.get(endpoint.key, {}).pop(task.id, None) is None:
                continue
            arn = self._account.ports.directory.find(*endpoint.key)
            if arn is not None:
                self._account.ports.directory.deregister(arn, task.id)

    # --- Requests -------------------------------------------------------------------------------

    def endpoint(self, task: Task, host: str, port: int) -> Endpoint | None:
        """Return the endpoint that a task's application means with a name and a port."""
        return task.proxy.clients.get((host, port)) if task.proxy else None

    def serving(self, endpoint: Endpoint) -> list[Task]:
        """Return the tasks that take connections to an endpoint, oldest first."""
        members = self._members.get(endpoint.key, {})
        return [task for task in members.values() if self._is_ready(task)]

    def candidates(self, endpoint: Endpoint, request: Request) -> list[Task]:
        """Return the tasks among which a client's proxy chooses for a request.

        When a deployment shifts traffic, its shares decide which of the revisions is meant.
        """
        tasks = self.serving(endpoint)
        service = tasks[0].service if tasks else None
        shares = self._shares.get(service.arn) if service is not None else None
        if service is None or shares is None:
            return tasks
        tested = service.deployment(shares.test)
        mark = self._mark(endpoint, tested)
        chosen = (
            shares.test
            if mark is not None and mark.marks(request.header(mark.name))
            else self._turn(endpoint, shares, tasks)
        )
        return [task for task in tasks if task.deployment == chosen]

    def _mark(self, endpoint: Endpoint, tested: Deployment | None) -> TrafficMark | None:
        """Return what marks test traffic for the deployment that gets it.

        Clients know its rules without being deployed again; requests have header fields with the
        HTTP protocols only (service-connect-blue-green).
        """
        connection = tested.connection if tested is not None else None
        offered = connection.offered if connection is not None else ()
        return next(
            (each.test for each in offered if each.key == endpoint.key and each.speaks_http), None
        )

    def choose(
        self, proxy: ConnectProxy, endpoint: Endpoint, tasks: list[Task], last: Task | None
    ) -> Task | None:
        """Return the task that a proxy connects to: round robin, without those that it avoids.

        A second attempt avoids the task of the first one (service-connect-concepts-deploy). When
        all are to be avoided, all are used, as Envoy does in its panic mode.
        """
        now = self._account.clock.seconds
        pool = [task for task in tasks if not proxy.avoids(task.id, now)] or tasks
        pool = [task for task in pool if task is not last] or pool
        if not pool:
            return None
        turn = proxy.turns.get(endpoint.key, 0)
        proxy.turns[endpoint.key] = turn + 1
        return pool[turn % len(pool)]

    def _turn(self, endpoint: Endpoint, shares: Shares, tasks: Iterable[Task]) -> str | None:
        there = {task.deployment for task in tasks}
        weights = [(name, weight) for name, weight in shares.weights.items() if name in there]
        return self._turns.next("/".join(endpoint.key), weights)

    def _is_ready(self, task: Task) -> bool:
        """Say whether a task gets traffic (service-connect-concepts, initial health check)."""
        proxy = task.proxy
        if proxy is None or task.running_since is None or not task.wanted:
            return False
        if not proxy.admitted:
            waited = self._account.clock.seconds - task.running_since
            known = not task.has_health_check or task.health == "HEALTHY"
            unknown = task.has_health_check and task.health == "UNKNOWN"
            proxy.admitted = known or (unknown and waited >= first_wait(task.definition))
        return proxy.admitted


def _ingress_port(task: Task, proxy: ConnectProxy, endpoint: Endpoint) -> int:
    """Return the port on which a task's proxy listens for an endpoint.

    AWS: botocore ecs ServiceConnectService.ingressPortOverride: the container port, in bridge mode
    a dynamic port of the host.
    """
    if task.instance is None or task.interface is not None:
        return endpoint.ingress_port
    mapping = {"containerPort": endpoint.container_port, "hostPort": endpoint.ingress_port}
    bindings = task.instance.bind(task, mapping, "bridge")
    proxy.bindings += bindings
    return int(bindings[0]["hostPort"])
