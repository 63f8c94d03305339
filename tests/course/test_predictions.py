from __future__ import annotations

from typing import Any

import pytest

from ecslab.course.predictions import Predictions


@pytest.mark.parametrize(
    ("predicted", "observed"),
    [
        ("running", "RUNNING"),
        (2, "2"),
        (["a", "B"], ("A", "b")),
        (True, "true"),
        ({1}, {1}),
        (None, None),
    ],
)
def test_prediction_that_holds(predicted: Any, observed: Any) -> None:
    predictions = Predictions()
    predictions.predict("state", predicted)
    first, second = predictions.reveal("state", observed, "Because.").splitlines()
    assert first.startswith("✔ state: it is ")
    assert second == "  Because."


def test_wrong_prediction_gets_one_line_of_why() -> None:
    predictions = Predictions()
    assert predictions.predict("tasks", 3) == "● tasks: you predict 3."
    assert predictions.reveal("tasks", 2, "One stopped.").splitlines() == [
        "✘ tasks: you predicted 3, it is 2.",
        "  One stopped.",
    ]


def test_no_prediction_is_no_error() -> None:
    predictions = Predictions()
    assert predictions.predict("tasks", ...).startswith("○ tasks: no prediction yet")
    assert predictions.reveal("tasks", 2, "So.").startswith(
        "○ tasks: you made no prediction. It is 2."
    )


def test_last_prediction_counts() -> None:
    predictions = Predictions()
    predictions.predict("tasks", 3)
    predictions.predict("tasks", 2)
    assert predictions.reveal("tasks", 2, "So.").startswith("✔")


def test_value_that_cannot_be_compared_is_only_wrong() -> None:
    class Broken:
        def __eq__(self, other: object) -> None:
            raise RuntimeError

        __hash__ = None

    predictions = Predictions()
    predictions.predict("tasks", Broken())
    assert predictions.reveal("tasks", 2, "So.").startswith("✘")
