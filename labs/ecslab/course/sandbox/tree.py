"""A tree of files that has only what a notebook needs, seen read-only."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ecslab.course.sandbox.system import SandboxError, mount, syscall, umount

__all__ = ["DEVICES", "Places", "enter_tree"]

MIB = 1024 * 1024

DEVICES = tuple(f"/dev/{name}" for name in ("null", "zero", "full", "random", "urandom"))
"""The devices that programs expect; there are no others."""

_READ_ONLY, _NO_SUID, _NO_DEVICES, _NO_EXEC = 1, 2, 4, 8
_BIND, _REC, _PRIVATE = 4096, 16384, 1 << 18
_DETACH = 2
_HERE = -100
_RECURSIVE = 0x8000
_ATTR_READ_ONLY, _ATTR_NO_SUID, _ATTR_NO_DEVICES = 1, 2, 4


@dataclass(frozen=True)
class Places:
    """Folders, and what may be done in them.

    Attributes:
        readable: files and folders that can be read.
        hidden: folders inside the readable ones that are shown empty.
        private: new empty folders in memory, for the code to write into.
        root: an empty folder, over which the tree is built.
        wire: a folder that is shared with the judge, for the sockets between them.
        size: MiB that fit into each private folder.
    """

    readable: tuple[str, ...]
    hidden: tuple[str, ...]
    private: tuple[str, ...]
    root: str
    wire: str
    size: int = 256


class _Attributes(ctypes.Structure):
    _fields_ = [("set", ctypes.c_uint64), ("clear", ctypes.c_uint64)] + [
        (name, ctypes.c_uint64) for name in ("propagation", "userns")
    ]


def enter_tree(places: Places, owner: tuple[int, int]) -> None:
    """Leave the machine's tree of files for one of our own; needs a mount namespace.

    Args:
        places: what is in it.
        owner: user and group of the private folders.

    Raises:
        SandboxError: the machine does not allow it.
    """
    mount("none", "/", flags=_REC | _PRIVATE)
    try:
        _build(Path(places.root), places, owner)
    except OSError as error:
        raise SandboxError(f"{error.filename}: {error.strerror}") from None
    os.chdir(places.root)
    syscall("pivot_root", b".", b".")
    umount(".", _DETACH)
    os.chdir("/")


def _build(root: Path, places: Places, owner: tuple[int, int]) -> None:
    mount("tmpfs", str(root), "tmpfs", _NO_SUID | _NO_DEVICES, "mode=755,size=16m")
    for path in _outermost(places.readable):
        _show(root, path)
    for path in places.hidden:
        if (root / path.lstrip("/")).is_dir():
            mount("tmpfs", f"{root}{path}", "tmpfs", _READ_ONLY, "size=4k")
    for path in places.private:
        target = root / path.lstrip("/")
        target.mkdir(parents=True, exist_ok=True)
        options = f"mode=700,size={places.size}m,nr_inodes=20k"
        mount("tmpfs", str(target), "tmpfs", _NO_SUID | _NO_DEVICES, options)
        os.chown(target, *owner)
    for path in DEVICES:
        device = root / path.lstrip("/")
        device.parent.mkdir(exist_ok=True)
        device.touch()
        mount(path, str(device), flags=_BIND)
        _set(str(device), _ATTR_READ_ONLY | _ATTR_NO_SUID, recursive=False)
    processes = root / "proc"
    processes.mkdir()
    # Some of the machine's settings in it belong to root, who needs no capability to change them.
    mount("proc", str(processes), "proc", _READ_ONLY | _NO_SUID | _NO_DEVICES | _NO_EXEC)
    _show(root, places.wire, read_only=False)
    _set(str(root), _ATTR_READ_ONLY, recursive=False)


def _outermost(paths: Iterable[str]) -> list[str]:
    """Leave out what does not exist and what another path contains."""
    kept: list[Path] = []
    for path in sorted({Path(path) for path in paths if Path(path).exists()}):
        if not any(path.is_relative_to(other) for other in kept):
            kept.append(path)
    return [str(path) for path in kept]


def _show(root: Path, path: str, *, read_only: bool = True) -> None:
    target = root / path.lstrip("/")
    if Path(path).is_symlink() and Path(path).is_dir():  # as /lib on most systems
        target.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):
            target.symlink_to(Path(path).readlink())
        return
    if Path(path).is_dir():
        target.mkdir(parents=True, exist_ok=True)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch()
    mount(path, str(target), flags=_BIND | _REC)
    flags = _ATTR_NO_SUID | _ATTR_NO_DEVICES | (_ATTR_READ_ONLY if read_only else 0)
    _set(str(target), flags, recursive=True)


def _set(path: str, flags: int, *, recursive: bool) -> None:
    attributes = _Attributes(set=flags)
    how = _RECURSIVE if recursive else 0
    size = ctypes.sizeof(attributes)
    syscall("mount_setattr", _HERE, path.encode(), how, ctypes.byref(attributes), size)
