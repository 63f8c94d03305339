"""The metrics of services in CloudWatch (AWS: available-metrics, cloudwatch-metrics)."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Any

import boto3
import pytest
from shops import Shop

from ecslab import Image


def points(
    shop: Shop, metric: str, *, service: str = "web", period: int = 60, hours: int = 12
) -> list[Any]:
    """Return the points of a service's metric in the last hours, in order of time."""
    answer = boto3.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/ECS",
        MetricName=metric,
        Dimensions=[
            {"Name": "ClusterName", "Value": "shop"},
            {"Name": "ServiceName", "Value": service},
        ],
        StartTime=shop.cloud.now - timedelta(hours=hours),
        EndTime=shop.cloud.now + timedelta(minutes=1),
        Period=period,
        Statistics=["Average", "Minimum", "Maximum"],
    )
    return sorted(answer["Datapoints"], key=lambda point: point["Timestamp"])


def test_used_by_reserved_in_percent(shop: Shop) -> None:
    """Formula: used / (amount in the task definition x tasks) x 100 (AWS: cloudwatch-metrics)."""
    shop.serve(shop.define(Image(cpu=64.0, memory=128.0)), 3)
    shop.cloud.advance(minutes=10)
    cpu, memory = points(shop, "CPUUtilization"), points(shop, "MemoryUtilization")

    assert {point["Average"] for point in cpu} == {25.0}  # 64 of 256 units
    assert {point["Average"] for point in memory} == {25.0}  # 128 of 512 MiB
    assert {point["Unit"] for point in cpu + memory} == {"Percent"}
    gaps = {b["Timestamp"] - a["Timestamp"] for a, b in pairwise(cpu)}
    assert gaps == {timedelta(minutes=1)}
    assert all(point["Timestamp"].second == 0 for point in cpu)
    assert 8 <= len(cpu) <= 10


def test_a_service_of_the_same_name_has_a_resolution_of_its_own(shop: Shop) -> None:
    """AWS: botocore ecs ServiceMonitoringConfiguration: it is of one service, not of its name."""
    definition = shop.define(Image(cpu=64.0))
    shop.serve(definition, 1)
    shop.cloud.advance(minutes=3)
    shop.ecs.delete_service(cluster="shop", service="web", force=True)
    shop.cloud.advance(minutes=10)
    often = [{"metricNames": ["CPUUtilization"], "resolutionSeconds": 20}]
    shop.serve(definition, 1, monitoring={"metricConfigurations": often})
    shop.cloud.advance(minutes=5)
    begun = shop.cloud.now - timedelta(minutes=3)
    found = points(shop, "CPUUtilization", period=20, hours=1)
    newest = [point for point in found if point["Timestamp"] > begun]
    assert {b["Timestamp"] - a["Timestamp"] for a, b in pairwise(newest)} == {timedelta(seconds=20)}


def test_a_point_holds_the_samples_of_its_minute(shop: Shop) -> None:
    """The agent takes a sample every 20 seconds; a spike is averaged away (cloudwatch-metrics)."""
    spiky = Image(cpu=lambda age: 256.0 if age % 60 < 20 else 64.0)
    shop.serve(shop.define(spiky), 1)
    shop.cloud.advance(minutes=10)
    point = points(shop, "CPUUtilization")[5]

    assert (point["Minimum"], point["Maximum"]) == (25.0, 100.0)
    assert point["Average"] == pytest.approx(50.0)


def test_no_more_than_the_size_of_the_task(shop: Shop) -> None:
    """With a task-level size CPUUtilization cannot exceed it (AWS: cloudwatch-metrics)."""
    shop.serve(shop.define(Image(cpu=900.0)), 1)
    shop.cloud.advance(minutes=5)
    assert {point["Average"] for point in points(shop, "CPUUtilization")} == {100.0}


def test_no_point_without_a_running_task(shop: Shop) -> None:
    """Only emitted while something is RUNNING (AWS: available-metrics)."""
    shop.serve(shop.define(Image()), 1)
    shop.run(shop.define(Image(), family="alone"))
    shop.cloud.advance(minutes=5)
    shop.ecs.update_service(cluster="shop", service="web", desiredCount=0)
    shop.cloud.advance(minutes=5)
    count = len(points(shop, "CPUUtilization"))
    shop.cloud.advance(minutes=30)
    assert len(points(shop, "CPUUtilization")) == count

    shop.ecs.update_service(cluster="shop", service="web", desiredCount=1)
    shop.cloud.advance(minutes=10)
    assert len(points(shop, "CPUUtilization")) > count + 5
    listed: Any = boto3.client("cloudwatch").list_metrics(Namespace="AWS/ECS")["Metrics"]
    assert {
        (metric["MetricName"], *[(d["Name"], d["Value"]) for d in metric["Dimensions"]])
        for metric in listed
    } == {
        (name, ("ClusterName", "shop"), ("ServiceName", "web"))
        for name in ("CPUUtilization", "LiveTaskCount", "MemoryUtilization")
    }


def test_get_metric_data_answers_too(shop: Shop) -> None:
    """AWS: GetMetricData."""
    shop.serve(shop.define(Image(cpu=64.0)), 1)
    shop.cloud.advance(minutes=30)
    metric = {
        "Namespace": "AWS/ECS",
        "MetricName": "CPUUtilization",
        "Dimensions": [
            {"Name": "ClusterName", "Value": "shop"},
            {"Name": "ServiceName", "Value": "web"},
        ],
    }
    answer: Any = boto3.client("cloudwatch").get_metric_data(
        StartTime=shop.cloud.now - timedelta(minutes=10),
        EndTime=shop.cloud.now,
        MetricDataQueries=[
            {"Id": "cpu", "MetricStat": {"Metric": metric, "Period": 300, "Stat": "Maximum"}}
        ],
    )
    assert set(answer["MetricDataResults"][0]["Values"]) == {25.0}


def test_a_container_without_task_size_counts_its_soft_limit() -> None:
    """The memory reserved is memoryReservation where it is set (AWS: cloudwatch-metrics)."""
    from ecslab.sim.usage import reserved

    containers = [{"cpu": 128, "memory": 400, "memoryReservation": 200}, {"cpu": 64, "memory": 56}]
    assert reserved({"containerDefinitions": containers}) == (192.0, 256.0)
    sized = {"cpu": "512", "memory": "1024", "containerDefinitions": containers}
    assert reserved(sized) == (512.0, 1024.0)
