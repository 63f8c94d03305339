"""What the data plane keeps about services and their deployments."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from ecslab.model.deployment import HEALTHY_AFTER, Bounds, bounds, task_set_bounds
from ecslab.sim.ports import Target
from ecslab.sim.service_deployment import ROLLING

if TYPE_CHECKING:
    import simpy

    from ecslab.sim.entities import Account, Cluster, Task
    from ecslab.sim.service_connect import Connection
    from ecslab.sim.service_deployment import ServiceDeployment
    from ecslab.sim.task_sets import TaskSet

EXTERNAL: Final = "EXTERNAL"
"""The deployment controller of services that others deploy (botocore ecs DeploymentController)."""

_EVENTS_KEPT: Final = 100
_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Deployment:
    """One rollout of a service, and the revision that it rolls out.

    Args:
        id: `ecs-svc/` and 19 digits.
        definition: the registered task definition, in the API's shape.
        settings: what else a service revision fixes: network, load balancers, launch type.
        created_at: when it began.
    """

    id: str
    definition: dict[str, Any]
    settings: dict[str, Any]
    created_at: datetime
    updated_at: datetime
    revision_arn: str
    deployment_arn: str
    status: str = "PRIMARY"
    rollout_state: str = "IN_PROGRESS"
    rollout_reason: str = ""
    desired: int = 0
    failed_tasks: int = 0
    start_failures: int = 0
    next_start: float = 0.0
    failed_start: datetime = _LONG_AGO
    """When the newest of its tasks was started that stopped without having run."""
    rollback_of: Deployment | None = None
    finished_at: datetime | None = None
    digests: dict[str, str] = field(default_factory=dict)
    completed_at: datetime | None = None
    """When it was last completed; None while a rollback to it is in progress, or before."""
    runs: bool = True
    """Whether its desired count is the service's: not before it scales up, nor once it leaves."""
    serves: bool = False
    """Whether a shift has found it serving: its tasks are replaced even if it has failed."""
    alternate: bool = False
    """Whether its tasks are in the alternate target groups (botocore ecs AdvancedConfiguration)."""
    unresolved: int = 0
    """Its tasks that stopped without the digests of their images being known."""
    stuck_reported: bool = False
    connection: Connection | None = None
    """What it has to do with Service Connect."""

    def target_group(self, balancer: dict[str, Any]) -> str | None:
        """Return the target group that its tasks have in one of its load balancers."""
        advanced = balancer.get("advancedConfiguration") or {}
        alternate = advanced.get("alternateTargetGroupArn") if self.alternate else None
        return alternate or balancer.get("targetGroupArn")


