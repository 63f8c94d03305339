"""What happened to a service, in few words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ecslab.journal import Entry, Journal

_BY_SCHEDULER = "ServiceSchedulerInitiated"
_SUBJECT = re.compile(r"^\(service [^)]*?(?:, taskSet (?P<deployment>[^)]*))?\) ?")
_TASK_LIST = re.compile(r":(?: \(task [0-9a-f]+\))+")
_TASK = re.compile(r"\(task ([0-9a-f]{8})[0-9a-f]*\)")
_DEPLOYMENT = re.compile(r"\(?(?:deployment )?(ecs-svc/\d+)\)?")
_GROUP = re.compile(r"\(target-group [^)]*targetgroup/([^/)]+)/[^)]*\)")


def happenings(
    journal: Journal, life: list[Entry], numbers: Mapping[str, int]
) -> Iterator[tuple[Entry, str]]:
    """Yield what happened to a service and to its tasks, oldest first.

    Args:
        journal: what happened.
        life: the entries about the service.
        numbers: which deployment of the service it is, by its id.
    """
    about = {entry.seq for entry in life}
    tasks: set[str] = set()
    goal = ""
    for entry in journal:
        words = None
        if entry.seq in about and "upper" in entry.fields:
            before, goal = goal, _goal(entry)
            if before not in ("", goal):
                yield entry, goal
        if entry.seq in about:
            words = _service(entry, numbers)
        elif entry.fields.get("deployment") in numbers and entry.kind.startswith("task."):
            tasks.add(entry.subject)
        elif entry.kind == "task.stopping" and entry.subject in tasks:
            words = _task(entry)
        if words:
            yield entry, words


def _service(entry: Entry, numbers: Mapping[str, int]) -> str | None:
    fields = entry.fields
    if entry.kind == "service.event":
        return shortened(str(fields["message"]), numbers)
    if entry.kind == "deployment.started" and not fields["rollback"]:
        return f"deployment {numbers[fields['deployment']]} begins"
    return {"service.deleted": "service deleted", "service.inactive": "service inactive"}.get(
        entry.kind
    )


def goal_words(desired: int, lower: int, upper: int) -> str:
    """Return a desired count and the limits around it as a phrase."""
    return f"{desired} desired, at least {lower}, at most {upper}"


def _goal(entry: Entry) -> str:
    return goal_words(*(entry.fields[name] for name in ("desired", "lower", "upper")))


def _task(entry: Entry) -> str | None:
    """Return the end of a task that was not the scheduler's wish."""
    fields = entry.fields
    if "code" not in fields or fields["code"] == _BY_SCHEDULER:
        return None
    why = fields["code"] or fields["reason"]
    return f"task {entry.subject.rsplit('/', 1)[-1][:8]} stops: {why}"


def shortened(message: str, numbers: Mapping[str, int]) -> str:
    """Return a service event without the service's name, long ids and lists of tasks.

    Args:
        message: the event's message, in AWS's words.
        numbers: which deployment of the service it is, by its id.
    """

    def numbered(match: re.Match[str]) -> str:
        number = numbers.get(match.group(1))
        return f"deployment {number}" if number else "a deployment"

    text = _SUBJECT.sub("", message)
    text = _TASK.sub(r"task \1", _TASK_LIST.sub("", text))
    text = _GROUP.sub(r"target group \1", text)
    text = _DEPLOYMENT.sub(numbered, text).replace(" deployment completed", " completed")
    text = text.replace(" deployment failed", " failed")
    text = re.sub(r"\b1 (running )?tasks\b", r"1 \1task", text).replace("1 targets", "1 target")
    return text.removeprefix("has ").rstrip(". ")
