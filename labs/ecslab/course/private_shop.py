"""The Bookshop of module 11: a storefront, a catalog with a password, and much left open."""

from __future__ import annotations

import hashlib
import json
import os
from typing import TYPE_CHECKING, Any

import boto3
import requests

from ecslab.course import bookshop, private_network
from ecslab.model.image import Image

if TYPE_CHECKING:
    from collections.abc import Callable

    from ecslab.cloud import Cloud

__all__ = [
    "BUCKET",
    "CATALOG",
    "CATALOG_ROLE",
    "CLUSTER",
    "COUNTS",
    "LEAKED",
    "LOG_GROUP",
    "PORT",
    "TIERS",
    "VISITOR",
    "fingerprint",
    "prepare_lab",
    "prepare_lesson",
]

CLUSTER = "bookshop"
PORT = 8080
LOG_GROUP = "/bookshop/private"
BUCKET = "bookshop-books-123456789012"
LEAKED = "tolstoy-1869"
"""The password of the database as it stands in the catalog's definition."""

COUNTS = {"storefront": 2, "catalog": 2}
VISITOR = "carol"
"""The user of the lab who has looked into a container."""

TIERS = ("front-door", "storefront", "catalog-door", "catalog", "endpoints")
"""The security groups of the lab, from the internet inwards."""

CATALOG_ROLE = "bookshop-catalog"
STOREFRONT_ROLE = "bookshop-storefront"
_WHOLE_WORLD = [{"CidrIp": "0.0.0.0/0"}]


def fingerprint(password: str) -> str:
    """Give what the catalog shows of its password: enough to compare, too little to use.

    Args:
        password: the text.
    """
    return hashlib.sha256(password.encode()).hexdigest()[:12]


def _storefront(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    """Answer with the books of the catalog, or with what the catalog says of its password."""
    path = environ["PATH_INFO"]
    if path == "/health":
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"ok\n"]
    asked = path if path == "/fingerprint" else "/books"
    try:
        answer = requests.get(f"{os.environ['CATALOG_URL']}{asked}", timeout=5)
        answer.raise_for_status()
    except requests.RequestException as error:
        print(f"catalog: {type(error).__name__}: {error}")  # noqa: T201 - its log
        start_response("502 Bad Gateway", [("Content-Type", "text/plain")])
        return [b"no catalog\n"]
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [answer.content]


def _catalog(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    """Answer with the books of the bucket, or with the fingerprint of the password."""
    status, body = "200 OK", b"ok\n"
    if environ["PATH_INFO"] == "/fingerprint":
        body = f"{fingerprint(os.environ['DB_PASSWORD'])}\n".encode()
    elif environ["PATH_INFO"] == "/books":
        try:
            found = boto3.client("s3").get_object(Bucket=BUCKET, Key="books.txt")
            body = found["Body"].read()
        except Exception as error:  # noqa: BLE001 - a server answers whatever happens, and logs it
            print(f"books: {type(error).__name__}: {error}")  # noqa: T201 - its log
            status, body = "503 Service Unavailable", b"no books\n"
    start_response(status, [("Content-Type", "text/plain")])
    return [body]


STOREFRONT = Image(
    port=PORT,
    app=_storefront,
    command=("python", "storefront.py"),
    logs=(f"storefront listens on port {PORT}",),
    ready_after=3.0,
    stop_after=2.0,
    memory=110.0,
    writes=("/tmp/sessions",),  # noqa: S108 - a container's own
    volumes=("/tmp",),  # noqa: S108 - as above
    user="app",
)
CATALOG = Image(
    port=PORT,
    app=_catalog,
    command=("python", "catalog.py"),
    logs=(f"catalog listens on port {PORT}",),
    required_environment=("DB_PASSWORD",),
    ready_after=4.0,
    stop_after=2.0,
    memory=120.0,
    writes=("/tmp/catalog.pid",),  # noqa: S108 - a container's own
    volumes=("/tmp",),  # noqa: S108 - as above
    user="app",
)


def prepare_lesson(cloud: Cloud) -> None:
    """Run storefront and catalog in public subnets; the catalog is open to everybody.

    Args:
        cloud: the running account.
    """
    place = private_network.make("storefront", "catalog")
    _let_in(place.groups["storefront"], PORT)
    _let_in(place.groups["catalog"], PORT)
    _common(cloud)
    _define("storefront", _uri(cloud, "storefront"), CATALOG_URL="http://localhost")
    _define("catalog", _uri(cloud, "catalog"), DB_PASSWORD=LEAKED)
    for name in ("storefront", "catalog"):
        _serve(name, 1, place, exec_enabled=True)
    cloud.advance(minutes=3)


def prepare_lab(cloud: Cloud) -> None:
    """Run the shop behind two load balancers, with everything open; somebody has looked inside.

    Args:
        cloud: the running account.
    """
    place = private_network.make(*TIERS)
    for name in TIERS:
        if name != "front-door":
            _let_in(place.groups[name], None)
    _let_in(place.groups["front-door"], 80)
    _common(cloud)
    public = [place.subnets[name] for name in private_network.PUBLIC]
    private = [place.subnets[name] for name in private_network.PRIVATE]
    front = _door("storefront", "internet-facing", public, place, "front-door")
    inner = _door("catalog", "internal", private, place, "catalog-door")
    # A key that somebody left behind; nothing uses it.
    key = {"AWS_ACCESS_KEY_ID": "AKIAQ3LEFTBEHIND2222", "AWS_SECRET_ACCESS_KEY": "left-behind"}
    _define(
        "storefront",
        _uri(cloud, "storefront"),
        logs=False,
        CATALOG_URL=f"http://{inner[1]}",
        **key,
    )
    _define("catalog", _uri(cloud, "catalog"), DB_PASSWORD=LEAKED)
    _serve("storefront", COUNTS["storefront"], place, target=front[0])
    _serve("catalog", COUNTS["catalog"], place, target=inner[0], exec_enabled=True)
    cloud.advance(minutes=4)
    _visit(cloud)
    cloud.advance(minutes=20)


def _common(cloud: Cloud) -> None:
    """Make what all of it needs: cluster, roles, books and a log group."""
    logs = boto3.client("logs")
    logs.create_log_group(logGroupName=LOG_GROUP)
    logs.put_retention_policy(logGroupName=LOG_GROUP, retentionInDays=30)
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="books.txt", Body=b"Emma, Ulysses, War and Peace\n")
    bookshop.execution_role()
    bookshop.task_role(CATALOG_ROLE, "s3:GetObject", f"arn:aws:s3:::{BUCKET}/*")
    bookshop.task_role(STOREFRONT_ROLE, "ssmmessages:*", "*")
    bookshop.allow(CATALOG_ROLE, "ssmmessages:*", "*")
    boto3.client("ecs").create_cluster(clusterName=CLUSTER)
    cloud.advance(minutes=1)


