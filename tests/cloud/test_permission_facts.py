"""Who may do what with ECS, in a running account: one test for each rule of the security facts.

AWS: Service Authorization Reference, Amazon ECS (condition keys); task-iam-roles;
task_execution_IAM_role; infrastructure_IAM_role; facts: security, sections 1 to 5.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from runs import EVERYTHING_TO_START, Json, Runs
from shops import TRUST, Shop

from ecslab import Image

ACCOUNT = "123456789012"
ECS = f"arn:aws:ecs:us-east-1:{ACCOUNT}"
ROLE = f"arn:aws:iam::{ACCOUNT}:role"


@pytest.fixture
def user(shop: Shop) -> Callable[..., Any]:
    """Return what makes an ECS client of a user with the given statements."""
    iam: Any = boto3.client("iam")

    def make(*statements: Json) -> Any:
        name = f"user{len(iam.list_users()['Users'])}"
        iam.create_user(UserName=name)
        document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=document)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return boto3.client(
            "ecs",
            aws_access_key_id=key["AccessKeyId"],
            aws_secret_access_key=key["SecretAccessKey"],
        )

    return make


def allow(action: Any, resource: Any = "*", **condition: Any) -> Json:
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    return statement | ({"Condition": condition} if condition else {})


PASS = allow("iam:PassRole", f"{ROLE}/*")


def denied(call: Callable[[], Any], action: str) -> None:
    with pytest.raises(ClientError) as caught:
        call()
    error = caught.value.response["Error"]
    assert error["Code"] == "AccessDeniedException"
    assert f"is not authorized to perform: {action} on resource" in error["Message"]


def run(client: Any, shop: Shop, family: str = "web", **given: Any) -> Any:
    return client.run_task(
        **{
            "cluster": "shop",
            "taskDefinition": family,
            "launchType": "FARGATE",
            "networkConfiguration": shop.network(),
        }
        | given
    )


def test_ecs_cluster_holds_a_permission_to_one_cluster(shop: Shop, user: Any) -> None:
    """AWS: ecs:cluster."""
    shop.define(Image())
    shop.ecs.create_cluster(clusterName="other")
    ana = user(allow("ecs:RunTask", ArnEquals={"ecs:cluster": f"{ECS}:cluster/shop"}), PASS)
    assert run(ana, shop)["failures"] == []
    denied(lambda: run(ana, shop, cluster="other"), "ecs:RunTask")


def test_run_task_is_about_a_task_definition(shop: Shop, user: Any) -> None:
    """AWS: RunTask, resource type task-definition*."""
    shop.define(Image())
    shop.define(Image(), family="admin")
    ana = user(allow("ecs:RunTask", f"{ECS}:task-definition/web:*"), PASS)
    assert run(ana, shop)["failures"] == []
    denied(lambda: run(ana, shop, "admin"), "ecs:RunTask")


def test_ecs_task_definition_holds_a_service_to_its_family(shop: Shop, user: Any) -> None:
    """AWS: ecs:task-definition, on CreateService and UpdateService."""
    shop.define(Image(port=8080))
    shop.define(Image(port=8080), family="admin")
    family = {"ecs:task-definition": f"{ECS}:task-definition/web:*"}
    ana = user(allow("ecs:*Service", ArnLike=family), PASS)
    asked = {"cluster": "shop", "desiredCount": 0, "launchType": "FARGATE"}
    asked["networkConfiguration"] = shop.network()
    ana.create_service(serviceName="web", taskDefinition="web", **asked)
    denied(
        lambda: ana.create_service(serviceName="admin", taskDefinition="admin", **asked),
        "ecs:CreateService",
    )
    denied(
        lambda: ana.update_service(cluster="shop", service="web", taskDefinition="admin"),
        "ecs:UpdateService",
    )


def test_ecs_enable_execute_command_keeps_exec_out(shop: Shop, user: Any) -> None:
    """AWS: ecs:enable-execute-command; ecs-exec, limiting access."""
    runs = Runs(shop)
    shop.define(Image())
    runs.role("app")
    ana = user(allow("ecs:RunTask", Bool={"ecs:enable-execute-command": "false"}), PASS)
    assert run(ana, shop)["failures"] == []
    exec_too = {"enableExecuteCommand": True, "overrides": {"taskRoleArn": f"{ROLE}/app"}}
    denied(lambda: run(ana, shop, **exec_too), "ecs:RunTask")


@pytest.mark.parametrize(
    ("value", "good", "bad"),
    [
        ("false", {"assignPublicIp": "DISABLED"}, {}),
        ("true", {}, {"assignPublicIp": "DISABLED"}),
    ],
)
def test_ecs_auto_assign_public_ip(
    shop: Shop, user: Any, value: str, good: Json, bad: Json
) -> None:
    """AWS: ecs:auto-assign-public-ip."""
    shop.define(Image())
    ana = user(allow("ecs:RunTask", Bool={"ecs:auto-assign-public-ip": value}), PASS)

    def network(changes: Json) -> Json:
        settings = shop.network()["awsvpcConfiguration"] | changes
        return {"networkConfiguration": {"awsvpcConfiguration": settings}}

    assert run(ana, shop, **network(good))["failures"] == []
    denied(lambda: run(ana, shop, **network(bad)), "ecs:RunTask")


def test_request_tags_and_resource_tags(shop: Shop, user: Any) -> None:
    """AWS: aws:RequestTag, aws:TagKeys, aws:ResourceTag, ecs:ResourceTag."""
    team = {"StringEquals": {"aws:RequestTag/team": "shop"}}
    ana = user(
        allow(["ecs:CreateCluster", "ecs:TagResource"], **team),
        allow("ecs:DeleteCluster", StringEquals={"aws:ResourceTag/team": "shop"}),
        allow("ecs:UpdateClusterSettings", StringEquals={"ecs:ResourceTag/team": "shop"}),
    )
    mine = [{"key": "team", "value": "shop"}]
    ana.create_cluster(clusterName="mine", tags=mine)
    denied(lambda: ana.create_cluster(clusterName="untagged"), "ecs:CreateCluster")
    shop.ecs.create_cluster(clusterName="theirs", tags=[{"key": "team", "value": "other"}])
    settings = [{"name": "containerInsights", "value": "enabled"}]
    ana.update_cluster_settings(cluster="mine", settings=settings)
    denied(
        lambda: ana.update_cluster_settings(cluster="theirs", settings=settings),
        "ecs:UpdateClusterSettings",
    )
    denied(lambda: ana.delete_cluster(cluster="theirs"), "ecs:DeleteCluster")
    assert ana.delete_cluster(cluster="mine")["cluster"]["status"] == "INACTIVE"


def test_tags_of_services_tasks_and_definitions_decide(shop: Shop, user: Any) -> None:
    """AWS: Service Authorization Reference: service, task and task-definition have tags."""
    shop.define(Image(port=8080))
    shop.ecs.tag_resource(
        resourceArn=f"{ECS}:task-definition/web:1", tags=[{"key": "team", "value": "shop"}]
    )
    shop.serve("web", 0, tags=[{"key": "team", "value": "shop"}])
    task = shop.run("web", tags=[{"key": "team", "value": "other"}])
    ana = user(allow("ecs:*", StringEquals={"aws:ResourceTag/team": "shop"}), PASS)
    assert run(ana, shop)["failures"] == []
    assert ana.update_service(cluster="shop", service="web", desiredCount=1)
    denied(lambda: ana.stop_task(cluster="shop", task=task), "ecs:StopTask")


def test_passing_roles_takes_pass_role_for_ecs_tasks(shop: Shop, user: Any) -> None:
    """AWS: task-iam-roles; iam:PassedToService is ecs-tasks.amazonaws.com."""
    shop.define(Image())

    def passing(service: str) -> Json:
        return allow("iam:PassRole", StringEquals={"iam:PassedToService": service})

    may = user(allow("ecs:RunTask"), passing("ecs-tasks.amazonaws.com"))
    assert run(may, shop)["failures"] == []
    for statements in ([], [passing("ecs.amazonaws.com")]):
        ana = user(allow("ecs:RunTask"), *statements)
        denied(lambda client=ana: run(client, shop), "iam:PassRole")


def trust(**condition: Json) -> str:
    document = json.loads(TRUST)
    document["Statement"][0]["Condition"] = condition
    return json.dumps(document)


@pytest.mark.parametrize(
    ("conditions", "works"),
    [
        ({"StringEquals": {"aws:SourceAccount": ACCOUNT}}, True),
        ({"StringEquals": {"aws:SourceAccount": "999999999999"}}, False),
        ({"ArnLike": {"aws:SourceArn": f"{ECS}:*"}}, True),
        ({"ArnLike": {"aws:SourceArn": f"arn:aws:ecs:eu-west-1:{ACCOUNT}:*"}}, False),
        ({"ArnLike": {"aws:SourceArn": f"{ECS}:cluster/shop"}}, False),
    ],
)
def test_the_confused_deputy_guard_of_a_trust_policy(
    shop: Shop, conditions: Json, *, works: bool
) -> None:
    """AWS: task-iam-roles: SourceAccount and SourceArn; one cluster alone is not supported."""
    runs = Runs(shop)
    role = runs.role("app", trust=trust(**conditions))
    shop.define(Image())
    if works:
        assert run(shop.ecs, shop, overrides={"taskRoleArn": role})["failures"] == []
    else:
        with pytest.raises(ClientError, match="unable to assume the role"):
            run(shop.ecs, shop, overrides={"taskRoleArn": role})


@pytest.mark.parametrize("principal", ["ecs.amazonaws.com", "ec2.amazonaws.com"])
def test_only_roles_that_trust_ecs_tasks_are_taken(shop: Shop, principal: str) -> None:
    """AWS: task-iam-roles, trust policy: ecs-tasks.amazonaws.com."""
    runs = Runs(shop)
    role = runs.role("app", trust=TRUST.replace("ecs-tasks.amazonaws.com", principal))
    shop.define(Image())
    with pytest.raises(ClientError, match="unable to assume the role"):
        run(shop.ecs, shop, overrides={"taskRoleArn": role})


def _calls() -> None:
    for service, call in (
        ("s3", lambda c: c.get_object(Bucket="covers", Key="1")),
        ("sqs", lambda c: c.get_queue_url(QueueName="orders")),
        ("dynamodb", lambda c: c.get_item(TableName="books", Key={"id": {"S": "1"}})),
        ("secretsmanager", lambda c: c.get_secret_value(SecretId="db")),
        ("ssm", lambda c: c.get_parameter(Name="/db")),
        ("kms", lambda c: c.list_keys()),
        ("ecr", lambda c: c.get_authorization_token()),
        ("logs", lambda c: c.describe_log_groups()),
        ("ecs", lambda c: c.list_tasks(cluster="shop")),
        ("cloudwatch", lambda c: c.list_metrics()),
        ("events", lambda c: c.list_rules()),
        ("sns", lambda c: c.list_topics()),
    ):
        try:
            call(boto3.client(service))  # type: ignore[no-untyped-call]
            print(service, "allowed")
        except ClientError as error:
            print(service, error.response["Error"]["Code"])


def test_the_application_is_denied_with_the_code_of_each_service(shop: Shop) -> None:
    """AWS: CommonErrors of each service; facts security 1: the application logs the denial."""
    runs = Runs(shop)
    boto3.client("s3").create_bucket(Bucket="covers")
    boto3.client("sqs").create_queue(QueueName="orders")
    role = runs.role("app", "none:Nothing")
    image = Image(work=_calls, every=3600)
    runs.start("app", runs.container("app", image), taskRoleArn=role)
    runs.until("app", "RUNNING")
    shop.cloud.advance(seconds=30)
    assert dict(line.split() for line in runs.lines("app")) == {
        "s3": "AccessDenied",
        "sqs": "AccessDenied",
        "dynamodb": "AccessDeniedException",
        "secretsmanager": "AccessDeniedException",
        "ssm": "AccessDeniedException",
        "kms": "AccessDeniedException",
        "ecr": "AccessDeniedException",
        "logs": "AccessDeniedException",
        "ecs": "AccessDeniedException",
        "cloudwatch": "AccessDenied",
        "events": "AccessDeniedException",
        "sns": "AuthorizationError",
    }


def _lists_buckets() -> None:
    try:
        boto3.client("s3").list_buckets()
        print("allowed")
    except ClientError as error:
        print(error.response["Error"]["Message"])


def said(shop: Shop, **definition: Any) -> str:
    runs = Runs(shop)
    image = Image(work=_lists_buckets, every=3600)
    runs.start("app", runs.container("app", image), **definition)
    runs.until("app", "RUNNING")
    shop.cloud.advance(seconds=10)
    return runs.lines("app")[0]


def test_the_application_never_uses_the_execution_role(shop: Shop) -> None:
    """AWS: task_execution_IAM_role: containers can't reach it; facts security 1."""
    iam: Any = boto3.client("iam")
    iam.create_role(RoleName="wide", AssumeRolePolicyDocument=TRUST)
    iam.create_role(RoleName="app", AssumeRolePolicyDocument=TRUST)
    document = json.dumps({"Version": "2012-10-17", "Statement": [allow("*")]})
    iam.put_role_policy(RoleName="wide", PolicyName="all", PolicyDocument=document)
    line = said(shop, executionRoleArn=f"{ROLE}/wide", taskRoleArn=f"{ROLE}/app")
    assert f"arn:aws:sts::{ACCOUNT}:assumed-role/app/" in line
    assert "s3:ListAllMyBuckets" in line


