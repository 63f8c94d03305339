"""Answers CloudWatch's metric and alarm operations in moto's place.

moto keeps points in one list and never evaluates an alarm: here both are the simulation's. What is
left to moto: dashboards, Contributor Insights rules, tags.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.cloudwatch.exceptions import CloudWatchException
from moto.cloudwatch.models import CloudWatchBackend
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import ActionResult, EmptyResult

from ecslab.aws.cloudwatch import alarms, reads
from ecslab.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ecslab.sim.entities import Account

    Answer = Callable[[Account, dict[str, Any]], dict[str, Any] | None]

_OPERATIONS: dict[str, Answer] = {
    "put_metric_data": reads.put_metric_data,
    "get_metric_data": reads.get_metric_data,
    "get_metric_statistics": reads.get_metric_statistics,
    "list_metrics": reads.list_metrics,
    "put_metric_alarm": alarms.put_metric_alarm,
    "put_composite_alarm": alarms.put_composite_alarm,
    "describe_alarms": alarms.describe_alarms,
    "describe_alarms_for_metric": alarms.describe_alarms_for_metric,
    "describe_alarm_history": alarms.describe_alarm_history,
    "delete_alarms": alarms.delete_alarms,
    "set_alarm_state": alarms.set_alarm_state,
    "enable_alarm_actions": alarms.enable_alarm_actions,
    "disable_alarm_actions": alarms.disable_alarm_actions,
}


def install(account: Callable[[str], Account]) -> Callable[[], None]:
    """Let the simulation answer.

    Args:
        account: returns the data plane's state of a Region.

    Returns:
        What lets moto answer again.
    """
    before = {name: vars(CloudWatchResponse).get(name) for name in _OPERATIONS}
    listed = CloudWatchBackend.describe_alarms

    def describe_alarms(self: Any) -> Any:
        """Return the alarms that tags may be put on."""
        found = account(self.region_name).ports.alarms.all()
        return [_Tagged(alarm.arn) for alarm in found]

    for name, answer in _OPERATIONS.items():
        setattr(CloudWatchResponse, name, _method(answer, account))
    CloudWatchBackend.describe_alarms = describe_alarms  # type: ignore[method-assign]

    def uninstall() -> None:
        for name, method in before.items():
            if method is None:
                delattr(CloudWatchResponse, name)
            else:
                setattr(CloudWatchResponse, name, method)
        CloudWatchBackend.describe_alarms = listed  # type: ignore[method-assign]

    return uninstall


class _Tagged:
    def __init__(self, arn: str) -> None:
        self.alarm_arn = arn


def _method(answer: Answer, account: Callable[[str], Account]) -> Callable[[Any], ActionResult]:
    def method(self: Any) -> ActionResult:
        params = dict(self._get_params())
        try:
            result = answer(account(self.region), params)
        except AwsError as error:
            raise CloudWatchException(error.code, error.message) from error
        tags = params.get("Tags")
        if tags and "AlarmName" in params:
            arn = alarms.alarm_arn(account(self.region), params["AlarmName"])
            self.cloudwatch_backend.tagger.tag_resource(arn, tags)
        return EmptyResult() if result is None else ActionResult(result)

    return method
