"""Service auto scaling (AWS: service-auto-scaling; the Application Auto Scaling user guide)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from inboxes import Inbox
from shops import Shop, open_shop

from ecslab import Cloud, Image

Json = dict[str, Any]

PLACE = {
    "ServiceNamespace": "ecs",
    "ResourceId": "service/shop/web",
    "ScalableDimension": "ecs:service:DesiredCount",
}


class Scaled:
    """A service with a scalable target, whose CPU is what a test says."""

    def __init__(self, shop: Shop, *, low: int = 1, high: int = 10, count: int = 2) -> None:
        self.shop = shop
        self.units = 64.0  # of 256: 25 %
        shop.serve(shop.define(Image(cpu=lambda _age: self.units)), count)
        shop.cloud.advance(minutes=3)
        self.api: Any = boto3.client("application-autoscaling")
        self.api.register_scalable_target(**PLACE, MinCapacity=low, MaxCapacity=high)

    def track(self, name: str = "cpu", **changes: Any) -> Json:
        metric = {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"}
        configuration = {"TargetValue": 50.0, "PredefinedMetricSpecification": metric}
        answer = self.api.put_scaling_policy(
            **PLACE,
            PolicyName=name,
            PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration=configuration | changes,
        )
        return dict(answer)

    @property
    def desired(self) -> int:
        return int(self.shop.service()["desiredCount"])

    def pass_minutes(self, minutes: int) -> list[int]:
        """Let minutes pass; return the desired count after each."""
        found = []
        for _ in range(minutes):
            self.shop.cloud.advance(minutes=1)
            found.append(self.desired)
        return found

    def activities(self, *, refused: bool = False) -> list[Json]:
        answer = self.api.describe_scaling_activities(
            ServiceNamespace="ecs", IncludeNotScaledActivities=refused
        )
        return list(answer["ScalingActivities"])


def test_target_tracking_makes_two_alarms(shop: Shop) -> None:
    """Three points above the target, fifteen below nine tenths of it; deleted with the policy."""
    scaled = Scaled(shop)
    policy = scaled.track()
    watch: Any = boto3.client("cloudwatch")
    names = [alarm["AlarmName"] for alarm in policy["Alarms"]]
    high, low = (watch.describe_alarms(AlarmNames=[name])["MetricAlarms"][0] for name in names)
    assert (high["EvaluationPeriods"], high["Threshold"]) == (3, 50.0)
    assert (low["EvaluationPeriods"], low["Threshold"]) == (15, 45.0)
    assert high["AlarmActions"][0].startswith(policy["PolicyARN"])
    assert names[0].startswith("TargetTracking-service/shop/web-AlarmHigh-")
    scaled.api.delete_scaling_policy(**PLACE, PolicyName="cpu")
    assert watch.describe_alarms()["MetricAlarms"] == []


def test_it_scales_out_in_proportion_and_in_later(shop: Shop) -> None:
    """target-tracking-scaling-policy-overview: out fast and in proportion, in conservatively."""
    scaled = Scaled(shop)
    scaled.track()
    scaled.units = 200.0  # 78 % of 256: two tasks become ceil(2 x 78 / 50) = 4
    counts = scaled.pass_minutes(6)
    assert counts[-1] == 4
    assert sorted(set(counts)) == [2, 4]
    first = scaled.activities()[-1]
    assert first["Description"] == "Setting desired count to 4."
    assert first["StatusCode"] == "Successful"
    assert first["StatusMessage"].endswith("Change successfully fulfilled by ecs.")
    assert "in state ALARM triggered policy cpu" in first["Cause"]
    scaled.units = 64.0
    counts = scaled.pass_minutes(18)
    assert counts[10] == 4, "fifteen minutes must be below"
    assert counts[-1] == 2  # ceil(4 x 25 / 50)


def test_a_cooldown_counts_what_was_added(shop: Shop) -> None:
    """A larger scale-out is made up while the cooldown lasts, from the capacity before it."""
    scaled = Scaled(shop, high=20)
    scaled.track()
    scaled.units = 200.0
    counts = scaled.pass_minutes(7)
    assert max(counts) == 4, "78 % of what was there before still means four"
    counts = scaled.pass_minutes(4)
    assert counts[-1] == 7, "after 300 seconds what is there counts: ceil(4 x 78 / 50)"


def test_never_beyond_the_limits(shop: Shop) -> None:
    """NotScaledReason: AlreadyAtMaxCapacity, AlreadyAtMinCapacity."""
    scaled = Scaled(shop, low=2, high=3)
    scaled.track(ScaleOutCooldown=60, ScaleInCooldown=60)
    scaled.units = 256.0
    assert max(scaled.pass_minutes(12)) == 3
    reasons = [a["NotScaledReasons"][0] for a in scaled.activities(refused=True) if _refused(a)]
    assert reasons == [{"Code": "AlreadyAtMaxCapacity", "MaxCapacity": 3}]
    assert not any(_refused(activity) for activity in scaled.activities())
    scaled.units = 16.0
    assert min(scaled.pass_minutes(25)) == 2


def _refused(activity: Json) -> bool:
    return bool(activity.get("NotScaledReasons"))


def test_no_scale_in_during_a_deployment(shop: Shop) -> None:
    """service-autoscaling-targettracking: suspended while a deployment is in progress."""
    scaled = Scaled(shop, high=10, count=4)
    scaled.track()
    scaled.units = 16.0
    scaled.pass_minutes(10)
    never_ready = shop.define(Image(memory=900.0), family="web2")
    shop.ecs.update_service(cluster="shop", service="web", taskDefinition=never_ready)
    assert min(scaled.pass_minutes(15)) == 4
    codes = [a["NotScaledReasons"][0]["Code"] for a in scaled.activities(refused=True)]
    assert codes == ["TargetServicePutResourceAsUnscalable"]
    scaled.units = 250.0
    shop.ecs.update_service(cluster="shop", service="web", taskDefinition="web")
    assert scaled.pass_minutes(8)[-1] > 4, "scale-out goes on"


def test_several_policies(shop: Shop) -> None:
    """Out if any wants it, in only if all do (target-tracking-scaling-policy-overview)."""
    scaled = Scaled(shop, count=4)
    scaled.track()
    memory = {"PredefinedMetricType": "ECSServiceAverageMemoryUtilization"}
    scaled.track("memory", PredefinedMetricSpecification=memory, TargetValue=13.0)
    scaled.units = 16.0
    assert set(scaled.pass_minutes(20)) == {4}, "memory (12.5 % for 13 %) does not want fewer"
    scaled.track("memory", PredefinedMetricSpecification=memory, TargetValue=10.0)
    assert scaled.pass_minutes(3)[-1] == 5, "memory alone wants more: ceil(4 x 12.5 / 10)"


def test_what_is_suspended(shop: Shop) -> None:
    """Botocore SuspendedState."""
    scaled = Scaled(shop)
    scaled.track()
    state = {"DynamicScalingOutSuspended": True}
    scaled.api.register_scalable_target(**PLACE, SuspendedState=state)
    scaled.units = 256.0
    assert scaled.pass_minutes(8)[-1] == 2
    shown = scaled.api.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"][0]
    assert shown["SuspendedState"]["DynamicScalingOutSuspended"] is True
    scaled.api.register_scalable_target(
        **PLACE, SuspendedState={"DynamicScalingOutSuspended": False}
    )
    assert scaled.pass_minutes(2)[-1] > 2


def test_step_scaling(shop: Shop) -> None:
    """An alarm of one's own, whose action is the policy; steps by the size of the breach."""
    scaled = Scaled(shop)
    steps = [
        {"MetricIntervalLowerBound": 0, "MetricIntervalUpperBound": 20, "ScalingAdjustment": 1},
        {"MetricIntervalLowerBound": 20, "ScalingAdjustment": 3},
    ]
    policy = scaled.api.put_scaling_policy(
        **PLACE,
        PolicyName="steps",
        PolicyType="StepScaling",
        StepScalingPolicyConfiguration={
            "AdjustmentType": "ChangeInCapacity",
            "Cooldown": 120,
            "StepAdjustments": steps,
        },
    )["PolicyARN"]
    dimensions = [
        {"Name": "ClusterName", "Value": "shop"},
        {"Name": "ServiceName", "Value": "web"},
    ]
    boto3.client("cloudwatch").put_metric_alarm(
        AlarmName="hot",
        Namespace="AWS/ECS",
        MetricName="CPUUtilization",
        Dimensions=dimensions,
        Statistic="Average",
        Period=60,
        EvaluationPeriods=1,
        Threshold=60,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        AlarmActions=[policy],
    )
    scaled.units = 180.0  # 70 %
    counts = scaled.pass_minutes(2)
    assert counts[-1] == 3
    scaled.units = 256.0
    counts = scaled.pass_minutes(3)
    assert counts[-1] >= 5, "within the cooldown: 2 + 3, counted from before"


