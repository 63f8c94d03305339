"""The programs in containers: their AWS calls, their credentials, their environment variables."""

from __future__ import annotations

import json
import os
import sys
import time
from itertools import pairwise
from typing import Any

import boto3
import pytest
from runs import Json, Runs, allow, depends
from shops import Shop

from ecslab import Image

KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE")


@pytest.fixture
def runs(shop: Shop) -> Runs:
    """Return the means to run tasks by name."""
    return Runs(shop)


def once(work: Any, **settings: Any) -> Image:
    """Return an image that calls a function once and ends after ten seconds."""
    return Image(work=work, every=600, runs_for=10, **settings)


def role(runs: Runs, name: str, *actions: str, resource: str = "*") -> str:
    """Make a task role that permits actions on a resource."""
    arn = runs.role(name)
    if actions:
        boto3.client("iam").put_role_policy(
            RoleName=name, PolicyName="p", PolicyDocument=allow(*actions, resource=resource)
        )
    return arn


def run(runs: Runs, image: Image, name: str = "app", **definition: Any) -> Json:
    """Run a task to its end; return it."""
    container = definition.pop("container", {})
    runs.start(name, runs.container(name, image, **container), **definition)
    return runs.until(name, "STOPPED")


def test_the_task_role_decides(runs: Runs) -> None:
    """AWS: task-iam-roles; the call is judged by the task role, and its refusal is in the log."""
    s3: Any = boto3.client("s3")
    s3.create_bucket(Bucket="books")
    s3.put_object(Bucket="books", Key="open/a", Body=b"pages")

    def read() -> None:
        client = boto3.client("s3")
        print(client.get_object(Bucket="books", Key="open/a")["Body"].read().decode())
        client.get_object(Bucket="books", Key="closed/b")

    reader = role(runs, "reader", "s3:GetObject", resource="arn:aws:s3:::books/open/*")
    task = run(runs, once(read), taskRoleArn=reader)
    assert task["containers"][0]["exitCode"] == 1
    lines = runs.lines("app")
    assert lines[0] == "pages"
    assert "AccessDenied" in lines[-1]
    assert f"assumed-role/reader/{task['taskArn'].rsplit('/', 1)[-1]}" in lines[-1]
    assert "s3:GetObject" in lines[-1]


def test_messages_in_a_queue(runs: Runs) -> None:
    """AWS: task-iam-roles: what is permitted really happens."""
    sqs: Any = boto3.client("sqs")
    url = sqs.create_queue(QueueName="orders")["QueueUrl"]

    def send() -> None:
        boto3.client("sqs").send_message(QueueUrl=url, MessageBody="one book")

    sender = role(runs, "sender", "sqs:SendMessage")
    assert run(runs, once(send), taskRoleArn=sender)["containers"][0]["exitCode"] == 0
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    assert message["Body"] == "one book"


def test_without_a_task_role_there_are_no_credentials(runs: Runs) -> None:
    """AWS: task-iam-roles; the execution role's credentials are not the containers'."""
    task = run(runs, once(lambda: boto3.client("s3").list_buckets()))
    assert task["containers"][0]["exitCode"] == 1
    assert runs.lines("app")[-1].endswith("NoCredentialsError: Unable to locate credentials")


def test_a_client_of_the_notebook_is_of_no_use_in_a_container(runs: Runs) -> None:
    """A container has none of the notebook's credentials, not even through its clients."""
    theirs: Any = boto3.client("s3")
    task = run(runs, once(theirs.list_buckets), taskRoleArn=role(runs, "t", "s3:*"))
    assert task["containers"][0]["exitCode"] == 1
    assert "made outside the container" in "\n".join(runs.lines("app"))
    assert theirs.list_buckets()["Buckets"] == []


def test_who_the_program_is(runs: Runs) -> None:
    """AWS: STS GetCallerIdentity: the task role's session is named after the task."""
    task = run(
        runs,
        once(lambda: print(boto3.client("sts").get_caller_identity()["Arn"])),
        taskRoleArn=role(runs, "me"),
    )
    task_id = task["taskArn"].rsplit("/", 1)[-1]
    assert runs.lines("app") == [f"arn:aws:sts::123456789012:assumed-role/me/{task_id}"]


