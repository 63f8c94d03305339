"""Scenarios and checks of module 02-clusters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import ClientError

from ecslab.course import Module, NotAttempted, NotYet, Session, bookshop, expect
from ecslab.course.meaning import number, word

if TYPE_CHECKING:
    from ecslab.cloud import Cloud

MODULE = Module("02-clusters")

WEB, ORDERS, DATA, OLD = "bookshop-web", "bookshop-orders", "bookshop-data", "bookshop-old"
TEAMS = {WEB: "web", ORDERS: "orders", DATA: "data"}
EXEC_LOG = "/bookshop/exec"
TASKS = 10
REFUSAL = "ClusterContainsServicesException"

_INCLUDE = ["SETTINGS", "CONFIGURATIONS", "TAGS"]


@MODULE.scenario(
    "lesson",
    goal="Create, configure, read and delete clusters.",
    given='A task definition "fulfilment" for a small worker, and no cluster.',
)
def lesson(cloud: Cloud) -> None:
    """Register the worker that the lesson runs."""
    bookshop.register_fulfilment(cloud)


@MODULE.scenario(
    "lab",
    goal="Give three teams a cluster each, and take the old one away.",
    given='The cluster "bookshop-old" at work, the task definition "fulfilment", '
    'the log group "/bookshop/exec".',
)
def lab(cloud: Cloud) -> None:
    """Leave an old cluster with a service and with a task that somebody started by hand."""
    bookshop.register_fulfilment(cloud)
    logs = boto3.client("logs")
    logs.create_log_group(logGroupName=EXEC_LOG)
    logs.put_retention_policy(logGroupName=EXEC_LOG, retentionInDays=30)
    ecs = boto3.client("ecs")
    ecs.create_cluster(clusterName=OLD)
    where = {"cluster": OLD, "launchType": "FARGATE", "networkConfiguration": bookshop.network()}
    ecs.create_service(
        serviceName="fulfilment", taskDefinition="fulfilment", desiredCount=1, **where
    )
    ecs.run_task(taskDefinition="fulfilment", startedBy="somebody", **where)
    cloud.advance(minutes=3)


@MODULE.check(
    "three-clusters",
    points=2,
    title="A cluster with a tag for each team",
    hints=(
        "Which call makes one cluster, and which of its parameters takes tags?",
        "CreateCluster takes clusterName and tags; a loop over the teams saves typing.",
        (
            "A tag is a dictionary with the keys key and value. Upper and lower case count in "
            "both, and the value differs from team to team."
        ),
    ),
)
def three_clusters(lab: Session, answer: object) -> None:  # noqa: ARG001 - asks the account
    """Judge names and tags by what ListClusters and DescribeClusters answer."""
    pages = lab.client("ecs").get_paginator("list_clusters").paginate()
    arns = [arn for page in pages for arn in page["clusterArns"]]
    names = {arn.rsplit("/", 1)[-1] for arn in arns} - {OLD}
    if not names:
        raise NotAttempted
    if not names >= set(TEAMS):
        raise NotYet(
            expected=f"the clusters {_listed(TEAMS)}",
            found=_listed(names),
            look_at="list_clusters → clusterArns: each ends with the name of a cluster",
        )
    for name, cluster in _active(lab, TEAMS).items():
        tags = {tag["key"]: tag.get("value", "") for tag in cluster["tags"]}
        if tags.get("team") != TEAMS[name]:
            raise NotYet(
                expected=f"on {name} the tag with key 'team' and value '{TEAMS[name]}'",
                found=tags or "no tags",
                look_at=_described(name, "TAGS", "tags"),
            )


@MODULE.check(
    "insights",
    points=1,
    title="Container Insights for the web team",
    hints=(
        "Which call changes the settings of a cluster that exists?",
        (
            "UpdateClusterSettings takes a list of name and value. The name is containerInsights; "
            "of its three values take the one that shows single tasks and containers."
        ),
    ),
)
def insights(lab: Session, answer: object) -> None:  # noqa: ARG001 - asks the account
    """Judge the setting on all three clusters: on where it is wanted, off where it costs."""
    found = {name: _insights(cluster) for name, cluster in _active(lab, TEAMS).items()}
    if WEB not in found:
        raise NotAttempted
    if set(found.values()) == {"disabled"}:
        _refuse_account_setting(lab)
        raise NotAttempted
    expect(found[WEB], "enhanced", _described(WEB, "SETTINGS", "settings"))
    for name in (ORDERS, DATA):
        if found.get(name, "disabled") != "disabled":
            raise NotYet(
                expected=f"containerInsights 'disabled' on {name}: only the web team pays for it",
                found=found[name],
                look_at=_described(name, "SETTINGS", "settings"),
            )


@MODULE.check(
    "exec-log",
    points=1,
    title="A record of shell sessions",
    hints=(
        "Which call changes the configuration of a cluster that exists?",
        (
            "In UpdateCluster, configuration holds executeCommandConfiguration. Its logging says "
            "that you name the place yourself, and its logConfiguration names that place."
        ),
    ),
)
def exec_log(lab: Session, answer: object) -> None:  # noqa: ARG001 - asks the account
    """Judge the ECS Exec configuration by what DescribeClusters answers."""
    found = {
        name: cluster.get("configuration", {}).get("executeCommandConfiguration", {})
        for name, cluster in _active(lab, TEAMS).items()
    }
    configured = [name for name, value in found.items() if value]
    if not configured:
        raise NotAttempted
    look_at = _described(WEB, "CONFIGURATIONS", "configuration.executeCommandConfiguration")
    if WEB not in configured:
        raise NotYet(
            expected=f"a configuration for ECS Exec on {WEB}",
            found=f"one on {_listed(configured)}",
            look_at=look_at,
        )
    expect(found[WEB].get("logging"), "OVERRIDE", f"{look_at}.logging")
    group = found[WEB].get("logConfiguration", {}).get("cloudWatchLogGroupName")
    expect(group, EXEC_LOG, f"{look_at}.logConfiguration.cloudWatchLogGroupName")


@MODULE.check(
    "capacity",
    points=2,
    title="Two safe tasks, then three of four on Spot",
    hints=(
        "One call sets both what a cluster may use and what it uses by default.",
        (
            "PutClusterCapacityProviders takes capacityProviders, the names, and "
            "defaultCapacityProviderStrategy, one item for each name."
        ),
        (
            "The base says how many tasks come first on one provider. The weights share out the "
            "rest: of four further tasks, one belongs on FARGATE and three on FARGATE_SPOT."
        ),
    ),
)
def capacity(lab: Session, answer: object) -> None:  # noqa: ARG001 - asks the account
    """Judge providers, base and the proportion of the weights; 2 to 6 is as good as 1 to 3."""
    cluster = _active(lab, [ORDERS]).get(ORDERS)
    if cluster is None or not cluster["capacityProviders"]:
        raise NotAttempted
    look_at = f'describe_clusters(clusters=["{ORDERS}"]) → clusters[0]'
    providers = sorted(cluster["capacityProviders"])
    expect(providers, ["FARGATE", "FARGATE_SPOT"], f"{look_at}.capacityProviders")
    items = {item["capacityProvider"]: item for item in cluster["defaultCapacityProviderStrategy"]}
    look_at = f"{look_at}.defaultCapacityProviderStrategy"
    if set(items) != set(providers):
        raise NotYet(
            expected="a default strategy with an item for FARGATE and one for FARGATE_SPOT",
            found=f"items for {_listed(items)}" if items else "no default strategy",
            look_at=look_at,
        )
    bases = {name: item["base"] for name, item in items.items()}
    expect(bases, {"FARGATE": 2, "FARGATE_SPOT": 0}, f"{look_at}[].base")
    _judge_weights({name: item["weight"] for name, item in items.items()}, look_at)


@MODULE.check(
    "proof",
    points=1,
    title="Ten tasks, and where they run",
    hints=(
        (
            "Name neither a launch type nor a strategy when you run the tasks; then the cluster's "
            "default strategy decides. One call of RunTask starts up to ten tasks."
        ),
        (
            "Let time pass until all ten are RUNNING; the waiter tasks_running does that. Then "
            "count the field capacityProviderName over what DescribeTasks answers."
        ),
    ),
)
def proof(lab: Session, answer: object) -> None:
    """Judge the running tasks first, and then whether the learner counted them right."""
    tasks = _tasks(lab, ORDERS, "RUNNING")
    running = sum(task["lastStatus"] == "RUNNING" for task in tasks)
    if len(tasks) != TASKS or running != TASKS:
        waiting = f", {len(tasks) - running} on the way" if len(tasks) > running else ""
        raise NotYet(
            expected=f"{TASKS} running tasks in {ORDERS}",
            found=f"{running} running{waiting}",
            look_at=f'describe_clusters(clusters=["{ORDERS}"]) → clusters[0].runningTasksCount',
        )
    look_at = f'describe_tasks(cluster="{ORDERS}", …) → tasks[].capacityProviderName'
    placed = Counter(task.get("capacityProviderName", "no capacity provider") for task in tasks)
    if dict(placed) != {"FARGATE": 4, "FARGATE_SPOT": 6}:
        raise NotYet(
            expected="tasks that the default strategy placed, all ten in one call",
            found=", ".join(f"{count} with {name}" for name, count in sorted(placed.items())),
            look_at=look_at,
        )
    given = dict(answer) if isinstance(answer, Mapping) else {}
    if {name: number(count) for name, count in given.items()} != dict(placed):
        raise NotYet(
            expected="for each capacity provider the number of tasks it runs, as a dictionary",
            found=given or answer,
            look_at=look_at,
        )


@MODULE.check(
    "refusal",
    points=1,
    title="Why AWS keeps the old cluster",
    hints=(
        "Ask AWS to delete bookshop-old while everything in it still runs, and catch what comes.",
        "boto3 raises a ClientError. In its response, under Error, stand a Code and a Message.",
    ),
)
def refusal(lab: Session, answer: object) -> None:  # noqa: ARG001 - judges the answer
    """Judge the error code; the exception that carries it will do as well."""
    if isinstance(answer, ClientError):
        answer = answer.response.get("Error", {}).get("Code")
    if word(answer, [REFUSAL]):
        return
    expected = f"the code with which AWS refuses to delete {OLD} as you found it"
    look_at = 'error.response["Error"]["Code"]'
    if answer == "ClusterContainsTasksException":
        raise NotYet(
            expected=expected,
            found=f"{answer}: AWS says that once the service is gone; lab.reset() brings it back",
            look_at=look_at,
        )
    if isinstance(answer, str) and " " in answer:
        raise NotYet(expected=expected, found=f"a message: {answer}", look_at=look_at)
    raise NotYet(expected=expected, found=answer, look_at=look_at)


@MODULE.check(
    "old-cluster-gone",
    points=2,
    title="The old cluster, emptied and deleted",
    hints=(
        (
            "Empty it from the outside in: what starts tasks goes first, then the tasks, then the "
            "cluster. What does the error of your last try say is still there?"
        ),
        (
            "DeleteService with force set to True also stops the service's tasks. The task that "
            "somebody started belongs to no service: stop it yourself."
        ),
        (
            "Both take time to end. The waiters services_inactive and tasks_stopped wait for you; "
            "ask for the delete after them."
        ),
    ),
)
def old_cluster_gone(lab: Session, answer: object) -> None:  # noqa: ARG001 - asks the account
    """Judge that the old cluster is deleted, and that no other went with it."""
    if OLD in _active(lab, [OLD]):
        _refuse_what_is_left(lab)
    found = lab.client("ecs").describe_clusters(clusters=[OLD, *TEAMS])["clusters"]
    if OLD not in {each["clusterName"] for each in found}:
        raise NotYet(
            expected=f"{OLD} deleted, and still shown by AWS as INACTIVE",
            found="an account that has never had it: lab.reset() brings it back",
            look_at=f'describe_clusters(clusters=["{OLD}"]) → failures',
        )
    deleted = [each["clusterName"] for each in found if each["status"] == "INACTIVE"]
    gone = [name for name in deleted if name != OLD]
    if gone:
        raise NotYet(
            expected=f"{OLD} deleted, and no other cluster",
            found=f"{_listed(gone)} deleted too",
            look_at="list_clusters → clusterArns",
        )


def _refuse_what_is_left(lab: Session) -> None:
    """Name the first thing that still blocks the delete of the old cluster."""
    ecs = lab.client("ecs")
    service = ecs.describe_services(cluster=OLD, services=["fulfilment"])["services"][0]
    tasks = _tasks(lab, OLD, "RUNNING") + _tasks(lab, OLD, "STOPPED")
    by_hand = [task for task in tasks if not task["group"].startswith("service:")]
    status, count = service["status"], service["desiredCount"]
    if status == "ACTIVE" and count and all(each["desiredStatus"] == "RUNNING" for each in by_hand):
        raise NotAttempted
    if status != "INACTIVE":
        raise NotYet(
            expected=f"no service in {OLD}",
            found=f"the service fulfilment is {status}, its desired count {count}",
            look_at=f'describe_services(cluster="{OLD}", services=["fulfilment"]) '
            "→ services[0].status",
        )
    left = Counter(task["lastStatus"] for task in tasks if task["lastStatus"] != "STOPPED")
    if left:
        raise NotYet(
            expected=f"every task in {OLD} STOPPED",
            found=", ".join(f"{number} {name}" for name, number in sorted(left.items())),
            look_at=f'describe_tasks(cluster="{OLD}", …) → tasks[].lastStatus',
        )
    raise NotYet(
        expected=f"{OLD} with status INACTIVE",
        found="it is empty and ACTIVE",
        look_at=f'describe_clusters(clusters=["{OLD}"]) → clusters[0].status',
    )


def _judge_weights(weights: dict[str, int], look_at: str) -> None:
    on_demand, spot = weights["FARGATE"], weights["FARGATE_SPOT"]
    if not on_demand and not spot:
        raise NotYet(
            expected="weights that share out the tasks above the base",
            found="weight 0 on both, which places no task",
            look_at=f"{look_at}[].weight",
        )
    if not on_demand or spot != 3 * on_demand:
        raise NotYet(
            expected="for each further task on FARGATE three on FARGATE_SPOT",
            found=f"weight {on_demand} for FARGATE, weight {spot} for FARGATE_SPOT",
            look_at=f"{look_at}[].weight",
        )


def _refuse_account_setting(lab: Session) -> None:
    """Tell a learner who changed the account's default that it is not the cluster's setting."""
    ecs = lab.client("ecs")
    settings = ecs.list_account_settings(name="containerInsights", effectiveSettings=True)
    for setting in settings["settings"]:
        if setting["value"] != "disabled":
            raise NotYet(
                expected=f"containerInsights set on the cluster {WEB}",
                found=f"an account setting '{setting['value']}', which only new clusters take over",
                look_at=_described(WEB, "SETTINGS", "settings"),
            )


def _active(lab: Session, names: Iterable[str]) -> dict[str, Any]:
    """Give the clusters of these names that are ACTIVE, with all that was asked to be included."""
    ecs = lab.client("ecs")
    found = ecs.describe_clusters(clusters=list(names), include=_INCLUDE)["clusters"]
    return {each["clusterName"]: each for each in found if each["status"] == "ACTIVE"}


def _insights(cluster: Mapping[str, Any]) -> str:
    settings = {each["name"]: each["value"] for each in cluster["settings"]}
    return str(settings.get("containerInsights", "disabled"))


def _tasks(lab: Session, cluster: str, desired: str) -> list[dict[str, Any]]:
    ecs = lab.client("ecs")
    if cluster not in _active(lab, [cluster]):
        return []
    arns = ecs.list_tasks(cluster=cluster, desiredStatus=desired)["taskArns"]
    if not arns:
        return []
    tasks: list[dict[str, Any]] = ecs.describe_tasks(cluster=cluster, tasks=arns)["tasks"]
    return tasks


def _described(name: str, include: str, field: str) -> str:
    return f'describe_clusters(clusters=["{name}"], include=["{include}"]) → clusters[0].{field}'


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
