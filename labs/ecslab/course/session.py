"""A lesson or a lab in a notebook: its account, its checks, its hints and its end."""

from __future__ import annotations

import textwrap
from html import escape
from typing import TYPE_CHECKING, Any

from ecslab.course import leftovers, notebook, tracebacks
from ecslab.course.catalogue import Entry
from ecslab.course.checks import Module, Scenario
from ecslab.course.outcomes import Result, mark
from ecslab.course.predictions import Predictions
from ecslab.course.record import Record
from ecslab.course.setting import Setting
from ecslab.errors import CourseError

if TYPE_CHECKING:
    from ecslab.cloud import Cloud

__all__ = ["TRIES_BEFORE_SOLUTION", "Session", "latest", "opened", "start"]

TRIES_BEFORE_SOLUTION = 3

_WIDTH = 79
"""Characters of a line that every page shows without breaking a word."""

# A kernel simulates one account at a time: boto3 has one set of default credentials.
_open: list[Session] = []


def start(name: str, part: str = "lab", *, setting: Setting | None = None) -> Session:
    """Open a lesson or a lab: a fresh account with what the notebook needs in it.

    A session that is still open in this notebook ends first, so the cell can be run again.

    Args:
        name: of the module, such as ``02-clusters``; its number alone will do.
        part: ``lab`` or ``lesson``.
        setting: the course and the cloud; the real course on the simulated cloud by default.
    """
    setting = setting or Setting()
    entry = setting.catalogue.find_ready(name)
    module = setting.module(entry.name)
    scenario = module.scenario_of(part) or Scenario(goal=entry.summary)
    while _open:
        _open.pop().stop()
    session = Session(entry, module, part, scenario, setting)
    _open.append(session)
    tracebacks.shorten()
    session.open()
    return session


def opened() -> Session:
    """Give the session that is open in this process.

    Raises:
        CourseError: none is.
    """
    found = latest()
    if found is None:
        raise CourseError("Nothing is open: run the first cell of the notebook.")
    return found


def latest() -> Session | None:
    """Give the session that was opened last in this process, or None."""
    return _open[-1] if _open else None


