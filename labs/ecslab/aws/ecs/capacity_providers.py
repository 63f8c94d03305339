"""Capacity provider operations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecslab.aws.ecs.capacity_view import fargate_view, provider_view
from ecslab.aws.ecs.clusters import with_token
from ecslab.aws.ecs.lookup import active_cluster, check_references, included
from ecslab.aws.ecs.managed_provider_rules import managed_settings
from ecslab.aws.ecs.operation import Call, Params, operation
from ecslab.model import capacity_provider_answers as answers
from ecslab.model import capacity_providers as rules
from ecslab.model.cluster import AUTO_SCALING_KIND, FARGATE_PROVIDERS, MANAGED_INSTANCES_KIND
from ecslab.model.task_definition.paging import page
from ecslab.model.task_definition.tags import merged
from ecslab.sim.capacity_providers import CapacityProvider

if TYPE_CHECKING:
    from ecslab.sim.entities import Cluster

_DESCRIBED_AT_MOST = 100
_PAGE = 10
_BUSY = ("UPDATE_IN_PROGRESS", "DELETE_IN_PROGRESS")


@operation("CreateCapacityProvider")
def create(call: Call, params: Params) -> dict[str, Any]:
    """Answer CreateCapacityProvider."""
    account = call.account
    name = params["name"]
    rules.check_name(name)
    group = params.get("autoScalingGroupProvider")
    managed = params.get("managedInstancesProvider")
    if (group is None) == (managed is None):
        raise answers.ONE_KIND.error()
    existing = account.providers.get(name)
    if existing is not None and existing.status != "INACTIVE":
        raise answers.EXISTS.error()
    tags = merged([], params.get("tags") or [])
    arn = account.arn(f"capacity-provider/{name}")
    if managed is not None:
        if not params.get("cluster"):
            raise answers.NEEDS_CLUSTER.error()
        cluster = active_cluster(account, params["cluster"])
        settings = managed_settings(call, managed, {})
        made = CapacityProvider(name, arn, MANAGED_INSTANCES_KIND, settings, cluster.name, tags)
        account.providers[name] = made
        call.engine.managed.created(made, cluster)
        return {"capacityProvider": provider_view(made, tags=True)}
    if params.get("cluster"):
        raise answers.NO_CLUSTER.error()
    settings = _group_settings(call, group or {}, {})
    made = CapacityProvider(name, arn, AUTO_SCALING_KIND, settings, tags=tags)
    account.providers[name] = made
    call.engine.capacity.created(made)
    return {"capacityProvider": provider_view(made, tags=True)}


@operation("UpdateCapacityProvider")
def update(call: Call, params: Params) -> dict[str, Any]:
    """Answer UpdateCapacityProvider; the answer shows the settings as they still are."""
    provider = _known(call, params["name"], params.get("cluster"))
    if provider.update_status in _BUSY:
        raise answers.STILL_UPDATING.error()
    group = params.get("autoScalingGroupProvider")
    managed = params.get("managedInstancesProvider")
    if (group is None) == (managed is None):
        raise answers.ONE_KIND.error()
    if (group is not None) != (provider.kind == AUTO_SCALING_KIND):
        raise answers.OTHER_KIND.error(name=provider.name)
    if managed is not None:
        settings = managed_settings(call, managed, provider.settings)
    else:
        settings = _group_settings(call, group or {}, provider.settings)
    call.engine.capacity.update(provider, settings)
    return {"capacityProvider": provider_view(provider, tags=True)}


@operation("DeleteCapacityProvider")
def delete(call: Call, params: Params) -> dict[str, Any]:
    """Answer DeleteCapacityProvider; one that a cluster still has ends in DELETE_FAILED."""
    account = call.account
    provider = _known(call, params["capacityProvider"], params.get("cluster"))
    if provider.update_status in _BUSY:
        raise answers.UPDATING.error()
    if provider.kind == MANAGED_INSTANCES_KIND:
        if _used(account.clusters[str(provider.cluster)], provider.name):
            _fail(provider, answers.STILL_USED)
        else:
            call.engine.managed.delete(provider)
        return {"capacityProvider": provider_view(provider, tags=True)}
    owners = [
        each.name
        for each in account.clusters.values()
        if each.active and provider.name in each.record["capacityProviders"]
    ]
    if owners:
        _fail(provider, answers.STILL_ASSOCIATED.format(cluster=", ".join(owners)))
    else:
        call.engine.capacity.delete(provider)
    return {"capacityProvider": provider_view(provider, tags=True)}


@operation("DescribeCapacityProviders")
def describe(call: Call, params: Params) -> dict[str, Any]:
    """Answer DescribeCapacityProviders: those named, those of a cluster, or all."""
    account = call.account
    include = included(params, "TAGS")
    cluster = active_cluster(account, params["cluster"]) if params.get("cluster") else None
    of_cluster = None if cluster is None else list(cluster.record["capacityProviders"])
    asked = list(params.get("capacityProviders") or ())
    if asked:
        check_references(asked, _DESCRIBED_AT_MOST, "Capacity providers")
    else:
        asked = of_cluster if of_cluster is not None else _all(call)
    found = page(
        asked,
        query=("capacityProviders", str(params.get("cluster")), *asked),
        max_results=params.get("maxResults"),
        next_token=params.get("nextToken"),
        largest=_PAGE,
    )
    providers, failures = [], []
    for reference in found.items:
        name = _name(call, reference)
        made = account.providers.get(name)
        outside = of_cluster is not None and name not in of_cluster
        if outside or (made is None and name not in FARGATE_PROVIDERS):
            arn = reference
            if not reference.startswith("arn:"):
                arn = account.arn(f"capacity-provider/{reference}")
            failures.append({"arn": arn, "reason": "MISSING"})
        elif made is None:
            providers.append(fargate_view(account, name))
        else:
            providers.append(provider_view(made, tags="TAGS" in include))
    answer = {"capacityProviders": providers, "failures": failures}
    return with_token(answer, found.next_token)


def _group_settings(call: Call, given: Params, before: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of a provider with an Auto Scaling group, checked against that group.

    Raises:
        AwsError: what AWS refuses.
    """
    account = call.account
    reference = before.get("autoScalingGroupArn") or given["autoScalingGroupArn"]
    group = call.engine.capacity.groups.find(reference)
    if group is None:
        raise answers.GROUP_MISSING.error()
    settings = rules.group_provider({**given, "autoScalingGroupArn": group.arn}, before)
    if not before:
        for other in account.providers.values():
            if other.status != "INACTIVE" and other.group == group.name:
                raise answers.GROUP_IN_USE.error()
    if settings["managedTerminationProtection"] == rules.ON and not group.protects_new:
        raise answers.NOT_PROTECTED.error()
    if group.weighted:
        raise answers.WEIGHTED.error()
    return settings


