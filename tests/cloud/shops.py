"""A small account for the tests of the simulated cloud: a cluster, roles, a log group, subnets."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import boto3

from ecslab import Cloud, Image

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "ecs-tasks.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
)
EXECUTION_POLICY = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"


@dataclass
class Shop:
    """A running account with what most tests need in it."""

    cloud: Cloud
    ecs: Any
    subnets: list[str]
    role: str

    def network(self, *, public: str = "ENABLED") -> dict[str, Any]:
        """Return a network configuration in public subnets."""
        return {"awsvpcConfiguration": {"subnets": self.subnets[:2], "assignPublicIp": public}}

    def define(self, image: Image | str, *, family: str = "web", **container: Any) -> str:
        """Register a one-container Fargate task definition; return its ARN."""
        uri = image if isinstance(image, str) else self.cloud.push(image, f"{family}:1")
        spec = {"name": "app", "image": uri, "essential": True, **container}
        answer = self.ecs.register_task_definition(
            family=family,
            networkMode="awsvpc",
            requiresCompatibilities=["FARGATE"],
            cpu="256",
            memory="512",
            executionRoleArn=self.role,
            containerDefinitions=[spec],
        )
        return str(answer["taskDefinition"]["taskDefinitionArn"])

    def run(self, definition: str, **arguments: Any) -> str:
        """Run one task; return its ARN."""
        answer = self.ecs.run_task(
            cluster="shop",
            taskDefinition=definition,
            launchType="FARGATE",
            networkConfiguration=self.network(),
            **arguments,
        )
        return str(answer["tasks"][0]["taskArn"])

    def task(self, arn: str) -> dict[str, Any]:
        """Describe one task."""
        found = self.ecs.describe_tasks(cluster="shop", tasks=[arn])["tasks"]
        return dict(found[0])

    def stopped(self, arn: str) -> dict[str, Any]:
        """Wait until a task has stopped, and describe it."""
        self.ecs.get_waiter("tasks_stopped").wait(cluster="shop", tasks=[arn])
        return self.task(arn)

    def serve(self, definition: str, count: int = 2, **arguments: Any) -> str:
        """Create a service named `web`; return its ARN."""
        answer = self.ecs.create_service(
            cluster="shop",
            serviceName="web",
            taskDefinition=definition,
            desiredCount=count,
            launchType="FARGATE",
            networkConfiguration=self.network(),
            **arguments,
        )
        return str(answer["service"]["serviceArn"])

    def service(self) -> dict[str, Any]:
        """Describe the service `web`."""
        return dict(self.ecs.describe_services(cluster="shop", services=["web"])["services"][0])

    def messages(self) -> list[str]:
        """Return the service's event messages, oldest first."""
        return [event["message"] for event in reversed(self.service()["events"])]


def open_shop(cloud: Cloud) -> Shop:
    """Set up the account that `Shop` describes in a running cloud."""
    ecs, iam = boto3.client("ecs"), boto3.client("iam")
    ecs.create_cluster(clusterName="shop")
    role = iam.create_role(RoleName="execution", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    iam.attach_role_policy(RoleName="execution", PolicyArn=EXECUTION_POLICY)
    subnets = [item["SubnetId"] for item in boto3.client("ec2").describe_subnets()["Subnets"]]
    return Shop(cloud, ecs, subnets, role)
