"""Container instances: how EC2 instances become them, what they offer, how they end."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from fleets import JOIN, TRUST, Fleet, open_fleet
from shops import Shop

from ecslab.errors import CourseError


@pytest.fixture
def fleet(shop: Shop) -> Fleet:
    """Return a shop with an instance profile."""
    return open_fleet(shop)


def refused(error: Any, code: str) -> str:
    """Check the code of an error, and return its message."""
    assert error.value.response["Error"]["Code"] == code
    return str(error.value.response["Error"]["Message"])


def reasons(fleet: Fleet) -> list[str]:
    """Return why agents could not register."""
    journal = fleet.shop.cloud.journal
    return [entry.fields["reason"] for entry in journal if entry.kind == "instance.refused"]


def test_an_instance_registers_by_itself(fleet: Fleet) -> None:
    """AWS: launch_container_instance; botocore ecs ContainerInstance."""
    (machine,) = fleet.launch()
    assert fleet.arns() == []
    fleet.shop.cloud.advance(seconds=90)
    (arn,) = fleet.arns()
    found = fleet.instance(arn, include=["TAGS", "CONTAINER_INSTANCE_HEALTH"])
    assert found["ec2InstanceId"] == machine
    assert found["status"] == "ACTIVE"
    assert found["agentConnected"] is True
    assert found["version"] == 1
    assert found["healthStatus"]["overallStatus"] == "OK"
    attributes = {each["name"]: each.get("value") for each in found["attributes"]}
    assert attributes["ecs.instance-type"] == "t3.medium"
    assert attributes["ecs.availability-zone"] == "us-east-1a"
    assert attributes["ecs.os-type"] == "linux"
    assert attributes["ecs.cpu-architecture"] == "x86_64"
    assert attributes["ecs.subnet-id"] == fleet.shop.subnets[0]
    assert attributes["ecs.capability.task-eni"] is None
    counts = fleet.ecs.describe_clusters(clusters=["shop"])["clusters"][0]
    assert counts["registeredContainerInstancesCount"] == 1


def test_registered_resources(fleet: Fleet) -> None:
    """AWS: memory-management: what the operating system keeps is not registered; agent's ports."""
    (arn,) = fleet.join()
    registered = fleet.resources(arn, "registeredResources")
    assert registered["CPU"] == 2048
    assert registered["MEMORY"] == 3768
    assert registered["PORTS"] == ["22", "2375", "2376", "51678", "51679"]
    assert registered["PORTS_UDP"] == []
    assert fleet.resources(arn) == registered


def test_configuration_in_user_data(fleet: Fleet) -> None:
    """AWS: amazon-ecs-agent README: ECS_RESERVED_MEMORY, ECS_INSTANCE_ATTRIBUTES."""
    lines = 'ECS_CLUSTER=shop\nECS_RESERVED_MEMORY=256\nECS_INSTANCE_ATTRIBUTES={"stack":"prod"}'
    (arn,) = fleet.join(UserData=f"#!/bin/bash\ncat <<EOF > /etc/ecs/ecs.config\n{lines}\nEOF\n")
    assert fleet.resources(arn)["MEMORY"] == 3768 - 256
    assert {"name": "stack", "value": "prod"} in fleet.instance(arn)["attributes"]


def test_every_instance_of_a_launch_registers(fleet: Fleet) -> None:
    """AWS: launch_container_instance; RunInstances gives its profile to all instances."""
    assert len(fleet.join(3)) == 3


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"IamInstanceProfile": None}, "no instance profile"),
        ({"IamInstanceProfile": {"Name": "empty"}}, "no instance profile"),
        ({"IamInstanceProfile": {"Name": "untrusted"}}, "no instance profile"),
        ({"IamInstanceProfile": {"Name": "powerless"}}, "not authorized to perform: ecs:Register"),
        ({"UserData": JOIN.format("shoop")}, "Cluster not found"),
    ],
)
def test_what_keeps_an_instance_out(fleet: Fleet, arguments: Any, words: str) -> None:
    """AWS: instance_IAM_role (profile, trust, permissions); launch_container_instance (cluster)."""
    iam: Any = boto3.client("iam")
    tasks = TRUST.replace("ec2.amazonaws", "ecs-tasks.amazonaws")
    for name, trust in ("empty", None), ("untrusted", tasks), ("powerless", TRUST):
        iam.create_instance_profile(InstanceProfileName=name)
        if trust:
            iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)
            iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=name)
    fleet.launch(**arguments)
    fleet.shop.cloud.advance(minutes=30)
    assert fleet.arns() == []
    assert len(reasons(fleet)) == 1
    assert words in reasons(fleet)[0]


