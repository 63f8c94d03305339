"""The Bookshop of module 10: two services, some recorded minutes, and administrators everywhere."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, Final

import boto3
from botocore.exceptions import ClientError

from ecslab.course import bookshop, role_audit
from ecslab.course.first_storefront import PORT
from ecslab.course.front_door import BALANCER, TARGETS, open_front_door
from ecslab.model.image import Image

if TYPE_CHECKING:
    from ecslab.cloud import Cloud

__all__ = [
    "ADMINISTRATOR",
    "ADMINISTRATOR_ROLE",
    "BALANCER",
    "BOOKS",
    "CATALOG_ROLE",
    "CLUSTER",
    "CUSTOMERS",
    "DEPLOYER_ROLE",
    "FULFILMENT_ROLE",
    "LETTERS",
    "LOG_GROUP",
    "PAYMENTS",
    "QUEUE",
    "SECRET",
    "TRAIL_BUCKET",
    "definition",
    "make_role",
    "prepare_lab",
    "stock",
    "task_network",
]

CLUSTER = "bookshop"
LOG_GROUP = "/bookshop/shop"
BOOKS, LETTERS, CUSTOMERS = "bookshop-books", "bookshop-letters", "bookshop-customers"
TRAIL_BUCKET = "bookshop-trail"
QUEUE, RETURNS = "orders", "returns"
SECRET = "bookshop/catalog"  # noqa: S105 - its name, not its value
PAYMENTS = "bookshop/payments"

CATALOG_ROLE, FULFILMENT_ROLE = "catalog-task", "fulfilment-task"
DEPLOYER_ROLE, ADMINISTRATOR_ROLE = "deployer", "bookshop-admin"
ADMINISTRATOR: Final = "arn:aws:iam::aws:policy/AdministratorAccess"

_ECS_TASKS: Final = {"Service": "ecs-tasks.amazonaws.com"}
_ACCOUNT: Final = {"AWS": "arn:aws:iam::123456789012:root"}
_RECORDED_MINUTES = 5
_HEALTH_SECONDS = 20
"""Between two looks of the load balancer, each of which lets the catalog read its books."""


def _pack_orders() -> None:
    """Pack the orders that wait."""
    sqs, queue = boto3.client("sqs"), os.environ["QUEUE_URL"]
    try:
        found = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
    except ClientError as error:
        print(f"orders failed: {error}")  # noqa: T201 - its log
        return
    for message in found.get("Messages", []):
        order = message["Body"]
        try:
            _write_letter(order)
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
            print(f"packed {order}")  # noqa: T201 - its log
        except ClientError as error:
            print(f"{order} failed: {error}")  # noqa: T201 - its log


def _write_letter(order: str) -> None:
    """Write the letter that belongs to a gift; it is printed from a bucket."""
    if order.startswith("gift"):
        letter = {"Bucket": os.environ["LETTERS_BUCKET"], "Key": f"{order}.txt"}
        boto3.client("s3").put_object(Body=b"With our best wishes\n", **letter)


FULFILMENT = Image(logs=("fulfilment waits for orders",), work=_pack_orders, every=30.0)


def make_role(name: str, principal: dict[str, str], *policies: str) -> str:
    """Make a role; give its ARN.

    Args:
        name: of the role.
        principal: who may assume it, as a trust policy says it.
        policies: the ARNs of managed policies to attach.
    """
    iam = boto3.client("iam")
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]
    for policy in policies:
        iam.attach_role_policy(RoleName=name, PolicyArn=policy)
    return str(role["Arn"])


def stock() -> str:
    """Make the buckets, the secrets and the log group; give the ARN of the catalog's secret."""
    s3, secrets, logs = (boto3.client(name) for name in ("s3", "secretsmanager", "logs"))
    for bucket in (BOOKS, LETTERS, CUSTOMERS):
        s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=BOOKS, Key="books.json", Body=b'["Momo", "Emil", "Heidi"]\n')
    s3.put_object(Bucket=CUSTOMERS, Key="customers.csv", Body=b"name,street\n")
    secrets.create_secret(Name=PAYMENTS, SecretString="not for the catalog")
    secret = secrets.create_secret(Name=SECRET, SecretString="correct horse")["ARN"]
    logs.create_log_group(logGroupName=LOG_GROUP)
    logs.put_retention_policy(logGroupName=LOG_GROUP, retentionInDays=7)
    return str(secret)


def definition(family: str, image: str, execution: str, **container: Any) -> dict[str, Any]:
    """Give a small definition of one container for Fargate, to be registered.

    Args:
        family: its name, that of its container and of its log streams.
        image: the image's URI.
        execution: the ARN of the execution role.
        container: further members of the container.
    """
    options = {
        "awslogs-group": LOG_GROUP,
        "awslogs-region": "us-east-1",
        "awslogs-stream-prefix": family,
    }
    log = {"logDriver": "awslogs", "options": options}
    return {
        "family": family,
        "requiresCompatibilities": ["FARGATE"],
        "networkMode": "awsvpc",
        "cpu": "256",
        "memory": "512",
        "executionRoleArn": execution,
        "containerDefinitions": [
            {"name": family, "image": image, "logConfiguration": log, **container}
        ],
    }


