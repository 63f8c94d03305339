"""What ECS stores of a registered request: defaults, normal forms, and what it computes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from ecslab.errors import AwsError
from ecslab.model.task_definition import (
    SecretReference,
    is_ecr_image,
    network_mode,
    port_range,
    reserved_memory,
    secret_reference,
    task_definition_arn,
)

SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:db-AbCdEf"
PARAMETER = "arn:aws:ssm:us-east-1:123456789012:parameter/db/password"
ROLE = "arn:aws:iam::123456789012:role/execution"


def test_defaults_are_written_out(valid: Any, registered: Any) -> None:
    """AWS: botocore ecs ContainerDefinition.essential, .cpu; DescribeTaskDefinition output."""
    definition = registered(valid())
    assert definition["containerDefinitions"] == [
        {
            "name": "web",
            "image": "nginx:1.27",
            "cpu": 0,
            "portMappings": [],
            "essential": True,
            "environment": [],
            "mountPoints": [],
            "volumesFrom": [],
            "systemControls": [],
            "memory": 256,
        }
    ]
    assert (definition["volumes"], definition["placementConstraints"]) == ([], [])
    assert definition["enableFaultInjection"] is False
    assert definition["status"] == "ACTIVE"
    assert definition["revision"] == 1
    assert definition["taskDefinitionArn"].endswith(":123456789012:task-definition/web:1")
    assert definition["registeredAt"] == datetime(2026, 1, 15, 9, tzinfo=UTC)
    assert definition["registeredBy"] == "arn:aws:iam::123456789012:user/teacher"


def test_what_nobody_wrote_stays_out(valid: Any, registered: Any) -> None:
    """AWS: botocore ecs RegisterTaskDefinitionRequest.requiresCompatibilities, .cpu, .memory."""
    request = valid()
    del request["requiresCompatibilities"]
    definition = registered(request | {"tags": [{"key": "team", "value": "web"}]})
    for member in ("requiresCompatibilities", "cpu", "memory", "networkMode", "tags"):
        assert member not in definition
    assert network_mode(definition) == "bridge"


@pytest.mark.parametrize(
    ("mode", "given", "stored"),
    [
        ("awsvpc", {"containerPort": 80}, {"containerPort": 80, "hostPort": 80}),
        ("host", {"containerPort": 80}, {"containerPort": 80, "hostPort": 80}),
        ("bridge", {"containerPort": 80}, {"containerPort": 80, "hostPort": 0}),
        ("bridge", {"containerPort": 80, "hostPort": 81}, {"containerPort": 80, "hostPort": 81}),
        ("awsvpc", {"containerPortRange": "80-90"}, {"containerPortRange": "80-90"}),
    ],
)
def test_host_port_follows_the_network_mode(
    mode: str, given: dict[str, Any], stored: dict[str, Any], valid: Any, registered: Any
) -> None:
    """AWS: botocore ecs PortMapping.hostPort."""
    request = valid(container={"portMappings": [given]}, networkMode=mode)
    container = registered(request)["containerDefinitions"][0]
    assert container["portMappings"] == [stored | {"protocol": "tcp"}]


@pytest.mark.parametrize(("given", "stored"), [("udp", "udp"), ("tcp", "tcp"), ("sctp", "tcp")])
def test_protocol_other_than_udp_is_tcp(
    given: str, stored: str, valid: Any, registered: Any
) -> None:
    """AWS: botocore ecs PortMapping.protocol."""
    request = valid(container={"portMappings": [{"containerPort": 53, "protocol": given}]})
    mapping = registered(request)["containerDefinitions"][0]["portMappings"][0]
    assert mapping["protocol"] == stored


def test_health_check_gets_its_defaults(valid: Any, registered: Any) -> None:
    """AWS: botocore ecs HealthCheck; the start period is off by default."""
    check = {"command": ["CMD-SHELL", "curl -f localhost"], "retries": 5}
    stored = registered(valid(container={"healthCheck": check}))["containerDefinitions"][0]
    assert stored["healthCheck"] == {**check, "interval": 30, "timeout": 5}


def test_volumes_get_their_defaults(valid: Any, registered: Any) -> None:
    """AWS: botocore ecs Volume.host, EFSVolumeConfiguration.rootDirectory."""
    efs = {"fileSystemId": "fs-1"}
    stored = registered(
        valid(volumes=[{"name": "scratch"}, {"name": "data", "efsVolumeConfiguration": efs}])
    )["volumes"]
    assert stored == [
        {"name": "scratch", "host": {}},
        {"name": "data", "efsVolumeConfiguration": {"fileSystemId": "fs-1", "rootDirectory": "/"}},
    ]


@pytest.mark.parametrize(
    ("cpu", "memory"), [("1024", "2048"), ("1 vCPU", "2GB"), ("1 vcpu", "2 GB"), ("1vCPU", "2gb")]
)
def test_units_are_normalised(cpu: str, memory: str, valid: Any, registered: Any) -> None:
    """AWS: botocore ecs RegisterTaskDefinitionRequest.cpu, .memory."""
    definition = registered(valid("fargate", cpu=cpu, memory=memory))
    assert (definition["cpu"], definition["memory"]) == ("1024", "2048")


@pytest.mark.parametrize(
    "cpu", ["abc", "", "1.5", "0.3 vCPU", "1 vCPU ", " 256", "-256", "0", "0 vCPU", "1e3", "٢٥٦"]
)
def test_unreadable_cpu_is_an_answer(cpu: str, valid: Any, registered: Any) -> None:
    """AWS: task-cpu-memory-error."""
    with pytest.raises(AwsError, match="ClientException: Invalid 'cpu' setting for task"):
        registered(valid("fargate", cpu=cpu))


COMPATIBILITIES = {
    "bridge": ({}, ["EXTERNAL", "EC2"]),
    "awsvpc with a size": (
        {"networkMode": "awsvpc", "cpu": "256", "memory": "512"},
        ["EC2", "FARGATE", "MANAGED_INSTANCES"],
    ),
    "awsvpc without a size": ({"networkMode": "awsvpc"}, ["EC2", "MANAGED_INSTANCES"]),
    "awsvpc with a size that Fargate lacks": (
        {"networkMode": "awsvpc", "cpu": "256", "memory": "4096"},
        ["EC2", "MANAGED_INSTANCES"],
    ),
    "host": ({"networkMode": "host"}, ["EXTERNAL", "EC2", "MANAGED_INSTANCES"]),
    "Fargate's disk": (
        {
            "networkMode": "awsvpc",
            "cpu": "256",
            "memory": "512",
            "ephemeralStorage": {"sizeInGiB": 30},
        },
        ["FARGATE"],
    ),
    "Windows": (
        {
            "networkMode": "awsvpc",
            "cpu": "1024",
            "memory": "2048",
            "runtimePlatform": {"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE"},
        },
        ["EC2", "FARGATE"],
    ),
}


@pytest.mark.parametrize(
    ("members", "expected"), COMPATIBILITIES.values(), ids=COMPATIBILITIES.keys()
)
def test_compatibilities_are_computed(
    members: dict[str, Any], expected: list[str], valid: Any, registered: Any
) -> None:
    """AWS: botocore ecs TaskDefinition.compatibilities."""
    request = valid(**members)
    del request["requiresCompatibilities"]
    assert registered(request)["compatibilities"] == expected


def test_definition_that_fits_no_platform_is_refused_for_ec2(valid: Any, registered: Any) -> None:
    """AWS: botocore ecs RegisterTaskDefinitionRequest.ephemeralStorage."""
    request = valid(ephemeralStorage={"sizeInGiB": 30})
    del request["requiresCompatibilities"]
    with pytest.raises(AwsError, match="EC2 launch type do not support EphemeralStorage"):
        registered(request)


def test_definition_must_fit_every_platform_that_it_requires(valid: Any, registered: Any) -> None:
    """AWS: botocore ecs RegisterTaskDefinitionRequest.requiresCompatibilities."""
    both = ["EC2", "FARGATE"]
    assert registered(valid("fargate", requiresCompatibilities=both))
    with pytest.raises(AwsError, match="Fargate only supports network mode"):
        registered(valid("ec2", requiresCompatibilities=both))


ATTRIBUTES = {
    "nothing special": ({}, {}, set()),
    "own network interface": (
        {"networkMode": "awsvpc"},
        {},
        {"ecs.capability.task-eni", "com.amazonaws.ecs.capability.docker-remote-api.1.18"},
    ),
    "task role": (
        {"taskRoleArn": ROLE},
        {},
        {"com.amazonaws.ecs.capability.task-iam-role"},
    ),
    "logs and image with the execution role": (
        {"executionRoleArn": ROLE},
        {
            "image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/web:1",
            "logConfiguration": {
                "logDriver": "awslogs",
                "options": {"awslogs-group": "web", "awslogs-region": "us-east-1"},
            },
        },
        {
            "com.amazonaws.ecs.capability.ecr-auth",
            "com.amazonaws.ecs.capability.docker-remote-api.1.19",
            "com.amazonaws.ecs.capability.logging-driver.awslogs",
            "ecs.capability.execution-role-awslogs",
            "ecs.capability.execution-role-ecr-pull",
        },
    ),
    "secrets": (
        {"executionRoleArn": ROLE},
        {"secrets": [{"name": "A", "valueFrom": SECRET}, {"name": "B", "valueFrom": "b"}]},
        {
            "ecs.capability.secrets.asm.environment-variables",
            "ecs.capability.secrets.ssm.environment-variables",
        },
    ),
    "health check and stop timeout": (
        {},
        {"healthCheck": {"command": ["CMD", "true"]}, "stopTimeout": 30},
        {
            "com.amazonaws.ecs.capability.docker-remote-api.1.24",
            "ecs.capability.container-health-check",
            "ecs.capability.container-ordering",
        },
    ),
    "Docker volume": (
        {"volumes": [{"name": "data", "dockerVolumeConfiguration": {"scope": "shared"}}]},
        {},
        {
            "com.amazonaws.ecs.capability.docker-remote-api.1.25",
            "ecs.capability.docker-plugin.local",
        },
    ),
}


@pytest.mark.parametrize(
    ("members", "container", "expected"), ATTRIBUTES.values(), ids=ATTRIBUTES.keys()
)
def test_required_attributes_come_from_what_is_used(
    members: dict[str, Any],
    container: dict[str, Any],
    expected: set[str],
    valid: Any,
    registered: Any,
) -> None:
    """AWS: task-placement-constraints; names as in described task definitions."""
    definition = registered(valid(container=container, **members))
    assert {attribute["name"] for attribute in definition["requiresAttributes"]} == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("password", SecretReference("ssm", "password")),
        (PARAMETER, SecretReference("ssm", PARAMETER, "us-east-1", "123456789012")),
        (SECRET, SecretReference("secretsmanager", SECRET, "us-east-1", "123456789012")),
        (
            f"{SECRET}:key::",
            SecretReference("secretsmanager", SECRET, "us-east-1", "123456789012", "key"),
        ),
        (
            f"{SECRET}::AWSPREVIOUS:",
            SecretReference(
                "secretsmanager",
                SECRET,
                "us-east-1",
                "123456789012",
                version_stage="AWSPREVIOUS",
            ),
        ),
        (
            f"{SECRET}:key",
            SecretReference(
                "secretsmanager",
                SECRET,
                "us-east-1",
                "123456789012",
                "key",
                well_formed=False,
            ),
        ),
        ("", None),
        ("arn:aws:s3:::bucket/password", None),
        ("arn:aws:secretsmanager:us-east-1:123456789012:secret:", None),
    ],
)
def test_secret_reference(value: str, expected: SecretReference | None) -> None:
    """AWS: secrets-envvar-secrets-manager; botocore ecs Secret.valueFrom."""
    assert secret_reference(value) == expected


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("123456789012.dkr.ecr.us-east-1.amazonaws.com/web:1", True),
        ("123456789012.dkr-ecr.us-east-1.on.aws/web:1", True),
        ("public.ecr.aws/nginx/nginx:latest", False),
        ("nginx", False),
    ],
)
def test_private_ecr_images_are_told_apart(image: str, expected: bool) -> None:  # noqa: FBT001
    """AWS: botocore ecs ContainerDefinition.image."""
    assert is_ecr_image(image) is expected


@pytest.mark.parametrize(
    "image",
    [
        "nginx",
        "public.ecr.aws/docker/library/nginx:1.27",
        "registry:5000/team/web#1",
        f"web@sha256:{'a' * 64}",
        f"{'a' * 255}@sha256:{'F' * 64}",
    ],
)
def test_image_with_known_characters_is_accepted(image: str, valid: Any, registered: Any) -> None:
    """AWS: botocore ecs ContainerDefinition.image."""
    assert registered(valid(container={"image": image}))


@pytest.mark.parametrize(
    "image", ["a b", "a" * 256, "web@sha256:abc", f"web@md5:{'a' * 64}", "https://x?y"]
)
def test_image_with_other_characters_is_refused(image: str, valid: Any, registered: Any) -> None:
    """AWS: botocore ecs ContainerDefinition.image."""
    with pytest.raises(AwsError, match=r"Container\.image contains invalid characters"):
        registered(valid(container={"image": image}))


def test_small_helpers() -> None:
    """AWS: botocore ecs PortMapping.containerPortRange, ContainerDefinition.memory; ARNs."""
    assert port_range("8080-8082") == range(8080, 8083)
    assert port_range("8082-8080") is None
    assert reserved_memory({"memory": 512, "memoryReservation": 128}) == 128
    assert reserved_memory({"memory": 512}) == 512
    china = task_definition_arn("web", 3, account="123456789012", region="cn-north-1")
    assert china == "arn:aws-cn:ecs:cn-north-1:123456789012:task-definition/web:3"


@pytest.mark.parametrize(
    "container",
    [
        {"memory": 256, "memoryReservation": 256},
        {"memory": 6},
        {"cpu": 0},
        {"stopTimeout": 121},
        {"linuxParameters": {"capabilities": {"add": ["NET_ADMIN"]}}},
        {"user": "0"},
        {"ulimits": [{"name": "nofile", "softLimit": 1024, "hardLimit": -1}]},
    ],
)
def test_edge_that_ec2_accepts(container: dict[str, Any], valid: Any, registered: Any) -> None:
    """AWS: botocore ecs ContainerDefinition; equal memory limits are accepted (measured)."""
    assert registered(valid(container=container))


@pytest.mark.parametrize(
    "container",
    [
        {"stopTimeout": 2},
        {"stopTimeout": 120, "startTimeout": 120},
        {"linuxParameters": {"capabilities": {"add": ["SYS_PTRACE"], "drop": ["ALL"]}}},
        {"linuxParameters": {"initProcessEnabled": True}},
        {"linuxParameters": {"tmpfs": [{"containerPath": "/scratch", "size": 64}]}},
        {"privileged": False, "disableNetworking": False},
        {"readonlyRootFilesystem": True},
        {"restartPolicy": {"enabled": True, "restartAttemptPeriod": 1800}},
    ],
)
def test_edge_that_fargate_accepts(container: dict[str, Any], valid: Any, registered: Any) -> None:
    """AWS: fargate-tasks-services; botocore ecs LinuxParameters.tmpfs (since January 2026)."""
    assert registered(valid("fargate", container=container))
