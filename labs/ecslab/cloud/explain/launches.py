"""Why capacity that was asked for is not there: launches that fail, agents that do not register."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from ecslab.cloud.explain import agents, daemon_hosts, permission
from ecslab.cloud.explain.evidence import Absent, value_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecslab.aws.reader import Answer
    from ecslab.cloud.explain.case import Case
    from ecslab.cloud.explain.explanation import Step
    from ecslab.sim.capacity_providers import CapacityProvider
    from ecslab.sim.entities import Task
    from ecslab.sim.scaling_groups import ScalingGroup

_GROUP: Final = ("AutoScalingGroups", 0)
_CAPACITY: Final = "sufficient capacity"
_SUBNET: Final = re.compile(r"subnet-\w+")
_DENIED: Final = re.compile(
    r"The infrastructure role (?P<role>\S+) is not authorized to perform: (?P<action>\S+)"
    r" on resource: (?P<resource>\S+)"
)


def failed(case: Case, _task: Task, group: ScalingGroup, answer: Answer) -> Iterator[Step]:
    """Yield why the group's newest launch failed, or that launches are suspended."""
    suspended = value_at(answer, *_GROUP, "SuspendedProcesses") or []
    if any(each["ProcessName"] == "Launch" for each in suspended):
        words = f"The Auto Scaling group {group.name} has its process Launch suspended."
        yield case.step("capacity", words, answer, *_GROUP, "SuspendedProcesses")
        return
    activities = case.ask(
        "autoscaling", "describe_scaling_activities", AutoScalingGroupName=group.name
    )
    newest = value_at(activities, "Activities", 0) or {}
    if newest.get("StatusCode") != "Failed":
        return
    words = f"The Auto Scaling group {group.name} could not launch an instance: EC2 refused."
    yield case.step("capacity", words, activities, "Activities", 0, "StatusMessage")
    yield from _behind(case, str(newest.get("StatusMessage")), answer)


def _behind(case: Case, message: str, answer: Answer) -> Iterator[Step]:
    group = value_at(answer, *_GROUP)
    if _CAPACITY in message:
        words = "These are the only Availability Zones in which the group may launch."
        yield case.step("capacity", words, answer, *_GROUP, "AvailabilityZones")
        return
    if _SUBNET.search(message):
        words = "These are the subnets of the group."
        yield case.step("capacity", words, answer, *_GROUP, "VPCZoneIdentifier")
        return
    yield template_step(case, "This is what the launch template asks for.", group)


def template_step(case: Case, words: str, group: Any) -> Step:
    """Return a step whose evidence is the launch template of a group.

    Args:
        case: the account.
        words: what is so.
        group: the group as DescribeAutoScalingGroups shows it.
    """
    policy = group.get("MixedInstancesPolicy") or {}
    mixed = (policy.get("LaunchTemplate") or {}).get("LaunchTemplateSpecification")
    named = group.get("LaunchTemplate") or mixed or {}
    if not named:
        answer = case.describe_group(group["AutoScalingGroupName"])
        return case.step("capacity", words, answer, *_GROUP, Absent("LaunchConfigurationName"))
    version = str(named.get("Version") or "$Default")
    key = "LaunchTemplateId" if named.get("LaunchTemplateId") else "LaunchTemplateName"
    answer = case.ask(
        "ec2", "describe_launch_template_versions", **{key: named[key]}, Versions=[version]
    )
    if answer.error:
        return case.step("capacity", "The group's launch template is gone.", answer)
    return case.step("capacity", words, answer, "LaunchTemplateVersions", 0, "LaunchTemplateData")


def unregistered(case: Case, task: Task, group: ScalingGroup, _answer: Answer) -> Iterator[Step]:
    """Yield why instances that the group has launched are not in the cluster."""
    known = {each.machine.id for each in task.cluster.instances.values()}
    missing = sorted(set(group.instances) - known)
    refused = [machine for machine in missing if case.last(machine, "instance.refused") is not None]
    if not refused:
        return
    described = case.describe_group(group.name)
    words = (
        f"The Auto Scaling group {group.name} has {len(group.instances)} instances,"
        f" {len(missing)} of which are not in the cluster {task.cluster.name}."
    )
    yield case.step("capacity", words, described, *_GROUP, "Instances")
    yield from agents.refusal(case, refused[-1])


def managed(case: Case, provider: CapacityProvider, task: Task) -> Iterator[Step]:
    """Yield why a provider of Managed Instances has no instance for a task."""
    kept_out = list(daemon_hosts.keeps_out(case, task.cluster, provider))
    if kept_out:
        yield from kept_out
        return
    answer = case.describe_provider(provider.name)
    place = ("capacityProviders", 0, "managedInstancesProvider")
    refusal = case.last(provider.arn, "provider.refused")
    instances = case.runtime.engine(case.region).placer.instances(task.cluster, provider.name)
    if refusal is None or any(each.registered_at > refusal.at for each in instances):
        words = f"ECS launches an instance of {provider.name} that holds what waits; it starts."
        yield case.step("capacity", words, answer, *place, "instanceLaunchTemplate")
        return
    reason = str(refusal.fields["reason"])
    denied = _DENIED.search(reason)
    template = (*place, "instanceLaunchTemplate")
    if denied is not None:
        words = "ECS could not launch an instance: its infrastructure role may not do that."
        yield case.step("permission", words, answer, *place, "infrastructureRoleArn")
        yield permission.lacking(case, denied["role"], denied["action"], denied["resource"])
    elif reason == "InsufficientInstanceCapacity":
        words = f"EC2 has no capacity in the Availability Zones of {provider.name}."
        yield case.step("capacity", words, answer, *template, "networkConfiguration")
    elif task.id in reason or "No instance type" in reason:
        beside = " beside the managed daemons" if "daemons" in reason else ""
        words = f"No instance type that {provider.name} may launch can run it{beside}."
        yield case.step("capacity", words, answer, *template, Absent("instanceRequirements"))
    else:
        words = f"ECS could not launch an instance: {reason}."
        yield case.step("capacity", words, answer, *template)
