"""What a request names: clusters, services, tasks, instances, by name, id or ARN.

AWS: botocore ecs; captured InvalidParameterException of DescribeTasks, DescribeServices,
DescribeContainerInstances, DescribeClusters; api_failures_messages (MISSING).
"""

from __future__ import annotations

from typing import Any

import pytest
from accounts import MODEL, NOBODY, OWN, Full, Json, basic, method, operations
from botocore.exceptions import ClientError

FILTERS = ("ListGatewayClusterAssociations", "ListGatewayRoutes")
"""Operations whose cluster is a filter: an unknown one selects nothing."""

NO_LOOKUP = ("CreateExpressGatewayService", "DiscoverPollEndpoint", "RegisterContainerInstance")
"""Operations that take a cluster by other rules; their own tests show them."""

OF_A_CLUSTER = [
    name for name in operations("cluster") if name not in (*FILTERS, *NO_LOOKUP, "ListGateways")
]

EXTRA: dict[str, Json] = {
    "CreateCapacityProvider": {
        "managedInstancesProvider": {
            "infrastructureRoleArn": "arn:aws:iam::123456789012:role/x",
            "instanceLaunchTemplate": {
                "ec2InstanceProfileArn": "arn:aws:iam::123456789012:instance-profile/x",
                "networkConfiguration": {"subnets": ["subnet-1"]},
            },
        }
    },
    "DeleteCapacityProvider": {"capacityProvider": "fleet-provider"},
    "DescribeTaskSets": {"taskSets": ["ecs-svc/1"]},
    "SubmitContainerStateChange": {"task": NOBODY},
    "SubmitTaskStateChange": {"task": NOBODY},
    "UpdateCapacityProvider": {"name": "fleet-provider"},
}


def code(full: Full, name: str, /, **arguments: Any) -> tuple[str, str]:
    """Return code and text of a refusal; two empty texts when there is none."""
    request = basic(name, **{**EXTRA.get(name, {}), **arguments})
    try:
        method(full.ecs, name)(**request)
    except ClientError as error:
        found = error.response["Error"]
        return str(found["Code"]), str(found["Message"])
    return "", ""


@pytest.mark.parametrize("name", OF_A_CLUSTER)
@pytest.mark.parametrize("cluster", ["nowhere", f"{OWN}:cluster/nowhere", "closed"])
def test_a_cluster_that_is_not_there_or_no_longer(full: Full, name: str, cluster: str) -> None:
    """ClusterNotFoundException for every operation about a cluster, deleted ones included."""
    assert code(full, name, cluster=cluster) == ("ClusterNotFoundException", "Cluster not found.")


@pytest.mark.parametrize("name", [*OF_A_CLUSTER, *FILTERS])
@pytest.mark.parametrize(
    ("cluster", "text"),
    [
        ("arn:aws:ecs:eu-west-1:123456789012:cluster/shop", "Invalid Region in ARN"),
        (
            "arn:aws:ecs:us-east-1:210987654321:cluster/shop",
            "Identifier is for 210987654321. Your accountId is 123456789012",
        ),
        (f"{OWN}:service/shop/web", "Unsupported resource type: service"),
        ("shop/web", "Invalid identifier: Unexpected number of separators"),
        (f"{OWN}:cluster/{OWN}:cluster/shop", "Invalid identifier: Unexpected number of sep"),
        ("a shop", "Cluster must match ^[a-zA-Z0-9\\-_]{1,255}$, but was a shop"),
        (" ", "Cluster can not be blank."),
    ],
)
def test_what_is_no_cluster_of_here(full: Full, name: str, cluster: str, text: str) -> None:
    found = code(full, name, cluster=cluster)
    assert (found[0], found[1][: len(text)]) == ("InvalidParameterException", text)


@pytest.mark.parametrize("name", FILTERS)
def test_an_unknown_cluster_as_a_filter(full: Full, name: str) -> None:
    answer = method(full.ecs, name)(cluster="nowhere")
    assert [value for key, value in answer.items() if isinstance(value, list)] == [[]]


def test_clusters_are_found_by_name_and_arn(full: Full) -> None:
    for reference in ("shop", f"{OWN}:cluster/shop"):
        found = full.ecs.describe_clusters(clusters=[reference])["clusters"]
        assert [each["clusterArn"] for each in found] == [f"{OWN}:cluster/shop"]


# --- Things in a cluster --------------------------------------------------------------------------

KINDS = {
    "task": "task",
    "tasks": "task",
    "service": "service",
    "services": "service",
    "serviceName": "service",
    "containerInstance": "container-instance",
    "containerInstances": "container-instance",
}
CALLED = {"container-instance": "instanceId", "service": "Service", "task": "taskId"}
EXPRESS = ("CreateService", "CreateExpressGatewayService")
REPORTS = ("SubmitContainerStateChange", "SubmitTaskStateChange", "DiscoverPollEndpoint")


