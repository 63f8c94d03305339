"""Answers of AWS Cloud Map that moto leaves incomplete: filters, pages, counts, health.

What moto does instead is pinned in ``tests/aws/test_cloud_map_contract.py``.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from moto.core.exceptions import JsonRESTError
from moto.servicediscovery.responses import ServiceDiscoveryResponse

from ecslab.aws.cloud_map_backend import CloudMapBackend, http_name

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from moto.servicediscovery.models import Namespace, Service

__all__ = ["CloudMapResponse"]

_LISTED: Final = 100
"""Results of a page when the request does not say (botocore servicediscovery MaxResults)."""


class CloudMapResponse(ServiceDiscoveryResponse):
    """moto's answers, with what AWS adds to them."""

    @property
    def _cloud_map(self) -> CloudMapBackend:
        backend: Any = self.servicediscovery_backend
        assert isinstance(backend, CloudMapBackend)  # noqa: S101 - installed together
        return backend

    def list_namespaces(self) -> Any:
        """Answer ListNamespaces."""
        matching = {
            "TYPE": lambda each: each.type,
            "NAME": lambda each: each.name,
            "HTTP_NAME": http_name,
            "RESOURCE_OWNER": lambda _: "SELF",
        }
        found = self._filtered(list(self._cloud_map.namespaces.values()), matching)
        return self._paged("Namespaces", [_namespace(self._cloud_map, each) for each in found])

    def get_namespace(self) -> str:
        """Answer GetNamespace."""
        found = self._cloud_map.get_namespace(self._given()["Id"])
        return json.dumps({"Namespace": _namespace(self._cloud_map, found)})

    def list_services(self) -> Any:
        """Answer ListServices."""
        given = self._given()
        for each in given.get("Filters") or []:
            each["Values"] = [value.rsplit("/", 1)[-1] for value in each["Values"]]
        matching = {
            "NAMESPACE_ID": lambda each: each.namespace_id,
            "RESOURCE_OWNER": lambda _: "SELF",
        }
        found = self._filtered(list(self._cloud_map.services.values()), matching, given)
        return self._paged("Services", [_service(each) for each in found])

    def create_service(self) -> str:
        """Answer CreateService."""
        made = json.loads(super().create_service())["Service"]
        return json.dumps({"Service": _service(self._cloud_map.get_service(made["Id"]))})

    def get_service(self) -> str:
        """Answer GetService."""
        return json.dumps({"Service": _service(self._cloud_map.get_service(self._given()["Id"]))})

    def list_operations(self) -> Any:
        """Answer ListOperations."""
        matching = {
            "NAMESPACE_ID": lambda each: each.targets.get("NAMESPACE"),
            "SERVICE_ID": lambda each: each.targets.get("SERVICE"),
            "STATUS": lambda each: each.status,
            "TYPE": lambda each: each.operation_type,
        }
        found = self._filtered(list(self._cloud_map.list_operations()), matching)
        return self._paged("Operations", [each.to_json(short=True) for each in found])

    def update_http_namespace(self) -> str:
        """Answer UpdateHttpNamespace; moto misspells the one member of the answer."""
        answer = json.loads(super().update_http_namespace())
        return json.dumps({"OperationId": answer["operationId"]})

    def discover_instances(self) -> str:
        """Answer DiscoverInstances; moto shows a health status also where there is no check."""
        given = self._given()
        found, _ = self._cloud_map.discover_instances(
            given["NamespaceName"],
            given["ServiceName"],
            given.get("QueryParameters"),
            given.get("OptionalParameters"),
            given.get("HealthStatus"),
        )
        service = None
        rows = []
        for each in found[: int(given.get("MaxResults") or _LISTED)]:
            service = service or self._cloud_map.get_service(each.service_id)
            known = self._cloud_map.has_health(service)
            rows.append(
                {
                    "InstanceId": each.instance_id,
                    "NamespaceName": given["NamespaceName"],
                    "ServiceName": given["ServiceName"],
                    "HealthStatus": each.health_status if known else "UNKNOWN",
                    "Attributes": each.attributes,
                }
            )
        revision = self._cloud_map.discover_instances_revision(
            given["NamespaceName"], given["ServiceName"]
        )
        return json.dumps({"Instances": rows, "InstancesRevision": revision})

    def _given(self) -> dict[str, Any]:
        given: dict[str, Any] = json.loads(self.body or "{}")
        return given

    def _filtered(
        self,
        items: Sequence[Any],
        matching: dict[str, Callable[[Any], Any]],
        given: dict[str, Any] | None = None,
    ) -> list[Any]:
        """Return what all filters of the request let through."""
        found = list(items)
        for each in (given or self._given()).get("Filters") or []:
            value_of, values = matching.get(each["Name"]), list(each["Values"])
            if value_of is None:
                raise JsonRESTError("InvalidInput", f"The filter {each['Name']} isn't supported.")
            if each.get("Condition") == "BEGINS_WITH":
                found = [one for one in found if str(value_of(one)).startswith(tuple(values))]
            else:
                found = [one for one in found if value_of(one) in values]
        return found

    def _paged(self, key: str, rows: list[dict[str, Any]]) -> Any:
        """Return one page of rows; moto returns all at once."""
        given = self._given()
        page, token = self._cloud_map.paginate(
            rows, int(given.get("MaxResults") or _LISTED), given.get("NextToken")
        )
        return json.dumps({key: page, **({"NextToken": token} if token else {})})


def _without_empty(row: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if value not in (None, "", {})}


def _namespace(backend: CloudMapBackend, namespace: Namespace) -> dict[str, Any]:
    row = namespace.to_json()
    row.pop("UpdateDate", None)
    services = len(backend.services_in(namespace.id))
    return _without_empty(row) | {"ServiceCount": services}


def _service(service: Service) -> dict[str, Any]:
    return _without_empty(service.to_json()) | {"InstanceCount": len(service.instances)}
