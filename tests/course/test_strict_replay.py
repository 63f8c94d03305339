"""What a learner's process tells gives the same account again: ids, times, states and logs."""

from __future__ import annotations

import io
import json
import sys
import time
import uuid
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any

import boto3
import pytest
import requests
from botocore.exceptions import ClientError, WaiterError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from trials import apart

from ecslab import Image
from ecslab.course import session
from ecslab.course.strict import learner
from ecslab.course.strict.trusted import Follower

OLD = "bookshop-old"
PORT = 8080
NETWORKS = [("subnets", "Subnets", "SubnetId"), ("security_groups", "SecurityGroups", "GroupId")]

Told = tuple[str, str]
Cell = Callable[[dict[str, Any]], None]


def seen() -> str:
    """Everything that the API shows of an account, and its time."""
    ecs: Any = boto3.client("ecs")
    logs: Any = boto3.client("logs")
    found: dict[str, Any] = {"now": session.opened().cloud.now}
    for arn in sorted(ecs.list_clusters()["clusterArns"]):
        tasks = [
            each
            for status in ("RUNNING", "STOPPED")
            for each in ecs.list_tasks(cluster=arn, desiredStatus=status)["taskArns"]
        ]
        services = ecs.list_services(cluster=arn)["serviceArns"]
        found[arn] = [
            ecs.describe_clusters(clusters=[arn], include=["TAGS", "SETTINGS"])["clusters"],
            ecs.describe_tasks(cluster=arn, tasks=tasks)["tasks"] if tasks else [],
            ecs.describe_services(cluster=arn, services=services)["services"] if services else [],
        ]
    found["definitions"] = ecs.list_task_definitions()["taskDefinitionArns"]
    found["lines"] = [
        (
            group["logGroupName"],
            logs.filter_log_events(logGroupName=group["logGroupName"])["events"],
        )
        for group in logs.describe_log_groups()["logGroups"]
    ]
    found["keys"] = boto3.client("iam").list_roles()["Roles"]
    return json.dumps(found, default=str, indent=1)


def recorded(*cells: Cell) -> Told:
    """Run cells of a learner's; give what is told, and what the account shows."""

    def run() -> Told:
        learner.watch()
        session.start("02-clusters")
        scope: dict[str, Any] = {}
        learner.tell([], scope)
        learner.begin([], scope, learners=True)
        for cell in cells:
            with suppress(ClientError, WaiterError, requests.RequestException):
                cell(scope)
        said = learner.tell([], scope)._repr_mimebundle_()
        learner.begin([], scope, learners=False)
        return said["text/plain"], seen()

    return apart(run)


def replayed(told: str) -> str:
    """Do again what was told; give what the account shows."""

    def run() -> str:
        follower = Follower({})
        session.start("02-clusters")
        follower.follow(told, [], learners=True)
        return seen()

    return apart(run)


def network() -> Any:
    subnets: Any = boto3.client("ec2").describe_subnets()["Subnets"]
    return {
        "awsvpcConfiguration": {
            "subnets": [each["SubnetId"] for each in subnets],
            "assignPublicIp": "ENABLED",
        }
    }


def run_image(image: Image, *, count: int = 1) -> Any:
    """Push an image and run tasks of it; give their ARNs."""
    ecs: Any = boto3.client("ecs")
    uri = session.opened().cloud.push(image, "mine:1")
    logs = {"awslogs-group": "/bookshop/exec", "awslogs-region": "us-east-1"}
    logs |= {"awslogs-stream-prefix": "mine"}
    roles = [each["Arn"] for each in boto3.client("iam").list_roles()["Roles"]]
    ecs.register_task_definition(
        family="mine",
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="256",
        memory="512",
        executionRoleArn=next(arn for arn in roles if "execution" in arn),
        containerDefinitions=[
            {
                "name": "mine",
                "image": uri,
                "portMappings": [{"containerPort": PORT}],
                "logConfiguration": {"logDriver": "awslogs", "options": logs},
            }
        ],
    )
    where = {"cluster": OLD, "launchType": "FARGATE", "networkConfiguration": network()}
    tasks = ecs.run_task(taskDefinition="mine", count=count, **where)["tasks"]
    return [task["taskArn"] for task in tasks]


def create_cluster(_: Any) -> None:
    boto3.client("ecs").create_cluster(clusterName=f"c-{uuid.uuid4().hex[:6]}")


def run_tasks(_: Any) -> None:
    boto3.client("ecs").run_task(
        cluster=OLD,
        taskDefinition="fulfilment",
        count=2,
        launchType="FARGATE",
        clientToken=str(uuid.uuid4()),
        networkConfiguration=network(),
    )


def stop_a_task(_: Any) -> None:
    ecs: Any = boto3.client("ecs")
    arns = ecs.list_tasks(cluster=OLD)["taskArns"]
    ecs.stop_task(cluster=OLD, task=arns[0] if arns else "none")


