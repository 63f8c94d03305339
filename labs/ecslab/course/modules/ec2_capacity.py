"""Scenarios and checks of module 09-ec2-capacity."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import requests

from ecslab.course import Module, NotAttempted, NotYet, Session, expect, fleet_shop
from ecslab.course.fleet_facts import (
    hosts,
    instances,
    memory_of,
    registered_memory,
    service_tasks,
    tasks_of,
)
from ecslab.course.meaning import number, word
from ecslab.course.releases import expect_none_lost, load_of

if TYPE_CHECKING:
    from ecslab.cloud import Cloud

MODULE = Module("09-ec2-capacity")

CLUSTER = fleet_shop.CLUSTER
SERVICE = "storefront"
PROVIDER = "fleet"
REASON = "RESOURCE:MEMORY"
INSTANCES, DESIRED, PRINTERS, INDEXES = 3, 6, 4, 6
_PLACED = 3
_USED = 1400
_MOST = 4
"""The group's maximum."""

_MOVED = "ServiceSchedulerInitiated"
"""The stop code of a task that its service stops, as it does on an instance that drains."""

_SECONDS = 5
_HOST = "describe_tasks → tasks[].containerInstanceArn"
_ONE = "describe_services → services[0]"

Json = dict[str, Any]


@MODULE.scenario(
    "lesson",
    goal="Run tasks on instances of your own, and let ECS order and empty them.",
    given="The cluster bookshop without instances, an instance profile, three definitions.",
)
def lesson(cloud: Cloud) -> None:
    """Prepare all but the instances."""
    fleet_shop.prepare_lesson(cloud)


@MODULE.scenario(
    "lab",
    goal="Pack, spread, drain and scale a fleet of EC2 instances.",
    given="The cluster bookshop with three container instances, a launch template and a load "
    "balancer.",
)
def lab(cloud: Cloud) -> None:
    """Start three instances in two zones."""
    fleet_shop.prepare_lab(cloud)


@MODULE.check(
    "explain",
    points=1,
    title="Why only some of six tasks found a place",
    hints=(
        "run_task answers with two lists: tasks and failures. Each failure has a reason.",
        "Call fleet() while the tasks run: it prints what is left on each instance.",
    ),
)
def explain(lab: Session, answer: object) -> None:
    """Judge the three values by what the given instances register."""
    if not isinstance(answer, Mapping):
        raise NotYet(
            expected="a dictionary with 'placed', 'reason' and 'left'",
            found=answer,
            look_at="report",
        )
    if all(value is Ellipsis for value in answer.values()):
        raise NotAttempted
    registered = registered_memory(lab)
    wanted = {
        "placed": (_PLACED, "how many tasks the answer lists", "run_task → tasks[]"),
        "reason": (REASON, "the reason of the failures", "run_task → failures[].reason"),
        "left": (
            registered - fleet_shop.INDEX_MEMORY,
            "the MiB left beside one task of 2048 MiB",
            "describe_container_instances → containerInstances[].remainingResources, MEMORY",
        ),
    }
    for key, (value, words, where) in wanted.items():
        found = answer.get(key)
        meant = word(found, [value]) if isinstance(value, str) else number(found, "MiB")
        if meant != value:
            told = found
            if key == "left" and meant == registered:
                told = f"{found}, which is an instance without a task"
            elif key == "left" and meant == fleet_shop.INDEX_MEMORY:
                told = f"{found}: 4096 - 2048, but an instance does not register all of its memory"
            raise NotYet(expected=f"report[{key!r}]: {words}", found=told, look_at=where)


@MODULE.check(
    "fits",
    points=1,
    title="Six tasks on three instances",
    hints=(
        "How many MiB does an instance register, and how many tasks must share them?",
        "Half of 3768 is the most. Register the family again with that memory, and run six.",
    ),
)
def fits(lab: Session, answer: object) -> None:
    """Judge six tasks that ran at one time, two on an instance, and their memory."""
    tasks = tasks_of(lab, answer, "search-index", INDEXES)
    if set(hosts(tasks).values()) != {2} or len(hosts(tasks)) != INSTANCES:
        raise NotYet(
            expected="two tasks on each of the three instances",
            found=_counts(tasks),
            look_at=_HOST,
        )
    first_end = min((task["stoppedAt"] for task in tasks if "stoppedAt" in task), default=None)
    if first_end and max(task["startedAt"] for task in tasks) >= first_end:
        raise NotYet(
            expected="six tasks that run at the same time",
            found="some that began when others had ended",
            look_at="describe_tasks → tasks[].startedAt, .stoppedAt",
        )
    memory = memory_of(lab, str(tasks[0]["taskDefinitionArn"]))
    if memory != registered_memory(lab) // (INDEXES // INSTANCES):
        less = "; the program uses 1400" if memory < _USED else "; more than that still fits"
        raise NotYet(
            expected="the most memory with which two tasks fit on an instance",
            found=f"{memory} MiB{less}",
            look_at="describe_container_instances → …registeredResources, MEMORY",
        )


