"""HTTP/1.1 requests and responses as bytes."""

from __future__ import annotations

from dataclasses import dataclass
from http.client import responses
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ecslab.sim.wsgi import Answer

__all__ = ["ReceivedRequest", "is_complete", "parse", "render"]

_END_OF_HEAD = b"\r\n\r\n"
_LAST_CHUNK = b"0\r\n\r\n"


@dataclass(frozen=True, slots=True)
class ReceivedRequest:
    """A request as it came over a connection.

    Args:
        method: the HTTP method.
        target: path and query.
        headers: the header fields.
        body: the body.
    """

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


def is_complete(data: bytes) -> bool:
    """Say whether a request has been sent to its end."""
    head, found, body = data.partition(_END_OF_HEAD)
    if not found:
        return False
    fields = {
        name.strip().lower(): text.strip()
        for name, _, text in (line.partition(":") for line in head.decode("latin-1").split("\r\n"))
    }
    if fields.get("transfer-encoding", "").lower() == "chunked":
        return body.endswith(_LAST_CHUNK)
    return len(body) >= int(fields.get("content-length", 0))


def parse(data: bytes) -> ReceivedRequest:
    """Return the request in the bytes that a client has sent."""
    head, _, body = data.partition(_END_OF_HEAD)
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ", 2)
    headers = {}
    for line in lines:
        name, _, text = line.partition(":")
        headers[name.strip()] = text.strip()
    if headers.get("Transfer-Encoding", "").lower() == "chunked":
        body = _dechunked(body)
    return ReceivedRequest(method, target, headers, body)


def render(answer: Answer, method: str) -> bytes:
    """Return an answer as the bytes that a client receives.

    Args:
        answer: the answer.
        method: the request's method; the answer to HEAD has no body.
    """
    reason = responses.get(answer.status, "")
    headers = {
        name: text
        for name, text in answer.headers.items()
        if name.lower() not in ("content-length", "transfer-encoding", "connection")
    }
    headers |= {"Content-Length": str(len(answer.body)), "Connection": "close"}
    lines = [
        f"HTTP/1.1 {answer.status} {reason}",
        *(f"{name}: {text}" for name, text in headers.items()),
    ]
    body = b"" if method == "HEAD" else answer.body
    return "\r\n".join(lines).encode("latin-1") + _END_OF_HEAD + body


def _dechunked(data: bytes) -> bytes:
    parts = []
    while data:
        size, _, rest = data.partition(b"\r\n")
        length = int(size.split(b";")[0] or b"0", 16)
        if not length:
            break
        parts.append(rest[:length])
        data = rest[length + 2 :]
    return b"".join(parts)
