"""`rollout`: the tasks of each revision of a service over time, as values, text and picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecslab.errors import CourseError
from ecslab.show.service_words import goal_words, happenings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from ecslab.cloud import Cloud
    from ecslab.journal import Entry, Journal

PHASES = ("running", "pending", "stopping")
"""What a service's task counts as; PROVISIONING, PENDING and ACTIVATING are pending."""

_PHASE_OF = {
    "task.provisioning": "pending",
    "task.pending": "pending",
    "task.activating": "pending",
    "task.running": "running",
    "task.deactivating": "stopping",
    "task.deprovisioning": "stopping",
    "task.stopped": "",
}
_AFTERGLOW = 15.0
"""Seconds that a picture goes on after the last change."""


@dataclass(frozen=True)
class Revision:
    """What one deployment rolls out.

    Args:
        number: which deployment of the service it was, from 1.
        id: the deployment's id.
        definition: `family:revision`.
    """

    number: int
    id: str
    definition: str

    @property
    def title(self) -> str:
        """Return how pictures name it."""
        return f"deployment {self.number} ({self.definition})"


@dataclass(frozen=True)
class Counts:
    """How many tasks of one revision there are.

    Args:
        running: in RUNNING.
        pending: on their way there.
        stopping: on their way to STOPPED.
    """

    running: int = 0
    pending: int = 0
    stopping: int = 0


@dataclass(frozen=True)
class Step:
    """The counts from a moment on.

    Args:
        at: seconds from the start of the picture.
        counts: one for each revision, in the order of `Rollout.revisions`.
    """

    at: float
    counts: tuple[Counts, ...]

    def total(self, phase: str) -> int:
        """Return how many tasks of all revisions are in a phase."""
        return sum(getattr(item, phase) for item in self.counts)


@dataclass(frozen=True)
class Goal:
    """What the service wants from a moment on.

    Args:
        at: seconds from the start of the picture.
        desired: the desired count.
        lower: healthy tasks that must stay (minimumHealthyPercent, rounded up).
        upper: running and pending tasks that may be there (maximumPercent, rounded down).
    """

    at: float
    desired: int
    lower: int
    upper: int

    @property
    def words(self) -> str:
        """Return the goal as a phrase."""
        return goal_words(self.desired, self.lower, self.upper)


@dataclass(frozen=True)
class Happening:
    """Something that the service reported.

    Args:
        at: seconds from the start of the picture.
        words: what happened, shortened from the service's event.
    """

    at: float
    words: str


@dataclass(frozen=True)
class Rollout:
    """A service's deployments over time; it stays as it is when time goes on.

    `str()` is its text; a notebook shows its picture.

    Args:
        service: the service's name.
        start: the simulated time of second 0, when the first deployment shown began.
        length: seconds until now, or until a little after the last change.
        revisions: the deployments that had tasks, oldest first.
        steps: the counts, at every change.
        goals: the desired count and the limits, at every change.
        happenings: what the service reported, oldest first.
    """

    service: str
    start: datetime
    length: float
    revisions: tuple[Revision, ...]
    steps: tuple[Step, ...]
    goals: tuple[Goal, ...]
    happenings: tuple[Happening, ...]

    def __str__(self) -> str:
        """Return a table of counts over time, in lines of at most 79 characters."""
        from ecslab.show.rollout_text import text

        return text(self)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # noqa: FBT001 - IPython's
        printer.text("…" if cycle else str(self))

    def _repr_html_(self) -> str:
        from ecslab.show.rollout_picture import html

        return html(self)


