"""What the services of module 08-fargate used at most, and the size that follows from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from ecslab.course.fargate_shop import CLUSTER
from ecslab.course.meaning import number
from ecslab.course.outcomes import NotYet
from ecslab.model.task_definition.size import FARGATE_SIZES

if TYPE_CHECKING:
    from ecslab.course.session import Session

__all__ = ["judge_peaks", "judge_size", "peaks_of", "right_size"]

_RESERVED = {"CPUUtilization": 1024, "MemoryUtilization": 4096}
_MEASURED = timedelta(hours=1)
_SHARE = 0.8
_ROUNDING = 2.0

Pair = tuple[float, float]


def peaks_of(lab: Session, service: str) -> Pair:
    """Give the most that one task of a service used in its first hour, in CPU units and MiB.

    Args:
        lab: the session whose account is asked.
        service: its name.
    """
    cpu, memory = (_most(lab, service, metric, "Maximum") for metric in _RESERVED)
    return cpu, memory


def right_size(peaks: Pair) -> tuple[int, int]:
    """Give Fargate's smallest size of which the peaks take 80 percent at most.

    Args:
        peaks: CPU units and MiB.
    """
    cpu, memory = (peak / _SHARE for peak in peaks)
    return next(
        (row.cpu, size)
        for row in FARGATE_SIZES
        for size in row.memory
        if row.cpu >= cpu and size >= memory
    )


def judge_peaks(lab: Session, service: str, given: object) -> None:
    """End the check unless a pair of numbers is what the service used at most.

    Args:
        lab: the session whose account is judged.
        service: its name.
        given: CPU units and MiB.
    """
    if isinstance(given, Mapping):
        given = [given.get("cpu"), given.get("memory")]
    if not isinstance(given, Sequence) or isinstance(given, str) or len(given) != len(_RESERVED):
        raise NotYet(
            expected=f"for {service} a pair of CPU units and MiB",
            found="nothing" if given is None else given,
            look_at=f'peaks["{service}"]',
        )
    for value, (metric, reserved) in zip(given, _RESERVED.items(), strict=True):
        most = _most(lab, service, metric, "Maximum")
        used = number(value, "CPU units", "MiB")
        if used is not None and abs(used - most) <= _ROUNDING:
            continue
        found = str(value)
        if used is not None:
            average = _most(lab, service, metric, "Average", whole=True)
            if abs(used - average) <= _ROUNDING:
                found += ", which is the average of the hour"
            elif abs(used * reserved / 100 - most) <= reserved / 100:
                found += ", which is the percentage"
        what = "CPU units" if metric == "CPUUtilization" else "MiB"
        raise NotYet(
            expected=f"the {what} that a task of {service} used at its peak",
            found=found,
            look_at=f"get_metric_statistics of {metric}, and its Statistics",
        )


def judge_size(service: str, size: tuple[int, int], peaks: Pair) -> None:
    """End the check when a peak takes more than 80 percent of a size.

    Args:
        service: its name.
        size: CPU units and MiB of a task.
        peaks: what a task used at most.
    """
    for what, has, peak in zip(("CPU units", "MiB"), size, peaks, strict=True):
        if peak > has * _SHARE:
            raise NotYet(
                expected=f"a size for {service} of which the peak takes at most 80 percent",
                found=f"{has} {what}; the peak of {peak:.0f} is {peak / has:.0%} of that",
                look_at="describe_tasks → tasks[].cpu, .memory, and your peaks",
            )


def _most(lab: Session, service: str, metric: str, statistic: str, *, whole: bool = False) -> float:
    """Ask CloudWatch for the first hour of a service, and turn percent into an amount."""
    found = lab.client("ecs").describe_services(cluster=CLUSTER, services=[service])["services"]
    began = found[0]["createdAt"]
    names = {"ClusterName": CLUSTER, "ServiceName": service}
    points = lab.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/ECS",
        MetricName=metric,
        Dimensions=[{"Name": key, "Value": value} for key, value in names.items()],
        StartTime=began,
        EndTime=began + _MEASURED,
        Period=60,
        Statistics=[statistic],
    )["Datapoints"]
    values = [float(point[statistic]) for point in points]
    share = sum(values) / len(values) if whole else max(values)
    return share / 100 * _RESERVED[metric]
