"""The texts of service events and rollout states, in AWS's words.

Sources: service-event-messages-list and service-throttle-logic (Amazon ECS Developer Guide) and a
DescribeServices capture of October 2026.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def _tasks(ids: Sequence[str]) -> str:
    return " ".join(f"(task {task})" for task in ids)


def started(service: str, ids: Sequence[str]) -> str:
    """Return the event of tasks having been started."""
    return f"(service {service}) has started {len(ids)} tasks: {_tasks(ids)}."


def stopped(service: str, ids: Sequence[str]) -> str:
    """Return the event of running tasks having been stopped."""
    return f"(service {service}) has stopped {len(ids)} running tasks: {_tasks(ids)}."


def registered(service: str, count: int, group: str) -> str:
    """Return the event of targets having been registered."""
    return f"(service {service}) registered {count} targets in (target-group {group})"


def deregistered(service: str, count: int, group: str) -> str:
    """Return the event of targets having been deregistered."""
    return f"(service {service}) deregistered {count} targets in (target-group {group})"


def draining(service: str, deployment: str, count: int) -> str:
    """Return the event of tasks having begun to drain connections."""
    where = f"(service {service}, taskSet {deployment})"
    return f"{where} has begun draining connections on {count} tasks."


def unhealthy_target(service: str, task: str, port: int, group: str, reason: str) -> str:
    """Return the event of a task that fails the load balancer's health checks."""
    where = f"(service {service}) (task {task}) (port {port})"
    return f"{where} is unhealthy in (target-group {group}) due to (reason {reason})"


def completed(service: str, deployment: str) -> str:
    """Return the event of a deployment's end."""
    return f"(service {service}) (deployment {deployment}) deployment completed."


def failed(service: str, deployment: str) -> str:
    """Return the event of a deployment that the circuit breaker ended."""
    return (
        f"(service {service}) (deployment {deployment}) deployment failed: tasks failed to start."
    )


def rolling_back(service: str, deployment: str) -> str:
    """Return the event of a rollback."""
    return f"(service {service}) rolling back to deployment {deployment}."


def steady(service: str) -> str:
    """Return the event of the steady state."""
    return f"(service {service}) has reached a steady state."


def inconsistent(service: str) -> str:
    """Return the event of start throttling."""
    return f"(service {service}) is unable to consistently start tasks successfully."


def no_instances(service: str) -> str:
    """Return the event of a task for which there is no container instance at all."""
    return (
        f"(service {service}) was unable to place a task because no container instance met all of"
        " its requirements. Reason: No Container Instances were found in your cluster."
    )


def role_not_assumable(service: str, reason: str) -> str:
    """Return the event of a role that ECS tasks can't assume."""
    return f"(service {service}) failed to launch a task with (error {reason})."


def protected(service: str, deployment: str, count: int) -> str:
    """Return the event of tasks that stay because of their scale-in protection."""
    return (
        f"(service {service}, taskSet {deployment}) was unable to scale in due to (reason"
        f" {count} tasks under protection)"
    )


def stuck(service: str) -> str:
    """Return the event of a rollout that its own percentages block."""
    return (
        f"(service {service}) was unable to stop or start tasks during a deployment because of the"
        " service deployment configuration. Update the minimumHealthyPercent or maximumPercent"
        " value and try again."
    )


def in_progress(deployment: str) -> str:
    """Return the rolloutStateReason of a running rollout."""
    return f"ECS deployment {deployment} in progress."


def done(deployment: str) -> str:
    """Return the rolloutStateReason of a finished rollout."""
    return f"ECS deployment {deployment} completed."


BREAKER = "ECS deployment circuit breaker: tasks failed to start."


def breaker_rollback(deployment: str) -> str:
    """Return the rolloutStateReason of the deployment that a rollback restores."""
    return f"ECS deployment circuit breaker: rolling back to deploymentId {deployment}."
