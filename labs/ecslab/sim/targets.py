"""The targets of target groups: registration, health, deregistration.

AWS: elasticloadbalancing, "Health checks for your target groups" and "Deregistration delay";
ecs load-balancer-connection-draining.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from ecslab.sim.health_checks import HealthChecker, Outcome
from ecslab.sim.pure_answers import Changes
from ecslab.sim.weighted_turns import WeightedTurns

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator

    import simpy

    from ecslab.sim.balancing import HealthCheck, LoadBalancing, TargetGroup
    from ecslab.sim.entities import Account
    from ecslab.sim.hops import Reach
    from ecslab.sim.hosts import Hosts
    from ecslab.sim.ports import Target

__all__ = ["RegisteredTarget", "State", "Targets"]

State = Literal["initial", "healthy", "unhealthy", "draining", "unused"]

_REGISTERING: Final = ("Elb.RegistrationInProgress", "Target registration is in progress")
_CHECKING: Final = ("Elb.InitialHealthChecking", "Initial health checks in progress")
_DRAINING: Final = ("Target.DeregistrationInProgress", "Target deregistration is in progress")
_NOT_IN_USE: Final = (
    "Target.NotInUse",
    "Target group is not configured to receive traffic from the load balancer",
)
_ZONE_NOT_ENABLED: Final = (
    "Target.NotInUse",
    "Target is in an Availability Zone that is not enabled for the load balancer",
)
_NOT_REGISTERED: Final = ("Target.NotRegistered", "Target is not registered to the target group")

_FULL_SHARE: Final = 100
"""The weight of a target that is not in slow start mode."""

_REGISTRATION_SECONDS: Final = 4.0
"""Seconds from registration to the first check; AWS does not publish the number."""


@dataclass(eq=False, slots=True)
class RegisteredTarget:
    """A target as its target group sees it.

    Args:
        group: the target group's ARN.
        ip: its address.
        port: its port.
        zone: its Availability Zone, or ``all``.
        wake: succeeds when something about its load balancer has changed.
        closed: succeeds when the load balancer drops the connections it still has to it.
    """

    group: str
    ip: str
    port: int
    zone: str
    wake: simpy.Event
    closed: simpy.Event
    state: State = "initial"
    reason: str = _REGISTERING[0]
    description: str = _REGISTERING[1]
    passed: int = 0
    failed: int = 0
    registered: bool = True
    slow_since: float | None = None
    """When it entered slow start mode, None when it is not in it."""
    in_flight: dict[object, float] = field(default_factory=dict)
    """When each request that the target is working on will be answered."""

    def is_checked(self) -> bool:
        """Say whether it is registered with a load balancer that uses it."""
        return self.registered and self.state != "unused"

    def explain(self, state: State, reason: tuple[str, str]) -> None:
        """Set the state and why."""
        self.state = state
        self.reason, self.description = reason


class Targets:
    """All targets of an account and Region; gives services what they need of load balancers.

    Args:
        account: the account.
        balancing: what Elastic Load Balancing has been told.
        hosts: who has which address.
        reach: who reaches whom.
        ecs_waits_for: what ECS waits for between deregistration and the stop signal:
            ``requests``, until those in flight have been answered, at most for the deregistration
            delay; or ``delay``, until the delay is over and the target is shown as unused.
    """

    def __init__(
        self,
        account: Account,
        balancing: LoadBalancing,
        hosts: Hosts,
        reach: Reach,
        ecs_waits_for: Literal["requests", "delay"] = "requests",
    ) -> None:
        self._env = account.clock.env
        self._journal = account.journal
        self._balancing = balancing
        self._checker = HealthChecker(balancing, hosts, reach)
        self._waits_for_delay = ecs_waits_for == "delay"
        self._registered: dict[str, dict[tuple[str, int], RegisteredTarget]] = {}
        self._leaving: dict[str, dict[tuple[str, int], RegisteredTarget]] = {}
        self._turns: dict[str, int] = {}
        self._slow_turns = WeightedTurns()
        self._listeners: list[Callable[[str], None]] = []
        self._changes = Changes(account.clock)

    def listen(self, listener: Callable[[str], None]) -> None:
        """Have `listener` called with a target group's ARN when the health of a target changes."""
        self._listeners.append(listener)

    # --- What services ask (BalancerPort) ----------------------------------------------------

    def register(self, target: Target) -> None:
        """Register a target and begin to check it; twice does no harm."""
        members = self._registered.setdefault(target.group, {})
        key = (target.ip, target.port)
        if key in members:
            return
        self._leaving.get(target.group, {}).pop(key, None)
        entry = RegisteredTarget(
            target.group, *key, target.zone, self._env.event(), self._env.event()
        )
        members[key] = entry
        unused = self._why_unused(entry)
        if unused:
            entry.explain("unused", unused)
        self._note(entry)
        self._env.process(self._watch(entry))

    def deregister(self, target: Target) -> float:
        """Take a target out of service.

        AWS: DeregisterTargets: it gets no new requests from now on, and those in flight may
        still be answered within the deregistration delay. Until then it is shown as draining,
        even when nothing is in flight.

        Returns:
            The seconds that ECS waits before it stops the task.
        """
        entry = self._registered.get(target.group, {}).pop((target.ip, target.port), None)
        if entry is None:
            return 0.0
        entry.registered = False
        _wake(entry)
        group = self._balancing.group(entry.group)
        if entry.state == "unused" or group is None:
            return 0.0
        self._change(entry, "draining", _DRAINING)
        self._leaving.setdefault(entry.group, {})[entry.ip, entry.port] = entry
        delay = group.deregistration_delay
        self._env.process(self._leave(entry, delay))
        if self._waits_for_delay:
            return delay
        last = max(entry.in_flight.values(), default=self._env.now)
        return min(delay, last - self._env.now)

    def health(self, target: Target) -> str:
        """Return the state of a target; one that is not registered is unused."""
        found = self.find(target.group, target.ip, target.port)
        return found.state if found else "unused"

    def health_reason(self, target: Target) -> str:
        """Return why a target is not healthy, in Elastic Load Balancing's words."""
        found = self.find(target.group, target.ip, target.port)
        return found.description if found else _NOT_REGISTERED[1]

    # --- What the API and the traffic ask -----------------------------------------------------

    def find(self, group: str, ip: str, port: int) -> RegisteredTarget | None:
        """Return a target that is registered or draining."""
        key = (ip, port)
        return self._registered.get(group, {}).get(key) or self._leaving.get(group, {}).get(key)

    def of(self, group: str) -> list[RegisteredTarget]:
        """Return the registered targets of a group, then those that drain."""
        leaving = self._leaving.get(group, {})
        return [*self._registered.get(group, {}).values(), *leaving.values()]

    def choose(self, group: TargetGroup, zone: str | None = None) -> RegisteredTarget | None:
        """Return the target for the next request, None when no target can take one.

        The healthy ones take turns; when all are unhealthy, those take turns: the load balancer
        "fails open" (AWS: "Health checks for your target groups").

        Args:
            group: the target group.
            zone: the Availability Zone whose targets may take it; None for all zones.
        """
        entries = [
            entry
            for entry in self._registered.get(group.arn, {}).values()
            if zone is None or entry.zone in (zone, "all")
        ]
        pool = [entry for entry in entries if entry.state == "healthy"]
        pool = pool or [entry for entry in entries if entry.state == "unhealthy"]
        if not pool:
            return None
        if group.slow_start and any(entry.slow_since is not None for entry in pool):
            return self._choose_slowly(group, pool)
        turn = self._turns.get(group.arn, 0)
        self._turns[group.arn] = turn + 1
        pool = pool[turn % len(pool) :] + pool[: turn % len(pool)]
        if group.algorithm == "least_outstanding_requests":
            return min(pool, key=lambda entry: len(entry.in_flight))
        return pool[0]

    def healthy_zones(self, group: TargetGroup, nodes: Iterable[str]) -> set[str]:
        """Return the Availability Zones in which a group has a healthy target.

        Args:
            group: the target group.
            nodes: the zones of the load balancer's nodes; a target outside counts for all.
        """
        found: set[str] = set()
        for entry in self._registered.get(group.arn, {}).values():
            if entry.state == "healthy":
                found.update(nodes if entry.zone == "all" else (entry.zone,))
        return found

    def _choose_slowly(self, group: TargetGroup, pool: list[RegisteredTarget]) -> RegisteredTarget:
        """Return the target for the next request while some are in slow start mode.

        AWS: "Edit target group attributes for your Application Load Balancer", slow start mode:
        their share grows linearly to the full one.
        """
        weights = {}
        for entry in pool:
            share = 1.0
            if entry.slow_since is not None:
                share = (self._env.now - entry.slow_since) / group.slow_start
                if share >= 1:
                    entry.slow_since, share = None, 1.0
            weights[f"{entry.ip}:{entry.port}"] = max(1, round(share * _FULL_SHARE))
        chosen = self._slow_turns.next(group.arn, list(weights.items()))
        return next(entry for entry in pool if f"{entry.ip}:{entry.port}" == chosen)

    # --- What changes from outside ------------------------------------------------------------

    def look_again(self) -> None:
        """Take notice that load balancers, target groups or the network may have changed."""
        for entry in self._everybody():
            unused = self._why_unused(entry)
            if unused and (entry.reason, entry.description) != unused:
                self._change(entry, "unused", unused)
            elif not unused and entry.state == "unused":
                entry.passed = entry.failed = 0
                self._change(entry, "initial", _REGISTERING)
            _wake(entry)

    def forget_group(self, group: str) -> None:
        """Drop all targets of a target group that has been deleted."""
        for entry in self._registered.pop(group, {}).values():
            entry.registered = False
            _wake(entry)
        self._leaving.pop(group, None)
        self._turns.pop(group, None)

    # --- Health -------------------------------------------------------------------------------

    def _watch(self, entry: RegisteredTarget) -> Generator[Any, Any, None]:
        while entry.registered:
            if not entry.is_checked():
                yield from self._sleep(entry)
                continue
            if entry.reason == _REGISTERING[0]:
                yield self._env.timeout(_REGISTRATION_SECONDS)
                if entry.is_checked():
                    entry.explain("initial", _CHECKING)
            group = self._balancing.group(entry.group)
            if group is None:
                return
            if entry.is_checked():
                yield from self._check(entry, group)

    def _check(self, entry: RegisteredTarget, group: TargetGroup) -> Generator[Any, Any, None]:
        """Check once, and wait until the next check is due.

        AWS: the time that a target takes to answer does not change when the next check comes.
        """
        began = self._env.now
        if entry.wake.triggered:
            entry.wake = self._env.event()
        outcome = self._checker.check(group, entry.ip, entry.port, entry.zone)
        if outcome.seconds:
            yield self._env.timeout(outcome.seconds)
        outcome = outcome.settled()
        if not entry.is_checked():
            return
        self._count(entry, group.check, outcome)
        if outcome.lasts and entry.state == ("healthy" if outcome.passed else "unhealthy"):
            # Every further check would find the same: wait for something that can change it.
            assert outcome.process is not None  # noqa: S101 - what lasting means
            ended = outcome.process.ended
            yield from self._sleep(entry, self._changes.of(outcome.rests_on, or_else=ended))
        interval = group.check.interval
        rounds = max(1, math.ceil((self._env.now - began) / interval))
        due = began + rounds * interval
        if due > self._env.now:
            yield self._env.timeout(due - self._env.now)

    def _count(self, entry: RegisteredTarget, check: HealthCheck, outcome: Outcome) -> None:
        entry.passed = entry.passed + 1 if outcome.passed else 0
        entry.failed = 0 if outcome.passed else entry.failed + 1
        wanted = 1 if entry.state == "initial" else check.healthy
        if outcome.passed:
            if entry.state != "healthy" and entry.passed >= wanted:
                self._begin_slowly(entry)
                self._change(entry, "healthy", ("", ""))
            return
        reason = (outcome.reason, outcome.description)
        if entry.state == "unhealthy":
            entry.explain("unhealthy", reason)
        elif entry.failed >= check.unhealthy:
            self._change(entry, "unhealthy", reason)

    def _begin_slowly(self, entry: RegisteredTarget) -> None:
        """Put a target that becomes healthy into slow start mode, if its group has it.

        AWS: only while another healthy target is not in slow start mode.
        """
        group = self._balancing.group(entry.group)
        if group is not None and group.slow_start:
            others = self._registered.get(entry.group, {}).values()
            if any(each.state == "healthy" and each.slow_since is None for each in others):
                entry.slow_since = float(self._env.now)

    def _sleep(
        self, entry: RegisteredTarget, event: simpy.Event | None = None
    ) -> Generator[Any, Any, None]:
        yield entry.wake if event is None else entry.wake | event
        entry.wake = self._env.event()

    def _leave(self, entry: RegisteredTarget, delay: float) -> Generator[Any, Any, None]:
        yield self._env.timeout(delay)
        if self._ends_connections(entry):
            entry.closed.succeed()
        leaving = self._leaving.get(entry.group, {})
        if leaving.get((entry.ip, entry.port)) is entry:
            del leaving[entry.ip, entry.port]
            self._change(entry, "unused", _NOT_REGISTERED)

    def _ends_connections(self, entry: RegisteredTarget) -> bool:
        """Say whether the connections to a target end with the deregistration delay.

        AWS: an Application Load Balancer closes them; a Network Load Balancer only when
        deregistration_delay.connection_termination.enabled says so.
        """
        balancer, group = self._balancing.user_of(entry.group), self._balancing.group(entry.group)
        network = balancer is not None and balancer.type == "network"
        return not network or (group is not None and group.ends_connections)

    def _why_unused(self, entry: RegisteredTarget) -> tuple[str, str] | None:
        balancer = self._balancing.user_of(entry.group)
        if balancer is None:
            return _NOT_IN_USE
        if entry.zone != "all" and entry.zone not in balancer.zones:
            return _ZONE_NOT_ENABLED
        return None

    def _change(self, entry: RegisteredTarget, state: State, reason: tuple[str, str]) -> None:
        entry.explain(state, reason)
        self._note(entry)
        for listener in self._listeners:
            listener(entry.group)

    def _note(self, entry: RegisteredTarget) -> None:
        reason = {"reason": entry.reason, "why": entry.description} if entry.reason else {}
        self._journal.record(
            f"target.{entry.state}", entry.group, ip=entry.ip, port=entry.port, **reason
        )

    def _everybody(self) -> Iterator[RegisteredTarget]:
        for members in self._registered.values():
            yield from list(members.values())


def _wake(entry: RegisteredTarget) -> None:
    if not entry.wake.triggered:
        entry.wake.succeed()
