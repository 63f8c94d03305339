"""Gateways: load balancers that ECS builds when a service first uses them, and shares.

AWS: botocore ecs CreateGateway, UpdateGateway, DeleteGateway, AssociateGatewayWithCluster,
DisassociateGatewayFromCluster, GatewayConnector, GatewayRoute, GatewayResources.
"""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from runs import allow
from shops import TRUST, Shop

from ecslab import Image
from ecslab.sim.request import NameNotResolvedError

Json = dict[str, Any]


class Gates:
    """A shop, and the role with which its gateways build."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.ecs = shop.ecs
        self.ec2: Any = boto3.client("ec2")
        self.elb: Any = boto3.client("elbv2")
        iam: Any = boto3.client("iam")
        trust = TRUST.replace("ecs-tasks.", "ecs.")
        made = iam.create_role(RoleName="gates", AssumeRolePolicyDocument=trust)
        self.role = str(made["Role"]["Arn"])
        policy = allow("elasticloadbalancing:*", "ec2:*", "acm:*")
        iam.put_role_policy(RoleName="gates", PolicyName="build", PolicyDocument=policy)

    def create(self, name: str = "front", **arguments: Any) -> Json:
        """Create a gateway."""
        shared = arguments.pop("alb", {})
        request = {"name": name, "infrastructureRoleArn": self.role, **arguments}
        return dict(self.ecs.create_gateway(configuration={"hostSharedAlb": shared}, **request))

    def associate(self, gateway: str = "front", cluster: str = "shop") -> Json:
        """Let a cluster use a gateway."""
        return dict(self.ecs.associate_gateway_with_cluster(gateway=gateway, cluster=cluster))

    def serve(self, name: str, connector: Json, body: str = "hello") -> None:
        """Create a service with a gateway connector, in a security group of its own."""
        uri = self.shop.cloud.push(Image(port=8080, body=body), f"{name}:1")
        mapping = {"containerPort": 8080, "name": "http"}
        self.ecs.register_task_definition(
            family=name,
            networkMode="awsvpc",
            requiresCompatibilities=["FARGATE"],
            cpu="256",
            memory="512",
            executionRoleArn=self.shop.role,
            containerDefinitions=[{"name": "app", "image": uri, "portMappings": [mapping]}],
        )
        vpc = self.ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
        group = self.ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)
        network = self.shop.network()
        network["awsvpcConfiguration"]["securityGroups"] = [group["GroupId"]]
        self.ecs.create_service(
            cluster="shop",
            serviceName=name,
            taskDefinition=name,
            desiredCount=1,
            launchType="FARGATE",
            networkConfiguration=network,
            gatewayConnectors=[connector],
        )

    def routes(self, **filters: Any) -> list[Json]:
        """List gateway routes."""
        return list(self.ecs.list_gateway_routes(**filters)["gatewayRoutes"])

    def url(self, route: Json) -> str:
        """Return the URL of a route's service."""
        answer = self.ecs.describe_gateway_route(gatewayRouteArn=route["gatewayRouteArn"])
        return str(answer["gatewayRoute"]["serviceUrl"])


@pytest.fixture
def gates(shop: Shop) -> Gates:
    return Gates(shop)


def test_a_gateway_from_beginning_to_end(gates: Gates) -> None:
    """Defaults; protected from deletion at first; gone when it is deleted."""
    made = gates.create(tags=[{"key": "a", "value": "b"}], clientToken="once")
    assert made["status"] == "ACTIVE"
    assert gates.create(clientToken="once")["gatewayArn"] == made["gatewayArn"]
    shown = gates.ecs.describe_gateway(gateway=made["gatewayArn"])["gateway"]
    alb = shown["configuration"]["hostSharedAlb"]
    assert (alb["port"], alb["protocol"], alb["maxAlbCount"]) == (443, "HTTPS", 10)
    assert (alb["scheme"], alb["httpDesync"], alb["currentAlbCount"]) == (
        "internet-facing",
        "defensive",
        0,
    )
    assert (shown["accessType"], shown["deletionProtection"]) == ("PUBLIC", True)
    assert (shown["propagateTags"], shown["tags"]) == ("GATEWAY", [{"key": "a", "value": "b"}])
    assert gates.elb.describe_load_balancers()["LoadBalancers"] == []
    gates.associate()
    with pytest.raises(ClientError, match="deletion protection"):
        gates.ecs.delete_gateway(gateway="front")
    changed = gates.ecs.update_gateway(
        gateway="front",
        deletionProtection=False,
        configuration={"hostSharedAlb": {"maxAlbCount": 2}},
    )
    assert changed["status"] == "UPDATE_IN_PROGRESS"
    with pytest.raises(ClientError, match="associated"):
        gates.ecs.delete_gateway(gateway="front")
    gates.ecs.disassociate_gateway_from_cluster(gateway="front", cluster="shop")
    listed = gates.ecs.list_gateways(names=["front"])["gateways"]
    assert [each["status"] for each in listed] == ["UPDATE_COMPLETE"]
    assert gates.ecs.delete_gateway(gateway="front")["status"] == "DELETED"
    with pytest.raises(ClientError, match="GatewayNotFoundException"):
        gates.ecs.describe_gateway(gateway="front")
    assert gates.ecs.list_gateways()["gateways"] == []
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        gates.ecs.describe_gateway_route(gatewayRouteArn=f"{made['gatewayArn']}/none")


