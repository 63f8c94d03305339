"""A wrong step costs its own points, and not those of the steps that build upon it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from unittest.mock import Mock

import pytest

from ecslab.course.grading import grade_files
from ecslab.course.grading.names import bound_by, read_by
from ecslab.course.grading.second_look import NOTE, LookAlone


@pytest.fixture
def graded(handed: Any, parent: Any) -> Any:
    """Grade the lab with these answers; gives outcomes and messages by check."""

    def grade(**answers: str) -> Any:
        path = handed.hand_in(handed.solved(**answers))
        (report,) = grade_files([path], course=handed.files, parent=parent, timeout=2)
        assert report.problem is None
        return (
            {check.id: check.outcome for check in report.checks},
            {check.id: check.message for check in report.checks},
        )

    return grade


def test_a_step_that_builds_upon_a_wrong_one_is_judged_by_itself(graded: Any) -> None:
    outcomes, messages = graded(first="first = 9")

    assert outcomes == {"first": "not yet", "second": "passed", "third": "passed"}
    assert messages["second"].endswith(NOTE)
    assert NOTE not in messages["third"], "it passed at the first look"


@pytest.mark.parametrize(
    "first", ["first = 1 / 0", "while True: pass", "import os; os._exit(1)", "first = ("]
)
def test_so_it_is_behind_a_step_that_raises_hangs_dies_or_is_no_python(
    graded: Any, first: str
) -> None:
    outcomes, _ = graded(first=first)

    assert (outcomes["second"], outcomes["third"]) == ("passed", "passed")
    assert outcomes["first"] in {"error", "timeout"}


def test_the_learners_own_names_mean_what_the_learner_meant(graded: Any) -> None:
    outcomes, _ = graded(
        first="first = 9\nmine = 4\ndef add(number):\n    return number + mine",
        second="second = add(first) - 3",
    )

    assert outcomes == {"first": "not yet", "second": "passed", "third": "passed"}


def test_a_step_that_is_wrong_by_itself_says_what_is_wrong_with_itself(graded: Any) -> None:
    outcomes, messages = graded(first="first = 9", second="second = first + 2")

    assert outcomes["second"] == "not yet"
    assert "found: 7" in messages["second"], "with the first step as the solution has it"


def test_a_step_that_fits_the_learners_own_beginning_passes_at_the_first_look(graded: Any) -> None:
    """On the solution's account it would fail: 5 - 3 is 2."""
    outcomes, messages = graded(first="first = 9", second="second = first - 3")

    assert outcomes["second"] == "passed"
    assert NOTE not in messages["second"]


SPOILERS = {
    "swallows what is printed": """
import io, sys
def swallow(info):
    sys.stdout = io.StringIO()
get_ipython().events.register("pre_run_cell", swallow)
first = 9""",
    "hangs when the next step runs": """
def trap(info):
    while info.raw_cell.startswith("second ="):
        pass
get_ipython().events.register("pre_run_cell", trap)
first = 9""",
    "ends Python when the next step runs": """
import os
def trap(info):
    if info.raw_cell.startswith("second ="):
        os._exit(1)
get_ipython().events.register("pre_run_cell", trap)
first = 9""",
    "hides a function of Python": """
print = sorted = max = None
first = 9""",
}


@pytest.mark.parametrize("first", SPOILERS.values(), ids=SPOILERS)
def test_a_step_that_spoils_the_process_costs_its_own_points_only(graded: Any, first: str) -> None:
    outcomes, _ = graded(first=first, second="second = max(first + 1, 6)")

    assert outcomes.pop("first") in {"not yet", "error"}
    assert outcomes == {"second": "passed", "third": "passed"}


def test_a_cell_that_hangs_by_itself_is_run_again_only_once() -> None:
    """It costs its time limit twice; if all others did so too, a class would take twice as long."""

    @dataclass
    class Cell:
        number: int
        role: str
        source: str = "while True: pass"
        reference: str = "pass"
        stub: str = ""
        changed: bool = True
        left_out: bool = False

    runner: Any = Mock()
    runner.run.return_value = False
    runner.kernel.timed_out = True
    start = Mock(return_value=runner)
    cells: Any = [Cell(number, ("answer", "check")[number % 2]) for number in range(6)]
    look = LookAlone(cells, start, lambda _: None)

    assert [look.prepare(check, {2, 4}, set()) for check in (3, 5)] == [None, None]
    assert start.call_count == 1


