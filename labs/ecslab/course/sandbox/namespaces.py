"""Namespaces: a network with nothing in it, own processes, and an own tree of files."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import NoReturn

from ecslab.course.forking.server import die_with_parent
from ecslab.course.sandbox.system import SandboxError, unshare

__all__ = ["enter_namespaces"]

_NEW_MOUNTS = 0x00020000
_NEW_HOST_NAME = 0x04000000
_NEW_MESSAGES = 0x08000000
_NEW_USER = 0x10000000
_NEW_PROCESSES = 0x20000000
_NEW_NETWORK = 0x40000000
_NEW_ALL = _NEW_MOUNTS | _NEW_HOST_NAME | _NEW_MESSAGES | _NEW_PROCESSES | _NEW_NETWORK


def enter_namespaces() -> None:
    """Go on in a child that is alone: the first process of its own world.

    Without privileges a user namespace gives what is needed; then this user is the only one there.
    The process that called stays outside and ends with the child, and the child with it.

    Raises:
        SandboxError: the machine does not allow it.
    """
    if sys.platform == "win32":
        raise SandboxError("no namespaces here")
    user, group = os.geteuid(), os.getegid()
    if user == 0:
        unshare(_NEW_ALL)
    else:
        unshare(_NEW_USER | _NEW_ALL)
        _write("setgroups", "deny")
        _write("uid_map", f"{user} {user} 1")
        _write("gid_map", f"{group} {group} 1")
    child = os.fork()
    if child:
        _stay(child)
    die_with_parent()


def _write(name: str, text: str) -> None:
    try:
        Path(f"/proc/self/{name}").write_text(text, encoding="ascii")
    except OSError as error:
        raise SandboxError(f"{name}: {error.strerror}") from None


def _stay(child: int) -> NoReturn:
    """Hold nothing, wait for the child, and end as it did."""
    os.closerange(3, 1024)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    os._exit(code if code >= 0 else 128 - code)
