"""The operations about alarms (AWS: botocore cloudwatch; AlarmThatSendsEmail)."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any, Final

from ecslab.errors import AwsError
from ecslab.model.cloudwatch.alarm_rule import AlarmRule, AlarmRuleError
from ecslab.model.cloudwatch.alarm_state import COMPARISONS, MISSING
from ecslab.model.cloudwatch.statistic_set import is_statistic
from ecslab.sim.alarm import Alarm

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ecslab.sim.alarms import AlarmController
    from ecslab.sim.entities import Account

    Params = dict[str, Any]

_STATES: Final = ("OK", "ALARM", "INSUFFICIENT_DATA")
_SHORT_PERIODS: Final = (10, 20, 30)
_MINUTE: Final = 60
_LONGEST: Final = 7 * 86400
_PAGE: Final = 50
_ACTIONS: Final = ("OKActions", "AlarmActions", "InsufficientDataActions")
_SHOWN: Final = (
    *("AlarmDescription", "MetricName", "Namespace", "Statistic", "ExtendedStatistic"),
    *("Period", "Unit", "EvaluationPeriods", "DatapointsToAlarm", "Threshold"),
    *("ComparisonOperator", "TreatMissingData", "EvaluateLowSampleCountPercentile"),
    *("Metrics", "ThresholdMetricId", "AlarmRule", "ActionsSuppressor"),
    *("ActionsSuppressorWaitPeriod", "ActionsSuppressorExtensionPeriod"),
)
_NOT_SIMULATED: Final = ("ThresholdMetricId", "EvaluationCriteria", "EvaluationWindow")


def put_metric_alarm(account: Account, params: Params) -> None:
    """Answer PutMetricAlarm.

    Raises:
        AwsError: ValidationError, InvalidParameterValue, UnsupportedOperation.
    """
    _check_metric_alarm(params)
    name = str(params["AlarmName"])
    settings = {key: value for key, value in params.items() if key not in ("AlarmName", "Tags")}
    _controller(account).put(Alarm(name, alarm_arn(account, name), settings))


def put_composite_alarm(account: Account, params: Params) -> None:
    """Answer PutCompositeAlarm.

    Raises:
        AwsError: ValidationError.
    """
    name = str(params["AlarmName"])
    try:
        rule = AlarmRule.parse(str(params["AlarmRule"]))
    except AlarmRuleError as error:
        raise AwsError("ValidationError", str(error)) from error
    controller = _controller(account)
    for asked in rule.names:
        if controller.find(asked.rpartition(":alarm:")[2]) is None:
            message = f"Could not save the composite alarm as alarm {asked} does not exist."
            raise AwsError("ValidationError", message)
    if any(":autoscaling:" in arn for key in _ACTIONS for arn in params.get(key) or []):
        message = "Composite alarms can't have Auto Scaling actions."
        raise AwsError("ValidationError", message)
    settings = {key: value for key, value in params.items() if key not in ("AlarmName", "Tags")}
    controller.put(Alarm(name, alarm_arn(account, name), settings, rule))
    controller.compose()


def describe_alarms(account: Account, params: Params) -> Params:
    """Answer DescribeAlarms; without AlarmTypes only metric alarms are returned.

    Raises:
        AwsError: InvalidNextToken.
    """
    types = params.get("AlarmTypes") or ["MetricAlarm"]
    found = [
        alarm
        for alarm in _controller(account).all()
        if _kind(alarm) in types and _is_asked_for(alarm, params)
    ]
    begin, size = _start(params.get("NextToken")), int(params.get("MaxRecords") or _PAGE)
    shown = found[begin : begin + size]
    answer: Params = {
        "MetricAlarms": [_view(alarm) for alarm in shown if alarm.rule is None],
        "CompositeAlarms": [_view(alarm) for alarm in shown if alarm.rule is not None],
    }
    if begin + size < len(found):
        answer["NextToken"] = str(begin + size)
    return answer


def describe_alarms_for_metric(account: Account, params: Params) -> Params:
    """Answer DescribeAlarmsForMetric: those with exactly this metric and these dimensions."""
    wanted = _dimensions(params)
    found = [
        _view(alarm)
        for alarm in _controller(account).all()
        if alarm.settings.get("MetricName") == params["MetricName"]
        and alarm.settings.get("Namespace") == params["Namespace"]
        and _dimensions(alarm.settings) == wanted
        and all(
            params.get(key) in (None, alarm.settings.get(key))
            for key in ("Statistic", "ExtendedStatistic", "Period", "Unit")
        )
    ]
    return {"MetricAlarms": found}


def describe_alarm_history(account: Account, params: Params) -> Params:
    """Answer DescribeAlarmHistory: newest first unless ScanBy says otherwise."""
    name, kind = params.get("AlarmName"), params.get("HistoryItemType")
    types = params.get("AlarmTypes") or ["MetricAlarm"]
    start, end = params.get("StartDate"), params.get("EndDate")
    items = [
        (item, alarm)
        for alarm in _controller(account).all()
        if name in (None, alarm.name) and _kind(alarm) in types
        for item in alarm.history
        if kind in (None, item.kind)
        and (start is None or _aware(start) <= item.at)
        and (end is None or item.at <= _aware(end))
    ]
    items.sort(key=lambda pair: pair[0].at)
    if params.get("ScanBy") != "TimestampAscending":
        items.reverse()
    begin, size = _start(params.get("NextToken")), int(params.get("MaxRecords") or 100)
    answer: Params = {
        "AlarmHistoryItems": [
            {
                "AlarmName": alarm.name,
                "AlarmType": _kind(alarm),
                "Timestamp": item.at,
                "HistoryItemType": item.kind,
                "HistorySummary": item.summary,
                "HistoryData": item.data,
            }
            for item, alarm in items[begin : begin + size]
        ]
    }
    if begin + size < len(items):
        answer["NextToken"] = str(begin + size)
    return answer


def delete_alarms(account: Account, params: Params) -> None:
    """Answer DeleteAlarms.

    Raises:
        AwsError: ResourceNotFound, ValidationError.
    """
    controller = _controller(account)
    names = list(params.get("AlarmNames") or [])
    for name in names:
        for other in controller.all():
            asked = (
                [each.rpartition(":alarm:")[2] for each in other.rule.names] if other.rule else []
            )
            if name in asked and other.name not in names:
                message = f"Cannot delete {name} as it is used by composite alarm {other.name}."
                raise AwsError("ValidationError", message)
    controller.delete(names)


def set_alarm_state(account: Account, params: Params) -> None:
    """Answer SetAlarmState.

    Raises:
        AwsError: ResourceNotFound, ValidationError.
    """
    alarm = _controller(account).find(str(params["AlarmName"]))
    if alarm is None:
        raise AwsError("ResourceNotFound", "Unknown", 404)
    state = params["StateValue"]
    if state not in _STATES:
        message = (
            f"1 validation error detected: Value '{state}' at 'stateValue' failed to satisfy"
            " constraint: Member must satisfy enum value set: [INSUFFICIENT_DATA, ALARM, OK]"
        )
        raise AwsError("ValidationError", message)
    data = str(params.get("StateReasonData") or "")
    _controller(account).set_state(alarm, state, str(params["StateReason"]), data)


def enable_alarm_actions(account: Account, params: Params) -> None:
    """Answer EnableAlarmActions."""
    _set_enabled(account, params.get("AlarmNames") or [], enabled=True)


def disable_alarm_actions(account: Account, params: Params) -> None:
    """Answer DisableAlarmActions."""
    _set_enabled(account, params.get("AlarmNames") or [], enabled=False)


def alarm_arn(account: Account, name: str) -> str:
    """Return the ARN of an alarm."""
    return f"arn:aws:cloudwatch:{account.region}:{account.id}:alarm:{name}"


def _controller(account: Account) -> AlarmController:
    return account.ports.alarms


def _set_enabled(account: Account, names: Iterable[str], *, enabled: bool) -> None:
    for name in names:
        alarm = _controller(account).find(name)
        if alarm is not None:
            alarm.settings["ActionsEnabled"] = enabled


def _check_metric_alarm(params: Params) -> None:
    for key in _NOT_SIMULATED:
        if params.get(key):
            message = f"{key} of PutMetricAlarm is not part of this simulation."
            raise AwsError("UnsupportedOperation", message)
    if not params.get("Metrics"):
        _check_single_metric(params)
    operator = params.get("ComparisonOperator")
    if operator not in COMPARISONS:
        message = f"The value {operator} for parameter ComparisonOperator is not supported."
        raise AwsError("ValidationError", message)
    if params.get("Threshold") is None:
        raise AwsError("ValidationError", "The parameter Threshold is required.")
    count, needed = params.get("EvaluationPeriods") or 0, params.get("DatapointsToAlarm")
    if count < 1:
        message = "The value of the parameter EvaluationPeriods must be at least 1."
        raise AwsError("ValidationError", message)
    if needed is not None and not 1 <= needed <= count:
        message = (
            "The value of the parameter DatapointsToAlarm must be from 1 to EvaluationPeriods."
        )
        raise AwsError("ValidationError", message)
    if (params.get("TreatMissingData") or MISSING[0]) not in MISSING:
        value = params["TreatMissingData"]
        message = f"Option {value} is not supported. Supported options for parameter"
        message += " TreatMissingData are breaching, notBreaching, ignore and missing."
        raise AwsError("ValidationError", message)
    if (params.get("Period") or _MINUTE) * count > _LONGEST:
        message = "Metrics cannot be checked across more than seven days."
        raise AwsError("ValidationError", message)


def _check_single_metric(params: Params) -> None:
    for key in ("Namespace", "MetricName", "Period"):
        if not params.get(key):
            raise AwsError("ValidationError", f"The parameter {key} is required.")
    statistic, extended = params.get("Statistic"), params.get("ExtendedStatistic")
    if bool(statistic) == bool(extended):
        message = "Exactly one of the parameters Statistic and ExtendedStatistic is required."
        raise AwsError("ValidationError", message)
    if extended and not is_statistic(str(extended)):
        message = f"The value {extended} for parameter ExtendedStatistic is not supported."
        raise AwsError("InvalidParameterValue", message)
    period = params["Period"]
    if period % _MINUTE and period not in _SHORT_PERIODS:
        message = "Period must be 10, 20, 30 or a multiple of 60"
        raise AwsError("ValidationError", message)


def _is_asked_for(alarm: Alarm, params: Params) -> bool:
    names, prefix = params.get("AlarmNames"), params.get("AlarmNamePrefix")
    action = params.get("ActionPrefix")
    arns = [arn for key in _ACTIONS for arn in alarm.settings.get(key) or []]
    return (
        (not names or alarm.name in names)
        and (not prefix or alarm.name.startswith(prefix))
        and params.get("StateValue") in (None, alarm.state)
        and (not action or any(arn.startswith(action) for arn in arns))
    )


def _view(alarm: Alarm) -> Params:
    settings = alarm.settings
    shown: Params = {
        "AlarmName": alarm.name,
        "AlarmArn": alarm.arn,
        "AlarmConfigurationUpdatedTimestamp": alarm.configured_at,
        "ActionsEnabled": settings.get("ActionsEnabled", True),
        "StateValue": alarm.state,
        "StateReason": alarm.reason,
        "StateUpdatedTimestamp": alarm.updated_at,
        "StateTransitionedTimestamp": alarm.transitioned_at,
        **{key: settings.get(key) or [] for key in _ACTIONS},
        **{key: settings[key] for key in _SHOWN if settings.get(key) is not None},
    }
    if alarm.reason_data:
        shown["StateReasonData"] = alarm.reason_data
    if alarm.rule is None:
        shown["Dimensions"] = settings.get("Dimensions") or []
    return shown


def _dimensions(settings: Params) -> set[tuple[str, str]]:
    return {(each["Name"], each["Value"]) for each in settings.get("Dimensions") or []}


def _kind(alarm: Alarm) -> str:
    return "MetricAlarm" if alarm.rule is None else "CompositeAlarm"


def _start(token: str | None) -> int:
    if token is None:
        return 0
    if not token.isdecimal():
        raise AwsError("InvalidNextToken", "The next token is not valid.")
    return int(token)


def _aware(moment: Any) -> Any:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