def test_ecs_never_uses_the_task_role_to_start(shop: Shop) -> None:
    """AWS: task-iam-roles; facts security 1: a task without execution rights never runs."""
    runs = Runs(shop)
    wide = runs.role("wide", "*")
    few = runs.role("few", *[a for a in EVERYTHING_TO_START if a != "ecr:BatchGetImage"])
    runs.start("app", runs.container("app", Image()), executionRoleArn=few, taskRoleArn=wide)
    stopped = runs.until("app", "STOPPED")
    assert stopped["stopCode"] == "TaskFailedToStart"
    assert "ecr:BatchGetImage" in stopped["stoppedReason"]
    assert ":assumed-role/few/" in stopped["stoppedReason"]


def test_a_permissions_boundary_limits_a_task_role(shop: Shop) -> None:
    """AWS: access_policies_boundaries."""
    iam: Any = boto3.client("iam")
    document = json.dumps({"Version": "2012-10-17", "Statement": [allow("sqs:*")]})
    boundary = iam.create_policy(PolicyName="only-queues", PolicyDocument=document)["Policy"]["Arn"]
    iam.create_role(RoleName="app", AssumeRolePolicyDocument=TRUST, PermissionsBoundary=boundary)
    wide = json.dumps({"Version": "2012-10-17", "Statement": [allow("*")]})
    iam.put_role_policy(RoleName="app", PolicyName="all", PolicyDocument=wide)
    line = said(shop, taskRoleArn=f"{ROLE}/app")
    assert "because no permissions boundary allows the s3:ListAllMyBuckets action" in line


