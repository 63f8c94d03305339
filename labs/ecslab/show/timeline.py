"""`timeline`: the lives of tasks, state by state, as values, text and picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecslab.errors import CourseError
from ecslab.show import tasks as references

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from ecslab.cloud import Cloud
    from ecslab.journal import Entry

STATES = (
    "PROVISIONING",
    "PENDING",
    "ACTIVATING",
    "RUNNING",
    "DEACTIVATING",
    "STOPPING",
    "DEPROVISIONING",
    "STOPPED",
)
"""A task's states in their order (AWS: task-lifecycle-explanation)."""

_NEWEST = 12
"""As many tasks are shown to a reader who names none."""


@dataclass(frozen=True)
class StateSpan:
    """A task in one state.

    Args:
        state: the state.
        begin: seconds from the timeline's start.
        end: the same; for a state that goes on, the moment of the picture.
        over: whether the task has left the state.
    """

    state: str
    begin: float
    end: float
    over: bool

    @property
    def lasted(self) -> float:
        """Return the seconds spent in the state until now."""
        return self.end - self.begin


@dataclass(frozen=True)
class Mark:
    """Something that happened to a container.

    Args:
        at: seconds from the timeline's start.
        container: the container's name.
        kind: started, restarting, stopped, failed or health.
        words: what happened, without the container's name.
    """

    at: float
    container: str
    kind: str
    words: str


@dataclass(frozen=True)
class TaskLine:
    """The life of one task.

    Args:
        id: its id.
        definition: `family:revision`.
        group: `service:name` or `family:name`.
        spans: its states, in order.
        marks: what happened to its containers, in order.
        stop_code: why it stops, as a code; empty while it is to run.
        stop_reason: the same in AWS's words.
        stop_at: when its end was decided, in seconds from the timeline's start.
    """

    id: str
    definition: str
    group: str
    spans: tuple[StateSpan, ...]
    marks: tuple[Mark, ...]
    stop_code: str
    stop_reason: str
    stop_at: float | None

    @property
    def title(self) -> str:
        """Return how pictures name the task."""
        kind, _, name = self.group.partition(":")
        where = f", service {name}" if kind == "service" else ""
        return f"{self.id[: references.SHORT]} ({self.definition}{where})"

    @property
    def stop(self) -> str:
        """Return the stop code and the reason; empty while it is to run."""
        return ": ".join(part for part in (self.stop_code, self.stop_reason) if part)

    @property
    def state(self) -> str:
        """Return the state it is in."""
        return self.spans[-1].state

    def containers(self) -> list[str]:
        """Return the names of the containers that anything is known of."""
        return list(dict.fromkeys(mark.container for mark in self.marks))

    def moments(self) -> list[float]:
        """Return every second at which something happened."""
        spans = [at for span in self.spans for at in (span.begin, span.end)]
        return spans + [mark.at for mark in self.marks]


@dataclass(frozen=True)
class Timeline:
    """The lives of tasks on one axis of time; it stays as it is when time goes on.

    `str()` is its text; a notebook shows its picture.

    Args:
        start: the simulated time of second 0, when the first of the tasks was made.
        length: seconds from the start to now, or to the last event if all tasks have stopped.
        tasks: the tasks.
        left_out: how many older ones there were too.
    """

    start: datetime
    length: float
    tasks: tuple[TaskLine, ...]
    left_out: int = 0

    @property
    def omission(self) -> str:
        """Return the sentence on the tasks that were left out; empty if there are none."""
        if not self.left_out:
            return ""
        return f"{self.left_out} older tasks are left out: name those that you want to see."

    def __str__(self) -> str:
        """Return a table of states over time, in lines of at most 79 characters."""
        from ecslab.show.timeline_text import text

        return text(self)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # noqa: FBT001 - IPython's
        printer.text("…" if cycle else str(self))

    def _repr_html_(self) -> str:
        from ecslab.show.timeline_picture import html

        return html(self)


def timeline(cloud: Cloud, *tasks: Any) -> Timeline:
    """Return how tasks came to be where they are.

    Args:
        cloud: the running account.
        tasks: ARNs or ids (8 digits are enough), or lists of them; the newest 12 if there are none.

    Raises:
        CourseError: there has been no such task.
    """
    found = references.find(cloud.journal, tasks)
    if not found:
        raise CourseError("No task has been run in this account yet: nothing to draw.")
    left_out = 0 if tasks else max(0, len(found) - _NEWEST)
    found = found[left_out:]
    lives = [cloud.journal.about(arn) for arn in found]
    first = min((life[0] for life in lives), key=lambda entry: entry.seconds)
    last = max(life[-1].seconds for life in lives)
    stopped = all(life[-1].kind == "task.stopped" for life in lives)
    now = (cloud.now - first.at).total_seconds()
    length = last - first.seconds if stopped else now
    lines = (_line(life, first.seconds, length) for life in lives)
    return Timeline(first.at, length, tuple(lines), left_out)


def _line(life: list[Entry], start: float, length: float) -> TaskLine:
    wish = next((entry for entry in life if _is_wish(entry)), None)
    reason = str(wish.fields["reason"] or "") if wish else ""
    return TaskLine(
        id=life[0].subject.rsplit("/", 1)[-1],
        definition=str(life[0].fields["definition"]),
        group=str(life[0].fields["group"]),
        spans=tuple(_spans(life, start, length)),
        marks=tuple(_mark(e, start, reason) for e in life if e.kind.startswith("container.")),
        stop_code=str(wish.fields["code"] or "") if wish else "",
        stop_reason=reason,
        stop_at=wish.seconds - start if wish else None,
    )


def _is_wish(entry: Entry) -> bool:
    """Return whether an entry tells that a task is wanted stopped (not that it is STOPPING)."""
    return entry.kind == "task.stopping" and "code" in entry.fields


def _spans(life: list[Entry], start: float, length: float) -> Iterable[StateSpan]:
    kinds = {f"task.{state.lower()}": state for state in STATES}
    changes = [entry for entry in life if entry.kind in kinds and not _is_wish(entry)]
    for entry, following in zip(changes, [*changes[1:], None], strict=True):
        begin, state = entry.seconds - start, kinds[entry.kind]
        if following is not None:
            yield StateSpan(state, begin, following.seconds - start, over=True)
        elif state == "STOPPED":
            yield StateSpan(state, begin, begin, over=True)
        else:
            yield StateSpan(state, begin, length, over=False)


def _mark(entry: Entry, start: float, told: str) -> Mark:
    kind = entry.kind.partition(".")[2]
    fields = entry.fields
    return Mark(entry.seconds - start, str(fields["container"]), kind, _words(kind, fields, told))


def _words(kind: str, fields: dict[str, Any], told: str) -> str:
    """Return what happened; a reason that the task's stop reason repeats is left to that."""
    reason = str(fields.get("reason") or "")
    because = f": {reason}" if reason and reason != told else ""
    if kind == "health":
        return str(fields["status"])
    if kind == "failed":
        return f"did not start{because}"
    if kind == "restarting":
        return f"exit code {fields['exit_code']}, restarting"
    if kind == "stopped":
        code = fields.get("exit_code")
        return f"{'never started' if code is None else f'exit code {code}'}{because}"
    return kind
