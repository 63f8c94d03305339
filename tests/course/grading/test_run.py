"""Grading real notebooks: each of nbval's traps, in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from ecslab.course.grading import grade_files
from ecslab.course.grading.kernel import CourseKernel
from ecslab.course.grading.place import Place
from ecslab.course.sandbox.cage import LAYERS
from ecslab.course.sandbox.limits import Limits
from ecslab.errors import CourseError

CELL_SECONDS = 2


@pytest.fixture
def graded(handed: Any, parent: Any) -> Any:
    """Grade one notebook."""

    def grade(notebook: Any, **options: Any) -> Any:
        path = handed.hand_in(notebook)
        reports = grade_files([path], course=handed.files, parent=parent, **options)
        assert reports[0].problem is None
        return reports[0]

    return grade


def outcomes(report: Any) -> Any:
    return {check.id: check.outcome for check in report.checks}


def messages(report: Any) -> Any:
    return {check.id: check.message for check in report.checks}


def test_an_untouched_lab_is_not_attempted_whatever_its_outputs_claim(
    handed: Any, graded: Any
) -> None:
    for cell in handed.starter["cells"]:
        if "check" in cell["metadata"]["tags"]:
            cell["source"] = f"print({cell['source']!r})"
            text = f"✔ {cell['id']}: passed (1 of 1 points)\n"
            cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": text}]
            cell["execution_count"] = 1

    report = graded(handed.starter)

    assert set(outcomes(report).values()) == {"not attempted"}
    assert (report.score, report.possible) == (0, 6)


ISOLATED = """\
# NBVAL_SKIP
import logging, os, resource, sys
logging.basicConfig(level="DEBUG", stream=sys.stderr, force=True)
logging.getLogger().addHandler(logging.StreamHandler())
calm = os.listdir(".") == [] and "A_TOKEN" not in os.environ
limits = resource.getrlimit(resource.RLIMIT_AS)[1], resource.getrlimit(resource.RLIMIT_FSIZE)[1]
first = 5 if calm and limits == (4096 * 2**20, 64 * 2**20) else 0


class Noisy(int):
    def __eq__(self, other):
        logging.warning("a warning while the check looks")
        return int(self) == other


second = 6"""


def test_a_solved_lab_earns_everything_in_a_clean_and_limited_process(
    handed: Any, graded: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("A_TOKEN", "secret")
    notebook = handed.solved(first=ISOLATED, second="second = Noisy(6)")
    notebook["metadata"]["kernelspec"]["name"] = "no-such-kernel"
    notebook["cells"].insert(3, {"cell_type": "code", "source": "1 / 0", "metadata": {}})
    notebook["cells"] = [cell for cell in notebook["cells"] if cell.get("id") != "check-third"]

    report = graded(notebook)

    assert messages(report)["second"] == "✔ second: passed (3 of 3 points)"
    assert (report.score, report.possible, report.passed) == (6, 6, True)
    assert report.protections["clean environment"]
    assert report.protections["memory limit of a process"] == (sys.platform == "linux")
    assert report.protections["network blocked"] == (sys.platform == "linux")


STUBBORN = """\
import time
while True:
    try:
        print("still here")
        time.sleep(0.1)
    except BaseException:
        pass"""


def test_a_cell_that_cannot_be_interrupted_and_one_that_ends_python_cost_only_themselves(
    handed: Any, graded: Any
) -> None:
    notebook = handed.solved(first=STUBBORN, second="import os\nos._exit(0)")

    report = graded(notebook, timeout=CELL_SECONDS)

    assert outcomes(report) == {"first": "timeout", "second": "error", "third": "passed"}
    assert messages(report)["first"] == "took longer than 2 seconds"
    assert "ended its Python process" in messages(report)["second"]


def test_a_loop_an_exit_and_a_swallowed_error_cost_only_themselves(
    handed: Any, graded: Any
) -> None:
    """``%nosuchmagic`` prints its error to stderr, and nbval alone takes the cell as passed."""
    notebook = handed.solved(
        first="first = 5\nwhile True:\n    pass",
        second="exit()",
        third='%nosuchmagic\nlab.account["third"] = 5',
    )

    report = graded(notebook, timeout=CELL_SECONDS)

    # The loop came after the answer: the interrupted cell has done its work.
    assert outcomes(report) == {"first": "passed", "second": "error", "third": "error"}
    assert messages(report)["second"].startswith("SystemExit: exit() would end the notebook")
    assert "nosuchmagic" in messages(report)["third"]


def test_a_cell_takes_the_output_and_the_functions_of_python_from_nobody_but_itself(
    handed: Any, graded: Any
) -> None:
    notebook = handed.solved(
        first="first = 5\nimport builtins\nbuiltins.print = builtins.len = None",
        second="second = 6\nimport io, sys\nsys.stdout.close()\nsys.stdout = io.StringIO()",
        third='lab.account["third"] = 5\nimport sys\nsys.stdout = sys.stderr = None',
    )

    report = graded(notebook, timeout=CELL_SECONDS)

    assert set(outcomes(report).values()) == {"passed"}


def test_a_shutdown_is_an_error_of_its_cell_and_a_command_needs_no_terminal(
    handed: Any, graded: Any
) -> None:
    notebook = handed.solved(
        first="get_ipython().kernel.do_shutdown(False)\nfirst = 5",
        second="!echo one; exit 3\nsecond = 6",
        third="del lab.account\nlab = None",
    )

    report = graded(notebook, timeout=CELL_SECONDS)

    assert outcomes(report) == {"first": "error", "second": "passed", "third": "error"}
    assert messages(report)["first"].startswith("SystemExit")


ENDS_LATER = """\
class Bomb:
    def __eq__(self, other):
        import os
        os._exit(1)


