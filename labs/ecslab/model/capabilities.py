"""What the kernel lets a container's process do: its user, and its capabilities.

AWS: botocore ecs KernelCapabilities, ContainerDefinition.privileged, .user, .systemControls;
Docker's default set of capabilities (docs.docker.com, "Runtime privilege and Linux capabilities");
capabilities(7): a process of another user than root has none, and to bind a port below
net.ipv4.ip_unprivileged_port_start takes NET_BIND_SERVICE.
"""

from __future__ import annotations

from typing import Any, Final

from ecslab.model.file_system import is_root

__all__ = ["ALL", "DEFAULT", "capabilities", "may_bind"]

DEFAULT: Final = frozenset(
    [
        "AUDIT_WRITE",
        "CHOWN",
        "DAC_OVERRIDE",
        "FOWNER",
        "FSETID",
        "KILL",
        "MKNOD",
        "NET_BIND_SERVICE",
        "NET_RAW",
        "SETFCAP",
        "SETGID",
        "SETPCAP",
        "SETUID",
        "SYS_CHROOT",
    ]
)
"""The capabilities that Docker gives root in a container."""

ALL: Final = DEFAULT | frozenset(
    [
        "AUDIT_CONTROL",
        "BLOCK_SUSPEND",
        "DAC_READ_SEARCH",
        "IPC_LOCK",
        "IPC_OWNER",
        "LEASE",
        "LINUX_IMMUTABLE",
        "MAC_ADMIN",
        "MAC_OVERRIDE",
        "NET_ADMIN",
        "NET_BROADCAST",
        "SYS_ADMIN",
        "SYS_BOOT",
        "SYS_MODULE",
        "SYS_NICE",
        "SYS_PACCT",
        "SYS_PTRACE",
        "SYS_RAWIO",
        "SYS_RESOURCE",
        "SYS_TIME",
        "SYS_TTY_CONFIG",
        "SYSLOG",
        "WAKE_ALARM",
    ]
)
"""All capabilities that a task definition can name."""

_PORT_START: Final = "net.ipv4.ip_unprivileged_port_start"
_FIRST_FREE_PORT: Final = 1024


def capabilities(container: dict[str, Any], user: str) -> frozenset[str]:
    """Return the capabilities of a container's process.

    Args:
        container: the container definition in the API's shape.
        user: who the process runs as.
    """
    if not is_root(user):
        return frozenset()
    if container.get("privileged"):
        return ALL
    asked = (container.get("linuxParameters") or {}).get("capabilities") or {}
    add, drop = set(asked.get("add") or ()), set(asked.get("drop") or ())
    # As Docker: ALL first, then single ones; what is added by name stays when ALL is dropped.
    held = set(ALL) if "ALL" in add else set() if "ALL" in drop else set(DEFAULT)
    return frozenset((held | (add & ALL)) - drop)


def may_bind(container: dict[str, Any], user: str, port: int, network_mode: str) -> bool:
    """Return whether a process may listen on a port.

    Docker lets everybody bind any port of a bridge network since version 20.10: it sets
    ip_unprivileged_port_start to 0 in the container's own network namespace. With awsvpc the
    namespace is made by the agent, with the kernel's 1024.

    Args:
        container: the container definition in the API's shape.
        user: who the process runs as.
        port: the TCP port.
        network_mode: the task's network mode.
    """
    controls = {c.get("namespace"): c.get("value") for c in container.get("systemControls") or ()}
    default = 0 if network_mode == "bridge" else _FIRST_FREE_PORT
    start = str(controls.get(_PORT_START, default))
    first = int(start) if start.isdigit() else default
    return port >= first or "NET_BIND_SERVICE" in capabilities(container, user)
