"""Managed daemons at work: one task of each on every Managed Instance of its capacity providers.

A new instance gets the tasks of its daemons before any other task; it is REGISTERING until those of
critical daemons are well. An instance on which a critical daemon fails is drained and replaced.
AWS: managed-daemons, managed-daemons-auto-repair; botocore ecs CreateDaemonRequest.critical. These
are not the services with the scheduling strategy DAEMON (`ecslab.sim.daemons`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ecslab.model.deployment import HEALTHY_AFTER
from ecslab.model.failures import FAILED_HEALTH
from ecslab.model.managed_daemon_answers import IMPAIRED
from ecslab.model.managed_daemons import retry_pause
from ecslab.sim.managed_daemon import is_sick, is_well, revisions_for
from ecslab.sim.managed_daemon_deployments import ManagedDaemonDeployments
from ecslab.sim.managed_daemon_events import ManagedDaemonEvents

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from ecslab.sim.agent import Agent
    from ecslab.sim.container_instances import ContainerInstance
    from ecslab.sim.entities import Account, Task
    from ecslab.sim.instance_agents import InstanceAgents
    from ecslab.sim.managed_daemon import DaemonRevision
    from ecslab.sim.managed_instances import ManagedInstances
    from ecslab.sim.placer import Placer

_LIVE: Final = ("REGISTERING", "ACTIVE")
_REACTION: Final = 1.0
"""Seconds at least until a daemon task is started again."""


class ManagedDaemons:
    """Keeps the tasks of managed daemons on the instances of an account.

    Args:
        account: the account.
        agent: runs the tasks.
        placer: puts tasks on container instances.
        agents: the container instances.
        managed: launches, drains and ends Managed Instances.
        make_task: makes a task of a revision for an instance, ready to be placed.
    """

    def __init__(
        self,
        account: Account,
        agent: Agent,
        placer: Placer,
        agents: InstanceAgents,
        managed: ManagedInstances,
        *,
        make_task: Callable[[DaemonRevision, ContainerInstance], Task],
    ) -> None:
        self._account = account
        self._env = account.clock.env
        self._agent = agent
        self._placer = placer
        self._agents = agents
        self._managed = managed
        self._make_task = make_task
        self._events = ManagedDaemonEvents(account)
        self.deployments = ManagedDaemonDeployments(account, managed, self._events)
        self._waiting: dict[str, list[Task | tuple[DaemonRevision, str]]] = {}
        """Instance → the tasks that it begins with, or why there is none."""
        self._proven: set[str] = set()
        """Ids of the tasks that have been well."""
        self._failing: set[str] = set()
        """Ids of the tasks whose failed health check is known."""
        self._tries: dict[tuple[str, str], int] = {}
        """Instance and daemon → how often a task has been started again."""
        agents.admit(self._admit)
        agents.listen(self._instance_changed)
        agent.listen(self._task_changed)

    # --- New instances ------------------------------------------------------------------------

    def _admit(self, instance: ContainerInstance) -> bool:
        """Give a new instance the tasks of its daemons; return whether it takes others at once."""
        revisions = revisions_for(instance.cluster, instance.capacity_provider or "")
        for revision in revisions:
            instance.daemons[revision.daemon.arn] = revision
            self._waiting.setdefault(instance.id, []).append(self._place(instance, revision))
        return not any(revision.critical for revision in revisions)

    def _place(
        self, instance: ContainerInstance, revision: DaemonRevision
    ) -> Task | tuple[DaemonRevision, str]:
        task = self._make_task(revision, instance)
        refused = self._placer.put(task, instance)
        return task if refused is None else (revision, refused)

    def _instance_changed(self, instance: ContainerInstance) -> None:
        for each in self._waiting.pop(instance.id, ()):
            self._begin(instance, each)
        for daemon in instance.cluster.daemons.values():
            daemon.poke()

    def _begin(
        self, instance: ContainerInstance, placed: Task | tuple[DaemonRevision, str]
    ) -> None:
        if not isinstance(placed, tuple):
            self._agent.launch(placed)
            return
        revision, reason = placed
        self._events.not_created(instance, revision, reason)
        self.deployments.count_failure(revision)
        self._fail(instance, revision)

    # --- Tasks --------------------------------------------------------------------------------

    def _task_changed(self, task: Task) -> None:
        revision, instance = task.daemon, task.instance
        if revision is None or instance is None:
            return
        if task.stopped:
            self._stopped(task, revision, instance)
        elif is_well(task):
            self._well(task, revision, instance)
        elif is_sick(task) and task.wanted and task.id not in self._failing:
            self._sick(task, revision, instance)
        revision.daemon.poke()

    def _well(self, task: Task, revision: DaemonRevision, instance: ContainerInstance) -> None:
        self._proven.add(task.id)
        self._failing.discard(task.id)
        if revision.daemon.arn in instance.impaired:
            instance.impaired.discard(revision.daemon.arn)
            self._agents.changed(instance)
        if instance.status == "REGISTERING" and self._is_ready(instance):
            self._agents.set_status(instance, "ACTIVE")

    def _is_ready(self, instance: ContainerInstance) -> bool:
        tasks = [revision.daemon.task_on(instance) for revision in _critical(instance)]
        return all(task is not None and is_well(task) for task in tasks)

    def _sick(self, task: Task, revision: DaemonRevision, instance: ContainerInstance) -> None:
        self._failing.add(task.id)
        if task.id not in self._proven:
            self._events.not_started(task, revision, FAILED_HEALTH())
            self.deployments.count_failure(revision)
        if instance.status in _LIVE:
            self._fail(instance, revision)

    def _stopped(self, task: Task, revision: DaemonRevision, instance: ContainerInstance) -> None:
        lasted = task.id in self._proven and self._age(task) >= HEALTHY_AFTER
        self._proven.discard(task.id)
        self._failing.discard(task.id)
        if task.lost or instance.status not in _LIVE:
            return
        if lasted:
            self._tries.pop((instance.id, revision.daemon.arn), None)
        else:
            self._events.not_started(task, revision, str(task.stopped_reason))
            self.deployments.count_failure(revision)
        self._fail(instance, revision)

    def _age(self, task: Task) -> float:
        since = task.running_since
        return 0.0 if since is None else self._account.clock.seconds - since

    # --- Failures -----------------------------------------------------------------------------

    def _fail(self, instance: ContainerInstance, revision: DaemonRevision) -> None:
        """Act upon a daemon that has failed on an instance."""
        daemon = revision.daemon
        self._account.journal.record("daemon.failed", daemon.arn, instance=instance.arn)
        if revision.critical:
            instance.impaired.add(daemon.arn)
            self._agents.changed(instance)
            if instance.status == "REGISTERING":
                self._agents.set_status(instance, "REGISTRATION_FAILED")
                return
            if self._repairs(instance):
                self._managed.repair(instance, IMPAIRED(name=daemon.name))
                return
        if daemon.task_on(instance) is None:
            self._env.process(self._try_again(instance, revision))

    def _repairs(self, instance: ContainerInstance) -> bool:
        """Return whether impaired instances are replaced (botocore ecs AutoRepairConfiguration)."""
        provider = self._account.providers.get(instance.capacity_provider or "")
        settings = provider.settings if provider is not None else {}
        repair = settings.get("autoRepairConfiguration") or {}
        return bool(repair.get("actionsStatus") != "DISABLED")

    def _try_again(
        self, instance: ContainerInstance, revision: DaemonRevision
    ) -> Generator[Any, Any, None]:
        key = (instance.id, revision.daemon.arn)
        tries = self._tries[key] = self._tries.get(key, 0) + 1
        yield self._env.timeout(max(_REACTION, retry_pause(tries)))
        missing = revision.daemon.task_on(instance) is None
        if instance.active and missing and revision.daemon.status == "ACTIVE":
            self._begin(instance, self._place(instance, revision))


def _critical(instance: ContainerInstance) -> list[DaemonRevision]:
    return [revision for revision in instance.daemons.values() if revision.critical]
