"""What the data plane keeps about clusters and tasks; plain state, no behaviour in time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ecslab.model.quotas import Quotas
from ecslab.sim.identifiers import Identifiers

if TYPE_CHECKING:
    from datetime import datetime
    from random import Random

    import simpy

    from ecslab.clock import Clock
    from ecslab.journal import Journal
    from ecslab.model.file_system import FileSystem
    from ecslab.model.task_definition import TaskDefinitions
    from ecslab.sim.capacity_providers import CapacityProvider
    from ecslab.sim.connect_proxy import ConnectProxy
    from ecslab.sim.container_instances import ContainerInstance
    from ecslab.sim.exec_agent import ExecAgent
    from ecslab.sim.exec_session import ExecSession
    from ecslab.sim.log_drivers import LogDriver
    from ecslab.sim.managed_daemon import Daemon, DaemonRevision
    from ecslab.sim.ports import FoundImage, Interface, Ports, Target
    from ecslab.sim.process import Process
    from ecslab.sim.service import Service
    from ecslab.sim.task_volumes import TaskVolume

FARGATE = "FARGATE"
EXTERNAL = "EXTERNAL"


@dataclass(slots=True)
class Container:
    """One container of a task.

    Args:
        name: its name in the task definition.
        spec: its container definition, overrides applied, in the API's shape.
        arn: its ARN.
    """

    name: str
    spec: dict[str, Any]
    arn: str
    status: str = "PENDING"
    health: str = "UNKNOWN"
    exit_code: int | None = None
    reason: str | None = None
    runtime_id: str | None = None
    found: FoundImage | None = None
    process: Process | None = None
    restarts: int = 0
    bindings: list[dict[str, Any]] = field(default_factory=list)
    """Its network bindings on a container instance, in the API's shape."""
    started_at: datetime | None = None
    finished_at: datetime | None = None
    started: simpy.Event | None = None
    exited: simpy.Event | None = None
    healthy: simpy.Event | None = None
    secrets: dict[str, str] = field(default_factory=dict)
    files: FileSystem | None = None
    """Its file system, from its creation on."""
    exec_agent: ExecAgent | None = None
    """The agent for ECS Exec in it, if its task wants one."""
    log_stream: str | None = None
    log: LogDriver | None = None

    @property
    def hangs(self) -> bool:
        """Return whether its program hangs in a write, because the log driver takes no more."""
        return self.log is not None and self.log.blocked

    @property
    def essential(self) -> bool:
        """Return whether the task ends with this container (default true)."""
        return bool(self.spec.get("essential", True))


@dataclass(slots=True)
class Task:
    """One task, in whatever state it is.

    Args:
        arn: its ARN (with the cluster's name in it).
        cluster: the cluster it runs in.
        definition: its task definition with overrides applied, in the API's shape.
    """

    arn: str
    cluster: Cluster
    definition: dict[str, Any]
    group: str
    created_at: datetime
    launch_type: str = FARGATE
    capacity_provider: str | None = None
    platform_version: str = ""
    started_by: str | None = None
    overrides: dict[str, Any] = field(default_factory=dict)
    subnets: tuple[str, ...] = ()
    security_groups: tuple[str, ...] = ()
    public_ip: bool = False
    enable_execute_command: bool = False
    tags: list[dict[str, str]] = field(default_factory=list)
    desired_status: str = "RUNNING"
    last_status: str = "PROVISIONING"
    version: int = 1
    reported: tuple[str, ...] = ()
    """The state at the last change of `version`."""
    connectivity: str | None = None
    connectivity_at: datetime | None = None
    pull_started_at: datetime | None = None
    pull_stopped_at: datetime | None = None
    started_at: datetime | None = None
    stopping_at: datetime | None = None
    stopped_at: datetime | None = None
    execution_stopped_at: datetime | None = None
    stop_code: str | None = None
    stopped_reason: str | None = None
    containers: list[Container] = field(default_factory=list)
    interface: Interface | None = None
    attachment_id: str = ""
    attachment_status: str = "PRECREATED"
    service: Service | None = None
    deployment: str | None = None
    daemon: DaemonRevision | None = None
    """The revision of the managed daemon that it is a task of."""
    targets: list[Target] = field(default_factory=list)
    registries: dict[str, str | None] = field(default_factory=dict)
    """The Cloud Map services it is registered in, with the health that has been reported there."""
    proxy: ConnectProxy | None = None
    stop_wanted: simpy.Event | None = None
    running_since: float | None = None
    volume: TaskVolume | None = None
    """The EBS volume that ECS manages for it."""
    instance: ContainerInstance | None = None
    """The container instance that it is placed on, if it is for one."""
    placed: simpy.Event | None = None
    """Succeeds when capacity for it has been found, if it has to wait for that."""
    volume_files: dict[str, dict[str, str]] = field(default_factory=dict)
    """What has been written to its volumes, by volume and path."""
    protected_until: datetime | None = None
    """The end of its scale-in protection."""
    lost: bool = False
    """Whether its host has gone, so that nobody can say how its containers ended."""

    @property
    def id(self) -> str:
        """Return the last part of the ARN."""
        return self.arn.rsplit("/", 1)[-1]

    @property
    def stopped(self) -> bool:
        """Return whether the task has come to its end."""
        return self.last_status == "STOPPED"

    @property
    def wanted(self) -> bool:
        """Return whether the task is meant to run."""
        return self.desired_status == "RUNNING"

    @property
    def is_daemon(self) -> bool:
        """Return whether it is there for its instance: of a managed daemon, or a DAEMON service.

        AWS: managed-scaling-behavior (an instance that has only such tasks counts as empty).
        """
        if self.service is not None:
            return bool(self.service.record["schedulingStrategy"] == "DAEMON")
        return self.daemon is not None

    @property
    def health(self) -> str:
        """Return the task's health by its essential containers with a health check.

        AWS: botocore ecs HealthCheck: any UNHEALTHY, else any UNKNOWN, else HEALTHY.
        """
        checked = [c for c in self.containers if c.essential and c.spec.get("healthCheck")]
        states = {container.health for container in checked}
        if not states:
            return "UNKNOWN"
        for state in ("UNHEALTHY", "UNKNOWN"):
            if state in states:
                return state
        return "HEALTHY"

    @property
    def agent_interface(self) -> Interface | None:
        """Return the interface from which its agent pulls images and calls AWS.

        On EC2 that is the instance's, whatever the network mode (task-networking-awsvpc).
        """
        return self.instance.interface if self.instance is not None else self.interface

    @property
    def zone(self) -> str | None:
        """Return its Availability Zone, None as long as it has none."""
        if self.instance is not None:
            return self.instance.machine.zone or None
        return self.interface.zone if self.interface is not None else None

    @property
    def has_health_check(self) -> bool:
        """Return whether an essential container has a health check."""
        return any(c.essential and c.spec.get("healthCheck") for c in self.containers)

    def state(self) -> tuple[str, ...]:
        """Return what makes an event when it changes.

        These are the task's states, and those of its containers once the task runs.
        AWS: ecs_task_events (what causes a task state change event); botocore ecs Task.version.
        """
        containers = self.containers if self.last_status == "RUNNING" else []
        return (self.last_status, self.desired_status, *[c.status for c in containers])

    def container(self, name: str) -> Container | None:
        """Return the container of that name."""
        return next((c for c in self.containers if c.name == name), None)


