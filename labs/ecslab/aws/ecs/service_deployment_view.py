"""Service deployments and service revisions in botocore's shapes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ecslab.aws.ecs.service_view import counts, platform
from ecslab.sim import circuit_breaker, deployment_alarms

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecslab.sim.service import Deployment, Service
    from ecslab.sim.service_deployment import HookRun, ServiceDeployment


_SHOWN_STAGE: Final = {"PRE_PRODUCTION_TRAFFIC_SHIFT": "POST_TEST_TRAFFIC_SHIFT"}
"""botocore's ServiceDeploymentLifecycleStage describes this stage, but does not list it."""


def brief_view(service: Service, rollout: ServiceDeployment) -> dict[str, Any]:
    """Return a service deployment as ListServiceDeployments shows it."""
    view = {
        "serviceDeploymentArn": rollout.arn,
        "serviceArn": service.arn,
        "clusterArn": service.cluster.arn,
        "startedAt": rollout.started_at,
        "createdAt": rollout.created_at,
        "finishedAt": rollout.finished_at,
        "targetServiceRevisionArn": rollout.target.revision_arn,
        "status": rollout.status,
        "statusReason": rollout.reason,
    }
    return {key: value for key, value in view.items() if value is not None}


def service_deployment_view(service: Service, rollout: ServiceDeployment) -> dict[str, Any]:
    """Return a service deployment as DescribeServiceDeployments shows it."""
    view = {
        **brief_view(service, rollout),
        "stoppedAt": rollout.stopped_at,
        "updatedAt": rollout.updated_at,
        "sourceServiceRevisions": [_revision(service, rollout, item) for item in rollout.sources],
        "targetServiceRevision": _revision(service, rollout, rollout.target),
        "lifecycleStage": _SHOWN_STAGE.get(rollout.stage or "", rollout.stage),
        "lifecycleHookDetails": [_hook(run) for run in rollout.hooks] or None,
        "deploymentConfiguration": rollout.configuration,
        "deploymentCircuitBreaker": _breaker(service, rollout),
        "alarms": _alarms(rollout),
        "rollback": _rollback(rollout),
    }
    del view["targetServiceRevisionArn"]
    return {key: value for key, value in view.items() if value is not None}


def _revision(
    service: Service, rollout: ServiceDeployment, deployment: Deployment
) -> dict[str, Any]:
    running, pending = counts(service, deployment)
    view: dict[str, Any] = {
        "arn": deployment.revision_arn,
        "requestedTaskCount": deployment.desired,
        "runningTaskCount": running,
        "pendingTaskCount": pending,
    }
    for key, weights in (
        ("requestedTestTrafficWeight", rollout.test),
        ("requestedProductionTrafficWeight", rollout.production),
    ):
        if weights:
            view[key] = float(weights.get(deployment.revision_arn, 0.0))
    return view


def _hook(run: HookRun) -> dict[str, Any]:
    view = {
        "hookId": run.id,
        "targetType": run.kind,
        "targetArn": run.arn,
        "status": run.status,
        "expiresAt": run.expires_at,
        "timeoutAction": run.timeout_action,
    }
    return {key: value for key, value in view.items() if value is not None}


def _monitor(rollout: ServiceDeployment, *, enabled: bool, tripped: bool) -> str:
    """Return botocore's ServiceDeploymentRollbackMonitorsStatus."""
    if not enabled:
        return "DISABLED"
    if tripped:
        return "TRIGGERED"
    return "MONITORING" if rollout.unfinished else "MONITORING_COMPLETE"


def _breaker(service: Service, rollout: ServiceDeployment) -> dict[str, Any]:
    breaker = rollout.configuration.get("deploymentCircuitBreaker") or {}
    enabled = bool(breaker.get("enable"))
    over = rollout.finished_at is not None or rollout.restored is not None
    return {
        "status": _monitor(rollout, enabled=enabled, tripped=rollout.breaker_tripped),
        "failureCount": rollout.failures if over else rollout.target.failed_tasks,
        "threshold": circuit_breaker.threshold(service),
    }


def _alarms(rollout: ServiceDeployment) -> dict[str, Any] | None:
    configured = deployment_alarms.settings(rollout)
    if not configured:
        return None
    triggered = list(rollout.triggered_alarms)
    view: dict[str, Any] = {
        "status": _monitor(
            rollout, enabled=deployment_alarms.monitored(rollout), tripped=bool(triggered)
        ),
        "alarmNames": list(configured.get("alarmNames") or []),
    }
    return {**view, "triggeredAlarmNames": triggered} if triggered else view


def _rollback(rollout: ServiceDeployment) -> dict[str, Any] | None:
    if rollout.restored is None:
        return None
    return {
        "reason": rollout.rollback_reason,
        "startedAt": rollout.rollback_at,
        "serviceRevisionArn": rollout.restored.revision_arn,
    }


def container_images(
    definition: Mapping[str, Any], digests: Mapping[str, str]
) -> list[dict[str, str]]:
    """Return the images of a revision in the shape of botocore's ContainerImage.

    Args:
        definition: the task definition.
        digests: container → the digest of its image, as far as one is known.
    """
    images = []
    for spec in definition["containerDefinitions"]:
        name = spec["name"]
        digest = {"imageDigest": digests[name]} if name in digests else {}
        images.append({"containerName": name, "image": spec["image"], **digest})
    return images


def revision_view(service: Service, deployment: Deployment) -> dict[str, Any]:
    """Return what a deployment rolls out, as DescribeServiceRevisions shows it."""
    settings = deployment.settings
    view = {
        "serviceRevisionArn": deployment.revision_arn,
        "serviceArn": service.arn,
        "clusterArn": service.cluster.arn,
        "taskDefinition": deployment.definition["taskDefinitionArn"],
        "launchType": settings.get("launchType"),
        "capacityProviderStrategy": settings.get("capacityProviderStrategy"),
        **platform(deployment),
        **{
            key: settings.get(key)
            for key in (
                "loadBalancers",
                "serviceRegistries",
                "networkConfiguration",
                "serviceConnectConfiguration",
                "volumeConfigurations",
                "monitoring",
            )
        },
        "containerImages": container_images(deployment.definition, deployment.digests),
        "guardDutyEnabled": False,
        "fargateEphemeralStorage": _storage(deployment),
        "resolvedConfiguration": _resolved(deployment),
        "createdAt": deployment.created_at,
    }
    return {key: value for key, value in view.items() if value not in (None, [], {})}


def _storage(deployment: Deployment) -> dict[str, Any] | None:
    """Return the key of the cluster's ephemeral storage, which none of these have."""
    key = deployment.settings.get("fargateEphemeralStorageKmsKeyId")
    return {"kmsKeyId": key} if key else None


def _resolved(deployment: Deployment) -> dict[str, Any]:
    """Return which target groups its tasks are in (botocore ecs ResolvedConfiguration)."""
    rows = []
    for balancer in deployment.settings.get("loadBalancers") or []:
        rule = (balancer.get("advancedConfiguration") or {}).get("productionListenerRule")
        group = deployment.target_group(balancer)
        row = {"targetGroupArn": group, "productionListenerRule": rule}
        rows.append({key: value for key, value in row.items() if value})
    return {"loadBalancers": rows} if rows else {}
