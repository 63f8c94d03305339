"""The deployment circuit breaker: what counts as a failure, and when it trips.

AWS: deployment-circuit-breaker (2026); botocore ecs DeploymentCircuitBreaker.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecslab.model.deployment import breaker_threshold

if TYPE_CHECKING:
    from ecslab.sim.service import Deployment, Service


def settings(service: Service) -> dict[str, Any]:
    """Return a service's deploymentCircuitBreaker."""
    found = service.record["deploymentConfiguration"].get("deploymentCircuitBreaker")
    return dict(found or {})


def threshold(service: Service) -> int:
    """Return how many failures trip the breaker, by the latest desired count."""
    return breaker_threshold(service.desired, settings(service).get("thresholdConfiguration"))


def is_tripped(service: Service, deployment: Deployment) -> bool:
    """Return whether a deployment in progress has failed too often."""
    if not settings(service).get("enable") or deployment.rollout_state != "IN_PROGRESS":
        return False
    return deployment.failed_tasks >= threshold(service)


def forgive(service: Service, deployment: Deployment) -> None:
    """Note that a task of a deployment has become healthy (resetOnHealthyTask, default true)."""
    if settings(service).get("resetOnHealthyTask", True):
        deployment.failed_tasks = 0
