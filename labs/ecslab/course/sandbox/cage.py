"""The sandbox of one notebook: every protection that the machine has, and a word on each."""

from __future__ import annotations

import json
import os
import socket
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import ecslab
from ecslab.course.forking.server import Server
from ecslab.course.sandbox import identity, landlock, seccomp, tree
from ecslab.course.sandbox.limits import Limits
from ecslab.course.sandbox.namespaces import enter_namespaces
from ecslab.course.sandbox.system import SandboxError
from ecslab.course.sandbox.tree import DEVICES, Places

__all__ = ["ALWAYS", "LAYERS", "Cage", "Protections", "run_kernel", "serve", "without_cage"]

Protections = dict[str, bool]
"""What protects the machine from a notebook, and whether it was on."""

LAYERS = ("namespaces", "another user", "Landlock", "system call filter", "limits")
"""From the strongest on. One that fails half-way is left out at the next try."""

ALWAYS = dict.fromkeys(
    ("own process", "clean environment", "empty working folder", "time limit"), True
)
"""Protections that need nothing of the machine."""

_KEEPS_FILES, _KEEPS_SIGNALS = 3, 6
_SYSTEM = (
    *("/usr", "/bin", "/lib", "/lib32", "/lib64", "/etc/ld.so.cache", "/etc/localtime"),
    *("/etc/mime.types", "/etc/passwd", "/etc/nsswitch.conf", "/etc/ssl/certs"),
)


@dataclass(frozen=True)
class Cage:
    """What a sandbox is to be like.

    Attributes:
        folder: a new one, the caller's to delete; the notebook's private folders are in it.
        address: the path of a socket, outside of it, on which kernels can be ordered.
        layers: those of LAYERS that are to be tried.
        limits: what may be used of the machine.
        hidden: folders that are shown empty.
    """

    folder: str
    address: str
    layers: tuple[str, ...] = LAYERS
    limits: Limits = field(default_factory=Limits)
    hidden: tuple[str, ...] = ()

    @property
    def wire(self) -> str:
        """The folder for the sockets between the judge and the kernel."""
        return str(Path(self.folder) / "wire")

    @property
    def root(self) -> str:
        """The folder over which its tree of files is built."""
        return str(Path(self.folder) / "root")

    @property
    def private(self) -> tuple[str, ...]:
        """The folders into which the notebook can write."""
        return tuple(str(Path(self.folder) / name) for name in ("work", "home", "tmp"))

    def to_plain(self) -> dict[str, Any]:
        """Give what JSON can say."""
        return asdict(self)

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> Cage:
        """Read what `to_plain` gave.

        Args:
            plain: read from JSON.
        """
        limits = Limits(**plain.pop("limits"))
        layers, hidden = tuple(plain.pop("layers")), tuple(plain.pop("hidden"))
        return cls(**plain, limits=limits, layers=layers, hidden=hidden)


def serve(plain: dict[str, Any]) -> int:
    """Lock this process in, say on standard output what holds, and fork kernels until it is killed.

    Args:
        plain: a `Cage` as JSON holds it.

    Returns:
        An exit status: 3 and more name the layer (by its place in LAYERS) that failed half-way.
    """
    cage = Cage.from_plain(plain)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(cage.address)
    listener.listen(8)
    try:
        protections = _enter(cage)
    except _HalfWay as failure:
        sys.stderr.write(f"{failure.layer}: {failure.__cause__}\n")
        return 3 + LAYERS.index(failure.layer)
    os.write(1, json.dumps(protections).encode() + b"\n")
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.close(nothing)
    Server(listener, thorough=True, tidy=lambda: _empty(cage.private)).run()
    return 0


def run_kernel(arguments: list[str]) -> int:
    """Be a kernel that takes its place in the sandbox, and from then on makes no contact.

    Args:
        arguments: of ipykernel's launcher.
    """
    from ecslab.course.forking import kernels  # Jupyter is slow, and the command needs none of it

    return kernels.run_kernel(arguments, seccomp.seal)


class _HalfWay(Exception):  # noqa: N818 - not an error of anybody
    def __init__(self, layer: str) -> None:
        self.layer = layer


def _empty(folders: Iterable[str]) -> None:
    """Empty folders, whatever was done to them: the next kernel repeats what the last one did.

    Folders inside of folders are brought to the top first, because they may be nested deeper than
    a path can say.
    """
    for top in folders:
        with suppress(OSError):
            Path(top).chmod(0o700)
            while inside := list(os.scandir(top)):
                for each in inside:
                    if not each.is_dir(follow_symlinks=False):
                        Path(each).unlink()
                        continue
                    Path(each).chmod(0o700)
                    for lower in list(os.scandir(each)):
                        if lower.is_dir(follow_symlinks=False):
                            Path(lower).chmod(0o700)
                            Path(lower).rename(f"{top}/{uuid4().hex}")
                        else:
                            Path(lower).unlink()
                    Path(each).rmdir()


