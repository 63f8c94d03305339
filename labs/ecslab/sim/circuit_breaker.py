"""The deployment circuit breaker: what counts as a failure, and when it trips.

AWS: deployment-circuit-breaker (2026); botocore ecs DeploymentCircuitBreaker.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ecslab.model.deployment import UNRESOLVED_LIMIT, breaker_threshold
from ecslab.sim.service_tasks import BY_SCHEDULER

if TYPE_CHECKING:
    from ecslab.sim.entities import Task
    from ecslab.sim.service import Deployment, Service

_CANNOT_PULL: Final = "CannotPullContainerError"


def settings(service: Service) -> dict[str, Any]:
    """Return a service's deploymentCircuitBreaker."""
    found = service.record["deploymentConfiguration"].get("deploymentCircuitBreaker")
    return dict(found or {})


def threshold(service: Service) -> int:
    """Return how many failures trip the breaker, by the latest desired count."""
    return breaker_threshold(service.desired, settings(service).get("thresholdConfiguration"))


def never_ran(task: Task) -> bool:
    """Return whether a task has stopped, or is about to, without ever having run."""
    return task.started_at is None and task.stop_code != BY_SCHEDULER


def count(deployment: Deployment, task: Task, *, proven: bool) -> None:
    """Count a task that has stopped if it is a failure of its deployment.

    Failures are tasks that never ran, that were replaced because of a health check, and that ended
    by themselves before they had ever been healthy.

    Args:
        deployment: its deployment.
        task: the task.
        proven: whether it has been healthy.
    """
    unhealthy = task.stop_code == BY_SCHEDULER and "failed" in str(task.stopped_reason)
    exited = task.stop_code == "EssentialContainerExited" and not proven
    if never_ran(task) or unhealthy or exited:
        deployment.failed_tasks += 1
    if never_ran(task) and str(task.stopped_reason).startswith(_CANNOT_PULL):
        deployment.unresolved += not deployment.digests


def is_unresolved(service: Service, deployment: Deployment) -> bool:
    """Return whether the breaker ends a deployment because its tags lead to no digests.

    AWS: deployment-type-ecs (container image resolution): three failed attempts.
    """
    enabled = settings(service).get("enable") and deployment.rollout_state == "IN_PROGRESS"
    return bool(enabled) and deployment.unresolved >= UNRESOLVED_LIMIT and not deployment.digests


def is_tripped(service: Service, deployment: Deployment) -> bool:
    """Return whether a deployment in progress has failed too often."""
    if not settings(service).get("enable") or deployment.rollout_state != "IN_PROGRESS":
        return False
    return deployment.failed_tasks >= threshold(service)


def forgive(service: Service, deployment: Deployment) -> None:
    """Note that a task of a deployment has become healthy (resetOnHealthyTask, default true)."""
    if settings(service).get("resetOnHealthyTask", True):
        deployment.failed_tasks = 0
