"""moto's AWS Cloud Map, mended where AWS behaves differently and a learner would notice.

Each method says what moto does instead; ``tests/aws/test_cloud_map_contract.py`` fails when a new
moto changes that, so that a mend which is no longer needed goes away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from moto.core.exceptions import JsonRESTError
from moto.core.utils import unix_time
from moto.ec2.models import ec2_backends
from moto.moto_api._internal import mock_random
from moto.route53.models import route53_backends
from moto.servicediscovery import urls
from moto.servicediscovery.models import (
    Namespace,
    Service,
    ServiceDiscoveryBackend,
    ServiceInstance,
    servicediscovery_backends,
)

from ecslab.aws.cloud_map_rules import check_attributes, check_service

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["CloudMapBackend", "Instance", "install"]

_SOA_TTL: Final = 15
_HEALTH_DELAY: Final = 30.0
"""Seconds until a custom health status counts (botocore servicediscovery
HealthCheckCustomConfig)."""


class Instance(ServiceInstance):
    """An instance whose custom health status changes some time after it was told to."""

    now: ClassVar[Callable[[], float]] = unix_time
    """Gives the time, also while simulated time runs, when Python's clock stands still."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._wanted: tuple[str, float] | None = None
        self._status = "HEALTHY"
        super().__init__(*args, **kwargs)
        self._status = self.attributes.get("AWS_INIT_HEALTH_STATUS", "HEALTHY")

    @property
    def health_status(self) -> str:
        """The status that counts now."""
        if self._wanted is not None and self._wanted[1] <= type(self).now():
            self._status, self._wanted = self._wanted[0], None
        return self._status

    @health_status.setter
    def health_status(self, status: str) -> None:
        if status == self.health_status:
            self._wanted = None
        elif self._wanted is None or self._wanted[0] != status:
            self._wanted = (status, type(self).now() + _HEALTH_DELAY)


