"""Clusters and the Fargate capacity providers, as the API shows them."""

from __future__ import annotations

from collections import Counter
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st
from shapes import checked
from shops import Shop

from ecslab import Image
from ecslab.sim.engine import choose_provider

ACCOUNT = "arn:aws:ecs:us-east-1:123456789012"
Json = dict[str, Any]


def refused(code: str, match: str = "") -> Any:
    """Expect a refusal with a code and a text."""
    return pytest.raises(ClientError, match=rf"\({code}\).*{match}")


@pytest.fixture
def ecs(shop: Shop) -> Any:
    """Return a client whose every answer is held against the model."""
    return checked(boto3.client("ecs"))


def test_a_new_cluster(ecs: Any) -> None:
    """AWS: botocore ecs Cluster; Container Insights are off by default."""
    cluster = ecs.create_cluster(clusterName="books")["cluster"]
    assert cluster["clusterArn"] == f"{ACCOUNT}:cluster/books"
    assert cluster["status"] == "ACTIVE"
    assert cluster["settings"] == [{"name": "containerInsights", "value": "disabled"}]
    counts = ("registeredContainerInstancesCount", "runningTasksCount", "pendingTasksCount")
    assert [cluster[name] for name in (*counts, "activeServicesCount")] == [0, 0, 0, 0]
    assert (cluster["capacityProviders"], cluster["defaultCapacityProviderStrategy"]) == ([], [])


def test_the_default_cluster_is_made_on_demand_only(ecs: Any) -> None:
    """AWS: botocore ecs CreateCluster, DescribeClustersRequest.clusters (default is assumed)."""
    answer = ecs.describe_clusters()
    assert answer["clusters"] == []
    assert answer["failures"] == [{"arn": f"{ACCOUNT}:cluster/default", "reason": "MISSING"}]
    ecs.create_cluster()
    assert [c["clusterName"] for c in ecs.describe_clusters()["clusters"]] == ["default"]


def test_names_arns_and_what_is_missing(ecs: Any) -> None:
    """AWS: botocore ecs DescribeClusters; api_failures_messages (MISSING)."""
    asked = ["shop", f"{ACCOUNT}:cluster/shop", "none", f"{ACCOUNT}:cluster/none"]
    answer = ecs.describe_clusters(clusters=asked)
    assert [c["clusterName"] for c in answer["clusters"]] == ["shop", "shop"]
    none = {"arn": f"{ACCOUNT}:cluster/none", "reason": "MISSING"}
    assert answer["failures"] == [none, none]
    with refused("InvalidParameterException", "Invalid Region in ARN"):
        ecs.describe_clusters(clusters=["arn:aws:ecs:eu-west-1:123456789012:cluster/shop"])
    with refused("InvalidParameterException"):
        ecs.describe_clusters(clusters=["shop"] * 101)


def test_what_include_adds(ecs: Any) -> None:
    """AWS: botocore ecs DescribeClustersRequest.include."""
    tags = [{"key": "team", "value": "books"}]
    ecs.create_cluster(
        clusterName="books",
        tags=tags,
        configuration={"executeCommandConfiguration": {"logging": "NONE"}},
    )
    (plain,) = ecs.describe_clusters(clusters=["books"])["clusters"]
    assert (plain["tags"], plain["settings"], plain["statistics"]) == ([], [], [])
    assert "configuration" not in plain
    everything = ["CONFIGURATIONS", "SETTINGS", "STATISTICS", "TAGS"]
    (full,) = ecs.describe_clusters(clusters=["books"], include=everything)["clusters"]
    assert full["tags"] == tags
    assert full["configuration"] == {"executeCommandConfiguration": {"logging": "NONE"}}
    assert {item["name"] for item in full["statistics"]} >= {"runningFargateTasksCount"}


def test_counts_follow_the_tasks(shop: Shop) -> None:
    """AWS: botocore ecs Cluster.runningTasksCount, .pendingTasksCount, .statistics."""
    ecs = checked(shop.ecs)
    shop.serve(shop.define(Image()), 2)
    shop.run("web")

    def counts() -> tuple[int, int, int]:
        (found,) = ecs.describe_clusters(clusters=["shop"])["clusters"]
        return (
            found["activeServicesCount"],
            found["pendingTasksCount"],
            found["runningTasksCount"],
        )

    shop.cloud.advance(seconds=15)
    assert counts() == (1, 3, 0)
    shop.cloud.advance(seconds=60)
    assert counts() == (1, 0, 3)


