"""Blue/green, linear and canary deployments, seen through boto3 and real requests.

AWS: blue-green-deployment-how-it-works, deployment-type-linear, canary-deployment,
lambda-lifecycle-hooks, pause-lifecycle-hooks; botocore ecs DeploymentConfiguration.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from shifting import Stage, image

from ecslab import Cloud

FORWARD = [
    *("PRE_SCALE_UP", "SCALE_UP", "POST_SCALE_UP", "TEST_TRAFFIC_SHIFT"),
    *("POST_TEST_TRAFFIC_SHIFT", "PRE_PRODUCTION_TRAFFIC_SHIFT", "PRODUCTION_TRAFFIC_SHIFT"),
    *("POST_PRODUCTION_TRAFFIC_SHIFT", "BAKE_TIME", "CLEAN_UP"),
]


@pytest.fixture
def stage() -> Iterator[Stage]:
    with Cloud(seed=7) as cloud:
        yield Stage(cloud)


def test_blue_green_moves_all_traffic_at_once_and_keeps_blue_while_it_bakes(stage: Stage) -> None:
    """blue-green-deployment-how-it-works: the stages, in their order, and what they do."""
    stage.open(bakeTimeInMinutes=5)
    assert stage.answers() == {"blue": 20}
    before = len(stage.visited())
    stage.release("green")
    stage.until_stage("TEST_TRAFFIC_SHIFT")
    assert stage.answers() == {"blue": 20}, "production is still blue"
    found = stage.until_stage("BAKE_TIME")
    assert stage.answers() == {"green": 20}
    assert stage.answers(9000) == {"green": 20}, "the test listener"
    assert stage.weights(stage.rule) == {stage.alternate: 100, stage.blue: 0}
    assert found["targetServiceRevision"]["requestedProductionTrafficWeight"] == 100.0
    assert found["targetServiceRevision"]["requestedTestTrafficWeight"] == 100.0
    assert found["sourceServiceRevisions"][0]["requestedProductionTrafficWeight"] == 0.0
    assert stage.service()["runningCount"] == 4, "both revisions run in full"
    stage.cloud.advance(minutes=4)
    assert stage.deployment()["lifecycleStage"] == "BAKE_TIME"
    stage.until_status("SUCCESSFUL")
    assert stage.visited()[before:] == FORWARD
    assert stage.service()["runningCount"] == 2
    assert [each["status"] for each in stage.service()["deployments"]] == ["PRIMARY"]


def test_the_next_deployment_goes_back_to_the_first_target_group(stage: Stage) -> None:
    """Botocore ecs ResolvedConfiguration: which target group serves a revision."""
    stage.open()
    stage.release("green")
    stage.until_status("SUCCESSFUL")
    stage.release("third")
    found = stage.until_status("SUCCESSFUL")
    assert stage.weights(stage.rule) == {stage.blue: 100, stage.alternate: 0}
    assert stage.answers() == {"third": 20}
    arn = found["targetServiceRevision"]["arn"]
    answer = stage.ecs.describe_service_revisions(serviceRevisionArns=[arn])
    (resolved,) = answer["serviceRevisions"][0]["resolvedConfiguration"]["loadBalancers"]
    assert resolved == {"targetGroupArn": stage.blue, "productionListenerRule": stage.rule}


def test_a_canary_has_its_share_of_the_requests(stage: Stage) -> None:
    """Botocore ecs CanaryConfiguration: a fixed share first, the rest after the bake time."""
    stage.open()
    stage.ecs.update_service(
        cluster="shop",
        service="web",
        deploymentConfiguration={
            "strategy": "CANARY",
            "canaryConfiguration": {"canaryPercent": 10.0, "canaryBakeTimeInMinutes": 10},
        },
    )
    stage.release("canary")
    stage.until_stage("PRODUCTION_TRAFFIC_SHIFT")
    stage.cloud.advance(seconds=5)
    assert stage.answers(count=100) == {"blue": 90, "canary": 10}
    stage.cloud.advance(minutes=9)
    assert stage.answers(count=100) == {"blue": 90, "canary": 10}
    stage.until_status("SUCCESSFUL")
    assert stage.answers() == {"canary": 20}


def test_linear_shifts_in_equal_steps(stage: Stage) -> None:
    """Botocore ecs LinearConfiguration: equal steps, none waits after 100 percent."""
    stage.open()
    stage.ecs.update_service(
        cluster="shop",
        service="web",
        deploymentConfiguration={
            "strategy": "LINEAR",
            "linearConfiguration": {"stepPercent": 33.3, "stepBakeTimeInMinutes": 2},
        },
    )
    stage.release("next")
    stage.until_status("SUCCESSFUL")
    shifts = [
        entry
        for entry in stage.cloud.journal.of_kind("deployment.shifted")
        if entry.fields["traffic"] == "production"
    ][-5:]
    assert [entry.fields["percent"] for entry in shifts] == [0, 33.3, 66.6, 99.9, 100.0]
    waits = [later.seconds - entry.seconds for entry, later in pairwise(shifts[1:])]
    assert all(120 <= wait < 130 for wait in waits)


def test_a_stop_while_it_bakes_switches_back_at_once(stage: Stage) -> None:
    """Facts: rollback in blue/green is an instant switch while blue still runs."""
    stage.open(bakeTimeInMinutes=30)
    first = stage.service()["deployments"][0]["id"]
    arn = stage.release("green")
    stage.until_stage("BAKE_TIME")
    stage.ecs.stop_service_deployment(serviceDeploymentArn=arn)
    assert stage.deployment()["status"] == "ROLLBACK_REQUESTED"
    stage.cloud.advance(seconds=10)
    assert stage.answers() == {"blue": 20}
    found = stage.until_status("ROLLBACK_SUCCESSFUL")
    assert found["rollback"]["serviceRevisionArn"] == found["sourceServiceRevisions"][0]["arn"]
    assert [each["id"] for each in stage.service()["deployments"]] == [first]
    assert stage.service()["runningCount"] == 2
    with pytest.raises(ClientError, match="ConflictException"):
        stage.ecs.stop_service_deployment(serviceDeploymentArn=arn)


def test_tasks_that_never_get_healthy_move_no_traffic(stage: Stage) -> None:
    """blue-green-deployment-how-it-works: a stage lasts 24 hours at most, then it rolls back."""
    stage.open()
    patience = {"healthCheckGracePeriodSeconds": 1_000_000}
    stage.ecs.update_service(cluster="shop", service="web", **patience)
    stage.release(image("slow", ready_after=1_000_000.0))
    stage.cloud.advance(hours=23)
    assert stage.deployment()["lifecycleStage"] == "SCALE_UP"
    stage.cloud.advance(hours=2)
    assert stage.deployment()["status"] == "ROLLBACK_SUCCESSFUL"
    assert stage.answers() == {"blue": 20}


def test_the_stage_before_the_shift_is_not_in_the_list(stage: Stage) -> None:
    """Botocore ecs ServiceDeploymentLifecycleStage leaves PRE_PRODUCTION_TRAFFIC_SHIFT out."""
    stage.open()
    pausing = {"targetType": "PAUSE", "lifecycleStages": ["PRE_PRODUCTION_TRAFFIC_SHIFT"]}
    configuration = {"strategy": "BLUE_GREEN", "lifecycleHooks": [pausing]}
    stage.ecs.update_service(cluster="shop", service="web", deploymentConfiguration=configuration)
    stage.release("green")
    stage.cloud.advance(minutes=5)
    assert stage.visited()[-1] == "PRE_PRODUCTION_TRAFFIC_SHIFT"
    found = stage.deployment()
    assert found["lifecycleStage"] == "POST_TEST_TRAFFIC_SHIFT"
    assert found["lifecycleHookDetails"][0]["status"] == "AWAITING_ACTION"


def test_a_service_without_traffic_shifts_none(stage: Stage) -> None:
    """blue-green-deployment-implementation: headless services can use blue/green deployments."""
    stage.ecs.create_service(
        cluster="shop",
        serviceName="web",
        taskDefinition=stage.define(image("blue")),
        desiredCount=1,
        launchType="FARGATE",
        networkConfiguration=stage.network,
        deploymentConfiguration={"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 1},
    )
    stage.until_status("SUCCESSFUL")
    stage.release("green")
    stage.until_stage("BAKE_TIME")
    assert stage.service()["runningCount"] == 2, "both revisions run"
    stage.until_status("SUCCESSFUL")
    assert stage.service()["runningCount"] == 1


def test_code_deploy_is_refused_by_name(stage: Stage) -> None:
    """Botocore ecs DeploymentController: CODE_DEPLOY is what is not part of the simulation."""
    controller = {"deploymentController": {"type": "CODE_DEPLOY"}}
    with pytest.raises(ClientError, match="CODE_DEPLOY") as refused:
        stage.ecs.create_service(
            cluster="shop", serviceName="web", desiredCount=1, taskDefinition="web", **controller
        )
    assert refused.value.response["Error"]["Code"] == "UnsupportedFeatureException"
    stage.open()
    with pytest.raises(ClientError, match="CODE_DEPLOY"):
        stage.ecs.update_service(cluster="shop", service="web", **controller)
    controller["deploymentController"]["type"] = "EXTERNAL"
    with pytest.raises(ClientError, match="from ECS to EXTERNAL is not part of this simulation"):
        stage.ecs.update_service(cluster="shop", service="web", **controller)


# --- Hooks ------------------------------------------------------------------------------------

CHECK = """
import json, os, urllib.parse
import boto3
calls = []

