"""Scenarios and checks of module 01-why-ecs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecslab.course import Module, NotAttempted, NotYet, Session, expect
from ecslab.course.branches import MISSING_BOOK, OPEN, open_branches
from ecslab.course.first_shop import LOG, open_shop, prepare
from ecslab.course.first_shop import NAME as STOREFRONT
from ecslab.course.night_shift import NAME as WORKER
from ecslab.course.night_shift import register_worker
from ecslab.course.sorting import expect_letters, expect_order, letters

if TYPE_CHECKING:
    from ecslab.cloud import Cloud

MODULE = Module("01-why-ecs")

_NEEDS = {
    "image": (),
    "cluster": (),
    "task definition": ("image",),
    "service": ("task definition", "cluster"),
    "task": ("service",),
    "log": ("task",),
}
"""Each piece of the flow with the pieces that must be there before it."""

_CONTROL_PLANE = frozenset("ace")
_DATA_PLANE = {
    "b": "visitors reach the container itself; no call to ECS is in their way",
    "d": "the machine does not decide what runs, it runs it",
    "f": "the network interface carries the traffic of its task",
}

_ON_FARGATE = frozenset("aceh")
_ON_EC2 = _ON_FARGATE | frozenset("bfg")
_AWS_OWNS = {
    "b": "on Fargate AWS patches the system under your containers",
    "d": "the control plane is AWS's everywhere",
    "f": "on Fargate there is no agent that you ever see",
    "g": "on Fargate each task brings its own machine",
}
_MENDS = 2


@MODULE.scenario(
    "lesson",
    goal="Be the orchestrator for a night, hand over to ECS, and find each piece of a shop.",
    given="The Bookshop, open to visitors, and the plan of a worker that nobody runs yet.",
)
def lesson(cloud: Cloud) -> None:
    """Open the shop of the first module, and register the worker with the fault."""
    prepare(cloud)
    open_shop(cloud)
    register_worker(cloud)


@MODULE.scenario(
    "lab",
    goal="Sort what belongs where, find each piece of a running shop, and hand a night to ECS.",
    given="Three branches of the Bookshop; visitors reach one of them.",
)
def lab(cloud: Cloud) -> None:
    """Make three branches, visits in the log, and a tag that moved."""
    open_branches(cloud)


@MODULE.check(
    "flow",
    points=1,
    title="The pieces in the order of the flow",
    hints=(
        "Begin with what needs nothing else: which piece can be there in an empty account?",
        (
            "A piece comes after all that it names. What does a plan name? What does a service "
            "name? And who writes a line?"
        ),
    ),
)
def flow(lab: Session, answer: object) -> None:  # noqa: ARG001 - asks no account
    """Accept each order in which a piece comes after what it needs."""
    expect_order(answer, _NEEDS, "order")


@MODULE.check(
    "planes",
    points=1,
    title="Control plane and data plane",
    hints=(
        "Ask of each part: does it decide what runs, or is it what runs?",
        "Imagine that the part stops for a minute. Would a visitor of the shop notice at once?",
    ),
)
def planes(lab: Session, answer: object) -> None:  # noqa: ARG001 - asks no account
    """Compare the letters with the parts that decide."""
    known = _CONTROL_PLANE | set(_DATA_PLANE)
    found = letters(answer, known, "control_plane")
    expect_letters(found, _CONTROL_PLANE, _DATA_PLANE, "control_plane")


@MODULE.check(
    "owners",
    points=2,
    title="Your part on Fargate and on EC2",
    hints=(
        "One of the eight is AWS's work everywhere. Which?",
        "What is yours on Fargate stays yours on EC2. Which parts come on top with the machine?",
        (
            "Four parts go with what you bring: your program, its rights, its network, its data. "
            "Three more go with an instance."
        ),
    ),
)
def owners(lab: Session, answer: object) -> None:  # noqa: ARG001 - asks no account
    """Compare both sets of letters with AWS's page on shared responsibility.

    AWS: security-shared-model names for Fargate network configuration, encryption of storage,
    images and task roles; for EC2 the agent and the instances' AMI as well.
    """
    if not isinstance(answer, list | tuple) or len(answer) != len(("Fargate", "EC2")):
        raise NotYet(expected="letters for Fargate and letters for EC2", found=answer)
    on_fargate, on_ec2 = "yours_on_fargate", "yours_on_ec2"
    found = letters(answer[0], _ON_EC2 | set(_AWS_OWNS), on_fargate)
    expect_letters(found, _ON_FARGATE, _AWS_OWNS, on_fargate)
    found = letters(answer[1], _ON_EC2 | set(_AWS_OWNS), on_ec2)
    if found and not found & _ON_FARGATE:
        raise NotYet(
            expected=f"{on_ec2} with all that is yours on EC2",
            found="only what comes on top; what is yours on Fargate stays yours on EC2",
            look_at="the table of the lesson, row by row",
        )
    expect_letters(found, _ON_EC2, _AWS_OWNS, on_ec2)


@MODULE.check(
    "place",
    points=1,
    title="The cluster that visitors reach",
    hints=(
        "All three clusters have a service of that name. What does a visitor need besides?",
        (
            "DescribeServices says how many tasks a service runs, and under loadBalancers "
            "whether visitors are led to it."
        ),
    ),
)
def place(lab: Session, answer: object) -> None:
    """Compare with the cluster whose storefront runs behind the load balancer."""
    name = _last_part(answer)
    found = _storefronts(lab)
    open_one = _reached(lab)
    if name == open_one:
        return
    expected = "the cluster whose storefront runs tasks behind the load balancer"
    look_at = 'describe_services(cluster=…, services=["storefront"]) → services[0]'
    if name not in found:
        raise NotYet(
            expected=expected,
            found=f"{name or answer}, which is not the name of a cluster with a storefront",
            look_at='list_clusters() → clusterArns, and the variable "cluster"',
        )
    service = found[name]
    if not service["runningCount"]:
        reason = f"{name}: its service wants {service['desiredCount']} tasks and runs none"
    else:
        reason = f"{name}: its service runs, but no load balancer leads to it"
    raise NotYet(expected=expected, found=reason, look_at=look_at)


@MODULE.check(
    "version",
    points=2,
    title="The revision and the image that run",
    hints=(
        "Ask what runs, not what is newest. Which call describes a running task?",
        (
            "ListTasks and DescribeTasks of the cluster give the tasks: taskDefinitionArn ends "
            "with the revision, and each container has an imageDigest."
        ),
    ),
)
def version(lab: Session, answer: object) -> None:
    """Compare with the running tasks of the storefront, as DescribeTasks shows them."""
    if not isinstance(answer, list | tuple) or len(answer) != len(("revision", "digest")):
        raise NotYet(expected="a revision and a digest", found=answer)
    revision, digest = answer
    tasks = _running(lab)
    where = "describe_tasks → tasks[0]"
    _judge_revision(lab, revision, tasks, f"{where}.taskDefinitionArn")
    running = {task["containers"][0]["imageDigest"] for task in tasks}
    look_at = f"{where}.containers[0].imageDigest"
    expected = "the digest of the image that the running tasks use"
    if not isinstance(digest, str):
        found = "nothing yet" if digest is Ellipsis else f"a value of type {type(digest).__name__}"
        raise NotYet(expected=expected, found=found, look_at=look_at)
    if f"sha256:{digest.strip().removeprefix('sha256:')}" in running:
        return
    raise NotYet(expected=expected, found=_other_digest(lab, digest), look_at=look_at)


@MODULE.check(
    "stream",
    points=1,
    title="The stream that holds the line",
    hints=(
        "FilterLogEvents finds the line by one of its words. What else does it say of an event?",
        "The name of the stream stands in the same dictionary as the message.",
    ),
)
def stream(lab: Session, answer: object) -> None:
    """Accept each stream of the storefront's log that holds a line about the missing book."""
    name: Any = answer.get("logStreamName") if isinstance(answer, dict) else answer
    pages = lab.client("logs").get_paginator("filter_log_events").paginate(logGroupName=LOG)
    events = [event for page in pages for event in page["events"]]
    if name in {e["logStreamName"] for e in events if MISSING_BOOK in e["message"]}:
        return
    if name == LOG:
        found = "the name of the log group; a group holds a stream for each task"
    elif name in {event["logStreamName"] for event in events}:
        found = "the stream of another task: this line is not in it"
    elif any(isinstance(name, str) and name == e["logStreamName"].split("/")[-1] for e in events):
        found = "the id of a task, which is the last part of the name"
    else:
        found = "no stream of this log group" if isinstance(name, str) else name
    raise NotYet(
        expected=f"the name of the stream that holds the line about {MISSING_BOOK}",
        found=found,
        look_at="filter_log_events → events[0].logStreamName",
    )


