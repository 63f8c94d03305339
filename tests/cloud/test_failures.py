"""Why a task does not start: every documented text from its real cause.

All tasks of a module run side by side in one account; each test looks at one of them. The texts are
those of the Amazon ECS Developer Guide (resource-initialization-error, task_cannot_pull_image,
stopped-tasks-error-messages-updates) and, where it gives none, of amazon-ecs-agent.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from runs import EVERYTHING_TO_START, LOG, PULL, Runs, allow, logging, named
from shops import TRUST, open_shop

from ecslab import Cloud, Image

APP = Image(runs_for=5)
ECR = "123456789012.dkr.ecr.us-east-1.amazonaws.com"
SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret"
PARAMETER = "arn:aws:ssm:us-east-1:123456789012:parameter"
INITIALIZATION = "ResourceInitializationError: "
AUTH = INITIALIZATION + "unable to pull secrets or registry auth: "
PULLING = "CannotPullContainerError: "

EXPECTED: dict[str, str] = {
    # No way out of the subnet (stopped-tasks-error-messages-updates).
    "no-route": AUTH + "The task cannot pull registry auth from Amazon ECR: There is a connection"
    ' issue between the task and Amazon ECR. .*Post "https://api.ecr.us-east-1.amazonaws.com.*:'
    r" dial tcp [\d.]+:443: i/o timeout",
    "no-public-address": AUTH + "The task cannot pull registry auth from Amazon ECR",
    "public-image-no-route": PULLING + "The task cannot pull nginx:1.27 from the registry"
    " registry-1.docker.io. There is a connection issue .*: i/o timeout",
    "env-file-no-route": INITIALIZATION
    + "failed to download env files: The task can't download the"
    " environment variable files from Amazon S3. There is a connection issue",
    "logs-no-route": INITIALIZATION + "failed to validate logger args: The task cannot find the"
    " Amazon CloudWatch log group .* There is a connection issue .*: signal: killed",
    "secret-no-route": AUTH + "The task can't pull secrets from AWS Secrets Manager. There is"
    " a connection issue between the task and Secrets Manager. Check your task network"
    " configuration.",
    "parameter-no-route": AUTH + "unable to retrieve secrets from ssm: The task cannot pull secrets"
    " from AWS Systems Manager. There is a connection issue .* context deadline exceeded",
    # The image (task_cannot_pull_image).
    "no-tag": PULLING + r"pull image manifest has been retried 5 time\(s\): failed to resolve ref"
    rf" {ECR}/there:2: .*: not found",
    "no-digest": PULLING
    + r"pull image manifest has been retried 5 time\(s\): failed to resolve ref"
    rf" {ECR}/there@sha256:{'0' * 64}: .*: not found",
    "no-repository": PULLING
    + "The task can.t pull the image. Check whether the image exists. Error"
    f" response from daemon: pull access denied for {ECR}/absent, repository does not exist or may"
    " require 'docker login': denied: requested access to the resource is denied",
    "no-public-image": PULLING + "The task can.t pull the image. Check whether the image exists.",
    "no-such-region": PULLING + "The task can.t pull the image. Check whether the image exists.",
    "other-account": PULLING + "The task can.t pull the image.",
    "no-platform": PULLING + ".*image Manifest does not contain descriptor matching platform"
    " 'linux/arm64'",
    "too-large": PULLING + ".*no space left on device",
    # The execution role (task_execution_IAM_role).
    "no-token": AUTH + ".*AccessDeniedException: User: arn:aws:sts::123456789012:assumed-role/"
    r"no-token/\w{32} is not authorized to perform: ecr:GetAuthorizationToken on resource: \*"
    " because no identity-based policy allows the ecr:GetAuthorizationToken action",
    **{
        f"no-{action.split(':')[1]}": PULLING + "The task can.t pull the image. Check that the role"
        " has the permissions to pull images from the registry. Error response from daemon: pull"
        f" access denied for {ECR}/there, repository does not exist or may require 'docker login':"
        rf" denied: User: \S+ is not authorized to perform: {action} on resource:"
        " arn:aws:ecr:us-east-1:123456789012:repository/there because no identity-based policy"
        f" allows the {action} action"
        for action in PULL
    },
    "other-repository-only": PULLING + "The task can.t pull the image. Check that the role has the",
    # The log configuration (resource-initialization-error).
    "no-log-group": INITIALIZATION + "failed to validate logger args: .*ResourceNotFoundException:"
    " The specified log group does not exist.",
    "may-not-create-group": INITIALIZATION + ".*is not authorized to perform: logs:CreateLogGroup",
    "may-not-create-stream": INITIALIZATION + ".*AccessDeniedException: User: .* is not authorized"
    " to perform: logs:CreateLogStream on resource: arn:aws:logs:us-east-1:123456789012:log-group:"
    "/runs:log-stream:",
    "may-not-log-nor-is-there-a-group": INITIALIZATION + ".*not authorized to perform:"
    " logs:CreateLogStream",
    # Secrets (resource-initialization-error; amazon-ecs-agent, agent/asm and agent/ssm).
    "no-secret": AUTH + f".*The task can't retrieve the secret with ARN '{SECRET}:none-AbCdEf' from"
    " Secrets Manager. Check whether the secret exists in the specified Region.",
    "secret-denied": AUTH + ".*AccessDeniedException: User: .* is not authorized to perform:"
    rf" secretsmanager:GetSecretValue on resource: {SECRET}:db-\w+ because",
    "no-json-key": AUTH + ".*retrieved secret from Secrets Manager did not contain json key port",
    "secret-is-no-json": AUTH + ".*did not contain json key user",
    "no-version-stage": AUTH + ".*The task can't retrieve the secret with ARN",
    "deleted-secret": AUTH + ".*The task can't retrieve the secret with ARN",
    "no-parameter-name": AUTH + ".*invalid parameters: /none",
    "no-parameter-arn": AUTH + ".*invalid parameters: /none",
    "parameter-denied": AUTH + ".*AccessDeniedException: User: .* is not authorized to perform:"
    rf" ssm:GetParameters on resource: {PARAMETER}/db ",
    # Environment files (use-environment-file).
    "no-env-file": INITIALIZATION + "failed to download env files: .*NoSuchKey",
    "env-file-denied": INITIALIZATION
    + "failed to download env files: .*AccessDenied.*s3:GetObject",
}
STARTING = {
    "create-group": "awslogs-create-group with the permission",
    "may-not-put": "without logs:PutLogEvents the driver starts, its lines are lost",
    "secret-by-key": "arn:key::",
    "secret-by-stage": "arn::AWSPREVIOUS:",
    "parameter-by-name": "/db",
    "parameter-by-arn": "parameter/db",
    "env-file": "arn:aws:s3:::files/app.env",
    "large-with-storage": "a larger ephemeralStorage holds it",
    "arm-on-arm": "the platform of the task is in the image's manifest list",
}


def set_up(runs: Runs) -> None:
    """Run every task that EXPECTED and STARTING describe."""
    push = runs.shop.cloud.push
    there = push(APP, "there:1")
    _network_failures(runs, there)
    _image_failures(runs)
    for action in PULL:
        name = f"no-{action.split(':')[1]}"
        rest = [each for each in EVERYTHING_TO_START if each != action]
        _one(runs, name, image=there, executionRoleArn=runs.role(name, *rest))
    _one(runs, "no-token", image=there, executionRoleArn=runs.role("no-token", *PULL, *LOG))
    _other_repository(runs, there)
    _log_failures(runs, there)
    _secret_failures(runs, there)
    _files(runs, there)


def _one(runs: Runs, name: str, image: str, **definition: Any) -> None:
    """Run a task of one container; `container` changes the container, the rest the definition."""
    settings = definition.pop("container", {})
    runs.start(name, runs.container(name, image, **settings), **definition)


def _network_failures(runs: Runs, there: str) -> None:
    ec2: Any = boto3.client("ec2")
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="172.31.200.0/24")["Subnet"]["SubnetId"]
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    private = {"awsvpcConfiguration": {"subnets": [subnet], "assignPublicIp": "ENABLED"}}
    closed = runs.shop.network(public="DISABLED")
    _one(runs, "no-route", there, network=private)
    _one(runs, "no-public-address", there, network=closed)
    nginx = {"name": "app", "image": "nginx:1.27"}
    file = [{"type": "s3", "value": "arn:aws:s3:::files/app.env"}]
    secret = [{"name": "S", "valueFrom": f"{SECRET}:none-AbCdEf"}]
    parameter = [{"name": "S", "valueFrom": "/db"}]
    runs.start("public-image-no-route", nginx, network=closed)
    runs.start("env-file-no-route", {**nginx, "environmentFiles": file}, network=closed)
    runs.start("logs-no-route", {**nginx, "logConfiguration": logging("app")}, network=closed)
    runs.start("secret-no-route", {**nginx, "secrets": secret}, network=closed)
    runs.start("parameter-no-route", {**nginx, "secrets": parameter}, network=closed)


def _image_failures(runs: Runs) -> None:
    push = runs.shop.cloud.push
    _one(runs, "no-tag", f"{ECR}/there:2")
    _one(runs, "no-digest", f"{ECR}/there@sha256:{'0' * 64}")
    _one(runs, "no-repository", f"{ECR}/absent:1")
    _one(runs, "no-public-image", "nobody/nothing:1")
    _one(runs, "no-such-region", "123456789012.dkr.ecr.us-nowhere-9.amazonaws.com/there:1")
    _one(runs, "other-account", "210987654321.dkr.ecr.us-east-1.amazonaws.com/there:1")
    arm = {"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"}
    both = push(Image(runs_for=5, architecture=("X86_64", "ARM64")), "both:1")
    only = push(Image(runs_for=5, architecture=("X86_64",)), "only:1")
    _one(runs, "arm-on-arm", both, runtimePlatform=arm)
    _one(runs, "no-platform", only, runtimePlatform=arm)
    large = push(Image(runs_for=5, size=12 * 1024), "large:1")
    _one(runs, "too-large", large)
    _one(runs, "large-with-storage", large, ephemeralStorage={"sizeInGiB": 100})


def _other_repository(runs: Runs, there: str) -> None:
    role = runs.role("other-repository-only", "ecr:GetAuthorizationToken", *LOG)
    elsewhere = "arn:aws:ecr:us-east-1:123456789012:repository/elsewhere"
    boto3.client("iam").put_role_policy(
        RoleName="other-repository-only",
        PolicyName="pull",
        PolicyDocument=allow(*PULL, resource=elsewhere),
    )
    _one(runs, "other-repository-only", there, executionRoleArn=role)


def _log_failures(runs: Runs, there: str) -> None:
    group = {"awslogs-create-group": "true"}
    silent = runs.role("silent", *[each for each in EVERYTHING_TO_START if each not in LOG])
    deaf = runs.role("deaf", *EVERYTHING_TO_START[:-1])
    creator = runs.role("creator", *EVERYTHING_TO_START, "logs:CreateLogGroup")
    for name, role, configuration in (
        ("no-log-group", runs.shop.role, logging("app", "/absent")),
        ("may-not-create-group", runs.shop.role, logging("app", "/absent", **group)),
        ("may-not-create-stream", silent, logging("app")),
        ("may-not-log-nor-is-there-a-group", silent, logging("app", "/absent")),
        ("may-not-put", deaf, logging("may-not-put")),
        ("create-group", creator, logging("app", "/made", **group)),
    ):
        settings = {"logConfiguration": configuration}
        _one(runs, name, there, executionRoleArn=role, container=settings)


def _secret_failures(runs: Runs, there: str) -> None:
    manager: Any = boto3.client("secretsmanager")
    parameters: Any = boto3.client("ssm")
    reader = runs.role(
        "reader", *EVERYTHING_TO_START, "secretsmanager:GetSecretValue", "ssm:GetParameters"
    )
    db = manager.create_secret(Name="db", SecretString='{"user": "old", "pin": 1}')["ARN"]
    manager.put_secret_value(SecretId="db", SecretString='{"user": "shop", "pin": 1}')
    text = manager.create_secret(Name="text", SecretString="no json")["ARN"]
    gone = manager.create_secret(Name="gone", SecretString="x")["ARN"]
    manager.delete_secret(SecretId="gone")
    parameters.put_parameter(Name="/db", Value="shop", Type="SecureString")
    for name, reference, role in (
        ("no-secret", f"{SECRET}:none-AbCdEf", reader),
        ("secret-denied", db, runs.shop.role),
        ("no-json-key", f"{db}:port::", reader),
        ("secret-is-no-json", f"{text}:user::", reader),
        ("no-version-stage", f"{db}::NOSUCHSTAGE:", reader),
        ("deleted-secret", gone, reader),
        ("secret-by-key", f"{db}:user::", reader),
        ("secret-by-stage", f"{db}:user:AWSPREVIOUS:", reader),
        ("no-parameter-name", "/none", reader),
        ("no-parameter-arn", f"{PARAMETER}/none", reader),
        ("parameter-denied", "/db", runs.shop.role),
        ("parameter-by-name", "/db", reader),
        ("parameter-by-arn", f"{PARAMETER}/db", reader),
    ):
        secrets = [{"name": "VALUE", "valueFrom": reference}]
        command = ["sh", "-c", "echo value $VALUE"]
        settings = {"secrets": secrets, "command": command}
        _one(runs, name, there, executionRoleArn=role, container=settings)


def _files(runs: Runs, there: str) -> None:
    s3: Any = boto3.client("s3")
    s3.create_bucket(Bucket="files")
    s3.put_object(Bucket="files", Key="app.env", Body=b"# a comment\nVALUE=from file\n\xff=x\n")
    reader = runs.role("files", *EVERYTHING_TO_START, "s3:GetObject", "s3:GetBucketLocation")
    for name, key, role in (
        ("no-env-file", "absent.env", reader),
        ("env-file-denied", "app.env", runs.shop.role),
        ("env-file", "app.env", reader),
    ):
        files = [{"type": "s3", "value": f"arn:aws:s3:::files/{key}"}]
        command = ["sh", "-c", "echo value $VALUE"]
        settings = {"environmentFiles": files, "command": command}
        _one(runs, name, there, executionRoleArn=role, container=settings)


@pytest.fixture(scope="module")
def ended() -> Iterator[Runs]:
    """Yield the account in which all tasks have come to their end."""
    with Cloud(seed=7) as cloud:
        runs = Runs(open_shop(cloud))
        set_up(runs)
        cloud.advance(minutes=10)
        yield runs


@pytest.mark.parametrize("name", EXPECTED)
def test_the_task_does_not_start_and_says_why(ended: Runs, name: str) -> None:
    """The stopped task names the cause (the pages at the top of this file)."""
    task = ended.task(name)
    assert task["stopCode"] == "TaskFailedToStart"
    assert re.match(EXPECTED[name], task["stoppedReason"]), task["stoppedReason"]
    assert "startedAt" not in task
    assert "executionStoppedAt" not in task
    assert "exitCode" not in task["containers"][0]
    pulling = task["stoppedReason"].startswith(PULLING)
    assert ("pullStartedAt" in task) is pulling
    assert ("reason" in task["containers"][0]) is pulling


@pytest.mark.parametrize("name", STARTING)
def test_the_task_starts(ended: Runs, name: str) -> None:
    """The same configurations without their mistake do start (pages as above)."""
    task = ended.task(name)
    assert task["stopCode"] == "EssentialContainerExited", task["stoppedReason"]
    assert task["containers"][0]["exitCode"] == 0


def test_every_failed_task_gives_its_interface_back(ended: Runs) -> None:
    """AWS: task-lifecycle-explanation, DEPROVISIONING (the interface is detached and deleted)."""
    assert {ended.task(name)["lastStatus"] for name in ended.arns} == {"STOPPED"}
    assert boto3.client("ec2").describe_network_interfaces()["NetworkInterfaces"] == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("secret-by-key", "shop"),
        ("secret-by-stage", "old"),
        ("parameter-by-name", "shop"),
        ("parameter-by-arn", "shop"),
        ("env-file", "from file"),
    ],
)
def test_the_value_arrives(ended: Runs, name: str, value: str) -> None:
    """AWS: secrets-envvar-secrets-manager (arn:json-key:version-stage:version-id)."""
    assert ended.lines(name) == [f"value {value}"]


def test_without_permission_to_put_events_the_stream_stays_empty(ended: Runs) -> None:
    """Docker's awslogs driver needs the stream to start; what it can't put later is lost."""
    assert ended.lines("may-not-put") == []


def test_a_created_log_group_stays(ended: Runs) -> None:
    """AWS: using_awslogs, awslogs-create-group."""
    groups = ended.logs.describe_log_groups(logGroupNamePrefix="/made")["logGroups"]
    assert [group["logGroupName"] for group in groups] == ["/made"]


def test_a_failed_pull_names_its_container(ended: Runs) -> None:
    """AWS: task_cannot_pull_image; the container's reason says what its task's reason says."""
    task = ended.task("no-tag")
    assert named(task, "no-tag")["reason"] == task["stoppedReason"]


def test_a_role_that_ecs_tasks_may_not_assume_is_refused(shop: Any) -> None:
    """Captured ClientException of RunTask: the trust policy must name ecs-tasks.amazonaws.com."""
    runs = Runs(shop)
    trust = TRUST.replace("ecs-tasks", "ec2")
    for key, name in (("executionRoleArn", "wrong-trust"), ("taskRoleArn", "wrong-too")):
        with pytest.raises(ClientError, match="ECS was unable to assume the role") as refused:
            _one(runs, name, "nginx", **{key: runs.role(name, trust=trust)})
        assert refused.value.response["Error"]["Code"] == "ClientException"
    with pytest.raises(ClientError, match="ECS was unable to assume the role"):
        _one(runs, "deleted", "nginx", taskRoleArn="arn:aws:iam::123456789012:role/never-was")


ENDPOINTS = ("ecr.api", "secretsmanager", "ssm", "logs", "s3", "ecr.dkr")


def test_endpoints_open_the_way_step_by_step(shop: Any) -> None:
    """AWS: vpc-endpoints (ecr.api, ecr.dkr, s3, logs, secretsmanager, ssm in a closed subnet)."""
    runs = Runs(shop)
    ec2: Any = boto3.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
    table = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc]}])
    group = ec2.create_security_group(GroupName="all", Description="all", VpcId=vpc)["GroupId"]
    rule = {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": group}]}
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])
    network = {"awsvpcConfiguration": {"subnets": [subnet], "securityGroups": [group]}}
    reader = runs.role(
        "reader", *EVERYTHING_TO_START, "secretsmanager:GetSecretValue", "ssm:GetParameters"
    )
    secret = boto3.client("secretsmanager").create_secret(Name="db", SecretString="x")["ARN"]
    boto3.client("ssm").put_parameter(Name="db", Value="x", Type="String")
    secrets = [{"name": "A", "valueFrom": secret}, {"name": "B", "valueFrom": "db"}]
    image = runs.shop.cloud.push(APP, "app:1")
    reasons = []
    for number, endpoint in enumerate((*ENDPOINTS, "")):
        name = f"run-{number}"
        _one(
            runs,
            name,
            image,
            network=network,
            executionRoleArn=reader,
            container={"secrets": secrets},
        )
        reasons.append(runs.until(name, "STOPPED")["stoppedReason"])
        if endpoint == "s3":
            ec2.create_vpc_endpoint(
                VpcId=vpc,
                ServiceName="com.amazonaws.us-east-1.s3",
                VpcEndpointType="Gateway",
                RouteTableIds=[table["RouteTables"][0]["RouteTableId"]],
            )
        elif endpoint:
            ec2.create_vpc_endpoint(
                VpcId=vpc,
                ServiceName=f"com.amazonaws.us-east-1.{endpoint}",
                VpcEndpointType="Interface",
                SubnetIds=[subnet],
                SecurityGroupIds=[group],
                PrivateDnsEnabled=True,
            )
    texts = [
        "registry auth from Amazon ECR",
        "secrets from AWS Secrets Manager",
        "secrets from AWS Systems Manager",
        "the Amazon CloudWatch log group",
        "CannotPullContainerError: The task cannot pull",
        "CannotPullContainerError: The task cannot pull",
        "Essential container in task exited",
    ]
    assert all(text in reason for text, reason in zip(texts, reasons, strict=True)), reasons
