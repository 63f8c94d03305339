"""What the kernel tells a container's processes about themselves, below /proc.

AWS: botocore ecs ContainerDefinition.ulimits, .user, .privileged, .systemControls,
.readonlyRootFilesystem, LinuxParameters; proc(5), capabilities(7).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ecslab.model.capabilities import capabilities
from ecslab.model.file_system import user_id
from ecslab.sim.entities import FARGATE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecslab.sim.process import Process

__all__ = ["proc_file", "ulimit"]

_OWN: Final = ("/proc/1/", "/proc/self/")
_UNLIMITED: Final = "unlimited"
_NO_LIMIT: Final = -1
_NOFILE: Final = (65_535, 65_535)
"""The files that a container may have open (botocore ecs ContainerDefinition.ulimits: Fargate)."""
_NOFILE_ON_INSTANCES: Final = (32_768, 65_536)
"""What the Docker daemon of ECS-optimized AMIs gives (/etc/sysconfig/docker)."""

_LIMITS: Final = {
    # /proc/PID/limits calls them so: the name of the API, the unit
    "Max cpu time": ("cpu", "seconds"),
    "Max file size": ("fsize", "bytes"),
    "Max data size": ("data", "bytes"),
    "Max stack size": ("stack", "bytes"),
    "Max core file size": ("core", "bytes"),
    "Max resident set": ("rss", "bytes"),
    "Max processes": ("nproc", "processes"),
    "Max open files": ("nofile", "files"),
    "Max locked memory": ("memlock", "bytes"),
    "Max file locks": ("locks", "locks"),
    "Max pending signals": ("sigpending", "signals"),
    "Max msgqueue size": ("msgqueue", "bytes"),
    "Max nice priority": ("nice", ""),
    "Max realtime priority": ("rtprio", ""),
    "Max realtime timeout": ("rttime", "us"),
}
# capability.h: the number of each capability, by which the masks of /proc/PID/status are made.
_NUMBERS: Final = (
    *("CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID"),
    *("SETUID", "SETPCAP", "LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST"),
    *("NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER", "SYS_MODULE", "SYS_RAWIO"),
    *("SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE"),
    *("SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE"),
    *("AUDIT_CONTROL", "SETFCAP", "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM"),
    *("BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF", "CHECKPOINT_RESTORE"),
)
_SHARED_MIB: Final = 64
"""The MiB of /dev/shm that Docker gives a container."""


def proc_file(path: str, process: Process) -> str | None:
    """Return the content of a file below /proc, None for one that is not known.

    Args:
        path: its absolute path.
        process: who reads it.
    """
    name = next((path.removeprefix(own) for own in _OWN if path.startswith(own)), "")
    if name == "environ":
        return "\n".join(f"{key}={value}" for key, value in sorted(process.environment.items()))
    if name == "limits":
        return "\n".join(_limits(process))
    if name == "status":
        return "\n".join(_status(process))
    if name == "mounts" or path == "/proc/mounts":
        return "\n".join(_mounts(process))
    return _setting(path, process) if path.startswith("/proc/sys/") else None


def ulimit(name: str, process: Process, *, hard: bool) -> str:
    """Return a resource limit of a container's processes.

    Args:
        name: as the API calls it.
        process: one of them.
        hard: whether the hard limit is meant.
    """
    for limit in process.container.spec.get("ulimits") or ():
        if limit.get("name") == name:
            value = limit["hardLimit" if hard else "softLimit"]
            return _UNLIMITED if value == _NO_LIMIT else str(value)
    if name != "nofile":
        return _UNLIMITED
    pair = _NOFILE if process.task.launch_type == FARGATE else _NOFILE_ON_INSTANCES
    return str(pair[hard])


def _limits(process: Process) -> Iterator[str]:
    yield f"{'Limit':<25} {'Soft Limit':<20} {'Hard Limit':<20} Units"
    for title, (name, unit) in _LIMITS.items():
        soft, hard = (ulimit(name, process, hard=each) for each in (False, True))
        yield f"{title:<25} {soft:<20} {hard:<20} {unit}".rstrip()


def _status(process: Process) -> Iterator[str]:
    user, group = user_id(process.user), process.user.partition(":")[2]
    number = group if group.isdigit() else user
    held = capabilities(process.container.spec, process.user)
    mask = sum(1 << _NUMBERS.index(each) for each in held if each in _NUMBERS)
    bound = capabilities(process.container.spec, "root")
    limit = sum(1 << _NUMBERS.index(each) for each in bound if each in _NUMBERS)
    yield "\t".join(("Uid:", *[user] * 4))
    yield "\t".join(("Gid:", *[number] * 4))
    yield f"CapEff:\t{mask:016x}"
    yield f"CapBnd:\t{limit:016x}"


def _mounts(process: Process) -> Iterator[str]:
    spec = process.container.spec
    linux: dict[str, Any] = spec.get("linuxParameters") or {}
    root = "ro" if spec.get("readonlyRootFilesystem") else "rw"
    yield f"overlay / overlay {root},relatime 0 0"
    yield "proc /proc proc rw,nosuid,nodev,noexec,relatime 0 0"
    shared = (linux.get("sharedMemorySize") or _SHARED_MIB) * 1024
    yield f"shm /dev/shm tmpfs rw,nosuid,nodev,noexec,relatime,size={shared}k 0 0"
    memory = {str(each["containerPath"]): each for each in linux.get("tmpfs") or ()}
    files = process.container.files
    for mount in files.mounts if files is not None else ():
        mode = "ro" if mount.read_only else "rw"
        if mount.path in memory:
            own = [each for each in memory[mount.path].get("mountOptions") or () if each != mode]
            size = int(memory[mount.path]["size"]) * 1024
            yield f"tmpfs {mount.path} tmpfs {','.join((mode, *own, f'size={size}k'))} 0 0"
        else:
            yield f"/dev/nvme1n1 {mount.path} xfs {mode},relatime 0 0"


def _setting(path: str, process: Process) -> str | None:
    """Return a kernel parameter that the task definition sets."""
    name = path.removeprefix("/proc/sys/").replace("/", ".")
    for control in process.container.spec.get("systemControls") or ():
        if control.get("namespace") == name:
            return str(control.get("value"))
    return None