def _let_in(group: str, port: int | None) -> None:
    """Let the whole world in on a port, or on all of them."""
    rule: dict[str, Any] = {"IpProtocol": "-1", "IpRanges": _WHOLE_WORLD}
    if port is not None:
        rule |= {"IpProtocol": "tcp", "FromPort": port, "ToPort": port}
    boto3.client("ec2").authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])


def _uri(cloud: Cloud, name: str) -> str:
    return cloud.push(STOREFRONT if name == "storefront" else CATALOG, f"{name}:4.0")


def _door(
    name: str, scheme: str, subnets: list[str], place: private_network.Place, group: str
) -> tuple[str, str]:
    """Make a load balancer with one listener; give its target group and its DNS name."""
    elbv2 = boto3.client("elbv2")
    target = elbv2.create_target_group(
        Name=name,
        Protocol="HTTP",
        Port=PORT,
        VpcId=place.vpc,
        TargetType="ip",
        HealthCheckPath="/health",
    )["TargetGroups"][0]["TargetGroupArn"]
    balancer = elbv2.create_load_balancer(
        Name=name, Scheme=scheme, Subnets=subnets, SecurityGroups=[place.groups[group]]
    )["LoadBalancers"][0]
    elbv2.create_listener(
        LoadBalancerArn=balancer["LoadBalancerArn"],
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": target}],
    )
    return str(target), str(balancer["DNSName"])


def _define(family: str, image: str, *, logs: bool = True, **environment: str) -> None:
    options = {
        "awslogs-group": LOG_GROUP,
        "awslogs-region": "us-east-1",
        "awslogs-stream-prefix": "shop",
    }
    container: dict[str, Any] = {
        "name": family,
        "image": image,
        "portMappings": [{"containerPort": PORT}],
        "environment": [{"name": name, "value": text} for name, text in environment.items()],
    }
    if logs:
        container["logConfiguration"] = {"logDriver": "awslogs", "options": options}
    role = CATALOG_ROLE if family == "catalog" else STOREFRONT_ROLE
    boto3.client("ecs").register_task_definition(
        family=family,
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="256",
        memory="512",
        executionRoleArn=bookshop.execution_role(),
        taskRoleArn=f"arn:aws:iam::123456789012:role/{role}",
        containerDefinitions=[container],
    )


def _serve(
    name: str,
    count: int,
    place: private_network.Place,
    *,
    target: str = "",
    exec_enabled: bool = False,
) -> None:
    balancers = (
        [{"targetGroupArn": target, "containerName": name, "containerPort": PORT}] if target else []
    )
    network = {
        "subnets": [place.subnets[each] for each in private_network.PUBLIC],
        "securityGroups": [place.groups[name]],
        "assignPublicIp": "ENABLED",
    }
    boto3.client("ecs").create_service(
        cluster=CLUSTER,
        serviceName=name,
        taskDefinition=name,
        desiredCount=count,
        launchType="FARGATE",
        enableExecuteCommand=exec_enabled,
        loadBalancers=balancers,
        networkConfiguration={"awsvpcConfiguration": network},
    )


def _visit(cloud: Cloud) -> None:
    """Let a user open a session in a container of the catalog, and read its variables."""
    from ecslab.cloud import open_session

    iam = boto3.client("iam")
    statement = {"Effect": "Allow", "Action": "ecs:*", "Resource": "*"}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    for name in ("alice", VISITOR):
        iam.create_user(UserName=name)
        iam.put_user_policy(UserName=name, PolicyName="ecs", PolicyDocument=json.dumps(document))
    for name, command in (("alice", "ls /app"), (VISITOR, "env")):
        key = iam.create_access_key(UserName=name)["AccessKey"]
        ecs = boto3.client(
            "ecs",
            aws_access_key_id=key["AccessKeyId"],
            aws_secret_access_key=key["SecretAccessKey"],
        )
        service = "storefront" if name == "alice" else "catalog"
        task = ecs.list_tasks(cluster=CLUSTER, serviceName=service)["taskArns"][0]
        try:
            answer = ecs.execute_command(
                cluster=CLUSTER, task=task, command=command, interactive=True
            )
            open_session(answer["session"])
        except ecs.exceptions.InvalidParameterException:
            continue  # the storefront's tasks do not take sessions, which alice found out
        finally:
            cloud.advance(minutes=2)
