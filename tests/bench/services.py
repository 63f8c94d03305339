"""Steady services for ten minutes, at 100, 1,000 and 10,000 tasks: the cost of a task."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from measure import Ratio

#: Tasks of each service.
TASKS = 10

#: Services of each measurement; the first is what the others are held against.
SERVICES = (10, 100, 1000)

#: Services that share a load balancer, which has a quota of 100 target groups.
SHARED = 50

#: The simulated seconds of each measurement.
SPAN = 600


def run() -> Iterator[Ratio]:
    """Measure each size in a process of its own, because one process holds only one account."""
    first = None
    for services in SERVICES:
        row = measured(services, SPAN)
        each = row["seconds"] / (services * TASKS)
        first = first or each
        yield Ratio(f"{services * TASKS} tasks", each, first, 1, "100 tasks")
        print(f"    {row}", file=sys.stderr, flush=True)


def measured(services: int, seconds: int) -> dict[str, Any]:
    """Give the seconds of processor time and the MiB of memory that a simulated span takes."""
    command = [sys.executable, __file__, str(services), str(seconds)]
    answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return dict(json.loads(answer.stdout))


def app(_: dict[str, Any], start: Any) -> list[bytes]:
    """Answer a request."""
    start("200 OK", [("Content-Type", "text/plain")])
    return [b"welcome"]


def open_account(cloud: Any, services: int) -> None:
    """Create services behind load balancers, and let them reach their steady state."""
    from ecslab import Image

    sys.path[:0] = [str(Path(__file__).parents[1] / "aws")]
    from front import Front

    front = Front(cloud)
    definition = front.define(Image(port=8080, app=app))
    balancer = front.balancer
    for number in range(services):
        if number % SHARED == 0:
            settings = {"SecurityGroups": [front.balancer_group]}
            balancer = front.balance(f"lb-{number}", **settings)
        group = front.targets(f"web-{number}")
        front.elb.create_listener(
            LoadBalancerArn=balancer["LoadBalancerArn"],
            Protocol="HTTP",
            Port=8000 + number % SHARED,
            DefaultActions=[{"Type": "forward", "TargetGroupArn": group}],
        )
        front.ecs.create_service(
            cluster="shop",
            serviceName=f"web-{number}",
            taskDefinition=definition,
            desiredCount=TASKS,
            launchType="FARGATE",
            networkConfiguration=front.network,
            loadBalancers=[
                {"targetGroupArn": group, "containerName": "app", "containerPort": 8080}
            ],
        )
    cloud.advance(minutes=5)


def serve(services: int, seconds: int) -> None:
    """Print what a span of time costs once all services are steady."""
    import resource

    from ecslab import Cloud

    with Cloud() as cloud:
        open_account(cloud, services)
        tasks = list(cloud.journal.of_kind("task.running"))
        assert len(tasks) == services * TASKS, len(tasks)
        begin = time.process_time()
        cloud.advance(seconds=seconds)
        spent = time.process_time() - begin
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": round(spent, 2), "MiB": round(memory)}))


if __name__ == "__main__":
    serve(int(sys.argv[1]), int(sys.argv[2]))
