"""How Application Auto Scaling sets a desired count: it calls UpdateService like everybody else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecslab.aws.ecs.operation import OPERATIONS, Call
from ecslab.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ecslab.aws.network import Network
    from ecslab.sim.engine import Engine
    from ecslab.sim.service import Service

__all__ = ["resizer"]

_ROLE = "AWSServiceRoleForApplicationAutoScaling_ECSService"
_SESSION = "AutoScaling-UpdateDesiredCapacity"


def resizer(engine: Engine, network: Network) -> Callable[[Service, int], None]:
    """Return what sets the desired count of a service.

    AWS: service-auto-scaling (with its service-linked role it calls UpdateService).

    Args:
        engine: the data plane.
        network: its VPCs.
    """
    caller = f"arn:aws:sts::{engine.account.id}:assumed-role/{_ROLE}/{_SESSION}"

    def resize(service: Service, count: int) -> None:
        params = {"cluster": service.cluster.name, "service": service.name, "desiredCount": count}
        try:
            OPERATIONS["UpdateService"](Call(engine, network, caller), params)
        except AwsError:
            return  # the service can't be changed any more; the activity will say so

    return resize
