"""Rolling deployments in depth: rollback, alarms, early success, zones, and their API.

AWS: deployment-circuit-breaker, deployment-alarm-failure, early-success-criteria,
service-rebalancing, stop-service-deployment, service-deployment; botocore ecs ServiceDeployment.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError

from ecslab import Image

if TYPE_CHECKING:
    from shops import Shop

WEB = Image(port=80)
Json = dict[str, Any]


def newest(shop: Shop) -> Json:
    """Describe the newest service deployment."""
    listed = shop.ecs.list_service_deployments(cluster="shop", service="web")
    arn = listed["serviceDeployments"][0]["serviceDeploymentArn"]
    found = shop.ecs.describe_service_deployments(serviceDeploymentArns=[arn])
    return dict(found["serviceDeployments"][0])


def change(shop: Shop, **members: Any) -> Json:
    """Update the service `web`."""
    return dict(shop.ecs.update_service(cluster="shop", service="web", **members)["service"])


def configure(shop: Shop, **configuration: Any) -> None:
    """Change the service's deployment configuration."""
    change(shop, deploymentConfiguration=configuration)


def test_a_service_deployment_begins_pending_and_ends_successful(shop: Shop) -> None:
    """Botocore ecs ServiceDeployment: its states and times."""
    shop.serve(shop.define(WEB), 2)
    first = newest(shop)
    assert first["status"] == "PENDING"
    assert "startedAt" not in first
    assert shop.service()["currentServiceDeployment"] == first["serviceDeploymentArn"]
    shop.cloud.advance(seconds=10)
    found = newest(shop)
    assert found["status"] == "IN_PROGRESS"
    assert found["deploymentCircuitBreaker"]["status"] == "DISABLED"
    assert found["targetServiceRevision"]["requestedTaskCount"] == 2
    shop.cloud.advance(minutes=3)
    found = newest(shop)
    assert found["status"] == "SUCCESSFUL"
    assert found["createdAt"] <= found["startedAt"] <= found["finishedAt"]
    assert found["sourceServiceRevisions"] == []


def test_service_deployments_are_filtered_by_time_and_paged(shop: Shop) -> None:
    """Botocore ecs ListServiceDeploymentsRequest: createdAt, status, maxResults, nextToken."""
    shop.serve(shop.define(WEB), 1)
    shop.cloud.advance(minutes=3)
    middle = shop.cloud.now - timedelta(seconds=1)
    for _ in range(3):
        change(shop, forceNewDeployment=True)
        shop.cloud.advance(minutes=5)

    def count(**filters: Any) -> int:
        answer = shop.ecs.list_service_deployments(cluster="shop", service="web", **filters)
        return len(answer["serviceDeployments"])

    assert count() == 4
    assert count(createdAt={"after": middle}) == 3
    assert count(createdAt={"before": middle}) == 1
    assert count(createdAt={"after": middle, "before": middle + timedelta(minutes=6)}) == 2
    assert count(status=["IN_PROGRESS"]) == 0
    seen, token = [], None
    while True:
        more = {"nextToken": token} if token else {}
        answer = shop.ecs.list_service_deployments(
            cluster="shop", service="web", maxResults=3, **more
        )
        seen += [each["createdAt"] for each in answer["serviceDeployments"]]
        token = answer.get("nextToken")
        if not token:
            break
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == 4


def test_a_stopped_deployment_goes_back_without_any_circuit_breaker(shop: Shop) -> None:
    """stop-service-deployment: ROLLBACK works although no rollback has been configured."""
    shop.serve(shop.define(WEB), 2)
    shop.cloud.advance(minutes=3)
    first = shop.service()["deployments"][0]["id"]
    change(shop, taskDefinition=shop.define("no/such:1"))
    shop.cloud.advance(seconds=40)
    arn = newest(shop)["serviceDeploymentArn"]
    shop.ecs.stop_service_deployment(serviceDeploymentArn=arn)
    shop.cloud.advance(minutes=3)
    found = newest(shop)
    assert found["status"] == "ROLLBACK_SUCCESSFUL"
    assert found["rollback"]["serviceRevisionArn"] == found["sourceServiceRevisions"][0]["arn"]
    assert [each["id"] for each in shop.service()["deployments"]] == [first]
    with pytest.raises(ClientError, match="ServiceDeploymentNotFoundException"):
        shop.ecs.stop_service_deployment(serviceDeploymentArn=arn + "x")


