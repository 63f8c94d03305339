"""Replacement of tasks that fail a health check, or whose container instance drains.

AWS: ecs_services ("Replacing unhealthy tasks"), container-instance-draining.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ecslab.model import failures
from ecslab.model import service_messages as messages
from ecslab.sim.service import failed_health, is_healthy

if TYPE_CHECKING:
    from ecslab.sim.entities import Account, Task
    from ecslab.sim.service import Service
    from ecslab.sim.service_events import ServiceEvents
    from ecslab.sim.service_tasks import ServiceTasks

_HEALTH: Final = "health of "


class Replacement:
    """Stops tasks that have to go, once their replacements are there or there is no room.

    Args:
        account: the account.
        tasks: stops tasks.
        events: where it reports.
    """

    def __init__(self, account: Account, tasks: ServiceTasks, events: ServiceEvents) -> None:
        self._account = account
        self._tasks = tasks
        self._events = events

    def failing(self, service: Service) -> dict[str, tuple[str, str]]:
        """Return the running tasks that fail a health check, by id, and report new ones."""
        found: dict[str, tuple[str, str]] = {}
        for task in service.tasks():
            reason = failed_health(self._account, service, task)
            if reason is not None:
                found[task.id] = reason
                self._report_unhealthy(service, task, reason)
        return found

    def _report_unhealthy(self, service: Service, task: Task, reason: tuple[str, str]) -> None:
        for target in task.targets if reason[0] == "target-group" else ():
            text = messages.unhealthy_target(
                service.name,
                task.id,
                target.port,
                target.group,
                self._account.ports.balancers.health_reason(target),
            )
            self._events.complain(service, _HEALTH + task.id, text)

    def stop_failing(
        self, service: Service, failing: dict[str, tuple[str, str]], leaving: set[str]
    ) -> None:
        """Stop unhealthy tasks once their replacements are healthy, or when there is no room.

        AWS: ecs_services: a replacement starts first if maximumPercent allows, else unhealthy
        tasks are stopped one at a time; an unhealthy replacement is stopped as well.
        """
        for deployment in service.deployments:
            wanted = service.wanted_of(deployment)
            sick = [task for task in wanted if task.id in failing]
            if not sick:
                continue
            well = sum(1 for t in wanted if is_healthy(self._account, t) and t.id not in leaving)
            room = service.room(deployment)
            missing = deployment.desired - (len(wanted) - len(sick))
            if well >= deployment.desired:
                doomed = sick
            elif (room <= 0 and missing > 0) or len(sick) > max(deployment.desired, 1):
                doomed = sick[:1]
            else:
                doomed = []
            for task in doomed:
                kind, group = failing[task.id]
                reason = failures.FAILED_HEALTH()
                if kind == "target-group":
                    reason = failures.FAILED_ELB(target_group=group)
                self._tasks.stop(service, [task], reason)
                self._events.resolve(service, _HEALTH + task.id)

    def stop_leaving(self, service: Service, leaving: set[str]) -> None:
        """Stop tasks on draining instances as far as the healthy ones exceed the lower limit.

        AWS: container-instance-draining.
        """
        if not leaving:
            return
        healthy = [task for task in service.tasks() if is_healthy(self._account, task)]
        spare = max(0, len(healthy) - service.limits.lower)
        doomed = [task for task in healthy if task.id in leaving][:spare]
        if doomed:
            reason = failures.SCALING_ACTIVITY(deployment=service.primary.id)
            self._tasks.stop(service, doomed, reason)
