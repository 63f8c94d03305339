"""EBS volumes that ECS makes for each task, and takes away with it.

AWS: ebs-volumes, troubleshoot-ebs-volumes-scenarios; botocore ecs Volume.configuredAtLaunch,
TaskManagedEBSVolumeConfiguration, ServiceVolumeConfiguration, Attachment; the sample of StartTask
in the CLI's reference; captured InvalidParameterException of CreateService and UpdateService;
facts: task-definitions, section 7.
"""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from fleets import open_fleet
from runs import Json, allow, logging
from shops import TRUST, Shop

from ecslab import Image

PERMISSIONS = (
    "ec2:CreateVolume",
    "ec2:AttachVolume",
    "ec2:DetachVolume",
    "ec2:DeleteVolume",
    "ec2:CreateTags",
    "ec2:DescribeVolumes",
)


class Disks:
    """A shop whose family `web` mounts a volume that is configured at launch."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.ecs = shop.ecs
        self.ec2: Any = boto3.client("ec2")
        self.role = self.make_role("disks", "ecs.", *PERMISSIONS)
        self.define()

    def make_role(self, name: str, trusted: str, *actions: str) -> str:
        """Make a role that a service may assume; return its ARN."""
        iam: Any = boto3.client("iam")
        trust = TRUST.replace("ecs-tasks.", trusted)
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        if actions:
            iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=allow(*actions))
        return str(arn)

    def define(self, command: str = "sleep 600", *, log: bool = False, **members: Any) -> None:
        """Register the family `web`."""
        uri = self.shop.cloud.push(Image(), "web:1")
        mount = [{"sourceVolume": "data", "containerPath": "/data"}]
        container: Json = {"name": "app", "image": uri, "command": ["sh", "-c", command]}
        if log:
            boto3.client("logs").create_log_group(logGroupName="/disks")
            container["logConfiguration"] = logging("app", "/disks")
        self.ecs.register_task_definition(
            family="web",
            containerDefinitions=[{**container, "mountPoints": mount}],
            volumes=[{"name": "data", "configuredAtLaunch": True}],
            executionRoleArn=self.shop.role,
            **{
                "networkMode": "awsvpc",
                "requiresCompatibilities": ["FARGATE"],
                "cpu": "256",
                "memory": "512",
                **members,
            },
        )

    def volume(self, **settings: Any) -> list[Json]:
        """Return volumeConfigurations of one volume."""
        given = {"roleArn": self.role, "sizeInGiB": 10, **settings}
        managed = {key: value for key, value in given.items() if value is not None}
        return [{"name": settings.pop("volume", "data"), "managedEBSVolume": managed}]

    def run(self, volumes: list[Json] | None = None, **arguments: Any) -> Json:
        """Run one task; return it."""
        return dict(
            self.ecs.run_task(
                cluster="shop",
                taskDefinition="web",
                volumeConfigurations=self.volume() if volumes is None else volumes,
                **{
                    "launchType": "FARGATE",
                    "networkConfiguration": self.shop.network(),
                    **arguments,
                },
            )["tasks"][0]
        )

    def attachment(self, arn: str) -> Json:
        """Return a task's attachment of its volume, the details as one object."""
        (found,) = [
            each
            for each in self.shop.task(arn)["attachments"]
            if each["type"] == "AmazonElasticBlockStorage"
        ]
        return {**found, "details": {d["name"]: d["value"] for d in found["details"]}}

    def volumes(self) -> list[Json]:
        """Describe the volumes of the account."""
        return list(self.ec2.describe_volumes()["Volumes"])

    def until(self, arn: str, status: str) -> Json:
        """Let time pass until a task has a status; describe it then."""
        self.shop.cloud.run_until(lambda: self.shop.task(arn)["lastStatus"] == status, 300)
        return self.shop.task(arn)


@pytest.fixture
def disks(shop: Shop) -> Disks:
    return Disks(shop)


