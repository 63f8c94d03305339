"""What counts as left over, on stock moto: each kind that costs by the hour or blocks a delete."""

from __future__ import annotations

import json
from typing import Any

import boto3
import moto
import pytest
from botocore.exceptions import ClientError

from ecslab.course import leftovers
from ecslab.course.leftovers import Clients


@pytest.fixture
def clients() -> Any:
    made = {}

    def client(service: str) -> Any:
        if service not in made:
            made[service] = boto3.client(service, "us-east-1")
        return made[service]

    with moto.mock_aws():
        yield client


def found(clients: Clients) -> Any:
    return [(item.kind, item.name) for item in leftovers.take(clients).items]


def delete_all(clients: Clients) -> None:
    """Run the lines that tell the learner how to delete, in the order given."""
    names = ("ecs", "ec2", "elbv2", "logs", "secretsmanager", "autoscaling", "eks")
    for item in leftovers.take(clients).items:
        exec(item.delete, {name: clients(name) for name in names})


def test_new_account_has_nothing(clients: Clients) -> None:
    assert leftovers.take(clients) == leftovers.Inventory(())


def test_cluster_and_service(clients: Clients) -> None:
    ecs = clients("ecs")
    for name in ("shop", "attic"):
        ecs.create_cluster(clusterName=name)
    ecs.register_task_definition(
        family="web", containerDefinitions=[{"name": "web", "image": "web", "memory": 64}]
    )
    for number in range(12):
        ecs.create_service(
            cluster="shop", serviceName=f"web-{number:02d}", taskDefinition="web", desiredCount=0
        )
    kinds = found(clients)
    assert kinds[0] == ("service", "web-00 in cluster shop")
    assert len(kinds) == 14
    assert kinds[-2:] == [("cluster", "attic"), ("cluster", "shop")]
    delete_all(clients)
    assert found(clients) == []


def test_network_things_that_cost_by_the_hour(clients: Clients) -> None:
    ec2 = clients("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=f"us-east-1{z}")[
            "Subnet"
        ]["SubnetId"]
        for n, z in enumerate("ab")
    ]
    address = ec2.allocate_address(Domain="vpc")
    ec2.create_nat_gateway(SubnetId=subnets[0], AllocationId=address["AllocationId"])
    for kind, service in (("Gateway", "s3"), ("Interface", "logs")):
        ec2.create_vpc_endpoint(
            VpcId=vpc, VpcEndpointType=kind, ServiceName=f"com.amazonaws.us-east-1.{service}"
        )
    clients("elbv2").create_load_balancer(Name="front", Subnets=subnets)

    assert [kind for kind, _ in found(clients)] == [
        "load balancer",
        "NAT gateway",
        "Elastic IP address",
        "interface endpoint",
    ]
    delete_all(clients)
    assert found(clients) == []


def test_instances_and_groups(clients: Clients) -> None:
    ec2 = clients("ec2")
    ami = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    clients("autoscaling").create_launch_configuration(
        LaunchConfigurationName="node", ImageId=ami, InstanceType="t3.small"
    )
    clients("autoscaling").create_auto_scaling_group(
        AutoScalingGroupName="nodes",
        LaunchConfigurationName="node",
        MinSize=1,
        MaxSize=1,
        AvailabilityZones=["us-east-1a"],
    )
    assert [kind for kind, _ in found(clients)] == ["Auto Scaling group", "EC2 instance"]
    delete_all(clients)
    assert found(clients) == []


def test_kubernetes_clusters_and_what_is_in_them(clients: Clients) -> None:
    eks = clients("eks")
    role = "arn:aws:iam::123456789012:role/eks"
    eks.create_cluster(name="shop", roleArn=role, resourcesVpcConfig={})
    eks.create_nodegroup(clusterName="shop", nodegroupName="web", nodeRole=role, subnets=["s"])
    eks.create_fargate_profile(
        clusterName="shop",
        fargateProfileName="jobs",
        podExecutionRoleArn=role,
        selectors=[{"namespace": "shop"}],
    )
    assert found(clients) == [
        ("EKS Fargate profile", "jobs"),
        ("EKS node group", "web"),
        ("EKS cluster", "shop"),
    ]
    delete_all(clients)
    assert found(clients) == []


def test_secrets_and_log_groups_that_never_expire(clients: Clients) -> None:
    logs = clients("logs")
    logs.create_log_group(logGroupName="/ecs/web")
    logs.create_log_group(logGroupName="/ecs/short")
    logs.put_retention_policy(logGroupName="/ecs/short", retentionInDays=7)
    clients("secretsmanager").create_secret(Name="token", SecretString=json.dumps({"a": 1}))
    assert found(clients) == [("log group kept for ever", "/ecs/web"), ("secret", "token")]
    delete_all(clients)
    assert found(clients) == []


def test_what_was_given_does_not_count(clients: Clients) -> None:
    clients("ecs").create_cluster(clusterName="given")
    given = leftovers.take(clients)
    clients("ecs").create_cluster(clusterName="mine")
    mine = leftovers.take(clients).without(given)
    assert [item.name for item in mine.items] == ["mine"]


class Account:
    """Clients that answer tasks, or refuse, as the simulated account does."""

    def __init__(self, groups: Any) -> None:
        self.groups = groups

    def get_paginator(self, operation: str) -> Any:
        self.operation = operation
        return self

    def paginate(self, **_arguments: Any) -> Any:
        yield {
            "list_clusters": {"clusterArns": ["arn:aws:ecs:::cluster/shop"]},
            "list_services": {"serviceArns": []},
            "list_tasks": {"taskArns": [f"arn:aws:ecs:::task/shop/{n}" for n in self.groups]},
        }[self.operation]

    def describe_clusters(self, **_arguments: Any) -> Any:
        return {"clusters": [{"clusterName": "shop", "status": "ACTIVE"}]}

    def describe_tasks(self, tasks: Any, **_arguments: Any) -> Any:
        return {"tasks": [{"taskArn": arn, "group": self.groups[arn[-1]]} for arn in tasks]}


def test_tasks_of_a_service_are_the_services(clients: Clients) -> None:
    account = Account({"1": "service:web", "2": "family:migrate"})
    taken = leftovers.take(lambda service: account if service == "ecs" else clients(service))
    assert [(item.kind, item.name) for item in taken.items] == [
        ("running task", "2 in cluster shop"),
        ("cluster", "shop"),
    ]
    assert taken.items[0].delete == 'ecs.stop_task(cluster="shop", task="2")'


def test_kind_that_cannot_be_listed_is_said(clients: Clients) -> None:
    class Refusing:
        def get_paginator(self, _operation: str) -> None:
            details = {"Error": {"Code": "AccessDeniedException", "Message": "no\nway"}}
            raise ClientError(details, "DescribeLogGroups")

    taken = leftovers.take(lambda service: Refusing() if service == "logs" else clients(service))
    assert taken.items == ()
    assert len(taken.unseen) == 1
    assert taken.unseen[0].startswith("log groups could not be listed: ")
    assert "AccessDeniedException" in taken.unseen[0]
    assert "\n" not in taken.unseen[0]