@MODULE.check(
    "packed",
    points=1,
    title="Four printers on one instance",
    hints=(
        "Which strategy takes the instance with the least that is left?",
        'placementStrategy is a list: [{"type": …, "field": "memory"}].',
    ),
)
def packed(lab: Session, answer: object) -> None:
    """Judge where the tasks are."""
    tasks = tasks_of(lab, answer, "label-printer", PRINTERS)
    if len(hosts(tasks)) != 1:
        raise NotYet(
            expected="four tasks on one instance",
            found=_counts(tasks),
            look_at=_HOST,
        )


@MODULE.check(
    "spread",
    points=2,
    title="A service with the same number on every instance",
    hints=(
        "spread takes a field: a zone is attribute:ecs.availability-zone. What is an instance?",
        "The field of an instance is instanceId. create_service takes placementStrategy, a list.",
        "A service that exists: delete it with force=True, and create it again.",
    ),
)
def spread(lab: Session, answer: object) -> None:  # noqa: ARG001 - asks the account
    """Judge the strategy, where the tasks are, and what visitors get."""
    service = _service(lab)
    expect(service["desiredCount"], DESIRED, f"{_ONE}.desiredCount")
    expect(service.get("launchType"), "EC2", f"{_ONE}.launchType")
    rules = service.get("placementStrategy", [])
    fields = [str(rule.get("field", "")) for rule in rules if rule["type"] == "spread"]
    if not any(field.lower() in {"instanceid", "host"} for field in fields):
        raise NotYet(
            expected="a strategy that spreads over instances",
            found=", ".join(f"{rule['type']} {rule.get('field', '')}".strip() for rule in rules)
            or "no strategy",
            look_at=f"{_ONE}.placementStrategy",
        )
    running = [each for each in service_tasks(lab, SERVICE) if each["lastStatus"] == "RUNNING"]
    counts = hosts(running)
    draining = [each for each in instances(lab).values() if each["status"] == "DRAINING"]
    places = INSTANCES - len(draining)
    if len(running) != DESIRED or len(counts) < places or len(set(counts.values())) != 1:
        raise NotYet(
            expected=f"{DESIRED} running tasks, the same number on every instance",
            found=_counts(running),
            look_at=_HOST,
        )
    _expect_open(lab)


@MODULE.check(
    "drained",
    points=2,
    title="An instance emptied under load",
    hints=(
        "Which state of a container instance makes a service move its tasks elsewhere?",
        'update_container_instances_state takes status="DRAINING" and the ARNs in a list.',
        "Begin the load first, drain a few seconds later, and let five minutes pass.",
    ),
)
def drained(lab: Session, answer: object) -> None:
    """Judge by the load, by the tasks that had to leave, and by those that run now."""
    if answer is Ellipsis or answer is None:
        raise NotAttempted
    load = load_of(answer)
    known = instances(lab)
    empty = [arn for arn, each in known.items() if each["status"] == "DRAINING"]
    stopped = service_tasks(lab, SERVICE, "STOPPED")
    # An instance that was ended after its tasks had moved is out of the list, and right too.
    gone = [
        task
        for task in stopped
        if task.get("containerInstanceArn") not in known and task.get("stopCode") == _MOVED
    ]
    if not empty and not gone:
        raise NotYet(
            expected="a container instance in the state DRAINING",
            found="none",
            look_at="describe_container_instances → containerInstances[].status",
        )
    left = {*empty, *hosts(gone)}
    moved = [
        task
        for task in stopped
        if task.get("containerInstanceArn") in left and task["stoppingAt"] >= load.began
    ]
    if not moved:
        raise NotYet(
            expected="tasks of the storefront that left the instance while the load went on",
            found="no task stopped there since the load began",
            look_at="list_tasks(desiredStatus='STOPPED') → describe_tasks → tasks[].stoppingAt",
        )
    busy = [arn for arn in empty if _service_on(lab, arn)]
    if busy:
        raise NotYet(
            expected="no task of the storefront on the draining instance",
            found="some still run there; let time pass",
            look_at="describe_container_instances → containerInstances[].runningTasksCount",
        )
    expect_none_lost(load)
    running = [each for each in service_tasks(lab, SERVICE) if each["lastStatus"] == "RUNNING"]
    expect(len(running), DESIRED, f"{_ONE}.runningCount")
    _expect_open(lab)


