"""Scaling activities: what was done, how it went, and why nothing was done.

AWS: application-auto-scaling-scaling-activities; the texts stand in the examples of botocore
application-autoscaling DescribeScalingActivities.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ecslab.sim.scaling.targets import Activity

if TYPE_CHECKING:
    from collections.abc import Generator

    from ecslab.sim.entities import Account
    from ecslab.sim.scaling.targets import ScalableTarget
    from ecslab.sim.service import Service

__all__ = ["Activities"]

_LOOK_AGAIN: Final = 5.0
_PATIENCE: Final = 1800.0


class Activities:
    """The activities of all scalable targets, oldest first.

    Args:
        account: the account.
    """

    def __init__(self, account: Account) -> None:
        self._account = account
        self.all: list[Activity] = []

    def begin(self, target: ScalableTarget, service: Service, count: int, cause: str) -> None:
        """Note that a service is being scaled, and watch until it has its tasks."""
        activity = self._new(target, f"Setting desired count to {count}.", cause)
        activity.message = f"Successfully set desired count to {count}. Waiting for change to be"
        activity.message += " fulfilled by ecs."
        self._account.clock.env.process(self._watch(activity, service, count))

    def refuse(self, target: ScalableTarget, cause: str, code: str, **numbers: int) -> None:
        """Note that nothing is scaled, unless that was the last thing noted of the target."""
        last = next((a for a in reversed(self.all) if a.resource == target.resource), None)
        if last is not None and last.reasons and last.reasons[0]["Code"] == code:
            return
        activity = self._new(target, "Attempting to scale due to alarm triggered", cause)
        activity.status = "Failed"
        activity.ended_at = self._account.clock.now
        activity.reasons = [{"Code": code, **numbers}]

    def _new(self, target: ScalableTarget, description: str, cause: str) -> Activity:
        identifier = self._account.identifiers.uuid()
        now = self._account.clock.now
        activity = Activity(identifier, target.resource, description, cause, now)
        self.all.append(activity)
        return activity

    def _watch(self, activity: Activity, service: Service, count: int) -> Generator[Any, Any, None]:
        clock = self._account.clock
        began = clock.seconds
        while clock.seconds - began < _PATIENCE:
            yield clock.env.timeout(_LOOK_AGAIN)
            running = sum(task.last_status == "RUNNING" for task in service.tasks())
            if service.desired != count:
                self._end(activity, "Overridden", f"desired count changed to {service.desired}.")
                return
            if running == count:
                message = f"Successfully set desired count to {count}."
                self._end(
                    activity, "Successful", f"{message} Change successfully fulfilled by ecs."
                )
                return
        self._end(activity, "Unfulfilled", f"Failed to reach desired count {count}.")

    def _end(self, activity: Activity, status: str, message: str) -> None:
        activity.status, activity.message = status, message
        activity.ended_at = self._account.clock.now