def test_the_first_deployment_has_nothing_to_go_back_to(shop: Shop) -> None:
    """deployment-circuit-breaker: a failed one stalls; action-logs-troubleshooting: the words."""
    breaker = {"deploymentCircuitBreaker": {"enable": True, "rollback": True}}
    shop.serve(shop.define("no/such:1"), 1, deploymentConfiguration=breaker)
    shop.cloud.advance(minutes=10)
    found = newest(shop)
    assert found["status"] == "ROLLBACK_FAILED"
    assert found["statusReason"] == "No rollback candidate was found to run the rollback."
    assert found["deploymentCircuitBreaker"] == {
        "status": "TRIGGERED",
        "failureCount": 3,
        "threshold": 3,
    }
    started = sum("has started" in text for text in shop.messages())
    shop.cloud.advance(hours=1)
    assert sum("has started" in text for text in shop.messages()) == started, "no more launches"
    assert shop.service()["deployments"][0]["rolloutState"] == "FAILED"


def test_a_breaker_with_a_count_of_one_trips_at_once(shop: Shop) -> None:
    """Botocore ecs ThresholdConfiguration COUNT: the value itself is the threshold."""
    breaker = {
        "enable": True,
        "rollback": False,
        "thresholdConfiguration": {"type": "COUNT", "value": 1},
    }
    shop.serve(
        shop.define("no/such:1"), 1, deploymentConfiguration={"deploymentCircuitBreaker": breaker}
    )
    shop.cloud.advance(minutes=2)
    found = newest(shop)["deploymentCircuitBreaker"]
    assert (found["status"], found["threshold"]) == ("TRIGGERED", 1)


@pytest.mark.parametrize(("reset", "state"), [(True, "IN_PROGRESS"), (False, "FAILED")])
def test_a_healthy_task_resets_the_count_unless_told_otherwise(
    shop: Shop, state: str, *, reset: bool
) -> None:
    """Botocore ecs DeploymentCircuitBreaker.resetOnHealthyTask: consecutive or cumulative."""
    # The deployment is never complete: it bakes, and each task gets unhealthy after a minute.
    alarm("OK", period=3600)
    image = Image(health=lambda age: age < 60)
    check = {"command": ["CMD", "python", "check.py"], "interval": 5, "retries": 2}
    breaker = {"enable": True, "rollback": False, "resetOnHealthyTask": reset}
    shop.serve(
        shop.define(image, healthCheck=check),
        1,
        deploymentConfiguration={
            "deploymentCircuitBreaker": breaker,
            "alarms": {"alarmNames": ["errors"], "enable": True, "rollback": False},
        },
    )
    shop.cloud.advance(minutes=12)
    assert shop.service()["deployments"][0]["rolloutState"] == state


# --- Alarms -----------------------------------------------------------------------------------


def alarm(state: str, name: str = "errors", period: int = 300) -> None:
    """Make an alarm that looks back over a period, and set its state."""
    cloudwatch = boto3.client("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName=name,
        Namespace="Shop",
        MetricName="Errors",
        Statistic="Sum",
        Period=period,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="ignore",
    )
    cloudwatch.set_alarm_state(AlarmName=name, StateValue=state, StateReason="a test")


WATCHED = {"alarms": {"alarmNames": ["errors"], "enable": True, "rollback": True}}


