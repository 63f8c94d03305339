"""Jupyter kernels that are forked from a warmed parent."""

from __future__ import annotations

import os
import stat
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ipykernel.heartbeat import Heartbeat
from ipykernel.iostream import IOPubThread
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from ecslab.course.forking.parent import fork_at
from ecslab.course.forking.wire import Order

__all__ = ["ForkingProvisioner", "run_kernel"]

scope: dict[str, Any] | None = None
"""What names mean at the beginning of a notebook, when code has run before this process forked."""

_LAUNCHER = "ipykernel_launcher"
_TASK = f"{__name__}:run_kernel"


class ForkingProvisioner(LocalProvisioner):
    """Jupyter's own way to start a kernel, with a fork in place of a new Python.

    Args:
        address: where a warmed parent listens.
        task: what runs a kernel there, with the arguments of ipykernel's launcher.
        options: of `LocalProvisioner`.
    """

    def __init__(self, address: str, *, task: str = _TASK, **options: Any) -> None:
        super().__init__(**options)
        self._address = address
        self._task = task

    async def launch_kernel(self, cmd: list[str], **options: Any) -> Any:
        """Fork the kernel that a command would start.

        Args:
            cmd: a command that ends with ipykernel's launcher and its arguments.
            options: `env`, `cwd`, `stdout` and `stderr` of `subprocess.Popen`; others do not
                matter to a fork.
        """
        environment = dict(options.get("env") or os.environ)
        environment.pop("JPY_PARENT_PID", None)  # the parent ends it, by the connection
        folder = str(options.get("cwd") or tempfile.gettempdir())
        manager: Any = self.parent
        _hand_over(Path(manager.connection_file))
        order = Order(self._task, cmd[cmd.index(_LAUNCHER) + 1 :], environment, folder)
        nothing = os.open(os.devnull, os.O_WRONLY)
        try:
            streams = [_stream(options.get(name), nothing) for name in ("stdout", "stderr")]
            process: Any = fork_at(self._address, order, *streams)
        finally:
            os.close(nothing)
        self.process = process
        self.pid = process.pid
        self.pgid = None  # signals go through the parent, which may count processes otherwise
        self.cwd = folder
        return self.connection_info


def run_kernel(arguments: list[str], on_ready: Callable[[], object] | None = None) -> int:
    """Be a kernel until it is told to end.

    Args:
        arguments: of ipykernel's launcher.
        on_ready: called when all its sockets are there, before it runs anything.
    """
    from ipykernel import kernelapp

    vars(kernelapp).update(IOPubThread=_OutputThread, Heartbeat=_Heartbeat)
    app: Any = kernelapp.IPKernelApp.instance()
    if scope is not None:
        app.user_ns = scope
    app.initialize(arguments)
    if scope is not None:
        from ecslab.course.tracebacks import shorten

        shorten(app.shell)  # the code before could not: there was no shell
    if on_ready is not None:
        app.heartbeat.bound.wait()
        on_ready()
    app.start()
    return 0


class _OutputThread(IOPubThread):
    """Sends a kernel's output, and opens no TCP port for what its own forks print."""

    def _setup_pipe_in(self) -> None:
        self._pipe_flag = False


class _Heartbeat(Heartbeat):
    """Tells when its socket is there: it makes it in its own thread."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)  # type: ignore[no-untyped-call]
        self.bound = threading.Event()

    def _bind_socket(self) -> None:
        try:
            super()._bind_socket()  # type: ignore[no-untyped-call]
        finally:
            self.bound.set()


def _hand_over(file: Path) -> None:
    """Let the kernel read its connection file, when it is another user who owns the folder.

    That user may have put anything in the file's place by now, and gets only what root just made.
    """
    if os.geteuid() != 0:
        return
    owner = file.parent.stat()
    descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        found = os.fstat(descriptor)
        if stat.S_ISREG(found.st_mode) and found.st_nlink == 1:
            os.fchown(descriptor, owner.st_uid, owner.st_gid)
    finally:
        os.close(descriptor)


def _stream(asked: Any, nothing: int) -> Any:
    return nothing if asked is None or (isinstance(asked, int) and asked < 0) else asked
