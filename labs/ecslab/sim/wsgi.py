"""Calls a WSGI application with one request."""

from __future__ import annotations

import io
import sys
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP response.

    Args:
        status: the HTTP status.
        headers: the header fields.
        body: the body.
        seconds: how long the answer took.
    """

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    seconds: float = 0.0

    def after(self, seconds: float) -> Answer:
        """Return the same answer, that many seconds later."""
        return replace(self, seconds=self.seconds + seconds)

    @property
    def text(self) -> str:
        """Return the body as text."""
        return self.body.decode(errors="replace")


def call(
    app: Callable[..., Any], method: str, url: str, headers: Mapping[str, str], body: bytes
) -> Answer:
    """Return what a WSGI application answers to a request.

    Args:
        app: the application.
        method: the HTTP method.
        url: the full URL.
        headers: the request's header fields.
        body: the request's body.

    Raises:
        Exception: whatever the application itself raises.
    """
    parts = urlsplit(url)
    environ = {
        "REQUEST_METHOD": method.upper(),
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(parts.path) or "/",
        "QUERY_STRING": parts.query,
        "SERVER_NAME": parts.hostname or "localhost",
        "SERVER_PORT": str(parts.port or 80),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": parts.scheme or "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in headers.items():
        key = name.upper().replace("-", "_")
        environ[key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"] = value
    begun: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(status: str, fields: list[tuple[str, str]], _: Any = None) -> Any:
        begun.append((status, fields))
        return io.BytesIO().write

    chunks = app(environ, start_response)
    content = b"".join(chunks)
    status, fields = begun[-1]
    return Answer(int(status.split()[0]), dict(fields), content)
