"""Addresses and CIDR blocks as integers, so that a question about them costs microseconds."""

from __future__ import annotations

import ipaddress
from functools import lru_cache

__all__ = ["contains", "first_address", "prefix_length"]

_ALL_ONES = 0xFFFF_FFFF


def contains(cidr: str, address: str) -> bool:
    """Say whether an IPv4 address lies in a CIDR block.

    Args:
        cidr: an IPv4 block such as ``10.0.0.0/16``; bits behind the prefix do not count.
        address: an IPv4 address such as ``10.0.3.7``.
    """
    network, mask, _ = _block(cidr)
    return _number(address) & mask == network


def prefix_length(cidr: str) -> int:
    """Return the number of fixed bits of a block: the longer, the more specific a route."""
    return _block(cidr)[2]


def first_address(cidr: str) -> str:
    """Return the block's lowest address after its network address, to stand for the whole block."""
    network, _, length = _block(cidr)
    return str(ipaddress.IPv4Address(network + (1 if length < ipaddress.IPV4LENGTH else 0)))


@lru_cache(maxsize=4096)
def _block(cidr: str) -> tuple[int, int, int]:
    network = ipaddress.IPv4Network(cidr, strict=False)
    length = network.prefixlen
    mask = (_ALL_ONES << (ipaddress.IPV4LENGTH - length)) & _ALL_ONES
    return int(network.network_address), mask, length


@lru_cache(maxsize=16384)
def _number(address: str) -> int:
    return int(ipaddress.IPv4Address(address))
