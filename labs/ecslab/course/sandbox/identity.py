"""Giving up the rights of a user: another one, or none of the kernel's capabilities."""

from __future__ import annotations

import ctypes
import os
from contextlib import suppress

from ecslab.course.sandbox.system import SandboxError, prctl, syscall

__all__ = ["drop_capabilities", "nobody", "take_user"]

_NO_NEW_PRIVILEGES, _DROP_FROM_BOUND, _SET_DUMPABLE = 38, 24, 4
_LAST_CAPABILITY = 63
_CAPABILITY_VERSION = 0x20080522
_FIRST_USER = 1_900_000_000
_NOBODY = 65534


def nobody() -> int:
    """Give the number of a user that owns nothing and that no other process has."""
    return _FIRST_USER + os.getpid()


def take_user(user: int) -> None:
    """Become another user, from root, for good.

    Args:
        user: its number, also of the group; where users are few, it is 65534.

    Raises:
        SandboxError: this is not root.
    """
    if os.geteuid() != 0:
        raise SandboxError("only root can become somebody else")
    with suppress(PermissionError):  # some containers have no groups to give up
        os.setgroups([])
    try:
        for number in (user, _NOBODY):
            with suppress(OSError):
                os.setresgid(number, number, number)
                os.setresuid(number, number, number)
                break
    finally:
        if os.geteuid() == 0:
            raise SandboxError("root cannot become somebody else here")
    prctl(_NO_NEW_PRIVILEGES, 1)
    prctl(_SET_DUMPABLE, 1)  # else /proc/self belongs to root


def drop_capabilities() -> None:
    """Give up what a user namespace gave: this process can mount and map nothing any more."""
    prctl(_NO_NEW_PRIVILEGES, 1)
    for number in range(_LAST_CAPABILITY + 1):
        with suppress(SandboxError):  # past the last one that this kernel knows
            prctl(_DROP_FROM_BOUND, number)
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0)
    none = (ctypes.c_uint32 * 6)()
    syscall("capset", ctypes.byref(header), ctypes.byref(none))
