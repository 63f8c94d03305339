"""Services behind load balancers: starting their tasks, a steady day, and what that may cost.

The first lines hold the cost of a task at 1,000 and 10,000 tasks against that at 100; the last ones
hold a whole account against what it is allowed to take.
"""

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

#: Seconds that an hour of 1,000 tasks may take, once they are steady.
HOUR = 2.0

#: Seconds that 10,000 tasks may take, from the first API call to the end of their first day.
DAY = 60.0

#: MiB of memory for the same.
MEMORY = 1024.0

#: Seconds that a further account may take in the same process.
FURTHER = 0.03


def run() -> Iterator[Ratio]:
    """Measure each size in a process of its own, because one process holds only one account."""
    rows = []
    for services in SERVICES:
        rows.append(measured(services))
        print(f"    {services * TASKS} tasks: {rows[-1]}", file=sys.stderr, flush=True)
    first = {work: rows[0][work] / (SERVICES[0] * TASKS) for work in ("start", "day")}
    against = f"{SERVICES[0] * TASKS} tasks"
    for work, base in first.items():
        for services, row in zip(SERVICES, rows, strict=True):
            tasks = services * TASKS
            yield Ratio(f"{work}, {tasks} tasks", row[work] / tasks, base, 1, against)
    hour, most = rows[1]["hour"], rows[-1]
    whole = most["create"] + most["start"] + most["day"]
    yield Ratio("an hour of 1000 tasks", hour, HOUR, 1, "allowed", "services_hour")
    yield Ratio("10000 tasks and a day", whole, DAY, 1, "allowed", "services_day")
    yield Ratio("their memory", most["MiB"], MEMORY, 1, "allowed", "services_memory", unit="MiB")
    yield Ratio("a further account", most["further"], FURTHER, 1, "allowed", "services_further")


def measured(services: int) -> dict[str, Any]:
    """Give the seconds of processor time of each piece of work, and the MiB of memory."""
    command = [sys.executable, __file__, str(services)]
    answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return dict(json.loads(answer.stdout))


def app(_: dict[str, Any], start: Any) -> list[bytes]:
    """Answer a request."""
    start("200 OK", [("Content-Type", "text/plain")])
    return [b"welcome"]


def open_account(cloud: Any, services: int) -> None:
    """Create services behind load balancers, in subnets with room for their tasks."""
    from ecslab import Image

    sys.path[:0] = [str(Path(__file__).parents[1] / "aws")]
    from front import Front

    front = Front(cloud)
    front.subnets = [str(each["SubnetId"]) for each in front.ec2.describe_subnets()["Subnets"]]
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


def serve(services: int) -> None:
    """Print what each piece of work costs: seconds of processor time, and MiB in the end."""
    import resource

    from ecslab import Cloud

    spent = {}
    with Cloud() as cloud:
        begin = time.process_time()
        open_account(cloud, services)
        spent["create"] = time.process_time() - begin
        spent["start"] = passing(cloud, minutes=5)
        tasks = list(cloud.journal.of_kind("task.running"))
        assert len(tasks) == services * TASKS, len(tasks)
        spent["hour"] = passing(cloud, hours=1)
        spent["day"] = spent["hour"] + passing(cloud, hours=23)
    begin = time.process_time()
    with Cloud():
        spent["further"] = time.process_time() - begin
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({name: round(each, 4) for name, each in spent.items()} | {"MiB": memory}))


def passing(cloud: Any, **span: float) -> float:
    """Give the seconds of processor time that a simulated span takes."""
    begin = time.process_time()
    cloud.advance(**span)
    return time.process_time() - begin


if __name__ == "__main__":
    serve(int(sys.argv[1]))
