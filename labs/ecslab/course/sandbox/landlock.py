"""Landlock: rules about files, TCP and signals that a process sets itself and cannot take back."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterable
from pathlib import Path

from ecslab.course.sandbox.system import SandboxError, prctl, syscall

__all__ = ["restrict", "version"]

# The kernel's numbers, from its page "Landlock: unprivileged access control".
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_REMOVE_FILE, _MAKE_SOCKET = 1 << 5, 1 << 9
_MAKE_DEVICE = 1 << 6 | 1 << 11
_IN_VERSION = {1: (1 << 13) - 1, 2: 1 << 13, 3: 1 << 14, 5: 1 << 15}
_READ = _EXECUTE | _READ_FILE | _READ_DIR
_OF_A_FILE = _EXECUTE | _WRITE_FILE | _READ_FILE | (1 << 14) | (1 << 15)
_TCP = 3  # bind and connect
_SCOPES = 3  # abstract Unix sockets, and signals
_TCP_SINCE, _SCOPES_SINCE = 4, 6
_RULE_OF_A_PATH = 1
_ASK_VERSION = 1
_NO_NEW_PRIVILEGES = 38


class _Ruleset(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint64) for name in ("files", "network", "scoped")]


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = [("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32)]


def version() -> int:
    """Give the version of Landlock that the kernel speaks, 0 for none."""
    try:
        return syscall("landlock_create_ruleset", None, 0, _ASK_VERSION)
    except SandboxError:
        return 0


def restrict(readable: Iterable[str], writable: Iterable[str], wire: str) -> int:
    """Allow this process, and all that it will start, only what is named.

    Args:
        readable: files and folders that can be read and run.
        writable: folders in which everything is allowed but to make devices.
        wire: a folder in which files can be read, and sockets made.

    Returns:
        The version of Landlock: files are not emptied from 3 on, TCP is closed from 4 on, signals
        to others from 6 on.

    Raises:
        SandboxError: the kernel has no Landlock.
    """
    found = version()
    if not found:
        raise SandboxError("no Landlock here")
    files = 0
    for since, numbers in _IN_VERSION.items():
        files |= numbers if found >= since else 0
    rules = _Ruleset(
        files=files,
        network=_TCP if found >= _TCP_SINCE else 0,
        scoped=_SCOPES if found >= _SCOPES_SINCE else 0,
    )
    size = 8 if found < _TCP_SINCE else 16 if found < _SCOPES_SINCE else 24
    ruleset = syscall("landlock_create_ruleset", ctypes.byref(rules), size, 0)
    try:
        for path in readable:
            _allow(ruleset, path, files & _READ)
        for path in writable:
            _allow(ruleset, path, files & ~_MAKE_DEVICE)
        _allow(ruleset, wire, files & (_READ_FILE | _READ_DIR | _MAKE_SOCKET | _REMOVE_FILE))
        prctl(_NO_NEW_PRIVILEGES, 1)
        syscall("landlock_restrict_self", ruleset, 0)
    finally:
        os.close(ruleset)
    return found


def _allow(ruleset: int, path: str, rights: int) -> None:
    if not Path(path).exists():
        return
    place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        if not Path(path).is_dir():
            rights &= _OF_A_FILE
        rule = _Beneath(allowed=rights, parent=place)
        syscall("landlock_add_rule", ruleset, _RULE_OF_A_PATH, ctypes.byref(rule), 0)
    finally:
        os.close(place)
