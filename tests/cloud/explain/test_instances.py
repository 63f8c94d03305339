"""Drills of container instances and placement: the chain ends in the true cause."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from chains import explained
from fleets import JOIN, TRUST, Fleet, open_fleet
from shops import Shop

from ecslab import Image

Json = dict[str, Any]


@pytest.fixture
def fleet(shop: Shop) -> Fleet:
    """Return a shop with an instance profile."""
    return open_fleet(shop)


def serve(fleet: Fleet, definition: str, count: int = 1, **fields: Any) -> str:
    """Create the service `web` with the launch type EC2, and wait until it says how it is."""
    answer = fleet.ecs.create_service(
        cluster="shop",
        serviceName="web",
        taskDefinition=definition,
        launchType="EC2",
        desiredCount=count,
        **fields,
    )
    fleet.shop.cloud.advance(minutes=2)
    return str(answer["service"]["serviceArn"])


# --- 10: no container instance met all of its requirements ----------------------------------------


def test_no_instance_at_all(fleet: Fleet) -> None:
    arn = serve(fleet, fleet.define())
    explained(fleet.shop.cloud, arn, "No EC2 instance runs that could join the cluster shop")


@pytest.mark.parametrize(
    ("container", "cause"),
    [
        ({"container_memory": 9000}, "takes 9000 of MEMORY; the closest instance has this much"),
        ({"container_cpu": 4096}, "takes 4096 of CPU; the closest instance has this much left"),
    ],
)
def test_too_little_room(fleet: Fleet, container: Json, cause: str) -> None:
    fleet.join()
    arn = serve(fleet, fleet.define(**container))
    found = explained(fleet.shop.cloud, arn, cause)
    assert found.cause.evidence.value < 9000


def test_a_taken_port(fleet: Fleet) -> None:
    fleet.join()
    ports = [{"containerPort": 80, "hostPort": 8080}]
    arn = serve(fleet, fleet.define(container_portMappings=ports), 2)
    found = explained(fleet.shop.cloud, arn, "takes the host port 8080")
    assert "8080" in found.cause.evidence.value


def test_a_missing_attribute(fleet: Fleet) -> None:
    fleet.join()
    logging = {"logDriver": "splunk", "options": {"splunk-token": "t", "splunk-url": "u"}}
    arn = serve(fleet, fleet.define(container_logConfiguration=logging))
    explained(fleet.shop.cloud, arn, "requires an attribute that the instance lacks")


def test_no_interface_left(fleet: Fleet) -> None:
    fleet.join()
    network = {"awsvpcConfiguration": {"subnets": fleet.shop.subnets[:1]}}
    definition = fleet.define(networkMode="awsvpc")
    arn = serve(fleet, definition, 3, networkConfiguration=network)
    explained(fleet.shop.cloud, arn, "one instance of t3.medium has room for 2 of them")


def test_a_constraint(fleet: Fleet) -> None:
    fleet.join()
    constraint = [{"type": "memberOf", "expression": "attribute:ecs.instance-type == m5.large"}]
    arn = serve(fleet, fleet.define(), placementConstraints=constraint)
    found = explained(fleet.shop.cloud, arn, "No instance fulfils the placement constraints")
    assert found.cause.evidence.value == constraint


def test_another_zone(fleet: Fleet) -> None:
    fleet.join()
    network = {"awsvpcConfiguration": {"subnets": fleet.shop.subnets[1:2]}}
    arn = serve(fleet, fleet.define(networkMode="awsvpc"), networkConfiguration=network)
    explained(fleet.shop.cloud, arn, "No instance is in an Availability Zone of the service")


# --- 10 and 23: agents ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "cause"),
    [
        ({"IamInstanceProfile": None}, "has no instance profile whose role EC2 can assume"),
        ({"IamInstanceProfile": {"Name": "powerless"}}, "No policy of the role powerless allows"),
        ({"UserData": JOIN.format("shoop")}, "These are the clusters"),
    ],
)
def test_an_instance_that_does_not_join(fleet: Fleet, arguments: Json, cause: str) -> None:
    iam: Any = boto3.client("iam")
    iam.create_instance_profile(InstanceProfileName="powerless")
    iam.create_role(RoleName="powerless", AssumeRolePolicyDocument=TRUST)
    iam.add_role_to_instance_profile(InstanceProfileName="powerless", RoleName="powerless")
    fleet.launch(**arguments)
    fleet.shop.cloud.advance(minutes=5)
    explained(fleet.shop.cloud, serve(fleet, fleet.define()), cause)


def test_an_instance_without_a_way_to_ecs(fleet: Fleet) -> None:
    vpc = fleet.ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    made = fleet.ec2.create_subnet(VpcId=vpc, CidrBlock="172.31.210.0/24")["Subnet"]["SubnetId"]
    table = fleet.ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    fleet.ec2.associate_route_table(RouteTableId=table, SubnetId=made)
    fleet.launch(SubnetId=made)
    fleet.shop.cloud.advance(minutes=5)
    explained(fleet.shop.cloud, serve(fleet, fleet.define()), r"has no route for 0\.0\.0\.0/0")


def test_an_agent_that_is_not_connected(fleet: Fleet) -> None:
    """Drill 23: the EC2 instance was stopped."""
    (arn,) = fleet.join()
    machine = fleet.instance(arn)["ec2InstanceId"]
    fleet.ec2.stop_instances(InstanceIds=[machine])
    fleet.shop.cloud.advance(minutes=1)
    explained(fleet.shop.cloud, arn, f"The EC2 instance {machine} does not run")
    explained(fleet.shop.cloud, serve(fleet, fleet.define()), "does not run|agent is not connected")


def test_an_agent_that_may_not_poll(fleet: Fleet) -> None:
    """Drill 23: the instance role lost a permission before the agent registered."""
    iam: Any = boto3.client("iam")
    iam.detach_role_policy(
        RoleName="ecsInstanceRole",
        PolicyArn="arn:aws:iam::aws:policy/service-role/AmazonEC2ContainerServiceforEC2Role",
    )
    policy = (
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action":'
        ' ["ecs:RegisterContainerInstance", "ecs:DiscoverPollEndpoint"], "Resource": "*"}]}'
    )
    iam.put_role_policy(RoleName="ecsInstanceRole", PolicyName="own", PolicyDocument=policy)
    (arn,) = fleet.join()
    explained(fleet.shop.cloud, arn, "No policy of the role ecsInstanceRole allows ecs:Poll")


def test_a_draining_instance_that_never_empties(fleet: Fleet) -> None:
    """Drill 23: 100 and 100 percent leave no room; a standalone task stays."""
    (arn,) = fleet.join()
    limits = {"minimumHealthyPercent": 100, "maximumPercent": 100}
    serve(fleet, fleet.define(), 2, deploymentConfiguration=limits)
    explained(fleet.shop.cloud, arn, "It takes tasks as long as these resources last")
    fleet.ecs.update_container_instances_state(
        cluster="shop", containerInstances=[arn], status="DRAINING"
    )
    fleet.shop.cloud.advance(minutes=5)
    explained(fleet.shop.cloud, arn, "may neither start another task nor stop one")
    fleet.ecs.update_service(
        cluster="shop",
        service="web",
        deploymentConfiguration={"minimumHealthyPercent": 100, "maximumPercent": 200},
    )
    fleet.shop.cloud.advance(minutes=5)
    explained(fleet.shop.cloud, arn, "No EC2 instance|container instances|closest|one instance")


def test_a_standalone_task_keeps_an_instance_from_emptying(fleet: Fleet) -> None:
    (arn,) = fleet.join()
    fleet.running(fleet.start(fleet.define()))
    fleet.ecs.update_container_instances_state(
        cluster="shop", containerInstances=[arn], status="DRAINING"
    )
    fleet.shop.cloud.advance(minutes=5)
    explained(fleet.shop.cloud, arn, "belongs to no service: draining leaves it alone")


def test_a_lost_instance(fleet: Fleet) -> None:
    (arn,) = fleet.join()
    task = fleet.start(fleet.define(image=Image(port=80)))
    fleet.running(task)
    machine = fleet.instance(arn)["ec2InstanceId"]
    fleet.shop.cloud.fail_instance(arn)
    fleet.shop.cloud.advance(minutes=1)
    explained(fleet.shop.cloud, task, f"The EC2 instance {machine} under it has this state")
    explained(fleet.shop.cloud, arn, f"The EC2 instance {machine} has ended")


def test_a_deregistered_instance(fleet: Fleet) -> None:
    (arn,) = fleet.join()
    fleet.ecs.deregister_container_instance(cluster="shop", containerInstance=arn, force=True)
    explained(fleet.shop.cloud, arn, "goes on running, and costs")
    fleet.shop.cloud.advance(hours=2)
    found = explained(fleet.shop.cloud, arn, "The account does not find it")
    assert found.state.endswith("is gone.")
