"""What `ecslab.aws.cloud_map_*` relies on inside moto's Cloud Map, and what it mends.

When one of these fails with a new moto, look at the code it names: the mend may have become
unnecessary, or must change.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.servicediscovery import urls
from moto.servicediscovery.models import ServiceDiscoveryBackend, servicediscovery_backends
from moto.servicediscovery.responses import ServiceDiscoveryResponse

from ecslab.aws.cloud_map_backend import CloudMapBackend, install

REGION = "us-east-1"
KEYS = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}


class Plain:
    """moto as it comes, with a private namespace."""

    def __init__(self) -> None:
        self.map: Any = boto3.client("servicediscovery", REGION, **KEYS)
        ec2: Any = boto3.client("ec2", REGION, **KEYS)
        self.vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
        self.map.create_private_dns_namespace(Name="shop.local", Vpc=self.vpc)
        self.namespace = self.map.list_namespaces()["Namespaces"][0]["Id"]

    def service(self, name: str = "web", **fields: Any) -> str:
        made = self.map.create_service(Name=name, NamespaceId=self.namespace, **fields)
        return str(made["Service"]["Id"])


@pytest.fixture
def plain() -> Iterator[Plain]:
    with mock_aws():
        yield Plain()


def test_moto_still_needs_its_namespaces_mended(plain: Plain) -> None:
    """One namespace a VPC, equal names, no VPC checked, a hosted zone of another name."""
    with pytest.raises(ClientError, match="ConflictingDomainExists"):
        plain.map.create_private_dns_namespace(Name="other.local", Vpc=plain.vpc)
    plain.map.create_private_dns_namespace(Name="nowhere.local", Vpc="vpc-0")
    for _ in range(2):
        plain.map.create_http_namespace(Name="twice")
    assert len(plain.map.list_namespaces()["Namespaces"]) == 4
    zones = boto3.client("route53", REGION, **KEYS).list_hosted_zones()["HostedZones"]
    assert "shop.local-hz" in [zone["Name"] for zone in zones]
    found = plain.map.get_namespace(Id=plain.namespace)["Namespace"]
    assert found["Properties"]["HttpProperties"] == {}
    assert "ServiceCount" not in found


def test_moto_still_needs_its_deletes_mended(plain: Plain) -> None:
    """What is in use can be deleted, and the operations about it are forgotten."""
    service = plain.service()
    plain.map.register_instance(ServiceId=service, InstanceId="a", Attributes={})
    plain.map.delete_service(Id=service)
    plain.map.delete_namespace(Id=plain.namespace)
    assert plain.map.list_operations()["Operations"] == []


def test_moto_still_needs_its_services_mended(plain: Plain) -> None:
    """Equal names, any namespace, no defaults."""
    plain.service(DnsConfig={"DnsRecords": [{"Type": "A", "TTL": 60}]})
    plain.service()
    plain.map.create_service(Name="web", NamespaceId="ns-0")
    found = plain.map.list_services()["Services"]
    assert len(found) == 3
    assert "RoutingPolicy" not in found[0]["DnsConfig"]
    assert "InstanceCount" not in found[0]
    only = plain.map.list_services(Filters=[{"Name": "NAMESPACE_ID", "Values": ["ns-0"]}])
    assert len(only["Services"]) == 3


def test_moto_still_needs_its_instances_mended(plain: Plain) -> None:
    """Twice registered is twice there; health is shown, and can be set, without a check."""
    service = plain.service()
    for _ in range(2):
        plain.map.register_instance(ServiceId=service, InstanceId="a", Attributes={})
    assert len(plain.map.list_instances(ServiceId=service)["Instances"]) == 2
    plain.map.update_instance_custom_health_status(
        ServiceId=service, InstanceId="a", Status="UNHEALTHY"
    )
    found = plain.map.discover_instances(NamespaceName="shop.local", ServiceName="web")
    assert found["Instances"][0]["HealthStatus"] == "UNHEALTHY"


@pytest.mark.parametrize(
    "name",
    [
        "create_http_namespace",
        "create_private_dns_namespace",
        "create_public_dns_namespace",
        "create_service",
        "delete_namespace",
        "delete_service",
        "discover_instances",
        "get_namespace",
        "get_service",
        "list_operations",
        "register_instance",
        "update_instance_custom_health_status",
        "_filter_instances",
        "paginate",
    ],
)
def test_what_is_overridden_or_used_exists(name: str) -> None:
    """A method that moto renames would never be called."""
    mended = list(inspect.signature(getattr(CloudMapBackend, name)).parameters)
    own = list(inspect.signature(getattr(ServiceDiscoveryBackend, name)).parameters)
    assert set(mended) - {"args", "kwargs"} <= set(own)


def test_install_and_undo() -> None:
    """Everything is moto's own again afterwards."""
    undo = install()
    assert servicediscovery_backends.backend is CloudMapBackend
    undo()
    assert servicediscovery_backends.backend is ServiceDiscoveryBackend
    assert urls.url_paths["{0}/$"].__self__ is ServiceDiscoveryResponse  # type: ignore[attr-defined]
