"""5xx of a load balancer: which, and why (drill 13)."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from chains import explained
from front import Front
from shops import Shop
from test_rolling_requests import patient

from ecslab import Cloud, Image

Json = dict[str, Any]


@pytest.fixture
def cloud(shop: Shop) -> Cloud:
    """Return the running account without what a shop puts into it."""
    return shop.cloud.reset()


def both(front: Front, cause: str, status: int) -> Any:
    """Explain the load balancer and its target group: both know the error and its cause."""
    front.cloud.advance(minutes=1)
    explained(front.cloud, front.target_group, cause)
    found = explained(front.cloud, front.balancer["LoadBalancerArn"], cause)
    assert any(f"own errors is {status}" in step.words for step in found.steps)
    counted = next(step for step in found.steps if "own errors" in step.words)
    assert counted.evidence.value[0]["Sum"] >= 1
    assert counted.evidence.value[0]["Unit"] == "Count"
    return found


def test_all_is_well(cloud: Cloud) -> None:
    """What a load balancer without errors says."""
    front = Front(cloud)
    arn = front.balancer["LoadBalancerArn"]
    front.serve(Image(port=8080), 1)
    cloud.http(front.url)
    explained(cloud, arn, "answered nothing with 5xx")
    for each in front.elb.describe_listeners(LoadBalancerArn=arn)["Listeners"]:
        front.elb.delete_listener(ListenerArn=each["ListenerArn"])
    explained(cloud, arn, "It has no listener")
    front.elb.delete_load_balancer(LoadBalancerArn=arn)
    explained(cloud, arn, "no such load balancer")


def test_a_deregistration_delay_that_is_too_short(cloud: Cloud) -> None:
    """Drill 13: 502 during every deploy; the request outlives the delay."""
    front = Front(cloud, path="/health")
    front.delay(5)
    front.serve(patient(20, stop_after=25), 1)
    cloud.load(front.url, per_second=1, seconds=150, timeout=90)
    cloud.advance(seconds=5)
    front.ecs.update_service(cluster="shop", service="web", forceNewDeployment=True)
    cloud.advance(minutes=6)
    found = both(front, "took longer than the deregistration delay", 502)
    assert found.cause.evidence.value == "5"
    arn = front.service()["serviceArn"]
    explained(cloud, arn, "took longer than the deregistration delay")
    cloud.advance(hours=1)
    explained(cloud, arn, "All of them are healthy")


def test_a_program_that_ends_while_it_works(cloud: Cloud) -> None:
    """AWS: HTTP 502: the target closed the connection; the chain goes on into the task."""
    front = Front(cloud)
    front.serve(Image(port=8080, latency=2, runs_for=200, exit_code=3), 1)
    cloud.load(front.url, per_second=5, seconds=120, timeout=90)
    cloud.advance(minutes=4)
    arn = front.balancer["LoadBalancerArn"]
    found = cloud.explain(arn)
    words = [step.words for step in found.steps]
    assert any("ended while it worked on the request" in each for each in words), words
    assert any("ended with 3" in each for each in words), words


def test_a_closed_security_group(cloud: Cloud) -> None:
    """AWS: HTTP 504: the target is not reached; the tasks were healthy a moment before."""
    front = Front(cloud)
    front.serve(Image(port=8080), 1)
    rules = front.ec2.describe_security_groups(GroupIds=[front.task_group])["SecurityGroups"][0]
    front.ec2.revoke_security_group_ingress(
        GroupId=front.task_group, IpPermissions=rules["IpPermissions"]
    )
    assert cloud.http(front.url).status == 504
    found = explained(cloud, front.balancer["LoadBalancerArn"], front.task_group)
    assert found.cause.evidence.operation == "describe_security_groups"


def test_an_answer_that_takes_longer_than_the_idle_timeout(cloud: Cloud) -> None:
    """AWS: HTTP 504: the target sends nothing for as long as the idle timeout."""
    front = Front(cloud, path="/health")
    front.serve(patient(90), 1)
    assert cloud.http(front.url, timeout=120).status == 504
    both(front, "sent nothing for 60 s, which is the idle timeout", 504)
    front.elb.modify_load_balancer_attributes(
        LoadBalancerArn=front.balancer["LoadBalancerArn"],
        Attributes=[{"Key": "idle_timeout.timeout_seconds", "Value": "20"}],
    )
    assert cloud.http(front.url, timeout=120).status == 504
    found = both(front, "sent nothing for 20 s, which is the idle timeout", 504)
    assert found.cause.evidence.value == "20"


def test_no_target(cloud: Cloud) -> None:
    """AWS: HTTP 503: the target group has no registered targets."""
    front = Front(cloud)
    front.serve(Image(port=8080), 0)
    assert cloud.http(front.url).status == 503
    cloud.advance(minutes=1)
    explained(cloud, front.balancer["LoadBalancerArn"], "Its desired count is 0")
    front.ecs.update_service(cluster="shop", service="web", desiredCount=1)
    cloud.advance(minutes=3)
    found = both(front, "The service web registers its tasks in it; of 1 so many run", 503)
    assert found.cause.evidence.value == 1


def test_a_rule_that_forwards_to_nothing(cloud: Cloud) -> None:
    """AWS: HTTP 503: weights of 0."""
    front = Front(cloud)
    front.serve(Image(port=8080), 1)
    arn = front.balancer["LoadBalancerArn"]
    (listener,) = front.elb.describe_listeners(LoadBalancerArn=arn)["Listeners"]
    groups = [{"TargetGroupArn": front.target_group, "Weight": 0}]
    action = {"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}
    front.elb.modify_listener(ListenerArn=listener["ListenerArn"], DefaultActions=[action])
    assert cloud.http(front.url).status == 503
    cloud.advance(minutes=1)
    explained(cloud, arn, "forwards to no target group that exists and has a weight above 0")


def test_nothing_listens_yet(cloud: Cloud) -> None:
    """AWS: HTTP 502: the connection is refused; without a healthy target all are tried."""
    front = Front(cloud)
    front.serve(Image(port=8080, ready_after=200), 1, healthCheckGracePeriodSeconds=600)
    assert cloud.http(front.url).status == 502
    found = cloud.explain(front.balancer["LoadBalancerArn"])
    assert any("as no target was healthy, the load balancer tried" in s.words for s in found.steps)
    cloud.advance(minutes=5)
    both(front, "as no target was healthy, the load balancer tried them all", 502)


def broken(_environ: Json, start: Any) -> list[bytes]:
    """Answer 500, and say why."""
    print("ERROR: no connection to the orders database")
    start("500 Internal Server Error", [])
    return [b"no"]


def test_the_application_itself(cloud: Cloud) -> None:
    """AWS: HTTPCode_Target_5XX_Count: what the load balancer only passes on."""
    front = Front(cloud)
    boto3.client("logs").create_log_group(logGroupName="/web")
    codes = {"HttpCode": "200-599"}
    front.elb.modify_target_group(TargetGroupArn=front.target_group, Matcher=codes)
    front.serve(Image(port=8080, app=broken), 1)
    assert cloud.http(front.url).status == 500
    cloud.advance(minutes=1)
    found = explained(cloud, front.target_group, "Targets answered with 5xx")
    assert found.cause.evidence.value[0]["Sum"] >= 1


def test_a_target_that_nobody_deregistered(cloud: Cloud) -> None:
    """AWS: HTTP 504: a target registered by hand, behind which there is nothing."""
    front = Front(cloud)
    front.serve(Image(port=8080), 1)
    (task,) = front.tasks()
    place = {"Id": front.address(task), "Port": 8080}
    front.ecs.delete_service(cluster="shop", service="web", force=True)
    cloud.advance(minutes=8)
    front.elb.register_targets(TargetGroupArn=front.target_group, Targets=[place])
    cloud.advance(minutes=2)
    assert cloud.http(front.url).status == 504
    cloud.advance(minutes=2)
    found = cloud.explain(front.balancer["LoadBalancerArn"])
    assert any("registers targets by hand" in step.words for step in found.steps)


def test_a_release_that_an_alarm_on_errors_rolled_back(cloud: Cloud) -> None:
    """AWS: deployment-alarm-failure: from the deployment through the alarm to the log."""
    front = Front(cloud)
    watch: Any = boto3.client("cloudwatch")
    dimension = front.balancer["LoadBalancerArn"].partition(":loadbalancer/")[2]
    watch.put_metric_alarm(
        AlarmName="errors",
        Namespace="AWS/ApplicationELB",
        MetricName="HTTPCode_Target_5XX_Count",
        Dimensions=[{"Name": "LoadBalancer", "Value": dimension}],
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=5.0,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="notBreaching",
    )
    codes = {"HttpCode": "200-599"}
    front.elb.modify_target_group(TargetGroupArn=front.target_group, Matcher=codes)
    alarms = {"enable": True, "rollback": True, "alarmNames": ["errors"]}
    front.serve(Image(port=8080), 1, deploymentConfiguration={"alarms": alarms})
    cloud.advance(minutes=5)
    front.update(Image(port=8080, app=broken))
    cloud.load(front.url, per_second=1, seconds=400)
    words = "Targets answered with 5xx: the error is the application's"

    def rings() -> bool:
        found = watch.describe_alarms(AlarmNames=["errors"])["MetricAlarms"]
        return bool(found[0]["StateValue"] == "ALARM")

    cloud.run_until(rings)
    explained(cloud, "arn:aws:cloudwatch:us-east-1:123456789012:alarm:errors", words)
    cloud.advance(minutes=6)
    explained(cloud, front.service()["serviceArn"], words)
