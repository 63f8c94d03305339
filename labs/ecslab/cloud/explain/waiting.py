"""Why a task waits for capacity: its capacity provider, and the Auto Scaling group behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ecslab.cloud.explain import agents, launches
from ecslab.cloud.explain.evidence import Absent, value_at
from ecslab.model.capacity_providers import MANAGED_TAG
from ecslab.model.cluster import AUTO_SCALING_KIND
from ecslab.model.managed_scaling import envelope
from ecslab.model.placement import needs_of
from ecslab.sim.scaling_groups import alarm_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecslab.aws.reader import Answer
    from ecslab.cloud.explain.case import Case
    from ecslab.cloud.explain.explanation import Step
    from ecslab.sim.capacity_providers import CapacityProvider
    from ecslab.sim.entities import Cluster, Task
    from ecslab.sim.scaling_groups import ScalingGroup

_GROUP: Final = ("AutoScalingGroups", 0)
_SCALING: Final = ("autoScalingGroupProvider", "managedScaling")


def is_waiting(task: Task) -> bool:
    """Return whether a task waits until its capacity provider has room for it."""
    waits = task.placed is not None and not task.placed.triggered
    return waits and task.wanted and task.last_status == "PROVISIONING"


def causes(case: Case, task: Task) -> Iterator[Step]:
    """Yield why a task waits for capacity."""
    provider = case.account.providers.get(task.capacity_provider or "")
    words = f"It waits until the capacity provider {task.capacity_provider} has room for it."
    yield case.task_step("capacity", words, task, "capacityProviderName")
    if provider is None:
        return
    if provider.kind == AUTO_SCALING_KIND:
        yield from _of_group(case, task, provider)
    else:
        yield from launches.managed(case, provider, task)


def scales_not(case: Case, provider: CapacityProvider) -> Iterator[Step]:
    """Yield that managed scaling is off, and how many instances the group has because of that."""
    answer = case.describe_provider(provider.name)
    words = (
        f"Managed scaling of {provider.name} is off: nobody adds instances for tasks, and none of"
        " them waits."
    )
    yield case.step("capacity", words, answer, "capacityProviders", 0, *_SCALING, "status")
    group = case.describe_group(provider.group)
    if value_at(group, *_GROUP) is None:
        yield no_group(case, provider, group)
        return
    words = f"The Auto Scaling group {provider.group} has this desired capacity."
    yield case.step("capacity", words, group, *_GROUP, "DesiredCapacity")


def no_group(case: Case, provider: CapacityProvider, answer: Answer) -> Step:
    """Return the step that says that a provider's group has been deleted."""
    words = f"The Auto Scaling group {provider.group} of {provider.name} does not exist any more."
    return case.step("capacity", words, answer, "AutoScalingGroups")


def _of_group(case: Case, task: Task, provider: CapacityProvider) -> Iterator[Step]:
    """Yield the first thing that keeps the group from having an instance for a task."""
    if not provider.scales:
        yield from scales_not(case, provider)
        return
    answer = case.describe_group(provider.group)
    group = case.runtime.engine(case.region).capacity.groups.find(provider.group)
    if group is None:
        yield no_group(case, provider, answer)
        return
    for find in (_too_large, _unsuited, launches.unregistered, launches.failed, _untagged, _full):
        found = list(find(case, task, group, answer))
        if found:
            yield from found
            return
    yield from _scaling_out(case, task.cluster, provider, group)


def _too_large(case: Case, task: Task, group: ScalingGroup, answer: Answer) -> Iterator[Step]:
    """Yield that the smallest instance type of the group can not hold the task.

    AWS: managed-scaling-behavior: such tasks are left out of the calculation.
    """
    needs = needs_of(task.definition)
    if not group.shapes:
        return
    smallest = envelope(group.shapes)[0]
    if smallest.holds(needs):
        return
    for name, unit, want, have in (
        ("CPU", "units", needs.cpu, smallest.cpu),
        ("memory", "MiB", needs.memory, smallest.memory),
    ):
        if want > have:
            words = (
                f"The task takes {want} {unit} of {name}, and the smallest instance type of the"
                f" group offers {have}: managed scaling leaves such tasks out."
            )
            break
    else:
        words = "No instance of the smallest type of the group can hold the task, however empty."
    kinds = _types(value_at(answer, *_GROUP))
    if kinds:
        types = case.ask("ec2", "describe_instance_types", InstanceTypes=kinds)
        yield case.step("capacity", words, types, "InstanceTypes", 0, "MemoryInfo", "SizeInMiB")
    else:
        yield launches.template_step(case, words, value_at(answer, *_GROUP))


