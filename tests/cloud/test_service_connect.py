"""Service Connect: endpoints, who knows them, the proxy, what is shown, what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from connects import CATALOG, NAMED, URL, Connected, connect, entry
from fleets import open_fleet
from shops import Shop

from ecslab import Image
from ecslab.sim.request import (
    ConnectionClosedError,
    ConnectionRefusedByHostError,
    NameNotResolvedError,
    ReadTimedOutError,
)

Json = dict[str, Any]


@pytest.fixture
def connected(shop: Shop) -> Connected:
    return connect(shop)


# --- Namespaces and what is shown ---------------------------------------------------------------


def test_a_clusters_namespace_is_made_used_and_removed(connected: Connected) -> None:
    """Botocore ecs ClusterServiceConnectDefaultsRequest.namespace."""
    ecs, api = connected.ecs, connected.map
    (namespace,) = api.list_namespaces()["Namespaces"]
    assert (namespace["Name"], namespace["Type"]) == ("bookshop", "HTTP")
    cluster = ecs.describe_clusters(clusters=["shop"])["clusters"][0]
    assert cluster["serviceConnectDefaults"] == {"namespace": namespace["Arn"]}
    other = ecs.create_cluster(
        clusterName="other", serviceConnectDefaults={"namespace": namespace["Arn"]}
    )
    assert other["cluster"]["serviceConnectDefaults"] == {"namespace": namespace["Arn"]}
    assert len(api.list_namespaces()["Namespaces"]) == 1
    ecs.update_cluster(cluster="other", serviceConnectDefaults={"namespace": ""})
    cluster = ecs.describe_clusters(clusters=["other"])["clusters"][0]
    assert "serviceConnectDefaults" not in cluster
    for wrong, code in (
        (f"{namespace['Arn']}x", "NamespaceNotFoundException"),
        ('a"b', "InvalidParameterException"),
    ):
        with pytest.raises(ClientError, match=code):
            ecs.update_cluster(cluster="other", serviceConnectDefaults={"namespace": wrong})


def test_a_deployment_shows_its_configuration_and_resources(connected: Connected) -> None:
    """create-service-connect: both are in the deployment, with the namespace filled in."""
    deployment = connected.catalog()["deployments"][0]
    configuration = deployment["serviceConnectConfiguration"]
    assert configuration == {"enabled": True, "namespace": "bookshop", "services": [entry()]}
    (service,) = connected.map.list_services()["Services"]
    assert deployment["serviceConnectResources"] == [
        {"discoveryName": "catalog", "discoveryArn": service["Arn"]}
    ]
    revision = connected.described("catalog")["currentServiceRevisions"][0]["arn"]
    described = connected.ecs.describe_service_revisions(serviceRevisionArns=[revision])
    shown = described["serviceRevisions"][0]
    assert shown["serviceConnectConfiguration"] == configuration


def test_a_task_shows_its_proxy(connected: Connected) -> None:
    """A captured DescribeTasks: an attachment, a container without an image, an override."""
    connected.catalog(count=1)
    task = connected.shop.task(connected.task("catalog"))
    (attachment,) = [each for each in task["attachments"] if each["type"] == "ServiceConnect"]
    (detail,) = attachment["details"]
    assert (attachment["status"], detail["name"]) == ("ATTACHED", "ContainerName")
    proxy = task["containers"][0]
    assert proxy["name"] == detail["value"]
    assert proxy["name"].startswith("ecs-service-connect-")
    assert (proxy["lastStatus"], proxy["healthStatus"]) == ("RUNNING", "HEALTHY")
    assert "image" not in proxy
    assert proxy["networkInterfaces"] == task["containers"][1]["networkInterfaces"]
    overrides = task["overrides"]["containerOverrides"]
    assert [each["name"] for each in overrides] == [proxy["name"], "app"]
    connected.ecs.stop_task(cluster="shop", task=task["taskArn"])
    stopped = connected.shop.stopped(task["taskArn"])
    assert stopped["containers"][0]["lastStatus"] == "STOPPED"


def test_services_are_listed_by_namespace(connected: Connected) -> None:
    """Botocore ecs ListServicesByNamespace: over all clusters, in pages."""
    connected.catalog(count=0)
    for name in ("one", "two"):
        connected.serve(name, connected.shop.define(Image(), family=name), 0)
    arn = connected.map.list_namespaces()["Namespaces"][0]["Arn"]
    pages = connected.ecs.get_paginator("list_services_by_namespace").paginate(
        namespace=arn, PaginationConfig={"PageSize": 2}
    )
    names = [[each.rsplit("/", 1)[-1] for each in page["serviceArns"]] for page in pages]
    assert names == [["catalog", "one"], ["two"]]
    with pytest.raises(ClientError, match="NamespaceNotFoundException"):
        connected.ecs.list_services_by_namespace(namespace="nowhere")


def test_the_endpoint_goes_with_its_service_the_namespace_stays(connected: Connected) -> None:
    """service-connect-concepts-deploy: namespaces are not deleted with what used them."""
    connected.catalog(count=1)
    connected.running("catalog", 1)
    assert len(connected.instances()) == 1
    connected.ecs.delete_service(cluster="shop", service="catalog", force=True)
    connected.shop.cloud.advance(minutes=2)
    assert connected.map.list_services()["Services"] == []
    assert len(connected.map.list_namespaces()["Namespaces"]) == 1


# --- Who knows an endpoint ------------------------------------------------------------------------


def test_clients_take_turns_among_the_tasks(connected: Connected) -> None:
    """service-connect-concepts-deploy, "Load balancing": round robin, Envoy's header fields."""
    connected.catalog(count=3)
    connected.running("catalog", 3)
    client = connected.client()
    answers = [connected.shop.cloud.http(URL, source=client) for _ in range(6)]
    assert {each.text for each in answers} == {"books\n"}
    by = [each.answered_by for each in answers]
    assert len(set(by[:3])) == 3
    assert by[:3] == by[3:]
    assert answers[0].headers["server"] == "envoy"
    assert "x-envoy-upstream-service-time" in answers[0].headers


