"""HTTP of this process goes into the simulated network: `requests`, `urllib.request`, urllib3.

Nothing reaches the real network while it is installed. AWS's own API endpoints are answered by
the simulated account, whoever calls them.
"""

from __future__ import annotations

import io
from datetime import timedelta
from email.message import Message
from http.client import responses as reasons
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
import urllib3.connection
from requests.adapters import HTTPAdapter
from urllib3.exceptions import NewConnectionError
from urllib3.response import HTTPResponse

from ecslab.aws import http_client
from ecslab.aws.source import current_task
from ecslab.aws.turns import turn
from ecslab.sim.kept_connections import KeptConnections
from ecslab.sim.request import (
    INTERNET_SOURCE,
    ConnectionTimedOutError,
    ReadTimedOutError,
    TlsError,
    TrafficError,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from requests import PreparedRequest

    from ecslab.sim.request import Response
    from ecslab.sim.traffic import Traffic

__all__ = ["install", "uninstall"]

_API_SUFFIXES = (".amazonaws.com", ".amazonaws.com.cn", ".aws")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_ERRORS: tuple[tuple[type[TrafficError], type[requests.RequestException]], ...] = (
    (ConnectionTimedOutError, requests.exceptions.ConnectTimeout),
    (ReadTimedOutError, requests.exceptions.ReadTimeout),
    (TlsError, requests.exceptions.SSLError),
)
_undo: list[Callable[[], None]] = []


def install(traffic: Callable[[], Traffic]) -> None:
    """Lead HTTP requests of this process into the simulated network; twice does no harm.

    To be called after moto has started, which answers those to AWS's own endpoints.

    Args:
        traffic: returns the network's traffic at the time of a request.
    """
    uninstall()

    def send(
        method: str,
        url: str,
        headers: dict[str, str],
        body: bytes,
        timeout: Any = None,
        *,
        verify: bool = True,
        kept: KeptConnections[Any] | None = None,
    ) -> Response:
        connect_timeout, read_timeout = _timeouts(timeout)
        with turn():
            return traffic().request(
                method,
                url,
                headers,
                body,
                _source(),
                connect_timeout=connect_timeout,
                read_timeout=read_timeout,
                verify=verify,
                kept=kept,
            )

    _undo.extend(
        (
            _replace_adapter(send),
            _guard_urllib3(),
            http_client.install(send, inside_task=lambda: current_task() is not None),
        )
    )


def uninstall() -> None:
    """Give the process its HTTP back; does nothing when it is not installed."""
    while _undo:
        _undo.pop()()


def is_api(host: str) -> bool:
    """Say whether a host is an AWS API endpoint: in AWS's domain, and neither customer's nor ELB's.

    Args:
        host: a host name, in lower case.
    """
    if not host.endswith(_API_SUFFIXES):
        return False
    own = host.split(".")
    return "elb" not in own and not any(part.startswith("compute") for part in own)


def _source() -> str:
    task = current_task()
    return task.arn if task else INTERNET_SOURCE


def _timeouts(timeout: Any) -> tuple[float | None, float | None]:
    """Return the seconds to wait for a connection and for an answer."""
    if timeout is None or isinstance(timeout, int | float):
        return timeout, timeout
    if isinstance(timeout, tuple):
        return timeout[0], timeout[1]
    return timeout.connect_timeout, timeout.read_timeout


def _replace_adapter(send: http_client.Send) -> Callable[[], None]:
    before = HTTPAdapter.send

    def adapter_send(  # noqa: PLR0917 - the signature of requests
        self: HTTPAdapter,
        request: PreparedRequest,
        stream: bool = False,  # noqa: FBT001, FBT002
        timeout: Any = None,
        verify: Any = True,  # noqa: FBT002
        cert: Any = None,
        proxies: Any = None,
    ) -> requests.Response:
        host = (urlsplit(str(request.url)).hostname or "").lower()
        if is_api(host):
            return before(self, request, stream, timeout, verify, cert, proxies)
        return _exchange(self, request, send, timeout, verify=bool(verify))

    def undo() -> None:
        if HTTPAdapter.send is adapter_send:
            HTTPAdapter.send = before  # type: ignore[method-assign]

    HTTPAdapter.send = adapter_send  # type: ignore[method-assign]
    return undo


def _exchange(
    adapter: HTTPAdapter,
    request: PreparedRequest,
    send: http_client.Send,
    timeout: Any,
    *,
    verify: bool,
) -> requests.Response:
    """Send a request with the retries that its adapter was made with.

    The connections are the adapter's, and so the session's: the next request may use them again.
    """
    retries = adapter.max_retries
    method, url = str(request.method), str(request.url)
    kept = vars(adapter).setdefault("_kept", KeptConnections())
    while True:
        headers = {str(name): str(text) for name, text in request.headers.items()}
        try:
            body = _body(request)
            response = send(method, url, headers, body, timeout, verify=verify, kept=kept)
        except TrafficError as error:
            raise _as_requests_error(error, request) from None
        raw = _raw(response, method)
        if not retries.is_retry(method, response.status, "Retry-After" in raw.headers):
            return _finished(adapter.build_response(request, raw), response.seconds)
        try:
            retries = retries.increment(method, url, response=raw)
        except urllib3.exceptions.MaxRetryError:
            if retries.raise_on_status:
                message = f"{urlsplit(url).hostname} answered {response.status} too many times."
                raise requests.exceptions.RetryError(message, request=request) from None
            return _finished(adapter.build_response(request, raw), response.seconds)
        retries.sleep(raw)


def _body(request: PreparedRequest) -> bytes:
    body: Any = request.body
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, bytes):
        return body
    if hasattr(body, "read"):
        data = body.read()
        return data.encode() if isinstance(data, str) else bytes(data)
    return b"".join(part.encode() if isinstance(part, str) else part for part in body)