@MODULE.check(
    "pull-role",
    points=1,
    title="The role that pulled the image",
    hints=(
        "Who needs the image before your program runs: your program, or ECS?",
        "The plan names that role. Read the revision that runs, not the newest one.",
    ),
)
def pull_role(lab: Session, answer: object) -> None:
    """Compare with executionRoleArn of the running revision."""
    name = _last_part(answer)
    ecs = lab.client("ecs")
    arn = _running(lab)[0]["taskDefinitionArn"]
    running = ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"]
    wanted = _last_part(running["executionRoleArn"])
    if name == wanted:
        return
    newest = ecs.describe_task_definition(taskDefinition=STOREFRONT)["taskDefinition"]
    if name == _last_part(newest.get("taskRoleArn")):
        found = f"{name}, a task role: it is for the program, which runs only after the pull"
    elif name == _last_part(newest.get("executionRoleArn")):
        found = f"{name}, of the newest revision, which is not the one visitors reach"
    else:
        found = name or "no name of a role"
    raise NotYet(
        expected="the execution role of the revision that runs",
        found=found,
        look_at="describe_task_definition → taskDefinition.executionRoleArn",
    )


@MODULE.check(
    "night",
    points=1,
    title="A night in which nobody is awake",
    hints=(
        "You want one worker at all times. Which piece keeps a number of tasks?",
        (
            "CreateService takes the cluster, a name, the task definition, the desired count, the "
            "launch type and the network, as in the first flight, without a load balancer."
        ),
        "After the call let time pass: the worker ends after forty minutes, and ECS needs a turn.",
    ),
)
def night(lab: Session, answer: object) -> None:  # noqa: ARG001 - asks the account
    """Judge that a service replaced the worker at least twice, and that one runs now."""
    ecs = lab.client("ecs")
    found = ecs.describe_services(cluster=OPEN, services=[WORKER])["services"]
    if not found or found[0]["status"] == "INACTIVE":
        _refuse_by_hand(lab)
        raise NotAttempted
    service = found[0]
    where = f'describe_services(cluster="{OPEN}", services=["{WORKER}"]) → services[0]'
    expect(service["status"], "ACTIVE", f"{where}.status")
    expect(service["desiredCount"], 1, f"{where}.desiredCount")
    family = _last_part(service["taskDefinition"]).partition(":")[0]
    expect(family, WORKER, f"{where}.taskDefinition")
    starts = sum("has started" in event["message"] for event in service["events"])
    if starts <= _MENDS:
        raise NotYet(
            expected=f"a worker that ECS has replaced {_MENDS} times or more",
            found=f"{starts} started so far, the first one included; let more time pass",
            look_at=f"{where}.events",
        )
    if not service["runningCount"]:
        raise NotYet(
            expected="a worker that runs",
            found="one that is on its way; let a minute pass",
            look_at=f"{where}.runningCount",
        )


