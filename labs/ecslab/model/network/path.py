"""The answer to "does this reach that?": each hop in plain words, with the call that shows it."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Literal, TypeAlias

__all__ = ["Arrival", "Failure", "Hop", "ObstacleError", "Path", "Steps", "walk"]

Failure = Literal["timeout", "refused", "dns"]


@dataclass(frozen=True, slots=True)
class Hop:
    """One stretch of a path.

    Args:
        words: what happens there, in plain words.
        evidence: the boto3 call that shows it, such as
            ``ec2.describe_route_tables(RouteTableIds=['rtb-1'])``.
        failure: how the sender notices that it ends here; None when the traffic passes.
    """

    words: str
    evidence: str
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class Arrival:
    """How traffic arrived.

    Args:
        via: ``self``, ``local``, ``internet-gateway``, ``nat-gateway``, ``interface-endpoint`` or
            ``gateway-endpoint``.
        source_ip: the address that the far side sees.
    """

    via: str
    source_ip: str


Steps: TypeAlias = Generator[Hop, None, Arrival]


@dataclass(frozen=True, slots=True)
class Path:
    """Whether one thing reaches another, and why.

    Args:
        hops: in travelling order; the last one is the obstacle when there is one.
        failure: ``timeout`` when packets are silently dropped, ``refused`` when the far side
            answers that nothing listens, ``dns`` when the name does not resolve; None when it is
            reachable.
        arrival: how it got there; None when it did not.
    """

    hops: tuple[Hop, ...]
    failure: Failure | None = None
    arrival: Arrival | None = None

    @property
    def reachable(self) -> bool:
        """Whether traffic gets there and back."""
        return self.failure is None

    @property
    def via(self) -> str:
        """How it got there, or an empty text."""
        return self.arrival.via if self.arrival else ""

    @property
    def source_ip(self) -> str:
        """The address that the far side sees, or an empty text."""
        return self.arrival.source_ip if self.arrival else ""

    @property
    def obstacle(self) -> Hop | None:
        """The hop where it ends, or None when it is reachable."""
        return self.hops[-1] if self.failure else None

    def refused(self, words: str, evidence: str) -> Path:
        """Return this path ending in a refused connection: delivered, but nothing listens."""
        if self.failure:
            return self
        return Path((*self.hops, Hop(words, evidence, "refused")), "refused")

    def lines(self) -> list[str]:
        """Return one line of text per hop, each with its evidence."""
        return [f"{'✘' if hop.failure else '✔'} {hop.words} → {hop.evidence}" for hop in self.hops]


class ObstacleError(Exception):
    """Raised by a step that traffic does not get past; `walk` turns it into the path's last hop."""

    def __init__(self, words: str, evidence: str, failure: Failure = "timeout") -> None:
        super().__init__(words)
        self.failure: Failure = failure
        self.hop = Hop(words, evidence, failure)


def walk(steps: Steps) -> Path:
    """Follow hops until an obstacle or the destination is reached."""
    hops: list[Hop] = []
    try:
        while True:
            hops.append(next(steps))
    except StopIteration as end:
        return Path(tuple(hops), None, end.value)
    except ObstacleError as obstacle:
        return Path((*hops, obstacle.hop), obstacle.failure)