def test_a_client_knows_what_was_there_when_it_was_deployed(connected: Connected) -> None:
    """service-connect-concepts-deploy: new endpoints only after the client's next deployment."""
    client = connected.client()
    connected.catalog(count=1)
    connected.running("catalog", 1)
    cloud = connected.shop.cloud
    with pytest.raises(NameNotResolvedError):
        cloud.http(URL, source=client)
    connected.ecs.stop_task(cluster="shop", task=client)
    cloud.run_until(lambda: connected.tasks("front") not in ([], [client]))
    replacement = connected.task("front")
    assert replacement != client
    with pytest.raises(NameNotResolvedError):
        cloud.http(URL, source=replacement)
    connected.ecs.update_service(cluster="shop", service="front", forceNewDeployment=True)
    cloud.advance(minutes=3)
    assert cloud.http(URL, source=connected.task("front")).text == "books\n"


def test_only_tasks_of_services_with_service_connect_have_a_proxy(connected: Connected) -> None:
    """service-connect-concepts-deploy: standalone tasks are not supported."""
    connected.catalog(count=1)
    connected.running("catalog", 1)
    plain = connected.shop.define(Image(), family="plain")
    standalone = connected.shop.run(plain)
    connected.shop.cloud.run_until(
        lambda: connected.shop.task(standalone)["lastStatus"] == "RUNNING"
    )
    with pytest.raises(NameNotResolvedError):
        connected.shop.cloud.http(URL, source=standalone)
    with pytest.raises(NameNotResolvedError):
        connected.shop.cloud.http(URL)
    assert len(connected.shop.task(standalone)["containers"]) == 1


