"""Services: counts are kept, deployments roll within their percentages, failures are counted."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shops import open_shop

from ecslab import Cloud, Image

if TYPE_CHECKING:
    from shops import Shop

WEB = Image(port=80)
CRASHING = Image(runs_for=3.0, exit_code=1)
BREAKER = {"deploymentCircuitBreaker": {"enable": True, "rollback": True}}


def test_a_service_reaches_its_count_and_says_so(shop: Shop) -> None:
    """service-event-messages-list: started, deployment completed, steady state."""
    shop.serve(shop.define(WEB), 3)
    shop.ecs.get_waiter("services_stable").wait(cluster="shop", services=["web"])
    assert shop.service()["runningCount"] == 3
    shop.cloud.advance(minutes=2)
    messages = shop.messages()
    assert messages[0].startswith("(service web) has started 3 tasks: (task ")
    assert messages[-2].endswith("deployment completed.")
    assert messages[-1] == "(service web) has reached a steady state."
    assert shop.service()["deployments"][0]["rolloutState"] == "COMPLETED"


def test_a_stopped_task_is_replaced(shop: Shop) -> None:
    """ecs_services: the scheduler replaces tasks that stop, for ever."""
    shop.serve(shop.define(WEB), 2)
    shop.cloud.advance(minutes=2)
    victim = shop.ecs.list_tasks(cluster="shop", serviceName="web")["taskArns"][0]
    shop.ecs.stop_task(cluster="shop", task=victim, reason="a test")
    shop.cloud.advance(minutes=2)
    arns = shop.ecs.list_tasks(cluster="shop", serviceName="web")["taskArns"]
    assert len(arns) == 2
    assert victim not in arns
    assert shop.task(victim)["stoppedReason"] == "a test"


@pytest.mark.parametrize(
    ("desired", "minimum", "maximum", "stuck"),
    [(4, 100, 200, False), (4, 50, 100, False), (2, 75, 100, True), (3, 100, 125, True)],
)
def test_rollout_arithmetic(
    shop: Shop, desired: int, minimum: int, maximum: int, *, stuck: bool
) -> None:
    """deployment-type-ecs: lower limit rounded up, upper limit rounded down; some can't move."""
    percents = {"minimumHealthyPercent": minimum, "maximumPercent": maximum}
    shop.serve(shop.define(WEB), desired, deploymentConfiguration=percents)
    shop.cloud.advance(minutes=3)
    shop.ecs.update_service(cluster="shop", service="web", forceNewDeployment=True)
    shop.cloud.advance(minutes=12)
    service = shop.service()
    assert len(service["deployments"]) == (2 if stuck else 1)
    blocked = any("was unable to stop or start tasks" in text for text in shop.messages())
    assert blocked is stuck


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    desired=st.integers(1, 5),
    minimum=st.sampled_from([0, 50, 75, 100]),
    maximum=st.sampled_from([100, 125, 150, 200]),
    kill=st.lists(st.integers(0, 240), max_size=3),
    seed=st.integers(0, 1000),
)
def test_a_rollout_stays_within_its_percentages(
    desired: int, minimum: int, maximum: int, kill: list[int], seed: int
) -> None:
    """Never more running and pending tasks than the maximum, never fewer than the minimum."""
    with Cloud(seed=seed) as cloud:
        shop = open_shop(cloud)
        percents = {"minimumHealthyPercent": minimum, "maximumPercent": maximum}
        shop.serve(shop.define(WEB), desired, deploymentConfiguration=percents)
        cloud.advance(minutes=3)
        shop.ecs.update_service(cluster="shop", service="web", forceNewDeployment=True)
        upper, lower = desired * maximum // 100, math.ceil(desired * minimum / 100)
        for second in range(300):
            cloud.advance(seconds=1)
            service = shop.service()
            assert service["runningCount"] + service["pendingCount"] <= upper
            if not kill:
                assert service["runningCount"] >= lower
            if second in kill:
                arns = shop.ecs.list_tasks(cluster="shop", serviceName="web")["taskArns"]
                if arns:
                    shop.ecs.stop_task(cluster="shop", task=arns[0])


def test_the_circuit_breaker_trips_at_three_and_rolls_back(shop: Shop) -> None:
    """deployment-circuit-breaker: half the desired count, at least 3; back to the last good."""
    good = shop.define(WEB)
    shop.serve(good, 1, deploymentConfiguration=BREAKER)
    shop.cloud.advance(minutes=2)
    first = shop.service()["deployments"][0]["id"]
    shop.ecs.update_service(cluster="shop", service="web", taskDefinition=shop.define("no/such:1"))
    shop.cloud.advance(minutes=20)
    service = shop.service()
    assert service["taskDefinition"] == good
    assert [d["id"] for d in service["deployments"]] == [first]
    assert service["runningCount"] == 1
    text = "\n".join(shop.messages())
    assert "deployment failed: tasks failed to start." in text
    assert f"rolling back to deployment {first}." in text
    listed = shop.ecs.list_service_deployments(cluster="shop", service="web")
    assert [d["status"] for d in listed["serviceDeployments"]] == [
        "ROLLBACK_SUCCESSFUL",
        "SUCCESSFUL",
    ]


