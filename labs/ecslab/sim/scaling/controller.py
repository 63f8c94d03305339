"""Scales services when alarms go off, and when a schedule is due.

AWS: Application Auto Scaling user guide, target-tracking-scaling-policy-overview,
step-scaling-policy-overview, scheduled scaling and scaling activities; service-auto-scaling and
service-autoscaling-targettracking (no scale-in while a deployment is in progress).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ecslab.model.scaling.capacity import clamped, step_scaled, tracked
from ecslab.sim.scaling.activities import Activities
from ecslab.sim.scaling.predictive import PREDICTIVE, PredictiveScaling
from ecslab.sim.scaling.tracking_alarms import TrackingAlarms
from ecslab.sim.service_events import ServiceEvents

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from ecslab.sim.alarm import Alarm
    from ecslab.sim.entities import Account
    from ecslab.sim.scaling.targets import Policy, ScalableTarget, ScheduledAction
    from ecslab.sim.service import Service

    Resize = Callable[[Service, int], None]

__all__ = ["ScalingController"]

_TARGET_TRACKING: Final = "TargetTrackingScaling"


class ScalingController:
    """Application Auto Scaling of one account and Region.

    Args:
        account: the account.
        resize: sets the desired count of a service, as UpdateService does.
    """

    def __init__(self, account: Account, resize: Resize) -> None:
        self._account = account
        self._resize = resize
        self.targets: dict[str, ScalableTarget] = {}
        self.activities = Activities(account)
        self.alarms = TrackingAlarms(account)
        self.predictive = PredictiveScaling(account, self.service, self._set)
        account.ports.alarms.on_action("autoscaling", self._on_alarm)

    # --- What the API tells ---------------------------------------------------------------------

    def service(self, resource: str) -> Service | None:
        """Return the active service behind a resource id."""
        _, _, path = resource.partition("/")
        cluster_name, _, name = path.partition("/")
        cluster = self._account.clusters.get(cluster_name)
        found = cluster.services.get(name) if cluster is not None else None
        return found if found is not None and found.status == "ACTIVE" else None

    def register(self, target: ScalableTarget) -> None:
        """Register a target, or take notice that its limits have changed."""
        self.targets[target.resource] = target
        self.enforce_limits(target, "")

    def enforce_limits(self, target: ScalableTarget, cause: str) -> None:
        """Bring the capacity into the limits, because they have changed.

        Args:
            target: the target.
            cause: what changed them; without one, the limit itself is the cause.
        """
        service = self.service(target.resource)
        if service is None:
            return
        wanted = clamped(service.desired, target.low, target.high)
        if wanted != service.desired:
            which = "minimum" if wanted > service.desired else "maximum"
            self._set(target, service, wanted, cause or f"{which} capacity was set to {wanted}")

    def deregister(self, target: ScalableTarget) -> None:
        """Forget a target, with its policies and their alarms."""
        for policy in target.policies.values():
            self._account.ports.alarms.delete(policy.alarms)
        target.policies.clear()
        del self.targets[target.resource]

    def put_policy(self, target: ScalableTarget, policy: Policy) -> None:
        """Add a policy to a target, or change one; target tracking makes its own alarms."""
        before = target.policies.get(policy.name)
        if before is not None:
            self._account.ports.alarms.delete(before.alarms)
            policy.arn, policy.created_at = before.arn, before.created_at
        target.policies[policy.name] = policy
        if policy.kind == _TARGET_TRACKING:
            policy.alarms = self.alarms.make(target, policy)
        elif policy.kind == PREDICTIVE:
            self.predictive.follow(target, policy)

    def schedule(self, target: ScalableTarget, action: ScheduledAction) -> None:
        """Add a scheduled action to a target, or change one."""
        target.actions[action.name] = action
        self._account.clock.env.process(self._follow(target, action))

    # --- Schedules ------------------------------------------------------------------------------

    def _follow(self, target: ScalableTarget, action: ScheduledAction) -> Generator[Any, Any, None]:
        clock = self._account.clock
        start, end = action.settings.get("StartTime"), action.settings.get("EndTime")
        moment = max(clock.now, start) if start is not None else clock.now
        while True:
            due = action.schedule.next_after(moment)
            if due is None or (end is not None and due > end):
                return
            yield clock.env.timeout((due - clock.now).total_seconds())
            current = self.targets.get(target.resource)
            if current is not target or target.actions.get(action.name) is not action:
                return
            if not target.suspended.get("ScheduledScalingSuspended"):
                limits = action.settings.get("ScalableTargetAction") or {}
                target.low = int(limits.get("MinCapacity", target.low))
                target.high = int(limits.get("MaxCapacity", target.high))
                self.enforce_limits(target, f"scheduled action name {action.name} was triggered")
            moment = clock.now

    # --- Alarms ---------------------------------------------------------------------------------

    def _on_alarm(self, arn: str, alarm: Alarm, _old: str) -> None:
        for target in self.targets.values():
            for policy in target.policies.values():
                if arn.partition(":createdBy/")[0] == policy.arn:
                    service = self.service(target.resource)
                    if service is not None:
                        self._obey(target, policy, service, alarm)
                    return

    def _obey(self, target: ScalableTarget, policy: Policy, service: Service, alarm: Alarm) -> None:
        cause = f"monitor alarm {alarm.name} in state {alarm.state} triggered policy {policy.name}"
        now = self._account.clock.seconds
        cooling = now < target.out_until
        base = min(target.scaled_from, service.desired) if cooling else service.desired
        wanted = self._wanted(policy, alarm, base)
        if wanted is None:
            return
        if self._is_high(policy, alarm) and wanted > service.desired:
            self._scale_out(target, policy, service, wanted, cause)
        elif not self._is_low(policy, alarm):
            return
        elif not cooling and now >= target.in_until:
            self._scale_in(target, policy, service, wanted, cause)

    def _is_high(self, policy: Policy, alarm: Alarm) -> bool:
        return policy.kind != _TARGET_TRACKING or alarm.name == policy.alarms[0]

    def _is_low(self, policy: Policy, alarm: Alarm) -> bool:
        return policy.kind != _TARGET_TRACKING or alarm.name == policy.alarms[1]

    def _wanted(self, policy: Policy, alarm: Alarm, capacity: int) -> int | None:
        """Return the capacity that a policy wants; None when its metric has no value."""
        if policy.kind == _TARGET_TRACKING:
            value = self.alarms.value(alarm)
            goal = float(policy.settings["TargetValue"])
            return None if value is None else tracked(capacity, value, goal)
        statistic = str(policy.settings.get("MetricAggregationType") or "Average")
        value = self.alarms.value(alarm, statistic)
        if value is None:
            return None
        return step_scaled(capacity, value, alarm.threshold, policy.settings)

    def _scale_out(
        self, target: ScalableTarget, policy: Policy, service: Service, wanted: int, cause: str
    ) -> None:
        if target.suspended.get("DynamicScalingOutSuspended"):
            return
        reachable = clamped(wanted, target.low, target.high)
        if reachable <= service.desired:
            self.activities.refuse(target, cause, "AlreadyAtMaxCapacity", MaxCapacity=target.high)
            return
        now = self._account.clock.seconds
        if now >= target.out_until:
            target.scaled_from = service.desired
        target.out_until = now + policy.cooldown("Out")
        target.in_until = 0.0  # AWS: a scale-out ends the cooldown of a scale-in
        self._set(target, service, reachable, cause)

    def _scale_in(
        self, target: ScalableTarget, policy: Policy, service: Service, wanted: int, cause: str
    ) -> None:
        tracking = policy.kind == _TARGET_TRACKING
        if tracking and policy.settings.get("DisableScaleIn"):
            return
        if target.suspended.get("DynamicScalingInSuspended"):
            return
        for other in target.policies.values():
            if other is not policy and other.kind == _TARGET_TRACKING:
                least = self._least(other, service)
                if least is None:  # AWS: it scales in only if all policies are ready for it
                    return
                wanted = max(wanted, least)
        wanted = max(wanted, self.predictive.predicted(target) or 0)
        if wanted >= service.desired:
            if service.desired > target.low and tracking:
                self.activities.refuse(
                    target, cause, "AlreadyAtDesiredCapacity", CurrentCapacity=service.desired
                )
            return
        reachable = clamped(wanted, target.low, target.high)
        if reachable >= service.desired:
            self.activities.refuse(target, cause, "AlreadyAtMinCapacity", MinCapacity=target.low)
            return
        if service.current is not None and service.current.rollout_state == "IN_PROGRESS":
            self.activities.refuse(target, cause, "TargetServicePutResourceAsUnscalable")
            return
        target.in_until = self._account.clock.seconds + policy.cooldown("In")
        self._set(target, service, reachable, cause)

    def _least(self, policy: Policy, service: Service) -> int | None:
        """Return how far another policy would scale in; None when it would not."""
        if policy.settings.get("DisableScaleIn"):
            return 0
        low = self._account.ports.alarms.find(policy.alarms[1])
        if low is None or low.state != "ALARM":
            return None
        return self._wanted(policy, low, service.desired)

    def _set(self, target: ScalableTarget, service: Service, count: int, cause: str) -> None:
        self._account.journal.record(
            "service.scaled", service.arn, before=service.desired, desired=count, cause=cause
        )
        self._resize(service, count)
        ServiceEvents(self._account).act(service, "INFO", "SERVICE_DESIRED_COUNT_UPDATED")
        self.activities.begin(target, service, count, cause)
