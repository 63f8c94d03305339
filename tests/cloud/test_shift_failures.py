"""How deployments that shift traffic fail, and what is refused from the beginning.

AWS: troubleshooting-blue-green (the texts), deployment-failure-detection,
nlb-resources-for-blue-green.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from shifting import INFRASTRUCTURE, Stage, image

from ecslab import Cloud

Json = dict[str, Any]


@pytest.fixture
def stage() -> Iterator[Stage]:
    with Cloud(seed=7) as cloud:
        yield Stage(cloud)


def forbid(stage: Stage) -> None:
    """Take the permissions of the infrastructure role away."""
    stage.iam.detach_role_policy(RoleName="infrastructure", PolicyArn=INFRASTRUCTURE)


# --- The infrastructure role ----------------------------------------------------------------------


def test_traffic_needs_the_infrastructure_role(stage: Stage) -> None:
    """troubleshooting-blue-green, "Missing permission to modify listener rules"."""
    stage.open()
    forbid(stage)
    stage.release("green")
    found = stage.until_status("ROLLBACK_SUCCESSFUL")
    why = (
        "Service deployment rolled back because TEST_TRAFFIC_SHIFT lifecycle hook(s) failed. User:"
    )
    assert found["statusReason"].startswith(why)
    assert "/ECSNetworkingWithELB is not authorized to perform: elastic" in found["statusReason"]
    assert found["rollback"]["reason"] == found["statusReason"]
    (event,) = [text for text in stage.messages() if "deployment failed" in text]
    assert event.endswith(f"deployment failed: {found['statusReason'].rstrip('.')}.")
    assert stage.answers() == {"blue": 20}


def test_a_rollback_that_can_not_shift_the_traffic_back_fails(stage: Stage) -> None:
    """Botocore ecs ServiceDeploymentStatus ROLLBACK_FAILED."""
    stage.open(bakeTimeInMinutes=30)
    arn = stage.release("green")
    stage.until_stage("BAKE_TIME")
    forbid(stage)
    stage.ecs.stop_service_deployment(serviceDeploymentArn=arn)
    found = stage.until_status("ROLLBACK_FAILED")
    assert "PRODUCTION_TRAFFIC_SHIFT lifecycle hook(s) failed" in found["statusReason"]
    assert stage.answers() == {"green": 20}


def test_a_role_that_ecs_can_not_assume(stage: Stage) -> None:
    """troubleshooting-blue-green, "Missing trust policy on infrastructure role"."""
    stage.open()
    other = stage.role_for("stranger", "lambda.amazonaws.com")
    (link,) = stage.service()["loadBalancers"]
    link["advancedConfiguration"]["roleArn"] = other
    stage.ecs.update_service(cluster="shop", service="web", loadBalancers=[link])
    found = stage.until_status("ROLLBACK_SUCCESSFUL")
    assert found["statusReason"] == (
        "Service deployment rolled back because of invalid networking configuration. ECS was unable"
        " to manage the ELB resources due to missing permissions on ECS Infrastructure Role"
        f" '{other}'."
    )


# --- Load balancers -------------------------------------------------------------------------------


def forward(*weighted: tuple[str, int]) -> list[Json]:
    """Return the actions that forward to target groups with weights."""
    groups = [{"TargetGroupArn": group, "Weight": weight} for group, weight in weighted]
    return [{"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}]


def listener(stage: Stage) -> str:
    """Return the ARN of the production listener."""
    arn = stage.balancer["LoadBalancerArn"]
    listeners = stage.elb.describe_listeners(LoadBalancerArn=arn)["Listeners"]
    return next(str(each["ListenerArn"]) for each in listeners if each["Port"] == 80)


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        ({"blue": 1, "alternate": 1}, "should have exactly one target group serving traffic but"),
        ({"other": 1}, "is forwarding traffic to unexpected target group"),
    ],
)
def test_the_production_rule_must_be_in_order(stage: Stage, weights: Json, words: str) -> None:
    """troubleshooting-blue-green, "Target group configuration errors": then it rolls back."""
    stage.open()
    groups = {"blue": stage.blue, "alternate": stage.alternate, "other": stage.targets("other")}
    stage.elb.modify_listener(
        ListenerArn=listener(stage),
        DefaultActions=forward(*((groups[name], weight) for name, weight in weights.items())),
    )
    stage.release("green")
    stage.cloud.advance(minutes=10)
    found = stage.deployment()
    start = "Service deployment rolled back because of invalid networking configuration. "
    assert found["statusReason"].startswith(start)
    assert words in found["statusReason"]


def test_both_target_groups_must_be_used(stage: Stage) -> None:
    """troubleshooting-blue-green, "Target group not associated with listener rules"."""
    stage.open()
    arn = stage.balancer["LoadBalancerArn"]
    for each in stage.elb.describe_listeners(LoadBalancerArn=arn)["Listeners"]:
        stage.elb.modify_listener(
            ListenerArn=each["ListenerArn"], DefaultActions=forward((stage.blue, 1))
        )
    stage.release("green")
    found = stage.until_status("ROLLBACK_SUCCESSFUL")
    assert found["statusReason"].endswith(
        f"invalid networking configuration: Target group {stage.alternate} is not associated with"
        " either productionListenerRule or testListenerRule."
    )


def test_the_rest_of_a_rule_stays_as_it_is(stage: Stage) -> None:
    """alb-resources-for-blue-green: weights are adjusted; botocore elbv2 ForwardActionConfig."""
    stage.open()
    sticky = {"Enabled": True, "DurationSeconds": 60}
    (action,) = forward((stage.blue, 1), (stage.alternate, 0))
    action["ForwardConfig"]["TargetGroupStickinessConfig"] = sticky
    stage.elb.modify_listener(ListenerArn=listener(stage), DefaultActions=[action])
    stage.release("green")
    stage.until_status("SUCCESSFUL")
    (rule,) = stage.elb.describe_rules(RuleArns=[stage.rule])["Rules"]
    assert rule["Actions"][0]["ForwardConfig"]["TargetGroupStickinessConfig"] == sticky
    assert stage.weights(stage.rule) == {stage.alternate: 100, stage.blue: 0}


def test_a_network_load_balancer_takes_ten_minutes_more_at_each_shift(stage: Stage) -> None:
    """nlb-resources-for-blue-green: at TEST_TRAFFIC_SHIFT and at PRODUCTION_TRAFFIC_SHIFT."""
    network = stage.balance("net", Type="network")["LoadBalancerArn"]
    groups = [stage.targets(name, Protocol="TCP") for name in ("tcp-blue", "tcp-green")]
    listeners = [
        stage.elb.create_listener(
            LoadBalancerArn=network,
            Protocol="TCP",
            Port=port,
            DefaultActions=[{"Type": "forward", "TargetGroupArn": group}],
        )["Listeners"][0]["ListenerArn"]
        for port, group in zip((80, 81), groups, strict=True)
    ]
    stage.ec2.authorize_security_group_ingress(
        GroupId=stage.task_group,
        IpPermissions=[
            {
                "IpProtocol": "tcp",
                "FromPort": 8080,
                "ToPort": 8080,
                "IpRanges": [{"CidrIp": "0.0.0.0/0"}],
            }
        ],
    )
    link = {
        "targetGroupArn": groups[0],
        "containerName": "app",
        "containerPort": 8080,
        "advancedConfiguration": {
            "alternateTargetGroupArn": groups[1],
            "productionListenerRule": listeners[0],
            "testListenerRule": listeners[1],
            "roleArn": stage.infrastructure,
        },
    }
    stage.open(link=link)
    stage.release("green")
    stage.until_status("SUCCESSFUL", 7200)
    entries = stage.cloud.journal.of_kind("deployment.stage")[-10:]
    began = {entry.fields["stage"]: entry.seconds for entry in entries}
    assert began["POST_TEST_TRAFFIC_SHIFT"] - began["TEST_TRAFFIC_SHIFT"] == 602
    assert began["POST_PRODUCTION_TRAFFIC_SHIFT"] - began["PRODUCTION_TRAFFIC_SHIFT"] == 602


# --- Hooks ----------------------------------------------------------------------------------------

FORBIDDEN = (
    "ECS was unable to invoke hook target {arn} due to User: arn:aws:sts::123456789012:assumed-role"
    "/hook-check/ECS-Lambda-Execution is not authorized to perform: lambda:InvokeFunction on"
    " resource: {arn} because no identity-based policy allows the lambda:InvokeFunction action"
)
UNREADABLE = "ECS was unable to parse the response from {arn} due to HookStatus must not be null"


@pytest.mark.parametrize(
    ("source", "role", "words"),
    [
        ("return {'status': 'fine'}", "allowed", UNREADABLE),
        ("raise ValueError('no')", "allowed", UNREADABLE),
        ("time.sleep(10)", "allowed", UNREADABLE),
        (
            "return {'hookStatus': 'FAILED'}",
            "allowed",
            "Lifecycle hook target {arn} returned FAILED status.",
        ),
        (
            "return {'hookStatus': 'SUCCEEDED'}",
            "without policy",
            FORBIDDEN,
        ),
        (
            "return {'hookStatus': 'SUCCEEDED'}",
            "of others",
            "ECS was unable to assume role arn:aws:iam::123456789012:role/check-role",
        ),
    ],
)
def test_a_function_that_does_not_answer_as_it_must_rolls_back(
    stage: Stage, source: str, role: str, words: str
) -> None:
    """troubleshooting-blue-green, "Lifecycle hook issues"."""
    stage.open()
    body = f"import time\ndef handler(event, context):\n    {source}\n"
    arn = stage.function(body)
    hook = stage.hook(arn, "PRE_SCALE_UP", allowed=role == "allowed")
    if role == "of others":
        hook["roleArn"] = "arn:aws:iam::123456789012:role/check-role"
    stage.ecs.update_service(
        cluster="shop",
        service="web",
        deploymentConfiguration={"strategy": "BLUE_GREEN", "lifecycleHooks": [hook]},
    )
    stage.release("green")
    found = stage.until_status("ROLLBACK_SUCCESSFUL")
    detail = words.format(arn=arn)
    start = "Service deployment rolled back because PRE_SCALE_UP lifecycle hook(s) failed. "
    assert found["statusReason"] == start + detail


# --- The circuit breaker, alarms ------------------------------------------------------------------


def test_the_circuit_breaker_rolls_a_shift_back(stage: Stage) -> None:
    """deployment-failure-detection: rolling update and blue/green deployment types."""
    stage.open(deploymentCircuitBreaker={"enable": True, "rollback": True})
    stage.release(image("crash", runs_for=5, exit_code=1))
    found = stage.until_status("ROLLBACK_SUCCESSFUL")
    reason = "Service deployment rolled back because the circuit breaker threshold was exceeded."
    assert found["statusReason"] == found["rollback"]["reason"] == reason
    assert found["deploymentCircuitBreaker"] == {
        "status": "TRIGGERED",
        "failureCount": found["deploymentCircuitBreaker"]["failureCount"],
        "threshold": 3,
    }
    assert stage.answers() == {"blue": 20}


def test_a_first_deployment_has_nothing_to_go_back_to(stage: Stage) -> None:
    """action-logs-troubleshooting: no rollback candidate was found."""
    breaker = {"enable": True, "rollback": True}
    stage.create(image("crash", runs_for=5, exit_code=1), deploymentCircuitBreaker=breaker)
    stage.cloud.advance(minutes=10)
    found = stage.deployment()
    assert found["status"] == "ROLLBACK_FAILED"
    assert found["statusReason"] == "No rollback candidate was found to run the rollback."
    started = len(stage.tasks("STOPPED"))
    stage.cloud.advance(minutes=30)
    assert len(stage.tasks("STOPPED")) <= started, "it starts no more tasks"


# --- What is refused ------------------------------------------------------------------------------


def refused(stage: Stage, *links: Json, **arguments: Any) -> str:
    """Return the words in which a new service is refused."""
    with pytest.raises(ClientError, match="InvalidParameterException") as error:
        stage.ecs.create_service(
            cluster="shop",
            serviceName="other",
            taskDefinition=stage.define(image("x")),
            desiredCount=1,
            launchType="FARGATE",
            networkConfiguration=stage.network,
            loadBalancers=list(links),
            **{"deploymentConfiguration": {"strategy": "BLUE_GREEN"}, **arguments},
        )
    return str(error.value.response["Error"]["Message"])


def test_load_balancers_that_can_not_shift_are_refused(stage: Stage) -> None:
    """troubleshooting-blue-green, "Load balancer configuration issues": the synchronous errors."""
    link = stage.link()
    plain = {key: value for key, value in link.items() if key != "advancedConfiguration"}
    assert refused(stage, plain) == (
        "advancedConfiguration field is required for all loadBalancers when using a non-ROLLING"
        " deployment strategy"
    )
    third = stage.targets("third")
    stage.listen(third, 8080)
    assert refused(stage, link, {**plain, "targetGroupArn": third}) == (
        "Either all or none of the provided loadBalancers must have advancedConfiguration defined"
    )
    assert refused(stage, stage.link(alternateTargetGroupArn=stage.blue)) == (
        f"Duplicate targetGroupArn found: {stage.blue}"
    )
    wrong = listener(stage)
    assert refused(stage, stage.link(productionListenerRule=wrong)) == (
        "productionListenerRule has an invalid ARN format. Must be RuleArn for ALB or ListenerArn"
        f" for NLB. Got: {wrong}"
    )
    assert refused(stage, stage.link(testListenerRule=stage.rule)) == (
        "The following rules cannot be used as both production and test listener rules:"
        f" {stage.rule}"
    )
    assert refused(stage, stage.link(testListenerRule=None)) == (
        "For Application LoadBalancer, testListenerRule is required when productionListenerRule is"
        " not associated with both targetGroup and alternateTargetGroup"
    )
    assert "roleArn is required" in refused(stage, stage.link(roleArn=None))
