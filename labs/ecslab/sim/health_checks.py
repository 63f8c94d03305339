"""One health check of one target: what the load balancer's node finds.

AWS: elasticloadbalancing, "Health checks for your target groups" (settings, reason codes and their
descriptions); botocore elbv2 TargetHealth.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ecslab.sim.hosts import interface_of, listener_on

if TYPE_CHECKING:
    from ecslab.sim.balancing import LoadBalancing, TargetGroup
    from ecslab.sim.connect_proxy import Acceptor
    from ecslab.sim.hops import Reach
    from ecslab.sim.hosts import Hosts
    from ecslab.sim.pure_answers import PureAnswer
    from ecslab.sim.wsgi import Answer

__all__ = ["HealthChecker", "Outcome", "ask"]

_TIMED_OUT: Final = ("Target.Timeout", "Request timed out")
_FAILED: Final = ("Target.FailedHealthChecks", "Health checks failed")
_USER_AGENT: Final = "ELB-HealthChecker/2.0"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a check found.

    Args:
        passed: whether it succeeded.
        reason: the reason code when it did not.
        description: the words for it.
        seconds: how long it took.
        process: who answered, None when nobody did.
        lasting: whether the same check finds the same as long as the process lives, and what its
            answers rest on holds.
        rests_on: what the answers of its application rest on.
    """

    passed: bool
    reason: str = ""
    description: str = ""
    seconds: float = 0.0
    process: Acceptor | None = None
    lasting: bool = False
    rests_on: PureAnswer | None = None

    @property
    def lasts(self) -> bool:
        """Say whether the same check would find the same now."""
        return self.lasting and (self.rests_on is None or self.rests_on.holds)

    def settled(self) -> Outcome:
        """Return the outcome after its seconds have passed: a process that ended has failed."""
        if self.process is not None and not self.process.alive:
            return Outcome(False, *_FAILED, self.seconds)
        return self


class HealthChecker:
    """Checks targets as the nodes of their load balancer do.

    Args:
        balancing: what Elastic Load Balancing has been told.
        hosts: who has which address.
        reach: who reaches whom.
    """

    def __init__(self, balancing: LoadBalancing, hosts: Hosts, reach: Reach) -> None:
        self._balancing = balancing
        self._hosts = hosts
        self._reach = reach

    def check(self, group: TargetGroup, ip: str, port: int, zone: str) -> Outcome:
        """Return what one check of a target finds.

        Args:
            group: the target group.
            ip: the target's address.
            port: the target's own port.
            zone: the Availability Zone of the target.
        """
        check = group.check
        unanswered = _FAILED if check.protocol == "TCP" else _TIMED_OUT
        process, arrived = self._connect(group, ip, check.port_of(port), zone)
        if not arrived:
            return Outcome(False, *unanswered, check.timeout)
        if process is None:
            return Outcome(False, *_FAILED)
        if check.protocol == "TCP":
            return Outcome(True, process=process, lasting=True)
        authority = f"{ip}:{check.port_of(port)}"
        headers = {"Host": authority, "User-Agent": _USER_AGENT, "Connection": "close"}
        answer = ask(process, "GET", f"http://{authority}{check.path}", headers)
        lasting = (process.steady, process.rests_on)
        if answer.seconds >= check.timeout:
            return Outcome(False, *_TIMED_OUT, check.timeout, process, *lasting)
        if not check.accepts(answer.status):
            description = f"Health checks failed with these codes: [{answer.status}]"
            reason = "Target.ResponseCodeMismatch"
            return Outcome(False, reason, description, answer.seconds, process, *lasting)
        return Outcome(True, "", "", answer.seconds, process, *lasting)

    def _connect(
        self, group: TargetGroup, ip: str, port: int, zone: str
    ) -> tuple[Acceptor | None, bool]:
        """Return who accepts the connection, if anybody, and whether its packets arrive."""
        balancer = self._balancing.user_of(group.arn)
        node = self._reach.node_in(balancer.arn, zone) if balancer else None
        task = self._hosts.private(group.vpc, ip, port)
        interface = interface_of(task) if task else None
        if node is None or task is None or interface is None:
            return None, False
        if not self._reach.inside(node, interface, port).reachable:
            return None, False
        return listener_on(task, port), True


def ask(
    process: Acceptor, method: str, url: str, headers: dict[str, str], body: bytes = b""
) -> Answer:
    """Return what a process answers, without charging it for what its caller has slept.

    Args:
        process: who is asked.
        method: the HTTP method.
        url: the full URL.
        headers: the header fields.
        body: the body.
    """
    clock = process.account.clock
    slept_by_caller = clock.borrow()
    answer = process.request(method, url, headers, body)
    if slept_by_caller:
        clock.advance(slept_by_caller)
    return answer
