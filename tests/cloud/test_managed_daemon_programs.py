"""Managed daemons under random programs: one task on each instance, and everything settles.

AWS: managed-daemons (exactly one daemon task on every instance), managed-daemons-auto-repair,
managed-daemons-deployments.
"""

from __future__ import annotations

import contextlib
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from agents import Agents, open_agents
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from managed import open_managed
from shops import open_shop

from ecslab import Cloud, Image

sys.path.insert(0, str(Path(__file__).parent / "explain"))

from chains import checked

Json = dict[str, Any]
MOVES = (
    *("update", "break", "shorten", "delete", "stop-daemon", "stop-app", "scale", "fail", "drain"),
    *("wait", "wait", "wait"),
)
SECONDS = (5, 40, 90, 300, 1200)
BROKEN = "123456789012.dkr.ecr.us-east-1.amazonaws.com/none:1"
programs = st.lists(st.tuples(st.sampled_from(MOVES), st.integers(0, 4)), min_size=3, max_size=10)


class Program:
    """One account with a daemon and a service, in which the moves of a program are made."""

    def __init__(self, cloud: Cloud) -> None:
        self.agents: Agents = open_agents(open_managed(open_shop(cloud)))
        self.good = self.agents.register()
        self.agents.create(self.good)
        self.agents.serve(2)

    def move(self, name: str, number: int) -> None:
        """Do something; AWS may refuse it."""
        with contextlib.suppress(ClientError):
            getattr(self, name.replace("-", "_"))(number)
        self.look()

    def look(self) -> None:
        """Check what holds at any moment: one task on an instance, and counts that add up."""
        agents = self.agents
        tasks = [task for task in agents.tasks() if task["lastStatus"] != "STOPPED"]
        hosts = Counter(task["containerInstanceArn"] for task in tasks)
        assert max(hosts.values(), default=0) <= 1, hosts
        with contextlib.suppress(ClientError):
            for current in agents.detail()["currentRevisions"]:
                rows = current["capacityProviders"]
                assert current["totalRunningCount"] == sum(row["runningCount"] for row in rows)
        checked(agents.cloud.explain(agents.daemon))
        checked(agents.cloud.explain(agents.deployments[-1]))

    def update(self, number: int) -> None:
        self.agents.update(self.agents.register(), critical=number % 2 == 0)

    def break_(self, number: int) -> None:
        self.agents.update(self.agents.register(BROKEN), critical=number % 2 == 0)

    def shorten(self, number: int) -> None:
        image = self.agents.register(Image(runs_for=10 + 60 * number))
        self.agents.update(image, critical=number % 2 == 0)

    def delete(self, _number: int) -> None:
        answer = self.agents.ecs.delete_daemon(daemonArn=self.agents.daemon)
        self.agents.deployments.append(answer["deploymentArn"])

    def stop_daemon(self, number: int) -> None:
        for task in self.agents.tasks()[number : number + 1]:
            self.agents.ecs.stop_task(cluster="shop", task=task["taskArn"])

    def stop_app(self, _number: int) -> None:
        arns = self.agents.ecs.list_tasks(cluster="shop", serviceName="web")["taskArns"]
        for arn in arns[:1]:
            self.agents.ecs.stop_task(cluster="shop", task=arn)

    def scale(self, number: int) -> None:
        self.agents.ecs.update_service(cluster="shop", service="web", desiredCount=number % 4)

    def fail(self, _number: int) -> None:
        for arn in self.agents.instances()[:1]:
            self.agents.cloud.fail_instance(arn)

    def drain(self, number: int) -> None:
        for arn in self.agents.instances()[number : number + 1]:
            self.agents.ecs.update_container_instances_state(
                cluster="shop", containerInstances=[arn], status="DRAINING"
            )

    def wait(self, number: int) -> None:
        self.agents.cloud.advance(seconds=SECONDS[number])

    def settle(self) -> None:
        """Have a good daemon again, wait, and check that everything is as it should be."""
        agents = self.agents
        agents.cloud.advance(hours=1)
        with contextlib.suppress(ClientError):
            agents.create(self.good)
        agents.update(self.good)
        agents.ecs.update_service(cluster="shop", service="web", desiredCount=2)
        agents.cloud.advance(hours=2)
        self.look()
        assert agents.deployment()["status"] == "SUCCESSFUL"
        assert agents.served() == 2
        assert agents.hosts() == Counter(agents.instances())
        [current] = agents.detail()["currentRevisions"]
        assert current["totalRunningCount"] == len(agents.instances())
        assert agents.instances("DRAINING", "REGISTERING") == []


def test_everything_settles(pytestconfig: pytest.Config) -> None:
    """AWS: managed-daemons, "How Managed Daemons work"; managed-daemons-auto-repair."""

    @settings(
        max_examples=2 * pytestconfig.getoption("--fuzz"),
        suppress_health_check=list(HealthCheck),
        deadline=None,
    )
    @given(programs)
    def one(moves: list[tuple[str, int]]) -> None:
        with Cloud(seed=7) as cloud:
            program = Program(cloud)
            for name, number in moves:
                program.move(name if name != "break" else "break_", number)
            program.settle()

    one()
