"""What a container's process may do: files, ports, capabilities, secrets.

AWS: botocore ecs ContainerDefinition (readonlyRootFilesystem, user, privileged, mountPoints,
systemControls), KernelCapabilities; bind-mounts; specifying-sensitive-data; facts: security,
sections 6 and 9.
"""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from runs import EVERYTHING_TO_START, Json, Runs, allow, named

from ecslab import Image

READ_ONLY = "OSError: [Errno 30] Read-only file system: '{}'"
DENIED = "PermissionError: [Errno 13] Permission denied: {}"


@pytest.fixture
def runs(shop: Any) -> Runs:
    return Runs(shop)


def ends(runs: Runs, image: Image, definition: Json | None = None, **container: Any) -> list[str]:
    """Run a task to its start, or its end; return what it printed."""
    runs.start("app", runs.container("app", image, **container), **(definition or {}))
    runs.shop.cloud.run_until(
        lambda: runs.task("app")["lastStatus"] in ("RUNNING", "STOPPED"), timeout=900
    )
    runs.shop.cloud.advance(seconds=30)
    return runs.lines("app")


def is_running(runs: Runs) -> bool:
    return bool(runs.task("app")["lastStatus"] == "RUNNING")


def test_a_read_only_root_refuses_writes(runs: Runs) -> None:
    """AWS: botocore ecs ContainerDefinition.readonlyRootFilesystem."""
    image = Image(port=8080, writes=("/tmp/cache",))
    assert ends(runs, image, readonlyRootFilesystem=True) == [READ_ONLY.format("/tmp/cache")]
    assert named(runs.task("app"), "app")["exitCode"] == 1


def test_a_volume_makes_a_place_to_write(runs: Runs) -> None:
    """AWS: bind-mounts; a common way to keep /tmp writable on a read-only root."""
    image = Image(port=8080, writes=("/tmp/cache",))
    ends(
        runs,
        image,
        {"volumes": [{"name": "scratch"}]},
        readonlyRootFilesystem=True,
        mountPoints=[{"sourceVolume": "scratch", "containerPath": "/tmp"}],
    )
    assert is_running(runs)


def test_a_read_only_mount_refuses_writes(runs: Runs) -> None:
    """AWS: botocore ecs MountPoint.readOnly."""
    image = Image(port=8080, writes=("/data/x",))
    mount = {"sourceVolume": "data", "containerPath": "/data", "readOnly": True}
    printed = ends(runs, image, {"volumes": [{"name": "data"}]}, mountPoints=[mount])
    assert printed == [READ_ONLY.format("/data/x")]


@pytest.mark.parametrize("prepared", [True, False])
def test_a_volume_belongs_to_root_unless_the_image_prepares_it(
    runs: Runs, *, prepared: bool
) -> None:
    """AWS: bind-mounts: owner root and 0755, unless the Dockerfile has a VOLUME there."""
    volumes = ("/data",) if prepared else ()
    image = Image(port=8080, writes=("/data/x",), volumes=volumes, user="app")
    mount = {"sourceVolume": "data", "containerPath": "/data"}
    printed = ends(runs, image, {"volumes": [{"name": "data"}]}, mountPoints=[mount])
    assert printed == ([] if prepared else [DENIED.format("'/data/x'")])
    assert is_running(runs) is prepared


def test_another_user_than_the_images_own_can_not_write_its_files(runs: Runs) -> None:
    """AWS: botocore ecs ContainerDefinition.user; Linux file permissions."""
    image = Image(port=8080, writes=("/app/state",), user="app")
    assert ends(runs, image, user="1234") == [DENIED.format("'/app/state'")]


def test_a_name_that_the_image_does_not_know_can_not_be_its_user(runs: Runs) -> None:
    """Docker, getExecUser: a name needs an entry in /etc/passwd, a number does not."""
    runs.start("app", runs.container("app", Image(port=8080), user="app"))
    task = runs.until("app", "STOPPED")
    assert "unable to find user app" in named(task, "app")["reason"]
    assert task["stopCode"] == "TaskFailedToStart"


