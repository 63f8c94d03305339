"""CreateCluster with the name of a cluster that is there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from ecslab.cloud import Cloud

INSIGHTS = "containerInsights"
SPOT = {"capacityProvider": "FARGATE_SPOT", "weight": 1}


@pytest.fixture
def ecs() -> Iterator[Any]:
    with Cloud():
        client = boto3.client("ecs")
        client.create_cluster(
            clusterName="shop",
            settings=[{"name": INSIGHTS, "value": "enhanced"}],
            capacityProviders=["FARGATE_SPOT"],
            defaultCapacityProviderStrategy=[SPOT],
        )
        yield client


def refused(call: Any, **parameters: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"settings": [{"name": INSIGHTS, "value": "enhanced"}]},
        {"capacityProviders": ["FARGATE_SPOT"], "defaultCapacityProviderStrategy": [SPOT]},
    ],
)
def test_the_same_request_again_returns_the_cluster(ecs: Any, parameters: Any) -> None:
    """Reports on GitHub: hashicorp/terraform-provider-aws 38875, nandemo-ya/kecs 79."""
    cluster = ecs.create_cluster(clusterName="shop", **parameters)["cluster"]

    assert cluster["settings"] == [{"name": INSIGHTS, "value": "enhanced"}]
    assert cluster["capacityProviders"] == ["FARGATE_SPOT"]
    assert len(ecs.list_clusters()["clusterArns"]) == 1


@pytest.mark.parametrize(
    "parameters",
    [
        {"settings": [{"name": INSIGHTS, "value": "disabled"}]},
        {"capacityProviders": ["FARGATE"]},
        {"configuration": {"executeCommandConfiguration": {"logging": "NONE"}}},
        {
            "capacityProviders": ["FARGATE_SPOT"],
            "defaultCapacityProviderStrategy": [{**SPOT, "base": 2}],
        },
    ],
)
def test_another_request_is_refused_and_changes_nothing(ecs: Any, parameters: Any) -> None:
    """Captured InvalidParameterException of CreateCluster, in public deployment scripts."""
    code, message = refused(ecs.create_cluster, clusterName="shop", **parameters)

    assert code == "InvalidParameterException"
    assert message == (
        "Arguments on this idempotent request are inconsistent with arguments used in previous"
        " request(s)."
    )
    found = ecs.describe_clusters(clusters=["shop"], include=["SETTINGS"])["clusters"][0]
    assert found["settings"] == [{"name": INSIGHTS, "value": "enhanced"}]
    assert found["capacityProviders"] == ["FARGATE_SPOT"]


def test_a_deleted_name_is_free_again(ecs: Any) -> None:
    """Botocore ecs DeleteCluster: the deleted cluster is INACTIVE, another takes its name."""
    ecs.delete_cluster(cluster="shop")

    cluster = ecs.create_cluster(clusterName="shop")["cluster"]

    assert cluster["status"] == "ACTIVE"
    assert cluster["capacityProviders"] == []
