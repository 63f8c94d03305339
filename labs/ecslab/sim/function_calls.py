"""AWS Lambda, as Amazon ECS calls the functions of lifecycle hooks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FunctionsPort", "Invocation"]


@dataclass(frozen=True, slots=True)
class Invocation:
    """What became of a call of a function.

    Args:
        answer: what it returned, as JSON has it.
        error: why there is no answer.
        seconds: how long it took.
        refused: what of the role did not let it be called: ``trust`` or ``call``; empty when it
            was called.
    """

    answer: Any = None
    error: str | None = None
    seconds: float = 0.0
    refused: str = ""


class FunctionsPort(Protocol):
    """AWS Lambda."""

    def invoke(self, function: str, role: str, payload: Mapping[str, Any]) -> Invocation:
        """Call a function with the permissions of a role that Amazon ECS assumes."""
