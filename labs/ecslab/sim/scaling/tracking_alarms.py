"""The alarms that a target tracking policy makes, and the metric that it tracks.

AWS: target-tracking-scaling-policy-overview; botocore application-autoscaling
PredefinedMetricSpecification. Three points above the target, fifteen below nine tenths of it, is
what such alarms have looked like for long; AWS does not promise it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ecslab.sim.alarm import Alarm

if TYPE_CHECKING:
    from ecslab.sim.entities import Account
    from ecslab.sim.scaling.targets import Policy, ScalableTarget

__all__ = ["ON_REQUESTS", "PREDEFINED", "TrackingAlarms"]

_LOW: Final = 0.9
_HIGH_POINTS: Final = 3
_LOW_POINTS: Final = 15
_MINUTE: Final = 60
_SHORT: Final = 20

ON_REQUESTS: Final = "ALBRequestCountPerTarget"

PREDEFINED: Final = {
    "ECSServiceAverageCPUUtilization": ("CPUUtilization", _MINUTE),
    "ECSServiceAverageMemoryUtilization": ("MemoryUtilization", _MINUTE),
    "ECSServiceAverageCPUUtilizationHighResolution": ("CPUUtilization", _SHORT),
    "ECSServiceAverageMemoryUtilizationHighResolution": ("MemoryUtilization", _SHORT),
    ON_REQUESTS: ("RequestCountPerTarget", _MINUTE),
}
"""The metric behind each predefined type, and the seconds of its period."""


class TrackingAlarms:
    """Makes and reads the alarms of policies.

    Args:
        account: the account.
    """

    def __init__(self, account: Account) -> None:
        self._account = account

    def make(self, target: ScalableTarget, policy: Policy) -> list[str]:
        """Make the alarms of a policy; return their names, the high one first."""
        settings, period = self._metric(target, policy)
        goal = float(policy.settings["TargetValue"])
        scale = _MINUTE // period
        made = []
        for side, operator, threshold, points in (
            ("High", "GreaterThanThreshold", goal, _HIGH_POINTS),
            ("Low", "LessThanThreshold", goal * _LOW, _LOW_POINTS * scale),
        ):
            identifiers = self._account.identifiers
            name = f"TargetTracking-{target.resource}-Alarm{side}-{identifiers.uuid()}"
            action = f"{policy.arn}:createdBy/{identifiers.uuid()}"
            description = f"DO NOT EDIT OR DELETE. For TargetTrackingScaling policy {action}."
            region, owner = self._account.region, self._account.id
            arn = f"arn:aws:cloudwatch:{region}:{owner}:alarm:{name}"
            shape = {
                **settings,
                "AlarmDescription": description,
                "ActionsEnabled": True,
                "AlarmActions": [action],
                "EvaluationPeriods": points,
                "Threshold": threshold,
                "ComparisonOperator": operator,
            }
            self._account.ports.alarms.put(Alarm(name, arn, shape))
            made.append(name)
        return made

    def value(self, alarm: Alarm, statistic: str = "") -> float | None:
        """Return the point of an alarm's metric in the latest period, None when it has none.

        Args:
            alarm: the alarm.
            statistic: another statistic than the alarm's own.
        """
        end = alarm.evaluated_at
        if not alarm.latest or alarm.latest_at < end - alarm.period:
            return None
        if not statistic:
            return alarm.latest[-1]
        begin = end - alarm.period
        found = alarm.read(self._account.ports.metrics, begin, end, statistic)
        return found[max(found)] if found else None

    def _metric(self, target: ScalableTarget, policy: Policy) -> tuple[dict[str, Any], int]:
        predefined = policy.settings.get("PredefinedMetricSpecification")
        if predefined is None:
            return self._customized(policy.settings["CustomizedMetricSpecification"])
        kind = str(predefined["PredefinedMetricType"])
        name, period = PREDEFINED[kind]
        if kind == ON_REQUESTS:
            balancer, _, group = str(predefined["ResourceLabel"]).partition("/targetgroup/")
            dimensions = {"LoadBalancer": balancer, "TargetGroup": f"targetgroup/{group}"}
            namespace, statistic = "AWS/ApplicationELB", "Sum"
        else:
            _, cluster, service = target.resource.split("/")
            dimensions = {"ClusterName": cluster, "ServiceName": service}
            namespace, statistic = "AWS/ECS", "Average"
        settings = {
            "Namespace": namespace,
            "MetricName": name,
            "Statistic": statistic,
            "Period": period,
            "Dimensions": [{"Name": key, "Value": value} for key, value in dimensions.items()],
        }
        return settings, period

    def _customized(self, metric: dict[str, Any]) -> tuple[dict[str, Any], int]:
        if metric.get("Metrics"):
            queries = [_with_period(query) for query in metric["Metrics"]]
            return {"Metrics": queries}, _MINUTE
        settings = {
            "Namespace": metric["Namespace"],
            "MetricName": metric["MetricName"],
            "Statistic": metric["Statistic"],
            "Period": _MINUTE,
            "Dimensions": metric.get("Dimensions") or [],
        }
        return {**settings, **({"Unit": metric["Unit"]} if metric.get("Unit") else {})}, _MINUTE


def _with_period(query: dict[str, Any]) -> dict[str, Any]:
    """Return a TargetTrackingMetricDataQuery as a MetricDataQuery: it is read every minute."""
    if "MetricStat" not in query:
        return query
    return {**query, "MetricStat": {"Period": _MINUTE, **query["MetricStat"]}}
