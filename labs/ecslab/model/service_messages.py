"""The texts of service events and rollout states, in AWS's words.

Sources: service-event-messages-list and service-throttle-logic (Amazon ECS Developer Guide) and a
DescribeServices capture of October 2026.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


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


def failed(service: str, deployment: str, why: str) -> str:
    """Return the event of a deployment that has failed."""
    return f"(service {service}) (deployment {deployment}) deployment failed: {why}."


def rolling_back(service: str, deployment: str) -> str:
    """Return the event of a rollback."""
    return f"(service {service}) rolling back to deployment {deployment}."


def steady(service: str) -> str:
    """Return the event of the steady state."""
    return f"(service {service}) has reached a steady state."


def inconsistent(service: str) -> str:
    """Return the event of start throttling."""
    return f"(service {service}) is unable to consistently start tasks successfully."


def could_not_launch(service: str, count: int, deployment: str, reason: str) -> str:
    """Return the event of a deployment that started some of its tasks, but not all.

    Args:
        service: the service's name.
        count: how many tasks found no room.
        deployment: the deployment's id.
        reason: why; the page service-event-messages-list says that it is there, not where.
    """
    return (
        f"(service {service}) could not launch {count} tasks for deployment {deployment}. Reason:"
        f" {reason}"
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


def _zones(counts: Mapping[str, int]) -> str:
    texts = [f"{count} tasks in {zone}" for zone, count in counts.items()]
    return f"{', '.join(texts[:-1])} and {texts[-1]}" if len(texts) > 1 else texts[0]


def unbalanced(service: str, counts: Mapping[str, int]) -> str:
    """Return the event of a rebalancing that begins (service-rebalancing-event-messages-list)."""
    where = _zones(counts)
    return f"service ({service}) is not AZ balanced with {where}. AZ Rebalancing in progress."


def balanced(service: str, counts: Mapping[str, int]) -> str:
    """Return the event of a rebalancing that is done."""
    return f"service ({service}) is AZ balanced with {_zones(counts)}."


def started_in_zone(service: str, zone: str, task: str) -> str:
    """Return the event of the task that a rebalancing starts."""
    return f"({service}) has started 1 tasks in {zone} to AZ Rebalance: {_tasks([task])}."


def stopped_in_zone(service: str, zone: str, task: str) -> str:
    """Return the event of the task that a rebalancing stops."""
    return f"({service}) has stopped 1 running tasks in {zone} to AZ Rebalance: {_tasks([task])}."


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


@dataclass(frozen=True, slots=True)
class Failure:
    """A way in which a deployment fails.

    Args:
        what: who found it, as rolloutStateReason names it.
        why: the end of the service event.
        reason: statusReason, and the reason of the rollback (botocore ecs Rollback).
        rollback: whether it rolls back.
    """

    what: str
    why: str
    reason: str
    rollback: bool = True

    @property
    def state(self) -> str:
        """Return the rolloutStateReason of the deployment that has failed."""
        return f"ECS deployment {self.what}: {self.why}."

    def rolled_back_to(self, deployment: str) -> str:
        """Return the rolloutStateReason of the deployment that a rollback restores."""
        return f"ECS deployment {self.what}: rolling back to deploymentId {deployment}."

    def rolling_back(self, rollback: bool) -> Failure:  # noqa: FBT001 - an answer, not a switch
        """Return the same failure, with or without a rollback."""
        return replace(self, rollback=rollback)


BREAKER: Final = Failure(
    "circuit breaker",
    "tasks failed to start",
    "Service deployment rolled back because the circuit breaker threshold was exceeded.",
)
"""service-event-messages-list; ecs_service_deployment_events. Of the others only the rule is
published, not the words."""

ALARM: Final = Failure(
    "alarms",
    "alarm detected",
    "Service deployment rolled back because of one or more active alarms.",
)
"""A captured statusReason."""

STOPPED_BY_USER: Final = Failure(
    "stop",
    "stopped by StopServiceDeployment",
    "Service deployment rolled back because StopServiceDeployment was called.",
)
ABORTED_BY_USER: Final = Failure(
    "stop",
    "stopped by StopServiceDeployment",
    "Service deployment stopped because StopServiceDeployment was called.",
    rollback=False,
)
DIGESTS: Final = Failure(
    "circuit breaker",
    "image tags could not be resolved to digests",
    "Service deployment rolled back because the circuit breaker threshold was exceeded.",
)

HOOK_ROLLED_BACK: Final = Failure(
    "lifecycle hook",
    "rolled back by ContinueServiceDeployment",
    "Service deployment rolled back because ContinueServiceDeployment asked for it.",
)
TIMED_OUT: Final = Failure(
    "time-out",
    "a lifecycle stage timed out",
    "Service deployment rolled back because a lifecycle stage took too long.",
)
SUPERSEDED: Final = "Service deployment stopped because a newer one has begun."

NO_CANDIDATE: Final = "No rollback candidate was found to run the rollback."
"""The statusReason of a rollback when no deployment has ever been completed; AWS:
action-logs-troubleshooting."""


def _shift_failed(what: str, cause: str) -> Failure:
    """Return a failure whose statusReason is also the end of the service event, as captured."""
    reason = f"Service deployment rolled back because {cause}"
    return Failure(what, reason.rstrip("."), reason)


def hooks_failed(stage: str, detail: str) -> Failure:
    """Return the failure of a lifecycle stage (troubleshooting-blue-green).

    Args:
        stage: the lifecycle stage.
        detail: what was wrong: with a hook, or with the shift itself.
    """
    return _shift_failed("lifecycle hook", f"{stage} lifecycle hook(s) failed. {detail}")


def networking(detail: str, then: str = ".") -> Failure:
    """Return the failure of load balancers that can't shift traffic (troubleshooting-blue-green).

    Args:
        detail: what is wrong.
        then: what stands in front of it.
    """
    cause = f"of invalid networking configuration{then} {detail}"
    return _shift_failed("networking", cause)


def hook_said_no(target: str) -> str:
    """Return what is said of a function that has answered FAILED."""
    return f"Lifecycle hook target {target} returned FAILED status."


def hook_unreadable(target: str) -> str:
    """Return what is said of a function that timed out, raised or answered something else."""
    return f"ECS was unable to parse the response from {target} due to HookStatus must not be null"


def hook_not_called(target: str, why: str) -> str:
    """Return what is said of a function that the hook's role may not call."""
    return f"ECS was unable to invoke hook target {target} due to {why}"


