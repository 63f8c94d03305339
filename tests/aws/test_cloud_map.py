"""AWS Cloud Map through its API: namespaces, services, instances, health, discovery."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from ecslab import Cloud

A = {"Type": "A", "TTL": 60}
RECORDS = {"DnsRecords": [A]}


class Map:
    """A running account with a private namespace in the default VPC."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.api: Any = boto3.client("servicediscovery")
        self.vpc = boto3.client("ec2").describe_vpcs()["Vpcs"][0]["VpcId"]
        self.operation = self.api.create_private_dns_namespace(Name="shop.local", Vpc=self.vpc)
        self.namespace = self.api.list_namespaces()["Namespaces"][0]["Id"]

    def service(self, name: str = "web", **fields: Any) -> str:
        made = self.api.create_service(Name=name, NamespaceId=self.namespace, **fields)
        return str(made["Service"]["Id"])

    def register(self, service: str, instance: str, **attributes: str) -> None:
        given = {"AWS_INSTANCE_IPV4": "10.0.0.1", **attributes}
        self.api.register_instance(ServiceId=service, InstanceId=instance, Attributes=given)

    def discover(self, **fields: Any) -> list[dict[str, Any]]:
        answer = self.api.discover_instances(
            NamespaceName="shop.local", ServiceName="web", **fields
        )
        return list(answer["Instances"])


@pytest.fixture
def cloud_map() -> Iterator[Map]:
    with Cloud(seed=7) as cloud:
        yield Map(cloud)


def code(call: Any, **fields: Any) -> str:
    with pytest.raises(ClientError) as error:
        call(**fields)
    return str(error.value.response["Error"]["Code"])


def test_a_private_namespace_and_its_hosted_zone(cloud_map: Map) -> None:
    """Botocore servicediscovery NamespaceProperties: a hosted zone, and a name for API calls."""
    found = cloud_map.api.get_namespace(Id=cloud_map.namespace)["Namespace"]
    assert (found["Name"], found["Type"], found["ServiceCount"]) == ("shop.local", "DNS_PRIVATE", 0)
    assert found["Properties"]["HttpProperties"] == {"HttpName": "shop.local"}
    zone = found["Properties"]["DnsProperties"]["HostedZoneId"]
    zones = boto3.client("route53").list_hosted_zones()["HostedZones"]
    assert [(each["Id"], each["Name"]) for each in zones] == [
        (f"/hostedzone/{zone}", "shop.local.")
    ]
    operation = cloud_map.api.get_operation(OperationId=cloud_map.operation["OperationId"])
    assert operation["Operation"]["Status"] == "SUCCESS"


def test_names_of_namespaces(cloud_map: Map) -> None:
    """DiscoverInstancesRequest.NamespaceName: a reused name gets a hash in its HttpName."""
    api = cloud_map.api
    again = {"Name": "shop.local", "Vpc": cloud_map.vpc}
    assert code(api.create_private_dns_namespace, **again) == "NamespaceAlreadyExists"
    api.create_private_dns_namespace(Name="other.local", Vpc=cloud_map.vpc)
    other: Any = boto3.client("ec2").create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]
    api.create_private_dns_namespace(Name="shop.local", Vpc=other["VpcId"])
    api.create_http_namespace(Name="plain")
    assert code(api.create_http_namespace, Name="plain") == "NamespaceAlreadyExists"
    assert code(api.create_private_dns_namespace, Name="x", Vpc="vpc-0") == "InvalidInput"
    named = [{"Name": "NAME", "Values": ["shop.local"]}]
    names = [
        each["Properties"]["HttpProperties"]["HttpName"]
        for each in api.list_namespaces(Filters=named)["Namespaces"]
    ]
    assert names[0] == "shop.local"
    assert names[1].startswith("shop.local-")
    kinds = [{"Name": "TYPE", "Values": ["HTTP"], "Condition": "EQ"}]
    assert [n["Name"] for n in api.list_namespaces(Filters=kinds)["Namespaces"]] == ["plain"]
    pages = api.get_paginator("list_namespaces").paginate(PaginationConfig={"PageSize": 2})
    assert [len(page["Namespaces"]) for page in pages] == [2, 2]