def test_the_account_setting_is_the_default_of_new_clusters(ecs: Any) -> None:
    """AWS: botocore ecs ClusterSetting (overrides the account setting)."""
    ecs.put_account_setting(name="containerInsights", value="enabled")
    found = ecs.create_cluster(clusterName="a")["cluster"]["settings"]
    assert found == [{"name": "containerInsights", "value": "enabled"}]
    own = [{"name": "containerInsights", "value": "enhanced"}]
    assert ecs.create_cluster(clusterName="b", settings=own)["cluster"]["settings"] == own
    for wrong in ({"name": "containerInsights", "value": "on"}, {"name": "other", "value": "on"}):
        with pytest.raises(ClientError, match="InvalidParameterException"):
            ecs.update_cluster_settings(cluster="a", settings=[wrong])
    off = [{"name": "containerInsights", "value": "disabled"}]
    assert ecs.update_cluster_settings(cluster="a", settings=off)["cluster"]["settings"] == off


def test_a_deleted_cluster_lingers(ecs: Any) -> None:
    """AWS: botocore ecs Cluster.status (INACTIVE; not listed; its name may be used again)."""
    assert ecs.delete_cluster(cluster="shop")["cluster"]["status"] == "INACTIVE"
    assert ecs.list_clusters()["clusterArns"] == []
    assert ecs.describe_clusters(clusters=["shop"])["clusters"][0]["status"] == "INACTIVE"
    for call in (ecs.delete_cluster, ecs.list_tasks, ecs.list_services):
        with refused("ClusterNotFoundException", "Cluster not found."):
            call(cluster="shop")
    assert ecs.create_cluster(clusterName="shop")["cluster"]["status"] == "ACTIVE"


def test_a_cluster_with_something_in_it_stays(shop: Shop) -> None:
    """AWS: botocore ecs DeleteCluster: ClusterContainsServices-, ClusterContainsTasksException."""
    arn = shop.run(shop.define(Image()))
    with refused("ClusterContainsTasksException"):
        shop.ecs.delete_cluster(cluster="shop")
    shop.ecs.stop_task(cluster="shop", task=arn)
    with refused("ClusterContainsTasksException"):
        shop.ecs.delete_cluster(cluster="shop")
    shop.cloud.advance(minutes=1)
    shop.serve("web", 0)
    with refused("ClusterContainsServicesException"):
        shop.ecs.delete_cluster(cluster="shop")
    shop.ecs.delete_service(cluster="shop", service="web")
    shop.cloud.advance(minutes=1)
    assert shop.ecs.delete_cluster(cluster="shop")["cluster"]["status"] == "INACTIVE"


def test_the_first_cluster_makes_the_service_linked_role(shop: Shop) -> None:
    """AWS: botocore ecs CreateCluster; using-service-linked-roles."""
    iam: Any = boto3.client("iam")
    role = iam.get_role(RoleName="AWSServiceRoleForECS")["Role"]
    assert role["Arn"].endswith(":role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS")
    shop.ecs.create_cluster(clusterName="another")
    paths = [each["Path"] for each in iam.list_roles()["Roles"]]
    assert paths.count("/aws-service-role/ecs.amazonaws.com/") == 1


# --- Capacity providers ---------------------------------------------------------------------------


def item(provider: str, weight: int | None = None, base: int | None = None) -> Json:
    """Return an item of a strategy."""
    given = {"capacityProvider": provider, "weight": weight, "base": base}
    return {key: value for key, value in given.items() if value is not None}


BOTH = ["FARGATE", "FARGATE_SPOT"]


def associate(shop: Shop, *strategy: Json) -> None:
    """Associate both Fargate providers, with a default strategy."""
    shop.ecs.put_cluster_capacity_providers(
        cluster="shop", capacityProviders=BOTH, defaultCapacityProviderStrategy=list(strategy)
    )


def run(shop: Shop, **arguments: Any) -> list[Json]:
    """Run tasks of the family `web`."""
    answer = shop.ecs.run_task(
        cluster="shop", taskDefinition="web", networkConfiguration=shop.network(), **arguments
    )
    return list(answer["tasks"])


def test_fargate_and_spot_are_always_there(ecs: Any) -> None:
    """AWS: fargate-capacity-providers (predefined; associated, never created)."""
    found = ecs.describe_capacity_providers()["capacityProviders"]
    assert [(each["name"], each["status"]) for each in found] == [(n, "ACTIVE") for n in BOTH]
    (failure,) = ecs.describe_capacity_providers(capacityProviders=["mine"])["failures"]
    assert failure["reason"] == "MISSING"


