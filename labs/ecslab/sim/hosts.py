"""Who has which address: the tasks behind private and public IP addresses and names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from ecslab.model.network import NetworkInterface

if TYPE_CHECKING:
    from ecslab.sim.entities import Account, Task
    from ecslab.sim.process import Process

__all__ = ["Hosts", "interface_of", "listener_on"]

_PRIVATE_NAME: Final = re.compile(r"ip-(\d+)-(\d+)-(\d+)-(\d+)\.(?:ec2|[\w-]+\.compute)\.internal")
_PUBLIC_NAME: Final = re.compile(
    r"ec2-(\d+)-(\d+)-(\d+)-(\d+)\.(?:compute-1|[\w-]+\.compute)\.amazonaws\.com"
)


class Hosts:
    """Finds tasks by address; kept up to date by the agent's notices.

    Args:
        account: the account whose tasks they are.
    """

    def __init__(self, account: Account) -> None:
        self._account = account
        self._private: dict[tuple[str, str], Task] = {}
        self._public: dict[str, Task] = {}

    def note(self, task: Task) -> None:
        """Take notice of a task that has changed; to be called for every change."""
        interface = task.interface
        if interface is None:
            return
        key = (interface.vpc, interface.private_ip)
        if not task.stopped:
            self._private[key] = task
            if interface.public_ip:
                self._public[interface.public_ip] = task
            return
        if self._private.get(key) is task:
            del self._private[key]
        if interface.public_ip and self._public.get(interface.public_ip) is task:
            del self._public[interface.public_ip]

    def private(self, vpc: str, address: str) -> Task | None:
        """Return the task with a private address in a VPC."""
        return self._private.get((vpc, address))

    def public(self, address: str) -> Task | None:
        """Return the task with a public address."""
        return self._public.get(address)

    def task(self, arn: str) -> Task | None:
        """Return the task with an ARN, or the task of a container with an ARN."""
        parts = arn.rsplit(":", 1)[-1].split("/")
        if parts[0] not in ("task", "container") or len(parts) < 3:  # noqa: PLR2004 - type, cluster, id
            return None
        cluster = self._account.clusters.get(parts[1])
        return cluster.tasks.get(parts[2]) if cluster else None


def address_in(name: str, *, inside: bool) -> str:
    """Return the address that EC2's own host names contain; empty for other names.

    AWS: vpc-dns, "DNS hostnames": private names resolve only inside the VPC.

    Args:
        name: a host name.
        inside: whether it is resolved inside a VPC.
    """
    found = _PUBLIC_NAME.fullmatch(name) or (_PRIVATE_NAME.fullmatch(name) if inside else None)
    return ".".join(found.groups()) if found else ""


def interface_of(task: Task) -> NetworkInterface | None:
    """Return a task's network interface as reachability decisions take it."""
    interface = task.interface
    if interface is None:
        return None
    return NetworkInterface(
        interface.id,
        interface.private_ip,
        interface.public_ip,
        interface.subnet,
        interface.groups,
        interface.mac,
        interface.dns_name,
        label=f"task {task.id}",
    )


def listener_on(task: Task, port: int) -> Process | None:
    """Return the process of a task that accepts connections on a port.

    With the awsvpc network mode all containers of a task share its interface; AWS:
    task-networking-awsvpc.
    """
    for container in task.containers:
        process = container.process
        if process is not None and process.listens_on(port):
            return process
    return None
