"""Finding clusters, services and tasks by name or ARN, with AWS's errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecslab.errors import AwsError

if TYPE_CHECKING:
    from ecslab.sim.entities import Account, Cluster, Task
    from ecslab.sim.service import Service

DEFAULT_CLUSTER = "default"


def cluster_name(reference: str | None) -> str:
    """Return the name in a cluster's name or ARN; `default` when there is none.

    AWS: botocore ecs RunTaskRequest.cluster.
    """
    return reference.rsplit("/", 1)[-1] if reference else DEFAULT_CLUSTER


def find_cluster(account: Account, reference: str | None) -> Cluster | None:
    """Return a cluster, deleted ones included, None when there never was one."""
    name = cluster_name(reference)
    if reference and reference not in (name, account.arn(f"cluster/{name}")):
        return None
    return account.clusters.get(name)


def active_cluster(account: Account, reference: str | None) -> Cluster:
    """Return an ACTIVE cluster.

    Raises:
        AwsError: ClusterNotFoundException.
    """
    cluster = find_cluster(account, reference)
    if cluster is None or not cluster.active:
        message = "Cluster not found."
        raise AwsError("ClusterNotFoundException", message)
    return cluster


def find_service(cluster: Cluster, reference: str) -> Service | None:
    """Return a service of a cluster by name or ARN."""
    service = cluster.services.get(reference.rsplit("/", 1)[-1])
    return service if service and _refers(reference, service.name, service.arn) else None


def active_service(cluster: Cluster, reference: str) -> Service:
    """Return a service that can be changed.

    Raises:
        AwsError: ServiceNotFoundException or ServiceNotActiveException.
    """
    service = find_service(cluster, reference)
    if service is None:
        message = "Service not found."
        raise AwsError("ServiceNotFoundException", message)
    if service.status != "ACTIVE":
        message = "Service was not ACTIVE."
        raise AwsError("ServiceNotActiveException", message)
    return service


def find_task(cluster: Cluster, reference: str) -> Task | None:
    """Return a task of a cluster by id or ARN."""
    task = cluster.tasks.get(reference.rsplit("/", 1)[-1])
    return task if task and _refers(reference, task.id, task.arn) else None


def _refers(reference: str, name: str, arn: str) -> bool:
    """Return whether a reference is a name or its ARN, in the long format or the one before it.

    AWS: ecs-account-settings, "Amazon Resource Names (ARNs) and IDs".
    """
    return reference in (name, arn, f"{arn.partition('/')[0]}/{name}")


def missing(arn: str) -> dict[str, str]:
    """Return the failure of a thing that does not exist (api_failures_messages)."""
    return {"arn": arn, "reason": "MISSING"}


def as_arn(account: Account, kind: str, cluster: str, reference: str) -> str:
    """Return the ARN of a service or task that may not exist."""
    if reference.startswith("arn:"):
        return reference
    return account.arn(f"{kind}/{cluster}/{reference}")


def check_references(items: list[Any], limit: int, what: str) -> None:
    """Refuse a list of things to describe that is empty or longer than the API takes.

    Raises:
        AwsError: InvalidParameterException.
    """
    if not items:
        message = f"{what} cannot be empty."
        raise AwsError("InvalidParameterException", message)
    if len(items) > limit:
        message = f"{what} can have at most {limit} items."
        raise AwsError("InvalidParameterException", message)