def handler(event, context):
    calls.append(event["lifecycleStage"])
    print(json.dumps(event))
    if len(calls) < 3:
        return {"hookStatus": "IN_PROGRESS", "callBackDelay": 60}
    return {"hookStatus": os.environ["RESULT"]}
"""


@pytest.mark.parametrize(
    ("result", "status"), [("SUCCEEDED", "SUCCESSFUL"), ("FAILED", "ROLLBACK_SUCCESSFUL")]
)
def test_a_function_decides_whether_a_deployment_goes_on(
    stage: Stage, result: str, status: str
) -> None:
    """lambda-lifecycle-hooks: SUCCEEDED, FAILED, and IN_PROGRESS with the time to the next call."""
    stage.open()
    function = stage.function(CHECK, Environment={"Variables": {"RESULT": result}})
    hook = stage.hook(function, "POST_TEST_TRAFFIC_SHIFT")
    configuration = {"strategy": "BLUE_GREEN", "lifecycleHooks": [hook]}
    stage.ecs.update_service(cluster="shop", service="web", deploymentConfiguration=configuration)
    stage.release("green")
    found = stage.until_status(status)
    calls = stage.cloud.journal.of_kind("hook.called")
    assert [round(b.seconds - a.seconds) for a, b in pairwise(calls)] == [
        60,
        60,
    ]
    (detail,) = found["lifecycleHookDetails"]
    assert detail["status"] == result
    assert detail["targetArn"] == function
    assert stage.answers() == {"green" if result == "SUCCEEDED" else "blue": 20}


def test_a_functions_calls_are_judged_by_its_role(stage: Stage) -> None:
    """A function has the credentials of its role, and moto's Docker is not needed to invoke it."""
    source = (
        "import boto3\ndef handler(event, context):\n"
        "    return boto3.client('ecs').list_clusters()['clusterArns']\n"
    )
    function = stage.function(source)
    client = boto3.client("lambda")
    refused = client.invoke(FunctionName=function, Payload=b"{}")
    assert "FunctionError" in refused
    assert b"not authorized to perform: ecs:ListClusters" in refused["Payload"].read()
    stage.iam.attach_role_policy(
        RoleName="check-role", PolicyArn="arn:aws:iam::aws:policy/AmazonECS_FullAccess"
    )
    answer = client.invoke(FunctionName=function, Payload=b"{}")
    assert b":cluster/shop" in answer["Payload"].read()


