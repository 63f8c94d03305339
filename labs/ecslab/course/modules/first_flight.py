"""Scenarios and checks of module 00-first-flight."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import requests

from ecslab.course import Module, NotAttempted, NotYet, Session, expect
from ecslab.course.first_shop import CLUSTER, IMAGE, LOG, NAME, TASKS, open_shop, prepare
from ecslab.course.first_storefront import PORT
from ecslab.course.front_door import BALANCER, TARGETS

if TYPE_CHECKING:
    from ecslab.cloud import Cloud

MODULE = Module("00-first-flight")

MISSING_BOOK = "/books/atlantis"

_SERVICE = f'describe_services(cluster="{CLUSTER}", services=["{NAME}"]) → services[0]'
_SECONDS = 5
_VISITS = 4


@MODULE.scenario(
    "lesson",
    goal="See a whole shop at work, break it, and watch ECS mend it.",
    given="The Bookshop, open to visitors.",
)
def lesson(cloud: Cloud) -> None:
    """Open the finished shop: a service with two healthy tasks behind the load balancer."""
    prepare(cloud)
    open_shop(cloud)


@MODULE.scenario(
    "lab",
    goal="Open the Bookshop yourself: from an image to a page, and back to an empty account.",
    given="The image, a load balancer without a shop behind it, and an empty log.",
)
def lab(cloud: Cloud) -> None:
    """Leave everything in place but what is the learner's: plan, cluster and service."""
    prepare(cloud)


@MODULE.check(
    "cluster",
    points=1,
    title="A cluster for the shop",
    hints=("One call makes a cluster. Its only parameter here is the name, clusterName.",),
)
def cluster(lab: Session, answer: object) -> None:  # noqa: ARG001 - asks the account
    """Judge the cluster by what DescribeClusters answers."""
    ecs = lab.client("ecs")
    names = [arn.rsplit("/", 1)[-1] for arn in ecs.list_clusters()["clusterArns"]]
    status = _cluster_status(lab)
    if status == "ACTIVE":
        return
    if status == "INACTIVE":
        found = f"you deleted {CLUSTER} again"
    elif names:
        found = ", ".join(sorted(names))
    else:
        raise NotAttempted
    raise NotYet(
        expected=f"a cluster named {CLUSTER}",
        found=found,
        look_at="list_clusters() → clusterArns: each ends with the name of a cluster",
    )


@MODULE.check(
    "definition",
    points=2,
    title="A plan with the right image and port",
    hints=(
        "Both values stand in the table under Given. Which of them is a text, which a number?",
        (
            "The image is the whole address, from the account's number to the tag after the colon. "
            "The port is the one on which the program in the container listens."
        ),
        (
            "The plan is in the dictionary named definition. Two stars in front of it hand its "
            "entries to RegisterTaskDefinition as parameters."
        ),
    ),
)
def definition(lab: Session, answer: object) -> None:  # noqa: ARG001 - asks the account
    """Judge the newest revision of the family by what DescribeTaskDefinition answers."""
    ecs = lab.client("ecs")
    families = ecs.list_task_definition_families(status="ACTIVE")["families"]
    if not families:
        raise NotAttempted
    if NAME not in families:
        raise NotYet(
            expected=f"the family {NAME}",
            found=", ".join(sorted(families)),
            look_at="list_task_definition_families() → families",
        )
    found = ecs.describe_task_definition(taskDefinition=NAME)["taskDefinition"]
    look_at = f'describe_task_definition(taskDefinition="{NAME}") → '
    look_at += "taskDefinition.containerDefinitions[0]"
    container = found["containerDefinitions"][0]
    _judge_image(container["image"], f"{look_at}.image")
    ports = [each.get("containerPort") for each in container.get("portMappings", [])]
    if ports == [80]:
        raise NotYet(
            expected=f"port {PORT}, on which the program in the container listens",
            found="port 80, at which visitors knock: that one belongs to the load balancer",
            look_at=f"{look_at}.portMappings[0].containerPort",
        )
    expect(ports, [PORT], f"{look_at}.portMappings[].containerPort")


@MODULE.check(
    "service",
    points=2,
    title="Two tasks behind the load balancer",
    hints=(
        "CreateService takes the seven parameters of the table, under exactly these names.",
        (
            "The variable door holds one dictionary, and loadBalancers wants a list. "
            "The number of tasks you want is desiredCount."
        ),
        (
            "Tasks need time to start. After the call, the waiter services_stable lets that time "
            "pass; it takes cluster, and services as a list."
        ),
    ),
)
def service(lab: Session, answer: object) -> None:  # noqa: ARG001 - asks the account
    """Judge the service by what it wants, by what runs, and by the load balancer's verdict."""
    found = _service(lab)
    if found is None:
        _refuse_other_services(lab)
        raise NotAttempted
    if found["status"] != "ACTIVE":
        raise NotYet(
            expected=f"the service {NAME} at work",
            found=f"it is {found['status']}, because you deleted it",
            look_at=f"{_SERVICE}.status",
        )
    expect(found["desiredCount"], TASKS, f"{_SERVICE}.desiredCount")
    if not found["loadBalancers"]:
        raise NotYet(
            expected="a service behind the load balancer",
            found="one without a load balancer; delete it, and create it again with loadBalancers",
            look_at=f"{_SERVICE}.loadBalancers",
        )
    _judge_count(lab, found)


