"""Task definitions on their way out.

AWS: botocore ecs DeregisterTaskDefinition, DeleteTaskDefinitions, TaskDefinition.status.
"""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError
from shops import Shop

from ecslab import Image


def status(shop: Shop, name: str) -> str:
    """Return the status of a revision, empty when it is gone."""
    try:
        found = shop.ecs.describe_task_definition(taskDefinition=name)["taskDefinition"]
    except ClientError:
        return ""
    return str(found["status"])


def test_a_deleted_revision_is_gone_once_its_service_and_tasks_are(shop: Shop) -> None:
    """ACTIVE, INACTIVE, DELETE_IN_PROGRESS while anything uses it, then gone; numbers go on."""
    shop.serve(shop.define(Image()), 1)
    shop.run(shop.define("nginx"))
    shop.cloud.advance(minutes=1)
    for name in ("web:1", "web:2"):
        assert status(shop, name) == "ACTIVE"
        shop.ecs.deregister_task_definition(taskDefinition=name)
        assert status(shop, name) == "INACTIVE"
    shop.ecs.delete_task_definitions(taskDefinitions=["web:1", "web:2"])
    shop.cloud.advance(hours=1)
    assert [status(shop, name) for name in ("web:1", "web:2")] == ["DELETE_IN_PROGRESS"] * 2
    shop.ecs.update_service(cluster="shop", service="web", desiredCount=2)
    shop.cloud.advance(minutes=2)
    assert shop.service()["runningCount"] == 2  # a service in use can still scale
    for arn in shop.ecs.list_tasks(cluster="shop", family="web")["taskArns"]:
        shop.ecs.stop_task(cluster="shop", task=arn)
    shop.cloud.advance(minutes=3)
    assert [status(shop, name) for name in ("web:1", "web:2")] == ["DELETE_IN_PROGRESS", ""]
    shop.ecs.delete_service(cluster="shop", service="web", force=True)
    shop.cloud.advance(minutes=5)
    assert status(shop, "web:1") == ""
    assert shop.ecs.list_task_definition_families()["families"] == []
    assert shop.define("nginx").endswith(":3")


def test_what_is_being_deleted_runs_nothing_new(shop: Shop) -> None:
    """Botocore ecs DeleteTaskDefinitions: no new tasks and services, no update to it."""
    definition = shop.define("nginx")
    other = shop.define("nginx", family="other")
    shop.serve(other, 0)
    shop.run(definition)
    shop.ecs.deregister_task_definition(taskDefinition=definition)
    shop.ecs.delete_task_definitions(taskDefinitions=[definition])
    with pytest.raises(ClientError, match="ClientException"):
        shop.run(definition)
    with pytest.raises(ClientError, match="ClientException"):
        shop.ecs.update_service(cluster="shop", service="web", taskDefinition=definition)
