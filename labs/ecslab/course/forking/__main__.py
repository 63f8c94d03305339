"""The warmed parent: ``python -m ecslab.course.forking LISTENER OWNER``.

Args are file descriptors: a listening Unix socket, and a pipe that closes when the owner ends.
"""

from __future__ import annotations

import socket
import sys

from ecslab.course.forking.preload import preload
from ecslab.course.forking.server import Server

__all__ = ["main"]


def main(listener: int, owner: int) -> None:
    """Import everything, then fork on request until the owner ends.

    Args:
        listener: the descriptor of a listening socket.
        owner: the descriptor of a pipe.
    """
    preload()
    Server(socket.socket(fileno=listener), owner).run()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))
