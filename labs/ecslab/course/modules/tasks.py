"""Scenarios and checks of module 04-tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecslab.course import Module, NotYet, Session, bookshop_jobs, expect
from ecslab.course.answers import arns_of, task_of
from ecslab.course.diagnoses import THE_DEAD, judge

if TYPE_CHECKING:
    from ecslab.cloud import Cloud

MODULE = Module("04-tasks")

CLUSTER = bookshop_jobs.CLUSTER
COVERS = ("COVERS_BUCKET", "bookshop-covers")
FINISHES_AFTER = 40
"""Seconds that the packer needs to finish its order after SIGTERM."""

LONGEST_STOP = 120
"""Seconds of stopTimeout that Fargate allows at most (botocore ContainerDefinition.stopTimeout)."""

_TASK = "describe_tasks → tasks[0]"

Json = dict[str, Any]


@MODULE.scenario(
    "lesson",
    goal="Run, watch and stop single tasks, and read from the API why each one ended.",
    given="The cluster bookshop, a log group, and the task definitions of the Bookshop's jobs.",
)
def lesson(cloud: Cloud) -> None:
    """Register the jobs that the lesson runs."""
    bookshop_jobs.prepare_lesson(cloud)


@MODULE.scenario(
    "lab",
    goal="Explain five dead tasks, and make three jobs start and stop as they should.",
    given="The cluster bookshop after a bad night: five tasks died, one is running.",
)
def lab(cloud: Cloud) -> None:
    """Let five tasks die of five real causes."""
    bookshop_jobs.prepare_lab(cloud)


@MODULE.check(
    "find-the-dead",
    points=1,
    title="The five tasks that died in the night",
    hints=(
        "ListTasks hides what has stopped unless you ask for it. Which parameter asks?",
        "The parameter is desiredStatus, and its value is the state that all five are in.",
    ),
)
def find_the_dead(lab: Session, answer: object) -> None:
    """Judge a collection of ARNs against the account's tasks of the night."""
    given = arns_of(answer)
    if given is None:
        raise NotYet(
            expected="a list of five task ARNs",
            found=answer,
            look_at="list_tasks → taskArns",
        )
    if not given:
        raise NotYet(
            expected="a list of five task ARNs",
            found="an empty list",
            look_at="list_tasks: what it lists when you name no desiredStatus",
        )
    tasks = lab.client("ecs").describe_tasks(cluster=CLUSTER, tasks=list(given))["tasks"]
    alive = [_family(task) for task in tasks if task["desiredStatus"] == "RUNNING"]
    if alive:
        raise NotYet(
            expected="only tasks that have stopped",
            found=f"{', '.join(sorted(alive))}, which is running",
            look_at="list_tasks: its parameter desiredStatus",
        )
    families = sorted({_family(task) for task in tasks if task.get("startedBy") == "night-shift"})
    if families != sorted(THE_DEAD) or len(set(given)) != len(THE_DEAD):
        raise NotYet(
            expected=f"the five tasks of the night: {', '.join(sorted(THE_DEAD))}",
            found=f"{len(set(given))} ARNs; of the night: {', '.join(families) or 'none'}",
            look_at=f'list_tasks(cluster="{CLUSTER}", …) → taskArns',
        )


@MODULE.check(
    "newsletter",
    points=1,
    title="Why newsletter died",
    hints=(
        "Did its program ever run? Look for an exit code, and for startedAt.",
        "Read the first word of stoppedReason, the error's name; then the last two words.",
    ),
)
def newsletter(lab: Session, answer: object) -> None:
    """Judge the diagnosis of the task whose image tag does not exist."""
    judge(lab, answer, THE_DEAD["newsletter"])


@MODULE.check(
    "invoices",
    points=1,
    title="Why invoices died",
    hints=(
        "It has no pullStartedAt. Which layer comes before the pull?",
        (
            "stoppedReason says what does not exist. Compare the name in the task definition with "
            "what describe_log_groups lists."
        ),
    ),
)
def invoices(lab: Session, answer: object) -> None:
    """Judge the diagnosis of the task whose log group does not exist."""
    judge(lab, answer, THE_DEAD["invoices"])


@MODULE.check(
    "thumbnails",
    points=1,
    title="Why thumbnails died",
    hints=(
        "An exit code of 1 comes from the program itself. Where does a program say what it misses?",
        (
            "Its last words stand in the log group /bookshop/jobs, in a stream that ends with the "
            "id of the task. Give the task's ARN to the function log."
        ),
    ),
)
def thumbnails(lab: Session, answer: object) -> None:
    """Judge the diagnosis of the task whose program misses a variable."""
    judge(lab, answer, THE_DEAD["thumbnails"])


