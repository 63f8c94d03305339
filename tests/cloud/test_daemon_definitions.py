"""Daemon task definitions.

AWS: managed-daemons; botocore ecs RegisterDaemonTaskDefinition, DescribeDaemonTaskDefinition,
ListDaemonTaskDefinitions, DeleteDaemonTaskDefinition.
"""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from shops import Shop

CONTAINER = {"name": "agent", "image": "nginx", "memory": 64}


def register(shop: Shop, family: str, **arguments: Any) -> str:
    """Register a daemon task definition; return its ARN."""
    request = {"containerDefinitions": [CONTAINER], **arguments}
    answer = shop.ecs.register_daemon_task_definition(family=family, **request)
    return str(answer["daemonTaskDefinitionArn"])


def listed(shop: Shop, **arguments: Any) -> list[str]:
    """List daemon task definitions as family:revision."""
    found = shop.ecs.list_daemon_task_definitions(**arguments)["daemonTaskDefinitions"]
    return [each["arn"].rsplit("/", 1)[-1] for each in found]


def test_revisions_are_described_listed_and_deleted(shop: Shop) -> None:
    """Their life: ACTIVE, DELETE_IN_PROGRESS, gone; they are no task definitions."""
    arn = register(shop, "agent", pidMode="shared", cpu="128", memory="256")
    assert arn.endswith(":daemon-task-definition/agent:1")
    register(shop, "agent")
    register(shop, "audit")
    found = shop.ecs.describe_daemon_task_definition(daemonTaskDefinition=arn)
    shown = found["daemonTaskDefinition"]
    assert (shown["status"], shown["revision"], shown["pidMode"]) == ("ACTIVE", 1, "shared")
    assert (shown["cpu"], shown["containerDefinitions"][0]["name"]) == ("128", "agent")
    assert listed(shop) == ["agent:1", "agent:2", "audit:1"]
    assert listed(shop, revision="LAST_REGISTERED", sort="DESC") == ["audit:1", "agent:2"]
    assert listed(shop, family="agent", maxResults=1) == ["agent:1"]
    shop.ecs.delete_daemon_task_definition(daemonTaskDefinition="agent:1")
    assert listed(shop, status="DELETE_IN_PROGRESS") == ["agent:1"]
    with pytest.raises(ClientError, match="not ACTIVE"):
        shop.ecs.delete_daemon_task_definition(daemonTaskDefinition="agent:1")
    shop.cloud.advance(minutes=2)
    assert listed(shop, status="ALL") == ["agent:2", "audit:1"]
    assert shop.ecs.list_task_definitions()["taskDefinitionArns"] == []
    with pytest.raises(ClientError, match="ClientException"):
        shop.ecs.describe_daemon_task_definition(daemonTaskDefinition=arn)


@pytest.mark.parametrize(
    "arguments",
    [
        {"containerDefinitions": []},
        {"containerDefinitions": [{**CONTAINER, "image": "a b"}]},
        {"containerDefinitions": [{"name": "agent", "image": "nginx"}]},
        {"containerDefinitions": [{**CONTAINER, "essential": False}]},
        {"pidMode": "host"},
    ],
)
def test_the_rules_of_task_definitions_hold(shop: Shop, arguments: Any) -> None:
    """Botocore ecs DaemonContainerDefinition: as in task definitions for Managed Instances."""
    with pytest.raises(ClientError, match=r"ClientException|InvalidParameterException"):
        register(shop, "agent", **arguments)
    assert listed(shop) == []
