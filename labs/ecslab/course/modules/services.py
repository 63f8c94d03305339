"""Scenarios and checks of module 06-services."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3

from ecslab.course import Module, NotAttempted, NotYet, Session, bookshop, expect, storefronts
from ecslab.course.first_storefront import PORT
from ecslab.course.front_door import BALANCER, TARGETS
from ecslab.course.releases import (
    RELEASE,
    expect_during,
    expect_none_lost,
    expect_version,
    load_of,
    release_of,
)
from ecslab.course.storefronts import CLUSTER, NAME
from ecslab.model.deployment import Bounds, bounds

if TYPE_CHECKING:
    from ecslab.cloud import Cloud

MODULE = Module("06-services")

DESIRED = 4
REVIEWS = "reviews"
REVIEWS_DESIRED = 2
GOOD, BAD = "2.2", "3.0"
HEALTH_PATH = "/health"
WRONG_PATH = "/healthz"

_LIMITS = Bounds(4, 6)
_STUCK = {"minimumHealthyPercent": 75, "maximumPercent": 100}
_DEFAULT = {"minimumHealthyPercent": 100, "maximumPercent": 200}
_GIVEN_RELEASES = 2
"""Releases of the reviews before the learner comes."""

_ONE = "describe_services → services[0]"

Found = dict[str, Any]


@MODULE.scenario(
    "lesson",
    goal="Keep a count, and release versions: good, stuck and bad.",
    given="A cluster, the storefront's definition, a load balancer.",
)
def lesson(cloud: Cloud) -> None:
    """Prepare all but the service."""
    _prepare(cloud, ("2.1", "2.2", "2.3"), HEALTH_PATH)


@MODULE.scenario(
    "lab",
    goal="Release without losing a request, and survive a bad version.",
    given="Three storefront images, a load balancer, a service reviews.",
)
def lab(cloud: Cloud) -> None:
    """Leave a door that asks for the wrong page, and a release of the reviews that is stuck."""
    _prepare(cloud, ("2.1", GOOD), WRONG_PATH)
    cloud.push(storefronts.storefront(BAD, "503 Service Unavailable"), f"{NAME}:{BAD}")
    ecs = boto3.client("ecs")
    image = cloud.push(storefronts.reviews("January"), f"{REVIEWS}:stable")
    ecs.register_task_definition(**storefronts.definition(REVIEWS, image))
    ecs.create_service(
        cluster=CLUSTER,
        serviceName=REVIEWS,
        taskDefinition=REVIEWS,
        desiredCount=REVIEWS_DESIRED,
        launchType="FARGATE",
        networkConfiguration=storefronts.task_network(),
        deploymentConfiguration=_STUCK,
        availabilityZoneRebalancing="DISABLED",
    )
    cloud.advance(minutes=3)
    cloud.push(storefronts.reviews("February"), f"{REVIEWS}:stable")
    ecs.update_service(cluster=CLUSTER, service=REVIEWS, forceNewDeployment=True)
    cloud.advance(minutes=10)


def _prepare(cloud: Cloud, versions: tuple[str, ...], path: str) -> None:
    """Push the storefront's versions, open a door that asks for a path, register revision 1."""
    images = [cloud.push(storefronts.storefront(each), f"{NAME}:{each}") for each in versions]
    bookshop.execution_role()
    storefronts.front_door(cloud, path)
    plan = storefronts.definition(NAME, images[0], portMappings=[{"containerPort": PORT}])
    boto3.client("ecs").register_task_definition(**plan)


@MODULE.check(
    "opened",
    points=1,
    title="A service with four tasks behind the load balancer",
    hints=(
        "CreateService takes cluster, serviceName, taskDefinition and desiredCount; what else?",
        "The other three are launchType, networkConfiguration and loadBalancers, a list.",
    ),
)
def opened(lab: Session, answer: object) -> None:  # noqa: ARG001 - asks the account
    """Judge what the service is told to do, not yet how it fares."""
    found = _service(lab, NAME)
    expect(found["desiredCount"], DESIRED, f"{_ONE}.desiredCount")
    if not found["loadBalancers"]:
        raise NotYet(
            expected="a service that registers its tasks in the target group",
            found="no loadBalancers; delete the service with force=True, and create it again",
            look_at=f"{_ONE}.loadBalancers",
        )
    expect(found.get("launchType"), "FARGATE", f"{_ONE}.launchType")


@MODULE.check(
    "symptom",
    points=1,
    title="The event that says why no task lasts",
    hints=(
        "Which event names a task, and a reason? The newest one is not always the one.",
        "The reason stands in brackets at the end, with the status that the load balancer got.",
    ),
)
def symptom(lab: Session, answer: object) -> None:  # noqa: ARG001 - a text is judged
    """Judge that the event is the one about the load balancer's health check."""
    if isinstance(answer, dict):
        answer = answer.get("message")
    expected = "the message of the event that says why the load balancer refuses a task"
    look_at = f"{_ONE}.events[].message"
    if not isinstance(answer, str):
        raise NotYet(expected=expected, found=answer, look_at=look_at)
    if "is unhealthy in (target-group" in answer and "[404]" in answer:
        return
    told = answer if len(answer) < len(expected) else f"{answer[: len(expected)]}…"
    if f"(service {NAME}" in answer:
        told = "an event that says what the service did, and not why"
    raise NotYet(expected=expected, found=told, look_at=look_at)


