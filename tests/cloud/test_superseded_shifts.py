"""Deployments that shift traffic, begun while another one is not over, or was left half done.

AWS: blue-green-deployment-how-it-works (RECONCILE_SERVICE); deployment-circuit-breaker.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from shifting import INFRASTRUCTURE, Stage, image

from ecslab import Cloud


@pytest.fixture
def stage() -> Iterator[Stage]:
    with Cloud(seed=7) as cloud:
        yield Stage(cloud)


def test_a_rolling_deployment_stays_where_the_traffic_is(stage: Stage) -> None:
    """Botocore ecs ResolvedConfiguration: tasks join the target group that serves production."""
    stage.open()
    stage.release("green")
    stage.until_status("SUCCESSFUL")
    assert stage.weights(stage.rule) == {stage.alternate: 100, stage.blue: 0}
    stage.ecs.update_service(
        cluster="shop", service="web", deploymentConfiguration={"strategy": "ROLLING"}
    )
    stage.release("third")
    stage.until_status("SUCCESSFUL")
    assert stage.answers() == {"third": 20}


def test_an_abort_leaves_everything_as_it_is(stage: Stage) -> None:
    """Botocore ecs StopServiceDeploymentStopType ABORT."""
    stage.open(bakeTimeInMinutes=30)
    arn = stage.release("green")
    stage.until_stage("BAKE_TIME")
    stage.ecs.stop_service_deployment(serviceDeploymentArn=arn, stopType="ABORT")
    found = stage.until_status("STOPPED")
    assert found["stoppedAt"] == found["finishedAt"]
    stage.cloud.advance(minutes=5)
    assert stage.service()["runningCount"] == 4
    stage.release("third")
    stage.until_status("SUCCESSFUL", 7200)
    assert "RECONCILE_SERVICE" in stage.visited()
    assert stage.answers() == {"third": 20}
    assert stage.service()["runningCount"] == 2


def test_an_update_of_a_service_that_is_not_complete_yet_loses_nobody(stage: Stage) -> None:
    """blue-green-deployment-how-it-works: blue serves until the production shift."""
    stage.create(image("blue"), bakeTimeInMinutes=30)
    stage.until_stage("BAKE_TIME")
    stage.release("green")
    stage.until_stage("TEST_TRAFFIC_SHIFT")
    assert stage.answers() == {"blue": 20}
    stage.until_status("SUCCESSFUL", 7200)
    assert stage.answers() == {"green": 20}


def test_a_newer_deployment_takes_the_place_of_one_in_progress(stage: Stage) -> None:
    """Botocore ecs: RECONCILE_SERVICE comes when more than one revision is active."""
    stage.open(bakeTimeInMinutes=30)
    stage.release("green")
    stage.until_stage("BAKE_TIME")
    stage.release("third")
    stage.until_stage("RECONCILE_SERVICE")
    assert stage.answers() == {"blue": 20}
    stage.until_status("SUCCESSFUL", 7200)
    assert stage.answers() == {"third": 20}
    assert stage.deployments()[1]["status"] == "STOPPED"


def test_a_deployment_that_begins_while_the_last_one_cleans_up(stage: Stage) -> None:
    """The new revision has all the traffic by then, and keeps it until the next shift."""
    stage.open(bakeTimeInMinutes=1)
    stage.release("green")
    stage.until_stage("BAKE_TIME")
    stage.until_stage("CLEAN_UP")
    stage.cloud.advance(seconds=30)
    stage.release("third")
    stage.until_stage("TEST_TRAFFIC_SHIFT")
    assert stage.answers() == {"green": 20}
    stage.until_status("SUCCESSFUL")
    assert stage.answers() == {"third": 20}
    assert stage.service()["runningCount"] == 2


def test_a_shift_that_begins_during_a_rolling_update(stage: Stage) -> None:
    """Blue comes back to its whole count before the new revision gets any traffic."""
    stage.open()
    stage.ecs.update_service(
        cluster="shop", service="web", deploymentConfiguration={"strategy": "ROLLING"}
    )
    stage.release("rolled")
    stage.cloud.run_until(lambda: "rolled" in stage.answers(count=4), 600)
    stage.ecs.update_service(
        cluster="shop", service="web", deploymentConfiguration={"strategy": "BLUE_GREEN"}
    )
    stage.release("green")
    stage.until_stage("TEST_TRAFFIC_SHIFT")
    assert stage.answers() == {"blue": 20}
    stage.until_status("SUCCESSFUL")
    assert stage.answers() == {"green": 20}
    assert stage.service()["runningCount"] == 2


def test_the_deployment_after_a_failed_rollback(stage: Stage) -> None:
    """What serves goes on serving, and its tasks are replaced, until the next shift is done."""
    stage.open(bakeTimeInMinutes=30)
    arn = stage.release("green")
    stage.until_stage("BAKE_TIME")
    stage.iam.detach_role_policy(RoleName="infrastructure", PolicyArn=INFRASTRUCTURE)
    stage.ecs.stop_service_deployment(serviceDeploymentArn=arn)
    stage.until_status("ROLLBACK_FAILED")
    stage.iam.attach_role_policy(RoleName="infrastructure", PolicyArn=INFRASTRUCTURE)
    stage.release("third")
    stage.until_stage("TEST_TRAFFIC_SHIFT")
    assert stage.answers() == {"green": 20}
    stage.until_status("SUCCESSFUL", 7200)
    assert stage.answers() == {"third": 20}
