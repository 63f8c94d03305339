"""Drills of tasks that started: how they end, and what is wrong with those that run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from chains import checked, explained
from runs import EVERYTHING_TO_START, Runs, depends
from shops import Shop, open_shop
from test_tasks_containers import ENDINGS

from ecslab import Cloud, Image

CAUSES = {
    # 5: Essential container in task exited.
    "clean": "clean is essential, so its end is the end of the task",
    "error": "error left no log line",
    "segmentation-fault": "left no log line",
    "missing-variable": "The last that missing-variable wrote",
    "shell-not-found": "was told to run",
    "shell-exit": "left no log line|The last that",
    "shell-code": "left no log line|The last that",
    "shell-syntax": "The last that shell-syntax wrote",
    "lone-shell": "is essential",
    "exec-true": "is essential",
    "loop": "The last that loop wrote",
    "nested": "The last that nested wrote",
    "last-program-is-main": "left no log line",
    "raises": "The last that raises wrote",
    "leaves": "left no log line",
    # 7: OutOfMemoryError by the hard limit and by the task's.
    "memory": "hard limit, memory, is 128 MiB",
    "memory-of-task": "task as a whole may use 512 MiB",
    "memory-grows": "hard limit, memory, is 100 MiB",
    "read-only": "The last that read-only wrote",
    # 9: exec format error.
    "wrong-architecture": "task's processor is X86_64 .* built for ARM64",
    "wrong-architecture-shell": "task's processor is X86_64 .* built for ARM64",
    "curl-itself": "left no log line|The last that",
}


@pytest.fixture(scope="module")
def ended() -> Iterator[Runs]:
    """Yield an account in which tasks have ended in every way."""
    with Cloud(seed=7) as cloud:
        runs = Runs(open_shop(cloud))
        for name, (image, container, _) in ENDINGS.items():
            runs.start(name, runs.container(name, image, **container))
        cloud.advance(minutes=3)
        yield runs


@pytest.fixture
def runs(shop: Shop) -> Runs:
    """Return the means to run tasks by name."""
    return Runs(shop)


@pytest.mark.parametrize("name", ENDINGS)
def test_the_chain_of_an_end(ended: Runs, name: str) -> None:
    found = explained(ended.shop.cloud, ended.arns[name], CAUSES[name])
    assert found.steps[1].evidence.value == ENDINGS[name][2]


def test_a_finished_sidecar_takes_the_task_along(runs: Runs) -> None:
    """Drill 5: essential is true unless the definition says otherwise."""
    sidecar = runs.container("sidecar", Image(runs_for=20))
    runs.start("pair", runs.container("app", Image(port=80)), sidecar)
    runs.until("pair", "STOPPED")
    found = explained(runs.shop.cloud, runs.arns["pair"], "sidecar is essential")
    assert found.cause.evidence.value is True


def test_a_soft_limit_is_no_limit(runs: Runs) -> None:
    """Drill 7: only the task's memory stops a container without a hard limit."""
    image = Image(memory=lambda age: 100 + age)
    runs.start("soft", runs.container("soft", image, memoryReservation=128))
    runs.until("soft", "STOPPED")
    found = explained(runs.shop.cloud, runs.arns["soft"], "task as a whole may use 512 MiB")
    assert found.steps[-2].evidence.value == 128


def test_a_failed_migration_keeps_the_application_from_starting(runs: Runs) -> None:
    """AWS: dependsOn SUCCESS; the chain goes through the dependency to its log."""
    broken = Image(runs_for=3, exit_code=1, logs=("ERROR: relation orders does not exist",))
    migration = runs.container("migrate", broken, essential=False)
    app = runs.container("app", Image(), dependsOn=depends("migrate", "SUCCESS"))
    runs.start("depending", app, migration)
    runs.until("depending", "STOPPED")
    found = explained(runs.shop.cloud, runs.arns["depending"], "The last that migrate wrote")
    assert found.cause.evidence.value == "ERROR: relation orders does not exist"


def test_a_container_that_waits(runs: Runs) -> None:
    """Drill 21: a task that does not come out of its start."""
    check = {"command": ["CMD-SHELL", "false"], "interval": 30}
    slow = runs.container("slow", Image(), healthCheck=check, essential=False)
    runs.start(
        "waiting", runs.container("app", Image(), dependsOn=depends("slow", "HEALTHY")), slow
    )
    runs.shop.cloud.advance(minutes=2)
    assert runs.task("waiting")["lastStatus"] != "RUNNING"
    explained(runs.shop.cloud, runs.arns["waiting"], "So far slow is RUNNING, its health")


def test_sigterm_ignored(runs: Runs) -> None:
    """Drills 13 and 29: who does not heed SIGTERM loses what it is doing."""
    runs.start("deaf", runs.container("deaf", Image(stop_after=None), stopTimeout=10))
    runs.until("deaf", "RUNNING")
    runs.ecs.stop_task(cluster="shop", task=runs.arns["deaf"], reason="a rehearsal")
    runs.until("deaf", "STOPPED")
    found = explained(runs.shop.cloud, runs.arns["deaf"], "between the two signals")
    assert found.steps[0].evidence.value == "a rehearsal"
    assert found.cause.evidence.value == 10


