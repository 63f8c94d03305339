"""How an interface reaches an AWS service: through a VPC endpoint, or over the internet."""

from __future__ import annotations

from ecslab.model.network.cidr import first_address
from ecslab.model.network.filters import INTERNET, Flow, Peer, check_acls, egress_hop
from ecslab.model.network.path import Arrival, Hop, ObstacleError, Path, Steps, walk
from ecslab.model.network.reach import steps_between, steps_out
from ecslab.model.network.topology import Topology
from ecslab.model.network.values import Endpoint, NetworkInterface, PrefixList, Vpc

__all__ = ["to_service"]

_HTTPS = Flow("tcp", 443)


def to_service(
    topology: Topology, interface: NetworkInterface, service: str, region: str = "us-east-1"
) -> Path:
    """Decide whether an interface can call an AWS service over HTTPS.

    A gateway endpoint serves subnets whose route table it is in. Else, an interface endpoint with
    private DNS takes the service's usual name for the whole VPC: when its security group refuses,
    the call times out even though a NAT gateway would reach the service. Else the call goes over
    the internet. AWS: privatelink "Access an AWS service using an interface VPC endpoint",
    "Gateway endpoints"; Amazon ECR "interface VPC endpoints". Endpoint policies are left to the
    judgement of permissions.

    Args:
        topology: the account's network.
        interface: who calls.
        service: the endpoint's short name: ``ecr.api``, ``ecr.dkr``, ``s3``, ``logs``, ``kms``, …
        region: the Region of the service.
    """
    return walk(_steps(topology, interface, service, f"com.amazonaws.{region}.{service}"))


def _steps(topology: Topology, interface: NetworkInterface, service: str, full: str) -> Steps:
    vpc = topology.vpcs.get(topology.vpc_of(interface.subnet))
    if vpc is None:
        raise ObstacleError(
            f"subnet {interface.subnet} of {interface.name} is gone",
            f"ec2.describe_subnets(SubnetIds=['{interface.subnet}'])",
        )
    _check_dns(vpc, service)
    table = topology.route_table_of(interface.subnet)
    for gateway in topology.endpoints_for(vpc.id, full, "gateway"):
        if table and table.id in gateway.route_tables:
            return (yield from _steps_gateway(topology, interface, service, gateway))
        name = table.id if table else "none"
        words = f"gateway endpoint {gateway.id} for {service} is not in route table {name}"
        yield Hop(words, _shows(gateway))
    for endpoint in topology.endpoints_for(vpc.id, full, "interface"):
        if endpoint.private_dns and vpc.dns_hostnames:
            return (yield from _steps_interface(topology, interface, service, endpoint))
        words = f"endpoint {endpoint.id} does not take the usual name of {service}: no private DNS"
        yield Hop(words, _shows(endpoint))
    yield Hop(
        f"no endpoint answers for {service} in {vpc.id}: its name resolves to public addresses",
        f"ec2.describe_vpc_endpoints(Filters=[{{'Name': 'vpc-id', 'Values': ['{vpc.id}']}}])",
    )
    listed = topology.prefix_list_of(full)
    peer = _peer(listed) if listed else Peer(INTERNET)
    return (yield from steps_out(topology, interface, _HTTPS, peer))


def _check_dns(vpc: Vpc, service: str) -> None:
    """Without enableDnsSupport the VPC's resolver answers nothing; AWS: vpc-dns."""
    if not vpc.dns_support:
        raise ObstacleError(
            f"{vpc.id} has DNS support off, so the name of {service} does not resolve",
            f"ec2.describe_vpc_attribute(VpcId='{vpc.id}', Attribute='enableDnsSupport')",
            "dns",
        )


def _steps_gateway(
    topology: Topology, interface: NetworkInterface, service: str, gateway: Endpoint
) -> Steps:
    listed = topology.prefix_list_of(gateway.service)
    peer = _peer(listed) if listed else Peer(INTERNET)
    yield egress_hop(topology, interface, _HTTPS, peer)
    source = (interface.subnet, interface.private_ip)
    check_acls(topology, _HTTPS, source, ("", peer.address))
    words = f"gateway endpoint {gateway.id} takes {service} from the subnet's route table"
    yield Hop(words, _shows(gateway))
    return Arrival("gateway-endpoint", interface.private_ip)


def _steps_interface(
    topology: Topology, interface: NetworkInterface, service: str, endpoint: Endpoint
) -> Steps:
    if not endpoint.addresses:
        raise ObstacleError(
            f"endpoint {endpoint.id} for {service} has no network interface in any subnet",
            _shows(endpoint),
            "dns",
        )
    own_zone = topology.subnets[interface.subnet].zone
    nearest = min(endpoint.addresses, key=lambda each: _zone(topology, each[0]) != own_zone)
    subnet, address = nearest
    yield Hop(
        f"the name of {service} resolves to {address}, endpoint {endpoint.id} (private DNS)",
        _shows(endpoint),
    )
    destination = NetworkInterface(
        endpoint.id,
        address,
        None,
        subnet,
        endpoint.groups,
        label=f"endpoint {endpoint.id}",
        evidence=_shows(endpoint),
    )
    arrival = yield from steps_between(topology, interface, destination, _HTTPS)
    return Arrival("interface-endpoint", arrival.source_ip)


def _zone(topology: Topology, subnet: str) -> str:
    found = topology.subnets.get(subnet)
    return found.zone if found else ""


def _peer(listed: PrefixList) -> Peer:
    address = first_address(listed.cidrs[0]) if listed.cidrs else INTERNET
    return Peer(address, prefix_list=listed.id)


def _shows(endpoint: Endpoint) -> str:
    return f"ec2.describe_vpc_endpoints(VpcEndpointIds=['{endpoint.id}'])"
