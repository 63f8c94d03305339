"""RunTask and StartTask on container instances."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from fleets import Fleet, open_fleet
from runs import allow
from shops import TRUST, Shop

from ecslab import Image

Json = dict[str, Any]


@pytest.fixture
def fleet(shop: Shop) -> Fleet:
    """Return a shop with an instance profile."""
    return open_fleet(shop)


def awsvpc(fleet: Fleet, *numbers: int, **fields: Any) -> Json:
    """Return a network configuration in subnets of the default VPC."""
    subnets = [fleet.shop.subnets[number] for number in numbers or (0,)]
    return {"networkConfiguration": {"awsvpcConfiguration": {"subnets": subnets, **fields}}}


def refused(error: Any, code: str) -> str:
    """Check the code of an error, and return its message."""
    assert error.value.response["Error"]["Code"] == code
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    return str(error.value.response["Error"]["Message"])


def placed(answer: Json) -> list[str]:
    """Return on which instance each task of an answer is."""
    return [task["containerInstanceArn"] for task in answer["tasks"]]


def test_without_any_instance(fleet: Fleet) -> None:
    """AWS: captured InvalidParameterException of RunTask (amazon-ecs-cli issue 1122)."""
    with pytest.raises(ClientError) as error:
        fleet.run(fleet.define())
    message = refused(error, "InvalidParameterException")
    assert message == "No Container Instances were found in your cluster."


def test_no_room_is_a_failure_in_a_good_answer(fleet: Fleet) -> None:
    """AWS: api_failures_messages: HTTP 200, an empty list of tasks, and the reason."""
    (arn,) = fleet.join()
    answer = fleet.run(fleet.define(container_memory=4000))
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert answer["tasks"] == []
    assert answer["failures"] == [{"arn": arn, "reason": "RESOURCE:MEMORY"}]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"container_cpu": 2049}, "RESOURCE:CPU"),
        ({"container_portMappings": [{"containerPort": 80, "hostPort": 22}]}, "RESOURCE:PORTS"),
        ({"container_resourceRequirements": [{"type": "GPU", "value": "1"}]}, "RESOURCE:GPU"),
        (
            {"container_logConfiguration": {"logDriver": "splunk"}},
            "ATTRIBUTE",
        ),
        (
            {
                "placementConstraints": [
                    {"type": "memberOf", "expression": "attribute:ecs.instance-type == m5.large"}
                ]
            },
            "MemberOf placement constraint unsatisfied.",
        ),
    ],
)
def test_reasons(fleet: Fleet, fields: Json, reason: str) -> None:
    """AWS: api_failures_messages, RunTask."""
    (arn,) = fleet.join()
    if reason == "ATTRIBUTE":
        options = {"splunk-token": "t", "splunk-url": "https://splunk.example"}
        fields["container_logConfiguration"]["options"] = options
    answer = fleet.run(fleet.define(**fields))
    assert answer["failures"] == [{"arn": arn, "reason": reason}]


def test_two_small_tasks_of_2048_do_not_fit_on_four_gigabytes(fleet: Fleet) -> None:
    """AWS: memory-management: 4096 MiB advertised are not 4096 MiB registered."""
    (arn,) = fleet.join()
    answer = fleet.run(fleet.define(container_memory=2048), count=2)
    assert placed(answer) == [arn]
    assert answer["failures"] == [{"arn": arn, "reason": "RESOURCE:MEMORY"}]


def test_the_soft_limit_is_what_is_reserved(fleet: Fleet) -> None:
    """AWS: botocore ecs ContainerDefinition.memoryReservation."""
    (arn,) = fleet.join()
    fleet.start(fleet.define(container_memory=3000, container_memoryReservation=512))
    assert fleet.resources(arn)["MEMORY"] == 3768 - 512


@pytest.mark.parametrize("mode", ["bridge", "host", "none", "awsvpc"])
def test_states_by_network_mode(fleet: Fleet, mode: str) -> None:
    """AWS: task-lifecycle: PROVISIONING is for the network interface of awsvpc tasks."""
    fleet.join()
    network = awsvpc(fleet) if mode == "awsvpc" else {}
    answer = fleet.run(fleet.define(networkMode=mode), **network)
    task = answer["tasks"][0]
    assert task["lastStatus"] == ("PROVISIONING" if mode == "awsvpc" else "PENDING")
    assert task["launchType"] == "EC2"
    assert "platformVersion" not in task
    arn = task["taskArn"]
    running = fleet.running(arn)
    assert running["containerInstanceArn"] == fleet.arns()[0]
    assert running["availabilityZone"] == "us-east-1a"
    assert (running["cpu"], running["memory"]) == ("128", "256")
    fleet.ecs.stop_task(cluster="shop", task=arn)
    fleet.shop.stopped(arn)
    journal = fleet.shop.cloud.journal
    kinds = [entry.kind for entry in journal if entry.subject == arn]
    assert ("task.deprovisioning" in kinds) is (mode == "awsvpc")


def test_dynamic_host_ports(fleet: Fleet) -> None:
    """AWS: botocore ecs PortMapping.hostPort: without one, a port of the ephemeral range."""
    (arn,) = fleet.join()
    definition = fleet.define(container_portMappings=[{"containerPort": 80}])
    answer = fleet.run(definition, count=3)
    bindings = [
        fleet.running(task["taskArn"])["containers"][0]["networkBindings"][0]
        for task in answer["tasks"]
    ]
    assert all(each["containerPort"] == 80 for each in bindings)
    ports = [each["hostPort"] for each in bindings]
    assert len(set(ports)) == 3
    assert all(32768 <= port <= 60999 for port in ports)
    assert fleet.resources(arn)["PORTS"] == ["22", "2375", "2376", "51678", "51679"]


def test_fixed_host_ports_allow_one_task_an_instance(fleet: Fleet) -> None:
    """AWS: botocore ecs PortMapping.hostPort; in host mode the container port is the host's."""
    fleet.join(2)
    fixed = fleet.define(container_portMappings=[{"containerPort": 80, "hostPort": 8080}])
    answer = fleet.run(fixed, count=3)
    assert sorted(placed(answer)) == sorted(fleet.arns())
    assert {each["reason"] for each in answer["failures"]} == {"RESOURCE:PORTS"}
    shared = fleet.define("h", networkMode="host", container_portMappings=[{"containerPort": 8080}])
    assert fleet.run(shared)["tasks"] == []
    other = fleet.define("o", networkMode="host", container_portMappings=[{"containerPort": 9090}])
    assert len(fleet.run(other)["tasks"]) == 1


