"""What a container wrote to its log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecslab.cloud.explain.evidence import value_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecslab.aws.reader import Answer
    from ecslab.cloud.explain.case import Case
    from ecslab.cloud.explain.evidence import Part
    from ecslab.sim.entities import Container, Task

Line = tuple["Answer", "Part", "Part", "Part"]


def last_line(case: Case, task: Task, container: Container) -> Line | None:
    """Return the answer and the place of the last line, None when there is no line."""
    return next(iter(lines(case, task, container)), None)


def lines(case: Case, task: Task, container: Container) -> Iterator[Line]:
    """Yield the places of a container's lines, the newest first."""
    return lines_of(case, container.spec, task.id)


def lines_of(case: Case, spec: dict[str, Any], identifier: str) -> Iterator[Line]:
    """Yield the places of the lines of a container, the newest first.

    Args:
        case: the account.
        spec: its container definition.
        identifier: the id of its task, of which nothing else need be left.
    """
    options = (spec.get("logConfiguration") or {}).get("options") or {}
    group = options.get("awslogs-group")
    if not group or options.get("awslogs-region") != case.region:
        return
    prefix = options.get("awslogs-stream-prefix")
    stream = f"{prefix}/{spec['name']}/{identifier}" if prefix else identifier
    answer = case.ask("logs", "get_log_events", logGroupName=group, logStreamName=stream)
    events = value_at(answer, "events") or []
    for index in range(len(events) - 1, -1, -1):
        if str(events[index].get("message") or "").strip():
            yield answer, "events", index, "message"


def text_of(line: Line) -> str:
    """Return the text of a line."""
    answer, *path = line
    return str(value_at(answer, *(part for part in path if isinstance(part, str | int))) or "")
