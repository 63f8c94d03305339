"""Rolling update: new tasks start and old ones stop within the service's two percentages.

AWS: deployment-type-ecs; the arithmetic is in `ecslab.model.deployment`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecslab.model import failures
from ecslab.model import service_messages as messages
from ecslab.model.deployment import is_stuck
from ecslab.sim.service import is_healthy
from ecslab.sim.task_protection import protected, unprotected

if TYPE_CHECKING:
    from ecslab.sim.entities import Account, Task
    from ecslab.sim.service import Deployment, Service
    from ecslab.sim.service_capacity import ServiceCapacity
    from ecslab.sim.service_events import ServiceEvents
    from ecslab.sim.service_tasks import ServiceTasks
    from ecslab.sim.start_throttle import StartThrottle


class RollingUpdate:
    """Brings each deployment of a service to its desired count.

    Args:
        account: the account.
        tasks: starts and stops tasks.
        throttle: says which deployments may start tasks.
        capacity: chooses which tasks leave.
        events: where it reports.
    """

    def __init__(
        self,
        account: Account,
        tasks: ServiceTasks,
        throttle: StartThrottle,
        capacity: ServiceCapacity,
        events: ServiceEvents,
    ) -> None:
        self._account = account
        self._tasks = tasks
        self._throttle = throttle
        self._capacity = capacity
        self._events = events

    def start_missing(self, service: Service, replaced: set[str]) -> None:
        """Start what the deployments miss, as far as the upper limit allows.

        Args:
            service: the service.
            replaced: ids of tasks that do not count, because they are about to be replaced.
        """
        for deployment in list(service.deployments):
            wanted = service.wanted_of(deployment)
            need = deployment.desired - sum(1 for task in wanted if task.id not in replaced)
            count = min(need, service.room(deployment))
            if count > 0 and self._throttle.allows(service, deployment):
                self._tasks.start(service, deployment, count)
        self._report_stuck(service)

    def _report_stuck(self, service: Service) -> None:
        primary = service.primary
        replacing = (
            len(service.deployments) > 1 and not service.shifts and not service.wanted_of(primary)
        )
        blocked = replacing and is_stuck(service.desired, service.limits)
        if blocked and not primary.stuck_reported:
            primary.stuck_reported = True
            self._events.say(service, messages.stuck(service.name))

    def stop_excess(self, service: Service, replaced: set[str]) -> None:
        """Scale in: stop what exceeds a deployment's desired count."""
        for deployment in service.deployments:
            wanted = [t for t in service.wanted_of(deployment) if t.id not in replaced]
            excess = len(wanted) - deployment.desired - service.extra
            free = unprotected(self._account, wanted)
            if deployment is service.primary:
                self._report_protected(service, deployment, excess - len(free))
            if excess > 0 and free:
                doomed = self._capacity.least_useful(service, free, min(excess, len(free)))
                if deployment is not service.primary and not service.external:
                    doomed = self._dispensable(service, doomed)
                if doomed:
                    reason = failures.SCALING_ACTIVITY(deployment=deployment.id)
                    self._tasks.stop(service, doomed, reason)

    def _dispensable(self, service: Service, doomed: list[Task]) -> list[Task]:
        """Return the tasks that may leave during a deployment: the lower limit stays healthy."""
        healthy = [task for task in service.tasks() if is_healthy(self._account, task)]
        spare = max(0, len(healthy) - service.limits.lower)
        kept = [task for task in doomed if task in healthy][spare:]
        return [task for task in doomed if task not in kept]

    def _report_protected(self, service: Service, deployment: Deployment, kept: int) -> None:
        """Say that tasks stay because they are protected, as long as any has to.

        AWS: task-scale-in-protection, captured service events.
        """
        cause = f"protection {deployment.id}"
        if kept <= 0:
            self._events.resolve(service, cause)
            return
        count = len(protected(self._account, service.wanted_of(deployment)))
        self._events.complain(
            service, cause, messages.protected(service.name, deployment.id, count)
        )

    def stop_old(self, service: Service) -> None:
        """Stop old tasks as far as the healthy ones exceed the lower limit."""
        healthy = [t for t in service.tasks() if is_healthy(self._account, t)]
        spare = len(healthy) - service.limits.lower
        surplus = len(service.wanted()) - service.limits.lower
        for deployment in service.deployments[1:]:
            every = service.wanted_of(deployment)
            wanted = unprotected(self._account, every)
            doomed = [task for task in wanted if task not in healthy]
            if service.primary.rollout_state == "FAILED" and service.primary.rollback_of is None:
                doomed = []
                if deployment.rollout_state != "FAILED":
                    continue
            doomed = doomed[: max(0, surplus)]
            well = [task for task in wanted if task in healthy]
            chosen = well[: max(0, spare)]
            spare -= len(chosen)
            surplus -= len(doomed) + len(chosen)
            doomed += chosen
            kept = len(every) if not wanted and spare > 0 else 0
            self._report_protected(service, deployment, kept)
            if doomed:
                deployment.desired = max(0, len(every) - len(doomed))
                reason = failures.SCALING_ACTIVITY(deployment=deployment.id)
                self._tasks.stop(service, doomed, reason)
