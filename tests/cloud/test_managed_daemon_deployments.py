"""Deployments of managed daemons: drain, provision, replace; with bake time, alarms, rollback.

AWS: managed-daemons-deployments, managed-daemons-events; botocore ecs DaemonDeployment.
"""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from agents import Agents, open_agents
from inboxes import Inbox
from managed import define, open_managed, provide, run
from shops import Shop

from ecslab import Image

BROKEN = "123456789012.dkr.ecr.us-east-1.amazonaws.com/none:1"
ALL = {"drainPercent": 100.0}


@pytest.fixture
def agents(shop: Shop) -> Agents:
    """Return a shop with a Managed Instances provider whose instances stay for an hour."""
    return open_agents(open_managed(shop), infrastructureOptimization={"scaleInAfter": 3600})


def alarm(name: str, state: str) -> None:
    """Make an alarm, or bring it to a state."""
    cloudwatch: Any = boto3.client("cloudwatch")
    if not cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]:
        cloudwatch.put_metric_alarm(
            AlarmName=name,
            Namespace="Shop",
            MetricName="Errors",
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
        )
    cloudwatch.set_alarm_state(AlarmName=name, StateValue=state, StateReason="for the test")


def test_it_comes_to_instances_by_replacing_them_in_batches(agents: Agents) -> None:
    """AWS: "Deploy a daemon on a capacity provider with existing instances"; 25 percent a time."""
    agents.serve(2)
    before = set(agents.instances())
    agents.create()
    most, least = 0, 2
    while agents.deployment()["status"] in ("PENDING", "IN_PROGRESS"):
        most = max(most, len(agents.instances("DRAINING")))
        least = min(least, agents.served())
        agents.cloud.advance(seconds=5)
    assert (most, least) == (1, 2)
    done = agents.deployment()
    assert (done["status"], done["sourceDaemonRevisions"]) == ("SUCCESSFUL", [])
    assert done["statusReason"] == "Deployment completed successfully."
    assert done["targetDaemonRevision"]["totalRunningInstanceCount"] == 2
    assert not before & set(agents.instances())
    assert sorted(agents.hosts()) == sorted(agents.instances())


def test_an_update_is_described_from_beginning_to_end(agents: Agents) -> None:
    """Botocore ecs DaemonDeployment; bakeTimeInMinutes once all instances are updated."""
    inbox = Inbox()
    inbox.listen("daemons", {"detail-type": ["ECS Daemon Deployment State Change"]})
    agents.create()
    agents.serve()
    old = agents.detail()["currentRevisions"][0]["arn"]
    answer = agents.update(
        agents.register(Image(logs=("two",))),
        deploymentConfiguration={"drainPercent": 50.0, "bakeTimeInMinutes": 5},
    )
    assert answer["updatedAt"] > answer["createdAt"]
    agents.until("IN_PROGRESS")
    agents.cloud.advance(seconds=5)
    going = agents.deployment()
    assert "startedAt" in going
    assert going["deploymentConfiguration"] == {
        "drainPercent": 50.0,
        "alarms": {"alarmNames": [], "enable": False},
        "bakeTimeInMinutes": 5,
    }
    assert going["circuitBreaker"] == {"failureCount": 0, "status": "MONITORING", "threshold": 10}
    assert going["alarms"]["status"] == "DISABLED"
    [source] = going["sourceDaemonRevisions"]
    assert (source["arn"], source["totalDrainingInstanceCount"]) == (old, 1)
    assert source["capacityProviders"] == [
        {
            "arn": agents.provider,
            "runningInstanceCount": 0,
            "withoutDaemonInstanceCount": 0,
            "drainingInstanceCount": 1,
        }
    ]
    target = going["targetDaemonRevision"]
    assert target["totalRunningInstanceCount"] == 0
    listed = [each["arn"] for each in agents.detail()["currentRevisions"]]
    assert listed == [target["arn"], old]
    agents.cloud.run_until(
        lambda: agents.deployment()["targetDaemonRevision"]["totalRunningInstanceCount"], 600
    )
    agents.cloud.run_until(lambda: not agents.instances("DRAINING"), 300)
    updated = agents.cloud.now
    done = agents.until("SUCCESSFUL")
    assert 4 * 60 < (done["finishedAt"] - updated).total_seconds() < 6 * 60
    assert done["circuitBreaker"]["status"] == "MONITORING_COMPLETE"
    assert [each["arn"] for each in agents.detail()["currentRevisions"]] == [target["arn"]]
    events = [each["detail"] for each in inbox.take()]
    names = [each["eventName"].removeprefix("DAEMON_DEPLOYMENT_") for each in events]
    assert names == ["PENDING", "IN_PROGRESS", "SUCCESSFUL"] * 2
    assert events[-1]["daemonDeploymentArn"] == answer["deploymentArn"]
    assert (events[-1]["targetDaemonRevisionArn"], events[-1]["eventType"]) == (
        target["arn"],
        "INFO",
    )


