"""Resources, conditions, roles that are passed, tags and resource-based policies."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest

Refused = Callable[[Callable[[], Any]], tuple[str, str, int]]
REGION = "us-east-1"
PREFIX = "arn:aws:ecs:us-east-1:123456789012:"
ROLE = "arn:aws:iam::123456789012:role/"
CONTAINERS = [{"name": "web", "image": "nginx", "memory": 128}]


def register(ecs: Any, **given: Any) -> Any:
    return ecs.register_task_definition(family="web", containerDefinitions=CONTAINERS, **given)


def test_registering_a_definition_takes_pass_role(account: Any, refused: Refused) -> None:
    """AWS: id_roles_use_passrole; the refusal is ECS's AccessDeniedException with status 400."""
    for name in ("app", "execution"):
        account.role(name=name)
    may_pass = account.allow(
        "iam:PassRole",
        f"{ROLE}app",
        StringEquals={"iam:PassedToService": "ecs-tasks.amazonaws.com"},
    )
    ecs = account.client("ecs", account.user(account.allow("ecs:*"), may_pass))
    assert register(ecs, taskRoleArn=f"{ROLE}app")["taskDefinition"]["revision"] == 1
    assert register(ecs, taskRoleArn="app")["taskDefinition"]["revision"] == 2
    assert refused(lambda: register(ecs, executionRoleArn=f"{ROLE}execution")) == (
        "AccessDeniedException",
        (
            "User: arn:aws:iam::123456789012:user/ana is not authorized to perform: iam:PassRole "
            f"on resource: {ROLE}execution because no identity-based policy allows the "
            "iam:PassRole action"
        ),
        400,
    )


def test_pass_role_for_the_wrong_service_does_not_count(account: Any, refused: Refused) -> None:
    """AWS: iam:PassedToService."""
    account.role()
    may_pass = account.allow(
        "iam:PassRole", f"{ROLE}app", StringEquals={"iam:PassedToService": "ec2.amazonaws.com"}
    )
    ecs = account.client("ecs", account.user(account.allow("ecs:*"), may_pass))
    assert "iam:PassRole" in refused(lambda: register(ecs, taskRoleArn=f"{ROLE}app"))[1]


@pytest.mark.parametrize("operation", ["run_task", "create_service", "update_service"])
def test_running_tasks_takes_pass_role_for_the_definitions_roles(
    account: Any, refused: Refused, operation: str
) -> None:
    """AWS: Service Authorization Reference, RunTask depends on iam:PassRole."""
    account.role()
    account.task_definitions["web"] = {
        "taskDefinitionArn": f"{PREFIX}task-definition/web:3",
        "taskRoleArn": f"{ROLE}app",
    }
    ecs = account.client("ecs", account.user(account.allow("ecs:*")))
    more = {} if operation == "run_task" else {"cluster": "prod"}
    if operation == "create_service":
        more["serviceName"] = "web"
    if operation == "update_service":
        more["service"] = "web"
    code, message, _ = refused(lambda: getattr(ecs, operation)(taskDefinition="web", **more))
    assert code == "AccessDeniedException"
    assert f"iam:PassRole on resource: {ROLE}app" in message


def test_an_override_is_the_role_that_is_passed(account: Any, refused: Refused) -> None:
    """AWS: botocore ecs TaskOverride.taskRoleArn."""
    account.task_definitions["web"] = {
        "taskDefinitionArn": f"{PREFIX}task-definition/web:3",
        "taskRoleArn": f"{ROLE}app",
    }
    user = account.user(account.allow("ecs:*"), account.allow("iam:PassRole", f"{ROLE}app"))
    ecs = account.client("ecs", user)
    overrides = {"taskRoleArn": f"{ROLE}other"}
    message = refused(lambda: ecs.run_task(taskDefinition="web", overrides=overrides))[1]
    assert f"iam:PassRole on resource: {ROLE}other" in message


