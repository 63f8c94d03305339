"""The service scheduler: keeps every service at its count, within its two percentages.

AWS: ecs_services (replacement of stopped and unhealthy tasks), deployment-type-ecs (rolling
deployments). What it does in each round is in `replacement`, `rolling_update` and `daemons`; what
becomes of the deployments is in `rollout`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecslab.model import failures
from ecslab.sim import circuit_breaker
from ecslab.sim.daemons import DAEMON, Daemons
from ecslab.sim.entities import FARGATE
from ecslab.sim.replacement import Replacement
from ecslab.sim.rolling_update import RollingUpdate
from ecslab.sim.service_capacity import ServiceCapacity
from ecslab.sim.service_events import SAY_AGAIN
from ecslab.sim.service_tasks import ServiceTasks
from ecslab.sim.start_throttle import StartThrottle
from ecslab.sim.task_sets import TaskSets
from ecslab.sim.zone_rebalancing import ZoneRebalancing

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
_VIOLATED = "SERVICE_DAEMON_PLACEMENT_CONSTRAINT_VIOLATED"


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
        self._rollout = rollout
        events = rollout.events
        self._capacity = ServiceCapacity(account, placer)
        self._daemons = Daemons(account, placer, make_task)
        self._task_sets = TaskSets(account, events)
        self._throttle = StartThrottle(account, events)
        self._tasks = ServiceTasks(account, agent, make_task, self._capacity, events)
        self._replacement = Replacement(account, self._tasks, events)
        self._rolling = RollingUpdate(account, self._tasks, self._throttle, self._capacity, events)
        self._rebalancing = ZoneRebalancing(account, self._tasks, events)
        self._connect = agent.discovery.connect
        self._users: dict[str, dict[str, Service]] = {}
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
        for service in self._users.get(group, {}).values():
            for deployment in service.deployments:
                balancers = deployment.settings.get("loadBalancers") or []
                if any(deployment.target_group(each) == group for each in balancers):
                    self.poke(service)
                    break

    def note_target_groups(self, service: Service, deployment: Deployment) -> None:
        """Note which target groups a new deployment may register its tasks in."""
        for balancer in deployment.settings.get("loadBalancers") or []:
            advanced = balancer.get("advancedConfiguration") or {}
            for group in (balancer.get("targetGroupArn"), advanced.get("alternateTargetGroupArn")):
                if group:
                    self._users.setdefault(group, {})[service.arn] = service

    def _loop(self, service: Service) -> Generator[Any, Any, None]:
        env = self._account.clock.env
        while service.status != "INACTIVE":
            assert service.wake is not None  # noqa: S101 - set by adopt
            if service.status == "ACTIVE" and service.steady:
                yield service.wake | env.timeout(SAY_AGAIN)
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
        failing = self._replacement.failing(service)
        if service.external:
            self._keep_task_sets(service, failing)
            return
        for deployment in self._rollout.judge(service):
            self._throttle.forgive(service, deployment)
        if service.record["schedulingStrategy"] == DAEMON:
            self._keep_daemons(service, failing)
        else:
            self._keep_counts(service, failing)
            if not service.shifts:
                self._rolling.stop_old(service)
            self._rebalancing.look(service)
        self._rollout.finish(service)

    def _keep_counts(self, service: Service, failing: dict[str, tuple[str, str]]) -> None:
        leaving = self._capacity.leaving(service)
        replaced = {*failing, *leaving}
        self._rolling.start_missing(service, replaced)
        self._replacement.stop_failing(service, failing, leaving)
        self._rolling.stop_excess(service, replaced)
        self._replacement.stop_leaving(service, leaving)

    def _keep_task_sets(self, service: Service, failing: dict[str, tuple[str, str]]) -> None:
        self._task_sets.rescale(service)
        for deployment in self._rollout.prove(service):
            self._throttle.forgive(service, deployment)
        if service.deployments:
            self._keep_counts(service, failing)
        self._task_sets.settle(service)

    def _keep_daemons(self, service: Service, failing: dict[str, tuple[str, str]]) -> None:
        violating = self._daemons.violating(service)
        if violating:
            hosts = [task.instance.arn for task in violating if task.instance is not None]
            arns = {"containerInstanceArns": hosts, "taskArns": [task.arn for task in violating]}
            self._rollout.events.act(service, "ERROR", _VIOLATED, **arns)
        for tasks, reason in self._daemons.stop(service, failing):
            self._tasks.stop(service, tasks, reason)
        if self._throttle.allows(service, service.primary):
            self._tasks.launch(service, *self._daemons.start(service))

    def _drain(self, service: Service) -> None:
        for deployment in service.deployments:
            deployment.desired = 0
        wanted = service.wanted()
        if wanted:
            reason = failures.SCALING_ACTIVITY(deployment=service.primary.id)
            self._tasks.stop(service, wanted, reason)
        if not service.tasks():
            service.status = "INACTIVE"
            service.deployments.clear()
            self._connect.end(service)
            self._account.journal.record("service.inactive", service.arn)

    def _task_changed(self, task: Task) -> None:
        service = task.service
        if service is None:
            return
        if task.last_status == "RUNNING" and task.targets and task.version and task.wanted:
            self._rollout.report_registration(service, task)
        deployment = service.deployment(task.deployment)
        if deployment is not None and not task.wanted and circuit_breaker.never_ran(task):
            self._throttle.never_ran(service, deployment, task)
        if task.stopped:
            self._task_stopped(service, task)
        self.poke(service)

    def _task_stopped(self, service: Service, task: Task) -> None:
        service.members.pop(task.id, None)
        service.steady = False
        deployment = service.deployment(task.deployment)
        if deployment is not None:
            circuit_breaker.count(deployment, task, proven=task.id in self._rollout.proven)
        self._rollout.forget(task)
