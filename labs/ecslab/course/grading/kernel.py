"""The Python process in which a notebook of the course runs while it is judged."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import sys
import time
from collections import deque
from contextlib import suppress
from queue import Empty
from typing import Any
from uuid import uuid4

import zmq
from jupyter_client.manager import KernelManager
from nbval.kernel import CURRENT_ENV_KERNEL_NAME, NbvalKernelspecManager, RunningKernel

from ecslab.course.forking.kernels import ForkingProvisioner
from ecslab.course.grading.conditions import environment
from ecslab.course.grading.messages import Message, bound, receive
from ecslab.course.grading.place import Place
from ecslab.errors import CourseError

__all__ = ["CourseKernel", "KernelDied"]

GRACE = 3.0
"""Wall-clock seconds that a cell has to end after it was interrupted."""

LARGEST_OUTPUT = 8 * 1024 * 1024
"""Bytes of output that are kept of one cell; a check prints some hundred."""

LARGEST_ANSWER = 32 * 1024 * 1024
"""Characters that are taken of what a process tells about itself."""

_STEP = 0.25
_AGAIN = 5  # milliseconds until a channel that the kernel has not opened yet is tried again
_START_SECONDS = 60.0
_MOST_MESSAGES = (
    1000  # taken at once, so that a cell that prints without end cannot keep us reading
)
_MOST_WAITING = 10 * _MOST_MESSAGES
_TEXT_MESSAGES = {"stream", "display_data", "execute_result", "update_display_data"}
# ipykernel sleeps a moment after each cell, which lets simulated time pass. The processes of strict
# grading run unequal numbers of cells, and must not differ in time.
_NO_PAUSE = "--Kernel._execute_sleep=0"

# exit() in Jupyter ends the process a moment later, while the next cell is running. Here it is an
# error of the cell that called it. A pending output is not lost: the first message shows that the
# output channel is open. A cell that closes or replaces stdout, or a function of Python, does so
# for itself: the checks behind it must be able to print. A command behind ! gets no terminal, as a
# sandbox has none.
_FIRST_CODE = """
def _prepare():
    import builtins, sys
    shell, streams, functions = get_ipython(), (sys.stdout, sys.stderr), dict(vars(builtins))
    def end(*_arguments, **_options):
        raise SystemExit("exit() would end the notebook here; delete it")
    def mend(*_arguments):
        sys.stdout, sys.stderr = streams
        vars(builtins).update(functions)
        sys.settrace(None)
    for stream in streams:
        stream.close = lambda: None
    shell.ask_exit = shell.kernel.do_shutdown = end
    shell.system = shell.system_raw
    shell.events.register("post_run_cell", mend)
