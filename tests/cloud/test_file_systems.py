"""EFS volumes: what it takes to mount one, and who sees what is written to it.

AWS: efs-volumes, tutorial-efs-volumes, resource-initialization-error; captured stoppedReason of
tasks on Fargate; facts: task-lifecycle, section 5.3, task-definitions, section 7.
"""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from runs import LOG_GROUP, Json, Runs, allow
from shops import Shop

from ecslab import Image

PREFIX = "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes"


class Shared:
    """A shop with a file system, a mount target in the first subnet, and a security group."""

    def __init__(self, shop: Shop) -> None:
        self.runs = Runs(shop)
        self.shop = shop
        self.ec2: Any = boto3.client("ec2")
        efs: Any = boto3.client("efs")
        self.id = str(efs.create_file_system(CreationToken="data")["FileSystemId"])
        vpc = self.ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
        group = self.ec2.create_security_group(GroupName="nfs", Description="nfs", VpcId=vpc)
        self.group = str(group["GroupId"])
        efs.create_mount_target(
            FileSystemId=self.id, SubnetId=shop.subnets[0], SecurityGroups=[self.group]
        )

    def open(self) -> None:
        """Let everybody in the VPC reach the mount target."""
        self.ec2.authorize_security_group_ingress(
            GroupId=self.group, IpProtocol="tcp", FromPort=2049, ToPort=2049, CidrIp="0.0.0.0/0"
        )

    def run(self, name: str, command: str = "true", *, subnet: int = 0, **settings: Any) -> Json:
        """Run a task that mounts the file system at /data; describe it when it has stopped."""
        members = {key: settings.pop(key) for key in ("taskRoleArn",) if key in settings}
        volume = {"fileSystemId": self.id, **settings}
        mount = [{"sourceVolume": "data", "containerPath": "/data"}]
        script = ["sh", "-c", command]
        network = {"subnets": [self.shop.subnets[subnet]], "assignPublicIp": "ENABLED"}
        self.runs.start(
            name,
            self.runs.container(name, Image(), command=script, mountPoints=mount),
            volumes=[{"name": "data", "efsVolumeConfiguration": volume}],
            network={"awsvpcConfiguration": network},
            **members,
        )
        return self.runs.until(name, "STOPPED")


@pytest.fixture
def shared(shop: Shop) -> Shared:
    return Shared(shop)


def test_what_one_task_writes_another_reads(shared: Shared) -> None:
    """It stays when the task is gone; another root directory is another place."""
    shared.open()
    shared.run("writer", "echo kept > /data/f")
    shared.run("reader", "cat /data/f")
    shared.run("elsewhere", "cat /data/f", rootDirectory="/other")
    assert shared.runs.lines("reader") == ["kept"]
    streams = boto3.client("logs").filter_log_events(logGroupName=LOG_GROUP)["events"]
    assert [each["message"] for each in streams] == ["kept"]


def test_an_unknown_file_system(shared: Shared) -> None:
    shared.open()
    task = shared.run("app", fileSystemId="fs-0123456789abcdef0")
    assert task["stopCode"] == "TaskFailedToStart"
    assert task["stoppedReason"].startswith(
        f'{PREFIX}: stderr: Failed to resolve "fs-0123456789abcdef0.efs.us-east-1.amazonaws.com"'
    )
    assert "exitCode" not in task["containers"][0]


def test_a_zone_without_a_mount_target(shared: Shared) -> None:
    """AWS: each Availability Zone has its own mount target."""
    shared.open()
    assert "Failed to resolve" in shared.run("app", subnet=1)["stoppedReason"]


def test_a_security_group_that_keeps_nfs_out(shared: Shared) -> None:
    """Port 2049 of the mount target is closed: the connection times out."""
    reason = shared.run("app")["stoppedReason"]
    assert reason.startswith(f"{PREFIX}: stderr: b'mount.nfs4: Connection timed out'")


@pytest.mark.parametrize("allowed", [True, False])
def test_iam_authorization_is_of_the_task_role(shared: Shared, *, allowed: bool) -> None:
    """AWS: botocore ecs EFSAuthorizationConfig.iam; efs-volumes (ClientMount)."""
    shared.open()
    role = shared.runs.role("task", "s3:ListBucket")
    if allowed:
        boto3.client("iam").put_role_policy(
            RoleName="task",
            PolicyName="mount",
            PolicyDocument=allow("elasticfilesystem:ClientMount"),
        )
    task = shared.run(
        "app",
        transitEncryption="ENABLED",
        authorizationConfig={"iam": "ENABLED"},
        taskRoleArn=role,
    )
    denied = "access denied by server while mounting" in task["stoppedReason"]
    assert denied is not allowed
    assert (task["containers"][0].get("exitCode") == 0) is allowed
