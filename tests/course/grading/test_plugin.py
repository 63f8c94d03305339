"""Plain pytest with nbval gives the true verdict, because our plugin stands in between."""

from __future__ import annotations

import copy
import json
import re
import subprocess
import sys
from typing import Any

import pytest


@pytest.fixture
def plain(handed: Any) -> Any:
    """Run pytest as a learner would, and give its exit status and what it printed."""

    def run(*arguments: Any) -> Any:
        command = [sys.executable, "-m", "pytest", "-rA", "--color=no", *map(str, arguments)]
        done = subprocess.run(
            command,
            check=False,
            capture_output=True,
            text=True,
            cwd=handed.desk,
            env=handed.environment(),
        )
        return done.returncode, done.stdout + done.stderr

    return run


def verdicts(text: str) -> Any:
    """Give the outcome of each item, by file and name."""
    found = re.findall(r"^(PASSED|FAILED|ERROR) (\S+)::(\S+)", text, re.MULTILINE)
    return {f"{path.split('/')[-1]}::{name}": outcome for outcome, path, name in found}


def test_a_lab_gets_the_verdict_that_grading_gives(handed: Any, plain: Any) -> None:
    notebook = handed.solved(second="second = 7")
    for number, cell in enumerate(notebook["cells"]):
        cell["id"] = f"new-{number}"  # as an editor that knows no ids would
        cell["source"] = cell["source"].replace('lab.check("third")', 'print("✔ third")')

    handed.hand_in(handed.starter, "not-asked-for.ipynb")

    status, text = plain("--nbval-lax", handed.hand_in(notebook))

    failed = [name for name, outcome in verdicts(text).items() if outcome != "PASSED"]
    assert (status, failed) == (1, ["alice.ipynb::check-second"])
    assert "✘ second: not yet (0 of 3 points)\n  expected: 6\n  found: 7" in text
    assert "alice.ipynb: 3 of 6 points." in text
    assert "not-asked-for" not in text


def test_one_check_can_be_run_alone(handed: Any, plain: Any) -> None:
    """What stands in front of it runs first; nbval alone would run it in an empty process."""
    path = handed.hand_in(handed.solved())

    status, text = plain("--nbval-lax", f"{path}::check-third")

    assert status == 0
    assert verdicts(text) == {"alice.ipynb::check-third": "PASSED"}


def test_checks_can_be_run_without_their_answers_being_items(handed: Any, plain: Any) -> None:
    """An answer that is not selected runs in front of its check, and has no verdict of its own."""
    path = handed.hand_in(handed.solved(first="first = 9", second="second = first + 1"))

    _, text = plain("--nbval-lax", path, "-k", "check-")

    assert verdicts(text) == {
        "alice.ipynb::check-first": "FAILED",
        "alice.ipynb::check-second": "PASSED",
        "alice.ipynb::check-third": "PASSED",
    }, text


def test_course_notebooks_are_compared_other_notebooks_left_to_nbval_and_broken_ones_named(
    handed: Any, plain: Any
) -> None:
    """The course stores no execution counts: nbval alone compares nothing, or fails the cell."""
    lesson = copy.deepcopy(handed.reference)
    lesson["cells"] = [cell for cell in lesson["cells"] if cell["id"] != "only-solution"]
    lesson["cells"][4]["outputs"][0]["text"] = "something else\n"
    lesson["cells"][6]["outputs"] = []
    handed.files.lesson("02-clusters").write_text(json.dumps(lesson))
    other = handed.hand_in(
        {
            "cells": [{"cell_type": "code", "source": "1 + 1", "outputs": [], "metadata": {}}],
            "nbformat": 4,
            "nbformat_minor": 4,
            "metadata": {},
        },
        "other.ipynb",
    )
    other_cell = json.loads(other.read_text())
    other_cell["cells"][0]["execution_count"] = None
    other.write_text(json.dumps(other_cell))
    broken = handed.desk / "02-clusters.ipynb"
    broken.write_text("{")

    status, text = plain(
        "--nbval",
        "--continue-on-collection-errors",
        handed.files.lesson("02-clusters"),
        other,
        broken,
    )

    found = verdicts(text)
    assert status == 1
    assert found["02-clusters.ipynb::check-first"] == "PASSED"
    assert found["02-clusters.ipynb::check-second"] == "FAILED"
    assert found["02-clusters.ipynb::check-third"] == "FAILED"
    assert "other.ipynb::Cell 0" in text
    assert "02-clusters.ipynb is not a notebook: it does not hold JSON" in text