def pause(minutes: int | None = None, action: str | None = None) -> dict[str, Any]:
    """Return a pause after the test traffic has shifted."""
    timeout = {"timeoutInMinutes": minutes, "action": action}
    given = {key: value for key, value in timeout.items() if value is not None}
    return {
        "targetType": "PAUSE",
        "lifecycleStages": ["POST_TEST_TRAFFIC_SHIFT"],
        **({"timeoutConfiguration": given} if given else {}),
    }


def paused(stage: Stage, hook: dict[str, Any]) -> dict[str, Any]:
    """Release a revision with a pause, and wait until it is reached; describe the deployment."""
    stage.open()
    stage.ecs.update_service(
        cluster="shop",
        service="web",
        deploymentConfiguration={"strategy": "BLUE_GREEN", "lifecycleHooks": [hook]},
    )
    stage.release("green")
    stage.until_stage("POST_TEST_TRAFFIC_SHIFT")
    return stage.deployment()


@pytest.mark.parametrize(
    ("action", "status"), [("CONTINUE", "SUCCESSFUL"), ("ROLLBACK", "ROLLBACK_SUCCESSFUL")]
)
def test_a_pause_waits_for_an_answer(stage: Stage, action: str, status: str) -> None:
    """pause-lifecycle-hooks: AWAITING_ACTION until ContinueServiceDeployment."""
    found = paused(stage, pause())
    (detail,) = found["lifecycleHookDetails"]
    assert detail["status"] == "AWAITING_ACTION"
    assert detail["timeoutAction"] == "ROLLBACK"
    stage.cloud.advance(hours=12)
    assert stage.answers() == {"blue": 20}
    assert stage.answers(9000) == {"green": 20}
    arn = found["serviceDeploymentArn"]
    stage.ecs.continue_service_deployment(
        serviceDeploymentArn=arn, hookId=detail["hookId"], action=action
    )
    stage.until_status(status)
    with pytest.raises(ClientError, match="not awaiting an action"):
        stage.ecs.continue_service_deployment(
            serviceDeploymentArn=arn, hookId=detail["hookId"], action=action
        )


