"""The texts with which tasks find no capacity, one table with a source each."""

from __future__ import annotations

from typing import Final

from ecslab.model.failures import Failure

_EVENTS: Final = "service-event-messages-list"
VCPU_LIMIT: Final = Failure(
    "You've reached the limit on the number of vCPUs you can run concurrently", _EVENTS
)
NO_FARGATE_CAPACITY: Final = Failure(
    "Capacity is unavailable at this time. Please try again later or in a different availability"
    " zone",
    _EVENTS,
)
NOT_PLACED: Final = Failure(
    "(service {service}) was unable to place a task. Reason: {reason}", _EVENTS
)
TOO_MANY_WAITING: Final = Failure(
    "The tasks provisioning capacity limit was exceeded.", _EVENTS, verified=False
)
"""What RunTask says; AWS documents the event of a service only."""
FARGATE_RESOURCE: Final = "RESOURCE:FARGATE"
"""The reason in SERVICE_TASK_PLACEMENT_FAILURE when Fargate has no room (ecs_service_events)."""
FAILED_TO_START: Final = Failure("TaskFailedToStart: {reason}", "api_failures_messages")
EMPTY_PROVIDER: Final = "EMPTY CAPACITY PROVIDER"
ZONE_LOST: Final = Failure(
    "The infrastructure of the task in the Availability Zone {zone} is not available.",
    "stopped-task-errors",
    verified=False,
)
