"""Target health: states, reasons, thresholds, draining.

Sources: Elastic Load Balancing, "Health checks for your target groups" (HC) and "Deregistration
delay" (DD); botocore elbv2 (B).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from traffic_world import GROUP, OTHER_GROUP, World, opened

from ecslab.model.image import Image
from ecslab.sim.balancing import HealthCheck
from ecslab.sim.ports import Target

if TYPE_CHECKING:
    from ecslab.journal import Entry

WEB = Image(port=8080)


def found(world: World, target: Target) -> tuple[str, str, str]:
    entry = world.targets.find(target.group, target.ip, target.port)
    assert entry is not None
    return entry.state, entry.reason, entry.description


def changing(statuses: Iterable[int]) -> Image:
    """Return an image that answers with one status after the other, then with the last one."""
    left = list(statuses)

    def app(_environ: dict[str, Any], start: Any) -> list[bytes]:
        status = left.pop(0) if len(left) > 1 else left[0]
        start(f"{status} Status", [])
        return [b""]

    return Image(port=8080, app=app)


def moments(world: World, kind: str) -> list[float]:
    entries: list[Entry] = world.account.journal.of_kind(kind)
    return [round(entry.seconds, 2) for entry in entries]


def test_a_new_target_needs_one_passing_check(world: World) -> None:
    """HC: after registration one passing check makes a target healthy, not five."""
    target = world.target(world.run(WEB))
    world.targets.register(target)
    registering = ("initial", "Elb.RegistrationInProgress", "Target registration is in progress")
    assert found(world, target) == registering
    world.clock.advance(4.5)
    assert found(world, target) == ("healthy", "", "")


def test_a_target_that_starts_slowly_is_checked_before_it_is_ready(world: World) -> None:
    """HC: reason codes; a refused connection counts as failed."""
    target = world.target(world.run(Image(port=8080, ready_after=20)))
    world.targets.register(target)
    world.clock.advance(10)
    checking = ("initial", "Elb.InitialHealthChecking", "Initial health checks in progress")
    assert found(world, target) == checking
    world.clock.advance(25)
    assert found(world, target)[0] == "healthy"


def test_two_failures_make_a_target_unhealthy(world: World) -> None:
    """HC: UnhealthyThresholdCount is 2; HealthCheckIntervalSeconds is 30."""
    target = world.serve(Image(port=8080, status=502))
    assert found(world, target)[0] == "initial"
    world.clock.advance(30)
    description = "Health checks failed with these codes: [502]"
    assert found(world, target) == ("unhealthy", "Target.ResponseCodeMismatch", description)
    assert world.targets.health_reason(target) == description


def test_nothing_listening_fails_at_once(world: World) -> None:
    """B: TargetHealth.Reason: an error while establishing the connection."""
    target = world.serve(Image(port=9090))
    world.clock.advance(30)
    failed = ("unhealthy", "Target.FailedHealthChecks", "Health checks failed")
    assert found(world, target) == failed
    assert moments(world, "target.unhealthy") == [34]


def test_a_closed_security_group_times_out(world: World) -> None:
    """HC: no answer within HealthCheckTimeoutSeconds, whose length does not move the next check."""
    target = world.serve(WEB, group="sg-closed")
    world.clock.advance(60)
    assert found(world, target) == ("unhealthy", "Target.Timeout", "Request timed out")
    assert moments(world, "target.unhealthy") == [4 + 30 + 5]


def test_an_answer_slower_than_the_timeout_is_a_timeout(world: World) -> None:
    """HC: HealthCheckTimeoutSeconds."""
    target = world.serve(Image(port=8080, latency=6))
    world.clock.advance(60)
    assert found(world, target) == ("unhealthy", "Target.Timeout", "Request timed out")


def test_an_address_nobody_has_times_out(world: World) -> None:
    """HC: Target.Timeout."""
    target = Target(GROUP, "10.0.1.99", 8080, "us-east-1a")
    world.targets.register(target)
    world.clock.advance(60)
    assert found(world, target)[1] == "Target.Timeout"


def test_an_unhealthy_target_needs_five_passing_checks(world: World) -> None:
    """HC: HealthyThresholdCount is 5."""
    target = world.serve(changing([500, 500, 200]))
    world.clock.advance(30)
    assert found(world, target)[0] == "unhealthy"
    world.clock.advance(30 * 4)
    assert found(world, target)[0] == "unhealthy"
    world.clock.advance(30)
    assert found(world, target)[0] == "healthy"


def test_one_failure_among_successes_does_no_harm(world: World) -> None:
    """HC: the failures must be consecutive."""
    target = world.serve(changing([200, 500, 200, 500, 200]))
    world.clock.advance(150)
    assert found(world, target)[0] == "healthy"
    assert moments(world, "target.unhealthy") == []


def test_the_check_is_the_target_groups_own(world: World) -> None:
    """B: HealthCheckPath, HealthCheckPort, Matcher, HealthCheckIntervalSeconds."""
    seen: list[tuple[str, str]] = []

    def app(environ: dict[str, Any], start: Any) -> list[bytes]:
        seen.append((environ["PATH_INFO"], environ["HTTP_USER_AGENT"]))
        start("302 Found", [])
        return [b""]

    check = HealthCheck(path="/ready", port="9000", matcher="200,300-302", interval=10)
    world.configure(check=check)
    world.network = world.network.plus(opened("sg-app", 9000, "sg-balancer"))
    target = world.serve(Image(port=(8080, 9000), app=app))
    world.clock.advance(20)
    assert found(world, target)[0] == "healthy"
    assert seen == [("/ready", "ELB-HealthChecker/2.0")] * 3


def test_a_tcp_check_only_connects(world: World) -> None:
    """B: HealthCheckProtocol TCP; a time-out is no reason code of Network Load Balancers."""
    world.configure(protocol="TCP", check=HealthCheck(protocol="TCP"))
    good = world.serve(Image(port=8080, status=500))
    closed = world.serve(WEB, group="sg-closed")
    world.clock.advance(60)
    assert found(world, good)[0] == "healthy"
    assert found(world, closed)[1:] == ("Target.FailedHealthChecks", "Health checks failed")


def test_a_group_without_a_listener_is_unused(world: World) -> None:
    """HC: Target.NotInUse; B: TargetHealth.Reason."""
    target = world.target(world.run(WEB), OTHER_GROUP)
    world.targets.register(target)
    world.clock.advance(120)
    words = "Target group is not configured to receive traffic from the load balancer"
    assert found(world, target) == ("unused", "Target.NotInUse", words)


def test_a_zone_without_a_node_is_unused_until_it_is_enabled(world: World) -> None:
    """HC: the target's Availability Zone must be enabled for the load balancer."""
    world.balance(zones=frozenset({"us-east-1a"}))
    target = world.serve(WEB, zone="b")
    words = "Target is in an Availability Zone that is not enabled for the load balancer"
    assert found(world, target) == ("unused", "Target.NotInUse", words)
    world.balance(zones=frozenset({"us-east-1a", "us-east-1b"}))
    assert found(world, target)[0] == "initial"
    world.clock.advance(5)
    assert found(world, target)[0] == "healthy"


