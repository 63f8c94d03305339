"""What EC2 instance types offer to tasks: memory without the system's share, network interfaces.

AWS: memory-management (what an instance registers), eni-trunking-supported-instance-types.
"""

from __future__ import annotations

from typing import Final

RESERVED_TCP: Final = (22, 2375, 2376, 51678, 51679)
"""Ports that the agent reserves by default (amazon-ecs-agent, README; botocore ecs PortMapping)."""

EPHEMERAL: Final = (32768, 60999)
"""First and last of the ports from which Docker takes dynamic host ports: the Linux kernel's
default net.ipv4.ip_local_port_range (botocore ecs PortMapping.hostPort)."""

_KNOWN_MEMORY: Final = {"m4.large": 7985}
_SMALL: Final = 4096

_TRUNK_FAMILIES: Final = frozenset(
    (
        *("a1", "c5", "c5a", "c5ad", "c5d", "m5", "m5a", "m5ad", "m5d", "r5", "r5a", "r5ad", "r5d"),
        *("c6a", "c6g", "c6gd", "c6i", "c6id", "m6a", "m6g", "m6gd", "m6i", "m6id"),
        *("r6a", "r6g", "r6gd", "r6i", "r6id", "c7a", "c7g", "c7gd", "c7i", "m7a", "m7g", "m7gd"),
        *("m7i", "r7a", "r7g", "r7gd", "r7i", "c8g", "m8g", "r8g"),
    )
)
_TRUNK_TASKS: Final = {
    "medium": 4,
    "large": 10,
    "xlarge": 20,
    "2xlarge": 40,
    "4xlarge": 60,
    "8xlarge": 60,
    "12xlarge": 60,
    "16xlarge": 120,
    "24xlarge": 120,
    "metal": 120,
}
_TRUNK_OTHERS: Final = {
    "m7i-flex.large": 4,
    "t8i.micro": 2,
    "t8i.small": 4,
    "t8i.medium": 4,
}


def registered_memory(instance_type: str, advertised: int) -> int:
    """Return the MiB that an instance registers: what its operating system sees.

    AWS publishes 3768 of 4096 MiB and, for m4.large, 7985 of 8192; the rule between and beyond
    these is an estimate.

    Args:
        instance_type: such as `m5.large`.
        advertised: the type's memory in MiB.
    """
    known = _KNOWN_MEMORY.get(instance_type)
    if known is not None:
        return known
    small = min(advertised, _SMALL)
    return advertised - -(-small * 8 // 100) - max(0, advertised - _SMALL) * 4 // 100


def task_interfaces(instance_type: str, interfaces: int, *, trunking: bool = False) -> int:
    """Return how many tasks with their own network interface an instance can hold.

    Args:
        instance_type: such as `m5.large`.
        interfaces: the most interfaces that the type can have; the instance needs one itself.
        trunking: whether the instance was launched with `awsvpcTrunking` on.
    """
    return trunk_tasks(instance_type) * trunking or max(0, interfaces - 1)


def trunk_tasks(instance_type: str) -> int:
    """Return how many tasks an instance with a trunk interface can hold, 0 when it can have none.

    The rows of the r5 to r8 families and of large sizes are not verified one by one.
    """
    family, _, size = instance_type.partition(".")
    if instance_type in _TRUNK_OTHERS:
        return _TRUNK_OTHERS[instance_type]
    return _TRUNK_TASKS.get(size, 0) if family in _TRUNK_FAMILIES else 0
