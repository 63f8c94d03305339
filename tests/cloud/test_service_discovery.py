"""Service discovery: how ECS registers tasks in AWS Cloud Map, and what names lead to them."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from fleets import open_fleet
from shapes import checked
from shops import Shop

from ecslab import Image
from ecslab.sim.request import (
    ConnectionTimedOutError,
    NameNotResolvedError,
    NetworkUnreachableError,
)

WEB = Image(port=8080, body="web\n")
PORTS = [{"containerPort": 8080}]


class Registry:
    """A private namespace `shop.local` in the default VPC, with one Cloud Map service `web`."""

    def __init__(self, shop: Shop, *types: str, ttl: int = 10, checked_by_ecs: bool = True) -> None:
        self.shop = shop
        self.api: Any = boto3.client("servicediscovery")
        self.ec2: Any = boto3.client("ec2")
        self.vpc = self.ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
        self.api.create_private_dns_namespace(Name="shop.local", Vpc=self.vpc)
        self.namespace = self.api.list_namespaces()["Namespaces"][0]["Id"]
        records = [{"Type": each, "TTL": ttl} for each in types or ("A",)]
        health = {"HealthCheckCustomConfig": {"FailureThreshold": 1}} if checked_by_ecs else {}
        made = self.api.create_service(
            Name="web", NamespaceId=self.namespace, DnsConfig={"DnsRecords": records}, **health
        )
        self.arn = made["Service"]["Arn"]

    def instances(self, **fields: Any) -> list[dict[str, Any]]:
        """Discover the instances of `web`."""
        answer = self.api.discover_instances(
            NamespaceName="shop.local", ServiceName="web", **fields
        )
        return list(answer["Instances"])

    def addresses(self) -> set[str]:
        """Return the addresses of the instances."""
        return {each["Attributes"]["AWS_INSTANCE_IPV4"] for each in self.instances()}

    def client(self) -> str:
        """Run a task in the same VPC; return its ARN."""
        arn = self.shop.run(self.shop.define(Image(), family="client"))
        self.shop.cloud.run_until(lambda: self.shop.task(arn)["lastStatus"] == "RUNNING")
        return arn


def address_of(task: dict[str, Any]) -> str:
    """Return the private address of a described task."""
    return str(task["containers"][0]["networkInterfaces"][0]["privateIpv4Address"])


def steady(shop: Shop, service: str = "web") -> None:
    """Wait until a service's only deployment is complete."""

    def done() -> bool:
        answer = shop.ecs.describe_services(cluster="shop", services=[service])
        deployments = answer["services"][0]["deployments"]
        return [each["rolloutState"] for each in deployments] == ["COMPLETED"]

    shop.cloud.run_until(done)


def serve(shop: Shop, registry: Registry, count: int = 2, **container: Any) -> None:
    """Create the service `web`, registered, and wait until it is stable."""
    definition = shop.define(WEB, portMappings=PORTS, **container)
    shop.serve(definition, count, serviceRegistries=[{"registryArn": registry.arn}])
    steady(shop)


def test_tasks_are_instances_with_ecs_attributes(shop: Shop) -> None:
    """service-discovery, "Instance attributes"."""
    registry = Registry(shop)
    serve(shop, registry)
    tasks = {
        arn.rsplit("/", 1)[-1]: shop.task(arn)
        for arn in shop.ecs.list_tasks(cluster="shop", serviceName="web")["taskArns"]
    }
    found = {each["InstanceId"]: each["Attributes"] for each in registry.instances()}
    assert found.keys() == tasks.keys()
    for identifier, attributes in found.items():
        assert attributes["AWS_INSTANCE_IPV4"] == address_of(tasks[identifier])
        assert attributes["AVAILABILITY_ZONE"] == tasks[identifier]["availabilityZone"]
        assert attributes["ECS_SERVICE_NAME"] == "web"
        assert attributes["ECS_CLUSTER_NAME"] == "shop"
        assert attributes["ECS_TASK_DEFINITION_FAMILY"] == "web"
        assert attributes["REGION"] == "us-east-1"
        assert "EC2_INSTANCE_ID" not in attributes
        assert "AWS_INSTANCE_PORT" not in attributes
    assert shop.service()["serviceRegistries"] == [{"registryArn": registry.arn}]


