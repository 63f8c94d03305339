"""What the tasks of managed daemons do: their network, their metrics, ECS Exec.

AWS: managed-daemons-task-definitions, managed-daemons-metrics.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import boto3
import pytest
from agents import Agents, open_agents
from managed import open_managed
from shops import Shop

from ecslab import Image
from ecslab.sim.request import ConnectionRefusedByHostError, ConnectionTimedOutError

BRIDGE = "169.254.172.2"


@pytest.fixture
def agents(shop: Shop) -> Agents:
    """Return a shop with a Managed Instances provider."""
    return open_agents(open_managed(shop))


def serving(agents: Agents) -> str:
    """Have the service `web` run one task; return its ARN."""
    agents.serve()
    [task] = agents.ecs.list_tasks(cluster="shop", serviceName="web")["taskArns"]
    return str(task)


def test_tasks_reach_the_daemons_of_their_instance(agents: Agents) -> None:
    """AWS: "Network mode": one static address for all daemons of an instance."""
    agents.create(agents.register(Image(port=8126, body="traces")))
    other = agents.register(agents.cloud.push(Image(port=8125, body="counts"), "audit:1"))
    agents.create(other, daemonName="audit")
    app = serving(agents)
    assert agents.cloud.http(f"http://{BRIDGE}:8126/", source=app).text == "traces"
    assert agents.cloud.http(f"http://{BRIDGE}:8125/", source=app).text == "counts"
    with pytest.raises(ConnectionRefusedByHostError):
        agents.cloud.http(f"http://{BRIDGE}:80/", source=app)
    [daemon] = agents.tasks()
    near = agents.cloud.http("http://localhost:8125/", source=daemon["taskArn"])
    assert near.text == "counts"


def test_without_daemons_nobody_has_their_address(agents: Agents) -> None:
    """AWS: "Network mode": the address is that of the daemons."""
    app = serving(agents)
    with pytest.raises(ConnectionTimedOutError) as error:
        agents.cloud.http(f"http://{BRIDGE}:8126/", source=app)
    assert "there is no managed daemon on the instance" in error.value.hops[-1].words


def test_two_daemons_can_not_have_the_same_port(agents: Agents) -> None:
    """AWS: "Network mode": daemons of an instance share a namespace, and so its ports."""
    definition = agents.register(Image(port=8126))
    agents.create(definition)
    agents.create(definition, daemonName="second", critical=False)
    agents.serve()
    assert len(agents.hosts()) == 1
    impaired = agents.cloud.journal.of_kind("daemon.start-impaired")
    assert {entry.subject.rsplit("/", 1)[-1] for entry in impaired} == {"second"}
    assert impaired[0].fields["reason"].endswith("Essential container in task exited")


def test_the_use_of_a_daemon_is_measured(agents: Agents) -> None:
    """AWS: managed-daemons-metrics: ServiceName is `daemon:` and the daemon's name."""
    agents.create(agents.register(Image(cpu=16.0, memory=48.0)))
    agents.serve()
    agents.cloud.advance(minutes=5)
    for name, percent in (("CPUUtilization", 25.0), ("MemoryUtilization", 75.0)):
        answer = boto3.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/ECS",
            MetricName=name,
            Dimensions=[
                {"Name": "ClusterName", "Value": "shop"},
                {"Name": "ServiceName", "Value": "daemon:agent"},
            ],
            StartTime=agents.cloud.now - timedelta(hours=1),
            EndTime=agents.cloud.now,
            Period=60,
            Statistics=["Average"],
        )
        assert {point["Average"] for point in answer["Datapoints"]} == {percent}


def test_a_daemon_takes_commands(agents: Agents) -> None:
    """Botocore ecs CreateDaemonRequest.enableExecuteCommand; ecs-exec (ssmmessages)."""
    iam: Any = boto3.client("iam")
    iam.attach_role_policy(
        RoleName="execution", PolicyArn="arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
    )
    agents.create(enableExecuteCommand=True)
    agents.serve()
    [task] = agents.tasks()
    assert task["enableExecuteCommand"] is True
    agent = task["containers"][0]["managedAgents"][0]
    assert (agent["name"], agent["lastStatus"]) == ("ExecuteCommandAgent", "RUNNING")
    answer = agents.ecs.execute_command(
        cluster="shop", task=task["taskArn"], command="ls", interactive=True
    )
    assert answer["taskArn"] == task["taskArn"]
