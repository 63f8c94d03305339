"""Service auto scaling: why the desired count is what it is (drill 20)."""

from __future__ import annotations

from typing import Any

import boto3
from chains import checked, explained
from shops import Shop
from test_predictive_scaling import Predicted
from test_scaling import PLACE, Scaled

from ecslab import Image

Json = dict[str, Any]
SERVICE = "arn:aws:ecs:us-east-1:123456789012:service/shop/web"
DIMENSIONS = [{"Name": "ClusterName", "Value": "shop"}, {"Name": "ServiceName", "Value": "web"}]


def ends(scaled: Scaled, cause: str) -> Any:
    """Explain the scalable target, which ends so; return the chain."""
    found = scaled.api.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]
    return explained(scaled.shop.cloud, found[0]["ScalableTargetARN"], cause)


def test_at_the_maximum_and_at_the_minimum(shop: Shop) -> None:
    """AWS: botocore application-autoscaling: MinCapacity and MaxCapacity bound every policy."""
    scaled = Scaled(shop, low=2, high=3)
    scaled.track(ScaleOutCooldown=60, ScaleInCooldown=60)
    scaled.units = 256.0
    scaled.pass_minutes(12)
    found = ends(scaled, "as many tasks as its maximum capacity allows")
    assert found.cause.evidence.value == 3
    assert "triggered policy cpu" in found.steps[1].evidence.value
    explained(shop.cloud, SERVICE, "as many tasks as its maximum capacity allows")
    scaled.units = 16.0
    scaled.pass_minutes(25)
    found = ends(scaled, "as few tasks as its minimum capacity allows")
    assert found.cause.evidence.value == 2


def test_a_service_of_the_same_name_was_scaled_before(shop: Shop) -> None:
    """Its activities outlive it (botocore DescribeScalingActivities: by resource id, six weeks)."""
    scaled = Scaled(shop, high=5)
    scaled.track()
    scaled.units = 200.0
    scaled.pass_minutes(7)
    assert scaled.desired > 1
    shop.ecs.delete_service(cluster="shop", service="web", force=True)
    shop.cloud.advance(minutes=10)
    shop.serve(shop.define(Image(), family="other"), 1)
    shop.cloud.advance(minutes=2)
    found = explained(shop.cloud, SERVICE, ".")
    (said,) = [step.words for step in found.steps if " set it to " in step.words]
    assert said == "CreateService set it to 1, not auto scaling."


def test_a_worker_that_scale_in_stopped(shop: Shop) -> None:
    """Drill 29: not protected, and stopped for the cause that auto scaling gives."""
    scaled = Scaled(shop, count=2)
    scaled.track(ScaleInCooldown=60)
    scaled.units = 16.0
    scaled.pass_minutes(20)
    (gone,) = shop.ecs.list_tasks(cluster="shop", desiredStatus="STOPPED")["taskArns"]
    found = explained(shop.cloud, gone, "Auto scaling set it to 1, for this cause")
    assert any("It was not protected from scale-in" in step.words for step in found.steps)


def test_the_cooldown(shop: Shop) -> None:
    """AWS: target-tracking-scaling-policy-overview: 300 seconds by default."""
    scaled = Scaled(shop, high=20)
    scaled.track()
    scaled.units = 200.0
    scaled.pass_minutes(7)
    found = ends(scaled, "cooldown of the last scaling, by cpu at .*, lasts 300 s")
    assert found.cause.evidence.value is None
    scaled.pass_minutes(5)
    assert scaled.desired == 7


def test_a_deployment_suspends_scale_in(shop: Shop) -> None:
    """AWS: service-autoscaling-targettracking; drill 20: it fights the deployment."""
    scaled = Scaled(shop, count=4)
    scaled.track()
    scaled.units = 16.0
    scaled.pass_minutes(10)
    never = shop.define(Image(memory=900.0), family="web2")
    shop.ecs.update_service(cluster="shop", service="web", taskDefinition=never)
    scaled.pass_minutes(15)
    found = ends(scaled, "task as a whole may use 512 MiB")
    words = "suspended as long as a deployment of the service is in progress"
    assert any(words in step.words for step in found.steps)


def test_all_policies_must_agree(shop: Shop) -> None:
    """AWS: target-tracking-scaling-policy-overview: in only if all want it; it never scales in."""
    scaled = Scaled(shop, count=4)
    scaled.track()
    memory = {"PredefinedMetricType": "ECSServiceAverageMemoryUtilization"}
    scaled.track("memory", PredefinedMetricSpecification=memory, TargetValue=13.0)
    scaled.units = 16.0
    scaled.pass_minutes(20)
    ends(scaled, "only when all policies agree; the alarm of memory does not")