@MODULE.check(
    "search-index",
    points=1,
    title="Why search-index died",
    hints=(
        "137 is 128 + 9. Which signal has the number 9, and who may have sent it?",
        "Two things end in 137. One of them leaves a text in the container's own fields.",
    ),
)
def search_index(lab: Session, answer: object) -> None:
    """Judge the diagnosis of the task that used too much memory."""
    judge(lab, answer, THE_DEAD["search-index"])


@MODULE.check(
    "price-sync",
    points=1,
    title="Why price-sync died",
    hints=(
        "It has two containers. Which exit code is that of a container that somebody stopped?",
        (
            "One container ended by itself, and in order. What does essential say about it in the "
            "task definition, and what does it mean when nobody writes it?"
        ),
    ),
)
def price_sync(lab: Session, answer: object) -> None:
    """Judge the diagnosis of the task whose helper finished."""
    judge(lab, answer, THE_DEAD["price-sync"])


@MODULE.check(
    "override",
    points=1,
    title="thumbnails, run once more with its variable",
    hints=(
        "RunTask has a parameter for changes that hold for one task only.",
        (
            "overrides holds containerOverrides, a list; each item names a container and has an "
            "environment of names and values."
        ),
    ),
)
def override(lab: Session, answer: object) -> None:
    """Judge by the task itself: revision 1, the variable in its overrides, exit code 0."""
    task = task_of(lab, answer, CLUSTER)
    expect(_family(task), "thumbnails", f"{_TASK}.taskDefinitionArn")
    revision = task["taskDefinitionArn"].rsplit("/", 1)[-1]
    if revision != "thumbnails:1":
        raise NotYet(
            expected="a task of thumbnails:1, the revision that is there",
            found=f"a task of {revision}: a new revision changes every later run, too",
            look_at=f"{_TASK}.taskDefinitionArn",
        )
    name, value = COVERS
    given = {
        each["name"]: each.get("value")
        for container in task["overrides"]["containerOverrides"]
        for each in container.get("environment", [])
    }
    if given.get(name) != value:
        raise NotYet(
            expected=f"{name} = {value} for this task",
            found=f"environment overrides {given}" if given else "no environment in its overrides",
            look_at=f"{_TASK}.overrides.containerOverrides[0].environment",
        )
    _expect_stopped(task, "the task STOPPED; it takes about a minute")
    code = task["containers"][0].get("exitCode")
    expect(code, 0, f"{_TASK}.containers[0].exitCode")


@MODULE.check(
    "migration-first",
    points=2,
    title="The migration finishes before the catalog starts",
    hints=(
        "Which of the two containers has to wait? The parameter stands in the one that waits.",
        (
            "dependsOn is a list; each item has a containerName and a condition. Of the four "
            "conditions, one means: ended with exit code 0."
        ),
        (
            "AWS refuses to wait for the end of an essential container. Say in migrate's "
            "definition that the task may live on without it, and register a new revision."
        ),
    ),
)
def migration_first(lab: Session, answer: object) -> None:
    """Judge by the running task, by the definition it runs from, and by the order in the log."""
    task = task_of(lab, answer, CLUSTER)
    expect(_family(task), "catalog-release", f"{_TASK}.taskDefinitionArn")
    _judge_order(_definition(lab, task))
    boxes = {box["name"]: box for box in task["containers"]}
    if boxes["migrate"].get("exitCode"):
        raise NotYet(
            expected="a migration that ends with exit code 0",
            found=f"exit code {boxes['migrate']['exitCode']}; its log says why",
            look_at=f"log(arn), and {_TASK}.containers[migrate].exitCode",
        )
    if task["desiredStatus"] == "STOPPED":
        raise NotYet(
            expected="a task that goes on running with the catalog in it",
            found=f"{task['lastStatus']}, {task.get('stopCode')}: {task.get('stoppedReason')}",
            look_at=f"{_TASK}.containers[].exitCode",
        )
    if task["lastStatus"] != "RUNNING":
        raise NotYet(
            expected="the task RUNNING; the migration takes 20 seconds",
            found=task["lastStatus"],
            look_at=f"{_TASK}.lastStatus",
        )
    expect(boxes["migrate"].get("exitCode"), 0, f"{_TASK}.containers[migrate].exitCode")
    first = _first_and_last(lab, "catalog", task)[0]
    last = _first_and_last(lab, "migrate", task)[1]
    if not last < first:
        raise NotYet(
            expected="the migration's last line before the catalog's first",
            found="both write at the same time",
            look_at=f"filter_log_events on {bookshop_jobs.LOG_GROUP} → events[].timestamp",
        )


