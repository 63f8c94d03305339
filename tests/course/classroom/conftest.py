"""A class's reports, made without running a notebook."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ecslab.course.grading.report import CheckResult, Outcome, Report

Make = Callable[..., Report]


@pytest.fixture
def report() -> Make:
    """Make a report: `report("Ada", "passed", "not yet")`, one outcome for each check."""

    def make(learner: str, *outcomes: Outcome, said: str = "expected 2, found 1") -> Report:
        checks = tuple(
            CheckResult(
                f"step-{number}",
                f"Step {number}",
                2,
                2 if outcome == "passed" else 0,
                outcome,
                f"✘ step-{number}: {outcome} (0 of 2 points)\n  {said}",
                0.5,
            )
            for number, outcome in enumerate(outcomes, start=1)
        )
        return Report(Path(f"{learner}/02-clusters.ipynb"), "02-clusters", checks, learner=learner)

    return make
