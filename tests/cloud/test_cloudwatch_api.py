"""Reading CloudWatch's metrics: PutMetricData, GetMetricData, GetMetricStatistics, ListMetrics."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecslab import Cloud, Image
from ecslab.course import storefronts
from ecslab.course.front_door import BALANCER, TARGETS

Json = dict[str, Any]


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with Cloud(seed=7) as running:
        yield running


def put(name: str, values: list[float], **datum: Any) -> None:
    boto3.client("cloudwatch").put_metric_data(
        Namespace="Shop", MetricData=[{"MetricName": name, "Values": values, **datum}]
    )


def read(cloud: Cloud, metric: Json, stat: str, minutes: float = 60, period: int = 60) -> Any:
    answer: Any = boto3.client("cloudwatch").get_metric_data(
        StartTime=cloud.now - timedelta(minutes=minutes),
        EndTime=cloud.now + timedelta(minutes=1),
        ScanBy="TimestampAscending",
        MetricDataQueries=[
            {"Id": "m", "MetricStat": {"Metric": metric, "Period": period, "Stat": stat}}
        ],
    )
    return answer["MetricDataResults"][0]["Values"]


def test_percentiles_of_own_metrics(cloud: Cloud) -> None:
    """AWS: Statistics-definitions; moto knows no extended statistics."""
    put("Latency", [float(value) for value in range(1, 101)])
    answer = boto3.client("cloudwatch").get_metric_statistics(
        Namespace="Shop",
        MetricName="Latency",
        StartTime=cloud.now - timedelta(minutes=5),
        EndTime=cloud.now + timedelta(minutes=1),
        Period=60,
        Statistics=["Average"],
        ExtendedStatistics=["p99", "p50"],
    )
    point = answer["Datapoints"][0]
    assert point["ExtendedStatistics"] == {"p99": 99.0, "p50": 50.0}
    assert point["Average"] == 50.5
    assert read(cloud, {"Namespace": "Shop", "MetricName": "Latency"}, "p90") == [90.0]


def test_metrics_are_told_apart_by_their_dimensions(cloud: Cloud) -> None:
    """A metric without dimensions is another one; their order does not matter."""
    shop = [{"Name": "Shop", "Value": "a"}, {"Name": "Zone", "Value": "b"}]
    put("Sold", [1.0])
    put("Sold", [2.0], Dimensions=shop)
    metric = {"Namespace": "Shop", "MetricName": "Sold"}
    assert read(cloud, metric, "Sum") == [1.0]
    assert read(cloud, {**metric, "Dimensions": shop[::-1]}, "Sum") == [2.0]
    assert read(cloud, {**metric, "Dimensions": shop[:1]}, "Sum") == []
    client = boto3.client("cloudwatch")
    listed = client.list_metrics(Namespace="Shop", Dimensions=[{"Name": "Zone"}])["Metrics"]
    assert listed == [{"Namespace": "Shop", "MetricName": "Sold", "Dimensions": shop}]
    cloud.advance(days=15)
    assert client.list_metrics(Namespace="Shop")["Metrics"] == []


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.integers(0, 600), st.integers(0, 9)), min_size=1, max_size=20))
def test_nothing_is_lost_and_nothing_counted_twice(data: list[tuple[int, int]]) -> None:
    """Whatever the order in which points come, and whatever the period."""
    with Cloud(seed=7) as cloud:
        begin = cloud.now
        for seconds, value in data:
            moment = begin - timedelta(seconds=seconds)
            put("Sold", [float(value)], Timestamp=moment)
        metric = {"Namespace": "Shop", "MetricName": "Sold"}
        for period in (60, 300, 3600):
            total = sum(read(cloud, metric, "Sum", minutes=20, period=period))
            assert total == sum(value for _, value in data)


@pytest.mark.parametrize(
    ("namespace", "datum", "code"),
    [
        ("AWS/ECS", {"Value": 1.0}, "InvalidParameterValue"),
        ("Shop", {}, "InvalidParameterCombination"),
        ("Shop", {"Values": [1.0], "Counts": [1.0, 2.0]}, "InvalidParameterValue"),
        ("Shop", {"Value": float("nan")}, "InvalidParameterValue"),
    ],
)
def test_data_that_is_refused(cloud: Cloud, namespace: str, datum: Json, code: str) -> None:
    client = boto3.client("cloudwatch")
    with pytest.raises(ClientError) as refused:
        client.put_metric_data(Namespace=namespace, MetricData=[{"MetricName": "Sold", **datum}])
    assert refused.value.response["Error"]["Code"] == code


def test_too_many_points_are_refused(cloud: Cloud) -> None:
    """AWS: GetMetricStatistics returns at most 1,440 points."""
    with pytest.raises(ClientError, match="exceeds the limit of 1440"):
        boto3.client("cloudwatch").get_metric_statistics(
            Namespace="Shop",
            MetricName="Sold",
            StartTime=cloud.now - timedelta(days=2),
            EndTime=cloud.now,
            Period=60,
            Statistics=["Sum"],
        )


def shopfront(cloud: Cloud, image: Image, count: int = 2, **service: Any) -> str:
    """Put an image behind the load balancer; return its URL."""
    storefronts.front_door(cloud, "/health")
    ecs, elbv2 = boto3.client("ecs"), boto3.client("elbv2")
    shape = storefronts.definition(
        "storefront", cloud.push(image, "storefront:1"), portMappings=[{"containerPort": 8080}]
    )
    ecs.register_task_definition(**shape)
    group = elbv2.describe_target_groups(Names=[TARGETS])["TargetGroups"][0]["TargetGroupArn"]
    ecs.create_service(
        cluster=storefronts.CLUSTER,
        serviceName="storefront",
        taskDefinition="storefront",
        desiredCount=count,
        launchType="FARGATE",
        networkConfiguration=storefronts.task_network(),
        loadBalancers=[
            {"targetGroupArn": group, "containerName": "storefront", "containerPort": 8080}
        ],
        **service,
    )
    cloud.advance(minutes=5)
    found = elbv2.describe_load_balancers(Names=[BALANCER])["LoadBalancers"][0]
    return f"http://{found['DNSName']}"


def balancer_metric(name: str, *, group: bool = False) -> Json:
    elbv2 = boto3.client("elbv2")
    arn = elbv2.describe_load_balancers(Names=[BALANCER])["LoadBalancers"][0]["LoadBalancerArn"]
    dimensions = [{"Name": "LoadBalancer", "Value": arn.split(":loadbalancer/")[1]}]
    if group:
        found = elbv2.describe_target_groups(Names=[TARGETS])["TargetGroups"][0]["TargetGroupArn"]
        dimensions.append({"Name": "TargetGroup", "Value": found.split(":")[-1]})
    return {"Namespace": "AWS/ApplicationELB", "MetricName": name, "Dimensions": dimensions}


def test_metrics_of_a_load_balancer(cloud: Cloud) -> None:
    """AWS: load-balancer-cloudwatch-metrics (names, dimensions, RequestCountPerTarget)."""
    url = shopfront(cloud, Image(port=8080, latency=0.25))
    cloud.load(url, per_second=2, seconds=600)
    cloud.advance(minutes=10)
    assert sum(read(cloud, balancer_metric("RequestCount"), "Sum")) == pytest.approx(1200, abs=3)
    assert set(read(cloud, balancer_metric("TargetResponseTime"), "p99")) == {0.25}
    assert read(cloud, balancer_metric("HealthyHostCount", group=True), "Average")[-1] == 2.0
    assert read(cloud, balancer_metric("UnHealthyHostCount", group=True), "Maximum")[-1] == 0.0
    each = read(cloud, balancer_metric("RequestCountPerTarget", group=True), "Sum")
    assert each[3:-1] == pytest.approx([60.0] * len(each[3:-1]), abs=1)
    assert read(cloud, balancer_metric("HTTPCode_ELB_5XX_Count"), "Sum") == []

    boto3.client("ecs").update_service(
        cluster=storefronts.CLUSTER, service="storefront", desiredCount=0
    )
    cloud.advance(minutes=5)
    before = len(read(cloud, balancer_metric("HealthyHostCount", group=True), "Average"))
    assert cloud.http(url).status == 503
    cloud.advance(minutes=2)
    assert read(cloud, balancer_metric("HTTPCode_ELB_503_Count"), "Sum") == [1.0]
    assert read(cloud, balancer_metric("HTTPCode_ELB_5XX_Count"), "Sum") == [1.0]
    after = len(read(cloud, balancer_metric("HealthyHostCount", group=True), "Average"))
    assert after == before, "no targets, no points"


def test_requests_take_cpu_time_and_wait_for_each_other(cloud: Cloud) -> None:
    """CPUUtilization of a service follows its load; beyond the task's size answers come late."""
    url = shopfront(cloud, Image(port=8080, latency=0.01, cpu=0.0, cpu_seconds=0.05), count=1)
    names = [
        {"Name": "ClusterName", "Value": "bookshop"},
        {"Name": "ServiceName", "Value": "storefront"},
    ]
    cpu = {"Namespace": "AWS/ECS", "MetricName": "CPUUtilization", "Dimensions": names}
    cloud.load(url, per_second=2.5, seconds=600)
    cloud.advance(minutes=10)
    # 2.5 requests of 0.05 s and a health check every 10 s, on a quarter of a vCPU: 52 %
    assert read(cloud, cpu, "Average")[-3] == pytest.approx(52, abs=1)
    calm = read(cloud, balancer_metric("TargetResponseTime"), "p50")[-2]
    assert calm == pytest.approx(0.21, abs=0.02)
    cloud.load(url, per_second=5.1, seconds=120)
    cloud.advance(minutes=2)
    assert read(cloud, cpu, "Average")[-1] == pytest.approx(100, abs=0.1)
    assert read(cloud, balancer_metric("TargetResponseTime"), "p50")[-1] > 5 * calm