def test_network_interfaces_limit_awsvpc_tasks(fleet: Fleet) -> None:
    """AWS: container-instance-eni: a t3.medium has three interfaces, one of them its own."""
    (arn,) = fleet.join()
    definition = fleet.define(networkMode="awsvpc")
    answer = fleet.run(definition, count=3, **awsvpc(fleet))
    assert len(answer["tasks"]) == 2
    assert answer["failures"] == [{"arn": arn, "reason": "RESOURCE:ENI"}]


def test_trunking_lets_more_of_them_run(fleet: Fleet) -> None:
    """AWS: eni-trunking-supported-instance-types; only instances launched after the opt-in."""
    (before,) = fleet.join(InstanceType="m5.large")
    fleet.ecs.put_account_setting_default(name="awsvpcTrunking", value="enabled")
    (after,) = fleet.join(InstanceType="m5.large")
    names = [each["name"] for each in fleet.instance(after)["attributes"]]
    assert "ecs.awsvpc-trunk-id" in names
    definition = fleet.define(networkMode="awsvpc", container_memory=64, container_cpu=10)
    found: list[str] = []
    for _ in range(2):
        found += placed(fleet.run(definition, count=10, **awsvpc(fleet)))
    assert (found.count(before), found.count(after)) == (2, 10)