@pytest.mark.parametrize("user_data", [None, "#!/bin/bash\necho hello", "ECS_CLUSTER=shop"])
def test_instances_without_an_agent_stay_out(fleet: Fleet, user_data: str | None) -> None:
    """AWS: launch_container_instance: only the agent of an ECS-optimized AMI starts by itself."""
    fleet.launch(UserData=user_data)
    fleet.shop.cloud.advance(minutes=30)
    assert fleet.arns() == []


def test_an_optimized_image_joins_the_default_cluster(fleet: Fleet) -> None:
    """AWS: amazon-ecs-agent README, ECS_CLUSTER; botocore ecs CreateCluster: the agent makes it."""
    path = "/aws/service/ecs/optimized-ami/amazon-linux-2/recommended/image_id"
    image = boto3.client("ssm").get_parameter(Name=path)["Parameter"]["Value"]
    fleet.launch(UserData=None, ImageId=image)
    fleet.shop.cloud.advance(minutes=2)
    assert fleet.arns() == []
    assert len(fleet.ecs.list_container_instances()["containerInstanceArns"]) == 1


def test_a_private_instance_needs_the_three_endpoints(fleet: Fleet) -> None:
    """AWS: vpc-endpoints (ecs, ecs-agent, ecs-telemetry); networking-connecting-vpc."""
    ec2 = fleet.ec2
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    for name in "EnableDnsSupport", "EnableDnsHostnames":
        ec2.modify_vpc_attribute(VpcId=vpc, **{name: {"Value": True}})
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
    fleet.launch(SubnetId=subnet)
    fleet.shop.cloud.advance(minutes=5)
    assert fleet.arns() == []
    assert "no route to the ecs endpoint" in reasons(fleet)[0]
    for service in "ecs", "ecs-agent", "ecs-telemetry":
        ec2.create_vpc_endpoint(
            VpcId=vpc,
            ServiceName=f"com.amazonaws.us-east-1.{service}",
            VpcEndpointType="Interface",
            SubnetIds=[subnet],
            PrivateDnsEnabled=True,
        )
    fleet.shop.cloud.advance(minutes=10)
    assert len(fleet.arns()) == 1


def test_an_agent_that_may_not_poll_is_not_connected(fleet: Fleet) -> None:
    """AWS: instance_IAM_role (ecs:Poll); api_failures_messages (AGENT)."""
    iam: Any = boto3.client("iam")
    iam.create_role(RoleName="deaf", AssumeRolePolicyDocument=TRUST)
    document = (
        '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"%s","Resource":"*"}}'
    )
    iam.put_role_policy(
        RoleName="deaf",
        PolicyName="inline",
        PolicyDocument=document % "ecs:RegisterContainerInstance",
    )
    iam.create_instance_profile(InstanceProfileName="deaf")
    iam.add_role_to_instance_profile(InstanceProfileName="deaf", RoleName="deaf")
    (arn,) = fleet.join(IamInstanceProfile={"Name": "deaf"})
    assert fleet.instance(arn)["agentConnected"] is False
    assert fleet.arns(filter="agentConnected == false") == [arn]
    answer = fleet.run(fleet.define())
    assert answer["tasks"] == []
    assert answer["failures"] == [{"arn": arn, "reason": "AGENT"}]


def test_listing_by_query_and_status(fleet: Fleet) -> None:
    """AWS: cluster-query-language; botocore ecs ListContainerInstancesRequest."""
    (first,) = fleet.join()
    (second,) = fleet.join(subnet=1, InstanceType="m5.large")
    assert fleet.arns(filter="attribute:ecs.instance-type =~ t3.*") == [first]
    assert fleet.arns(filter="attribute:ecs.availability-zone == us-east-1b") == [second]
    assert fleet.arns(filter="runningTasksCount == 0") == [first, second]
    assert fleet.arns(status="DRAINING") == []
    page = fleet.ecs.list_container_instances(cluster="shop", maxResults=1)
    assert page["containerInstanceArns"] == [first]
    assert fleet.arns(maxResults=1, nextToken=page["nextToken"]) == [second]
    with pytest.raises(ClientError) as error:
        fleet.arns(filter="instance-type == t3.medium")
    assert "Invalid expression" in refused(error, "InvalidParameterException")


