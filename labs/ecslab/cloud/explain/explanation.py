"""`Explanation`: why something is as it is, as plain values with a plain text form."""

from __future__ import annotations

import json
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ecslab.cloud.drawn import Drawn

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from ecslab.cloud.explain.evidence import Evidence

_WIDTH: Final = 79
_INDENT: Final = "     "
_MOST: Final = 400
"""Characters of a value that are shown; the whole value is in the evidence."""


@dataclass(frozen=True, slots=True)
class Step:
    """One link of the chain.

    Args:
        layer: where it is: `place`, `pull`, `initialise`, `start`, `application`, `health`,
            `network`, `permission`, `capacity`, `deployment`, `scaling` or `state`.
        words: what is so, in a plain sentence.
        evidence: the call that shows it.
    """

    layer: str
    words: str
    evidence: Evidence


@dataclass(frozen=True, repr=False)
class Explanation(Drawn):
    """The chain of causes behind the state of one thing; it stays as it is when time goes on.

    `str()` is its text; a notebook shows its picture.

    Args:
        arn: what is explained.
        at: the simulated time.
        state: its state, in a few words.
        steps: from what you see to its cause, each the reason of the one before it.
    """

    arn: str
    at: datetime
    state: str
    steps: tuple[Step, ...]

    @property
    def cause(self) -> Step:
        """Return the last step, which is as deep as the account can tell."""
        return self.steps[-1]

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data that JSON can hold."""
        steps = [
            {
                "layer": step.layer,
                "words": step.words,
                "call": step.evidence.call,
                "value": step.evidence.value,
            }
            for step in self.steps
        ]
        return {"arn": self.arn, "at": self.at.isoformat(), "state": self.state, "steps": steps}

    def __str__(self) -> str:
        """Return the chain as lines of at most 79 characters."""
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        yield from _wrapped(self.state, "", "")
        for number, step in enumerate(self.steps, 1):
            first = f"{number:>2}. [{step.layer}] "
            yield from _wrapped(step.words, first, _INDENT)
            yield from (f"{_INDENT}  {line}" for line in step.evidence.lines())
            yield from _wrapped(shown(step.evidence.value), f"{_INDENT}  → ", f"{_INDENT}    ")


def shown(value: Any) -> str:
    """Return a value as it is shown: a text as it is, all else as JSON; long ones are cut."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = " ".join(text.split()) or '""'
    return text if len(text) <= _MOST else f"{text[: _MOST - 1]}…"


def _wrapped(text: str, first: str, then: str) -> list[str]:
    lines = textwrap.wrap(
        text, _WIDTH, initial_indent=first, subsequent_indent=then, break_on_hyphens=False
    )
    return [line.rstrip() for line in lines]