def test_the_default_name_ends_with_the_namespace_and_only_its_port_is_there(
    connected: Connected,
) -> None:
    """Botocore ecs ServiceConnectClientAlias.dnsName: discoveryName.namespace by default."""
    connected.catalog(count=1, entry=entry(discoveryName="books", clientAliases=[{"port": 80}]))
    connected.running("catalog", 1)
    client = connected.client()
    assert connected.shop.cloud.http("http://books.bookshop/", source=client).status == 200
    with pytest.raises(ConnectionRefusedByHostError):
        connected.shop.cloud.http("http://books.bookshop:8080/", source=client)
    (instance,) = connected.instances("books")
    assert instance["Attributes"]["AWS_INSTANCE_PORT"] == "8080"


def test_a_service_of_another_cluster_and_a_dns_namespace(connected: Connected) -> None:
    """ServiceConnectConfiguration.namespace: any type; services of all clusters are in it."""
    vpc = connected.ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    connected.map.create_private_dns_namespace(Name="shop.local", Vpc=vpc)
    connected.ecs.create_cluster(clusterName="other")
    here = {"connect": {"namespace": "shop.local"}}
    connected.catalog(count=1, cluster="other", **here)
    client = connected.client(**here)
    connected.shop.cloud.advance(minutes=1)
    assert connected.shop.cloud.http(URL, source=client).text == "books\n"


# --- The proxy ------------------------------------------------------------------------------------


def closed_group(connected: Connected, name: str, port: int, peer: str) -> str:
    """Make a security group that lets one port in from another group."""
    vpc = connected.ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    made = connected.ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)
    permission = {
        "IpProtocol": "tcp",
        "FromPort": port,
        "ToPort": port,
        "UserIdGroupPairs": [{"GroupId": peer}],
    }
    connected.ec2.authorize_security_group_ingress(
        GroupId=made["GroupId"], IpPermissions=[permission]
    )
    return str(made["GroupId"])


def networked(shop: Shop, group: str) -> Json:
    """Return a network configuration with one security group."""
    network = shop.network()
    network["awsvpcConfiguration"]["securityGroups"] = [group]
    return network


@pytest.mark.parametrize(
    ("override", "opened", "status"), [(None, 8080, 200), (15000, 15000, 200), (15000, 8080, 503)]
)
def test_security_groups_decide_about_the_ingress_port(
    connected: Connected, override: int | None, opened: int, status: int
) -> None:
    """service-connect-concepts-deploy, "Networking": containerPort, or ingressPortOverride."""
    default = connected.ec2.describe_security_groups(
        Filters=[{"Name": "group-name", "Values": ["default"]}]
    )["SecurityGroups"][0]["GroupId"]
    group = closed_group(connected, "catalog", opened, default)
    fields = {"ingressPortOverride": override} if override else {}
    connected.catalog(
        count=1,
        entry=entry(**fields),
        networkConfiguration=networked(connected.shop, group),
    )
    connected.running("catalog", 1)
    answer = connected.shop.cloud.http(URL, source=connected.client())
    assert answer.status == status
    if status == 503:
        assert "connection timeout" in answer.text
        assert answer.hops[-1].failure == "timeout"


def test_an_override_lets_other_traffic_pass_the_proxy_by(connected: Connected) -> None:
    """ServiceConnectService.ingressPortOverride; curl 10.0.19.50:80 in create-service-connect."""
    connected.catalog(count=1)
    client = connected.client()
    connected.running("catalog", 1)
    (instance,) = connected.instances()
    address = instance["Attributes"]["AWS_INSTANCE_IPV4"]
    through = connected.shop.cloud.http(f"http://{address}:8080/", source=client)
    assert through.headers["server"] == "envoy"
    connected.ecs.update_service(
        cluster="shop",
        service="catalog",
        serviceConnectConfiguration={
            "enabled": True,
            "services": [entry(ingressPortOverride=15000)],
        },
    )
    connected.shop.cloud.advance(minutes=3)
    (instance,) = connected.instances()
    assert instance["Attributes"]["AWS_INSTANCE_PORT"] == "15000"
    address = instance["Attributes"]["AWS_INSTANCE_IPV4"]
    direct = connected.shop.cloud.http(f"http://{address}:8080/", source=client)
    assert "server" not in direct.headers
    assert connected.shop.cloud.http(URL, source=client).status == 200


