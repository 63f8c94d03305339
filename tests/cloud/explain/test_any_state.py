"""Whatever state an account is in, everything in it can be explained."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import boto3
from botocore.exceptions import ClientError
from chains import checked
from fleets import Fleet, open_fleet
from front import Front
from hypothesis import given, settings
from hypothesis import strategies as st

from ecslab import Cloud, Image
from ecslab.sim.request import TrafficError

IMAGES = (
    Image(port=8080),
    Image(port=8080, ready_after=70),
    Image(port=80),
    Image(runs_for=20, exit_code=1, logs=("ERROR",)),
    Image(port=8080, stop_after=None, memory=900),
    Image(architecture="ARM64"),
)
BREAKER = {"deploymentCircuitBreaker": {"enable": True, "rollback": True}}
STUCK = {"minimumHealthyPercent": 100, "maximumPercent": 100}
MOVES = (
    "roll", "force", "scale", "stop", "delete-service", "delete-cluster", "delete-role",
    "close", "listen-no-more", "fail-instance", "drain", "run", "delete-repository", "limits",
    "protect", "request", "disable", "deregister", "lose-zone", "undo",
)  # fmt: skip


class Account:
    """A load balanced service on Fargate and one on EC2, and what may happen to them.

    Args:
        cloud: a running account.
    """

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.front = Front(cloud)
        self.ecs = self.front.ecs
        self.fleet: Fleet = open_fleet(self)  # type: ignore[arg-type]
        self.subnets = self.front.subnets
        self.fleet.launch(1)
        self.version = 0
        self.scaling: Any = boto3.client("application-autoscaling")
        self.events: Any = boto3.client("events")
        self.events.put_rule(Name="nightly", ScheduleExpression="rate(5 minutes)")

    def begin(self, image: Image) -> None:
        """Create both services."""
        self.front.serve(image, 1, deploymentConfiguration=BREAKER)
        small = self.fleet.define("worker", image)
        self.ecs.create_service(
            cluster="shop",
            serviceName="worker",
            taskDefinition=small,
            launchType="EC2",
            desiredCount=2,
        )
        place = {"ServiceNamespace": "ecs", "ResourceId": "service/shop/web"}
        place["ScalableDimension"] = "ecs:service:DesiredCount"
        self.scaling.register_scalable_target(**place, MinCapacity=1, MaxCapacity=3)
        metric = {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"}
        self.scaling.put_scaling_policy(
            **place,
            PolicyName="cpu",
            PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration={
                "TargetValue": 5.0,
                "PredefinedMetricSpecification": metric,
            },
        )
        cluster = "arn:aws:ecs:us-east-1:123456789012:cluster/shop"
        target = {"Id": "t", "Arn": cluster, "RoleArn": self.front.role}
        target["EcsParameters"] = {"TaskDefinitionArn": small}
        self.events.put_targets(Rule="nightly", Targets=[target])

    def move(self, name: str, number: int) -> None:
        """Do something; AWS may refuse it."""
        image = IMAGES[number % len(IMAGES)]
        with contextlib.suppress(ClientError):
            getattr(self, name.replace("-", "_"))(number, image)

    def roll(self, _number: int, image: Image) -> None:
        self.version += 1
        self.ecs.update_service(
            cluster="shop",
            service="web",
            taskDefinition=self.front.define(image, str(self.version)),
        )

    def force(self, _number: int, _image: Image) -> None:
        self.ecs.update_service(cluster="shop", service="worker", forceNewDeployment=True)

    def limits(self, _number: int, _image: Image) -> None:
        self.ecs.update_service(
            cluster="shop",
            service="worker",
            deploymentConfiguration=STUCK,
            availabilityZoneRebalancing="DISABLED",
        )

    def scale(self, number: int, _image: Image) -> None:
        self.ecs.update_service(cluster="shop", service="worker", desiredCount=number % 30)

    def stop(self, number: int, _image: Image) -> None:
        arns = self.ecs.list_tasks(cluster="shop")["taskArns"]
        if arns:
            self.ecs.stop_task(cluster="shop", task=arns[number % len(arns)])

    def run(self, _number: int, image: Image) -> None:
        definition = self.fleet.define("once", image)
        self.ecs.run_task(cluster="shop", taskDefinition=definition, launchType="EC2")

    def delete_service(self, number: int, _image: Image) -> None:
        name = ("web", "worker")[number % 2]
        self.ecs.delete_service(cluster="shop", service=name, force=True)

    def delete_cluster(self, _number: int, _image: Image) -> None:
        self.ecs.delete_cluster(cluster="shop")

    def delete_role(self, _number: int, _image: Image) -> None:
        iam: Any = boto3.client("iam")
        for policy in iam.list_attached_role_policies(RoleName="execution")["AttachedPolicies"]:
            iam.detach_role_policy(RoleName="execution", PolicyArn=policy["PolicyArn"])
        iam.delete_role(RoleName="execution")

    def delete_repository(self, _number: int, _image: Image) -> None:
        boto3.client("ecr").delete_repository(repositoryName="web", force=True)

    def close(self, _number: int, _image: Image) -> None:
        group = self.front.ec2.describe_security_groups(GroupIds=[self.front.task_group])
        rules = group["SecurityGroups"][0]["IpPermissions"]
        self.front.ec2.revoke_security_group_ingress(
            GroupId=self.front.task_group, IpPermissions=rules
        )

    def listen_no_more(self, _number: int, _image: Image) -> None:
        balancer = self.front.balancer["LoadBalancerArn"]
        for each in self.front.elb.describe_listeners(LoadBalancerArn=balancer)["Listeners"]:
            self.front.elb.delete_listener(ListenerArn=each["ListenerArn"])

    def fail_instance(self, _number: int, _image: Image) -> None:
        for arn in self.fleet.arns()[:1]:
            self.cloud.fail_instance(arn)

    def protect(self, number: int, _image: Image) -> None:
        arns = self.ecs.list_tasks(cluster="shop")["taskArns"]
        if arns:
            self.ecs.update_task_protection(
                cluster="shop", tasks=[arns[number % len(arns)]], protectionEnabled=True
            )

    def request(self, _number: int, _image: Image) -> None:
        with contextlib.suppress(TrafficError):
            self.cloud.http(self.front.url)

    def disable(self, _number: int, _image: Image) -> None:
        self.events.disable_rule(Name="nightly")

    def deregister(self, _number: int, _image: Image) -> None:
        self.ecs.deregister_task_definition(taskDefinition="web:1")

    def lose_zone(self, number: int, _image: Image) -> None:
        self.cloud.lose_zone(("us-east-1a", "us-east-1b")[number % 2])

    def undo(self, _number: int, _image: Image) -> None:
        found = self.ecs.list_service_deployments(cluster="shop", service="web")
        for each in found["serviceDeployments"][:1]:
            self.ecs.stop_service_deployment(serviceDeploymentArn=each["serviceDeploymentArn"])

    def drain(self, _number: int, _image: Image) -> None:
        self.ecs.update_container_instances_state(
            cluster="shop", containerInstances=self.fleet.arns(), status="DRAINING"
        )

    def arns(self) -> Iterator[str]:
        """Yield the ARN of everything that there is or was."""
        prefix = "arn:aws:ecs:us-east-1:123456789012"
        yield from (f"{prefix}:cluster/shop", f"{prefix}:service/shop/web")
        yield from (f"{prefix}:service/shop/worker", f"{prefix}:capacity-provider/FARGATE")
        yield self.front.target_group
        yield self.front.balancer["LoadBalancerArn"]
        yield "arn:aws:events:us-east-1:123456789012:rule/nightly"
        found = self.scaling.describe_scalable_targets(ServiceNamespace="ecs")
        yield from (each["ScalableTargetARN"] for each in found["ScalableTargets"])
        found = boto3.client("cloudwatch").describe_alarms()
        yield from (each["AlarmArn"] for each in found["MetricAlarms"])
        kinds = ("task.provisioning", "task.pending", "instance.registered")
        yield from sorted({e.subject for kind in kinds for e in self.cloud.journal.of_kind(kind)})
        for name in ("web", "worker"):
            try:
                found = self.ecs.list_service_deployments(cluster="shop", service=name)
            except ClientError:
                continue
            yield from (each["serviceDeploymentArn"] for each in found["serviceDeployments"])


@settings(max_examples=3, deadline=None)
@given(
    first=st.sampled_from(IMAGES),
    moves=st.lists(
        st.tuples(st.sampled_from(MOVES), st.integers(0, 99), st.integers(1, 400)), max_size=4
    ),
)
def test_everything_can_be_explained(first: Image, moves: list[tuple[str, int, int]]) -> None:
    """`explain` never fails, and every call that it names shows what it quotes."""
    with Cloud(seed=5) as cloud:
        account = Account(cloud)
        account.begin(first)
        for name, number, seconds in moves:
            account.move(name, number)
            cloud.advance(seconds=seconds)
            for arn in account.arns():
                assert cloud.explain(arn).steps
        for arn in account.arns():
            checked(cloud.explain(arn))
