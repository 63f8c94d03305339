"""moto's EC2 with its network mended where AWS behaves differently and a learner would notice.

Each method says what moto does instead; ``tests/aws/test_network_contract.py`` fails when a new
moto changes that, so that a mend which is no longer needed goes away.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.ec2 import urls
from moto.ec2.exceptions import DependencyViolationError, EC2ClientError
from moto.ec2.models import EC2Backend, ec2_backends
from moto.moto_api._internal import mock_random

from ecslab.aws.instance_watch import WatchedInstances
from ecslab.aws.network_addresses import Addresses, NoFreeAddressError, public_address
from ecslab.aws.network_interface import ServiceInterface

__all__ = ["NetworkBackend", "complete_default_vpc", "install"]

_GATEWAY_SERVICES = ("s3", "dynamodb")


class NetworkBackend(WatchedInstances):
    """moto's EC2 backend whose VPCs behave as AWS's; see `install`."""

    def __init__(self, region_name: str, account_id: str) -> None:
        self.public_addresses: set[str] = set()
        super().__init__(region_name, account_id)
        self.private_addresses = Addresses(self.enis)

    @property
    def _url_module(self) -> Any:
        """The addresses of EC2's API; moto derives them from the name of the class's module."""
        return urls

    # --- VPCs ---------------------------------------------------------------------------------

    def create_default_vpc(self) -> Any:
        """Make the default VPC; moto leaves out its internet gateway and default route."""
        vpc = super().create_default_vpc()
        complete_default_vpc(self)
        return vpc

    def create_vpc(self, *args: Any, **kwargs: Any) -> Any:
        """Make a VPC; moto's default security group does not let its own members in."""
        vpc = super().create_vpc(*args, **kwargs)
        group = self.get_default_security_group(vpc.id)
        if group and not group.ingress_rules:
            members = [{"GroupId": group.id}]
            self.authorize_security_group_ingress(group.id, "-1", "", "", [], source_groups=members)
        return vpc

    def delete_subnet(self, subnet_id: str) -> Any:
        """Delete a subnet; moto also deletes one that still holds network interfaces."""
        if any(interface.subnet.id == subnet_id for interface in self.enis.values()):
            raise DependencyViolationError(
                f"The subnet '{subnet_id}' has dependencies and cannot be deleted."
            )
        return super().delete_subnet(subnet_id)

    def delete_security_group(self, name: str | None = None, group_id: str | None = None) -> None:
        """Delete a security group; moto also deletes one that interfaces or rules still use."""
        if group_id and self._is_used(group_id):
            raise DependencyViolationError(f"resource {group_id} has a dependent object")
        super().delete_security_group(name, group_id)

    def create_route(self, route_table_id: str, *args: Any, **kwargs: Any) -> Any:
        """Add a route; moto takes gateways that are not attached to the VPC, or do not exist."""
        nat_gateway_id = kwargs.get("nat_gateway_id")
        if nat_gateway_id and nat_gateway_id not in self.nat_gateways:
            raise EC2ClientError(
                "InvalidNatGatewayID.NotFound",
                f"The natGateway ID '{nat_gateway_id}' does not exist",
            )
        gateway = self.internet_gateways.get(kwargs.get("gateway_id") or "")
        table = self.get_route_table(route_table_id)
        attached: Any = gateway.vpc if gateway else None
        if gateway and (attached is None or attached.id != table.vpc_id):
            raise EC2ClientError(
                "InvalidParameterValue",
                f"route table {table.id} and network gateway {gateway.id} "
                "belong to different networks",
            )
        return super().create_route(route_table_id, *args, **kwargs)

    # --- Addresses and network interfaces -------------------------------------------------------

    def create_network_interface(
        self,
        subnet: Any,
        private_ip_address: Any = None,
        private_ip_addresses: Any = None,
        *args: Any,
        **kwargs: Any,
    ) -> Any:
        """Make an interface; moto draws addresses that are reserved, in use or in no subnet."""
        subnet = self.get_subnet(subnet) if isinstance(subnet, str) else subnet
        asked = private_ip_address
        if isinstance(asked, list):
            asked = asked[0] if asked else None
        # Only the API's own entrance names this argument, and only there did a person ask.
        asked_by_person = "secondary_ips_count" in kwargs
        if asked and asked_by_person:
            if not self.private_addresses.belongs(subnet, asked):
                raise EC2ClientError(
                    "InvalidParameterValue",
                    "Address does not fall within the subnet's address range",
                )
        elif subnet.cidr_block and not private_ip_addresses:
            free = bool(asked) and self.private_addresses.is_free(subnet, asked)
            asked = asked if free else self._free_address(subnet)
        made = super().create_network_interface(
            subnet, asked, private_ip_addresses, *args, **kwargs
        )
        if made.private_ip_address and subnet.cidr_block:
            self.private_addresses.added(subnet.id, made.private_ip_address)
        return made

    def delete_network_interface(self, eni_id: str) -> None:
        """Delete an interface; moto also deletes one that a service holds."""
        if isinstance(self.enis.get(eni_id), ServiceInterface):
            raise EC2ClientError(
                "InvalidParameterValue", f"Network interface '{eni_id}' is currently in use."
            )
        interface = self.enis.get(eni_id)
        super().delete_network_interface(eni_id)
        if interface:
            self._forget(interface)

    def add_service_interface(self, interface: ServiceInterface) -> None:
        """Show a service's interface in EC2."""
        self.enis[interface.id] = interface
        self.private_addresses.added(interface.subnet.id, str(interface.private_ip_address))

    def remove_service_interface(self, eni_id: str) -> None:
        """Take a service's interface out of EC2 and give its addresses back; twice does no harm."""
        interface = self.enis.pop(eni_id, None)
        if interface:
            self.public_addresses.discard(interface.public_ip or "")
            self.tags.pop(eni_id, None)
            self._forget(interface)

    def allocate_address(
        self, domain: str, address: str | None = None, *args: Any, **kwargs: Any
    ) -> Any:
        """Allocate an Elastic IP address; moto's lie in 127.0.0.0/8."""
        address = address or public_address(self.public_addresses, mock_random)
        return super().allocate_address(domain, address, *args, **kwargs)

    # --- NAT gateways ---------------------------------------------------------------------------

    def create_nat_gateway(self, *args: Any, **kwargs: Any) -> Any:
        """Make a NAT gateway; moto's interface for it looks like a free one in a group."""
        made = super().create_nat_gateway(*args, **kwargs)
        interface = self.enis[made.address_set[0]["networkInterfaceId"]]
        made.private_ip = str(interface.private_ip_address)
        _dress(interface, f"Interface for NAT Gateway {made.id}", "nat_gateway", [])
        return made

    def delete_nat_gateway(self, nat_gateway_id: str) -> Any:
        """Delete a NAT gateway; moto keeps its interface, and trips over an unknown id."""
        if nat_gateway_id not in self.nat_gateways:
            raise EC2ClientError("NatGatewayNotFound", f"NatGateway {nat_gateway_id} was not found")
        deleted = super().delete_nat_gateway(nat_gateway_id)
        interface = self.enis.pop(deleted.address_set[0]["networkInterfaceId"], None)
        for address in self.addresses if interface else ():
            if address.eni is interface:
                self.disassociate_address(address=address.public_ip)
        if interface:
            self._forget(interface)
        return deleted

    # --- VPC endpoints --------------------------------------------------------------------------

    def create_vpc_endpoint(self, **kwargs: Any) -> Any:  # type: ignore[override] # all are named
        """Make an endpoint; moto checks neither type nor DNS, and gives it no group."""
        kind = kwargs["endpoint_type"] = kwargs.get("endpoint_type") or "Gateway"
        vpc = self.get_vpc(kwargs["vpc_id"])
        service = str(kwargs["service_name"])
        if kind == "Gateway":
            kwargs["private_dns_enabled"] = False
            if service.startswith("com.amazonaws.") and not service.endswith(_GATEWAY_SERVICES):
                raise EC2ClientError(
                    "InvalidParameter",
                    "Endpoint type (Gateway) does not match available service types ([Interface]).",
                )
        elif kwargs.get("private_dns_enabled") and not _resolves_names(vpc):
            raise EC2ClientError(
                "InvalidParameter",
                "Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC "
                f"attributes set to true for {vpc.id}",
            )
        self._refuse_second_endpoint(kind, vpc.id, service, kwargs)
        default = self.get_default_security_group(vpc.id)
        if kind == "Interface" and default and not kwargs.get("security_group_ids"):
            kwargs["security_group_ids"] = [default.id]
        made = super().create_vpc_endpoint(**kwargs)
        self._dress_endpoint(made)
        return made

    def _refuse_second_endpoint(
        self, kind: str, vpc_id: str, service: str, wanted: dict[str, Any]
    ) -> None:
        """Refuse what an endpoint for the same service already does in the VPC or a route table."""
        same = [
            endpoint
            for endpoint in self.vpc_end_points.values()
            if (endpoint.vpc_id, endpoint.service_name) == (vpc_id, service)
            and endpoint.vpc_endpoint_type == kind
        ]
        for endpoint in same:
            for table in wanted.get("route_table_ids") or []:
                if table in endpoint.route_table_ids:
                    raise EC2ClientError(
                        "RouteAlreadyExists",
                        f"route table {table} already has a route with "
                        f"destination-prefix-list-id {endpoint.destination_prefix_list_id}",
                    )
        named = [endpoint for endpoint in same if endpoint.private_dns_enabled]
        if kind == "Interface" and named and wanted.get("private_dns_enabled"):
            _prefix, region, name = service.removeprefix("com.").split(".", 2)
            domain = ".".join([*reversed(name.split(".")), region, "amazonaws.com"])
            raise EC2ClientError(
                "InvalidParameter",
                "private-dns-enabled cannot be set because there is already a conflicting DNS "
                f"domain for {domain} in the VPC {vpc_id}",
            )

    def modify_vpc_endpoint(self, *args: Any, **kwargs: Any) -> None:
        """Change an endpoint; moto leaves its routes and its interfaces as they were."""
        endpoint = self.get_vpc_end_point(kwargs["vpc_id"])
        before = list(endpoint.route_table_ids)
        super().modify_vpc_endpoint(*args, **kwargs)
        listed = endpoint.destination_prefix_list_id
        for table in endpoint.route_table_ids if listed else ():
            if table not in before:
                self.create_route(
                    table, None, gateway_id=endpoint.id, destination_prefix_list_id=listed
                )
        for table in before if listed else ():
            if table not in endpoint.route_table_ids:
                self.delete_route(table, "", destination_prefix_list_id=listed)
        if endpoint.vpc_endpoint_type == "Interface":
            self._follow_subnets(endpoint)
            self._dress_endpoint(endpoint)

    def delete_vpc_endpoints(self, vpce_ids: list[str] | None = None) -> None:
        """Delete endpoints; moto lists them as deleted for ever."""
        super().delete_vpc_endpoints(vpce_ids)
        for endpoint_id in vpce_ids or []:
            self.vpc_end_points.pop(endpoint_id, None)
        self.private_addresses.forget()

    def _follow_subnets(self, endpoint: Any) -> None:
        wanted = set(endpoint.subnet_ids)
        for interface_id in list(endpoint.network_interface_ids):
            subnet_id = self.enis[interface_id].subnet.id
            if subnet_id in wanted:
                wanted.remove(subnet_id)
            else:
                endpoint.network_interface_ids.remove(interface_id)
                self._forget(self.enis.pop(interface_id))
        for subnet_id in endpoint.subnet_ids:
            if subnet_id in wanted:
                endpoint.network_interface_ids.append(self.create_network_interface(subnet_id).id)

    def _dress_endpoint(self, endpoint: Any) -> None:
        groups = [self.get_security_group_from_id(each) for each in endpoint.security_group_ids]
        for interface_id in endpoint.network_interface_ids:
            description = f"VPC Endpoint Interface {endpoint.id}"
            found = [group for group in groups if group]
            _dress(self.enis[interface_id], description, "vpc_endpoint", found)

    # --- Shared ---------------------------------------------------------------------------------

    def _free_address(self, subnet: Any) -> str:
        try:
            return self.private_addresses.choose(subnet, mock_random)
        except NoFreeAddressError:
            raise EC2ClientError(
                "InsufficientFreeAddressesInSubnet",
                f"The specified subnet '{subnet.id}' does not have enough free addresses.",
            ) from None

    def _forget(self, interface: Any) -> None:
        addresses = [each["PrivateIpAddress"] for each in interface.private_ip_addresses]
        self.private_addresses.removed(interface.subnet.id, addresses)

    def _is_used(self, group_id: str) -> bool:
        if any(group_id == group.id for each in self.enis.values() for group in each.group_set):
            return True
        others = (each for groups in self.groups.values() for each in groups.values())
        return any(
            rule.source_group.get("GroupId") == group_id
            for other in others
            if other.id != group_id
            for rule in (*other.ingress_rules, *other.egress_rules)
        )


