"""The account's network as controllers need it: what is there, and addresses for tasks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from random import Random
from typing import Any

from moto.ec2.models import ec2_backends

from ecslab.aws.network_addresses import NetworkInterfaceError, NoFreeAddressError, public_address
from ecslab.aws.network_backend import NetworkBackend, complete_default_vpc, install
from ecslab.aws.network_balancers import LoadBalancerNodes
from ecslab.aws.network_interface import ServiceInterface
from ecslab.aws.network_snapshot import interface_of, snapshot
from ecslab.errors import EcslabError
from ecslab.model.network import NetworkInterface, Topology, check_awsvpc_configuration

__all__ = ["Network", "NetworkInterfaceError", "complete_default_vpc", "install"]


class Network:
    """The network of one account and Region.

    Args:
        account: the account's id.
        region: the Region.
        random: the source of chance for addresses.
    """

    def __init__(self, account: str, region: str, random: Random) -> None:
        self._account = account
        self._region = region
        self._random = random
        self._seen: NetworkBackend | None = None
        self._topology: Topology | None = None
        self._nodes = LoadBalancerNodes(self, account, region)

    # --- Looking --------------------------------------------------------------------------------

    def topology(self) -> Topology:
        """Return the network as it is now; kept until `invalidate` is called."""
        backend = self._backend()
        if self._topology is None:
            self._topology = snapshot(backend)
        return self._topology

    def invalidate(self) -> None:
        """Look at EC2 anew at the next question; to be called after a request that changed it."""
        self._topology = None
        self._nodes.release_gone()
        self._backend().private_addresses.forget()

    def interface(self, interface_id: str) -> NetworkInterface | None:
        """Return a network interface as it is now, by id; None when it is gone."""
        found = self._backend().enis.get(interface_id)
        return interface_of(found) if found else None

    def instance_interface(self, instance_id: str) -> NetworkInterface | None:
        """Return an EC2 instance's primary interface, which bridge and host tasks share."""
        for reservation in self._backend().reservations.values():
            for instance in reservation.instances:
                if instance.id == instance_id and 0 in instance.nics:
                    return interface_of(instance.nics[0])
        return None

    def vpc_of(self, subnet: str) -> str:
        """Return the id of a subnet's VPC, or an empty text when there is no such subnet."""
        return self.topology().vpc_of(subnet)

    def zones_of(self, subnets: Iterable[str]) -> dict[str, str]:
        """Return the Availability Zone of each subnet that exists, by subnet id."""
        known = self.topology().subnets
        return {each: known[each].zone for each in subnets if each in known}

    def default_security_group(self, vpc: str) -> str | None:
        """Return the id of a VPC's default security group."""
        group = self._backend().get_default_security_group(vpc)
        return group.id if group else None

    # --- Task network interfaces ------------------------------------------------------------------

    def validate(self, subnets: Sequence[str], security_groups: Sequence[str] = ()) -> None:
        """Check an awsvpcConfiguration as RunTask, CreateService and UpdateService do.

        Raises:
            AwsError: InvalidParameterException.
        """
        check_awsvpc_configuration(self.topology(), subnets, security_groups)

    def allocate(
        self,
        subnet: str,
        security_groups: Sequence[str] = (),
        *,
        public_ip: bool = False,
        description: str = "",
        tags: Mapping[str, str] | None = None,
        instance_id: str | None = None,
    ) -> NetworkInterface:
        """Make a task's network interface, as EC2 shows it while the task holds it.

        AWS: fargate-task-networking, task-networking-awsvpc.

        Args:
            subnet: the subnet's id.
            security_groups: ids; empty takes the VPC's default group.
            public_ip: whether it gets a public address; only Fargate tasks can.
            description: ECS writes the ARN of the task's attachment.
            tags: tags of the interface.
            instance_id: the container instance that holds it; None on Fargate.

        Raises:
            NetworkInterfaceError: when the subnet is full or gone, or a group is gone.
        """
        return self.make(
            subnet,
            security_groups,
            public_ip=public_ip,
            description=description,
            requester="amazon-ecs",
            tags=tags,
            instance_id=instance_id,
        )

    def release(self, interface_id: str) -> None:
        """Delete a task's network interface and free its addresses; twice does no harm."""
        self._backend().remove_service_interface(interface_id)

    # --- Load balancers ---------------------------------------------------------------------------

    def load_balancer_interfaces(self, balancer: Any) -> tuple[NetworkInterface, ...]:
        """Return a load balancer's nodes, one in each of its subnets, to use in reachability.

        Args:
            balancer: its ARN, or moto's load balancer.
        """
        self._backend()
        return self._nodes.of(balancer)

    def load_balancer_interface(self, balancer: Any) -> NetworkInterface | None:
        """Return one node of a load balancer: where there is one, one that the internet can reach.

        Args:
            balancer: its ARN, or moto's load balancer.

        Returns:
            The node, or None when there is no such load balancer.
        """
        nodes = self.load_balancer_interfaces(balancer)
        return min(nodes, key=lambda node: not self._is_public(node.subnet), default=None)

    def _is_public(self, subnet: str) -> bool:
        table = self.topology().route_table_of(subnet)
        return table is not None and any(each.target.startswith("igw-") for each in table.routes)

    # --- Shared -----------------------------------------------------------------------------------

    def make(
        self,
        subnet: str,
        security_groups: Sequence[str],
        *,
        public_ip: bool,
        description: str,
        requester: str,
        kind: str = "interface",
        tags: Mapping[str, str] | None = None,
        instance_id: str | None = None,
    ) -> NetworkInterface:
        """Make an interface that a service holds, for a task or a load balancer.

        Args:
            subnet: the subnet's id.
            security_groups: ids; empty takes the VPC's default group.
            public_ip: whether it gets a public address.
            description: the text that EC2 shows.
            requester: the alias of the service.
            kind: EC2's interface type.
            tags: tags of the interface.
            instance_id: the customer's instance that holds it, if one does.

        Raises:
            NetworkInterfaceError: when the subnet is full or gone, or a group is gone.
        """
        backend = self._backend()
        assignment = "enabled" if public_ip else "disabled"
        # AWS documents the text for enabled; the one for disabled, and what follows a colon, are
        # unverified.
        reason = (
            "Unexpected EC2 error while attempting to Create Network Interface with public IP "
            f"assignment {assignment} in subnet '{subnet}'"
        )
        topology = self.topology()
        if subnet not in topology.subnets:
            raise NetworkInterfaceError(f"{reason}: InvalidSubnetID.NotFound")
        if any(each not in topology.security_groups for each in security_groups):
            raise NetworkInterfaceError(f"{reason}: InvalidGroup.NotFound")
        place = backend.get_subnet(subnet)
        try:
            private_ip = backend.private_addresses.choose(place, self._random)
        except NoFreeAddressError:
            raise NetworkInterfaceError(reason) from None
        made = ServiceInterface(  # type: ignore[abstract] # only CloudFormation's methods are
            backend,
            place,
            private_ip,
            group_ids=security_groups,
            public_ip=public_address(backend.public_addresses, self._random) if public_ip else None,
            description=description,
            requester=requester,
            kind=kind,
            tags=tags,
            instance_id=instance_id,
        )
        backend.add_service_interface(made)
        return interface_of(made)

    def _backend(self) -> NetworkBackend:
        backend = ec2_backends[self._account][self._region]
        if backend is not self._seen:
            if not isinstance(backend, NetworkBackend):
                raise EcslabError("Call ecslab.aws.network.install() before the first EC2 request.")
            self._seen = backend
            self._topology = None
            self._nodes.forget()
        return backend
