"""Amazon CloudWatch alarms (AWS: alarm-evaluation; botocore cloudwatch)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from inboxes import Inbox

from ecslab import Cloud

Json = dict[str, Any]


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with Cloud(seed=7) as running:
        yield running


@pytest.fixture
def watch(cloud: Cloud) -> Any:
    return boto3.client("cloudwatch")


def put(watch: Any, value: float) -> None:
    watch.put_metric_data(Namespace="Shop", MetricData=[{"MetricName": "Errors", "Value": value}])


def alarm(watch: Any, name: str = "errors", **changes: Any) -> None:
    settings: Json = {
        "AlarmName": name,
        "Namespace": "Shop",
        "MetricName": "Errors",
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 5.0,
        "ComparisonOperator": "GreaterThanThreshold",
    }
    watch.put_metric_alarm(**settings | changes)


def seen(watch: Any, name: str = "errors") -> Json:
    found = watch.describe_alarms(AlarmNames=[name], AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    return dict((found["MetricAlarms"] + found["CompositeAlarms"])[0])


def test_a_new_alarm_has_insufficient_data(watch: Any) -> None:
    alarm(watch)
    found = seen(watch)
    assert found["StateValue"] == "INSUFFICIENT_DATA"
    assert found["StateReason"] == "Unchecked: Initial alarm creation"


def test_an_alarm_changes_with_its_metric(cloud: Cloud, watch: Any) -> None:
    """Threshold Crossed: the words of captured notifications."""
    alarm(watch)
    put(watch, 9)
    cloud.advance(seconds=60)
    found = seen(watch)
    assert found["StateValue"] == "ALARM"
    assert found["StateReason"] == (
        "Threshold Crossed: 1 out of the last 1 datapoints [9.0 (15/01/26 09:00:00)] was greater"
        " than the threshold (5.0) (minimum 1 datapoint for OK -> ALARM transition)."
    )
    put(watch, 2)
    cloud.advance(seconds=60)
    assert seen(watch)["StateValue"] == "OK"
    assert "was not greater than the threshold (5.0)" in seen(watch)["StateReason"]
    cloud.advance(minutes=10)
    assert seen(watch)["StateValue"] == "INSUFFICIENT_DATA"
    kinds = [
        item["HistoryItemType"]
        for item in watch.describe_alarm_history(AlarmName="errors")["AlarmHistoryItems"]
    ]
    assert kinds == ["StateUpdate", "StateUpdate", "StateUpdate", "ConfigurationUpdate"]


def test_some_of_several_points(cloud: Cloud, watch: Any) -> None:
    """M out of N (AWS: alarm-evaluation)."""
    alarm(watch, EvaluationPeriods=3, DatapointsToAlarm=2, TreatMissingData="notBreaching")
    states = []
    for value in (9, 0, 9, 0, 0):
        put(watch, value)
        cloud.advance(seconds=60)
        states.append(seen(watch)["StateValue"])
    assert states == ["OK", "OK", "ALARM", "OK", "OK"]


def test_missing_points_that_count_as_bad(cloud: Cloud, watch: Any) -> None:
    alarm(watch, TreatMissingData="breaching")
    cloud.advance(minutes=2)
    assert seen(watch)["StateReason"] == (
        "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was"
        " treated as [Breaching]."
    )


def test_a_short_period_is_looked_at_every_ten_seconds(cloud: Cloud, watch: Any) -> None:
    """AWS: alarm-evaluation (periods of 10, 20 and 30 seconds)."""
    alarm(watch, Period=10)
    datum = {"MetricName": "Errors", "Value": 9.0, "StorageResolution": 1}
    watch.put_metric_data(Namespace="Shop", MetricData=[datum])
    cloud.advance(seconds=10)
    assert seen(watch)["StateValue"] == "ALARM"


def test_actions_reach_a_topic_and_the_event_bus(cloud: Cloud, watch: Any) -> None:
    """AWS: cloudwatch-and-eventbridge, and notifications of alarms as SNS delivers them."""
    mail, heard = Inbox(), Inbox("events")
    topic = boto3.client("sns").create_topic(Name="oncall")["TopicArn"]
    boto3.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=mail.arn)
    alarm(watch, AlarmActions=[topic], OKActions=[topic])
    heard.listen("alarms", {"source": ["aws.cloudwatch"]})
    put(watch, 9)
    cloud.advance(minutes=1)
    sent = mail.take()
    assert len(sent) == 1
    message = json.loads(sent[0]["Message"])
    assert (message["OldStateValue"], message["NewStateValue"]) == ("INSUFFICIENT_DATA", "ALARM")
    assert message["Trigger"]["MetricName"] == "Errors"
    assert sent[0]["Subject"] == 'ALARM: "errors" in US East (N. Virginia)'
    event = heard.take()[0]
    assert event["detail-type"] == "CloudWatch Alarm State Change"
    assert event["detail"]["state"]["value"] == "ALARM"
    assert event["detail"]["previousState"]["value"] == "INSUFFICIENT_DATA"
    metric = event["detail"]["configuration"]["metrics"][0]["metricStat"]["metric"]
    assert metric == {"namespace": "Shop", "name": "Errors", "dimensions": {}}

    watch.disable_alarm_actions(AlarmNames=["errors"])
    put(watch, 0)
    cloud.advance(minutes=1)
    assert seen(watch)["StateValue"] == "OK"
    assert mail.take() == []


def test_metric_math_in_an_alarm(cloud: Cloud, watch: Any) -> None:
    """AWS: using-metric-math: an alarm on an expression."""

    def stat(name: str) -> Json:
        metric = {"Namespace": "Shop", "MetricName": name}
        query = {"Metric": metric, "Period": 60, "Stat": "Sum"}
        return {"Id": name.lower(), "MetricStat": query, "ReturnData": False}

    watch.put_metric_alarm(
        AlarmName="rate",
        EvaluationPeriods=1,
        Threshold=50,
        ComparisonOperator="GreaterThanThreshold",
        Metrics=[stat("Errors"), stat("All"), {"Id": "rate", "Expression": "100 * errors / all"}],
    )
    for name, value in (("Errors", 6.0), ("All", 10.0)):
        watch.put_metric_data(Namespace="Shop", MetricData=[{"MetricName": name, "Value": value}])
    cloud.advance(minutes=1)
    assert seen(watch, "rate")["StateValue"] == "ALARM"


def test_composite_alarms(cloud: Cloud, watch: Any) -> None:
    """AWS: Create_Composite_Alarm."""
    alarm(watch, "a")
    alarm(watch, "b")
    watch.put_composite_alarm(AlarmName="both", AlarmRule='ALARM("a") AND ALARM("b")')
    watch.set_alarm_state(AlarmName="a", StateValue="ALARM", StateReason="a drill")
    assert seen(watch, "both")["StateValue"] == "OK"
    watch.set_alarm_state(AlarmName="b", StateValue="ALARM", StateReason="a drill")
    assert seen(watch, "both")["StateValue"] == "ALARM"
    assert watch.describe_alarms()["CompositeAlarms"] == []
    with pytest.raises(ClientError, match="used by composite alarm both"):
        watch.delete_alarms(AlarmNames=["a"])
    watch.delete_alarms(AlarmNames=["a", "b", "both"])
    assert watch.describe_alarms()["MetricAlarms"] == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"ComparisonOperator": "LessThanLowerOrGreaterThanUpperThreshold"}, "is not supported"),
        ({"EvaluationPeriods": 2, "DatapointsToAlarm": 3}, "DatapointsToAlarm"),
        ({"Period": 45}, "multiple of 60"),
        ({"TreatMissingData": "forget"}, "TreatMissingData"),
        ({"Period": 86400, "EvaluationPeriods": 8}, "seven days"),
    ],
)
def test_what_no_alarm_can_be(watch: Any, changes: Json, words: str) -> None:
    with pytest.raises(ClientError, match=words):
        alarm(watch, **changes)


def test_a_state_for_an_alarm_that_there_is_not(watch: Any) -> None:
    with pytest.raises(watch.exceptions.ResourceNotFound):
        watch.set_alarm_state(AlarmName="none", StateValue="OK", StateReason="a drill")


def test_who_listens_hears_of_a_change(cloud: Cloud, watch: Any) -> None:
    """What a deployment's alarms need: AWS, deployment-alarm-failure."""
    ports = cloud._started.engine().account.ports
    heard: list[str] = []
    ports.alarms.listen(heard.append)
    alarm(watch)
    assert ports.alarms.state("none") is None
    watch.set_alarm_state(AlarmName="errors", StateValue="ALARM", StateReason="a drill")
    watch.set_alarm_state(AlarmName="errors", StateValue="ALARM", StateReason="a drill")
    assert (ports.alarms.state("errors"), heard) == ("ALARM", ["errors"])


def test_alarms_can_have_tags(watch: Any) -> None:
    alarm(watch, Tags=[{"Key": "team", "Value": "shop"}])
    arn = seen(watch)["AlarmArn"]
    watch.tag_resource(ResourceARN=arn, Tags=[{"Key": "tier", "Value": "web"}])
    tags = watch.list_tags_for_resource(ResourceARN=arn)["Tags"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == {"team": "shop", "tier": "web"}
