"""Task sets: the deployments of services whose deployment controller is external.

AWS: deployment-type-external; botocore ecs TaskSet, CreateTaskSet, UpdateTaskSet, DeleteTaskSet.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ecslab.model import service_messages as messages
from ecslab.model.deployment import computed_count
from ecslab.sim.service import is_healthy

if TYPE_CHECKING:
    from datetime import datetime

    from ecslab.sim.entities import Account
    from ecslab.sim.service import Deployment, Service
    from ecslab.sim.service_events import ServiceEvents

DRAINING = "DRAINING"
STEADY = "STEADY_STATE"
STABILIZING = "STABILIZING"


@dataclass(slots=True)
class TaskSet:
    """One task set of a service.

    Args:
        arn: its ARN.
        deployment: what it runs; its status is that of the task set.
        scale: the percentage of the service's desired count that it runs.
        stability_at: when the stability below was found.
        external_id: the id that the external controller gave it.
        client_token: the token of the request that made it.
        request: that request, to know one that is sent again.
    """

    arn: str
    deployment: Deployment
    scale: float
    stability_at: datetime
    external_id: str | None = None
    client_token: str | None = None
    request: str = ""
    stability: str = STABILIZING
    tags: list[dict[str, str]] = field(default_factory=list)

    @property
    def id(self) -> str:
        """Return its id, `ecs-svc/` and 19 digits."""
        return self.deployment.id

    def rescale(self, desired: int, now: datetime) -> None:
        """Compute the desired count anew; with another one it is no longer in a steady state.

        Args:
            desired: the service's desired count.
            now: the simulated time.
        """
        draining = self.deployment.status == DRAINING
        count = 0 if draining else computed_count(desired, self.scale)
        if count != self.deployment.desired:
            self.deployment.desired = count
            self.stability, self.stability_at = STABILIZING, now


class TaskSets:
    """Says how many tasks each task set has to run, and whether it is stable.

    Args:
        account: the account.
        events: where they report.
    """

    def __init__(self, account: Account, events: ServiceEvents) -> None:
        self._account = account
        self._events = events

    def rescale(self, service: Service) -> None:
        """Compute the desired count of each task set from the service's."""
        for each in service.task_sets.values():
            each.rescale(service.desired, self._account.clock.now)

    def settle(self, service: Service) -> None:
        """Note which task sets are stable, and let go of those that have drained."""
        for each in list(service.task_sets.values()):
            if each.deployment.status == DRAINING and not service.tasks_of(each.deployment):
                del service.task_sets[each.id]
                service.deployments.remove(each.deployment)
                self._account.journal.record("task-set.deleted", each.arn)
                continue
            found = STEADY if self._steady(service, each) else STABILIZING
            if found != each.stability:
                each.stability, each.stability_at = found, self._account.clock.now
                if found == STEADY:
                    self._events.act(service, "INFO", "TASKSET_STEADY_STATE")
        steady = all(each.stability == STEADY for each in service.task_sets.values())
        if steady and service.task_sets and not service.steady:
            self._events.say(service, messages.steady(service.name))
        service.steady = steady

    def _steady(self, service: Service, task_set: TaskSet) -> bool:
        """Say whether a task set is in a steady state (botocore ecs TaskSet.stabilityStatus)."""
        tasks = service.tasks_of(task_set.deployment)
        hosts = [task.instance for task in tasks if task.instance is not None]
        return (
            task_set.deployment.status != DRAINING
            and len(tasks) == task_set.deployment.desired
            and all(is_healthy(self._account, task) for task in tasks)
            and all(host.active for host in hosts)
        )
