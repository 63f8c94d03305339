"""Managed daemons on Managed Instances, for their tests."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from groups import Groups
from managed import STRATEGY, Json, define, provide

from ecslab import Image


@dataclass
class Agents:
    """A shop with a Managed Instances provider, on which daemons run."""

    groups: Groups
    provider: str
    daemon: str = "arn:aws:ecs:us-east-1:123456789012:daemon/shop/agent"
    deployments: list[str] = field(default_factory=list)
    """The ARNs of the deployments that `create` and `update` have begun."""
    pushed: int = 0
    """How many images have been pushed."""

    @property
    def ecs(self) -> Any:
        """Return the ECS client whose answers are checked."""
        return self.groups.ecs

    @property
    def cloud(self) -> Any:
        """Return the simulated account."""
        return self.groups.shop.cloud

    def register(self, image: Image | str | None = None, *, cpu: int = 64, **spec: Any) -> str:
        """Register a revision of the daemon task definition `agent`; return its ARN."""
        self.pushed += 1
        tag = f"agent:{self.pushed}"
        uri = image if isinstance(image, str) else self.cloud.push(image or Image(), tag)
        container = {"name": "agent", "image": uri, "memory": 64, "cpu": cpu, **spec}
        answer = self.ecs.register_daemon_task_definition(
            family="agent",
            executionRoleArn=self.groups.shop.role,
            taskRoleArn=self.groups.shop.role,
            containerDefinitions=[container],
        )
        return str(answer["daemonTaskDefinitionArn"])

    def create(self, definition: str | None = None, **more: Any) -> Json:
        """Create the daemon `agent` in the cluster `shop`; return the answer."""
        request = {
            "clusterArn": "shop",
            "daemonName": "agent",
            "daemonTaskDefinitionArn": definition or self.register(),
            "capacityProviderArns": [self.provider],
        }
        answer = dict(self.ecs.create_daemon(**request | more))
        self.deployments.append(answer["deploymentArn"])
        return answer

    def update(self, definition: str, **more: Any) -> Json:
        """Update the daemon `agent`; return the answer."""
        request = {
            "daemonArn": self.daemon,
            "daemonTaskDefinitionArn": definition,
            "capacityProviderArns": [self.provider],
        }
        answer = dict(self.ecs.update_daemon(**request | more))
        self.deployments.append(answer["deploymentArn"])
        return answer

    def serve(self, count: int = 1, *, size: str = "512", **more: Any) -> None:
        """Create the service `web` on the provider, and wait until it is steady."""
        constraints = [{"type": "distinctInstance"}]
        self.ecs.create_service(
            cluster="shop",
            serviceName="web",
            taskDefinition=define(self.groups, cpu=size),
            desiredCount=count,
            capacityProviderStrategy=STRATEGY,
            placementConstraints=constraints,
            networkConfiguration=self.groups.shop.network(public="DISABLED"),
            **more,
        )
        self.cloud.run_until(lambda: self.served() == count, 600)
        self.cloud.advance(minutes=1)

    def served(self) -> int:
        """Return how many tasks of the service `web` run."""
        return int(self.groups.shop.service()["runningCount"])

    def detail(self) -> Json:
        """Describe the daemon."""
        return dict(self.ecs.describe_daemon(daemonArn=self.daemon)["daemon"])

    def revisions(self) -> list[Json]:
        """Describe the current revisions of the daemon, the one that is wanted first."""
        arns = [each["arn"] for each in self.detail()["currentRevisions"]]
        answer = self.ecs.describe_daemon_revisions(daemonRevisionArns=arns)
        return list(answer["daemonRevisions"])

    def deployment(self, index: int = -1) -> Json:
        """Describe one of the deployments, the last one by default."""
        arn = self.deployments[index]
        answer = self.ecs.describe_daemon_deployments(daemonDeploymentArns=[arn])
        return dict(answer["daemonDeployments"][0])

    def until(self, status: str, minutes: int = 30) -> Json:
        """Look at the last deployment every ten seconds until it has a status; describe it then."""
        for _ in range(minutes * 6):
            found = self.deployment()
            if found["status"] == status:
                return found
            self.cloud.advance(seconds=10)
        raise AssertionError(found)

    def tasks(self, **more: Any) -> list[Json]:
        """Describe the tasks of the daemon `agent` that are wanted running."""
        request = {"cluster": "shop", "daemonName": "agent", **more}
        arns = self.ecs.list_tasks(**request)["taskArns"]
        if not arns:
            return []
        answer = self.ecs.describe_tasks(cluster="shop", tasks=arns, include=["TAGS"])
        return list(answer["tasks"])

    def hosts(self) -> Counter[str]:
        """Count the running daemon tasks by the container instance that they are on."""
        return Counter(
            task["containerInstanceArn"] for task in self.tasks() if task["lastStatus"] == "RUNNING"
        )

    def instances(self, *statuses: str) -> list[str]:
        """List the container instances with one of some statuses, ACTIVE by default."""
        return [
            arn
            for status in statuses or ("ACTIVE",)
            for arn in self.groups.fleet.arns(status=status)
        ]


def open_agents(groups: Groups, **given: Any) -> Agents:
    """Give the shop a Managed Instances provider, on which daemons run."""
    return Agents(groups, str(provide(groups, **given)["capacityProviderArn"]))
