"""EC2 instances that join a cluster, for the tests of EC2 capacity."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import boto3
from shapes import checked
from shops import Shop

Json = dict[str, Any]

INSTANCE_POLICY = "arn:aws:iam::aws:policy/service-role/AmazonEC2ContainerServiceforEC2Role"
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "ec2.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
)
JOIN = "#!/bin/bash\necho ECS_CLUSTER={} >> /etc/ecs/ecs.config\n"


@dataclass
class Fleet:
    """A shop whose cluster can have container instances."""

    shop: Shop
    ecs: Any
    ec2: Any
    profile: str

    def launch(self, count: int = 1, *, subnet: int = 0, **arguments: Any) -> list[str]:
        """Launch instances that join the cluster `shop`; return their EC2 ids."""
        request: Json = {
            "ImageId": "ami-0c0ffee0c0ffee000",
            "InstanceType": "t3.medium",
            "UserData": JOIN.format("shop"),
            "SubnetId": self.shop.subnets[subnet],
            "IamInstanceProfile": {"Name": self.profile},
            **arguments,
        }
        given = {key: value for key, value in request.items() if value is not None}
        answer = self.ec2.run_instances(MinCount=count, MaxCount=count, **given)
        return [each["InstanceId"] for each in answer["Instances"]]

    def join(self, count: int = 1, **arguments: Any) -> list[str]:
        """Launch instances and wait until they have registered; return their ARNs."""
        before = set(self.arns())
        self.launch(count, **arguments)
        self.shop.cloud.run_until(lambda: len(self.arns()) == len(before) + count, 300)
        return [arn for arn in self.arns() if arn not in before]

    def arns(self, **arguments: Any) -> list[str]:
        """List the container instances of the cluster."""
        return list(
            self.ecs.list_container_instances(cluster="shop", **arguments)["containerInstanceArns"]
        )

    def instance(self, arn: str, **arguments: Any) -> Json:
        """Describe one container instance."""
        answer = self.ecs.describe_container_instances(
            cluster="shop", containerInstances=[arn], **arguments
        )
        return dict(answer["containerInstances"][0])

    def resources(self, arn: str, kind: str = "remainingResources") -> Json:
        """Return the resources of a container instance by name."""
        return {
            each["name"]: each.get("stringSetValue", each["integerValue"])
            for each in self.instance(arn)[kind]
        }

    def define(self, family: str = "web", image: Any = None, **fields: Any) -> str:
        """Register a one-container task definition for EC2; return its ARN.

        Fields of the container have names that begin with `container_`.
        """
        from ecslab import Image

        uri = (
            image
            if isinstance(image, str)
            else self.shop.cloud.push(image or Image(), f"{family}:1")
        )
        spec: Json = {"name": "app", "image": uri, "memory": 256, "cpu": 128}
        for key in [key for key in fields if key.startswith("container_")]:
            spec[key.removeprefix("container_")] = fields.pop(key)
        spec = {key: value for key, value in spec.items() if value is not None}
        answer = self.ecs.register_task_definition(
            family=family, containerDefinitions=[spec], **{"networkMode": "bridge", **fields}
        )
        return str(answer["taskDefinition"]["taskDefinitionArn"])

    def run(self, definition: str, **arguments: Any) -> Json:
        """Run tasks with the launch type EC2; return the answer."""
        return dict(
            self.ecs.run_task(
                cluster="shop", taskDefinition=definition, **{"launchType": "EC2", **arguments}
            )
        )

    def start(self, definition: str, **arguments: Any) -> str:
        """Run one task that finds room; return its ARN."""
        answer = self.run(definition, **arguments)
        assert answer["failures"] == []
        return str(answer["tasks"][0]["taskArn"])

    def running(self, arn: str) -> Json:
        """Wait until a task runs; describe it then."""
        self.shop.cloud.run_until(lambda: self.shop.task(arn)["lastStatus"] == "RUNNING", 300)
        return self.shop.task(arn)


def open_fleet(shop: Shop) -> Fleet:
    """Give the shop an instance profile for container instances; check all answers of ECS."""
    iam: Any = boto3.client("iam")
    iam.create_role(RoleName="ecsInstanceRole", AssumeRolePolicyDocument=TRUST)
    iam.attach_role_policy(RoleName="ecsInstanceRole", PolicyArn=INSTANCE_POLICY)
    iam.create_instance_profile(InstanceProfileName="ecsInstanceRole")
    iam.add_role_to_instance_profile(
        InstanceProfileName="ecsInstanceRole", RoleName="ecsInstanceRole"
    )
    ecs = checked(boto3.client("ecs"))
    return Fleet(shop, ecs, boto3.client("ec2"), "ecsInstanceRole")