def catalog_container(secret: str) -> dict[str, Any]:
    """Give what the catalog's container needs: its port, its bucket and its password.

    Args:
        secret: the ARN of the secret with the password.
    """
    return {
        "portMappings": [{"containerPort": PORT}],
        "environment": [{"name": "BOOKS_BUCKET", "value": BOOKS}],
        "secrets": [{"name": "DB_PASSWORD", "valueFrom": secret}],
    }


def prepare_lab(cloud: Cloud) -> None:
    """Run the shop with administrators for roles, and record some minutes of it.

    Args:
        cloud: the running account.
    """
    secret = stock()
    sqs = boto3.client("sqs")
    queue = sqs.create_queue(QueueName=QUEUE)["QueueUrl"]
    sqs.create_queue(QueueName=RETURNS)
    roles = {
        name: make_role(name, _ECS_TASKS, ADMINISTRATOR)
        for name in (bookshop.EXECUTION_ROLE, CATALOG_ROLE, FULFILMENT_ROLE, ADMINISTRATOR_ROLE)
    }
    make_role(DEPLOYER_ROLE, _ACCOUNT, ADMINISTRATOR)
    role_audit.prepare(cloud, make_role("auditor-execution", _ECS_TASKS, role_audit.START_POLICY))
    boto3.client("ecs").create_cluster(clusterName=CLUSTER)
    open_front_door(PORT)
    group = _door()[0]["targetGroupArn"]
    boto3.client("elbv2").modify_target_group(
        TargetGroupArn=group, HealthCheckIntervalSeconds=_HEALTH_SECONDS
    )
    _record()
    execution = roles[bookshop.EXECUTION_ROLE]
    image = cloud.push(bookshop.CATALOG, "catalog:1.0")
    plan = definition("catalog", image, execution, **catalog_container(secret))
    _serve(plan | {"taskRoleArn": roles[CATALOG_ROLE]}, loadBalancers=_door())
    image = cloud.push(FULFILMENT, "fulfilment:1.0")
    settings = {"QUEUE_URL": queue, "LETTERS_BUCKET": LETTERS}
    environment = [{"name": name, "value": value} for name, value in settings.items()]
    plan = definition("fulfilment", image, execution, environment=environment)
    _serve(plan | {"taskRoleArn": roles[FULFILMENT_ROLE]})
    cloud.advance(minutes=1)
    for number in range(2):
        sqs.send_message(QueueUrl=queue, MessageBody=f"order-{number:03}")
    # A trail writes its files every five minutes.
    cloud.advance(minutes=_RECORDED_MINUTES)
    boto3.client("cloudtrail").stop_logging(Name=CLUSTER)


def task_network() -> dict[str, Any]:
    """Give tasks the subnets of the load balancer, and the security group that lets it in."""
    wanted = {"Name": "group-name", "Values": [TARGETS]}
    groups = boto3.client("ec2").describe_security_groups(Filters=[wanted])["SecurityGroups"]
    settings = bookshop.network()["awsvpcConfiguration"]
    return {"awsvpcConfiguration": settings | {"securityGroups": [groups[0]["GroupId"]]}}


def _record() -> None:
    """Write what is called into log files, the data events of S3 and SQS among it."""
    boto3.client("s3").create_bucket(Bucket=TRAIL_BUCKET)
    trail = boto3.client("cloudtrail")
    trail.create_trail(Name=CLUSTER, S3BucketName=TRAIL_BUCKET)
    selectors = [_selector("Management")]
    selectors += [_selector("Data", kind) for kind in ("AWS::S3::Object", "AWS::SQS::Queue")]
    trail.put_event_selectors(TrailName=CLUSTER, AdvancedEventSelectors=selectors)
    trail.start_logging(Name=CLUSTER)


def _selector(category: str, kind: str = "") -> dict[str, Any]:
    fields = [{"Field": "eventCategory", "Equals": [category]}]
    if kind:
        fields.append({"Field": "resources.type", "Equals": [kind]})
    return {"Name": kind or category, "FieldSelectors": fields}


def _door() -> list[dict[str, Any]]:
    groups = boto3.client("elbv2").describe_target_groups(Names=[TARGETS])["TargetGroups"]
    arn = groups[0]["TargetGroupArn"]
    return [{"targetGroupArn": arn, "containerName": "catalog", "containerPort": PORT}]


def _serve(plan: dict[str, Any], **more: Any) -> None:
    ecs = boto3.client("ecs")
    ecs.register_task_definition(**plan)
    ecs.create_service(
        cluster=CLUSTER,
        serviceName=plan["family"],
        taskDefinition=plan["family"],
        desiredCount=1,
        launchType="FARGATE",
        networkConfiguration=task_network(),
        **more,
    )