def test_scheduled_actions_change_the_limits(shop: Shop) -> None:
    """They ignore cooldowns, and scale at once when the capacity is outside the new limits."""
    scaled = Scaled(shop)
    scaled.api.put_scheduled_action(
        **PLACE,
        ScheduledActionName="morning",
        Schedule="cron(0 10 * * ? *)",
        ScalableTargetAction={"MinCapacity": 5, "MaxCapacity": 8},
    )
    assert scaled.pass_minutes(50)[-1] == 2
    assert scaled.pass_minutes(12)[-1] == 5
    assert scaled.activities()[0]["Cause"] == "scheduled action name morning was triggered"
    target = scaled.api.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"][0]
    assert (target["MinCapacity"], target["MaxCapacity"]) == (5, 8)
    shown = scaled.api.describe_scheduled_actions(ServiceNamespace="ecs")["ScheduledActions"]
    assert shown[0]["ScheduledActionName"] == "morning"
    scaled.api.delete_scheduled_action(**PLACE, ScheduledActionName="morning")
    scaled.api.register_scalable_target(**PLACE, MinCapacity=1, MaxCapacity=4)
    assert scaled.desired == 4
    scaled.shop.cloud.advance(days=2)
    assert scaled.desired == 4


def test_a_metric_of_ones_own(shop: Shop) -> None:
    """A customized metric: the backlog of each task."""
    scaled = Scaled(shop)
    metric = {"MetricName": "Backlog", "Namespace": "Shop", "Statistic": "Average"}
    scaled.api.put_scaling_policy(
        **PLACE,
        PolicyName="backlog",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={
            "TargetValue": 10.0,
            "CustomizedMetricSpecification": metric,
        },
    )
    watch = boto3.client("cloudwatch")
    for _ in range(5):
        datum = {"MetricName": "Backlog", "Value": 25.0}
        watch.put_metric_data(Namespace="Shop", MetricData=[datum])
        shop.cloud.advance(minutes=1)
    assert scaled.desired == 5
    assert scaled.pass_minutes(20)[-1] == 5, "without data nothing is scaled"


