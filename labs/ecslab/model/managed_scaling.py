"""The arithmetic of cluster auto scaling: how many instances a capacity provider needs.

AWS: cluster-auto-scaling, managed-scaling-behavior; facts on managed scaling.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Final

from ecslab.model.capacity_providers import SCALING_DEFAULTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ecslab.model.placement import Needs

NAMESPACE: Final = "AWS/ECS/ManagedScaling"
METRIC: Final = "CapacityProviderReservation"
SCALE_IN_POINTS: Final = 15
"""Minutes below the target before instances are taken away (managed-scaling-behavior)."""

WAITING_QUOTA: Final = 500
"""Tasks in PROVISIONING for want of capacity, per cluster (Amazon ECS endpoints and quotas)."""

_FROM_ZERO: Final = 2
"""How many instances ECS launches into an empty group (cluster-auto-scaling: always 200%)."""
_FULL: Final = 100.0
_EMPTY: Final = 200.0


@dataclass(frozen=True, slots=True)
class Shape:
    """What one instance type offers to tasks.

    Args:
        cpu: CPU units.
        memory: registered MiB.
        interfaces: tasks with their own network interface.
        gpus: GPUs.
        tcp: TCP ports that the agent keeps.
    """

    cpu: int
    memory: int
    interfaces: int
    gpus: int = 0
    tcp: frozenset[int] = frozenset()

    def holds(self, needs: Needs, *, distinct: bool = False) -> int:
        """Return how many tasks of one kind an empty instance can hold.

        Args:
            needs: what one task takes.
            distinct: whether no two of them may share an instance.
        """
        rooms = [
            room // need
            for room, need in (
                (self.cpu, needs.cpu),
                (self.memory, needs.memory),
                (self.gpus, needs.gpus),
                (self.interfaces, int(needs.interface)),
            )
            if need
        ]
        if needs.tcp & self.tcp:
            return 0
        if needs.tcp or needs.udp or distinct:
            rooms.append(1)
        return max(0, min(rooms, default=len(rooms) + 10**6))


@dataclass(frozen=True, slots=True)
class Demand:
    """Tasks of one kind that wait for capacity."""

    needs: Needs
    count: int
    distinct: bool = False


def envelope(shapes: Sequence[Shape]) -> tuple[Shape, Shape]:
    """Return the smallest and the largest of each parameter over instance types.

    AWS: managed-scaling-behavior: the types are sorted by each parameter for itself.

    Args:
        shapes: what the types of the group offer, at least one.
    """
    ports = frozenset().union(*(shape.tcp for shape in shapes))
    low, high = (
        Shape(
            cpu=pick(shape.cpu for shape in shapes),
            memory=pick(shape.memory for shape in shapes),
            interfaces=pick(shape.interfaces for shape in shapes),
            gpus=pick(shape.gpus for shape in shapes),
            tcp=ports,
        )
        for pick in (min, max)
    )
    return low, high


def missing(demands: Sequence[Demand], shapes: Sequence[Shape]) -> int:
    """Return how many instances more the waiting tasks need: a lower bound.

    Kinds of tasks that the smallest type can't hold are left out; of the others the kind that
    needs most decides, since AWS calls the result a lower bound.

    Args:
        demands: the waiting tasks, grouped by equal needs.
        shapes: what the instance types of the group offer.
    """
    if not shapes:
        return 0
    smallest, largest = envelope(shapes)
    needed = [
        ceil(each.count / largest.holds(each.needs, distinct=each.distinct))
        for each in demands
        if smallest.holds(each.needs, distinct=each.distinct) > 0
    ]
    return max(needed, default=0)


def reservation(used: int, running: int, extra: int) -> float:
    """Return CapacityProviderReservation in percent: instances needed per instance there.

    Args:
        used: instances that run at least one task that is no daemon.
        running: all instances of the provider.
        extra: instances that waiting tasks need besides.
    """
    if running == 0:
        return _EMPTY if extra else _FULL
    needed = running + extra if extra else used
    return _FULL * needed / running


def step(extra: int, settings: Mapping[str, int]) -> int:
    """Return the instances to ask for, within the smallest and largest step; 0 stays 0."""
    chosen = {**SCALING_DEFAULTS, **settings}
    least, most = chosen["minimumScalingStepSize"], chosen["maximumScalingStepSize"]
    return min(max(extra, least), most) if extra else 0


def wanted_out(value: float, running: int, settings: Mapping[str, int]) -> int:
    """Return the capacity at which the metric would be on target, after scaling out.

    Args:
        value: the metric.
        running: the instances there are.
        settings: botocore's ManagedScaling.
    """
    if running == 0:
        return _FROM_ZERO
    most = running + int(settings["maximumScalingStepSize"])
    return min(most, ceil(running * value / settings["targetCapacity"] - 1e-9))


def wanted_in(value: float, running: int, settings: Mapping[str, int]) -> int:
    """Return the capacity after one minute of scaling in: at most half of the group goes.

    Args:
        value: the metric.
        running: the instances there are.
        settings: botocore's ManagedScaling.
    """
    goal = ceil(running * value / settings["targetCapacity"] - 1e-9)
    return max(goal, running - max(1, running // 2))