def test_a_name_leads_to_all_tasks_in_turn_from_the_vpc_only(shop: Shop) -> None:
    """service-discovery: names of a private namespace are queried within the VPC."""
    registry = Registry(shop)
    serve(shop, registry)
    client = registry.client()
    url = "http://web.shop.local:8080/"
    answers = [shop.cloud.http(url, source=client) for _ in range(4)]
    assert {each.text for each in answers} == {"web\n"}
    assert {each.answered_by for each in answers} == {f"{ip}:8080" for ip in registry.addresses()}
    with pytest.raises(NameNotResolvedError):
        shop.cloud.http(url)
    with pytest.raises(NameNotResolvedError):
        shop.cloud.http("http://other.shop.local:8080/", source=client)


@pytest.mark.parametrize("attribute", ["EnableDnsSupport", "EnableDnsHostnames"])
def test_the_vpc_must_have_its_dns_attributes(shop: Shop, attribute: str) -> None:
    """service-discovery: the VPC's DNS attributes must be configured."""
    registry = Registry(shop)
    serve(shop, registry, 1)
    client = registry.client()
    registry.ec2.modify_vpc_attribute(VpcId=registry.vpc, **{attribute: {"Value": False}})
    with pytest.raises(NameNotResolvedError):
        shop.cloud.http("http://web.shop.local:8080/", source=client)


def test_a_name_works_inside_an_application(shop: Shop) -> None:
    """`requests` in a container resolves the name as its VPC does."""
    registry = Registry(shop)
    serve(shop, registry, 1)

    def front(_environ: dict[str, Any], start: Any) -> list[bytes]:
        import requests

        answer = requests.get("http://web.shop.local:8080/", timeout=5)
        start(f"{answer.status_code} OK", [])
        return [b"front: ", answer.content]

    definition = shop.define(Image(port=80, app=front), family="front")
    arn = shop.run(definition)
    shop.cloud.run_until(lambda: shop.task(arn)["lastStatus"] == "RUNNING")
    client = registry.client()
    shop.cloud.advance(seconds=5)
    answer = shop.cloud.http(f"http://{address_of(shop.task(arn))}/", source=client)
    assert answer.text == "front: web\n"


def test_a_stopped_task_leaves_and_resolvers_forget_it_after_the_ttl(shop: Shop) -> None:
    """task-lifecycle-explanation (DEACTIVATING); botocore servicediscovery DnsRecord.TTL."""
    registry = Registry(shop, ttl=60)
    serve(shop, registry, 1)
    client = registry.client()
    url = "http://web.shop.local:8080/"
    before = shop.cloud.http(url, source=client).answered_by
    shop.ecs.update_service(cluster="shop", service="web", forceNewDeployment=True)
    shop.cloud.run_until(lambda: len(registry.instances()) == 2)
    shop.cloud.run_until(lambda: len(registry.instances()) == 1)
    shop.cloud.advance(seconds=61)
    after = shop.cloud.http(url, source=client).answered_by
    assert after != before
    assert {after} == {f"{ip}:8080" for ip in registry.addresses()}


def test_a_resolver_keeps_an_answer_too_long(shop: Shop) -> None:
    """A client that resolves within the TTL is led to a task that is gone."""
    registry = Registry(shop, ttl=3600)
    serve(shop, registry, 1)
    client = registry.client()
    url = "http://web.shop.local:8080/"
    shop.cloud.http(url, source=client)
    task = shop.ecs.list_tasks(cluster="shop", serviceName="web")["taskArns"][0]
    shop.ecs.stop_task(cluster="shop", task=task)
    shop.cloud.run_until(lambda: shop.task(task)["lastStatus"] == "STOPPED")
    steady(shop)
    with pytest.raises(ConnectionTimedOutError):
        shop.cloud.http(url, source=client, timeout=5)
    shop.cloud.advance(hours=1)
    assert shop.cloud.http(url, source=client).status == 200


def test_health_is_what_the_container_check_says(shop: Shop) -> None:
    """service-discovery: UNHEALTHY until the check says something; deregistered when it fails."""
    registry = Registry(shop)
    well = Image(port=8080, health=lambda age: age < 200, tools=("check",))
    check = {"command": ["CMD", "check"], "interval": 10, "retries": 2, "startPeriod": 30}
    definition = shop.define(well, portMappings=PORTS, healthCheck=check)
    shop.serve(definition, 1, serviceRegistries=[{"registryArn": registry.arn}])
    shop.cloud.run_until(registry.instances)
    assert registry.instances()[0]["HealthStatus"] == "UNHEALTHY"
    first = registry.instances()[0]["InstanceId"]
    shop.cloud.run_until(lambda: registry.instances(HealthStatus="HEALTHY"), 120)
    shop.cloud.run_until(lambda: first not in {i["InstanceId"] for i in registry.instances()}, 300)
    task = shop.ecs.describe_tasks(cluster="shop", tasks=[first])["tasks"][0]
    assert (task["lastStatus"], task["healthStatus"]) == ("RUNNING", "UNHEALTHY")


