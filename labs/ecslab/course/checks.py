"""How a module declares its scenarios and its checks, and how a check is judged."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from ecslab.course.meaning import bare
from ecslab.course.outcomes import NotAttempted, NotYet, Passed, Result
from ecslab.course.values import render
from ecslab.errors import CourseError

if TYPE_CHECKING:
    from ecslab.cloud import Cloud
    from ecslab.course.session import Session

__all__ = ["PARTS", "Check", "Module", "NotAttempted", "NotYet", "Passed", "Result", "Scenario"]

PARTS = ("lesson", "lab")
"""The notebooks of a module that start a session."""

MOST_HINTS = 3

_CHECK_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_LONGEST_ID = 42
_MODULE_NAME = re.compile(r"\d\d-[a-z0-9]+(-[a-z0-9]+)*")

Judge = Callable[["Session", Any], None]
Build = Callable[["Cloud"], None]


@dataclass(frozen=True)
class Check:
    """One judged step of a lab.

    Attributes:
        id: lower-case words with hyphens; its cell is labelled ``check-ID``.
        points: what the step is worth, a whole number from 1.
        title: the step in a few words.
        hints: one to three, each saying more than the one before.
        judge: called with the session and the answer; raises an outcome, or returns to pass.
    """

    id: str
    points: int
    title: str
    hints: tuple[str, ...]
    judge: Judge

    def run(self, lab: Session, answer: object = None) -> Result:
        """Judge the learner's work; never raises for anything the learner did.

        Args:
            lab: the session whose account is judged.
            answer: the value the learner gave; an untouched ``...`` is *not attempted*.
        """
        if _is_blank(answer):
            return Result(self, NotAttempted())
        answer = bare(answer)
        try:
            # A program of the learner's may print while it is judged: that is no outcome.
            with redirect_stdout(sys.stderr):
                self.judge(lab, answer)
        except (NotAttempted, NotYet) as outcome:
            return Result(self, outcome)
        except Exception as error:  # noqa: BLE001 - no traceback may reach a learner from a check
            return Result(self, _foreseen(self, answer, error), error)
        return Result(self, Passed())


@dataclass(frozen=True)
class Scenario:
    """What a notebook finds in its account.

    Attributes:
        goal: what the learner is to reach, one sentence.
        given: what is there at the start, one sentence.
        build: makes it, in a fresh cloud; None leaves the account empty.
    """

    goal: str
    given: str = "An empty AWS account."
    build: Build | None = None


class Module:
    """The scenarios and the checks of one course module.

    A module file holds one, named ``MODULE``::

        MODULE = Module("02-clusters")


        @MODULE.scenario("lab", goal="Create …", given="An account with one VPC.")
        def lab(cloud): ...


        @MODULE.check("three-clusters", points=2, title="Three clusters", hints=("…", "…"))
        def three_clusters(lab, answer): ...

    Args:
        name: number and slug, as in ``course.toml``.
    """

    def __init__(self, name: str) -> None:
        if not _MODULE_NAME.fullmatch(name):
            message = f"A module is named like 02-clusters, not {name!r}."
            raise CourseError(message)
        self.name = name
        self.checks: dict[str, Check] = {}
        self._scenarios: dict[str, Scenario] = {}

    @property
    def points(self) -> int:
        """The points of all checks together."""
        return sum(check.points for check in self.checks.values())

    def find(self, check_id: str) -> Check:
        """Give the check of that id, or say which ids there are.

        Args:
            check_id: as the lab's check cells name it.
        """
        if check_id not in self.checks:
            known = ", ".join(self.checks) or "none"
            message = f"There is no check {check_id!r} in {self.name}; its checks are: {known}."
            raise CourseError(message)
        return self.checks[check_id]

    def scenario_of(self, part: str) -> Scenario | None:
        """Give the scenario of a part, or None when nothing was declared for it.

        Args:
            part: ``lesson`` or ``lab``.
        """
        return self._scenarios.get(_known_part(part))

    def starts(self, part: str, *, goal: str, given: str = Scenario.given) -> None:
        """Declare a part that starts with an empty account.

        Args:
            part: ``lesson`` or ``lab``.
            goal: what the learner is to reach, one sentence.
            given: what is there at the start, one sentence.
        """
        self._declare(part, Scenario(goal, given))

    def scenario(self, part: str, *, goal: str, given: str) -> Callable[[Build], Build]:
        """Declare the function that prepares the account for a part.

        Args:
            part: ``lesson`` or ``lab``.
            goal: what the learner is to reach, one sentence.
            given: what is there at the start, one sentence.
        """

        def declare(build: Build) -> Build:
            self._declare(part, Scenario(goal, given, build))
            return build

        return declare

    def check(
        self, check_id: str, *, points: int, title: str, hints: tuple[str, ...]
    ) -> Callable[[Judge], Judge]:
        """Declare a check.

        Args:
            check_id: lower-case words with hyphens, at most 42 characters.
            points: a whole number from 1.
            title: the step in a few words.
            hints: one to three.
        """
        problem = _problem(check_id, points, title, hints)
        if check_id in self.checks:
            problem = "its id is already used"
        if problem:
            message = f"Check {check_id!r} of {self.name} cannot be declared: {problem}."
            raise CourseError(message)

        def declare(judge: Judge) -> Judge:
            self.checks[check_id] = Check(check_id, points, title, tuple(hints), judge)
            return judge

        return declare

    def _declare(self, part: str, scenario: Scenario) -> None:
        if _known_part(part) in self._scenarios:
            message = f"{self.name} declares the scenario of its {part} twice."
            raise CourseError(message)
        self._scenarios[part] = scenario


def _problem(check_id: str, points: object, title: str, hints: object) -> str | None:
    if not _CHECK_ID.fullmatch(check_id) or len(check_id) > _LONGEST_ID:
        return f"its id must be lower-case words with hyphens, at most {_LONGEST_ID} characters"
    if isinstance(points, bool) or not isinstance(points, int) or points < 1:
        return "its points must be a whole number from 1"
    if not title.strip():
        return "it has no title"
    if not isinstance(hints, tuple) or not 1 <= len(hints) <= MOST_HINTS:
        return f"it must have one to {MOST_HINTS} hints, in a tuple"
    if not all(isinstance(hint, str) and hint.strip() for hint in hints):
        return "a hint is empty"
    return None


def _known_part(part: str) -> str:
    if part not in PARTS:
        message = f"A module has the parts {' and '.join(PARTS)}, not {part!r}."
        raise CourseError(message)
    return part


def _is_blank(answer: object) -> bool:
    """Tell whether an answer is still the stub's ``...``, alone or all through a collection."""
    if isinstance(answer, dict):
        answer = list(answer.values())
    if isinstance(answer, list | tuple):
        return bool(answer) and all(item is Ellipsis for item in answer)
    return answer is Ellipsis


def _foreseen(check: Check, answer: object, error: Exception) -> NotYet:
    """Turn an exception inside a check into words about the learner's work."""
    if isinstance(error, ClientError):
        details = error.response.get("Error", {})
        return NotYet(
            expected=f"{error.operation_name} finds what this step asks for",
            found=f"{details.get('Code', 'an error')}: {details.get('Message', 'no message')}",
            look_at=f"what {error.operation_name} answers when you call it",
        )
    if isinstance(error, BotoCoreError):
        found = f"{type(error).__name__}: {error}"
        return NotYet(expected="a value that the AWS API takes", found=found)
    if answer is not None:
        return NotYet(
            expected="an answer of the kind the step describes",
            found=f"{render(answer)}, a {type(answer).__name__} the check cannot read",
            look_at=f'the value you give to lab.check("{check.id}", …)',
        )
    return NotYet(
        expected="work that the check can read",
        found=f"{type(error).__name__} while the check looked at your account: {error}",
        look_at="the resource this step asks for: one of its fields is missing or unusual",
    )
