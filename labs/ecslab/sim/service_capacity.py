"""How services use container instances: where their tasks go, and which of them leave.

AWS: task-placement, container-instance-draining, service-event-messages-list; botocore ecs
UpdateService (how the scheduler stops tasks).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecslab.model.capacity_failures import FARGATE_RESOURCE, NOT_PLACED, TOO_MANY_WAITING
from ecslab.model.placement import SERVICE_DEFAULT, dispensable
from ecslab.model.placement import messages as placement_messages
from ecslab.sim.entities import FARGATE
from ecslab.sim.fargate_limits import fargate_refusal

if TYPE_CHECKING:
    from ecslab.model.placement import Decision
    from ecslab.sim.entities import Account, Task
    from ecslab.sim.placer import Placer
    from ecslab.sim.service import Service


@dataclass(frozen=True, slots=True)
class Unplaced:
    """Why a task of a service found no place.

    Args:
        text: the service event.
        reason: the reason in SERVICE_TASK_PLACEMENT_FAILURE (ecs_service_events).
        instances: the ARNs of the container instances that the event is about.
        provider: the name of the capacity provider, None without one.
    """

    text: str
    reason: str
    instances: tuple[str, ...] = ()
    provider: str | None = None


class ServiceCapacity:
    """Places the tasks of services, and chooses among them.

    Args:
        account: the account.
        placer: places tasks.
    """

    def __init__(self, account: Account, placer: Placer) -> None:
        self._account = account
        self._placer = placer

    def place(self, service: Service, task: Task, *, zone: str | None = None) -> Unplaced | None:
        """Place a task of a service if it needs a container instance.

        Args:
            service: the service.
            task: its task.
            zone: the Availability Zone that it has to be in.

        Returns:
            None, or why it found no place.
        """
        if task.launch_type == FARGATE:
            return self._on_fargate(service, task)
        constraints = list(service.record.get("placementConstraints") or ())
        if zone is not None:
            expression = f"attribute:ecs.availability-zone == {zone}"
            constraints.append({"type": "memberOf", "expression": expression})
        strategy = service.record.get("placementStrategy") or ()
        found = self._placer.place(task, constraints, strategy)
        if found.instance is not None:
            return None
        waiting = self._placer.waiting
        # Rebalancing launches no instances (service-rebalancing).
        if zone is not None or not waiting.may(task):
            return _without_room(service, task, found)
        if waiting.is_full(service.cluster):
            text = placement_messages.too_many_waiting(service.name)
            return Unplaced(text, TOO_MANY_WAITING(), (), task.capacity_provider)
        waiting.add(task, constraints, strategy)
        return None

    def _on_fargate(self, service: Service, task: Task) -> Unplaced | None:
        refused = fargate_refusal(self._account, task)
        if refused is None:
            return None
        text = NOT_PLACED(service=service.name, reason=refused)
        return Unplaced(text, FARGATE_RESOURCE, (), task.capacity_provider)

    def leaving(self, service: Service) -> set[str]:
        """Return the ids of wanted tasks whose container instance drains."""
        return {
            task.id
            for task in service.members.values()
            if task.wanted and task.instance is not None and not task.instance.active
        }

    def least_useful(self, service: Service, tasks: list[Task], count: int) -> list[Task]:
        """Return tasks to stop: those not yet running, then by the placement strategy.

        Without a strategy they come from the fullest zone, of these the newest first.

        Args:
            service: the service.
            tasks: its tasks, oldest first.
            count: how many.
        """
        early = [task for task in reversed(tasks) if task.last_status != "RUNNING"]
        late = [task for task in reversed(tasks) if task.last_status == "RUNNING"]
        return [*self._ordered(service, early), *self._ordered(service, late)][:count]

    def _ordered(self, service: Service, tasks: list[Task]) -> list[Task]:
        hosts = {task.id: task.instance.candidate() for task in tasks if task.instance}
        if len(hosts) == len(tasks):
            strategy = tuple(service.record.get("placementStrategy") or ()) or SERVICE_DEFAULT
            group = f"service:{service.name}"
            ids = dispensable(list(hosts), hosts, strategy, group, self._account.random)
            by_id = {task.id: task for task in tasks}
            return [by_id[each] for each in ids]
        left, order = list(tasks), []
        while left:
            zones = [task.zone or "" for task in left]
            fullest = max(range(len(left)), key=lambda index: (zones.count(zones[index]), -index))
            order.append(left.pop(fullest))
        return order


def _without_room(service: Service, task: Task, found: Decision) -> Unplaced:
    """Return why no container instance can take a task."""
    provider = task.capacity_provider
    if found.closest is not None:
        instance, reason = found.closest
        text = placement_messages.unplaced(service.name, instance.id, reason)
        return Unplaced(text, reason, (instance.arn,), provider)
    text = placement_messages.no_instances(service.name, of_provider=provider is not None)
    if provider is None:
        return Unplaced(text, placement_messages.NO_INSTANCES)
    return Unplaced(text, placement_messages.NO_INSTANCES_OF_PROVIDER, (), provider)
