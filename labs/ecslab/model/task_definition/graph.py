"""Whether containers that name one another name themselves in the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from graphlib import CycleError, TopologicalSorter


def has_cycle(edges: Mapping[str, Sequence[str]]) -> bool:
    """Return whether following the names from any container leads back to it.

    Args:
        edges: for each container the containers that it names.
    """
    try:
        TopologicalSorter(edges).prepare()
    except CycleError:
        return True
    return False
