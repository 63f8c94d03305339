"""Invariants of placement over generated clusters and tasks."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ecslab.model.placement import (
    Candidate,
    Needs,
    Occupant,
    Wish,
    decide,
    eligible,
    fits,
    preferred,
)

GROUPS = ("service:web", "service:api", "family:job")
RULES: list[dict[str, Any]] = [
    {"type": "random"},
    {"type": "spread", "field": "instanceId"},
    {"type": "spread", "field": "attribute:ecs.availability-zone"},
    {"type": "spread", "field": "attribute:rack"},
    {"type": "binpack", "field": "cpu"},
    {"type": "binpack", "field": "memory"},
]
ports = st.frozensets(st.integers(1, 6), max_size=3)
needs = st.builds(
    Needs,
    cpu=st.integers(0, 900),
    memory=st.integers(0, 900),
    tcp=ports,
    udp=ports,
    gpus=st.integers(0, 1),
    interface=st.booleans(),
)
strategies = st.lists(st.sampled_from(RULES), max_size=5).map(tuple)
constraints = st.lists(
    st.sampled_from(
        [
            {"type": "distinctInstance"},
            {"type": "memberOf", "expression": "attribute:rack exists"},
            {"type": "memberOf", "expression": "runningTasksCount < 3"},
        ]
    ),
    max_size=2,
).map(tuple)


@st.composite
def clusters(draw: Any) -> list[Candidate]:
    """Return instances that are empty."""
    found = []
    for number in range(draw(st.integers(1, 5))):
        attributes = {"ecs.availability-zone": draw(st.sampled_from(["a", "b"]))}
        if draw(st.booleans()):
            attributes["rack"] = draw(st.sampled_from(["1", "2"]))
        found.append(
            Candidate(
                f"i{number}",
                f"arn/i{number}",
                cpu=draw(st.integers(0, 2048)),
                memory=draw(st.integers(0, 2048)),
                gpus=draw(st.integers(0, 2)),
                interfaces=draw(st.integers(0, 3)),
                attributes=attributes,
                connected=draw(st.booleans()),
            )
        )
    return found


def occupied(instance: Candidate, taken: Needs, group: str) -> Candidate:
    """Return an instance with one more task."""
    return replace(
        instance,
        cpu=instance.cpu - taken.cpu,
        memory=instance.memory - taken.memory,
        tcp=instance.tcp | taken.tcp,
        udp=instance.udp | taken.udp,
        gpus=instance.gpus - taken.gpus,
        interfaces=instance.interfaces - taken.interface,
        occupants=(*instance.occupants, Occupant(group)),
    )


@given(
    clusters(),
    st.lists(st.tuples(needs, st.sampled_from(GROUPS), constraints), max_size=25),
    strategies,
    st.integers(0, 3),
)
def test_no_instance_is_ever_oversubscribed(
    cluster: list[Candidate], tasks: list[Any], strategy: Any, seed: int
) -> None:
    """Invariant: CPU, memory, GPUs and interfaces stay at or above 0, no port is taken twice."""
    instances = {each.id: each for each in cluster}
    random = Random(seed)
    for taken, group, limits in tasks:
        found = decide(taken, Wish(group, limits), list(instances.values()), strategy, random)
        if found.instance is None:
            assert len(found.obstacles) == len(instances)
            assert found.closest is not None
            continue
        chosen = found.instance
        assert chosen.connected
        assert not (taken.tcp & chosen.tcp)
        assert not (taken.udp & chosen.udp)
        assert {"type": "distinctInstance"} not in limits or not chosen.hosts(group)
        instances[chosen.id] = occupied(chosen, taken, group)
    for each in instances.values():
        assert min(each.cpu, each.memory, each.gpus, each.interfaces) >= 0


@given(clusters(), needs, strategies, st.integers(0, 3))
def test_strategies_only_order_what_filters_leave(
    cluster: list[Candidate], taken: Needs, strategy: Any, seed: int
) -> None:
    """AWS: task-placement: strategies are best effort, never a reason not to place a task."""
    able, unable = eligible(taken, Wish("family:job"), cluster)
    ordered = preferred(able, cluster, strategy, "family:job", Random(seed))
    assert sorted(each.id for each in ordered) == sorted(each.id for each in able)
    assert len(able) + len(unable) == len(cluster)
    assert all(fits(taken, each) for each in able)
    found = decide(taken, Wish("family:job"), cluster, strategy, Random(seed))
    assert found.instance == (ordered[0] if ordered else None)


@given(clusters(), st.integers(1, 12))
def test_spread_keeps_instances_within_one_task(cluster: list[Candidate], count: int) -> None:
    """AWS: task-placement-strategies: with room everywhere, spread leaves a difference of one."""
    instances = {
        each.id: replace(each, cpu=10_000, memory=10_000, connected=True) for each in cluster
    }
    rule = ({"type": "spread", "field": "instanceId"},)
    for _ in range(count):
        everywhere = list(instances.values())
        found = decide(Needs(cpu=1), Wish("service:web"), everywhere, rule, Random(1)).instance
        assert found is not None
        instances[found.id] = occupied(found, Needs(cpu=1), "service:web")
    counts = [each.hosts("service:web") for each in instances.values()]
    assert max(counts) - min(counts) <= 1
