"""The arithmetic of cluster auto scaling (cluster-auto-scaling, managed-scaling-behavior)."""

from __future__ import annotations

from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecslab.model.capacity_providers import SCALING_DEFAULTS
from ecslab.model.managed_scaling import (
    Demand,
    Shape,
    missing,
    reservation,
    step,
    wanted_in,
    wanted_out,
)
from ecslab.model.placement import Needs

SHAPE = Shape(2048, 3768, 2)
shapes = st.builds(
    Shape,
    cpu=st.integers(256, 8192),
    memory=st.integers(256, 16384),
    interfaces=st.integers(1, 8),
)
needs = st.builds(
    Needs,
    cpu=st.integers(0, 4096),
    memory=st.integers(1, 8192),
    interface=st.booleans(),
    tcp=st.sampled_from([frozenset[int](), frozenset({80})]),
)


@pytest.mark.parametrize(
    ("used", "running", "extra", "value"),
    [(0, 0, 0, 100), (0, 0, 3, 200), (4, 4, 0, 100), (2, 4, 0, 50), (4, 4, 1, 125), (0, 2, 0, 0)],
)
def test_the_metric(used: int, running: int, extra: int, value: float) -> None:
    """AWS: cluster-auto-scaling: M / N x 100, 100 without anything, 200 from zero."""
    assert reservation(used, running, extra) == value


@pytest.mark.parametrize(
    ("task", "room"),
    [
        (Needs(memory=1024), 3),
        (Needs(cpu=1024, memory=10), 2),
        (Needs(memory=10, interface=True), 2),
        (Needs(memory=10, tcp=frozenset({80})), 1),
        (Needs(memory=4000), 0),
        (Needs(memory=10, gpus=1), 0),
    ],
)
def test_room_on_an_instance(task: Needs, room: int) -> None:
    """AWS: managed-scaling-behavior: CPU, memory, ENIs, ports, GPUs."""
    assert SHAPE.holds(task) == room


def test_the_ports_of_the_agent_are_never_free() -> None:
    """AWS: botocore ecs PortMapping.hostPort (ports that the agent reserves)."""
    shape = Shape(2048, 3768, 2, tcp=frozenset({22}))
    assert shape.holds(Needs(memory=10, tcp=frozenset({22}))) == 0
    assert shape.holds(Needs(memory=10), distinct=True) == 1


@given(st.lists(shapes, min_size=1, max_size=4), needs, st.integers(1, 500))
def test_enough_instances_of_the_largest_kind(
    offered: list[Shape], task: Needs, count: int
) -> None:
    """AWS: managed-scaling-behavior: enough, not one too many, nothing for what never fits."""
    found = missing([Demand(task, count)], offered)
    rooms = [shape.holds(task) for shape in offered]
    if found == 0:
        assert min(rooms) == 0
    else:
        assert found >= ceil(count / max(room for room in rooms if room)) or len(offered) > 1
        assert found <= count


@given(st.lists(st.builds(Demand, needs, st.integers(1, 50)), max_size=5))
def test_more_demand_never_needs_less(demands: list[Demand]) -> None:
    """AWS: managed-scaling-behavior."""
    for count in range(len(demands)):
        assert missing(demands[:count], [SHAPE]) <= missing(demands, [SHAPE])


@given(
    st.integers(1, 200),
    st.integers(0, 300),
    st.integers(1, 100),
    st.integers(1, 20),
    st.integers(20, 60),
)
def test_scaling_out(running: int, extra: int, target: int, least: int, most: int) -> None:
    """AWS: botocore ecs ManagedScaling: within the steps, and on target afterwards."""
    settings = {
        **SCALING_DEFAULTS,
        "targetCapacity": target,
        "minimumScalingStepSize": least,
        "maximumScalingStepSize": most,
    }
    asked = step(extra, settings)
    assert asked == 0 if extra == 0 else least <= asked <= most
    value = reservation(running, running, asked)
    wanted = wanted_out(value, running, settings)
    assert running <= wanted <= running + most
    if wanted < running + most:
        assert wanted * target >= running * value - 1e-6
        assert (wanted - 1) * target < running * value


@given(st.integers(1, 500), st.data())
def test_scaling_in(running: int, data: st.DataObject) -> None:
    """AWS: managed-scaling-behavior: at most half a minute, never an instance that is needed."""
    used = data.draw(st.integers(0, running))
    value = reservation(used, running, 0)
    wanted = wanted_in(value, running, SCALING_DEFAULTS)
    assert used <= wanted <= running
    assert running - wanted <= max(1, running // 2)
    if used < running:
        assert wanted < running


def test_from_zero() -> None:
    """AWS: cluster-auto-scaling: two instances, whatever the steps say."""
    assert wanted_out(200, 0, {**SCALING_DEFAULTS, "maximumScalingStepSize": 1}) == 2
