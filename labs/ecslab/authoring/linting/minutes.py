"""Rules for the minutes of a module: shown on its pages, and near what its pages ask for.

The estimate is made of stated allowances: prose at 200 words a minute, given code at a second a
line (running all cells of a notebook takes less than that; the test suite does it), half a minute
for each prediction, two for each exercise of a lesson and for each check of a lab.
"""

from __future__ import annotations

from collections.abc import Iterator

from ecslab.authoring.linting.page import Page
from ecslab.authoring.problem import Problem
from ecslab.authoring.tree import LESSON

__all__ = ["estimate", "problems"]

_WORDS_A_MINUTE = 200
_LINES_A_MINUTE = 60
_PREDICTION = 0.5
_EXERCISE = 2.0
_OFF_BY_AT_MOST = 5.0


def estimate(page: Page) -> float:
    """Estimate how long a learner takes for a page.

    Args:
        page: a lesson, or the source of a lab and its solution.

    Returns:
        Minutes.
    """
    cells = page.source.cells
    words = sum(len(cell.text.split()) for cell in cells if not cell.is_code)
    given = [cell for cell in cells if cell.is_code and "answer" not in cell.tags]
    lines = sum(len(cell.text.splitlines()) for cell in given)
    predictions = sum(".predict(" in cell.text for cell in given)
    exercises = sum("check" in cell.tags or cell.id.startswith("your-turn") for cell in given)
    return (
        words / _WORDS_A_MINUTE
        + lines / _LINES_A_MINUTE
        + predictions * _PREDICTION
        + exercises * _EXERCISE
    )


def problems(page: Page) -> Iterator[Problem]:
    """Compare the minutes of the catalogue with the page.

    Args:
        page: a lesson, or the source of a lab and its solution.
    """
    entry = page.entry
    if not entry.ready:
        return
    lesson = page.source.part == LESSON
    minutes = entry.lesson_minutes if lesson else entry.lab_minutes
    said = f"about {minutes} minutes"
    if lesson:
        said += f", then {entry.lab_minutes} for the lab"
    if not any(said in paragraph.text for paragraph in page.paragraphs):
        fix = f"write {said!r} where it says what the reader needs"
        yield page.problem(1, "the page does not say how long it takes", fix)
    needed = estimate(page)
    if abs(needed - minutes) > _OFF_BY_AT_MOST:
        message = f"course.toml says {minutes} minutes, its words and exercises take {needed:.0f}"
        yield page.problem(1, message, f"say {5 * round(needed / 5)} there and on the page")
