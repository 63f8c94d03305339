"""Finds the way from a source to a destination, without sending anything."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from ecslab.errors import CourseError
from ecslab.model.network import Hop, to_internet, to_service
from ecslab.sim.balancer_tracing import listening
from ecslab.sim.connect_requests import connect_hop, ingress_port, server_hop
from ecslab.sim.hosts import interface_of
from ecslab.sim.names import is_address
from ecslab.sim.request import INTERNET_SOURCE, Request
from ecslab.sim.trace import Leg, Trace

if TYPE_CHECKING:
    from ecslab.model.network import NetworkInterface
    from ecslab.model.service_connect import Endpoint
    from ecslab.sim.balancer_tracing import BalancerTracer
    from ecslab.sim.balancing import LoadBalancing
    from ecslab.sim.entities import Account, Task
    from ecslab.sim.names import Names
    from ecslab.sim.service_connect import ServiceConnect

__all__ = ["Tracer"]

_PULL: Final = (
    ("ecr.api", "ask Amazon ECR for an authorization token"),
    ("ecr.dkr", "fetch the manifest from the registry"),
    ("s3", "fetch the layers from Amazon S3"),
)
"""The connections of a pull from Amazon ECR (Amazon ECR user guide, "VPC endpoints")."""

_HTTPS: Final = 443
_PORTS: Final = {"http": 80, "https": _HTTPS}
_API: Final = ".amazonaws.com"
_IMAGE: Final = re.compile(r"[^:/]+/(?!/).+|[^:/]+:\d+/.+|[^:/]+:(?=.*\D)[\w.-]+")
"""A path behind a registry's host or a user's name, or a tag that is no port number."""


class Tracer:
    """Answers how a packet would travel.

    Args:
        account: the account.
        balancing: what Elastic Load Balancing has been told.
        names: the resolvers.
        balancers: explains ways through load balancers.
        connect: the endpoints of Service Connect.
    """

    def __init__(
        self,
        account: Account,
        *,
        balancing: LoadBalancing,
        names: Names,
        balancers: BalancerTracer,
        connect: ServiceConnect,
    ) -> None:
        self._account = account
        self._balancing = balancing
        self._names = names
        self._balancers = balancers
        self._hosts = balancers.hosts
        self._reach = balancers.reach
        self._connect = connect

    def trace(self, source: str, destination: str, port: int | None = None) -> Trace:
        """Return the way from a source to a destination.

        Args:
            source: ``internet``, or the ARN of a task (also of one that has stopped).
            destination: a URL; a host name or address; the ARN of a task; the URI of an image;
                the name of an AWS service's endpoint, such as ``logs``; or ``internet``.
            port: the TCP port; by default that of the URL, else 80, else 443 for AWS and the
                internet.

        Raises:
            CourseError: the source or the destination makes no sense.
        """
        task = self._task(source)
        if destination.startswith("arn:"):
            target = self._hosts.task(destination)
            if target is None or interface_of(target) is None:
                message = f"There is no task with a network interface and the ARN {destination}."
                raise CourseError(message)
            legs = (Leg("", self._to_task(task, target, port or 80, private=True)),)
            return Trace(source, destination, legs)
        service = _service_of(destination)
        if service and task is not None:
            return Trace(source, destination, (self._to_service(task, service, agent=False),))
        if task is not None and _IMAGE.fullmatch(destination):
            return Trace(source, destination, self._pull(task, destination))
        if destination == INTERNET_SOURCE:
            return Trace(source, destination, (self._to_internet(task, port or _HTTPS),))
        return Trace(source, destination, (Leg("", self._to_host(task, destination, port)),))

    def _task(self, source: str) -> Task | None:
        if source == INTERNET_SOURCE:
            return None
        task = self._hosts.task(source)
        if task is None or interface_of(task) is None:
            message = (
                f'Nothing can be sent from {source!r}: the source is "internet" or the ARN of a'
                " task that has, or had, a network interface."
            )
            raise CourseError(message)
        return task

    # --- AWS and the internet ---------------------------------------------------------------------

    def _pull(self, task: Task, image: str) -> tuple[Leg, ...]:
        """Return the connections of an image pull, up to the first that fails."""
        host = image.partition("/")[0]
        if not host.endswith(_API):
            return (self._to_internet(task, _HTTPS, title=f"pull {image}", agent=True),)
        legs: list[Leg] = []
        for service, purpose in _PULL:
            legs.append(self._to_service(task, service, agent=True, purpose=purpose))
            if legs[-1].obstacle is not None:
                break
        return tuple(legs)

    def _to_service(self, task: Task, service: str, *, agent: bool, purpose: str = "") -> Leg:
        interface = _sender(task, agent=agent)
        path = to_service(self._reach.topology(), interface, service, self._account.region)
        return Leg(purpose or f"call {service}", path.hops)

    def _to_internet(
        self, task: Task | None, port: int, title: str = "", *, agent: bool = False
    ) -> Leg:
        if task is None:
            raise CourseError("The way from the internet to the internet is not AWS's.")
        interface = _sender(task, agent=agent)
        return Leg(title, to_internet(self._reach.topology(), interface, port).hops)

    # --- Hosts ------------------------------------------------------------------------------------

    def _to_host(self, task: Task | None, destination: str, port: int | None) -> tuple[Hop, ...]:
        url = destination if "://" in destination else f"//{destination}"
        parts = urlsplit(url)
        host, path = parts.hostname or "", parts.path or "/"
        try:
            port = port or parts.port or _PORTS.get(parts.scheme, 80)
        except ValueError:
            host = ""
        if not host or port is None:
            raise CourseError(f"{destination!r} is no destination; write a URL or a host name.")
        if task is not None:
            endpoint = self._connect.endpoint(task, host, port)
            if endpoint is not None:
                return self._through_proxies(task, endpoint)
        found = self._names.resolve(host, task)
        if isinstance(found, Hop):
            return (found,)
        balancer = self._balancing.named(found.name)
        if balancer is not None:
            request = Request("GET", f"http://{host}:{port}{path}")
            source = _sender(task) if task else None
            return (*found.hops, *self._balancers.hops(source, balancer, port, request))
        if not found.addresses:
            words = f"nothing answers for the name {host}"
            return (*found.hops, Hop(words, "servicediscovery.list_namespaces()", "dns"))
        return (*found.hops, *self._to_address(task, found.addresses[0], port))

    def _to_address(self, task: Task | None, address: str, port: int) -> tuple[Hop, ...]:
        target = self._hosts.public(address, port)
        private = False
        if target is None and task is not None and task.agent_interface is not None:
            target = self._hosts.private(task.agent_interface.vpc, address, port)
            private = True
        if target is None:
            evidence = f"ec2.describe_network_interfaces()  # {address}"
            return (Hop(f"no task has the address {address}", evidence, "timeout"),)
        return self._to_task(task, target, port, private=private)

    def _to_task(
        self, task: Task | None, target: Task, port: int, *, private: bool
    ) -> tuple[Hop, ...]:
        destination = interface_of(target)
        assert destination is not None  # noqa: S101 - it was found by its address
        if task is None:
            path = self._reach.inbound(destination, port)
        elif private:
            path = self._reach.inside(_sender(task), destination, port)
        else:
            path = self._reach.outside(_sender(task), destination, port)
        return (*path.hops, *([] if path.failure else [listening(target, port)]))

    def _through_proxies(self, task: Task, endpoint: Endpoint) -> tuple[Hop, ...]:
        first = connect_hop(task, endpoint)
        serving = self._connect.serving(endpoint)
        if not serving:
            call = server_hop(task, endpoint, 0).evidence
            words = f"no task serves {endpoint.discovery_name}: the proxy answers 503"
            return (first, Hop(words, call, "refused"))
        server = serving[0]
        port, destination = ingress_port(server, endpoint), interface_of(server)
        assert destination is not None  # noqa: S101 - it serves
        path = self._reach.inside(_sender(task), destination, port)
        hops = (first, server_hop(server, endpoint, port), *path.hops)
        return hops if path.failure else (*hops, listening(server, port))


def _sender(task: Task, *, agent: bool = False) -> NetworkInterface:
    """Return the interface from which a task's applications, or its agent, send."""
    interface = interface_of(task, agent=agent)
    assert interface is not None  # noqa: S101 - checked at the beginning
    return interface


def _service_of(destination: str) -> str:
    """Return the short name of the AWS endpoint that a destination means; empty if it is none."""
    host = urlsplit(destination).hostname or "" if "://" in destination else destination
    if host.endswith(_API) and ".elb." not in host and "/" not in host:
        labels = host.removesuffix(_API).split(".")
        if "dkr" in labels:
            return "ecr.dkr"
        named = [label for label in labels if "-" not in label or not label[-1].isdigit()]
        return ".".join(reversed(named)) if named[:1] == ["api"] else named[-1]
    bare = "://" not in destination and "/" not in destination and ":" not in destination
    known = ("ecr.api", "ecr.dkr", "ecs", "kms", "logs", "monitoring", "s3", "secretsmanager")
    more = ("sns", "sqs", "ssm", "ssmmessages", "sts", "events", "dynamodb")
    if bare and not is_address(destination) and destination in (*known, *more):
        return destination
    return ""