@pytest.mark.parametrize(
    ("hook", "status", "hours"),
    [
        (pause(), "ROLLBACK_SUCCESSFUL", 25),
        (pause(10, "CONTINUE"), "SUCCESSFUL", 1),
        (pause(20160), "IN_PROGRESS", 30),
    ],
)
def test_a_pause_times_out(stage: Stage, hook: dict[str, Any], status: str, hours: int) -> None:
    """Botocore ecs DeploymentLifecycleHookTimeoutConfiguration: 1440 minutes, then ROLLBACK."""
    paused(stage, hook)
    stage.cloud.advance(hours=hours)
    assert stage.deployment()["status"] == status


# --- What is refused --------------------------------------------------------------------------


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"strategy": "BLUE"}, "not a valid strategy"),
    ({"strategy": "CANARY", "canaryConfiguration": {"canaryPercent": 0.05}}, "canaryPercent"),
    ({"strategy": "CANARY", "canaryConfiguration": {"canaryPercent": 5.55}}, "multiple of 0.1"),
    ({"strategy": "LINEAR", "linearConfiguration": {"stepPercent": 2.9}}, "stepPercent"),
    ({"linearConfiguration": {"stepPercent": 10.0}}, "only valid with"),
    ({"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 1441}, "bakeTimeInMinutes"),
    ({"lifecycleHooks": [pause()]}, "only valid with a strategy"),
    (
        {
            "strategy": "BLUE_GREEN",
            "lifecycleHooks": [
                {"targetType": "PAUSE", "lifecycleStages": ["PRODUCTION_TRAFFIC_SHIFT"]}
            ],
        },
        "PAUSE hooks can't be configured",
    ),
    (
        {"strategy": "BLUE_GREEN", "lifecycleHooks": [{"lifecycleStages": ["PRE_SCALE_UP"]}]},
        "hookTargetArn and roleArn are required",
    ),
]


def test_wrong_configurations_are_refused(stage: Stage) -> None:
    """Botocore ecs DeploymentConfiguration, DeploymentLifecycleHook: ranges and combinations."""
    definition = stage.define(image("x"))
    for configuration, words in WRONG:
        with pytest.raises(ClientError, match=words) as refused:
            stage.ecs.create_service(
                cluster="shop",
                serviceName="other",
                taskDefinition=definition,
                desiredCount=1,
                launchType="FARGATE",
                networkConfiguration=stage.network,
                deploymentConfiguration=configuration,
            )
        assert refused.value.response["Error"]["Code"] == "InvalidParameterException"