def test_scale_in_that_is_switched_off(shop: Shop) -> None:
    """AWS: botocore TargetTrackingScalingPolicyConfiguration.DisableScaleIn, SuspendedState."""
    scaled = Scaled(shop, count=4)
    scaled.track(DisableScaleIn=True)
    scaled.units = 16.0
    scaled.pass_minutes(20)
    found = ends(scaled, "The policy cpu never scales in")
    assert found.cause.evidence.value is True
    scaled.track()
    state = {"DynamicScalingInSuspended": True, "DynamicScalingOutSuspended": True}
    scaled.api.register_scalable_target(**PLACE, SuspendedState=state)
    scaled.pass_minutes(20)
    ends(scaled, "Scaling in by alarms is suspended")
    scaled.units = 250.0
    scaled.pass_minutes(5)
    ends(scaled, "Scaling out by alarms is suspended")


def test_rounded_up(shop: Shop) -> None:
    """AWS: target tracking rounds up: below nine tenths of the target, and yet no task less."""
    scaled = Scaled(shop, count=2)
    scaled.track(TargetValue=40.0)
    scaled.units = 85.0  # 33 %: ceil(2 * 33 / 40) = 2
    scaled.pass_minutes(20)
    ends(scaled, r"2 tasks at 33.* are 2 \* 33.* / 40 tasks at the target, rounded up")


def test_a_metric_that_nobody_sends(shop: Shop) -> None:
    """AWS: alarm-evaluation: INSUFFICIENT_DATA; without data nothing is scaled."""
    scaled = Scaled(shop)
    metric = {"MetricName": "Backlog", "Namespace": "Shop", "Statistic": "Average"}
    made = scaled.api.put_scaling_policy(
        **PLACE,
        PolicyName="backlog",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={
            "TargetValue": 10.0,
            "CustomizedMetricSpecification": metric,
        },
    )
    scaled.pass_minutes(5)
    found = ends(scaled, "no metric Backlog with these dimensions: nobody has sent a point")
    assert any(step.evidence.value == "INSUFFICIENT_DATA" for step in found.steps)
    arn = made["Alarms"][0]["AlarmARN"]
    explained(shop.cloud, arn, "no metric Backlog with these dimensions")


def test_no_tasks_no_points(shop: Shop) -> None:
    """AWS: cloudwatch-metrics: utilisation is that of running tasks."""
    scaled = Scaled(shop, low=0)
    scaled.track()
    shop.ecs.update_service(cluster="shop", service="web", desiredCount=0)
    scaled.pass_minutes(30)
    found = explained(shop.cloud, SERVICE, "without tasks there are no points")
    assert any("UpdateService set it to 0, not auto" in step.words for step in found.steps)


def test_somebody_sets_the_count_too(shop: Shop) -> None:
    """Drill 20: a deployment that sends a desired count along works against auto scaling."""
    scaled = Scaled(shop)
    scaled.track(ScaleOutCooldown=60)
    scaled.units = 100.0
    scaled.pass_minutes(5)
    for _ in range(3):
        shop.ecs.update_service(cluster="shop", service="web", desiredCount=1)
        scaled.units = 200.0
        scaled.pass_minutes(6)
    found = ends(scaled, "of these changes came from UpdateService")
    assert any("it flaps" in step.words for step in found.steps)


def watch(scaled: Scaled, name: str, change: int, comparison: str, threshold: float) -> None:
    """Add a step policy, and an alarm on the CPU of the service that calls it."""
    low = "Upper" if change < 0 else "Lower"
    step = {f"MetricInterval{low}Bound": 0.0, "ScalingAdjustment": change}
    policy = scaled.api.put_scaling_policy(
        **PLACE,
        PolicyName=name,
        PolicyType="StepScaling",
        StepScalingPolicyConfiguration={
            "AdjustmentType": "ChangeInCapacity",
            "Cooldown": 60,
            "StepAdjustments": [step],
        },
    )["PolicyARN"]
    boto3.client("cloudwatch").put_metric_alarm(
        AlarmName=name,
        Namespace="AWS/ECS",
        MetricName="CPUUtilization",
        Dimensions=DIMENSIONS,
        Statistic="Average",
        Period=60,
        EvaluationPeriods=1,
        Threshold=threshold,
        ComparisonOperator=comparison,
        AlarmActions=[policy],
    )