def complete_default_vpc(backend: EC2Backend) -> None:
    """Give the default VPC the internet gateway and the default route that AWS makes with it.

    AWS: default-vpc. Does nothing when there is no default VPC or it has a gateway.
    """
    vpc: Any = backend.get_default_vpc()
    gateways: list[Any] = list(backend.internet_gateways.values())
    if vpc is None or any(gateway.vpc is vpc for gateway in gateways):
        return
    made = backend.create_internet_gateway()
    backend.attach_internet_gateway(made.id, vpc.id)
    tables = backend.route_tables.values()
    main = next(table for table in tables if table.vpc_id == vpc.id and table.main_association_id)
    backend.create_route(main.id, "0.0.0.0/0", gateway_id=made.id)


def install() -> Callable[[], None]:
    """Make moto use `NetworkBackend` for EC2 from now on, dropping EC2 state made before.

    Returns:
        A function that puts moto's own backend back.
    """
    before = ec2_backends.backend
    _use(NetworkBackend)
    return lambda: _use(before)


def _use(backend: type[EC2Backend]) -> None:
    if ec2_backends.backend is not backend:
        ec2_backends.backend = backend
        ec2_backends.clear()


def _dress(interface: Any, description: str, kind: str, groups: list[Any]) -> None:
    interface.description = description
    interface.interface_type = kind
    interface.status = "in-use"
    interface._group_set = groups  # noqa: SLF001 - moto's API cannot take all groups away


def _resolves_names(vpc: Any) -> bool:
    # moto keeps what modify_vpc_attribute sent, which may be the text "false".
    attributes = (vpc.enable_dns_support, vpc.enable_dns_hostnames)
    return all(str(each).lower() == "true" for each in attributes)
