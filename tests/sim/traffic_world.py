"""A VPC with two public subnets, an Application Load Balancer, and tasks that tests put into it."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from random import Random
from types import SimpleNamespace
from typing import Any

from ecslab.clock import Clock
from ecslab.journal import Journal
from ecslab.model.image import Image
from ecslab.model.network import (
    InternetGateway,
    NetworkInterface,
    Route,
    RouteTable,
    SecurityGroup,
    SecurityGroupRule,
    Subnet,
    Topology,
    Vpc,
)
from ecslab.sim.balancing import HealthCheck, Listener, LoadBalancer, Rule, TargetGroup
from ecslab.sim.directory import Records
from ecslab.sim.entities import Account, Cluster, Container, Task
from ecslab.sim.hops import Reach
from ecslab.sim.hosts import Hosts
from ecslab.sim.ports import Interface, Target
from ecslab.sim.process import Process
from ecslab.sim.targets import Targets
from ecslab.sim.traffic import Traffic

ANYWHERE = "0.0.0.0/0"
EVERYTHING = (SecurityGroupRule("-1", None, None, ANYWHERE),)
GROUP = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/web/1"
OTHER_GROUP = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/other/2"
BALANCER = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/web/1"
URL = "http://web-1.us-east-1.elb.amazonaws.com"
INTERNAL_URL = "http://internal-web-1.us-east-1.elb.amazonaws.com"


def opened(group: str, port: int, peer: str) -> SecurityGroup:
    """Return a security group that lets one port in."""
    return SecurityGroup(group, "vpc-1", (SecurityGroupRule("tcp", port, port, peer),), EVERYTHING)


def forward(*groups: tuple[str, int]) -> dict[str, Any]:
    """Return a forward action, in the API's shape."""
    shares = [{"TargetGroupArn": arn, "Weight": weight} for arn, weight in groups]
    return {"Type": "forward", "ForwardConfig": {"TargetGroups": shares}}