def test_thresholds_that_lie_too_close(shop: Shop) -> None:
    """Drill 20: one task less brings the load above the other threshold."""
    scaled = Scaled(shop, low=1, count=1)
    work = 160.0  # units that all tasks share

    def turn() -> None:
        scaled.units = min(256.0, work / max(1, shop.service()["runningCount"]))

    watch(scaled, "more", 1, "GreaterThanThreshold", 50)
    watch(scaled, "fewer", -1, "LessThanThreshold", 40)
    for _ in range(40):
        turn()
        scaled.pass_minutes(1)
    found = ends(scaled, "fewer takes a task away below 40; then the other 1 carry up to 80")
    assert found.cause.evidence.value == 40


def test_a_cooldown_shorter_than_the_metric(shop: Shop) -> None:
    """Drill 20: the policy acts again before the metric shows the last change."""
    scaled = Scaled(shop, high=4)
    scaled.track(ScaleOutCooldown=0, ScaleInCooldown=0)
    for units in (250.0, 10.0, 250.0):
        scaled.units = units
        scaled.pass_minutes(18)
    found = ends(scaled, "The policy cpu scales again 0 s after the last time")
    assert found.cause.evidence.value == 0


def test_without_policies_and_step_scaling_that_is_due(shop: Shop) -> None:
    """AWS: scheduled scaling needs no policy."""
    scaled = Scaled(shop)
    ends(scaled, "No policy with an alarm scales it")
    watch(scaled, "more", 1, "GreaterThanThreshold", 90)
    ends(scaled, "It looks at the metric CPUUtilization, of which it has too few points")
    scaled.pass_minutes(3)
    ends(scaled, "None of its alarms asks for another count")


def test_predictive_scaling(shop: Shop) -> None:
    """AWS: how predictive scaling works: the largest capacity of all policies wins."""
    predicted = Predicted(shop)
    target = predicted.target()["ScalableTargetARN"]
    predicted.put()
    explained(shop.cloud, target, "Only predictive scaling has a policy")
    predicted.put(Mode="ForecastAndScale")
    predicted.until(12, 30)
    found = explained(shop.cloud, target, "forecasts that this hour needs 4 tasks")
    assert any("predictive scaling policy ahead" in str(s.evidence.value) for s in found.steps)
    metric = {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"}
    configuration = {"TargetValue": 50.0, "PredefinedMetricSpecification": metric}
    predicted.api.put_scaling_policy(
        **PLACE,
        PolicyName="cpu",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration=configuration,
    )
    shop.cloud.advance(minutes=25)
    found = explained(shop.cloud, target, "forecasts a need of so many tasks")
    assert found.cause.evidence.value == 4


def test_alarms_of_all_kinds(shop: Shop) -> None:
    """AWS: botocore cloudwatch MetricAlarm, CompositeAlarm."""
    api: Any = boto3.client("cloudwatch")
    arn = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:"
    explained(shop.cloud, arn + "none", "no such alarm")
    settings: Json = {
        "Statistic": "Average",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 1.0,
        "ComparisonOperator": "GreaterThanThreshold",
    }
    api.put_metric_alarm(
        AlarmName="ghost",
        Namespace="AWS/ECS",
        MetricName="CPUUtilization",
        Dimensions=DIMENSIONS,
        **settings,
    )
    found = explained(shop.cloud, arn + "ghost", "knows no metric CPUUtilization")
    assert any("There is no service web" in step.words for step in found.steps)
    api.put_metric_alarm(
        AlarmName="off", Namespace="Shop", MetricName="E", ActionsEnabled=False, **settings
    )
    api.put_metric_data(Namespace="Shop", MetricData=[{"MetricName": "E", "Value": 5.0}])
    shop.cloud.advance(minutes=1)
    explained(shop.cloud, arn + "off", "Its actions are switched off")
    api.put_composite_alarm(AlarmName="both", AlarmRule='ALARM("off") AND ALARM("ghost")')
    explained(shop.cloud, arn + "both", "composed of other alarms")


def test_what_is_not_there(shop: Shop) -> None:
    """A scalable target outlives its service."""
    arn = "arn:aws:application-autoscaling:us-east-1:123456789012:scalable-target/none"
    found = shop.cloud.explain(arn)
    checked(found)
    assert found.state == "There is no such scalable target."
    scaled = Scaled(shop)
    shop.ecs.delete_service(cluster="shop", service="web", force=True)
    shop.cloud.advance(minutes=2)
    ends(scaled, "Its service has been deleted")
