"""Scenarios and checks of module 08-fargate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ecslab.course import Module, NotAttempted, NotYet, Session, fargate_orders, fargate_shop
from ecslab.course.answers import registered, task_of
from ecslab.course.fargate_use import judge_peaks, judge_size, peaks_of, right_size
from ecslab.course.meaning import number

if TYPE_CHECKING:
    from ecslab.cloud import Cloud

MODULE = Module("08-fargate")

CLUSTER, COUNTS = fargate_shop.CLUSTER, fargate_shop.COUNTS
WORKERS = {"FARGATE": 1, "FARGATE_SPOT": 3}
BUDGET = 72
"""USD a month for the five tasks, on demand."""

LEAST_STOP = 45
"""Seconds that the worker takes to end after SIGTERM."""

_GUESSED = (1024, 4096)
_CENT = 0.05

Json = dict[str, Any]


@MODULE.scenario(
    "lesson",
    goal="Choose sizes, platform and Spot for tasks without servers, and know their price.",
    given="The cluster bookshop with an hour of the service storefront, and four task definitions.",
)
def lesson(cloud: Cloud) -> None:
    """Let the storefront run for an hour."""
    fargate_shop.prepare_lesson(cloud)


@MODULE.scenario(
    "lab",
    goal="Right-size three services, and pack orders on Spot without losing one.",
    given="The cluster bookshop with three services that have run for an hour, and the "
    "queue orders.",
)
def lab(cloud: Cloud) -> None:
    """Let three services run for an hour at a guessed size."""
    fargate_shop.prepare_lab(cloud)


@MODULE.check(
    "measure",
    points=1,
    title="What each service used at most",
    hints=(
        "used(service, metric, statistic) gives a percentage. Which statistic shows the peak?",
        (
            "A percentage of what? Every task has reserved 1024 CPU units and 4096 MiB. Multiply "
            "by that, and divide by 100."
        ),
    ),
)
def measure(lab: Session, answer: object) -> None:
    """Judge the peaks by what CloudWatch has of the hour before the lab began."""
    if not isinstance(answer, Mapping):
        raise NotYet(
            expected="a dictionary: service, and a pair of CPU units and MiB",
            found=answer,
            look_at="peaks",
        )
    if all(value is Ellipsis for value in answer.values()):
        raise NotAttempted
    for name in COUNTS:
        judge_peaks(lab, name, answer.get(name))


@MODULE.check(
    "right-size",
    points=2,
    title="The smallest size in which each service fits",
    hints=(
        "Divide each peak by 0.8: that much the size must have at least.",
        (
            "Go through the lesson's table row by row, from the top: the first row with enough "
            "CPU, and in it the first memory that is enough."
        ),
        (
            "register_again takes cpu and memory as texts. A revision changes nothing by itself: "
            "the service has to be deployed, too."
        ),
    ),
)
def right_size_check(lab: Session, answer: object) -> None:  # noqa: ARG001 - asks the account
    """Judge the sizes of the tasks that run now, by the measured peaks and by the budget."""
    sizes = {name: _sizes(lab, name) for name in COUNTS}
    if all(found == {_GUESSED} for found in sizes.values()):
        newest = {name: _newest(lab, name) for name in COUNTS}
        if all(size == _GUESSED for size in newest.values()):
            raise NotAttempted
        raise NotYet(
            expected="services whose tasks run at the new sizes",
            found="new revisions, and every running task still at 1024 CPU units and 4096 MiB",
            look_at="update_service, or deploy(…) of this lab",
        )
    for name, found in sizes.items():
        _expect_deployed(lab, name)
        if len(found) != 1:
            raise NotYet(
                expected=f"all tasks of {name} RUNNING at one size",
                found=f"{len(found)} sizes" if found else "no running task",
                look_at=f'describe_tasks(cluster="{CLUSTER}", …) → tasks[].cpu, .memory',
            )
    chosen = {name: next(iter(found)) for name, found in sizes.items()}
    for name, size in chosen.items():
        judge_size(name, size, peaks_of(lab, name))
    cost = sum(count * fargate_shop.monthly(*chosen[name]) for name, count in COUNTS.items())
    if cost > BUDGET:
        roomy = [name for name in COUNTS if chosen[name] != right_size(peaks_of(lab, name))]
        raise NotYet(
            expected=f"at most {BUDGET} USD a month for the five tasks",
            found=f"{cost:.2f} USD; larger than needed: {', '.join(roomy)}",
            look_at="the lesson's table: the smallest memory in the smallest row that fits",
        )


@MODULE.check(
    "bill",
    points=1,
    title="What the change saves",
    hints=(
        "price(cpu, memory, hours) is the price of one task. How many tasks has each service?",
        "A month has 730 hours. Before, all five tasks had the same size.",
    ),
)
def bill(lab: Session, answer: object) -> None:
    """Judge both sums; the second one by the sizes that fit the measured peaks."""
    if not isinstance(answer, Mapping):
        raise NotYet(
            expected="a dictionary with the numbers 'before' and 'after'",
            found=answer,
            look_at="bill",
        )
    if all(value is Ellipsis for value in answer.values()):
        raise NotAttempted
    before = dict.fromkeys(COUNTS, _GUESSED)
    after = {name: right_size(peaks_of(lab, name)) for name in COUNTS}
    for key, sizes in (("before", before), ("after", after)):
        _judge_sum(key, answer.get(key), sizes)


@MODULE.check(
    "worker",
    points=2,
    title="A worker with the time to finish",
    hints=(
        (
            "Three durations have to fit: packing takes 40 seconds, the program ends 45 seconds "
            "after SIGTERM, and a received message is hidden for 30."
        ),
        (
            "VisibilityTimeout is an attribute of the queue, and a text. stopTimeout belongs to "
            "the container; register_again passes it on, as it does image."
        ),
    ),
)
def worker(lab: Session, answer: object) -> None:
    """Judge the registered revision and the queue; the next checks see them at work."""
    definition = registered(lab, answer, "fulfilment")
    container = definition["containerDefinitions"][0]
    where = "describe_task_definition → taskDefinition.containerDefinitions[0]"
    if not str(container["image"]).endswith("fulfilment:2.0") and "@" not in container["image"]:
        raise NotYet(
            expected="the image fulfilment:2.0, which runs your pack_orders",
            found=str(container["image"]).rsplit("/", 1)[-1],
            look_at=f"{where}.image",
        )
    timeout = container.get("stopTimeout")
    if timeout is None or timeout < LEAST_STOP:
        raise NotYet(
            expected=f"at least {LEAST_STOP} seconds between SIGTERM and SIGKILL",
            found=f"{timeout} seconds" if timeout else "no stopTimeout, which means 30 seconds",
            look_at=f"{where}.stopTimeout",
        )
    fargate_orders.judge_visibility(lab)
    size = int(definition["cpu"]), int(definition["memory"])
    judge_size("fulfilment", size, peaks_of(lab, "fulfilment"))


@MODULE.check(
    "spot-mix",
    points=1,
    title="One safe worker, and three on Spot",
    hints=(
        "What do base and weight of a strategy's item decide? Module 02 has them.",
        (
            "The base says how many tasks come first on one provider. With weight 0 it gets no "
            "further task, and the other provider gets all the rest."
        ),
    ),
)
def spot_mix(lab: Session, answer: object) -> None:  # noqa: ARG001 - asks the account
    """Judge where the running tasks of the service are."""
    found = lab.client("ecs").describe_services(cluster=CLUSTER, services=["fulfilment"])
    service = found["services"][0]
    if not service.get("capacityProviderStrategy") and service["desiredCount"] == 1:
        raise NotAttempted
    tasks = [task for task in _tasks(lab, "fulfilment") if task["lastStatus"] == "RUNNING"]
    placed = Counter(task.get("capacityProviderName", "the launch type") for task in tasks)
    if dict(placed) != WORKERS:
        raise NotYet(
            expected="4 running workers: 1 on FARGATE, 3 on FARGATE_SPOT",
            found=", ".join(f"{number} on {name}" for name, number in sorted(placed.items()))
            or "no running worker",
            look_at=f'describe_tasks(cluster="{CLUSTER}", …) → tasks[].capacityProviderName',
        )
    old = [task for task in tasks if _stop_timeout(lab, task) < LEAST_STOP]
    if old:
        raise NotYet(
            expected="four tasks of the revision that you registered for the new worker",
            found=f"{len(old)} of {str(old[0]['taskDefinitionArn']).rsplit('/', 1)[-1]}",
            look_at="describe_services → services[0].taskDefinition",
        )


@MODULE.check(
    "no-order-lost",
    points=3,
    title="Twelve orders and one interruption",
    hints=(
        "Which field of DescribeTasks tells you that a task runs on FARGATE_SPOT?",
        (
            "Send the orders, sleep 20 seconds, interrupt one Spot task of fulfilment, and sleep "
            "300 seconds. Run all that in one go."
        ),
        (
            "If an order is missing, look at the moment at which your pack_orders deletes its "
            "message. Build the image again after a change, and deploy with forceNewDeployment."
        ),
    ),
)
def no_order_lost(lab: Session, answer: object) -> None:
    """Judge by the stopped task, by the log of all workers and by the queue."""
    task = task_of(lab, answer, CLUSTER)
    if task["desiredStatus"] == "RUNNING":
        raise NotYet(
            expected="a task on Spot that was interrupted",
            found="a task that runs",
            look_at="lab.cloud.interrupt_spot(ARN)",
        )
    if task.get("stopCode") != "SpotInterruption":
        raise NotYet(
            expected="the stop code SpotInterruption",
            found=task.get("stopCode"),
            look_at="describe_tasks → tasks[0].stopCode",
        )
    fargate_orders.judge(lab, task)


def _judge_sum(key: str, given: object, sizes: Mapping[str, tuple[int, int]]) -> None:
    """Compare one number of the bill with the price of the five tasks."""
    wanted = sum(count * fargate_shop.monthly(*sizes[name]) for name, count in COUNTS.items())
    single = sum(fargate_shop.monthly(*sizes[name]) for name in COUNTS)
    expected = f"what the five tasks cost {key} your change, in USD a month"
    dollars = number(given, "USD", "$")
    if dollars is None:
        raise NotYet(expected=expected, found=given, look_at=f'bill["{key}"]')
    if abs(dollars - wanted) <= _CENT:
        return
    found = f"{dollars:.2f}"
    if abs(dollars - single) <= _CENT:
        found += ", which counts each service once"
    elif abs(dollars * fargate_shop.HOURS_A_MONTH - wanted) <= _CENT * fargate_shop.HOURS_A_MONTH:
        found += ", which is for one hour"
    raise NotYet(expected=expected, found=found, look_at=f'bill["{key}"]')


def _tasks(lab: Session, service: str) -> list[Json]:
    """Give the tasks of a service that are wanted RUNNING."""
    ecs = lab.client("ecs")
    arns = ecs.list_tasks(cluster=CLUSTER, serviceName=service)["taskArns"]
    found: list[Json] = []
    if arns:
        found = ecs.describe_tasks(cluster=CLUSTER, tasks=arns)["tasks"]
    return found


def _expect_deployed(lab: Session, service: str) -> None:
    """End the check while a service does not run on its newest revision alone."""
    ecs = lab.client("ecs")
    found = ecs.describe_services(cluster=CLUSTER, services=[service])["services"][0]
    state = found["deployments"][0].get("rolloutState")
    if state == "COMPLETED":
        return
    arns = ecs.list_tasks(cluster=CLUSTER, serviceName=service, desiredStatus="STOPPED")
    reasons = []
    if arns["taskArns"]:
        ended = ecs.describe_tasks(cluster=CLUSTER, tasks=arns["taskArns"])["tasks"]
        wanted = found["deployments"][0]["taskDefinition"]
        reasons = [
            task["containers"][0]["reason"]
            for task in ended
            if task["taskDefinitionArn"] == wanted and task["containers"][0].get("reason")
        ]
    because = f"; a task of the new revision ended: {reasons[0]}" if reasons else ""
    raise NotYet(
        expected=f"the deployment of {service} COMPLETED",
        found=f"{state}{because}",
        look_at="describe_services → services[0].deployments[0].rolloutState",
    )


def _sizes(lab: Session, service: str) -> set[tuple[int, int]]:
    return {
        (int(task["cpu"]), int(task["memory"]))
        for task in _tasks(lab, service)
        if task["lastStatus"] == "RUNNING"
    }


def _newest(lab: Session, family: str) -> tuple[int, int]:
    found = lab.client("ecs").describe_task_definition(taskDefinition=family)["taskDefinition"]
    return int(found["cpu"]), int(found["memory"])


def _stop_timeout(lab: Session, task: Json) -> int:
    found = lab.client("ecs").describe_task_definition(taskDefinition=task["taskDefinitionArn"])
    return int(found["taskDefinition"]["containerDefinitions"][0].get("stopTimeout", 30))
