"""Why an instance stays although it is hardly used: what protects it, and what runs on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ecslab.cloud.explain import protection
from ecslab.cloud.explain.evidence import Absent, value_at
from ecslab.model.managed_scaling import SCALE_IN_POINTS
from ecslab.sim.capacity_providers import of_group

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecslab.cloud.explain.case import Case
    from ecslab.cloud.explain.explanation import Step
    from ecslab.sim.capacity_providers import CapacityProvider
    from ecslab.sim.container_instances import ContainerInstance
    from ecslab.sim.entities import Cluster

_GROUP: Final = ("AutoScalingGroups", 0)
_INSTANCE: Final = ("AutoScalingInstances", 0)


def of_provider(case: Case, cluster: Cluster, provider: CapacityProvider) -> Iterator[Step]:
    """Yield why a provider has more instances than its tasks need, if it has."""
    target = float(provider.scaling["targetCapacity"])
    values = [
        entry for entry in case.journal.about(provider.arn) if entry.kind == "provider.reservation"
    ]
    if not values or float(values[-1].fields["value"]) >= target:
        return
    below = 0
    while below < len(values) and float(values[-1 - below].fields["value"]) < target:
        below += 1
    words = (
        f"CapacityProviderReservation is {values[-1].fields['value']:g} %, below its target"
        f" capacity of {target:g}, and has been for {below} minutes: it has more instances than"
        " its tasks need."
    )
    described = case.describe_provider(provider.name)
    place = ("autoScalingGroupProvider", "managedScaling", "targetCapacity")
    yield case.step("capacity", words, described, "capacityProviders", 0, *place)
    answer = case.describe_group(provider.group)
    group = value_at(answer, *_GROUP) or {}
    if below <= SCALE_IN_POINTS:
        words = f"ECS takes instances away after {SCALE_IN_POINTS} minutes below the target."
        yield case.step("capacity", words, answer, *_GROUP, "DesiredCapacity")
        return
    if group.get("DesiredCapacity", 0) <= group.get("MinSize", 0):
        words = f"The Auto Scaling group {provider.group} may not have fewer instances than this."
        yield case.step("capacity", words, answer, *_GROUP, "MinSize")
        return
    for instance in cluster.instances.values():
        if instance.capacity_provider == provider.name and instance.status == "ACTIVE":
            found = list(of_instance(case, instance))
            if found:
                yield from found
                return


def of_instance(case: Case, instance: ContainerInstance) -> Iterator[Step]:
    """Yield why its Auto Scaling group does not end an instance, if something keeps it.

    AWS: cluster-auto-scaling (managed termination protection: instances with tasks that are no
    daemons stay).
    """
    answer = case.ask(
        "autoscaling", "describe_auto_scaling_instances", InstanceIds=[instance.machine.id]
    )
    if not value_at(answer, *_INSTANCE, "ProtectedFromScaleIn"):
        return
    name = str(value_at(answer, *_INSTANCE, "AutoScalingGroupName"))
    words = f"The Auto Scaling group {name} does not end it: it is protected from scale-in."
    yield case.step("capacity", words, answer, *_INSTANCE, "ProtectedFromScaleIn")
    provider = of_group(case.account, name)
    if provider is None or not provider.protects:
        words = "Nobody takes that protection away: no capacity provider manages it."
        group = case.describe_group(name)
        member = "NewInstancesProtectedFromScaleIn"
        yield case.step("capacity", words, group, *_GROUP, member)
        return
    described = case.describe_provider(provider.name)
    place = ("autoScalingGroupProvider", "managedTerminationProtection")
    if instance.empty:
        words = "It runs no task that is no daemon's; ECS unprotects it when it scales in."
        yield case.step("capacity", words, described, "capacityProviders", 0, *place)
        return
    words = (
        f"Managed termination protection of {provider.name} is on: an instance stays as long as it"
        " runs a task that is no daemon's."
    )
    yield case.step("capacity", words, described, "capacityProviders", 0, *place)
    yield from _on(case, instance)


def _on(case: Case, instance: ContainerInstance) -> Iterator[Step]:
    """Yield the task that keeps an instance, one that is protected itself before the others."""
    tasks = [task for task in instance.tasks.values() if not task.stopped]
    held = [task for task in tasks if task.protected_until is not None]
    for task in [*held, *tasks][:1]:
        words = f"Task {task.id[:8]} ({task.group}) is on it."
        yield case.task_step("capacity", words, task, Absent("containerInstanceArn"))
        yield from protection.of_task(case, task)
