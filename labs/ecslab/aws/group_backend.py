"""moto's Auto Scaling, mended where groups behave differently and a learner would notice.

AWS: Amazon EC2 Auto Scaling User Guide (auto-scaling-benefits: zones in balance;
ec2-auto-scaling-termination-policies; lifecycle-hooks; ec2-auto-scaling-health-checks).
"""

from __future__ import annotations

from collections import OrderedDict
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from moto.autoscaling import models
from moto.autoscaling.exceptions import AutoscalingClientError, ValidationError
from moto.autoscaling.models import AutoScalingBackend, FakeAutoScalingGroup, InstanceState
from moto.core.exceptions import ServiceException
from moto.core.utils import utcnow
from moto.moto_api._internal import mock_random

if TYPE_CHECKING:
    from collections.abc import Callable

    from ecslab.aws.scaling_groups import ScalingGroups

TERMINATING = "autoscaling:EC2_INSTANCE_TERMINATING"
WAITING = "Terminating:Wait"
REPLACING = (
    "an instance was started in response to a difference between desired and actual capacity"
)
_IN_SERVICE = "InService"
_KEEPERS: dict[tuple[str, str], ScalingGroups] = {}


class Group(FakeAutoScalingGroup):
    """An Auto Scaling group that keeps its zones in balance and knows lifecycle hooks.

    moto launches in the first subnet only, takes the template's default version whatever the group
    says, removes instances in no particular order, and forgets about hooks.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.waiting: dict[str, set[str]] = {}
        self.activities: list[dict[str, Any]] = []
        self.name = str(kwargs["name"])
        self._why = ""
        super().__init__(*args, **kwargs)

    def set_desired_capacity(self, new_capacity: int | None) -> None:
        """Launch or terminate instances until the group has its capacity."""
        self.resize(new_capacity, "a user request explicitly set group desired capacity")

    def resize(self, new_capacity: int | None, cause: str) -> None:
        """Change the desired capacity, and say in the activities why.

        Args:
            new_capacity: the desired capacity; None for the minimum.
            cause: who asked for it, in the words of a scaling activity.
        """
        before = getattr(self, "desired_capacity", 0)
        self.desired_capacity = self.min_size if new_capacity is None else new_capacity
        why = f"{cause} changing the desired capacity from {before} to {self.desired_capacity}"
        surplus = len(self.active_instances()) - (self.desired_capacity or 0)
        if surplus > 0:
            self.leave(self._expendable(surplus), why)
        else:
            self.replenish(why)

    def replenish(self, why: str) -> None:
        """Launch what is missing; what can't be launched is an activity that failed."""
        missing = (self.desired_capacity or 0) - len(self.active_instances())
        if missing <= 0 or self._suspended("Launch"):
            return
        self._why = why
        try:
            self.replace_autoscaling_group_instances(missing, self.get_propagated_tags())
        except ServiceException as error:
            self.note("Launching a new EC2 instance", why, error.message)
        self._attach()

    def replace_autoscaling_group_instances(
        self, count_needed: int, propagated_tags: dict[str, str]
    ) -> None:
        """Launch instances one by one where the fewest are."""
        for _ in range(count_needed):
            place = self._place()
            if place is None:
                message = "We currently do not have sufficient capacity in the Availability Zone."
                raise AutoscalingClientError("InsufficientInstanceCapacity", message)
            self._launch(place, propagated_tags)

    def leave(self, states: list[InstanceState], why: str) -> None:
        """Take instances out of service; they end when no lifecycle hook holds them."""
        for state in states:
            hooks = {
                hook.name
                for hook in self.autoscaling_backend.lifecycle_hooks.values()
                if hook.auto_scaling_group_name == self.name
                and hook.lifecycle_transition == TERMINATING
            }
            self.note(f"Terminating EC2 instance: {state.instance.id}", why)
            keeper = self._keeper()
            if hooks and keeper is not None:
                state.lifecycle_state = WAITING
                self.waiting[state.instance.id] = hooks
                keeper.waits(self, state.instance.id)
            else:
                self.terminate([state.instance.id])

    def complete(self, hook: str, instance: str) -> bool:
        """Let go of an instance as far as one hook is concerned; return whether it was held."""
        hooks = self.waiting.get(instance)
        if hooks is None or hook not in hooks:
            return False
        hooks.discard(hook)
        if not hooks:
            self.terminate([instance])
        return True

    def terminate(self, instances: list[str]) -> None:
        """Terminate instances of the group and forget them."""
        self.forget(instances)
        self.ec2_backend.terminate_instances(instances)

    def forget(self, instances: list[str]) -> bool:
        """Forget instances; return whether any of them was in service."""
        gone = [state for state in self.instance_states if state.instance.id in instances]
        self.instance_states = [state for state in self.instance_states if state not in gone]
        for state in gone:
            self.waiting.pop(state.instance.id, None)
        return any(state.lifecycle_state == _IN_SERVICE for state in gone)

    def note(self, description: str, why: str, failure: str | None = None) -> None:
        """Keep a scaling activity (botocore autoscaling Activity), the newest first."""
        now = utcnow()
        activity = {
            "ActivityId": str(mock_random.uuid4()),
            "AutoScalingGroupName": self.name,
            "Description": description,
            "Cause": f"At {now:%Y-%m-%dT%H:%M:%SZ} {why}.",
            "StartTime": now,
            "EndTime": now,
            "StatusCode": "Failed" if failure else "Successful",
            "Progress": 100,
        }
        if failure:
            activity["StatusMessage"] = failure
        self.activities.insert(0, activity)

    def _expendable(self, count: int) -> list[InstanceState]:
        """Return whom the default termination policy takes: the fullest zone's oldest instance.

        Instances that are protected from scale-in stay.
        """
        left = list(self.active_instances())
        chosen: list[InstanceState] = []
        while len(chosen) < count:
            free = [state for state in left if not state.protected_from_scale_in]
            if not free or self._suspended("Terminate"):
                break
            zones = [state.availability_zone for state in left]
            found = max(free, key=lambda state: zones.count(state.availability_zone))
            chosen.append(found)
            left.remove(found)
        return chosen

    def _place(self) -> tuple[str | None, str] | None:
        """Return subnet and zone with the fewest instances; None when every zone is lost."""
        keeper = self._keeper()
        lost = keeper.lost_zones if keeper is not None else frozenset()
        places: list[tuple[str | None, str]] = [(None, zone) for zone in self.availability_zones]
        if self.vpc_zone_identifier:
            subnets = self.vpc_zone_identifier.split(",")
            places = [
                (subnet, self.ec2_backend.get_subnet(subnet).availability_zone)
                for subnet in subnets
            ]
        taken = [state.availability_zone for state in self.active_instances()]
        usable = [place for place in places if place[1] not in lost]
        return min(usable, key=lambda place: taken.count(place[1]), default=None)

    def _launch(self, place: tuple[str | None, str], propagated_tags: dict[str, str]) -> None:
        subnet, zone = place
        template = None
        if self.ec2_launch_template is not None:
            template = {"LaunchTemplateId": self.ec2_launch_template.id}
            version = self.ec2_launch_template.get_version(self.launch_template_version)
            template["Version"] = str(version.number)
        configuration: Any = self.launch_config
        tags = {**propagated_tags, **self.instance_tags, models.ASG_NAME_TAG: self.name}
        reservation = self.ec2_backend.run_instances(
            self.image_id,
            1,
            self.user_data,
            self.security_groups,
            instance_type=self.types()[0],
            tags={"instance": tags},
            placement=zone,
            launch_config=configuration,
            launch_template=template,
            is_instance_type_default=False,
            associate_public_ip=getattr(configuration, "associate_public_ip_address", None),
            subnet_id=subnet,
            instance_market_options=self._market(),
        )
        for instance in reservation.instances:
            instance.autoscaling_group = self  # type: ignore[attr-defined]
            protected = self.new_instances_protected_from_scale_in
            self.instance_states.append(InstanceState(instance, protected_from_scale_in=protected))
            self.note(f"Launching a new EC2 instance: {instance.id}", self._why)

    def _market(self) -> dict[str, Any] | None:
        """Return the market of the next instance: the template's, or Spot by the group's mix.

        AWS: ec2-auto-scaling-mixed-instances-groups (base capacity and percentage On-Demand).
        """
        if self.ec2_launch_template is not None:
            version = self.ec2_launch_template.get_version(self.launch_template_version)
            options: dict[str, Any] | None = version.data.get("InstanceMarketOptions")
            if options:
                return options
        mix = (self.mixed_instances_policy or {}).get("InstancesDistribution") or {}
        base = int(mix.get("OnDemandBaseCapacity") or 0)
        share = int(mix.get("OnDemandPercentageAboveBaseCapacity", 100)) / 100
        states = self.active_instances()
        on_demand = sum(state.instance.lifecycle != "spot" for state in states)
        wanted = base + max(0, len(states) + 1 - base) * share
        return None if on_demand + 1 <= max(wanted, base) else {"MarketType": "spot"}

    def types(self) -> list[str]:
        """Return the instance types of the group, the preferred one first."""
        policy = (self.mixed_instances_policy or {}).get("LaunchTemplate") or {}
        found = [each.get("InstanceType") for each in policy.get("Overrides") or ()]
        return [str(each) for each in found if each] or [str(self.instance_type)]

    def _suspended(self, process: str) -> bool:
        return process in self._suspended_processes

    def _attach(self) -> None:
        if self.name in self.autoscaling_backend.autoscaling_groups:
            self.autoscaling_backend.update_attached_elbs(self.name)
            self.autoscaling_backend.update_attached_target_groups(self.name)

    def _keeper(self) -> ScalingGroups | None:
        return _KEEPERS.get((self.account_id, self.region))