def test_awsvpc_tasks_go_where_their_subnets_are(fleet: Fleet) -> None:
    """AWS: api_failures_messages, LOCATION; task-networking-awsvpc (no public address on EC2)."""
    (arn,) = fleet.join()
    definition = fleet.define(networkMode="awsvpc")
    answer = fleet.run(definition, **awsvpc(fleet, 1))
    assert answer["failures"] == [{"arn": arn, "reason": "LOCATION"}]
    task = fleet.running(fleet.start(definition, **awsvpc(fleet, 1, 0)))
    details = {each["name"]: each["value"] for each in task["attachments"][0]["details"]}
    assert details["subnetId"] == fleet.shop.subnets[0]
    interface = fleet.ec2.describe_network_interfaces(
        NetworkInterfaceIds=[details["networkInterfaceId"]]
    )["NetworkInterfaces"][0]
    assert interface["Attachment"]["InstanceId"] == fleet.instance(arn)["ec2InstanceId"]
    assert "Association" not in interface
    with pytest.raises(ClientError) as error:
        fleet.run(definition, **awsvpc(fleet, 0, assignPublicIp="ENABLED"))
    assert "public IP" in refused(error, "InvalidParameterException")


def test_constraints_and_strategies(fleet: Fleet) -> None:
    """AWS: task-placement-constraints, task-placement-strategies."""
    first, second = *fleet.join(), *fleet.join(subnet=1)
    definition = fleet.define(container_memory=64, container_cpu=10)
    distinct = fleet.run(definition, count=3, placementConstraints=[{"type": "distinctInstance"}])
    assert sorted(placed(distinct)) == sorted([first, second])
    assert {each["reason"] for each in distinct["failures"]} == {
        "DistinctInstance placement constraint unsatisfied."
    }
    zone = "attribute:ecs.availability-zone == us-east-1b"
    here = [{"type": "memberOf", "expression": zone}]
    assert placed(fleet.run(definition, count=2, placementConstraints=here)) == [second] * 2
    packed = fleet.run(
        definition, count=2, placementStrategy=[{"type": "binpack", "field": "memory"}]
    )
    assert placed(packed) == [second] * 2
    spread = fleet.run(
        definition,
        count=4,
        group="reports",
        placementStrategy=[{"type": "spread", "field": "attribute:ecs.availability-zone"}],
    )
    assert placed(spread).count(first) == 2


def test_bad_placement_rules_are_refused(fleet: Fleet) -> None:
    """AWS: botocore ecs PlacementConstraint, PlacementStrategy; Fargate takes neither."""
    definition = fleet.define(networkMode="awsvpc", requiresCompatibilities=["EC2"])
    for wrong in (
        {"placementConstraints": [{"type": "memberOf", "expression": "nonsense"}]},
        {"placementStrategy": [{"type": "binpack", "field": "disk"}]},
    ):
        with pytest.raises(ClientError) as error:
            fleet.run(definition, **awsvpc(fleet), **wrong)
        refused(error, "InvalidParameterException")
    fargate = fleet.shop.define(Image(), family="fargate")
    with pytest.raises(ClientError) as error:
        fleet.run(
            fargate,
            launchType="FARGATE",
            placementStrategy=[{"type": "random"}],
            **awsvpc(fleet),
        )
    refused(error, "InvalidParameterException")


def test_the_instance_role_pulls_images(fleet: Fleet) -> None:
    """AWS: task_cannot_pull_image: on EC2 without an execution role, the instance's role pulls."""
    fleet.join()
    definition = fleet.define()
    fleet.running(fleet.start(definition))
    iam: Any = boto3.client("iam")
    for policy in iam.list_attached_role_policies(RoleName="ecsInstanceRole")["AttachedPolicies"]:
        iam.detach_role_policy(RoleName="ecsInstanceRole", PolicyArn=policy["PolicyArn"])
    stopped = fleet.shop.stopped(fleet.start(definition))
    assert stopped["stopCode"] == "TaskFailedToStart"
    text = stopped["stoppedReason"] + stopped["containers"][0].get("reason", "")
    assert "assumed-role/ecsInstanceRole/i-" in text


def test_started_tasks_ignore_the_scheduler(fleet: Fleet) -> None:
    """AWS: botocore ecs StartTask; api_failures_messages, StartTask."""
    first, second = fleet.join(2)
    definition = fleet.define(container_memory=2000)
    unknown = "0" * 32
    answer = fleet.ecs.start_task(
        cluster="shop",
        taskDefinition=definition,
        containerInstances=[first, second.rsplit("/", 1)[-1], unknown],
        startedBy="me",
    )
    assert placed(answer) == [first, second]
    assert [each["reason"] for each in answer["failures"]] == ["MISSING"]
    assert answer["tasks"][0]["startedBy"] == "me"
    again = fleet.ecs.start_task(
        cluster="shop", taskDefinition=definition, containerInstances=[first]
    )
    assert again["failures"] == [{"arn": first, "reason": "RESOURCE:MEMORY"}]
    with pytest.raises(ClientError) as error:
        fleet.ecs.start_task(
            cluster="shop", taskDefinition=definition, containerInstances=[first] * 11
        )
    refused(error, "InvalidParameterException")


