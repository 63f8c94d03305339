"""Cluster operations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecslab.aws.ecs.discovery import set_namespace
from ecslab.aws.ecs.lookup import active_cluster, check_references, find_cluster, missing
from ecslab.aws.ecs.operation import Call, Params, operation
from ecslab.aws.service_linked_roles import ensure_ecs_role
from ecslab.errors import AwsError
from ecslab.model import cluster as rules
from ecslab.model.task_definition.paging import page
from ecslab.model.task_definition.tags import merged
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
    rules.check_providers(providers, kinds={})
    strategy = rules.check_strategy(
        params.get("defaultCapacityProviderStrategy") or [], associated=providers, kinds={}
    )
    insights = account.settings.get("containerInsights", "disabled")
    settings = rules.merge_settings(
        [{"name": rules.INSIGHTS, "value": insights}], params.get("settings") or []
    )
    existing = account.clusters.get(name)
    if existing is not None and existing.active:
        asked = {**params, **({"defaultCapacityProviderStrategy": strategy} if strategy else {})}
        rules.check_repeated(existing.record, asked, settings)
        return {"cluster": view(existing, ("SETTINGS", "TAGS", "CONFIGURATIONS"))}
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
    account.clusters[name] = cluster
    ensure_ecs_role(account.id)
    account.journal.record("cluster.created", arn)
    return {"cluster": view(cluster, ("SETTINGS", "TAGS", "CONFIGURATIONS"))}


@operation("DescribeClusters")
def describe(call: Call, params: Params) -> dict[str, Any]:
    """Answer DescribeClusters; without names it is about the cluster `default`."""
    references = list(params.get("clusters") or [rules.DEFAULT_NAME])
    check_references(references, _DESCRIBED_AT_MOST, "Clusters")
    clusters, failures = [], []
    for reference in references:
        cluster = find_cluster(call.account, reference)
        if cluster is None:
            arn = reference
            if not reference.startswith("arn:"):
                arn = call.account.arn(f"cluster/{reference}")
            failures.append(missing(arn))
        else:
            clusters.append(view(cluster, tuple(params.get("include") or ())))
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
    rules.check_providers(providers, kinds={})
    strategy = rules.check_strategy(
        params["defaultCapacityProviderStrategy"], associated=providers, kinds={}
    )
    _refuse_in_use(cluster, providers)
    cluster.record["capacityProviders"] = providers
    cluster.record["defaultCapacityProviderStrategy"] = strategy
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
    )
    if refusal is not None:
        raise refusal
    cluster.record["status"] = "INACTIVE"
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
        "attachments": [],
        "attachmentsStatus": "UPDATE_COMPLETE",
    }
    if not cluster.record["capacityProviders"]:
        del whole["attachmentsStatus"]
    return rules.described(whole, include=include)


def _launch_type(service: Service) -> str:
    current = service.current
    return str((current and current.settings.get("launchType")) or "FARGATE")


def with_token(answer: dict[str, Any], token: str | None) -> dict[str, Any]:
    """Return a page's answer with the token of the next page, if there is one."""
    return answer if token is None else {**answer, "nextToken": token}


def _refuse_in_use(cluster: Cluster, providers: list[str]) -> None:
    """Refuse to take away a capacity provider that tasks or services still use."""
    used = {task.capacity_provider for task in cluster.live_tasks()}
    for service in cluster.services.values():
        if service.status == "ACTIVE":
            strategy = service.record.get("capacityProviderStrategy") or []
            used |= {item["capacityProvider"] for item in strategy}
    removed = set(cluster.record["capacityProviders"]) - set(providers)
    if used & removed:
        message = (
            "The specified capacity provider is in use and cannot be removed. Migrate your services"
            " to use a different capacity provider and try again."
        )
        raise AwsError("ResourceInUseException", message)
