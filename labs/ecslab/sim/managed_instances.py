"""Managed Instances: ECS launches the instances that tasks wait for, renews and ends them.

AWS: ManagedInstances; managed-instance-draining; botocore ecs ManagedInstancesProvider,
InfrastructureOptimization. How AWS chooses among types that fit is not published: here it is the
smallest that holds everything which waits, or else the largest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ecslab.model.cluster import MANAGED_INSTANCES_KIND
from ecslab.model.managed_daemon_answers import DRAINED
from ecslab.model.managed_daemons import retry_pause
from ecslab.model.placement import needs_of
from ecslab.sim.instance_market import Order
from ecslab.sim.managed_daemon import revisions_for
from ecslab.sim.service_tasks import BY_SCHEDULER

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    import simpy

    from ecslab.model.placement import Needs
    from ecslab.sim.agent import Agent
    from ecslab.sim.capacity import Capacity
    from ecslab.sim.capacity_providers import CapacityProvider
    from ecslab.sim.container_instances import ContainerInstance
    from ecslab.sim.entities import Account, Cluster, Task
    from ecslab.sim.instance_agents import InstanceAgents
    from ecslab.sim.instance_market import MarketPort, Offer
    from ecslab.sim.waiting_tasks import WaitingTask

_GATHER: Final = 5.0
"""Seconds for which waiting tasks are gathered before instances are launched for them."""
_LOOK_AGAIN: Final = 60.0
_DAY: Final = 86400.0
_RENEW_AFTER: Final = 14 * _DAY
"""When an instance begins to drain (ManagedInstances)."""
_DEADLINE: Final = 7 * _DAY
"""How long it may drain then, about (ManagedInstances)."""
_IDLE: Final = 300.0
"""Seconds without tasks after which an instance ends when scaleInAfter says nothing; AWS only says
that a heuristic decides."""
_LATE: Final = 600.0
"""Seconds without a registration after which an instance is given up."""
_NEVER: Final = -1


class ManagedInstances:
    """The Managed Instances providers of an account at work.

    Args:
        account: the account.
        agent: runs the tasks.
        agents: the container instances.
        market: what ECS does in EC2 with the infrastructure role.
        capacity: the capacity providers.
    """

    def __init__(
        self,
        account: Account,
        agent: Agent,
        agents: InstanceAgents,
        market: MarketPort,
        capacity: Capacity,
    ) -> None:
        self._account = account
        self._env = account.clock.env
        self._waiting = capacity.waiting
        self._agent = agent
        self._agents = agents
        self.market = market
        self._capacity = capacity
        self._buying: set[str] = set()
        self._booting: dict[str, list[float]] = {}
        self._failed: dict[str, int] = {}
        """Provider → instances in a row that could not register."""
        self._again: dict[str, simpy.Event] = {}
        """Provider → what ends its pause after such a failure."""
        self._idle_since: dict[str, float] = {}
        self._ended: set[str] = set()
        self._waiting.listen(self._task_waits)
        agents.listen(self._instance_changed)
        agent.listen(self._task_changed)

    def created(self, provider: CapacityProvider, cluster: Cluster) -> None:
        """Take a new provider into its cluster, the only one that it serves."""
        cluster.record["capacityProviders"].append(provider.name)
        self._account.journal.record("provider.created", provider.arn)

    def delete(self, provider: CapacityProvider) -> None:
        """Delete a provider that nothing uses; its instances end."""
        cluster = self._account.clusters[str(provider.cluster)]
        names = cluster.record["capacityProviders"]
        if provider.name in names:
            names.remove(provider.name)
        for instance in self._instances(provider):
            self._end(instance)
        self._capacity.delete(provider)

    def drain(self, instance: ContainerInstance) -> None:
        """Drain an ACTIVE instance; it ends when its tasks have gone, or after a week.

        Its daemon tasks go last (managed-daemons).
        """
        if instance.status == "ACTIVE":
            self._agents.set_status(instance, "DRAINING")
            self._env.process(self._expire(instance))

    def repair(self, instance: ContainerInstance, reason: str) -> None:
        """Drain an instance that is impaired, and stop the tasks that no scheduler moves.

        Args:
            instance: the container instance.
            reason: their stoppedReason.

        AWS: managed-daemons-auto-repair; botocore ecs CreateDaemonRequest.critical.
        """
        self.drain(instance)
        for task in list(instance.tasks.values()):
            if task.service is None and not task.is_daemon:
                self._agent.stop(task, None, reason)

    def forgive(self, provider: str) -> None:
        """Launch instances without a pause again: what kept them from registering has changed."""
        again = self._again.get(provider)
        if self._failed.pop(provider, None) and again is not None and not again.triggered:
            again.succeed()

    def boots(self, provider: str) -> bool:
        """Return whether an instance of a provider is on its way."""
        now = self._account.clock.seconds
        return any(now - since < _LATE for since in self._booting.get(provider, ()))

    # --- Buying -------------------------------------------------------------------------------

    def _task_waits(self, cluster: Cluster, name: str) -> None:
        provider = self._account.providers.get(name)
        if provider is None or provider.kind != MANAGED_INSTANCES_KIND or name in self._buying:
            return
        self._buying.add(name)
        self._env.process(self._buy(cluster, provider))

    def _buy(self, cluster: Cluster, provider: CapacityProvider) -> Generator[Any, Any, None]:
        yield self._env.timeout(_GATHER)
        reported = ""
        while self._waiting.of(cluster, provider.name):
            self._forget_late(provider)
            if self._booting.get(provider.name):
                yield self._env.timeout(_GATHER)
                continue
            pause = retry_pause(self._failed.get(provider.name, 0))
            if pause:
                again = self._again[provider.name] = self._env.event()
                yield again | self._env.timeout(pause)
            reason = self._order(cluster, provider)
            if reason is not None and reason != reported:
                reported = reason
                self._account.journal.record("provider.refused", provider.arn, reason=reason)
            yield self._env.timeout(_LOOK_AGAIN if reason is not None else _GATHER)
        self._buying.discard(provider.name)

    def _order(self, cluster: Cluster, provider: CapacityProvider) -> str | None:
        """Launch what the waiting tasks need; return the reason if nothing can be launched."""
        template = provider.settings["instanceLaunchTemplate"]
        offers = self.market.offers(template.get("instanceRequirements") or {})
        left = self._waiting.of(cluster, provider.name)
        daemons = [needs_of(each.definition) for each in revisions_for(cluster, provider.name)]
        reason: str | None = None
        while left:
            offer, held = _choice(offers, left, daemons)
            if offer is None:
                first = left[0].task
                beside = " beside its managed daemons" if daemons else ""
                reason = f"No instance type of the provider can run the task {first.id}{beside}."
                left = left[1:]
                continue
            refused = self.market.launch(self._request(cluster, provider, offer))
            if refused is not None:
                return refused
            self._booting.setdefault(provider.name, []).append(self._account.clock.seconds)
            left = left[held:]
        return reason if not self._booting.get(provider.name) else None

    def _request(self, cluster: Cluster, provider: CapacityProvider, offer: Offer) -> Order:
        network = provider.settings["instanceLaunchTemplate"]["networkConfiguration"]
        zone_of = self._account.ports.network.zone_of
        taken = [each.machine.zone for each in self._instances(provider)]
        taken += [""] * len(self._booting.get(provider.name, ()))
        subnets = sorted(network["subnets"], key=lambda subnet: taken.count(zone_of(subnet)))
        pending = len(self._booting.get(provider.name, ()))
        turned = subnets[pending % len(subnets) :] + subnets[: pending % len(subnets)]
        tags = {}
        if provider.settings.get("propagateTags") == "CAPACITY_PROVIDER":
            tags = {tag["key"]: tag.get("value", "") for tag in provider.tags}
        return Order(
            offer.instance_type, turned, provider.settings, cluster.name, provider.name, tags
        )

    def _forget_late(self, provider: CapacityProvider) -> None:
        """Give up on instances that have not registered in ten minutes."""
        now = self._account.clock.seconds
        booting = self._booting.get(provider.name, [])
        self._booting[provider.name] = [since for since in booting if now - since < _LATE]

    # --- Life ---------------------------------------------------------------------------------

    def _instance_changed(self, instance: ContainerInstance) -> None:
        name = instance.machine.provider
        if not name:
            return
        if instance.status == "ACTIVE" and instance.id not in self._idle_since:
            self._arrived(name)
            self._failed.pop(name, None)
            self._idle_since[instance.id] = self._account.clock.seconds
            self._env.process(self._renew(instance))
            self._env.process(self._optimize(instance))
        elif instance.status == "REGISTRATION_FAILED" and instance.id not in self._ended:
            self._arrived(name)
            self._failed[name] = self._failed.get(name, 0) + 1
            self._end(instance)
        elif instance.status == "DRAINING":
            self._leave(instance)
        elif instance.status == "INACTIVE":
            self._idle_since.pop(instance.id, None)
            self._ended.discard(instance.id)

    def _arrived(self, provider: str) -> None:
        booting = self._booting.get(provider)
        if booting:
            booting.pop(0)

    def _task_changed(self, task: Task) -> None:
        instance = task.instance
        if not task.stopped or instance is None or not instance.machine.provider:
            return
        if instance.status == "DRAINING":
            self._leave(instance)
        elif instance.empty and not task.is_daemon and instance.id in self._idle_since:
            self._idle_since[instance.id] = self._account.clock.seconds
            self._env.process(self._optimize(instance))

    def _leave(self, instance: ContainerInstance) -> None:
        """End a draining instance without tasks; when only those of daemons are left, stop them."""
        if not instance.tasks:
            self._end(instance)
        elif instance.empty:
            for task in list(instance.tasks.values()):
                if task.daemon is not None:
                    self._agent.stop(task, BY_SCHEDULER, DRAINED())

    def _renew(self, instance: ContainerInstance) -> Generator[Any, Any, None]:
        yield self._env.timeout(_RENEW_AFTER)
        self.drain(instance)

    def _expire(self, instance: ContainerInstance) -> Generator[Any, Any, None]:
        yield self._env.timeout(_DEADLINE)
        if instance.status == "DRAINING":
            self._end(instance)

    def _optimize(self, instance: ContainerInstance) -> Generator[Any, Any, None]:
        provider = self._account.providers.get(instance.machine.provider)
        since = self._idle_since.get(instance.id)
        if provider is None or since is None:
            return
        chosen = (provider.settings.get("infrastructureOptimization") or {}).get("scaleInAfter")
        if chosen == _NEVER:
            return
        yield self._env.timeout(_IDLE if chosen is None else float(chosen))
        idle = instance.empty and self._idle_since.get(instance.id) == since
        if idle and instance.status == "ACTIVE":
            if instance.tasks:
                self.drain(instance)
            else:
                self._end(instance)

    def _end(self, instance: ContainerInstance) -> None:
        if instance.id in self._ended:
            return
        self._ended.add(instance.id)
        self._account.journal.record("instance.released", instance.arn)
        self._agents.terminate([instance.machine.id])

    def _instances(self, provider: CapacityProvider) -> list[ContainerInstance]:
        cluster = self._account.clusters.get(str(provider.cluster))
        return [
            each
            for each in (cluster.instances.values() if cluster is not None else ())
            if each.capacity_provider == provider.name and each.status in ("ACTIVE", "DRAINING")
        ]


def _choice(
    offers: Sequence[Offer], waiting: Sequence[WaitingTask], daemons: Sequence[Needs]
) -> tuple[Offer | None, int]:
    """Return the type for the tasks that wait, and how many of them it holds.

    Args:
        offers: the types, the smallest first.
        waiting: the tasks, the longest waiting first.
        daemons: what the managed daemons take of each instance.
    """
    fitting = [(offer, _held(offer, waiting, daemons)) for offer in offers]
    fitting = [(offer, held) for offer, held in fitting if held]
    if not fitting:
        return None, 0
    most = max(held for _, held in fitting)
    return next((offer, held) for offer, held in fitting if held == most)


def _held(offer: Offer, waiting: Sequence[WaitingTask], daemons: Sequence[Needs]) -> int:
    """Return how many of the tasks, in their order, one instance of a type holds."""
    cpu = offer.shape.cpu - sum(each.cpu for each in daemons)
    memory = offer.shape.memory - sum(each.memory for each in daemons)
    interfaces, gpus = offer.shape.interfaces, offer.shape.gpus
    ports: set[tuple[str, int]] = set()
    for index, each in enumerate(waiting):
        needs = needs_of(each.task.definition)
        platform = each.task.definition.get("runtimePlatform") or {}
        architecture = "arm64" if platform.get("cpuArchitecture") == "ARM64" else "x86_64"
        wanted = {("tcp", port) for port in needs.tcp} | {("udp", port) for port in needs.udp}
        cpu, memory = cpu - needs.cpu, memory - needs.memory
        interfaces, gpus = interfaces - needs.interface, gpus - needs.gpus
        alone = each.distinct and index > 0
        if min(cpu, memory, interfaces, gpus) < 0 or wanted & ports or alone:
            return index
        if architecture != offer.architecture:
            return index
        ports |= wanted
    return len(waiting)
