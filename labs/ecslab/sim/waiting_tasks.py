"""Tasks in PROVISIONING that wait until their capacity provider has room for them.

AWS: task-lifecycle-explanation (PROVISIONING); managed-scaling-behavior; Amazon ECS endpoints and
quotas (tasks in the PROVISIONING state per cluster).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecslab.model.managed_scaling import Demand
from ecslab.model.placement import needs_of
from ecslab.model.quotas import WAITING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ecslab.model.placement import Decision
    from ecslab.sim.container_instances import ContainerInstance
    from ecslab.sim.entities import Account, Cluster, Task


@dataclass(frozen=True, slots=True)
class WaitingTask:
    """A task that waits, and how it asked to be placed."""

    task: Task
    constraints: Sequence[Mapping[str, Any]]
    strategy: Sequence[Mapping[str, Any]]

    @property
    def distinct(self) -> bool:
        """Return whether it may share an instance with no other task of its group."""
        return any(each.get("type") == "distinctInstance" for each in self.constraints)


class WaitingTasks:
    """The waiting tasks of an account, oldest first.

    Args:
        account: the account.
        place: places a task if an instance can take it.
    """

    def __init__(self, account: Account, place: Callable[..., Decision]) -> None:
        self._account = account
        self._place = place
        self._waiting: dict[str, list[WaitingTask]] = {}
        self._listeners: list[Callable[[Cluster, str], None]] = []

    def listen(self, listener: Callable[[Cluster, str], None]) -> None:
        """Have `listener` called with cluster and provider when a task begins to wait."""
        self._listeners.append(listener)

    def may(self, task: Task) -> bool:
        """Return whether a task waits when it finds no room: its provider adds capacity."""
        provider = self._account.providers.get(task.capacity_provider or "")
        return provider is not None and provider.scales

    def is_full(self, cluster: Cluster) -> bool:
        """Return whether no more tasks of a cluster may wait."""
        return len(self.of(cluster)) >= self._account.quotas[WAITING]

    def add(
        self,
        task: Task,
        constraints: Sequence[Mapping[str, Any]] = (),
        strategy: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        """Let a task wait that is to be launched now.

        Args:
            task: the task, not yet launched.
            constraints: those of its request or service.
            strategy: those of its request or service.
        """
        task.placed = self._account.clock.env.event()
        waiting = WaitingTask(task, tuple(constraints), tuple(strategy))
        self._waiting.setdefault(task.cluster.name, []).append(waiting)
        for listener in self._listeners:
            listener(task.cluster, str(task.capacity_provider))

    def of(self, cluster: Cluster, provider: str | None = None) -> list[WaitingTask]:
        """Return the waiting tasks of a cluster, those of one provider if it is named."""
        found = [each for each in self._waiting.get(cluster.name, ()) if each.task.wanted]
        if len(found) < len(self._waiting.get(cluster.name, ())):
            self._waiting[cluster.name] = found
        return [each for each in found if provider in (None, each.task.capacity_provider)]

    def demands(self, cluster: Cluster, provider: str) -> list[Demand]:
        """Return what waits for a provider, grouped by equal needs."""
        counts: dict[tuple[Any, bool], int] = {}
        for each in self.of(cluster, provider):
            key = (needs_of(each.task.definition), each.distinct)
            counts[key] = counts.get(key, 0) + 1
        return [Demand(needs, count, distinct) for (needs, distinct), count in counts.items()]

    def serve(self, cluster: Cluster) -> None:
        """Place every waiting task that an instance can take by now."""
        if not self._waiting.get(cluster.name):
            return
        left = []
        for each in self.of(cluster):
            found = self._place(each.task, each.constraints, each.strategy)
            if found.instance is None:
                left.append(each)
            elif each.task.placed is not None:
                each.task.placed.succeed()
        self._waiting[cluster.name] = left

    def instance_changed(self, instance: ContainerInstance) -> None:
        """Look whether a changed container instance has room."""
        if instance.active and instance.connected:
            self.serve(instance.cluster)

    def task_changed(self, task: Task) -> None:
        """Look whether a stopped task has left room."""
        if task.stopped and task.instance is not None:
            self.serve(task.cluster)
