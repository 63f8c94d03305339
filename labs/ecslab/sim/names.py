"""Host names in the simulated network: who answers for them, and for how long an answer is kept.

AWS: vpc-dns (EC2's own names, DNS attributes of a VPC); service-discovery (names of AWS Cloud Map,
up to eight healthy records, else up to eight unhealthy ones); botocore servicediscovery DnsConfig
and DnsRecord.TTL.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ecslab.model.network import Hop
from ecslab.sim.hosts import address_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from ecslab.model.network import Topology
    from ecslab.sim.directory import Records
    from ecslab.sim.entities import Account, Task

__all__ = ["Names", "Resolved", "is_address"]

_MOST_ANSWERED: Final = 8
_MOST_ALIASES: Final = 8


@dataclass(frozen=True, slots=True)
class Resolved:
    """What a name leads to.

    Args:
        name: the last name on the way, which may be a load balancer's.
        addresses: its addresses, in the order in which a client tries them; none for a name that
            somebody else has to answer for.
        hops: how it was resolved.
    """

    name: str
    addresses: tuple[str, ...] = ()
    hops: tuple[Hop, ...] = ()


class Names:
    """The DNS resolvers of an account's VPCs.

    Args:
        account: the account.
        topology: returns the network as it is now.
    """

    def __init__(self, account: Account, topology: Callable[[], Topology]) -> None:
        self._account = account
        self._topology = topology
        self._kept: dict[tuple[str, str], tuple[float, Records, tuple[str, ...]]] = {}
        self._turns: dict[tuple[str, str], int] = {}

    def resolve(self, host: str, task: Task | None) -> Resolved | Hop:
        """Return what a name leads to, or the hop that says why it leads nowhere.

        Args:
            host: a host name or address.
            task: who asks; None for a host on the internet.
        """
        if is_address(host):
            return Resolved(host, (host,))
        vpc = task.agent_interface.vpc if task is not None and task.agent_interface else ""
        refusal = self._refusal(vpc)
        if refusal is not None:
            return refusal
        address = address_in(host, inside=task is not None)
        if address:
            return Resolved(host, (address,), (Hop(f"{host} is EC2's name of {address}", _EC2),))
        return self._ask(host, vpc)

    def _ask(self, host: str, vpc: str) -> Resolved:
        """Follow a name through Cloud Map as far as it knows it."""
        name, hops = host, []
        for _ in range(_MOST_ALIASES):
            found = self._records(name, vpc)
            if found is None:
                break
            records, addresses = found
            if not records.alias:
                turn = self._turns.get((vpc, name), 0)
                self._turns[vpc, name] = turn + 1
                shift = turn % len(addresses) if addresses else 0
                addresses = addresses[shift:] + addresses[:shift]
                listed = ", ".join(addresses) or "no address"
                hops.append(Hop(f"{name} resolves to {listed} (Cloud Map)", records.evidence))
                return Resolved(name, addresses, tuple(hops))
            hops.append(Hop(f"{name} is another name of {records.alias}", records.evidence))
            name = records.alias
        return Resolved(name, (), tuple(hops))

    def _records(self, name: str, vpc: str) -> tuple[Records, tuple[str, ...]] | None:
        """Return the records of a name from the VPC's resolver, which keeps them for their TTL."""
        now = self._account.clock.seconds
        kept = self._kept.get((vpc, name))
        if kept is not None and now < kept[0]:
            return kept[1], kept[2]
        self._kept.pop((vpc, name), None)
        records = self._account.ports.directory.query(name, vpc)
        if records is None:
            return None
        addresses = records.addresses
        most = 1 if records.only_one else _MOST_ANSWERED
        if len(addresses) > most:
            addresses = tuple(self._account.random.sample(addresses, most))
        if addresses or records.alias:
            self._kept[vpc, name] = (now + records.ttl, records, addresses)
        return records, addresses

    def _refusal(self, vpc: str) -> Hop | None:
        """Say why nothing resolves in a VPC; AWS: vpc-dns, enableDnsSupport."""
        found = self._topology().vpcs.get(vpc)
        if found is None or found.dns_support:
            return None
        call = f"ec2.describe_vpc_attribute(VpcId='{vpc}', Attribute='enableDnsSupport')"
        return Hop(f"{vpc} has DNS support off, so no name resolves in it", call, "dns")


_EC2: Final = "ec2.describe_network_interfaces()"


def is_address(host: str) -> bool:
    """Say whether a host is an IP address."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