@pytest.mark.parametrize("tag", ["1", "2"])
def test_what_waits_for_others_is_pulled_when_they_let_it_start(fleet: Fleet, tag: str) -> None:
    """amazon-ecs-agent README, ECS_PULL_DEPENDENT_CONTAINERS_UPFRONT (false by default).

    On a container instance a wrong tag of the second image shows only after the first container.
    """
    fleet.join(1)
    init = fleet.shop.cloud.push(Image(runs_for=60), "init:1")
    app = fleet.shop.cloud.push(Image(runs_for=5), "app:1").replace(":1", f":{tag}")
    waits = [{"containerName": "init", "condition": "SUCCESS"}]
    fleet.ecs.register_task_definition(
        family="steps",
        containerDefinitions=[
            {"name": "app", "image": app, "memory": 64, "dependsOn": waits},
            {"name": "init", "image": init, "memory": 64, "essential": False},
        ],
    )
    task = fleet.shop.stopped(fleet.start("steps"))
    found = {each["name"]: each for each in task["containers"]}
    assert found["init"]["exitCode"] == 0
    assert (task["pullStoppedAt"] - task["pullStartedAt"]).total_seconds() > 60
    if tag == "1":
        assert found["app"]["exitCode"] == 0
    else:
        assert found["app"]["reason"].startswith("CannotPullContainerError: ")
        assert task["stopCode"] == "TaskFailedToStart"


def test_started_by_is_shorter_for_start_task(fleet: Fleet) -> None:
    """AWS: botocore ecs StartTaskRequest.startedBy (36 characters; RunTask takes 128)."""
    (instance,) = fleet.join(1)
    definition = fleet.define()

    def start(started_by: str) -> Json:
        answer = fleet.ecs.start_task(
            cluster="shop",
            taskDefinition=definition,
            containerInstances=[instance],
            startedBy=started_by,
        )
        return dict(answer["tasks"][0])

    assert start("x" * 36)["startedBy"] == "x" * 36
    with pytest.raises(ClientError, match=r"InvalidParameterException.*longer than 36\.$"):
        start("x" * 37)


@pytest.mark.parametrize("operation", ["run_task", "start_task"])
def test_a_group_of_services_is_not_for_other_tasks(fleet: Fleet, operation: str) -> None:
    """AWS: captured InvalidParameterException; other names go (botocore ecs Task.group)."""
    found = fleet.join(1)
    request: Json = {"cluster": "shop", "taskDefinition": fleet.define()}
    if operation == "start_task":
        request["containerInstances"] = found
    call = getattr(fleet.ecs, operation)
    with pytest.raises(ClientError, match=r"InvalidParameterExc.*Invalid namespace for group\.$"):
        call(**request, group="service:web")
    assert call(**request, group="batch")["tasks"][0]["group"] == "batch"


def test_a_missing_secret_has_fargates_words(fleet: Fleet) -> None:
    """A known difference: the agent on EC2 begins with "Fetching secret data"."""
    fleet.join(1)
    secret = "arn:aws:secretsmanager:us-east-1:123456789012:secret:none-AbCdEf"
    role = boto3.client("iam").create_role(RoleName="reads", AssumeRolePolicyDocument=TRUST)
    boto3.client("iam").put_role_policy(
        RoleName="reads", PolicyName="p", PolicyDocument=allow("secretsmanager:*", "ecr:*")
    )
    definition = fleet.define(
        executionRoleArn=role["Role"]["Arn"],
        container_secrets=[{"name": "PASSWORD", "valueFrom": secret}],
    )
    task = fleet.shop.stopped(fleet.start(definition))
    assert task["stoppedReason"].startswith("ResourceInitializationError: unable to pull secrets")