class _Groups(OrderedDict[str, FakeAutoScalingGroup]):
    """The groups by name; where moto would fail for want of one, AWS's refusal is raised."""

    def __missing__(self, name: str) -> FakeAutoScalingGroup:
        message = f"AutoScalingGroup name not found - AutoScalingGroup '{name}' not found"
        raise ValidationError(message)


class GroupBackend(AutoScalingBackend):
    """moto's Auto Scaling with the refusals of AWS where moto raises or stays silent."""

    _deleting = ""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.autoscaling_groups = _Groups()

    @property
    def _url_module(self) -> Any:
        from ecslab.aws import group_responses

        return group_responses

    def create_auto_scaling_group(self, *args: Any, **kwargs: Any) -> Any:
        """Make a group; moto takes a name twice and any desired capacity."""
        name, least, most = (kwargs.get(key) for key in ("name", "min_size", "max_size"))
        if name in self.autoscaling_groups:
            message = (
                "AutoScalingGroup by this name already exists - A group with the name"
                f" {name} already exists"
            )
            raise AutoscalingClientError("AlreadyExists", message)
        desired = kwargs.get("desired_capacity")
        desired = least if desired is None else desired
        if not int(least or 0) <= int(desired or 0) <= int(most or 0):
            message = (
                f"Desired capacity:{desired} must be between the specified min size:{least} and"
                f" max size:{most}"
            )
            raise ValidationError(message)
        return super().create_auto_scaling_group(*args, **kwargs)

    def set_desired_capacity(self, group_name: str, desired_capacity: int | None) -> None:
        """Set the desired capacity; moto fails without a group and takes any number."""
        group = self.group(group_name)
        wanted = int(desired_capacity or 0)
        if self._deleting != group_name:
            for limit, side, wrong in (
                (group.max_size, "above max", wanted > int(group.max_size or 0)),
                (group.min_size, "below min", wanted < int(group.min_size or 0)),
            ):
                if wrong:
                    message = (
                        f"New SetDesiredCapacity value {wanted} is {side} value {limit} for the"
                        " AutoScalingGroup."
                    )
                    raise ValidationError(message)
        super().set_desired_capacity(group_name, desired_capacity)

    def change_capacity(self, group_name: str, scaling_adjustment: int | None) -> None:
        """Follow a scaling policy, which never leaves the limits of the group."""
        group = self.group(group_name)
        wanted = int(group.desired_capacity or 0) + int(scaling_adjustment or 0)
        least, most = int(group.min_size or 0), int(group.max_size or 0)
        self.set_desired_capacity(group_name, min(max(wanted, least), most))

    def delete_auto_scaling_group(self, group_name: str) -> None:
        """Delete a group and its instances, which no hook holds then."""
        group = self.group(group_name)
        self._deleting = group_name
        try:
            instances = [state.instance.id for state in group.instance_states]
            group.desired_capacity = 0
            if instances:
                group.terminate(instances)
            super().delete_auto_scaling_group(group_name)
        finally:
            self._deleting = ""

    def notify_terminate_instances(self, instance_ids: list[str]) -> None:
        """Notice that instances have ended; the replacement comes after the next health check."""
        for group in self.autoscaling_groups.values():
            keeper = _KEEPERS.get((self.account_id, self.region_name))
            if group.forget(instance_ids):  # type: ignore[attr-defined]
                if keeper is None:
                    group.replenish(REPLACING)  # type: ignore[attr-defined]
                else:
                    keeper.replenish_later(group)

    def terminate_instance(self, instance_id: str, should_decrement: bool) -> Any:  # noqa: FBT001 - moto's
        """Take one instance out of its group and terminate it."""
        for group in self.autoscaling_groups.values():
            for state in group.active_instances():
                if state.instance.id == instance_id:
                    before = int(group.desired_capacity or 0)
                    if should_decrement:
                        group.desired_capacity = max(int(group.min_size or 0), before - 1)
                    activity = models.TerminateInstanceActivity(state.instance, before)
                    why = "an instance was taken out of service in response to a user request"
                    group.leave([state], why)  # type: ignore[attr-defined]
                    group.replenish(REPLACING)  # type: ignore[attr-defined]
                    return activity
        message = f"Instance Id not found - No managed instance found for instance ID {instance_id}"
        raise ValidationError(message)

    def beat(self, group: Any, instance: str) -> None:
        """Begin the time again for which a lifecycle hook holds an instance."""
        keeper = _KEEPERS.get((self.account_id, self.region_name))
        if keeper is not None:
            keeper.beat(group, instance)

    def group(self, name: str) -> Any:
        """Return a group.

        Raises:
            ValidationError: there is none.
        """
        return self.autoscaling_groups[name]


def attach(account: str, region: str, keeper: ScalingGroups | None) -> None:
    """Let someone keep the groups of an account and Region; None ends it."""
    if keeper is None:
        _KEEPERS.pop((account, region), None)
    else:
        _KEEPERS[account, region] = keeper


def install() -> Callable[[], None]:
    """Make moto use `GroupBackend`; return what puts moto's own backend back."""
    before, group = models.autoscaling_backends.backend, models.FakeAutoScalingGroup
    _use(GroupBackend, Group)
    return lambda: _use(before, group)


def _use(backend: type[AutoScalingBackend], group: Any) -> None:
    models.FakeAutoScalingGroup = group  # type: ignore[misc]
    if models.autoscaling_backends.backend is not backend:
        models.autoscaling_backends.backend = backend
        with suppress(KeyError):
            models.autoscaling_backends.clear()