second = Bomb()"""


ENDED_LATER = "code of this cell ended the Python process when the check ran it"


def test_code_that_ends_python_from_within_a_check_is_blamed_on_its_own_cell(
    handed: Any, graded: Any
) -> None:
    report = graded(handed.solved(first="first = 1 / 0", second=ENDS_LATER))

    assert outcomes(report) == {"first": "error", "second": "error", "third": "passed"}
    assert messages(report)["first"] == "ZeroDivisionError: division by zero"
    assert messages(report)["second"] == ENDED_LATER


def test_several_files_are_graded_side_by_side_and_a_bad_one_does_not_stop_them(
    handed: Any, parent: Any
) -> None:
    broken = handed.desk / "broken.ipynb"
    broken.write_text("{")
    good = [handed.hand_in(handed.solved(), f"{name}.ipynb") for name in ("alice", "bob")]
    seen = []

    reports = grade_files(
        [good[0], broken, good[1]],
        course=handed.files,
        parent=parent,
        jobs=2,
        on_report=seen.append,
    )

    assert [report.file.name for report in reports] == ["alice.ipynb", "broken.ipynb", "bob.ipynb"]
    assert [report.score for report in reports] == [6, 0, 6]
    assert reports[1].problem.startswith("broken.ipynb is not a notebook")
    assert sorted(report.file.name for report in seen) == sorted(
        report.file.name for report in reports
    )


@pytest.mark.parametrize("options", [{"timeout": 0}, {"timeout": float("nan")}, {"jobs": 0}])
def test_limits_that_make_no_sense_are_refused(handed: Any, options: Any) -> None:
    with pytest.raises(CourseError, match="must be"):
        grade_files([], course=handed.files, **options)


@pytest.mark.parametrize(
    ("module", "also"),
    [("grading.plugin", {"rich"}), ("grading.grader", set()), ("classroom.run", set())],
)
def test_what_runs_no_notebook_itself_imports_nothing_heavy(module: str, also: set[str]) -> None:
    """The plugin until it collects one, and the command, which has it judged by others."""
    heavy = {"IPython", "boto3", "ipykernel", "jupyter_client", "moto", "nbformat", "nbval"} | also
    code = f"import ecslab.course.{module}, sys; print(sorted({heavy} & set(sys.modules)))"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_a_judged_notebook_starts_without_a_debugger_that_a_cell_can_still_import(
    parent: Any,
) -> None:
    place = Place.caged(parent.address, Limits(), LAYERS)
    kernel = CourseKernel(place, 20.0)
    try:
        loaded = kernel.ask("'pydevd' in __import__('sys').modules")
        found = kernel.ask("__import__('importlib.util').util.find_spec('debugpy') is not None")
    finally:
        kernel.stop()
        place.close()

    assert (loaded, found) == ("False", "True")
