"""Managed daemons: one task of each on every Managed Instance of their capacity providers.

AWS: managed-daemons, managed-daemons-create-manage, managed-daemons-deployments,
managed-daemons-auto-repair, managed-daemons-events; botocore ecs CreateDaemon and its like.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import boto3
import pytest
from agents import Agents, open_agents
from botocore.exceptions import ClientError
from inboxes import Inbox
from managed import INSTANCE, define, machines, open_managed, run
from shops import Shop

from ecslab import Image

ACCOUNT = "arn:aws:ecs:us-east-1:123456789012"
BROKEN = "123456789012.dkr.ecr.us-east-1.amazonaws.com/none:1"
ALL = {"drainPercent": 100.0}


@pytest.fixture
def agents(shop: Shop) -> Agents:
    """Return a shop with a Managed Instances provider whose instances stay for an hour."""
    return open_agents(open_managed(shop), infrastructureOptimization={"scaleInAfter": 3600})


def code_of(error: pytest.ExceptionInfo[ClientError]) -> str:
    """Return the error code of a refusal."""
    return str(error.value.response["Error"]["Code"])


# --- Instances and their daemon tasks ---------------------------------------------------------


def test_on_an_empty_provider_it_is_there_at_once(agents: Agents) -> None:
    """AWS: managed-daemons-deployments, "Deploy a daemon on an empty capacity provider"."""
    made = agents.create()
    assert made["daemonArn"] == agents.daemon
    assert (made["status"], "updatedAt" in made) == ("ACTIVE", False)
    assert agents.deployment()["status"] == "PENDING"
    agents.cloud.advance(seconds=10)
    assert agents.deployment()["status"] == "SUCCESSFUL"
    assert machines(agents.groups) == []
    [current] = agents.detail()["currentRevisions"]
    assert (current["totalRunningCount"], current["totalWithoutDaemonCount"]) == (0, 0)


def test_the_daemon_starts_before_the_tasks_of_a_new_instance(agents: Agents) -> None:
    """AWS: managed-daemons, "How Managed Daemons work": the daemon task first, then the others."""
    agents.create()
    [app] = run(agents.groups, define(agents.groups))
    agents.cloud.run_until(agents.groups.fleet.arns, 300)
    [instance] = agents.instances("REGISTERING")
    assert agents.groups.fleet.instance(instance)["status"] == "REGISTERING"
    assert "containerInstanceArn" not in agents.groups.shop.task(app)
    agents.cloud.run_until(lambda: agents.groups.shop.task(app)["lastStatus"] == "RUNNING", 300)
    [daemon] = agents.tasks()
    assert daemon["startedAt"] < agents.groups.shop.task(app)["pullStartedAt"]
    assert agents.instances() == [instance] == list(agents.hosts())
    shown = ("group", "launchType", "capacityProviderName", "lastStatus", "containerInstanceArn")
    assert [daemon[name] for name in shown] == [
        "daemon:agent",
        "MANAGED_INSTANCES",
        "managed",
        "RUNNING",
        instance,
    ]
    assert daemon["taskDefinitionArn"] == f"{ACCOUNT}:daemon-task-definition/agent:1"
    detail = agents.detail()
    [current] = detail["currentRevisions"]
    [row] = current["capacityProviders"]
    assert row == {"arn": agents.provider, "runningCount": 1, "withoutDaemonCount": 0}
    assert (current["totalRunningCount"], current["totalWithoutDaemonCount"]) == (1, 0)
    assert detail["clusterArn"] == f"{ACCOUNT}:cluster/shop"
    [revision] = agents.revisions()
    assert revision["daemonTaskDefinitionArn"] == daemon["taskDefinitionArn"]
    [image] = revision["containerImages"]
    assert image["containerName"] == "agent"
    assert image["imageDigest"] == daemon["containers"][0]["imageDigest"]


def test_two_daemons_have_a_task_each_on_every_instance(agents: Agents) -> None:
    """AWS: managed-daemons: exactly one daemon task on every instance of the providers."""
    agents.create()
    agents.create(agents.register(), daemonName="audit", critical=False)
    agents.serve(2)
    for name in ("agent", "audit"):
        tasks = agents.tasks(daemonName=name)
        assert sorted(each["containerInstanceArn"] for each in tasks) == sorted(agents.instances())
    assert len(agents.instances()) == 2
    assert agents.tasks(daemonName="nobody") == []


def test_daemons_take_their_part_of_an_instance(agents: Agents) -> None:
    """AWS: managed-daemons: the instance is chosen for its tasks and its daemons together."""
    agents.create(agents.register(cpu=512))
    run(agents.groups, define(agents.groups, cpu="2048"))
    agents.cloud.advance(minutes=4)
    [machine] = machines(agents.groups)
    assert machine["InstanceType"].endswith(".xlarge")
    [instance] = agents.instances()
    assert agents.groups.fleet.resources(instance)["CPU"] == 4096 - 2048 - 512


def test_an_instance_with_daemon_tasks_only_is_idle(shop: Shop) -> None:
    """AWS: managed-scaling-behavior (daemon tasks don't count); managed-daemons (drained last)."""
    agents = open_agents(open_managed(shop), infrastructureOptimization={"scaleInAfter": 300})
    agents.create()
    [app] = run(agents.groups, define(agents.groups))
    agents.cloud.advance(minutes=4)
    [daemon] = agents.tasks()
    agents.ecs.stop_task(cluster="shop", task=app)
    agents.cloud.advance(minutes=7)
    assert machines(agents.groups) == []
    stopped = agents.groups.shop.task(daemon["taskArn"])
    assert stopped["stopCode"] == "ServiceSchedulerInitiated"
    assert "daemon tasks stop last" in stopped["stoppedReason"]
    assert stopped["containers"][0]["exitCode"] == 143


def test_both_kinds_of_daemons_leave_a_draining_instance(agents: Agents) -> None:
    """AWS: ecs_services (DAEMON tasks stop last); managed-daemons: they do not wait for others."""
    agents.create()
    agents.serve()
    agents.ecs.create_service(
        cluster="shop",
        serviceName="each",
        taskDefinition=define(agents.groups),
        schedulingStrategy="DAEMON",
        capacityProviderStrategy=[{"capacityProvider": "managed", "weight": 1}],
        networkConfiguration=agents.groups.shop.network(public="DISABLED"),
    )
    agents.cloud.advance(minutes=2)
    [before] = agents.instances()
    agents.ecs.update_container_instances_state(
        cluster="shop", containerInstances=[before], status="DRAINING"
    )
    agents.cloud.advance(minutes=6)
    assert before not in agents.groups.fleet.arns()
    assert (agents.served(), len(agents.hosts())) == (1, 1)


# --- Failures ---------------------------------------------------------------------------------


def test_the_end_of_a_critical_daemon_replaces_its_instance(agents: Agents) -> None:
    """AWS: managed-daemons-auto-repair; botocore ecs CreateDaemonRequest.critical."""
    agents.create()
    agents.serve()
    [alone] = run(agents.groups, define(agents.groups))
    agents.cloud.advance(minutes=1)
    [before], [daemon] = agents.instances(), agents.tasks()
    agents.ecs.stop_task(cluster="shop", task=daemon["taskArn"])
    agents.cloud.run_until(lambda: agents.instances("DRAINING"), 60)
    assert agents.groups.shop.task(alone)["desiredStatus"] == "STOPPED"
    assert "agent" in agents.groups.shop.task(alone)["stoppedReason"]
    lowest = 1
    while agents.instances("DRAINING"):
        lowest = min(lowest, agents.served())
        agents.cloud.advance(seconds=5)
    assert lowest == 1
    [after] = agents.instances()
    assert after != before
    assert list(agents.hosts()) == [after]
    assert len(machines(agents.groups)) == 1


def test_an_unhealthy_critical_daemon_replaces_its_instance(agents: Agents) -> None:
    """AWS: managed-daemons-auto-repair: a health check finds what does not stop by itself."""
    check = {"command": ["CMD", "curl"], "interval": 10, "retries": 2}
    image = Image(health=lambda seconds: seconds < 200)
    agents.create(agents.register(image, healthCheck=check))
    agents.serve()
    [before] = agents.instances()
    agents.cloud.run_until(lambda: before in agents.instances("DRAINING"), 300)
    health = agents.groups.fleet.instance(before, include=["CONTAINER_INSTANCE_HEALTH"])
    assert health["healthStatus"]["overallStatus"] == "IMPAIRED"
    assert {"type": "DAEMON", "status": "IMPAIRED"} in health["healthStatus"]["details"]
    agents.cloud.run_until(lambda: before not in agents.groups.fleet.arns(), 600)
    assert agents.served() == 1


def test_without_auto_repair_an_impaired_instance_stays(shop: Shop) -> None:
    """AWS: botocore ecs AutoRepairConfiguration.actionsStatus: monitored, not replaced."""
    agents = open_agents(
        open_managed(shop),
        autoRepairConfiguration={"actionsStatus": "DISABLED"},
        infrastructureOptimization={"scaleInAfter": -1},
    )
    agents.create(agents.register(Image(runs_for=300)))
    agents.serve()
    [instance] = agents.instances()

    def health() -> str:
        found = agents.groups.fleet.instance(instance, include=["CONTAINER_INSTANCE_HEALTH"])
        return str(found["healthStatus"]["overallStatus"])

    assert health() == "OK"
    agents.cloud.run_until(lambda: health() == "IMPAIRED", 400)
    agents.cloud.run_until(lambda: health() == "OK", 60)
    assert agents.instances() == [instance]


def test_the_end_of_a_daemon_that_is_not_critical(agents: Agents) -> None:
    """AWS: managed-daemons-auto-repair: the instance goes on, and so do its other tasks."""
    agents.create(critical=False)
    agents.serve()
    [instance], [daemon] = agents.instances(), agents.tasks()
    agents.ecs.stop_task(cluster="shop", task=daemon["taskArn"])
    agents.groups.shop.stopped(daemon["taskArn"])
    [current] = agents.detail()["currentRevisions"]
    assert (current["totalRunningCount"], current["totalWithoutDaemonCount"]) == (0, 1)
    assert agents.instances() == [instance]
    agents.cloud.advance(minutes=1)
    assert list(agents.hosts()) == [instance]
    assert agents.tasks()[0]["taskArn"] != daemon["taskArn"]
    assert agents.served() == 1


def test_a_critical_daemon_that_never_starts_keeps_its_instances_out(agents: Agents) -> None:
    """Botocore ecs ContainerInstance.status; managed-daemons-events, TASK_FAILED_TO_RUN."""
    inbox = Inbox()
    inbox.listen("daemons", {"detail-type": ["ECS Daemon Service Action"]})
    agents.create(agents.register(BROKEN))
    agents.cloud.advance(seconds=10)
    [app] = run(agents.groups, define(agents.groups))
    agents.cloud.run_until(lambda: agents.instances("REGISTRATION_FAILED"), 300)
    failed = agents.groups.fleet.instance(agents.instances("REGISTRATION_FAILED")[0])
    assert failed["statusReason"] == "The critical daemon agent of the container instance failed."
    agents.cloud.advance(hours=1)
    assert agents.groups.shop.task(app)["lastStatus"] == "PROVISIONING"
    assert agents.instances() == []
    events = [each["detail"] for each in inbox.take()]
    times = [datetime.fromisoformat(each["createdAt"]) for each in events]
    assert times[-1] - times[-2] > times[1] - times[0] + timedelta(minutes=1)
    first = events[0]
    assert (first["eventType"], first["eventName"]) == ("WARNING", "DAEMON_TASK_START_IMPAIRED")
    assert (first["failureType"], first["daemonArn"]) == ("TASK_FAILED_TO_RUN", agents.daemon)
    assert first["capacityProviderName"] == "managed"
    assert first["reason"].startswith("Task failed to reach RUNNING status: CannotPullContainer")
    assert first["taskArn"].startswith(f"{ACCOUNT}:task/shop/")


def test_a_daemon_that_is_not_critical_keeps_nothing_out(agents: Agents) -> None:
    """AWS: managed-daemons-auto-repair: it never blocks the registration of an instance."""
    agents.create(agents.register(BROKEN), critical=False)
    agents.serve()
    [current] = agents.detail()["currentRevisions"]
    assert (current["totalRunningCount"], current["totalWithoutDaemonCount"]) == (0, 1)
    assert len(agents.instances()) == 1


def test_an_agent_that_may_not_connect_has_no_daemon(agents: Agents) -> None:
    """AWS: managed-daemons-events, TASK_CREATION_FAILED; instance_IAM_role (ecs:Poll)."""
    iam: Any = boto3.client("iam")
    iam.detach_role_policy(RoleName="ecsInstanceRoleManaged", PolicyArn=INSTANCE)
    statement = {"Effect": "Allow", "Action": "ecs:RegisterContainerInstance", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_role_policy(
        RoleName="ecsInstanceRoleManaged", PolicyName="inline", PolicyDocument=document
    )
    agents.create()
    run(agents.groups, define(agents.groups))
    agents.cloud.advance(minutes=2)
    reasons = [
        each.fields["reason"] for each in agents.cloud.journal.of_kind("daemon.start-impaired")
    ]
    assert reasons[0] == "AGENT - Unable to place daemon task on container instance"
    assert agents.instances() == []


def test_no_room_for_a_daemon_that_is_started_again(agents: Agents) -> None:
    """AWS: managed-daemons-events, TASK_CREATION_FAILED: no task, and no taskArn."""
    inbox = Inbox()
    inbox.listen("daemons", {"detail": {"failureType": ["TASK_CREATION_FAILED"]}})
    agents.create(agents.register(Image(runs_for=120), cpu=1024), critical=False)
    agents.serve(size="1024")
    agents.cloud.run_until(lambda: not agents.tasks(), 200)
    run(agents.groups, define(agents.groups, cpu="512"))
    agents.cloud.advance(minutes=5)
    event = inbox.take()[0]
    assert event["resources"] == []
    assert "taskArn" not in event["detail"]
    assert event["detail"]["reason"] == (
        "RESOURCE:CPU - Unable to place daemon task on container instance: insufficient CPU"
    )