def test_associations(gates: Gates) -> None:
    """At most five gateways of a cluster; the association ends when no route is left."""
    for number in range(6):
        gates.create(f"g{number}")
    for number in range(5):
        assert gates.associate(f"g{number}")["status"] == "ACTIVE"
    with pytest.raises(ClientError, match="at most 5"):
        gates.associate("g5")
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        gates.ecs.disassociate_gateway_from_cluster(gateway="g5", cluster="shop")
    pages = gates.ecs.list_gateway_cluster_associations(cluster="shop", maxResults=3)
    rest = gates.ecs.list_gateway_cluster_associations(
        cluster="shop", maxResults=3, nextToken=pages["nextToken"]
    )
    rows = [*pages["gatewayClusterAssociations"], *rest["gatewayClusterAssociations"]]
    assert len({each["gatewayArn"] for each in rows}) == 5
    ended = gates.ecs.disassociate_gateway_from_cluster(gateway="g0", cluster="shop")
    assert ended["status"] == "DISASSOCIATING"
    left = gates.ecs.list_gateway_cluster_associations(gateway="g0")
    assert left["gatewayClusterAssociations"] == []


def test_a_service_behind_a_gateway(gates: Gates) -> None:
    """The first service brings the load balancer; a second one shares it; both go again."""
    gates.create()
    gates.associate()
    gates.serve("one", {"portName": "http"}, "first")
    gates.serve("two", {"portName": "http", "healthCheck": {"healthCheckPath": "/up"}}, "second")
    gates.shop.cloud.advance(minutes=3)
    assert len(gates.elb.describe_load_balancers()["LoadBalancers"]) == 1
    first, second = gates.routes(gateway="front")
    assert (first["status"], first["serviceContainerPortName"]) == ("ACTIVE", "http")
    assert gates.shop.cloud.http(gates.url(first)).text == "first"
    assert gates.shop.cloud.http(gates.url(second)).text == "second"
    assert gates.routes(service="two") == [second]
    (shared,) = gates.ecs.describe_gateway_resources(gateway="front")["gatewayResources"][
        "resources"
    ]["hostSharedAlb"]
    assert len(shared["gatewayRouteArns"]) == 2
    gates.ecs.disassociate_gateway_from_cluster(gateway="front", cluster="shop")
    (association,) = gates.ecs.list_gateway_cluster_associations()["gatewayClusterAssociations"]
    assert association["status"] == "DISASSOCIATING"
    url = gates.url(first)
    for name in ("one", "two"):
        gates.ecs.delete_service(cluster="shop", service=name, force=True)
    gates.shop.cloud.advance(minutes=10)
    assert gates.routes() == []
    assert gates.elb.describe_load_balancers()["LoadBalancers"] == []
    assert gates.ecs.list_gateway_cluster_associations()["gatewayClusterAssociations"] == []
    with pytest.raises(NameNotResolvedError):
        gates.shop.cloud.http(url)


@pytest.mark.parametrize(
    "arguments",
    [
        {"name": "a b"},
        {"alb": {"port": 80}},
        {"alb": {"protocol": "HTTP"}},
        {"alb": {"scheme": "secret"}},
        {"alb": {"maxAlbCount": 0}},
        {"infrastructureRoleArn": "arn:aws:iam::123456789012:role/execution"},
    ],
)
def test_wrong_gateways_are_refused(gates: Gates, arguments: Json) -> None:
    """Botocore ecs HostSharedAlbConfiguration: only HTTPS on port 443."""
    with pytest.raises(ClientError, match="InvalidParameterException"):
        gates.create(**arguments)
    gates.create()
    with pytest.raises(ClientError, match="already exists"):
        gates.create()
    with pytest.raises(ClientError, match="at most 10"):
        gates.ecs.list_gateways(names=["x"] * 11)


@pytest.mark.parametrize(
    "connector",
    [
        {"portName": "other"},
        {"portName": "http", "filters": {"accessTypes": ["PRIVATE"]}},
        {"portName": "http", "deregistrationDelay": {"timeoutSeconds": 3601}},
    ],
)
def test_wrong_connectors_are_refused(gates: Gates, connector: Json) -> None:
    """Botocore ecs GatewayConnector: a named port, and a gateway that fits."""
    gates.create()
    gates.associate()
    with pytest.raises(ClientError, match="InvalidParameterException"):
        gates.serve("one", connector)
    gates.shop.serve(gates.shop.define("nginx", family="plain"), 0)
    with pytest.raises(ClientError, match=r"UnsupportedFeatureException.*gatewayConnectors"):
        gates.ecs.update_service(cluster="shop", service="web", gatewayConnectors=[connector])
    assert gates.routes() == []