@MODULE.check(
    "provider",
    points=1,
    title="A capacity provider with managed scaling",
    hints=(
        "Three calls: create_auto_scaling_group, create_capacity_provider and one for the cluster.",
        "put_cluster_capacity_providers gives it to the cluster. managedScaling needs a status.",
    ),
)
def provider(lab: Session, answer: object) -> None:  # noqa: ARG001 - asks the account
    """Judge the provider, its group and the cluster."""
    ecs = lab.client("ecs")
    found = ecs.describe_capacity_providers(capacityProviders=[PROVIDER])["capacityProviders"]
    if not found or found[0]["status"] != "ACTIVE":
        if lab.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]:
            raise NotYet(
                expected=f"a capacity provider named {PROVIDER}",
                found="a group, and no provider for it",
                look_at="describe_capacity_providers → capacityProviders[].name",
            )
        raise NotAttempted
    settings = found[0]["autoScalingGroupProvider"]
    where = "describe_capacity_providers → capacityProviders[0].autoScalingGroupProvider"
    expect(settings["managedScaling"]["status"], "ENABLED", f"{where}.managedScaling.status")
    group = _group(lab, str(settings["autoScalingGroupArn"]))
    shown = "describe_auto_scaling_groups → AutoScalingGroups[0]"
    expect(group["MinSize"], 0, f"{shown}.MinSize")
    expect(group["MaxSize"], _MOST, f"{shown}.MaxSize")
    cluster = ecs.describe_clusters(clusters=[CLUSTER])["clusters"][0]
    if PROVIDER not in cluster["capacityProviders"]:
        raise NotYet(
            expected=f"the provider {PROVIDER} among those of the cluster {CLUSTER}",
            found="a provider that no cluster uses",
            look_at="describe_clusters → clusters[0].capacityProviders",
        )


@MODULE.check(
    "scaled",
    points=2,
    title="Six waiting tasks bring their instances",
    hints=(
        "A task with a launch type never scales a group. What do you name instead?",
        "capacityProviderStrategy is a list; its item needs a weight above 0.",
        "The group grows by two at first, and further when those have warmed up: ten minutes.",
    ),
)
def scaled(lab: Session, answer: object) -> None:
    """Judge that the tasks are on instances of the provider that came after them."""
    if isinstance(answer, dict) and any(
        task.get("capacityProviderName") != PROVIDER for task in answer.get("tasks", [])
    ):
        raise NotYet(
            expected=f"tasks of the capacity provider {PROVIDER}",
            found="tasks with a launch type, which never scale a group",
            look_at="describe_tasks → tasks[].capacityProviderName",
        )
    tasks = tasks_of(lab, answer, "search-index", INDEXES)
    known = instances(lab)
    used = {arn: known[arn] for arn in hosts(tasks) if arn in known}
    asked = min(task["createdAt"] for task in tasks)
    for host in used.values():
        if host.get("capacityProviderName") != PROVIDER:
            raise NotYet(
                expected=f"instances of the capacity provider {PROVIDER}",
                found="an instance that somebody launched by hand",
                look_at="describe_container_instances → …capacityProviderName",
            )
    early = [host for host in used.values() if host["registeredAt"] < asked]
    if early or len(used) < INSTANCES:
        raise NotYet(
            expected=f"{INSTANCES} instances that came because the tasks waited",
            found=f"{len(early)} were there before the tasks"
            if early
            else f"{len(used)} in the cluster now",
            look_at="describe_container_instances → containerInstances[].registeredAt",
        )


def _service_on(lab: Session, arn: str) -> list[Json]:
    """Give the tasks of the storefront that are still on an instance.

    Args:
        lab: the session whose account is judged.
        arn: of the container instance.
    """
    return [
        task
        for task in service_tasks(lab, SERVICE)
        if task.get("containerInstanceArn") == arn and task["lastStatus"] != "STOPPED"
    ]


def _service(lab: Session) -> Json:
    ecs = lab.client("ecs")
    found = ecs.describe_services(cluster=CLUSTER, services=[SERVICE])["services"]
    if not found or found[0]["status"] == "INACTIVE":
        raise NotAttempted
    service: Json = found[0]
    return service


def _group(lab: Session, arn: str) -> Json:
    pages = lab.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
    for group in pages:
        if arn in {group["AutoScalingGroupARN"], group["AutoScalingGroupName"]}:
            found: Json = group
            return found
    raise NotYet(
        expected="the Auto Scaling group of the provider",
        found="none; it was deleted",
        look_at="describe_auto_scaling_groups → AutoScalingGroups[]",
    )


def _expect_open(lab: Session) -> None:
    """Visit the shop through its load balancer."""
    balancer = lab.client("elbv2").describe_load_balancers(Names=[fleet_shop.BALANCER])
    url = f"http://{balancer['LoadBalancers'][0]['DNSName']}/"
    status = requests.get(url, timeout=_SECONDS).status_code
    expect(status, requests.codes.ok, f'requests.get("{url}").status_code')


def _counts(tasks: list[Json]) -> str:
    """Say how many tasks are on each instance, the most first."""
    numbers = sorted(hosts(tasks).values(), reverse=True)
    return " + ".join(str(number) for number in numbers) + " tasks" if numbers else "no tasks"
