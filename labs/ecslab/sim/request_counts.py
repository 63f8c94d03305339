"""How many requests load balancers and target groups have handled, minute by minute.

The names are those of CloudWatch's AWS/ApplicationELB metrics.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Minute", "RequestCounts"]

_SERVER_ERRORS = 5
_MINUTE = 60


@dataclass(slots=True)
class Minute:
    """What one load balancer or target group did in one minute.

    Args:
        request_count: RequestCount: requests that were sent to a target, or answered by the
            load balancer.
        target_codes: HTTPCode_Target_2XX_Count and so on, by the first digit.
        balancer_codes: HTTPCode_ELB_3XX_Count and so on, by the first digit.
        response_seconds: the sum of TargetResponseTime.
        response_count: how many responses that sum is of.
        slowest: the maximum of TargetResponseTime.
    """

    request_count: int = 0
    target_codes: dict[int, int] | None = None
    balancer_codes: dict[int, int] | None = None
    response_seconds: float = 0.0
    response_count: int = 0
    slowest: float = 0.0


class RequestCounts:
    """The counters of an account."""

    def __init__(self) -> None:
        self._minutes: dict[str, dict[int, Minute]] = {}

    def by_target(self, arns: tuple[str, ...], at: float, status: int, seconds: float) -> None:
        """Count a response that a target gave.

        Args:
            arns: the load balancer and the target group.
            at: simulated seconds since the account began.
            status: the HTTP status.
            seconds: how long the target took.
        """
        for arn in arns:
            minute = self._minute(arn, at)
            minute.request_count += 1
            minute.target_codes = _one_more(minute.target_codes, status)
            minute.response_seconds += seconds
            minute.response_count += 1
            minute.slowest = max(minute.slowest, seconds)

    def by_balancer(self, arns: tuple[str, ...], at: float, status: int) -> None:
        """Count a response that the load balancer gave itself."""
        for arn in arns:
            minute = self._minute(arn, at)
            minute.request_count += 1
            minute.balancer_codes = _one_more(minute.balancer_codes, status)

    def minutes(self, arn: str) -> dict[int, Minute]:
        """Return what a load balancer or target group did, by minutes since the account began."""
        return dict(self._minutes.get(arn, {}))

    def requests(self, arn: str) -> int:
        """Return how many requests a load balancer or target group has handled in all."""
        return sum(minute.request_count for minute in self._minutes.get(arn, {}).values())

    def server_errors(self, arn: str, *, by_balancer: bool) -> int:
        """Return HTTPCode_ELB_5XX_Count, or HTTPCode_Target_5XX_Count, over all minutes."""
        minutes = self._minutes.get(arn, {}).values()
        codes = (m.balancer_codes if by_balancer else m.target_codes for m in minutes)
        return sum((each or {}).get(_SERVER_ERRORS, 0) for each in codes)

    def _minute(self, arn: str, at: float) -> Minute:
        minutes = self._minutes.setdefault(arn, {})
        return minutes.setdefault(int(at // _MINUTE), Minute())


def _one_more(codes: dict[int, int] | None, status: int) -> dict[int, int]:
    codes = codes if codes is not None else {}
    codes[status // 100] = codes.get(status // 100, 0) + 1
    return codes
