"""Cluster operations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecslab.aws.ecs.discovery import set_namespace
from ecslab.aws.ecs.lookup import active_cluster, check_references, find_cluster, included, missing
from ecslab.aws.ecs.operation import Call, Params, operation
from ecslab.aws.ecs.settings import effective_setting
from ecslab.aws.service_linked_roles import ensure_ecs_role
from ecslab.errors import AwsError
from ecslab.model import cluster as rules
from ecslab.model.capacity_provider_answers import ONE_CLUSTER
from ecslab.model.cluster_answers import TOO_MANY_CLUSTERS, UPDATE_IN_PROGRESS
from ecslab.model.quotas import CLUSTERS
from ecslab.model.task_definition.paging import page
from ecslab.model.task_definition.tags import merged
from ecslab.sim.capacity import COMPLETE, IN_PROGRESS
from ecslab.sim.capacity_providers import kinds
from ecslab.sim.entities import Cluster

if TYPE_CHECKING:
    from ecslab.sim.service import Service

_DESCRIBED_AT_MOST = 100


@operation("CreateCluster")
def create(call: Call, params: Params) -> dict[str, Any]:
    """Answer CreateCluster; the same name again returns the cluster that is there."""
    account = call.account
    name = rules.check_name(params.get("clusterName") or "")
    rules.check_configuration(params.get("configuration") or {})
    providers = list(params.get("capacityProviders") or [])
    known = kinds(account)
    rules.check_providers(providers, kinds=known)
    strategy = rules.check_strategy(
        params.get("defaultCapacityProviderStrategy") or [], associated=providers, kinds=known
    )
    insights = effective_setting(call, "containerInsights")
    settings = rules.merge_settings(
        [{"name": rules.INSIGHTS, "value": insights}], params.get("settings") or []
    )
    existing = account.clusters.get(name)
    if existing is not None and existing.active:
        asked = {**params, **({"defaultCapacityProviderStrategy": strategy} if strategy else {})}
        rules.check_repeated(existing.record, asked, settings)
        return {"cluster": view(existing, ("SETTINGS", "TAGS", "CONFIGURATIONS"))}
    if sum(each.active for each in account.clusters.values()) >= account.quotas[CLUSTERS]:
        raise TOO_MANY_CLUSTERS.error()
    arn = account.arn(f"cluster/{name}")
    record = {
        "status": "ACTIVE",
        "settings": settings,
        "tags": merged([], params.get("tags") or []),
        "capacityProviders": providers,
        "defaultCapacityProviderStrategy": strategy,
    }
    if params.get("configuration"):
        record["configuration"] = params["configuration"]
    set_namespace(call, record, params.get("serviceConnectDefaults"))
    cluster = Cluster(name, arn, record)
    _refuse_elsewhere(call, cluster, providers)
    account.clusters[name] = cluster
    call.engine.capacity.associate(cluster, providers)
    if record.get("attachmentsStatus") == IN_PROGRESS:
        record["status"] = "PROVISIONING"
    ensure_ecs_role(account.id)
    account.journal.record("cluster.created", arn)
    include = ("SETTINGS", "TAGS", "CONFIGURATIONS")
    busy = ("ATTACHMENTS",) if record["status"] == "PROVISIONING" else ()
    return {"cluster": view(cluster, (*include, *busy))}


@operation("DescribeClusters")
def describe(call: Call, params: Params) -> dict[str, Any]:
    """Answer DescribeClusters; without names it is about the cluster `default`."""
    references = list(params.get("clusters") or [rules.DEFAULT_NAME])
    check_references(references, _DESCRIBED_AT_MOST, "Clusters")
    include = included(params, *rules.INCLUDES)
    clusters, failures = [], []
    for reference in references:
        cluster = find_cluster(call.account, reference)
        if cluster is None:
            arn = reference
            if not reference.startswith("arn:"):
                arn = call.account.arn(f"cluster/{reference}")
            failures.append(missing(arn))
        else:
            clusters.append(view(cluster, include))
    return {"clusters": clusters, "failures": failures}


@operation("ListClusters")
def list_clusters(call: Call, params: Params) -> dict[str, Any]:
    """Answer ListClusters."""
    arns = [c.arn for c in call.account.clusters.values() if c.active]
    found = page(
        arns,
        query=("clusters",),
        max_results=params.get("maxResults"),
        next_token=params.get("nextToken"),
    )
    return with_token({"clusterArns": found.items}, found.next_token)


@operation("UpdateCluster")
def update(call: Call, params: Params) -> dict[str, Any]:
    """Answer UpdateCluster."""
    cluster = active_cluster(call.account, params.get("cluster"))
    rules.check_configuration(params.get("configuration") or {})
    settings = rules.merge_settings(cluster.record["settings"], params.get("settings") or [])
    cluster.record["settings"] = settings
    if params.get("configuration"):
        cluster.record["configuration"] = params["configuration"]
    set_namespace(call, cluster.record, params.get("serviceConnectDefaults"))
    call.account.journal.record("cluster.updated", cluster.arn)
    return {"cluster": view(cluster, ("SETTINGS", "TAGS", "CONFIGURATIONS"))}


@operation("UpdateClusterSettings")
def update_settings(call: Call, params: Params) -> dict[str, Any]:
    """Answer UpdateClusterSettings."""
    return update(call, {key: params[key] for key in ("cluster", "settings") if key in params})


@operation("PutClusterCapacityProviders")
def put_capacity_providers(call: Call, params: Params) -> dict[str, Any]:
    """Answer PutClusterCapacityProviders: both lists replace what was there."""
    cluster = active_cluster(call.account, params.get("cluster"))
    providers = list(params["capacityProviders"])
    known = kinds(call.account)
    own = [
        each.name
        for each in call.account.providers.values()
        if each.cluster == cluster.name and each.status == "ACTIVE"
    ]
    rules.check_providers(providers, kinds=known)
    strategy = rules.check_strategy(
        params["defaultCapacityProviderStrategy"], associated=[*providers, *own], kinds=known
    )
    if cluster.record.get("attachmentsStatus") == IN_PROGRESS:
        raise UPDATE_IN_PROGRESS.error()
    _refuse_elsewhere(call, cluster, providers)
    _refuse_in_use(cluster, [*providers, *own])
    cluster.record["capacityProviders"] = [*providers, *own]
    cluster.record["defaultCapacityProviderStrategy"] = strategy
    call.engine.capacity.associate(cluster, providers)
    call.account.journal.record("cluster.updated", cluster.arn)
    return {"cluster": view(cluster, ("SETTINGS", "TAGS", "ATTACHMENTS"))}


@operation("DeleteCluster")
def delete(call: Call, params: Params) -> dict[str, Any]:
    """Answer DeleteCluster; a deleted cluster stays describable as INACTIVE."""
    cluster = active_cluster(call.account, params.get("cluster"))
    refusal = rules.deletion_refusal(
        container_instances=sum(1 for i in cluster.instances.values() if i.status != "INACTIVE"),
        services=sum(1 for s in cluster.services.values() if s.status != "INACTIVE"),
        tasks=len(cluster.live_tasks()),
        managed_instances_providers=sum(
            each.cluster == cluster.name and each.status == "ACTIVE"
            for each in call.account.providers.values()
        ),
        updating=cluster.record.get("attachmentsStatus") == IN_PROGRESS,
    )
    if refusal is not None:
        raise refusal
    cluster.record["status"] = "INACTIVE"
    call.engine.capacity.associate(cluster, ())
    call.account.journal.record("cluster.deleted", cluster.arn)
    return {"cluster": view(cluster, ("SETTINGS", "TAGS"))}


def view(cluster: Cluster, include: tuple[str, ...]) -> dict[str, Any]:
    """Return a cluster in the shape of botocore's ecs Cluster."""
    tasks = [
        {"lastStatus": task.last_status, "launchType": task.launch_type}
        for task in cluster.live_tasks()
    ]
    instances = [{"status": instance.status} for instance in cluster.instances.values()]
    services = [
        {"status": s.status, "launchType": _launch_type(s)} for s in cluster.services.values()
    ]
    whole = {
        "clusterArn": cluster.arn,
        "clusterName": cluster.name,
        **cluster.record,
        **rules.counts(tasks, services, instances),
        "statistics": rules.statistics(tasks, services),
    }
    whole.setdefault("attachments", [])
    if cluster.record["capacityProviders"]:
        whole.setdefault("attachmentsStatus", COMPLETE)
    return rules.described(whole, include=include)


