"""The parts of a network, as EC2 describes them: plain values without behaviour."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "Endpoint",
    "InternetGateway",
    "NatGateway",
    "NetworkAcl",
    "NetworkAclEntry",
    "NetworkInterface",
    "PrefixList",
    "Route",
    "RouteTable",
    "SecurityGroup",
    "SecurityGroupRule",
    "Subnet",
    "Vpc",
]


@dataclass(frozen=True, slots=True)
class Vpc:
    """A virtual private cloud and its IPv4 blocks; AWS: vpc-cidr-blocks, vpc-dns."""

    id: str
    cidrs: tuple[str, ...]
    dns_support: bool = True
    dns_hostnames: bool = True


@dataclass(frozen=True, slots=True)
class Subnet:
    """A subnet in one Availability Zone.

    Args:
        route_table: the table explicitly associated with it; None falls back to the VPC's main
            route table (AWS: VPC_Route_Tables, "Subnet route table associations").
        network_acl: the network ACL in front of it; None filters nothing.
    """

    id: str
    vpc: str
    cidr: str
    zone: str
    route_table: str | None = None
    network_acl: str | None = None


@dataclass(frozen=True, slots=True)
class Route:
    """One line of a route table.

    Args:
        destination: a CIDR block, or the id of a prefix list (``pl-…``).
        target: ``local`` or the id of what takes the traffic (``igw-…``, ``nat-…``, ``vpce-…``).
    """

    destination: str
    target: str


@dataclass(frozen=True, slots=True)
class RouteTable:
    """A route table; ``main`` serves the VPC's subnets that have no explicit association."""

    id: str
    vpc: str
    routes: tuple[Route, ...]
    main: bool = False


@dataclass(frozen=True, slots=True)
class SecurityGroupRule:
    """What one rule of a security group allows; AWS: security-group-rules.

    Args:
        protocol: ``tcp``, ``udp``, ``icmp``, a protocol number, or ``-1`` for all.
        from_port: the lowest port; None (with ``-1``) for all.
        to_port: the highest port.
        peer: the other side: a CIDR block, a security group (``sg-…``) or a prefix list (``pl-…``).
    """

    protocol: str
    from_port: int | None
    to_port: int | None
    peer: str


@dataclass(frozen=True, slots=True)
class SecurityGroup:
    """A stateful filter on network interfaces: what it lets pass one way may be answered."""

    id: str
    vpc: str
    ingress: tuple[SecurityGroupRule, ...] = ()
    egress: tuple[SecurityGroupRule, ...] = ()


@dataclass(frozen=True, slots=True)
class NetworkInterface:
    """A network interface, or anything that sends and receives like one.

    Args:
        groups: the ids of its security groups; None when nothing filters it, as for a Network
            Load Balancer created without security groups.
        label: how sentences name it; empty names it by its id.
        evidence: the API call that shows it; empty is ``ec2.describe_network_interfaces``.
    """

    id: str
    private_ip: str
    public_ip: str | None
    subnet: str
    groups: tuple[str, ...] | None
    mac_address: str = ""
    private_dns_name: str | None = None
    label: str = ""
    evidence: str = ""

    @property
    def name(self) -> str:
        """How a sentence names the interface."""
        return self.label or f"network interface {self.id}"

    @property
    def shown_by(self) -> str:
        """The API call that shows the interface."""
        return (
            self.evidence or f"ec2.describe_network_interfaces(NetworkInterfaceIds=['{self.id}'])"
        )


@dataclass(frozen=True, slots=True)
class InternetGateway:
    """An internet gateway and the VPC it is attached to, if any."""

    id: str
    vpc: str | None


@dataclass(frozen=True, slots=True)
class NatGateway:
    """A NAT gateway; one without a public IP leads to no internet; AWS: vpc-nat-gateway."""

    id: str
    subnet: str
    private_ip: str
    public_ip: str | None
    state: str = "available"


@dataclass(frozen=True, slots=True)
class PrefixList:
    """A named set of blocks, such as the addresses of Amazon S3 in a Region."""

    id: str
    name: str
    cidrs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A VPC endpoint.

    Args:
        service: the full service name, such as ``com.amazonaws.us-east-1.ecr.dkr``.
        kind: ``interface`` or ``gateway``.
        addresses: of an interface endpoint: (subnet id, private IP) of each of its interfaces.
        groups: of an interface endpoint: its security groups.
        private_dns: of an interface endpoint: whether the service's usual name resolves to it
            inside the VPC.
        route_tables: of a gateway endpoint: the tables that send the service's addresses to it.
    """

    id: str
    vpc: str
    service: str
    kind: str
    state: str = "available"
    addresses: tuple[tuple[str, str], ...] = ()
    groups: tuple[str, ...] = ()
    private_dns: bool = True
    route_tables: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NetworkAclEntry:
    """One numbered entry of a network ACL; the lowest number that matches decides."""

    number: int
    egress: bool
    protocol: str
    allow: bool
    cidr: str
    from_port: int | None = None
    to_port: int | None = None


@dataclass(frozen=True, slots=True)
class NetworkAcl:
    """A stateless filter at a subnet's edge: answers need an entry too; AWS: vpc-network-acls."""

    id: str
    vpc: str
    entries: tuple[NetworkAclEntry, ...] = ()