def test_nothing_of_the_notebook_is_in_a_container(
    runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AWS: task-iam-roles, the environment of a container; nothing else is inherited."""
    monkeypatch.setenv("NOTEBOOKS_OWN", "secret")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "theirs")
    before = dict(os.environ)
    found: list[dict[str, str]] = []
    run(runs, once(lambda: found.append(dict(os.environ))), taskRoleArn=role(runs, "t"))
    (inside,) = found
    assert "NOTEBOOKS_OWN" not in inside
    assert not set(KEYS) & set(inside)
    assert inside["AWS_EXECUTION_ENV"] == "AWS_ECS_FARGATE"
    assert inside["AWS_REGION"] == "us-east-1"
    assert inside["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"].startswith("/v2/credentials/")
    assert inside["ECS_CONTAINER_METADATA_URI_V4"].startswith("http://169.254.170.2/v4/")
    assert dict(os.environ) == before


def test_without_a_task_role_there_is_no_address_of_credentials(runs: Runs) -> None:
    """AWS: task-iam-roles (AWS_CONTAINER_CREDENTIALS_RELATIVE_URI only with a task role)."""
    found: list[dict[str, str]] = []
    run(runs, once(lambda: found.append(dict(os.environ))))
    assert "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI" not in found[0]


def test_each_task_has_its_own_credentials(runs: Runs) -> None:
    """AWS: task-iam-roles, credential isolation between tasks."""
    keys: list[str] = []

    def note() -> None:
        found = boto3.Session().get_credentials()
        keys.append(found.access_key if found else "")

    shared = role(runs, "shared")
    for name in ("one", "two"):
        run(runs, once(note), name, taskRoleArn=shared)
    assert len(set(keys)) == 2
    assert all(key.startswith("ASIA") for key in keys)


def test_credentials_are_renewed_in_long_tasks(runs: Runs) -> None:
    """AWS: task-iam-roles: the credentials behind the address are rotated before they expire."""
    image = Image(work=lambda: print(bool(boto3.client("sts").get_caller_identity())), every=7000)
    runs.start("app", runs.container("app", image), taskRoleArn=role(runs, "t"))
    runs.shop.cloud.advance(hours=30)
    assert runs.task("app")["lastStatus"] == "RUNNING"
    assert len(runs.lines("app")) == 16


def test_a_role_that_loses_its_permission_is_refused_from_then_on(runs: Runs) -> None:
    """AWS: IAM policies are judged at each call."""

    def poll() -> None:
        print(len(boto3.client("s3").list_buckets()["Buckets"]))

    arn = role(runs, "t", "s3:ListAllMyBuckets")
    runs.start("app", runs.container("app", Image(work=poll, every=10)), taskRoleArn=arn)
    runs.shop.cloud.advance(minutes=1)
    boto3.client("iam").delete_role_policy(RoleName="t", PolicyName="p")
    task = runs.until("app", "STOPPED")
    assert task["containers"][0]["exitCode"] == 1
    assert runs.lines("app")[0] == "0"
    assert "AccessDenied" in runs.lines("app")[-1]


def test_variables_win_in_their_order(runs: Runs) -> None:
    """AWS: botocore ecs ContainerDefinition.environmentFiles, ContainerOverride.environment.

    The environment wins over files; of two files the first does (amazon-ecs-agent, envFiles).
    """
    s3: Any = boto3.client("s3")
    s3.create_bucket(Bucket="files")
    s3.put_object(Bucket="files", Key="1.env", Body=b"FILE=first\nENV=first\nSECRET=first\nA=1\n")
    s3.put_object(Bucket="files", Key="2.env", Body=b"FILE=second\nB=2 \n#C=3\nnonsense\n")
    boto3.client("ssm").put_parameter(Name="p", Value="secret", Type="SecureString")
    found: list[dict[str, str]] = []
    names = ("IMAGE", "FILE", "ENV", "SECRET", "RUN")
    image = once(lambda: found.append(dict(os.environ)), environment=dict.fromkeys(names, "image"))
    environment = [{"name": name, "value": "environment"} for name in ("ENV", "RUN")]
    override = {"name": "app", "environment": [{"name": "RUN", "value": "override"}]}
    runs.role("reads", "s3:*", "ssm:GetParameters", "ecr:*", "logs:*")
    run(
        runs,
        image,
        executionRoleArn="arn:aws:iam::123456789012:role/reads",
        container={
            "environment": environment,
            "environmentFiles": [
                {"type": "s3", "value": f"arn:aws:s3:::files/{number}.env"} for number in (1, 2)
            ],
            "secrets": [{"name": "SECRET", "valueFrom": "p"}],
        },
        request={"overrides": {"containerOverrides": [override]}},
    )
    seen = [found[0][name] for name in names]
    assert seen == ["image", "first", "environment", "secret", "override"]
    assert (found[0]["A"], found[0]["B"]) == ("1", "2")
    assert "C" not in found[0]


def test_a_user_may_choose_another_region(runs: Runs) -> None:
    """The Region that Fargate sets is a default: the definition's own variable stands."""
    found: list[str] = []
    run(
        runs,
        once(lambda: found.append(boto3.client("sqs").meta.region_name)),
        container={"environment": [{"name": "AWS_DEFAULT_REGION", "value": "eu-west-1"}]},
    )
    assert found == ["eu-west-1"]


def test_what_a_program_prints_is_in_its_own_stream(runs: Runs) -> None:
    """AWS: using_awslogs (prefix/container/task); standard output and standard error, in order."""

    def talk() -> None:
        print("to output")
        print("to error", file=sys.stderr)

    first = runs.container("one", once(talk, logs=("begins",)))
    second = runs.container("two", once(lambda: print("two")), dependsOn=depends("one", "START"))
    runs.start("task", first, second)
    runs.until("task", "STOPPED")
    assert runs.lines("task", "one") == ["begins", "to output", "to error"]
    assert runs.lines("task", "two") == ["two"]


def test_a_program_sleeps_in_its_own_time(runs: Runs) -> None:
    """What a program sleeps is simulated time; everybody else goes on meanwhile."""
    moments: list[float] = []

    def work() -> None:
        moments.append(time.time())
        time.sleep(60)

    runs.start("app", runs.container("app", Image(work=work, every=5)))
    runs.shop.cloud.advance(minutes=5)
    assert [round(b - a) for a, b in pairwise(moments)] == [65] * (len(moments) - 1)
    assert len(moments) == 5


def test_an_error_ends_in_the_log_without_paths_of_this_machine(runs: Runs) -> None:
    """Python's own traceback, as short as a person needs it."""

    def work() -> None:
        json.loads("{")

    run(runs, once(work))
    text = "\n".join(runs.lines("app"))
    assert "json.decoder.JSONDecodeError" in text
    assert "/" not in text.replace("://", "")