def test_an_alarm_fails_the_deployment_and_rolls_back(shop: Shop) -> None:
    """deployment-alarm-failure: any alarm in the ALARM state; rollback to the last complete one."""
    alarm("OK")
    good = shop.define(WEB)
    shop.serve(good, 2, deploymentConfiguration=WATCHED)
    shop.cloud.advance(minutes=10)
    assert newest(shop)["alarms"] == {"status": "MONITORING_COMPLETE", "alarmNames": ["errors"]}
    change(shop, taskDefinition=shop.define(Image(port=80, body="next")))
    shop.cloud.advance(minutes=1)
    assert newest(shop)["alarms"]["status"] == "MONITORING"
    alarm("ALARM")
    shop.cloud.advance(seconds=10)
    assert newest(shop)["status"] == "ROLLBACK_IN_PROGRESS"
    alarm("OK")
    shop.cloud.advance(minutes=12)
    found = newest(shop)
    assert found["status"] == "ROLLBACK_SUCCESSFUL"
    assert found["alarms"]["status"] == "TRIGGERED"
    assert found["alarms"]["triggeredAlarmNames"] == ["errors"]
    assert shop.service()["taskDefinition"] == good


def test_alarms_are_watched_after_the_last_task(shop: Shop) -> None:
    """deployment-alarm-failure: the deployment stays IN_PROGRESS for a bake time."""
    alarm("OK")
    shop.serve(shop.define(WEB), 1, deploymentConfiguration=WATCHED)
    shop.cloud.advance(minutes=4)
    assert shop.service()["runningCount"] == 1
    assert shop.service()["deployments"][0]["rolloutState"] == "IN_PROGRESS"
    shop.cloud.advance(minutes=3)
    assert shop.service()["deployments"][0]["rolloutState"] == "COMPLETED"


def test_an_alarm_that_rings_already_is_ignored(shop: Shop) -> None:
    """deployment-alarm-failure: so that a deployment can mend what the alarm reports."""
    alarm("ALARM")
    shop.serve(shop.define(WEB), 1, deploymentConfiguration=WATCHED)
    shop.cloud.advance(minutes=4)
    found = newest(shop)
    assert found["status"] == "SUCCESSFUL"
    assert found["alarms"]["status"] == "DISABLED"


# --- Early success ----------------------------------------------------------------------------


@pytest.mark.parametrize(("cleanup", "blocked"), [("DEFERRED", False), ("BLOCKING", True)])
def test_a_deployment_succeeds_early(shop: Shop, cleanup: str, *, blocked: bool) -> None:
    """early-success-criteria: a share of healthy tasks; whether the old ones must have gone."""
    criteria = {"enable": True, "healthyPercent": 50, "sourceServiceRevisionCleanup": cleanup}
    percents = {"minimumHealthyPercent": 50, "maximumPercent": 125}
    shop.serve(
        shop.define(WEB),
        4,
        deploymentConfiguration={**percents, "earlySuccessCriteria": criteria},
    )
    shop.cloud.advance(minutes=3)
    # The old tasks take two minutes to stop.
    slow = shop.define(Image(port=80, stop_after=110.0), stopTimeout=120)
    change(shop, taskDefinition=slow)
    shop.cloud.advance(minutes=8)
    change(shop, taskDefinition=shop.define(WEB))

    def ended() -> list[Json]:
        return shop.service()["deployments"] if newest(shop)["status"] == "SUCCESSFUL" else []

    shop.cloud.run_until(ended, 900)
    others = [each for each in shop.service()["deployments"] if each["status"] == "ACTIVE"]
    assert bool(others) is not blocked
    shop.cloud.advance(minutes=10)
    service = shop.service()
    assert len(service["deployments"]) == 1
    assert service["runningCount"] == 4


