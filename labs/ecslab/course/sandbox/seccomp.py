"""Filters of system calls: no network, no look into other processes, no mounts."""

from __future__ import annotations

import ctypes
import errno
import socket
from collections.abc import Mapping
from typing import Any

from ecslab.course.sandbox.system import SandboxError, machine, prctl, syscall

__all__ = ["filter_calls", "seal"]

_NO_NEW_PRIVILEGES = 38
_SET_FILTER, _ALL_THREADS = 1, 1
_ALLOW, _REFUSE, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_LOAD, _EQUAL, _AT_LEAST, _BITS, _RETURN, _AND = 0x20, 0x15, 0x35, 0x45, 0x06, 0x54
_NUMBER_AT, _ARCHITECTURE_AT, _FIRST_AT, _SECOND_AT = 0, 4, 16, 24
_X32 = 0x40000000  # a second set of numbers on x86_64
_NEW_NAMESPACES = 0x7E020000
_KIND_OF_SOCKET = 0xF  # the other bits are flags
_OWN = 0  # stands for the process that calls

_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_SOCKET, _SOCKET_PAIR = (41, 198), (53, 199)  # the number on x86_64 and the one on aarch64
_CLONE, _CLONE3 = (56, 220), (435, 435)
_LIMIT = (302, 261)
_REFUSED = {
    "add_key": (248, 217),
    "bpf": (321, 280),
    "chroot": (161, 51),
    "delete_module": (176, 106),
    "fanotify_init": (300, 262),
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
    "mq_open": (240, 180),
    "msgget": (68, 186),
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
    "semget": (64, 190),
    "setns": (308, 268),
    "shmget": (29, 194),
    "swapon": (167, 224),
    "syslog": (103, 116),
    "umount2": (166, 39),
    "unshare": (272, 97),
    "userfaultfd": (323, 282),
}
# Landlock has no word on who may read a file of this user, or when it was changed. Programs that
# copy files set both and take an error for a failed copy, so these two kinds only seem to work.
_OWNERS = {
    "chown": (92, None),
    "fchown": (93, 55),
    "fchownat": (260, 54),
    "fremovexattr": (199, 16),
    "fsetxattr": (190, 7),
    "lchown": (94, None),
    "lremovexattr": (198, 15),
    "lsetxattr": (189, 6),
    "removexattr": (197, 14),
    "removexattrat": (466, 466),
    "setxattr": (188, 5),
    "setxattrat": (463, 463),
}
_SEEMING = {
    "chmod": (90, None),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    "futimesat": (261, None),
    "utime": (132, None),
    "utimensat": (280, 88),
    "utimes": (235, None),
}
_CONTACT = {"bind": (49, 200), "connect": (42, 203)}


class _Instruction(ctypes.Structure):
    _fields_ = [
        ("code", ctypes.c_uint16),
        ("yes", ctypes.c_uint8),
        ("no", ctypes.c_uint8),
        ("value", ctypes.c_uint32),
    ]


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_uint16), ("first", ctypes.POINTER(_Instruction))]


def filter_calls(*, alone: bool) -> None:
    """Refuse, from now on and to all that this process starts, what no notebook needs.

    Args:
        alone: whether it sees no files but its own; else files also keep their owner, their
            permissions and their times.

    Raises:
        SandboxError: the kernel takes no filter, or it is not known for this processor.
    """
    place = _place()
    refuse = _REFUSE | errno.EPERM
    steps = [*_known_numbers(place), *_answer(place, _REFUSED, refuse)]
    if not alone:
        steps += [*_answer(place, _OWNERS, refuse), *_answer(place, _SEEMING, _REFUSE)]
    _set([*steps, *_arguments(place)], 0)


def seal() -> None:
    """Refuse all threads of this process new contacts: its sockets are there by now.

    A socket in the file system leads to whatever program of this user listens there, and each is a
    file, which counts for no limit.

    Raises:
        SandboxError: the kernel takes no filter, or it is not known for this processor.
    """
    steps = [_Instruction(_LOAD, 0, 0, _NUMBER_AT)]
    steps += _answer(_place(), _CONTACT, _REFUSE | errno.EPERM)
    _set([*steps, _Instruction(_RETURN, 0, 0, _ALLOW)], _ALL_THREADS)


def _place() -> int:
    """Give the place of this processor's numbers."""
    if machine() not in _ARCHITECTURES:
        raise SandboxError(f"no filter for {machine()}")
    return list(_ARCHITECTURES).index(machine())


def _set(steps: list[Any], flags: int) -> None:
    program = _Program(len(steps), (_Instruction * len(steps))(*steps))
    prctl(_NO_NEW_PRIVILEGES, 1)
    if syscall("seccomp", _SET_FILTER, flags, ctypes.byref(program)):
        raise SandboxError("a thread has a filter of its own")


def _known_numbers(place: int) -> list[Any]:
    """Let no call pass by another set of numbers."""
    return [
        _Instruction(_LOAD, 0, 0, _ARCHITECTURE_AT),
        _Instruction(_EQUAL, 1, 0, list(_ARCHITECTURES.values())[place]),
        _Instruction(_RETURN, 0, 0, _KILL),
        _Instruction(_LOAD, 0, 0, _NUMBER_AT),
        _Instruction(_AT_LEAST, 0, 1, _X32),
        _Instruction(_RETURN, 0, 0, _REFUSE | errno.ENOSYS),
    ]


def _answer(place: int, calls: Mapping[str, tuple[int, int | None]], answer: int) -> list[Any]:
    """Give one answer to calls, whatever their arguments are."""
    steps = []
    for number in (numbers[place] for numbers in calls.values()):
        if number is not None:
            steps += _when(number, [_Instruction(_RETURN, 0, 0, answer)])
    return steps


def _arguments(place: int) -> list[Any]:
    """Judge the calls whose arguments matter, and allow all others."""
    allow, refuse = (_Instruction(_RETURN, 0, 0, what) for what in (_ALLOW, _REFUSE | errno.EPERM))
    first = _Instruction(_LOAD, 0, 0, _FIRST_AT)
    # Only streams between processes of this machine: a datagram needs no connection first.
    stream = [
        first,
        _Instruction(_EQUAL, 0, 4, int(socket.AF_UNIX)),
        _Instruction(_LOAD, 0, 0, _SECOND_AT),
        _Instruction(_AND, 0, 0, _KIND_OF_SOCKET),
        _Instruction(_EQUAL, 0, 1, int(socket.SOCK_STREAM)),
        allow,
        _Instruction(_RETURN, 0, 0, _REFUSE | errno.EAFNOSUPPORT),
    ]
    return [
        # Its flags are in memory, where a filter cannot look; libraries use clone instead.
        *_when(_CLONE3[place], [_Instruction(_RETURN, 0, 0, _REFUSE | errno.ENOSYS)]),
        *_when(_CLONE[place], [first, _Instruction(_BITS, 0, 1, _NEW_NAMESPACES), refuse, allow]),
        *_when(_LIMIT[place], [first, _Instruction(_EQUAL, 1, 0, _OWN), refuse, allow]),
        *_when(_SOCKET[place], stream),
        *_when(_SOCKET_PAIR[place], stream),
        allow,
    ]


def _when(number: int, steps: list[Any]) -> list[Any]:
    """Take steps, the last of which ends, for one call only."""
    return [_Instruction(_EQUAL, 0, len(steps), number), *steps]
