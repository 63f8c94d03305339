"""A process of one thread that forks itself on request, and ends what nobody holds any more."""

from __future__ import annotations

import ctypes
import importlib
import json
import os
import selectors
import signal
import socket
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from ecslab.course.forking.wire import Order, receive_order, send

__all__ = ["Server", "die_with_parent"]

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
_MOST_ROUNDS = 50
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD, signal.SIGPIPE)


class Server:
    """Answers each connection with one process.

    The connection is the process's life line: closed by its holder, the process and its group are
    killed; when the process ends, its exit status is sent and the connection closed. A process that
    was ordered to be kept needs no holder.

    Args:
        listener: a listening Unix socket.
        owner: the descriptor of a pipe; when it closes, everything ends.
        idle: seconds without any process after which it ends, and takes its socket's file away.
        thorough: whether to end, with a process, also what it started and let go.
        tidy: called whenever no process is left.
    """

    def __init__(
        self,
        listener: socket.socket,
        owner: int | None = None,
        *,
        idle: float | None = None,
        thorough: bool = False,
        tidy: Callable[[], object] | None = None,
    ) -> None:
        self._listener = listener
        self._thorough = thorough
        self._tidy = tidy
        self._owner = owner
        self._idle = idle
        self._children: dict[int, socket.socket] = {}
        self._kept: set[int] = set()
        self._selector = selectors.PollSelector()
        self._woken, self._wake = os.pipe()

    def run(self) -> None:
        """Serve until the owner has ended, or nobody has asked for long."""
        os.set_blocking(self._woken, False)
        os.set_blocking(self._wake, False)
        if self._thorough:
            _adopt_orphans()
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the owner's to handle
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._selector.register(self._woken, selectors.EVENT_READ)
        if self._owner is not None:
            self._selector.register(self._owner, selectors.EVENT_READ)
        while True:
            found = self._selector.select(None if self._children else self._idle)
            if not found and not self._children:
                return
            for key, _ in found:
                if key.fileobj == self._owner:
                    for pid in self._children:
                        _kill(pid)
                    return
                if key.fileobj == self._woken:
                    with suppress(BlockingIOError):
                        os.read(self._woken, 4096)
                elif key.fileobj is self._listener:
                    self._accept()
                else:
                    self._hear(int(key.data))
            self._bury()

    def _accept(self) -> None:
        connection, _ = self._listener.accept()
        try:
            order, streams = receive_order(connection)
        except (OSError, ValueError, TypeError):
            connection.close()
            return
        try:
            pid = os.fork()
        except OSError:  # there are too many; those who run must not end for it
            pid = None
        if pid == 0:
            self._become(order, streams, connection)
        for stream in streams:
            os.close(stream)
        if pid is None:
            connection.close()
            return
        self._children[pid] = connection
        if order.kept:
            self._kept.add(pid)
        self._selector.register(connection, selectors.EVENT_READ, pid)
        with suppress(OSError):
            send(connection, {"pid": pid})

    def _hear(self, pid: int) -> None:
        """Pass on the signals that a holder sends, or kill a process that has lost its holder."""
        connection = self._children[pid]
        try:
            data = connection.recv(4096)
        except OSError:
            data = b""
        if not data:
            if pid not in self._kept:
                _kill(pid)
            self._selector.unregister(connection)  # the process is buried when it has ended
            return
        for line in data.splitlines():
            number = int(json.loads(line)["signal"])
            with suppress(ProcessLookupError, PermissionError):
                try:
                    os.killpg(pid, number)
                except ProcessLookupError:  # it has no group yet: it has only just been forked
                    os.kill(pid, number)

    def _bury(self) -> None:
        """Take leave of the processes that have ended, and of what is left of their groups."""
        while True:
            try:
                ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                return
            if ended is None:
                return
            _kill(ended.si_pid)
            _, status = os.waitpid(ended.si_pid, 0)
            connection = self._children.pop(ended.si_pid, None)
            self._kept.discard(ended.si_pid)
            if connection is not None:
                with suppress(KeyError, ValueError):
                    self._selector.unregister(connection)
                if self._thorough:
                    self._end_orphans()
                if self._tidy is not None and not self._children:
                    self._tidy()
                with suppress(OSError):
                    send(connection, {"exit": os.waitstatus_to_exitcode(status)})
                connection.close()

    def _end_orphans(self) -> None:
        """End what no living process of ours has started: each level has its own round."""
        for _ in range(_MOST_ROUNDS):
            orphans = [pid for pid in _children_of(os.getpid()) if pid not in self._children]
            if not orphans:
                return
            for pid in orphans:
                _kill(pid)
                os.waitpid(pid, 0)

    def _become(self, order: Order, streams: list[int], connection: socket.socket) -> NoReturn:
        """Turn this fork into what was ordered; never comes back."""
        status = 1
        try:
            os.setsid()
            die_with_parent()
            self._forget(connection)
            _dress(order, streams)
            module, _, function = order.task.partition(":")
            status = int(getattr(importlib.import_module(module), function)(order.argument) or 0)
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else int(end.code is not None)
        except BaseException:  # noqa: BLE001 - this process ends here, whatever happens
            traceback.print_exc()
        with suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status)

    def _forget(self, connection: socket.socket) -> None:
        """Close what belongs to the server: another's life line must not be held here."""
        signal.set_wakeup_fd(-1)
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGPIPE, signal.SIG_IGN)  # as Python itself begins
        self._selector.close()
        for each in (self._listener, connection, *self._children.values()):
            each.close()
        for descriptor in (self._owner, self._woken, self._wake):
            if descriptor is not None:
                os.close(descriptor)


def die_with_parent() -> None:
    """Have the operating system kill this process when the one that forked it ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _adopt_orphans() -> None:
    """Become the parent of all that our processes start and let go."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1)


def _children_of(pid: int) -> list[int]:
    """Give the numbers of the processes that a process has to wait for."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it has ended meanwhile
            # The name in parentheses may hold anything; its state and its parent come next.
            parent = int(stat.read_bytes().rpartition(b")")[2].split()[1])
            if parent == pid:
                found.append(int(stat.parent.name))
    return found


def _dress(order: Order, streams: list[int]) -> None:
    """Take the streams, the environment and the folder that were ordered."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    for wanted, found in enumerate([nothing, *streams]):
        os.dup2(found, wanted)
    for found in [nothing, *streams]:
        if found > 2:  # noqa: PLR2004 - the last of the standard streams
            os.close(found)
    os.environ.clear()
    os.environ.update(order.environment)
    tempfile.tempdir = None  # else the folder that an earlier environment named
    time.tzset()
    os.chdir(order.folder)


def _kill(pid: int) -> None:
    """Kill a process and its group."""
    for kill in (os.killpg, os.kill):
        with suppress(ProcessLookupError, PermissionError):
            kill(pid, signal.SIGKILL)
