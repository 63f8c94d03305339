"""Predictive scaling.

AWS: Application Auto Scaling, how predictive scaling works; predictive-auto-scaling.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from shops import Shop

from ecslab import Image

Json = dict[str, Any]

PLACE = {
    "ServiceNamespace": "ecs",
    "ResourceId": "service/shop/web",
    "ScalableDimension": "ecs:service:DesiredCount",
}
PAIR = {"PredefinedMetricPairSpecification": {"PredefinedMetricType": "ECSServiceCPUUtilization"}}
SCALING = {
    "PredefinedScalingMetricSpecification": {
        "PredefinedMetricType": "ECSServiceAverageCPUUtilization"
    }
}
LOAD = {
    "PredefinedLoadMetricSpecification": {"PredefinedMetricType": "ECSServiceTotalCPUUtilization"}
}


def query(name: str, stat: str = "Average") -> Json:
    """Return the specification of a metric of one's own."""
    metric = {"Namespace": "Shop", "MetricName": name, "Dimensions": []}
    return {"MetricDataQueries": [{"Id": "m1", "MetricStat": {"Metric": metric, "Stat": stat}}]}


OWN = {
    "TargetValue": 50.0,
    "CustomizedLoadMetricSpecification": query("Orders", "Sum"),
    "CustomizedScalingMetricSpecification": query("Busy"),
    "CustomizedCapacityMetricSpecification": query("Tasks"),
}


class Predicted:
    """A service with a scalable target, and a history of orders: 100 an hour, 400 from 12 to 14."""

    def __init__(self, shop: Shop, *, days: float = 3, low: int = 1, high: int = 10) -> None:
        self.shop = shop
        self.cloud = shop.cloud
        self.watch: Any = boto3.client("cloudwatch")
        self.api: Any = boto3.client("application-autoscaling")
        shop.serve(shop.define(Image()), 2)
        self.cloud.advance(minutes=3)
        self.api.register_scalable_target(**PLACE, MinCapacity=low, MaxCapacity=high)
        end = self.hour(self.cloud.now)
        for number in range(1, int(days * 24) + 1):
            self.order(end - timedelta(hours=number))

    def hour(self, moment: datetime) -> datetime:
        """Return the beginning of an hour."""
        return moment.replace(minute=0, second=0, microsecond=0)

    def order(self, moment: datetime) -> None:
        """Put an hour of history: tasks have been busy to 50 percent with 100 orders each."""
        orders = 400.0 if moment.hour in (12, 13) else 100.0
        values = {"Orders": orders, "Busy": 50.0, "Tasks": orders / 100}
        self.watch.put_metric_data(
            Namespace="Shop",
            MetricData=[
                {"MetricName": name, "Timestamp": moment, "Value": value}
                for name, value in values.items()
            ],
        )

    def put(self, specification: Json | None = None, **settings: Any) -> None:
        """Put the policy."""
        configuration = {"MetricSpecifications": [specification or OWN], **settings}
        self.api.put_scaling_policy(
            **PLACE,
            PolicyName="ahead",
            PolicyType="PredictiveScaling",
            PredictiveScalingPolicyConfiguration=configuration,
        )

    def forecast(self, hours: int = 48) -> Json:
        """Get the forecast from this hour on."""
        start = self.hour(self.cloud.now)
        return dict(
            self.api.get_predictive_scaling_forecast(
                **PLACE, PolicyName="ahead", StartTime=start, EndTime=start + timedelta(hours=hours)
            )
        )

    def capacity(self) -> dict[int, float]:
        """Return the forecast capacity of the next day, by the hour of the day."""
        found = self.forecast(24)["CapacityForecast"]
        times = [moment.astimezone(self.cloud.now.tzinfo).hour for moment in found["Timestamps"]]
        return dict(zip(times, found["Values"], strict=True))

    def until(self, hour: int, minute: int = 0) -> None:
        """Let time pass until an hour of the day."""
        now = self.cloud.now
        due = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
        due += timedelta(days=due <= now)
        self.cloud.advance(seconds=(due - now).total_seconds())

    @property
    def desired(self) -> int:
        return int(self.shop.service()["desiredCount"])

    def target(self) -> Json:
        """Describe the scalable target."""
        return dict(
            self.api.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"][0]
        )