_prepare()
del _prepare
"""


class KernelDied(Exception):  # noqa: N818 - something that happened to the process
    """The Python process ended while a cell was running."""


class CourseKernel(RunningKernel):  # type: ignore[misc]  # nbval is published without types
    """nbval's kernel, which notices when its process is dead, and that a cell will not end.

    The kernel is always this Python, whatever the notebook asks for. Its working folder is new
    and empty, and its environment has no AWS settings and no personal Jupyter settings.

    Args:
        place: where it runs.
        limit: wall-clock seconds that one cell may take.
    """

    def __init__(self, place: Place, limit: float) -> None:
        self.limit = limit
        self.interrupted_at: float | None = None
        self.reply: dict[str, Any] = {}
        self.flooded = False
        self._waiting: deque[Message] = deque()
        self._size = 0
        self._ends_at = math.inf
        self.km = _manager(place)
        self.km.start_kernel(
            extra_arguments=["--HistoryManager.enabled=False", _NO_PAUSE],
            cwd=str(place.work),
            env=environment(place.environment),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._group = getattr(self.km.provisioner, "pgid", None)
        self.kc = self.km.client()
        self.kc.context.setsockopt(zmq.RECONNECT_IVL, _AGAIN)
        bound(self.kc.context)
        self.kc.start_channels(stdin=False, hb=False, control=False)
        self._make_ready()

    @property
    def timed_out(self) -> bool:
        """Whether the last cell had to be interrupted."""
        return self.interrupted_at is not None

    def execute_cell_input(self, cell_input: str, allow_stdin: bool | None = None) -> str:  # noqa: FBT001 - nbval calls it so
        """Send a cell to the process, and forget what the cell before did.

        Args:
            cell_input: the source.
            allow_stdin: whether `input()` may ask; nbval says no.

        Returns:
            The id of the request.
        """
        self.interrupted_at = None
        self.reply = {}
        self.flooded = False
        self._waiting.clear()
        self._size = 0
        self._ends_at = time.monotonic() + self.limit + 2 * GRACE
        return str(super().execute_cell_input(cell_input, allow_stdin))

    def await_reply(self, msg_id: str, timeout: float | None = None) -> None:
        """Wait until a request is done.

        Args:
            msg_id: the request.
            timeout: wall-clock seconds; never more than this kernel's limit.

        Raises:
            Empty: it takes longer than allowed.
            KernelDied: there is nothing to wait for.
        """
        self._await(msg_id, time.monotonic() + min(timeout or self.limit, self.limit))

    def await_idle(self, parent_id: str, timeout: float) -> None:
        """Read output until the process says that a request is finished, or end the process.

        Args:
            parent_id: the request.
            timeout: wall-clock seconds of silence after which the process is ended.
        """
        while True:
            try:
                message = self.get_message("iopub", timeout)
            except Empty:
                self.stop()
                return
            if _ends(message, parent_id):
                return

    def get_message(self, stream: str, timeout: float | None = None) -> Message:
        """Give the next message of a channel.

        Args:
            stream: ``iopub`` or ``shell``.
            timeout: wall-clock seconds.

        Raises:
            Empty: there is none in time, or the cell still has not ended.
            KernelDied: there will be none.
        """
        if stream != "iopub":
            found: Message = self.kc.get_shell_msg(timeout=timeout)
            return found
        deadline = time.monotonic() + (self.limit if timeout is None else timeout)
        while True:
            self._drain()
            now = time.monotonic()
            if self._waiting and now < self._ends_at:
                return self._waiting.popleft()
            stuck = self.interrupted_at is not None and now > self.interrupted_at + GRACE
            if stuck or now >= self._ends_at or now >= deadline:
                raise Empty
            if not self.is_alive():
                raise KernelDied
            self._take(min(_STEP, deadline - now))

    def interrupt(self) -> None:
        """Ask the running cell to stop; from now on it has GRACE seconds."""
        self.interrupted_at = time.monotonic()
        super().interrupt()

    def run(self, code: str) -> bool:
        """Run code whose output nobody compares.

        Args:
            code: source text.

        Returns:
            Whether it ended, with or without an error, and left the process alive.
        """
        request = self.execute_cell_input(code, allow_stdin=False)
        try:
            self.await_reply(request)
            self.await_idle(request, GRACE)
        except Empty:
            self.stop()
        except KernelDied:
            pass
        return bool(self.is_alive())

    def ask(self, expression: str) -> str | None:
        """Evaluate an expression; what the last cell did stays known.

        Args:
            expression: gives an object that shows itself as plain text.

        Returns:
            That text, or None when there is none.
        """
        kept = self.interrupted_at, self.reply, self.flooded
        try:
            return self._evaluated(expression)
        except (Empty, KernelDied, RuntimeError):
            return None
        finally:
            self.interrupted_at, self.reply, self.flooded = kept

    def _evaluated(self, expression: str) -> str | None:
        if not self.is_alive():
            return None
        wanted = {"it": expression}
        request = self.kc.execute("", silent=True, store_history=False, user_expressions=wanted)
        self._await(request, time.monotonic() + self.limit)
        found = self.reply.get("user_expressions")
        shown = found.get("it") if isinstance(found, dict) else None
        data = shown.get("data") if isinstance(shown, dict) else None
        text = data.get("text/plain") if isinstance(data, dict) else None
        return text if isinstance(text, str) and len(text) <= LARGEST_ANSWER else None

    @property
    def error(self) -> str:
        """The error with which the last cell ended, on one line, or nothing."""
        if self.timed_out:
            return f"took longer than {self.limit:g} seconds"
        if self.reply.get("status") != "error":
            return ""
        return f"{self.reply.get('ename')}: {self.reply.get('evalue')}"

    def stop(self) -> None:
        """End the process at once, and what it started, even when it has ended by itself."""
        if hasattr(self, "km"):
            self._kill()
            super().stop()
            if self._group and sys.platform != "win32":
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(self._group, signal.SIGKILL)

    def _kill(self) -> None:
        """End the process: Jupyter's own way asks whether it has ended ten times a second."""
        process = getattr(self.km.provisioner, "process", None)
        if process is not None:
            process.kill()
            with suppress(subprocess.TimeoutExpired):
                process.wait(GRACE)

    def _make_ready(self) -> None:
        """Wait until both channels answer, and run the first code."""
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            request = self.kc.execute(_FIRST_CODE, silent=True, store_history=False)
            try:
                self._await(request, deadline)
                while not _ends(self.get_message("iopub", 1.0), request):
                    pass
            except Empty:
                continue
            except KernelDied:
                break
            return
        self.stop()
        raise CourseError(
            "Python could not be started for the notebook; run `python3 labs doctor`."
        )

    def _await(self, msg_id: str, deadline: float) -> None:
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                raise Empty
            try:
                message = receive(self.kc.get_shell_msg, min(left, _STEP))
            except Empty:
                self._drain()
                if not self.is_alive():
                    raise KernelDied from None
                continue
            if message is not None and message["parent_header"].get("msg_id") == msg_id:
                self.reply = message["content"]
                return

    def _drain(self) -> None:
        """Keep what has been printed so far, so that nothing piles up while a cell runs."""
        if self.interrupted_at is not None and time.monotonic() > self.interrupted_at + GRACE:
            self._waiting.clear()
            return
        for _ in range(_MOST_MESSAGES):
            if not self._take(0):
                return

    def _take(self, timeout: float) -> bool:
        try:
            message = receive(self.kc.get_iopub_msg, timeout)
        except Empty:
            return False
        if message is None:
            return True
        if message["msg_type"] in _TEXT_MESSAGES:
            self._size += len(repr(message["content"]))
            if self._size > LARGEST_OUTPUT:
                self.flooded = True
                return True
        if len(self._waiting) < _MOST_WAITING:
            self._waiting.append(message)
        return True


def _ends(message: Message, request: str) -> bool:
    return bool(
        message["parent_header"].get("msg_id") == request
        and message["msg_type"] == "status"
        and message["content"]["execution_state"] == "idle"
    )


def _manager(place: Place) -> KernelManager:
    """Make a manager that starts its kernel in a place."""
    options: dict[str, Any] = {}
    if place.address is not None:
        name = uuid4().hex[:8]
        options = {
            "transport": "ipc",  # a sandbox has no network, not even to itself
            "ip": str(place.wire / name),
            "connection_file": str(place.wire / f"{name}.json"),
        }
    manager = KernelManager(
        kernel_name=CURRENT_ENV_KERNEL_NAME,
        kernel_spec_manager=NbvalKernelspecManager(),
        **options,
    )
    if place.address is not None:
        manager.provisioner = ForkingProvisioner(
            place.address,
            task=place.kernel,
            parent=manager,
            kernel_id=manager.kernel_id,
            kernel_spec=manager.kernel_spec,
        )
    return manager
