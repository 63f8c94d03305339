"""Containers of one task and the network between them, by network mode.

AWS: task-networking-awsvpc (shared interface), task-networking-bridge; botocore ecs
ContainerDefinition.links, .extraHosts; facts: task-definitions, section 4.
"""

from __future__ import annotations

import boto3
import pytest
from fleets import Fleet, open_fleet
from runs import logging
from shops import Shop

from ecslab import Image


@pytest.fixture
def fleet(shop: Shop) -> Fleet:
    made = open_fleet(shop)
    made.join(1)
    return made


def _asks() -> None:
    import urllib.request

    with urllib.request.urlopen("http://localhost:5432/") as answer:
        print(answer.read().decode())
    raise SystemExit(0)


def printed(fleet: Fleet, mode: str, script: str, **container: object) -> list[str]:
    """Run a script beside a container `db` that listens on port 5432; return what it printed."""
    logs = boto3.client("logs")
    logs.create_log_group(logGroupName="/app")
    push = fleet.shop.cloud.push
    app = {
        "name": "app",
        "image": push(Image(), "app:1"),
        "memory": 64,
        "command": ["sh", "-c", f"sleep 5; {script}"],
        "logConfiguration": logging("app", "/app"),
        **container,
    }
    image = push(Image(port=5432, body="rows"), "db:1")
    mapping = [{"containerPort": 5432, "hostPort": 5432}]
    db = {"name": "db", "image": image, "memory": 64, "portMappings": mapping}
    fleet.ecs.register_task_definition(
        family="pair",
        networkMode=mode,
        containerDefinitions=[app, db],
        executionRoleArn=fleet.shop.role,
    )
    subnets = {"awsvpcConfiguration": {"subnets": fleet.shop.subnets[:1]}}
    network = {"networkConfiguration": subnets} if mode == "awsvpc" else {}
    fleet.shop.stopped(fleet.start("pair", **network))
    events = logs.filter_log_events(logGroupName="/app")["events"]
    return [each["message"] for each in events]


@pytest.mark.parametrize(("mode", "code"), [("awsvpc", "0"), ("host", "0"), ("bridge", "7")])
def test_localhost_is_the_tasks_or_the_containers_own(fleet: Fleet, mode: str, code: str) -> None:
    """With awsvpc and host all containers share a network; on the bridge each has its own."""
    assert printed(fleet, mode, "curl -s http://localhost:5432/; echo $?") == [code]


def test_a_link_gives_another_container_a_name(fleet: Fleet) -> None:
    """AWS: botocore ecs ContainerDefinition.links: name:alias, without port mappings."""
    script = "curl -s http://database:5432/; echo $?; curl -s http://db:5432/; echo $?"
    assert printed(fleet, "bridge", script, links=["db:database"]) == ["0", "0"]


def test_without_a_link_there_is_no_such_name(fleet: Fleet) -> None:
    assert printed(fleet, "bridge", "curl -s http://db:5432/ || echo $?")[-1] == "6"


def test_names_in_the_hosts_file(fleet: Fleet) -> None:
    """AWS: botocore ecs ContainerDefinition.extraHosts, .links."""
    extra = [{"hostname": "legacy", "ipAddress": "10.1.2.3"}]
    lines = printed(fleet, "bridge", "cat /etc/hosts", links=["db"], extraHosts=extra)
    assert "10.1.2.3 legacy" in lines
    assert any(line.endswith(" db") for line in lines)


def test_a_programs_own_requests_do_not_tell_containers_apart(fleet: Fleet) -> None:
    """A known difference: on the bridge a program reaches the other container's fixed host port."""
    image = fleet.shop.cloud.push(Image(work=_asks, ready_after=5), "asks:1")
    assert printed(fleet, "bridge", "", image=image, command=[]) == ["rows"]
