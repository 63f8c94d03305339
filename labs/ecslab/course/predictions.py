"""Predictions in a lesson: the learner commits a value, then sees what happens."""

from __future__ import annotations

from typing import Any

from ecslab.course.values import render

__all__ = ["Predictions"]


class Predictions:
    """The values a learner has committed so far, by name."""

    def __init__(self) -> None:
        self._values: dict[str, object] = {}

    def predict(self, name: str, value: object) -> str:
        """Keep a prediction, and say so.

        Args:
            name: of the prediction.
            value: what the learner expects; ``...`` leaves it open.
        """
        if value is Ellipsis:
            self._values.pop(name, None)
            return f"○ {name}: no prediction yet. Write yours in place of the dots."
        self._values[name] = value
        return f"● {name}: you predict {render(value)}."

    def reveal(self, name: str, observed: object, why: str) -> str:
        """Say whether a prediction held, and why things are as they are.

        Args:
            name: of the prediction.
            observed: what happened.
            why: one sentence.
        """
        if name not in self._values:
            return f"○ {name}: you made no prediction. It is {render(observed)}.\n  {why}"
        value = self._values[name]
        if _same(value, observed):
            return f"✔ {name}: it is {render(observed)}, as you predicted.\n  {why}"
        return f"✘ {name}: you predicted {render(value)}, it is {render(observed)}.\n  {why}"


def _same(first: Any, second: Any) -> bool:
    """Compare as a person would: ``running`` is ``RUNNING``, ``2`` is ``"2"``."""
    if isinstance(first, list | tuple) and isinstance(second, list | tuple):
        return len(first) == len(second) and all(
            _same(one, other) for one, other in zip(first, second, strict=True)
        )
    if isinstance(first, str | int | float | bool) and isinstance(second, str | int | float | bool):
        return first == second or str(first).strip().lower() == str(second).strip().lower()
    try:
        return bool(first == second)
    except Exception:  # noqa: BLE001 - a prediction is never an error, whatever was written
        return False