@MODULE.check(
    "page",
    points=1,
    title="The front page, through the load balancer",
    hints=(
        "requests.get takes the address of the shop. Which variable holds it?",
        "Keep the whole response, not only its status or its text.",
    ),
)
def page(lab: Session, answer: object) -> None:
    """Judge that the shop answers through its load balancer, and that the learner has seen it."""
    status = _visit(lab)
    look_at = "requests.get(url).status_code"
    if status != requests.codes.ok:
        found = "no answer" if status is None else f"status {status}"
        raise NotYet(expected="status 200 from the shop", found=found, look_at=look_at)
    if not isinstance(answer, requests.Response):
        raise NotYet(
            expected="the whole response of requests.get",
            found=f"a value of type {type(answer).__name__}",
            look_at='the value you give to lab.check("page", …)',
        )
    expect(answer.status_code, 200, "page.status_code")
    if "The Bookshop" not in answer.text:
        raise NotYet(
            expected="the front page of the shop",
            found=f"the answer of {answer.url.removeprefix(_url(lab)) or 'another address'}",
            look_at="page.url",
        )


@MODULE.check(
    "log-line",
    points=1,
    title="What the shop wrote about a visit",
    hints=(
        "FilterLogEvents reads the log group. The lines are in events, each under message.",
        (
            "Visit the page first. A filterPattern that is one word of the address leaves only "
            "the lines about it."
        ),
        "You want the text of one line, not the list of events: events, then 0, then message.",
    ),
)
def log_line(lab: Session, answer: object) -> None:
    """Judge that the line is in the log, and that it is the one about the missing book."""
    expected = f"the line that your visit to {MISSING_BOOK} left"
    where = f'filter_log_events(logGroupName="{LOG}")'
    lines = _log_lines(lab)
    about = [line for line in lines if MISSING_BOOK in line]
    if not about:
        found = f"no line about it among {len(lines)}" if lines else "an empty log"
        raise NotYet(expected=expected, found=found, look_at=f"{where} → events[].message")
    line = _message(answer)
    if line in about:
        return
    if isinstance(line, str) and line in lines:
        found = f"another line: {line}"
    elif isinstance(line, str):
        found = f"a text that is not in the log: {line}"
    else:
        found = f"a value of type {type(answer).__name__}"
    raise NotYet(expected=expected, found=found, look_at=f"{where} → events[].message")


@MODULE.check(
    "mended",
    points=2,
    title="One task stopped, and two again",
    hints=(
        "ListTasks gives the ARNs of the tasks. StopTask takes the cluster and one of them.",
        "Then give ECS a minute; in Python, the module time has a function that sleeps.",
        (
            "Ask only after that minute: DescribeServices answers with a list, and its first "
            "entry holds runningCount."
        ),
    ),
)
def mended(lab: Session, answer: object) -> None:
    """Judge that a task was stopped by hand, that two run, and that visitors see only pages."""
    found = _service(lab)
    if found is None or found["status"] != "ACTIVE":
        raise NotAttempted
    expect(found["desiredCount"], TASKS, f"{_SERVICE}.desiredCount")
    if not _stopped_by_hand(lab):
        raise NotYet(
            expected=f"a task of {NAME} that you stopped with stop_task",
            found="none",
            look_at=f'list_tasks(cluster="{CLUSTER}", desiredStatus="STOPPED") → taskArns',
        )
    _judge_count(lab, found)
    statuses = {_visit(lab) for _ in range(_VISITS)}
    if statuses != {requests.codes.ok}:
        raise NotYet(
            expected=f"status 200 for each of {_VISITS} visits",
            found=", ".join(sorted(str(status or "no answer") for status in statuses)),
            look_at="requests.get(url).status_code",
        )
    if str(answer) != str(TASKS):
        raise NotYet(
            expected="in running the number of tasks that run now that ECS is done",
            found=answer,
            look_at=f"{_SERVICE}.runningCount, asked a minute after the stop",
        )


