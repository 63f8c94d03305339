"""The network as plain values, and decisions about who reaches whom, hop by hop.

Everything here is pure: a `Topology` and network interfaces go in, a `Path` with its reasons
comes out.
"""

from __future__ import annotations

from ecslab.model.network.configuration import check_awsvpc_configuration
from ecslab.model.network.path import Arrival, Failure, Hop, Path
from ecslab.model.network.reach import INTERNET, between, from_internet, to_internet
from ecslab.model.network.services import to_service
from ecslab.model.network.topology import Topology
from ecslab.model.network.values import (
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
    Vpc,
)

__all__ = [
    "INTERNET",
    "Arrival",
    "Endpoint",
    "Failure",
    "Hop",
    "InternetGateway",
    "NatGateway",
    "NetworkAcl",
    "NetworkAclEntry",
    "NetworkInterface",
    "Path",
    "PrefixList",
    "Route",
    "RouteTable",
    "SecurityGroup",
    "SecurityGroupRule",
    "Subnet",
    "Topology",
    "Vpc",
    "between",
    "check_awsvpc_configuration",
    "from_internet",
    "to_internet",
    "to_service",
]
