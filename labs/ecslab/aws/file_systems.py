"""Amazon EFS as tasks use it: file systems and mount targets, on moto's backend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.efs.models import efs_backends

from ecslab.model.network import between
from ecslab.sim.ports import Route

if TYPE_CHECKING:
    from ecslab.aws.network import Network
    from ecslab.sim.ports import Interface

_NFS = 2049


class FileSystems:
    """The file systems of an account and Region.

    Args:
        account: the account id.
        region: the Region.
        network: its VPCs.
    """

    def __init__(self, account: str, region: str, network: Network) -> None:
        self._account = account
        self._region = region
        self._network = network

    def arn(self, file_system: str) -> str | None:
        """Return the ARN of a file system, None when there is none with that id."""
        found = self._backend().file_systems_by_id.get(file_system)
        return str(found.file_system_arn) if found is not None else None

    def route(self, file_system: str, interface: Interface) -> Route | None:
        """Return the way to the mount target of the interface's zone, None without one."""
        for target in self._backend().mount_targets_by_id.values():
            here = target.file_system_id == file_system and target.vpc_id == interface.vpc
            if here and target.availability_zone_name == interface.zone:
                self._network.invalidate()  # moto made the target's interface by itself
                source = self._network.interface(interface.id)
                found = self._network.interface(str(target.network_interface_id))
                if source is None or found is None:
                    return Route(reachable=False)
                path = between(self._network.topology(), source, found, _NFS)
                return Route(path.reachable, path.failure == "refused", tuple(path.lines()))
        return None

    def _backend(self) -> Any:
        return efs_backends[self._account][self._region]
