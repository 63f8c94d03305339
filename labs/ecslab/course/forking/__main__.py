"""The warmed parent: ``python -m ecslab.course.forking LISTENER UNTIL``.

LISTENER is the file descriptor of a listening Unix socket. UNTIL says when to end: ``owner=N`` when
the pipe with that descriptor closes, ``idle=N`` after so many seconds without work.
"""

from __future__ import annotations

import socket
import sys

from ecslab.course.forking.preload import preload
from ecslab.course.forking.server import Server

__all__ = ["main"]


def main(listener: str, until: str) -> None:
    """Import everything, then fork on request.

    Args:
        listener: the descriptor of a listening socket.
        until: when to end.
    """
    preload()
    kind, _, number = until.partition("=")
    owner = int(number) if kind == "owner" else None
    idle = float(number) if kind == "idle" else None
    Server(socket.socket(fileno=int(listener)), owner, idle=idle).run()


if __name__ == "__main__":
    main(*sys.argv[1:3])
