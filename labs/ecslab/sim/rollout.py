"""What becomes of a deployment: progress, completion, circuit breaker, rollback.

AWS: deployment-circuit-breaker (2026), deployment-type-ecs; botocore ecs Deployment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecslab.model import service_messages as messages
from ecslab.sim import circuit_breaker
from ecslab.sim.service import is_healthy
from ecslab.sim.service_events import ServiceEvents

if TYPE_CHECKING:
    from ecslab.sim.entities import Account, Task
    from ecslab.sim.service import Deployment, Service

_STEADY_STATE = "SERVICE_STEADY_STATE"


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

    def judge(self, service: Service) -> list[Deployment]:
        """Note which tasks have become healthy, and trip the circuit breaker when it is time.

        Returns:
            The deployments of the tasks that have.
        """
        forgiven = self.prove(service)
        if circuit_breaker.is_tripped(service, service.primary):
            rollback = bool(circuit_breaker.settings(service).get("rollback"))
            self._fail(service, service.primary, rollback=rollback)
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

    def finish(self, service: Service) -> None:
        """Complete the rollout and report the steady state when both have been reached."""
        primary = service.primary
        healthy = [t for t in service.tasks_of(primary) if is_healthy(self._account, t)]
        others = [t for t in service.tasks() if t.deployment != primary.id]
        settled = len(healthy) == len(service.tasks_of(primary)) == service.desired and not others
        for deployment in service.deployments[1:]:
            if not service.tasks_of(deployment) and (
                settled or deployment.rollout_state == "FAILED"
            ):
                deployment.status = "INACTIVE"
        service.deployments[1:] = [d for d in service.deployments[1:] if d.status != "INACTIVE"]
        if not settled:
            service.steady = False
            return
        if primary.rollout_state == "IN_PROGRESS":
            self._complete(service, primary)
        if not service.steady:
            service.steady = True
            self.events.say(service, messages.steady(service.name))
            self.events.act(service, "INFO", _STEADY_STATE)

    def begin(self, service: Service, deployment: Deployment) -> None:
        """Make a new deployment the primary one; those before it become ACTIVE."""
        for other in service.deployments:
            other.status = "ACTIVE"
            if other.rollout_state == "IN_PROGRESS":
                other.finished_at = self._account.clock.now
        deployment.status = "PRIMARY"
        deployment.desired = service.desired
        deployment.rollout_state = "IN_PROGRESS"
        deployment.rollout_reason = messages.in_progress(deployment.id)
        service.deployments = [deployment, *[d for d in service.deployments if d is not deployment]]
        if deployment not in service.history:
            service.history.append(deployment)
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

    def _complete(self, service: Service, deployment: Deployment) -> None:
        now = self._account.clock.now
        deployment.rollout_state = "COMPLETED"
        deployment.rollout_reason = messages.done(deployment.id)
        deployment.updated_at = deployment.finished_at = now
        deployment.ever_completed = True
        self.events.say(service, messages.completed(service.name, deployment.id))
        self._account.journal.record("deployment.completed", service.arn, deployment=deployment.id)
        self.events.deployment(service, deployment, "INFO", "SERVICE_DEPLOYMENT_COMPLETED")

    def _fail(self, service: Service, deployment: Deployment, *, rollback: bool) -> None:
        now = self._account.clock.now
        deployment.rollout_state = "FAILED"
        deployment.rollout_reason = messages.BREAKER
        deployment.updated_at = deployment.finished_at = now
        self.events.say(service, messages.failed(service.name, deployment.id))
        self._account.journal.record("deployment.failed", service.arn, deployment=deployment.id)
        self.events.deployment(service, deployment, "ERROR", "SERVICE_DEPLOYMENT_FAILED")
        if not rollback:
            return
        completed = [d for d in service.history if d.ever_completed and d is not deployment]
        if not completed:
            return
        last = completed[-1]
        self.events.say(service, messages.rolling_back(service.name, last.id))
        last.ever_completed = False
        last.finished_at = None
        last.rollback_of = deployment
        last.failed_tasks = last.start_failures = 0
        deployment.desired = 0
        self.begin(service, last)
        last.rollout_reason = messages.breaker_rollback(last.id)
