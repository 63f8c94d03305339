"""A forked process, as its holder sees it: the same methods as `subprocess.Popen`."""

from __future__ import annotations

import json
import select
import signal
import socket
import subprocess
import time
from contextlib import suppress

from ecslab.course.forking.wire import send

__all__ = ["ForkedProcess"]

_FOREVER = 10.0**6


class ForkedProcess:
    """The child of a warmed parent; it is killed when this connection closes.

    Args:
        connection: over which the process was ordered.

    Attributes:
        pid: its number where the parent is, which can be another than here.
        returncode: its exit status, negative for a signal, or None while it runs.
    """

    stdin = stdout = stderr = None

    def __init__(self, connection: socket.socket) -> None:
        self.returncode: int | None = None
        self._connection = connection
        self._heard = b""
        self.pid = self._first()

    def poll(self) -> int | None:
        """Give the exit status when the process has ended, else None."""
        return self._listen(0)

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end of the process.

        Args:
            timeout: wall-clock seconds; None waits for as long as it takes.

        Returns:
            Its exit status.

        Raises:
            subprocess.TimeoutExpired: it takes longer.
        """
        deadline = time.monotonic() + (_FOREVER if timeout is None else timeout)
        while self.returncode is None:
            left = deadline - time.monotonic()
            if left <= 0:
                raise subprocess.TimeoutExpired("a forked process", timeout or 0)
            self._listen(left)
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal to the process and its group.

        Args:
            number: of the signal.
        """
        if self.returncode is None:
            with suppress(OSError):
                send(self._connection, {"signal": int(number)})

    def terminate(self) -> None:
        """Ask the process to end."""
        self.send_signal(signal.SIGTERM)

    def let_go(self) -> None:
        """Hold the process no longer; one that was not ordered to be kept ends."""
        self._connection.close()

    def kill(self) -> None:
        """End the process and its group at once."""
        self.send_signal(signal.SIGKILL)

    def _first(self) -> int:
        while b"\n" not in self._heard:
            data = self._connection.recv(4096)
            if not data:
                raise ConnectionError("the warmed parent ended before it gave a process")
            self._heard += data
        line, _, self._heard = self._heard.partition(b"\n")
        return int(json.loads(line)["pid"])

    def _listen(self, seconds: float) -> int | None:
        """Hear whether the process has ended; a parent that is gone has taken it along."""
        if self.returncode is not None:
            return self.returncode
        readable, _, _ = select.select([self._connection], [], [], seconds)
        if readable:
            try:
                data = self._connection.recv(4096)
            except OSError:
                data = b""
            self._heard += data
            if b"\n" in self._heard:
                self.returncode = int(json.loads(self._heard)["exit"])
            elif not data:
                self.returncode = -signal.SIGKILL
            if self.returncode is not None:
                self._connection.close()
        return self.returncode
