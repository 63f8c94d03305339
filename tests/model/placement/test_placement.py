"""Filters and strategies of task placement."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from ecslab.errors import AwsError
from ecslab.model.placement import (
    RUN_TASK_DEFAULT,
    SERVICE_DEFAULT,
    Needs,
    Wish,
    decide,
    dispensable,
    needs_of,
    obstacle,
    preferred,
)
from ecslab.model.placement.messages import no_instances, unplaced
from ecslab.model.placement.request import check_constraints, check_fargate, check_strategy

Json = dict[str, Any]


def definition(*containers: Json, **fields: Any) -> Json:
    """Return a task definition."""
    return {"containerDefinitions": list(containers), **fields}


@pytest.mark.parametrize(
    ("given", "cpu", "memory"),
    [
        (definition({"cpu": 100, "memory": 300}), 100, 300),
        (definition({"memory": 300, "memoryReservation": 128}), 0, 128),
        (definition({"cpu": 10, "memoryReservation": 64}, {"cpu": 20, "memory": 512}), 30, 576),
        (definition({"cpu": 10, "memory": 64}, cpu="512", memory="1024"), 512, 1024),
    ],
)
def test_cpu_and_memory_that_a_task_takes(given: Json, cpu: int, memory: int) -> None:
    """AWS: botocore ecs ContainerDefinition.memory: the reservation if given, else the limit."""
    needs = needs_of(given)
    assert (needs.cpu, needs.memory) == (cpu, memory)


@pytest.mark.parametrize(
    ("mode", "mapping", "tcp", "udp"),
    [
        ("bridge", {"containerPort": 80, "hostPort": 8080}, {8080}, set()),
        ("bridge", {"containerPort": 80}, set(), set()),
        ("bridge", {"containerPort": 80, "hostPort": 0}, set(), set()),
        ("bridge", {"containerPort": 53, "hostPort": 53, "protocol": "udp"}, set(), {53}),
        ("host", {"containerPort": 80}, {80}, set()),
        ("host", {"containerPortRange": "9000-9002"}, {9000, 9001, 9002}, set()),
        ("awsvpc", {"containerPort": 80, "hostPort": 80}, set(), set()),
        (None, {"containerPort": 80, "hostPort": 8080}, {8080}, set()),
    ],
)
def test_host_ports_that_a_task_takes(
    mode: str | None, mapping: Json, tcp: set[int], udp: set[int]
) -> None:
    """AWS: botocore ecs PortMapping.hostPort: fixed ones are reserved, dynamic ones are not."""
    needs = needs_of(definition({"portMappings": [mapping]}, networkMode=mode))
    assert (set(needs.tcp), set(needs.udp)) == (tcp, udp)
    assert needs.interface is (mode == "awsvpc")


def test_gpus_that_a_task_takes() -> None:
    """AWS: botocore ecs ResourceRequirement."""
    needed = [{"type": "GPU", "value": "2"}, {"type": "InferenceAccelerator", "value": "device_1"}]
    assert needs_of(definition({"resourceRequirements": needed})).gpus == 2


@pytest.mark.parametrize(
    ("needs", "reason"),
    [
        (Needs(cpu=2048, memory=3768), None),
        (Needs(cpu=2049), "RESOURCE:CPU"),
        (Needs(memory=3769), "RESOURCE:MEMORY"),
        (Needs(tcp=frozenset({22})), "RESOURCE:PORTS"),
        (Needs(udp=frozenset({22})), None),
        (Needs(gpus=1), "RESOURCE:GPU"),
        (Needs(interface=True), "RESOURCE:ENI"),
        (Needs(attributes=(("ecs.capability.task-eni", None),)), "ATTRIBUTE"),
        (Needs(attributes=(("ecs.instance-type", "m5.large"),)), "ATTRIBUTE"),
        (Needs(attributes=(("ecs.instance-type", None),)), None),
    ],
)
def test_reasons_of_failures(fleet: Any, needs: Needs, reason: str | None) -> None:
    """AWS: api_failures_messages, RunTask or StartTask."""
    instance = fleet.one(tcp=frozenset({22}), interfaces=0)
    assert obstacle(needs, Wish("family:web"), instance) == reason


def test_an_instance_without_its_agent_takes_nothing(fleet: Any) -> None:
    """AWS: api_failures_messages, AGENT."""
    assert obstacle(Needs(), Wish("x"), fleet.one(connected=False)) == "AGENT"


def test_an_instance_in_another_zone_than_the_subnets(fleet: Any) -> None:
    """AWS: api_failures_messages, LOCATION."""
    wish = Wish("x", zones=frozenset({"us-east-1b"}))
    assert obstacle(Needs(interface=True), wish, fleet.one()) == "LOCATION"
    assert obstacle(Needs(interface=True), wish, fleet.one(zone="us-east-1b")) is None


def test_constraints_are_binding(fleet: Any) -> None:
    """AWS: task-placement-constraints; the reasons are captured answers of RunTask."""
    distinct = Wish("service:web", ({"type": "distinctInstance"},))
    member = Wish("x", ({"type": "memberOf", "expression": "task:group == service:web"},))
    taken, free = fleet.one("a", "service:web"), fleet.one("b", "service:other")
    unsatisfied = "placement constraint unsatisfied."
    assert obstacle(Needs(), distinct, taken) == f"DistinctInstance {unsatisfied}"
    assert obstacle(Needs(), distinct, free) is None
    assert obstacle(Needs(), member, taken) is None
    assert obstacle(Needs(), member, free) == f"MemberOf {unsatisfied}"


def order(instances: list[Any], *rules: Json, group: str = "service:web") -> list[str]:
    """Return the ids of instances, the preferred first."""
    return [each.id for each in preferred(instances, instances, rules, group, Random(1))]


def test_binpack_prefers_what_has_least_left(fleet: Any) -> None:
    """AWS: task-placement-strategies, binpack."""
    instances = [fleet.one("a", cpu=900, memory=100), fleet.one("b", cpu=300, memory=700)]
    assert order(instances, {"type": "binpack", "field": "cpu"}) == ["b", "a"]
    assert order(instances, {"type": "binpack", "field": "memory"}) == ["a", "b"]
    assert order(instances, {"type": "binpack", "field": "MEMORY"}) == ["a", "b"]


def test_spread_counts_tasks_of_the_same_group_only(fleet: Any) -> None:
    """AWS: task-placement-strategies: service tasks by service, others by task group."""
    web, other = "service:web", "service:other"
    instances = [fleet.one("a", web, web), fleet.one("b", web, other, other, other)]
    assert order(instances, {"type": "spread", "field": "instanceId"}) == ["b", "a"]
    assert order(instances, {"type": "spread", "field": "host"}, group=other) == ["a", "b"]


def test_an_earlier_rule_dominates(fleet: Any) -> None:
    """AWS: task-placement-strategies: over zones, then bin packing within each of them."""
    instances = [
        fleet.one("a", "service:web", memory=100),
        fleet.one("b", memory=900, zone="us-east-1b"),
        fleet.one("c", memory=500, zone="us-east-1b"),
    ]
    zone = {"type": "spread", "field": "attribute:ecs.availability-zone"}
    assert order(instances, zone, {"type": "binpack", "field": "memory"}) == ["c", "b", "a"]
    assert order(instances, {"type": "binpack", "field": "memory"}, zone) == ["a", "c", "b"]


def test_spread_over_zones_counts_full_instances_too(fleet: Any) -> None:
    """AWS: task-placement-strategies: the zone of a full instance still holds its tasks."""
    full, free, other = (
        fleet.one("a", "service:web", "service:web", cpu=0),
        fleet.one("b"),
        fleet.one("c", "service:web", zone="us-east-1b"),
    )
    found = decide(
        Needs(cpu=10),
        Wish("service:web"),
        [full, free, other],
        SERVICE_DEFAULT,
        Random(1),
    )
    assert found.instance is other


def test_services_spread_over_zones_then_instances(fleet: Any) -> None:
    """AWS: botocore ecs UpdateService: zones first, then the instance with the fewest tasks."""
    web = "service:web"
    instances = [
        fleet.one("a", web),
        fleet.one("b"),
        fleet.one("c", zone="us-east-1b"),
        fleet.one("d", web, zone="us-east-1b"),
        fleet.one("e", web, zone="us-east-1b"),
    ]
    assert order(instances, *SERVICE_DEFAULT)[:3] == ["b", "a", "c"]


def test_run_task_without_strategy_places_at_random(fleet: Any) -> None:
    """AWS: task-placement: RunTask places at random, and the seed decides."""
    instances = [fleet.one(name) for name in "abcdefgh"]
    orders = {
        tuple(each.id for each in preferred(instances, instances, RUN_TASK_DEFAULT, "x", Random(n)))
        for n in range(5)
    }
    assert len(orders) > 1


def test_which_tasks_go_first(fleet: Any) -> None:
    """AWS: task-placement-strategies, botocore ecs UpdateService: the fullest zone goes first."""
    hosts = {
        "t1": fleet.one("a"),
        "t2": fleet.one("b", memory=900),
        "t3": fleet.one("b", memory=900),
        "t4": fleet.one("c", zone="us-east-1b", memory=100),
    }
    random = Random(1)
    first = dispensable(list(hosts), hosts, SERVICE_DEFAULT, "service:web", random)
    assert first[:2] == ["t2", "t1"]
    pack = ({"type": "binpack", "field": "memory"},)
    assert dispensable(list(hosts), hosts, pack, "service:web", random)[0] == "t1"


def test_the_closest_match_is_reported(fleet: Any) -> None:
    """AWS: service-event-messages-list, "unable to place a task"."""
    instances = [fleet.one("a", connected=False), fleet.one("b", cpu=100, memory=10)]
    found = decide(Needs(cpu=100, memory=50), Wish("x"), instances, RUN_TASK_DEFAULT, Random(1))
    assert found.instance is None
    assert [reason for _, reason in found.obstacles] == ["AGENT", "RESOURCE:MEMORY"]
    assert found.closest is not None
    instance, reason = found.closest
    start = "(service web) was unable to place a task because no container instance met all of its"
    assert unplaced("web", instance.id, reason) == (
        f"{start} requirements. The closest matching (container-instance b) has insufficient memory"
        " available."
    )
    assert unplaced("web", "b", "RESOURCE:CPU").endswith("has insufficient CPU units available.")
    assert unplaced("web", "b", "AGENT").endswith(
        '(container-instance b) encountered error "AGENT".'
    )
    assert unplaced("web", "b", "RESOURCE:PORTS").endswith("using a port required by your task.")
    assert unplaced("web", "b", "ATTRIBUTE").endswith("missing an attribute required by your task.")
    assert unplaced("web", "b", "RESOURCE:ENI").endswith('encountered error "RESOURCE:ENI".')
    assert no_instances("web").startswith(start)


@pytest.mark.parametrize(
    "constraints",
    [
        [{"type": "distinctInstance", "expression": "attribute:a exists"}],
        [{"type": "memberOf"}],
        [{"type": "memberOf", "expression": "nonsense"}],
        [{"type": "memberOf", "expression": "attribute:a == " + "x" * 2000}],
        [{"type": "nearby"}],
        [{"type": "distinctInstance"}] * 11,
    ],
)
def test_bad_constraints_are_refused(constraints: list[Json]) -> None:
    """AWS: botocore ecs PlacementConstraint, RunTaskRequest.placementConstraints."""
    with pytest.raises(AwsError) as refused:
        check_constraints(constraints)
    assert refused.value.code == "InvalidParameterException"


def test_ten_constraints_with_those_of_the_definition() -> None:
    """AWS: botocore ecs RunTaskRequest.placementConstraints."""
    check_constraints([{"type": "distinctInstance"}] * 8, inherited=2)
    with pytest.raises(AwsError):
        check_constraints([{"type": "distinctInstance"}] * 8, inherited=3)


@pytest.mark.parametrize(
    "rules",
    [
        [{"type": "random", "field": "cpu"}],
        [{"type": "binpack"}],
        [{"type": "binpack", "field": "disk"}],
        [{"type": "spread"}],
        [{"type": "spread", "field": "zone"}],
        [{"type": "spread", "field": "attribute:"}],
        [{"type": "evenly"}],
        [{"type": "random"}] * 6,
    ],
)
def test_bad_strategies_are_refused(rules: list[Json]) -> None:
    """AWS: botocore ecs PlacementStrategy, RunTaskRequest.placementStrategy."""
    with pytest.raises(AwsError) as refused:
        check_strategy(rules)
    assert refused.value.code == "InvalidParameterException"


def test_fargate_takes_neither() -> None:
    """AWS: task-placement: Fargate supports neither strategies nor constraints."""
    check_fargate([], [])
    for constraints, rules in ([{"type": "distinctInstance"}], []), ([], [{"type": "random"}]):
        with pytest.raises(AwsError):
            check_fargate(constraints, rules)
