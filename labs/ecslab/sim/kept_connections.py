"""Connections that a client keeps open between its requests (HTTP keep-alive)."""

from __future__ import annotations

from typing import Generic, Protocol, TypeVar

__all__ = ["KeptConnections"]


class _Connection(Protocol):
    @property
    def is_open(self) -> bool:
        """Return whether another request can be sent over it."""


Kept = TypeVar("Kept", bound=_Connection)


class KeptConnections(Generic[Kept]):
    """The idle connections of one client.

    A connection leads to where it was opened, whatever names and load balancers would choose now.
    One that the other side has closed meanwhile is let go, and a new one is opened.
    """

    def __init__(self) -> None:
        self._idle: dict[str, list[Kept]] = {}

    def take(self, authority: str) -> Kept | None:
        """Return an idle connection to a host and port that is still open, None without one."""
        idle = self._idle.get(authority, [])
        while idle:
            connection = idle.pop()
            if connection.is_open:
                return connection
        return None

    def give(self, authority: str, connection: Kept) -> None:
        """Keep a connection on which an answer has come."""
        self._idle.setdefault(authority, []).append(connection)