def test_run_task_is_about_the_latest_revision_in_a_cluster(account: Any, refused: Refused) -> None:
    """AWS: Service Authorization Reference, RunTask: task-definition*, ecs:cluster."""
    account.task_definitions["web"] = {"taskDefinitionArn": f"{PREFIX}task-definition/web:3"}
    may_run = account.allow(
        "ecs:RunTask",
        f"{PREFIX}task-definition/web:*",
        ArnEquals={"ecs:cluster": f"{PREFIX}cluster/prod"},
    )
    ecs = account.client("ecs", account.user(may_run))
    message = refused(lambda: ecs.run_task(taskDefinition="web"))[1]
    assert f"ecs:RunTask on resource: {PREFIX}task-definition/web:3 because" in message
    # Past the gate: there is no such cluster.
    assert (
        "not authorized"
        not in refused(lambda: ecs.run_task(taskDefinition="web", cluster="prod"))[1]
    )


def test_event_targets_and_instances_take_pass_role(account: Any, refused: Refused) -> None:
    """AWS: id_roles_use_passrole; EventBridge PutTargets and EC2 RunInstances."""
    account.role(name="scheduler")
    account.role(name="ecsInstanceRole")
    account.iam.create_instance_profile(InstanceProfileName="nodes")
    account.iam.add_role_to_instance_profile(
        InstanceProfileName="nodes", RoleName="ecsInstanceRole"
    )
    user = account.user(account.allow(["events:*", "ec2:*"]))
    target = {"Id": "1", "Arn": f"{PREFIX}cluster/prod", "RoleArn": f"{ROLE}scheduler"}
    events, ec2 = account.client("events", user), account.client("ec2", user)
    message = refused(lambda: events.put_targets(Rule="nightly", Targets=[target]))[1]
    assert f"iam:PassRole on resource: {ROLE}scheduler" in message
    profile = {"Name": "nodes"}
    code, message, status = refused(
        lambda: ec2.run_instances(
            ImageId="ami-1", MinCount=1, MaxCount=1, IamInstanceProfile=profile
        )
    )
    assert (code, status) == ("UnauthorizedOperation", 403)
    assert f"iam:PassRole on resource: {ROLE}ecsInstanceRole" in message


def test_tags_at_creation_take_their_own_permission(account: Any, refused: Refused) -> None:
    """AWS: ECS supported-iam-actions-tagging; ecs:CreateAction."""
    tags = [{"key": "team", "value": "shop"}]
    user = account.user(account.allow("ecs:CreateCluster"))
    ecs = account.client("ecs", user)
    assert ecs.create_cluster(clusterName="plain")["cluster"]["status"] == "ACTIVE"
    message = refused(lambda: ecs.create_cluster(clusterName="c", tags=tags))[1]
    assert "perform: ecs:TagResource on" in message
    may_tag = account.allow(
        "ecs:TagResource", "*", StringEquals={"ecs:CreateAction": "CreateCluster"}
    )
    text = account.document(may_tag)
    account.iam.put_user_policy(UserName="ana", PolicyName="tag", PolicyDocument=text)
    assert ecs.create_cluster(clusterName="c", tags=tags)["cluster"]["status"] == "ACTIVE"