def _storefronts(lab: Session) -> dict[str, Any]:
    """Give the storefront's service of each cluster that has one."""
    ecs = lab.client("ecs")
    found = {}
    for arn in ecs.list_clusters()["clusterArns"]:
        services = ecs.describe_services(cluster=arn, services=[STOREFRONT])["services"]
        if services and services[0]["status"] == "ACTIVE":
            found[_last_part(arn)] = services[0]
    return found


def _reached(lab: Session) -> str:
    """Give the cluster whose storefront runs behind a load balancer."""
    for name, service in sorted(_storefronts(lab).items()):
        if service["runningCount"] and service["loadBalancers"]:
            return name
    raise NotYet(
        expected="a storefront that runs behind the load balancer",
        found="none; run lab.reset() for a fresh account",
        look_at="describe_services → services[0].runningCount",
    )


def _running(lab: Session) -> list[dict[str, Any]]:
    """Give the tasks of the storefront that visitors reach."""
    ecs = lab.client("ecs")
    cluster = _reached(lab)
    arns = ecs.list_tasks(cluster=cluster, serviceName=STOREFRONT)["taskArns"]
    tasks = ecs.describe_tasks(cluster=cluster, tasks=arns)["tasks"]
    return [task for task in tasks if task["lastStatus"] == "RUNNING"]


