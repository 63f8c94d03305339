"""How the deployments of managed daemons go on: batch by batch, with their end and their rollback.

A deployment drains instances whose revision of the daemon is not the one that they are to have;
new ones, which come for the tasks that have to move, get the right one. AWS:
managed-daemons-deployments (drain, provision, replace); botocore ecs DaemonDeployment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ecslab.model import managed_daemon_answers as words
from ecslab.model.deployment import HEALTHY_AFTER
from ecslab.model.managed_daemons import batch_size, breaker_threshold
from ecslab.sim.managed_daemon import DaemonDeployment, is_well

if TYPE_CHECKING:
    from collections.abc import Generator

    from ecslab.sim.entities import Account, Task
    from ecslab.sim.managed_daemon import Daemon, DaemonGoal, DaemonRevision
    from ecslab.sim.managed_daemon_events import ManagedDaemonEvents
    from ecslab.sim.managed_instances import ManagedInstances

_BEGIN: Final = (5.0, 1.0)
"""Seconds in PENDING (botocore ecs DescribeDaemonDeployments, example)."""
_TURN: Final = (2.0, 1.0)
"""Seconds from the stop to the rollback; AWS publishes no number."""
_LOOK_AGAIN: Final = 300.0
_WATCH_START: Final = 10.0
_WATCH_ALARMS: Final = 15.0
_RETENTION: Final = 3600.0
"""Seconds for which the deployments of a deleted daemon can be described; AWS publishes no
number."""
_MINUTE: Final = 60.0
_ALARM: Final = "ALARM"


class ManagedDaemonDeployments:
    """Carries out the deployments of managed daemons.

    Args:
        account: the account.
        managed: launches, drains and ends Managed Instances.
        events: where they report.
    """

    def __init__(
        self, account: Account, managed: ManagedInstances, events: ManagedDaemonEvents
    ) -> None:
        self._account = account
        self._env = account.clock.env
        self._managed = managed
        self._events = events

    def begin(self, daemon: Daemon, goal: DaemonGoal) -> DaemonDeployment:
        """Begin to bring a daemon to a goal, in the place of a deployment that is unfinished.

        Args:
            daemon: the daemon.
            goal: what it is meant to be from now on.
        """
        if daemon.deployments and daemon.deployment.unfinished:
            self._end(daemon, daemon.deployment, "STOPPED", words.SUPERSEDED())
        sources = _sources(daemon, goal)
        self._aim(daemon, goal)
        identifier = self._account.identifiers.letters(21)
        path = f"daemon-deployment/{daemon.cluster.name}/{daemon.name}/{identifier}"
        rollout = DaemonDeployment(
            self._account.arn(path),
            goal,
            sources,
            self._account.clock.now,
            breaker_threshold(sum(1 for _ in daemon.instances())),
            words.PENDING(),
        )
        daemon.deployments.append(rollout)
        self._events.deployment(daemon, rollout)
        self._env.process(self._run(daemon, rollout))
        return rollout

    def count_failure(self, revision: DaemonRevision) -> None:
        """Count a task of a revision that has not started, if a deployment brings it.

        AWS: botocore ecs CreateDaemonRequest.critical (also of daemons that are not critical).
        """
        rollout = revision.daemon.deployment
        if rollout.unfinished and rollout.current_goal.revision is revision:
            rollout.failures += 1
            rollout.counted += 1
            revision.daemon.poke()

    # --- The course of a deployment -----------------------------------------------------------

    def _run(self, daemon: Daemon, rollout: DaemonDeployment) -> Generator[Any, Any, None]:
        yield self._pause(_BEGIN)
        if rollout.status != "PENDING":
            return
        rollout.started_at = self._account.clock.now
        rollout.ignored_alarms = tuple(self._in_alarm(rollout))
        self._become(daemon, rollout, "IN_PROGRESS", words.IN_PROGRESS())
        while rollout.unfinished:
            failure = self._failure(rollout)
            if failure is not None:
                yield from self._give_up(daemon, rollout, failure)
                continue
            wait = self._step(daemon, rollout)
            if rollout.unfinished:
                daemon.wake = self._env.event()
                yield daemon.wake | self._env.timeout(wait)

    def _step(self, daemon: Daemon, rollout: DaemonDeployment) -> float:
        """Take the next step that can be taken; return the seconds until the next look."""
        again = _WATCH_ALARMS if self._watched(rollout) else _LOOK_AGAIN
        goal = rollout.current_goal
        outdated = [
            each for each in daemon.instances() if each.daemons.get(daemon.arn) is not goal.of(each)
        ]
        if any(each.status == "DRAINING" for each in daemon.instances()):
            return again
        if self._is_settling(daemon, goal):
            return _WATCH_START
        if outdated:
            active = sum(each.active for each in daemon.instances())
            size = batch_size(active, goal.configuration["drainPercent"])
            rollout.baking_since = None
            for instance in outdated[:size]:
                self._managed.drain(instance)
            return again
        left = self._baking(rollout)
        if left > 0:
            return min(left, again)
        self._complete(daemon, rollout)
        return again

    def _is_settling(self, daemon: Daemon, goal: DaemonGoal) -> bool:
        """Return whether an instance is on its way, or one lacks the task that it is to have."""
        if any(map(self._managed.boots, goal.providers)):
            return True
        for instance in daemon.instances():
            if instance.status == "REGISTERING":
                return True
            wanted = goal.of(instance)
            if not instance.active or instance.daemons.get(daemon.arn) is not wanted:
                continue
            task = daemon.task_on(instance)
            if wanted is not None and (task is None or not self._has_started(task)):
                return True
        return False

    def _has_started(self, task: Task) -> bool:
        """Return whether a task is well, and has been so for a while without a health check."""
        age = self._account.clock.seconds - (task.running_since or 0.0)
        return is_well(task) and (task.has_health_check or age >= HEALTHY_AFTER)

    def _baking(self, rollout: DaemonDeployment) -> float:
        """Return for how many seconds a deployment is still watched.

        AWS: managed-daemons-deployments, bakeTimeInMinutes (once all instances are updated).
        """
        if rollout.status != "IN_PROGRESS" or rollout.goal.revision is None:
            return 0.0
        now = self._account.clock.seconds
        if rollout.baking_since is None:
            rollout.baking_since = now
        bake = float(rollout.goal.configuration["bakeTimeInMinutes"]) * _MINUTE
        return rollout.baking_since + bake - now

    # --- Failure and end ----------------------------------------------------------------------

    def _failure(self, rollout: DaemonDeployment) -> str | None:
        if rollout.current_goal.revision is None:
            return None
        if rollout.counted >= rollout.threshold:
            rollout.tripped = True
            return words.BREAKER()
        if self._watched(rollout):
            names = [each for each in self._in_alarm(rollout) if each not in rollout.ignored_alarms]
            rollout.triggered_alarms = tuple(names)
            if names:
                return words.ALARM(names=", ".join(names))
        return None

    def _watched(self, rollout: DaemonDeployment) -> bool:
        alarms = rollout.goal.configuration["alarms"]
        return bool(alarms["enable"]) and rollout.status == "IN_PROGRESS"

    def _in_alarm(self, rollout: DaemonDeployment) -> list[str]:
        alarms, known = rollout.goal.configuration["alarms"], self._account.ports.alarms
        names = alarms["alarmNames"] if alarms["enable"] else ()
        return [name for name in names if known.state(name) == _ALARM]

    def _give_up(
        self, daemon: Daemon, rollout: DaemonDeployment, reason: str
    ) -> Generator[Any, Any, None]:
        """Go back to what the last successful deployment rolled out, if there is anything."""
        if rollout.restored is not None:
            self._end(daemon, rollout, "ROLLBACK_FAILED", reason)
            return
        if daemon.proven is None:
            self._end(daemon, rollout, "STOPPED", reason)
            return
        rollout.stopped_at = self._account.clock.now
        self._become(daemon, rollout, "STOP_REQUESTED", reason)
        yield self._pause(_TURN)
        if not rollout.unfinished:
            return
        rollout.restored = daemon.proven
        self._aim(daemon, daemon.proven)
        rollout.rollback_reason, rollout.rollback_at = reason, self._account.clock.now
        rollout.counted, rollout.baking_since = 0, None
        self._become(daemon, rollout, "ROLLBACK_IN_PROGRESS", reason)

    def _complete(self, daemon: Daemon, rollout: DaemonDeployment) -> None:
        if rollout.restored is not None:
            self._end(daemon, rollout, "ROLLBACK_SUCCESSFUL", rollout.reason)
            return
        daemon.proven = rollout.goal
        self._end(daemon, rollout, "SUCCESSFUL", words.DONE())
        if rollout.goal.revision is None:
            del daemon.cluster.daemons[daemon.name]
            daemon.cluster.past_daemons.append(daemon)
            self._account.journal.record("daemon.deleted", daemon.arn)
            self._env.process(self._forget(daemon))

    def _aim(self, daemon: Daemon, goal: DaemonGoal) -> None:
        """Have new instances get what a goal says."""
        daemon.goal = goal
        for provider in goal.providers:
            self._managed.forgive(provider)

    def _end(self, daemon: Daemon, rollout: DaemonDeployment, status: str, reason: str) -> None:
        now = self._account.clock.now
        rollout.finished_at = now
        if status == "STOPPED":
            rollout.stopped_at = now
        self._become(daemon, rollout, status, reason)

    def _become(self, daemon: Daemon, rollout: DaemonDeployment, status: str, reason: str) -> None:
        rollout.status, rollout.reason = status, reason
        self._events.deployment(daemon, rollout)

    def _forget(self, daemon: Daemon) -> Generator[Any, Any, None]:
        yield self._env.timeout(_RETENTION)
        daemon.cluster.past_daemons.remove(daemon)

    def _pause(self, duration: tuple[float, float]) -> Any:
        return self._env.timeout(self._account.identifiers.jitter(*duration))


def _sources(daemon: Daemon, goal: DaemonGoal) -> tuple[DaemonRevision, ...]:
    """Return the revisions that a deployment replaces, the proven one first."""
    proven = daemon.proven.revision if daemon.proven is not None else None
    found = [proven, *(each.daemons.get(daemon.arn) for each in daemon.instances())]
    return tuple(
        dict.fromkeys(each for each in found if each is not None and each is not goal.revision)
    )
