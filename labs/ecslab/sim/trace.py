"""A way through the network, hop by hop, with the API call that shows each hop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ecslab.model.network import Hop

__all__ = ["Leg", "Trace"]


@dataclass(frozen=True, slots=True)
class Leg:
    """One connection of a way; an image pull needs three.

    Args:
        title: what it is for; empty when that goes without saying.
        hops: in travelling order; the last one is the obstacle when there is one.
    """

    title: str
    hops: tuple[Hop, ...]

    @property
    def obstacle(self) -> Hop | None:
        """Return the hop where it ends, None when it arrives."""
        return next((hop for hop in self.hops if hop.failure), None)


@dataclass(frozen=True, slots=True)
class Trace:
    """What a packet meets on its way; nothing is sent, and looking changes nothing.

    Args:
        source: who would send.
        destination: where to.
        legs: the connections that it takes, in order; what follows an obstacle is not shown.
    """

    source: str
    destination: str
    legs: tuple[Leg, ...]

    @property
    def hops(self) -> tuple[Hop, ...]:
        """Return the hops of all legs."""
        return tuple(hop for leg in self.legs for hop in leg.hops)

    @property
    def obstacle(self) -> Hop | None:
        """Return the hop where the way ends, None when it arrives."""
        return next((hop for hop in self.hops if hop.failure), None)

    @property
    def reachable(self) -> bool:
        """Return whether the destination is reached."""
        return self.obstacle is None