class Session:
    """One open lesson or lab; `start` makes it.

    Args:
        entry: the module as the catalogue has it.
        module: its checks and scenarios.
        part: ``lab`` or ``lesson``.
        scenario: what its account holds at the start.
        setting: the course and the cloud.
    """

    def __init__(
        self, entry: Entry, module: Module, part: str, scenario: Scenario, setting: Setting
    ) -> None:
        self.name = entry.name
        self.part = part
        self.results: dict[str, Result] = {}
        """The latest result of each check that was run since the start or the last reset."""
        self._entry = entry
        self._module = module
        self._scenario = scenario
        self._setting = setting
        self._cloud: Cloud | None = None
        self._clients: dict[str, Any] = {}
        self._given = leftovers.Inventory(())
        self._hints: dict[str, int] = {}
        self._predictions = Predictions()
        self._record = Record(self.name, setting.progress())

    @property
    def cloud(self) -> Cloud:
        """The simulated account."""
        if self._cloud is None:
            raise CourseError(
                f"This account is closed: run {self._noun}.reset() or the first cell for a new one."
            )
        return self._cloud

    def client(self, service: str) -> Any:
        """Give the boto3 client of a service; the same one each time.

        Args:
            service: as boto3 names it, such as ``ecs`` or ``elbv2``.
        """
        if service not in self._clients:
            self._clients[service] = self._setting.new_client(service)
        return self._clients[service]

    def open(self) -> None:
        """Start the account, build the scenario and say what is there; `start` does this."""
        self._build()
        checks = self._module.checks
        lines = [
            f"{self._entry.heading} · {self.part}",
            f"  goal: {self._scenario.goal}",
            f"  given: {self._scenario.given}",
        ]
        if self.part == "lab" and checks:
            lines.append(f"  checks: {_count(len(checks), 'check')}, {self._module.points} points")
        self._say("\n".join(lines))

    def check(self, check_id: str, answer: object = None) -> None:
        """Judge one step and print the outcome.

        Args:
            check_id: the id of the check.
            answer: the value the step asks for, when it asks for one.
        """
        check = self._module.find(check_id)
        self._need_cloud()
        result = check.run(self, answer)
        self.results[check_id] = result
        if result.attempted:
            self._record.tried(check_id, passed=result.passed)
        self._say(result.block)

    def hint(self, check_id: str) -> None:
        """Print the next hint of a check; after the last one, the last one again.

        Args:
            check_id: the id of the check.
        """
        hints = self._module.find(check_id).hints
        number = min(self._hints.get(check_id, 0) + 1, len(hints))
        self._hints[check_id] = number
        self._record.hinted(check_id, number)
        block = f"{check_id}, hint {number} of {len(hints)}: {hints[number - 1]}"
        self._say(textwrap.fill(block, _WIDTH, subsequent_indent="  "))

    def solution(self, check_id: str) -> None:
        """Print how the reference solves a step, after a pass or three tries.

        Args:
            check_id: the id of the check.
        """
        self._module.find(check_id)
        best = self._record.check(check_id)
        missing = TRIES_BEFORE_SOLUTION - best.tries
        if not best.passed and missing > 0:
            self._say(
                f"○ {check_id}: the solution opens when the check passes, or after "
                f"{_count(missing, 'more try', 'more tries')}."
            )
            return
        steps = notebook.steps(notebook.read(self._setting.files().solution(self.name)))
        cells = [cell for step in steps if step.check_id == check_id for cell in step.answers]
        if not cells:
            raise CourseError(f"The solution of {self.name} has no cells for {check_id!r}.")
        code = "\n\n".join(notebook.without_markers(cell.source) for cell in cells)
        self._say(f"# {check_id}: one way to do it\n{code}")

    def score(self) -> None:
        """Print the points of each check, and their sum; the best result counts."""
        rows = self._rows()
        width = max((len(check_id) for _, check_id, _, _, _ in rows), default=0)
        lines = [f"{self._entry.heading} · score"]
        for sign, check_id, title, points, of in rows:
            lines.append(f"{sign} {check_id:<{width}}  {points} of {of}  {title}")
        earned = sum(row[3] for row in rows)
        lines.append(f"  {'total':<{width}}  {earned} of {self._module.points} points")
        self._say("\n".join(lines))

    def reset(self) -> None:
        """Begin again with a fresh account; what was reached so far stays recorded."""
        self._build()
        self._say(f"{self._entry.heading} · {self.part}: a fresh account. {self._scenario.given}")

    def cleanup(self) -> None:
        """Print what you made that still costs money or blocks a delete; end when there is none."""
        if self._cloud is not None:
            left = leftovers.take(self.client).without(self._given)
            if left.items or left.unseen:
                self._say(_remaining(left, self._noun))
                return
            self.stop()
            if self.part == "lesson":
                self._record.lesson_done()
        self._say(
            "✔ Nothing left: no resource of yours costs money any more. The account is closed."
        )

    def predict(self, name: str, value: object) -> None:
        """Commit a prediction before something happens.

        Args:
            name: of the prediction.
            value: what you expect.
        """
        self._say(self._predictions.predict(name, value))

    def reveal(self, name: str, observed: object, why: str) -> None:
        """Print whether a prediction held, and why; a wrong one costs nothing.

        Args:
            name: of the prediction.
            observed: what happened.
            why: one sentence.
        """
        self._say(self._predictions.reveal(name, observed, why))

    def stop(self) -> None:
        """Close the account without looking what is left."""
        cloud, self._cloud = self._cloud, None
        self._clients.clear()
        if cloud is not None:
            cloud.stop()

    def __repr__(self) -> str:
        """Return the module and what was reached."""
        if self.part == "lesson":
            return f"<Session {self.name} lesson>"
        rows = self._rows()
        earned = sum(row[3] for row in rows)
        passed = sum(row[0] == "✔" for row in rows)
        return (
            f"<Session {self.name} lab: {passed} of {_count(len(rows), 'check')} passed, "
            f"{earned} of {self._module.points} points>"
        )

    def _repr_html_(self) -> str:
        """Return the same as a small table, for a notebook."""
        head = escape(f"{self._entry.heading} · {self.part}")
        rows = "".join(
            f"<tr><td>{sign}</td><td><code>{escape(check_id)}</code></td>"
            f"<td style='text-align:left'>{escape(title)}</td><td>{points} of {of}</td></tr>"
            for sign, check_id, title, points, of in (self._rows() if self.part == "lab" else [])
        )
        return f"<table><caption>{head}</caption><tbody>{rows}</tbody></table>" if rows else head

    @property
    def _noun(self) -> str:
        return "lab" if self.part == "lab" else "lesson"

    def _build(self) -> None:
        self.results.clear()
        self._hints.clear()
        if self._cloud is None:
            self._cloud = self._setting.new_cloud()
            self._cloud.start()
        else:
            self._cloud.reset()
        # Only a scenario puts things into the account, and looking for them takes time.
        self._given = leftovers.Inventory(())
        if self._scenario.build is not None:
            self._scenario.build(self._cloud)
            self._given = leftovers.take(self.client)

    def _need_cloud(self) -> None:
        _ = self.cloud

    def _rows(self) -> list[tuple[str, str, str, int, int]]:
        """For each check: sign, id, title, points earned, points possible; the best counts."""
        rows = []
        for check_id, check in self._module.checks.items():
            best = self._record.check(check_id)
            sign = mark(passed=best.passed, attempted=best.tries > 0)
            earned = check.points if best.passed else 0
            rows.append((sign, check_id, check.title, earned, check.points))
        return rows

    def _say(self, block: str) -> None:
        notice = self._record.notice()
        print(block if notice is None else f"{block}\n{notice}")  # noqa: T201 - how a notebook talks


def _remaining(left: leftovers.Inventory, noun: str) -> str:
    lines = []
    if left.items:
        lines.append(f"✘ {_count(len(left.items), 'thing is', 'things are')} left. In this order:")
        for item in left.items:
            lines += [f"  {item.kind} {item.name}", f"    {item.delete}"]
    lines += [f"✘ {sentence}" for sentence in left.unseen]
    lines.append(f"  then: {noun}.cleanup()")
    return "\n".join(lines)


def _count(number: int, one: str, many: str | None = None) -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"
