"""Why a capacity provider is as it is: who uses it, who waits for it, what it can not let go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ecslab.cloud.explain import retained, waiting
from ecslab.cloud.explain.evidence import Absent, value_at
from ecslab.model.cluster import AUTO_SCALING_KIND
from ecslab.sim.engine import choose_provider

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecslab.cloud.explain.case import Case
    from ecslab.cloud.explain.explanation import Step
    from ecslab.sim.capacity_providers import CapacityProvider
    from ecslab.sim.entities import Cluster
    from ecslab.sim.service import Service

_PLACE: Final = ("capacityProviders", 0)


def steps(case: Case, name: str) -> Iterator[Step]:
    """Yield the chain behind the state of a capacity provider."""
    answer = case.describe_provider(name)
    if not value_at(answer, "capacityProviders"):
        words = f"The account has no capacity provider {name} (any more)."
        yield case.step("state", words, answer, "failures")
        return
    yield case.step("state", "This is its status.", answer, *_PLACE, "status")
    provider = case.account.providers.get(name)
    if provider is not None and provider.update_status:
        words = "This became of its last change."
        yield case.step("state", words, answer, *_PLACE, Absent("updateStatus"))
    clusters = [
        cluster
        for cluster in case.account.clusters.values()
        if cluster.active and name in (cluster.record.get("capacityProviders") or [])
    ]
    if not clusters:
        words = "No cluster is associated with it, so no task can use it."
        yield case.step("capacity", words, case.ask("ecs", "list_clusters"), "clusterArns")
    for cluster in clusters[:1]:
        described = case.ask("ecs", "describe_clusters", clusters=[cluster.name])
        words = f"The cluster {cluster.name} is associated with it."
        yield case.step("capacity", words, described, "clusters", 0, "capacityProviders")
        yield from _users(case, cluster, name)
        if provider is not None:
            yield from _capacity(case, cluster, provider)


def _users(case: Case, cluster: Cluster, name: str) -> Iterator[Step]:
    """Yield what keeps a cluster from letting go of a provider."""
    for service in cluster.services.values():
        strategy = strategy_of(service)
        index = next((i for i, item in enumerate(strategy) if item["capacityProvider"] == name), -1)
        if index < 0 or service.status == "INACTIVE":
            continue
        answer = case.describe_service(cluster.name, service.name)
        words = (
            f"The service {service.name} uses it: as long as it does, it stays."
            f" {share(service, strategy, index)}"
        )
        place = ("services", 0, "capacityProviderStrategy")
        yield case.step("capacity", words, answer, *place)
        return
    for task in cluster.tasks.values():
        if task.capacity_provider == name and not task.stopped:
            words = f"Task {task.id[:8]} runs on it."
            if waiting.is_waiting(task):
                words = f"Task {task.id[:8]} waits for it."
            yield case.task_step("capacity", words, task, "capacityProviderName")
            return


def strategy_of(service: Service) -> list[dict[str, Any]]:
    """Return the capacity provider strategy of a service's newest deployment."""
    settings = service.deployments[0].settings if service.deployments else {}
    found = settings.get("capacityProviderStrategy")
    return list(found or service.record.get("capacityProviderStrategy") or [])


def share(service: Service, strategy: list[dict[str, Any]], index: int) -> str:
    """Return in words how many of a service's tasks an item of its strategy gets, and has.

    AWS: botocore ecs CapacityProviderStrategyItem: the base first, the rest by weight.
    """
    placed: list[str | None] = []
    for _ in range(service.desired):
        placed.append(choose_provider(strategy, placed))
    name = str(strategy[index]["capacityProvider"])
    base, weight = (int(strategy[index].get(key) or 0) for key in ("base", "weight"))
    whole = sum(int(item.get("weight") or 0) for item in strategy)
    there = sum(task.capacity_provider == name for task in service.wanted())
    return (
        f"Its base of {base} and its weight of {weight} of {whole} give it"
        f" {placed.count(name)} of {service.desired} tasks; it has {there}."
    )


def _capacity(case: Case, cluster: Cluster, provider: CapacityProvider) -> Iterator[Step]:
    """Yield what its tasks wait for; when none waits, what keeps idle instances."""
    engine = case.runtime.engine(case.region)
    queue = engine.capacity.waiting.of(cluster, provider.name)
    if queue:
        words = f"{len(queue)} tasks wait for it; this is the oldest of them."
        yield case.task_step("capacity", words, queue[0].task, "lastStatus")
        yield from waiting.causes(case, queue[0].task)
    elif provider.kind == AUTO_SCALING_KIND and provider.scales:
        yield from retained.of_provider(case, cluster, provider)