def _name(call: Call, reference: str) -> str:
    """Return the name in a name or ARN; an ARN of elsewhere names nothing."""
    name = reference.rpartition("/")[2]
    own = reference in (name, call.account.arn(f"capacity-provider/{name}"))
    return name if own else reference


def _known(call: Call, reference: str, cluster: str | None) -> CapacityProvider:
    """Return a provider that can be changed.

    Raises:
        AwsError: ClientException, or ClusterNotFoundException.
    """
    name = _name(call, reference)
    if name in FARGATE_PROVIDERS:
        raise answers.RESERVED.error()
    found = provider_at(call, name)
    if found is None:
        raise answers.NOT_FOUND.error()
    if found.kind == MANAGED_INSTANCES_KIND and not cluster:
        raise answers.NEEDS_CLUSTER.error()
    if cluster and active_cluster(call.account, cluster).name != found.cluster:
        raise answers.NOT_FOUND.error()
    return found


def _all(call: Call) -> list[str]:
    made = call.account.providers.values()
    return [*FARGATE_PROVIDERS, *(each.name for each in made if each.status != "INACTIVE")]


def _fail(provider: CapacityProvider, reason: str) -> None:
    provider.update_status, provider.update_reason = "DELETE_FAILED", reason


def _used(cluster: Cluster, name: str) -> bool:
    if any(name in daemon.goal.providers for daemon in cluster.daemons.values()):
        return True
    if any(task.capacity_provider == name for task in cluster.live_tasks()):
        return True
    return any(
        item["capacityProvider"] == name
        for service in cluster.services.values()
        if service.status == "ACTIVE"
        for item in service.primary.settings.get("capacityProviderStrategy") or ()
    )


def provider_at(call: Call, name: str) -> CapacityProvider | None:
    """Return a capacity provider that has not been deleted, by its name."""
    found = call.account.providers.get(name)
    return found if found is not None and found.status != "INACTIVE" else None