def scale(number: int, _: Any) -> None:
    ecs: Any = boto3.client("ecs")
    ecs.update_service(cluster=OLD, service="fulfilment", desiredCount=number)


def wait(_: Any) -> None:
    boto3.client("ecs").get_waiter("services_stable").wait(cluster=OLD, services=["fulfilment"])


def sleep(seconds: float, _: Any) -> None:
    time.sleep(seconds)


def fail(_: Any) -> None:
    boto3.client("ecs").delete_cluster(cluster="there-is-none")


def from_threads(_: Any) -> None:
    """Threads: what they ask comes in any order, and in the order that it came."""
    ecs: Any = boto3.client("ecs")
    cloud = session.opened().cloud

    def make(number: int) -> None:
        ecs.create_cluster(clusterName=f"t-{number}")
        cloud.push(Image(logs=(f"{number}",)), f"t-{number}:1")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(make, range(8)))


def keep_a_file(_: Any) -> None:
    s3: Any = boto3.client("s3")
    s3.create_bucket(Bucket="bookshop-files")
    s3.put_object(Bucket="bookshop-files", Key="a", Body=io.BytesIO(b"twelve books"))
    assert s3.get_object(Bucket="bookshop-files", Key="a")["Body"].read() == b"twelve books"
    boto3.client("ecs").create_cluster(
        clusterName=s3.head_object(Bucket="bookshop-files", Key="a")["ETag"].strip('"')
    )


def work() -> Any:
    """A program with chance of its own, that prints, asks, waits, and at last gives up."""
    for number in range(3):
        print("chance", uuid.uuid4())
        boto3.client("ecs").create_cluster(clusterName=f"of-a-task-{number}")
        yield 2.0
    raise KeyError("no more")


def run_a_worker(_: Any) -> None:
    run_image(Image(work=work, every=1.0))
    time.sleep(120)


def leave() -> None:
    print("leaving")
    sys.exit(3)


def run_what_leaves(_: Any) -> None:
    run_image(Image(work=leave))
    time.sleep(120)


def run_what_asks_itself(_: Any) -> None:
    """A program that is called again while it runs: the inner call ends first."""

    def app(environ: Any, start_response: Any) -> Any:
        start_response("200 OK", [("Content-Type", "text/plain")])
        if environ["PATH_INFO"] == "/outer":
            inner = requests.get(f"http://127.0.0.1:{PORT}/inner", timeout=3).text
            return [f"outer of {inner}".encode()]
        return [uuid.uuid4().bytes.hex().encode()]

    def work() -> None:
        print(requests.get(f"http://127.0.0.1:{PORT}/outer", timeout=3).text)

    run_image(Image(port=PORT, app=app, work=work, every=20.0))
    time.sleep(90)


def begin_again(_: Any) -> None:
    session.start("02-clusters")
    boto3.client("ecs").create_cluster(clusterName="on-the-new-account")


def invoke_a_function(_: Any) -> None:
    """Code of an AWS Lambda function has chance of its own too."""
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        text = "import boto3, uuid\ndef handle(event, context):\n    print(uuid.uuid4())\n"
        text += "    return {'name': str(uuid.uuid4())}\n"
        archive.writestr("mine.py", text)
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "lambda.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    iam: Any = boto3.client("iam")
    role = iam.create_role(RoleName="mine", AssumeRolePolicyDocument=json.dumps(trust))["Role"]
    allowed = {"Effect": "Allow", "Action": "logs:*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    iam.put_role_policy(RoleName="mine", PolicyName="mine", PolicyDocument=policy)
    functions: Any = boto3.client("lambda")
    functions.create_function(
        FunctionName="mine",
        Runtime="python3.13",
        Role=role["Arn"],
        Handler="mine.handle",
        Code={"ZipFile": code.getvalue()},
    )
    answer = functions.invoke(FunctionName="mine")
    name = json.loads(answer["Payload"].read())["name"]
    boto3.client("ecs").create_cluster(clusterName=name)


CELLS = st.sampled_from(
    [
        create_cluster,
        run_tasks,
        stop_a_task,
        partial(scale, 0),
        partial(scale, 3),
        wait,
        partial(sleep, 7.25),
        partial(sleep, 3600),
        fail,
        run_a_worker,
        from_threads,
    ]
)


@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
@given(st.lists(CELLS, min_size=3, max_size=8))
def test_any_calls_done_again_give_the_same_account(cells: list[Cell]) -> None:
    told, shown = recorded(*cells)

    assert replayed(told) == shown


@pytest.mark.parametrize(
    "cell",
    [
        from_threads,
        keep_a_file,
        run_a_worker,
        run_what_leaves,
        run_what_asks_itself,
        begin_again,
        invoke_a_function,
    ],
    ids=lambda cell: str(cell.__name__),
)
def test_each_way_to_use_an_account_is_done_again(cell: Cell) -> None:
    told, shown = recorded(cell)

    assert replayed(told) == shown
