"""`Route`: a way through the network at one moment, as plain values with a plain text form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from ecslab.cloud.drawn import Drawn
from ecslab.sim.trace import Trace

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Route", "mark", "short"]

_MARKS = {None: "✔", "timeout": "✘", "refused": "✘", "dns": "✘"}
_ENDINGS = {
    "timeout": "the sender waits until it times out",
    "refused": "the sender is told at once",
    "dns": "the name does not resolve",
}


@dataclass(frozen=True, repr=False)
class Route(Drawn, Trace):
    """A way through the network: its hops, and where it ends."""

    @classmethod
    def of(cls, trace: Trace) -> Self:
        """Return a trace as something to be shown."""
        return cls(trace.source, trace.destination, trace.legs)

    @property
    def verdict(self) -> str:
        """Return in one sentence whether it arrives, and how the sender notices if not."""
        obstacle = self.obstacle
        if obstacle is None or obstacle.failure is None:
            return "It arrives."
        return f"It ends here: {_ENDINGS[obstacle.failure]}."

    def __str__(self) -> str:
        """Return the hops as lines of text, each with the API call that shows it."""
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        yield f"{short(self.source)} → {short(self.destination)}"
        number = 0
        for leg in self.legs:
            if leg.title:
                yield f"· {leg.title}"
            for hop in leg.hops:
                number += 1
                yield f"{number:>2} {mark(hop.failure)} {hop.words}"
                yield f"      {hop.evidence}"
        yield self.verdict


def mark(failure: str | None) -> str:
    """Return the sign of a hop that passes, or that does not."""
    return _MARKS[failure]


def short(end: str) -> str:
    """Return a source or destination as people name it."""
    if end.startswith("arn:"):
        return f"task {end.rsplit('/', 1)[-1]}"
    return "the internet" if end == "internet" else end
