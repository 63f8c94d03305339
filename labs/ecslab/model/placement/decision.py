"""Where a task goes: filters, constraints, strategies, in this order (task-placement)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecslab.model.placement.filters import Wish, closest, eligible
from ecslab.model.placement.strategy import Strategy, preferred

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from ecslab.model.placement.candidate import Candidate
    from ecslab.model.placement.needs import Needs


@dataclass(frozen=True, slots=True)
class Decision:
    """Where a task goes, or why it goes nowhere.

    Args:
        instance: the chosen container instance, None when none can take the task.
        obstacles: the instances that can't take it, each with the reason.
    """

    instance: Candidate | None
    obstacles: tuple[tuple[Candidate, str], ...] = ()

    @property
    def closest(self) -> tuple[Candidate, str] | None:
        """Return the closest match and its reason, when there is no instance for the task."""
        return None if self.instance else closest(self.obstacles)


def decide(
    needs: Needs,
    wish: Wish,
    instances: Sequence[Candidate],
    strategy: Strategy,
    random: Random,
) -> Decision:
    """Choose the container instance for one task.

    Args:
        needs: what the task takes.
        wish: its group, constraints and zones.
        instances: the cluster's ACTIVE container instances, in the order of registration.
        strategy: placement strategy; of equals the instance that registered first is taken.
        random: a source of chance.
    """
    able, unable = eligible(needs, wish, instances)
    if not able:
        return Decision(None, tuple(unable))
    best = preferred(able, instances, strategy, wish.group, random)[0]
    return Decision(best, tuple(unable))
