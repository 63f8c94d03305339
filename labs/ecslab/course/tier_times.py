"""What CloudWatch knows about the tiers of module 12 in the busy minutes before a learner looks."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

from ecslab.course import tiers
from ecslab.course.front_door import BALANCER
from ecslab.course.tiers import BUSY_MINUTES, CALM_MINUTES, CLUSTER, TIERS

if TYPE_CHECKING:
    from datetime import datetime

    from ecslab.course.session import Session

__all__ = ["answered", "cpu", "points", "waited"]

_OPENING_MINUTES = 2 * len(TIERS)


def _busy_time(lab: Session) -> tuple[datetime, datetime]:
    """Return the ten busy minutes, counted from when the shop's load balancer was made."""
    found = lab.client("elbv2").describe_load_balancers(Names=[BALANCER])["LoadBalancers"][0]
    made: datetime = found["CreatedTime"].replace(second=0, microsecond=0)
    begin = made + timedelta(minutes=_OPENING_MINUTES + CALM_MINUTES)
    return begin, begin + timedelta(minutes=BUSY_MINUTES)


def points(
    lab: Session, tier: str, span: tuple[datetime, datetime], statistic: str, period: int = 60
) -> list[float]:
    """Return the points of a tier's TargetResponseTime, in seconds.

    Args:
        lab: the session.
        tier: its name.
        span: from when until when.
        statistic: Average, or a percentile such as p90.
        period: seconds of one point.
    """
    extended = statistic.startswith("p")
    key = "ExtendedStatistics" if extended else "Statistics"
    answer = lab.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/ApplicationELB",
        MetricName="TargetResponseTime",
        Dimensions=tiers.dimensions(tier),
        StartTime=span[0],
        EndTime=span[1],
        Period=period,
        **{key: [statistic]},
    )
    return [
        point["ExtendedStatistics"][statistic] if extended else point[statistic]
        for point in answer["Datapoints"]
    ]


def answered(lab: Session, tier: str) -> float:
    """Return the average time of a tier's answers in the busy minutes, in seconds."""
    (average,) = points(lab, tier, _busy_time(lab), "Average", BUSY_MINUTES * 60)
    return average


def waited(lab: Session, tier: str) -> float:
    """Return how long a tier waited for the next one in the busy minutes, in seconds."""
    begin, end = _busy_time(lab)
    events = lab.client("logs").filter_log_events(
        logGroupName=f"/{CLUSTER}/{tier}",
        startTime=int(begin.timestamp() * 1000),
        endTime=int(end.timestamp() * 1000),
        filterPattern="waited_ms",
    )["events"]
    times = [json.loads(event["message"])["waited_ms"] for event in events]
    return float(sum(times)) / len(times) / 1000


def cpu(lab: Session, tier: str) -> list[float]:
    """Return the highest CPUUtilization of a tier in each of the busy minutes, in percent."""
    begin, end = _busy_time(lab)
    names = {"ClusterName": CLUSTER, "ServiceName": tier}
    answer = lab.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/ECS",
        MetricName="CPUUtilization",
        Dimensions=[{"Name": key, "Value": value} for key, value in names.items()],
        StartTime=begin,
        EndTime=end,
        Period=60,
        Statistics=["Maximum"],
    )
    return [point["Maximum"] for point in answer["Datapoints"]]
