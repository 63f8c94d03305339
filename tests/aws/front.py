"""A Fargate service behind an Application Load Balancer, set up through plain boto3."""

from __future__ import annotations

import json
from typing import Any

import boto3

from ecslab import Cloud, Image

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "ecs-tasks.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}
EXECUTION = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
Json = dict[str, Any]


class Front:
    """A VPC's public subnets, a load balancer on port 80, a target group, and a service on 8080.

    Args:
        cloud: a running account.
        path: the target group's health check path.
        opened: whether the tasks' security group lets the load balancer in.
    """

    def __init__(self, cloud: Cloud, *, path: str = "/", opened: bool = True) -> None:
        self.cloud = cloud
        self.ecs: Any = boto3.client("ecs")
        self.elb: Any = boto3.client("elbv2")
        self.ec2: Any = boto3.client("ec2")
        self.vpc = str(self.ec2.describe_vpcs()["Vpcs"][0]["VpcId"])
        subnets = self.ec2.describe_subnets()["Subnets"]
        self.subnets = [str(each["SubnetId"]) for each in subnets][:2]
        self.balancer_group = self.group("balancer", 80, CidrIp="0.0.0.0/0")
        self.task_group = self.group("task", 8080) if opened else self.group("task", 22)
        self.balancer = self.balance("web", SecurityGroups=[self.balancer_group])
        self.target_group = self.targets("web", HealthCheckPath=path)
        self.listen(self.target_group)
        self.url = f"http://{self.balancer['DNSName']}"
        self.ecs.create_cluster(clusterName="shop")
        iam: Any = boto3.client("iam")
        made = iam.create_role(RoleName="execution", AssumeRolePolicyDocument=json.dumps(TRUST))
        iam.attach_role_policy(RoleName="execution", PolicyArn=EXECUTION)
        self.role = made["Role"]["Arn"]

    def group(self, name: str, port: int, **peer: str) -> str:
        """Make a security group that lets one port in, from the load balancer if not said."""
        made = self.ec2.create_security_group(GroupName=name, Description=name, VpcId=self.vpc)
        rule: Json = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port}
        if peer:
            rule["IpRanges"] = [peer]
        else:
            rule["UserIdGroupPairs"] = [{"GroupId": self.balancer_group}]
        self.ec2.authorize_security_group_ingress(GroupId=made["GroupId"], IpPermissions=[rule])
        return str(made["GroupId"])

    def balance(self, name: str, **settings: Any) -> Json:
        """Make a load balancer in the subnets."""
        made = self.elb.create_load_balancer(Name=name, **({"Subnets": self.subnets} | settings))
        return dict(made["LoadBalancers"][0])

    def targets(self, name: str, **settings: Any) -> str:
        """Make a target group for addresses, on port 8080; return its ARN."""
        defaults: Json = {"Protocol": "HTTP", "Port": 8080, "VpcId": self.vpc, "TargetType": "ip"}
        made = self.elb.create_target_group(Name=name, **(defaults | settings))
        return str(made["TargetGroups"][0]["TargetGroupArn"])

    def listen(self, target_group: str, port: int = 80) -> str:
        """Make a listener that forwards to a target group; return its ARN."""
        made = self.elb.create_listener(
            LoadBalancerArn=self.balancer["LoadBalancerArn"],
            Protocol="HTTP",
            Port=port,
            DefaultActions=[{"Type": "forward", "TargetGroupArn": target_group}],
        )
        return str(made["Listeners"][0]["ListenerArn"])

    def delay(self, seconds: int) -> None:
        """Set the target group's deregistration delay."""
        attribute = {"Key": "deregistration_delay.timeout_seconds", "Value": str(seconds)}
        self.elb.modify_target_group_attributes(
            TargetGroupArn=self.target_group, Attributes=[attribute]
        )

    def define(self, image: Image, tag: str = "1") -> str:
        """Push an image and register a task definition with it; return its ARN."""
        container: Json = {
            "name": "app",
            "image": self.cloud.push(image, f"web:{tag}"),
            "portMappings": [{"containerPort": 8080}],
        }
        made = self.ecs.register_task_definition(
            family="web",
            networkMode="awsvpc",
            requiresCompatibilities=["FARGATE"],
            cpu="256",
            memory="512",
            executionRoleArn=self.role,
            containerDefinitions=[container],
        )
        return str(made["taskDefinition"]["taskDefinitionArn"])

    @property
    def network(self) -> Json:
        """Return the tasks' network configuration."""
        return {
            "awsvpcConfiguration": {
                "subnets": self.subnets,
                "securityGroups": [self.task_group],
                "assignPublicIp": "ENABLED",
            }
        }

    def serve(self, image: Image, count: int = 2, **settings: Any) -> None:
        """Create the service `web` and let two minutes pass."""
        link = {"targetGroupArn": self.target_group, "containerName": "app", "containerPort": 8080}
        self.ecs.create_service(
            cluster="shop",
            serviceName="web",
            taskDefinition=self.define(image),
            desiredCount=count,
            launchType="FARGATE",
            networkConfiguration=self.network,
            loadBalancers=[link],
            **settings,
        )
        self.cloud.advance(minutes=2)

    def update(self, image: Image) -> None:
        """Roll the service to a new image."""
        definition = self.define(image, "2")
        self.ecs.update_service(cluster="shop", service="web", taskDefinition=definition)

    def service(self) -> Json:
        """Describe the service."""
        return dict(self.ecs.describe_services(cluster="shop", services=["web"])["services"][0])

    def messages(self) -> list[str]:
        """Return the service's event messages, oldest first."""
        return [event["message"] for event in reversed(self.service()["events"])]

    def tasks(self, status: str = "RUNNING") -> list[Json]:
        """Describe the tasks with a desired status."""
        arns = self.ecs.list_tasks(cluster="shop", desiredStatus=status)["taskArns"]
        found = self.ecs.describe_tasks(cluster="shop", tasks=arns)["tasks"] if arns else []
        return [dict(task) for task in found]

    def address(self, task: Json) -> str:
        """Return a task's private address."""
        return str(task["containers"][0]["networkInterfaces"][0]["privateIpv4Address"])

    def health(self, target_group: str = "", **request: Any) -> list[Json]:
        """Return the states of the targets."""
        answer = self.elb.describe_target_health(
            TargetGroupArn=target_group or self.target_group, **request
        )
        return [dict(each["TargetHealth"]) for each in answer["TargetHealthDescriptions"]]
