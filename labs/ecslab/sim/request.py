"""One HTTP request through the simulated network, and how it can end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import urlsplit

from ecslab.errors import CourseError, EcslabError
from ecslab.sim.wsgi import Answer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ecslab.model.network import Hop
    from ecslab.sim.kept_connections import KeptConnections

__all__ = [
    "INTERNET_SOURCE",
    "ConnectionClosedError",
    "ConnectionRefusedByHostError",
    "ConnectionTimedOutError",
    "NameNotResolvedError",
    "NetworkUnreachableError",
    "ReadTimedOutError",
    "Request",
    "Response",
    "TlsError",
    "TrafficError",
]

INTERNET_SOURCE: Final = "internet"
"""The source of a request that comes from outside of AWS, as the notebook's do."""

CONNECT_TIMEOUT: Final = 127.0
"""Seconds after which Linux gives up connecting when the client sets no limit (6 SYN retries)."""

_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request.

    Args:
        method: the HTTP method, in capitals.
        url: the full URL.
        headers: the header fields.
        body: the body.
        source: ``internet`` or the ARN of a task (or of one of its containers).
        connect_timeout: seconds that the client waits for a connection.
        read_timeout: seconds that the client waits for the answer; None waits for ever.
        verify: whether the client checks TLS certificates.
        kept: the connections that the client keeps open; None when it opens one each time.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    source: str = INTERNET_SOURCE
    connect_timeout: float = CONNECT_TIMEOUT
    read_timeout: float | None = None
    verify: bool = True
    kept: KeptConnections[Any] | None = None

    def __post_init__(self) -> None:
        """Refuse what is not an HTTP URL."""
        parts = urlsplit(self.url)
        if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
            message = f"{self.url!r} is not an HTTP URL; write http://HOST/PATH."
            raise CourseError(message)

    @property
    def scheme(self) -> str:
        """Return ``http`` or ``https``."""
        return urlsplit(self.url).scheme

    @property
    def host(self) -> str:
        """Return the host of the URL, in lower case, without the port."""
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        """Return the TCP port of the URL."""
        parts = urlsplit(self.url)
        return parts.port or _DEFAULT_PORTS[parts.scheme]

    @property
    def authority(self) -> str:
        """Return the Host header field: as given, else the URL's host, and its port if unusual."""
        usual = self.port == _DEFAULT_PORTS[self.scheme]
        return self.header("Host") or (self.host if usual else f"{self.host}:{self.port}")

    @property
    def path(self) -> str:
        """Return the path of the URL, at least a slash."""
        return urlsplit(self.url).path or "/"

    @property
    def query(self) -> str:
        """Return the query string, without the question mark."""
        return urlsplit(self.url).query

    def header(self, name: str) -> str:
        """Return a header field, in any spelling of its name; empty when it is missing."""
        wanted = name.lower()
        return next((text for key, text in self.headers.items() if key.lower() == wanted), "")


@dataclass(frozen=True, slots=True)
class Response(Answer):
    """An answer that came back, and the way it took.

    Args:
        hops: the way of the request, in travelling order.
        answered_by: the target (``ip:port``) whose application answered; empty when the load
            balancer did.
    """

    hops: tuple[Hop, ...] = ()
    answered_by: str = ""


class TrafficError(EcslabError):
    """A request that got no HTTP answer.

    Its text says what the client sees; `hops` says why.

    Args:
        message: one sentence that says what happened.
        seconds: how long the client waited.
        hops: the way of the request up to the obstacle.
    """

    kind = "failed"

    def __init__(self, message: str, seconds: float = 0.0, hops: Iterable[Hop] = ()) -> None:
        super().__init__(message)
        self.seconds = seconds
        self.hops = tuple(hops)


class NameNotResolvedError(TrafficError):
    """The host's name does not exist."""

    kind = "name not resolved"


class NetworkUnreachableError(TrafficError):
    """The sender has no network at all."""

    kind = "network unreachable"


class ConnectionTimedOutError(TrafficError):
    """Nothing came back: a security group, a route or an address that nobody has."""

    kind = "connection timed out"

    @classmethod
    def of(cls, request: Request, hops: Iterable[Hop] = ()) -> Self:
        """Return the failure in the words of the client, who can't know why."""
        seconds = f"{request.connect_timeout:g} seconds"
        message = f"Connecting to {request.host} on port {request.port} timed out after {seconds}."
        return cls(message, hops=hops)


class ConnectionRefusedByHostError(TrafficError):
    """The packets arrived, and nothing listens on the port."""

    kind = "connection refused"

    @classmethod
    def of(cls, request: Request, hops: Iterable[Hop] = ()) -> Self:
        """Return the failure in the words of the client, who can't know why."""
        return cls(f"{request.host} refused the connection on port {request.port}.", hops=hops)


class ConnectionClosedError(TrafficError):
    """The connection ended before the answer: its process did."""

    kind = "connection closed"

    @classmethod
    def of(cls, request: Request, hops: Iterable[Hop] = ()) -> Self:
        """Return the failure in the words of the client, who can't know why."""
        return cls(f"{request.host} closed the connection without an answer.", hops=hops)


class ReadTimedOutError(TrafficError):
    """The client did not want to wait for the answer any longer."""

    kind = "read timed out"

    @classmethod
    def of(cls, request: Request, hops: Iterable[Hop] = ()) -> Self:
        """Return the failure in the words of the client, who can't know why."""
        seconds = f"{request.read_timeout:g} seconds"
        return cls(f"{request.host} did not answer within {seconds}.", hops=hops)


class TlsError(TrafficError):
    """HTTPS to a port that does not speak it, or with a certificate for another name."""

    kind = "TLS failed"
