"""What the data plane keeps about container instances: resources, attributes, tasks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ecslab.model.instance_types import EPHEMERAL
from ecslab.model.placement import Candidate, Needs, Occupant, needs_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    import simpy

    from ecslab.sim.entities import Cluster, Task
    from ecslab.sim.machines import Machine
    from ecslab.sim.managed_daemon import DaemonRevision
    from ecslab.sim.ports import Interface


@dataclass(slots=True)
class ContainerInstance:
    """An EC2 instance whose agent has registered in a cluster.

    Args:
        arn: its ARN (with the cluster's name in it).
        cluster: the cluster.
        machine: the EC2 instance.
        role: the ARN of the instance role.
        cpu: registered CPU units.
        memory: registered MiB.
        reserved: TCP ports that tasks don't get.
        interfaces: how many tasks can have a network interface of their own.
        attributes: names and values; the value may be missing.
        registered_at: when it registered.
    """

    arn: str
    cluster: Cluster
    machine: Machine
    role: str
    cpu: int
    memory: int
    reserved: frozenset[int]
    interfaces: int
    attributes: dict[str, str | None]
    registered_at: datetime
    agent_version: str
    docker_version: str
    built_in: frozenset[str] = frozenset()
    """Names of the attributes that the agent or ECS has set."""
    trunk: bool = False
    status: str = "ACTIVE"
    connected: bool = False
    version: int = 0
    agent_update: str | None = None
    capacity_provider: str | None = None
    stop_timeout: float | None = None
    spot_draining: bool = False
    back: simpy.Event | None = None
    """Succeeds when its agent, which is cut off, connects again."""
    tags: list[dict[str, str]] = field(default_factory=list)
    tasks: dict[str, Task] = field(default_factory=dict)
    """The tasks that hold its resources, by id."""
    taken: dict[str, Needs] = field(default_factory=dict)
    dynamic: dict[str, set[tuple[str, int]]] = field(default_factory=dict)
    """Host ports that Docker has chosen, by task."""
    daemons: dict[str, DaemonRevision] = field(default_factory=dict)
    """The revisions of managed daemons that it has got when it registered, by daemon ARN."""
    impaired: set[str] = field(default_factory=set)
    """The ARNs of the critical managed daemons that have failed on it."""

    @property
    def id(self) -> str:
        """Return the last part of the ARN."""
        return self.arn.rsplit("/", 1)[-1]

    @property
    def interface(self) -> Interface:
        """Return the primary network interface of the EC2 instance."""
        return self.machine.interface

    @property
    def active(self) -> bool:
        """Return whether new tasks may be placed on it."""
        return self.status == "ACTIVE"

    @property
    def empty(self) -> bool:
        """Return whether it has no tasks but those of daemons (managed-scaling-behavior)."""
        return all(task.is_daemon for task in self.tasks.values())

    @property
    def daemon_tasks(self) -> list[Task]:
        """Return its tasks of managed daemons."""
        return [task for task in self.tasks.values() if task.daemon is not None]

    def take(self, task: Task) -> None:
        """Have a task hold what it needs from now on."""
        self.tasks[task.id] = task
        self.taken[task.id] = needs_of(task.definition)
        task.instance = self
        self.version += 1

    def give_back(self, task: Task) -> None:
        """Free what a stopped task held; twice does no harm."""
        if self.tasks.pop(task.id, None) is not None:
            self.taken.pop(task.id)
            self.dynamic.pop(task.id, None)
            self.version += 1

    def left(self) -> Needs:
        """Return what is not held: CPU, memory, GPUs; the ports are those that are taken."""
        taken = self.taken.values()
        return Needs(
            cpu=self.cpu - sum(each.cpu for each in taken),
            memory=self.memory - sum(each.memory for each in taken),
            tcp=self.reserved.union(*(each.tcp for each in taken)),
            udp=frozenset().union(*(each.udp for each in taken)),
            gpus=self.machine.gpus - sum(each.gpus for each in taken),
        )

    def candidate(self) -> Candidate:
        """Return it as placement decisions see it."""
        left = self.left()
        return Candidate(
            self.id,
            self.arn,
            cpu=left.cpu,
            memory=left.memory,
            tcp=left.tcp,
            udp=left.udp,
            gpus=left.gpus,
            interfaces=self.interfaces - sum(each.interface for each in self.taken.values()),
            attributes=self.attributes,
            occupants=tuple(
                Occupant(task.group, task.last_status == "RUNNING") for task in self.tasks.values()
            ),
            connected=self.connected,
            ec2_instance=self.machine.id,
            agent_version=self.agent_version,
            registered_at=self.registered_at,
        )

    def bind(self, task: Task, mapping: dict[str, Any], mode: str) -> list[dict[str, Any]]:
        """Return the network bindings of one port mapping, with a dynamic host port if need be.

        Args:
            task: the task whose container starts.
            mapping: the port mapping in botocore's shape.
            mode: the network mode, bridge or host.

        AWS: botocore ecs PortMapping.hostPort, NetworkBinding.
        """
        protocol = mapping.get("protocol") or "tcp"
        span = mapping.get("containerPortRange")
        if span:
            first, last = (int(part) for part in span.split("-"))
            size = last - first + 1
            start = first if mode == "host" else self._free(task, protocol, size)
            ends = {"containerPortRange": span, "hostPortRange": f"{start}-{start + size - 1}"}
            return [{"bindIP": "0.0.0.0", "protocol": protocol, **ends}]  # noqa: S104 - as Docker
        port = int(mapping["containerPort"])
        host = int(mapping.get("hostPort") or 0)
        if mode == "host":
            host = port
        elif not host:
            host = self._free(task, protocol, 1)
        ends = {"containerPort": port, "hostPort": host}
        return [{"bindIP": "0.0.0.0", "protocol": protocol, **ends}]  # noqa: S104 - as Docker

    def _free(self, task: Task, protocol: str, size: int) -> int:
        """Return the first of so many neighbouring free ports of the dynamic range."""
        left = self.left()
        fixed = left.tcp if protocol == "tcp" else left.udp
        used = {port for own in self.dynamic.values() for kind, port in own if kind == protocol}
        first, last = EPHEMERAL
        for start in range(first, last - size + 2):
            if not any(port in used or port in fixed for port in range(start, start + size)):
                own = self.dynamic.setdefault(task.id, set())
                own.update((protocol, port) for port in range(start, start + size))
                return start
        return 0

    def changed(self) -> None:
        """Count a change of its state (botocore ecs ContainerInstance.version)."""
        self.version += 1


def counts(tasks: Iterable[Task]) -> tuple[int, int]:
    """Return how many tasks run and how many are on their way.

    AWS: botocore ecs ContainerInstance.runningTasksCount, .pendingTasksCount.
    """
    states = [task.last_status for task in tasks]
    return states.count("RUNNING"), sum(s in ("PENDING", "ACTIVATING") for s in states)
