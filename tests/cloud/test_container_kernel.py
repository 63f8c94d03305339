"""What a process in a container can read about itself: limits, users, capabilities, mounts.

AWS: botocore ecs ContainerDefinition.ulimits, .user, .privileged, .readonlyRootFilesystem,
.systemControls, .workingDirectory, LinuxParameters; proc(5), capabilities(7); facts:
task-definitions, section 4.
"""

from __future__ import annotations

import boto3
import pytest
from fleets import Fleet, open_fleet
from runs import LOG_GROUP, Json, Runs, logging
from shops import Shop

from ecslab import Image


def on_fargate(shop: Shop, script: str, **container: object) -> list[str]:
    """Run a script in a task on Fargate; return what it printed."""
    runs = Runs(shop)
    runs.start("app", runs.container("app", Image(), command=["sh", "-c", script], **container))
    runs.until("app", "STOPPED")
    return runs.lines("app")


def on_instance(fleet: Fleet, script: str, **container: object) -> list[str]:
    """Run a script in a task on a container instance; return what it printed."""
    fleet.join(1)
    logs = boto3.client("logs")
    logs.create_log_group(logGroupName=LOG_GROUP)
    own = {f"container_{name}": value for name, value in container.items()}
    definition = fleet.define(
        executionRoleArn=fleet.shop.role,
        container_command=["sh", "-c", script],
        container_logConfiguration=logging("app"),
        **own,
    )
    fleet.shop.stopped(fleet.start(definition))
    events = logs.filter_log_events(logGroupName=LOG_GROUP)["events"]
    return [each["message"] for each in events]


def test_open_files_on_fargate(shop: Shop) -> None:
    """Botocore ecs ContainerDefinition.ulimits: Fargate's nofile is 65535, soft and hard."""
    assert on_fargate(shop, "ulimit -n; ulimit -Hn") == ["65535", "65535"]


def test_open_files_on_container_instances(shop: Shop) -> None:
    """The Docker daemon of ECS-optimized AMIs: --default-ulimit nofile=32768:65536."""
    assert on_instance(open_fleet(shop), "ulimit -n; ulimit -Hn") == ["32768", "65536"]


def test_limits_that_a_definition_sets(shop: Shop) -> None:
    """AWS: botocore ecs Ulimit; -1 is no limit."""
    ulimits = [
        {"name": "nofile", "softLimit": 1024, "hardLimit": 4096},
        {"name": "memlock", "softLimit": -1, "hardLimit": -1},
    ]
    lines = on_fargate(shop, "ulimit -n; ulimit -Hn; cat /proc/1/limits", ulimits=ulimits)
    assert lines[:2] == ["1024", "4096"]
    limits = by_name(lines[2:])
    assert limits["Max open files"] == ["1024", "4096", "files"]
    assert limits["Max locked memory"] == ["unlimited", "unlimited", "bytes"]


def by_name(lines: list[str]) -> dict[str, list[str]]:
    """Return the soft limit, the hard limit and the unit by the name of the limit."""
    return {line[:25].strip(): line[25:].split() for line in lines[1:]}


@pytest.mark.parametrize(
    ("container", "user", "mask"),
    [
        ({}, "0", "00000000a80425fb"),
        ({"user": "1000:2000"}, "1000", "0000000000000000"),
        (
            {"linuxParameters": {"capabilities": {"add": ["SYS_PTRACE"]}}},
            "0",
            "00000000a80c25fb",
        ),
        ({"linuxParameters": {"capabilities": {"drop": ["ALL"]}}}, "0", "0000000000000000"),
    ],
)
def test_user_and_capabilities(shop: Shop, container: Json, user: str, mask: str) -> None:
    """capabilities(7): Docker's default set is the mask a80425fb; another user has none."""
    lines = on_fargate(shop, "cat /proc/self/status", **container)
    found = dict(line.split(":\t", 1) for line in lines)
    assert found["Uid"].split() == [user] * 4
    assert found["CapEff"] == mask


def test_a_privileged_container_has_them_all(shop: Shop) -> None:
    """AWS: botocore ecs ContainerDefinition.privileged: the powers of the host's root, on EC2."""
    lines = on_instance(open_fleet(shop), "cat /proc/self/status", privileged=True)
    found = dict(line.split(":\t", 1) for line in lines)
    assert int(found["CapEff"], 16).bit_count() > 35


def test_what_is_mounted(shop: Shop) -> None:
    """AWS: botocore ecs LinuxParameters.sharedMemorySize, Tmpfs, MountPoint.readOnly."""
    linux = {
        "sharedMemorySize": 256,
        "tmpfs": [{"containerPath": "/cache", "size": 32, "mountOptions": ["noexec"]}],
    }
    lines = on_instance(
        open_fleet(shop),
        "cat /proc/mounts",
        linuxParameters=linux,
        readonlyRootFilesystem=True,
    )
    assert lines[0] == "overlay / overlay ro,relatime 0 0"
    assert any(line.startswith("shm /dev/shm ") and "size=262144k" in line for line in lines)
    assert "tmpfs /cache tmpfs rw,noexec,size=32768k 0 0" in lines


def test_kernel_parameters(shop: Shop) -> None:
    """AWS: botocore ecs ContainerDefinition.systemControls."""
    control = [{"namespace": "net.core.somaxconn", "value": "4096"}]
    script = "cat /proc/sys/net/core/somaxconn"
    assert on_fargate(shop, script, systemControls=control) == ["4096"]


def test_the_working_directory(shop: Shop) -> None:
    """AWS: botocore ecs ContainerDefinition.workingDirectory."""
    lines = on_fargate(shop, "pwd; echo a > f; cat /srv/app/f", workingDirectory="/srv/app")
    assert lines == ["/srv/app", "a"]


def test_the_environment_names_the_compute_option(shop: Shop) -> None:
    """AWS: container-metadata: AWS_ECS_FARGATE or AWS_ECS_EC2, and the Region."""
    script = "echo $AWS_EXECUTION_ENV $AWS_REGION $AWS_DEFAULT_REGION"
    assert on_fargate(shop, script) == ["AWS_ECS_FARGATE us-east-1 us-east-1"]
    fleet = open_fleet(shop)
    fleet.join(1)
    definition = fleet.define(
        executionRoleArn=shop.role,
        container_command=["sh", "-c", script],
        container_logConfiguration=logging("ec2"),
    )
    shop.stopped(fleet.start(definition))
    events = boto3.client("logs").filter_log_events(logGroupName=LOG_GROUP)["events"]
    assert events[-1]["message"] == "AWS_ECS_EC2 us-east-1 us-east-1"
