"""Starting and stopping the tasks of a service, with the events that report it.

AWS: service-event-messages-list.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ecslab.model import service_messages as messages
from ecslab.sim.service_events import PLACEMENT

if TYPE_CHECKING:
    from collections.abc import Callable

    from ecslab.sim.agent import Agent
    from ecslab.sim.entities import Account, Task
    from ecslab.sim.service import Deployment, Service
    from ecslab.sim.service_capacity import ServiceCapacity, Unplaced
    from ecslab.sim.service_events import ServiceEvents

BY_SCHEDULER: Final = "ServiceSchedulerInitiated"
"""The stop code of tasks that the scheduler stops (botocore ecs TaskStopCode)."""


class ServiceTasks:
    """Starts and stops tasks of services.

    Args:
        account: the account.
        agent: runs the tasks.
        make_task: makes a task of a deployment, ready to launch.
        capacity: finds their places.
        events: where it reports.
    """

    def __init__(
        self,
        account: Account,
        agent: Agent,
        make_task: Callable[[Service, Deployment], Task],
        capacity: ServiceCapacity,
        events: ServiceEvents,
    ) -> None:
        self._account = account
        self._agent = agent
        self._make_task = make_task
        self._capacity = capacity
        self._events = events

    def start(self, service: Service, deployment: Deployment, count: int) -> None:
        """Start tasks of a deployment, as far as there is room for them."""
        tasks: list[Task] = []
        for _ in range(count):  # each is launched before the next is made: its place counts
            task = self._make_task(service, deployment)
            unplaced = self._capacity.place(service, task)
            if unplaced is not None:
                self._events.unplaced(service, unplaced)
                self._report_missing(service, deployment, unplaced, (len(tasks), count))
                break
            self._agent.launch(task)
            tasks.append(task)
        service.steady = False
        if tasks:
            if len(tasks) == count:
                self._events.resolve(service, PLACEMENT)
            self._report_started(service, tasks)

    def start_in(self, service: Service, deployment: Deployment, zone: str) -> Task | None:
        """Start one task in an Availability Zone; return None when there is no room in it."""
        task = self._make_task(service, deployment)
        network = self._account.ports.network
        task.subnets = tuple(each for each in task.subnets if network.zone_of(each) == zone)
        if self._capacity.place(service, task, zone=zone) is not None:
            return None
        self._agent.launch(task)
        service.steady = False
        return task

    def launch(self, service: Service, tasks: list[Task], unplaced: Unplaced | None) -> None:
        """Launch tasks that have their places already.

        Args:
            service: the service.
            tasks: its new tasks.
            unplaced: why a further one found no place.
        """
        for task in tasks:
            self._agent.launch(task)
        if tasks:
            service.steady = False
            self._report_started(service, tasks)
        if unplaced is not None:
            self._events.unplaced(service, unplaced)
        else:
            self._events.resolve(service, PLACEMENT)

    def stop(self, service: Service, tasks: list[Task], reason: str) -> None:
        """Stop tasks of a service.

        Args:
            service: the service.
            tasks: what to stop.
            reason: their stoppedReason.
        """
        running = [task for task in tasks if task.last_status == "RUNNING"]
        groups: dict[str, list[Task]] = {}
        for task in tasks:
            for target in task.targets:
                groups.setdefault(target.group, []).append(task)
            self._agent.stop(task, BY_SCHEDULER, reason)
        service.steady = False
        if running:
            ids = [task.id for task in running]
            self._events.say(service, messages.stopped(service.name, ids))
            arns = [task.arn for task in running]
            self._events.act(service, "INFO", "TASKS_STOPPED", taskArns=arns)
        for group, members in groups.items():
            count = len(members)
            self._events.say(service, messages.deregistered(service.name, count, group))
            deployment = str(members[0].deployment)
            self._events.say(service, messages.draining(service.name, deployment, count))

    def _report_missing(
        self,
        service: Service,
        deployment: Deployment,
        unplaced: Unplaced,
        counts: tuple[int, int],
    ) -> None:
        """Report that a deployment with a circuit breaker started some tasks, but not all.

        AWS: service-event-messages-list ("could not launch"): some tasks have been started, the
        others lack capacity; typically with the circuit breaker.
        """
        started, wanted = counts
        breaker = service.record["deploymentConfiguration"].get("deploymentCircuitBreaker") or {}
        if started and breaker.get("enable") and deployment.rollout_state == "IN_PROGRESS":
            text = messages.could_not_launch(
                service.name, wanted - started, deployment.id, unplaced.reason
            )
            self._events.complain(service, PLACEMENT, text)

    def _report_started(self, service: Service, tasks: list[Task]) -> None:
        self._events.say(service, messages.started(service.name, [task.id for task in tasks]))