class World:
    """Everything around the traffic, made by hand.

    It is both the network (`Roads`) and what Elastic Load Balancing has been told
    (`LoadBalancing`); tests change its parts and call `look_again`.
    """

    def __init__(self) -> None:
        self.clock = Clock()
        self.network = Topology.of(
            Vpc("vpc-1", ("10.0.0.0/16",)),
            Subnet("subnet-a", "vpc-1", "10.0.1.0/24", "us-east-1a"),
            Subnet("subnet-b", "vpc-1", "10.0.2.0/24", "us-east-1b"),
            InternetGateway("igw-1", "vpc-1"),
            RouteTable(
                "rtb-1",
                "vpc-1",
                (Route("10.0.0.0/16", "local"), Route(ANYWHERE, "igw-1")),
                main=True,
            ),
            opened("sg-balancer", 80, ANYWHERE),
            opened("sg-app", 8080, "sg-balancer"),
            opened("sg-public", 8080, ANYWHERE),
            opened("sg-closed", 22, "10.9.9.9/32"),
        )
        self.records: dict[str, Records] = {}
        self.group_of_balancer = "sg-balancer"
        self.groups = {
            GROUP: TargetGroup(GROUP, "web", "vpc-1", 8080),
            OTHER_GROUP: TargetGroup(OTHER_GROUP, "other", "vpc-1", 8080),
        }
        default = Rule("rule/default", (), (forward((GROUP, 1)),))
        listener = Listener("listener/80", 80, "HTTP", (default,))
        self.balancer = LoadBalancer(
            BALANCER,
            "web",
            "web-1.us-east-1.elb.amazonaws.com",
            zones=frozenset({"us-east-1a", "us-east-1b"}),
            listeners=(listener,),
        )
        ports: Any = SimpleNamespace(programs=self, directory=self)
        definitions: Any = None
        self.account = Account(
            "123456789012",
            "us-east-1",
            self.clock,
            Journal(self.clock),
            Random(7),
            ports,
            definitions,
        )
        self.cluster = Cluster("shop", self.account.arn("cluster/shop"), {"status": "ACTIVE"})
        self.account.clusters["shop"] = self.cluster
        self.hosts = Hosts(self.account)
        self.reach = Reach(self)
        self.targets = Targets(self.account, self, self.hosts, self.reach)
        self.traffic = Traffic(self.account, self, self.hosts, self.reach, self.targets)

    # --- The network --------------------------------------------------------------------------

    def topology(self) -> Topology:
        """Return the network as it is now."""
        return self.network

    def load_balancer_interfaces(self, _balancer: Any) -> tuple[NetworkInterface, ...]:
        """Return one node in each zone of the load balancer."""
        nodes = []
        for number, zone in enumerate(("a", "b"), start=1):
            if f"us-east-1{zone}" in self.balancer.zones:
                public = None if self.balancer.internal else f"3.80.0.{number}"
                nodes.append(
                    NetworkInterface(
                        f"eni-{zone}",
                        f"10.0.{number}.5",
                        public,
                        f"subnet-{zone}",
                        (self.group_of_balancer,),
                        label="load balancer web",
                    )
                )
        return tuple(nodes)

    # --- Elastic Load Balancing -----------------------------------------------------------------

    def group(self, arn: str) -> TargetGroup | None:
        """Return a target group."""
        return self.groups.get(arn)

    def named(self, dns_name: str) -> LoadBalancer | None:
        """Return the load balancer with that name."""
        return self.balancer if dns_name == self.balancer.dns_name else None

    def user_of(self, group: str) -> LoadBalancer | None:
        """Return the load balancer if one of its rules names the group."""
        rules = [rule for listener in self.balancer.listeners for rule in listener.rules]
        return self.balancer if group in str(rules) else None

    def configure(self, group: str = GROUP, *, check: HealthCheck | None = None, **to: Any) -> None:
        """Change settings of a target group."""
        before = self.groups[group]
        self.groups[group] = replace(before, check=check or before.check, **to)
        self.look_again()

    def listen(self, *rules: Rule, port: int = 80, protocol: str = "HTTP") -> None:
        """Replace the load balancer's listener."""
        listeners = (Listener(f"listener/{port}", port, protocol, rules),) if rules else ()
        self.balance(listeners=listeners)

    def balance(self, **changes: Any) -> None:
        """Change the load balancer."""
        self.balancer = replace(self.balancer, **changes)
        self.look_again()

    def look_again(self) -> None:
        """Tell the controllers that something has changed."""
        self.reach.forget()
        self.targets.look_again()

    # --- Names ----------------------------------------------------------------------------------

    def query(self, name: str, _vpc: str) -> Records | None:
        """Return what AWS Cloud Map knows of a name."""
        return self.records.get(name)

    # --- Programs -------------------------------------------------------------------------------

    def inside(self, _environment: Any, _owner: Any) -> Any:
        """Enter a container: nothing to do here."""
        return nullcontext()

    # --- Tasks ------------------------------------------------------------------------------------

    def run(self, image: Image, *, zone: str = "a", group: str = "sg-app", number: int = 0) -> Task:
        """Put a running task into the network."""
        index = number or len(self.cluster.tasks) + 10
        third = 1 if zone == "a" else 2
        arn = self.account.arn(f"task/shop/{index:032x}")
        task = Task(arn, self.cluster, {}, "family:web", self.clock.now)
        task.interface = Interface(
            f"eni-{index}",
            f"10.0.{third}.{index}",
            f"subnet-{zone}",
            (group,),
            "02:00",
            f"us-east-1{zone}",
            f"3.80.1.{index}",
            f"ip-10-0-{third}-{index}.ec2.internal",
            "vpc-1",
        )
        container = Container("app", {"name": "app"}, f"{arn}/app")
        task.containers.append(container)
        container.process = Process(
            self.account, task, container, image, environment={}, write=lambda _lines: None
        )
        container.process.start("app")
        task.last_status = "RUNNING"
        self.cluster.tasks[task.id] = task
        self.hosts.note(task)
        return task

    def process(self, task: Task) -> Process:
        """Return the process of a task's container."""
        found = task.containers[0].process
        assert found is not None
        return found

    def target(self, task: Task, group: str = GROUP) -> Target:
        """Return a task as a target."""
        assert task.interface is not None
        return Target(group, task.interface.private_ip, 8080, task.interface.zone)

    def serve(self, image: Image, **where: Any) -> Target:
        """Run a task, register it, and let time pass until it has been checked."""
        target = self.target(self.run(image, **where))
        self.targets.register(target)
        self.clock.advance(6)
        return target

    def get(self, url: str = URL, **options: Any) -> Any:
        """Send a GET request from the internet."""
        return self.traffic.request("GET", url, **options)
