"""The task metadata endpoint, version 4, as programs in containers see it."""

from __future__ import annotations

import json
import os
import urllib.request
from typing import Any

import pytest
from fleets import open_fleet
from runs import Runs
from shops import Shop

from ecslab import Image

PATHS = ("", "/task", "/taskWithTags", "/stats", "/task/stats", "/none")


def ask() -> None:
    """Print what each path of the endpoint answers."""
    base = os.environ["ECS_CONTAINER_METADATA_URI_V4"]
    for path in PATHS:
        try:
            with urllib.request.urlopen(base + path) as answer:
                print(json.dumps({"path": path, "answer": json.load(answer)}))
        except urllib.error.HTTPError as error:
            print(json.dumps({"path": path, "status": error.code}))


def test_what_a_task_on_fargate_learns_of_itself(shop: Shop) -> None:
    """AWS: task-metadata-endpoint-v4-fargate: keys in Pascal case; no taskWithTags there."""
    runs = Runs(shop)
    spec = runs.container("web", Image(port=80, memory=100.0, work=ask, every=600, ready_after=5))
    arn = runs.start("web", spec)
    runs.until("web", "RUNNING")
    shop.cloud.advance(seconds=10)
    found = {each["path"]: each for each in map(json.loads, runs.lines("web"))}
    own = found[""]["answer"]
    assert (own["Name"], own["KnownStatus"], own["Type"]) == ("web", "RUNNING", "NORMAL")
    assert own["Labels"]["com.amazonaws.ecs.task-arn"] == arn
    assert own["LogDriver"] == "awslogs"
    task = found["/task"]["answer"]
    assert (task["TaskARN"], task["Family"], task["Revision"]) == (arn, "web", "1")
    assert task["Limits"] == {"CPU": 0.25, "Memory": 512}
    assert [each["Name"] for each in task["Containers"]] == ["web"]
    described = runs.task("web")
    address = described["containers"][0]["networkInterfaces"][0]["privateIpv4Address"]
    assert own["Networks"][0]["IPv4Addresses"] == [address]
    assert own["DockerId"] == described["containers"][0]["runtimeId"]
    stats = found["/stats"]["answer"]
    assert stats["memory_stats"]["usage"] == 100 * 1024 * 1024
    assert list(found["/task/stats"]["answer"]) == [own["DockerId"]]
    assert found["/taskWithTags"]["status"] == found["/none"]["status"] == 404


def test_tags_on_a_container_instance(shop: Shop) -> None:
    """AWS: task-metadata-endpoint-v4: taskWithTags."""
    open_fleet(shop).join()
    runs = Runs(shop)
    spec = runs.container("host", Image(work=ask, every=600), memory=128)
    shop.ecs.register_task_definition(
        family="host", containerDefinitions=[spec], executionRoleArn=shop.role
    )
    arn = shop.ecs.run_task(
        cluster="shop", taskDefinition="host", tags=[{"key": "team", "value": "shop"}]
    )["tasks"][0]["taskArn"]
    runs.arns["host"] = arn
    runs.until("host", "RUNNING")
    shop.cloud.advance(seconds=10)
    found: dict[str, Any] = {e["path"]: e for e in map(json.loads, runs.lines("host"))}
    assert found["/taskWithTags"]["answer"]["TaskTags"] == {"team": "shop"}
    assert "Limits" not in found["/task"]["answer"]
    assert found["/task"]["answer"]["LaunchType"] == "EC2"


@pytest.mark.parametrize("path", ["/v4/other/task", "/v4/"])
def test_a_container_that_there_is_not(shop: Shop, path: str) -> None:
    def work() -> None:
        try:
            urllib.request.urlopen(f"http://169.254.170.2{path}")
        except urllib.error.HTTPError as error:
            print(error.code)

    runs = Runs(shop)
    runs.start("web", runs.container("web", Image(work=work, every=600)))
    runs.until("web", "RUNNING")
    shop.cloud.advance(seconds=5)
    assert runs.lines("web") == ["404"]
