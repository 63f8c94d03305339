"""Jupyter kernels that are forked from a warmed parent."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from ipykernel.iostream import IOPubThread
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from ecslab.course.forking.parent import fork_at
from ecslab.course.forking.wire import Order

__all__ = ["ForkingProvisioner", "run_kernel"]

_LAUNCHER = "ipykernel_launcher"
_TASK = f"{__name__}:run_kernel"


class ForkingProvisioner(LocalProvisioner):
    """Jupyter's own way to start a kernel, with a fork in place of a new Python.

    Args:
        address: where a warmed parent listens.
        options: of `LocalProvisioner`.
    """

    def __init__(self, address: str, **options: Any) -> None:
        super().__init__(**options)
        self._address = address

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
        order = Order(_TASK, cmd[cmd.index(_LAUNCHER) + 1 :], environment, folder)
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


def run_kernel(arguments: list[str]) -> int:
    """Be a kernel until it is told to end.

    Args:
        arguments: of ipykernel's launcher.
    """
    from ipykernel import kernelapp

    vars(kernelapp)["IOPubThread"] = _OutputThread
    kernelapp.IPKernelApp.launch_instance(argv=arguments)
    return 0


class _OutputThread(IOPubThread):
    """Sends a kernel's output, and opens no TCP port for what its own forks print."""

    def _setup_pipe_in(self) -> None:
        self._pipe_flag = False


def _hand_over(file: Path) -> None:
    """Let the kernel read its connection file, when it is another user who owns the folder."""
    owner = file.parent.stat()
    if os.geteuid() == 0:
        os.chown(file, owner.st_uid, owner.st_gid)


def _stream(asked: Any, nothing: int) -> Any:
    return nothing if asked is None or (isinstance(asked, int) and asked < 0) else asked
