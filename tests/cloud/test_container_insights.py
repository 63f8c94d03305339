"""Container Insights, metrics of clusters with instances, and of queues."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import boto3
import pytest
from fleets import open_fleet
from shops import Shop

from ecslab import Image

Json = dict[str, Any]
GROUP = "/aws/ecs/containerinsights/shop/performance"


def read(shop: Shop, namespace: str, name: str, stat: str = "Average", **names: str) -> list[float]:
    """Return the points of a metric over the past hour, oldest first."""
    answer = boto3.client("cloudwatch").get_metric_statistics(
        Namespace=namespace,
        MetricName=name,
        Dimensions=[{"Name": key, "Value": value} for key, value in names.items()],
        StartTime=shop.cloud.now - timedelta(hours=1),
        EndTime=shop.cloud.now + timedelta(minutes=1),
        Period=60,
        Statistics=[stat],
    )
    points = sorted(answer["Datapoints"], key=lambda point: point["Timestamp"])
    return [point[stat] for point in points]


def insights(shop: Shop, name: str, stat: str = "Average", **names: str) -> list[float]:
    return read(shop, "ECS/ContainerInsights", name, stat, ClusterName="shop", **names)


def turn_on(shop: Shop, value: str) -> None:
    setting = {"name": "containerInsights", "value": value}
    shop.ecs.update_cluster_settings(cluster="shop", settings=[setting])


def listed() -> set[str]:
    found = boto3.client("cloudwatch").list_metrics(Namespace="ECS/ContainerInsights")["Metrics"]
    return {metric["MetricName"] for metric in found}


def test_nothing_is_collected_unless_it_is_turned_on(shop: Shop) -> None:
    """AWS: deploy-container-insights-ECS."""
    shop.serve(shop.define(Image()), 1)
    shop.cloud.advance(minutes=5)
    assert listed() == set()
    turn_on(shop, "enabled")
    shop.cloud.advance(minutes=2)
    assert insights(shop, "RunningTaskCount", ServiceName="web")[-1] == 1.0


def test_minutes_in_which_it_is_off_have_no_points(shop: Shop) -> None:
    """AWS: deploy-container-insights-ECS; those around them have theirs, whenever they are read."""
    turn_on(shop, "enabled")
    shop.serve(shop.define(Image()), 1)
    shop.cloud.advance(minutes=9)
    before = insights(shop, "RunningTaskCount", ServiceName="web")
    shop.cloud.advance(minutes=3)
    turn_on(shop, "disabled")
    shop.cloud.advance(minutes=5)
    turn_on(shop, "enabled")
    shop.ecs.update_service(cluster="shop", service="web", desiredCount=2)
    shop.cloud.advance(minutes=4)
    after = insights(shop, "RunningTaskCount", ServiceName="web")
    assert after[: len(before)] == before
    assert len(after) == len(before) + 3 + 4
    assert after[-1] == 2.0


def test_the_standard_metrics(shop: Shop) -> None:
    """AWS: Container-Insights-metrics-ECS: by cluster, service and family; sums of tasks."""
    turn_on(shop, "enabled")
    shop.serve(shop.define(Image(cpu=64.0, memory=128.0)), 2)
    shop.cloud.advance(minutes=6)
    assert insights(shop, "CpuUtilized", "Sum", ServiceName="web")[-1] == 128.0
    assert insights(shop, "CpuReserved", "Sum", TaskDefinitionFamily="web")[-1] == 512.0
    assert insights(shop, "MemoryUtilized", ServiceName="web")[-1] == 128.0
    assert insights(shop, "RunningTaskCount", ServiceName="web")[-1] == 2.0
    assert insights(shop, "TaskCount")[-1] == 2.0
    assert insights(shop, "EphemeralStorageReserved", ServiceName="web")[-1] == 20.0
    assert not any(name.startswith("Container") for name in listed() - {"ContainerInstanceCount"})
    assert "TaskCpuUtilization" not in listed()


def test_enhanced_observability(shop: Shop) -> None:
    """AWS: Container-Insights-enhanced-observability-metrics-ECS: down to task and container."""
    turn_on(shop, "enhanced")
    check = {"command": ["CMD-SHELL", "python health.py"], "interval": 10, "retries": 2}
    image = Image(cpu=64.0, memory=256.0, health=lambda age: age < 200)
    task = shop.run(shop.define(image, healthCheck=check, restartPolicy={"enabled": True}))
    shop.cloud.advance(minutes=3)
    names = {"TaskDefinitionFamily": "web", "TaskId": task.rsplit("/", 1)[-1]}
    assert insights(shop, "TaskCpuUtilization", **names)[-1] == 25.0
    inside = {**names, "ContainerName": "app"}
    assert insights(shop, "ContainerMemoryUtilization", **inside)[-1] == 50.0
    assert insights(shop, "RestartCount", **inside)[-1] == 0.0
    assert insights(shop, "UnHealthyContainerHealthStatus", **inside)[-1] == 0.0
    shop.cloud.advance(minutes=3)
    assert insights(shop, "UnHealthyContainerHealthStatus", **inside)[-1] == 1.0


def test_performance_events(shop: Shop) -> None:
    """AWS: Container-Insights-reference-performance-logs-ECS: embedded metric format."""
    turn_on(shop, "enabled")
    shop.run(shop.define(Image()))
    shop.cloud.advance(minutes=4)
    logs: Any = boto3.client("logs")
    events = [
        json.loads(event["message"])
        for event in logs.filter_log_events(logGroupName=GROUP)["events"]
    ]
    assert {event["Type"] for event in events} == {"Cluster", "Task"}
    event = next(event for event in events if event["Type"] == "Task")
    embedded = event["CloudWatchMetrics"][0]
    assert embedded["Namespace"] == "ECS/ContainerInsights"
    assert ["ClusterName", "TaskDefinitionFamily"] in embedded["Dimensions"]
    for metric in embedded["Metrics"]:
        assert metric["Name"] in event


def test_a_cluster_with_container_instances(shop: Shop) -> None:
    """AWS: available-metrics: reservation and utilization of all registered instances."""
    fleet = open_fleet(shop)
    (arn,) = fleet.join()
    cpu = shop.ecs.describe_container_instances(cluster="shop", containerInstances=[arn])
    registered = {
        each["name"]: each["integerValue"]
        for each in cpu["containerInstances"][0]["registeredResources"]
        if each["type"] == "INTEGER"
    }
    uri = shop.cloud.push(Image(cpu=1024.0, memory=200.0), "host:1")
    shop.ecs.register_task_definition(
        family="host",
        containerDefinitions=[
            {"name": "app", "image": uri, "cpu": 512, "memory": 800, "memoryReservation": 400}
        ],
    )
    shop.ecs.run_task(cluster="shop", taskDefinition="host")
    shop.cloud.advance(minutes=4)

    def share(name: str) -> float:
        return read(shop, "AWS/ECS", name, ClusterName="shop")[-1]

    assert share("CPUReservation") == pytest.approx(512 / registered["CPU"] * 100)
    assert share("CPUUtilization") == pytest.approx(1024 / registered["CPU"] * 100)
    assert share("MemoryReservation") == pytest.approx(400 / registered["MEMORY"] * 100)
    assert share("MemoryUtilization") == pytest.approx(200 / registered["MEMORY"] * 100)


def test_queues(shop: Shop) -> None:
    """AWS: sqs-available-cloudwatch-metrics."""
    sqs: Any = boto3.client("sqs")
    url = sqs.create_queue(QueueName="orders")["QueueUrl"]
    for _ in range(3):
        sqs.send_message(QueueUrl=url, MessageBody="order")
    shop.cloud.advance(minutes=2)
    sqs.receive_message(QueueUrl=url, VisibilityTimeout=300)
    shop.cloud.advance(minutes=2)

    def seen(name: str) -> list[float]:
        return read(shop, "AWS/SQS", name, QueueName="orders")

    assert seen("ApproximateNumberOfMessagesVisible") == [3.0, 3.0, 2.0, 2.0]
    assert seen("ApproximateNumberOfMessagesNotVisible") == [0.0, 0.0, 1.0, 1.0]
    assert seen("ApproximateAgeOfOldestMessage")[-1] == pytest.approx(240, abs=1)
