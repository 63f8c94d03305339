"""Grading: nbval judges the learner's answers inside the pristine notebook."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ecslab.course.grading.grader import Grader
    from ecslab.course.grading.render import (
        in_words,
        protected,
        to_csv,
        to_json,
        to_junit,
        to_table,
    )
    from ecslab.course.grading.report import CheckResult, Report
    from ecslab.course.grading.run import grade_files

__all__ = [
    "CheckResult",
    "Grader",
    "Report",
    "grade_files",
    "in_words",
    "protected",
    "to_csv",
    "to_json",
    "to_junit",
    "to_table",
]

_HOMES = {
    "CheckResult": "report",
    "Grader": "grader",
    "Report": "report",
    "grade_files": "run",
    "in_words": "render",
    "protected": "render",
    "to_csv": "render",
    "to_json": "render",
    "to_junit": "render",
    "to_table": "render",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: pytest imports this package at every start."""
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)


def __dir__() -> list[str]:
    """Return the public names."""
    return sorted(__all__)
