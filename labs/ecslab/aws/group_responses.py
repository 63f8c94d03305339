"""The operations of Amazon EC2 Auto Scaling that moto does not have or answers otherwise."""

from __future__ import annotations

from typing import Any

from moto.autoscaling.exceptions import AutoscalingClientError, ValidationError
from moto.autoscaling.responses import AutoScalingResponse
from moto.autoscaling.urls import url_bases
from moto.core.responses import ActionResult, EmptyResult

__all__ = ["GroupResponse", "url_bases", "url_paths"]


class GroupResponse(AutoScalingResponse):
    """Auto Scaling with lifecycle actions, scaling activities, and groups that are in use."""

    def complete_lifecycle_action(self) -> ActionResult:
        """Let an instance go that a hook holds (botocore autoscaling CompleteLifecycleAction)."""
        if not self._group().complete(self._get_param("LifecycleHookName"), self._instance()):
            raise ValidationError(self._no_action())
        return EmptyResult()

    def record_lifecycle_action_heartbeat(self) -> ActionResult:
        """Hold an instance longer (botocore autoscaling RecordLifecycleActionHeartbeat)."""
        hooks = self._group().waiting.get(self._instance(), set())
        if self._get_param("LifecycleHookName") not in hooks:
            raise ValidationError(self._no_action())
        self._backend().beat(self._group(), self._instance())
        return EmptyResult()

    def describe_scaling_activities(self) -> ActionResult:
        """Answer with what groups have done, the newest first."""
        name = self._get_param("AutoScalingGroupName")
        if name:
            return ActionResult({"Activities": self._group().activities})
        groups = self._backend().autoscaling_groups.values()
        found = [activity for group in groups for activity in group.activities]
        found.sort(key=lambda each: each["StartTime"], reverse=True)
        return ActionResult({"Activities": found})

    def delete_auto_scaling_group(self) -> ActionResult:
        """Delete a group; with instances in it only when that is forced."""
        if self._group().instance_states and not self._get_bool_param("ForceDelete", False):
            message = (
                "You cannot delete an AutoScalingGroup while there are instances or pending Spot"
                " instance request(s) still in the group."
            )
            raise AutoscalingClientError("ResourceInUse", message)
        return super().delete_auto_scaling_group()

    def _backend(self) -> Any:
        return self.autoscaling_backend

    def _group(self) -> Any:
        return self._backend().group(self._get_param("AutoScalingGroupName"))

    def _instance(self) -> str:
        return str(self._get_param("InstanceId") or "")

    def _no_action(self) -> str:
        return f"No active Lifecycle Action found with instance ID {self._instance()}"


url_paths = {"{0}/$": GroupResponse.dispatch}
