"""The metrics of load balancers: what they did with requests, and how many targets are healthy.

AWS: elasticloadbalancing, "CloudWatch metrics for your Application Load Balancer" and "... for your
Network Load Balancer" (names, dimensions, and what counts in each).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ecslab.model.cloudwatch.statistic_set import StatisticSet
from ecslab.sim.metric_store import Metric

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecslab.sim.balancing import LoadBalancer, LoadBalancing
    from ecslab.sim.entities import Account
    from ecslab.sim.request_counts import Minute, RequestCounts
    from ecslab.sim.targets import Targets

__all__ = ["NAMESPACES", "BalancerMetrics", "shown_balancer", "shown_group"]

NAMESPACES: Final = {"application": "AWS/ApplicationELB", "network": "AWS/NetworkELB"}
_MINUTE: Final = 60
_WITH_OWN_METRIC: Final = (500, 502, 503, 504)
_HOSTS: Final = ("HealthyHostCount", "UnHealthyHostCount")


def shown_balancer(arn: str) -> str:
    """Return the value of the dimension LoadBalancer: the final portion of the ARN."""
    return arn.partition(":loadbalancer/")[2]


def shown_group(arn: str) -> str:
    """Return the value of the dimension TargetGroup: the final portion of the ARN."""
    return arn.rpartition(":")[2]


class BalancerMetrics:
    """Measures the load balancers of an account and Region.

    Args:
        account: the account.
        balancing: what Elastic Load Balancing has been told.
        targets: the targets and their health.
        counts: where requests have been counted.
    """

    def __init__(
        self,
        account: Account,
        balancing: LoadBalancing,
        targets: Targets,
        counts: RequestCounts,
    ) -> None:
        self._account = account
        self._balancing = balancing
        self._targets = targets
        self._counts = counts
        self._users: dict[str, LoadBalancer] = {}
        account.ports.metrics.add_source(self, *NAMESPACES.values())
        targets.listen(self.hosts_changed)

    def hosts_changed(self, group: str) -> None:
        """Take notice that the health of a target has changed.

        Args:
            group: the ARN of its target group.
        """
        now = self._account.ports.metrics.now()
        user = self._balancing.user_of(group)
        states = [target.state for target in self._targets.of(group)]
        counted = any(state in ("healthy", "unhealthy", "initial") for state in states)
        before = self._users.get(group)
        if before is not None and (user is None or before.arn != user.arn):
            self._show_hosts(group, before, now, (None, None))
        if user is not None:
            self._users[group] = user
            healthy, unhealthy = (states.count(each) for each in ("healthy", "unhealthy"))
            self._show_hosts(
                group, user, now, (float(healthy), float(unhealthy)) if counted else (None, None)
            )

    def publish(self) -> None:
        """Put the requests of the minutes that have ended."""
        minute = int(self._account.clock.seconds // _MINUTE)
        taken = self._counts.take(minute)
        owners = {group: user for group, user in self._users.items() if group in taken}
        for arn, minutes in taken.items():
            for number, counted in minutes.items():
                start = self._account.clock.at(number * _MINUTE).timestamp()
                if arn in owners or ":targetgroup/" in arn:
                    self._group(arn, start, counted)
                else:
                    self._balancer(arn, start, counted)

    def _show_hosts(
        self,
        group: str,
        user: LoadBalancer,
        now: float,
        values: tuple[float | None, float | None],
    ) -> None:
        dimensions = {
            "LoadBalancer": shown_balancer(user.arn),
            "TargetGroup": shown_group(group),
        }
        for name, value in zip(_HOSTS, values, strict=True):
            metric = Metric.of(NAMESPACES[user.type], name, dimensions)
            self._account.ports.metrics.gauge(metric, "Count").set(now, value)

    def _balancer(self, arn: str, start: float, counted: Minute) -> None:
        if ":loadbalancer/net/" in arn:
            return
        dimensions = {"LoadBalancer": shown_balancer(arn)}
        for name, number in (*_counts(counted), *_own_codes(counted)):
            self._put(name, dimensions, start, StatisticSet.of([float(number)]))
        if counted.response_times:
            statistics = StatisticSet.counted(counted.response_times)
            self._put("TargetResponseTime", dimensions, start, statistics, "Seconds")

    def _group(self, arn: str, start: float, counted: Minute) -> None:
        user = self._users.get(arn) or self._balancing.user_of(arn)
        if user is None or user.type != "application":
            return
        group = {"TargetGroup": shown_group(arn)}
        dimensions = {**group, "LoadBalancer": shown_balancer(user.arn)}
        for name, number in _counts(counted):
            self._put(name, dimensions, start, StatisticSet.of([float(number)]))
        if counted.response_times:
            statistics = StatisticSet.counted(counted.response_times)
            self._put("TargetResponseTime", dimensions, start, statistics, "Seconds")
        hosts = self._hosts_in(dimensions, start)
        if hosts:
            share = StatisticSet.of([counted.request_count / hosts])
            for each in (group, dimensions):
                self._put("RequestCountPerTarget", each, start, share)

    def _hosts_in(self, dimensions: dict[str, str], start: float) -> float:
        """Return the healthy targets of a minute, on average."""
        metric = Metric.of(NAMESPACES["application"], _HOSTS[0], dimensions)
        gauge = self._account.ports.metrics.gauge(metric, "Count")
        found = gauge.points(self._account.ports.metrics.now(), start, start + _MINUTE)
        return found[0].read("Average") or 0.0 if found else 0.0

    def _put(
        self,
        name: str,
        dimensions: dict[str, str],
        start: float,
        statistics: StatisticSet,
        unit: str = "Count",
    ) -> None:
        metric = Metric.of(NAMESPACES["application"], name, dimensions)
        self._account.ports.metrics.put(metric, start, statistics, unit=unit)


def _counts(counted: Minute) -> Iterator[tuple[str, int]]:
    """Yield what both a load balancer and a target group count."""
    if counted.request_count:
        yield "RequestCount", counted.request_count
    for digit, number in sorted((counted.target_codes or {}).items()):
        yield f"HTTPCode_Target_{digit}XX_Count", number


def _own_codes(counted: Minute) -> Iterator[tuple[str, int]]:
    """Yield what a load balancer answered by itself."""
    classes: dict[int, int] = {}
    for status, number in sorted((counted.balancer_codes or {}).items()):
        classes[status // 100] = classes.get(status // 100, 0) + number
        if status in _WITH_OWN_METRIC:
            yield f"HTTPCode_ELB_{status}_Count", number
    for digit, number in classes.items():
        yield f"HTTPCode_ELB_{digit}XX_Count", number
