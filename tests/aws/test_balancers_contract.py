"""What `ecslab.aws.balancer_*` relies on inside moto's elbv2, and what it mends.

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
from moto.elbv2.models import (
    ELBv2Backend,
    FakeListener,
    FakeLoadBalancer,
    FakeTargetGroup,
    elbv2_backends,
)

from ecslab.aws.balancer_backend import BalancerBackend, install

ACCOUNT, REGION = "123456789012", "us-east-1"
KEYS = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}


class Plain:
    """moto as it comes, with a load balancer, a listener and a target group."""

    def __init__(self) -> None:
        self.elb: Any = boto3.client("elbv2", REGION, **KEYS)
        ec2: Any = boto3.client("ec2", REGION, **KEYS)
        self.vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
        self.subnets = [each["SubnetId"] for each in ec2.describe_subnets()["Subnets"]]
        made = self.elb.create_load_balancer(Name="web", Subnets=self.subnets[:1])
        self.balancer = made["LoadBalancers"][0]
        made = self.elb.create_target_group(
            Name="web", Protocol="HTTP", Port=80, VpcId=self.vpc, TargetType="ip"
        )
        self.group = made["TargetGroups"][0]["TargetGroupArn"]
        self.listen()

    def listen(self) -> Any:
        return self.elb.create_listener(
            LoadBalancerArn=self.balancer["LoadBalancerArn"],
            Protocol="HTTP",
            Port=80,
            DefaultActions=[{"Type": "forward", "TargetGroupArn": self.group}],
        )


@pytest.fixture
def plain() -> Iterator[Plain]:
    with mock_aws():
        yield Plain()


def test_moto_still_needs_its_load_balancers_mended(plain: Plain) -> None:
    """One subnet, equal names, a DNS name without digits, two listeners on a port."""
    assert plain.balancer["DNSName"] == "web-1.us-east-1.elb.amazonaws.com"
    network = plain.elb.create_load_balancer(Name="web", Subnets=plain.subnets[:1], Type="network")
    assert ":loadbalancer/app/" in network["LoadBalancers"][0]["LoadBalancerArn"]
    plain.listen()
    listeners = plain.elb.describe_listeners(LoadBalancerArn=plain.balancer["LoadBalancerArn"])
    assert len(listeners["Listeners"]) == 2


def test_moto_still_needs_its_targets_mended(plain: Plain) -> None:
    """Everything is healthy, one port an address, and an error for an unknown target."""
    targets = [{"Id": "10.0.0.1", "Port": port} for port in (80, 81)]
    plain.elb.register_targets(TargetGroupArn=plain.group, Targets=targets)
    health = plain.elb.describe_target_health(TargetGroupArn=plain.group)
    states = [each["TargetHealth"]["State"] for each in health["TargetHealthDescriptions"]]
    assert states == ["healthy"]
    with pytest.raises(ClientError, match="InvalidTarget"):
        plain.elb.deregister_targets(TargetGroupArn=plain.group, Targets=[{"Id": "10.0.0.9"}])


def test_the_attributes_that_are_read(plain: Plain) -> None:
    """`balancer_values` reads these names."""
    backend = elbv2_backends[ACCOUNT][REGION]
    balancer: FakeLoadBalancer = backend.load_balancers[plain.balancer["LoadBalancerArn"]]
    assert balancer.scheme in {None, "internet-facing"}
    assert balancer.type == "application"
    assert isinstance(balancer.attrs, dict)
    assert [each.availability_zone for each in balancer.subnets]
    listener: FakeListener = next(iter(balancer.listeners.values()))
    assert (int(listener.port), listener.protocol) == (80, "HTTP")
    rule: Any = listener._default_rule[0]
    assert list(listener.rules.values()) == [rule]
    assert rule.is_default
    assert rule.arn.rsplit("/", 1)[-1] == str(id(rule))
    assert rule.actions[0].data == {"Type": "forward", "TargetGroupArn": plain.group}
    group: FakeTargetGroup = backend.target_groups[plain.group]
    assert group.attributes["deregistration_delay.timeout_seconds"] == 300
    assert group.attributes["load_balancing.algorithm.type"] == "round_robin"
    assert (group.health_check_port, group.health_check_path) == ("traffic-port", "/")
    assert (int(group.health_check_interval_seconds), int(group.health_check_timeout_seconds)) == (
        30,
        5,
    )
    assert (int(group.healthy_threshold_count), int(group.unhealthy_threshold_count)) == (5, 2)
    assert group.matcher == {"HttpCode": "200"}
    assert group.target_type == "ip"


@pytest.mark.parametrize(
    "name",
    [
        "create_load_balancer",
        "create_listener",
        "register_targets",
        "deregister_targets",
        "describe_target_health",
        "delete_target_group",
    ],
)
def test_what_is_overridden_exists(name: str) -> None:
    """A method that moto renames would never be called."""
    mended = list(inspect.signature(getattr(BalancerBackend, name)).parameters)
    own = list(inspect.signature(getattr(ELBv2Backend, name)).parameters)
    named = [each for each in mended if each not in {"args", "kwargs"}]
    assert own[: len(named)] == named


def test_install_and_undo() -> None:
    """The seam is one attribute of moto's."""
    before = elbv2_backends.backend
    undo = install()
    assert elbv2_backends.backend is BalancerBackend
    undo()
    assert elbv2_backends.backend is before