@MODULE.check(
    "closed",
    points=1,
    title="The shop taken down",
    hints=(
        "First the service, then the cluster: AWS keeps a cluster that holds a service.",
        "A service that still wants tasks is deleted only with force set to True.",
        "Between the two deletes wait with services_inactive, as the lesson does.",
    ),
)
def closed(lab: Session, answer: object) -> None:  # noqa: ARG001 - asks the account
    """Judge that service and cluster are gone."""
    status = _cluster_status(lab)
    if status == "INACTIVE":
        return
    found = _service(lab) if status else None
    if found is None or (found["status"] == "ACTIVE" and found["desiredCount"]):
        raise NotAttempted
    if found["status"] != "INACTIVE":
        raise NotYet(
            expected=f"the service {NAME} deleted",
            found=f"it is {found['status']}, its desired count {found['desiredCount']}",
            look_at=f"{_SERVICE}.status",
        )
    raise NotYet(
        expected=f"the cluster {CLUSTER} deleted",
        found="the service is gone, the cluster is still ACTIVE",
        look_at=f'describe_clusters(clusters=["{CLUSTER}"]) → clusters[0].status',
    )


def _url(lab: Session) -> str:
    balancers = lab.client("elbv2").describe_load_balancers(Names=[BALANCER])["LoadBalancers"]
    return f"http://{balancers[0]['DNSName']}"


def _visit(lab: Session) -> int | None:
    """Visit the front page as anybody would; None when there is no answer."""
    try:
        return requests.get(_url(lab), timeout=_SECONDS).status_code
    except requests.RequestException:
        return None


def _cluster_status(lab: Session) -> str | None:
    found = lab.client("ecs").describe_clusters(clusters=[CLUSTER])["clusters"]
    return str(found[0]["status"]) if found else None


def _service(lab: Session) -> dict[str, Any] | None:
    if _cluster_status(lab) != "ACTIVE":
        return None
    found = lab.client("ecs").describe_services(cluster=CLUSTER, services=[NAME])["services"]
    return found[0] if found else None


def _refuse_other_services(lab: Session) -> None:
    """Tell a learner whose service has another name, or is in the cluster default, about it."""
    if _cluster_status(lab) != "ACTIVE":
        return
    arns = lab.client("ecs").list_services(cluster=CLUSTER)["serviceArns"]
    if arns:
        raise NotYet(
            expected=f"a service named {NAME}",
            found=", ".join(sorted(arn.rsplit("/", 1)[-1] for arn in arns)),
            look_at=f'list_services(cluster="{CLUSTER}") → serviceArns',
        )


def _judge_image(image: str, look_at: str) -> None:
    if image == IMAGE:
        return
    expected = f"the whole address {IMAGE}"
    if image in {f"{NAME}:1.0", NAME}:
        found = f"{image}, which ECS would look for at Docker Hub, and not in your registry"
        raise NotYet(expected=expected, found=found, look_at=look_at)
    if image == IMAGE.removesuffix(":1.0"):
        found = "the address without a tag, which means :latest, and there is none"
        raise NotYet(expected=expected, found=found, look_at=look_at)
    raise NotYet(expected=expected, found=image, look_at=look_at)


def _judge_count(lab: Session, found: dict[str, Any]) -> None:
    """Go on when all tasks run and the load balancer sends visitors to them."""
    running, pending = found["runningCount"], found["pendingCount"]
    if running != TASKS:
        raise NotYet(
            expected=f"{TASKS} running tasks",
            found=f"{running} running, {pending} pending; let some time pass",
            look_at=f"{_SERVICE}.runningCount",
        )
    elbv2 = lab.client("elbv2")
    group = elbv2.describe_target_groups(Names=[TARGETS])["TargetGroups"][0]["TargetGroupArn"]
    targets = elbv2.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    healthy = sum(target["TargetHealth"]["State"] == "healthy" for target in targets)
    if healthy != TASKS:
        raise NotYet(
            expected=f"{TASKS} tasks to which the load balancer sends visitors",
            found=f"{healthy}; let some time pass",
            look_at="describe_target_health(…) → TargetHealthDescriptions[].TargetHealth.State",
        )


def _stopped_by_hand(lab: Session) -> bool:
    ecs = lab.client("ecs")
    arns = ecs.list_tasks(cluster=CLUSTER, desiredStatus="STOPPED")["taskArns"]
    tasks = ecs.describe_tasks(cluster=CLUSTER, tasks=arns)["tasks"] if arns else []
    return any(
        task.get("group") == f"service:{NAME}" and task.get("stopCode") == "UserInitiated"
        for task in tasks
    )


def _log_lines(lab: Session) -> list[str]:
    pages = lab.client("logs").get_paginator("filter_log_events").paginate(logGroupName=LOG)
    return [event["message"] for found in pages for event in found["events"]]


def _message(answer: object) -> object:
    """Give the text of a line, also of one that still is an event or alone in a list."""
    if isinstance(answer, list) and len(answer) == 1:
        answer = answer[0]
    if isinstance(answer, dict):
        answer = answer.get("message")
    return answer.strip() if isinstance(answer, str) else answer