def named() -> list[tuple[str, str]]:
    """Return every operation about a cluster with each member that names something in it."""
    return [
        (name, member)
        for member in KINDS
        for name in operations("cluster", member)
        if name not in (*EXPRESS, *REPORTS, *FILTERS)
    ]


def with_reference(full: Full, name: str, member: str, value: str) -> tuple[str, str]:
    """Call an operation with a reference in one of its members, in the cluster `shop`."""
    many = MODEL.operation_model(name).input_shape.members[member].type_name == "list"
    return code(full, name, **{"cluster": "shop", member: [value] if many else value})


@pytest.mark.parametrize(("name", "member"), named())
def test_what_is_no_name_of_here(full: Full, name: str, member: str) -> None:
    """Refused, not missing: an ARN of another Region, account, type or cluster, and no name."""
    kind = KINDS[member]
    expected = {
        f"arn:aws:ecs:eu-west-1:123456789012:{kind}/shop/{NOBODY}": "Invalid Region in ARN",
        f"arn:aws:ecs:us-east-1:210987654321:{kind}/shop/{NOBODY}": "Identifier is for 2109",
        f"{OWN}:{kind}/other/{NOBODY}": "Invalid identifier: Identifier is for cluster other."
        " Your cluster is shop",
        f"{OWN}:cluster/shop": "Unsupported resource type: cluster",
        f"shop/{NOBODY}": "Invalid identifier: Unexpected number of separators",
        f"{OWN}:{kind}/shop/more/{NOBODY}": "Invalid identifier: Unexpected number of separators",
        " ": f"{CALLED[kind] if name != 'ExecuteCommand' else 'task'} can not be blank.",
    }
    for reference, text in expected.items():
        found = with_reference(full, name, member, reference)
        assert (found[0], found[1][: len(text)]) == ("InvalidParameterException", text), reference


@pytest.mark.parametrize(("name", "member"), [row for row in named() if KINDS[row[1]] != "service"])
def test_ids_have_a_length(full: Full, name: str, member: str) -> None:
    """32 characters, or 36 before 2018; `None` is what scripts send when a list was empty."""
    called = "task" if name == "ExecuteCommand" else CALLED[KINDS[member]]
    found = with_reference(full, name, member, "None")
    assert found == ("InvalidParameterException", f"{called} length should be one of [32,36]")


def test_the_names_are_read_before_the_cluster_is_looked_up(full: Full) -> None:
    """A forgotten cluster is told by the ARN, not by the absence of the cluster `default`."""
    with pytest.raises(ClientError, match="is for cluster shop"):
        full.ecs.describe_tasks(tasks=[full.task])
    with pytest.raises(ClientError, match="is for cluster shop"):
        full.ecs.describe_services(services=[f"{OWN}:service/shop/web"])


def test_arns_without_the_cluster_are_understood(full: Full) -> None:
    """AWS: ecs-account-settings: the ARN format before 2018."""
    task = f"{OWN}:task/{full.task.rsplit('/', 1)[-1]}"
    assert len(full.ecs.describe_tasks(cluster="shop", tasks=[task])["tasks"]) == 1
    service = full.ecs.describe_services(cluster="shop", services=[f"{OWN}:service/web"])
    assert len(service["services"]) == 1
    instance = f"{OWN}:container-instance/{full.instances[0].rsplit('/', 1)[-1]}"
    answer = full.ecs.describe_container_instances(cluster="shop", containerInstances=[instance])
    assert len(answer["containerInstances"]) == 1


# --- Failures -------------------------------------------------------------------------------------

DEPLOYMENT = f"{OWN}:service-deployment/shop/web/none"
REVISION = f"{OWN}:service-revision/shop/web/none"
MISSING: dict[str, tuple[str, Json, str, str]] = {
    # operation: member, other arguments, a name that is missing, the ARN that the failure shows
    "DescribeCapacityProviders": (
        "capacityProviders",
        {},
        "none",
        f"{OWN}:capacity-provider/none",
    ),
    "DescribeClusters": ("clusters", {}, "none", f"{OWN}:cluster/none"),
    "DescribeContainerInstances": (
        "containerInstances",
        {"cluster": "shop"},
        NOBODY,
        f"{OWN}:container-instance/shop/{NOBODY}",
    ),
    "DescribeServiceDeployments": ("serviceDeploymentArns", {}, DEPLOYMENT, DEPLOYMENT),
    "DescribeServiceRevisions": ("serviceRevisionArns", {}, REVISION, REVISION),
    "DescribeServices": ("services", {"cluster": "shop"}, "none", f"{OWN}:service/shop/none"),
    "DescribeTaskSets": (
        "taskSets",
        {"cluster": "shop", "service": "outside"},
        "ecs-svc/1",
        f"{OWN}:task-set/shop/outside/ecs-svc/1",
    ),
    "DescribeTasks": ("tasks", {"cluster": "shop"}, NOBODY, f"{OWN}:task/shop/{NOBODY}"),
    "GetTaskProtection": ("tasks", {"cluster": "shop"}, NOBODY, f"{OWN}:task/shop/{NOBODY}"),
    "StartTask": (
        "containerInstances",
        {"cluster": "shop", "taskDefinition": "bridged"},
        NOBODY,
        f"{OWN}:container-instance/shop/{NOBODY}",
    ),
    "UpdateContainerInstancesState": (
        "containerInstances",
        {"cluster": "shop", "status": "ACTIVE"},
        NOBODY,
        f"{OWN}:container-instance/shop/{NOBODY}",
    ),
    "UpdateTaskProtection": (
        "tasks",
        {"cluster": "shop", "protectionEnabled": False},
        NOBODY,
        f"{OWN}:task/shop/{NOBODY}",
    ),
}
OTHER_FAILURES = ("DeleteTaskDefinitions", "RunTask")
"""Operations whose failures have other reasons: see test_families.py and test_ec2_tasks.py."""