def rollout(cloud: Cloud, service: str, *, deployments: int = 1) -> Rollout:
    """Return how a service went from one revision to the next.

    Args:
        cloud: the running account.
        service: the service's ARN or name.
        deployments: how many to show, counted from the newest; a rollback belongs to the one that
            failed.

    Raises:
        CourseError: there has been no such service, or several of that name.
    """
    arn = _find(cloud.journal, service)
    life = _since_created(cloud.journal.about(arn))
    begun = [e for e in life if e.kind == "deployment.started" and not e.fields["rollback"]]
    start = begun[-min(max(deployments, 1), len(begun))]
    revisions = _revisions(life)
    moves = list(_moves(cloud.journal, {revision.id for revision in revisions}))
    told = happenings(cloud.journal, life, {r.id: r.number for r in revisions})
    events = tuple(
        Happening(entry.seconds - start.seconds, words)
        for entry, words in told
        if entry.seq >= start.seq
    )
    goals = tuple(_goals(life, start))
    steps = _steps(moves, revisions, start.seconds)
    last = max([0.0, steps[-1].at, goals[-1].at, *(event.at for event in events)])
    length = min((cloud.now - start.at).total_seconds(), last + _AFTERGLOW)
    shown = [i for i, r in enumerate(revisions) if _appears(i, steps) or _begins(r, life, start)]
    return Rollout(
        service=arn.rsplit("/", 1)[-1],
        start=start.at,
        length=length,
        revisions=tuple(revisions[index] for index in shown),
        steps=tuple(Step(s.at, tuple(s.counts[index] for index in shown)) for s in steps),
        goals=goals,
        happenings=events,
    )


def _find(journal: Journal, service: str) -> str:
    created = [entry.subject for entry in journal.of_kind("service.created")]
    known = list(dict.fromkeys(created))
    found = [arn for arn in known if service in (arn, arn.rsplit("/", 1)[-1])]
    if not found:
        raise CourseError(f"There has been no service {service!r} here; give its name or its ARN.")
    if len(found) > 1:
        raise CourseError(f"{len(found)} clusters have a service {service!r}; give its ARN.")
    return found[0]


def _since_created(entries: list[Entry]) -> list[Entry]:
    """Return the entries since the service was made; a name can be used again."""
    created = [index for index, entry in enumerate(entries) if entry.kind == "service.created"]
    return entries[created[-1] :]


def _revisions(life: list[Entry]) -> list[Revision]:
    begun = [entry.fields for entry in life if entry.kind == "deployment.started"]
    definitions = {str(item["deployment"]): str(item["definition"]) for item in begun}
    return [Revision(n, *item) for n, item in enumerate(definitions.items(), start=1)]


def _moves(journal: Journal, deployments: set[str]) -> Iterator[tuple[float, str, str, str]]:
    """Yield (seconds, deployment, phase left, phase entered) for every task of the deployments."""
    member: dict[str, str] = {}
    phase: dict[str, str] = {}
    for entry in journal.of_kind("task."):
        task = entry.subject
        if entry.fields.get("deployment") in deployments:
            member[task] = str(entry.fields["deployment"])
        new = _PHASE_OF.get(entry.kind)
        if task not in member or new is None or phase.get(task, "") == new:
            continue
        yield entry.seconds, member[task], phase.get(task, ""), new
        phase[task] = new


def _steps(
    moves: list[tuple[float, str, str, str]], revisions: list[Revision], start: float
) -> list[Step]:
    table = {revision.id: dict.fromkeys(PHASES, 0) for revision in revisions}
    steps = [Step(0.0, _row(table))]
    for seconds, deployment, left, entered in moves:
        for phase, change in ((left, -1), (entered, 1)):
            if phase:
                table[deployment][phase] += change
        at = max(0.0, seconds - start)
        if steps[-1].at == at:
            steps.pop()
        if not steps or steps[-1].counts != _row(table):
            steps.append(Step(at, _row(table)))
    return steps


def _row(table: dict[str, dict[str, int]]) -> tuple[Counts, ...]:
    return tuple(Counts(**counts) for counts in table.values())


def _goals(life: list[Entry], start: Entry) -> Iterator[Goal]:
    """Yield the goals at the start and at each later change."""
    last: tuple[int, int, int] | None = None
    for entry in life:
        if "upper" not in entry.fields:
            continue
        values = (entry.fields["desired"], entry.fields["lower"], entry.fields["upper"])
        if entry.seq >= start.seq and values != last:
            yield Goal(entry.seconds - start.seconds, *values)
            last = values


def _appears(index: int, steps: list[Step]) -> bool:
    return any(step.counts[index] != Counts() for step in steps)


def _begins(revision: Revision, life: list[Entry], start: Entry) -> bool:
    return any(
        entry.kind == "deployment.started"
        and entry.fields["deployment"] == revision.id
        and entry.seq >= start.seq
        for entry in life
    )