@contextmanager
def _layer(name: str) -> Iterator[None]:
    """Say which layer failed: this process is then of no use any more."""
    try:
        yield
    except (SandboxError, OSError) as error:
        raise _HalfWay(name) from error


def _enter(cage: Cage) -> Protections:
    """Put on one layer after the other; the order matters, because each takes rights away."""
    on = dict.fromkeys(LAYERS, False)
    if "limits" in cage.layers:
        _offer_to_end_first()
    _isolate(cage, on)
    if "limits" in cage.layers:
        alone = on["another user"] or (on["namespaces"] and os.geteuid() != 0)
        cage.limits.apply(processes=alone)
        on["limits"], on["processes"] = True, alone
    spoken = 0
    if "Landlock" in cage.layers:
        with suppress(SandboxError):
            readable = _without(cage.hidden, (*_readable(), *DEVICES, "/proc"))
            writable = (*cage.private, os.devnull)
            spoken = landlock.restrict(readable, writable, cage.wire)
    if "system call filter" in cage.layers:
        with suppress(SandboxError):
            seccomp.filter_calls(alone=on["namespaces"])
            on["system call filter"] = True
    return _in_words(on, spoken)


def _isolate(cage: Cage, on: Protections) -> None:
    """Make the private folders, in a world of its own if possible, and become their owner."""
    becomes_another = "another user" in cage.layers and os.geteuid() == 0
    user = identity.nobody() if becomes_another else os.geteuid()
    owner = (user, user if becomes_another else os.getegid())
    os.umask(0o022)
    if becomes_another:
        os.chown(cage.wire, *owner)
    if "namespaces" in cage.layers:
        places = Places(_readable(), cage.hidden, cage.private, cage.root, cage.wire)
        with _layer("namespaces"):
            enter_namespaces()
            tree.enter_tree(places, owner)
        on["namespaces"] = True
    else:
        for path in cage.private:
            Path(path).mkdir(exist_ok=True)
            os.chown(path, *owner)
        if becomes_another:
            Path(cage.folder).chmod(0o711)  # the way to the private ones
    if becomes_another:
        with _layer("another user"):
            identity.take_user(user)
            _try_to_read()
        on["another user"] = True
    elif on["namespaces"]:
        with _layer("namespaces"):
            identity.drop_capabilities()
    else:
        with suppress(SandboxError):
            identity.drop_capabilities()


def _offer_to_end_first() -> None:
    """When memory is short, let the operating system end what runs here before anything else."""
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")


def _in_words(on: Protections, landlock_version: int) -> Protections:
    alone, filtered = on["namespaces"], on["system call filter"]
    # Without an own tree of files, Landlock's fence has gaps that only the filter closes: sockets
    # in files, permissions, times and limits of other processes.
    fenced = landlock_version > 0 and filtered
    return {
        **ALWAYS,
        "network blocked": filtered,  # no namespace holds the way to a virtual machine's host
        "other files hidden": alone or fenced,
        "no writing outside its folder": alone or (fenced and landlock_version >= _KEEPS_FILES),
        "disk space limit": alone and fenced,
        "other processes hidden": alone,
        "all processes end with it": alone,
        "no signals to others": alone or (fenced and landlock_version >= _KEEPS_SIGNALS),
        "another user": on["another user"],
        "system call filter": filtered,
        **{name: value and on["limits"] for name, value in Limits.available().items()},
        "process limit": on.get("processes", False),
    }


def without_cage() -> Protections:
    """Tell what protects the machine where there is no sandbox."""
    return _in_words(dict.fromkeys((*LAYERS, "processes"), False) | {"limits": True}, 0)


def _readable() -> tuple[str, ...]:
    """Give what Python and the course need to read."""
    package = Path(ecslab.__file__).resolve().parent
    own = (sys.prefix, sys.base_prefix, str(package))
    paths = [path for path in sys.path if path.startswith("/") and path != str(package.parent)]
    return (*_SYSTEM, *own, *paths)


def _without(hidden: Iterable[str], paths: Iterable[str]) -> Iterable[str]:
    """Leave folders out of others: Landlock only knows what is allowed."""
    for path in paths:
        inside = [each for each in hidden if Path(each).is_relative_to(path)]
        if not inside:
            yield path
        elif path not in inside:
            yield from _without(inside, map(str, Path(path).iterdir()))


def _try_to_read() -> None:
    """Read, as the user that it is now, a file of the package, of Python and of a distribution."""
    import simpy

    for path in (__file__, os.__file__, simpy.__file__):
        Path(path).open("rb").close()
