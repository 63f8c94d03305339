"""Services with the scheduling strategy DAEMON: one task on every matching container instance.

AWS: ecs_services, "Daemon"; botocore ecs CreateServiceRequest.schedulingStrategy,
DeploymentConfiguration (a daemon's maximum is 100 percent). Managed daemons, which are no services,
are in `ecslab.sim.managed_daemons`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecslab.model import failures
from ecslab.model.placement.messages import unplaced
from ecslab.sim.service import is_healthy
from ecslab.sim.service_capacity import Unplaced

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from ecslab.sim.container_instances import ContainerInstance
    from ecslab.sim.entities import Account, Task
    from ecslab.sim.placer import Placer
    from ecslab.sim.service import Deployment, Service

DAEMON = "DAEMON"


class Daemons:
    """Says what a daemon service has to start and to stop.

    Args:
        account: the account.
        placer: places tasks.
        make_task: makes a task of a deployment, ready to launch.
    """

    def __init__(
        self,
        account: Account,
        placer: Placer,
        make_task: Callable[[Service, Deployment], Task],
    ) -> None:
        self._account = account
        self._placer = placer
        self._make_task = make_task

    def start(self, service: Service) -> tuple[list[Task], Unplaced | None]:
        """Place a task on every matching instance that has none of the service.

        The desired count follows the number of matching instances.

        Returns:
            The tasks, ready to be launched, and why another one found no room.
        """
        deployment = service.primary
        matching: list[ContainerInstance] = []
        tasks: list[Task] = []
        missing: Unplaced | None = None
        held = {task.instance.id for task in service.tasks() if task.instance is not None}
        spare: Task | None = None
        for instance in service.cluster.instances.values():
            spare = spare or self._make_task(service, deployment)
            if not instance.active or not self._matches(service, spare, instance):
                continue
            matching.append(instance)
            if instance.id in held:
                continue
            reason = self._placer.put(spare, instance)
            if reason is not None:
                text = unplaced(service.name, instance.id, reason)
                missing = Unplaced(text, reason, (instance.arn,))
                continue
            tasks.append(spare)
            spare = None
        service.desired = deployment.desired = len(matching)
        return tasks, missing

    def stop(self, service: Service, failing: Collection[str]) -> list[tuple[list[Task], str]]:
        """Return tasks to stop, with the reason.

        Those on instances that no longer match or have drained, those that fail a health check,
        and those of earlier deployments as far as enough healthy tasks stay.
        """
        reason = failures.SCALING_ACTIVITY(deployment=service.primary.id)
        wanted = [task for task in service.tasks() if task.wanted]
        gone = [task for task in wanted if self._misplaced(service, task)]
        sick = [task for task in wanted if task.id in failing and task not in gone]
        rest = [task for task in wanted if task not in gone and task not in sick]
        well = sum(1 for task in rest if is_healthy(self._account, task))
        allowed = max(0, well - service.limits.lower)
        old = [task for task in rest if task.deployment != service.primary.id]
        waiting = [task for task in old if not is_healthy(self._account, task)]
        chosen = waiting + [task for task in old if task not in waiting][:allowed]
        return [
            (tasks, text)
            for tasks, text in ((gone + chosen, reason), (sick, failures.FAILED_HEALTH()))
            if tasks
        ]

    def violating(self, service: Service) -> list[Task]:
        """Return the tasks whose instance no longer fulfils the placement constraints.

        AWS: ecs_services, "Daemon" (they are stopped); ecs_service_events
        (SERVICE_DAEMON_PLACEMENT_CONSTRAINT_VIOLATED).
        """
        return [
            task
            for task in service.wanted()
            if task.instance is not None and task.instance.active and self._misplaced(service, task)
        ]

    def _misplaced(self, service: Service, task: Task) -> bool:
        instance = task.instance
        if instance is None:
            return True
        if not instance.active:
            return instance.empty
        return instance.connected and not self._matches(service, task, instance)

    def _matches(self, service: Service, task: Task, instance: ContainerInstance) -> bool:
        """Say whether an instance is one of those that get a task of the service.

        A daemon is on distinct instances anyway; its own task there is no reason against one.
        """
        constraints = service.record.get("placementConstraints") or ()
        lasting = [each for each in constraints if each.get("type") != "distinctInstance"]
        return self._placer.suits(task, instance, lasting)
