"""Gives the simulated tasks what they need of AWS Cloud Map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from moto.servicediscovery.models import servicediscovery_backends

from ecslab.sim.directory import Namespace, Records, Registry

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecslab.aws.cloud_map_backend import CloudMapBackend
    from ecslab.aws.network import Network

__all__ = ["CloudMap"]

_ADDRESS: Final = "AWS_INSTANCE_IPV4"


class CloudMap:
    """AWS Cloud Map of one account and Region.

    Args:
        account: the account's id.
        region: the Region.
        network: its VPCs, whose DNS attributes count.
    """

    def __init__(self, account: str, region: str, network: Network) -> None:
        self._account = account
        self._region = region
        self._network = network

    # --- Instances ----------------------------------------------------------------------------

    def registry(self, arn: str) -> Registry | None:
        """Return a Cloud Map service, None when there is none."""
        found = self._service(arn)
        if found is None:
            return None
        types = {str(record["Type"]) for record in (found.dns_config or {}).get("DnsRecords") or []}
        checked = bool(found.health_check_custom_config)
        return Registry(found.arn, found.name, frozenset(types), checked)

    def register(self, registry: str, instance: str, attributes: Mapping[str, str]) -> None:
        """Register an instance in a Cloud Map service; nothing happens when it is gone."""
        if self._service(registry) is not None:
            self._backend().register_instance(registry, instance, instance, dict(attributes))

    def report(self, registry: str, instance: str, *, healthy: bool) -> None:
        """Report the health of an instance to its custom health check."""
        found = self._service(registry)
        known = found is not None and any(i.instance_id == instance for i in found.instances)
        if found is not None and known and found.health_check_custom_config:
            self._backend().update_instance_custom_health_status(
                found.id, instance, "HEALTHY" if healthy else "UNHEALTHY"
            )

    def deregister(self, registry: str, instance: str) -> None:
        """Deregister an instance; twice does no harm."""
        found = self._service(registry)
        if found is not None and any(i.instance_id == instance for i in found.instances):
            self._backend().deregister_instance(found.id, instance)

    # --- Names ----------------------------------------------------------------------------------

    def query(self, name: str, vpc: str) -> Records | None:
        """Return what DNS knows of a name; the namespace with the longest name answers."""
        backend = self._backend()
        zones = [each for each in backend.namespaces.values() if self._is_visible(each, vpc)]
        zones.sort(key=lambda each: -len(each.name))
        for zone in zones:
            if not name.endswith(f".{zone.name.lower()}"):
                continue
            relative = name[: -len(zone.name) - 1]
            for service in backend.services_in(zone.id):
                found = self._records(name, relative, service)
                if found is not None:
                    return found
        return None

    def _is_visible(self, namespace: Any, vpc: str) -> bool:
        """Say whether a namespace answers DNS queries from a VPC.

        AWS: service-discovery: the VPC's DNS attributes must be on (Route 53, "Considerations when
        working with a private hosted zone": both of them).
        """
        if namespace.type == "DNS_PUBLIC":
            return True
        found = self._network.topology().vpcs.get(vpc)
        ours = namespace.type == "DNS_PRIVATE" and namespace.vpc == vpc and found is not None
        return bool(ours and found and found.dns_support and found.dns_hostnames)

    def _records(self, name: str, relative: str, service: Any) -> Records | None:
        """Return the records of a service, or of one of its instances with an SRV record."""
        dns = service.dns_config or {}
        ttls = {record["Type"]: float(record["TTL"]) for record in dns.get("DnsRecords") or []}
        evidence = f"servicediscovery.list_instances(ServiceId='{service.id}')"
        own, instances = service.name.lower(), list(service.instances)
        if relative.endswith(f".{own}") and "SRV" in ttls:
            wanted = relative[: -len(own) - 1]
            found = [each for each in instances if each.instance_id.lower() == wanted]
            addresses = tuple(each.attributes[_ADDRESS] for each in found if _has_address(each))
            return Records(name, addresses, ttls["SRV"], evidence=evidence) if addresses else None
        if relative != own or not ({"A", "CNAME"} & set(ttls)):
            return None
        checked = self._backend().has_health(service)
        well = [each for each in instances if not checked or each.health_status == "HEALTHY"]
        chosen = well or instances
        ttl = ttls.get("A", ttls.get("CNAME", 0.0))
        alias = next((_alias(each) for each in chosen if _alias(each)), "")
        addresses = tuple(each.attributes[_ADDRESS] for each in chosen if _has_address(each))
        only_one = dns.get("RoutingPolicy") == "WEIGHTED"
        return Records(name, addresses, ttl, only_one, alias.lower(), evidence)

    # --- Namespaces and services ----------------------------------------------------------------

    def namespace(self, reference: str) -> Namespace | None:
        """Return a namespace by name or ARN, None when there is none."""
        for each in self._backend().namespaces.values():
            if reference in (each.arn, each.name):
                return Namespace(each.arn, each.name)
        return None

    def make_namespace(self, name: str) -> Namespace:
        """Make an HTTP namespace."""
        self._backend().create_http_namespace(name, name, None, None)
        made = list(self._backend().namespaces.values())[-1]
        return Namespace(made.arn, made.name)

    def find(self, namespace: str, name: str) -> str | None:
        """Return the ARN of a namespace's service by name, None when there is none."""
        for each in self._backend().services_in(namespace.rsplit("/", 1)[-1]):
            if each.name == name:
                return str(each.arn)
        return None

    def make(self, namespace: str, name: str) -> str:
        """Make a service that is found with API calls only; return its ARN."""
        made = self._backend().create_service(
            name=name,
            namespace_id=namespace,
            creator_request_id=name,
            description="Managed by arn:aws:ecs",
            dns_config=None,
            health_check_config=None,
            health_check_custom_config=None,
            tags=None,
            service_type="HTTP",
        )
        return str(made.arn)

    def remove(self, registry: str) -> None:
        """Remove a service and its instances; twice does no harm."""
        found = self._service(registry)
        if found is not None:
            found.instances.clear()
            self._backend().delete_service(found.id)

    def _service(self, arn: str) -> Any:
        return self._backend().services.get(arn.rsplit("/", 1)[-1])

    def _backend(self) -> CloudMapBackend:
        backend: Any = servicediscovery_backends[self._account][self._region]
        found: CloudMapBackend = backend
        return found


def _has_address(instance: Any) -> bool:
    return _ADDRESS in instance.attributes


def _alias(instance: Any) -> str:
    attributes = instance.attributes
    return str(attributes.get("AWS_ALIAS_DNS_NAME") or attributes.get("AWS_INSTANCE_CNAME") or "")