def test_a_task_gets_a_volume_of_its_own(disks: Disks) -> None:
    """Made when the task is, in its zone, with ECS's tags; gone when the task has stopped."""
    task = disks.run(disks.volume(volumeType="gp3", iops=4000, throughput=200, encrypted=True))
    arn = task["taskArn"]
    first = disks.attachment(arn)
    assert (first["status"], first["details"]) == (
        "CREATED",
        {"roleArn": disks.role, "volumeName": "data", "deleteOnTermination": "true"},
    )
    running = disks.until(arn, "RUNNING")
    shown = disks.attachment(arn)
    (volume,) = disks.volumes()
    assert (shown["status"], shown["details"]["volumeId"]) == ("ATTACHED", volume["VolumeId"])
    assert (volume["Size"], volume["VolumeType"], volume["Encrypted"]) == (10, "gp3", True)
    assert (volume["AvailabilityZone"], volume["State"]) == (
        running["availabilityZone"],
        "in-use",
    )
    tags = {each["Key"]: each["Value"] for each in volume["Tags"]}
    assert tags == {"AmazonECSCreated": arn, "AmazonECSManaged": "true"}
    disks.ecs.stop_task(cluster="shop", task=arn)
    disks.until(arn, "STOPPED")
    assert disks.attachment(arn)["status"] == "DELETED"
    assert disks.volumes() == []


def test_a_volume_can_stay(disks: Disks) -> None:
    """AWS: botocore ecs TaskManagedEBSVolumeTerminationPolicy.deleteOnTermination."""
    keep = disks.volume(terminationPolicy={"deleteOnTermination": False})
    arn = disks.run(keep)["taskArn"]
    disks.until(arn, "RUNNING")
    assert disks.attachment(arn)["details"]["deleteOnTermination"] == "false"
    disks.ecs.stop_task(cluster="shop", task=arn)
    disks.until(arn, "STOPPED")
    (volume,) = disks.volumes()
    assert volume["State"] == "available"


def test_each_task_of_a_service_has_one_and_a_new_one_each_time(disks: Disks) -> None:
    """AWS: botocore ecs ServiceManagedEBSVolumeConfiguration: created for each task, deleted."""
    disks.shop.serve("web", 2, volumeConfigurations=disks.volume())
    disks.shop.cloud.advance(minutes=2)
    before = {each["VolumeId"] for each in disks.volumes()}
    assert len(before) == 2
    (deployment,) = disks.shop.service()["deployments"]
    assert deployment["volumeConfigurations"] == disks.volume()
    disks.ecs.update_service(cluster="shop", service="web", forceNewDeployment=True)
    disks.shop.cloud.advance(minutes=5)
    after = {each["VolumeId"] for each in disks.volumes()}
    assert len(after) == 2
    assert not before & after


def test_another_configuration_is_another_deployment(disks: Disks) -> None:
    """AWS: botocore ecs UpdateServiceRequest.volumeConfigurations; null changes nothing."""
    disks.shop.serve("web", 1, volumeConfigurations=disks.volume())
    disks.shop.cloud.advance(minutes=2)
    disks.ecs.update_service(cluster="shop", service="web", desiredCount=1)
    assert len(disks.shop.service()["deployments"]) == 1
    disks.ecs.update_service(
        cluster="shop", service="web", volumeConfigurations=disks.volume(sizeInGiB=20)
    )
    assert len(disks.shop.service()["deployments"]) == 2
    disks.shop.cloud.advance(minutes=5)
    assert [each["Size"] for each in disks.volumes()] == [20]


def test_tags_of_a_volume(disks: Disks) -> None:
    """AWS: botocore ecs EBSTagSpecification (own tags, and those of the task definition)."""
    definition = disks.ecs.describe_task_definition(taskDefinition="web")["taskDefinition"]
    disks.ecs.tag_resource(
        resourceArn=definition["taskDefinitionArn"], tags=[{"key": "app", "value": "web"}]
    )
    specification = {
        "resourceType": "volume",
        "tags": [{"key": "team", "value": "orders"}],
        "propagateTags": "TASK_DEFINITION",
    }
    arn = disks.run(disks.volume(tagSpecifications=[specification]))["taskArn"]
    disks.until(arn, "RUNNING")
    tags = {each["Key"]: each["Value"] for each in disks.volumes()[0]["Tags"]}
    assert (tags["team"], tags["app"]) == ("orders", "web")