@MODULE.check(
    "healthy",
    points=1,
    title="Four healthy tasks behind the door",
    hints=(
        "404 means: there is no such page. Which page does the load balancer ask for?",
        "DescribeTargetGroups shows HealthCheckPath; the table under Given has the right one.",
        "ModifyTargetGroup changes it. Then let a minute or two pass.",
    ),
)
def healthy(lab: Session, answer: object) -> None:  # noqa: ARG001 - asks the account
    """Judge the question that the load balancer asks, and the answers it gets."""
    elbv2 = lab.client("elbv2")
    group = elbv2.describe_target_groups(Names=[TARGETS])["TargetGroups"][0]
    path, codes = group["HealthCheckPath"], group["Matcher"]["HttpCode"]
    if codes != "200":
        raise NotYet(
            expected="a task is healthy when it answers 200",
            found=f"the load balancer is content with {codes}, so broken tasks get visitors",
            look_at="describe_target_groups → TargetGroups[0].Matcher.HttpCode",
        )
    if path == WRONG_PATH:
        raise NotAttempted
    expect(path, HEALTH_PATH, "describe_target_groups → TargetGroups[0].HealthCheckPath")
    arn = group["TargetGroupArn"]
    targets = elbv2.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
    number = sum(target["TargetHealth"]["State"] == "healthy" for target in targets)
    if number != DESIRED:
        raise NotYet(
            expected=f"{DESIRED} healthy targets",
            found=f"{number}; let a minute pass, and check again",
            look_at="describe_target_health → TargetHealthDescriptions[].TargetHealth.State",
        )


@MODULE.check(
    "limits",
    points=2,
    title="Between four healthy tasks and six in all",
    hints=(
        "Two percentages of the desired count, 4. One is rounded up, the other down.",
        "Four of four is everything. Six of four is how many percent?",
        "Both belong into deploymentConfiguration of UpdateService.",
    ),
)
def limits(lab: Session, answer: object) -> None:  # noqa: ARG001 - asks the account
    """Judge the two limits, whatever percentages lead to them."""
    found = _service(lab, NAME)
    settings = found["deploymentConfiguration"]
    if _percents(settings) == _DEFAULT and found["desiredCount"] == DESIRED:
        raise NotAttempted
    expect(found["desiredCount"], DESIRED, f"{_ONE}.desiredCount")
    low, high = settings["minimumHealthyPercent"], settings["maximumPercent"]
    has = bounds(DESIRED, low, high)
    where = f"{_ONE}.deploymentConfiguration"
    if has.lower != _LIMITS.lower:
        raise NotYet(
            expected=f"at least {_LIMITS.lower} healthy tasks",
            found=f"{low} % of {DESIRED}, rounded up, is {has.lower}",
            look_at=f"{where}.minimumHealthyPercent",
        )
    if has.upper != _LIMITS.upper:
        raise NotYet(
            expected=f"at most {_LIMITS.upper} tasks",
            found=f"{high} % of {DESIRED}, rounded down, is {has.upper}",
            look_at=f"{where}.maximumPercent",
        )


@MODULE.check(
    "released",
    points=3,
    title=f"Version {GOOD} released without a lost request",
    hints=(
        "Three things in this order: begin the load, begin the release, let time pass.",
        "register gives the new revision; UpdateService takes it as taskDefinition.",
        "Let more than five minutes pass, so that all requests have ended.",
    ),
)
def released(lab: Session, answer: object) -> None:
    """Judge by the load during the release, and by what visitors get now."""
    load = load_of(answer)
    release = release_of(lab, CLUSTER, NAME, GOOD)
    expect_during(load, release)
    expect_none_lost(load)
    expect(release["status"], "SUCCESSFUL", f"{RELEASE}.status")
    expect_version(_url(lab), GOOD)


