"""What we rely on inside moto's CloudWatch, Logs and Application Auto Scaling, and mend there.

A new moto that changes it fails here: look whether ours is still needed.
"""

from __future__ import annotations

import inspect
import time

import boto3
import pytest
from moto import mock_aws
from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse
from moto.cloudwatch.responses import CloudWatchResponse
from moto.logs import models

from ecslab import Cloud
from ecslab.aws import application_auto_scaling
from ecslab.aws.cloudwatch import responses


def methods(owner: type) -> dict[str, object]:
    """Return the functions that a class defines itself."""
    return {name: value for name, value in vars(owner).items() if inspect.isfunction(value)}


def test_cloudwatch_asks_a_method_for_each_operation() -> None:
    """`install` puts ours in their place, and takes them away again."""
    before = methods(CloudWatchResponse)
    assert callable(CloudWatchResponse.put_metric_alarm)
    with Cloud():
        boto3.client("cloudwatch").describe_alarms()
        assert vars(CloudWatchResponse)["describe_alarms"] is not before["describe_alarms"]
    assert methods(CloudWatchResponse) == before
    assert set(responses._OPERATIONS) - set(before) == {
        "put_composite_alarm",
        "describe_alarm_history",
    }


def test_scaling_asks_a_method_for_each_operation() -> None:
    before = methods(ApplicationAutoScalingResponse)
    with Cloud():
        boto3.client("application-autoscaling").describe_scalable_targets(ServiceNamespace="rds")
    assert methods(ApplicationAutoScalingResponse) == before
    missing = set(application_auto_scaling._OPERATIONS) - set(before)
    assert missing == {"describe_scaling_activities", "get_predictive_scaling_forecast"}


def test_what_moto_does_not_do_in_logs() -> None:
    """The prefix of stream names, filters of queries, patterns that are no words."""
    assert "log_stream_name_prefix" not in inspect.getsource(models.LogGroup.filter_log_events)
    assert list(inspect.signature(models.execute_query).parameters) == [
        "log_groups",
        "query",
        "start_time",
        "end_time",
    ]
    with mock_aws():
        logs = boto3.client("logs", region_name="us-east-1")
        logs.create_log_group(logGroupName="g")
        logs.create_log_stream(logGroupName="g", logStreamName="a")
        now = int(time.time())
        logs.put_log_events(
            logGroupName="g",
            logStreamName="a",
            logEvents=[{"timestamp": now * 1000, "message": "m"}],
        )
        query = logs.start_query(
            logGroupName="g",
            startTime=now - 9,
            endTime=now + 9,
            queryString="fields @message | filter 1 = 2",
        )
        assert logs.get_query_results(queryId=query["queryId"])["results"], "still ignores filters"


@pytest.mark.parametrize("name", ["EventMessageFilter", "execute_query"])
def test_logs_are_put_back(name: str) -> None:
    before = getattr(models, name)
    with Cloud():
        assert getattr(models, name) is not before
    assert getattr(models, name) is before