def test_a_failed_connection_is_tried_again_with_another_task(connected: Connected) -> None:
    """service-connect-concepts-deploy, "Retries": two, and the second avoids the first's host."""
    connected.catalog(count=1)
    connected.running("catalog", 1)
    connected.ecs.update_service(cluster="shop", service="catalog", desiredCount=2)
    slow = connected.shop.define(
        Image(port=8080, ready_after=10_000), family="catalog2", portMappings=NAMED
    )
    connected.running("catalog", 2)
    client = connected.client()
    connected.ecs.update_service(cluster="shop", service="catalog", taskDefinition=slow)
    connected.shop.cloud.advance(seconds=40)
    counts = connected.counts("catalog")
    assert counts[0] > 2, "tasks of the new revision run, and do not listen"
    answers = [connected.shop.cloud.http(URL, source=client) for _ in range(6)]
    assert {each.status for each in answers} == {200}
    retried = [each for each in answers if any(hop.failure for hop in each.hops)]
    assert retried


def test_nobody_left_is_503(connected: Connected) -> None:
    """The proxy of a client is there, its endpoint too, and no task serves it."""
    connected.catalog(count=0)
    client = connected.client()
    answer = connected.shop.cloud.http(URL, source=client)
    assert (answer.status, answer.text) == (503, "no healthy upstream")


def test_a_request_times_out_after_fifteen_seconds_unless_told_otherwise(
    connected: Connected,
) -> None:
    """Botocore ecs TimeoutConfiguration; service-connect-concepts-deploy: 15 s by default."""
    slow = Image(port=8080, latency=20)
    connected.catalog(slow, count=1)
    connected.running("catalog", 1)
    client = connected.client()
    answer = connected.shop.cloud.http(URL, source=client)
    assert (answer.status, answer.text) == (504, "upstream request timeout")
    assert answer.seconds == pytest.approx(15, abs=0.1)
    with pytest.raises(ReadTimedOutError):
        connected.shop.cloud.http(URL, source=client, timeout=5)
    connected.ecs.update_service(
        cluster="shop",
        service="catalog",
        serviceConnectConfiguration={
            "enabled": True,
            "services": [entry(timeout={"perRequestTimeoutSeconds": 0})],
        },
    )
    connected.ecs.update_service(cluster="shop", service="front", forceNewDeployment=True)
    connected.shop.cloud.advance(minutes=4)
    assert connected.shop.cloud.http(URL, source=connected.task("front")).status == 200


def test_tcp_has_no_pages_of_its_own(connected: Connected) -> None:
    """PortMapping.appProtocol: without it TCP is used; a failure closes the connection."""
    ports = [{"name": "catalog", "containerPort": 8080}]
    connected.catalog(count=1, ports=ports)
    connected.running("catalog", 1)
    client = connected.client()
    answer = connected.shop.cloud.http(URL, source=client)
    assert (answer.status, "server" in answer.headers) == (200, False)
    connected.ecs.update_service(cluster="shop", service="catalog", desiredCount=0)
    connected.shop.cloud.advance(seconds=20)
    with pytest.raises(ConnectionClosedError):
        connected.shop.cloud.http(URL, source=client)


