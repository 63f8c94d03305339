"""The service scheduler: keeps every service at its count, within its two percentages.

AWS: ecs_services (replacement of stopped and unhealthy tasks), deployment-type-ecs (rolling
deployments), service-throttle-logic; the arithmetic is in `ecslab.model.deployment`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecslab.model import failures
from ecslab.model import service_messages as messages
from ecslab.model.deployment import is_stuck, start_delay
from ecslab.sim.daemons import DAEMON, Daemons
from ecslab.sim.entities import FARGATE
from ecslab.sim.service import failed_health, is_healthy
from ecslab.sim.service_capacity import ServiceCapacity

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from ecslab.sim.agent import Agent
    from ecslab.sim.container_instances import ContainerInstance
    from ecslab.sim.entities import Account, Task
    from ecslab.sim.placer import Placer
    from ecslab.sim.rollout import Rollout
    from ecslab.sim.service import Deployment, Service

_REACTION = 1.0
_LOOK_AGAIN = 5.0
# A message is repeated when six hours have passed (service-event-messages).
_SAY_AGAIN = 6 * 3600.0
_BY_SCHEDULER = "ServiceSchedulerInitiated"


class Scheduler:
    """Looks after the services of one account.

    Args:
        account: the account.
        agent: runs the tasks.
        rollout: judges the deployments.
        make_task: makes a task of a deployment, ready to launch.
        placer: puts tasks on container instances.
    """

    def __init__(
        self,
        account: Account,
        agent: Agent,
        rollout: Rollout,
        make_task: Callable[[Service, Deployment], Task],
        placer: Placer,
    ) -> None:
        self._account = account
        self._agent = agent
        self._make_task = make_task
        self._capacity = ServiceCapacity(account, placer)
        self._daemons = Daemons(account, placer, make_task)
        self._rollout = rollout
        agent.listen(self._task_changed)

    def adopt(self, service: Service) -> None:
        """Begin to look after a new service."""
        service.wake = self._account.clock.env.event()
        self._account.clock.env.process(self._loop(service))
        self.poke(service)

    def poke(self, service: Service) -> None:
        """Have a service looked at soon, because something about it has changed."""
        if service.wake is not None and not service.wake.triggered:
            service.wake.succeed()

    def instance_changed(self, instance: ContainerInstance) -> None:
        """Have the services looked at that a change of a container instance may concern."""
        for service in instance.cluster.services.values():
            if any(d.settings.get("launchType") != FARGATE for d in service.deployments):
                service.steady = False
                self.poke(service)

    def poke_target_group(self, group: str) -> None:
        """Have every service looked at that registers its tasks in a target group."""
        for cluster in self._account.clusters.values():
            for service in cluster.services.values():
                for deployment in service.deployments:
                    balancers = deployment.settings.get("loadBalancers") or []
                    if any(b.get("targetGroupArn") == group for b in balancers):
                        self.poke(service)
                        break

    def _loop(self, service: Service) -> Generator[Any, Any, None]:
        env = self._account.clock.env
        while service.status != "INACTIVE":
            assert service.wake is not None  # noqa: S101 - set by adopt
            if service.status == "ACTIVE" and service.steady:
                yield service.wake | env.timeout(_SAY_AGAIN)
                service.steady = service.wake.triggered
            else:
                yield service.wake | env.timeout(_LOOK_AGAIN)
            service.wake = env.event()
            # Daemon tasks come first (ecs_services).
            daemon = service.record["schedulingStrategy"] == DAEMON
            yield env.timeout(_REACTION / 2 if daemon else _REACTION)
            self._reconcile(service)

    def _reconcile(self, service: Service) -> None:
        if service.status == "DRAINING":
            self._drain(service)
            return
        failing = self._failing(service)
        self._rollout.judge(service)
        if service.record["schedulingStrategy"] == DAEMON:
            self._keep_daemons(service, failing)
            self._rollout.finish(service)
            return
        leaving = self._capacity.leaving(service)
        self._start_missing(service, {*failing, *leaving})
        self._stop_failing(service, failing, leaving)
        self._stop_excess(service, {*failing, *leaving})
        self._stop_leaving(service, leaving)
        self._stop_old(service)
        self._rollout.finish(service)

    def _wanted(self, service: Service, deployment: Deployment) -> list[Task]:
        return [task for task in service.tasks_of(deployment) if task.wanted]

    def _all_wanted(self, service: Service) -> list[Task]:
        return [task for task in service.tasks() if task.wanted]

    def _failing(self, service: Service) -> dict[str, tuple[str, str]]:
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
            if all(event["message"] != text for event in service.events):
                self._rollout.event(service, text)

    def _start_missing(self, service: Service, replaced: set[str]) -> None:
        for deployment in list(service.deployments):
            wanted = self._wanted(service, deployment)
            need = deployment.desired - sum(1 for task in wanted if task.id not in replaced)
            room = max(service.limits.upper, 0) - len(self._all_wanted(service))
            count = min(need, room)
            if count > 0 and self._may_start(service, deployment):
                self._start(service, deployment, count)
        self._report_stuck(service)

    def _may_start(self, service: Service, deployment: Deployment) -> bool:
        if deployment.rollout_state == "FAILED":
            return False
        if self._account.clock.seconds < deployment.next_start:
            return False
        for key in ("executionRoleArn", "taskRoleArn"):
            role = deployment.definition.get(key)
            if role and not self._account.ports.roles.assumable(str(role)):
                reason = failures.ASSUME_ROLE(role=role)
                self._once(service, messages.role_not_assumable(service.name, reason))
                return False
        return True

    def _once(self, service: Service, text: str) -> None:
        if not service.events or service.events[-1]["message"] != text:
            self._rollout.event(service, text)

    def _report_stuck(self, service: Service) -> None:
        primary = service.primary
        replacing = len(service.deployments) > 1 and not self._wanted(service, primary)
        blocked = replacing and is_stuck(service.desired, service.limits)
        if blocked and not primary.stuck_reported:
            primary.stuck_reported = True
            self._rollout.event(service, messages.stuck(service.name))

    def _start(self, service: Service, deployment: Deployment, count: int) -> None:
        tasks = []
        for _ in range(count):  # each is launched before the next is made: its place counts
            task = self._make_task(service, deployment)
            unplaced = self._capacity.place(service, task)
            if unplaced is not None:
                self._once(service, unplaced)
                break
            self._agent.launch(task)
            tasks.append(task)
        service.steady = False
        if tasks:
            self._report_started(service, tasks)

    def _report_started(self, service: Service, tasks: list[Task]) -> None:
        self._rollout.event(service, messages.started(service.name, [task.id for task in tasks]))

    def _keep_daemons(self, service: Service, failing: dict[str, tuple[str, str]]) -> None:
        for tasks, reason in self._daemons.stop(service, failing):
            self._stop(service, tasks, reason)
        if not self._may_start(service, service.primary):
            return
        started, event = self._daemons.start(service)
        for task in started:
            self._agent.launch(task)
        if started:
            service.steady = False
            self._report_started(service, started)
        if event is not None:
            self._once(service, event)

    def _stop_leaving(self, service: Service, leaving: set[str]) -> None:
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
            self._stop(service, doomed, reason)

    def _stop_failing(
        self, service: Service, failing: dict[str, tuple[str, str]], leaving: set[str]
    ) -> None:
        """Stop unhealthy tasks once their replacements are healthy, or when there is no room.

        AWS: ecs_services: a replacement starts first if maximumPercent allows, else unhealthy
        tasks are stopped one at a time; an unhealthy replacement is stopped as well.
        """
        for deployment in service.deployments:
            wanted = self._wanted(service, deployment)
            sick = [task for task in wanted if task.id in failing]
            if not sick:
                continue
            well = sum(1 for t in wanted if is_healthy(self._account, t) and t.id not in leaving)
            room = service.limits.upper - len(self._all_wanted(service))
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
                self._stop(service, [task], reason)

    def _stop_excess(self, service: Service, replaced: set[str]) -> None:
        """Scale in: stop what exceeds a deployment's desired count."""
        for deployment in service.deployments:
            wanted = [t for t in self._wanted(service, deployment) if t.id not in replaced]
            excess = len(wanted) - deployment.desired
            if excess > 0:
                doomed = self._capacity.least_useful(service, wanted, excess)
                self._stop(service, doomed, failures.SCALING_ACTIVITY(deployment=deployment.id))

    def _stop_old(self, service: Service) -> None:
        """Rolling update: stop old tasks as far as the healthy ones exceed the lower limit."""
        healthy = [t for t in service.tasks() if is_healthy(self._account, t)]
        spare = len(healthy) - service.limits.lower
        surplus = len(self._all_wanted(service)) - service.limits.lower
        for deployment in service.deployments[1:]:
            wanted = self._wanted(service, deployment)
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
            if doomed:
                deployment.desired = max(0, len(wanted) - len(doomed))
                self._stop(service, doomed, failures.SCALING_ACTIVITY(deployment=deployment.id))

    def _stop(self, service: Service, tasks: list[Task], reason: str) -> None:
        running = [task for task in tasks if task.last_status == "RUNNING"]
        groups: dict[str, list[Task]] = {}
        for task in tasks:
            for target in task.targets:
                groups.setdefault(target.group, []).append(task)
            self._agent.stop(task, _BY_SCHEDULER, reason)
        service.steady = False
        if running:
            ids = [task.id for task in running]
            self._rollout.event(service, messages.stopped(service.name, ids))
        for group, members in groups.items():
            count = len(members)
            self._rollout.event(service, messages.deregistered(service.name, count, group))
            deployment = str(members[0].deployment)
            self._rollout.event(service, messages.draining(service.name, deployment, count))

    def _drain(self, service: Service) -> None:
        for deployment in service.deployments:
            deployment.desired = 0
        wanted = self._all_wanted(service)
        if wanted:
            reason = failures.SCALING_ACTIVITY(deployment=service.primary.id)
            self._stop(service, wanted, reason)
        if not service.tasks():
            service.status = "INACTIVE"
            service.deployments.clear()
            self._account.journal.record("service.inactive", service.arn)

    def _task_changed(self, task: Task) -> None:
        service = task.service
        if service is None:
            return
        if task.last_status == "RUNNING" and task.targets and task.version and task.wanted:
            self._rollout.report_registration(service, task)
        if task.stopped:
            self._task_stopped(service, task)
        self.poke(service)

    def _task_stopped(self, service: Service, task: Task) -> None:
        service.members.pop(task.id, None)
        service.steady = False
        deployment = service.deployment(task.deployment)
        if deployment is None:
            return
        never_ran = task.started_at is None and task.stop_code != _BY_SCHEDULER
        unhealthy = task.stop_code == _BY_SCHEDULER and "failed" in str(task.stopped_reason)
        exited = (
            task.stop_code == "EssentialContainerExited" and task.id not in self._rollout.proven
        )
        if never_ran:
            deployment.start_failures += 1
            delay = start_delay(deployment.start_failures)
            deployment.next_start = self._account.clock.seconds + delay
            if delay:
                self._once(service, messages.inconsistent(service.name))
        if never_ran or unhealthy or exited:
            deployment.failed_tasks += 1
