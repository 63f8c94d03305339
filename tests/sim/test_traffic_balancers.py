"""Load balancers: slow start, zones, client addresses, and connections that are kept open."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from traffic_world import ANYWHERE, GROUP, World, opened

from ecslab.model.image import Image
from ecslab.model.network import SecurityGroup, SecurityGroupRule
from ecslab.sim.kept_connections import KeptConnections
from ecslab.sim.request import ConnectionClosedError, ConnectionTimedOutError

WEB = Image(port=8080)


def answered(world: World, count: int) -> Counter[str]:
    """Send requests without letting health checks come in between; count who answered."""
    return Counter(world.get().answered_by for _ in range(count))


def network(world: World, **changes: Any) -> World:
    """Make the world's load balancer a Network Load Balancer with a TCP listener."""
    rules = world.balancer.listeners[0].rules
    world.balance(type="network", cross_zone=changes.pop("cross_zone", False), **changes)
    world.listen(*rules, protocol="TCP")
    world.configure(protocol="TCP")
    return world


# --- Slow start -----------------------------------------------------------------------------------


def test_the_share_of_a_new_target_grows_linearly(world: World) -> None:
    """elasticloadbalancing, target group attributes: slow start mode."""
    world.configure(slow_start=100)
    old = world.serve(WEB, number=10)
    new = world.serve(WEB, number=11)
    shares = []
    for _ in range(4):
        counts = answered(world, 100)
        shares.append(counts[f"{new.ip}:8080"])
        world.clock.advance(28)
    assert shares == sorted(shares)
    assert 2 <= shares[0] <= 8
    assert 20 <= shares[1] <= 30
    assert shares[3] >= 44
    world.clock.advance(60)
    assert 48 <= answered(world, 100)[f"{old.ip}:8080"] <= 52


def test_the_first_targets_of_a_group_do_not_start_slowly(world: World) -> None:
    """Only while another healthy target is not in slow start mode."""
    world.configure(slow_start=600)
    only = world.serve(WEB)
    assert answered(world, 3) == {f"{only.ip}:8080": 3}
    assert [each.slow_since for each in world.targets.of(GROUP)] == [None]


# --- Zones ----------------------------------------------------------------------------------------


def test_a_network_balancers_node_uses_targets_of_its_own_zone(world: World) -> None:
    """elasticloadbalancing, "Cross-zone load balancing": off by default."""
    network(world)
    one = world.serve(WEB, zone="a", number=10, group="sg-public")
    others = [world.serve(WEB, zone="b", number=each, group="sg-public") for each in (11, 12, 13)]
    counts = answered(world, 12)
    assert counts[f"{one.ip}:8080"] == 6
    assert sum(counts[f"{each.ip}:8080"] for each in others) == 6
    world.balance(cross_zone=True)
    assert answered(world, 12)[f"{one.ip}:8080"] == 3
    world.configure(cross_zone=False)
    assert answered(world, 12)[f"{one.ip}:8080"] == 6


def test_a_zone_without_a_healthy_target_is_left_out_of_dns(world: World) -> None:
    """elasticloadbalancing, Network Load Balancers: its address is no longer answered."""
    network(world)
    one = world.serve(WEB, zone="a", group="sg-public")
    assert answered(world, 4) == {f"{one.ip}:8080": 4}


# --- Client addresses -----------------------------------------------------------------------------


@pytest.mark.parametrize("keeps", [False, True])
def test_whose_address_a_targets_security_group_sees(world: World, *, keeps: bool) -> None:
    """elasticloadbalancing, "Client IP preservation"."""
    network(world, cross_zone=True)
    world.network = world.network.plus(opened("sg-nodes", 8080, "10.0.0.0/16"))
    world.configure(keeps_client_address=keeps)
    world.serve(WEB, group="sg-nodes")
    if not keeps:
        assert world.get().status == 200
        return
    with pytest.raises(ConnectionTimedOutError):
        world.get(connect_timeout=1)
    rule = SecurityGroupRule("tcp", 8080, 8080, ANYWHERE)
    inside = SecurityGroup("sg-nodes", "vpc-1", (rule,))
    world.network = world.network.plus(inside)
    world.look_again()
    assert world.get().status == 200


# --- Kept connections -----------------------------------------------------------------------------


def test_a_kept_connection_stays_with_its_target(world: World) -> None:
    """A Network Load Balancer balances connections; an Application Load Balancer requests."""
    network(world, cross_zone=True)
    for number in (10, 11):
        world.serve(WEB, number=number, group="sg-public")
    kept: KeptConnections[Any] = KeptConnections()
    assert len({world.get(kept=kept).answered_by for _ in range(4)}) == 1
    assert len({world.get().answered_by for _ in range(4)}) == 2


def test_an_application_balancer_chooses_for_each_request(world: World) -> None:
    """The client's connection ends at the load balancer."""
    for number in (10, 11):
        world.serve(WEB, number=number)
    kept: KeptConnections[Any] = KeptConnections()
    assert len({world.get(kept=kept).answered_by for _ in range(4)}) == 2


def test_a_draining_target_keeps_its_connections(world: World) -> None:
    """No new connection goes there; one that is open stays, also after the delay."""
    network(world, cross_zone=True)
    world.configure(deregistration_delay=10)
    first, second = (world.serve(WEB, number=each, group="sg-public") for each in (10, 11))
    kept: KeptConnections[Any] = KeptConnections()
    before = world.get(kept=kept).answered_by
    leaving = first if before == f"{first.ip}:8080" else second
    world.targets.deregister(leaving)
    assert world.get().answered_by != before
    world.clock.advance(20)
    assert world.get(kept=kept).answered_by == before


def test_connection_termination_ends_them_with_the_delay(world: World) -> None:
    """deregistration_delay.connection_termination.enabled; the client opens a new one."""
    network(world, cross_zone=True)
    world.configure(deregistration_delay=10, ends_connections=True)
    first, second = (world.serve(WEB, number=each, group="sg-public") for each in (10, 11))
    kept: KeptConnections[Any] = KeptConnections()
    before = world.get(kept=kept).answered_by
    leaving = first if before == f"{first.ip}:8080" else second
    world.targets.deregister(leaving)
    world.clock.advance(11)
    assert world.get(kept=kept).answered_by != before


def test_the_end_of_the_process_ends_kept_connections(world: World) -> None:
    """An idle connection that was closed costs nothing; one in use costs the request."""
    task = world.run(Image(port=8080, latency=3), group="sg-public")
    world.clock.advance(2)
    assert task.interface is not None
    url = f"http://{task.interface.public_ip}:8080/"
    kept: KeptConnections[Any] = KeptConnections()
    assert world.get(url, kept=kept).status == 200
    world.account.clock.env.process(_kill(world, world.process(task), 1.5))
    with pytest.raises(ConnectionClosedError):
        world.get(url, kept=kept)
    with pytest.raises(Exception, match="refused the connection"):
        world.get(url, kept=kept)


def _kill(world: World, process: Any, after: float) -> Any:
    yield world.account.clock.env.timeout(after)
    process.kill()