def test_high_resolution(shop: Shop) -> None:
    """target-tracking-faster-auto-scaling: points of 20 seconds."""
    slow = Scaled(shop)
    monitoring = {
        "metricConfigurations": [{"metricNames": ["CPUUtilization"], "resolutionSeconds": 20}]
    }
    shop.ecs.update_service(cluster="shop", service="web", monitoring=monitoring)
    shop.cloud.advance(minutes=5)
    metric = {"PredefinedMetricType": "ECSServiceAverageCPUUtilizationHighResolution"}
    slow.track(PredefinedMetricSpecification=metric)
    slow.units = 256.0
    shop.cloud.advance(seconds=90)
    assert slow.desired == 4
    points = boto3.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/ECS",
        MetricName="CPUUtilization",
        Dimensions=[
            {"Name": "ClusterName", "Value": "shop"},
            {"Name": "ServiceName", "Value": "web"},
        ],
        StartTime=shop.cloud.now - timedelta(minutes=1),
        EndTime=shop.cloud.now,
        Period=20,
        Statistics=["Average"],
    )["Datapoints"]
    assert len(points) >= 2


@pytest.mark.parametrize(
    ("operation", "arguments", "code", "words"),
    [
        ("register_scalable_target", {"MinCapacity": 3, "MaxCapacity": 1}, "Validation", "less"),
        (
            "register_scalable_target",
            {"ResourceId": "service/shop/none", "MinCapacity": 1, "MaxCapacity": 2},
            "Validation",
            "ECS service doesn't exist: service/shop/none",
        ),
        ("delete_scaling_policy", {"PolicyName": "none"}, "ObjectNotFound", "No scaling policy"),
        (
            "put_scaling_policy",
            {
                "PolicyName": "p",
                "PolicyType": "TargetTrackingScaling",
                "TargetTrackingScalingPolicyConfiguration": {"TargetValue": 5.0},
            },
            "Validation",
            "exactly one",
        ),
        (
            "put_scheduled_action",
            {
                "ScheduledActionName": "a",
                "Schedule": "now",
                "ScalableTargetAction": {"MinCapacity": 1},
            },
            "Validation",
            "Schedule expression is not valid",
        ),
    ],
)
def test_what_is_refused(
    shop: Shop, operation: str, arguments: Json, code: str, words: str
) -> None:
    scaled = Scaled(shop)
    with pytest.raises(ClientError, match=words) as refused:
        getattr(scaled.api, operation)(**PLACE | arguments)
    assert refused.value.response["Error"]["Code"].startswith(code)