@pytest.mark.parametrize("what", ["trust", "permission"])
def test_a_role_that_does_not_do_stops_the_task(disks: Disks, what: str) -> None:
    """AWS: troubleshoot-ebs-volumes-scenarios: the same status reason for both."""
    if what == "trust":
        role = disks.make_role("wrong", "lambda.", *PERMISSIONS)
    else:
        role = disks.make_role("wrong", "ecs.", "ec2:DescribeVolumes")
    arn = disks.run(disks.volume(roleArn=role))["taskArn"]
    task = disks.until(arn, "STOPPED")
    text = (
        f"ECS was unable to assume the configured ECS Infrastructure Role '{role}'. Please verify"
        " that the role being passed has the proper trust relationship with Amazon ECS"
    )
    assert disks.attachment(arn)["details"]["statusReason"] == text
    assert task["stopCode"] == "TaskFailedToStart"
    assert text in task["stoppedReason"]
    assert disks.volumes() == []


def test_a_key_that_is_not_there_shows_later(disks: Disks) -> None:
    """AWS: botocore ecs TaskManagedEBSVolumeConfiguration.kmsKeyId (checked asynchronously)."""
    key = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    arn = disks.run(disks.volume(encrypted=True, kmsKeyId=key))["taskArn"]
    disks.until(arn, "STOPPED")
    reason = disks.attachment(arn)["details"]["statusReason"]
    assert reason.startswith("ECS failed to set up the EBS volume. Encountered")


def test_a_snapshot_that_is_not_there_stops_the_task(disks: Disks) -> None:
    """AWS: troubleshoot-ebs-volumes-scenarios: the error of EC2 is in the status reason."""
    arn = disks.run(disks.volume(snapshotId="snap-0123456789abcdef0"))["taskArn"]
    task = disks.until(arn, "STOPPED")
    text = (
        "ECS failed to set up the EBS volume. Encountered InvalidSnapshot.NotFound;"
        " \"The snapshot 'snap-0123456789abcdef0' does not exist.\""
    )
    assert disks.attachment(arn)["details"]["statusReason"] == text
    assert text in task["stoppedReason"]


def test_more_tags_than_a_volume_can_have_stop_the_task(disks: Disks) -> None:
    """AWS: Using_Tags (EC2): 50 tags for each resource, and ECS gives two itself."""
    tags = [{"key": f"k{number}", "value": "v"} for number in range(50)]
    given = disks.volume(tagSpecifications=[{"resourceType": "volume", "tags": tags}])
    arn = disks.run(given)["taskArn"]
    task = disks.until(arn, "STOPPED")
    assert "Encountered TagLimitExceeded" in task["stoppedReason"]
    assert disks.volumes() == []


def test_what_is_written_is_on_the_volume_only(disks: Disks) -> None:
    """A new volume is empty: what the task before has written is not there."""
    disks.define("cat /data/f; echo old > /data/f; cat /data/f", log=True)
    for _ in range(2):
        disks.until(disks.run()["taskArn"], "STOPPED")
    events = boto3.client("logs").filter_log_events(logGroupName="/disks")["events"]
    assert [each["message"] for each in events] == ["old", "old"]


def test_a_container_instance_gets_it_attached(disks: Disks) -> None:
    """AWS: ebs-volumes (EC2): attached to the instance on which the task is placed."""
    fleet = open_fleet(disks.shop)
    (instance,) = fleet.join(1)
    members = {"networkMode": "bridge", "requiresCompatibilities": ["EC2"]}
    disks.define(**members)
    task = disks.ecs.run_task(
        cluster="shop", taskDefinition="web", launchType="EC2", volumeConfigurations=disks.volume()
    )["tasks"][0]
    disks.until(task["taskArn"], "RUNNING")
    (volume,) = [each for each in disks.volumes() if each["Size"] == 10]
    (attached,) = volume["Attachments"]
    assert attached["InstanceId"] == fleet.instance(instance)["ec2InstanceId"]
    disks.ecs.stop_task(cluster="shop", task=task["taskArn"])
    disks.until(task["taskArn"], "STOPPED")
    assert [each for each in disks.volumes() if each["Size"] == 10] == []


def test_each_volume_of_an_instance_has_a_device_of_its_own(disks: Disks) -> None:
    """AWS: device_naming (EC2): no two volumes of an instance have the same device."""
    open_fleet(disks.shop).join(1)
    disks.define(networkMode="bridge", requiresCompatibilities=["EC2"])
    arns = [
        task["taskArn"]
        for task in disks.ecs.run_task(
            cluster="shop",
            taskDefinition="web",
            launchType="EC2",
            count=2,
            volumeConfigurations=disks.volume(),
        )["tasks"]
    ]
    for arn in arns:
        disks.until(arn, "RUNNING")
    own = [each for each in disks.volumes() if each["Size"] == 10]
    assert len({each["Attachments"][0]["Device"] for each in own}) == 2
    for arn in arns:
        disks.ecs.stop_task(cluster="shop", task=arn)
        disks.until(arn, "STOPPED")
    assert [each for each in disks.volumes() if each["Size"] == 10] == []


