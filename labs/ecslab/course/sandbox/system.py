"""Calls of the Linux kernel for which Python has no function."""

from __future__ import annotations

import ctypes
import os
import platform
import sys
from typing import Any

__all__ = ["SandboxError", "machine", "mount", "prctl", "syscall", "umount", "unshare"]

_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
_CAPSET = {"x86_64": 126, "aarch64": 91}
_SECCOMP = {"x86_64": 317, "aarch64": 277}
_SAME_EVERYWHERE = {
    "mount_setattr": 442,
    "landlock_create_ruleset": 444,
    "landlock_add_rule": 445,
    "landlock_restrict_self": 446,
}


class SandboxError(Exception):
    """A protection that this machine does not offer."""


def machine() -> str:
    """Give the processor's name as the kernel has it."""
    return platform.machine()


def syscall(name: str, *arguments: Any) -> int:
    """Make a call by its name.

    Args:
        name: as the kernel has it.
        arguments: numbers, bytes or references.

    Returns:
        What the kernel returned.

    Raises:
        SandboxError: the kernel has no such call, or refused it.
    """
    numbers = _SAME_EVERYWHERE | {
        "pivot_root": _PIVOT_ROOT.get(machine()),
        "capset": _CAPSET.get(machine()),
        "seccomp": _SECCOMP.get(machine()),
    }
    number = numbers[name]
    if sys.platform != "linux" or number is None:
        raise SandboxError(f"no {name} here")
    return _checked(name, _libc().syscall(number, *arguments))


def prctl(option: int, *arguments: Any) -> int:
    """Change something about this process.

    Args:
        option: one of the kernel's PR_ numbers.
        arguments: of that option.
    """
    padded = [*arguments, 0, 0, 0, 0][:4]
    return _checked(
        "prctl",
        _libc().prctl(option, *(ctypes.c_ulong(x) if isinstance(x, int) else x for x in padded)),
    )


def unshare(flags: int) -> None:
    """Leave namespaces for new ones.

    Args:
        flags: the kernel's CLONE_NEW numbers.
    """
    _checked("unshare", _libc().unshare(flags))


def mount(source: str, target: str, kind: str = "", flags: int = 0, options: str = "") -> None:
    """Mount something.

    Args:
        source: a device or a folder.
        target: an existing folder or file.
        kind: of the file system.
        flags: the kernel's MS_ numbers.
        options: of that file system.
    """
    arguments = [each.encode() or None for each in (source, target, kind)]
    _checked(
        f"mount {target}",
        _libc().mount(*arguments, ctypes.c_ulong(flags), options.encode() or None),
    )


def umount(target: str, flags: int) -> None:
    """Take a mount away.

    Args:
        target: where it is.
        flags: the kernel's MNT_ numbers.
    """
    _checked("umount", _libc().umount2(target.encode(), flags))


def _checked(name: str, result: int) -> int:
    if result < 0:
        raise SandboxError(f"{name}: {os.strerror(ctypes.get_errno())}")
    return result


def _libc() -> Any:
    return ctypes.CDLL(None, use_errno=True)
