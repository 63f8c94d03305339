"""Blue/green, linear and canary deployments of services that clients reach by Service Connect.

AWS: service-connect-blue-green; botocore ecs ServiceConnectTestTrafficRules.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from connects import NAMED, URL, Connected, connect, entry
from shifting import Stage
from shops import Shop

from ecslab import Cloud, Image

Json = dict[str, Any]

TEST = "x-amzn-ecs-blue-green-test"
STEADY = {"bakeTimeInMinutes": 5}


class Shifting:
    """The service `catalog`, which shifts its traffic, and a client of it.

    Args:
        connected: a shop with a namespace.
    """

    def __init__(self, connected: Connected) -> None:
        self.connected = connected
        self.cloud = connected.shop.cloud
        self.ecs = connected.ecs
        self.client = ""

    def open(self, strategy: str = "BLUE_GREEN", **fields: Any) -> None:
        """Create the service and its client, and wait for both."""
        configuration = {"strategy": strategy, **STEADY, **fields.pop("configuration", {})}
        self.connected.catalog(
            Image(port=8080, body="blue"), 2, deploymentConfiguration=configuration, **fields
        )
        self.until_status("SUCCESSFUL")
        self.client = self.connected.client()

    def release(self, body: str = "green", ports: list[Json] | None = None, **changes: Any) -> None:
        """Begin to deploy an image that answers with a text."""
        shop = self.connected.shop
        uri = shop.cloud.push(Image(port=8080, body=body), f"catalog:{body}")
        definition = shop.define(uri, family="catalog", portMappings=ports or NAMED)
        self.ecs.update_service(
            cluster="shop", service="catalog", taskDefinition=definition, **changes
        )

    def deployment(self) -> Json:
        """Describe the newest service deployment."""
        listed = self.ecs.list_service_deployments(cluster="shop", service="catalog")
        arn = listed["serviceDeployments"][0]["serviceDeploymentArn"]
        found = self.ecs.describe_service_deployments(serviceDeploymentArns=[arn])
        return dict(found["serviceDeployments"][0])

    def until_status(self, status: str) -> None:
        """Let time pass until the newest service deployment has a status."""
        for _ in range(720):
            if self.deployment()["status"] == status:
                return
            self.cloud.advance(seconds=10)
        raise TimeoutError(self.deployment())

    def until_stage(self, stage: str) -> Json:
        """Let time pass until the newest service deployment is at a stage; describe it."""
        stages = self.cloud.journal.of_kind
        self.cloud.run_until(
            lambda: [each.fields["stage"] for each in stages("deployment.stage")][-1:] == [stage],
            7200,
        )
        return self.deployment()

    def answers(self, count: int = 20, **headers: str) -> Counter[str]:
        """Have the client send requests; count what answers."""
        return Counter(self.ask(**headers) for _ in range(count))

    def ask(self, **headers: str) -> str:
        """Have the client send a request; return the answer's text."""
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        return self.cloud.http(URL, source=self.client, headers=named).text


@pytest.fixture
def shifting(shop: Shop) -> Shifting:
    return Shifting(connect(shop))


def marked(**rules: Any) -> Json:
    """Return the entry of the catalog with rules for test traffic."""
    alias = {"port": 8080, "dnsName": "catalog", "testTrafficRules": {"header": rules}}
    return entry(clientAliases=[alias])


def test_production_moves_in_the_proxies_of_clients(shifting: Shifting) -> None:
    """Blue answers until the production shift, then green; clients are not deployed again."""
    shifting.open()
    shifting.release()
    shifting.until_stage("TEST_TRAFFIC_SHIFT")
    assert shifting.answers() == {"blue": 20}
    found = shifting.until_stage("BAKE_TIME")
    assert shifting.answers() == {"green": 20}
    assert found["targetServiceRevision"]["requestedProductionTrafficWeight"] == 100.0
    assert len(shifting.connected.instances()) == 4, "both are in Cloud Map"
    shifting.until_status("SUCCESSFUL")
    assert shifting.answers() == {"green": 20}
    assert len(shifting.connected.instances()) == 2


def test_marked_requests_reach_green_from_the_test_shift_on(shifting: Shifting) -> None:
    """The header field x-amzn-ecs-blue-green-test marks test traffic when no rules are given."""
    shifting.open()
    shifting.release()
    shifting.until_stage("SCALE_UP")
    shifting.cloud.advance(seconds=30)
    assert shifting.ask(**{TEST: "1"}) == "blue", "there is no test traffic yet"
    shifting.until_stage("TEST_TRAFFIC_SHIFT")
    assert shifting.ask(**{TEST: "1"}) == "green"
    assert shifting.ask() == "blue"


def test_the_rules_of_the_new_revision_mark_its_test_traffic(shifting: Shifting) -> None:
    """Botocore ecs ServiceConnectTestTrafficHeaderMatchRules.exact, known to old clients too."""
    shifting.open()
    connection = {"enabled": True, "services": [marked(name="x-try", value={"exact": "me"})]}
    shifting.release(serviceConnectConfiguration=connection)
    shifting.until_stage("TEST_TRAFFIC_SHIFT")
    assert shifting.ask(x_try="me") == "green"
    assert shifting.ask(x_try="you") == "blue"
    assert shifting.ask(**{TEST: "1"}) == "blue"


