"""What a learner's notebook earned, check by check."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from ecslab.course.grading.merge import check_id
from ecslab.course.grading.notebook import Notebook, is_code
from ecslab.course.grading.text import clean
from ecslab.course.grading.verdict import Verdict
from ecslab.errors import CourseError

__all__ = ["CheckResult", "Outcome", "Report", "Step", "results_of", "steps_of"]

Outcome = Literal["passed", "not yet", "not attempted", "error", "timeout"]

_OWN_WORDS = "CourseError: "
_PASSED = re.compile(r"✔ (?P<id>[a-z0-9-]+): passed \((?P<points>\d+) of (?P=points) points?\)")


@dataclass(frozen=True)
class Step:
    """A check of the lab, as its solution passes it.

    Attributes:
        id: of the check.
        points: what it is worth.
        title: in a few words.
    """

    id: str
    points: int
    title: str


@dataclass(frozen=True)
class CheckResult:
    """The outcome of one check.

    Attributes:
        id: of the check.
        title: in a few words.
        points: what it is worth.
        earned: all of its points, or 0.
        outcome: ``passed``, ``not yet``, ``not attempted``, ``error`` or ``timeout``.
        message: what the check printed, or what went wrong in one line.
        seconds: wall-clock seconds of the check and of the cells that lead to it.
    """

    id: str
    title: str
    points: int
    earned: int
    outcome: Outcome
    message: str
    seconds: float


@dataclass(frozen=True)
class Report:
    """The result of one file.

    Attributes:
        file: the file that was graded.
        module: the module of its lab, or nothing when it could not be graded.
        checks: in the order of the lab.
        protections: each protection and whether it was on while the notebook ran.
        problem: one sentence that says why the file could not be graded, or None.
        seconds: wall-clock seconds in all.
        learner: whose file it is, where that is known.
        superseded_by: the later attempt of the same learner that counts instead, or nothing.
    """

    file: Path
    module: str = ""
    checks: tuple[CheckResult, ...] = ()
    protections: Mapping[str, bool] = field(default_factory=dict)
    problem: str | None = None
    seconds: float = 0.0
    learner: str = ""
    superseded_by: str = ""

    @property
    def score(self) -> int:
        """The points earned."""
        return sum(check.earned for check in self.checks)

    @property
    def possible(self) -> int:
        """The points of all checks."""
        return sum(check.points for check in self.checks)

    @property
    def passed(self) -> bool:
        """Whether every check passed."""
        return self.problem is None and self.score == self.possible


def steps_of(notebook: Notebook, titles: Mapping[str, str]) -> tuple[Step, ...]:
    """Read the checks of a lab and their points from the output that nbval compares with.

    Args:
        notebook: the merged notebook, or the solution.
        titles: by the id of the check; an id stands for itself where its title is missing.
    """
    steps = []
    for cell in notebook["cells"]:
        check = check_id(cell) if is_code(cell) else None
        if check is None:
            continue
        texts = (output.get("text", "") for output in cell.get("outputs", ()))
        text = "".join(part for lines in texts for part in lines)
        block = _PASSED.match(text)
        if block is None or block["id"] != check:
            raise CourseError(f"The solution does not pass {check!r}; build the lab again.")
        steps.append(Step(check, int(block["points"]), titles.get(check, check)))
    return tuple(steps)


def results_of(
    steps: Iterable[Step], verdicts: Iterable[Verdict], ending: str
) -> tuple[CheckResult, ...]:
    """Say for each check what became of it.

    Args:
        steps: the checks of the lab.
        verdicts: of the cells that ran.
        ending: why the checks without a verdict have none.
    """
    cells = list(verdicts)
    results = []
    for step in steps:
        group = [cell for cell in cells if cell.check == step.id]
        judged = next((cell for cell in group if cell.role == "check"), None)
        if judged is None:
            outcome: Outcome = "timeout" if "longer" in ending else "error"
            message = ending
        else:
            outcome, message = _outcome(judged, group, _broken(cells[: cells.index(judged)]))
        earned = step.points if outcome == "passed" else 0
        seconds = round(sum(cell.seconds for cell in group if cell.role != "given"), 3)
        results.append(
            CheckResult(step.id, step.title, step.points, earned, outcome, clean(message), seconds)
        )
    return tuple(results)


def _broken(cells: Sequence[Verdict]) -> Verdict | None:
    """Give the first cell of the course, of those in front of a check, that did not run."""
    return next((cell for cell in cells if cell.role == "given" and cell.what != "passed"), None)


def _outcome(
    judged: Verdict, group: Sequence[Verdict], broken: Verdict | None
) -> tuple[Outcome, str]:
    block = judged.text.strip()
    blamed = _blamed([cell for cell in group if cell.learners])
    if not any(cell.changed for cell in group):  # an untouched stub may well raise
        blamed = None if block.startswith("○") else blamed
    blamed = blamed or (judged if judged.what == "timeout" else None)
    if judged.what == "passed":
        return "passed", f"{block}\n  {judged.note}" if judged.note else block
    notes = [cell.note for cell in group if cell.learners and cell.note]
    block = "\n  ".join([block, *notes])
    if blamed is not None:
        return ("timeout" if blamed.what == "timeout" else "error"), _told(blamed)
    if block.startswith(("○", "✘")):
        return ("not attempted" if block.startswith("○") else "not yet"), block
    return "error", _unread(judged, block, broken)


def _unread(judged: Verdict, block: str, broken: Verdict | None) -> str:
    """Explain a check that has neither passed nor said what is missing."""
    if broken is not None:
        return f"cell {broken.cell}: {broken.error}"
    if judged.what == "died":
        return judged.error
    if judged.error.startswith(_OWN_WORDS):
        return judged.error.removeprefix(_OWN_WORDS)
    if judged.error:
        return f"the check could not run: {judged.error}; has a cell in front of it changed `lab`?"
    first = block.splitlines()[0] if block else "nothing"
    return f"the check printed {first!r} and something else: let only the check print here"


def _blamed(cells: Sequence[Verdict]) -> Verdict | None:
    """Choose the learner's cell that explains a failed check best."""
    for what in ("died", "timeout", "failed"):
        for cell in cells:
            if cell.what == what:
                return cell
    return None


def _told(cell: Verdict) -> str:
    return f"your own cell: {cell.error}" if cell.role == "extra" else cell.error