@pytest.mark.parametrize("first", ["first = 5", "first = 5\nopen('made', 'w').close()"])
@pytest.mark.parametrize("strict", [False, True])
def test_a_solution_that_cannot_be_run_ahead_is_run_again(
    handed: Any, parent: Any, first: str, *, strict: bool
) -> None:
    """Files that a solution writes would be missing in a process that begins behind it."""
    handed.reference["cells"][1]["source"] = first
    solution = handed.files.solution("02-clusters")
    solution.write_text(json.dumps(handed.reference), encoding="utf-8")
    path = handed.hand_in(handed.solved(first="first = 9", second="second = first + 1"))

    (report,) = grade_files([path], course=handed.files, parent=parent, strict=strict)

    assert [check.outcome for check in report.checks][:2] == ["not yet", "passed"]


def test_a_step_may_use_what_an_earlier_one_has_left_behind(graded: Any) -> None:
    """What is no name of the notebook is missing when the step is looked at alone."""
    outcomes, _ = graded(
        first="import os\nos.environ['ADDED'] = '1'\nfirst = 9",
        second="import os\nsecond = first + int(os.environ['ADDED'])",
    )

    assert outcomes == {"first": "not yet", "second": "passed", "third": "passed"}


def test_a_name_that_the_solution_uses_otherwise_means_what_the_learner_meant(
    handed: Any, parent: Any
) -> None:
    handed.reference["cells"][1]["source"] = "offset = 100\nfirst = 5"
    solution = handed.files.solution("02-clusters")
    solution.write_text(json.dumps(handed.reference), encoding="utf-8")
    answers = {"first": "offset = 1\nfirst = 9", "second": "second = first + offset"}
    path = handed.hand_in(handed.solved(**answers))

    (report,) = grade_files([path], course=handed.files, parent=parent)

    outcomes = {check.id: check.outcome for check in report.checks}
    assert outcomes == {"first": "not yet", "second": "passed", "third": "passed"}


TRAP = """
def trap(info):
    while 'check("second"' in (info.raw_cell or ""):
        try:
            import time
            time.sleep(0.1)
        except BaseException:
            pass
get_ipython().events.register("pre_run_cell", trap)
first = 9"""


def test_a_trap_in_an_earlier_step_does_not_spoil_the_second_look(handed: Any, parent: Any) -> None:
    path = handed.hand_in(handed.solved(first=TRAP, second="second = 5 + 1"))

    (report,) = grade_files([path], course=handed.files, parent=parent, timeout=1)

    outcomes = {check.id: check.outcome for check in report.checks}
    assert outcomes == {"first": "not yet", "second": "passed", "third": "passed"}


def test_what_was_not_attempted_earns_nothing(graded: Any) -> None:
    outcomes, _ = graded(first="first = 9", second="second = ...", third="# your code here")

    assert outcomes == {"first": "not yet", "second": "not attempted", "third": "not attempted"}


def test_an_answer_in_a_markdown_cell_is_told_what_to_do(handed: Any, parent: Any) -> None:
    notebook = handed.solved()
    notebook["cells"][3]["cell_type"] = "markdown"
    path = handed.hand_in(notebook)

    (report,) = grade_files([path], course=handed.files, parent=parent)

    (lost,) = [check for check in report.checks if not check.earned]
    assert (lost.id, lost.outcome) == ("second", "not attempted")
    assert "change its type to Code" in lost.message


def test_names_are_found_wherever_python_binds_them() -> None:
    code = "import os.path as p, re\nfor i in x: pass\ndef f(): g = h\nclass C: pass\n(a := b)"

    assert bound_by([code, "not python ("]) == {"p", "re", "i", "f", "g", "C", "a"}
    assert read_by([code]) == {"x", "h", "b"}


def test_magics_and_commands_hide_no_names() -> None:
    code = "%%time\n!true\n%matplotlib inline\nlines = !ls\ndef f(): pass\nx = await y"

    assert bound_by([code, "%%bash\nz=1"]) == {"lines", "f", "x"}
