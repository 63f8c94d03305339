"""What becomes of the tasks that EventBridge is to run: its role, its request, its last task."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ecslab.cloud.explain import permission, tasks
from ecslab.cloud.explain.evidence import Absent, Part, value_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecslab.aws.reader import Answer
    from ecslab.cloud.explain.case import Case
    from ecslab.cloud.explain.explanation import Step
    from ecslab.sim.entities import Task

_LONGEST: Final = 128
"""Characters of startedBy."""
_SESSION: Final = 64
"""Characters of the name of a session of a role."""


@dataclass(frozen=True, slots=True)
class Starter:
    """A rule or schedule whose target is a cluster.

    Args:
        name: its name.
        principal: the service that assumes its role.
        prefix: what startedBy begins with.
        answer: what shows the target.
        place: where in the answer.
    """

    name: str
    principal: str
    prefix: str
    answer: Answer
    place: tuple[Part, ...]

    def get(self, *path: str | int) -> Any:
        """Return a member of the target."""
        place = [part for part in self.place if isinstance(part, str | int)]
        return value_at(self.answer, *place, *path)

    @property
    def role(self) -> str:
        """Return the role with which it calls RunTask."""
        return str(self.get("RoleArn") or "")

    @property
    def definition(self) -> str:
        """Return the task definition that it runs."""
        return str(self.get("EcsParameters", "TaskDefinitionArn") or "")


def steps(case: Case, starter: Starter) -> Iterator[Step]:
    """Yield the first thing that keeps its task from running, or how its last task is."""
    for find in (_role, _definition, _cluster, _call, _forecast):
        found = list(find(case, starter))
        if found:
            yield from found
            return
    yield from _last_task(case, starter)


def _step(case: Case, starter: Starter, words: str, *path: Part) -> Step:
    return case.step("permission", words, starter.answer, *starter.place, *path)


def _role(case: Case, starter: Starter) -> Iterator[Step]:
    if not starter.role:
        words = "Its target has no role: EventBridge may not call RunTask for you."
        yield _step(case, starter, words, Absent("RoleArn"))
    elif not case.roles.assumable(starter.role, starter.principal):
        words = f"{starter.principal} is to assume this role for RunTask, and can not."
        yield _step(case, starter, words, "RoleArn")
        yield from permission.trust(case, starter.role, starter.principal)


def _definition(case: Case, starter: Starter) -> Iterator[Step]:
    name = starter.definition.rsplit("/", 1)[-1]
    answer = case.ask("ecs", "describe_task_definition", taskDefinition=name)
    if not answer.error and value_at(answer, "taskDefinition", "status") == "ACTIVE":
        return
    words = "Its target runs this task definition."
    place = ("EcsParameters", "TaskDefinitionArn")
    yield case.step("state", words, starter.answer, *starter.place, *place)
    if answer.error:
        yield case.step("state", "Amazon ECS has no such task definition.", answer)
    else:
        words = "It has been deregistered: no new task can be started from it."
        yield case.step("state", words, answer, "taskDefinition", "status")


def _cluster(case: Case, starter: Starter) -> Iterator[Step]:
    name = str(starter.get("Arn")).rsplit("/", 1)[-1]
    answer = case.ask("ecs", "describe_clusters", clusters=[name])
    if value_at(answer, "clusters", 0, "status") == "ACTIVE":
        return
    words = f"There is no cluster {name} in which its task could run."
    member = "clusters" if value_at(answer, "clusters") else "failures"
    yield case.step("state", words, answer, member)


def _call(case: Case, starter: Starter) -> Iterator[Step]:
    """Yield what RunTask answered the last time, if it started nothing."""
    answer = case.calls_of("RunTask")
    session = f":assumed-role/{starter.role.rsplit('/', 1)[-1]}/{starter.name[:_SESSION]}"
    for index, event in enumerate(value_at(answer, "Events") or []):
        record = json.loads(event["CloudTrailEvent"])
        if not str(record["userIdentity"].get("arn")).endswith(session):
            continue
        failures = (record.get("responseElements") or {}).get("failures") or []
        message = str(record.get("errorMessage") or "")
        if message or failures:
            words = "When it was due last RunTask refused, as CloudTrail has it."
            if failures:
                words = f"When it was due last RunTask found no room: {failures[0]['reason']}."
            yield case.step("permission", words, answer, "Events", index, "CloudTrailEvent")
            yield from _behind(case, starter, message, failures)
        return


def _behind(
    case: Case, starter: Starter, message: str, failures: list[dict[str, Any]]
) -> Iterator[Step]:
    denial = permission.denial_in(message)
    if denial is not None:
        yield permission.lacking(case, starter.role, denial[1], denial[2])
    elif failures and ":container-instance/" in str(failures[0].get("arn")):
        instance = str(failures[0]["arn"])
        name = str(starter.get("Arn")).rsplit("/", 1)[-1]
        shown = case.describe_instance(name, instance.rsplit("/", 1)[-1])
        words = "This is what the instance that RunTask names has left."
        place = ("containerInstances", 0, "remainingResources")
        yield case.step("capacity", words, shown, *place)
    elif message:
        words = f"This is what it asks for: {message.rstrip('.')}."
        yield case.step("state", words, starter.answer, *starter.place, "EcsParameters")


def _forecast(case: Case, starter: Starter) -> Iterator[Step]:
    """Yield what its role may not do, as the policies are now."""
    name = starter.definition.rsplit("/", 1)[-1]
    answer = case.ask("ecs", "describe_task_definition", taskDefinition=name)
    definition = value_at(answer, "taskDefinition") or {}
    wanted: list[tuple[str, str, dict[str, str]]] = []
    wanted.append(("ecs:RunTask", str(definition.get("taskDefinitionArn")), {}))
    for member in ("executionRoleArn", "taskRoleArn"):
        if definition.get(member):
            keys = {"iam:PassedToService": "ecs-tasks.amazonaws.com"}
            wanted.append(("iam:PassRole", str(definition[member]), keys))
    for action, resource, keys in wanted:
        if not case.roles.permits(starter.role, action, resource, context=keys).allowed:
            words = f"It calls RunTask with this role, which may not {action}."
            yield _step(case, starter, words, "RoleArn")
            yield permission.lacking(case, starter.role, action, resource)
            return


def _last_task(case: Case, starter: Starter) -> Iterator[Step]:
    started_by = f"{starter.prefix}/{starter.name}"[:_LONGEST]
    found: list[Task] = [
        task
        for cluster in case.account.clusters.values()
        for task in cluster.tasks.values()
        if task.started_by == started_by
    ]
    if not found:
        words = "Nothing is in its way; it has started no task within the last hour."
        cluster = str(starter.get("Arn")).rsplit("/", 1)[-1]
        answer = case.ask("ecs", "list_tasks", cluster=cluster, startedBy=started_by)
        yield case.step("state", words, answer, "taskArns")
        return
    task = max(found, key=lambda each: each.created_at)
    words = f"The last task that it started is {task.id[:8]}."
    yield case.task_step("state", words, task, "startedBy")
    yield from tasks.steps(case, task)
