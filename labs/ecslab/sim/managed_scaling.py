"""Cluster auto scaling: keeps the metric of a capacity provider at its target.

AWS: cluster-auto-scaling, managed-scaling-behavior. The metric is published every minute; one
point above the target scales out, 15 points below it scale in, until it is on target again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from ecslab.model.cloudwatch.statistic_set import StatisticSet
from ecslab.model.managed_scaling import (
    METRIC,
    NAMESPACE,
    SCALE_IN_POINTS,
    missing,
    reservation,
    step,
    wanted_in,
    wanted_out,
)
from ecslab.sim.alarm import Alarm
from ecslab.sim.metric_store import Metric
from ecslab.sim.scaling_groups import alarm_name

if TYPE_CHECKING:
    from collections.abc import Generator

    from ecslab.sim.capacity_providers import CapacityProvider
    from ecslab.sim.container_instances import ContainerInstance
    from ecslab.sim.entities import Account, Cluster
    from ecslab.sim.scaling_groups import ScalingGroup, ScalingGroupsPort
    from ecslab.sim.waiting_tasks import WaitingTasks

_MINUTE: Final = 60.0
_COUNTED: Final = ("ACTIVE", "DRAINING")


@dataclass(slots=True)
class Link:
    """A capacity provider in the cluster for which its group is scaled.

    Args:
        cluster: the cluster.
        provider: the capacity provider.
        policy: the name of its scaling policy.
    """

    cluster: Cluster
    provider: CapacityProvider
    policy: str
    live: bool = True
    low: int = field(default=0)
    """Points in a row below the target."""

    @property
    def dimensions(self) -> dict[str, str]:
        """Return the dimensions of its metric."""
        return {"CapacityProviderName": self.provider.name, "ClusterName": self.cluster.name}


class ManagedScaling:
    """Scales the groups of the capacity providers of an account.

    Args:
        account: the account.
        waiting: the tasks that wait for capacity.
        groups: Amazon EC2 Auto Scaling.
    """

    def __init__(self, account: Account, waiting: WaitingTasks, groups: ScalingGroupsPort) -> None:
        self._account = account
        self._waiting = waiting
        self._groups = groups

    def watch(self, link: Link) -> None:
        """Begin to scale for a provider in a cluster; ends when the link is no longer live."""
        self._account.clock.env.process(self._watch(link))

    def make_alarms(self, link: Link, policy_arn: str) -> None:
        """Make the two alarms of a scaling policy (cluster-auto-scaling: don't edit them)."""
        account, target = self._account, float(link.provider.scaling["targetCapacity"])
        for side, operator, points in (
            ("High", "GreaterThanThreshold", 1),
            ("Low", "LessThanThreshold", SCALE_IN_POINTS),
        ):
            name = alarm_name(link.provider.group, link.policy, side)
            arn = f"arn:aws:cloudwatch:{account.region}:{account.id}:alarm:{name}"
            about = f"DO NOT EDIT OR DELETE. For TargetTrackingScaling policy {policy_arn}."
            settings = {
                "Namespace": NAMESPACE,
                "MetricName": METRIC,
                "Dimensions": [{"Name": k, "Value": v} for k, v in link.dimensions.items()],
                "Statistic": "Average",
                "Period": int(_MINUTE),
                "EvaluationPeriods": points,
                "Threshold": target,
                "ComparisonOperator": operator,
                "AlarmDescription": about,
                "ActionsEnabled": True,
                "AlarmActions": [policy_arn],
            }
            account.ports.alarms.put(Alarm(name, arn, settings))

    def delete_alarms(self, link: Link) -> None:
        """Delete the alarms of a scaling policy."""
        group = link.provider.group
        names = [alarm_name(group, link.policy, side) for side in ("High", "Low")]
        self._account.ports.alarms.delete(names)

    def instances(self, link: Link) -> list[ContainerInstance]:
        """Return the registered instances of a provider."""
        return [
            each
            for each in link.cluster.instances.values()
            if each.capacity_provider == link.provider.name and each.status in _COUNTED
        ]

    def _watch(self, link: Link) -> Generator[Any, Any, None]:
        env = self._account.clock.env
        while True:
            yield env.timeout(_MINUTE - float(env.now) % _MINUTE)
            if not link.live:
                return
            group = self._groups.find(link.provider.group)
            if group is not None:
                self._evaluate(link, group)

    def _evaluate(self, link: Link, group: ScalingGroup) -> None:
        provider, settings = link.provider, link.provider.scaling
        value = self._value(link, group)
        metrics = self._account.ports.metrics
        metric = Metric.of(NAMESPACE, METRIC, link.dimensions)
        metrics.put(metric, metrics.now() - _MINUTE, StatisticSet.of([value]), unit="Percent")
        self._account.journal.record("provider.reservation", provider.arn, value=round(value, 2))
        target = settings["targetCapacity"]
        link.low = link.low + 1 if value < target else 0
        if provider.protects:
            busy = [each.machine.id for each in self.instances(link) if not each.empty]
            self._groups.protect(group.name, busy, on=True)
        if not group.managed:
            return
        if value > target:
            self._scale_out(link, group, value)
        elif link.low >= SCALE_IN_POINTS:
            self._scale_in(link, group, value)

    def _value(self, link: Link, group: ScalingGroup) -> float:
        demands = self._waiting.demands(link.cluster, link.provider.name)
        extra = step(missing(demands, group.shapes), link.provider.scaling)
        if demands and not extra:
            # Nothing that waits fits the smallest type: the value stays on target.
            return float(link.provider.scaling["targetCapacity"])
        busy = sum(1 for each in self.instances(link) if not each.empty)
        return reservation(busy, len(group.instances), extra)

    def _scale_out(self, link: Link, group: ScalingGroup, value: float) -> None:
        now = self._account.clock.seconds
        warmup = float(link.provider.scaling["instanceWarmupPeriod"])
        if any(now - launched < warmup for launched in group.instances.values()):
            return
        wanted = min(group.most, wanted_out(value, len(group.instances), link.provider.scaling))
        if wanted > group.desired:
            self._resize(link, group, wanted)

    def _scale_in(self, link: Link, group: ScalingGroup, value: float) -> None:
        wanted = max(group.least, wanted_in(value, len(group.instances), link.provider.scaling))
        if wanted >= group.desired:
            return
        if link.provider.protects:
            empty = [each.machine.id for each in self.instances(link) if each.empty]
            self._groups.protect(group.name, empty[: group.desired - wanted], on=False)
        self._resize(link, group, wanted)

    def _resize(self, link: Link, group: ScalingGroup, wanted: int) -> None:
        self._account.journal.record(
            "provider.scaled", link.provider.arn, before=group.desired, desired=wanted
        )
        side = "High" if wanted > group.desired else "Low"
        alarm = alarm_name(group.name, link.policy, side)
        cause = f"a monitor alarm {alarm} in state ALARM triggered policy {link.policy}"
        self._groups.resize(group.name, wanted, cause)
