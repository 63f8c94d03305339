"""Placement strategies: in which order instances are preferred, and which task goes first.

AWS: task-placement-strategies; botocore ecs PlacementStrategy, UpdateService (how the scheduler
starts and stops tasks). Strategies are best effort: they only put what the filters leave in order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ecslab.model.placement.candidate import ZONE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from random import Random

    from ecslab.model.placement.candidate import Candidate

Strategy = tuple["Mapping[str, Any]", ...]
Key = tuple[float, ...]

SERVICE_DEFAULT: Final[Strategy] = (
    {"type": "spread", "field": f"attribute:{ZONE}"},
    {"type": "spread", "field": "instanceId"},
)
"""How the tasks of a service are placed that has no strategy: over zones, then over instances."""

RUN_TASK_DEFAULT: Final[Strategy] = ({"type": "random"},)
"""How RunTask places without a strategy (task-placement)."""

_HOST_FIELDS: Final = ("instanceid", "host")
_ATTRIBUTE: Final = "attribute:"


def preferred(
    able: Sequence[Candidate],
    everywhere: Sequence[Candidate],
    strategy: Strategy,
    group: str,
    random: Random,
) -> list[Candidate]:
    """Return the instances that can take a task, the best first.

    Args:
        able: those that the filters leave.
        everywhere: all instances of the cluster, over which `spread` counts tasks.
        strategy: the rules in botocore's shape; an earlier one dominates.
        group: the task group: `spread` counts the tasks of the same service or group.
        random: a source of chance, for the rule `random`.
    """
    keys = [_place_key(rule, everywhere, group, random) for rule in strategy]
    return sorted(able, key=lambda instance: tuple(key(instance) for key in keys))


def dispensable(
    tasks: Sequence[str],
    hosts: Mapping[str, Candidate],
    strategy: Strategy,
    group: str,
    random: Random,
) -> list[str]:
    """Return tasks in the order in which a service that scales in stops them.

    `spread` takes from where most tasks of the service are, `binpack` from where most of the
    resource is left, `random` from anywhere.

    Args:
        tasks: their ids.
        hosts: the container instance of each.
        strategy: the rules in botocore's shape.
        group: the task group.
        random: a source of chance.
    """
    left, order = list(tasks), []
    while left:
        keys = [_stop_key(rule, left, hosts, group, random) for rule in strategy]
        chosen = min(left, key=lambda task: tuple(key(hosts[task]) for key in keys))
        order.append(chosen)
        left.remove(chosen)
    return order


def _place_key(
    rule: Mapping[str, Any], everywhere: Sequence[Candidate], group: str, random: Random
) -> Callable[[Candidate], float]:
    kind, field = str(rule["type"]), str(rule.get("field") or "")
    if kind == "random":
        return _chance(random)
    if kind == "binpack":
        return lambda instance: _left(instance, field)
    counts: dict[str | None, float] = {}
    for each in everywhere:
        value = spread_value(each, field)
        counts[value] = counts.get(value, 0) + each.hosts(group)
    return lambda instance: counts.get(spread_value(instance, field), 0)


def _stop_key(
    rule: Mapping[str, Any],
    left: Sequence[str],
    hosts: Mapping[str, Candidate],
    group: str,  # noqa: ARG001 - the tasks are of one group already
    random: Random,
) -> Callable[[Candidate], float]:
    kind, field = str(rule["type"]), str(rule.get("field") or "")
    if kind == "random":
        return _chance(random)
    if kind == "binpack":
        return lambda instance: -_left(instance, field)
    counts: dict[str | None, int] = {}
    for task in left:
        value = spread_value(hosts[task], field)
        counts[value] = counts.get(value, 0) + 1
    return lambda instance: -counts.get(spread_value(instance, field), 0)


def _chance(random: Random) -> Callable[[Candidate], float]:
    drawn: dict[str, float] = {}
    return lambda instance: drawn.setdefault(instance.id, random.random())


def _left(instance: Candidate, field: str) -> float:
    return instance.memory if field.lower() == "memory" else instance.cpu


def spread_value(instance: Candidate, field: str) -> str | None:
    """Return what `spread` counts by: the instance, or the value of one of its attributes."""
    if field.lower() in _HOST_FIELDS:
        return instance.id
    name = field.removeprefix(_ATTRIBUTE)
    return instance.attributes[name] or "" if name in instance.attributes else None
