"""Private addresses of subnets: which are taken, and which is handed out next."""

from __future__ import annotations

import ipaddress
from collections import defaultdict
from collections.abc import Iterable, Mapping
from random import Random
from typing import Any

from ecslab.errors import EcslabError

__all__ = ["Addresses", "NetworkInterfaceError", "NoFreeAddressError", "public_address"]

_FIRST_HOST = 4
"""AWS keeps the first four addresses of a subnet and its last one; AWS: subnet-sizing."""

_PUBLIC_BLOCK = ipaddress.IPv4Network("3.80.0.0/12")
"""Where public addresses are drawn from: a block that AWS publishes for us-east-1."""


class NoFreeAddressError(EcslabError):
    """A subnet has no address left for another network interface."""


class NetworkInterfaceError(EcslabError):
    """A task's network interface could not be made; its text is the task's stopped reason.

    The stop code is ``TaskFailedToStart``. AWS: failed-to-start-error.
    """


class Addresses:
    """The addresses taken by network interfaces, by subnet.

    moto keeps no such list for network interfaces: it draws random addresses, also reserved ones
    and ones that are in use. Counting interfaces tells cheaply whether something changed behind
    our back; then the list is made anew.

    Args:
        interfaces: moto's own dictionary of network interfaces, by id.
    """

    def __init__(self, interfaces: Mapping[str, Any]) -> None:
        self._interfaces = interfaces
        self._taken: defaultdict[str, set[int]] = defaultdict(set)
        self._count = -1

    def choose(self, subnet: Any, random: Random) -> str:
        """Return a free address of a subnet, drawn at random.

        Args:
            subnet: moto's subnet.
            random: the source of chance.

        Raises:
            NoFreeAddressError: when all addresses are taken.
        """
        taken = self._of(subnet.id)
        reserved = subnet._reserved_ips  # noqa: SLF001 - moto shows CIDR reservations nowhere else
        network = subnet.cidr
        start = int(network.network_address)
        hosts = network.num_addresses - _FIRST_HOST - 1
        offset = random.randrange(hosts)
        for step in range(hosts):
            number = start + _FIRST_HOST + (offset + step) % hosts
            address = ipaddress.IPv4Address(number)
            if number not in taken and address not in reserved:
                return str(address)
        raise NoFreeAddressError(f"Subnet {subnet.id} has no free IP address.")

    def is_free(self, subnet: Any, address: str) -> bool:
        """Say whether an address lies in a subnet, is not kept by AWS, and is not in use."""
        number = int(ipaddress.IPv4Address(address))
        return self.belongs(subnet, address) and number not in self._of(subnet.id)

    @staticmethod
    def belongs(subnet: Any, address: str) -> bool:
        """Say whether an address lies in a subnet and is not one that AWS keeps."""
        first = int(subnet.cidr.network_address)
        offset = int(ipaddress.IPv4Address(address)) - first
        return offset in range(_FIRST_HOST, int(subnet.cidr.num_addresses) - 1)

    def added(self, subnet_id: str, address: str) -> None:
        """Note the address of an interface that was just added."""
        if self._count + 1 == len(self._interfaces):
            self._taken[subnet_id].add(int(ipaddress.IPv4Address(address)))
            self._count += 1

    def removed(self, subnet_id: str, addresses: Iterable[str]) -> None:
        """Forget the addresses of an interface that was just removed."""
        if self._count - 1 == len(self._interfaces):
            numbers = {int(ipaddress.IPv4Address(address)) for address in addresses}
            self._taken[subnet_id] -= numbers
            self._count -= 1

    def forget(self) -> None:
        """Make the list anew at the next question."""
        self._count = -1

    def _of(self, subnet_id: str) -> set[int]:
        if self._count != len(self._interfaces):
            self._taken.clear()
            for interface in self._interfaces.values():
                taken = self._taken[interface.subnet.id]
                taken.update(
                    int(ipaddress.IPv4Address(each["PrivateIpAddress"]))
                    for each in interface.private_ip_addresses
                )
            self._count = len(self._interfaces)
        return self._taken[subnet_id]


def public_address(taken: set[str], random: Random) -> str:
    """Return a public address that is not in use, drawn at random, and note it as taken."""
    while True:
        number = int(_PUBLIC_BLOCK.network_address) + random.randrange(_PUBLIC_BLOCK.num_addresses)
        address = str(ipaddress.IPv4Address(number))
        if address not in taken:
            taken.add(address)
            return address