def test_what_is_in_use_stays(cloud_map: Map) -> None:
    """Botocore servicediscovery DeleteService, DeleteNamespace: ResourceInUse."""
    api = cloud_map.api
    service = cloud_map.service(DnsConfig=RECORDS)
    cloud_map.register(service, "a")
    assert code(api.delete_service, Id=service) == "ResourceInUse"
    assert code(api.delete_namespace, Id=cloud_map.namespace) == "ResourceInUse"
    api.deregister_instance(ServiceId=service, InstanceId="a")
    api.delete_service(Id=service)
    assert code(api.delete_service, Id=service) == "ServiceNotFound"
    api.delete_namespace(Id=cloud_map.namespace)
    assert boto3.client("route53").list_hosted_zones()["HostedZones"] == []
    assert len(api.list_operations()["Operations"]) == 4


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"DnsConfig": {"DnsRecords": [A, A]}}, True),
        ({"DnsConfig": {"DnsRecords": [A, {"Type": "CNAME", "TTL": 1}]}}, True),
        ({"DnsConfig": {"DnsRecords": [A, {"Type": "SRV", "TTL": 1}]}}, False),
        ({"DnsConfig": {"DnsRecords": [{"Type": "A", "TTL": 2**31}]}}, True),
        ({"DnsConfig": RECORDS, "Type": "HTTP"}, True),
        ({"DnsConfig": RECORDS, "HealthCheckConfig": {"Type": "HTTP"}}, True),
        (
            {
                "HealthCheckConfig": {"Type": "HTTP"},
                "HealthCheckCustomConfig": {"FailureThreshold": 1},
            },
            True,
        ),
    ],
)
def test_what_a_service_can_be(cloud_map: Map, fields: dict[str, Any], *, expected: bool) -> None:
    """Botocore servicediscovery CreateServiceRequest, DnsRecord.Type."""
    if expected:
        assert (
            code(
                cloud_map.api.create_service,
                Name="web",
                NamespaceId=cloud_map.namespace,
                **fields,
            )
            == "InvalidInput"
        )
    else:
        cloud_map.service(**fields)


def test_a_services_defaults_and_name(cloud_map: Map) -> None:
    """RoutingPolicy is MULTIVALUE; FailureThreshold always 1; one name is used once."""
    service = cloud_map.service(DnsConfig=RECORDS, HealthCheckCustomConfig={"FailureThreshold": 5})
    found = cloud_map.api.get_service(Id=service)["Service"]
    assert found["DnsConfig"]["RoutingPolicy"] == "MULTIVALUE"
    assert found["HealthCheckCustomConfig"] == {"FailureThreshold": 1}
    assert (found["Type"], found["InstanceCount"]) == ("DNS_HTTP", 0)
    again = {"Name": "WEB", "NamespaceId": cloud_map.namespace}
    assert code(cloud_map.api.create_service, **again) == "ServiceAlreadyExists"
    nowhere = {"Name": "web", "NamespaceId": "ns-0000000000000000"}
    assert code(cloud_map.api.create_service, **nowhere) == "NamespaceNotFound"
    cloud_map.api.create_http_namespace(Name="plain")
    plain = cloud_map.api.list_namespaces()["Namespaces"][1]["Arn"]
    fields = {"Name": "web", "NamespaceId": plain}
    assert code(cloud_map.api.create_service, **fields, DnsConfig=RECORDS) == "InvalidInput"
    assert cloud_map.api.create_service(**fields)["Service"]["Type"] == "HTTP"
    listed = cloud_map.api.list_services(Filters=[{"Name": "NAMESPACE_ID", "Values": [plain]}])
    assert [each["Name"] for each in listed["Services"]] == ["web"]