class CloudMapBackend(ServiceDiscoveryBackend):
    """moto's Cloud Map backend whose names, health and refusals are AWS's; see `install`."""

    @property
    def _url_module(self) -> Any:
        """The addresses of the API; moto derives them from the name of the class's module."""
        return urls

    # --- Namespaces ---------------------------------------------------------------------------

    def create_http_namespace(self, name: str, *args: Any, **kwargs: Any) -> str:
        """Make an HTTP namespace; moto makes a second one of the same name."""
        for each in self.namespaces.values():
            if http_name(each) == name:
                raise _taken(each)
        return super().create_http_namespace(name, *args, **kwargs)

    def create_private_dns_namespace(  # type: ignore[override] # the API names all arguments
        self, name: str, *, vpc: str, **kwargs: Any
    ) -> str:
        """Make a private DNS namespace.

        moto allows one for each VPC, whatever its name, checks no VPC, calls the hosted zone
        otherwise, and gives the namespace no name for DiscoverInstances.
        """
        if vpc not in ec2_backends[self.account_id][self.region_name].vpcs:
            raise JsonRESTError("InvalidInput", f"The VPC {vpc} doesn't exist.")
        for each in self.namespaces.values():
            if (each.name, each.vpc) == (name, vpc):
                raise _taken(each)
        # moto refuses a second namespace in the same VPC: look at it without the others.
        kept, self.namespaces = self.namespaces, {}
        try:
            operation = super().create_private_dns_namespace(name, vpc=vpc, **kwargs)
        finally:
            made, self.namespaces = self.namespaces, kept
        self.namespaces.update(made)
        self._complete(next(iter(made.values())))
        return operation

    def create_public_dns_namespace(self, name: str, *args: Any, **kwargs: Any) -> str:
        """Make a public DNS namespace; moto makes a second one of the same name."""
        for each in self.namespaces.values():
            if each.name == name and each.type == "DNS_PUBLIC":
                raise _taken(each)
        operation = super().create_public_dns_namespace(name, *args, **kwargs)
        self._complete(list(self.namespaces.values())[-1])
        return operation

    def _complete(self, namespace: Namespace) -> None:
        """Give a DNS namespace its own name for API calls, and its hosted zone the right one."""
        taken = {http_name(each) for each in self.namespaces.values() if each is not namespace}
        name = namespace.name
        if name in taken:
            name = f"{name}-{mock_random.get_random_hex(16)}"
        namespace.http_properties = {"HttpName": name}
        soa = {"TTL": _SOA_TTL, **(namespace.dns_properties.get("SOA") or {})}
        zone = str(namespace.dns_properties["HostedZoneId"]).rsplit("/", 1)[-1]
        self._zones()[zone].name = f"{namespace.name}."
        namespace.dns_properties = {"HostedZoneId": zone, "SOA": soa}

    def delete_namespace(self, namespace_id: str) -> str:
        """Delete a namespace; moto also deletes one with services in it, and keeps its zone."""
        namespace = self.get_namespace(namespace_id)
        if self.services_in(namespace.id):
            message = "The namespace still contains one or more services."
            raise JsonRESTError("ResourceInUse", message)
        operation = super().delete_namespace(namespace.id)
        zone = namespace.dns_properties.get("HostedZoneId")
        if zone:
            self._zones().pop(zone, None)
        return operation

    def get_namespace(self, namespace_id: str) -> Namespace:
        """Return a namespace by id or ARN; moto takes ids only."""
        return super().get_namespace(namespace_id.rsplit("/", 1)[-1])

    def services_in(self, namespace_id: str) -> list[Service]:
        """Return the services of a namespace."""
        return [each for each in self.services.values() if each.namespace_id == namespace_id]

    def list_operations(self) -> Iterable[Any]:
        """Return all operations; moto forgets those that are not about an existing namespace."""
        return self.operations.values()

    # --- Services -----------------------------------------------------------------------------

    def create_service(  # type: ignore[override] # moto's responses name all arguments
        self, *, name: str, namespace_id: str, dns_config: Any, **kwargs: Any
    ) -> Service:
        """Make a service.

        moto takes any namespace, two services of one name, and DNS records where there is no DNS;
        it leaves the defaults out.
        """
        namespace = self.get_namespace(namespace_id or (dns_config or {}).get("NamespaceId") or "")
        for each in self.services_in(namespace.id):
            if each.name == name or (namespace.type != "HTTP" and _same(each.name, name)):
                message = f"Service already exists, id: {each.id}."
                raise JsonRESTError("ServiceAlreadyExists", message)
        checked, custom = check_service(namespace.type, dns_config, kwargs)
        if checked is not None:
            checked["NamespaceId"] = namespace.id
        kinds = {"HTTP": "HTTP", "DNS_PRIVATE": "DNS_HTTP", "DNS_PUBLIC": "DNS_HTTP"}
        kind = kinds[namespace.type] if checked else "HTTP"
        kwargs |= {"health_check_custom_config": custom, "service_type": kind}
        return super().create_service(
            name=name, namespace_id=namespace.id, dns_config=checked or {}, **kwargs
        )

    def get_service(self, service_id: str) -> Service:
        """Return a service by id or ARN; moto takes ids only."""
        return super().get_service(service_id.rsplit("/", 1)[-1])

    def delete_service(self, service_id: str) -> None:
        """Delete a service; moto also deletes one with instances, or none at all."""
        service = self.get_service(service_id)
        if service.instances:
            message = "Service contains registered instances; delete the instances before deleting"
            raise JsonRESTError("ResourceInUse", f"{message} the service")
        super().delete_service(service.id)

    # --- Instances ----------------------------------------------------------------------------

    def register_instance(
        self,
        service_id: str,
        instance_id: str,
        creator_request_id: str,
        attributes: dict[str, str],
    ) -> str:
        """Register an instance, or update it; moto adds it a second time and checks nothing."""
        service = self.get_service(service_id)
        check_attributes(service.dns_config or {}, attributes)
        known = next((each for each in service.instances if each.instance_id == instance_id), None)
        if known is not None:
            service.instances.remove(known)
        operation = super().register_instance(
            service_id, instance_id, creator_request_id, attributes
        )
        service.instances[-1] = Instance(service.id, instance_id, creator_request_id, attributes)
        return operation

    def update_instance_custom_health_status(
        self, service_id: str, instance_id: str, status: str
    ) -> None:
        """Have the health of an instance change; moto also where there is no custom check."""
        service = self.get_service(service_id)
        if not service.health_check_custom_config:
            message = f"Service {service.id} has no custom health check."
            raise JsonRESTError("CustomHealthNotFound", message)
        super().update_instance_custom_health_status(service_id, instance_id, status)

    def has_health(self, service: Service) -> bool:
        """Say whether the instances of a service have a health status at all."""
        return bool(service.health_check_custom_config or service.health_check_config)

    def discover_instances(
        self,
        namespace_name: str,
        service_name: str,
        query_parameters: dict[str, str] | None = None,
        optional_parameters: dict[str, str] | None = None,
        health_status: str | None = None,
    ) -> tuple[list[ServiceInstance], dict[str, int]]:
        """Return instances in random order; moto goes by the wrong name and keeps the order.

        moto's filter by health also applies to services without a health check.
        """
        known = {http_name(each): each for each in self.namespaces.values()}
        namespace = known.get(namespace_name)
        if namespace is None:
            raise JsonRESTError("NamespaceNotFound", f"Namespace {namespace_name} not found.")
        here = {each.name: each for each in self.services_in(namespace.id)}
        service = here.get(service_name)
        if service is None:
            raise JsonRESTError("ServiceNotFound", f"Service {service_name} not found.")
        found = self._filter_instances(
            service.instances,
            query_parameters,
            optional_parameters,
            health_status if self.has_health(service) else None,
        )
        mock_random.shuffle(found)
        return found, {each.instance_id: self.revision(service) for each in found}

    def revision(self, service: Service) -> int:
        """Return how often the instances of a service have changed."""
        return sum(service.instances_revision.values())

    def discover_instances_revision(self, namespace_name: str, service_name: str) -> int:
        """Return the revision of a service; moto counts only instances that are still there."""
        known = {http_name(each): each for each in self.namespaces.values()}
        namespace = known.get(namespace_name)
        here = self.services_in(namespace.id) if namespace else []
        for service in here:
            if service.name == service_name:
                return self.revision(service)
        raise JsonRESTError("ServiceNotFound", f"Service {service_name} not found.")

    def _zones(self) -> Any:
        return route53_backends[self.account_id]["aws"].zones


def http_name(namespace: Namespace) -> str:
    """Return the name by which DiscoverInstances knows a namespace."""
    return str(namespace.http_properties.get("HttpName") or namespace.name)


def _same(one: str, other: str) -> bool:
    """Say whether two names are one in DNS."""
    return one.lower() == other.lower()


def _taken(namespace: Namespace) -> JsonRESTError:
    message = f"The namespace that you're trying to create already exists, id: {namespace.id}."
    return JsonRESTError("NamespaceAlreadyExists", message)


def install(now: Callable[[], float] = unix_time) -> Callable[[], None]:
    """Make moto use `CloudMapBackend` from now on, dropping what Cloud Map held before.

    Args:
        now: gives the time in seconds.

    Returns:
        A function that puts moto's own backend back.
    """
    from ecslab.aws.cloud_map_responses import CloudMapResponse

    before = (servicediscovery_backends.backend, dict(urls.url_paths))
    servicediscovery_backends.backend = CloudMapBackend
    servicediscovery_backends.clear()
    urls.url_paths = {"{0}/$": CloudMapResponse.dispatch}
    Instance.now = staticmethod(now)

    def undo() -> None:
        servicediscovery_backends.backend, urls.url_paths = before
        servicediscovery_backends.clear()

    return undo
