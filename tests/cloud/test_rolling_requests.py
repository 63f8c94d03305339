"""A rolling update under load loses a request exactly when AWS would lose it.

The order is: deregistration, the deregistration delay, SIGTERM, stopTimeout, SIGKILL (facts of
task-lifecycle-explanation and load-balancer-connection-draining).
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from shops import Shop

from ecslab import Image
from ecslab.sim.load import Load


@dataclass
class Stack:
    """A service of two tasks behind a load balancer."""

    shop: Shop
    url: str
    listener: str

    def roll(self, *, per_second: float = 5, seconds: float = 260, **load: Any) -> Load:
        """Send load, replace all tasks meanwhile, and return what became of the requests."""
        cloud = self.shop.cloud
        cloud.advance(minutes=2)
        sent = cloud.load(self.url, per_second=per_second, seconds=seconds, timeout=90, **load)
        cloud.advance(seconds=5)
        self.shop.ecs.update_service(cluster="shop", service="web", forceNewDeployment=True)
        cloud.advance(seconds=seconds + 120)
        assert sent.finished
        assert len(self.shop.service()["deployments"]) == 1
        return sent


def stack(
    shop: Shop, image: Image, *, delay: int = 10, kind: str = "application", **container: Any
) -> Stack:
    """Put a service behind a load balancer of a kind."""
    elb, ec2 = boto3.client("elbv2"), boto3.client("ec2")
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    protocol = "HTTP" if kind == "application" else "TCP"
    group_id = ec2.describe_security_groups()["SecurityGroups"][0]["GroupId"]
    for port in (80, 8080):
        ec2.authorize_security_group_ingress(
            GroupId=group_id, IpProtocol="tcp", FromPort=port, ToPort=port, CidrIp="0.0.0.0/0"
        )
    balancer = elb.create_load_balancer(
        Name="web",
        Subnets=shop.subnets[:2],
        Type=kind,  # type: ignore[arg-type]
    )["LoadBalancers"][0]
    group = elb.create_target_group(
        Name="web",
        Protocol=protocol,  # type: ignore[arg-type]
        Port=8080,
        VpcId=vpc,
        TargetType="ip",
        HealthCheckIntervalSeconds=10,
        **({"HealthCheckPath": "/health"} if kind == "application" else {}),
    )["TargetGroups"][0]["TargetGroupArn"]
    elb.modify_target_group_attributes(
        TargetGroupArn=group,
        Attributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": str(delay)}],
    )
    listener = elb.create_listener(
        LoadBalancerArn=balancer["LoadBalancerArn"],
        Protocol=protocol,  # type: ignore[arg-type]
        Port=80,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": group}],
    )["Listeners"][0]["ListenerArn"]
    definition = shop.define(image, portMappings=[{"containerPort": 8080}], **container)
    shop.serve(
        definition,
        loadBalancers=[{"targetGroupArn": group, "containerName": "app", "containerPort": 8080}],
    )
    return Stack(shop, f"http://{balancer['DNSName']}/", listener)


def patient(seconds: float, **behaviour: Any) -> Image:
    """Return an image that takes its time to answer, but not for health checks."""

    def app(environ: dict[str, Any], start: Any) -> list[bytes]:
        if environ["PATH_INFO"] != "/health":
            time.sleep(seconds)
        start("200 OK", [])
        return [b"ok"]

    return Image(port=8080, app=app, **behaviour)


CASES: list[tuple[str, Image, int, int, bool]] = [
    ("ends at once", Image(port=8080, latency=2, stop_after=0), 10, 30, False),
    ("ends in its own time", Image(port=8080, latency=2, stop_after=5), 10, 30, False),
    ("ignores SIGTERM", Image(port=8080, latency=2, stop_after=None), 10, 5, False),
    ("delay shorter than stopTimeout", patient(20, stop_after=25), 5, 30, True),
    ("delay longer than stopTimeout", patient(20, stop_after=0), 25, 2, False),
    ("delay of 0", Image(port=8080, latency=1, stop_after=5), 0, 30, True),
]


@pytest.mark.parametrize(
    ("image", "delay", "timeout", "loses"),
    [case[1:] for case in CASES],
    ids=[case[0].replace(" ", "-") for case in CASES],
)
def test_a_request_is_lost_when_it_outlives_the_deregistration_delay(
    shop: Shop, image: Image, delay: int, timeout: int, *, loses: bool
) -> None:
    """Neither SIGTERM nor stopTimeout matter: the stop signal comes after the delay.

    The load balancer closes what is still in flight when the delay is over (502), although the
    application could have answered.
    """
    made = stack(shop, image, delay=delay, stopTimeout=timeout)
    lost = made.roll().failures
    assert bool(lost) is loses
    assert {each.outcome for each in lost} <= {502}


def test_a_crash_loses_what_was_in_flight_and_nothing_else(shop: Shop) -> None:
    """Nobody deregisters a task before its process ends by itself."""
    image = Image(port=8080, latency=2, runs_for=60, exit_code=1)
    made = stack(shop, image)
    shop.cloud.run_until(lambda: shop.service()["runningCount"] == 2)
    shop.cloud.advance(seconds=15)
    load = shop.cloud.load(made.url, per_second=5, seconds=60, timeout=90)
    shop.cloud.advance(seconds=70)
    assert {each.outcome for each in load.failures} <= {502, 503}
    assert load.failures


@pytest.mark.parametrize("kind", ["application", "network"])
def test_kept_connections_of_idle_clients_cost_nothing(shop: Shop, kind: str) -> None:
    """An application that answers what it has before it ends closes only idle connections."""
    image = Image(port=8080, latency=0.05, stop_after=2)
    made = stack(shop, image, kind=kind)
    assert made.roll(per_second=2, keep_alive=True).failures == []


def test_a_kept_connection_through_a_network_balancer_dies_with_its_task(shop: Shop) -> None:
    """It keeps bringing requests to a deregistered task until the process ends under one."""
    image = Image(port=8080, latency=3, stop_after=1)
    made = stack(shop, image, kind="network")
    load = made.roll(per_second=1, keep_alive=True)
    assert {each.outcome for each in load.failures} == {"connection closed"}


def test_without_kept_connections_a_network_balancer_loses_nothing(shop: Shop) -> None:
    """The same application: new connections no longer reach a deregistered target."""
    image = Image(port=8080, latency=3, stop_after=1)
    made = stack(shop, image, kind="network")
    assert made.roll(per_second=1).failures == []