def test_a_task_of_unknown_health_waits_for_its_first_check(connected: Connected) -> None:
    """service-connect-concepts, "Initial Health Check configuration"."""
    image = Image(port=8080, health=lambda age: age > 20, tools=("check",))
    check = {"command": ["CMD", "check"], "interval": 10, "retries": 3, "startPeriod": 60}
    connected.catalog(image, count=1, container={"healthCheck": check})
    client = connected.client()
    connected.running("catalog", 1)
    task = connected.shop.task(connected.tasks("catalog")[0])
    assert task["healthStatus"] == "UNKNOWN"
    assert connected.shop.cloud.http(URL, source=client).status == 503
    connected.shop.cloud.run_until(
        lambda: connected.shop.task(task["taskArn"])["healthStatus"] == "HEALTHY"
    )
    assert connected.shop.cloud.http(URL, source=client).status == 200


def test_bridge_tasks_listen_on_a_dynamic_port(connected: Connected) -> None:
    """service-connect-concepts-deploy: bridge mode needs the upper dynamic port range."""
    fleet = open_fleet(connected.shop)
    fleet.join(1)
    definition = fleet.define("catalog", CATALOG, container_portMappings=NAMED, memory="512")
    connected.serve("catalog", definition, 1, [entry()], launchType="EC2", networkConfiguration={})
    connected.running("catalog", 1)
    task = connected.shop.task(connected.tasks("catalog")[0])
    (instance,) = connected.instances()
    port = int(instance["Attributes"]["AWS_INSTANCE_PORT"])
    assert port == task["containers"][0]["networkBindings"][0]["hostPort"]
    assert port >= 32768
    client = connected.client()
    assert connected.shop.cloud.http(URL, source=client).status == 200


def test_a_rolling_update_loses_nothing(connected: Connected) -> None:
    """Deregistered first, then stopped: an application that ends in its own time loses nothing."""
    connected.catalog(Image(port=8080, latency=0.4, stop_after=3), count=2)
    connected.running("catalog", 2)
    client = connected.client()
    cloud = connected.shop.cloud
    cloud.advance(minutes=1)
    load = cloud.load(URL, per_second=10, seconds=200, source=client)
    cloud.advance(seconds=10)
    connected.ecs.update_service(cluster="shop", service="catalog", forceNewDeployment=True)
    cloud.advance(seconds=200)
    assert load.finished
    assert load.counts == {200: 2000}


# --- What is refused ------------------------------------------------------------------------------

REFUSALS: list[tuple[Json, str]] = [
    (
        {"entry": entry(portName="web")},
        r"portName\(web\) does not refer to any named PortMapping in the container definitions",
    ),
    (
        {"entry": entry(clientAliases=[{"port": 80}, {"port": 81}])},
        "2 clientAliases exceeds the max limit of 1",
    ),
    (
        {"entry": entry(clientAliases=[{"port": 80, "dnsName": "-a"}])},
        "The DNS name that you provided is invalid",
    ),
    ({"entry": entry(clientAliases=[{"port": 70000}])}, "The port 70000"),
    ({"entry": entry(ingressPortOverride=1024)}, "IngressPortOverride cannot use ports <= 1024"),
    ({"entry": entry(discoveryName="Books")}, "discoveryName 'Books' must match"),
    (
        {
            "entry": entry(timeout={"perRequestTimeoutSeconds": 5}),
            "ports": [{"name": "catalog", "containerPort": 8080}],
        },
        "appProtocol is TCP",
    ),
    ({"connect": {"namespace": "nowhere"}}, "NamespaceNotFoundException"),
    ({"connect": {"accessLogConfiguration": {"format": "TEXT"}}}, "needs a logConfiguration"),
    (
        {"connect": {"containerConfigurations": [{"logLevel": "info"}, {"logLevel": "debug"}]}},
        "each setting appears only once",
    ),
    ({"desiredCount": 1001}, "between 0 and 1000"),
]


@pytest.mark.parametrize(("fields", "words"), REFUSALS)
def test_configurations_that_are_refused(connected: Connected, fields: Json, words: str) -> None:
    """Botocore ecs ServiceConnectConfiguration, ServiceConnectService and their members."""
    with pytest.raises(ClientError, match=words):
        connected.catalog(**fields)
    assert connected.map.list_services()["Services"] == []


