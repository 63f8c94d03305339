"""A warmed parent, as those see it who want processes from it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from ecslab.course.forking.process import ForkedProcess
from ecslab.course.forking.wire import Order, send_order

__all__ = ["Parent", "can_fork", "fork_at", "listens"]

Stream = int | IO[Any]

_SOCKET = "parent"
_KEPT = {"HOME", "LANG", "LANGUAGE", "LD_LIBRARY_PATH", "PATH", "VIRTUAL_ENV"}


def can_fork() -> bool:
    """Tell whether processes can be forked here.

    Windows has no fork, and macOS's own libraries do not survive one; there plain processes are
    started instead, which give the same verdicts a few seconds later.
    """
    return sys.platform == "linux"


class Parent:
    """Starts a warmed parent and asks it for processes; safe to be used by several threads.

    Args:
        package: the folder that holds the package `ecslab`; this one's by default.
    """

    def __init__(self, package: Path | None = None) -> None:
        self._package = package or Path(__file__).resolve().parents[3]
        self._folder = ""
        self._alive = -1
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        """Start the parent; it warms up while the caller goes on."""
        self._folder = tempfile.mkdtemp(prefix="ecslab-")
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(self.address)
            listener.listen(128)
            owner, self._alive = os.pipe()
            self._process = self._spawn(listener, f"owner={owner}", owner)
            os.close(owner)
        return self

    @property
    def address(self) -> str:
        """The path of the socket on which the parent listens."""
        return str(Path(self._folder) / _SOCKET)

    def fork(self, order: Order, stdout: Stream, stderr: Stream) -> ForkedProcess:
        """Ask for a process; waits until the parent is warm.

        Args:
            order: what it is to do.
            stdout: a file or descriptor for its standard output.
            stderr: the same for its standard error.

        Raises:
            OSError: the parent is gone.
        """
        return fork_at(self.address, order, stdout, stderr)

    def stop(self) -> None:
        """End the parent and all its processes."""
        if self._process is None:
            return
        os.close(self._alive)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None
        shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> Self:
        """Start the parent."""
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End the parent."""
        self.stop()

    def _spawn(
        self, listener: socket.socket, until: str, *descriptors: int
    ) -> subprocess.Popen[bytes]:
        """Start the program; `until` says when it is to end."""
        numbers = (listener.fileno(), *descriptors)
        command = [sys.executable, "-P", "-m", "ecslab.course.forking", str(numbers[0]), until]
        return subprocess.Popen(
            command,
            pass_fds=numbers,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            start_new_session=True,
        )

    def _environment(self) -> dict[str, str]:
        """Give what Python needs to start; each process gets its own variables later.

        What is in here, every process that is ever forked can read in ``/proc/self/environ``.
        """
        kept = {
            name: value
            for name, value in os.environ.items()
            if name in _KEPT or name.startswith("LC_")
        }
        return {
            **kept,
            "PYTHONHASHSEED": "0",
            "PYTHONPATH": str(self._package),
            "PYTHONUTF8": "1",
            "TZ": "UTC",
        }


def fork_at(address: str, order: Order, stdout: Stream, stderr: Stream) -> ForkedProcess:
    """Ask the parent that listens at an address for a process.

    Args:
        address: the path of its socket.
        order: what the process is to do.
        stdout: a file or descriptor for its standard output.
        stderr: the same for its standard error.

    Raises:
        OSError: nobody listens there.
    """
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect(address)
        with suppress(BrokenPipeError):  # the answer, or its absence, tells more
            send_order(connection, order, (_number(stdout), _number(stderr)))
        return ForkedProcess(connection)
    except BaseException:
        connection.close()
        raise


def listens(address: Path) -> bool:
    """Tell whether somebody listens on a socket.

    Args:
        address: the path of the socket; there may be nothing.
    """
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            connection.connect(str(address))
        except OSError:
            return False
    return True


def _number(stream: Stream) -> int:
    return stream if isinstance(stream, int) else stream.fileno()
