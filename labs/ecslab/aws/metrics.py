"""Amazon CloudWatch: where the points of ECS's own metrics go, on moto's CloudWatch backend."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any

from moto.cloudwatch.models import Dimension, MetricAggregatedDatum, cloudwatch_backends

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from ecslab.sim.ports import Usage

_NAMESPACE = "AWS/ECS"


def _before(self: Any, other: Any) -> bool:
    """Order dimensions by name, then value."""
    return bool((self.name, self.value or "") < (other.name, other.value or ""))


# moto compares a value with a name here, so GetMetricData would find nothing when the caller
# names the dimensions in another order than the metric has them.
Dimension.__lt__ = _before  # type: ignore[method-assign]


class Metrics:
    """The metrics of one Region.

    Args:
        account: the account id.
        region: the Region.
    """

    def __init__(self, account: str, region: str) -> None:
        self._account = account
        self._region = region

    def put(self, name: str, dimensions: Mapping[str, str], minute: datetime, usage: Usage) -> None:
        """Keep one point of a metric in the namespace AWS/ECS.

        Args:
            name: of the metric.
            dimensions: by name.
            minute: the start of the minute that the point stands for.
            usage: its samples, in percent.
        """
        backend: Any = cloudwatch_backends[self._account][self._region]
        backend.metric_data.append(
            MetricAggregatedDatum(
                namespace=_NAMESPACE,
                name=name,
                min_stat=usage.minimum,
                max_stat=usage.maximum,
                sample_count=float(usage.count),
                sum_stat=usage.total,
                dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
                timestamp=minute.astimezone(UTC).replace(tzinfo=None),  # as moto keeps all of them
                unit="Percent",
            )
        )
