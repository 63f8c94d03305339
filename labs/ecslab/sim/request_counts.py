"""How many requests load balancers and target groups have handled, minute by minute.

The names are those of CloudWatch's AWS/ApplicationELB metrics.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ecslab.sim.balancer_failures import BalancerFailures

__all__ = ["Minute", "RequestCounts"]

_MINUTE = 60


@dataclass(slots=True)
class Minute:
    """What one load balancer or target group did in one minute.

    Args:
        request_count: RequestCount: requests for which a target could be chosen.
        target_codes: HTTPCode_Target_2XX_Count and so on, by the first digit.
        balancer_codes: HTTPCode_ELB_502_Count and so on, by status.
        response_times: TargetResponseTime: seconds, to three digits, and how often.
    """

    request_count: int = 0
    target_codes: dict[int, int] | None = None
    balancer_codes: dict[int, int] | None = None
    response_times: dict[float, float] = field(default_factory=dict)


class RequestCounts:
    """The counters of an account."""

    def __init__(self) -> None:
        self._minutes: dict[str, dict[int, Minute]] = {}
        self.failures = BalancerFailures()
        """Why load balancers answered by themselves."""

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
            minute.target_codes = _one_more(minute.target_codes, status // 100)
            shown = float(f"{seconds:.3g}")
            minute.response_times[shown] = minute.response_times.get(shown, 0.0) + 1

    def by_balancer(
        self, arns: tuple[str, ...], at: float, status: int, *, chosen: bool = False
    ) -> None:
        """Count a response that the load balancer gave itself.

        Args:
            arns: the load balancer, and the target group if there is one.
            at: simulated seconds since the account began.
            status: the HTTP status.
            chosen: whether it had chosen a target before: only then it counts in RequestCount.
        """
        for arn in arns:
            minute = self._minute(arn, at)
            minute.request_count += chosen
            minute.balancer_codes = _one_more(minute.balancer_codes, status)

    def take(self, minute: int) -> dict[str, dict[int, Minute]]:
        """Return, and forget, what came to pass before a minute, by ARN and minute.

        Args:
            minute: minutes since the account began.
        """
        taken: dict[str, dict[int, Minute]] = {}
        for arn, minutes in self._minutes.items():
            over = [number for number in minutes if number < minute]
            if over:
                taken[arn] = {number: minutes.pop(number) for number in over}
        return taken

    def _minute(self, arn: str, at: float) -> Minute:
        minutes = self._minutes.setdefault(arn, {})
        return minutes.setdefault(int(at // _MINUTE), Minute())


def _one_more(codes: dict[int, int] | None, code: int) -> dict[int, int]:
    codes = codes if codes is not None else {}
    codes[code] = codes.get(code, 0) + 1
    return codes
