"""Connections of `http.client`, and so of `urllib.request`, into the simulated network."""

from __future__ import annotations

import io
from http.client import HTTPConnection, HTTPSConnection
from typing import TYPE_CHECKING, Any

from ecslab.aws.http_messages import is_complete, parse, render
from ecslab.sim.kept_connections import KeptConnections
from ecslab.sim.request import (
    ConnectionClosedError,
    ConnectionRefusedByHostError,
    ConnectionTimedOutError,
    NameNotResolvedError,
    ReadTimedOutError,
    TrafficError,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from ecslab.aws.http_messages import ReceivedRequest
    from ecslab.sim.request import Response

    Send = Callable[..., Response]

__all__ = ["install"]

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class Wire:
    """Stands where `http.client` expects a socket.

    Args:
        scheme: ``http`` or ``https``.
        authority: host and port.
        timeout: seconds to wait, None for no limit.
        send: sends a request through the simulated network.
    """

    def __init__(self, scheme: str, authority: str, timeout: float | None, send: Send) -> None:
        self._base = f"{scheme}://{authority}"
        self._timeout = timeout
        self._send = send
        self._sent = bytearray()
        self._received = b""
        self._lost: OSError | None = None
        self._kept: KeptConnections[Any] = KeptConnections()

    def sendall(self, data: Any) -> None:
        """Take a part of the request, and send the request once it is complete.

        Raises:
            OSError: the connection could not be made.
        """
        self._sent += data
        if is_complete(bytes(self._sent)):
            request = parse(bytes(self._sent))
            self._sent.clear()
            try:
                self._received = render(self._exchange(request), request.method)
            except (ReadTimedOutError, ConnectionClosedError) as error:
                self._lost = as_os_error(error)
            except TrafficError as error:
                raise as_os_error(error) from None

    def makefile(self, _mode: str = "rb", _buffering: int = -1) -> io.BytesIO:
        """Return the response to be read.

        Raises:
            OSError: the connection ended before there was one.
        """
        if self._lost is not None:
            raise self._lost
        return io.BytesIO(self._received)

    def _exchange(self, request: ReceivedRequest) -> Response:
        proxied = request.target.startswith(("http://", "https://"))
        url = request.target if proxied else self._base + request.target
        return self._send(
            request.method,
            url,
            request.headers,
            request.body,
            timeout=self._timeout,
            kept=self._kept,
        )

    def close(self) -> None:
        """End the connection."""

    def settimeout(self, seconds: float | None) -> None:
        """Wait that long at most."""
        self._timeout = seconds

    def setsockopt(self, *_: Any) -> None:
        """Take a socket option, which means nothing here."""


def as_os_error(error: TrafficError) -> OSError:
    """Return a failure as the error that sockets raise for it."""
    import socket

    if isinstance(error, NameNotResolvedError):
        return socket.gaierror(socket.EAI_NONAME, str(error))
    kinds: list[tuple[type[TrafficError], type[OSError]]] = [
        (ConnectionRefusedByHostError, ConnectionRefusedError),
        (ConnectionTimedOutError, TimeoutError),
        (ReadTimedOutError, TimeoutError),
        (ConnectionClosedError, ConnectionResetError),
    ]
    for kind, raised in kinds:
        if isinstance(error, kind):
            return raised(str(error))
    return OSError(str(error))


def install(send: Send, *, inside_task: Callable[[], bool]) -> Callable[[], None]:
    """Lead the connections of `http.client` into the simulated network.

    Connections of the notebook to its own computer stay what they are.

    Args:
        send: sends a request; takes method, URL, header fields, body and ``timeout``.
        inside_task: says whether the code that runs now is a container's.

    Returns:
        A function that undoes it.
    """
    real, real_secure = HTTPConnection.connect, HTTPSConnection.connect

    def connect(self: HTTPConnection) -> None:
        if self.host in _LOOPBACK and not inside_task():
            (real_secure if isinstance(self, HTTPSConnection) else real)(self)
            return
        scheme = "https" if isinstance(self, HTTPSConnection) else "http"
        timeout = self.timeout if isinstance(self.timeout, int | float) else None
        self.sock = Wire(scheme, f"{self.host}:{self.port}", timeout, send)

    def undo() -> None:
        if HTTPConnection.connect is connect:
            HTTPConnection.connect = real  # type: ignore[method-assign]
            HTTPSConnection.connect = real_secure  # type: ignore[method-assign]

    HTTPConnection.connect = connect  # type: ignore[method-assign]
    HTTPSConnection.connect = connect  # type: ignore[method-assign]
    return undo