def test_the_images_own_user_and_root_can_write_them(runs: Runs) -> None:
    image = Image(port=8080, writes=("/app/state", "/tmp/x", "/home/app/y"), user="app")
    assert ends(runs, image) == []
    assert is_running(runs)


@pytest.mark.parametrize(
    ("settings", "may"),
    [
        ({}, True),
        ({"user": "1000"}, False),
        ({"user": "nobody:nogroup"}, False),
        ({"user": "0:0"}, True),
        ({"linuxParameters": {"capabilities": {"drop": ["ALL"]}}}, False),
        ({"linuxParameters": {"capabilities": {"drop": ["NET_BIND_SERVICE"]}}}, False),
        ({"linuxParameters": {"capabilities": {"drop": ["NET_RAW"]}}}, True),
        (
            {
                "user": "1000",
                "systemControls": [
                    {"namespace": "net.ipv4.ip_unprivileged_port_start", "value": "80"}
                ],
            },
            True,
        ),
    ],
)
def test_ports_below_1024_take_root_with_its_capability(
    runs: Runs, settings: Json, *, may: bool
) -> None:
    """capabilities(7): NET_BIND_SERVICE; AWS: KernelCapabilities.drop, .systemControls."""
    printed = ends(runs, Image(port=80), **settings)
    assert printed == ([] if may else [DENIED.format("('0.0.0.0', 80)")])
    assert is_running(runs) is may


def test_other_ports_are_free_for_every_user(runs: Runs) -> None:
    assert ends(runs, Image(port=1024), user="1000") == []
    assert is_running(runs)


def test_scripts_meet_the_same_obstacles(runs: Runs) -> None:
    """POSIX.1, Shell Command Language: a redirection that fails ends its command with an error."""
    script = (
        "touch /app/x || echo one; echo a > /app/y || echo two; mkdir /srv/z || echo three;"
        " echo kept > /scratch/f; cat /scratch/f"
    )
    printed = ends(
        runs,
        Image(),
        {"volumes": [{"name": "scratch"}]},
        command=["sh", "-c", script],
        readonlyRootFilesystem=True,
        mountPoints=[{"sourceVolume": "scratch", "containerPath": "/scratch"}],
    )
    assert printed == [
        "touch: cannot touch '/app/x': Read-only file system",
        "one",
        "sh: 1: cannot create /app/y: Read-only file system",
        "two",
        "mkdir: cannot create directory '/srv/z': Read-only file system",
        "three",
        "kept",
    ]


def test_containers_share_a_volume(runs: Runs) -> None:
    """AWS: bind-mounts: containers of a task share a volume by its name."""
    mount = [{"sourceVolume": "shared", "containerPath": "/shared"}]
    writer = runs.container(
        "writer",
        Image(),
        essential=False,
        command=["sh", "-c", "echo hello > /shared/f"],
        mountPoints=mount,
    )
    reader = runs.container(
        "app",
        Image(),
        command=["sh", "-c", "cat /shared/f"],
        mountPoints=mount,
        dependsOn=[{"containerName": "writer", "condition": "SUCCESS"}],
    )
    runs.start("app", writer, reader, volumes=[{"name": "shared"}])
    runs.until("app", "STOPPED")
    assert runs.lines("app", "app") == ["hello"]


# --- Secrets ----------------------------------------------------------------------------------


def _shows() -> None:
    import os

    print(os.environ["PASSWORD"])


def secret_task(runs: Runs, *actions: str, **secret: Any) -> str:
    """Start a task whose execution role may read secrets and what else is given."""
    manager: Any = boto3.client("secretsmanager")
    arn = manager.create_secret(Name="db", SecretString="first", **secret)["ARN"]
    role = runs.role("reader", *EVERYTHING_TO_START, "secretsmanager:GetSecretValue", *actions)
    image = Image(work=_shows, every=60)
    container = runs.container("app", image, secrets=[{"name": "PASSWORD", "valueFrom": arn}])
    return runs.start("app", container, executionRoleArn=role)


