"""Random programs of calls, faults and time on one service, and what must hold through them."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import boto3
from fleets import Fleet, open_fleet
from hypothesis import strategies as st
from shops import Shop

from ecslab import Cloud, Image

sys.path.insert(0, str(Path(__file__).parents[1] / "aws"))

from front import Front

if TYPE_CHECKING:
    from ecslab.journal import Entry

Json = dict[str, Any]
Step = tuple[str, int, int]
Program = tuple[str, bool, list[Step]]

KINDS: Final = ("fargate", "balanced", "spot", "bridge", "host-port", "awsvpc")
ON_INSTANCES: Final = KINDS[3:]
ACTIONS: Final = (
    *("scale", "force", "stop", "percentages", "good", "crashing", "missing", "unhealthy"),
    *("rollback", "fail", "drain", "interrupt"),
)
PERCENTAGES: Final = ((100, 200), (50, 100), (0, 100), (50, 150), (100, 150), (75, 125))
IMAGES: Final = {
    "good": Image(port=8080, stop_after=1),
    "crashing": Image(port=8080, runs_for=5, exit_code=3),
    "unhealthy": Image(port=8080, status=500),
}
STEPS: st.SearchStrategy[Step] = st.tuples(
    st.sampled_from(ACTIONS), st.integers(0, 5), st.sampled_from((0, 1, 7, 45, 90, 200))
)
PROGRAMS: st.SearchStrategy[Program] = st.tuples(
    st.sampled_from(KINDS), st.booleans(), st.lists(STEPS, min_size=1, max_size=7)
)
HEALTHY_AFTER: Final = 40


class World:
    """A cluster with one service, which a program changes and breaks.

    Args:
        cloud: a running account.
        kind: where the tasks run, and whether they are behind a load balancer.
        breaker: whether the circuit breaker is on, and rolls back.
    """

    def __init__(self, cloud: Cloud, kind: str, *, breaker: bool) -> None:
        self.cloud, self.kind, self.breaker = cloud, kind, breaker
        self.front = Front(cloud)
        self.ecs = self.front.ecs
        self.shop = Shop(cloud, self.ecs, self.front.subnets, self.front.role)
        self.watch = Watch(cloud, balanced=kind == "balanced")
        self.fleet: Fleet | None = None
        if kind in ON_INSTANCES:
            self.fleet = open_fleet(self.shop)
            self.fleet.join(2)
        if kind == "spot":
            self.ecs.put_cluster_capacity_providers(
                cluster="shop",
                capacityProviders=["FARGATE_SPOT"],
                defaultCapacityProviderStrategy=[],
            )
        self.definitions = {name: self._define(name) for name in (*IMAGES, "missing")}
        self._serve()

    def _define(self, name: str) -> str:
        image = "no/such:1"
        if name in IMAGES:
            image = self.cloud.push(IMAGES[name], f"{name}:1")
        on_instances = self.kind in ON_INSTANCES
        port: Json = {"containerPort": 8080}
        if self.kind == "host-port":
            port["hostPort"] = 8080
        container: Json = {"name": "app", "image": image, "portMappings": [port]}
        answer = self.ecs.register_task_definition(
            family=name,
            networkMode="bridge" if self.kind in ("bridge", "host-port") else "awsvpc",
            requiresCompatibilities=["EC2" if on_instances else "FARGATE"],
            cpu="512",
            memory="1024",
            executionRoleArn=self.front.role,
            containerDefinitions=[container],
        )
        return str(answer["taskDefinition"]["taskDefinitionArn"])

    def _serve(self) -> None:
        given: Json = {}
        if self.kind == "spot":
            given["capacityProviderStrategy"] = [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]
        else:
            given["launchType"] = "EC2" if self.kind in ON_INSTANCES else "FARGATE"
        if self.kind not in ("bridge", "host-port"):
            given["networkConfiguration"] = self._network()
        if self.kind == "balanced":
            group = self.front.target_group
            link = {"targetGroupArn": group, "containerName": "app", "containerPort": 8080}
            given["loadBalancers"] = [link]
        breaker = {"enable": self.breaker, "rollback": self.breaker}
        self.ecs.create_service(
            cluster="shop",
            serviceName="web",
            taskDefinition=self.definitions["good"],
            desiredCount=2,
            deploymentConfiguration={"deploymentCircuitBreaker": breaker},
            **given,
        )

    def _network(self) -> Json:
        network: Json = self.front.network
        if self.kind == "awsvpc":
            del network["awsvpcConfiguration"]["assignPublicIp"]
        return network

    def play(self, steps: list[Step]) -> None:
        """Run a program; look at everything after each step."""
        for action, number, seconds in steps:
            self.take(action, number)
            self.cloud.advance(seconds=seconds)
            self.look()

    def take(self, action: str, number: int) -> None:
        """Take one step."""
        if action in self.definitions:
            self.update(taskDefinition=self.definitions[action])
        elif action in ("fail", "drain"):
            self._break_instance(action, number)
        else:
            getattr(self, f"_{action}")(number)

    def _scale(self, number: int) -> None:
        self.update(desiredCount=number)

    def _force(self, _: int) -> None:
        self.update(forceNewDeployment=True)

    def _percentages(self, number: int) -> None:
        least, most = PERCENTAGES[number]
        self.update(
            availabilityZoneRebalancing="DISABLED",  # which needs more than 100 %
            deploymentConfiguration={
                "minimumHealthyPercent": least,
                "maximumPercent": most,
                "deploymentCircuitBreaker": {"enable": self.breaker, "rollback": self.breaker},
            },
        )

    def _stop(self, number: int) -> None:
        for arn in self.tasks()[:number]:
            self.ecs.stop_task(cluster="shop", task=arn)

    def _interrupt(self, number: int) -> None:
        for arn in self.tasks()[:number] if self.kind == "spot" else ():
            self.cloud.interrupt_spot(arn)

    def update(self, **changes: Any) -> None:
        """Call UpdateService."""
        self.ecs.update_service(cluster="shop", service="web", **changes)

    def tasks(self) -> list[str]:
        """List the tasks that are meant to run."""
        return list(self.ecs.list_tasks(cluster="shop", desiredStatus="RUNNING")["taskArns"])

    def _rollback(self, _: int) -> None:
        listed = self.ecs.list_service_deployments(cluster="shop", service="web")
        arn = listed["serviceDeployments"][0]["serviceDeploymentArn"]
        # It may be over already.
        with contextlib.suppress(self.ecs.exceptions.ConflictException):
            self.ecs.stop_service_deployment(serviceDeploymentArn=arn)

    def _break_instance(self, action: str, number: int) -> None:
        arns = self.fleet.arns() if self.fleet is not None else []
        if self.fleet is None or not arns:
            return
        chosen = arns[number % len(arns)]
        if action == "fail":
            self.cloud.fail_instance(chosen)
            self.fleet.launch()
            return
        state = "DRAINING" if number % 2 else "ACTIVE"
        self.ecs.update_container_instances_state(
            cluster="shop", containerInstances=[chosen], status=state
        )

    # --- What must hold --------------------------------------------------------------------------

    def look(self) -> None:
        """Look at tasks, instances and service deployments through the API."""
        described = self.described()
        for task in described:
            in_order(task, "createdAt", "pullStartedAt", "pullStoppedAt", "startedAt", "stoppedAt")
            in_order(task, "createdAt", "stoppingAt", "executionStoppedAt", "stoppedAt")
            in_order(task, "createdAt", "connectivityAt", "startedAt")
        self._look_at_instances(described)
        listed = self.ecs.list_service_deployments(cluster="shop", service="web")
        for each in listed["serviceDeployments"]:
            in_order(each, "createdAt", "startedAt", "finishedAt")
            assert each["status"] == "PENDING" or "startedAt" in each, each
        assert not self.watch.found, self.watch.found

    def described(self) -> list[Json]:
        """Describe all tasks, stopped ones included."""
        arns = self.tasks()
        arns += self.ecs.list_tasks(cluster="shop", desiredStatus="STOPPED")["taskArns"]
        if not arns:
            return []
        return list(self.ecs.describe_tasks(cluster="shop", tasks=arns[:100])["tasks"])

    def _look_at_instances(self, tasks: list[Json]) -> None:
        if self.fleet is None or not self.fleet.arns():
            return
        answer = self.ecs.describe_container_instances(
            cluster="shop", containerInstances=self.fleet.arns()
        )
        for instance in answer["containerInstances"]:
            mine = [
                task
                for task in tasks
                if task.get("containerInstanceArn") == instance["containerInstanceArn"]
                and task["lastStatus"] != "STOPPED"
            ]
            left = {each["name"]: each for each in instance["remainingResources"]}
            whole = {each["name"]: each for each in instance["registeredResources"]}
            for name, need in (("CPU", 512), ("MEMORY", 1024)):
                remains = left[name]["integerValue"]
                assert remains == whole[name]["integerValue"] - need * len(mine) >= 0, instance
            ports = left["PORTS"]["stringSetValue"]
            assert len(ports) == len(set(ports))
            if self.kind == "host-port":
                assert len(mine) <= 1
            if self.kind == "awsvpc":
                # A t3.medium has three interfaces, one of which is its own.
                assert len(mine) <= 2

    def settle(self) -> None:
        """Repair what the program has broken; the service comes to its count.

        ecs_services: the scheduler keeps the desired count, once capacity and causes allow.
        """
        if self.fleet is not None:
            for arn in self.fleet.arns():
                self.ecs.update_container_instances_state(
                    cluster="shop", containerInstances=[arn], status="ACTIVE"
                )
            self.fleet.launch(2)
        self.take("percentages", 0)
        self.update(
            taskDefinition=self.definitions["good"], desiredCount=2, forceNewDeployment=True
        )
        self.cloud.advance(minutes=25)
        self.look()
        service = self.shop.service()
        assert service["runningCount"] == service["desiredCount"] == 2, service["events"][:5]
        assert service["pendingCount"] == 0
        assert [each["rolloutState"] for each in service["deployments"]] == ["COMPLETED"]
        listed = self.ecs.list_service_deployments(cluster="shop", service="web")
        assert all("finishedAt" in each for each in listed["serviceDeployments"])

    def leave(self) -> None:
        """Delete the service; every task stops and gives back what it held."""
        self.ecs.delete_service(cluster="shop", service="web", force=True)
        self.cloud.advance(minutes=7)
        self.look()
        assert self.watch.launched == self.watch.stopped
        interfaces = self.front.ec2.describe_network_interfaces()["NetworkInterfaces"]
        assert not [each for each in interfaces if ":attachment/" in each["Description"]]
        assert self.front.health() == []


class Watch:
    """Follows the tasks through the journal, and notes when a limit is not kept.

    Args:
        cloud: the account.
        balanced: whether tasks are healthy by a target group.
    """

    def __init__(self, cloud: Cloud, *, balanced: bool) -> None:
        self._balanced = balanced
        self.found: list[str] = []
        self.launched: set[str] = set()
        self.stopped: set[str] = set()
        self._wanted: dict[str, str] = {}
        self._address: dict[str, str] = {}
        self._running: dict[str, float] = {}
        self._targets: dict[str, str] = {}
        self._limits = (0, 0)
        self._primary = ""
        self._ec2: Any = boto3.client("ec2")
        cloud.journal.listen(self._note)

    def _note(self, entry: Entry) -> None:
        kind, fields = entry.kind, entry.fields
        if "upper" in fields:
            self._limits = (fields["lower"], fields["upper"])
        if kind == "deployment.started":
            self._primary = fields["deployment"]
        elif kind.startswith("target."):
            self._targets[fields["ip"]] = kind.removeprefix("target.")
        elif kind.startswith("task."):
            self._task(entry)

    def _task(self, entry: Entry) -> None:
        task, fields = entry.subject, entry.fields
        if "deployment" in fields and task not in self.launched:
            self.launched.add(task)
            self._wanted[task] = fields["deployment"]
            if len(self._wanted) > self._limits[1]:
                self.found.append(f"{len(self._wanted)} tasks, at most {self._limits[1]}")
        elif entry.kind == "task.attached":
            self._address[task] = self._address_of(fields["interface"])
        elif entry.kind == "task.running":
            self._running[task] = entry.seconds
        elif entry.kind == "task.stopping" and "code" in fields:
            healthy = self._healthy(task, entry.seconds)
            deployment = self._wanted.pop(task)
            chosen = fields["code"] == "ServiceSchedulerInitiated"
            if chosen and healthy and deployment != self._primary:
                left = sum(self._healthy(each, entry.seconds) for each in self._wanted)
                if left < self._limits[0]:
                    self.found.append(f"{left} healthy tasks, at least {self._limits[0]}")
        elif entry.kind == "task.stopped":
            self.stopped.add(task)

    def _address_of(self, interface: str) -> str:
        found = self._ec2.describe_network_interfaces(NetworkInterfaceIds=[interface])
        return str(found["NetworkInterfaces"][0]["PrivateIpAddress"])

    def _healthy(self, task: str, now: float) -> bool:
        if task not in self._running or task not in self._wanted:
            return False
        if self._balanced:
            return self._targets.get(self._address[task]) == "healthy"
        return now - self._running[task] >= HEALTHY_AFTER


def in_order(record: Json, *names: str) -> None:
    """See that the moments that a record has are in order."""
    moments = [record[name] for name in names if name in record]
    assert moments == sorted(moments), record
