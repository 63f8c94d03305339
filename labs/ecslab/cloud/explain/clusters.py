"""Why a cluster is as it is, and why it can not be deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecslab.cloud.explain import services
from ecslab.cloud.explain.evidence import value_at
from ecslab.sim.service import is_healthy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecslab.cloud.explain.case import Case
    from ecslab.cloud.explain.explanation import Step
    from ecslab.sim.entities import Cluster
    from ecslab.sim.service import Service


def state(cluster: Cluster) -> str:
    """Return the state of a cluster in a few words."""
    status = "ACTIVE" if cluster.active else "INACTIVE"
    return f"Cluster {cluster.name} is {status}."


def steps(case: Case, cluster: Cluster) -> Iterator[Step]:
    """Yield the chain behind the state of a cluster."""
    answer = case.ask("ecs", "describe_clusters", clusters=[cluster.name])
    yield case.step("state", "This is its status.", answer, "clusters", 0, "status")
    if not cluster.active:
        return
    yield from _contents(case, cluster)
    for service in cluster.services.values():
        if service.status == "ACTIVE" and not _content(case, service):
            words = f"The service {service.name} is not as it should be."
            described = case.describe_service(cluster.name, service.name)
            yield case.step("state", words, described, "services", 0, "serviceName")
            yield from services.steps(case, service)
            return


def _contents(case: Case, cluster: Cluster) -> Iterator[Step]:
    """Yield what is in a cluster, the first thing that keeps it from being deleted last."""
    answer = case.ask("ecs", "describe_clusters", clusters=[cluster.name])
    found = [
        (member, noun, count)
        for member, noun in (
            ("runningTasksCount", "running tasks"),
            ("activeServicesCount", "active services"),
            ("registeredContainerInstancesCount", "container instances"),
        )
        if (count := value_at(answer, "clusters", 0, member))
    ]
    for member, noun, count in found:
        words = f"It holds {count} {noun}; DeleteCluster is refused as long as it does."
        yield case.step("state", words, answer, "clusters", 0, member)
    if not found:
        words = "It is empty, so it can be deleted."
        yield case.step("state", words, answer, "clusters", 0, "runningTasksCount")


def _content(case: Case, service: Service) -> bool:
    healthy = [task for task in service.tasks() if is_healthy(case.account, task)]
    settled = bool(service.deployments) and service.primary.rollout_state == "COMPLETED"
    return settled and len(healthy) >= service.desired and len(service.deployments) == 1
