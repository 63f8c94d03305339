"""One API call through boto3: a simulated account against plain moto."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import count
from types import TracebackType
from typing import Any, Self

from measure import Ratio, interleaved

#: How often a call is made for one measurement.
CALLS = 20


def run() -> Iterator[Ratio]:
    """Measure each call in two processes in turns, because one process holds only one account."""
    with Worker("ecslab") as ours, Worker("moto") as plain:
        for name in CALLED:
            yield interleaved(
                name,
                lambda name=name: ours.seconds(name),
                lambda name=name: plain.seconds(name),
                against="plain moto",
                pairs=9,
            )


class Worker:
    """A process with one account, that makes calls when it is told to.

    Its time is taken from outside, because inside a simulated account the clock is simulated.
    """

    def __init__(self, kind: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, __file__, kind],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )

    def seconds(self, name: str) -> float:
        """Give the seconds of one call."""
        assert self.process.stdin
        assert self.process.stdout
        begin = time.perf_counter()
        self.process.stdin.write(name + "\n")
        if not self.process.stdout.readline():
            raise RuntimeError(f"{name} failed; what it said stands above.")
        return (time.perf_counter() - begin) / CALLS

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait()


class Calls:
    """The calls that are measured, on one account with a network, a cluster and a definition."""

    def __init__(self) -> None:
        import boto3

        self.ecs = boto3.client("ecs", region_name="us-east-1")
        self.number = count()
        ec2 = boto3.client("ec2", region_name="us-east-1")
        vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
        ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})  # moto needs it
        subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.1.0/24")["Subnet"]["SubnetId"]
        group = ec2.create_security_group(GroupName="bench", Description="bench", VpcId=vpc)
        self.network = {
            "awsvpcConfiguration": {"subnets": [subnet], "securityGroups": [group["GroupId"]]}
        }
        self.ecs.create_cluster(clusterName="bench")
        self.register_task_definition()
        self.task = self.run_task()["tasks"][0]["taskArn"]

    def create_cluster(self) -> dict[str, Any]:
        """A cluster of a new name."""
        return self.ecs.create_cluster(clusterName=f"bench-{next(self.number)}")

    def describe_clusters(self) -> dict[str, Any]:
        """The same cluster each time."""
        return self.ecs.describe_clusters(clusters=["bench"])

    def register_task_definition(self) -> dict[str, Any]:
        """A new revision each time."""
        return self.ecs.register_task_definition(
            family="bench",
            requiresCompatibilities=["FARGATE"],
            networkMode="awsvpc",
            cpu="256",
            memory="512",
            containerDefinitions=[{"name": "web", "image": "nginx:1.27", "memory": 256}],
        )

    def run_task(self) -> dict[str, Any]:
        """One Fargate task."""
        return self.ecs.run_task(
            cluster="bench",
            taskDefinition="bench:1",
            launchType="FARGATE",
            networkConfiguration=self.network,
        )

    def describe_tasks(self) -> dict[str, Any]:
        """The same task each time."""
        return self.ecs.describe_tasks(cluster="bench", tasks=[self.task])


CALLED = [name for name in vars(Calls) if not name.startswith("_")]


def account(kind: str) -> contextlib.AbstractContextManager[Any]:
    """The account that calls go to."""
    if kind == "ecslab":
        from ecslab import Cloud

        return Cloud()
    from moto import mock_aws

    return mock_aws()


def serve(kind: str) -> None:
    """Make the calls whose names come in, and say when each lot is done."""
    with account(kind):
        calls = Calls()
        for line in sys.stdin:
            call: Callable[[], Any] = getattr(calls, line.strip())
            for _ in range(CALLS):
                call()
            print("done", flush=True)


if __name__ == "__main__":
    serve(sys.argv[1])