def _judge_revision(
    lab: Session, revision: object, tasks: list[dict[str, Any]], look_at: str
) -> None:
    running = {task["taskDefinitionArn"].rsplit(":", 1)[-1] for task in tasks}
    given = str(revision).strip().rsplit(":", 1)[-1]
    expected = "the revision that the running tasks use"
    if given in running:
        return
    if revision is Ellipsis:
        raise NotYet(expected=expected, found="no revision yet", look_at=look_at)
    newest = lab.client("ecs").describe_task_definition(taskDefinition=STOREFRONT)
    if given == str(newest["taskDefinition"]["revision"]):
        found = f"{given}, the newest one: it is registered, but visitors do not reach it"
        raise NotYet(expected=expected, found=found, look_at=look_at)
    raise NotYet(expected=expected, found=given, look_at=look_at)


def _other_digest(lab: Session, digest: str) -> str:
    """Say what a digest is, when it is not that of the running image."""
    images = lab.client("ecr").describe_images(repositoryName=STOREFRONT)["imageDetails"]
    full = f"sha256:{digest.strip().removeprefix('sha256:')}"
    for image in images:
        if image["imageDigest"] == full:
            tags = ", ".join(image.get("imageTags", [])) or "no tag"
            return f"what the tag {tags} names now; these tasks were started from another image"
    return "no image of the repository storefront"


def _refuse_by_hand(lab: Session) -> None:
    """Tell a learner who ran a single task, or built the service elsewhere, about it."""
    ecs = lab.client("ecs")
    for arn in ecs.list_clusters()["clusterArns"]:
        services = ecs.list_services(cluster=arn)["serviceArns"]
        names = sorted({_last_part(service) for service in services} - {STOREFRONT})
        if names:
            raise NotYet(
                expected=f"a service named {WORKER} in the cluster {OPEN}",
                found=f"{names[0]} in the cluster {_last_part(arn)}",
                look_at="list_services(cluster=…) → serviceArns",
            )
    arns = [
        arn
        for status in ("RUNNING", "STOPPED")
        for arn in ecs.list_tasks(cluster=OPEN, family=WORKER, desiredStatus=status)["taskArns"]
    ]
    if arns:
        raise NotYet(
            expected=f"a service named {WORKER}, which replaces a worker that ends",
            found="a worker that you placed by hand, and no service",
            look_at=f'list_services(cluster="{OPEN}") → serviceArns',
        )


def _last_part(answer: object) -> str:
    """Give a name, also from an ARN that ends with it; nothing for what is no text."""
    return answer.strip().rsplit("/", 1)[-1] if isinstance(answer, str) else ""
