"""The account of lesson 10: a catalog whose permissions stand on the wrong roles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3

from ecslab.course import bookshop, role_shop
from ecslab.model.image import Image

if TYPE_CHECKING:
    from ecslab.cloud import Cloud

__all__ = ["prepare"]

_START = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
_TASKS = {"Service": "ecs-tasks.amazonaws.com"}


def _look_for_books() -> None:
    """Say who this is, and count the books."""
    try:
        print(boto3.client("sts").get_caller_identity()["Arn"])  # noqa: T201 - its log
        found = boto3.client("s3").get_object(Bucket=role_shop.BOOKS, Key="books.json")
        print(f"books.json: {len(found['Body'].read())} bytes")  # noqa: T201 - its log
    except Exception as error:  # noqa: BLE001 - a program logs whatever happens
        print(error)  # noqa: T201 - its log


CATALOG = Image(work=_look_for_books, every=100.0, required_environment=("DB_PASSWORD",))
"""A catalog without a web page: it looks at its books when it starts, and again and again."""


def prepare(cloud: Cloud) -> None:
    """Make all of the shop but the permissions in the right places.

    Args:
        cloud: the running account.
    """
    secret = role_shop.stock()
    execution = role_shop.make_role(bookshop.EXECUTION_ROLE, _TASKS, _START)
    task = role_shop.make_role(role_shop.CATALOG_ROLE, _TASKS)
    bookshop.allow(role_shop.CATALOG_ROLE, "secretsmanager:GetSecretValue", secret)
    bookshop.allow(bookshop.EXECUTION_ROLE, "s3:GetObject", f"arn:aws:s3:::{role_shop.BOOKS}/*")
    ecs: Any = boto3.client("ecs")
    ecs.create_cluster(clusterName=role_shop.CLUSTER)
    image = cloud.push(CATALOG, "catalog:1.0")
    password = [{"name": "DB_PASSWORD", "valueFrom": secret}]
    plan = role_shop.definition("catalog", image, execution, secrets=password)
    ecs.register_task_definition(**plan, taskRoleArn=task)