def test_putting_providers_replaces_both_lists(shop: Shop) -> None:
    """AWS: botocore ecs PutClusterCapacityProviders."""
    associate(shop, item("FARGATE", 1))
    associate(shop)
    (cluster,) = shop.ecs.describe_clusters(clusters=["shop"])["clusters"]
    assert cluster["capacityProviders"] == BOTH
    assert cluster["defaultCapacityProviderStrategy"] == []
    shop.ecs.put_cluster_capacity_providers(
        cluster="shop", capacityProviders=["FARGATE_SPOT"], defaultCapacityProviderStrategy=[]
    )
    (cluster,) = shop.ecs.describe_clusters(clusters=["shop"])["clusters"]
    assert cluster["capacityProviders"] == ["FARGATE_SPOT"]
    with refused("InvalidParameterException"):
        shop.ecs.put_cluster_capacity_providers(
            cluster="shop",
            capacityProviders=["FARGATE"],
            defaultCapacityProviderStrategy=[item("FARGATE_SPOT", 1)],
        )
    with refused("InvalidParameterException"):
        shop.ecs.put_cluster_capacity_providers(
            cluster="shop", capacityProviders=["mine"], defaultCapacityProviderStrategy=[]
        )


def test_a_provider_in_use_stays(shop: Shop) -> None:
    """AWS: botocore ecs ResourceInUseException (PutClusterCapacityProviders)."""
    associate(shop)
    shop.define(Image())
    run(shop, capacityProviderStrategy=[item("FARGATE_SPOT", 1)])
    with refused("ResourceInUseException"):
        shop.ecs.put_cluster_capacity_providers(
            cluster="shop", capacityProviders=["FARGATE"], defaultCapacityProviderStrategy=[]
        )


def test_base_first_then_by_weight(shop: Shop) -> None:
    """AWS: botocore ecs CapacityProviderStrategyItem.base, .weight (1:4 is one to four)."""
    associate(shop)
    shop.define(Image())
    strategy = [item("FARGATE", 1, 2), item("FARGATE_SPOT", 3)]
    tasks = run(shop, count=10, capacityProviderStrategy=strategy)
    names = [task["capacityProviderName"] for task in tasks]
    assert names[:2] == ["FARGATE", "FARGATE"]
    assert Counter(names) == {"FARGATE": 4, "FARGATE_SPOT": 6}
    assert {task["launchType"] for task in tasks} == {"FARGATE"}


def test_the_default_strategy_is_used_without_another_wish(shop: Shop) -> None:
    """AWS: botocore ecs RunTaskRequest.capacityProviderStrategy; a launch type overrides it."""
    shop.define(Image())
    with refused("InvalidParameterException"):
        run(shop)
    associate(shop, item("FARGATE_SPOT", 1))
    assert run(shop)[0]["capacityProviderName"] == "FARGATE_SPOT"
    assert "capacityProviderName" not in run(shop, launchType="FARGATE")[0]
    with refused("InvalidParameterException"):
        run(shop, launchType="FARGATE", capacityProviderStrategy=[item("FARGATE", 1)])


@pytest.mark.parametrize(
    "strategy",
    [
        [item("FARGATE", 0), item("FARGATE_SPOT", 0)],
        [item("FARGATE", 1, 1), item("FARGATE_SPOT", 1, 1)],
        [item("FARGATE", 1001)],
        [item("FARGATE", 1, 100001)],
        [item("mine", 1)],
        [item("FARGATE", 1), item("FARGATE", 1)],
    ],
)
def test_strategies_that_are_refused(shop: Shop, strategy: list[Json]) -> None:
    """AWS: botocore ecs CapacityProviderStrategyItem (ranges; one base; a weight above 0)."""
    associate(shop)
    shop.define(Image())
    with refused("InvalidParameterException"):
        run(shop, capacityProviderStrategy=strategy)


@given(
    weights=st.lists(st.integers(0, 9), min_size=1, max_size=4).filter(any),
    base=st.integers(0, 12),
    count=st.integers(1, 60),
)
def test_every_prefix_keeps_base_and_proportion(weights: list[int], base: int, count: int) -> None:
    """AWS: fargate-capacity-providers: base first, the remainder in proportion to the weights."""
    strategy = [item(f"p{index}", weight) for index, weight in enumerate(weights)]
    strategy[0]["base"] = base
    placed: list[str | None] = []
    for _ in range(count):
        placed.append(choose_provider(strategy, placed))
    found = Counter(placed)
    assert placed[: min(base, count)] == ["p0"] * min(base, count)
    above = max(0, count - base)
    shares = {f"p{i}": above * weight / sum(weights) for i, weight in enumerate(weights)}
    shares["p0"] += min(base, count)
    for name, share in shares.items():
        assert abs(found[name] - share) <= len(weights)
        assert weights[int(name[1:])] or found[name] == (min(base, count) if name == "p0" else 0)
