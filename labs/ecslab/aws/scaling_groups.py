"""Auto Scaling groups as capacity providers need them, on moto's Auto Scaling."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any, Final

from moto.autoscaling.models import autoscaling_backends

from ecslab.aws.group_backend import REPLACING, TERMINATING
from ecslab.aws.instance_shapes import shape_of
from ecslab.model.capacity_providers import MANAGED_TAG
from ecslab.model.managed_scaling import METRIC, NAMESPACE
from ecslab.sim.scaling_groups import HOOK, ScalingGroup

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence

    from ecslab.clock import Clock

_HEALTH_CHECK: Final = 60.0
"""Seconds until a group replaces an instance that has ended; AWS publishes no number."""
_HEARTBEAT: Final = 3600
"""Seconds that the hook of managed draining waits for a heartbeat, which ECS keeps sending."""
_LONGEST_WAIT: Final = 48 * 3600.0
"""The longest that hooks can hold an instance (lifecycle-hooks)."""


class ScalingGroups:
    """The groups of an account and Region.

    Args:
        account: the account's id.
        region: the Region.
        clock: simulated time.
        trunking: whether new instances get a trunk interface.
    """

    def __init__(
        self, account: str, region: str, clock: Clock, trunking: Callable[[], bool]
    ) -> None:
        self._account = account
        self._region = region
        self._clock = clock
        self._trunking = trunking
        self._listeners: list[Callable[[str, str], None]] = []
        self._beats: dict[str, float] = {}
        self.lost_zones: set[str] = set()

    # --- What capacity providers ask ----------------------------------------------------------

    def find(self, reference: str) -> ScalingGroup | None:
        """Return a group by name or ARN."""
        group = self._moto(reference)
        if group is None or reference not in (group.name, group.arn):
            return None
        shapes = [shape_of(kind, trunking=self._trunking()) for kind in group.types()]
        policy = (group.mixed_instances_policy or {}).get("LaunchTemplate") or {}
        return ScalingGroup(
            name=group.name,
            arn=group.arn,
            least=int(group.min_size or 0),
            most=int(group.max_size or 0),
            desired=int(group.desired_capacity or 0),
            instances={
                state.instance.id: self._since(state.instance) for state in group.active_instances()
            },
            protects_new=bool(group.new_instances_protected_from_scale_in),
            managed=any(tag["Key"] == MANAGED_TAG for tag in group.tags),
            weighted=any(each.get("WeightedCapacity") for each in policy.get("Overrides") or ()),
            shapes=tuple(shape for shape in shapes if shape is not None),
        )

    def resize(self, group: str, desired: int, cause: str) -> None:
        """Set the desired capacity of a group."""
        found = self._moto(group)
        if found is not None:
            found.resize(desired, cause)

    def protect(self, group: str, instances: Sequence[str], *, on: bool) -> None:
        """Protect instances from scale-in, or no longer."""
        found = self._moto(group)
        for state in found.instance_states if found is not None else ():
            if state.instance.id in instances:
                state.protected_from_scale_in = on

    def tag(self, group: str) -> None:
        """Put the tag of managed capacity on a group and its instances."""
        found = self._moto(group)
        if found is None:
            return
        tag = {"ResourceId": found.name, "Key": MANAGED_TAG, "Value": ""}
        tag |= {"ResourceType": "auto-scaling-group", "PropagateAtLaunch": True}
        self._groups().create_or_update_tags([tag])
        for state in found.instance_states:
            state.instance.add_tags({MANAGED_TAG: ""})

    def put_policy(
        self, group: str, policy: str, provider: str, cluster: str, settings: Mapping[str, Any]
    ) -> str:
        """Make the target tracking policy; return its ARN."""
        dimensions = {"CapacityProviderName": provider, "ClusterName": cluster}
        target = float(settings["targetCapacity"])
        made = self._groups().put_scaling_policy(
            name=policy,
            policy_type="TargetTrackingScaling",
            metric_aggregation_type=None,
            adjustment_type=None,
            as_name=group,
            min_adjustment_magnitude=None,
            scaling_adjustment=None,
            cooldown=None,
            target_tracking_config={
                "CustomizedMetricSpecification": {
                    "MetricName": METRIC,
                    "Namespace": NAMESPACE,
                    "Dimensions": [{"Name": k, "Value": v} for k, v in dimensions.items()],
                    "Statistic": "Average",
                },
                "TargetValue": target,
                "DisableScaleIn": False,
            },
            step_adjustments=[],
            estimated_instance_warmup=int(settings["instanceWarmupPeriod"]),
            predictive_scaling_configuration={},
        )
        return str(made.arn)

    def delete_policy(self, policy: str) -> None:
        """Delete the policy."""
        self._groups().delete_policy(policy)

    def put_hook(self, group: str) -> None:
        """Make the lifecycle hook of managed draining."""
        self._groups().create_lifecycle_hook(HOOK, group, TERMINATING, _HEARTBEAT, "CONTINUE")

    def delete_hook(self, group: str) -> None:
        """Delete that hook; what it holds goes on."""
        self._groups().delete_lifecycle_hook(group, HOOK)
        found = self._moto(group)
        for instance in list(found.waiting) if found is not None else ():
            found.complete(HOOK, instance)

    def complete(self, group: str, instance: str) -> None:
        """Let a termination go on that waits for managed draining."""
        found = self._moto(group)
        if found is not None:
            found.complete(HOOK, instance)

    def listen(self, listener: Callable[[str, str], None]) -> None:
        """Have `listener` called with group and instance when a termination begins to wait."""
        self._listeners.append(listener)

    def lose_zone(self, zone: str) -> None:
        """Launch nothing in an Availability Zone from now on."""
        self.lost_zones.add(zone)

    def recover_zone(self, zone: str) -> None:
        """Launch there again, what other zones had no room for."""
        self.lost_zones.discard(zone)
        for group in self._groups().autoscaling_groups.values():
            group.replenish(REPLACING)

    # --- What groups tell ---------------------------------------------------------------------

    def waits(self, group: Any, instance: str) -> None:
        """Take notice that lifecycle hooks hold an instance."""
        for hook in self._groups().describe_lifecycle_hooks(group.name):
            if hook.name in group.waiting.get(instance, ()):
                self._clock.env.process(self._hold(group, instance, hook))
        for listener in self._listeners:
            listener(group.name, instance)

    def beat(self, group: Any, instance: str) -> None:
        """Begin the time again for which a hook holds an instance."""
        self._beats[f"{group.name}/{instance}"] = self._clock.seconds

    def replenish_later(self, group: Any) -> None:
        """Have a group launch what it lacks after its next health check."""
        self._clock.env.process(self._replenish(group))

    def _hold(self, group: Any, instance: str, hook: Any) -> Generator[Any, Any, None]:
        env, key = self._clock.env, f"{group.name}/{instance}"
        begun = self._beats[key] = self._clock.seconds
        # ECS keeps its own hook alive by heartbeats as long as tasks are there.
        patience = _LONGEST_WAIT if hook.name == HOOK else float(hook.heartbeat_timeout)
        while instance in group.waiting and hook.name in group.waiting[instance]:
            end = min(self._beats[key] + patience, begun + _LONGEST_WAIT)
            if self._clock.seconds >= end:
                break
            yield env.timeout(end - self._clock.seconds)
        group.complete(hook.name, instance)

    def _replenish(self, group: Any) -> Generator[Any, Any, None]:
        yield self._clock.env.timeout(_HEALTH_CHECK)
        if self._moto(group.name) is group:
            group.replenish(REPLACING)

    # --- Where it is kept ---------------------------------------------------------------------

    def _groups(self) -> Any:
        return autoscaling_backends[self._account][self._region]

    def _moto(self, reference: str) -> Any:
        return self._groups().autoscaling_groups.get(reference.rpartition("/")[2] or reference)

    def _since(self, instance: Any) -> float:
        launched = instance.launch_time.replace(tzinfo=UTC)
        return float((launched - self._clock.at(0)).total_seconds())
