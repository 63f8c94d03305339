"""What a learner's answer names in the account: a task definition, a task."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from ecslab.course.expectations import expect
from ecslab.course.outcomes import NotYet

if TYPE_CHECKING:
    from ecslab.course.session import Session

__all__ = ["arns_of", "registered", "task_of"]

_REFERENCE = re.compile(r"(arn:aws:ecs:\S+:task-definition/)?[\w-]+(:\d+)?")
_WHERE = "describe_task_definition → taskDefinition"


def registered(lab: Session, answer: object, family: str) -> dict[str, Any]:
    """Give the task definition that an answer names, or end the check with *not yet*.

    Args:
        lab: the session whose account is judged.
        answer: an ARN, ``family:revision``, what RegisterTaskDefinition answered, or the words
            with which AWS refused.
        family: the family it must be of.
    """
    if isinstance(answer, dict):
        answer = answer.get("taskDefinition", answer).get("taskDefinitionArn")
    if not isinstance(answer, str):
        raise NotYet(
            expected=f"the ARN of a registered definition of the family {family}",
            found=answer,
            look_at="what register(…) gives back",
        )
    if not _REFERENCE.fullmatch(answer):
        raise NotYet(
            expected="AWS registers the definition",
            found=" ".join(answer.split()),
            look_at="the last sentence: it names the field, or the rule that is broken",
        )
    try:
        found = lab.client("ecs").describe_task_definition(taskDefinition=answer)
    except ClientError as error:
        raise NotYet(
            expected=f"the ARN of a registered definition of the family {family}",
            found=f"{answer}: {error.response['Error']['Message']}",
            look_at=f'list_task_definitions(familyPrefix="{family}")',
        ) from None
    definition: dict[str, Any] = found["taskDefinition"]
    expect(definition["family"], family, f"{_WHERE}.family")
    return definition


def task_of(lab: Session, answer: object, cluster: str) -> dict[str, Any]:
    """Give the task that an answer names, or end the check with *not yet*.

    Args:
        lab: the session whose account is judged.
        answer: an ARN or a task, also alone in a list, or what RunTask answered.
        cluster: the name of the cluster it must be in.
    """
    given = answer
    if isinstance(answer, dict):
        answer = answer.get("tasks") or [answer]
    if isinstance(answer, list | tuple) and len(answer) == 1:
        answer = answer[0]
    if isinstance(answer, dict):
        answer = answer.get("taskArn")
    if not isinstance(answer, str):
        raise NotYet(
            expected="the ARN of your task",
            found=_refusals(given) or given,
            look_at="run_task → tasks[0].taskArn",
        )
    if ":task-definition/" in answer:
        raise NotYet(
            expected="the ARN of your task",
            found="the ARN of its definition; every task has an ARN of its own",
            look_at="run_task → tasks[0].taskArn",
        )
    tasks = lab.client("ecs").describe_tasks(cluster=cluster, tasks=[answer])["tasks"]
    if not tasks:
        raise NotYet(
            expected=f"your task in the cluster {cluster}",
            found="no task of this ARN there",
            look_at=f'list_tasks(cluster="{cluster}")',
        )
    task: dict[str, Any] = tasks[0]
    return task


def arns_of(answer: object) -> list[str] | None:
    """Give the ARNs of a collection of tasks, or None when it is none.

    Args:
        answer: ARNs or tasks in a list, a set or a dictionary's values, or what DescribeTasks or
            RunTask answered.
    """
    if isinstance(answer, Mapping):
        answer = answer["tasks"] if "tasks" in answer else list(answer.values())
    if isinstance(answer, str) or not isinstance(answer, Collection):
        return None
    items = list(answer)
    named = [each.get("taskArn") if isinstance(each, Mapping) else each for each in items]
    arns = [arn for arn in named if isinstance(arn, str)]
    return arns if len(arns) == len(items) else None


def _refusals(answer: object) -> str:
    """Give the reasons why RunTask placed no task."""
    failures = answer.get("failures") if isinstance(answer, dict) else None
    reasons = sorted({str(each.get("reason")) for each in failures or ()})
    return f"no task; run_task → failures: {', '.join(reasons)}" if reasons else ""
