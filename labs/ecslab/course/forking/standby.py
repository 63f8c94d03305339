"""A warmed parent that stays ready for a while between one command and the next."""

from __future__ import annotations

import hashlib
import os
import socket
import stat
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Self

from ecslab.course.forking.parent import Parent, Stream, can_fork, listens
from ecslab.course.forking.process import ForkedProcess
from ecslab.course.forking.wire import Order

__all__ = ["Standby", "standby"]

IDLE_SECONDS = 1800.0
"""After so many wall-clock seconds without work it ends by itself."""

_OFF = "off"


def standby() -> Parent | None:
    """Give the parent that stays ready; None where there is none, or none is wanted.

    The environment variable ECSLAB_STANDBY is ``off`` where nothing may stay behind.
    """
    if not can_fork() or os.environ.get("ECSLAB_STANDBY") == _OFF:
        return None
    folder = _private_folder()
    return None if folder is None else Standby(folder)


class Standby(Parent):
    """Finds the parent that an earlier command has started, or starts it.

    Args:
        folder: belongs to this user alone.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._path = folder / _fingerprint()

    @property
    def address(self) -> str:
        """The path of the socket; it is another after each change of the package."""
        return str(self._path)

    def start(self) -> Self:
        """Start the parent unless it is there; it warms up while the caller goes on."""
        if listens(self._path):
            return self
        for left in self._path.parent.glob(f"{self._path.name}-*"):
            left.unlink(missing_ok=True)  # of prepared parents that have ended with theirs
        draft = self._path.with_suffix(f".{os.getpid()}")
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(draft))
            listener.listen(128)
            draft.replace(self._path)
            process = self._spawn(listener, f"idle={IDLE_SECONDS:g}")
            process.returncode = 0  # it outlives this process, on purpose: nobody waits for it
        return self

    def fork(self, order: Order, stdout: Stream, stderr: Stream) -> ForkedProcess:
        """Ask for a process; a parent that has just ended is started again.

        Args:
            order: what it is to do.
            stdout: a file or descriptor for its standard output.
            stderr: the same for its standard error.
        """
        try:
            return super().fork(order, stdout, stderr)
        except OSError:
            self.start()
            return super().fork(order, stdout, stderr)

    def stop(self) -> None:
        """Leave it running, for the next command."""


def _private_folder() -> Path | None:
    """Give a folder for the socket that nobody else can write to or replace."""
    base = Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir())
    folder = base / f"ecslab-{os.geteuid()}"
    with suppress(OSError):
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
        others = stat.S_IMODE(found.st_mode) & 0o077
        if stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not others:
            return folder
    return None


def _fingerprint() -> str:
    """Give a name that changes when the package, an installed distribution or Python does."""
    package = Path(__file__).resolve().parents[2]
    seen = hashlib.sha256(f"{sys.executable} {sys.version}".encode())
    for path in [*sorted(package.rglob("*.py")), *sorted(package.rglob("*.toml"))]:
        found = path.stat()
        seen.update(f"{path} {found.st_mtime_ns} {found.st_size}\n".encode())
    for folder in sys.path:
        with suppress(OSError):
            seen.update(f"{folder} {Path(folder).stat().st_mtime_ns}\n".encode())
    return seen.hexdigest()[:16]