@pytest.mark.parametrize(
    "attributes",
    [
        {},
        {"AWS_INSTANCE_IPV4": "nowhere", "AWS_INSTANCE_PORT": "80"},
        {"AWS_INSTANCE_IPV4": "10.0.0.1"},
        {"AWS_INSTANCE_IPV4": "10.0.0.1", "AWS_INSTANCE_PORT": "99999"},
        {
            "AWS_INSTANCE_IPV4": "10.0.0.1",
            "AWS_INSTANCE_PORT": "80",
            "AWS_INIT_HEALTH_STATUS": "WELL",
        },
    ],
)
def test_attributes_that_are_missing_or_wrong(cloud_map: Map, attributes: dict[str, str]) -> None:
    """Botocore servicediscovery RegisterInstanceRequest.Attributes."""
    both = {"DnsRecords": [{"Type": "A", "TTL": 1}, {"Type": "SRV", "TTL": 1}]}
    service = cloud_map.service(DnsConfig=both)
    fields = {"ServiceId": service, "InstanceId": "a", "Attributes": attributes}
    assert code(cloud_map.api.register_instance, **fields) == "InvalidInput"


def test_registering_twice_is_an_update(cloud_map: Map) -> None:
    """RegisterInstanceRequest.InstanceId."""
    service = cloud_map.service(DnsConfig=RECORDS)
    cloud_map.register(service, "a")
    cloud_map.register(service, "a", AWS_INSTANCE_IPV4="10.0.0.2", color="blue")
    cloud_map.register(service, "b", color="green")
    assert len(cloud_map.api.list_instances(ServiceId=service)["Instances"]) == 2
    only = cloud_map.discover(QueryParameters={"color": "blue"})
    assert [each["Attributes"]["AWS_INSTANCE_IPV4"] for each in only] == ["10.0.0.2"]
    assert [each["HealthStatus"] for each in only] == ["UNKNOWN"]
    assert len(cloud_map.discover(MaxResults=1)) == 1
    revision = cloud_map.api.discover_instances_revision(
        NamespaceName="shop.local", ServiceName="web"
    )
    assert revision["InstancesRevision"] == 3


def test_a_custom_health_status_takes_thirty_seconds(cloud_map: Map) -> None:
    """HealthCheckCustomConfig.FailureThreshold: about 30 seconds after the request."""
    service = cloud_map.service(DnsConfig=RECORDS, HealthCheckCustomConfig={})
    cloud_map.register(service, "a", AWS_INIT_HEALTH_STATUS="UNHEALTHY")
    cloud_map.register(service, "b")

    def healthy() -> list[str]:
        return [each["InstanceId"] for each in cloud_map.discover(HealthStatus="HEALTHY")]

    assert healthy() == ["b"]
    change = {"ServiceId": service, "InstanceId": "b", "Status": "UNHEALTHY"}
    cloud_map.api.update_instance_custom_health_status(**change)
    cloud_map.cloud.advance(seconds=20)
    cloud_map.api.update_instance_custom_health_status(**change)
    assert healthy() == ["b"]
    cloud_map.cloud.advance(seconds=10)
    assert healthy() == []
    assert len(cloud_map.discover(HealthStatus="HEALTHY_OR_ELSE_ALL")) == 2
    plain = cloud_map.service("plain", DnsConfig=RECORDS)
    cloud_map.register(plain, "a")
    fields = {"ServiceId": plain, "InstanceId": "a", "Status": "HEALTHY"}
    call = cloud_map.api.update_instance_custom_health_status
    assert code(call, **fields) == "CustomHealthNotFound"


def test_what_does_not_exist(cloud_map: Map) -> None:
    """Botocore servicediscovery DiscoverInstances: the errors."""
    discover = cloud_map.api.discover_instances
    assert code(discover, NamespaceName="x", ServiceName="y") == "NamespaceNotFound"
    assert code(discover, NamespaceName="shop.local", ServiceName="y") == "ServiceNotFound"
    assert code(cloud_map.api.get_namespace, Id="ns-0000000000000000") == "NamespaceNotFound"
    assert code(cloud_map.api.get_operation, OperationId="0") == "OperationNotFound"
