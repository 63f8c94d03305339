"""What keeps Fargate from running one task more: vCPU quotas, and zones without capacity.

AWS: AWS Fargate endpoints and quotas; service-event-messages-list.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ecslab.model import capacity_failures
from ecslab.model.quotas import FARGATE_VCPUS, SPOT_VCPUS, UNLIMITED
from ecslab.sim.entities import FARGATE

if TYPE_CHECKING:
    from ecslab.sim.entities import Account, Task

SPOT: Final = "FARGATE_SPOT"
_UNITS = 1024


def fargate_refusal(account: Account, task: Task) -> str | None:
    """Return why Fargate can't run a new task now, None when it can.

    Args:
        account: the account.
        task: a task for Fargate, not yet launched.
    """
    zone_of = account.ports.network.zone_of
    if account.lost_zones and all(zone_of(s) in account.lost_zones for s in task.subnets):
        return capacity_failures.NO_FARGATE_CAPACITY()
    spot = task.capacity_provider == SPOT
    limit = account.quotas[SPOT_VCPUS if spot else FARGATE_VCPUS]
    if limit == UNLIMITED:
        return None
    used = vcpus_in_use(account, spot=spot)
    return capacity_failures.VCPU_LIMIT() if used + _vcpus(task) > limit else None


def vcpus_in_use(account: Account, *, spot: bool) -> float:
    """Return the vCPUs of all tasks that Fargate runs in an account.

    Args:
        account: the account.
        spot: whether those on Fargate Spot are meant, or the others.
    """
    return sum(
        _vcpus(each)
        for cluster in account.clusters.values()
        for each in cluster.live_tasks()
        if each.launch_type == FARGATE and (each.capacity_provider == SPOT) == spot
    )


def _vcpus(task: Task) -> float:
    return int(task.definition.get("cpu") or 0) / _UNITS