def role_not_assumed(role: str) -> str:
    """Return what is said of a hook's role that Amazon ECS can't assume."""
    return f"ECS was unable to assume role {role}"


def balancers_not_managed(role: str) -> str:
    """Return what is said of an infrastructure role that Amazon ECS can't assume."""
    return (
        "ECS was unable to manage the ELB resources due to missing permissions on ECS"
        f" Infrastructure Role '{role}'."
    )


def several_serve(rule: str, count: int) -> str:
    """Return what is said of a production rule without exactly one target group in use."""
    return (
        f"productionListenerRule {rule} should have exactly one target group serving traffic but"
        f" found {count} target groups which are serving traffic"
    )


def unexpected_group(found: str, primary: str, alternate: str) -> str:
    """Return what is said of a production rule that leads elsewhere."""
    return (
        f"Production listener rule is forwarding traffic to unexpected target group {found}."
        f" Expected traffic to be forwarded to either targetGroupArn: {primary} or"
        f" alternateTargetGroupArn: {alternate}"
    )


def unused_group(group: str) -> str:
    """Return what is said of a target group that neither rule uses."""
    return (
        f"Target group {group} is not associated with either productionListenerRule or"
        " testListenerRule."
    )


RULE_GONE: Final = "One or more rules not found"
"""A captured statusReason's end."""