def test_a_forecast_is_48_hours_of_load_and_capacity(shop: Shop) -> None:
    """Load and capacity, two days ahead; ForecastOnly is the default and scales nothing."""
    predicted = Predicted(shop)
    predicted.put()
    found = predicted.forecast(72)
    (load,) = found["LoadForecast"]
    assert len(load["Values"]) == len(found["CapacityForecast"]["Values"]) == 48
    assert load["MetricSpecification"] == OWN
    assert set(load["Values"]) == {100.0, 400.0}
    assert found["UpdateTime"].timestamp() == predicted.cloud.now.timestamp()
    assert predicted.capacity() == {hour: 4.0 if hour in (12, 13) else 1.0 for hour in range(24)}
    predicted.until(12, 30)
    assert predicted.desired == 2
    assert "PredictedCapacity" not in predicted.target()


def test_it_scales_out_ahead_of_the_hour_and_never_in(shop: Shop) -> None:
    """SchedulingBufferTime, 300 seconds by default; a forecast of less load removes nothing."""
    predicted = Predicted(shop)
    predicted.put(Mode="ForecastAndScale")
    predicted.until(11, 54)
    assert predicted.desired == 2
    assert predicted.target()["PredictedCapacity"] == 1
    predicted.until(11, 56)
    assert predicted.desired == 4
    assert predicted.target()["PredictedCapacity"] == 4
    predicted.until(12)
    assert shop.service()["runningCount"] == 4, "before the load comes"
    activity = predicted.api.describe_scaling_activities(ServiceNamespace="ecs")
    (found,) = activity["ScalingActivities"]
    assert found["Description"] == "Setting desired count to 4."
    assert "predictive scaling policy ahead" in found["Cause"]
    predicted.until(16)
    assert predicted.desired == 4
    assert predicted.target()["PredictedCapacity"] == 1