# --- What is refused ------------------------------------------------------------------------------

NO_VOLUME = (
    "Volume configuration provided but no matching configuredAtLaunch volume found in task"
    " definition."
)
NOT_CONFIGURED = (
    "Task definition has configuredAtLaunch volume but no volume configuration provided at runtime"
)


@pytest.mark.parametrize("how", ["run", "create", "update"])
def test_names_must_match(disks: Disks, how: str) -> None:
    """Captured: InvalidParameterException of CreateService."""
    wrong = [{**disks.volume()[0], "name": "other"}]
    if how == "update":
        disks.shop.serve("web", 1, volumeConfigurations=disks.volume())
    calls = {
        "run": lambda: disks.run(wrong),
        "create": lambda: disks.shop.serve("web", 1, volumeConfigurations=wrong),
        "update": lambda: disks.ecs.update_service(
            cluster="shop", service="web", volumeConfigurations=wrong
        ),
    }
    with pytest.raises(ClientError) as refused:
        calls[how]()
    error = refused.value.response["Error"]
    assert (error["Code"], error["Message"]) == ("InvalidParameterException", NO_VOLUME)


def test_a_volume_must_be_configured(disks: Disks) -> None:
    """Captured: InvalidParameterException of UpdateService."""
    with pytest.raises(ClientError, match=NOT_CONFIGURED):
        disks.run([])
    with pytest.raises(ClientError, match=NOT_CONFIGURED):
        disks.shop.serve("web", 1)
    disks.shop.serve(disks.shop.define(Image(), family="plain"), 1)
    with pytest.raises(ClientError, match=NOT_CONFIGURED):
        disks.ecs.update_service(cluster="shop", service="web", taskDefinition="web")


WRONG: list[Json] = [
    {"sizeInGiB": None},
    {"sizeInGiB": 0},
    {"sizeInGiB": 16_385},
    {"volumeType": "io1", "sizeInGiB": 3, "iops": 100},
    {"volumeType": "io1"},
    {"volumeType": "io2", "iops": 99},
    {"volumeType": "st1", "sizeInGiB": 124},
    {"volumeType": "sc1", "sizeInGiB": 125, "iops": 100},
    {"volumeType": "standard"},
    {"volumeType": "floppy"},
    {"volumeType": "gp3", "iops": 2999},
    {"volumeType": "gp3", "iops": 16_001},
    {"volumeType": "gp2", "throughput": 200},
    {"volumeType": "gp3", "throughput": 1001},
    {"filesystemType": "fat"},
    {"roleArn": "nobody"},
    {"volumeInitializationRate": 100},
    {"tagSpecifications": [{"resourceType": "snapshot"}]},
    {"tagSpecifications": [{"resourceType": "volume", "tags": [{"value": "no key"}]}]},
    {"tagSpecifications": [{"resourceType": "volume", "tags": [{"key": "aws:own"}]}]},
    {"tagSpecifications": [{"resourceType": "volume", "tags": [{"key": "AmazonECSManaged"}]}]},
]


@pytest.mark.parametrize("settings", WRONG)
def test_settings_that_are_refused(disks: Disks, settings: Json) -> None:
    """AWS: botocore ecs TaskManagedEBSVolumeConfiguration, the text of each member."""
    with pytest.raises(ClientError, match="InvalidParameterException"):
        disks.run(disks.volume(**settings))
    assert disks.volumes() == []


def test_only_one_and_not_for_daemons(disks: Disks) -> None:
    """AWS: botocore ecs UpdateService (REPLICA only); Volume (one per task definition)."""
    with pytest.raises(ClientError, match="InvalidParameterException"):
        disks.run([*disks.volume(), *disks.volume()])
    open_fleet(disks.shop)
    disks.define(networkMode="bridge", requiresCompatibilities=["EC2"])
    with pytest.raises(ClientError, match="DAEMON scheduling strategy"):
        disks.ecs.create_service(
            cluster="shop",
            serviceName="daemon",
            taskDefinition="web",
            launchType="EC2",
            schedulingStrategy="DAEMON",
            volumeConfigurations=disks.volume(),
        )
