"""What security groups and network ACLs let pass."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ecslab.model.network.cidr import contains
from ecslab.model.network.path import Hop, ObstacleError
from ecslab.model.network.topology import Topology
from ecslab.model.network.values import (
    NetworkAcl,
    NetworkAclEntry,
    NetworkInterface,
    SecurityGroupRule,
)

__all__ = [
    "EPHEMERAL_PORTS",
    "INTERNET",
    "Flow",
    "Peer",
    "check_acls",
    "egress_hop",
    "ingress_hop",
    "rules_allow",
]

INTERNET = "198.51.100.10"
"""An address that stands for any host on the internet (TEST-NET-2, RFC 5737)."""

EPHEMERAL_PORTS = (32768, 60999)
"""The ports Linux clients send from, to which answers return; AWS: nacl-ephemeral-ports."""

_NUMBERS = {"6": "tcp", "17": "udp", "1": "icmp"}


@dataclass(frozen=True, slots=True)
class Flow:
    """What is asked for: a protocol (``tcp``, ``udp``) and a destination port."""

    protocol: str
    port: int

    def __str__(self) -> str:
        """Return the flow as sentences name it."""
        return f"{self.protocol} {self.port}"


@dataclass(frozen=True, slots=True)
class Peer:
    """The other side as a rule sees it: an address, its security groups, its prefix list."""

    address: str
    groups: tuple[str, ...] = ()
    prefix_list: str = ""

    @classmethod
    def of(cls, interface: NetworkInterface) -> Peer:
        """Return a network interface as the other side."""
        return cls(interface.private_ip, interface.groups or ())

    @property
    def name(self) -> str:
        """How a sentence names it."""
        return self.prefix_list or ("the internet" if self.address == INTERNET else self.address)


def rules_allow(
    topology: Topology, rules: Iterable[SecurityGroupRule], flow: Flow, peer: Peer
) -> bool:
    """Say whether any of the rules allows a flow with a peer; security groups have no deny rules.

    AWS: security-group-rules. A rule that names a security group matches the private addresses of
    interfaces in that group, never their public ones.
    """
    return any(_rule_allows(topology, rule, flow, peer) for rule in rules)


def egress_hop(topology: Topology, interface: NetworkInterface, flow: Flow, peer: Peer) -> Hop:
    """Return the hop through the outbound rules of an interface's groups, or raise an obstacle."""
    return _group_hop(topology, interface, flow, peer, egress=True)


def ingress_hop(topology: Topology, interface: NetworkInterface, flow: Flow, peer: Peer) -> Hop:
    """Return the hop through the inbound rules of an interface's groups, or raise an obstacle."""
    return _group_hop(topology, interface, flow, peer, egress=False)


def check_acls(
    topology: Topology,
    flow: Flow,
    source: tuple[str, str],
    destination: tuple[str, str],
) -> None:
    """Raise an obstacle where a network ACL stops a flow or its answers.

    AWS: vpc-network-acls. They are stateless, act only where traffic crosses a subnet's edge, and
    the answers go to the sender's ephemeral ports.

    Args:
        topology: the network.
        flow: what is asked for.
        source: (subnet id, address) of the sender; the subnet is empty for the internet.
        destination: (subnet id, address) of the receiver; likewise.

    Raises:
        ObstacleError: naming the entry that denies.
    """
    (from_subnet, from_address), (to_subnet, to_address) = source, destination
    if from_subnet == to_subnet:
        return
    _check_acl(topology, from_subnet, to_address, flow, egress=True)
    _check_acl(topology, to_subnet, from_address, flow, egress=False)
    for port in EPHEMERAL_PORTS:
        answer = Flow(flow.protocol, port)
        _check_acl(topology, to_subnet, from_address, answer, egress=True)
        _check_acl(topology, from_subnet, to_address, answer, egress=False)


def _rule_allows(topology: Topology, rule: SecurityGroupRule, flow: Flow, peer: Peer) -> bool:
    if not _covers(rule.protocol, rule.from_port, rule.to_port, flow):
        return False
    if rule.peer.startswith("sg-"):
        return rule.peer in peer.groups
    if rule.peer == peer.prefix_list:
        return True
    return topology.peer_covers(rule.peer, peer.address)


def _covers(protocol: str, from_port: int | None, to_port: int | None, flow: Flow) -> bool:
    named = _NUMBERS.get(protocol, protocol)
    if named == "-1":
        return True
    if named != flow.protocol:
        return False
    if from_port is None or to_port is None or from_port == -1:
        return True
    return from_port <= flow.port <= to_port


def _group_hop(
    topology: Topology, interface: NetworkInterface, flow: Flow, peer: Peer, *, egress: bool
) -> Hop:
    direction, preposition = ("outbound", "to") if egress else ("inbound", "from")
    what = f"{direction} {flow} {preposition} {peer.name}"
    if interface.groups is None:
        return Hop(
            f"{interface.name} has no security group: {what} is not filtered", interface.shown_by
        )
    for group_id in interface.groups:
        group = topology.security_groups.get(group_id)
        if group and rules_allow(topology, group.egress if egress else group.ingress, flow, peer):
            return Hop(
                f"security group {group_id} of {interface.name} allows {what}",
                _shows_groups(group_id),
            )
    names = ", ".join(interface.groups)
    raise ObstacleError(
        f"no {direction} rule of security group {names} of {interface.name} allows {flow} "
        f"{preposition} {peer.name}: the packets are dropped",
        _shows_groups(*interface.groups),
    )


def _shows_groups(*groups: str) -> str:
    return f"ec2.describe_security_groups(GroupIds={list(groups)})"


def _check_acl(topology: Topology, subnet: str, address: str, flow: Flow, *, egress: bool) -> None:
    acl = topology.acl_of(subnet)
    if acl is None:
        return
    entry = _deciding_entry(acl, flow, address, egress=egress)
    if entry and entry.allow:
        return
    direction, preposition = ("outbound", "to") if egress else ("inbound", "from")
    rule = f"entry {entry.number} of {acl.id}" if entry else f"the default of {acl.id}"
    raise ObstacleError(
        f"{rule}, the network ACL of subnet {subnet}, denies {direction} {flow} "
        f"{preposition} {address}: the packets are dropped",
        f"ec2.describe_network_acls(NetworkAclIds=['{acl.id}'])",
    )


def _deciding_entry(
    acl: NetworkAcl, flow: Flow, address: str, *, egress: bool
) -> NetworkAclEntry | None:
    matching = (
        entry
        for entry in acl.entries
        if entry.egress == egress
        and _covers(entry.protocol, entry.from_port, entry.to_port, flow)
        and contains(entry.cidr, address)
    )
    return min(matching, key=lambda entry: entry.number, default=None)
