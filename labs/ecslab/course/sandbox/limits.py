"""What a notebook may use of the machine while it is graded."""

from __future__ import annotations

import sys
from dataclasses import dataclass

__all__ = ["Limits"]

MIB = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """Limits of the operating system; Windows has none of this kind.

    Attributes:
        memory: MiB of address space of one process; a lab takes about 300, and libraries for
            numbers reserve far more than they use.
        file: MiB that one file may grow to.
        open_files: files and connections that are open at once.
        cpu: seconds of CPU time of one process.
        processes: and threads, of a user that has no others.
    """

    memory: int = 4096
    file: int = 64
    open_files: int = 1024
    cpu: int = 600
    processes: int = 128

    def apply(self, *, processes: bool = False) -> dict[str, bool]:
        """Limit this process and those that it starts.

        Args:
            processes: also limit their number, which counts all that belong to this user.

        Returns:
            Each limit, and whether the operating system took it.
        """
        values = self._values() | ({"RLIMIT_NPROC": self.processes} if processes else {})
        return {name: _lower(name, value) for name, value in values.items()}

    @staticmethod
    def available() -> dict[str, bool]:
        """Tell which limits this operating system has, without setting any."""
        posix = sys.platform != "win32"
        # macOS takes a limit of address space and does not keep to it.
        return {
            "memory limit of a process": posix and sys.platform != "darwin",
            "file size limit": posix,
            "open files limit": posix,
            "CPU time limit of a process": posix,
        }

    def _values(self) -> dict[str, int]:
        return {
            "RLIMIT_AS": self.memory * MIB,
            "RLIMIT_FSIZE": self.file * MIB,
            "RLIMIT_NOFILE": self.open_files,
            "RLIMIT_CPU": self.cpu,
            "RLIMIT_CORE": 0,
        }


def _lower(name: str, value: int) -> bool:
    """Set a limit, or keep the one that is lower already."""
    if sys.platform == "win32":
        return False
    import resource

    kind = getattr(resource, name)
    highest = resource.getrlimit(kind)[1]
    if highest != resource.RLIM_INFINITY:
        value = min(value, highest)
    try:
        resource.setrlimit(kind, (value, value))
    except (OSError, ValueError):
        return False
    return True
