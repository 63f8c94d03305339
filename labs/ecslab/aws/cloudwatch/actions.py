"""What an alarm does when its state changes: Amazon SNS, and the event on the default event bus.

AWS: cloudwatch-and-eventbridge ("CloudWatch Alarm State Change"); captured notifications of alarms.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from moto.sns.models import sns_backends

from ecslab.sim.alarm import stamp

if TYPE_CHECKING:
    from ecslab.sim.alarm import Alarm
    from ecslab.sim.alarms import AlarmController
    from ecslab.sim.entities import Account

__all__ = ["AlarmActions"]

_DETAIL_TYPE: Final = "CloudWatch Alarm State Change"
_SOURCE: Final = "aws.cloudwatch"
_REGION_NAMES: Final = {
    "us-east-1": "US East (N. Virginia)",
    "us-east-2": "US East (Ohio)",
    "us-west-1": "US West (N. California)",
    "us-west-2": "US West (Oregon)",
    "eu-west-1": "EU (Ireland)",
    "eu-central-1": "EU (Frankfurt)",
}


class AlarmActions:
    """Tells others what alarms do.

    Args:
        account: the account.
    """

    def __init__(self, account: Account) -> None:
        self._account = account

    def install(self, controller: AlarmController) -> None:
        """Be told what happens to alarms."""
        controller.on_action("sns", self._publish)
        controller.on_change(self._announce)

    def _announce(self, alarm: Alarm, before: dict[str, Any]) -> None:
        detail = {
            "alarmName": alarm.name,
            "state": alarm.shown_state(),
            "previousState": before,
            "configuration": _configuration(alarm),
        }
        self._account.ports.events.emit(_DETAIL_TYPE, [alarm.arn], detail, source=_SOURCE)

    def _publish(self, arn: str, alarm: Alarm, old: str) -> None:
        """Publish to a topic; one that is gone gets nothing."""
        backend: Any = sns_backends[self._account.id][self._account.region]
        topic = backend.topics.get(arn)
        if topic is None:
            return
        region = _REGION_NAMES.get(self._account.region, self._account.region)
        settings = alarm.settings
        message = {
            "AlarmName": alarm.name,
            "AlarmDescription": settings.get("AlarmDescription"),
            "AWSAccountId": self._account.id,
            "AlarmConfigurationUpdatedTimestamp": stamp(alarm.configured_at),
            "NewStateValue": alarm.state,
            "NewStateReason": alarm.reason,
            "StateChangeTime": stamp(alarm.transitioned_at),
            "Region": region,
            "AlarmArn": alarm.arn,
            "OldStateValue": old,
            "OKActions": settings.get("OKActions") or [],
            "AlarmActions": settings.get("AlarmActions") or [],
            "InsufficientDataActions": settings.get("InsufficientDataActions") or [],
        }
        if alarm.rule is None:
            message["Trigger"] = _trigger(alarm)
        else:
            message["AlarmRule"] = alarm.rule.text
        topic.publish(json.dumps(message), subject=f'{alarm.state}: "{alarm.name}" in {region}')


def _configuration(alarm: Alarm) -> dict[str, Any]:
    settings = alarm.settings
    description = settings.get("AlarmDescription")
    shown: dict[str, Any] = {"description": description} if description else {}
    if alarm.rule is not None:
        return {**shown, "alarmRule": alarm.rule.text}
    if settings.get("Metrics"):
        return {**shown, "metrics": [_query(each) for each in settings["Metrics"]]}
    stat = {"metric": _metric(settings), "period": alarm.period, "stat": alarm.statistic}
    return {**shown, "metrics": [{"id": "m1", "metricStat": stat, "returnData": True}]}


def _query(query: dict[str, Any]) -> dict[str, Any]:
    shown = {"id": query["Id"], "returnData": query.get("ReturnData", True)}
    if query.get("Expression"):
        return {**shown, "expression": query["Expression"]}
    stat = query["MetricStat"]
    inner = {"metric": _metric(stat["Metric"]), "period": stat["Period"], "stat": stat["Stat"]}
    return {**shown, "metricStat": inner}


def _metric(settings: dict[str, Any]) -> dict[str, Any]:
    return {
        "namespace": settings.get("Namespace"),
        "name": settings.get("MetricName"),
        "dimensions": {each["Name"]: each["Value"] for each in settings.get("Dimensions") or []},
    }


def _trigger(alarm: Alarm) -> dict[str, Any]:
    settings = alarm.settings
    dimensions = settings.get("Dimensions") or []
    return {
        "MetricName": settings.get("MetricName"),
        "Namespace": settings.get("Namespace"),
        "StatisticType": "ExtendedStatistic" if settings.get("ExtendedStatistic") else "Statistic",
        "Statistic": alarm.statistic.upper(),
        "Unit": settings.get("Unit"),
        "Dimensions": [{"name": each["Name"], "value": each["Value"]} for each in dimensions],
        "Period": alarm.period,
        "EvaluationPeriods": alarm.periods,
        "DatapointsToAlarm": alarm.to_alarm,
        "ComparisonOperator": settings["ComparisonOperator"],
        "Threshold": alarm.threshold,
        "TreatMissingData": alarm.treatment,
    }
