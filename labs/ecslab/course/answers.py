"""What a learner's answer names in the account: a task definition, a task."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from ecslab.course.expectations import expect
from ecslab.course.outcomes import NotYet

if TYPE_CHECKING:
    from ecslab.course.session import Session

__all__ = ["registered", "task_of"]

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
        answer: an ARN, a task, or what RunTask answered.
        cluster: the name of the cluster it must be in.
    """
    if isinstance(answer, dict):
        answer = (answer.get("tasks") or [answer])[0].get("taskArn")
    if not isinstance(answer, str):
        raise NotYet(
            expected="the ARN of your task",
            found=answer,
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