def test_unknown_instances_are_failures(fleet: Fleet) -> None:
    """AWS: api_failures_messages, MISSING."""
    unknown = "0" * 32
    arn = f"arn:aws:ecs:us-east-1:123456789012:container-instance/shop/{unknown}"
    expected = [{"arn": arn, "reason": "MISSING"}]
    ecs = fleet.ecs
    described = ecs.describe_container_instances(cluster="shop", containerInstances=[unknown])
    assert described["failures"] == expected
    updated = ecs.update_container_instances_state(
        cluster="shop", containerInstances=[arn], status="DRAINING"
    )
    assert updated["failures"] == expected
    with pytest.raises(ClientError) as error:
        ecs.deregister_container_instance(cluster="shop", containerInstance=unknown)
    refused(error, "InvalidParameterException")


def test_tasks_hold_resources_until_they_have_stopped(fleet: Fleet) -> None:
    """AWS: botocore ecs ContainerInstance.remainingResources; task-placement."""
    (arn,) = fleet.join()
    ports = [
        {"containerPort": 80, "hostPort": 8080},
        {"containerPort": 53, "hostPort": 5353, "protocol": "udp"},
    ]
    task = fleet.start(fleet.define(container_portMappings=ports))
    held = fleet.resources(arn)
    assert (held["CPU"], held["MEMORY"]) == (2048 - 128, 3768 - 256)
    assert "8080" in held["PORTS"]
    assert held["PORTS_UDP"] == ["5353"]
    assert fleet.instance(arn)["pendingTasksCount"] == 1
    fleet.running(task)
    assert fleet.instance(arn)["runningTasksCount"] == 1
    assert fleet.ecs.list_tasks(cluster="shop", containerInstance=arn)["taskArns"] == [task]
    fleet.ecs.stop_task(cluster="shop", task=task)
    assert fleet.resources(arn) == held
    fleet.shop.stopped(task)
    assert fleet.resources(arn) == fleet.resources(arn, "registeredResources")


def test_deregistration(fleet: Fleet) -> None:
    """AWS: botocore ecs DeregisterContainerInstance; stopped-task-errors."""
    (arn,) = fleet.join()
    task = fleet.start(fleet.define())
    fleet.running(task)
    ecs = fleet.ecs
    with pytest.raises(ClientError) as error:
        ecs.deregister_container_instance(cluster="shop", containerInstance=arn)
    refused(error, "InvalidParameterException")
    with pytest.raises(ClientError) as error:
        ecs.delete_cluster(cluster="shop")
    refused(error, "ClusterContainsContainerInstancesException")
    answer = ecs.deregister_container_instance(cluster="shop", containerInstance=arn, force=True)
    assert answer["containerInstance"]["status"] == "INACTIVE"
    assert fleet.arns() == []
    assert fleet.instance(arn)["agentConnected"] is False
    stopped = fleet.shop.stopped(task)
    assert stopped["stoppedReason"] == "Container instance deregistration forced by user"
    machine = fleet.instance(arn)["ec2InstanceId"]
    states = fleet.ec2.describe_instances(InstanceIds=[machine])["Reservations"][0]["Instances"]
    assert states[0]["State"]["Name"] == "running"
    started = ecs.start_task(cluster="shop", taskDefinition="web", containerInstances=[arn])
    assert started["failures"] == [{"arn": arn, "reason": "INACTIVE"}]


def test_the_end_of_the_ec2_instance(fleet: Fleet) -> None:
    """AWS: stopped-task-errors (Host EC2 ... terminated); DeregisterContainerInstance."""
    (arn,) = fleet.join()
    task = fleet.start(fleet.define())
    fleet.running(task)
    machine = fleet.instance(arn)["ec2InstanceId"]
    fleet.ec2.terminate_instances(InstanceIds=[machine])
    stopped = fleet.shop.stopped(task)
    assert stopped["stoppedReason"] == f"Host EC2 (instance {machine}) terminated."
    assert "exitCode" not in stopped["containers"][0]
    assert fleet.arns() == []
    assert fleet.instance(arn)["status"] == "INACTIVE"


