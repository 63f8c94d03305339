"""A shop with a client-server service `catalog` and clients, for the tests of Service Connect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import boto3
from shapes import checked
from shops import Shop

from ecslab import Image

Json = dict[str, Any]

CATALOG = Image(port=8080, body="books\n")
NAMED = [{"name": "catalog", "containerPort": 8080, "appProtocol": "http"}]
URL = "http://catalog:8080/"


@dataclass
class Connected:
    """A shop whose cluster has the default namespace `bookshop`."""

    shop: Shop
    ecs: Any
    map: Any
    ec2: Any

    def serve(
        self,
        name: str,
        definition: str,
        count: int = 1,
        services: list[Json] | None = None,
        **fields: Any,
    ) -> Json:
        """Create a service with Service Connect; return it."""
        configuration: Json = {"enabled": True, **fields.pop("connect", {})}
        if services is not None:
            configuration["services"] = services
        request: Json = {
            "cluster": "shop",
            "serviceName": name,
            "taskDefinition": definition,
            "desiredCount": count,
            "launchType": "FARGATE",
            "networkConfiguration": self.shop.network(),
            "serviceConnectConfiguration": configuration,
            **fields,
        }
        return dict(self.ecs.create_service(**request)["service"])

    def catalog(self, image: Image = CATALOG, count: int = 2, **fields: Any) -> Json:
        """Create the client-server service `catalog`."""
        container = fields.pop("container", {})
        ports = fields.pop("ports", NAMED)
        definition = self.shop.define(image, family="catalog", portMappings=ports, **container)
        return self.serve("catalog", definition, count, [fields.pop("entry", entry())], **fields)

    def client(self, name: str = "front", image: Image | None = None, **fields: Any) -> str:
        """Create a client service, wait for its task and return the task's ARN."""
        definition = self.shop.define(image or Image(port=80), family=name)
        self.serve(name, definition, **fields)
        return self.task(name)

    def task(self, service: str) -> str:
        """Wait until a service's tasks run; return the ARN of one."""
        self.shop.cloud.run_until(lambda: self.counts(service) == (1, 0), 120)
        return str(self.tasks(service)[0])

    def tasks(self, service: str) -> list[str]:
        """List the tasks of a service."""
        return list(self.ecs.list_tasks(cluster="shop", serviceName=service)["taskArns"])

    def counts(self, service: str) -> tuple[int, int]:
        """Return how many tasks of a service run and are pending."""
        found = self.described(service)
        return found["runningCount"], found["pendingCount"]

    def described(self, service: str) -> Json:
        """Describe a service."""
        answer = self.ecs.describe_services(cluster="shop", services=[service])
        return dict(answer["services"][0])

    def running(self, service: str, count: int) -> None:
        """Wait until so many tasks of a service run."""
        self.shop.cloud.run_until(lambda: self.counts(service) == (count, 0), 300)

    def instances(self, name: str = "catalog") -> list[Json]:
        """Discover the instances of an endpoint."""
        answer = self.map.discover_instances(NamespaceName="bookshop", ServiceName=name)
        return list(answer["Instances"])


def entry(**fields: Any) -> Json:
    """Return the Service Connect service of the catalog."""
    return {
        "portName": "catalog",
        "clientAliases": [{"port": 8080, "dnsName": "catalog"}],
        **fields,
    }


def connect(shop: Shop) -> Connected:
    """Give the shop's cluster a default namespace; check all answers of ECS."""
    ecs = checked(shop.ecs)
    ecs.update_cluster(cluster="shop", serviceConnectDefaults={"namespace": "bookshop"})
    return Connected(shop, ecs, boto3.client("servicediscovery"), boto3.client("ec2"))