@dataclass(slots=True)
class Service:
    """One service.

    Args:
        name: its name.
        arn: its ARN.
        cluster: the cluster it runs in.
        desired: the desired count.
        record: the other parameters, in the API's shape.
        created_at: when it was created.
    """

    name: str
    arn: str
    cluster: Cluster
    desired: int
    record: dict[str, Any]
    created_at: datetime
    status: str = "ACTIVE"
    deployments: list[Deployment] = field(default_factory=list)
    history: list[Deployment] = field(default_factory=list)
    rollouts: list[ServiceDeployment] = field(default_factory=list)
    """Its service deployments, oldest first."""
    events: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=_EVENTS_KEPT))
    tags: list[dict[str, str]] = field(default_factory=list)
    wake: simpy.Event | None = None
    steady: bool = False
    request: str = ""
    """The request that created it, to know one that is sent again."""
    members: dict[str, Task] = field(default_factory=dict)
    """The tasks that have not stopped, by id."""
    complaints: dict[str, dict[str, float]] = field(default_factory=dict)
    """Cause → the messages about it, and when each was last said."""
    extra: int = 0
    """Tasks above the desired count while Availability Zone rebalancing moves one."""
    rebalancing: bool = False
    rebalance_at: float = 0.0
    """Second before which no task is moved."""
    task_sets: dict[str, TaskSet] = field(default_factory=dict)
    """The task sets of a service with an external deployment controller, by id."""

    @property
    def primary(self) -> Deployment:
        """Return the newest deployment."""
        return self.deployments[0]

    @property
    def rollout(self) -> ServiceDeployment | None:
        """Return the service deployment that goes on, None when there is none."""
        last = self.rollouts[-1] if self.rollouts else None
        return last if last is not None and last.unfinished else None

    @property
    def external(self) -> bool:
        """Return whether someone else deploys, through task sets."""
        return bool(self.record["deploymentController"]["type"] == EXTERNAL)

    @property
    def current(self) -> Deployment | None:
        """Return the deployment whose settings the service shows, None before there is any.

        AWS: botocore ecs UpdateServicePrimaryTaskSet (those of the primary task set).
        """
        if self.external:
            return next((item for item in self.deployments if item.status == "PRIMARY"), None)
        return self.deployments[0] if self.deployments else self.history[-1]

    @property
    def limits(self) -> Bounds:
        """Return how many tasks a deployment must keep and may have."""
        if self.external:
            return task_set_bounds([item.desired for item in self.deployments])
        found = self._bounds(self.desired)
        # Both revisions run in full (deployment-type-blue-green).
        return replace(found, upper=2 * found.upper) if self.shifts else found

    def _bounds(self, desired: int) -> Bounds:
        configuration = self.record["deploymentConfiguration"]
        return bounds(
            desired, configuration["minimumHealthyPercent"], configuration["maximumPercent"]
        )

    @property
    def shifts(self) -> bool:
        """Return whether its last deployment shifts traffic, instead of replacing tasks."""
        return bool(self.rollouts) and self.rollouts[-1].strategy != ROLLING

    def room(self, deployment: Deployment) -> int:
        """Return how many more tasks of a deployment may be started."""
        if self.external:  # the unhealthy tasks of one task set take no room from another
            own = task_set_bounds([deployment.desired])
            return own.upper - len(self.wanted_of(deployment))
        if self.shifts:
            return self._bounds(deployment.desired).upper - len(self.wanted_of(deployment))
        return max(self.limits.upper, 0) - len(self.wanted())

    def rescale(self, desired: int) -> None:
        """Change the desired count, and that of the deployments that it concerns."""
        self.desired = desired
        for deployment in self.deployments if self.shifts else self.deployments[:1]:
            if deployment.runs:
                deployment.desired = desired

    def goal(self) -> dict[str, int]:
        """Return the desired count and the limits around it, for the journal."""
        limits = self.limits
        return {"desired": self.desired, "lower": limits.lower, "upper": limits.upper}

    def deployment(self, identifier: str | None) -> Deployment | None:
        """Return one of the service's deployments, past ones included."""
        return next((item for item in self.history if item.id == identifier), None)

    def tasks(self) -> list[Task]:
        """Return the service's tasks that have not stopped, oldest first."""
        return [task for task in self.members.values() if not task.stopped]

    def tasks_of(self, deployment: Deployment) -> list[Task]:
        """Return the tasks of one deployment that have not stopped."""
        return [task for task in self.tasks() if task.deployment == deployment.id]

    def wanted(self) -> list[Task]:
        """Return the service's tasks that are meant to run."""
        return [task for task in self.tasks() if task.wanted]

    def wanted_of(self, deployment: Deployment) -> list[Task]:
        """Return the tasks of one deployment that are meant to run."""
        return [task for task in self.tasks_of(deployment) if task.wanted]

    def targets_for(self, task: Task) -> list[Target]:
        """Return where a task of this service is to be registered."""
        deployment = self.deployment(task.deployment) or self.primary
        found = []
        for balancer in deployment.settings.get("loadBalancers") or []:
            group, port = deployment.target_group(balancer), int(balancer["containerPort"])
            address = task.interface.private_ip if task.interface else None
            if address is None and task.instance is not None:
                address = task.instance.machine.id
                port = _host_port(task, str(balancer["containerName"]), port)
            if group and address and port:
                found.append(Target(group, address, port, task.zone or ""))
        return found


def _host_port(task: Task, name: str, port: int) -> int:
    """Return the host port of a container port, 0 when it has none."""
    container = task.container(name)
    for binding in container.bindings if container else ():
        if binding.get("containerPort") == port:
            return int(binding["hostPort"])
    return 0


def in_grace_period(account: Account, service: Service, task: Task) -> bool:
    """Return whether the health of a task does not count yet.

    AWS: botocore ecs CreateServiceRequest.healthCheckGracePeriodSeconds (ELB, VPC Lattice and
    container health checks).
    """
    if task.running_since is None:
        return True
    age = account.clock.seconds - task.running_since
    return age < float(service.record.get("healthCheckGracePeriodSeconds") or 0)


def is_healthy(account: Account, task: Task) -> bool:
    """Return whether a task counts as healthy in a deployment.

    RUNNING, healthy in its target groups, HEALTHY by its container health checks; with neither,
    40 s in RUNNING (botocore ecs DeploymentConfiguration.minimumHealthyPercent).
    """
    if task.last_status != "RUNNING" or task.running_since is None or not task.wanted:
        return False
    if task.has_health_check and task.health != "HEALTHY":
        return False
    if task.targets:
        return all(account.ports.balancers.health(t) == "healthy" for t in task.targets)
    if task.has_health_check:
        return True
    return account.clock.seconds - task.running_since >= HEALTHY_AFTER


def failed_health(account: Account, service: Service, task: Task) -> tuple[str, str] | None:
    """Return which check a running task fails, as ("container"|"target-group", details)."""
    if task.last_status != "RUNNING" or not task.wanted or in_grace_period(account, service, task):
        return None
    if task.health == "UNHEALTHY":
        return "container", ""
    for target in task.targets:
        if account.ports.balancers.health(target) == "unhealthy":
            return "target-group", target.group
    return None
