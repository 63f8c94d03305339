"""Services, deployments and service revisions in botocore's shapes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecslab.model import service_messages as messages
from ecslab.model.cluster import FARGATE_PROVIDERS
from ecslab.model.deployment import breaker_threshold

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
_STATES = {"IN_PROGRESS": "IN_PROGRESS", "COMPLETED": "SUCCESSFUL", "FAILED": "STOPPED"}


def service_view(service: Service, *, tags: bool = False) -> dict[str, Any]:
    """Return a service as DescribeServices shows it.

    Args:
        service: the service.
        tags: whether to include its tags (`include=["TAGS"]`).
    """
    running, pending = _counts(service, None)
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
    if service.status == "ACTIVE" and not service.external:
        view["currentServiceRevisions"] = [
            {
                "arn": item.revision_arn,
                "requestedTaskCount": item.desired,
                "runningTaskCount": _counts(service, item)[0],
                "pendingTaskCount": _counts(service, item)[1],
            }
            for item in service.deployments
        ]
    return view


def _settings(deployment: Deployment) -> dict[str, Any]:
    """Return what a service shows of the deployment whose settings are its own."""
    shown = ("networkConfiguration", "launchType", "capacityProviderStrategy")
    return {
        "taskDefinition": deployment.definition["taskDefinitionArn"],
        **_platform(deployment, "LATEST"),
        **{key: deployment.settings[key] for key in shown if deployment.settings.get(key)},
    }


def _platform(deployment: Deployment, version: str) -> dict[str, str]:
    """Return the platform of a deployment on Fargate; there is none elsewhere."""
    strategy = deployment.settings.get("capacityProviderStrategy") or []
    elsewhere = any(item["capacityProvider"] not in FARGATE_PROVIDERS for item in strategy)
    if elsewhere or deployment.settings.get("launchType") == "EC2":
        return {}
    return {"platformVersion": version, "platformFamily": "Linux"}


def _counts(service: Service, deployment: Deployment | None) -> tuple[int, int]:
    tasks = service.tasks() if deployment is None else service.tasks_of(deployment)
    running = sum(1 for task in tasks if task.last_status == "RUNNING")
    pending = sum(1 for task in tasks if task.last_status in _PENDING)
    return running, pending


def _deployment(service: Service, deployment: Deployment) -> dict[str, Any]:
    running, pending = _counts(service, deployment)
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
        **_platform(deployment, "1.4.0"),
        "rolloutState": deployment.rollout_state,
        "rolloutStateReason": deployment.rollout_reason,
        "launchType": settings.get("launchType"),
        "capacityProviderStrategy": settings.get("capacityProviderStrategy"),
        "networkConfiguration": settings.get("networkConfiguration"),
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
    running, pending = _counts(service, deployment)
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
        **_platform(deployment, "1.4.0"),
        **{key: deployment.settings.get(key) for key in shown},
        "scale": {"value": task_set.scale, "unit": "PERCENT"},
        "stabilityStatus": task_set.stability,
        "stabilityStatusAt": task_set.stability_at,
        "tags": list(task_set.tags) if tags else None,
    }
    view["loadBalancers"] = view["loadBalancers"] or []
    view["serviceRegistries"] = view["serviceRegistries"] or []
    return {key: value for key, value in view.items() if value is not None}


def deployment_status(service: Service, deployment: Deployment) -> str:
    """Return a deployment's status in the words of service deployments.

    AWS: botocore ecs ServiceDeploymentStatus.
    """
    if deployment.rollback_of is not None and deployment.rollout_state == "COMPLETED":
        return "SUCCESSFUL"
    if deployment.rollout_state == "FAILED":
        restored = _restored(service, deployment)
        if restored is None:
            return "STOPPED"
        done = restored.rollout_state == "COMPLETED"
        return "ROLLBACK_SUCCESSFUL" if done else "ROLLBACK_IN_PROGRESS"
    if deployment.rollout_state == "IN_PROGRESS" and deployment.status != "PRIMARY":
        return "STOPPED"
    return _STATES[deployment.rollout_state]


def service_deployment_view(service: Service, deployment: Deployment) -> dict[str, Any]:
    """Return a deployment as DescribeServiceDeployments shows it."""
    running, pending = _counts(service, deployment)
    breaker = service.record["deploymentConfiguration"].get("deploymentCircuitBreaker") or {}
    monitored = "DISABLED"
    if breaker.get("enable"):
        monitored = {
            "IN_PROGRESS": "MONITORING",
            "COMPLETED": "MONITORING_COMPLETE",
            "FAILED": "TRIGGERED",
        }[deployment.rollout_state]
    view: dict[str, Any] = {
        "serviceDeploymentArn": deployment.deployment_arn,
        "serviceArn": service.arn,
        "clusterArn": service.cluster.arn,
        "createdAt": deployment.created_at,
        "startedAt": deployment.created_at,
        "updatedAt": deployment.updated_at,
        "status": deployment_status(service, deployment),
        "statusReason": deployment.rollout_reason,
        "targetServiceRevision": {
            "arn": deployment.revision_arn,
            "requestedTaskCount": deployment.desired,
            "runningTaskCount": running,
            "pendingTaskCount": pending,
        },
        "deploymentConfiguration": service.record["deploymentConfiguration"],
        "deploymentCircuitBreaker": {
            "status": monitored,
            "failureCount": deployment.failed_tasks,
            "threshold": breaker_threshold(service.desired, breaker.get("thresholdConfiguration")),
        },
    }
    if deployment.finished_at is not None:
        view["finishedAt"] = deployment.finished_at
    restored = _restored(service, deployment)
    if restored is not None:
        view["rollback"] = {
            "reason": messages.breaker_rollback(restored.id),
            "startedAt": deployment.finished_at,
            "serviceRevisionArn": restored.revision_arn,
        }
    return view


def _restored(service: Service, failed: Deployment) -> Deployment | None:
    """Return the deployment to which the service went back when another failed."""
    return next((item for item in service.history if item.rollback_of is failed), None)


def revision_view(service: Service, deployment: Deployment) -> dict[str, Any]:
    """Return what a deployment rolls out, as DescribeServiceRevisions shows it."""
    settings = deployment.settings
    containers = [
        {
            "containerName": spec["name"],
            "image": spec["image"],
            **(
                {"imageDigest": deployment.digests[spec["name"]]}
                if spec["name"] in deployment.digests
                else {}
            ),
        }
        for spec in deployment.definition["containerDefinitions"]
    ]
    view = {
        "serviceRevisionArn": deployment.revision_arn,
        "serviceArn": service.arn,
        "clusterArn": service.cluster.arn,
        "taskDefinition": deployment.definition["taskDefinitionArn"],
        "launchType": settings.get("launchType"),
        "capacityProviderStrategy": settings.get("capacityProviderStrategy"),
        **_platform(deployment, "1.4.0"),
        "loadBalancers": settings.get("loadBalancers"),
        "networkConfiguration": settings.get("networkConfiguration"),
        "monitoring": settings.get("monitoring"),
        "containerImages": containers,
        "createdAt": deployment.created_at,
    }
    return {key: value for key, value in view.items() if value}
