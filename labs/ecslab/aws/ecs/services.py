"""Service operations: create, update, delete, describe, list."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ecslab.aws.ecs import deployment_rules, gateway_routes
from ecslab.aws.ecs import service_rules as rules
from ecslab.aws.ecs.clusters import with_token
from ecslab.aws.ecs.discovery import connected, find_namespace
from ecslab.aws.ecs.lookup import (
    active_cluster,
    active_service,
    as_arn,
    check_references,
    find_service,
    included,
    missing,
)
from ecslab.aws.ecs.operation import Call, Params, operation
from ecslab.aws.ecs.placement import check_placement, decide
from ecslab.aws.ecs.service_monitoring import check_monitoring
from ecslab.aws.ecs.service_view import service_view
from ecslab.aws.ecs.shifting_rules import check_shifting
from ecslab.errors import AwsError
from ecslab.model import client_tokens
from ecslab.model import task_sets as task_set_rules
from ecslab.model.quotas import SERVICES
from ecslab.model.task_definition.paging import page
from ecslab.model.task_definition.tags import merged
from ecslab.sim.service import Service
from ecslab.sim.service_deployment import ROLLING

if TYPE_CHECKING:
    from ecslab.sim.entities import Cluster

_INVALID = "InvalidParameterException"
_DESCRIBED_AT_MOST = 10
_NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")
_LISTED_BY_DEFAULT = 10
_LONGEST_TOKEN = 36
_CUSTOMER = "CUSTOMER"


@operation("CreateService")
def create(call: Call, params: Params) -> dict[str, Any]:
    """Answer CreateService."""
    account = call.account
    cluster = active_cluster(account, params.get("cluster"))
    name = params["serviceName"]
    client_tokens.check(params.get("clientToken"), _LONGEST_TOKEN)
    if not _NAME.fullmatch(name):
        message = "Service name must be 1 to 255 letters, numbers, underscores and hyphens."
        raise AwsError(_INVALID, message)
    existing = cluster.services.get(name)
    if existing is not None and existing.status == "DRAINING":
        message = "Unable to Start a service that is still Draining."
        raise AwsError(_INVALID, message)
    if existing is not None and existing.status == "ACTIVE":
        if params.get("clientToken") and existing.request == client_tokens.fingerprint(params):
            return {"service": service_view(existing, tags=True)}
        raise client_tokens.SERVICE_DIFFERS.error()
    request = client_tokens.fingerprint(params)
    active = sum(each.status != "INACTIVE" for each in cluster.services.values())
    if active >= account.quotas[SERVICES]:
        message = "The maximum number of services in the cluster has been exceeded."
        raise AwsError(_INVALID, message)
    deployment_rules.check_controller(params)
    rules.check_request(params)
    if rules.is_external(params):
        task_set_rules.check_new_service(params)
        rules.check_daemon(params, "EC2")
        service = _adopted(call, cluster, name, params)
        service.request = request
        call.engine.scheduler.adopt(service)
        return {"service": service_view(service, tags=True)}
    if not params.get("taskDefinition"):
        # AWS: captured InvalidParameterException of CreateService.
        message = "TaskDefinition can not be blank."
        raise AwsError(_INVALID, message)
    definition = account.definitions.runnable(params["taskDefinition"])
    role = rules.service_role(params, definition, account.id)
    placement = decide(call, cluster, params, definition)
    rules.check_daemon(params, placement.launch_type)
    rules.check_load_balancers(call, params.get("loadBalancers") or [], definition)
    strategy = (params.get("deploymentConfiguration") or {}).get("strategy", ROLLING)
    check_shifting(call, params.get("loadBalancers") or [], strategy)
    rules.check_exec(params, definition, placement.platform)
    params = connected(call, cluster, params, definition, count=params.get("desiredCount"))
    check_monitoring(params)
    connections = gateway_routes.connect(call, cluster, params, definition)
    service = _adopted(call, cluster, name, params)
    service.request = request
    if role is not None:
        service.record["roleArn"] = role
    gateway_routes.adopt(call, service, connections)
    settings = rules.revision_settings(params, placement)
    call.engine.deploy(service, call.engine.new_deployment(service, definition, settings))
    call.engine.scheduler.adopt(service)
    return {"service": service_view(service, tags=True)}


def _adopted(call: Call, cluster: Cluster, name: str, params: Params) -> Service:
    """Return a new service of a cluster, without any deployment yet."""
    account = call.account
    arn = account.arn(f"service/{cluster.name}/{name}")
    record = rules.new_record(params, call.caller)
    service = Service(name, arn, cluster, rules.desired_count(params), record, account.clock.now)
    service.tags = merged([], params.get("tags") or [])
    cluster.services[name] = service
    account.journal.record("service.created", arn, **service.goal())
    return service


@operation("UpdateService")
def update(call: Call, params: Params) -> dict[str, Any]:
    """Answer UpdateService; what a service revision fixes starts a new deployment."""
    account = call.account
    cluster = active_cluster(account, params.get("cluster"), service=params["service"])
    service = active_service(cluster, params["service"])
    rules.check_request(params)
    if params.get("gatewayConnectors"):
        message = "UpdateService can't change gatewayConnectors in this simulation of Amazon ECS."
        raise AwsError("UnsupportedFeatureException", message)
    if service.external:
        return _update_external(call, service, params)
    current = str(service.record["deploymentController"]["type"])
    scheduling = {"schedulingStrategy": service.record["schedulingStrategy"]}
    deployment_rules.check_controller({**params, **scheduling}, current)
    primary = service.primary
    definition = primary.definition
    if params.get("taskDefinition"):
        definition = account.definitions.runnable(params["taskDefinition"])
    merged_settings = {**primary.settings, **_given(params)}
    if params.get("launchType") or params.get("capacityProviderStrategy"):
        other = "capacityProviderStrategy" if params.get("launchType") else "launchType"
        merged_settings[other] = None
    placement = decide(call, cluster, {k: v for k, v in merged_settings.items() if v}, definition)
    check_placement(params, definition, placement.launch_type)
    rules.check_daemon({**params, **scheduling}, placement.launch_type)
    settings = rules.revision_settings(merged_settings, placement)
    rules.check_load_balancers(call, settings.get("loadBalancers") or [], definition)
    settings = connected(
        call, cluster, settings, definition, service=service, count=params.get("desiredCount")
    )
    rules.check_exec({**service.record, **params}, definition, placement.platform, updated=True)
    check_monitoring(params)
    rules.check_capacity_change(params, primary.settings)
    record = rules.updated_record(service.record, params)
    strategy = record["deploymentConfiguration"]["strategy"]
    check_shifting(call, settings.get("loadBalancers") or [], strategy)
    count = service.desired
    if params.get("desiredCount") is not None:
        count = rules.desired_count({**params, **scheduling})
    service.record = record
    if count != service.desired:
        service.rescale(count)
    account.journal.record("service.updated", service.arn, **service.goal())
    changed = (
        definition["taskDefinitionArn"] != primary.definition["taskDefinitionArn"]
        or settings != primary.settings
    )
    if changed or params.get("forceNewDeployment"):
        call.engine.deploy(service, call.engine.new_deployment(service, definition, settings))
    service.steady = False
    call.engine.scheduler.poke(service)
    return {"service": service_view(service, tags=True)}


def _update_external(call: Call, service: Service, params: Params) -> dict[str, Any]:
    """Change what a task set does not fix (botocore ecs UpdateService)."""
    task_set_rules.check_update(params)
    rules.update_record(service.record, params)
    if params.get("desiredCount") is not None:
        service.desired = rules.desired_count({"desiredCount": params["desiredCount"]})
        for each in service.task_sets.values():
            each.rescale(service.desired, call.account.clock.now)
    call.account.journal.record("service.updated", service.arn, **service.goal())
    service.steady = False
    call.engine.scheduler.poke(service)
    return {"service": service_view(service, tags=True)}


@operation("DeleteService")
def delete(call: Call, params: Params) -> dict[str, Any]:
    """Answer DeleteService; one that drains already goes on doing so."""
    cluster = active_cluster(call.account, params.get("cluster"), service=params["service"])
    found = find_service(cluster, params["service"])
    if found is not None and found.status == "DRAINING":
        return {"service": service_view(found)}
    if found is None or found.status == "INACTIVE":
        message = "Service not found."
        raise AwsError("ServiceNotFoundException", message)
    service = found
    replica = service.record["schedulingStrategy"] != rules.DAEMON
    if replica and service.desired > 0 and not params.get("force"):
        message = "The service cannot be stopped while it is scaled above 0."
        raise AwsError(_INVALID, message)
    if service.task_sets and not params.get("force"):
        raise task_set_rules.DEPLOYMENTS_ACTIVE.error()
    service.status = "DRAINING"
    service.desired = 0
    service.steady = False
    call.account.journal.record("service.deleted", service.arn)
    call.engine.scheduler.poke(service)
    return {"service": service_view(service)}


@operation("DescribeServices")
def describe(call: Call, params: Params) -> dict[str, Any]:
    """Answer DescribeServices."""
    references = list(params["services"])
    check_references(references, _DESCRIBED_AT_MOST, "Services", "service names")
    tags = "TAGS" in included(params, "TAGS")
    cluster = active_cluster(call.account, params.get("cluster"), service=references)
    services, failures = [], []
    for reference in references:
        service = find_service(cluster, reference)
        if service is None:
            failures.append(missing(as_arn(call.account, "service", cluster.name, reference)))
        else:
            services.append(service_view(service, tags=tags))
    return {"services": services, "failures": failures}


@operation("ListServices")
def list_services(call: Call, params: Params) -> dict[str, Any]:
    """Answer ListServices; services that drain are no longer listed."""
    cluster = active_cluster(call.account, params.get("cluster"))
    launch_type = params.get("launchType")
    strategy = params.get("schedulingStrategy")
    managed_by = params.get("resourceManagementType")
    arns = [
        service.arn
        for service in cluster.services.values()
        if service.status == "ACTIVE"
        and launch_type in (None, service.current and service.current.settings.get("launchType"))
        and strategy in (None, service.record["schedulingStrategy"])
        and managed_by in (None, service.record.get("resourceManagementType", _CUSTOMER))
    ]
    found = page(
        arns,
        query=("services", cluster.name, str(launch_type), str(strategy), str(managed_by)),
        max_results=params.get("maxResults"),
        next_token=params.get("nextToken"),
        default=_LISTED_BY_DEFAULT,
    )
    return with_token({"serviceArns": found.items}, found.next_token)


@operation("ListServicesByNamespace")
def list_by_namespace(call: Call, params: Params) -> dict[str, Any]:
    """Answer ListServicesByNamespace: the services of all clusters that are in it."""
    namespace = find_namespace(call, params["namespace"])
    connect = call.engine.agent.discovery.connect
    found = page(
        [service.arn for service, _ in connect.services_in(namespace.arn)],
        query=("services by namespace", namespace.arn),
        max_results=params.get("maxResults"),
        next_token=params.get("nextToken"),
        default=_LISTED_BY_DEFAULT,
    )
    return with_token({"serviceArns": found.items}, found.next_token)


def _given(params: Params) -> Params:
    """Return the parameters that a service revision fixes, as far as the request has them."""
    return {key: params[key] for key in rules.REVISION_KEYS if params.get(key) is not None}