def test_unhealthy_records_are_answered_when_there_are_no_others(shop: Shop) -> None:
    """service-discovery: when all records are unhealthy, up to eight of them are answered."""
    registry = Registry(shop, ttl=0)
    definition = shop.define(WEB, portMappings=PORTS)
    shop.serve(definition, 1, serviceRegistries=[{"registryArn": registry.arn}])
    client = registry.client()
    shop.cloud.run_until(registry.instances)
    assert registry.instances()[0]["HealthStatus"] == "UNHEALTHY"
    shop.cloud.advance(seconds=4)
    assert shop.cloud.http("http://web.shop.local:8080/", source=client).status == 200


def test_at_most_eight_addresses_are_answered(shop: Shop) -> None:
    """service-discovery: up to eight healthy records; another eight once the TTL is over."""
    registry = Registry(shop, ttl=30, checked_by_ecs=False)
    for number in range(20):
        registry.api.register_instance(
            ServiceId=registry.arn,
            InstanceId=f"i{number}",
            Attributes={"AWS_INSTANCE_IPV4": f"172.31.200.{number}"},
        )
    client = registry.client()

    def asked() -> str:
        route = shop.cloud.path(client, "web.shop.local", 8080)
        return route.hops[0].words.partition("resolves to ")[2].partition(" (")[0]

    first = set(asked().split(", "))
    assert len(first) == 8
    assert set(asked().split(", ")) == first
    shop.cloud.advance(seconds=31)
    assert set(asked().split(", ")) != first


def test_srv_records_need_a_port_and_have_names_of_instances(shop: Shop) -> None:
    """DnsRecord.Type SRV: the service host name is instance.service.namespace."""
    registry = Registry(shop, "SRV")
    definition = shop.define(WEB, portMappings=PORTS)
    shop.serve(
        definition,
        1,
        serviceRegistries=[
            {"registryArn": registry.arn, "containerName": "app", "containerPort": 8080}
        ],
    )
    steady(shop)
    (instance,) = registry.instances()
    assert instance["Attributes"]["AWS_INSTANCE_PORT"] == "8080"
    client = registry.client()
    with pytest.raises(NameNotResolvedError):
        shop.cloud.http("http://web.shop.local:8080/", source=client)
    url = f"http://{instance['InstanceId']}.web.shop.local:8080/"
    assert shop.cloud.http(url, source=client).status == 200


def test_bridge_tasks_register_their_host_and_dynamic_port(shop: Shop) -> None:
    """service-discovery: bridge and host mode with SRV, container name and container port."""
    fleet = open_fleet(shop)
    registry = Registry(shop, "SRV")
    fleet.join(1)
    definition = fleet.define(image=WEB, container_portMappings=PORTS)
    shop.ecs.create_service(
        cluster="shop",
        serviceName="web",
        taskDefinition=definition,
        desiredCount=2,
        launchType="EC2",
        serviceRegistries=[
            {"registryArn": registry.arn, "containerName": "app", "containerPort": 8080}
        ],
    )
    shop.cloud.run_until(lambda: len(registry.instances()) == 2, 300)
    found = [each["Attributes"] for each in registry.instances()]
    assert len({each["AWS_INSTANCE_IPV4"] for each in found}) == 1
    assert len({each["AWS_INSTANCE_PORT"] for each in found} - {"8080"}) == 2
    assert all(each["EC2_INSTANCE_ID"].startswith("i-") for each in found)


REFUSALS = [
    (("A",), "awsvpc", {"containerName": "app"}, "do not require a value for 'containerName'"),
    (("A",), "awsvpc", {"port": 80}, "do not require a value for 'port'"),
    (
        ("SRV",),
        "awsvpc",
        {"port": 80, "containerName": "app", "containerPort": 8080},
        "Specify a value for either 'port' or the 'containerName' and 'containerPort'",
    ),
    (("SRV",), "awsvpc", {}, "The SRV record needs a value"),
    (("SRV",), "awsvpc", {"containerName": "x", "containerPort": 8080}, "container x is not valid"),
    (("SRV",), "awsvpc", {"containerName": "app", "containerPort": 1}, "port 1 is not valid"),
    (("SRV",), "bridge", {}, "When specifying 'host' or 'bridge' for networkMode"),
    (("A",), "host", {"containerName": "app", "containerPort": 8080}, "SRV is the only supported"),
    (("SRV",), "none", {"port": 80}, "does not support the none network mode"),
]


