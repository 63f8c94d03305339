"""Rules about clusters and their capacity provider strategies, and what is counted of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import botocore.session
import botocore.validate
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecslab.errors import AwsError
from ecslab.model import cluster
from ecslab.model.cluster_answers import ANSWERS

SHAPE = botocore.session.get_session().get_service_model("ecs").shape_for("Cluster")
KINDS = {"blue": "EC2_AUTOSCALING", "green": "EC2_AUTOSCALING", "managed": "MANAGED_INSTANCES"}
ALL = ("FARGATE", "FARGATE_SPOT", *KINDS)


def _refused(call: Callable[[], object], message: str) -> None:
    with pytest.raises(AwsError) as refused:
        call()
    assert str(refused.value) == f"InvalidParameterException: {message}"


@pytest.mark.parametrize("name", ["a", "web-1_B", "x" * 255])
def test_name_with_known_characters(name: str) -> None:
    """AWS: botocore ecs CreateClusterRequest.clusterName."""
    assert cluster.check_name(name) == name


def test_no_name_means_default() -> None:
    """AWS: botocore ecs CreateClusterRequest.clusterName."""
    assert cluster.check_name("") == "default"


@pytest.mark.parametrize("name", ["web app", "x" * 256, "web.1", "é", "web\n"])
def test_name_with_other_characters(name: str) -> None:
    """AWS: botocore ecs CreateClusterRequest.clusterName."""
    _refused(lambda: cluster.check_name(name), r"ClusterName must match ^[a-zA-Z0-9\-_]{1,255}$")


@pytest.mark.parametrize("value", ["enabled", "disabled", "enhanced"])
def test_container_insights_has_three_values(value: str) -> None:
    """AWS: botocore ecs ClusterSetting.value."""
    setting = {"name": "containerInsights", "value": value}
    assert cluster.merge_settings([], [setting]) == [setting]


def test_container_insights_is_off_at_first_and_stays_as_it_was() -> None:
    """AWS: botocore ecs ClusterSetting.value."""
    off = [{"name": "containerInsights", "value": "disabled"}]
    on = [{"name": "containerInsights", "value": "enabled"}]
    assert cluster.merge_settings([], []) == off
    assert cluster.merge_settings(on, []) == on


@pytest.mark.parametrize(
    ("setting", "part"),
    [
        ({"name": "containerInsights", "value": "on"}, "value"),
        ({"name": "containerInsights"}, "value"),
        ({"name": "insights", "value": "enabled"}, "name"),
        ({}, "name"),
    ],
)
def test_other_setting(setting: dict[str, str], part: str) -> None:
    """AWS: botocore ecs ClusterSetting."""
    _refused(lambda: cluster.merge_settings([], [setting]), f"Invalid setting '{part}'")


@pytest.mark.parametrize(
    "execute",
    [
        {},
        {"kmsKeyId": "key"},
        {"logging": "NONE"},
        {"logging": "DEFAULT"},
        {"logging": "OVERRIDE", "logConfiguration": {"cloudWatchLogGroupName": "exec"}},
        {"logging": "OVERRIDE", "logConfiguration": {"s3BucketName": "exec"}},
    ],
)
def test_logging_of_ecs_exec(execute: dict[str, Any]) -> None:
    """AWS: botocore ecs ExecuteCommandConfiguration.logging."""
    cluster.check_configuration({"executeCommandConfiguration": execute})


@pytest.mark.parametrize(
    ("execute", "message"),
    [
        (
            {"logging": "OVERRIDE"},
            (
                "A CloudWatch log group name or S3 bucket name must be specified when overriding"
                " the default log configuration."
            ),
        ),
        (
            {"logging": "OVERRIDE", "logConfiguration": {"s3KeyPrefix": "exec"}},
            (
                "A CloudWatch log group name or S3 bucket name must be specified when overriding"
                " the default log configuration."
            ),
        ),
        (
            {"logging": "DEFAULT", "logConfiguration": {"s3BucketName": "exec"}},
            "You must set logging to 'OVERRIDE' when you supply a log configuration.",
        ),
        (
            {"logConfiguration": {"s3BucketName": "exec"}},
            "You must set logging to 'OVERRIDE' when you supply a log configuration.",
        ),
        (
            {"logging": "FILE"},
            "FILE is not a valid logging. Must be one of [NONE,DEFAULT,OVERRIDE]",
        ),
    ],
)
def test_logging_of_ecs_exec_that_says_too_little_or_too_much(
    execute: dict[str, Any], message: str
) -> None:
    """AWS: botocore ecs ExecuteCommandConfiguration.logging."""
    _refused(lambda: cluster.check_configuration({"executeCommandConfiguration": execute}), message)


@pytest.mark.parametrize(
    ("providers", "message"),
    [
        (
            [f"p{number}" for number in range(21)],
            "The maximum number of capacity providers per cluster has been exceeded.",
        ),
        (
            ["nope"],
            (
                "The specified capacity provider was not found. Specify a valid capacity provider"
                " and try again."
            ),
        ),
        (
            ["managed"],
            "Cannot associate Managed Instances capacity provider to clusters using this API.",
        ),
        (
            ["blue", "blue"],
            (
                "The specified capacity providers cannot contain duplicates. Specify each capacity"
                " provider once and try again."
            ),
        ),
    ],
)
def test_provider_that_cannot_be_associated(providers: list[str], message: str) -> None:
    """AWS: botocore ecs PutClusterCapacityProviders; endpoints and quotas."""
    _refused(lambda: cluster.check_providers(providers, kinds=KINDS), message)


def test_cluster_can_have_fargate_and_auto_scaling_groups() -> None:
    """AWS: fargate-capacity-providers."""
    cluster.check_providers(["FARGATE", "FARGATE_SPOT", "blue", "green"], kinds=KINDS)


def _strategy(*items: tuple[str, int, int]) -> list[dict[str, Any]]:
    return [
        {"capacityProvider": name, "weight": weight, "base": base} for name, weight, base in items
    ]


def _check(strategy: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return cluster.check_strategy(strategy, associated=ALL, kinds=KINDS)


def test_weight_and_base_are_0_by_default() -> None:
    """AWS: botocore ecs CapacityProviderStrategyItem.weight, .base."""
    assert _check([{"capacityProvider": "blue"}]) == _strategy(("blue", 0, 0))


@pytest.mark.parametrize(
    "strategy",
    [
        [],
        _strategy(("FARGATE", 1, 0)),
        _strategy(("FARGATE", 1, 2), ("FARGATE_SPOT", 4, 0)),
        _strategy(("blue", 1000, 100_000), ("green", 0, 0)),
        _strategy(("managed", 1, 0)),
    ],
)
def test_strategy_within_the_rules(strategy: list[dict[str, Any]]) -> None:
    """AWS: botocore ecs CapacityProviderStrategyItem; fargate-capacity-providers."""
    assert _check(strategy) == strategy


MIXED = (
    "A capacity provider strategy cannot contain a mix of capacity providers using Auto Scaling"
    " groups and Fargate providers. Specify one or the other and try again."
)


@pytest.mark.parametrize(
    ("strategy", "message"),
    [
        (
            _strategy(("FARGATE", 1, 1), ("FARGATE_SPOT", 1, 1)),
            (
                "The specified capacity provider strategy contains multiple capacity providers"
                " with a base value defined. Only one capacity provider per strategy can have a"
                " base value defined."
            ),
        ),
        (
            _strategy(("nope", 1, 0)),
            (
                "The specified capacity provider strategy cannot contain a capacity provider that"
                " is not associated with the cluster. Associate the capacity provider with the"
                " cluster or specify a valid capacity provider and try again."
            ),
        ),
        (_strategy(("FARGATE", 1, 0), ("blue", 1, 0)), MIXED),
        (
            _strategy(("managed", 1, 0), ("blue", 1, 0)),
            (
                "A capacity provider strategy cannot contain a mix of Managed Instances and other"
                " capacity providers. Specify one or the other and try again."
            ),
        ),
        (
            _strategy(("blue", 1001, 0)),
            "The weight value of a capacity provider must be between 0 and 1000.",
        ),
        (
            _strategy(("blue", 1, 100_001)),
            "The base value of a capacity provider must be between 0 and 100000.",
        ),
        (
            _strategy(("blue", 1, 0), ("blue", 2, 0)),
            (
                "The specified capacity providers cannot contain duplicates. Specify each capacity"
                " provider once and try again."
            ),
        ),
        (
            _strategy(*((f"p{number}", 1, 0) for number in range(21))),
            (
                "The specified capacity provider strategy cannot contain more than 20 capacity"
                " providers."
            ),
        ),
    ],
)
def test_strategy_that_breaks_a_rule(strategy: list[dict[str, Any]], message: str) -> None:
    """AWS: botocore ecs CapacityProviderStrategyItem; fargate-capacity-providers."""
    _refused(lambda: _check(strategy), message)


@settings(deadline=None)
@given(
    st.lists(
        st.fixed_dictionaries(
            {"capacityProvider": st.sampled_from([*ALL, "nope", ""])},
            optional={"weight": st.integers(-1, 1001), "base": st.integers(-1, 100_001)},
        ),
        max_size=4,
    )
)
def test_any_strategy_is_refused_or_keeps_the_rules(strategy: list[dict[str, Any]]) -> None:
    """AWS: botocore ecs CapacityProviderStrategyItem."""
    try:
        items = _check(strategy)
    except AwsError as refused:
        items, code = [], refused.code
    else:
        code = ""
    assert code in ("", "InvalidParameterException")
    assert sum(item["base"] > 0 for item in items) <= 1
    assert len({cluster.provider_kind(item["capacityProvider"], KINDS) for item in items}) <= 1
    assert all(0 <= item["weight"] <= 1000 and 0 <= item["base"] <= 100_000 for item in items)


def test_strategy_without_weight_is_kept_but_places_nothing() -> None:
    """AWS: botocore ecs CapacityProviderStrategyItem.weight: RunTask and CreateService fail."""
    strategy = _check(_strategy(("FARGATE", 0, 0), ("FARGATE_SPOT", 0, 0)))
    _refused(
        lambda: cluster.check_usable(strategy, default=False),
        "There are no capacity providers in the capacity provider strategy with a weight value"
        " greater than zero. Specify a weight value greater than zero for at least one capacity"
        " provider and try again.",
    )
    _refused(
        lambda: cluster.check_usable(strategy, default=True),
        "There are no capacity providers with a weight value greater than zero defined in the"
        " default capacity provider strategy. At least one capacity provider must have a weight"
        " value greater than zero specified. Update the cluster's default capacity provider"
        " strategy or specify a valid capacity provider strategy and try again.",
    )
    cluster.check_usable(_strategy(("FARGATE", 0, 0), ("FARGATE_SPOT", 1, 0)), default=True)
    cluster.check_usable([], default=True)


@pytest.mark.parametrize(
    ("contents", "code"),
    [
        ({"container_instances": 1}, "ClusterContainsContainerInstancesException"),
        ({"services": 1}, "ClusterContainsServicesException"),
        ({"tasks": 1}, "ClusterContainsTasksException"),
        ({"managed_instances_providers": 1}, "ClusterContainsCapacityProviderException"),
        ({"updating": True}, "UpdateInProgressException"),
        ({"services": 2, "tasks": 4}, "ClusterContainsServicesException"),
    ],
)
def test_cluster_that_holds_something_cannot_be_deleted(
    contents: dict[str, int], code: str
) -> None:
    """AWS: botocore ecs DeleteCluster, its errors."""
    refusal = cluster.deletion_refusal(**contents)
    assert refusal is not None
    assert refusal.code == code


def test_words_of_a_refused_deletion() -> None:
    """AWS: botocore ecs DeleteCluster; the words as AWS sends them."""
    assert str(cluster.deletion_refusal(services=1)) == (
        "ClusterContainsServicesException: The Cluster cannot be deleted while Services are active."
    )
    assert str(cluster.deletion_refusal(tasks=1)) == (
        "ClusterContainsTasksException: The Cluster cannot be deleted while Tasks are active."
    )


def test_empty_cluster_can_be_deleted() -> None:
    """AWS: botocore ecs DeleteCluster."""
    assert cluster.deletion_refusal() is None


TASKS = [
    {"lastStatus": "RUNNING", "launchType": "FARGATE"},
    {"lastStatus": "RUNNING", "launchType": "EC2"},
    {"lastStatus": "RUNNING", "launchType": "EC2"},
    {"lastStatus": "PROVISIONING", "launchType": "FARGATE"},
    {"lastStatus": "PENDING", "launchType": "FARGATE"},
    {"lastStatus": "STOPPED", "launchType": "FARGATE"},
    {"lastStatus": "PENDING", "launchType": "EXTERNAL"},
]
SERVICES = [
    {"status": "ACTIVE", "launchType": "FARGATE"},
    {"status": "ACTIVE", "launchType": "EC2"},
    {"status": "DRAINING", "launchType": "FARGATE"},
    {"status": "INACTIVE", "launchType": "FARGATE"},
]
INSTANCES = [{"status": "ACTIVE"}, {"status": "DRAINING"}, {"status": "DEREGISTERING"}]


def test_counts() -> None:
    """AWS: botocore ecs Cluster.registeredContainerInstancesCount and its neighbours."""
    assert cluster.counts(TASKS, SERVICES, INSTANCES) == {
        "registeredContainerInstancesCount": 2,
        "runningTasksCount": 3,
        "pendingTasksCount": 3,
        "activeServicesCount": 2,
    }


def test_statistics_by_launch_type() -> None:
    """AWS: botocore ecs Cluster.statistics."""
    found = {row["name"]: row["value"] for row in cluster.statistics(TASKS, SERVICES)}
    assert {name: value for name, value in found.items() if value != "0"} == {
        "runningEC2TasksCount": "2",
        "runningFargateTasksCount": "1",
        "pendingFargateTasksCount": "2",
        "pendingExternalTasksCount": "1",
        "activeEC2ServiceCount": "1",
        "activeFargateServiceCount": "1",
        "drainingFargateServiceCount": "1",
    }
    documented = {
        f"{state}{launch_type}{what}"
        for launch_type in ("EC2", "Fargate")
        for state, what in (
            ("running", "TasksCount"),
            ("pending", "TasksCount"),
            ("active", "ServiceCount"),
            ("draining", "ServiceCount"),
        )
    }
    assert documented <= set(found)


WHOLE = {
    "clusterArn": "arn:aws:ecs:us-east-1:123456789012:cluster/web",
    "clusterName": "web",
    "status": "ACTIVE",
    **cluster.counts(TASKS, SERVICES, INSTANCES),
    "statistics": cluster.statistics(TASKS, SERVICES),
    "tags": [{"key": "team", "value": "shop"}],
    "settings": [{"name": "containerInsights", "value": "enabled"}],
    "configuration": {"executeCommandConfiguration": {"logging": "DEFAULT"}},
    "attachments": [],
    "attachmentsStatus": "UPDATE_COMPLETE",
}
OPTIONAL = {
    "ATTACHMENTS": {"attachments", "attachmentsStatus"},
    "CONFIGURATIONS": {"configuration"},
    "SETTINGS": {"settings"},
    "STATISTICS": {"statistics"},
    "TAGS": {"tags"},
}


@settings(deadline=None)
@given(st.sets(st.sampled_from(sorted(OPTIONAL))))
def test_described_cluster_shows_what_was_asked_for(include: set[str]) -> None:
    """AWS: botocore ecs DescribeClustersRequest.include."""
    shown = cluster.described(WHOLE, include=sorted(include))
    for name, members in OPTIONAL.items():
        for member in members:
            if name in include:
                assert shown[member] == WHOLE[member]
            else:
                assert not shown.get(member)
    report = botocore.validate.ParamValidator().validate(shown, SHAPE)
    assert report.generate_report() == ""


def test_unknown_include() -> None:
    """AWS: captured InvalidParameterException of DescribeClusters."""
    words = r"include should be one of \[ATTACHMENTS,CONFIGURATIONS,SETTINGS,STATISTICS,TAGS\]"
    with pytest.raises(AwsError, match=words):
        cluster.described(WHOLE, include=["EVERYTHING"])


def test_every_answer_says_where_its_rule_is_documented() -> None:
    assert len(set(ANSWERS)) == len(ANSWERS)
    assert all(answer.source.startswith(("AWS: ", "botocore ecs ")) for answer in ANSWERS)
