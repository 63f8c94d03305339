"""Amazon CloudWatch alarms (AWS: AlarmThatSendsEmail; botocore cloudwatch)."""

from __future__ import annotations

import boto3

from ecslab import Cloud


def test_who_listens_hears_of_a_change() -> None:
    """What a deployment's alarms need: AWS, deployment-alarm-failure."""
    with Cloud(seed=7) as cloud:
        client = boto3.client("cloudwatch")
        ports = cloud._started.engine().account.ports
        heard: list[str] = []
        ports.alarms.listen(heard.append)
        client.put_metric_alarm(
            AlarmName="errors",
            Namespace="Shop",
            MetricName="Errors",
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanOrEqualToThreshold",
        )
        assert ports.alarms.state("none") is None
        client.set_alarm_state(AlarmName="errors", StateValue="ALARM", StateReason="a drill")
        client.set_alarm_state(AlarmName="errors", StateValue="ALARM", StateReason="a drill")
        assert (ports.alarms.state("errors"), heard) == ("ALARM", ["errors"])