def test_an_application_that_is_denied(runs: Runs) -> None:
    """Drill 6: the policy stands on the execution role, the program uses the task role."""

    def work() -> None:
        try:
            boto3.client("s3").list_objects_v2(Bucket="covers")
        except Exception as error:  # noqa: BLE001 - the program goes on, and says it in its log
            print(error)

    boto3.client("s3").create_bucket(Bucket="covers")
    execution = runs.role("catalog-execution", *EVERYTHING_TO_START, "s3:ListBucket")
    task_role = runs.role("catalog", "sqs:ReceiveMessage")
    container = runs.container("catalog", Image(work=work, every=20))
    runs.start("catalog", container, executionRoleArn=execution, taskRoleArn=task_role)
    runs.shop.cloud.advance(minutes=3)
    found = explained(
        runs.shop.cloud, runs.arns["catalog"], "execution role, catalog-execution, may do it"
    )
    assert any("No policy of the role catalog allows s3:ListBucket" in s.words for s in found.steps)


def test_a_rotated_secret(runs: Runs) -> None:
    """Drill 14: running containers keep the value with which they started."""
    manager: Any = boto3.client("secretsmanager")
    secret = manager.create_secret(Name="db", SecretString="old")["ARN"]
    role = runs.role("reader", *EVERYTHING_TO_START, "secretsmanager:GetSecretValue")
    secrets = [{"name": "PASSWORD", "valueFrom": secret}]
    container = runs.container("app", Image(port=80), secrets=secrets)
    runs.start("rotated", container, executionRoleArn=role)
    runs.until("rotated", "RUNNING")
    explained(runs.shop.cloud, runs.arns["rotated"], "nothing is wrong")
    runs.shop.cloud.advance(minutes=5)
    manager.put_secret_value(SecretId="db", SecretString="new")
    explained(runs.shop.cloud, runs.arns["rotated"], "running containers do not see it")


def test_a_changed_parameter(runs: Runs) -> None:
    """Drill 14, with Parameter Store."""
    store: Any = boto3.client("ssm")
    store.put_parameter(Name="/level", Value="info", Type="String")
    role = runs.role("reader", *EVERYTHING_TO_START, "ssm:GetParameters")
    secrets = [{"name": "LEVEL", "valueFrom": "/level"}]
    container = runs.container("app", Image(port=80), secrets=secrets)
    runs.start("changed", container, executionRoleArn=role)
    runs.until("changed", "RUNNING")
    runs.shop.cloud.advance(minutes=5)
    store.put_parameter(Name="/level", Value="debug", Type="String", Overwrite=True)
    explained(runs.shop.cloud, runs.arns["changed"], "running containers do not see it")


def test_a_moved_tag(runs: Runs) -> None:
    """Drill 15: `:latest` was pushed and the old image keeps running."""
    image = runs.shop.cloud.push(Image(port=80, body="old"), "web:latest")
    runs.start("latest", {"name": "app", "image": image})
    runs.until("latest", "RUNNING")
    explained(runs.shop.cloud, runs.arns["latest"], "nothing is wrong")
    runs.shop.cloud.push(Image(port=80, body="new"), "web:latest")
    explained(runs.shop.cloud, runs.arns["latest"], "tag web:latest names another image now")


def test_a_database_that_is_not_reached(runs: Runs) -> None:
    """Drill 25: a security group between the task and what it calls."""
    import urllib.request

    ec2: Any = boto3.client("ec2")
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    closed = ec2.create_security_group(GroupName="db", Description="db", VpcId=vpc)["GroupId"]
    network = runs.shop.network()
    network["awsvpcConfiguration"]["securityGroups"] = [closed]
    runs.start("db", runs.container("db", Image(port=5432)), network=network)
    address = runs.until("db", "RUNNING")["containers"][0]["networkInterfaces"][0]

    def work() -> None:
        try:
            urllib.request.urlopen(f"http://{address['privateIpv4Address']}:5432/", timeout=3)
        except OSError as error:
            print(f"database: {error}")

    runs.start("app", runs.container("app", Image(work=work, every=30)))
    runs.shop.cloud.advance(minutes=3)
    found = explained(
        runs.shop.cloud, runs.arns["app"], f"No inbound rule of security group {closed}"
    )
    assert found.cause.evidence.value == []
    rule = {
        "IpProtocol": "tcp",
        "FromPort": 5432,
        "ToPort": 5432,
        "IpRanges": [{"CidrIp": "0.0.0.0/0"}],
    }
    ec2.authorize_security_group_ingress(GroupId=closed, IpPermissions=[rule])
    runs.shop.cloud.advance(minutes=2)
    explained(runs.shop.cloud, runs.arns["app"], "nothing is wrong")