def test_a_stopped_ec2_instance_stays_registered(fleet: Fleet) -> None:
    """AWS: botocore ecs DeregisterContainerInstance: stopped instances are not deregistered."""
    (arn,) = fleet.join()
    task = fleet.start(fleet.define())
    fleet.running(task)
    machine = fleet.instance(arn)["ec2InstanceId"]
    fleet.ec2.stop_instances(InstanceIds=[machine])
    stopped = fleet.shop.stopped(task)
    assert stopped["stoppedReason"] == f"Host EC2 (instance {machine}) stopped."
    assert fleet.instance(arn)["status"] == "ACTIVE"
    assert fleet.instance(arn)["agentConnected"] is False
    assert fleet.run("web")["failures"] == [{"arn": arn, "reason": "AGENT"}]
    fleet.ec2.start_instances(InstanceIds=[machine])
    fleet.shop.cloud.advance(seconds=60)
    assert fleet.instance(arn)["agentConnected"] is True
    fleet.ec2.stop_instances(InstanceIds=[machine])
    fleet.shop.cloud.advance(seconds=60)
    fleet.ec2.terminate_instances(InstanceIds=[machine])
    fleet.shop.cloud.advance(seconds=60)
    assert fleet.arns() == [arn]


def test_a_failure_of_an_instance(fleet: Fleet) -> None:
    """AWS: stopped-task-errors; the fault takes the EC2 instance with everything on it."""
    (arn,) = fleet.join()
    task = fleet.start(fleet.define())
    fleet.running(task)
    fleet.shop.cloud.fail_instance(arn)
    assert fleet.shop.stopped(task)["stoppedReason"].endswith("terminated.")
    with pytest.raises(CourseError, match="no container instance"):
        fleet.shop.cloud.fail_instance(arn)


def test_states_of_instances(fleet: Fleet) -> None:
    """AWS: botocore ecs UpdateContainerInstancesState; container-instance-draining."""
    (arn,) = fleet.join()
    task = fleet.start(fleet.define())
    fleet.running(task)
    ecs = fleet.ecs
    answer = ecs.update_container_instances_state(
        cluster="shop", containerInstances=[arn], status="DRAINING"
    )
    assert answer["containerInstances"][0]["status"] == "DRAINING"
    assert fleet.arns(status="DRAINING") == [arn]
    counts = ecs.describe_clusters(clusters=["shop"])["clusters"][0]
    assert counts["registeredContainerInstancesCount"] == 1
    fleet.shop.cloud.advance(minutes=10)
    assert fleet.shop.task(task)["lastStatus"] == "RUNNING"
    with pytest.raises(ClientError) as error:
        fleet.run("web")
    assert refused(error, "InvalidParameterException").startswith("No Container Instances")
    ecs.update_container_instances_state(cluster="shop", containerInstances=[arn], status="ACTIVE")
    assert fleet.run("web")["failures"] == []
    with pytest.raises(ClientError) as error:
        ecs.update_container_instances_state(
            cluster="shop", containerInstances=[arn], status="INACTIVE"
        )
    refused(error, "InvalidParameterException")


def test_attributes(fleet: Fleet) -> None:
    """AWS: task-placement-constraints (custom attributes); botocore ecs PutAttributes."""
    (arn,) = fleet.join()
    ecs = fleet.ecs
    short = {"targetType": "container-instance", "targetId": arn.rsplit("/", 1)[-1]}
    ecs.put_attributes(cluster="shop", attributes=[{"name": "stack", "value": "prod", **short}])
    ecs.put_attributes(cluster="shop", attributes=[{"name": "ssd", "targetId": arn}])
    listed = ecs.list_attributes(
        cluster="shop", targetType="container-instance", attributeName="stack"
    )
    assert listed["attributes"] == [{"name": "stack", "value": "prod", "targetId": arn}]
    assert fleet.arns(filter="attribute:ssd exists") == [arn]
    for number in range(8):
        ecs.put_attributes(cluster="shop", attributes=[{"name": f"x{number}", "targetId": arn}])
    with pytest.raises(ClientError) as error:
        ecs.put_attributes(cluster="shop", attributes=[{"name": "x8", "targetId": arn}])
    refused(error, "AttributeLimitExceededException")
    deleted = ecs.delete_attributes(cluster="shop", attributes=[{"name": "stack", "targetId": arn}])
    assert deleted["attributes"][0]["value"] == "prod"
    ecs.put_attributes(cluster="shop", attributes=[{"name": "x8", "targetId": arn}])
    with pytest.raises(ClientError) as error:
        ecs.put_attributes(cluster="shop", attributes=[{"name": "a", "targetId": "f" * 32}])
    refused(error, "TargetNotFoundException")
    bad: list[Any] = [
        {"name": "a b", "targetId": arn},
        {"name": "a", "value": " x", "targetId": arn},
    ]
    bad.append({"name": "ecs.os-type", "value": "windows", "targetId": arn})
    for each in bad:
        with pytest.raises(ClientError) as error:
            ecs.put_attributes(cluster="shop", attributes=[each])
        refused(error, "InvalidParameterException")