def test_the_service_linked_role_is_made_with_the_first_cluster(shop: Shop) -> None:
    """AWS: using-service-linked-roles: AWSServiceRoleForECS, made when it is needed."""
    iam: Any = boto3.client("iam")
    role = iam.get_role(RoleName="AWSServiceRoleForECS")["Role"]
    assert role["Path"] == "/aws-service-role/ecs.amazonaws.com/"
    principal = role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]
    assert principal == {"Service": "ecs.amazonaws.com"}
    with pytest.raises(ClientError):
        iam.delete_role(RoleName="AWSServiceRoleForECS")
    with pytest.raises(ClientError):
        iam.put_role_policy(
            RoleName="AWSServiceRoleForECS", PolicyName="more", PolicyDocument=TRUST
        )


@pytest.mark.parametrize("operation", ["get_secret_value", "get_parameter"])
def test_an_application_needs_the_customer_key_of_what_it_reads(shop: Shop, operation: str) -> None:
    """AWS: Secrets Manager security-encryption; Parameter Store SecureString: kms:Decrypt."""
    key = boto3.client("kms").create_key()["KeyMetadata"]["Arn"]
    boto3.client("secretsmanager").create_secret(Name="db", SecretString="x", KmsKeyId=key)
    boto3.client("ssm").put_parameter(Name="/db", Value="x", Type="SecureString", KeyId=key)
    iam: Any = boto3.client("iam")
    iam.create_user(UserName="ana")
    keys = iam.create_access_key(UserName="ana")["AccessKey"]

    def read() -> Any:
        service = "ssm" if operation == "get_parameter" else "secretsmanager"
        client: Any = boto3.client(
            service,
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
        )
        asked = {"Name": "/db", "WithDecryption": True}
        return getattr(client, operation)(**(asked if service == "ssm" else {"SecretId": "db"}))

    def permit(*statements: Json) -> None:
        document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        iam.put_user_policy(UserName="ana", PolicyName="own", PolicyDocument=document)

    reading = allow(["secretsmanager:GetSecretValue", "ssm:GetParameter"])
    permit(reading)
    with pytest.raises(ClientError, match="AccessDeniedException") as caught:
        read()
    words = "Access to KMS is not allowed" if operation == "get_secret_value" else "kms:Decrypt"
    assert words in str(caught.value)
    permit(reading, allow("kms:Decrypt", key))
    assert read()


def test_nobody_changes_a_service_linked_role(shop: Shop) -> None:
    """Botocore iam UnmodifiableEntityException; using-service-linked-roles (Amazon ECS)."""
    iam: Any = boto3.client("iam")
    name = "AWSServiceRoleForECS"
    role = iam.get_role(RoleName=name)["Role"]
    assert role["Path"] == "/aws-service-role/ecs.amazonaws.com/"
    (policy,) = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    for change in (
        lambda: iam.delete_role(RoleName=name),
        lambda: iam.detach_role_policy(RoleName=name, PolicyArn=policy["PolicyArn"]),
        lambda: iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=TRUST),
        lambda: iam.update_assume_role_policy(RoleName=name, PolicyDocument=TRUST),
    ):
        with pytest.raises(ClientError, match="only modifiable by AWS") as caught:
            change()
        assert caught.value.response["Error"]["Code"] == "UnmodifiableEntity"
    iam.update_role_description(RoleName=name, Description="of our shop")
    Runs(shop).role("own", "ecs:ListTasks")
    iam.delete_role_policy(RoleName="own", PolicyName="inline")
    iam.delete_role(RoleName="own")
