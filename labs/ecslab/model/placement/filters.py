"""Which container instances can take a task, and why the others can't.

AWS: task-placement (CPU, GPU, memory and ports first, then constraints);
api_failures_messages (the reasons).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ecslab.model.placement.query import QueryError, query

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from ecslab.model.placement.candidate import Candidate
    from ecslab.model.placement.needs import Needs

AGENT: Final = "AGENT"
ATTRIBUTE: Final = "ATTRIBUTE"
LOCATION: Final = "LOCATION"
CPU: Final = "RESOURCE:CPU"
MEMORY: Final = "RESOURCE:MEMORY"
PORTS: Final = "RESOURCE:PORTS"
GPU: Final = "RESOURCE:GPU"
ENI: Final = "RESOURCE:ENI"
MEMBER_OF: Final = "MemberOf placement constraint unsatisfied."
DISTINCT_INSTANCE: Final = "DistinctInstance placement constraint unsatisfied."

ORDER: Final = (
    AGENT,
    ATTRIBUTE,
    LOCATION,
    MEMBER_OF,
    DISTINCT_INSTANCE,
    GPU,
    CPU,
    MEMORY,
    PORTS,
    ENI,
)
"""The reasons from the farthest to the closest match. AWS does not publish how it judges which
instance is closest; here it is the one that only lacks what a free instance of its kind has."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a task asks for besides resources.

    Args:
        group: its task group.
        constraints: placement constraints in botocore's shape, those of the definition included.
        zones: for awsvpc, the Availability Zones of the subnets; None for any zone.
    """

    group: str
    constraints: tuple[Mapping[str, Any], ...] = ()
    zones: frozenset[str] | None = None


def obstacle(needs: Needs, wish: Wish, instance: Candidate) -> str | None:
    """Return why an instance can't take a task, None when it can.

    Args:
        needs: what the task takes.
        wish: what it asks for besides.
        instance: the container instance.
    """
    if not instance.connected:
        return AGENT
    return _misfit(needs, wish, instance) or _shortage(needs, instance)


def fits(needs: Needs, instance: Candidate) -> bool:
    """Return whether an instance has the resources that a task takes."""
    return _shortage(needs, instance) is None


def _misfit(needs: Needs, wish: Wish, instance: Candidate) -> str | None:
    """Return what no amount of free resources would mend."""
    for name, value in needs.attributes:
        if name not in instance.attributes or (
            value is not None and instance.attributes[name] != value
        ):
            return ATTRIBUTE
    if wish.zones is not None and instance.zone not in wish.zones:
        return LOCATION
    for constraint in wish.constraints:
        if constraint["type"] == "distinctInstance":
            if instance.hosts(wish.group):
                return DISTINCT_INSTANCE
        elif not _selects(str(constraint.get("expression")), instance):
            return MEMBER_OF
    return None


def _selects(expression: str, instance: Candidate) -> bool:
    """Say whether an expression is true; a task definition may have one that nobody can read."""
    try:
        return query(expression).selects(instance)
    except QueryError:
        return False


def _shortage(needs: Needs, instance: Candidate) -> str | None:
    checks = (
        (GPU, needs.gpus > instance.gpus),
        (CPU, needs.cpu > instance.cpu),
        (MEMORY, needs.memory > instance.memory),
        (PORTS, bool(needs.tcp & instance.tcp or needs.udp & instance.udp)),
        (ENI, needs.interface and instance.interfaces < 1),
    )
    return next((reason for reason, lacking in checks if lacking), None)


def closest(obstacles: Sequence[tuple[Candidate, str]]) -> tuple[Candidate, str] | None:
    """Return the closest match of those that can't take a task; the earlier of equals."""
    return max(obstacles, key=lambda pair: ORDER.index(pair[1]), default=None)


def eligible(
    needs: Needs, wish: Wish, instances: Collection[Candidate]
) -> tuple[list[Candidate], list[tuple[Candidate, str]]]:
    """Return the instances that can take a task, and the others each with the reason.

    Args:
        needs: what the task takes.
        wish: what it asks for besides.
        instances: the container instances of the cluster that are ACTIVE.
    """
    able, unable = [], []
    for instance in instances:
        reason = obstacle(needs, wish, instance)
        if reason is None:
            able.append(instance)
        else:
            unable.append((instance, reason))
    return able, unable