def test_a_failed_deployment_names_its_rollback(shop: Shop) -> None:
    """Rollback in botocore ecs: the reason, when it began, and the service revision it deploys."""
    shop.serve(shop.define(WEB), 1, deploymentConfiguration=BREAKER)
    shop.cloud.advance(minutes=2)
    shop.ecs.update_service(cluster="shop", service="web", taskDefinition=shop.define("no/such:1"))
    shop.cloud.advance(minutes=20)
    listed = shop.ecs.list_service_deployments(cluster="shop", service="web")["serviceDeployments"]
    arns = [item["serviceDeploymentArn"] for item in listed]
    found = shop.ecs.describe_service_deployments(serviceDeploymentArns=arns)["serviceDeployments"]
    failed, first = found
    assert failed["rollback"]["serviceRevisionArn"] == first["targetServiceRevision"]["arn"]
    assert failed["rollback"]["startedAt"] == failed["finishedAt"]
    assert "circuit breaker" in failed["rollback"]["reason"]
    assert "rollback" not in first


def test_without_a_breaker_starts_are_throttled_and_go_on(shop: Shop) -> None:
    """service-throttle-logic: the delay grows while tasks stop without having run."""
    shop.serve(shop.define("no/such:1"), 1)
    shop.cloud.advance(hours=1)
    assert "(service web) is unable to consistently start tasks successfully." in shop.messages()
    started = [text for text in shop.messages() if "has started" in text]
    assert 5 < len(started) < 20
    assert shop.service()["deployments"][0]["rolloutState"] == "IN_PROGRESS"


def test_the_delay_grows_with_the_attempts_not_with_the_tasks(shop: Shop) -> None:
    """service-throttle-logic: the time between attempts grows; four tasks are one attempt."""
    shop.serve(shop.define("no/such:1"), 4)
    shop.cloud.advance(minutes=10)
    started = [text for text in shop.messages() if "has started 4 tasks" in text]
    assert len(started) >= 5


def test_tasks_that_run_and_crash_are_not_throttled(shop: Shop) -> None:
    """service-throttle-logic: only tasks that never reach RUNNING are."""
    shop.serve(shop.define(CRASHING), 1)
    shop.cloud.advance(minutes=20)
    assert not any("consistently" in text for text in shop.messages())
    assert sum("has started" in text for text in shop.messages()) > 15


def test_scaling_in_stops_tasks_with_the_documented_reason(shop: Shop) -> None:
    """stopped-task-errors: Scaling activity initiated by (deployment ecs-svc/…)."""
    shop.serve(shop.define(WEB), 3)
    shop.cloud.advance(minutes=2)
    deployment = shop.service()["deployments"][0]["id"]
    shop.ecs.update_service(cluster="shop", service="web", desiredCount=1)
    shop.cloud.advance(minutes=2)
    arns = shop.ecs.list_tasks(cluster="shop", desiredStatus="STOPPED")["taskArns"]
    reasons = {shop.task(arn)["stoppedReason"] for arn in arns}
    assert len(arns) == 2
    assert reasons == {f"Scaling activity initiated by (deployment {deployment})"}
    assert shop.service()["deployments"][0]["id"] == deployment, "no new deployment"


def test_deleting_needs_zero_or_force_and_drains(shop: Shop) -> None:
    """Botocore ecs DeleteService: refused above 0; DRAINING services vanish from ListServices."""
    shop.serve(shop.define(WEB), 1)
    shop.cloud.advance(minutes=2)
    with pytest.raises(ClientError, match="while it is scaled above 0"):
        shop.ecs.delete_service(cluster="shop", service="web")
    with pytest.raises(ClientError, match="ClusterContainsServicesException"):
        shop.ecs.delete_cluster(cluster="shop")
    shop.ecs.delete_service(cluster="shop", service="web", force=True)
    assert shop.ecs.list_services(cluster="shop")["serviceArns"] == []
    assert shop.service()["status"] == "DRAINING"
    with pytest.raises(ClientError, match="still Draining"):
        shop.serve(shop.define(WEB), 1)
    shop.cloud.advance(minutes=2)
    assert shop.service()["status"] == "INACTIVE"


def test_a_deployment_keeps_the_digest_it_began_with(shop: Shop) -> None:
    """deployment-type-ecs: a moved tag does not reach a deployment's later tasks."""
    shop.serve(shop.define(Image(port=80, body="one")), 1)
    shop.cloud.advance(minutes=2)
    before = digest_of(shop)
    shop.cloud.push(Image(port=80, body="two"), "web:1")
    shop.ecs.stop_task(cluster="shop", task=only_task(shop))
    shop.cloud.advance(minutes=2)
    assert digest_of(shop) == before
    shop.ecs.update_service(cluster="shop", service="web", forceNewDeployment=True)
    shop.cloud.advance(minutes=5)
    assert digest_of(shop) != before


def only_task(shop: Shop) -> str:
    """Return the ARN of the service's only task."""
    (arn,) = shop.ecs.list_tasks(cluster="shop", serviceName="web")["taskArns"]
    return str(arn)


def digest_of(shop: Shop) -> Any:
    """Return the image digest of the service's only task."""
    return shop.task(only_task(shop))["containers"][0]["imageDigest"]
