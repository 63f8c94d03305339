"""The Service Connect proxy of one task: where it listens, what it knows, whom it avoids.

AWS: service-connect-concepts-deploy, "Service Connect proxy".
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from ecslab.sim.wsgi import Answer

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    import simpy

    from ecslab.model.service_connect import Endpoint
    from ecslab.sim.entities import Account
    from ecslab.sim.process import Process
    from ecslab.sim.pure_answers import PureAnswer

__all__ = ["Acceptor", "ConnectProxy", "IngressListener", "itself"]

_FAILURES: Final = 5
_WINDOW: Final = 30.0
_SHORTEST, _LONGEST = 30.0, 300.0


@dataclass(slots=True)
class Upstream:
    """What a proxy remembers of one task that it connects to."""

    failures: deque[float] = field(default_factory=lambda: deque(maxlen=_FAILURES))
    avoided_until: float = 0.0
    times: int = 0


@dataclass(eq=False, slots=True)
class ConnectProxy:
    """The proxy container that ECS adds to a task.

    Args:
        account: where it runs.
        name: the container's name.
        arn: the container's ARN.
        attachment: the id of the task's attachment of type ServiceConnect.
        clients: the endpoints that the task's applications can connect to, by name and port.
        ingress: the endpoints that it takes connections for, by the port it listens on.
    """

    account: Account
    name: str
    arn: str
    attachment: str
    clients: Mapping[tuple[str, int], Endpoint]
    ingress: dict[int, Endpoint] = field(default_factory=dict)
    bindings: list[dict[str, Any]] = field(default_factory=list)
    """Its network bindings on a container instance, in the API's shape."""
    started_at: datetime | None = None
    admitted: bool = False
    """Whether it has been found ready for traffic once; from then on only failures count."""
    turns: dict[tuple[str, str], int] = field(default_factory=dict)
    upstreams: dict[str, Upstream] = field(default_factory=dict)

    @property
    def names(self) -> frozenset[str]:
        """Return the names that lead to it inside its task."""
        return frozenset(name for name, _ in self.clients)

    def note_failure(self, task: str, now: float) -> None:
        """Remember that a connection to a task failed.

        AWS: outlier detection: a task is avoided for 30 to 300 seconds once 5 connections to it
        have failed within 30 seconds. That it is 30 seconds more each time is Envoy's way.
        """
        upstream = self.upstreams.setdefault(task, Upstream())
        upstream.failures.append(now)
        if len(upstream.failures) == _FAILURES and now - upstream.failures[0] <= _WINDOW:
            upstream.times += 1
            pause = min(_SHORTEST * upstream.times, _LONGEST)
            upstream.avoided_until = now + pause
            upstream.failures.clear()

    def avoids(self, task: str, now: float) -> bool:
        """Say whether it sends no connections to a task now."""
        upstream = self.upstreams.get(task)
        return upstream is not None and now < upstream.avoided_until


class IngressListener:
    """What takes a connection on a proxy's port: the proxy, in front of its task's application.

    It answers like a process, so that load balancers and health checks need not know the
    difference. AWS: service-connect-concepts-deploy, "Networking".

    Args:
        account: where it runs.
        endpoint: the endpoint that it serves.
        process: the application that listens on the endpoint's container port, if any does.
    """

    def __init__(self, account: Account, endpoint: Endpoint, process: Process | None) -> None:
        self.account = account
        self.endpoint = endpoint
        self.process = process

    @property
    def alive(self) -> bool:
        """Return whether the connection behind it is there."""
        return self.process is None or self.process.alive

    @property
    def ended(self) -> simpy.Event:
        """Succeeds when the application ends."""
        return self.process.ended if self.process else self.account.clock.env.event()

    @property
    def steady(self) -> bool:
        """Return whether it answers every request alike as long as the application lives."""
        return self.process is not None and self.process.steady

    @property
    def rests_on(self) -> PureAnswer | None:
        """Return what the answers of the application rest on."""
        return self.process.rests_on if self.process else None

    def request(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Pass a request on to the application; answer 503 when nothing listens there."""
        if self.process is None:
            return itself(503, "delayed connect error: 111")
        answer = self.process.request(method, url, headers, body)
        if not self.endpoint.speaks_http:
            return answer
        milliseconds = str(round(answer.seconds * 1000))
        added = {"server": "envoy", "x-envoy-upstream-service-time": milliseconds}
        kept = {key: text for key, text in answer.headers.items() if key.lower() not in added}
        return Answer(answer.status, kept | added, answer.body, answer.seconds)


Acceptor: TypeAlias = "Process | IngressListener"
"""What takes a connection."""


def itself(status: int, reason: str) -> Answer:
    """Return the page that a proxy answers by itself, in Envoy's words."""
    texts = {
        503: f"upstream connect error or disconnect/reset before headers. reset reason: {reason}",
        504: "upstream request timeout",
    }
    text = texts[status] if reason != "no healthy upstream" else reason
    headers = {"content-type": "text/plain", "server": "envoy", "content-length": str(len(text))}
    return Answer(status, headers, text.encode())