@pytest.mark.parametrize(
    "criteria",
    [
        {"enable": True},
        {"enable": True, "healthyPercent": 101, "sourceServiceRevisionCleanup": "BLOCKING"},
        {"enable": True, "healthyPercent": 90, "sourceServiceRevisionCleanup": "BLOCKING"},
        {"enable": True, "healthyPercent": 100, "sourceServiceRevisionCleanup": "LATER"},
    ],
)
def test_wrong_criteria_are_refused(shop: Shop, criteria: Json) -> None:
    """Botocore ecs DeploymentEarlySuccessCriteria: at least minimumHealthyPercent, at most 100."""
    with pytest.raises(ClientError, match="InvalidParameterException"):
        shop.serve(shop.define(WEB), 1, deploymentConfiguration={"earlySuccessCriteria": criteria})


# --- What starts a deployment -----------------------------------------------------------------


def test_what_starts_a_deployment_and_what_does_not(shop: Shop) -> None:
    """Botocore ecs UpdateServiceRequest says of each member whether it starts one."""
    shop.serve(shop.define(WEB), 1)
    shop.cloud.advance(minutes=3)
    quiet: list[Json] = [
        {"desiredCount": 2},
        {"deploymentConfiguration": {"maximumPercent": 150}},
        {"availabilityZoneRebalancing": "DISABLED"},
        {"healthCheckGracePeriodSeconds": 5},
        {"enableECSManagedTags": True},
        {"propagateTags": "SERVICE"},
        {"placementStrategy": []},
        {"placementConstraints": []},
        {"taskDefinition": shop.service()["taskDefinition"]},
        {"networkConfiguration": shop.network()},
    ]
    for members in quiet:
        assert len(change(shop, **members)["deployments"]) == 1, members
    loud: list[Json] = [
        {"taskDefinition": shop.define(WEB)},
        {"networkConfiguration": {"awsvpcConfiguration": {"subnets": shop.subnets[2:3]}}},
        {"platformVersion": "1.4.0"},
        {"forceNewDeployment": True},
    ]
    for members in loud:
        before = shop.service()["deployments"][0]["id"]
        assert change(shop, **members)["deployments"][0]["id"] != before, members


def test_another_capacity_provider_strategy_needs_force(shop: Shop) -> None:
    """Botocore ecs UpdateServiceRequest.capacityProviderStrategy: it starts no deployment."""
    shop.serve(shop.define(WEB), 1)
    spot = [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]
    shop.ecs.put_cluster_capacity_providers(
        cluster="shop",
        capacityProviders=["FARGATE", "FARGATE_SPOT"],
        defaultCapacityProviderStrategy=[],
    )
    with pytest.raises(ClientError, match="you must force a new deployment"):
        change(shop, capacityProviderStrategy=spot)
    found = change(shop, capacityProviderStrategy=spot, forceNewDeployment=True)
    assert found["capacityProviderStrategy"][0]["capacityProvider"] == "FARGATE_SPOT"


def test_an_update_that_is_refused_changes_nothing(shop: Shop) -> None:
    """Botocore ecs UpdateService: an InvalidParameterException leaves the service as it was."""
    shop.serve(shop.define(WEB), 1)
    before = shop.service()
    with pytest.raises(ClientError, match="InvalidParameterException"):
        change(shop, healthCheckGracePeriodSeconds=7, desiredCount=-1)
    with pytest.raises(ClientError, match="rebalancing"):
        change(
            shop,
            propagateTags="SERVICE",
            deploymentConfiguration={"maximumPercent": 100, "minimumHealthyPercent": 0},
        )
    assert shop.service() == before


# --- Images -----------------------------------------------------------------------------------


def test_tags_that_can_not_be_resolved_end_a_deployment_with_a_breaker(shop: Shop) -> None:
    """deployment-type-ecs (container image resolution): three attempts, whatever the threshold."""
    breaker = {
        "enable": True,
        "rollback": False,
        "thresholdConfiguration": {"type": "COUNT", "value": 100},
    }
    shop.serve(
        shop.define("no/such:1"), 1, deploymentConfiguration={"deploymentCircuitBreaker": breaker}
    )
    shop.cloud.advance(minutes=5)
    assert shop.service()["deployments"][0]["rolloutState"] == "FAILED"


