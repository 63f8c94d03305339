"""Drills of tasks that never start: the chain ends in the true cause.

The situations are those of `test_failures`; numbers are those of the course's incident drills.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from chains import checked, explained
from runs import Runs
from shops import open_shop
from test_failures import EXPECTED, set_up

from ecslab import Cloud

CAUSES = {
    # 1: ResourceInitializationError; 2: CannotPullContainerError, without a way.
    "no-route": r"has no route for 0\.0\.0\.0/0",
    "no-public-address": "has no public IP address",
    "public-image-no-route": "has no public IP address",
    "env-file-no-route": "has no public IP address",
    "logs-no-route": "has no public IP address",
    "secret-no-route": "has no public IP address",
    "parameter-no-route": "has no public IP address",
    # 2: CannotPullContainerError.
    "no-tag": "repository there has no image 2",
    "no-digest": "repository there has no image sha256:0000",
    "no-repository": "Amazon ECR has no repository absent",
    "no-public-image": "No registry that this account reaches has this image",
    "no-such-region": "No registry",
    "other-account": "No registry|No policy",
    "no-platform": "asks for the platform linux/arm64",
    "too-large": "this many bytes",
    "no-token": "No policy of the role no-token allows ecr:GetAuthorizationToken",
    "no-BatchGetImage": "No policy of the role no-BatchGetImage allows ecr:BatchGetImage",
    "no-GetDownloadUrlForLayer": "allows ecr:GetDownloadUrlForLayer",
    "no-BatchCheckLayerAvailability": "allows ecr:BatchCheckLayerAvailability",
    "other-repository-only": "No policy of the role other-repository-only allows",
    # 8: nothing starts and nothing is logged.
    "no-log-group": "CloudWatch Logs has no log group /absent",
    "may-not-create-group": "No policy of the role execution allows logs:CreateLogGroup",
    "may-not-create-stream": "No policy of the role silent allows logs:CreateLogStream",
    "may-not-log-nor-is-there-a-group": "No policy of the role silent allows logs:CreateLogStream",
    # 1 and 30: secrets and files.
    "no-secret": "Secrets Manager has no such secret",
    "secret-denied": "No policy of the role execution allows secretsmanager:GetSecretValue",
    "no-json-key": "asks for the JSON key port, which the secret lacks",
    "secret-is-no-json": "asks for the JSON key user, which the secret lacks",
    "no-version-stage": "not in the version that the definition names",
    "deleted-secret": "has been deleted",
    "no-parameter-name": "Parameter Store has no such parameter",
    "no-parameter-arn": "Parameter Store has no such parameter",
    "parameter-denied": "No policy of the role execution allows ssm:GetParameters",
    "no-env-file": "bucket files has no object absent.env",
    "env-file-denied": "No policy of the role execution allows s3:GetObject",
}


@pytest.fixture(scope="module")
def ended() -> Iterator[Runs]:
    """Yield the account in which all those tasks have come to their end."""
    with Cloud(seed=7) as cloud:
        runs = Runs(open_shop(cloud))
        set_up(runs)
        cloud.advance(minutes=10)
        yield runs


def test_every_failure_has_its_cause() -> None:
    assert set(CAUSES) == set(EXPECTED)


@pytest.mark.parametrize("name", CAUSES)
def test_the_chain_ends_in_the_cause(ended: Runs, name: str) -> None:
    found = explained(ended.shop.cloud, ended.arns[name], CAUSES[name])
    assert found.steps[0].evidence.value == ended.task(name)["stoppedReason"]
    assert len(found.steps) >= 2


def test_a_cause_that_was_mended_since_is_said_to_be(ended: Runs) -> None:
    """The network and the policies are judged as they are now, and the words say so."""
    iam: Any = boto3.client("iam")
    managed = "arn:aws:iam::aws:policy/AdministratorAccess"
    iam.attach_role_policy(RoleName="no-token", PolicyArn=managed)
    words = "Now a policy of no-token allows ecr:GetAuthorizationToken; when the call was made none"
    explained(ended.shop.cloud, ended.arns["no-token"], words)
    iam.delete_role_policy(RoleName="silent", PolicyName="inline")
    iam.delete_role(RoleName="silent")
    words = "IAM has no role silent"
    explained(ended.shop.cloud, ended.arns["may-not-create-stream"], words)


def test_an_explicit_deny_and_a_boundary_are_told_apart(ended: Runs) -> None:
    """AWS: IAM policy evaluation: an explicit deny wins; a boundary limits."""
    iam: Any = boto3.client("iam")
    deny = (
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "ecr:*",'
        ' "Resource": "*"}]}'
    )
    name = "no-BatchGetImage"
    iam.put_role_policy(RoleName=name, PolicyName="not", PolicyDocument=deny)
    found = explained(ended.shop.cloud, ended.arns[name], "explicitly denies ecr:BatchGetImage")
    assert "Deny" in str(found.cause.evidence.value)


def test_the_policy_on_the_wrong_role(ended: Runs) -> None:
    """Drill 6: secrets are fetched with the execution role, whatever the task role may do."""
    runs = ended
    secret = boto3.client("secretsmanager").create_secret(Name="wrong-role", SecretString="x")[
        "ARN"
    ]
    container = runs.container("wrong-role", "nginx", secrets=[{"name": "S", "valueFrom": secret}])
    role = runs.role("checkout", "secretsmanager:GetSecretValue")
    runs.start("wrong-role", container, taskRoleArn=role)
    runs.until("wrong-role", "STOPPED")
    found = explained(
        runs.shop.cloud, runs.arns["wrong-role"], "task role, checkout, may do it: .* wrong"
    )
    assert [step.layer for step in found.steps[-3:]] == ["permission"] * 3


def test_the_endpoints_security_group(ended: Runs) -> None:
    """Drill 1: an interface endpoint takes the name, and its security group refuses."""
    ec2: Any = boto3.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
    closed = ec2.create_security_group(GroupName="closed", Description="c", VpcId=vpc)["GroupId"]
    ec2.create_vpc_endpoint(
        VpcId=vpc,
        ServiceName="com.amazonaws.us-east-1.ecr.api",
        VpcEndpointType="Interface",
        SubnetIds=[subnet],
        SecurityGroupIds=[closed],
        PrivateDnsEnabled=True,
    )
    there = "123456789012.dkr.ecr.us-east-1.amazonaws.com/there:1"
    network = {"awsvpcConfiguration": {"subnets": [subnet], "securityGroups": [closed]}}
    ended.start("endpoint", ended.container("endpoint", there), network=network)
    ended.until("endpoint", "STOPPED")
    found = explained(
        ended.shop.cloud, ended.arns["endpoint"], f"no inbound rule .*{closed}|{closed}"
    )
    assert "inbound" in found.cause.words
    assert found.cause.evidence.operation == "describe_security_groups"


def test_a_full_subnet(ended: Runs) -> None:
    """AWS: failed-to-start-error: a subnet without free addresses."""
    ec2: Any = boto3.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.1.0/28")["Subnet"]["SubnetId"]
    for _ in range(11):
        ec2.create_network_interface(SubnetId=subnet)
    network = {"awsvpcConfiguration": {"subnets": [subnet]}}
    ended.start("full", ended.container("full", "nginx"), network=network)
    ended.until("full", "STOPPED")
    explained(ended.shop.cloud, ended.arns["full"], f"The subnet {subnet} has 0 free addresses")


def test_what_never_was(ended: Runs) -> None:
    """AWS: api_failures_messages: MISSING."""
    found = ended.shop.cloud.explain(
        "arn:aws:ecs:us-east-1:123456789012:task/shop/00000000000000000000000000000000"
    )
    checked(found)
    assert found.state == "There never was such a task."
    assert found.cause.evidence.value[0]["reason"] == "MISSING"
