"""Service deployments: what they wait for, who ended them, and what lies behind."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from chains import checked, explained
from shifting import Stage, image
from shops import Shop

from ecslab import Cloud, Image

Json = dict[str, Any]
WEB = Image(port=80)


def newest(shop: Shop) -> str:
    """Return the ARN of the newest service deployment."""
    found = shop.ecs.list_service_deployments(cluster="shop", service="web")
    return str(found["serviceDeployments"][0]["serviceDeploymentArn"])


def steady(shop: Shop, count: int = 2, **configuration: Any) -> str:
    """Create a service, and wait until it is steady; return its ARN."""
    arn = shop.serve(shop.define(WEB), count, deploymentConfiguration=configuration)
    shop.cloud.advance(minutes=3)
    return arn


def roll(shop: Shop, definition: str = "no/such:1") -> None:
    """Begin a deployment of an image."""
    made = shop.define(definition, family="next")
    shop.ecs.update_service(cluster="shop", service="web", taskDefinition=made)


def values(found: Any) -> list[Any]:
    return [step.evidence.value for step in found.steps]


# --- Rolling deployments --------------------------------------------------------------------------


def test_the_circuit_breaker_counts(shop: Shop) -> None:
    """AWS: deployment-circuit-breaker: failures, threshold, and the cause of the failures."""
    arn = steady(shop, 10, deploymentCircuitBreaker={"enable": True, "rollback": True})
    roll(shop)
    counted = "circuit breaker has counted"
    shop.cloud.run_until(lambda: counted in str(shop.cloud.explain(newest(shop))), 300)
    explained(shop.cloud, newest(shop), "No registry")
    shop.cloud.advance(minutes=20)
    deployment = newest(shop)
    found = explained(shop.cloud, deployment, "No registry")
    assert values(found)[0] == "ROLLBACK_SUCCESSFUL"
    assert "circuit breaker threshold was exceeded" in values(found)[1]
    assert any("Its threshold is 5: 50 % of the desired count" in s.words for s in found.steps)
    explained(shop.cloud, arn, "No registry")
    shop.cloud.advance(hours=2)
    explained(shop.cloud, deployment, "tasks that failed are gone")


def test_tags_that_lead_to_no_digest(shop: Shop) -> None:
    """AWS: deployment-type-ecs: three attempts to resolve the tags."""
    breaker = {"enable": True, "rollback": True}
    steady(shop, 20, deploymentCircuitBreaker=breaker, maximumPercent=105)
    roll(shop)
    shop.cloud.advance(minutes=10)
    found = explained(shop.cloud, newest(shop), "No registry")
    words = "before the tags of the images had been resolved"
    assert any(words in step.words for step in found.steps)


@pytest.mark.parametrize("stop_type", ["ROLLBACK", "ABORT"])
def test_somebody_stopped_it(shop: Shop, stop_type: str) -> None:
    """AWS: stop-service-deployment; CloudTrail has who."""
    steady(shop)
    roll(shop)
    shop.cloud.advance(seconds=40)
    shop.ecs.stop_service_deployment(serviceDeploymentArn=newest(shop), stopType=stop_type)
    explained(shop.cloud, newest(shop), ".")
    shop.cloud.advance(minutes=20)
    found = explained(shop.cloud, newest(shop), "CloudTrail has who called StopServiceDeployment")
    assert found.cause.evidence.value == "administrator"


def test_a_newer_one_took_its_place(shop: Shop) -> None:
    """AWS: service-deployment: a deployment in progress is stopped by a newer one."""
    steady(shop)
    roll(shop)
    shop.cloud.advance(seconds=20)
    first = newest(shop)
    roll(shop, "no/such:2")
    shop.cloud.advance(seconds=5)
    found = explained(shop.cloud, first, "A newer deployment was asked for")
    assert found.cause.evidence.value == newest(shop)


def alarm(name: str = "errors") -> Any:
    """Make an alarm on a metric of one's own; return the client that feeds it."""
    watch: Any = boto3.client("cloudwatch")
    watch.put_metric_alarm(
        AlarmName=name,
        Namespace="Shop",
        MetricName="Errors",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1.0,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="notBreaching",
    )
    return watch


