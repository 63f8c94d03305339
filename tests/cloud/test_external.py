"""External instances: own servers in a cluster (ecs-anywhere)."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from fleets import INSTANCE_POLICY, TRUST, Fleet, open_fleet
from runs import logging
from shops import Shop

from ecslab import Image
from ecslab.errors import CourseError

Json = dict[str, Any]


@pytest.fixture
def fleet(shop: Shop) -> Fleet:
    """Return a shop with a role for own servers."""
    found = open_fleet(shop)
    iam: Any = boto3.client("iam")
    trust = TRUST.replace("ec2.amazonaws", "ssm.amazonaws")
    iam.create_role(RoleName="anywhere", AssumeRolePolicyDocument=trust)
    iam.attach_role_policy(RoleName="anywhere", PolicyArn=INSTANCE_POLICY)
    return found


def install(fleet: Fleet, **server: Any) -> str:
    """Bring a server to the cluster `shop`; return the ARN of its container instance."""
    made = boto3.client("ssm").create_activation(IamRole="anywhere")
    before = set(fleet.arns())
    fleet.shop.cloud.install_anywhere(
        made["ActivationId"], made["ActivationCode"], "shop", **server
    )
    fleet.shop.cloud.advance(minutes=2)
    [arn] = set(fleet.arns()) - before
    return arn


def external(fleet: Fleet, **fields: Any) -> str:
    """Register a definition for own servers."""
    return fleet.define(
        "edge",
        requiresCompatibilities=["EXTERNAL"],
        executionRoleArn=fleet.shop.role,
        **fields,
    )


def test_a_server_comes_with_an_activation(fleet: Fleet) -> None:
    """AWS: ecs-anywhere-registration; botocore ecs ContainerInstance.ec2InstanceId."""
    arn = install(fleet, vcpus=4, memory=8192)
    found = fleet.instance(arn)
    assert found["ec2InstanceId"].startswith("mi-")
    assert found["agentConnected"] is True
    assert fleet.resources(arn)["CPU"] == 4096
    names = {each["name"] for each in found["attributes"]}
    assert "ecs.capability.external" in names
    assert not {"ecs.availability-zone", "ecs.instance-type", "ecs.capability.task-eni"} & names
    statistics = fleet.ecs.describe_clusters(clusters=["shop"])["clusters"][0]
    assert statistics["registeredContainerInstancesCount"] == 1


def test_tasks_with_the_launch_type_external(fleet: Fleet) -> None:
    """AWS: ecs-anywhere: bridge, host and none; logs and images through the execution role."""
    boto3.client("logs").create_log_group(logGroupName="/runs")
    arn = install(fleet)
    image = Image(logs=("hello from the shop floor",))
    definition = external(
        fleet,
        image=image,
        container_logConfiguration=logging("edge"),
        container_portMappings=[{"containerPort": 80, "hostPort": 8080}],
    )
    task = fleet.start(definition, launchType="EXTERNAL")
    found = fleet.running(task)
    assert found["launchType"] == "EXTERNAL"
    assert found["containerInstanceArn"] == arn
    assert "availabilityZone" not in found
    assert "8080" in fleet.resources(arn)["PORTS"]
    streams = boto3.client("logs").describe_log_streams(logGroupName="/runs")["logStreams"]
    assert [stream["logStreamName"].split("/")[0] for stream in streams] == ["edge"]


def test_a_service_on_own_servers(fleet: Fleet) -> None:
    """AWS: ecs-anywhere: services run there, with placement strategies, and move on failure."""
    first, second = install(fleet), install(fleet)
    fleet.ecs.create_service(
        cluster="shop",
        serviceName="web",
        taskDefinition=external(fleet),
        desiredCount=2,
        launchType="EXTERNAL",
        placementStrategy=[{"type": "spread", "field": "instanceId"}],
    )
    fleet.shop.cloud.advance(minutes=2)
    assert fleet.shop.service()["runningCount"] == 2
    assert fleet.instance(first)["runningTasksCount"] == 1
    fleet.shop.cloud.fail_instance(first)
    fleet.shop.cloud.advance(minutes=3)
    assert fleet.shop.service()["runningCount"] == 2
    assert fleet.instance(second)["runningTasksCount"] == 2
    assert fleet.instance(first)["agentConnected"] is False


def test_ec2_and_external_do_not_mix(fleet: Fleet) -> None:
    """AWS: botocore ecs LaunchType: EXTERNAL runs on own servers, EC2 on instances of EC2."""
    install(fleet)
    with pytest.raises(ClientError, match="No Container Instances were found"):
        fleet.run(fleet.define())
    [instance] = fleet.join()
    fleet.running(fleet.start(fleet.define()))
    task = fleet.start(external(fleet), launchType="EXTERNAL")
    assert fleet.running(task)["containerInstanceArn"] != instance


def test_what_is_not_possible_there(fleet: Fleet) -> None:
    """AWS: ecs-anywhere: no awsvpc, no load balancer, no service discovery, no agent update."""
    with pytest.raises(ClientError) as error:
        external(fleet, networkMode="awsvpc")
    assert error.value.response["Error"]["Code"] == "ClientException"
    arguments: Json = {
        "cluster": "shop",
        "serviceName": "web",
        "taskDefinition": external(fleet),
        "desiredCount": 1,
        "launchType": "EXTERNAL",
    }
    group = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/web/0123456789abcdef"
    balancer = {"targetGroupArn": group, "containerName": "app", "containerPort": 80}
    with pytest.raises(ClientError, match="Load balancers and service discovery"):
        fleet.ecs.create_service(**arguments, loadBalancers=[balancer])
    registry = {"registryArn": "arn:aws:servicediscovery:us-east-1:123456789012:service/srv-1"}
    with pytest.raises(ClientError, match="Load balancers and service discovery"):
        fleet.ecs.create_service(**arguments, serviceRegistries=[registry])
    arn = install(fleet)
    with pytest.raises(ClientError, match="external instances"):
        fleet.ecs.update_container_agent(cluster="shop", containerInstance=arn)


def test_activations(fleet: Fleet) -> None:
    """AWS: botocore ssm CreateActivation: limit, expiry, role that Systems Manager can assume."""
    ssm: Any = boto3.client("ssm")
    with pytest.raises(ClientError, match="missing ssm service principal"):
        ssm.create_activation(IamRole="ecsInstanceRole")
    cloud = fleet.shop.cloud
    made = ssm.create_activation(IamRole="anywhere", RegistrationLimit=1)
    with pytest.raises(CourseError, match="isn't valid"):
        cloud.install_anywhere(made["ActivationId"], "x" * 20, "shop")
    cloud.install_anywhere(made["ActivationId"], made["ActivationCode"], "shop")
    with pytest.raises(CourseError, match="registration limit"):
        cloud.install_anywhere(made["ActivationId"], made["ActivationCode"], "shop")
    [shown] = ssm.describe_activations()["ActivationList"]
    assert (shown["RegistrationsCount"], shown["IamRole"]) == (1, "anywhere")
    late = ssm.create_activation(IamRole="anywhere")
    cloud.advance(hours=25)
    with pytest.raises(CourseError, match="expired"):
        cloud.install_anywhere(late["ActivationId"], late["ActivationCode"], "shop")
    ssm.delete_activation(ActivationId=late["ActivationId"])
    with pytest.raises(ClientError, match="isn't valid"):
        ssm.delete_activation(ActivationId=late["ActivationId"])


def test_a_role_without_permissions_keeps_a_server_out(fleet: Fleet) -> None:
    """AWS: ecs-anywhere-iam-role: ecs:RegisterContainerInstance, as for every agent."""
    boto3.client("iam").detach_role_policy(RoleName="anywhere", PolicyArn=INSTANCE_POLICY)
    made = boto3.client("ssm").create_activation(IamRole="anywhere")
    fleet.shop.cloud.install_anywhere(made["ActivationId"], made["ActivationCode"], "shop")
    fleet.shop.cloud.advance(minutes=10)
    assert fleet.arns() == []
    [entry] = fleet.shop.cloud.journal.of_kind("instance.refused")
    assert "ecs:RegisterContainerInstance" in entry.fields["reason"]
