"""AWS Cloud Map as the controllers need it; `ecslab.aws` provides it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["DirectoryPort", "Namespace", "Records", "Registry"]


@dataclass(frozen=True, slots=True)
class Namespace:
    """A namespace.

    Args:
        arn: its ARN.
        name: its name.
    """

    arn: str
    name: str


@dataclass(frozen=True, slots=True)
class Registry:
    """A Cloud Map service in which instances are registered.

    Args:
        arn: its ARN.
        name: its name.
        records: the types of its DNS records; none when it has no DNS.
        checked: whether it has a custom health check, so that ECS reports health.
    """

    arn: str
    name: str
    records: frozenset[str] = frozenset()
    checked: bool = False


@dataclass(frozen=True, slots=True)
class Records:
    """The answer to a DNS query for addresses.

    Args:
        name: the name that was asked for.
        addresses: all addresses that may be answered: the healthy ones, or all when none is.
        ttl: seconds for which a resolver keeps the answer.
        only_one: whether one of them is answered (routing policy WEIGHTED) or up to eight.
        alias: another name under which the addresses are to be found.
        evidence: the API call that shows it.
    """

    name: str
    addresses: tuple[str, ...]
    ttl: float
    only_one: bool = False
    alias: str = ""
    evidence: str = ""


class DirectoryPort(Protocol):
    """Namespaces, services and instances (AWS Cloud Map)."""

    def registry(self, arn: str) -> Registry | None:
        """Return a Cloud Map service, None when there is none."""

    def register(self, registry: str, instance: str, attributes: Mapping[str, str]) -> None:
        """Register an instance in a Cloud Map service; nothing happens when it is gone."""

    def report(self, registry: str, instance: str, *, healthy: bool) -> None:
        """Report the health of an instance to its custom health check."""

    def deregister(self, registry: str, instance: str) -> None:
        """Deregister an instance; twice does no harm."""

    def query(self, name: str, vpc: str) -> Records | None:
        """Return what DNS knows of a name.

        Args:
            name: a host name in lower case.
            vpc: the VPC in which it is asked for; empty on the internet.
        """

    def namespace(self, reference: str) -> Namespace | None:
        """Return a namespace by name or ARN, None when there is none."""

    def make_namespace(self, name: str) -> Namespace:
        """Make an HTTP namespace."""

    def find(self, namespace: str, name: str) -> str | None:
        """Return the ARN of a namespace's service by name, None when there is none."""

    def make(self, namespace: str, name: str) -> str:
        """Make a service that is found with API calls only; return its ARN."""

    def remove(self, registry: str) -> None:
        """Remove a service and its instances; twice does no harm."""