def _types(group: Any) -> list[str]:
    """Return the instance types that a group names itself, the smallest as EC2 lists it."""
    policy = (group or {}).get("MixedInstancesPolicy") or {}
    overrides = (policy.get("LaunchTemplate") or {}).get("Overrides") or ()
    return [str(each["InstanceType"]) for each in overrides if each.get("InstanceType")]


def _unsuited(case: Case, task: Task, _group: ScalingGroup, _answer: Answer) -> Iterator[Step]:
    """Yield that none of the provider's instances fulfils what the task asks for."""
    engine = case.runtime.engine(case.region)
    waiting = engine.capacity.waiting.of(task.cluster, task.capacity_provider)
    constraints = next((each.constraints for each in waiting if each.task is task), ())
    instances = engine.placer.instances(task.cluster, task.capacity_provider)
    connected = [each for each in instances if each.connected and not each.tasks]
    if not connected or any(engine.placer.suits(task, each, constraints) for each in connected):
        return
    words = (
        f"{len(connected)} empty instances of {task.capacity_provider} are there, and none fulfils"
        " its placement constraints, attributes or subnets; more of the same kind change nothing."
    )
    if task.service is not None and task.service.record.get("placementConstraints"):
        yield case.service_step("place", words, task, "placementConstraints")
    else:
        yield case.definition_step("place", words, task, Absent("placementConstraints"))
    described = case.describe_instance(task.cluster.name, connected[0].id)
    words = "These are the attributes of one of them."
    yield case.step("place", words, described, "containerInstances", 0, "attributes")


def _untagged(case: Case, _task: Task, group: ScalingGroup, answer: Answer) -> Iterator[Step]:
    if not group.managed:
        words = (
            f"The Auto Scaling group {group.name} lacks the tag {MANAGED_TAG}, without which ECS"
            " does not change its size."
        )
        yield case.step("capacity", words, answer, *_GROUP, "Tags")


def _full(case: Case, _task: Task, group: ScalingGroup, answer: Answer) -> Iterator[Step]:
    if group.desired >= group.most:
        words = (
            f"The Auto Scaling group {group.name} has {group.desired} instances, and may not have"
            " more: ECS never changes its maximum."
        )
        yield case.step("capacity", words, answer, *_GROUP, "MaxSize")


def _scaling_out(
    case: Case, cluster: Cluster, provider: CapacityProvider, group: ScalingGroup
) -> Iterator[Step]:
    """Yield how far scaling out has come: the metric, its alarm, and the warm-up."""
    warmup = float(provider.scaling["instanceWarmupPeriod"])
    now = case.account.clock.seconds
    young = [since for since in group.instances.values() if now - since < warmup]
    registered = {each.machine.id for each in cluster.instances.values()}
    if young and set(group.instances) <= registered:
        words = (
            f"Its newest instance was launched {now - max(young):.0f} s ago; ECS adds no further"
            f" ones until {warmup:g} s have passed."
        )
        answer = case.describe_provider(provider.name)
        place = (*_SCALING, "instanceWarmupPeriod")
        yield case.step("capacity", words, answer, "capacityProviders", 0, *place)
        return
    yield from metric(case, cluster, provider)
    if group.instances:
        yield from agents.starting(case, cluster, sorted(group.instances))


def metric(case: Case, cluster: Cluster, provider: CapacityProvider) -> Iterator[Step]:
    """Yield the state of the alarm with which ECS adds instances."""
    attached = cluster.record.get("attachments") or ()
    policy = next(
        (
            str(each["details"][1]["value"])
            for each in attached
            if each["type"] == "as_policy" and each["details"][0]["value"] == provider.name
        ),
        None,
    )
    if policy is None:
        return
    name = alarm_name(provider.group, policy, "High")
    answer = case.describe_alarm(name)
    words = (
        "ECS publishes CapacityProviderReservation every minute, and adds instances as soon as this"
        " alarm on it goes off."
    )
    yield case.step("capacity", words, answer, "MetricAlarms", 0, "StateValue")