def test_a_policy_needs_a_target(shop: Shop) -> None:
    api: Any = boto3.client("application-autoscaling")
    with pytest.raises(api.exceptions.ObjectNotFoundException, match="No scalable target"):
        api.put_scheduled_action(
            **PLACE,
            ScheduledActionName="a",
            Schedule="rate(1 hour)",
            ScalableTargetAction={"MinCapacity": 1},
        )


def test_scaling_is_an_event(shop: Shop) -> None:
    """ecs_service_events: SERVICE_DESIRED_COUNT_UPDATED."""
    inbox = Inbox()
    inbox.listen("scaled", {"detail": {"eventName": ["SERVICE_DESIRED_COUNT_UPDATED"]}})
    scaled = Scaled(shop)
    scaled.api.register_scalable_target(**PLACE, MinCapacity=4)
    (event,) = inbox.take()
    assert event["resources"] == [shop.service()["serviceArn"]]
    assert event["detail"]["eventType"] == "INFO"
    assert scaled.activities()[0]["Cause"] == "minimum capacity was set to 4"


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.tuples(st.integers(0, 256), st.booleans(), st.integers(5, 25)), min_size=2, max_size=5
    ),
    st.integers(1, 3),
    st.integers(0, 6),
)
def test_limits_and_deployments_are_respected(
    phases: list[tuple[int, bool, int]], low: int, room: int
) -> None:
    """Never below the minimum or above the maximum; no scale-in while a deployment runs."""
    with Cloud(seed=7) as cloud:
        shop = open_shop(cloud)
        scaled = Scaled(shop, low=low, high=low + room, count=low)
        scaled.track(ScaleOutCooldown=60, ScaleInCooldown=60)
        for units, deploy, minutes in phases:
            scaled.units = float(units)
            if deploy:
                shop.ecs.update_service(cluster="shop", service="web", forceNewDeployment=True)
            for _ in range(minutes):
                before, state = scaled.desired, shop.service()["deployments"][0]["rolloutState"]
                cloud.advance(seconds=60)
                after = shop.service()
                still = after["deployments"][0]["rolloutState"]
                assert low <= after["desiredCount"] <= low + room
                if state == still == "IN_PROGRESS":
                    assert after["desiredCount"] >= before
