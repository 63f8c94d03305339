"""Fargate platform versions: which there are, what each can do, where they are shown.

AWS: platform-fargate; botocore ecs PlatformUnknownException, EphemeralStorage; captured
PlatformUnknownException and PlatformTaskDefinitionIncompatibilityException of RunTask and
CreateService; facts: task-definitions, sections 2, 6, 7 and 8.
"""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from runs import Json
from shops import Shop

from ecslab import Image

OLD = "1.3.0"
INCOMPATIBLE = "One or more of the requested capabilities are not supported."
SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:db-AbCdEf"
NEEDS_NEWEST: dict[str, tuple[Json, Json]] = {
    # what is asked for: members of the definition, members of the container
    "more storage": ({"ephemeralStorage": {"sizeInGiB": 30}}, {}),
    "EFS": (
        {"volumes": [{"name": "data", "efsVolumeConfiguration": {"fileSystemId": "fs-1"}}]},
        {},
    ),
    "EBS": (
        {"volumes": [{"name": "data", "configuredAtLaunch": True}]},
        {"mountPoints": [{"sourceVolume": "data", "containerPath": "/data"}]},
    ),
    "8 vCPU": ({"cpu": "8192", "memory": "16384"}, {}),
    "a key of a secret": (
        {},
        {"secrets": [{"name": "PASSWORD", "valueFrom": f"{SECRET}:password::"}]},
    ),
    "an environment file": (
        {},
        {"environmentFiles": [{"type": "s3", "value": "arn:aws:s3:::settings-shop/a.env"}]},
    ),
    "SYS_PTRACE": ({}, {"linuxParameters": {"capabilities": {"add": ["SYS_PTRACE"]}}}),
}


def define(shop: Shop, members: Json | None = None, container: Json | None = None) -> str:
    """Register the family `web`; return its name."""
    uri = shop.cloud.push(Image(port=80), "web:1")
    shop.ecs.register_task_definition(
        family="web",
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        executionRoleArn=shop.role,
        containerDefinitions=[{"name": "app", "image": uri, **(container or {})}],
        **{"cpu": "256", "memory": "512", **(members or {})},
    )
    return "web"


def run(shop: Shop, **arguments: Any) -> Json:
    """Run one task of the family `web`; return it."""
    answer = shop.ecs.run_task(
        cluster="shop",
        taskDefinition="web",
        launchType="FARGATE",
        networkConfiguration=shop.network(),
        **arguments,
    )
    return dict(answer["tasks"][0])


@pytest.mark.parametrize(
    ("asked", "shown"), [(None, "1.4.0"), ("LATEST", "1.4.0"), ("1.4.0", "1.4.0"), (OLD, OLD)]
)
def test_versions_of_tasks_and_services(shop: Shop, asked: str | None, shown: str) -> None:
    """LATEST is 1.4.0 for Linux; a service says what was asked for, its deployment what it is."""
    define(shop)
    wanted = {"platformVersion": asked} if asked else {}
    task = run(shop, **wanted)
    assert (task["platformVersion"], task["platformFamily"]) == (shown, "Linux")
    shop.serve("web", 1, **wanted)
    shop.cloud.advance(minutes=2)
    service = shop.service()
    assert service["platformVersion"] == (asked or "LATEST")
    assert service["deployments"][0]["platformVersion"] == shown
    (arn,) = shop.ecs.list_tasks(cluster="shop", serviceName="web")["taskArns"]
    assert shop.task(arn)["platformVersion"] == shown
    assert shop.task(arn)["lastStatus"] == "RUNNING"


@pytest.mark.parametrize("version", ["1.4", "1.2.0", "1.0.0", "2.0.0", "newest"])
def test_versions_that_do_not_exist_or_are_retired(shop: Shop, version: str) -> None:
    """Captured: PlatformUnknownException for `1.4`; platform-versions-retired."""
    define(shop)
    words = r"\(PlatformUnknownException\).*The specified platform does not exist\."
    with pytest.raises(ClientError, match=words):
        run(shop, platformVersion=version)
    with pytest.raises(ClientError, match=words):
        shop.serve("web", 1, platformVersion=version)


@pytest.mark.parametrize("what", NEEDS_NEWEST)
def test_what_only_the_newest_version_has(shop: Shop, what: str) -> None:
    """Captured for EFS: the request is refused, whether it runs a task or makes a service."""
    define(shop, *NEEDS_NEWEST[what])
    with pytest.raises(ClientError) as refused:
        run(shop, platformVersion=OLD)
    error = refused.value.response["Error"]
    assert error["Code"] == "PlatformTaskDefinitionIncompatibilityException"
    assert error["Message"] == INCOMPATIBLE
    with pytest.raises(ClientError, match="PlatformTaskDefinitionIncompatibilityException"):
        shop.serve("web", 1, platformVersion=OLD)


def test_overrides_count_too(shop: Shop) -> None:
    """The task asks for more storage than the version has, though its definition does not."""
    define(shop)
    with pytest.raises(ClientError, match="PlatformTaskDefinitionIncompatibilityException"):
        run(shop, platformVersion=OLD, overrides={"ephemeralStorage": {"sizeInGiB": 30}})


def test_ecs_exec_needs_the_newest_version(shop: Shop) -> None:
    """AWS: ecs-exec-considerations: platform version 1.4.0 or later for Linux."""
    define(shop, {"taskRoleArn": shop.role})
    with pytest.raises(ClientError, match="InvalidParameterException"):
        run(shop, platformVersion=OLD, enableExecuteCommand=True)
    with pytest.raises(ClientError, match="InvalidParameterException"):
        shop.serve("web", 1, platformVersion=OLD, enableExecuteCommand=True)


def test_another_version_is_another_deployment(shop: Shop) -> None:
    """AWS: botocore ecs UpdateServiceRequest.platformVersion (triggers a new deployment)."""
    define(shop)
    shop.serve("web", 1, platformVersion=OLD)
    shop.cloud.advance(minutes=2)
    shop.ecs.update_service(cluster="shop", service="web", platformVersion="LATEST")
    shop.cloud.advance(minutes=5)
    service = shop.service()
    assert [each["platformVersion"] for each in service["deployments"]] == ["1.4.0"]
    (arn,) = shop.ecs.list_tasks(cluster="shop", serviceName="web")["taskArns"]
    assert shop.task(arn)["platformVersion"] == "1.4.0"


def test_windows_has_versions_of_its_own(shop: Shop) -> None:
    """AWS: platform-fargate: LATEST is 1.0.0 for Windows; botocore ecs Task.platformFamily."""
    system = {"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE", "cpuArchitecture": "X86_64"}
    define(shop, {"cpu": "1024", "memory": "2048", "runtimePlatform": system})
    task = run(shop)
    assert task["platformVersion"] == "1.0.0"
    assert task["platformFamily"] == "WINDOWS_SERVER_2022_CORE"
    with pytest.raises(ClientError, match="PlatformUnknownException"):
        run(shop, platformVersion="1.4.0")