def test_tags_decide(account: Any, refused: Refused) -> None:
    """AWS: access_tags; aws:ResourceTag and aws:RequestTag."""
    mine = f"{PREFIX}cluster/mine"
    account.tags[mine] = {"team": "shop"}
    user = account.user(
        account.allow("ecs:DeleteCluster", StringEquals={"aws:ResourceTag/team": "shop"}),
        account.allow(
            ["ecs:CreateCluster", "ecs:TagResource"],
            StringEquals={"aws:RequestTag/team": "shop"},
            **{"ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}},
        ),
    )
    ecs = account.client("ecs", user)
    shop, other = {"key": "team", "value": "shop"}, {"key": "cost", "value": "1"}
    ecs.create_cluster(clusterName="mine", tags=[shop])
    assert refused(lambda: ecs.create_cluster(clusterName="two", tags=[shop, other]))[0] == (
        "AccessDeniedException"
    )
    assert refused(lambda: ecs.create_cluster(clusterName="two"))[0] == "AccessDeniedException"
    assert refused(lambda: ecs.delete_cluster(cluster="yours"))[0] == "AccessDeniedException"
    ecs.delete_cluster(cluster="mine")


def test_copies_and_deletions_in_s3_ask_for_each_object(account: Any, refused: Refused) -> None:
    """AWS: S3 CopyObject and DeleteObjects, permissions."""
    s3 = boto3.client("s3", REGION)
    s3.create_bucket(Bucket="photos")
    for key in ("in/a", "out/b"):
        s3.put_object(Bucket="photos", Key=key, Body=b"x")
    user = account.user(
        account.allow(["s3:PutObject", "s3:DeleteObject"], "arn:aws:s3:::photos/out/*")
    )
    mine = account.client("s3", user)
    message = refused(
        lambda: mine.copy_object(Bucket="photos", Key="out/a", CopySource="photos/in/a")
    )[1]
    assert 's3:GetObject on resource: "arn:aws:s3:::photos/in/a"' in message
    mine.delete_objects(Bucket="photos", Delete={"Objects": [{"Key": "out/b"}]})
    both = {"Objects": [{"Key": "out/b"}, {"Key": "in/a"}]}
    message = refused(lambda: mine.delete_objects(Bucket="photos", Delete=both))[1]
    assert "arn:aws:s3:::photos/in/a" in message


def test_a_bucket_policy_can_let_a_task_in_or_keep_it_out(account: Any, refused: Refused) -> None:
    """AWS: access_policies_identity-vs-resource: in one account either policy is enough."""
    s3 = boto3.client("s3", REGION)
    s3.create_bucket(Bucket="photos")
    s3.put_object(Bucket="photos", Key="a", Body=b"x")
    keys = account.task()
    task = account.client("s3", keys)
    assert refused(lambda: task.get_object(Bucket="photos", Key="a"))[0] == "AccessDenied"
    statement = {"Effect": "Allow", "Principal": {"AWS": f"{ROLE}app"}, "Action": "s3:GetObject"}
    statement["Resource"] = "arn:aws:s3:::photos/*"
    s3.put_bucket_policy(Bucket="photos", Policy=account.document(statement))
    assert task.get_object(Bucket="photos", Key="a")["Body"].read() == b"x"
    statement["Effect"] = "Deny"
    s3.put_bucket_policy(Bucket="photos", Policy=account.document(statement))
    text = account.document(account.allow("s3:*"))
    account.iam.put_role_policy(RoleName="app", PolicyName="all", PolicyDocument=text)
    message = refused(lambda: task.get_object(Bucket="photos", Key="a"))[1]
    assert message.endswith("with an explicit deny in a resource-based policy")


def test_a_key_policy_governs_its_key(account: Any, refused: Refused) -> None:
    """AWS: KMS key-policies: without the key policy's word no IAM policy helps."""
    kms = boto3.client("kms", REGION)
    arn = kms.create_key()["KeyMetadata"]["Arn"]
    kms.create_alias(AliasName="alias/shop", TargetKeyId=arn)
    blob = kms.encrypt(KeyId=arn, Plaintext=b"x")["CiphertextBlob"]
    task = account.client("kms", account.task(account.allow("kms:Decrypt", arn)))
    # The ciphertext tells the key, and an alias stands for it.
    assert task.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"
    assert task.decrypt(CiphertextBlob=blob, KeyId="alias/shop")["Plaintext"] == b"x"
    other = {"Effect": "Allow", "Principal": {"AWS": f"{ROLE}other"}, "Action": "kms:*"}
    other["Resource"] = "*"
    kms.put_key_policy(KeyId=arn, PolicyName="default", Policy=account.document(other))
    message = refused(lambda: task.decrypt(CiphertextBlob=blob))[1]
    assert message.endswith("because no resource-based policy allows the kms:Decrypt action")


def test_a_secret_called_by_name_is_judged_by_its_arn(account: Any, refused: Refused) -> None:
    """AWS: Secrets Manager auth-and-access_iam-policies: six characters follow the name."""
    secrets = boto3.client("secretsmanager", REGION)
    arn = secrets.create_secret(Name="prod/db", SecretString="x")["ARN"]
    pattern = "arn:aws:secretsmanager:us-east-1:123456789012:secret:prod/db-??????"
    task = account.client(
        "secretsmanager", account.task(account.allow("secretsmanager:*", pattern))
    )
    for name in ("prod/db", arn, arn[:-7]):
        assert task.get_secret_value(SecretId=name)["SecretString"] == "x"
    secrets.create_secret(Name="prod/db-replica", SecretString="y")
    message = refused(lambda: task.get_secret_value(SecretId="prod/db-replica"))[1]
    assert "resource: arn:aws:secretsmanager:us-east-1:123456789012:secret:prod/db-replica-" in (
        message
    )


def test_a_log_group_may_be_written_with_or_without_a_star(account: Any) -> None:
    """AWS: iam-access-control-overview-cwl: a log group's ARN with or without :*."""
    group = "arn:aws:logs:us-east-1:123456789012:log-group:/ecs/web"
    for number, arn in enumerate((group, f"{group}:*")):
        keys = account.task(account.allow("logs:*", arn), name=f"app{number}")
        logs = account.client("logs", keys)
        if number == 0:
            logs.create_log_group(logGroupName="/ecs/web")
        assert logs.describe_log_streams(logGroupName="/ecs/web")["logStreams"] == []


def test_transactions_ask_for_each_item(account: Any, refused: Refused) -> None:
    """AWS: DynamoDB transaction-apis-iam."""
    table = "arn:aws:dynamodb:us-east-1:123456789012:table/carts"
    task = account.client("dynamodb", account.task(account.allow("dynamodb:PutItem", table)))
    put = {"Put": {"TableName": "carts", "Item": {"id": {"S": "1"}}}}
    gone = {"Delete": {"TableName": "carts", "Key": {"id": {"S": "1"}}}}
    message = refused(lambda: task.transact_write_items(TransactItems=[put, gone]))[1]
    assert f"dynamodb:DeleteItem on resource: {table}" in message
    text = "SELECT * FROM \"carts\" WHERE id = '1'"
    message = refused(lambda: task.execute_statement(Statement=text))[1]
    assert f"dynamodb:PartiQLSelect on resource: {table}" in message


def test_an_unsigned_request_reaches_only_what_is_public(account: Any, refused: Refused) -> None:
    """AWS: S3 access-control-block-public-access; CommonErrors MissingAuthenticationToken."""
    from botocore import UNSIGNED
    from botocore.config import Config

    s3 = boto3.client("s3", REGION)
    s3.create_bucket(Bucket="site")
    s3.put_object(Bucket="site", Key="index.html", Body=b"hello")
    unsigned = Config(signature_version=UNSIGNED)
    anybody = boto3.client("s3", REGION, config=unsigned)
    assert refused(lambda: anybody.get_object(Bucket="site", Key="index.html")) == (
        "AccessDenied",
        "Access Denied",
        403,
    )
    public = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"}
    public["Resource"] = "arn:aws:s3:::site/*"
    s3.put_bucket_policy(Bucket="site", Policy=json.dumps({"Statement": [public]}))
    assert anybody.get_object(Bucket="site", Key="index.html")["Body"].read() == b"hello"
    ecs = boto3.client("ecs", REGION, config=unsigned)
    assert refused(ecs.list_clusters)[0] == "MissingAuthenticationTokenException"


def test_tags_are_judged_on_what_is_made(account: Any, refused: Refused) -> None:
    """AWS: EC2 supported-iam-actions-tagging; ELBv2 AddTags at creation."""
    user = account.user(account.allow(["ec2:CreateVpc", "elasticloadbalancing:CreateListener"]))
    tags = [{"Key": "team", "Value": "shop"}]
    specification = [{"ResourceType": "vpc", "Tags": tags}]
    ec2, elb = account.client("ec2", user), account.client("elbv2", user)
    message = refused(
        lambda: ec2.create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=specification)
    )[1]
    assert "ec2:CreateTags on resource: arn:aws:ec2:us-east-1:123456789012:vpc/*" in message
    balancer = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/web/abc"
    message = refused(
        lambda: elb.create_listener(LoadBalancerArn=balancer, DefaultActions=[], Tags=tags)
    )[1]
    assert "elasticloadbalancing:AddTags on resource: arn:aws:elasticloadbalancing:us-east-1:" in (
        message
    )
    assert ":listener/app/web/abc/*" in message


def test_a_deployment_takes_permission_for_its_service_too(account: Any, refused: Refused) -> None:
    """AWS: Service Authorization Reference, StopServiceDeployment needs both."""
    deployment = f"{PREFIX}service-deployment/prod/web/abc"
    user = account.user(account.allow("ecs:StopServiceDeployment", deployment))
    ecs = account.client("ecs", user)
    message = refused(lambda: ecs.stop_service_deployment(serviceDeploymentArn=deployment))[1]
    assert f"ecs:StopServiceDeployment on resource: {PREFIX}service/prod/web because" in message