def test_an_alarm_rolled_it_back_and_one_is_watched(shop: Shop) -> None:
    """AWS: deployment-alarm-failure: the alarm, and its reason."""
    watch = alarm()
    alarms = {"enable": True, "rollback": True, "alarmNames": ["errors"]}
    steady(shop, alarms=alarms)
    shop.cloud.advance(minutes=3)
    shop.ecs.update_service(cluster="shop", service="web", forceNewDeployment=True)
    shop.cloud.run_until(lambda: "are watched" in explain(shop).cause.words, 600)
    explained(shop.cloud, newest(shop), "alarms are watched for another")
    shop.cloud.advance(minutes=5)
    shop.ecs.update_service(cluster="shop", service="web", forceNewDeployment=True)
    watch.put_metric_data(Namespace="Shop", MetricData=[{"MetricName": "Errors", "Value": 9}])
    shop.cloud.advance(minutes=8)
    found = explained(shop.cloud, newest(shop), "the change of its state")
    assert ["errors"] in values(found)
    assert "Threshold Crossed" in found.cause.evidence.value


def explain(shop: Shop) -> Any:
    return shop.cloud.explain(newest(shop))


@pytest.mark.parametrize("cleanup", ["BLOCKING", "DEFERRED"])
def test_an_early_success(shop: Shop, cleanup: str) -> None:
    """AWS: early-success-criteria: complete while tasks are still to come."""
    criteria = {"enable": True, "healthyPercent": 100, "sourceServiceRevisionCleanup": cleanup}
    arn = shop.serve(
        shop.define(Image(port=80, stop_after=None), stopTimeout=110),
        4,
        deploymentConfiguration={"earlySuccessCriteria": criteria},
    )
    shop.cloud.advance(minutes=3)
    shop.ecs.update_service(cluster="shop", service="web", forceNewDeployment=True)
    statuses = set()
    for _ in range(20):
        shop.cloud.advance(seconds=15)
        found = explain(shop)
        statuses.add(values(found)[0])
        if len(found.steps) > 1 and values(found)[0] == "SUCCESSFUL":
            checked(found)
            assert "enough for its early success criteria" in found.steps[1].words
            assert "of an earlier deployment is not gone yet" in found.cause.words
    assert "SUCCESSFUL" in statuses
    explained(shop.cloud, arn, "All of them are healthy")


def test_complete_while_it_scales_out(shop: Shop) -> None:
    """AWS: service-deployment: a change of the desired count is no deployment."""
    arn = steady(shop, 1)
    shop.ecs.update_service(cluster="shop", service="web", desiredCount=4)
    shop.cloud.advance(seconds=20)
    found = explained(shop.cloud, newest(shop), "looking for capacity|Images are|the agent")
    assert any("stays so while tasks are added" in step.words for step in found.steps)
    found = shop.cloud.explain(arn)
    assert any("complete, but the service lacks healthy" in step.words for step in found.steps)
    shop.cloud.advance(minutes=3)
    assert len(shop.cloud.explain(newest(shop)).steps) == 1


# --- Traffic shifts -------------------------------------------------------------------------------


@pytest.fixture
def stage(shop: Shop) -> Stage:
    """Return a service that shifts traffic."""
    return Stage(shop.cloud.reset())


def service_arn() -> str:
    return "arn:aws:ecs:us-east-1:123456789012:service/shop/web"


def both(cloud: Cloud, arn: str, cause: str) -> Any:
    """Explain the deployment and its service: both end the same."""
    explained(cloud, service_arn(), cause)
    return explained(cloud, arn, cause)


def configure(stage: Stage, **configuration: Any) -> None:
    stage.ecs.update_service(
        cluster="shop",
        service="web",
        deploymentConfiguration={"strategy": "BLUE_GREEN", **configuration},
    )