def test_a_canary_has_its_share_of_the_clients_requests(shifting: Shifting) -> None:
    """Botocore ecs CanaryConfiguration, by the weights in the proxies."""
    canary = {"canaryPercent": 2.5, "canaryBakeTimeInMinutes": 10}
    shifting.open("CANARY", configuration={"canaryConfiguration": canary})
    shifting.release()
    shifting.until_stage("PRODUCTION_TRAFFIC_SHIFT")
    assert shifting.answers(200) == {"blue": 195, "green": 5}
    shifting.until_stage("BAKE_TIME")
    assert shifting.answers() == {"green": 20}


def test_a_stop_gives_all_traffic_back(shifting: Shifting) -> None:
    """service-connect-blue-green, "Rollback Support": the routes lead to blue again at once."""
    linear = {"stepPercent": 50.0, "stepBakeTimeInMinutes": 5}
    shifting.open("LINEAR", configuration={"linearConfiguration": linear})
    shifting.release()
    found = shifting.until_stage("PRODUCTION_TRAFFIC_SHIFT")
    assert shifting.answers() == {"blue": 10, "green": 10}
    shifting.ecs.stop_service_deployment(serviceDeploymentArn=found["serviceDeploymentArn"])
    shifting.cloud.advance(seconds=3)
    assert shifting.answers() == {"blue": 20}
    assert shifting.ask(**{TEST: "1"}) == "blue"
    shifting.until_status("ROLLBACK_SUCCESSFUL")
    assert shifting.answers() == {"blue": 20}


def test_tcp_has_no_header_fields(shifting: Shifting) -> None:
    """service-connect-blue-green: test traffic is marked with the HTTP protocols only."""
    ports = [{"name": "catalog", "containerPort": 8080}]
    shifting.open(ports=ports)
    shifting.release(ports=ports)
    shifting.until_stage("TEST_TRAFFIC_SHIFT")
    assert shifting.ask(**{TEST: "1"}) == "blue"
    shifting.until_status("SUCCESSFUL")
    assert shifting.ask() == "green"


def test_a_rolling_deployment_after_an_aborted_shift_serves_everybody(shifting: Shifting) -> None:
    """Botocore ecs StopServiceDeploymentStopType ABORT: the next deployment is not held back."""
    shifting.open()
    shifting.release()
    found = shifting.until_stage("BAKE_TIME")
    shifting.ecs.stop_service_deployment(
        serviceDeploymentArn=found["serviceDeploymentArn"], stopType="ABORT"
    )
    shifting.until_status("STOPPED")
    assert shifting.answers() == {"green": 20}
    shifting.release("third", deploymentConfiguration={"strategy": "ROLLING"})
    shifting.until_status("SUCCESSFUL")
    assert shifting.answers() == {"third": 20}


class Both(Stage):
    """A shop whose service is reached through a load balancer and through Service Connect."""

    def define(self, image: Image, tag: str = "1") -> str:
        """Push an image and register a task definition with a named port; return its ARN."""
        container = {
            "name": "app",
            "image": self.cloud.push(image, f"web:{tag}"),
            "portMappings": NAMED,
        }
        made = self.ecs.register_task_definition(
            family="web",
            networkMode="awsvpc",
            requiresCompatibilities=["FARGATE"],
            cpu="256",
            memory="512",
            executionRoleArn=self.role,
            containerDefinitions=[container],
        )
        return str(made["taskDefinition"]["taskDefinitionArn"])


def test_both_ways_to_a_service_shift_together() -> None:
    """blue-green-deployment-implementation: a load balancer, Service Connect, or both."""
    with Cloud(seed=7) as cloud:
        stage = Both(cloud)
        stage.ecs.update_cluster(cluster="shop", serviceConnectDefaults={"namespace": "bookshop"})
        stage.open(bakeTimeInMinutes=5)
        stage.ecs.update_service(
            cluster="shop",
            service="web",
            serviceConnectConfiguration={"enabled": True, "services": [entry()]},
        )
        stage.until_status("SUCCESSFUL")
        stage.ec2.authorize_security_group_ingress(
            GroupId=stage.task_group,
            IpPermissions=[
                {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": stage.task_group}]}
            ],
        )
        stage.ecs.create_service(
            cluster="shop",
            serviceName="front",
            taskDefinition=stage.define(Image(port=8080), "front"),
            desiredCount=1,
            launchType="FARGATE",
            networkConfiguration=stage.network,
            serviceConnectConfiguration={"enabled": True},
        )
        cloud.advance(minutes=2)
        (client,) = stage.ecs.list_tasks(cluster="shop", serviceName="front")["taskArns"]
        stage.release("green")
        for moment, text in (("TEST_TRAFFIC_SHIFT", "blue"), ("BAKE_TIME", "green")):
            stage.until_stage(moment)
            assert stage.answers(count=3) == {text: 3}
            assert cloud.http(URL, source=client).text == text