def test_agent_updates(fleet: Fleet) -> None:
    """AWS: botocore ecs UpdateContainerAgent, agentUpdateStatus."""
    (newest,) = fleet.join()
    with pytest.raises(ClientError) as error:
        fleet.ecs.update_container_agent(cluster="shop", containerInstance=newest)
    refused(error, "NoUpdateAvailableException")
    path = "/aws/service/ecs/optimized-ami/amazon-linux/recommended/image_id"
    image = boto3.client("ssm").get_parameter(Name=path)["Parameter"]["Value"]
    (older,) = fleet.join(ImageId=image)
    before = fleet.instance(older)["versionInfo"]["agentVersion"]
    assert fleet.arns(filter="agentVersion < 1.100.0") == [older]
    fleet.ecs.update_container_agent(cluster="shop", containerInstance=older)
    assert fleet.instance(older)["agentUpdateStatus"] == "PENDING"
    with pytest.raises(ClientError) as error:
        fleet.ecs.update_container_agent(cluster="shop", containerInstance=older)
    refused(error, "UpdateInProgressException")
    fleet.shop.cloud.advance(minutes=2)
    found = fleet.instance(older)
    assert found["agentUpdateStatus"] == "UPDATED"
    assert found["versionInfo"]["agentVersion"] != before


def test_tags_of_instances(fleet: Fleet) -> None:
    """AWS: botocore ecs TagResource: container instances can be tagged."""
    (arn,) = fleet.join()
    fleet.ecs.tag_resource(resourceArn=arn, tags=[{"key": "a", "value": "b"}])
    assert fleet.instance(arn)["tags"] == []
    assert fleet.instance(arn, include=["TAGS"])["tags"] == [{"key": "a", "value": "b"}]


def test_what_agents_call(fleet: Fleet) -> None:
    """AWS: botocore ecs RegisterContainerInstance, DiscoverPollEndpoint: for agents alone."""
    (machine,) = fleet.launch(UserData=None)
    answer = fleet.ecs.register_container_instance(
        cluster="shop",
        instanceIdentityDocument=f'{{"instanceId": "{machine}"}}',
        attributes=[{"name": "rack", "value": "7"}],
    )
    assert answer["containerInstance"]["ec2InstanceId"] == machine
    assert fleet.arns(filter="attribute:rack == 7") == fleet.arns()
    with pytest.raises(ClientError) as error:
        fleet.ecs.register_container_instance(cluster="shop", instanceIdentityDocument="x")
    refused(error, "ClientException")
    assert "us-east-1" in fleet.ecs.discover_poll_endpoint()["endpoint"]


def test_instances_of_an_auto_scaling_group_register(fleet: Fleet) -> None:
    """AWS: asg-capacity-providers: user data and profile come from the launch template."""
    fleet.ec2.create_launch_template(
        LaunchTemplateName="nodes",
        LaunchTemplateData={
            "ImageId": "ami-0c0ffee0c0ffee000",
            "InstanceType": "m5.large",
            "UserData": b64encode(JOIN.format("shop").encode()).decode(),
            "IamInstanceProfile": {"Name": fleet.profile},
        },
    )
    scaling: Any = boto3.client("autoscaling")
    scaling.create_auto_scaling_group(
        AutoScalingGroupName="nodes",
        LaunchTemplate={"LaunchTemplateName": "nodes"},
        MinSize=0,
        MaxSize=4,
        DesiredCapacity=2,
        VPCZoneIdentifier=fleet.shop.subnets[0],
    )
    fleet.shop.cloud.advance(minutes=2)
    first, second = fleet.arns()
    assert fleet.resources(first)["CPU"] == 2048
    fleet.shop.cloud.fail_instance(first)
    fleet.shop.cloud.advance(minutes=2)
    assert len(fleet.arns()) == 2
    assert second in fleet.arns()
    scaling.set_desired_capacity(AutoScalingGroupName="nodes", DesiredCapacity=0)
    fleet.shop.cloud.advance(minutes=1)
    assert fleet.arns() == []
