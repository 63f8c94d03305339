"""The network that moto holds, as the values of `ecslab.model.network`."""

from __future__ import annotations

from typing import Any

from ecslab.model.network import (
    Endpoint,
    InternetGateway,
    NatGateway,
    NetworkAcl,
    NetworkAclEntry,
    NetworkInterface,
    PrefixList,
    Route,
    RouteTable,
    SecurityGroup,
    SecurityGroupRule,
    Subnet,
    Topology,
    Vpc,
)

__all__ = ["interface_of", "snapshot"]


def snapshot(backend: Any) -> Topology:
    """Return all parts of moto's network but its network interfaces.

    Args:
        backend: moto's EC2 backend of one account and Region.
    """
    tables = {
        association["SubnetId"]: table.id
        for table in backend.route_tables.values()
        for association in table.associations
        if "SubnetId" in association
    }
    acls = {
        association.subnet_id: acl.id
        for acl in backend.network_acls.values()
        for association in acl.associations
    }
    return Topology(
        vpcs={vpc.id: _vpc(vpc) for vpc in backend.vpcs.values()},
        subnets={
            each.id: Subnet(
                each.id,
                each.vpc_id,
                each.cidr_block,
                each.availability_zone,
                tables.get(each.id),
                acls.get(each.id),
            )
            for zone in backend.subnets.values()
            for each in zone.values()
            if each.cidr_block
        },
        route_tables={each.id: _route_table(each) for each in backend.route_tables.values()},
        security_groups={
            group.id: _security_group(group)
            for groups in backend.groups.values()
            for group in groups.values()
        },
        internet_gateways={
            each.id: InternetGateway(each.id, each.vpc.id if each.vpc else None)
            for each in backend.internet_gateways.values()
        },
        nat_gateways={
            each.id: _nat_gateway(backend, each) for each in backend.nat_gateways.values()
        },
        endpoints={each.id: _endpoint(backend, each) for each in backend.vpc_end_points.values()},
        prefix_lists={
            each.id: _prefix_list(each) for each in backend.managed_prefix_lists.values()
        },
        network_acls={each.id: _network_acl(each) for each in backend.network_acls.values()},
    )


def interface_of(interface: Any) -> NetworkInterface:
    """Return one of moto's network interfaces as a value."""
    return NetworkInterface(
        interface.id,
        interface.private_ip_address,
        interface.public_ip,
        interface.subnet.id,
        tuple(group.id for group in interface.group_set),
        interface.mac_address,
        # moto sets the attribute only in VPCs with DNS hostnames.
        getattr(interface, "private_dns_name", None),
    )


def _vpc(vpc: Any) -> Vpc:
    return Vpc(
        vpc.id,
        tuple(each["cidr_block"] for each in vpc.get_cidr_block_association_set()),
        _is_true(vpc.enable_dns_support),
        _is_true(vpc.enable_dns_hostnames),
    )


def _is_true(value: Any) -> bool:
    # moto keeps what modify_vpc_attribute sent, which may be the text "false".
    return str(value).lower() == "true"


def _route_table(table: Any) -> RouteTable:
    routes = (_route(route) for route in table.routes)
    return RouteTable(
        table.id,
        table.vpc_id,
        tuple(route for route in routes if route),
        main=table.main_association_id is not None,
    )


def _route(route: Any) -> Route | None:
    destination = route.destination_cidr_block or route.destination_prefix_list_id
    if not destination:
        return None  # an IPv6 route
    targets = (
        route.gateway_id,
        route.nat_gateway_id,
        route.transit_gateway_id,
        route.network_interface_id,
        route.instance_id,
        route.vpc_peering_connection_id,
        route.carrier_gateway_id,
    )
    return Route(destination, next((target for target in targets if target), ""))


def _security_group(group: Any) -> SecurityGroup:
    return SecurityGroup(
        group.id,
        group.vpc_id,
        tuple(each for rule in group.ingress_rules for each in _rule(rule)),
        tuple(each for rule in group.egress_rules for each in _rule(rule)),
    )


def _rule(rule: Any) -> list[SecurityGroupRule]:
    peers = (rule.cidr_ipv4, rule.source_group.get("GroupId"), rule.prefix_list_id)
    return [
        SecurityGroupRule(str(rule.ip_protocol), rule.from_port, rule.to_port, peer)
        for peer in peers
        if peer
    ]


def _nat_gateway(backend: Any, gateway: Any) -> NatGateway:
    interface = backend.enis.get(gateway.address_set[0]["networkInterfaceId"])
    public_ip = interface.public_ip if interface else None
    return NatGateway(gateway.id, gateway.subnet_id, gateway.private_ip, public_ip, gateway.state)


def _endpoint(backend: Any, endpoint: Any) -> Endpoint:
    interfaces = [backend.enis.get(each) for each in endpoint.network_interface_ids]
    return Endpoint(
        endpoint.id,
        endpoint.vpc_id,
        endpoint.service_name,
        endpoint.vpc_endpoint_type.lower(),
        endpoint.state,
        tuple((each.subnet.id, each.private_ip_address) for each in interfaces if each),
        tuple(endpoint.security_group_ids),
        bool(endpoint.private_dns_enabled),
        tuple(endpoint.route_table_ids),
    )


def _prefix_list(listed: Any) -> PrefixList:
    versions = list(listed.entries.values())
    entries = versions[-1] if versions else []
    is_ipv4 = listed.address_family == "IPv4"
    return PrefixList(
        listed.id,
        listed.prefix_list_name or "",
        tuple(each["Cidr"] for each in entries) if is_ipv4 else (),
    )


def _network_acl(acl: Any) -> NetworkAcl:
    return NetworkAcl(
        acl.id,
        acl.vpc_id,
        tuple(_acl_entry(entry) for entry in acl.entries if entry.cidr_block),
    )


def _acl_entry(entry: Any) -> NetworkAclEntry:
    has_ports = entry.port_range_from is not None and entry.port_range_to is not None
    return NetworkAclEntry(
        int(entry.rule_number),
        _is_true(entry.egress),
        str(entry.protocol),
        entry.rule_action == "allow",
        entry.cidr_block,
        int(entry.port_range_from) if has_ports else None,
        int(entry.port_range_to) if has_ports else None,
    )
