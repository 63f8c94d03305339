"""What holds whatever happens to a DAEMON service and its container instances.

AWS: ecs_services, "Daemon": one task on each active container instance that matches.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

import pytest
from fleets import Fleet, open_fleet
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from programs import in_order
from shops import open_shop

from ecslab import Cloud, Image
from ecslab.journal import Entry

Json = dict[str, Any]
Step = tuple[str, int, int]

EXAMPLES: Final = 4
ACTIONS: Final = (
    *("join", "drain", "activate", "fail", "terminate", "stop", "good", "crashing", "force"),
    *("percent", "label", "crowd"),
)
STEPS: st.SearchStrategy[Step] = st.tuples(
    st.sampled_from(ACTIONS), st.integers(0, 4), st.sampled_from((0, 1, 30, 75, 200))
)
PROGRAMS: st.SearchStrategy[list[Step]] = st.lists(STEPS, min_size=2, max_size=8)
CONSTRAINT: Final = {"type": "memberOf", "expression": "attribute:role not_exists"}


class World:
    """A cluster of a few instances with the service `agent` on each of them.

    Args:
        cloud: a running account.
    """

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.shop = open_shop(cloud)
        self.fleet: Fleet = open_fleet(self.shop)
        self.ecs = self.fleet.ecs
        self.fleet.join(2)
        self.watch = Watch(cloud)
        good, crashing = Image(stop_after=1), Image(runs_for=5, exit_code=1)
        self.definitions = {
            "good": self.fleet.define("good", good),
            "crashing": self.fleet.define("crashing", crashing),
        }
        self.big = self.fleet.define("big", container_memory=3500, container_cpu=1)
        self.ecs.create_service(
            cluster="shop",
            serviceName="agent",
            taskDefinition=self.definitions["good"],
            launchType="EC2",
            schedulingStrategy="DAEMON",
            placementConstraints=[CONSTRAINT],
        )
        cloud.advance(minutes=2)

    def play(self, steps: list[Step]) -> None:
        """Run a program; look at everything after each step."""
        for action, number, seconds in steps:
            self.take(action, number)
            self.cloud.advance(seconds=seconds)
            self.look()

    def take(self, action: str, number: int) -> None:
        """Take one step."""
        arns = self.fleet.arns()
        chosen = arns[number % len(arns)] if arns else None
        if action in self.definitions:
            self.update(taskDefinition=self.definitions[action])
        elif action == "join" and len(arns) < 5:
            self.fleet.launch()
        elif action == "force":
            self.update(forceNewDeployment=True)
        elif action == "percent":
            self.update(deploymentConfiguration={"minimumHealthyPercent": (0, 50)[number % 2]})
        elif action == "stop":
            for arn in self.wanted()[:number]:
                self.ecs.stop_task(cluster="shop", task=arn)
        elif chosen is not None:
            self._change(action, chosen)

    def _change(self, action: str, arn: str) -> None:
        if action in ("drain", "activate"):
            status = {"drain": "DRAINING", "activate": "ACTIVE"}[action]
            self.ecs.update_container_instances_state(
                cluster="shop", containerInstances=[arn], status=status
            )
        elif action == "fail":
            self.cloud.fail_instance(arn)
        elif action == "terminate":
            identifier = self.fleet.instance(arn)["ec2InstanceId"]
            self.fleet.ec2.terminate_instances(InstanceIds=[identifier])
        elif action == "label":
            attribute = {"name": "role", "value": "quiet", "targetId": arn}
            self.ecs.put_attributes(cluster="shop", attributes=[attribute])
        elif action == "crowd" and self.fleet.instance(arn)["status"] == "ACTIVE":
            self.ecs.start_task(cluster="shop", taskDefinition=self.big, containerInstances=[arn])

    def update(self, **changes: Any) -> None:
        """Call UpdateService."""
        self.ecs.update_service(cluster="shop", service="agent", **changes)

    def wanted(self) -> list[str]:
        """List the daemon tasks that are meant to run."""
        listed = self.ecs.list_tasks(cluster="shop", serviceName="agent", desiredStatus="RUNNING")
        return list(listed["taskArns"])

    def described(self, status: str) -> list[Json]:
        """Describe the daemon tasks with a desired status."""
        listed = self.ecs.list_tasks(cluster="shop", serviceName="agent", desiredStatus=status)
        arns = listed["taskArns"]
        if not arns:
            return []
        return list(self.ecs.describe_tasks(cluster="shop", tasks=arns[:100])["tasks"])

    def instances(self) -> list[Json]:
        """Describe the container instances."""
        arns = self.fleet.arns()
        if not arns:
            return []
        answer = self.ecs.describe_container_instances(
            cluster="shop", containerInstances=arns, include=[]
        )
        return list(answer["containerInstances"])

    # --- What must hold --------------------------------------------------------------------------

    def look(self) -> None:
        """See that no instance has two daemons, and that nothing is taken twice."""
        running = self.described("RUNNING")
        on = Counter(task["containerInstanceArn"] for task in running)
        assert not on or max(on.values()) == 1, on
        for task in (*running, *self.described("STOPPED")):
            in_order(task, "createdAt", "startedAt", "stoppingAt", "stoppedAt")
        for instance in self.instances():
            left = {each["name"]: each["integerValue"] for each in instance["remainingResources"]}
            assert min(left["CPU"], left["MEMORY"]) >= 0, instance
        service = self.ecs.describe_services(cluster="shop", services=["agent"])["services"][0]
        assert service["runningCount"] + service["pendingCount"] == len(running)

    def settle(self) -> None:
        """Repair what the program has broken: one task on each instance that matches."""
        for instance in self.instances():
            arn = instance["containerInstanceArn"]
            self.ecs.delete_attributes(
                cluster="shop", attributes=[{"name": "role", "targetId": arn}]
            )
            self.ecs.update_container_instances_state(
                cluster="shop", containerInstances=[arn], status="ACTIVE"
            )
        for task in self.ecs.list_tasks(cluster="shop", family="big")["taskArns"]:
            self.ecs.stop_task(cluster="shop", task=task)
        self.fleet.launch()
        self.update(taskDefinition=self.definitions["good"], forceNewDeployment=True)
        self.cloud.advance(minutes=60)
        self.look()
        active = {each["containerInstanceArn"] for each in self.instances()}
        running = [task for task in self.described("RUNNING") if task["lastStatus"] == "RUNNING"]
        assert {task["containerInstanceArn"] for task in running} == active
        service = self.ecs.describe_services(cluster="shop", services=["agent"])["services"][0]
        assert service["desiredCount"] == service["runningCount"] == len(active)
        assert [each["rolloutState"] for each in service["deployments"]] == ["COMPLETED"]

    def leave(self) -> None:
        """Delete the service; every task stops and gives back what it held."""
        self.ecs.delete_service(cluster="shop", service="agent", force=True)
        self.cloud.advance(minutes=3)
        assert self.watch.launched == self.watch.stopped
        for instance in self.instances():
            assert instance["remainingResources"] == instance["registeredResources"]


class Watch:
    """Notes in the journal which tasks there have been, and which of them have stopped.

    Args:
        cloud: the account.
    """

    def __init__(self, cloud: Cloud) -> None:
        self.launched: set[str] = set()
        self.stopped: set[str] = set()
        cloud.journal.listen(self._note)

    def _note(self, entry: Entry) -> None:
        if entry.kind == "task.stopped":
            self.stopped.add(entry.subject)
        elif entry.kind.startswith("task."):
            self.launched.add(entry.subject)


def run(seed: int, steps: list[Step]) -> Cloud:
    """Run a program in a new account, repair the service, delete it."""
    cloud = Cloud(seed=seed).start()
    world = World(cloud)
    world.play(steps)
    world.settle()
    world.leave()
    return cloud


def test_one_task_on_each_instance_and_all_is_given_back(pytestconfig: pytest.Config) -> None:
    """ecs_services, container-instance-draining: the invariants of daemons."""

    @settings(
        max_examples=EXAMPLES * pytestconfig.getoption("--fuzz"),
        suppress_health_check=list(HealthCheck),
    )
    @given(steps=PROGRAMS)
    def check(steps: list[Step]) -> None:
        run(7, steps).stop()

    check()


@settings(max_examples=1, suppress_health_check=list(HealthCheck))
@given(steps=PROGRAMS, seed=st.integers(0, 99))
def test_the_same_seed_gives_the_same_journal(steps: list[Step], seed: int) -> None:
    """A program and a seed decide every byte."""
    cloud = run(seed, steps)
    journal = cloud.journal.to_text()
    cloud.stop()
    again = run(seed, steps)
    assert again.journal.to_text() == journal
    again.stop()