@pytest.mark.parametrize(("types", "mode", "fields", "words"), REFUSALS)
def test_registries_that_are_refused(
    shop: Shop, types: tuple[str, ...], mode: str, fields: dict[str, Any], words: str
) -> None:
    """Botocore ecs ServiceRegistry; service-discovery, considerations."""
    registry = Registry(shop, *types)
    mapping = {} if mode == "none" else {"portMappings": PORTS}
    shop.ecs.register_task_definition(
        family="any",
        networkMode=mode,
        containerDefinitions=[{"name": "app", "image": "nginx", "memory": 64, **mapping}],
    )
    request: dict[str, Any] = {
        "cluster": "shop",
        "serviceName": "any",
        "taskDefinition": "any",
        "desiredCount": 1,
        "launchType": "EC2",
        "serviceRegistries": [{"registryArn": registry.arn, **fields}],
    }
    if mode == "awsvpc":
        request["networkConfiguration"] = shop.network(public="DISABLED")
    with pytest.raises(ClientError, match=words) as error:
        checked(shop.ecs).create_service(**request)
    assert error.value.response["Error"]["Code"] == "InvalidParameterException"


def test_one_registry_that_exists_and_a_thousand_tasks(shop: Shop) -> None:
    """Botocore ecs CreateServiceRequest.serviceRegistries; quota of tasks with Cloud Map."""
    registry = Registry(shop)
    definition = shop.define(WEB, portMappings=PORTS)
    own = {"registryArn": registry.arn}
    for registries, count in (
        ([own, own], 1),
        ([{"registryArn": f"{registry.arn}x"}], 1),
        ([own], 1001),
    ):
        with pytest.raises(ClientError, match="InvalidParameterException"):
            shop.serve(definition, count, serviceRegistries=registries)


def test_changing_the_registry_is_a_deployment(shop: Shop) -> None:
    """Botocore ecs UpdateServiceRequest.serviceRegistries: an empty list removes it."""
    registry = Registry(shop)
    serve(shop, registry, 1)
    assert len(registry.instances()) == 1
    answer = shop.ecs.update_service(cluster="shop", service="web", serviceRegistries=[])
    assert len(answer["service"]["deployments"]) == 2
    steady(shop)
    assert registry.instances() == []
    assert shop.service()["serviceRegistries"] == []


def test_a_task_without_a_network_reaches_nothing(shop: Shop) -> None:
    """Network mode none: no external connectivity (botocore ecs TaskDefinition.networkMode)."""
    fleet = open_fleet(shop)
    fleet.join(1)
    said: list[str] = []

    def work() -> None:
        import requests

        try:
            requests.get("http://example.com/", timeout=3)
        except requests.ConnectionError as error:
            said.append(type(error).__name__)

    task = fleet.start(fleet.define("alone", Image(work=work), networkMode="none"))
    fleet.running(task)
    shop.cloud.advance(seconds=10)
    assert said[0] == "ConnectionError"
    with pytest.raises(NetworkUnreachableError):
        shop.cloud.http("http://example.com/", source=task)


def test_a_task_set_registers_with_its_external_id(shop: Shop) -> None:
    """service-discovery, "Instance attributes": ECS_TASK_SET_EXTERNAL_ID."""
    registry = Registry(shop)
    definition = shop.define(WEB, portMappings=PORTS)
    shop.ecs.create_service(
        cluster="shop",
        serviceName="web",
        desiredCount=1,
        deploymentController={"type": "EXTERNAL"},
    )
    request: dict[str, Any] = {
        "cluster": "shop",
        "service": "web",
        "taskDefinition": definition,
        "launchType": "FARGATE",
        "networkConfiguration": shop.network(),
        "externalId": "green",
        "scale": {"value": 100, "unit": "PERCENT"},
    }
    wrong = [{"registryArn": registry.arn, "port": 80}]
    with pytest.raises(ClientError, match="do not require a value for 'port'"):
        shop.ecs.create_task_set(**request, serviceRegistries=wrong)
    shop.ecs.create_task_set(**request, serviceRegistries=[{"registryArn": registry.arn}])
    shop.cloud.run_until(registry.instances, 120)
    assert registry.instances()[0]["Attributes"]["ECS_TASK_SET_EXTERNAL_ID"] == "green"


def test_a_service_cannot_grow_beyond_a_thousand_tasks(shop: Shop) -> None:
    """Amazon ECS quotas: tasks per service with Cloud Map service discovery."""
    registry = Registry(shop)
    definition = shop.define(WEB, portMappings=PORTS)
    shop.serve(definition, 0, serviceRegistries=[{"registryArn": registry.arn}])
    with pytest.raises(ClientError, match="between 0 and 1000"):
        shop.ecs.update_service(cluster="shop", service="web", desiredCount=1001)