def test_the_words_of_its_states(agents: Agents) -> None:
    """Botocore ecs DaemonDeployment.statusReason."""
    agents.serve()
    agents.create()
    assert agents.deployment()["statusReason"] == "The deployment is about to begin."
    assert agents.until("IN_PROGRESS")["statusReason"] == "Deployment in progress."
    done = agents.until("SUCCESSFUL")
    assert done["statusReason"] == "Deployment completed successfully."
    summary = agents.ecs.list_daemon_deployments(daemonArn=agents.daemon)["daemonDeployments"][0]
    assert summary["targetDaemonRevisionArn"] == done["targetDaemonRevision"]["arn"]
    assert {name: done[name] for name in summary if name in done} == {
        name: value for name, value in summary.items() if name in done
    }


def test_a_daemon_that_ends_soon_has_not_started(agents: Agents) -> None:
    """AWS: managed-daemons-events, TASK_FAILED_TO_RUN: essential container exits count."""
    agents.create()
    agents.serve()
    agents.update(agents.register(Image(runs_for=20)), critical=False, deploymentConfiguration=ALL)
    done = agents.until("ROLLBACK_SUCCESSFUL", minutes=60)
    assert done["circuitBreaker"]["failureCount"] == 10
    assert agents.served() == 1


def test_what_an_update_leaves_out_has_its_default_again(agents: Agents) -> None:
    """AWS: managed-daemons-create-manage, "Updating a daemon": nothing is kept between updates."""
    definition = agents.register()
    settings = {"critical": False, "enableECSManagedTags": True, "propagateTags": "DAEMON"}
    agents.create(definition, enableExecuteCommand=True, **settings)
    [first] = agents.revisions()
    assert {name: first[name] for name in settings} == settings
    assert first["enableExecuteCommand"] is True
    agents.cloud.advance(seconds=10)
    agents.update(definition)
    [second] = agents.revisions()
    assert second["daemonRevisionArn"] != first["daemonRevisionArn"]
    assert (second["critical"], second["propagateTags"]) == (True, "NONE")
    assert (second["enableExecuteCommand"], second["enableECSManagedTags"]) == (False, False)


def test_another_capacity_provider_is_added(agents: Agents) -> None:
    """AWS: "Add a capacity provider to an existing daemon"; a revision holds no providers."""
    second = provide(agents.groups, name="second")["capacityProviderArn"]
    definition = agents.register()
    agents.create(definition)
    agents.serve()
    [before] = agents.instances()
    agents.update(definition, capacityProviderArns=[agents.provider, second])
    agents.until("SUCCESSFUL")
    assert agents.instances() == [before]
    [current] = agents.detail()["currentRevisions"]
    assert [each["arn"] for each in current["capacityProviders"]] == [agents.provider, second]
    agents.update(definition, capacityProviderArns=[second])
    agents.until("SUCCESSFUL")
    assert before not in agents.instances()
    assert (agents.served(), agents.tasks()) == (1, [])


def test_the_circuit_breaker_rolls_back(agents: Agents) -> None:
    """AWS: managed-daemons-deployments (circuit breaker); botocore ecs DaemonRollback."""
    inbox = Inbox()
    agents.create()
    agents.serve()
    good = agents.detail()["currentRevisions"][0]["arn"]
    inbox.listen("daemons", {"detail-type": ["ECS Daemon Deployment State Change"]})
    agents.update(agents.register(BROKEN))
    agents.until("ROLLBACK_IN_PROGRESS", minutes=120)
    assert agents.served() == 1
    done = agents.until("ROLLBACK_SUCCESSFUL")
    assert done["circuitBreaker"] == {"failureCount": 10, "status": "TRIGGERED", "threshold": 10}
    assert done["rollback"]["rollbackTargetDaemonRevisionArn"] == good
    assert done["rollback"]["rollbackCapacityProviders"] == [agents.provider]
    assert "circuit breaker" in done["rollback"]["reason"]
    assert done["rollback"]["startedAt"] >= done["stoppedAt"]
    assert [each["arn"] for each in agents.detail()["currentRevisions"]] == [good]
    assert (agents.served(), len(agents.hosts())) == (1, 1)
    names = [each["detail"]["eventName"] for each in inbox.take()]
    assert [each.removeprefix("DAEMON_DEPLOYMENT_") for each in names] == [
        "PENDING",
        "IN_PROGRESS",
        "STOP_REQUESTED",
        "ROLLBACK_IN_PROGRESS",
        "ROLLBACK_SUCCESSFUL",
    ]