@dataclass(slots=True)
class Cluster:
    """One cluster and what runs in it.

    Args:
        name: its name.
        arn: its ARN.
        record: what the API stores of it (settings, configuration, tags, capacity providers).
    """

    name: str
    arn: str
    record: dict[str, Any]
    tasks: dict[str, Task] = field(default_factory=dict)
    services: dict[str, Service] = field(default_factory=dict)
    instances: dict[str, ContainerInstance] = field(default_factory=dict)
    daemons: dict[str, Daemon] = field(default_factory=dict)
    """The managed daemons, by name."""
    past_daemons: list[Daemon] = field(default_factory=list)
    """Those that have been deleted within the hour."""
    client_tokens: dict[str, tuple[str, list[Task]]] = field(default_factory=dict)
    """Client token of RunTask → the request that came with it, and the tasks that it started."""

    @property
    def active(self) -> bool:
        """Return whether the cluster has not been deleted."""
        return self.record["status"] in ("ACTIVE", "PROVISIONING")

    def live_tasks(self) -> list[Task]:
        """Return the tasks that have not stopped."""
        return [task for task in self.tasks.values() if not task.stopped]


@dataclass(slots=True)
class Account:
    """One account in one Region: the root of all state of the data plane.

    Args:
        id: the account id.
        region: the Region.
        clock: simulated time.
        journal: the record of what happens.
        random: a seeded source of chance.
        ports: the outside.
        definitions: the registered task definitions.
    """

    id: str
    region: str
    clock: Clock
    journal: Journal
    random: Random
    ports: Ports
    definitions: TaskDefinitions
    clusters: dict[str, Cluster] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)
    """The account's settings, which hold for all who have none of their own."""
    own_settings: dict[str, dict[str, str]] = field(default_factory=dict)
    """The settings of users and roles, by their ARNs."""
    tags: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    exec_sessions: dict[str, ExecSession] = field(default_factory=dict)
    providers: dict[str, CapacityProvider] = field(default_factory=dict)
    quotas: Quotas = field(default_factory=Quotas)
    shared_files: dict[str, dict[str, str]] = field(default_factory=dict)
    """What is on file systems that tasks share, by file system and place in it."""
    lost_zones: set[str] = field(default_factory=set)
    """Availability Zones without any capacity."""
    identifiers: Identifiers = field(init=False)

    def __post_init__(self) -> None:
        """Derive the source of identifiers."""
        self.identifiers = Identifiers(self.random)

    def arn(self, resource: str) -> str:
        """Return the ARN of an ECS resource given as `type/path`."""
        return f"arn:aws:ecs:{self.region}:{self.id}:{resource}"