def test_every_stage_says_what_it_waits_for(stage: Stage) -> None:
    """AWS: blue-green-deployment-how-it-works."""
    stage.open()
    configure(stage, bakeTimeInMinutes=10)
    arn = stage.release("green")
    explained(stage.cloud, arn, "has just been requested")
    seen = set()
    for _ in range(60):
        stage.cloud.advance(seconds=2)
        found = stage.cloud.explain(arn)
        seen.add(str(found.steps[1].evidence.value))
    assert {"SCALE_UP", "TEST_TRAFFIC_SHIFT", "BAKE_TIME"} <= seen
    stage.until_stage("BAKE_TIME")
    found = both(stage.cloud, arn, r"bakes for 10 minutes, until \d\d:\d\d:\d\d")
    assert found.cause.evidence.value == 10
    stage.cloud.advance(minutes=10, seconds=20)
    both_words = "of an earlier deployment is not gone yet"
    explained(stage.cloud, arn, both_words)
    stage.until_status("SUCCESSFUL")
    assert len(stage.cloud.explain(arn).steps) == 1


def test_a_canary_that_is_watched(stage: Stage) -> None:
    """AWS: canary-deployment: a share of the traffic, and the time of the step."""
    stage.open()
    canary = {"canaryPercent": 10.0, "canaryBakeTimeInMinutes": 30}
    configure(stage, strategy="CANARY", canaryConfiguration=canary)
    arn = stage.release("green")
    stage.until_stage("PRODUCTION_TRAFFIC_SHIFT")
    stage.cloud.advance(minutes=5)
    found = both(stage.cloud, arn, "when this one has been watched as long as canary says")
    assert values(found)[-2:] == [10.0, canary]


def test_tasks_that_never_become_healthy(stage: Stage) -> None:
    """The stage is SCALE_UP; the cause is the task's."""
    stage.open()
    stage.ecs.update_service(cluster="shop", service="web", healthCheckGracePeriodSeconds=1_000_000)
    arn = stage.release(image("slow", ready_after=1_000_000.0))
    stage.cloud.advance(minutes=20)
    found = both(stage.cloud, arn, "until it listens, and the grace period|nothing in")
    assert values(found)[1] == "SCALE_UP"
    stage.cloud.advance(hours=25)
    found = explained(stage.cloud, arn, ".")
    assert any("had come no further than" in step.words for step in found.steps)


PAUSE = {"targetType": "PAUSE", "lifecycleStages": ["POST_TEST_TRAFFIC_SHIFT"]}


@pytest.mark.parametrize("action", ["CONTINUE", "ROLLBACK"])
def test_a_pause(stage: Stage, action: str) -> None:
    """AWS: pause-lifecycle-hooks: it waits for ContinueServiceDeployment."""
    stage.open()
    configure(stage, lifecycleHooks=[PAUSE])
    arn = stage.release("green")
    stage.until_stage("POST_TEST_TRAFFIC_SHIFT")
    stage.cloud.advance(seconds=5)
    found = both(stage.cloud, arn, "pauses until ContinueServiceDeployment is called .*ROLLBACK")
    stage.ecs.continue_service_deployment(
        serviceDeploymentArn=arn, hookId=found.cause.evidence.value, action=action
    )
    stage.cloud.advance(minutes=20)
    if action == "ROLLBACK":
        both(stage.cloud, arn, "Somebody answered it with ROLLBACK")
    else:
        both(stage.cloud, arn, "has this status|All of them are healthy")


def test_a_pause_that_nobody_continues(stage: Stage) -> None:
    """AWS: botocore ecs DeploymentLifecycleHookTimeoutConfiguration."""
    stage.open()
    timeout = {"timeoutInMinutes": 10, "action": "ROLLBACK"}
    configure(stage, lifecycleHooks=[{**PAUSE, "timeoutConfiguration": timeout}])
    arn = stage.release("green")
    stage.cloud.advance(minutes=30)
    both(stage.cloud, arn, "Nobody continued it in time")


