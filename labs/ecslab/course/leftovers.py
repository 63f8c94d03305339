"""What is still in an account that costs money or stands in the way of a later delete."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

__all__ = ["Inventory", "Leftover", "take"]

Clients = Callable[[str], Any]

_SERVICES_A_CALL = 10
"""DescribeServices takes at most ten services (botocore ecs DescribeServices)."""

_ITEMS_A_CALL = 100
"""DescribeTasks and DescribeClusters take at most a hundred (botocore ecs DescribeTasks)."""


@dataclass(frozen=True, order=True)
class Leftover:
    """One resource.

    Attributes:
        kind: such as ``service``.
        name: as the learner chose it, or the id that AWS gave it.
        delete: a line of boto3 that deletes it.
    """

    kind: str
    name: str
    delete: str


@dataclass(frozen=True)
class Inventory:
    """What an account holds, in the order in which it can be deleted.

    Attributes:
        items: the resources found.
        unseen: for each kind that could not be listed, one sentence why.
    """

    items: tuple[Leftover, ...]
    unseen: tuple[str, ...] = ()

    def without(self, other: Inventory) -> Inventory:
        """Give what is here and not in another inventory.

        Args:
            other: usually what was there at the start.
        """
        known = set(other.items)
        return Inventory(tuple(item for item in self.items if item not in known), self.unseen)


def take(clients: Clients) -> Inventory:
    """List what an account holds of the kinds that cost money or block a delete.

    Args:
        clients: gives the boto3 client of a service.
    """
    items: list[Leftover] = []
    unseen: list[str] = []
    for what, look in _LOOKS:
        try:
            items += sorted(look(clients))
        except (BotoCoreError, ClientError) as error:
            unseen.append(f"{what} could not be listed: {' '.join(str(error).split())}")
    return Inventory(tuple(items), tuple(unseen))


def _services(clients: Clients) -> Iterator[Leftover]:
    ecs = clients("ecs")
    for cluster in _clusters(ecs):
        arns = _pages(ecs, "list_services", "serviceArns", cluster=cluster)
        for some in _batches(arns, _SERVICES_A_CALL):
            answer = ecs.describe_services(cluster=cluster, services=some)
            for service in answer["services"]:
                if service["status"] == "ACTIVE":
                    name = service["serviceName"]
                    line = f'ecs.delete_service(cluster="{cluster}", service="{name}", force=True)'
                    yield Leftover("service", f"{name} in cluster {cluster}", line)


def _tasks(clients: Clients) -> Iterator[Leftover]:
    ecs = clients("ecs")
    for cluster in _clusters(ecs):
        arns = _pages(ecs, "list_tasks", "taskArns", cluster=cluster)
        for some in _batches(arns, _ITEMS_A_CALL):
            answer = ecs.describe_tasks(cluster=cluster, tasks=some)
            for task in answer["tasks"]:
                # The tasks of a service end with it; AWS names their group "service:NAME".
                if task.get("group", "").startswith("service:"):
                    continue
                task_id = task["taskArn"].rsplit("/", 1)[-1]
                line = f'ecs.stop_task(cluster="{cluster}", task="{task_id}")'
                yield Leftover("running task", f"{task_id} in cluster {cluster}", line)


def _cluster_items(clients: Clients) -> Iterator[Leftover]:
    for name in _clusters(clients("ecs")):
        yield Leftover("cluster", name, f'ecs.delete_cluster(cluster="{name}")')


def _groups(clients: Clients) -> Iterator[Leftover]:
    found = _pages(clients("autoscaling"), "describe_auto_scaling_groups", "AutoScalingGroups")
    for group in found:
        name = group["AutoScalingGroupName"]
        line = (
            f'autoscaling.delete_auto_scaling_group(AutoScalingGroupName="{name}", '
            "ForceDelete=True)"
        )
        yield Leftover("Auto Scaling group", name, line)


def _instances(clients: Clients) -> Iterator[Leftover]:
    for reservation in _pages(clients("ec2"), "describe_instances", "Reservations"):
        for instance in reservation["Instances"]:
            if instance["State"]["Name"] in {"pending", "running", "stopping", "stopped"}:
                name = instance["InstanceId"]
                line = f'ec2.terminate_instances(InstanceIds=["{name}"])'
                yield Leftover("EC2 instance", name, line)


def _balancers(clients: Clients) -> Iterator[Leftover]:
    for balancer in _pages(clients("elbv2"), "describe_load_balancers", "LoadBalancers"):
        line = f'elbv2.delete_load_balancer(LoadBalancerArn="{balancer["LoadBalancerArn"]}")'
        yield Leftover("load balancer", balancer["LoadBalancerName"], line)


def _nat_gateways(clients: Clients) -> Iterator[Leftover]:
    for gateway in _pages(clients("ec2"), "describe_nat_gateways", "NatGateways"):
        if gateway["State"] in {"pending", "available"}:
            name = gateway["NatGatewayId"]
            yield Leftover("NAT gateway", name, f'ec2.delete_nat_gateway(NatGatewayId="{name}")')


def _addresses(clients: Clients) -> Iterator[Leftover]:
    for address in clients("ec2").describe_addresses()["Addresses"]:
        name = address["AllocationId"]
        line = f'ec2.release_address(AllocationId="{name}")'
        yield Leftover("Elastic IP address", address["PublicIp"], line)


def _endpoints(clients: Clients) -> Iterator[Leftover]:
    for endpoint in _pages(clients("ec2"), "describe_vpc_endpoints", "VpcEndpoints"):
        # A gateway endpoint is free, an interface endpoint costs by the hour (AWS PrivateLink).
        gone = endpoint["State"].lower() in {"deleting", "deleted"}
        if endpoint["VpcEndpointType"] == "Interface" and not gone:
            name = endpoint["VpcEndpointId"]
            line = f'ec2.delete_vpc_endpoints(VpcEndpointIds=["{name}"])'
            yield Leftover("interface endpoint", name, line)


def _log_groups(clients: Clients) -> Iterator[Leftover]:
    for group in _pages(clients("logs"), "describe_log_groups", "logGroups"):
        # Without a retention CloudWatch Logs keeps, and bills, the lines for ever.
        if "retentionInDays" not in group:
            name = group["logGroupName"]
            line = f'logs.delete_log_group(logGroupName="{name}")'
            yield Leftover("log group kept for ever", name, line)


def _secrets(clients: Clients) -> Iterator[Leftover]:
    for secret in _pages(clients("secretsmanager"), "list_secrets", "SecretList"):
        if "DeletedDate" not in secret:
            name = secret["Name"]
            line = (
                f'secretsmanager.delete_secret(SecretId="{name}", ForceDeleteWithoutRecovery=True)'
            )
            yield Leftover("secret", name, line)


def _kubernetes(clients: Clients) -> Iterator[Leftover]:
    eks = clients("eks")
    for cluster in _pages(eks, "list_clusters", "clusters"):
        yield Leftover("EKS cluster", cluster, f'eks.delete_cluster(name="{cluster}")')


def _kubernetes_nodes(clients: Clients) -> Iterator[Leftover]:
    eks = clients("eks")
    for cluster in _pages(eks, "list_clusters", "clusters"):
        for name in _pages(eks, "list_nodegroups", "nodegroups", clusterName=cluster):
            line = f'eks.delete_nodegroup(clusterName="{cluster}", nodegroupName="{name}")'
            yield Leftover("EKS node group", name, line)
        for name in _pages(
            eks, "list_fargate_profiles", "fargateProfileNames", clusterName=cluster
        ):
            line = (
                f'eks.delete_fargate_profile(clusterName="{cluster}", fargateProfileName="{name}")'
            )
            yield Leftover("EKS Fargate profile", name, line)


# In the order in which AWS lets them be deleted: what is inside before what holds it.
_LOOKS: tuple[tuple[str, Callable[[Clients], Iterator[Leftover]]], ...] = (
    ("services", _services),
    ("tasks", _tasks),
    ("Auto Scaling groups", _groups),
    ("EC2 instances", _instances),
    ("clusters", _cluster_items),
    ("EKS node groups and Fargate profiles", _kubernetes_nodes),
    ("EKS clusters", _kubernetes),
    ("load balancers", _balancers),
    ("NAT gateways", _nat_gateways),
    ("Elastic IP addresses", _addresses),
    ("VPC endpoints", _endpoints),
    ("log groups", _log_groups),
    ("secrets", _secrets),
)


def _clusters(ecs: Any) -> list[str]:
    # ListClusters also names clusters that were deleted a moment ago; those are INACTIVE.
    return sorted(
        cluster["clusterName"]
        for some in _batches(_pages(ecs, "list_clusters", "clusterArns"), _ITEMS_A_CALL)
        for cluster in ecs.describe_clusters(clusters=some)["clusters"]
        if cluster["status"] == "ACTIVE"
    )


def _batches(items: list[str], size: int) -> Iterator[list[str]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _pages(client: Any, operation: str, key: str, **arguments: str) -> list[Any]:
    pages = client.get_paginator(operation).paginate(**arguments)
    return [item for page in pages for item in page[key]]
