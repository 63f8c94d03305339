"""A filter of system calls: only Unix sockets, no look into other processes, no mounts."""

from __future__ import annotations

import ctypes
import errno
import socket
from typing import Any

from ecslab.course.sandbox.system import SandboxError, machine, prctl

__all__ = ["filter_calls"]

_NO_NEW_PRIVILEGES, _SET_SECCOMP, _FILTER = 38, 22, 2
_ALLOW, _REFUSE, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_LOAD, _EQUAL, _AT_LEAST, _BITS, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER_AT, _ARCHITECTURE_AT, _FIRST_AT = 0, 4, 16
_X32 = 0x40000000  # a second set of numbers on x86_64
_NEW_NAMESPACES = 0x7E020000

_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_SOCKET = {"x86_64": 41, "aarch64": 198}
_CLONE = {"x86_64": 56, "aarch64": 220}
_CLONE3 = 435
_REFUSED = {  # the number on x86_64 and the one on aarch64
    "add_key": (248, 217),
    "bpf": (321, 280),
    "chroot": (161, 51),
    "delete_module": (176, 106),
    "finit_module": (313, 273),
    "fsopen": (430, 430),
    "init_module": (175, 105),
    "io_uring_setup": (425, 425),
    "kcmp": (312, 272),
    "kexec_load": (246, 104),
    "keyctl": (250, 219),
    "mount": (165, 40),
    "mount_setattr": (442, 442),
    "move_mount": (429, 429),
    "open_by_handle_at": (304, 265),
    "open_tree": (428, 428),
    "perf_event_open": (298, 241),
    "pidfd_getfd": (438, 438),
    "pivot_root": (155, 41),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "ptrace": (101, 117),
    "reboot": (169, 142),
    "request_key": (249, 218),
    "setns": (308, 268),
    "swapon": (167, 224),
    "umount2": (166, 39),
    "unshare": (272, 97),
    "userfaultfd": (323, 282),
}


class _Instruction(ctypes.Structure):
    _fields_ = [
        ("code", ctypes.c_uint16),
        ("yes", ctypes.c_uint8),
        ("no", ctypes.c_uint8),
        ("value", ctypes.c_uint32),
    ]


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_uint16), ("first", ctypes.POINTER(_Instruction))]


def filter_calls() -> None:
    """Refuse, from now on and to all that this process starts, what no notebook needs.

    Raises:
        SandboxError: the kernel takes no filter, or it is not known for this processor.
    """
    kind = machine()
    if kind not in _ARCHITECTURES:
        raise SandboxError(f"no filter for {kind}")
    steps = _steps(kind)
    program = _Program(len(steps), (_Instruction * len(steps))(*steps))
    prctl(_NO_NEW_PRIVILEGES, 1)
    prctl(_SET_SECCOMP, _FILTER, ctypes.byref(program))


def _steps(kind: str) -> list[Any]:
    refuse, unknown = _REFUSE | errno.EPERM, _REFUSE | errno.ENOSYS
    steps = [
        _Instruction(_LOAD, 0, 0, _ARCHITECTURE_AT),
        _Instruction(_EQUAL, 1, 0, _ARCHITECTURES[kind]),
        _Instruction(_RETURN, 0, 0, _KILL),
        _Instruction(_LOAD, 0, 0, _NUMBER_AT),
        _Instruction(_AT_LEAST, 0, 1, _X32),
        _Instruction(_RETURN, 0, 0, unknown),
        # Its flags are in memory, where a filter cannot look; libraries use clone instead.
        _Instruction(_EQUAL, 0, 1, _CLONE3),
        _Instruction(_RETURN, 0, 0, unknown),
    ]
    place = list(_ARCHITECTURES).index(kind)
    for number in (numbers[place] for numbers in _REFUSED.values()):
        steps += [_Instruction(_EQUAL, 0, 1, number), _Instruction(_RETURN, 0, 0, refuse)]
    steps += [
        _Instruction(_EQUAL, 0, 4, _SOCKET[kind]),
        _Instruction(_LOAD, 0, 0, _FIRST_AT),
        _Instruction(_EQUAL, 0, 1, int(socket.AF_UNIX)),
        _Instruction(_RETURN, 0, 0, _ALLOW),
        _Instruction(_RETURN, 0, 0, _REFUSE | errno.EAFNOSUPPORT),
        _Instruction(_EQUAL, 0, 3, _CLONE[kind]),
        _Instruction(_LOAD, 0, 0, _FIRST_AT),
        _Instruction(_BITS, 0, 1, _NEW_NAMESPACES),
        _Instruction(_RETURN, 0, 0, refuse),
        _Instruction(_RETURN, 0, 0, _ALLOW),
    ]
    return steps