def test_which_value_wins(runs: Runs) -> None:
    """Drill 30: environment wins over an environment file."""
    s3: Any = boto3.client("s3")
    s3.create_bucket(Bucket="files")
    s3.put_object(Bucket="files", Key="app.env", Body=b"MODE=slow\n")
    role = runs.role("files", *EVERYTHING_TO_START, "s3:GetObject", "s3:GetBucketLocation")
    container = runs.container(
        "app",
        Image(port=80),
        environmentFiles=[{"type": "s3", "value": "arn:aws:s3:::files/app.env"}],
        environment=[{"name": "MODE", "value": "fast"}],
    )
    runs.start("mode", container, executionRoleArn=role)
    runs.until("mode", "RUNNING")
    explained(runs.shop.cloud, runs.arns["mode"], "MODE of app comes from environment, which wins")


def test_lines_that_are_lost(runs: Runs) -> None:
    """Drill 8: the stream is there and stays empty."""
    role = runs.role("deaf", *EVERYTHING_TO_START[:-1])
    runs.start(
        "lost", runs.container("lost", Image(port=80, logs=("hello",))), executionRoleArn=role
    )
    runs.until("lost", "RUNNING")
    explained(
        runs.shop.cloud, runs.arns["lost"], "No policy of the role deaf allows logs:PutLogEvents"
    )


def test_a_spot_interruption(shop: Shop) -> None:
    """AWS: fargate-capacity-providers."""
    shop.ecs.put_cluster_capacity_providers(
        cluster="shop", capacityProviders=["FARGATE_SPOT"], defaultCapacityProviderStrategy=[]
    )
    arn = shop.ecs.run_task(
        cluster="shop",
        taskDefinition=shop.define(Image(port=80)),
        capacityProviderStrategy=[{"capacityProvider": "FARGATE_SPOT", "weight": 1}],
        networkConfiguration=shop.network(),
    )["tasks"][0]["taskArn"]
    shop.cloud.advance(minutes=2)
    shop.cloud.interrupt_spot(arn)
    shop.cloud.advance(minutes=2)
    found = explained(shop.cloud, arn, "took its Spot capacity back")
    assert found.cause.evidence.value == "FARGATE_SPOT"


def test_evidence_that_is_gone(runs: Runs) -> None:
    """Drill 27: stopped tasks are kept about an hour."""
    runs.start("gone", runs.container("gone", Image(runs_for=5)))
    runs.shop.cloud.advance(hours=2)
    found = explained(runs.shop.cloud, runs.arns["gone"], "Essential container in task exited")
    assert found.state.endswith("is gone.")
    assert found.steps[0].evidence.value[0]["reason"] == "MISSING"


def test_what_outlives_a_task(runs: Runs) -> None:
    """Drill 27: service events and logs are there when the task is no longer."""
    shop = runs.shop
    definition = shop.ecs.register_task_definition(
        family="web",
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        cpu="256",
        memory="512",
        executionRoleArn=shop.role,
        containerDefinitions=[runs.container("web", Image(port=80, logs=("orders: none",)))],
    )["taskDefinition"]["taskDefinitionArn"]
    shop.serve(definition, 1)
    shop.cloud.advance(minutes=2)
    (first,) = shop.ecs.list_tasks(cluster="shop")["taskArns"]
    shop.ecs.stop_task(cluster="shop", task=first)
    shop.cloud.advance(hours=2)
    found = explained(shop.cloud, first, "Task stopped by user; web ended with 143")
    values = [str(step.evidence.value) for step in found.steps]
    assert "orders: none" in values
    assert any(first.rsplit("/", 1)[-1] in value for value in values[1:])


def test_a_task_on_its_way(runs: Runs) -> None:
    """Drill 21: every state of a start says what is going on."""
    runs.start("young", runs.container("young", Image(port=80, size=600)))
    seen = set()
    for _ in range(14):
        found = runs.shop.cloud.explain(runs.arns["young"])
        checked(found)
        seen.add(found.cause.evidence.value)
        runs.shop.cloud.advance(seconds=3)
    assert {"PROVISIONING", "PENDING", "ACTIVATING", "RUNNING"} <= seen


def test_an_unhealthy_standalone_task(runs: Runs) -> None:
    """AWS: botocore ecs HealthCheck: a task without a service is not stopped for it."""
    check = {"command": ["CMD-SHELL", "curl -f http://localhost:8080/"], "interval": 10}
    runs.start("sick", runs.container("sick", Image(port=80), healthCheck=check))
    runs.shop.cloud.advance(minutes=3)
    explained(runs.shop.cloud, runs.arns["sick"], "nothing listens on port 8080")
    check = {"command": ["CMD-SHELL", "curl -f http://localhost/"], "interval": 10}
    lean = Image(port=80, tools=("sh", "python"))
    runs.start("lean", runs.container("lean", lean, healthCheck=check))
    runs.shop.cloud.advance(minutes=3)
    explained(runs.shop.cloud, runs.arns["lean"], "its image contains no curl")
    late = Image(port=80, ready_after=90)
    runs.start("late", runs.container("late", late, healthCheck={**check, "retries": 2}))
    runs.shop.cloud.advance(seconds=80)
    explained(runs.shop.cloud, runs.arns["late"], "needs 90 s until it answers")
