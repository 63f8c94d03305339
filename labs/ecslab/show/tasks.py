"""Finding, in the journal, the tasks that a reader means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecslab.errors import CourseError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecslab.journal import Journal

SHORT = 8
"""How many digits of a task id a picture shows, and the fewest that name a task."""


def find(journal: Journal, wanted: tuple[Any, ...]) -> list[str]:
    """Return the ARNs of tasks, each once, in the order asked for.

    Args:
        journal: what happened.
        wanted: ARNs, ids, the first 8 or more digits of ids, tasks as DescribeTasks returns them,
            or lists of these; nothing means every task there has been.

    Raises:
        CourseError: there has been no such task, or the digits fit several.
    """
    made = (entry for entry in journal.of_kind("task.") if "definition" in entry.fields)
    known = list(dict.fromkeys(entry.subject for entry in made))
    if not wanted:
        return known
    return list(dict.fromkeys(_one(known, reference) for reference in _references(wanted)))


def _references(wanted: Any) -> Iterator[str]:
    for item in wanted:
        if isinstance(item, str):
            yield item
        elif isinstance(item, dict) and "taskArn" in item:
            yield str(item["taskArn"])
        elif isinstance(item, (list, tuple, set)):
            yield from _references(item)
        else:
            raise CourseError(f"Give a task's ARN or id, not {item!r}.")


def _one(known: list[str], reference: str) -> str:
    digits = reference.rsplit("/", 1)[-1]
    found = [arn for arn in known if arn == reference or _id(arn).startswith(digits)]
    if len(digits) < SHORT or not found:
        raise CourseError(
            f"There has been no task {reference!r} here; give an ARN or an id from list_tasks, or"
            f" at least its first {SHORT} digits."
        )
    if len(found) > 1:
        raise CourseError(f"{len(found)} tasks begin with {digits!r}; give more digits.")
    return found[0]


def _id(arn: str) -> str:
    return arn.rsplit("/", 1)[-1]
