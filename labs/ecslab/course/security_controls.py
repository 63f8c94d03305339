"""The controls of AWS Security Hub for Amazon ECS, as far as they concern the Bookshop.

AWS: Security Hub, ecs-controls (2026 list). Controls of Windows, EFS and capacity providers are
left out: the shop has none of those.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

__all__ = ["DEFINITION_CONTROLS", "failed_by_definition", "findings"]

DEFINITION_CONTROLS = ("ECS.3", "ECS.4", "ECS.5", "ECS.8", "ECS.9", "ECS.17", "ECS.20")
"""The controls that look at a task definition alone."""

_KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "ECS_ENGINE_AUTH_DATA")
_ROOT = ("", "root", "0")
_NEWEST = ("LATEST", "1.4.0")

Json = dict[str, Any]


def failed_by_definition(definition: Json) -> set[str]:
    """Give the controls that a task definition fails.

    Args:
        definition: as DescribeTaskDefinition shows it.
    """
    containers = definition.get("containerDefinitions") or []
    failed = {
        "ECS.3": definition.get("pidMode") == "host",
        "ECS.17": definition.get("networkMode") == "host",
        "ECS.4": any(each.get("privileged") for each in containers),
        "ECS.5": any(not each.get("readonlyRootFilesystem") for each in containers),
        "ECS.8": any(_has_key(each) for each in containers),
        "ECS.9": any(not each.get("logConfiguration") for each in containers),
        "ECS.20": any(
            str(each.get("user") or "").partition(":")[0] in _ROOT for each in containers
        ),
    }
    return {control for control, wrong in failed.items() if wrong}


def findings(ecs: Any, cluster: str) -> list[tuple[str, str]]:
    """Give the findings of a cluster: pairs of a control and what fails it, in order.

    Args:
        ecs: a boto3 client.
        cluster: the cluster's name.
    """
    found = list(_of_cluster(ecs, cluster))
    names = ecs.list_services(cluster=cluster)["serviceArns"]
    services = (
        ecs.describe_services(cluster=cluster, services=names, include=["TAGS"])["services"]
        if names
        else []
    )
    for service in services:
        found += _of_service(service)
        answer = ecs.describe_task_definition(
            taskDefinition=service["taskDefinition"], include=["TAGS"]
        )
        name = service["taskDefinition"].rsplit("/", 1)[-1]
        found += [(control, name) for control in failed_by_definition(answer["taskDefinition"])]
        if not answer.get("tags"):
            found.append(("ECS.15", name))
    return sorted(set(found), key=lambda pair: (int(pair[0].partition(".")[2]), pair[1]))


def _of_cluster(ecs: Any, cluster: str) -> Iterator[tuple[str, str]]:
    answer = ecs.describe_clusters(clusters=[cluster], include=["SETTINGS", "TAGS"])
    described = answer["clusters"][0]
    settings = {each["name"]: each["value"] for each in described.get("settings") or ()}
    if settings.get("containerInsights", "disabled") == "disabled":
        yield "ECS.12", cluster
    if not described.get("tags"):
        yield "ECS.14", cluster


def _of_service(service: Json) -> Iterator[tuple[str, str]]:
    network = (service.get("networkConfiguration") or {}).get("awsvpcConfiguration") or {}
    if network.get("assignPublicIp") == "ENABLED":
        yield "ECS.2", service["serviceName"]
    if service.get("platformVersion", "LATEST") not in _NEWEST:
        yield "ECS.10", service["serviceName"]
    if not service.get("tags"):
        yield "ECS.13", service["serviceName"]


def _has_key(container: Json) -> bool:
    return any(each["name"] in _KEYS for each in container.get("environment") or ())
