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
    if (
        reference
        and reference.startswith("arn:")
        and reference != account.arn(f"cluster/{cluster_name(reference)}")
    ):
        return None
    return account.clusters.get(cluster_name(reference))


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
    if reference.startswith("arn:"):
        parts = reference.split("/")
        if len(parts) > 2 and parts[-2] != cluster.name:  # noqa: PLR2004 - the long ARN format
            return None
    return cluster.services.get(reference.rsplit("/", 1)[-1])


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
    if reference.startswith("arn:"):
        parts = reference.split("/")
        if len(parts) > 2 and parts[-2] != cluster.name:  # noqa: PLR2004 - the long ARN format
            return None
    return cluster.tasks.get(reference.rsplit("/", 1)[-1])


def missing(arn: str) -> dict[str, str]:
    """Return the failure of a thing that does not exist (api_failures_messages)."""
    return {"arn": arn, "reason": "MISSING"}


def as_arn(account: Account, kind: str, cluster: str, reference: str) -> str:
    """Return the ARN of a service or task that may not exist."""
    if reference.startswith("arn:"):
        return reference
    return account.arn(f"{kind}/{cluster}/{reference}")


def too_many(items: list[Any], limit: int, what: str) -> None:
    """Refuse a list that is longer than the API takes.

    Raises:
        AwsError: InvalidParameterException.
    """
    if len(items) > limit:
        message = f"{what} can have at most {limit} items."
        raise AwsError("InvalidParameterException", message)
