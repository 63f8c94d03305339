"""Capacity under random programs: nothing is oversubscribed, and all that tasks held comes back."""

from __future__ import annotations

from collections import Counter
from typing import Any

import boto3
from groups import Groups, open_groups
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shops import open_shop

from ecslab import Cloud

Json = dict[str, Any]
Step = tuple[str, int, int]

STEPS = (
    *("run", "serve", "scale", "drain", "activate", "fail", "stop", "wait", "wait"),
    *("lose-zone", "recover-zone", "cut-off", "connect", "resize"),
)
KINDS: tuple[Json, ...] = (
    {"container_memory": 900, "container_cpu": 300},
    {"container_memory": 300, "container_cpu": 1500},
    {"container_portMappings": [{"containerPort": 80, "hostPort": 8080}]},
    {"networkMode": "awsvpc"},
)
STRATEGY = [
    {"capacityProvider": "steady", "base": 2, "weight": 1},
    {"capacityProvider": "spare", "weight": 2},
]
programs = st.lists(
    st.tuples(st.sampled_from(STEPS), st.integers(0, 3), st.integers(0, 5)), min_size=4, max_size=10
)


class World:
    """One account with two groups, in which the steps of a program are taken."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.groups: Groups = open_groups(open_shop(cloud))
        self.fleet = self.groups.fleet
        self.ecs = boto3.client("ecs")
        for name in "steady", "spare":
            self.groups.make(name, size=(0, 2, 4))
            self.groups.provide(name, name, scaling={"instanceWarmupPeriod": 60})
        self.groups.associate("steady", "spare")
        self.definitions = [
            self.fleet.define(f"kind-{number}", **kind) for number, kind in enumerate(KINDS)
        ]
        self.services: dict[str, int] = {}
        cloud.advance(minutes=3)

    def arns(self) -> list[str]:
        """Return the registered container instances."""
        return list(self.ecs.list_container_instances(cluster="shop")["containerInstanceArns"])

    def tasks(self) -> list[Json]:
        """Describe all tasks that are wanted RUNNING."""
        arns = self.ecs.list_tasks(cluster="shop")["taskArns"]
        return list(self.ecs.describe_tasks(cluster="shop", tasks=arns)["tasks"]) if arns else []

    def network(self, kind: int) -> Json:
        """Return the network configuration of a kind of task that needs one."""
        if "networkMode" not in KINDS[kind]:
            return {}
        return {"networkConfiguration": self.groups.shop.network(public="DISABLED")}

    def take(self, step: Step) -> None:
        """Take one step; what there is nothing for is left out."""
        what, kind, number = step
        if what in ("run", "serve", "scale", "stop"):
            self._change_tasks(what, kind % len(KINDS), number)
        else:
            self._change_hosts(what, number)
        self.cloud.advance(seconds=7 if what != "wait" else 60 * (1 + number))

    def _change_tasks(self, what: str, kind: int, number: int) -> None:
        request: Json = {
            "cluster": "shop",
            "taskDefinition": self.definitions[kind],
            "capacityProviderStrategy": STRATEGY,
            **self.network(kind),
        }
        if what == "run":
            self.ecs.run_task(**request, count=1 + number % 4)
        elif what == "serve" and f"service-{kind}" not in self.services:
            self.services[f"service-{kind}"] = number
            self.ecs.create_service(**request, serviceName=f"service-{kind}", desiredCount=number)
        elif what == "scale" and self.services:
            name = sorted(self.services)[kind % len(self.services)]
            self.services[name] = number
            self.ecs.update_service(cluster="shop", service=name, desiredCount=number)
        elif what == "stop" and self.tasks():
            tasks = self.tasks()
            self.ecs.stop_task(cluster="shop", task=tasks[number % len(tasks)]["taskArn"])

    def _change_hosts(self, what: str, number: int) -> None:
        arns = self.arns()
        if what == "lose-zone":
            self.cloud.lose_zone("us-east-1b")
        elif what == "recover-zone":
            self.cloud.recover_zone("us-east-1b")
        elif what == "resize":
            self.groups.asg.set_desired_capacity(
                AutoScalingGroupName="spare", DesiredCapacity=number % 5
            )
        elif what in ("drain", "activate") and arns:
            status = "DRAINING" if what == "drain" else "ACTIVE"
            self.ecs.update_container_instances_state(
                cluster="shop", containerInstances=[arns[number % len(arns)]], status=status
            )
        elif arns:
            change = {
                "fail": self.cloud.fail_instance,
                "cut-off": self.cloud.disconnect_agent,
                "connect": self.cloud.reconnect_agent,
            }.get(what)
            if change is not None:
                change(arns[number % len(arns)])

    def check(self) -> None:
        """Compare what the instances have with what is on them, through the API alone."""
        arns = self.arns()
        if not arns:
            return
        answer = self.ecs.describe_container_instances(cluster="shop", containerInstances=arns)
        for instance in answer["containerInstances"]:
            left = {each["name"]: each for each in instance["remainingResources"]}
            assert left["CPU"]["integerValue"] >= 0
            assert left["MEMORY"]["integerValue"] >= 0
            ports = left["PORTS"]["stringSetValue"]
            assert len(ports) == len(set(ports))
        held: Counter[str] = Counter()
        bound: Counter[tuple[str, int]] = Counter()
        for task in self.every_task():
            host = task.get("containerInstanceArn")
            if host is None or task["lastStatus"] == "STOPPED":
                continue
            held[host] += bool(task["attachments"])
            for container in task["containers"]:
                for binding in container["networkBindings"]:
                    bound[host, binding["hostPort"]] += container["lastStatus"] == "RUNNING"
        assert all(number <= 2 for number in held.values()), "t3.medium has two ENIs for tasks"
        assert all(number <= 1 for number in bound.values())

    def every_task(self) -> list[Json]:
        """Describe the tasks that are wanted, and those that are on their way out."""
        found = []
        for status in "RUNNING", "STOPPED":
            arns = self.ecs.list_tasks(cluster="shop", desiredStatus=status)["taskArns"]
            for first in range(0, len(arns), 100):
                part = arns[first : first + 100]
                found += self.ecs.describe_tasks(cluster="shop", tasks=part)["tasks"]
        return found

    def end(self) -> None:
        """Mend everything and take all tasks away."""
        self.cloud.recover_zone("us-east-1b")
        for arn in self.arns():
            self.cloud.reconnect_agent(arn)
        for name in self.services:
            self.ecs.delete_service(cluster="shop", service=name, force=True)
        for task in self.tasks():
            self.ecs.stop_task(cluster="shop", task=task["taskArn"])
        self.cloud.advance(minutes=5)


@settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow])
@given(programs)
def test_no_instance_is_oversubscribed(program: list[Step]) -> None:
    """AWS: task-placement; botocore ecs ContainerInstance.remainingResources."""
    with Cloud(seed=7) as cloud:
        world = World(cloud)
        for step in program:
            world.take(step)
            world.check()
        world.end()
        assert [task["lastStatus"] for task in world.every_task()] == ["STOPPED"] * len(
            world.every_task()
        )
        for arn in world.arns():
            instance = world.fleet.instance(arn)
            assert instance["remainingResources"] == instance["registeredResources"]
            assert instance["runningTasksCount"] == instance["pendingTasksCount"] == 0
        ec2: Any = boto3.client("ec2")
        interfaces = ec2.describe_network_interfaces()["NetworkInterfaces"]
        assert [each for each in interfaces if "arn:aws:ecs" in each["Description"]] == []


@settings(max_examples=8, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.integers(0, 12), min_size=1, max_size=4),
    st.integers(0, 4),
    st.integers(1, 3),
    st.integers(0, 3),
)
def test_base_and_weight_hold_while_a_service_grows(
    counts: list[int], base: int, first: int, second: int
) -> None:
    """AWS: botocore ecs CapacityProviderStrategyItem: the base first, then in proportion."""
    with Cloud(seed=7) as cloud:
        world = World(cloud)
        world.ecs.create_service(
            cluster="shop",
            serviceName="web",
            taskDefinition=world.fleet.define(container_memory=200, container_cpu=1),
            desiredCount=0,
            capacityProviderStrategy=[
                {"capacityProvider": "steady", "base": base, "weight": first},
                {"capacityProvider": "spare", "weight": second},
            ],
        )
        for count in sorted(counts):
            world.ecs.update_service(cluster="shop", service="web", desiredCount=count)
            cloud.advance(minutes=1)
            used = Counter(task["capacityProviderName"] for task in world.tasks())
            assert sum(used.values()) == count
            assert used["steady"] >= min(base, count)
            above = max(0, count - base)
            share = above * first / (first + second)
            assert abs(used["steady"] - min(base, count) - share) <= 1
