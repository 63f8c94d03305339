"""Puts tasks on container instances: asks the rules, and takes what a task needs.

AWS: task-placement; the rules are in `ecslab.model.placement`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecslab.model.cluster import MANAGED_INSTANCES_KIND
from ecslab.model.placement import Decision, Needs, Wish, decide, needs_of, obstacle
from ecslab.model.placement.strategy import RUN_TASK_DEFAULT, SERVICE_DEFAULT
from ecslab.sim.entities import EXTERNAL
from ecslab.sim.waiting_tasks import WaitingTasks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ecslab.model.placement.strategy import Strategy
    from ecslab.sim.container_instances import ContainerInstance
    from ecslab.sim.entities import Account, Cluster, Task


class Placer:
    """Places tasks in the clusters of an account.

    Args:
        account: the account.
    """

    def __init__(self, account: Account) -> None:
        self._account = account
        self.waiting = WaitingTasks(account, self.place)

    def instances(
        self, cluster: Cluster, provider: str | None = None, *, external: bool = False
    ) -> list[ContainerInstance]:
        """Return the instances that new tasks may be placed on.

        Args:
            cluster: the cluster.
            provider: a capacity provider, whose instances alone count; None for all but those of
                Managed Instances, which only their provider places tasks on.
            external: whether servers outside of AWS are meant, which no provider has.
        """
        return [
            each
            for each in cluster.instances.values()
            if each.active
            and each.machine.external == external
            and (provider == each.capacity_provider if provider else not each.machine.provider)
        ]

    def place(
        self,
        task: Task,
        constraints: Sequence[Mapping[str, Any]] = (),
        strategy: Sequence[Mapping[str, Any]] = (),
    ) -> Decision:
        """Place one task; on success it holds what it needs from now on.

        Args:
            task: the task, not yet launched or waiting.
            constraints: those of the request or service; those of its definition are added.
            strategy: those of the request or service; the default when there are none.
        """
        candidates = [
            each.candidate()
            for each in self.instances(
                task.cluster, task.capacity_provider, external=task.launch_type == EXTERNAL
            )
        ]
        default: Strategy = SERVICE_DEFAULT if task.service is not None else RUN_TASK_DEFAULT
        found = decide(
            needs_of(task.definition),
            self._wish(task, constraints),
            candidates,
            tuple(strategy) or default,
            self._account.random,
        )
        if found.instance is not None:
            task.cluster.instances[found.instance.id].take(task)
        return found

    def put(
        self,
        task: Task,
        instance: ContainerInstance,
        constraints: Sequence[Mapping[str, Any]] = (),
    ) -> str | None:
        """Put a task on one instance; return the reason when that can't take it.

        Args:
            task: the task.
            instance: the container instance.
            constraints: placement constraints that it has to fulfil.
        """
        wish = Wish(task.group, tuple(constraints), self._zones(task))
        reason = obstacle(needs_of(task.definition), wish, instance.candidate())
        if reason is None:
            instance.take(task)
        return reason

    def suits(
        self, task: Task, instance: ContainerInstance, constraints: Sequence[Mapping[str, Any]]
    ) -> bool:
        """Return whether an instance could take a task if it were empty and connected."""
        needs = Needs(attributes=needs_of(task.definition).attributes)
        return obstacle(needs, self._wish(task, constraints), instance.candidate()) is None

    def _wish(self, task: Task, constraints: Sequence[Mapping[str, Any]]) -> Wish:
        own = list(task.definition.get("placementConstraints") or ())
        if task.launch_type == MANAGED_INSTANCES_KIND:
            # ECS chooses the instances and so their architecture (ManagedInstances).
            platform = task.definition.get("runtimePlatform") or {}
            wanted = platform.get("cpuArchitecture", "X86_64").lower()
            expression = f"attribute:ecs.cpu-architecture == {wanted}"
            own.append({"type": "memberOf", "expression": expression})
        return Wish(task.group, (*constraints, *own), self._zones(task))

    def _zones(self, task: Task) -> frozenset[str] | None:
        if not task.subnets:
            return None
        network = self._account.ports.network
        return frozenset(network.zone_of(subnet) for subnet in task.subnets)
