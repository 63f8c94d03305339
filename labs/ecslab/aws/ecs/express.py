"""Express Mode: one call builds a service with everything around it.

AWS: express-service-work; botocore ecs CreateExpressGatewayService and its like. The parts are
built in `express_parts`, the rules are in `ecslab.model.express`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecslab.aws.ecs import clusters, services
from ecslab.aws.ecs.express_parts import ExpressParts, ExpressService, express_of
from ecslab.aws.ecs.lookup import (
    DEFAULT_CLUSTER,
    active_cluster,
    find_cluster,
    find_service,
    included,
)
from ecslab.aws.ecs.operation import Call, Params, operation
from ecslab.errors import AwsError
from ecslab.model import express as rules

if TYPE_CHECKING:
    from ecslab.sim.entities import Cluster
    from ecslab.sim.service import Deployment, Service


@operation("CreateExpressGatewayService")
def create(call: Call, params: Params) -> dict[str, Any]:
    """Answer CreateExpressGatewayService."""
    parts = ExpressParts(call, params["infrastructureRoleArn"])
    wanted = rules.configuration(params, {})
    cluster = _cluster(call, params.get("cluster"))
    name = params.get("serviceName") or f"express-{call.account.identifiers.task()[:8]}"
    existing = cluster.services.get(name)
    if existing is not None and existing.status != "INACTIVE":
        message = "Creation of service was not idempotent."
        raise AwsError("InvalidParameterException", message)
    service = parts.build(cluster, name, wanted, params)
    return {"service": _view(service, tags=True)}


@operation("UpdateExpressGatewayService")
def update(call: Call, params: Params) -> dict[str, Any]:
    """Answer UpdateExpressGatewayService; what is not named stays as it is."""
    service = _found(call, params["serviceArn"], "ServiceNotFoundException")
    if service.status != "ACTIVE":
        message = "Service was not ACTIVE."
        raise AwsError("ServiceNotActiveException", message)
    express = express_of(service)
    wanted = rules.configuration(params, express.newest)
    ExpressParts(call, express.role).change(service, wanted, params)
    return {
        "service": {
            "serviceArn": service.arn,
            "cluster": service.cluster.name,
            "serviceName": service.name,
            "status": {"statusCode": service.status},
            "targetConfiguration": _configuration(service, service.primary),
            "createdAt": service.created_at,
            "updatedAt": express.updated_at,
        }
    }


@operation("DeleteExpressGatewayService")
def delete(call: Call, params: Params) -> dict[str, Any]:
    """Answer DeleteExpressGatewayService; what was built for it goes after its last task."""
    service = _found(call, params["serviceArn"], "ServiceNotFoundException")
    if service.status != "ACTIVE":
        message = "Service was not ACTIVE."
        raise AwsError("ServiceNotActiveException", message)
    services.delete(call, {"cluster": service.cluster.name, "service": service.name, "force": True})
    ExpressParts(call, express_of(service).role).remove_after(service)
    return {"service": _view(service)}


@operation("DescribeExpressGatewayService")
def describe(call: Call, params: Params) -> dict[str, Any]:
    """Answer DescribeExpressGatewayService."""
    tags = "TAGS" in included(params, "TAGS")
    service = _found(call, params["serviceArn"], "ResourceNotFoundException")
    return {"service": _view(service, tags=tags)}


def _cluster(call: Call, reference: str | None) -> Cluster:
    """Return the cluster of a new service; the one named `default` is made when it is missing."""
    found = find_cluster(call.account, reference)
    if reference in (None, DEFAULT_CLUSTER) and (found is None or not found.active):
        clusters.create(call, {"clusterName": DEFAULT_CLUSTER, "capacityProviders": ["FARGATE"]})
    return active_cluster(call.account, reference)


def _found(call: Call, arn: str, code: str) -> Service:
    """Return an Express service by its ARN.

    Raises:
        AwsError: there is none, or the service is none.
    """
    path = arn.rsplit(":", 1)[-1].split("/")
    cluster = find_cluster(call.account, path[1]) if len(path) == len(("", "", "")) else None
    service = find_service(cluster, arn) if cluster is not None else None
    if service is None:
        raise AwsError(code, rules.NOT_FOUND.message)
    if "express" not in service.record:
        raise rules.NOT_EXPRESS.error()
    return service


def _view(service: Service, *, tags: bool = False) -> dict[str, Any]:
    express = express_of(service)
    view: dict[str, Any] = {
        "cluster": service.cluster.name,
        "serviceName": service.name,
        "serviceArn": service.arn,
        "infrastructureRoleArn": express.role,
        "status": {"statusCode": service.status},
        "activeConfigurations": [_configuration(service, each) for each in service.deployments],
        "createdAt": service.created_at,
        "updatedAt": express.updated_at,
    }
    if service.deployments:
        view["currentDeployment"] = service.primary.deployment_arn
    if tags:
        view["tags"] = list(service.tags)
    return view


def _configuration(service: Service, deployment: Deployment) -> dict[str, Any]:
    express: ExpressService = express_of(service)
    wanted = express.configurations.get(deployment.id, express.newest)
    network = deployment.settings["networkConfiguration"]["awsvpcConfiguration"]
    access = "PRIVATE" if express.ingress.balancer.internal else "PUBLIC"
    return {
        **wanted,
        "serviceRevisionArn": deployment.revision_arn,
        "taskDefinitionArn": deployment.definition["taskDefinitionArn"],
        "networkConfiguration": {
            "subnets": list(network["subnets"]),
            "securityGroups": list(network["securityGroups"]),
        },
        "ingressPaths": [{"accessType": access, "endpoint": f"https://{express.ingress.host}"}],
        "createdAt": deployment.created_at,
    }
