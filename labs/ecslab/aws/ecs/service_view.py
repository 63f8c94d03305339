"""Services, deployments and service revisions in botocore's shapes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecslab.model import platform_versions
from ecslab.model.cluster import FARGATE_PROVIDERS

if TYPE_CHECKING:
    from ecslab.sim.service import Deployment, Service
    from ecslab.sim.task_sets import TaskSet

_PENDING = ("PROVISIONING", "PENDING", "ACTIVATING")
_COPIED = (
    "loadBalancers",
    "serviceRegistries",
    "deploymentConfiguration",
    "placementConstraints",
    "placementStrategy",
    "healthCheckGracePeriodSeconds",
    "schedulingStrategy",
    "deploymentController",
    "createdBy",
    "enableECSManagedTags",
    "propagateTags",
    "enableExecuteCommand",
    "availabilityZoneRebalancing",
    "roleArn",
    "resourceManagementType",
)


def service_view(service: Service, *, tags: bool = False) -> dict[str, Any]:
    """Return a service as DescribeServices shows it.

    Args:
        service: the service.
        tags: whether to include its tags (`include=["TAGS"]`).
    """
    running, pending = counts(service, None)
    current = service.current
    view: dict[str, Any] = {
        "serviceArn": service.arn,
        "serviceName": service.name,
        "clusterArn": service.cluster.arn,
        "status": service.status,
        "desiredCount": service.desired,
        "runningCount": running,
        "pendingCount": pending,
        "deployments": []
        if service.external
        else [_deployment(service, item) for item in service.deployments],
        "events": list(reversed(service.events)),
        "createdAt": service.created_at,
        **{key: service.record[key] for key in _COPIED if service.record.get(key) is not None},
        **(_settings(current) if current is not None else {}),
    }
    if service.external:
        view["taskSets"] = [task_set_view(service, each) for each in service.task_sets.values()]
    if tags:
        view["tags"] = list(service.tags)
    if service.rollout is not None:
        view["currentServiceDeployment"] = service.rollout.arn
    if service.status == "ACTIVE" and not service.external:
        view["currentServiceRevisions"] = [
            {
                "arn": item.revision_arn,
                "requestedTaskCount": item.desired,
                "runningTaskCount": counts(service, item)[0],
                "pendingTaskCount": counts(service, item)[1],
            }
            for item in service.deployments
        ]
    return view


def _settings(deployment: Deployment) -> dict[str, Any]:
    """Return what a service shows of the deployment whose settings are its own."""
    shown = ("networkConfiguration", "launchType", "capacityProviderStrategy")
    return {
        "taskDefinition": deployment.definition["taskDefinitionArn"],
        **platform(deployment, as_asked=True),
        **{key: deployment.settings[key] for key in shown if deployment.settings.get(key)},
    }


def platform(deployment: Deployment, *, as_asked: bool = False) -> dict[str, str]:
    """Return the platform of a deployment on Fargate; there is none elsewhere.

    Args:
        deployment: the deployment.
        as_asked: whether the version is to be shown as the request had it, as services do.
    """
    strategy = deployment.settings.get("capacityProviderStrategy") or []
    elsewhere = any(item["capacityProvider"] not in FARGATE_PROVIDERS for item in strategy)
    if elsewhere or deployment.settings.get("launchType") == "EC2":
        return {}
    definition = deployment.definition
    asked = str(deployment.settings.get("platformVersion") or platform_versions.LATEST)
    version = asked if as_asked else platform_versions.resolved(asked, definition)
    return {"platformVersion": version, "platformFamily": platform_versions.family(definition)}


def counts(service: Service, deployment: Deployment | None) -> tuple[int, int]:
    """Return how many tasks of a service, or of one deployment of it, run and are pending."""
    tasks = service.tasks() if deployment is None else service.tasks_of(deployment)
    running = sum(1 for task in tasks if task.last_status == "RUNNING")
    pending = sum(1 for task in tasks if task.last_status in _PENDING)
    return running, pending


def _deployment(service: Service, deployment: Deployment) -> dict[str, Any]:
    running, pending = counts(service, deployment)
    settings = deployment.settings
    view = {
        "id": deployment.id,
        "status": deployment.status,
        "taskDefinition": deployment.definition["taskDefinitionArn"],
        "desiredCount": deployment.desired,
        "pendingCount": pending,
        "runningCount": running,
        "failedTasks": deployment.failed_tasks,
        "createdAt": deployment.created_at,
        "updatedAt": deployment.updated_at,
        **platform(deployment),
        "rolloutState": deployment.rollout_state,
        "rolloutStateReason": deployment.rollout_reason,
        "launchType": settings.get("launchType"),
        "capacityProviderStrategy": settings.get("capacityProviderStrategy"),
        "networkConfiguration": settings.get("networkConfiguration"),
        "serviceConnectConfiguration": settings.get("serviceConnectConfiguration"),
        "serviceConnectResources": _connect_resources(deployment),
        "volumeConfigurations": settings.get("volumeConfigurations"),
    }
    return {key: value for key, value in view.items() if value} | {
        "failedTasks": deployment.failed_tasks,
        "desiredCount": deployment.desired,
        "pendingCount": pending,
        "runningCount": running,
    }


def task_set_view(service: Service, task_set: TaskSet, *, tags: bool = False) -> dict[str, Any]:
    """Return a task set as DescribeTaskSets shows it.

    Args:
        service: its service.
        task_set: the task set.
        tags: whether to include its tags (`include=["TAGS"]`).
    """
    deployment = task_set.deployment
    running, pending = counts(service, deployment)
    shown = (
        "launchType",
        "capacityProviderStrategy",
        "networkConfiguration",
        "loadBalancers",
        "serviceRegistries",
    )
    view = {
        "id": task_set.id,
        "taskSetArn": task_set.arn,
        "serviceArn": service.arn,
        "clusterArn": service.cluster.arn,
        "externalId": task_set.external_id,
        "status": deployment.status,
        "taskDefinition": deployment.definition["taskDefinitionArn"],
        "computedDesiredCount": deployment.desired,
        "pendingCount": pending,
        "runningCount": running,
        "createdAt": deployment.created_at,
        "updatedAt": deployment.updated_at,
        **platform(deployment),
        **{key: deployment.settings.get(key) for key in shown},
        "scale": {"value": task_set.scale, "unit": "PERCENT"},
        "stabilityStatus": task_set.stability,
        "stabilityStatusAt": task_set.stability_at,
        "tags": list(task_set.tags) if tags else None,
    }
    view["loadBalancers"] = view["loadBalancers"] or []
    view["serviceRegistries"] = view["serviceRegistries"] or []
    return {key: value for key, value in view.items() if value is not None}


def _connect_resources(deployment: Deployment) -> list[dict[str, str]]:
    resources = deployment.connection.resources if deployment.connection else {}
    return [{"discoveryName": name, "discoveryArn": arn} for name, arn in resources.items()]