@MODULE.check(
    "rolled-back",
    points=3,
    title=f"Version {BAD} rolled itself back, and nobody noticed",
    hints=(
        "The circuit breaker is off unless you turn it on; it is part of deploymentConfiguration.",
        "deploymentCircuitBreaker has two members, enable and rollback. You want both.",
        "Begin the load first, and let more than five minutes pass at the end.",
    ),
)
def rolled_back(lab: Session, answer: object) -> None:
    """Judge by the fate of the bad release, and by the load during it."""
    load = load_of(answer)
    release = release_of(lab, CLUSTER, NAME, BAD)
    status = release["status"]
    why = {
        "IN_PROGRESS": "IN_PROGRESS: nothing stops it, so it tries again and again",
        "STOPPED": "STOPPED: it was given up, but the service did not go back",
        "ROLLBACK_IN_PROGRESS": "ROLLBACK_IN_PROGRESS: let a minute pass, and check again",
    }
    if status != "ROLLBACK_SUCCESSFUL":
        raise NotYet(
            expected="ROLLBACK_SUCCESSFUL, by the circuit breaker",
            found=why.get(status, status),
            look_at=f"{RELEASE}.status",
        )
    expect_during(load, release)
    expect_none_lost(load)
    expect_version(_url(lab), GOOD)


@MODULE.check(
    "freed",
    points=2,
    title="The stuck release of the reviews goes on and ends",
    hints=(
        "What does the newest event of the reviews say? It names two fields.",
        "Work out lower and upper for 2 tasks. One of them must leave room for a step.",
        "You need no new release: change deploymentConfiguration alone, then wait three minutes.",
    ),
)
def freed(lab: Session, answer: object) -> None:  # noqa: ARG001 - asks the account
    """Judge that there is room for a step, and that the release has ended."""
    found = _service(lab, REVIEWS)
    percents = _percents(found["deploymentConfiguration"])
    count = found["desiredCount"]
    if percents == _STUCK and count == REVIEWS_DESIRED and _releases(lab) == _GIVEN_RELEASES:
        raise NotAttempted
    expect(count, REVIEWS_DESIRED, f"{_ONE}.desiredCount")
    has = bounds(count, percents["minimumHealthyPercent"], percents["maximumPercent"])
    if has.lower >= count >= has.upper:
        raise NotYet(
            expected="room to stop an old task or to start a new one",
            found=f"lower {has.lower} and upper {has.upper} for {count} tasks: no step is possible",
            look_at=f"{_ONE}.deploymentConfiguration",
        )
    state = found["deployments"][0]["rolloutState"]
    if state != "COMPLETED" or len(found["deployments"]) > 1:
        raise NotYet(
            expected="one deployment, COMPLETED",
            found=f"{state}; let three minutes pass, and check again",
            look_at=f"{_ONE}.deployments[0].rolloutState",
        )


@MODULE.check(
    "fresh",
    points=1,
    title="The reviews run the image that the tag means now",
    hints=(
        "Which option of UpdateService begins a release although nothing else changes?",
        "Wait until the release has ended, and describe a task of the service after that.",
        "imageDigest is a member of the task's first container.",
    ),
)
def fresh(lab: Session, answer: object) -> None:
    """Compare what runs with what the registry holds under the tag."""
    images = lab.client("ecr").describe_images(
        repositoryName=REVIEWS, imageIds=[{"imageTag": "stable"}]
    )["imageDetails"]
    wanted = images[0]["imageDigest"]
    running = {task["containers"][0].get("imageDigest") for task in _tasks(lab, REVIEWS)}
    if running != {wanted}:
        old = "tasks of the old image" if wanted not in running else "tasks of both images"
        raise NotYet(
            expected="every task of reviews runs the image that reviews:stable means now",
            found=f"{old}; a deployment keeps the digest with which it began",
            look_at="describe_tasks → tasks[].containers[0].imageDigest",
        )
    if f"sha256:{str(answer).removeprefix('sha256:')}" != wanted:
        raise NotYet(
            expected="the imageDigest of a task of reviews",
            found="the digest of an older image" if str(answer).startswith("sha256:") else answer,
            look_at="describe_tasks → tasks[0].containers[0].imageDigest",
        )


def _service(lab: Session, name: str) -> Found:
    """Give a service that is ACTIVE, or end the check: *not attempted* when there is none."""
    found = lab.client("ecs").describe_services(cluster=CLUSTER, services=[name])["services"]
    if not found or found[0]["status"] == "INACTIVE":
        raise NotAttempted
    expect(found[0]["status"], "ACTIVE", f"{_ONE}.status")
    service: Found = found[0]
    return service


def _percents(settings: Found) -> Found:
    return {key: settings[key] for key in ("minimumHealthyPercent", "maximumPercent")}


def _tasks(lab: Session, name: str) -> list[Found]:
    ecs = lab.client("ecs")
    arns = ecs.list_tasks(cluster=CLUSTER, serviceName=name)["taskArns"]
    tasks: list[Found] = ecs.describe_tasks(cluster=CLUSTER, tasks=arns)["tasks"] if arns else []
    return tasks


def _releases(lab: Session) -> int:
    listed = lab.client("ecs").list_service_deployments(cluster=CLUSTER, service=REVIEWS)
    return len(listed["serviceDeployments"])


def _url(lab: Session) -> str:
    balancers = lab.client("elbv2").describe_load_balancers(Names=[BALANCER])["LoadBalancers"]
    return f"http://{balancers[0]['DNSName']}"
