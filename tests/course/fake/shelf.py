"""The checks of the tiny module."""

from __future__ import annotations

from typing import Any

import boto3

from ecslab.course import Module, NotAttempted, expect, one

MODULE = Module("00-shelf")


@MODULE.scenario("lab", goal="Add a cluster.", given="A cluster named given.")
def shelf(cloud: object) -> None:
    boto3.client("ecs", region_name="us-east-1").create_cluster(clusterName="given")


@MODULE.check(
    "one-cluster",
    points=2,
    title="A cluster named books",
    hints=("Which operation makes a cluster?", "Look for the name under clusterName."),
)
def one_cluster(lab: Any, answer: Any) -> None:
    ecs = lab.client("ecs")
    names = [arn.rsplit("/", 1)[-1] for arn in ecs.list_clusters()["clusterArns"]]
    if names == ["given"]:
        raise NotAttempted
    look_at = "describe_clusters → clusters[0].clusterName"
    name = one([name for name in names if name != "given"], "cluster of yours", look_at)
    expect(name, "books", look_at)


@MODULE.check("how-many", points=1, title="Count them", hints=("Count the ARNs.",))
def how_many(lab: Any, answer: Any) -> None:
    expect(answer + 0, len(lab.client("ecs").list_clusters()["clusterArns"]), "list_clusters")
