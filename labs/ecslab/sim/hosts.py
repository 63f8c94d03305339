"""Who has which address: the tasks behind private and public IP addresses and names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from ecslab.model.network import NetworkInterface
from ecslab.sim.connect_proxy import IngressListener

if TYPE_CHECKING:
    from ecslab.sim.connect_proxy import Acceptor
    from ecslab.sim.entities import Account, Container, Task
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
        self._bound: dict[tuple[str, str, int], Task] = {}
        self._ports_of: dict[str, list[tuple[str, str, int]]] = {}

    def note(self, task: Task) -> None:
        """Take notice of a task that has changed; to be called for every change."""
        interface = task.interface
        if interface is None:
            self._note_ports(task)
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

    def _note_ports(self, task: Task) -> None:
        """Take notice of the ports that a task has of its container instance."""
        if task.instance is None or task.instance.machine.external:
            return
        if task.stopped:
            for key in self._ports_of.pop(task.id, ()):
                self._bound.pop(key, None)
            return
        host = task.instance.interface
        places = [(host.vpc, host.private_ip), (host.vpc, task.instance.machine.id)]
        if host.public_ip:
            places.append(("", host.public_ip))
        ports = [
            int(binding["hostPort"])
            for bindings in _bindings(task)
            for binding in bindings
            if binding.get("hostPort")
        ]
        if len(ports) * len(places) != len(self._ports_of.get(task.id, ())):
            self._ports_of[task.id] = [(*place, port) for place in places for port in ports]
            self._bound.update(dict.fromkeys(self._ports_of[task.id], task))

    def private(self, vpc: str, address: str, port: int = 0) -> Task | None:
        """Return the task behind a private address in a VPC.

        Args:
            vpc: the VPC's id.
            address: a private address, or the id of an EC2 instance.
            port: the port, which tells the tasks of one container instance apart.
        """
        return self._private.get((vpc, address)) or self._bound.get((vpc, address, port))

    def public(self, address: str, port: int = 0) -> Task | None:
        """Return the task behind a public address and, on a container instance, a port."""
        return self._public.get(address) or self._bound.get(("", address, port))

    def task(self, arn: str) -> Task | None:
        """Return the task with an ARN, or the task of a container with an ARN."""
        parts = arn.rsplit(":", 1)[-1].split("/")
        if parts[0] not in ("task", "container") or len(parts) < 3:  # noqa: PLR2004 - type, cluster, id
            return None
        cluster = self._account.clusters.get(parts[1])
        return cluster.tasks.get(parts[2]) if cluster else None


def _bindings(task: Task) -> list[list[dict[str, Any]]]:
    """Return the network bindings of a task's containers, its proxy's included."""
    own = [container.bindings for container in task.containers]
    return [task.proxy.bindings, *own] if task.proxy else own


def address_in(name: str, *, inside: bool) -> str:
    """Return the address that EC2's own host names contain; empty for other names.

    AWS: vpc-dns, "DNS hostnames": private names resolve only inside the VPC.

    Args:
        name: a host name.
        inside: whether it is resolved inside a VPC.
    """
    found = _PUBLIC_NAME.fullmatch(name) or (_PRIVATE_NAME.fullmatch(name) if inside else None)
    return ".".join(found.groups()) if found else ""


def interface_of(task: Task, *, agent: bool = False) -> NetworkInterface | None:
    """Return a task's network interface as reachability decisions take it.

    Args:
        task: the task.
        agent: whether its agent sends, which pulls images and reads secrets.
    """
    interface = task.agent_interface if agent else task.interface
    shares_host = task.definition.get("networkMode") != "none"
    if interface is None and task.instance is not None and shares_host:
        interface = task.instance.interface
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


def listener_on(task: Task, port: int) -> Acceptor | None:
    """Return what of a task accepts connections on a port.

    With the awsvpc network mode all containers of a task share its interface; AWS:
    task-networking-awsvpc. In bridge mode the port is the host's (botocore ecs NetworkBinding).
    A Service Connect proxy takes its own ports (service-connect-concepts-deploy, "Networking").
    """
    proxy = task.proxy
    endpoint = proxy.ingress.get(port) if proxy and task.last_status in _PROXY_LIVES else None
    if proxy is None or endpoint is None:
        return _process_on(task, port)
    if task.interface is not None:
        return IngressListener(proxy.account, endpoint, _process_on(task, endpoint.container_port))
    container = task.container(endpoint.container)
    process = container.process if container else None
    listens = process is not None and process.listens_on(endpoint.container_port)
    return IngressListener(proxy.account, endpoint, process if listens else None)


_PROXY_LIVES: Final = ("ACTIVATING", "RUNNING", "DEACTIVATING", "STOPPING")


def _process_on(task: Task, port: int) -> Process | None:
    for container in task.containers:
        process = container.process
        inner = port if task.interface is not None else _container_port(container, port)
        if process is not None and process.listens_on(inner):
            return process
    return None


def _container_port(container: Container, port: int) -> int:
    """Return the container port behind a port of the host, the same number when there is none."""
    bound = (each for each in container.bindings if each.get("hostPort") == port)
    return int(next((each["containerPort"] for each in bound), port))
