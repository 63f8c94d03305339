"""What a process that nobody trusts says to the judge: taken when it is sound, else left out."""

from __future__ import annotations

from collections.abc import Callable
from queue import Empty
from typing import Any

import zmq

__all__ = ["Message", "bound", "receive"]

Message = dict[str, Any]

_LARGEST = 32 * 1024 * 1024  # bytes; who sends more loses the connection
_MOST_WAITING = 32  # in each direction of a channel, so that the largest ones still fit into memory

_FIELDS: dict[str, dict[str, type]] = {
    "display_data": {"data": dict, "metadata": dict},
    "error": {"ename": str, "evalue": str, "traceback": list},
    "execute_input": {},
    "execute_reply": {"status": str},
    "execute_result": {"data": dict, "metadata": dict},
    "status": {"execution_state": str},
    "stream": {"name": str, "text": str},
    "update_display_data": {"data": dict},
}
"""The messages that nbval and the judge understand, and what they rely on."""


def bound(context: zmq.Context[Any]) -> None:
    """Bound what the channels of a context hold for a judge that is busy.

    Args:
        context: before it has channels.
    """
    context.setsockopt(zmq.MAXMSGSIZE, _LARGEST)
    context.setsockopt(zmq.RCVHWM, _MOST_WAITING)


def receive(get: Callable[..., Message], timeout: float) -> Message | None:
    """Take the next message of a channel.

    Args:
        get: one of the client's methods that do so.
        timeout: wall-clock seconds.

    Returns:
        The message, or None in place of one that makes no sense.

    Raises:
        Empty: there is none in time.
    """
    try:
        message = get(timeout=timeout)
    except Empty:
        raise
    except Exception:  # noqa: BLE001 - not signed, no JSON, nested too deep: there is no end to it
        return None
    return message if _is_sound(message) else None


def _is_sound(message: Message) -> bool:
    content = message["content"]
    fields = _FIELDS.get(str(message["msg_type"]))
    if fields is None or not isinstance(content, dict):
        return False
    if not isinstance(message["parent_header"], dict):
        return False
    return all(isinstance(content.get(name), kind) for name, kind in fields.items()) and all(
        isinstance(line, str) for line in content.get("traceback") or ()
    )
