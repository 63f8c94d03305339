"""The monitoring configuration of a service (AWS: botocore ecs MetricConfiguration)."""

from __future__ import annotations

from typing import Any, Final

from ecslab.errors import AwsError

__all__ = ["check_monitoring"]

_METRICS: Final = ("CPUUtilization", "MemoryUtilization")
_RESOLUTIONS: Final = (20, 60)


def check_monitoring(params: dict[str, Any]) -> None:
    """Refuse metrics and resolutions that there are not.

    Raises:
        AwsError: InvalidParameterException.
    """
    for each in (params.get("monitoring") or {}).get("metricConfigurations") or []:
        unknown = [name for name in each["metricNames"] if name not in _METRICS]
        if unknown:
            message = f"Invalid metric name: {unknown[0]}. Valid values: {', '.join(_METRICS)}."
            raise AwsError("InvalidParameterException", message)
        if each["resolutionSeconds"] not in _RESOLUTIONS:
            message = "Invalid resolutionSeconds. Valid values: 20, 60."
            raise AwsError("InvalidParameterException", message)