class _Original:
    """What requests looks for cookies in: the message of the response below urllib3's."""

    def __init__(self, headers: dict[str, str]) -> None:
        self.msg = Message()
        for name, text in headers.items():
            self.msg[name] = text

    def isclosed(self) -> bool:
        """Say that there is nothing more to read."""
        return True

    def close(self) -> None:
        """Close it, of which nothing comes."""


def _raw(response: Response, method: str) -> HTTPResponse:
    body = b"" if method == "HEAD" else response.body
    original: Any = _Original(response.headers)
    return HTTPResponse(
        body=io.BytesIO(body),
        headers=response.headers,
        status=response.status,
        reason=reasons.get(response.status),
        version=11,
        preload_content=False,
        original_response=original,
        request_method=method,
    )


def _finished(response: requests.Response, seconds: float) -> requests.Response:
    """Have the response tell its simulated seconds; requests itself measures real ones."""

    def set_elapsed(found: requests.Response, **_: Any) -> None:
        if found is response:
            found.elapsed = timedelta(seconds=seconds)

    response.request.register_hook("response", set_elapsed)
    return response


def _as_requests_error(error: TrafficError, request: PreparedRequest) -> requests.RequestException:
    for kind, raised in _ERRORS:
        if isinstance(error, kind):
            return raised(str(error), request=request)
    return requests.exceptions.ConnectionError(str(error), request=request)


def _guard_urllib3() -> Callable[[], None]:
    """Refuse what uses urllib3 by itself, except connections to this computer."""
    kind: Any = urllib3.connection.HTTPConnection
    before = getattr(kind, "_new_conn", None)
    if before is None:  # in a browser urllib3 has no connections
        return lambda: None

    def new_connection(self: Any) -> Any:
        if self.host in _LOOPBACK and current_task() is None:
            return before(self)
        message = f"Nothing here reaches the network; call {self.host} with requests or urllib."
        raise NewConnectionError(self, message)

    def undo() -> None:
        kind._new_conn = before  # noqa: SLF001 - there is no public place

    kind._new_conn = new_connection  # noqa: SLF001
    return undo