def test_no_other_policy_scales_in_below_the_forecast(shop: Shop) -> None:
    """Several policies: the largest capacity wins, so the forecast is a least count."""
    predicted = Predicted(shop)
    metric = {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"}
    predicted.api.put_scaling_policy(
        **PLACE,
        PolicyName="cpu",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={
            "TargetValue": 50.0,
            "PredefinedMetricSpecification": metric,
        },
    )
    predicted.put(Mode="ForecastAndScale", SchedulingBufferTime=0)
    predicted.until(13, 58)
    assert predicted.desired == 4, "idle as it is"
    predicted.until(14, 20)
    assert predicted.desired == 1, "target tracking removes what the forecast does not hold"


@pytest.mark.parametrize(
    ("settings", "most", "count"),
    [
        ({}, 3, 3),
        ({"MaxCapacityBreachBehavior": "IncreaseMaxCapacity", "MaxCapacityBuffer": 50}, 6, 4),
    ],
)
def test_the_maximum_capacity(shop: Shop, settings: Json, most: int, count: int) -> None:
    """Botocore MaxCapacityBuffer: the limit rises above the forecast, and stays there."""
    predicted = Predicted(shop, high=3)
    predicted.put(Mode="ForecastAndScale", **settings)
    predicted.until(15)
    assert predicted.desired == count
    assert predicted.target()["MaxCapacity"] == most


def test_a_forecast_is_made_anew_every_six_hours(shop: Shop) -> None:
    """The latest data goes in; what was forecast of past hours can still be asked for."""
    predicted = Predicted(shop)
    predicted.put()
    first = predicted.forecast()["UpdateTime"]
    began = predicted.hour(predicted.cloud.now)
    predicted.cloud.advance(hours=5)
    assert predicted.forecast()["UpdateTime"] == first
    predicted.cloud.advance(hours=1)
    assert predicted.forecast()["UpdateTime"] == first + timedelta(hours=6)
    found = predicted.api.get_predictive_scaling_forecast(
        **PLACE, PolicyName="ahead", StartTime=began, EndTime=began + timedelta(days=30)
    )
    assert len(found["CapacityForecast"]["Values"]) == 48 + 6


def test_a_forecast_needs_24_hours_of_data(shop: Shop) -> None:
    """Application Auto Scaling, how predictive scaling works: the metric must have them."""
    predicted = Predicted(shop, days=22 / 24)
    predicted.put()
    found = predicted.forecast()
    assert found["CapacityForecast"] == {"Timestamps": [], "Values": []}
    assert "UpdateTime" not in found
    for _ in range(2):
        predicted.order(predicted.hour(predicted.cloud.now))
        predicted.cloud.advance(hours=1)
    found = predicted.forecast()
    assert found["UpdateTime"] == predicted.hour(predicted.cloud.now)
    assert len(found["CapacityForecast"]["Values"]) == 48


def test_a_predefined_pair_of_metrics(shop: Shop) -> None:
    """Two tasks at 50 percent for a day: at 25 percent there must be four."""
    shop.serve(shop.define(Image(cpu=128.0)), 2)
    shop.cloud.advance(minutes=3)
    api: Any = boto3.client("application-autoscaling")
    api.register_scalable_target(**PLACE, MinCapacity=1, MaxCapacity=10)
    for specification in (PAIR, LOAD | SCALING):
        api.put_scaling_policy(
            **PLACE,
            PolicyName="ahead",
            PolicyType="PredictiveScaling",
            PredictiveScalingPolicyConfiguration={
                "MetricSpecifications": [{"TargetValue": 25.0, **specification}]
            },
        )
        shop.cloud.advance(hours=25)
        now = shop.cloud.now
        found = api.get_predictive_scaling_forecast(
            **PLACE, PolicyName="ahead", StartTime=now, EndTime=now + timedelta(days=1)
        )
        assert set(found["CapacityForecast"]["Values"]) == {4.0}
        assert found["LoadForecast"][0]["Values"][0] == pytest.approx(100.0, abs=2)


def test_a_policy_that_is_deleted_scales_no_more(shop: Shop) -> None:
    """DeleteScalingPolicy; the forecast goes with its policy."""
    predicted = Predicted(shop)
    predicted.put(Mode="ForecastAndScale")
    predicted.api.delete_scaling_policy(**PLACE, PolicyName="ahead")
    predicted.until(13)
    assert predicted.desired == 2
    with pytest.raises(ClientError, match="No predictive scaling policy found"):
        predicted.forecast()


WRONG: list[tuple[Json, str]] = [
    ({"MetricSpecifications": [OWN, OWN]}, "Exactly one metric specification"),
    ({"MetricSpecifications": [{**OWN, "TargetValue": 0}]}, "TargetValue"),
    ({"MetricSpecifications": [{"TargetValue": 1, **LOAD}]}, "Either a metric pair or"),
    ({"MetricSpecifications": [{"TargetValue": 1, **PAIR, **LOAD}]}, "Either a metric pair or"),
    ({"Mode": "Guess"}, "Mode must be one of"),
    ({"SchedulingBufferTime": 3600}, "less than 3600"),
    ({"MaxCapacityBreachBehavior": "IncreaseMaxCapacity"}, "MaxCapacityBuffer is required"),
    ({"MaxCapacityBuffer": 10}, "can't be used otherwise"),
    (
        {
            "MetricSpecifications": [
                {
                    "TargetValue": 1,
                    "PredefinedMetricPairSpecification": {
                        "PredefinedMetricType": "ALBRequestCount"
                    },
                }
            ]
        },
        "ResourceLabel is required",
    ),
    (
        {
            "MetricSpecifications": [
                {
                    "TargetValue": 1,
                    "PredefinedMetricPairSpecification": {"PredefinedMetricType": "Moon"},
                }
            ]
        },
        "Unsupported predefined metric type",
    ),
]


def test_configurations_that_are_refused(shop: Shop) -> None:
    """Botocore PredictiveScalingPolicyConfiguration, field by field."""
    predicted = Predicted(shop, days=0)
    for settings, words in WRONG:
        configuration = {"MetricSpecifications": [OWN], **settings}
        with pytest.raises(ClientError, match=words) as refused:
            predicted.api.put_scaling_policy(
                **PLACE,
                PolicyName="ahead",
                PolicyType="PredictiveScaling",
                PredictiveScalingPolicyConfiguration=configuration,
            )
        assert refused.value.response["Error"]["Code"] == "ValidationException"
    predicted.put()
    now = predicted.cloud.now
    for start, end in (
        (now, now),
        (now, now + timedelta(days=31)),
        (now - timedelta(days=400), now - timedelta(days=390)),
    ):
        with pytest.raises(ClientError, match="ValidationException"):
            predicted.api.get_predictive_scaling_forecast(
                **PLACE, PolicyName="ahead", StartTime=start, EndTime=end
            )