def _launch_type(service: Service) -> str:
    current = service.current
    return str((current and current.settings.get("launchType")) or "FARGATE")


def _refuse_elsewhere(call: Call, cluster: Cluster, providers: list[str]) -> None:
    """Refuse a capacity provider that scales its group for another cluster already."""
    for name in providers:
        provider = call.account.providers.get(name)
        if provider is not None and call.engine.capacity.is_elsewhere(provider, cluster):
            raise ONE_CLUSTER.error()


def with_token(answer: dict[str, Any], token: str | None) -> dict[str, Any]:
    """Return a page's answer with the token of the next page, if there is one."""
    return answer if token is None else {**answer, "nextToken": token}


def _refuse_in_use(cluster: Cluster, providers: list[str]) -> None:
    """Refuse to take away a capacity provider that tasks or services still use."""
    used = {task.capacity_provider for task in cluster.live_tasks()}
    for service in cluster.services.values():
        if service.status == "ACTIVE":
            strategy = service.primary.settings.get("capacityProviderStrategy") or []
            used |= {item["capacityProvider"] for item in strategy}
    removed = set(cluster.record["capacityProviders"]) - set(providers)
    if used & removed:
        message = (
            "The specified capacity provider is in use and cannot be removed. Migrate your services"
            " to use a different capacity provider and try again."
        )
        raise AwsError("ResourceInUseException", message)
