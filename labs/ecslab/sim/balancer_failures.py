"""Why load balancers answered requests themselves, with 502, 503 or 504: the newest of them.

It is what an access log tells in target:port, target_status_code and error_reason (AWS:
load-balancer-access-logs), and what "Troubleshoot your Application Load Balancers" asks about.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["BalancerFailure", "BalancerFailures"]

_KEPT: Final = 200


@dataclass(frozen=True, slots=True)
class BalancerFailure:
    """One request that no target answered.

    Args:
        at: simulated seconds since the account began.
        status: what the load balancer answered.
        ending: how the try ended; see `forwarding.Forwarded`.
        group: the ARN of the target group, empty when there is none.
        ip: the address of the target that was meant, empty when there was none.
        port: its port.
        state: the state of the target then.
        dropped: whether the load balancer closed the connection itself.
    """

    at: float
    status: int
    ending: str
    group: str = ""
    ip: str = ""
    port: int = 0
    state: str = ""
    dropped: bool = False


class BalancerFailures:
    """The newest failures of each load balancer and target group."""

    def __init__(self) -> None:
        self._kept: dict[str, deque[BalancerFailure]] = {}

    def note(self, arn: str, failure: BalancerFailure) -> None:
        """Keep a failure of a load balancer, and of its target group."""
        for each in {arn, failure.group} - {""}:
            self._kept.setdefault(each, deque(maxlen=_KEPT)).append(failure)

    def since(self, arn: str, seconds: float) -> Iterator[BalancerFailure]:
        """Yield the failures of a load balancer or target group since a moment, newest first.

        Args:
            arn: its ARN.
            seconds: simulated seconds since the account began.
        """
        for failure in reversed(self._kept.get(arn, ())):
            if failure.at < seconds:
                return
            yield failure