def test_a_rollback_can_fail_too(agents: Agents) -> None:
    """AWS: managed-daemons-events, DAEMON_DEPLOYMENT_ROLLBACK_FAILED."""
    agents.create()
    agents.serve()
    agents.update(agents.register(BROKEN), critical=False, deploymentConfiguration=ALL)
    agents.until("ROLLBACK_IN_PROGRESS", minutes=60)
    registry: Any = boto3.client("ecr")
    registry.delete_repository(repositoryName="agent", force=True)
    done = agents.until("ROLLBACK_FAILED", minutes=120)
    assert done["circuitBreaker"]["failureCount"] == 20


def test_a_first_deployment_that_fails_is_stopped(agents: Agents) -> None:
    """AWS: managed-daemons-deployments, STOPPED; CreateDaemonRequest.critical (still counted)."""
    agents.serve()
    agents.create(agents.register(BROKEN), critical=False, deploymentConfiguration=ALL)
    done = agents.until("STOPPED", minutes=60)
    assert done["circuitBreaker"]["status"] == "TRIGGERED"
    assert "rollback" not in done
    assert done["stoppedAt"] == done["finishedAt"]
    target = done["targetDaemonRevision"]
    assert (target["totalRunningInstanceCount"], target["totalWithoutDaemonInstanceCount"]) == (
        0,
        1,
    )
    assert agents.served() == 1


def test_an_alarm_rolls_back_while_it_bakes(agents: Agents) -> None:
    """AWS: managed-daemons-deployments: alarms; those in ALARM at the beginning are ignored."""
    alarm("old", "ALARM")
    alarm("new", "OK")
    agents.create()
    agents.serve()
    configuration = {
        **ALL,
        "bakeTimeInMinutes": 60,
        "alarms": {"alarmNames": ["old", "new"], "enable": True},
    }
    agents.update(agents.register(), deploymentConfiguration=configuration)
    agents.cloud.advance(minutes=15)
    going = agents.deployment()
    assert (going["status"], going["alarms"]["status"]) == ("IN_PROGRESS", "MONITORING")
    assert going["targetDaemonRevision"]["totalRunningInstanceCount"] == 1
    alarm("new", "ALARM")
    agents.cloud.advance(minutes=1)
    done = agents.until("ROLLBACK_SUCCESSFUL")
    assert done["alarms"] == {
        "status": "TRIGGERED",
        "alarmNames": ["old", "new"],
        "triggeredAlarmNames": ["new"],
    }
    assert "new" in done["rollback"]["reason"]
    assert agents.tasks()[0]["taskDefinitionArn"].endswith("/agent:1")


def test_a_newer_deployment_stops_an_older_one(agents: Agents) -> None:
    """AWS: managed-daemons-deployments, STOPPED: replaced by a new deployment."""
    agents.create()
    agents.serve()
    agents.update(agents.register())
    agents.until("IN_PROGRESS")
    agents.update(agents.register())
    assert agents.deployment(-2)["status"] == "STOPPED"
    assert "replaced by a new deployment" in agents.deployment(-2)["statusReason"]
    agents.until("SUCCESSFUL")
    assert agents.tasks()[0]["taskDefinitionArn"].endswith("/agent:3")
    assert agents.served() == 1


def test_a_deployment_waits_for_tasks_that_nobody_moves(agents: Agents) -> None:
    """AWS: container-instance-draining (tasks of no service stay); ManagedInstances (a week)."""
    agents.create()
    [alone] = run(agents.groups, define(agents.groups))
    agents.cloud.advance(minutes=4)
    agents.update(agents.register())
    agents.cloud.advance(days=1)
    assert agents.deployment()["status"] == "IN_PROGRESS"
    assert agents.groups.shop.task(alone)["lastStatus"] == "RUNNING"
    agents.cloud.advance(days=7)
    assert agents.deployment()["status"] == "SUCCESSFUL"
