"""Managed daemons, their deployments, and what they do to instances and other tasks."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from agents import Agents, open_agents
from chains import explained
from managed import define, open_managed, run
from shops import Shop

from ecslab import Image

BROKEN = "123456789012.dkr.ecr.us-east-1.amazonaws.com/none:1"


@pytest.fixture
def agents(shop: Shop) -> Agents:
    """Return a shop with a Managed Instances provider whose instances stay."""
    return open_agents(open_managed(shop), infrastructureOptimization={"scaleInAfter": -1})


def test_a_daemon_that_runs(agents: Agents) -> None:
    """AWS: managed-daemons: daemons do not launch instances; one task on each."""
    agents.create()
    agents.cloud.advance(seconds=10)
    explained(agents.cloud, agents.daemon, "does not launch any itself")
    agents.serve(2)
    found = explained(agents.cloud, agents.daemon, "one on each instance: 2")
    assert found.cause.evidence.value == 2
    assert "ACTIVE" in found.state
    [task, _] = agents.tasks()
    found = explained(agents.cloud, task["taskArn"], "nothing is wrong")
    assert "managed daemon agent" in found.state


def test_a_task_waits_because_a_critical_daemon_never_starts(agents: Agents) -> None:
    """AWS: managed-daemons-events, TASK_FAILED_TO_RUN; the image is the cause."""
    agents.create(agents.register(BROKEN))
    [app] = run(agents.groups, define(agents.groups))
    agents.cloud.run_until(lambda: agents.instances("REGISTERING"), 300)
    explained(agents.cloud, agents.instances("REGISTERING")[0], "agent is not ready so far")
    agents.cloud.run_until(lambda: agents.instances("REGISTRATION_FAILED"), 300)
    [instance] = agents.instances("REGISTRATION_FAILED")
    found = explained(agents.cloud, instance, "became of the task of the daemon agent")
    assert "CannotPullContainerError" in str(found.cause.evidence.value)
    agents.cloud.advance(seconds=10)
    found = explained(agents.cloud, app, "became of the newest task of the daemon agent")
    assert any("does not start on them" in step.words for step in found.steps)
    found = explained(agents.cloud, agents.daemon, "image|repository")
    assert any("CannotPullContainerError" in str(step.evidence.value) for step in found.steps)


def test_no_instance_type_holds_a_task_and_the_daemon(agents: Agents) -> None:
    """AWS: managed-daemons: an instance has room for its daemons besides its tasks."""
    agents.create(agents.register(cpu=3900))
    [app] = run(agents.groups, define(agents.groups, cpu="512"))
    agents.cloud.advance(minutes=2)
    explained(agents.cloud, app, "can run it beside the managed daemons")
    agents.update(agents.register(cpu=1024))
    agents.cloud.advance(minutes=5)
    explained(agents.cloud, app, "nothing is wrong")


def test_an_instance_drains_because_a_critical_daemon_failed(agents: Agents) -> None:
    """AWS: managed-daemons-auto-repair."""
    agents.create(agents.register(Image(runs_for=400, exit_code=3)))
    agents.serve()
    [alone] = run(agents.groups, define(agents.groups))
    [instance] = agents.instances()
    agents.cloud.run_until(lambda: instance in agents.instances("DRAINING"), 600)
    found = explained(agents.cloud, instance, ".")
    assert any("daemon agent failed on it" in step.words for step in found.steps)
    agents.groups.shop.stopped(alone)
    found = explained(agents.cloud, alone, "became of the task of the daemon agent")
    assert found.cause.evidence.value == "Essential container in task exited"


def test_what_a_deployment_waits_for(agents: Agents) -> None:
    """AWS: managed-daemons-deployments; container-instance-draining; bakeTimeInMinutes."""
    agents.create()
    [alone] = run(agents.groups, define(agents.groups))
    agents.cloud.advance(minutes=4)
    [daemon] = agents.tasks()
    agents.update(agents.register(), deploymentConfiguration={"bakeTimeInMinutes": 5})
    agents.cloud.advance(minutes=1)
    found = explained(agents.cloud, agents.daemon, "nobody moves it")
    assert found.cause.evidence.value == "family:managed"
    agents.ecs.stop_task(cluster="shop", task=alone)
    agents.cloud.advance(minutes=1)
    found = explained(agents.cloud, agents.deployments[-1], "watched for this many minutes")
    assert found.cause.evidence.value == 5
    found = explained(agents.cloud, daemon["taskArn"], "deployment of the managed daemon agent")
    assert any("daemon tasks go when no others" in step.words for step in found.steps)
    first = explained(agents.cloud, agents.deployments[0], "This is why")
    assert first.cause.evidence.value == "Deployment completed successfully."


def test_why_a_deployment_was_rolled_back(agents: Agents) -> None:
    """AWS: managed-daemons-deployments: the circuit breaker, and what tripped it."""
    agents.create()
    agents.serve()
    agents.update(agents.register(Image(runs_for=5, exit_code=3)))
    agents.cloud.advance(minutes=5)
    found = explained(agents.cloud, agents.daemon, ".")
    assert any("tasks are still on it" in step.words for step in found.steps)
    assert any(step.evidence.value == 3 for step in found.steps), str(found)
    agents.until("ROLLBACK_SUCCESSFUL", minutes=60)
    found = explained(agents.cloud, agents.daemon, ".")
    assert any("10 of its tasks failed to start; 10 end it" in step.words for step in found.steps)
    assert any(step.evidence.value == 3 for step in found.steps), str(found)


def test_a_rollback_because_of_an_alarm(agents: Agents) -> None:
    """AWS: managed-daemons-deployments: alarms that go into ALARM."""
    cloudwatch: Any = boto3.client("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName="errors",
        Namespace="Shop",
        MetricName="Errors",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )
    agents.create()
    agents.cloud.advance(seconds=10)
    alarms = {"alarmNames": ["errors"], "enable": True}
    agents.update(
        agents.register(), deploymentConfiguration={"bakeTimeInMinutes": 30, "alarms": alarms}
    )
    agents.cloud.advance(minutes=1)
    cloudwatch.set_alarm_state(AlarmName="errors", StateValue="ALARM", StateReason="a drill")
    agents.cloud.advance(seconds=30)
    found = explained(agents.cloud, agents.deployments[-1], "the alarm's reason")
    assert "ROLLBACK_SUCCESSFUL" in found.state
    assert found.cause.evidence.value == "a drill"


def test_a_daemon_that_is_not_critical_is_missing(agents: Agents) -> None:
    """AWS: managed-daemons-auto-repair: instances without the daemon."""
    agents.create(critical=False)
    agents.serve()
    [task] = agents.tasks()
    agents.ecs.stop_task(cluster="shop", task=task["taskArn"])
    agents.groups.shop.stopped(task["taskArn"])
    found = explained(agents.cloud, agents.daemon, "StopTask")
    assert any("run without its task" in step.words for step in found.steps)


def test_what_is_deleted_or_never_was(agents: Agents) -> None:
    """Botocore ecs DeleteDaemon, DaemonNotFoundException."""
    agents.create()
    agents.cloud.advance(seconds=10)
    agents.ecs.delete_daemon(daemonArn=agents.daemon)
    agents.cloud.advance(minutes=1)
    found = explained(agents.cloud, agents.daemon, "This is why")
    assert "DaemonNotFoundException" in found.steps[0].evidence.value
    explained(agents.cloud, f"{agents.daemon}2", "no such daemon")
    explained(agents.cloud, f"{agents.deployments[0]}2", "does not find it")
