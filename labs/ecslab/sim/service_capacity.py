"""How services use container instances: where their tasks go, and which of them leave.

AWS: task-placement, container-instance-draining, service-event-messages-list; botocore ecs
UpdateService (how the scheduler stops tasks).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecslab.model.capacity_failures import NOT_PLACED
from ecslab.model.placement import SERVICE_DEFAULT, dispensable
from ecslab.model.placement import messages as placement_messages
from ecslab.sim.entities import FARGATE
from ecslab.sim.fargate_limits import fargate_refusal

if TYPE_CHECKING:
    from ecslab.sim.entities import Account, Task
    from ecslab.sim.placer import Placer
    from ecslab.sim.service import Service


class ServiceCapacity:
    """Places the tasks of services, and chooses among them.

    Args:
        account: the account.
        placer: places tasks.
    """

    def __init__(self, account: Account, placer: Placer) -> None:
        self._account = account
        self._placer = placer

    def place(self, service: Service, task: Task, *, zone: str | None = None) -> str | None:
        """Place a task of a service if it needs a container instance.

        Args:
            service: the service.
            task: its task.
            zone: the Availability Zone that it has to be in.

        Returns:
            None, or the service event that says why it found no place.
        """
        if task.launch_type == FARGATE:
            reason = fargate_refusal(self._account, task)
            return reason and NOT_PLACED(service=service.name, reason=reason)
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
        if zone is None and waiting.may(task):
            if waiting.is_full(service.cluster):
                return placement_messages.too_many_waiting(service.name)
            waiting.add(task, constraints, strategy)
            return None
        if found.closest is None:
            of_provider = task.capacity_provider is not None
            return placement_messages.no_instances(service.name, of_provider=of_provider)
        instance, reason = found.closest
        return placement_messages.unplaced(service.name, instance.id, reason)

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