def test_closing_and_opening_the_security_group_is_noticed(world: World) -> None:
    """HC: each check travels the network; a steady target is no exception."""
    target = world.serve(WEB)
    world.clock.advance(300)
    world.network = world.network.plus(opened("sg-app", 22, "sg-balancer"))
    world.look_again()
    world.clock.advance(75)
    assert found(world, target)[0] == "unhealthy"
    world.network = world.network.plus(opened("sg-app", 8080, "sg-balancer"))
    world.look_again()
    world.clock.advance(180)
    assert found(world, target)[0] == "healthy"


def test_the_end_of_a_steady_process_is_noticed(world: World) -> None:
    """HC: two failed checks, on the same beat as all checks before."""
    task = world.run(WEB)
    world.targets.register(world.target(task))
    world.clock.advance(500)
    world.process(task).end(1)
    world.clock.advance(60)
    assert moments(world, "target.unhealthy") == [4 + 30 * 18]


def test_health_changes_are_announced(world: World) -> None:
    """What wakes the service scheduler."""
    heard: list[str] = []
    world.targets.listen(heard.append)
    world.serve(WEB)
    assert heard == [GROUP]


def test_an_idle_target_drains_at_once_but_is_shown_as_draining(world: World) -> None:
    """DD: without requests in flight it completes at once; the state shows for the whole delay."""
    world.configure(deregistration_delay=60)
    target = world.serve(WEB)
    assert world.targets.deregister(target) == 0
    words = "Target deregistration is in progress"
    assert found(world, target) == ("draining", "Target.DeregistrationInProgress", words)
    world.clock.advance(61)
    assert world.targets.health(target) == "unused"
    assert world.targets.health_reason(target) == "Target is not registered to the target group"


@given(takes=st.floats(0.1, 50), delay=st.integers(0, 60), passed=st.floats(0, 40))
def test_draining_waits_for_requests_within_the_delay(
    takes: float, delay: int, passed: float
) -> None:
    """DD: at most deregistration_delay.timeout_seconds; then a request in flight gets a 502."""
    world = World()
    world.configure(deregistration_delay=delay, check=HealthCheck(protocol="TCP"))
    target = world.serve(Image(port=8080, latency=takes))
    load = world.traffic.load(
        f"http://{world.balancer.dns_name}", per_second=1, seconds=0.5, timeout=99
    )
    world.clock.advance(passed + 0.02)
    left = max(0.0, takes - passed)
    assert world.targets.deregister(target) == pytest.approx(min(delay, left), abs=1e-6)
    world.clock.advance(70)
    if abs(left - delay) > 1e-3:
        assert load.counts == {200 if left < delay else 502: 1}
    assert load.finished


def test_ecs_can_wait_for_the_whole_delay(world: World) -> None:
    """ECS load-balancer-connection-draining: it waits until the target is UNUSED."""
    from ecslab.sim.targets import Targets

    targets = Targets(world.account, world, world.hosts, world.reach, ecs_waits_for="delay")
    target = world.target(world.run(WEB))
    targets.register(target)
    world.clock.advance(10)
    assert targets.deregister(target) == 300


def test_a_deleted_group_forgets_its_targets(world: World) -> None:
    """B: DeleteTargetGroup."""
    target = world.serve(WEB)
    world.targets.forget_group(GROUP)
    world.clock.advance(100)
    assert world.targets.of(GROUP) == []
    assert world.targets.deregister(target) == 0