def test_every_operation_with_failures_is_here() -> None:
    having = [
        name
        for name in operations()
        if (shape := MODEL.operation_model(name).output_shape) and "failures" in shape.members
    ]
    assert having == sorted([*MISSING, *OTHER_FAILURES])


@pytest.mark.parametrize("name", MISSING)
def test_what_is_missing_is_a_failure_with_its_arn(full: Full, name: str) -> None:
    """HTTP 200; the reason MISSING; a name is shown as the ARN that it would have."""
    member, arguments, missing, arn = MISSING[name]
    answer = method(full.ecs, name)(**arguments, **{member: [missing]})
    assert answer["failures"] == [{"arn": arn, "reason": "MISSING"}]
    by_arn = method(full.ecs, name)(**arguments, **{member: [arn]})
    assert by_arn["failures"] == answer["failures"]


LIMITS = {
    "DescribeClusters": 100,
    "DescribeContainerInstances": 100,
    "DescribeServiceDeployments": 20,
    "DescribeServiceRevisions": 20,
    "DescribeServices": 10,
    "DescribeTasks": 100,
    "GetTaskProtection": 100,
    "StartTask": 10,
    "UpdateContainerInstancesState": 10,
    "UpdateTaskProtection": 10,
}


@pytest.mark.parametrize("name", LIMITS)
def test_how_many_can_be_named(full: Full, name: str) -> None:
    """The text of each member in botocore's model; an empty list is refused, but for clusters."""
    member, arguments, missing, _ = MISSING[name]
    method(full.ecs, name)(**arguments, **{member: [missing] * LIMITS[name]})
    for wrong in ([missing] * (LIMITS[name] + 1), *([] if name == "DescribeClusters" else [[]])):
        with pytest.raises(ClientError, match="InvalidParameterException"):
            method(full.ecs, name)(**arguments, **{member: wrong})


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("DescribeContainerInstances", "instanceIds can have at most 100 items."),
        ("DescribeServices", "service names can have at most 10 items."),
        ("DescribeTasks", "taskIds can have at most 100 items."),
    ],
)
def test_the_words_for_too_many(full: Full, name: str, text: str) -> None:
    """Captured InvalidParameterExceptions."""
    member, arguments, missing, _ = MISSING[name]
    with pytest.raises(ClientError, match=f"{text}$"):
        method(full.ecs, name)(**arguments, **{member: [missing] * (LIMITS[name] + 1)})


# --- include --------------------------------------------------------------------------------------

INCLUDES: dict[str, Json] = {
    "DescribeCapacityProviders": {},
    "DescribeClusters": {"clusters": ["shop"]},
    "DescribeContainerInstances": {"cluster": "shop", "containerInstances": [NOBODY]},
    "DescribeExpressGatewayService": {"serviceArn": f"{OWN}:service/shop/web"},
    "DescribeServices": {"cluster": "shop", "services": ["web"]},
    "DescribeTaskDefinition": {"taskDefinition": "web"},
    "DescribeTaskSets": {"cluster": "shop", "service": "outside", "taskSets": ["ecs-svc/1"]},
    "DescribeTasks": {"cluster": "shop", "tasks": [NOBODY]},
}


def test_every_operation_with_include_is_here() -> None:
    assert operations("include") == sorted(INCLUDES)


@pytest.mark.parametrize("name", INCLUDES)
def test_what_can_be_included(full: Full, name: str) -> None:
    """Each value of the model is understood; any other is refused, with those there are."""
    known = sorted(MODEL.operation_model(name).input_shape.members["include"].member.enum)
    call = method(full.ecs, name)
    if name == "DescribeExpressGatewayService":
        with pytest.raises(ClientError, match="not an Express service"):
            call(**INCLUDES[name], include=known)
    else:
        assert call(**INCLUDES[name], include=known)
    with pytest.raises(ClientError, match=r"include should be one of \[([A-Z_,]+)\]") as refused:
        call(**INCLUDES[name], include=["EVERYTHING"])
    named = refused.value.response["Error"]["Message"].partition("[")[2].rstrip("]")
    assert sorted(named.split(",")) == known
