"""Everything that moves in one account and Region, wired together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecslab.model.capacity_failures import FAILED_TO_START
from ecslab.model.cluster import FARGATE_PROVIDERS, MANAGED_INSTANCES_KIND
from ecslab.model.platform_versions import resolved
from ecslab.model.task_definition.tags import managed_tags
from ecslab.sim.agent import Agent
from ecslab.sim.capacity import Capacity
from ecslab.sim.deletions import Deletions
from ecslab.sim.entities import FARGATE, Task
from ecslab.sim.instance_agents import InstanceAgents
from ecslab.sim.instance_market import NoMarket
from ecslab.sim.machines import NoMachines
from ecslab.sim.managed_daemons import ManagedDaemons
from ecslab.sim.managed_instances import ManagedInstances
from ecslab.sim.placer import Placer
from ecslab.sim.rollout import Rollout
from ecslab.sim.scaling_groups import NoScalingGroups
from ecslab.sim.scheduler import Scheduler
from ecslab.sim.service import Deployment, Service
from ecslab.sim.service_deployment import ROLLING
from ecslab.sim.task_volumes import new_volume
from ecslab.sim.traffic_shifts import TrafficShifts
from ecslab.sim.traffic_weights import TrafficWeights

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

    from ecslab.sim.container_instances import ContainerInstance
    from ecslab.sim.entities import Account, Cluster
    from ecslab.sim.instance_market import MarketPort
    from ecslab.sim.machines import MachinesPort
    from ecslab.sim.managed_daemon import DaemonRevision
    from ecslab.sim.scaling_groups import ScalingGroupsPort


_GIVE_UP = (4.0, 1.0)
"""Seconds until a task fails whose provider has no room and adds none; AWS publishes no number."""


class Engine:
    """The agent, the service scheduler, and how they make tasks.

    Args:
        account: the state that they change.
        machines: the EC2 instances, if there can be any.
        groups: the Auto Scaling groups, if there can be any.
        market: where Managed Instances come from, if there can be any.
    """

    def __init__(
        self,
        account: Account,
        machines: MachinesPort | None = None,
        groups: ScalingGroupsPort | None = None,
        market: MarketPort | None = None,
    ) -> None:
        self.account = account
        self.agent = Agent(account)
        self.deletions = Deletions(account)
        self.placer = Placer(account)
        self.instances = InstanceAgents(account, self.agent, machines or NoMachines())
        self.rollout = Rollout(account)
        self.scheduler = Scheduler(
            account, self.agent, self.rollout, self._service_task, self.placer
        )
        self.weights = TrafficWeights(account, self.agent.discovery.connect)
        self.shifts = TrafficShifts(account, self.rollout, self.weights, self.scheduler.poke)
        self.instances.listen(self.scheduler.instance_changed)
        self.capacity = Capacity(
            account, self.agent, self.placer, self.instances, groups or NoScalingGroups()
        )
        self.managed = ManagedInstances(
            account, self.agent, self.instances, market or NoMarket(), self.capacity
        )
        self.daemons = ManagedDaemons(
            account,
            self.agent,
            self.placer,
            self.instances,
            self.managed,
            make_task=self._daemon_task,
        )

    def new_task(
        self,
        cluster: Cluster,
        definition: dict[str, Any],
        network: dict[str, Any] | None,
        **fields: Any,
    ) -> Task:
        """Return a task that is ready to be launched.

        Args:
            cluster: where it will run.
            definition: its task definition with overrides applied.
            network: the `awsvpcConfiguration` it runs with.
            fields: further fields of `Task`.
        """
        network = network or {}
        arn = self.account.arn(f"task/{cluster.name}/{self.account.identifiers.task()}")
        return Task(
            arn=arn,
            cluster=cluster,
            definition=definition,
            created_at=self.account.clock.now,
            subnets=tuple(network.get("subnets") or ()),
            security_groups=tuple(network.get("securityGroups") or ()),
            public_ip=network.get("assignPublicIp") == "ENABLED",
            **fields,
        )

    def new_deployment(
        self, service: Service, definition: dict[str, Any], settings: dict[str, Any]
    ) -> Deployment:
        """Return a deployment of a service, not yet begun.

        Args:
            service: the service.
            definition: the registered task definition.
            settings: what else the service revision fixes.
        """
        identifiers, now = self.account.identifiers, self.account.clock.now
        path = f"{service.cluster.name}/{service.name}"
        deployment = Deployment(
            id=identifiers.deployment(),
            definition=definition,
            settings=settings,
            created_at=now,
            updated_at=now,
            revision_arn=self.account.arn(f"service-revision/{path}/{identifiers.digits(19)}"),
            deployment_arn=self.account.arn(
                f"service-deployment/{path}/{identifiers.uuid()[-21:]}"
            ),
        )
        self.scheduler.note_target_groups(service, deployment)
        return deployment

    def deploy(self, service: Service, deployment: Deployment) -> None:
        """Begin a deployment and have the scheduler carry it out."""
        self.agent.discovery.connect.begin(deployment)
        rollout = self.rollout.begin(service, deployment)
        if rollout.strategy != ROLLING:
            self.shifts.begin(service, rollout)
        else:
            self.weights.stay(service, rollout)
        self.scheduler.poke(service)

    def fail_start(self, task: Task, reason: str) -> None:
        """Launch a task that no instance of its capacity provider can take, and let it fail.

        Args:
            task: the task.
            reason: as in `failures[].reason` (api_failures_messages, DescribeTasks).
        """
        task.placed = self.account.clock.env.event()
        self.agent.launch(task)

        def give_up() -> Generator[Any, Any, None]:
            yield self.account.clock.env.timeout(self.account.identifiers.jitter(*_GIVE_UP))
            self.agent.stop(task, "TaskFailedToStart", FAILED_TO_START(reason=reason))

        self.account.clock.env.process(give_up())

    def all_tasks(self) -> Iterable[Task]:
        """Yield the tasks of all clusters, those that stopped within the hour included."""
        for cluster in self.account.clusters.values():
            yield from cluster.tasks.values()

    def _service_task(self, service: Service, deployment: Deployment) -> Task:
        settings = deployment.settings
        network = (settings.get("networkConfiguration") or {}).get("awsvpcConfiguration")
        provider = choose_provider(
            settings.get("capacityProviderStrategy") or [],
            [t.capacity_provider for t in service.tasks_of(deployment) if t.wanted],
        )
        by_provider = launch_type_of(self.account, provider)
        record = service.record
        propagated: list[dict[str, str]] = []
        if record.get("propagateTags") == "SERVICE":
            propagated = list(service.tags)
        elif record.get("propagateTags") == "TASK_DEFINITION":
            propagated = self.account.definitions.tags_of(
                deployment.definition["taskDefinitionArn"]
            )
        if record.get("enableECSManagedTags"):
            propagated = [*propagated, *managed_tags(service.cluster.name, service.name)]
        launch_type = settings.get("launchType") or by_provider
        platform = ""
        if launch_type == FARGATE:
            platform = resolved(settings.get("platformVersion"), deployment.definition)
        return self.new_task(
            service.cluster,
            deployment.definition,
            network,
            group=f"service:{service.name}",
            started_by=deployment.id,
            launch_type=launch_type,
            capacity_provider=provider,
            platform_version=platform,
            service=service,
            deployment=deployment.id,
            enable_execute_command=bool(record.get("enableExecuteCommand")),
            tags=propagated,
            volume=new_volume(
                self.account,
                settings.get("volumeConfigurations") or [],
                definition=deployment.definition["taskDefinitionArn"],
                service_tags=service.tags,
            ),
        )

    def _daemon_task(self, revision: DaemonRevision, instance: ContainerInstance) -> Task:
        architecture = "ARM64" if instance.machine.architecture == "arm64" else "X86_64"
        daemon, settings = revision.daemon, revision.settings
        tags = list(daemon.tags) if settings["propagateTags"] == "DAEMON" else []
        if settings["enableECSManagedTags"]:
            tags += managed_tags(daemon.cluster.name)
        return self.new_task(
            instance.cluster,
            {**revision.definition, "runtimePlatform": {"cpuArchitecture": architecture}},
            None,
            group=f"daemon:{daemon.name}",
            started_by=f"daemon/{daemon.name}",
            launch_type=MANAGED_INSTANCES_KIND,
            capacity_provider=instance.capacity_provider,
            daemon=revision,
            enable_execute_command=bool(settings["enableExecuteCommand"]),
            tags=tags,
        )


def launch_type_of(account: Account, provider: str | None) -> str:
    """Return the launch type of a task that a capacity provider runs.

    AWS: botocore ecs LaunchType (MANAGED_INSTANCES appears in answers only).
    """
    if provider in (None, *FARGATE_PROVIDERS):
        return FARGATE
    made = account.providers.get(str(provider))
    managed = made is not None and made.kind == MANAGED_INSTANCES_KIND
    return MANAGED_INSTANCES_KIND if managed else "EC2"


def choose_provider(strategy: list[dict[str, Any]], placed: list[str | None]) -> str | None:
    """Return the capacity provider for the next task of a strategy.

    First the base is filled, then each task goes where the fewest have been placed for the weight
    (fargate-capacity-providers; botocore ecs CapacityProviderStrategyItem). AWS does not publish
    how it breaks ties; here the earlier item of the strategy wins.

    Args:
        strategy: the strategy's items.
        placed: the providers of the tasks that are already there.
    """
    counts = {item["capacityProvider"]: 0 for item in strategy}
    for provider in placed:
        if provider in counts:
            counts[provider] += 1
    for item in strategy:
        if counts[item["capacityProvider"]] < item.get("base", 0):
            return str(item["capacityProvider"])
    weighted = [item for item in strategy if item.get("weight", 0) > 0]
    if not weighted:
        return str(strategy[0]["capacityProvider"]) if strategy else None
    chosen = min(
        weighted,
        key=lambda item: (counts[item["capacityProvider"]] - item.get("base", 0)) / item["weight"],
    )
    return str(chosen["capacityProvider"])