HOOKS = {
    "FAILED": (
        (
            "def handler(event, context):\n    print('orders: 3 of 10 failed')\n"
            "    return {'hookStatus': 'FAILED'}\n"
        ),
        "The function itself answered FAILED",
    ),
    "invalid": (
        "def handler(event, context):\n    return {'status': 'fine'}\n",
        "no valid hookStatus, which counts as a failure",
    ),
    "raises": (
        "def handler(event, context):\n    raise ValueError('no')\n",
        "The function raised an error: ValueError: no",
    ),
    "slow": (
        "import time\ndef handler(event, context):\n    time.sleep(10)\n",
        "did not answer within its own time-out",
    ),
}


@pytest.mark.parametrize("name", HOOKS)
def test_a_function_that_fails(stage: Stage, name: str) -> None:
    """AWS: lambda-lifecycle-hooks: which function, and what it said."""
    source, words = HOOKS[name]
    stage.open()
    configure(stage, lifecycleHooks=[stage.hook(stage.function(source), "PRE_SCALE_UP")])
    arn = stage.release("green")
    stage.until_status("ROLLBACK_SUCCESSFUL")
    found = both(stage.cloud, arn, words)
    assert any("at the stage PRE_SCALE_UP ended so" in step.words for step in found.steps)


def test_what_a_function_wrote(stage: Stage) -> None:
    """AWS: lambda, monitoring: the log is the function's own evidence."""
    stage.open()
    function = stage.function(HOOKS["FAILED"][0])
    stage.iam.attach_role_policy(
        RoleName="check-role",
        PolicyArn="arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",
    )
    configure(stage, lifecycleHooks=[stage.hook(function, "PRE_SCALE_UP")])
    arn = stage.release("green")
    stage.until_status("ROLLBACK_SUCCESSFUL")
    found = both(stage.cloud, arn, "The last that the function wrote to its log")
    assert "3 of 10 failed" in found.cause.evidence.value


def test_a_function_that_asks_for_time(stage: Stage) -> None:
    """AWS: lambda-lifecycle-hooks: IN_PROGRESS is called again."""
    stage.open()
    source = "def handler(event, context):\n    return {'hookStatus': 'IN_PROGRESS'}\n"
    configure(stage, lifecycleHooks=[stage.hook(stage.function(source), "POST_SCALE_UP")])
    arn = stage.release("green")
    stage.until_stage("POST_SCALE_UP")
    stage.cloud.advance(seconds=70)
    both(stage.cloud, arn, r"has answered IN_PROGRESS 3 times; ECS calls it again")


def test_a_hook_without_permission(stage: Stage) -> None:
    """AWS: blue-green-permissions: lambda:InvokeFunction, and who may assume the role."""
    stage.open()
    function = stage.function(HOOKS["FAILED"][0])
    configure(stage, lifecycleHooks=[stage.hook(function, "PRE_SCALE_UP", allowed=False)])
    arn = stage.release("green")
    stage.until_status("ROLLBACK_SUCCESSFUL")
    both(stage.cloud, arn, "No policy of the role hook-check allows lambda:InvokeFunction")
    stage.iam.delete_role(RoleName="hook-check")
    arn = stage.release(image("again"))
    stage.until_status("ROLLBACK_SUCCESSFUL")
    both(stage.cloud, arn, "IAM has no role hook-check")


def test_traffic_that_can_not_be_shifted(stage: Stage) -> None:
    """AWS: AmazonECSInfrastructureRolePolicyForLoadBalancers."""
    stage.open()
    policies = stage.iam.list_attached_role_policies(RoleName="infrastructure")
    policy = policies["AttachedPolicies"][0]["PolicyArn"]
    stage.iam.detach_role_policy(RoleName="infrastructure", PolicyArn=policy)
    arn = stage.release("green")
    stage.cloud.advance(minutes=10)
    both(stage.cloud, arn, "No policy of the role infrastructure allows elasticloadbalancing:")