def test_without_a_breaker_it_goes_on_without_digests(shop: Shop) -> None:
    """deployment-type-ecs (container image resolution): later tasks take the tag as it is."""
    uri = shop.cloud.push(WEB, "late:0").replace(":0", ":1")
    shop.serve(shop.define(uri), 1)
    shop.cloud.advance(minutes=5)
    shop.cloud.push(WEB, "late:1")
    shop.cloud.advance(minutes=15)
    assert shop.service()["runningCount"] == 1
    arn = newest(shop)["targetServiceRevision"]["arn"]
    found = shop.ecs.describe_service_revisions(serviceRevisionArns=[arn])["serviceRevisions"][0]
    assert "imageDigest" not in found["containerImages"][0]


# --- Availability Zones -----------------------------------------------------------------------


def test_tasks_move_to_the_zone_that_has_too_few(shop: Shop) -> None:
    """service-rebalancing: one starts, and once it is healthy one stops, until it is even."""
    network = {"subnets": shop.subnets[:1], "assignPublicIp": "ENABLED"}
    shop.ecs.create_service(
        cluster="shop",
        serviceName="web",
        taskDefinition=shop.define(WEB),
        desiredCount=4,
        launchType="FARGATE",
        networkConfiguration={"awsvpcConfiguration": network},
        availabilityZoneRebalancing="DISABLED",
    )
    shop.cloud.advance(minutes=3)
    # The new tasks avoid the zone of the old ones, which then are gone.
    network = {"subnets": shop.subnets[:2], "assignPublicIp": "ENABLED"}
    change(shop, networkConfiguration={"awsvpcConfiguration": network})
    shop.cloud.advance(minutes=5)
    assert zones(shop) == [4]
    change(shop, availabilityZoneRebalancing="ENABLED")
    least = most = 4
    for _ in range(120):
        shop.cloud.advance(seconds=5)
        count = shop.service()["runningCount"]
        least, most = min(least, count), max(most, count)
    assert zones(shop) == [2, 2]
    assert (least, most) == (4, 5)
    texts = [text for text in shop.messages() if "AZ" in text]
    assert "is not AZ balanced with" in texts[0]
    assert "is AZ balanced with" in texts[-1]


def by_zone(shop: Shop) -> dict[str, list[str]]:
    """Return the service's tasks by Availability Zone."""
    found: dict[str, list[str]] = {}
    for arn in shop.ecs.list_tasks(cluster="shop", serviceName="web")["taskArns"]:
        found.setdefault(shop.task(arn)["availabilityZone"], []).append(arn)
    return found


def zones(shop: Shop) -> list[int]:
    """Return how many tasks are in each zone, the least first."""
    return sorted(len(arns) for arns in by_zone(shop).values())


@pytest.mark.parametrize(
    "members",
    [
        {"deploymentConfiguration": {"maximumPercent": 100, "minimumHealthyPercent": 50}},
        {"schedulingStrategy": "DAEMON"},
    ],
)
def test_rebalancing_is_refused_where_it_can_not_be(shop: Shop, members: Json) -> None:
    """service-rebalancing: not with maximumPercent 100, nor with DAEMON."""
    definition = shop.ecs.register_task_definition(
        family="small",
        containerDefinitions=[{"name": "app", "image": "nginx", "memory": 64}],
    )["taskDefinition"]["taskDefinitionArn"]
    count = {} if "schedulingStrategy" in members else {"desiredCount": 1}
    request = {"cluster": "shop", "serviceName": "x", "taskDefinition": definition, **count}
    with pytest.raises(ClientError, match="rebalancing can't be used"):
        shop.ecs.create_service(**request, **members, availabilityZoneRebalancing="ENABLED")
    made = shop.ecs.create_service(**request, **members)["service"]
    assert made["availabilityZoneRebalancing"] == "DISABLED"
