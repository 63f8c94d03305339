"""ECS Anywhere: own servers that come to a cluster with an activation of Systems Manager.

AWS: ecs-anywhere, ecs-anywhere-registration (the installation script registers the server with
Systems Manager and starts the ECS agent).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecslab.aws.ssm_activations import ActivationError, redeem
from ecslab.errors import CourseError
from ecslab.sim.machines import Machine
from ecslab.sim.ports import Interface

if TYPE_CHECKING:
    from ecslab.sim.engine import Engine

_LAN = "192.168.1."
_FIRST = 10


def install_anywhere(
    engine: Engine, activation: tuple[str, str], cluster: str, size: tuple[int, int], kind: str
) -> str:
    """Run the installation script of ECS Anywhere on an own server.

    Args:
        engine: the data plane.
        activation: the id and the code of the activation.
        cluster: the name of the cluster.
        size: the server's virtual CPUs, and its memory in MiB.
        kind: its architecture, `x86_64` or `arm64`.

    Returns:
        The id of the managed instance, `mi-` and 17 hexadecimal digits.

    Raises:
        CourseError: Systems Manager does not accept the activation.
    """
    account = engine.account
    try:
        server, role = redeem(account.id, account.region, *activation)
    except ActivationError as error:
        message = f"The server can't register with Systems Manager: {error.message}"
        raise CourseError(message) from None
    instances = [each for group in account.clusters.values() for each in group.instances.values()]
    taken = sum(each.machine.external for each in instances)
    address = f"{_LAN}{_FIRST + taken}"
    machine = Machine(
        id=server,
        instance_type="external",
        image="",
        optimized=False,
        zone="",
        subnet="",
        architecture=kind,
        vcpus=size[0],
        memory=size[1],
        interfaces=1,
        gpus=0,
        user_data="",
        interface=Interface("", address, "", (), "", ""),
        external=True,
    )
    engine.instances.install(machine, role, cluster)
    return server
