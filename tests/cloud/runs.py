"""Tasks that run side by side in one account, each under a name, for tests that judge many."""

from __future__ import annotations

import json
from typing import Any

import boto3
from shops import TRUST, Shop

from ecslab import Image

Json = dict[str, Any]

LOG_GROUP = "/runs"
PULL = ("ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage")
LOG = ("logs:CreateLogStream", "logs:PutLogEvents")
EVERYTHING_TO_START = ("ecr:GetAuthorizationToken", *PULL, *LOG)


class Runs:
    """Named tasks of one account.

    Args:
        shop: the account.
    """

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.ecs = shop.ecs
        self.logs: Any = boto3.client("logs")
        self.logs.create_log_group(logGroupName=LOG_GROUP)
        self.arns: dict[str, str] = {}

    def role(self, name: str, *actions: str, trust: str = TRUST) -> str:
        """Make a role that permits some actions on everything; return its ARN."""
        iam: Any = boto3.client("iam")
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        if actions:
            iam.put_role_policy(RoleName=name, PolicyName="inline", PolicyDocument=allow(*actions))
        return str(arn)

    def container(self, name: str, image: Image | str, **settings: Any) -> Json:
        """Return a container definition that writes to the log group."""
        uri = image if isinstance(image, str) else self.shop.cloud.push(image, f"{name}:1")
        return {"name": name, "image": uri, "logConfiguration": logging(name), **settings}

    def start(
        self,
        name: str,
        *containers: Json,
        network: Json | None = None,
        request: Json | None = None,
        **definition: Any,
    ) -> str:
        """Register a family of that name and run one task of it; return the task's ARN."""
        settings: Json = {
            "networkMode": "awsvpc",
            "requiresCompatibilities": ["FARGATE"],
            "cpu": "256",
            "memory": "512",
            "executionRoleArn": self.shop.role,
            **definition,
        }
        self.ecs.register_task_definition(
            family=name,
            containerDefinitions=list(containers),
            **{key: value for key, value in settings.items() if value is not None},
        )
        answer = self.ecs.run_task(
            cluster="shop",
            taskDefinition=name,
            launchType="FARGATE",
            networkConfiguration=network or self.shop.network(),
            **(request or {}),
        )
        assert answer["failures"] == []
        self.arns[name] = str(answer["tasks"][0]["taskArn"])
        return self.arns[name]

    def task(self, name: str) -> Json:
        """Describe the task of that name."""
        return self.shop.task(self.arns[name])

    def lines(self, name: str, container: str = "") -> list[str]:
        """Return what a container of the task has printed, in order."""
        stream = f"{container or name}/{container or name}/{self.arns[name].rsplit('/', 1)[-1]}"
        events = self.logs.get_log_events(
            logGroupName=LOG_GROUP, logStreamName=stream, startFromHead=True
        )
        return [event["message"] for event in events["events"]]

    def until(self, name: str, status: str, timeout: float = 900) -> Json:
        """Let time pass until the task has a status; describe it then."""
        self.shop.cloud.run_until(lambda: self.task(name)["lastStatus"] == status, timeout)
        return self.task(name)


def allow(*actions: str, resource: str | list[str] = "*") -> str:
    """Return a policy document that permits actions."""
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def logging(prefix: str, group: str = LOG_GROUP, **options: str) -> Json:
    """Return an awslogs configuration."""
    settings = {"awslogs-group": group, "awslogs-region": "us-east-1"}
    settings |= {"awslogs-stream-prefix": prefix}
    return {"logDriver": "awslogs", "options": settings | options}


def named(task: Json, name: str) -> Json:
    """Return one container of a described task."""
    found: Json = next(item for item in task["containers"] if item["name"] == name)
    return found


def depends(container: str, condition: str) -> list[Json]:
    """Return a dependsOn list of one entry."""
    return [{"containerName": container, "condition": condition}]
