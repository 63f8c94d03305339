"""What is said between a warmed parent and those who ask it for a process: lines of JSON."""

from __future__ import annotations

import json
import socket
from dataclasses import asdict, dataclass
from typing import Any

__all__ = ["SECONDS", "Order", "receive_order", "send", "send_order"]

SECONDS = 20.0
"""Wall-clock seconds in which a whole message must have arrived."""

_CHUNK = 65536
_STREAMS = 2  # standard output and standard error


@dataclass(frozen=True)
class Order:
    """A process that is wanted.

    Attributes:
        task: ``package.module:function``, called with the argument; what it returns is the exit
            status.
        argument: anything that JSON can say.
        environment: all the variables of the process.
        folder: where it works.
        kept: whether it lives on when nobody holds it, until the server ends or it does by itself.
    """

    task: str
    argument: Any
    environment: dict[str, str]
    folder: str
    kept: bool = False


def send(connection: socket.socket, message: dict[str, Any]) -> None:
    """Send one message.

    Args:
        connection: a Unix stream socket.
        message: what to say.
    """
    connection.sendall(json.dumps(message).encode() + b"\n")


def send_order(connection: socket.socket, order: Order, streams: tuple[int, int]) -> None:
    """Ask for a process.

    Args:
        connection: a Unix stream socket.
        order: what is wanted.
        streams: descriptors that become its standard output and standard error.
    """
    data = json.dumps(asdict(order)).encode() + b"\n"
    sent = socket.send_fds(connection, [data[:_CHUNK]], list(streams))
    connection.sendall(data[sent:])


def receive_order(connection: socket.socket) -> tuple[Order, list[int]]:
    """Take what `send_order` sent.

    Args:
        connection: a Unix stream socket.

    Returns:
        The order, and the descriptors of its two streams.

    Raises:
        ValueError: it is no order.
        OSError: it does not arrive.
    """
    connection.settimeout(SECONDS)
    data, streams, _, _ = socket.recv_fds(connection, _CHUNK, _STREAMS)
    while not data.endswith(b"\n"):
        more = connection.recv(_CHUNK)
        if not more:
            break
        data += more
    connection.settimeout(None)
    if len(streams) != _STREAMS:
        raise ValueError("an order comes with two streams")
    return Order(**json.loads(data)), streams
