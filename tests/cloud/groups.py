"""Auto Scaling groups and capacity providers, for the tests of EC2 capacity."""

from __future__ import annotations

from base64 import b64encode
from collections import Counter
from dataclasses import dataclass
from typing import Any

import boto3
from fleets import JOIN, Fleet, open_fleet
from shops import Shop

Json = dict[str, Any]
GROUP = "fleet"
PROVIDER = "on-demand"


@dataclass
class Groups:
    """A fleet that Auto Scaling groups launch."""

    fleet: Fleet
    asg: Any

    @property
    def shop(self) -> Shop:
        """Return the account."""
        return self.fleet.shop

    @property
    def ecs(self) -> Any:
        """Return the ECS client whose answers are checked."""
        return self.fleet.ecs

    def template(self, name: str, instance_type: str = "t3.medium", **data: Any) -> str:
        """Make a launch template whose instances join the cluster `shop`; return its name."""
        self.fleet.ec2.create_launch_template(
            LaunchTemplateName=name,
            LaunchTemplateData={
                "ImageId": "ami-0c0ffee0c0ffee000",
                "InstanceType": instance_type,
                "UserData": b64encode(JOIN.format("shop").encode()).decode(),
                "IamInstanceProfile": {"Name": self.fleet.profile},
                **data,
            },
        )
        return name

    def make(
        self,
        name: str = GROUP,
        *,
        size: tuple[int, int, int] = (0, 0, 10),
        instance_type: str = "t3.medium",
        zones: int = 2,
        **arguments: Any,
    ) -> str:
        """Make a group with a template of its own; return its ARN.

        The size is the minimum, the desired and the maximum capacity.
        """
        if "MixedInstancesPolicy" not in arguments:
            template = self.template(f"{name}-template", instance_type)
            arguments.setdefault(
                "LaunchTemplate", {"LaunchTemplateName": template, "Version": "$Latest"}
            )
        self.asg.create_auto_scaling_group(
            AutoScalingGroupName=name,
            MinSize=size[0],
            DesiredCapacity=size[1],
            MaxSize=size[2],
            VPCZoneIdentifier=",".join(self.shop.subnets[:zones]),
            **arguments,
        )
        return str(self.group(name)["AutoScalingGroupARN"])

    def provide(
        self, name: str = PROVIDER, group: str = GROUP, *, scaling: Json | None = None, **more: Any
    ) -> Json:
        """Create a capacity provider for a group, with managed scaling; return it."""
        given = {"managedScaling": {"status": "ENABLED", **(scaling or {})}, **more}
        answer = self.ecs.create_capacity_provider(
            name=name, autoScalingGroupProvider={"autoScalingGroupArn": group, **given}
        )
        return dict(answer["capacityProvider"])

    def associate(self, *names: str, default: list[Json] | None = None) -> None:
        """Give the cluster `shop` capacity providers, and wait until that is complete."""
        self.ecs.put_cluster_capacity_providers(
            cluster="shop",
            capacityProviders=list(names),
            defaultCapacityProviderStrategy=default or [],
        )
        self.shop.cloud.advance(seconds=10)

    def open(
        self, *, scaling: Json | None = None, provider: Json | None = None, **group: Any
    ) -> None:
        """Make a group with a capacity provider that the cluster has."""
        self.make(**group)
        self.provide(scaling=scaling, **(provider or {}))
        self.associate(PROVIDER)

    def group(self, name: str = GROUP) -> Json:
        """Describe a group."""
        found = self.asg.describe_auto_scaling_groups(AutoScalingGroupNames=[name])
        return dict(found["AutoScalingGroups"][0])

    def states(self, name: str = GROUP) -> Counter[str]:
        """Count the instances of a group by their lifecycle state."""
        return Counter(each["LifecycleState"] for each in self.group(name)["Instances"])

    def run(self, definition: str, count: int = 1, **arguments: Any) -> list[str]:
        """Run tasks on the capacity provider; return their ARNs."""
        answer = self.ecs.run_task(
            cluster="shop",
            taskDefinition=definition,
            count=count,
            **{"capacityProviderStrategy": [{"capacityProvider": PROVIDER, "weight": 1}]}
            | arguments,
        )
        assert answer["failures"] == []
        return [str(task["taskArn"]) for task in answer["tasks"]]

    def tasks(self, arns: list[str]) -> Counter[str]:
        """Count tasks by their last status."""
        found = self.ecs.describe_tasks(cluster="shop", tasks=arns)["tasks"]
        return Counter(task["lastStatus"] for task in found)

    def reservation(self) -> list[float]:
        """Return the metric of the provider `on-demand`, a value a minute."""
        found = boto3.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/ECS/ManagedScaling",
            MetricName="CapacityProviderReservation",
            Dimensions=[
                {"Name": "CapacityProviderName", "Value": PROVIDER},
                {"Name": "ClusterName", "Value": "shop"},
            ],
            StartTime=self.shop.cloud.now.replace(hour=0),
            EndTime=self.shop.cloud.now,
            Period=60,
            Statistics=["Average"],
        )["Datapoints"]
        return [point["Average"] for point in sorted(found, key=lambda each: each["Timestamp"])]


def open_groups(shop: Shop) -> Groups:
    """Give the shop what groups of container instances need."""
    return Groups(open_fleet(shop), boto3.client("autoscaling"))