def test_names_are_unique_in_a_namespace(connected: Connected) -> None:
    """service-connect-concepts-deploy: endpoints and discovery names."""
    connected.catalog(count=0)
    definition = "catalog"
    with pytest.raises(ClientError, match="SC service is already used by arn:aws:service"):
        connected.serve("again", definition, 0, [entry()])
    other = entry(discoveryName="other")
    with pytest.raises(ClientError, match="client alias catalog:8080 is already used"):
        connected.serve("again", definition, 0, [other])
    for services in ([entry(), entry()], [entry(), other]):
        with pytest.raises(ClientError, match="used more than once"):
            connected.serve("twice", definition, 0, services, connect={"namespace": "bookshop"})
    connected.ecs.update_service(cluster="shop", service="catalog", forceNewDeployment=True)


def test_without_any_namespace(shop: Shop) -> None:
    """Neither the service nor its cluster names one."""
    definition = shop.define(CATALOG, portMappings=NAMED)
    with pytest.raises(ClientError, match="Namespace is missing"):
        shop.serve(definition, 1, serviceConnectConfiguration={"enabled": True})
    shop.serve(definition, 1, serviceConnectConfiguration={"enabled": False})
    assert "serviceConnectConfiguration" not in shop.service()["deployments"][0]


def test_what_a_task_definition_needs(connected: Connected) -> None:
    """service-connect-concepts-deploy, considerations: task memory; awsvpc or bridge."""
    container = {"name": "app", "image": "nginx", "memory": 64, "portMappings": NAMED}
    for fields, words in (
        ({"networkMode": "bridge"}, "task memory limit"),
        ({"networkMode": "host", "memory": "512"}, "the host network mode"),
    ):
        connected.ecs.register_task_definition(
            family="any", containerDefinitions=[container], **fields
        )
        with pytest.raises(ClientError, match=words):
            connected.serve("any", "any", 1, [entry()], launchType="EC2", networkConfiguration={})


def test_the_application_protocol_stays(connected: Connected) -> None:
    """Botocore ecs PortMapping.appProtocol: immutable in a Service Connect service."""
    connected.catalog(count=0)
    other = [{**NAMED[0], "appProtocol": "grpc"}]
    definition = connected.shop.define(CATALOG, family="catalog", portMappings=other)
    with pytest.raises(ClientError, match="appProtocol of catalog can't be changed"):
        connected.ecs.update_service(cluster="shop", service="catalog", taskDefinition=definition)


def test_settings_without_effect_are_kept(connected: Connected) -> None:
    """TLS and the logs of the proxy: shown as given, with no effect on traffic."""
    tls = {
        "issuerCertificateAuthority": {
            "awsPcaAuthorityArn": "arn:aws:acm-pca:us-east-1:123456789012:certificate-authority/1"
        }
    }
    logs = {
        "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "/proxy"}},
        "accessLogConfiguration": {"format": "JSON"},
        "containerConfigurations": [{"logLevel": "debug"}],
    }
    service = connected.catalog(count=1, entry=entry(tls=tls), connect=logs)
    shown = service["deployments"][0]["serviceConnectConfiguration"]
    assert shown["services"][0]["tls"] == tls
    assert {key: shown[key] for key in logs} == logs
    connected.running("catalog", 1)
    assert connected.shop.cloud.http(URL, source=connected.client()).status == 200


def test_service_connect_can_be_switched_off(connected: Connected) -> None:
    """UpdateServiceRequest.serviceConnectConfiguration starts a deployment."""
    connected.catalog(count=1)
    connected.running("catalog", 1)
    connected.ecs.update_service(
        cluster="shop", service="catalog", serviceConnectConfiguration={"enabled": False}
    )
    connected.shop.cloud.advance(minutes=3)
    (task,) = connected.tasks("catalog")
    assert len(connected.shop.task(task)["containers"]) == 1
    assert connected.instances() == []
