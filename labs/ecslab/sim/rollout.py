"""What becomes of a deployment: progress, completion, failure, rollback.

AWS: deployment-circuit-breaker (2026), deployment-alarm-failure, early-success-criteria,
stop-service-deployment, service-deployment; botocore ecs Deployment and ServiceDeployment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecslab.model import service_messages as messages
from ecslab.model.deployment import early_goal
from ecslab.sim import circuit_breaker, deployment_alarms
from ecslab.sim.service import is_healthy
from ecslab.sim.service_deployment import ROLLING, ServiceDeployment
from ecslab.sim.service_events import ServiceEvents

if TYPE_CHECKING:
    from ecslab.model.service_messages import Failure
    from ecslab.sim.entities import Account, Task
    from ecslab.sim.service import Deployment, Service


class Rollout:
    """Judges the deployments of services.

    Args:
        account: the account.
    """

    def __init__(self, account: Account) -> None:
        self._account = account
        self.events = ServiceEvents(account)
        self.proven: set[str] = set()
        """Ids of the tasks that have been healthy at least once."""
        self._announced: set[str] = set()

    def report_registration(self, service: Service, task: Task) -> None:
        """Report, once, that a task has been registered in its target groups."""
        if task.id not in self._announced:
            self._announced.add(task.id)
            for target in task.targets:
                self.events.say(service, messages.registered(service.name, 1, target.group))

    def forget(self, task: Task) -> None:
        """Forget a task that has stopped."""
        self.proven.discard(task.id)
        self._announced.discard(task.id)

    # --- Each time that the scheduler looks at a service -----------------------------------------

    def judge(self, service: Service) -> list[Deployment]:
        """Note which tasks are healthy, and end a rolling deployment that has failed.

        Returns:
            The deployments whose tasks have become healthy.
        """
        forgiven = self.prove(service)
        rollout = service.rollout
        if rollout is not None and rollout.strategy == ROLLING:
            self.start(rollout)
            failure = self._failure(service, rollout)
            if failure is not None:
                self.fail(service, rollout, failure, rollback=failure.rollback)
        return forgiven

    def prove(self, service: Service) -> list[Deployment]:
        """Note which tasks have become healthy; return their deployments."""
        forgiven = []
        for task in service.tasks():
            if task.id not in self.proven and is_healthy(self._account, task):
                self.proven.add(task.id)
                deployment = service.deployment(task.deployment)
                if deployment is not None:
                    circuit_breaker.forgive(service, deployment)
                    forgiven.append(deployment)
        return forgiven

    def start(self, rollout: ServiceDeployment) -> None:
        """Let a service deployment that was pending begin."""
        if rollout.status == "PENDING":
            rollout.status = "IN_PROGRESS"
            rollout.started_at = rollout.updated_at = self._account.clock.now
            deployment_alarms.begin(rollout, self._account.ports.alarms)

    def _failure(self, service: Service, rollout: ServiceDeployment) -> Failure | None:
        """Return why a rolling deployment has failed, None when it goes on."""
        if rollout.status == "ROLLBACK_REQUESTED":
            return messages.STOPPED_BY_USER
        if rollout.status == "STOP_REQUESTED":
            return messages.ABORTED_BY_USER
        breaker = circuit_breaker.settings(service)
        if circuit_breaker.is_tripped(service, service.primary):
            rollout.breaker_tripped = True
            return messages.BREAKER.rolling_back(bool(breaker.get("rollback")))
        if circuit_breaker.is_unresolved(service, service.primary):
            rollout.breaker_tripped = True
            return messages.DIGESTS.rolling_back(bool(breaker.get("rollback")))
        alarms = deployment_alarms.settings(rollout)
        watched = rollout.status == "IN_PROGRESS"
        if watched and deployment_alarms.triggered(rollout, self._account.ports.alarms):
            return messages.ALARM.rolling_back(bool(alarms.get("rollback")))
        return None

    def finish(self, service: Service) -> None:
        """Complete the rollout and report the steady state when both have been reached."""
        primary = service.primary
        tasks = service.tasks_of(primary)
        healthy = sum(1 for task in tasks if is_healthy(self._account, task))
        others = len(service.members) > len(tasks) and any(
            task.deployment != primary.id for task in service.tasks()
        )
        settled = healthy == len(tasks) == service.desired and not others
        rollout = service.rollout
        rolling = rollout is not None and rollout.strategy == ROLLING
        if rollout is not None and rolling and primary.rollout_state == "IN_PROGRESS":
            early = self._early(service, rollout, healthy, others=others)
            if (settled or early) and self._baked(rollout):
                self.complete(service, rollout)
        if rolling or rollout is None:
            self._let_go(service)
        if not settled or service.rollout is not None:
            service.steady = False
        elif not service.steady:
            service.steady = True
            self.events.say(service, messages.steady(service.name))
            self.events.steady(service)

    def _let_go(self, service: Service) -> None:
        """Drop the deployments whose tasks have gone, once they have been replaced."""
        over = service.primary.rollout_state == "COMPLETED"
        for deployment in service.deployments[1:]:
            failed = deployment.rollout_state == "FAILED"
            if (over or failed) and not service.tasks_of(deployment):
                deployment.status = "INACTIVE"
        service.deployments[1:] = [d for d in service.deployments[1:] if d.status != "INACTIVE"]

    def _early(
        self, service: Service, rollout: ServiceDeployment, healthy: int, *, others: bool
    ) -> bool:
        """Return whether the criteria for an early success are met (early-success-criteria)."""
        criteria = rollout.configuration.get("earlySuccessCriteria") or {}
        if not criteria.get("enable") or rollout.status != "IN_PROGRESS":
            return False
        blocked = others and criteria.get("sourceServiceRevisionCleanup") != "DEFERRED"
        return healthy >= early_goal(service.desired, criteria) and not blocked

    def _baked(self, rollout: ServiceDeployment) -> bool:
        if rollout.baking_since is None:
            rollout.baking_since = self._account.clock.seconds
        baked = self._account.clock.seconds - rollout.baking_since
        return baked >= deployment_alarms.bake_seconds(rollout, self._account.ports.alarms)

    # --- Beginning and ending --------------------------------------------------------------------

    def begin(self, service: Service, deployment: Deployment) -> ServiceDeployment:
        """Begin to roll out a new deployment, in the place of one that may still be in progress."""
        now = self._account.clock.now
        before = service.rollout
        if before is not None:
            before.end("STOPPED", messages.SUPERSEDED, now)
        rollout = ServiceDeployment(
            deployment.deployment_arn,
            deployment,
            tuple(d for d in service.deployments if d.completed_at or service.tasks_of(d)),
            now,
            dict(service.record["deploymentConfiguration"]),
            now,
            reason=messages.in_progress(deployment.id),
        )
        service.rollouts.append(rollout)
        service.history.append(deployment)
        self._make_primary(service, deployment, messages.in_progress(deployment.id))
        return rollout

    def _make_primary(self, service: Service, deployment: Deployment, reason: str) -> None:
        """Make a deployment the primary one; those before it become ACTIVE."""
        for other in service.deployments:
            other.status = "ACTIVE"
            if other.rollout_state == "IN_PROGRESS":
                other.finished_at = self._account.clock.now
        deployment.status = "PRIMARY"
        deployment.desired = service.desired
        deployment.rollout_state = "IN_PROGRESS"
        deployment.rollout_reason = reason
        deployment.stuck_reported = False
        service.deployments = [deployment, *[d for d in service.deployments if d is not deployment]]
        service.steady = False
        self._account.journal.record(
            "deployment.started",
            service.arn,
            deployment=deployment.id,
            definition=str(deployment.definition["taskDefinitionArn"]).rsplit("/", 1)[-1],
            rollback=deployment.rollback_of is not None,
            **service.goal(),
        )
        self.events.deployment(service, deployment, "INFO", "SERVICE_DEPLOYMENT_IN_PROGRESS")

    def complete(self, service: Service, rollout: ServiceDeployment) -> None:
        """Note that the primary deployment of a service is complete."""
        deployment, now = service.primary, self._account.clock.now
        deployment.rollout_state = "COMPLETED"
        deployment.rollout_reason = messages.done(deployment.id)
        deployment.updated_at = deployment.finished_at = now
        deployment.completed_at = now
        status = "SUCCESSFUL" if deployment is rollout.target else "ROLLBACK_SUCCESSFUL"
        reason = deployment.rollout_reason if status == "SUCCESSFUL" else rollout.reason
        rollout.end(status, reason, now)
        self._let_go(service)
        self.events.say(service, messages.completed(service.name, deployment.id))
        self._account.journal.record("deployment.completed", service.arn, deployment=deployment.id)
        self.events.deployment(service, deployment, "INFO", "SERVICE_DEPLOYMENT_COMPLETED")

    def fail(
        self, service: Service, rollout: ServiceDeployment, failure: Failure, *, rollback: bool
    ) -> Deployment | None:
        """Note that a deployment has failed, and go back to the last complete one if wanted.

        A failure of the rollback itself ends it.

        Args:
            service: the service.
            rollout: its service deployment.
            failure: why.
            rollback: whether to roll back.

        Returns:
            The deployment that is restored; None when there is none.
        """
        deployment, now = service.primary, self._account.clock.now
        deployment.rollout_state = "FAILED"
        deployment.rollout_reason = failure.state
        deployment.updated_at = deployment.finished_at = now
        self.events.say(service, messages.failed(service.name, deployment.id, failure.why))
        self._account.journal.record(
            "deployment.failed", service.arn, deployment=deployment.id, why=failure.why
        )
        self.events.deployment(service, deployment, "ERROR", "SERVICE_DEPLOYMENT_FAILED")
        if rollout.status == "ROLLBACK_IN_PROGRESS":
            rollout.end("ROLLBACK_FAILED", failure.reason, now)
            return None
        last = self._last_complete(service, deployment) if rollback else None
        if last is None:
            if rollback:
                rollout.end("ROLLBACK_FAILED", messages.NO_CANDIDATE, now)
            else:
                rollout.end("STOPPED", failure.state, now)
            return None
        self._restore(service, rollout, last, failure)
        return last

    def _last_complete(self, service: Service, failed: Deployment) -> Deployment | None:
        """Return the most recent complete deployment (deployment-circuit-breaker)."""
        complete = [d for d in service.history if d.completed_at is not None and d is not failed]
        return max(complete, key=lambda item: item.completed_at or item.created_at, default=None)

    def _restore(
        self, service: Service, rollout: ServiceDeployment, last: Deployment, failure: Failure
    ) -> None:
        failed, now = service.primary, self._account.clock.now
        self.events.say(service, messages.rolling_back(service.name, last.id))
        last.completed_at = last.finished_at = None
        last.rollback_of = failed
        last.updated_at = now
        last.failed_tasks = last.start_failures = 0
        last.next_start = 0.0
        rollout.failures = failed.failed_tasks
        failed.desired = 0
        rollout.status, rollout.reason = "ROLLBACK_IN_PROGRESS", failure.reason
        rollout.restored, rollout.rollback_reason = last, failure.reason
        rollout.rollback_at = rollout.updated_at = now
        rollout.baking_since = None
        self._make_primary(service, last, failure.rolled_back_to(last.id))
