"""Drill 16: services that do not find each other, by Service Connect and by Cloud Map."""

from __future__ import annotations

import contextlib
from typing import Any

import boto3
import pytest
from chains import explained
from connects import URL, Connected, connect, entry
from shops import Shop
from test_service_connect import closed_group, networked
from test_service_discovery import Registry, serve

from ecslab import Image
from ecslab.sim.request import TrafficError

Json = dict[str, Any]


@pytest.fixture
def connected(shop: Shop) -> Connected:
    return connect(shop)


def ask(shop: Shop, source: str, url: str = URL) -> int:
    """Send a request from a task; return its status, 0 when it got none."""
    with contextlib.suppress(TrafficError):
        return shop.cloud.http(url, source=source, timeout=60).status
    return 0


# --- Service Connect ------------------------------------------------------------------------------


def test_a_client_that_was_deployed_first(connected: Connected) -> None:
    """AWS: service-connect-concepts-deploy: new endpoints only after a new deployment."""
    shop, client = connected.shop, connected.client()
    shop.cloud.advance(minutes=1)
    connected.catalog(count=1)
    connected.running("catalog", 1)
    assert ask(shop, client) == 0
    found = explained(shop.cloud, client, "The service catalog has been there only since then")
    began, since = (step.evidence.value for step in found.steps[-2:])
    assert began < since
    connected.ecs.update_service(cluster="shop", service="front", forceNewDeployment=True)
    shop.cloud.advance(minutes=3)
    client = connected.task("front")
    assert ask(shop, client) == 200
    explained(shop.cloud, client, "nothing is wrong")


def test_tasks_without_a_proxy(connected: Connected) -> None:
    """AWS: service-connect-concepts-deploy: who has no proxy, and other namespaces."""
    connected.catalog(count=1)
    connected.running("catalog", 1)
    shop = connected.shop
    alone = shop.run(shop.define(Image(), family="plain"))
    shop.cloud.advance(minutes=1)
    ask(shop, alone)
    explained(shop.cloud, alone, "belongs to no service; only tasks of services get a proxy")
    shop.serve(shop.define(Image(), family="web"), 1)
    shop.cloud.advance(minutes=1)
    (plain,) = connected.tasks("web")
    ask(shop, plain)
    found = explained(shop.cloud, plain, "service web of the task that asks has no Service Connect")
    assert found.cause.evidence.value is None
    connected.map.create_http_namespace(Name="elsewhere")
    other = connected.client("other", connect={"namespace": "elsewhere"})
    ask(shop, other)
    explained(shop.cloud, other, "of the task that asks is in another namespace")


def test_the_wrong_port(connected: Connected) -> None:
    """AWS: botocore ecs ServiceConnectClientAlias.port."""
    connected.catalog(count=1)
    connected.running("catalog", 1)
    client = connected.client()
    ask(connected.shop, client, "http://catalog:9999/")
    explained(connected.shop.cloud, client, "asked for with port 9999; the alias has port 8080")


def test_nobody_serves_it(connected: Connected) -> None:
    """AWS: service-connect-concepts: the endpoint is there, and no task behind it."""
    connected.catalog(count=0)
    client = connected.client()
    assert ask(connected.shop, client) == 503
    found = explained(connected.shop.cloud, client, "The service catalog offers it; so many")
    assert found.cause.evidence.value == 0


def test_the_security_group_of_the_server(connected: Connected) -> None:
    """AWS: service-connect-concepts-deploy, "Networking": the port of the server's proxy."""
    groups = connected.ec2.describe_security_groups(
        Filters=[{"Name": "group-name", "Values": ["default"]}]
    )
    default = groups["SecurityGroups"][0]["GroupId"]
    group = closed_group(connected, "catalog", 8080, default)
    connected.catalog(
        count=1,
        entry=entry(ingressPortOverride=15000),
        networkConfiguration=networked(connected.shop, group),
    )
    connected.running("catalog", 1)
    client = connected.client()
    assert ask(connected.shop, client) == 503
    found = explained(connected.shop.cloud, client, f"No inbound rule of security group {group}")
    assert any("listen on port 15000" in step.words for step in found.steps)


# --- Cloud Map ------------------------------------------------------------------------------------


def test_names_that_are_not_there(shop: Shop) -> None:
    """AWS: service-discovery: namespace, service, instances."""
    registry = Registry(shop)
    client = registry.client()
    for url, words in (
        ("http://web.nowhere/", "no namespace of Cloud Map ends so"),
        ("http://other.shop.local/", "The namespace shop.local has no service other"),
        ("http://web.shop.local:8080/", "No service of Amazon ECS has it in its serviceReg"),
    ):
        assert ask(shop, client, url) == 0
        explained(shop.cloud, client, words)
    serve(shop, registry, 1)
    shop.ecs.update_service(cluster="shop", service="web", desiredCount=0)
    shop.cloud.advance(minutes=3)
    assert ask(shop, client, "http://web.shop.local:8080/") == 0
    explained(shop.cloud, client, "The service web registers its tasks there; so many run")
    boto3.client("servicediscovery").create_http_namespace(Name="flat")
    ask(shop, client, "http://web.flat/")
    explained(shop.cloud, client, "namespace flat is of type HTTP: its names are not in DNS")


def test_the_attributes_of_the_vpc(shop: Shop) -> None:
    """AWS: vpc-dns: private names need both."""
    registry = Registry(shop)
    serve(shop, registry, 1)
    client = registry.client()
    registry.ec2.modify_vpc_attribute(VpcId=registry.vpc, EnableDnsHostnames={"Value": False})
    assert ask(shop, client, "http://web.shop.local:8080/") == 0
    explained(shop.cloud, client, "has EnableDnsHostnames off, which private names need")


def test_records_without_an_address(shop: Shop) -> None:
    """AWS: service-discovery: an SRV record names instances, it is no address."""
    registry = Registry(shop, "SRV")
    client = registry.client()
    ask(shop, client, "http://web.shop.local:8080/")
    found = explained(shop.cloud, client, "has no A records")
    assert found.cause.evidence.value[0]["Type"] == "SRV"


def test_a_name_that_leads_to_a_closed_door(shop: Shop) -> None:
    """The name is right; the port is not."""
    registry = Registry(shop)
    serve(shop, registry, 1)
    client = registry.client()
    assert ask(shop, client, "http://web.shop.local:81/") == 0
    explained(shop.cloud, client, "nothing in the task behind it listens on port 81|inbound")