@MODULE.check(
    "graceful-stop",
    points=1,
    title="The packer finishes its order before it ends",
    hints=(
        "How long does the packer need after SIGTERM, and how long does ECS wait?",
        (
            "The wait is stopTimeout, in the container's definition. Register a new revision with "
            "it, run that revision, and stop that task."
        ),
        "StopTask has a parameter for the words that later stand in stoppedReason.",
    ),
)
def graceful_stop(lab: Session, answer: object) -> None:
    """Judge by the stopped task: who stopped it, with which words, and its exit code."""
    task = task_of(lab, answer, CLUSTER)
    expect(_family(task), "packer", f"{_TASK}.taskDefinitionArn")
    if task["desiredStatus"] == "RUNNING":
        raise NotYet(
            expected="a task that you have stopped",
            found=f"desiredStatus RUNNING, lastStatus {task['lastStatus']}",
            look_at="stop_task",
        )
    expect(task.get("stopCode"), "UserInitiated", f"{_TASK}.stopCode")
    expect(task.get("stoppedReason"), bookshop_jobs.REASON_TO_STOP, f"{_TASK}.stoppedReason")
    _expect_stopped(task, "the task STOPPED; give the packer the time to finish")
    code = task["containers"][0].get("exitCode")
    look_at = f"{_TASK}.containers[0].exitCode"
    if code is None:
        raise NotYet(
            expected="exit code 0 of a packer that was at work",
            found="no exit code: it was stopped before its program ran",
            look_at=f"{look_at}, and startedAt",
        )
    if code == bookshop_jobs.KILLED:
        timeout = _definition(lab, task)["containerDefinitions"][0].get("stopTimeout", 30)
        raise NotYet(
            expected=f"exit code 0, {FINISHES_AFTER} seconds after SIGTERM",
            found=f"{code}: killed {timeout} seconds after SIGTERM, in the middle of an order",
            look_at=f"{look_at}; describe_task_definition → containerDefinitions[0].stopTimeout",
        )
    expect(code, 0, look_at)


def _judge_order(definition: Json) -> None:
    """End the check when the catalog does not wait for the success of the migration."""
    revision = f"{definition['family']}:{definition['revision']}"
    where = f'describe_task_definition(taskDefinition="{revision}") → taskDefinition'
    boxes = {box["name"]: box for box in definition["containerDefinitions"]}
    if set(boxes) != {"migrate", "catalog"}:
        raise NotYet(
            expected="the two containers migrate and catalog in one definition",
            found=", ".join(sorted(boxes)),
            look_at=f"{where}.containerDefinitions[].name",
        )
    if boxes["migrate"].get("dependsOn"):
        raise NotYet(
            expected="that the catalog waits for the migration",
            found="the migration waits for the catalog",
            look_at=f"{where}.containerDefinitions[migrate].dependsOn",
        )
    waits = boxes["catalog"].get("dependsOn") or []
    look_at = f"{where}.containerDefinitions[catalog].dependsOn"
    if not waits:
        raise NotYet(
            expected="that the catalog waits for the migration",
            found=f"no dependsOn in {revision}: both containers start at the same time",
            look_at=look_at,
        )
    condition = waits[0]["condition"]
    meaning = {
        "START": "START, which is met as soon as the migration begins",
        "COMPLETE": "COMPLETE, which is met by a migration that failed, too",
        "HEALTHY": "HEALTHY, which asks for a health check and not for an end",
    }
    if condition != "SUCCESS":
        raise NotYet(
            expected="the condition that is met when the migration ended with exit code 0",
            found=meaning.get(condition, condition),
            look_at=f"{look_at}[0].condition",
        )


def _expect_stopped(task: Json, expected: str) -> None:
    if task["lastStatus"] != "STOPPED":
        raise NotYet(expected=expected, found=task["lastStatus"], look_at=f"{_TASK}.lastStatus")


def _definition(lab: Session, task: Json) -> Json:
    arn = task["taskDefinitionArn"]
    found = lab.client("ecs").describe_task_definition(taskDefinition=arn)
    definition: Json = found["taskDefinition"]
    return definition


def _first_and_last(lab: Session, container: str, task: Json) -> tuple[int, int]:
    """Give the times of the first and the last line that a container of a task has written."""
    stream = f"{container}/{container}/{task['taskArn'].rsplit('/', 1)[-1]}"
    events = lab.client("logs").filter_log_events(
        logGroupName=bookshop_jobs.LOG_GROUP, logStreamNames=[stream]
    )["events"]
    times = [event["timestamp"] for event in events]
    if not times:
        raise NotYet(
            expected=f"lines of {container} in the log group {bookshop_jobs.LOG_GROUP}",
            found="none from this task",
            look_at=f"containerDefinitions[{container}].logConfiguration",
        )
    return min(times), max(times)


def _family(task: Json) -> str:
    return str(task["taskDefinitionArn"]).rsplit("/", 1)[-1].split(":")[0]