def test_a_rotated_secret_is_seen_by_new_tasks_only(runs: Runs) -> None:
    """AWS: specifying-sensitive-data: rotation needs a new task; facts security 6."""
    secret_task(runs)
    runs.until("app", "RUNNING")
    boto3.client("secretsmanager").put_secret_value(SecretId="db", SecretString="second")
    runs.shop.cloud.advance(minutes=3)
    assert set(runs.lines("app")) == {"first"}
    runs.arns["app"] = runs.shop.run("app")
    runs.until("app", "RUNNING")
    runs.shop.cloud.advance(minutes=3)
    assert set(runs.lines("app")) == {"second"}


def test_a_customer_key_takes_kms_decrypt(runs: Runs) -> None:
    """AWS: task_execution_IAM_role: kms:Decrypt only for a customer managed key."""
    key = boto3.client("kms").create_key()["KeyMetadata"]["Arn"]
    secret_task(runs, KmsKeyId=key)
    stopped = runs.until("app", "STOPPED")
    assert stopped["stopCode"] == "TaskFailedToStart"
    assert "Access to KMS is not allowed" in stopped["stoppedReason"]
    boto3.client("iam").put_role_policy(
        RoleName="reader", PolicyName="key", PolicyDocument=allow("kms:Decrypt", resource=key)
    )
    runs.arns["app"] = runs.shop.run("app")
    assert runs.until("app", "RUNNING")["lastStatus"] == "RUNNING"


def test_a_key_policy_can_shut_the_execution_role_out(runs: Runs) -> None:
    """AWS: KMS key-policies: an explicit deny of the key's own policy wins."""
    import json

    kms: Any = boto3.client("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    document = json.loads(kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"])
    role = "arn:aws:iam::123456789012:role/reader"
    document["Statement"].append(
        {"Effect": "Deny", "Principal": {"AWS": role}, "Action": "kms:Decrypt", "Resource": "*"}
    )
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps(document))
    secret_task(runs, "kms:Decrypt", KmsKeyId=key)
    assert "Access to KMS is not allowed" in runs.until("app", "STOPPED")["stoppedReason"]


@pytest.mark.parametrize(("key", "starts"), [("", True), ("alias/shop", False)])
def test_a_secure_parameter_with_a_customer_key(runs: Runs, key: str, *, starts: bool) -> None:
    """AWS: task_execution_IAM_role: ssm:GetParameters, and kms:Decrypt for a customer key."""
    kms: Any = boto3.client("kms")
    own = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/shop", TargetKeyId=own)
    given = {"KeyId": key} if key else {}
    boto3.client("ssm").put_parameter(Name="/db", Value="x", Type="SecureString", **given)
    role = runs.role("reader", *EVERYTHING_TO_START, "ssm:GetParameters")
    image = Image(work=_shows, every=60)
    container = runs.container("app", image, secrets=[{"name": "PASSWORD", "valueFrom": "/db"}])
    runs.start("app", container, executionRoleArn=role)
    if starts:
        runs.until("app", "RUNNING")
    else:
        reason = runs.until("app", "STOPPED")["stoppedReason"]
        assert f"kms:Decrypt on resource: arn:aws:kms:us-east-1:123456789012:key/{own}" in reason


def test_environment_wins_over_files(runs: Runs) -> None:
    """AWS: botocore ecs ContainerDefinition.environmentFiles."""
    s3: Any = boto3.client("s3")
    s3.create_bucket(Bucket="settings-shop")
    s3.put_object(Bucket="settings-shop", Key="a.env", Body=b"PASSWORD=file\nOTHER=kept\n")
    role = runs.role("reader", *EVERYTHING_TO_START, "s3:GetObject", "s3:GetBucketLocation")
    container = runs.container(
        "app",
        Image(),
        command=["sh", "-c", "echo $PASSWORD $OTHER"],
        environment=[{"name": "PASSWORD", "value": "plain"}],
        environmentFiles=[{"type": "s3", "value": "arn:aws:s3:::settings-shop/a.env"}],
    )
    runs.start("app", container, executionRoleArn=role)
    runs.until("app", "STOPPED")
    assert runs.lines("app") == ["plain kept"]
